/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/view.h"

#include "base/clock.h"
#include "base/text.h"
#include "cli/print.h"
#include "daemon/json.h"

#include <inttypes.h>

#define DEPTH 16
#define ITEMS_MAX (16u * 1024 * 1024)
#define COLUMNS_MAX 16

SekiSpan
seki_view_get (SekiSpan map, const char *key)
{
        SekiCborReader reader;
        SekiSpan name = SEKI_SPAN_NONE;
        gsize n, before;

        seki_cbor_reader_init (&reader, map);
        if (map.data == NULL || !seki_cbor_read_map (&reader, ITEMS_MAX, &n, NULL))
                return SEKI_SPAN_NONE;
        for (gsize i = 0; i < n; i++) {
                if (!seki_cbor_read_key (&reader, &name, NULL))
                        return SEKI_SPAN_NONE;
                before = reader.pos;
                if (!seki_cbor_skip (&reader, DEPTH, NULL))
                        return SEKI_SPAN_NONE;
                if (seki_span_is (name, key))
                        return seki_span (map.data + before, reader.pos - before);
        }
        return SEKI_SPAN_NONE;
}

static SekiSpan
value_text (SekiSpan value)
{
        SekiCborReader reader;
        SekiSpan text = SEKI_SPAN_NONE;

        seki_cbor_reader_init (&reader, value);
        if (value.data == NULL)
                return text;
        if (seki_cbor_peek (&reader) == SEKI_CBOR_BYTES)
                seki_cbor_read_bytes (&reader, &text, NULL);
        else if (seki_cbor_peek (&reader) == SEKI_CBOR_TEXT)
                seki_cbor_read_text (&reader, &text, NULL);
        return text;
}

SekiSpan
seki_view_get_text (SekiSpan map, const char *key)
{
        return value_text (seki_view_get (map, key));
}

gint64
seki_view_get_int (SekiSpan map, const char *key, gint64 fallback)
{
        SekiSpan value = seki_view_get (map, key);
        SekiCborReader reader;
        gint64 number;

        seki_cbor_reader_init (&reader, value);
        return value.data != NULL && seki_cbor_read_int (&reader, &number, NULL) ? number
                                                                                 : fallback;
}

gboolean
seki_view_get_bool (SekiSpan map, const char *key)
{
        SekiSpan value = seki_view_get (map, key);
        SekiCborReader reader;
        gboolean yes = FALSE;

        seki_cbor_reader_init (&reader, value);
        return value.data != NULL && seki_cbor_read_bool (&reader, &yes, NULL) && yes;
}

gsize
seki_view_each (SekiSpan array, void (*each) (SekiSpan item, gpointer user), gpointer user)
{
        SekiCborReader reader;
        gsize n, before;

        seki_cbor_reader_init (&reader, array);
        if (array.data == NULL || !seki_cbor_read_array (&reader, ITEMS_MAX, &n, NULL))
                return 0;
        for (gsize i = 0; i < n; i++) {
                before = reader.pos;
                if (!seki_cbor_skip (&reader, DEPTH, NULL))
                        return i;
                each (seki_span (array.data + before, reader.pos - before), user);
        }
        return n;
}

static char *
number_show (gint64 number, SekiShowAs as)
{
        char text[26];

        if (as == SEKI_SHOW_SIZE)
                return g_format_size_full ((guint64) MAX (number, 0), G_FORMAT_SIZE_IEC_UNITS);
        if (as != SEKI_SHOW_TIME)
                return g_strdup_printf ("%" PRId64, number);
        if (number == 0)
                return g_strdup (_("never"));
        seki_time_format (number, text);
        return g_strdup (text);
}

static void
list_append (SekiSpan item, gpointer user)
{
        GString *list = user;
        g_autofree char *one = seki_show_value (item, SEKI_SHOW_PLAIN);

        g_string_append_printf (list, "%s%s", list->len > 0 ? ", " : "", one);
}

static char *
list_show (SekiSpan value)
{
        GString *list = g_string_new (NULL);

        seki_view_each (value, list_append, list);
        return g_string_free (list, FALSE);
}

static char *
bytes_show (SekiSpan value)
{
        SekiSpan bytes = value_text (value);
        char *hex = g_malloc (bytes.len * 2 + 1);

        seki_hex (bytes.data, bytes.len, hex);
        return hex;
}

