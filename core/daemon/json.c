/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/json.h"

#include "base/text.h"

#include <jansson.h>

#define DEPTH_MAX 8

/* jansson asks for the size only when allocating: it is kept in front. */
static void *
wiping_alloc (size_t size)
{
        gsize *block = g_try_malloc (size + 16);

        if (block == NULL)
                return NULL;
        *block = size;
        return (guint8 *) block + 16;
}

static void
wiping_free (void *data)
{
        gsize *block;

        if (data == NULL)
                return;
        block = (gsize *) (gpointer) ((guint8 *) data - 16);
        seki_wipe (data, *block);
        g_free (block);
}

void
seki_json_init (void)
{
        json_set_alloc_funcs (wiping_alloc, wiping_free);
}

static gboolean
json_refuse (GError **error, const char *sentence)
{
        g_set_error_literal (error, SEKI_ERROR, SEKI_ERROR_INVALID, sentence);
        return FALSE;
}

/* Order of RFC 8949 section 4.2.1 for text keys: shorter first, then bytewise. */
static gint
key_compare (gconstpointer a, gconstpointer b)
{
        const char *x = *(const char *const *) a, *y = *(const char *const *) b;
        gsize nx = strlen (x), ny = strlen (y);

        return nx != ny ? (nx < ny ? -1 : 1) : memcmp (x, y, nx);
}

static gboolean value_to_cbor (const json_t *value, guint depth, SekiCborWriter *out,
                               GError **error);

static gboolean
object_to_cbor (const json_t *object, guint depth, SekiCborWriter *out, GError **error)
{
        g_autoptr (GPtrArray) keys = g_ptr_array_new ();
        json_t *member;
        const char *key;

        json_object_foreach ((json_t *) object, key, member) g_ptr_array_add (keys, (gpointer) key);
        g_ptr_array_sort (keys, key_compare);
        seki_cbor_write_map (out, keys->len);
        for (guint i = 0; i < keys->len; i++) {
                key = g_ptr_array_index (keys, i);
                seki_cbor_write_literal (out, key);
                if (!value_to_cbor (json_object_get (object, key), depth + 1, out, error))
                        return FALSE;
        }
        return TRUE;
}

static gboolean
array_to_cbor (const json_t *array, guint depth, SekiCborWriter *out, GError **error)
{
        gsize n = json_array_size (array);

        seki_cbor_write_array (out, n);
        for (gsize i = 0; i < n; i++)
                if (!value_to_cbor (json_array_get (array, i), depth + 1, out, error))
                        return FALSE;
        return TRUE;
}

static gboolean
value_to_cbor (const json_t *value, guint depth, SekiCborWriter *out, GError **error)
{
        if (depth > DEPTH_MAX)
                return json_refuse (error, _("The JSON is nested too deeply. Send the message in "
                                              "the form of the manual."));
        switch (json_typeof (value)) {
        case JSON_OBJECT:
                return object_to_cbor (value, depth, out, error);
        case JSON_ARRAY:
                return array_to_cbor (value, depth, out, error);
        case JSON_STRING:
                seki_cbor_write_text (
                        out, seki_span (json_string_value (value), json_string_length (value)));
                return TRUE;
        case JSON_INTEGER:
                seki_cbor_write_int (out, json_integer_value (value));
                return TRUE;
        case JSON_TRUE:
        case JSON_FALSE:
                seki_cbor_write_bool (out, json_is_true (value));
                return TRUE;
        case JSON_NULL:
                seki_cbor_write_null (out);
                return TRUE;
        default:
                return json_refuse (error, _("The JSON holds a number with a fraction. Write it "
                                              "as a text or an integer."));
        }
}

gboolean
seki_json_to_cbor (SekiSpan json, SekiCborWriter *out_cbor, GError **error)
{
        json_error_t where;
        json_t *root =
                json_loadb ((const char *) json.data, json.len, JSON_REJECT_DUPLICATES, &where);
        gboolean ok;

        if (root == NULL) {
                /* jansson's own words may quote the text, and that may be a number. */
                g_set_error (error, SEKI_ERROR, SEKI_ERROR_INVALID,
                             _("The body is not JSON as RFC 8259 has it (line %d, column %d). "
                                "Correct it and send it again."),
                             where.line, where.column);
                return FALSE;
        }
        ok = value_to_cbor (root, 0, out_cbor, error);
        json_decref (root);
        return ok;
}

