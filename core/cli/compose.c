/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/compose.h"

static void value_write (GVariant *value, SekiCborWriter *writer);

/* Order of RFC 8949 4.2.1 for text keys: shorter ones first, then bytes. */
static gint
keys_compare (gconstpointer a, gconstpointer b)
{
        GVariant *left = *(GVariant *const *) a, *right = *(GVariant *const *) b;
        g_autoptr (GVariant) left_key = g_variant_get_child_value (left, 0);
        g_autoptr (GVariant) right_key = g_variant_get_child_value (right, 0);
        gsize left_len, right_len;
        const char *left_text = g_variant_get_string (left_key, &left_len);
        const char *right_text = g_variant_get_string (right_key, &right_len);

        return left_len != right_len ? (left_len < right_len ? -1 : 1)
                                     : strcmp (left_text, right_text);
}

static void
map_write (GVariant *map, SekiCborWriter *writer)
{
        g_autoptr (GPtrArray) pairs =
                g_ptr_array_new_with_free_func ((GDestroyNotify) g_variant_unref);

        for (gsize i = 0; i < g_variant_n_children (map); i++)
                g_ptr_array_add (pairs, g_variant_get_child_value (map, i));
        g_ptr_array_sort (pairs, keys_compare);
        seki_cbor_write_map (writer, pairs->len);
        for (guint i = 0; i < pairs->len; i++) {
                g_autoptr (GVariant) key =
                        g_variant_get_child_value (g_ptr_array_index (pairs, i), 0);
                g_autoptr (GVariant) value =
                        g_variant_get_child_value (g_ptr_array_index (pairs, i), 1);

                seki_cbor_write_literal (writer, g_variant_get_string (key, NULL));
                value_write (value, writer);
        }
}

static void
array_write (GVariant *array, SekiCborWriter *writer)
{
        gsize n = g_variant_n_children (array);

        seki_cbor_write_array (writer, n);
        for (gsize i = 0; i < n; i++) {
                g_autoptr (GVariant) item = g_variant_get_child_value (array, i);

                value_write (item, writer);
        }
}

static void
value_write (GVariant *value, SekiCborWriter *writer)
{
        if (g_variant_is_of_type (value, G_VARIANT_TYPE_VARIANT)) {
                g_autoptr (GVariant) inner = g_variant_get_variant (value);

                value_write (inner, writer);
        } else if (g_variant_is_of_type (value, G_VARIANT_TYPE_DICTIONARY)) {
                map_write (value, writer);
        } else if (g_variant_is_of_type (value, G_VARIANT_TYPE_ARRAY)) {
                array_write (value, writer);
        } else if (g_variant_is_of_type (value, G_VARIANT_TYPE_STRING)) {
                seki_cbor_write_literal (writer, g_variant_get_string (value, NULL));
        } else if (g_variant_is_of_type (value, G_VARIANT_TYPE_BOOLEAN)) {
                seki_cbor_write_bool (writer, g_variant_get_boolean (value));
        } else if (g_variant_is_of_type (value, G_VARIANT_TYPE_UINT64)) {
                seki_cbor_write_uint (writer, g_variant_get_uint64 (value));
        } else {
                seki_cbor_write_int (writer, g_variant_get_int64 (value));
        }
}

void
seki_compose (GVariant *value, SekiCborWriter *writer)
{
        g_autoptr (GVariant) owned = g_variant_ref_sink (value);

        value_write (owned, writer);
}