char *
seki_show_value (SekiSpan value, SekiShowAs as)
{
        SekiCborReader reader;
        gint64 number = 0;
        gboolean yes = FALSE;

        if (value.data == NULL)
                return g_strdup ("");
        seki_cbor_reader_init (&reader, value);
        switch (seki_cbor_peek (&reader)) {
        case SEKI_CBOR_UINT:
        case SEKI_CBOR_NEGATIVE:
                seki_cbor_read_int (&reader, &number, NULL);
                return number_show (number, as);
        case SEKI_CBOR_TEXT:
                return seki_text_plain (value_text (value));
        case SEKI_CBOR_BYTES:
                return bytes_show (value);
        case SEKI_CBOR_BOOL:
                seki_cbor_read_bool (&reader, &yes, NULL);
                return g_strdup (yes ? _("yes") : _("no"));
        case SEKI_CBOR_ARRAY:
                return list_show (value);
        case SEKI_CBOR_MAP:
        case SEKI_CBOR_NULL:
        case SEKI_CBOR_END:
        case SEKI_CBOR_BAD:
        default:
                return g_strdup ("");
        }
}

void
seki_show_fields (SekiSpan map, const SekiColumn *columns)
{
        gsize width = 0;

        for (const SekiColumn *c = columns; c->key != NULL; c++)
                width = MAX (width, seki_text_width (_(c->label)) + 2);
        for (const SekiColumn *c = columns; c->key != NULL; c++) {
                SekiSpan value = seki_view_get (map, c->key);
                g_autofree char *text = seki_show_value (value, c->as);

                if (value.data == NULL || text[0] == '\0')
                        continue;
                seki_print_cell (_(c->label), width);
                seki_print ("%s\n", text);
        }
}

typedef struct {
        const SekiColumn *columns;
        gsize width[COLUMNS_MAX];
} Table;

static void
row_measure (SekiSpan row, gpointer user)
{
        Table *table = user;

        for (guint i = 0; i < COLUMNS_MAX && table->columns[i].key != NULL; i++) {
                g_autofree char *text = seki_show_value (seki_view_get (row, table->columns[i].key),
                                                         table->columns[i].as);

                table->width[i] = MAX (table->width[i], seki_text_width (text) + 2);
        }
}

static void
cell_print (const Table *table, guint i, const char *text)
{
        if (i + 1 < COLUMNS_MAX && table->columns[i + 1].key != NULL)
                seki_print_cell (text, table->width[i]);
        else
                seki_print ("%s\n", text);
}

static void
row_print (SekiSpan row, gpointer user)
{
        Table *table = user;

        for (guint i = 0; i < COLUMNS_MAX && table->columns[i].key != NULL; i++) {
                g_autofree char *text = seki_show_value (seki_view_get (row, table->columns[i].key),
                                                         table->columns[i].as);

                cell_print (table, i, text);
        }
}

void
seki_show_table (SekiSpan array, const SekiColumn *columns, const char *empty)
{
        Table table = { .columns = columns };

        for (guint i = 0; i < COLUMNS_MAX && columns[i].key != NULL; i++)
                table.width[i] = seki_text_width (_(columns[i].label)) + 2;
        if (seki_view_each (array, row_measure, &table) == 0) {
                seki_print ("%s\n", empty);
                return;
        }
        for (guint i = 0; i < COLUMNS_MAX && columns[i].key != NULL; i++)
                cell_print (&table, i, _(columns[i].label));
        seki_view_each (array, row_print, &table);
}

gboolean
seki_show_json (SekiSpan map, GError **error)
{
        SekiCborWriter json;
        gboolean ok;

        seki_cbor_writer_init (&json, NULL);
        ok = seki_json_from_cbor (map, &json, error);
        if (ok) {
                seki_buffer_append (&json, seki_span_text ("\n"));
                ok = seki_print_secret (seki_buffer_get_span (&json), error);
        }
        seki_cbor_writer_clear (&json);
        return ok;
}

gboolean
seki_show_answer (const SekiInvocation *in, SekiSpan map, gboolean *out_shown, GError **error)
{
        *out_shown = in->option[SEKI_CLI_JSON] != NULL;
        return !*out_shown || seki_show_json (map, error);
}