static json_t *value_from_cbor (SekiCborReader *reader, guint depth, GError **error);

static json_t *
map_from_cbor (SekiCborReader *reader, guint depth, GError **error)
{
        json_t *object = json_object ();
        SekiSpan key = SEKI_SPAN_NONE;
        gsize n;

        if (!seki_cbor_read_map (reader, G_MAXUINT16, &n, error))
                n = G_MAXSIZE;
        for (gsize i = 0; n != G_MAXSIZE && i < n; i++) {
                json_t *value = seki_cbor_read_key (reader, &key, error)
                                        ? value_from_cbor (reader, depth + 1, error)
                                        : NULL;

                if (value == NULL ||
                    json_object_setn_new (object, (const char *) key.data, key.len, value) != 0)
                        n = G_MAXSIZE;
        }
        if (n != G_MAXSIZE)
                return object;
        json_decref (object);
        return NULL;
}

static json_t *
array_from_cbor (SekiCborReader *reader, guint depth, GError **error)
{
        json_t *array = json_array ();
        gsize n;

        if (!seki_cbor_read_array (reader, G_MAXUINT16, &n, error))
                n = G_MAXSIZE;
        for (gsize i = 0; n != G_MAXSIZE && i < n; i++) {
                json_t *value = value_from_cbor (reader, depth + 1, error);

                if (value == NULL || json_array_append_new (array, value) != 0)
                        n = G_MAXSIZE;
        }
        if (n != G_MAXSIZE)
                return array;
        json_decref (array);
        return NULL;
}

static json_t *
bytes_from_cbor (SekiCborReader *reader, GError **error)
{
        g_autofree char *hex = NULL;
        SekiSpan bytes;

        if (!seki_cbor_read_bytes (reader, &bytes, error))
                return NULL;
        hex = g_malloc (bytes.len * 2 + 1);
        seki_hex (bytes.data, bytes.len, hex);
        return json_string (hex);
}

static json_t *
value_from_cbor (SekiCborReader *reader, guint depth, GError **error)
{
        SekiSpan text;
        gint64 number;
        gboolean flag;

        if (depth > DEPTH_MAX)
                return NULL;
        switch (seki_cbor_peek (reader)) {
        case SEKI_CBOR_MAP:
                return map_from_cbor (reader, depth, error);
        case SEKI_CBOR_ARRAY:
                return array_from_cbor (reader, depth, error);
        case SEKI_CBOR_BYTES:
                return bytes_from_cbor (reader, error);
        case SEKI_CBOR_TEXT:
                return seki_cbor_read_text (reader, &text, error)
                               ? json_stringn ((const char *) text.data, text.len)
                               : NULL;
        case SEKI_CBOR_BOOL:
                return seki_cbor_read_bool (reader, &flag, error) ? json_boolean (flag) : NULL;
        case SEKI_CBOR_NULL:
                return seki_cbor_read_null (reader, error) ? json_null () : NULL;
        default:
                return seki_cbor_read_int (reader, &number, error) ? json_integer (number) : NULL;
        }
}

static int
writer_dump (const char *buffer, size_t size, void *user)
{
        seki_cbor_write_raw (user, seki_span (buffer, size));
        return 0;
}

gboolean
seki_json_from_cbor (SekiSpan cbor, SekiCborWriter *out_json, GError **error)
{
        SekiCborReader reader;
        json_t *root;
        gboolean ok;

        seki_cbor_reader_init (&reader, cbor);
        root = value_from_cbor (&reader, 0, error);
        if (root == NULL)
                return (error == NULL || *error != NULL)
                               ? FALSE
                               : json_refuse (error, _("The answer can not be written as JSON."));
        ok = json_dump_callback (root, writer_dump, out_json, JSON_COMPACT) == 0;
        json_decref (root);
        if (!ok)
                json_refuse (error, _("The answer can not be written as JSON."));
        return ok;
}

const SekiCodec seki_json_codec = { .to_cbor = seki_json_to_cbor, .to_json = seki_json_from_cbor };
