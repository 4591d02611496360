/* SPDX-License-Identifier: Apache-2.0 */
#include "model/report.h"

#include "base/text.h"
#include "base/utf8.h"
#include "model/csv.h"
#include "model/record.h"

#include <inttypes.h>

#define FAULT_SOURCE \
        N_("a value is \"text\", field:NAME with a field of the record, input:NAME or space")

typedef enum {
        SOURCE_LITERAL,
        SOURCE_FIELD,
        SOURCE_INPUT,
} Source;

typedef struct {
        char *name;
        Source source;
        char *literal;
        guint index;            /* SekiField, or place of the input */
} Column;

struct SekiReport {
        SekiCharset charset;
        gboolean header;
        GArray *columns;
        GPtrArray *inputs;
};

static void
column_clear (gpointer column)
{
        g_free (((Column *) column)->name);
        g_free (((Column *) column)->literal);
}

void
seki_report_free (SekiReport *report)
{
        if (report == NULL)
                return;
        g_array_unref (report->columns);
        g_ptr_array_unref (report->inputs);
        g_free (report);
}

static const Column *
report_column (const SekiReport *report, gsize column)
{
        g_assert (column < report->columns->len);
        return &g_array_index (report->columns, Column, column);
}

gsize
seki_report_get_n_columns (const SekiReport *report)
{
        return report->columns->len;
}

const char *
seki_report_get_column (const SekiReport *report, gsize column)
{
        return report_column (report, column)->name;
}

gsize
seki_report_get_n_inputs (const SekiReport *report)
{
        return report->inputs->len;
}

const char *
seki_report_get_input (const SekiReport *report, gsize input)
{
        g_assert (input < report->inputs->len);
        return g_ptr_array_index (report->inputs, input);
}

guint32
seki_report_get_fields (const SekiReport *report)
{
        guint32 fields = 0;
        for (guint i = 0; i < report->columns->len; i++)
                if (report_column (report, i)->source == SOURCE_FIELD)
                        fields |= 1u << report_column (report, i)->index;
        return fields;
}

/* The map. */

static gboolean
map_refuse (guint line, const char *what, GError **error)
{
        g_set_error (error, SEKI_ERROR, SEKI_ERROR_CONFIG, _("Line %u of the column map: %s."),
                     line, _(what));
        return FALSE;
}

/* Text in quotes, doubled quotes inside; leaves what follows in out_rest. */
static char *
literal_parse (const char *text, const char **out_rest)
{
        g_autoptr (GString) out = g_string_new (NULL);
        if (*text++ != '"')
                return NULL;
        for (; *text != '\0'; text++) {
                if (*text == '"' && text[1] != '"') {
                        *out_rest = text + 1;
                        return g_strdup (out->str);
                }
                if (*text == '"')
                        text++;
                g_string_append_c (out, *text);
        }
        return NULL;
}

static gboolean
rest_is_comment (const char *rest)
{
        const char *text = rest;
        while (*text == ' ' || *text == '\t')
                text++;
        return *text == '\0' || (*text == '#' && text > rest);
}

/* The word up to a space. */
static char *
word_parse (const char *text, const char **out_rest)
{
        gsize len = strcspn (text, " \t");
        *out_rest = text + len;
        return g_strndup (text, len);
}

static guint
report_add_input (SekiReport *report, const char *name)
{
        guint at;
        if (g_ptr_array_find_with_equal_func (report->inputs, name, g_str_equal, &at))
                return at;
        g_ptr_array_add (report->inputs, g_strdup (name));
        return report->inputs->len - 1;
}

static gboolean
source_parse (SekiReport *report, Column *column, const char *text, guint line, GError **error)
{
        const char *rest;
        if (*text == '"') {
                column->literal = literal_parse (text, &rest);
                return (column->literal != NULL && rest_is_comment (rest)) ||
                       map_refuse (line, N_("the text is not closed by one quote at its end"),
                                   error);
        }
        g_autofree char *word = word_parse (text, &rest);
        if (!rest_is_comment (rest))
                return map_refuse (line,
                                   N_("something follows the value; a comment begins with \" #\""),
                                           error);
        if (strcmp (word, "space") == 0) {
                column->literal = g_strdup (" ");
                return TRUE;
        }
        if (g_str_has_prefix (word, "input:") && word[6] != '\0') {
                column->source = SOURCE_INPUT;
                column->index = report_add_input (report, word + 6);
                return TRUE;
        }
        column->source = SOURCE_FIELD;
        column->index = g_str_has_prefix (word, "field:")
                ? seki_field_from_name (seki_span_text (word + 6)) : SEKI_FIELD_COUNT;
        return column->index < SEKI_FIELD_COUNT ||
               map_refuse (line, FAULT_SOURCE, error);
}

static gboolean
column_parse (SekiReport *report, const char *name, const char *value, guint line, GError **error)
{
        Column column = { 0 };
        for (guint i = 0; i < report->columns->len; i++)
                if (strcmp (report_column (report, i)->name, name) == 0)
                        return map_refuse (line, N_("a column of that name stands above"), error);
        if (*name == '\0')
                return map_refuse (line, N_("the column has no name"), error);
        if (report->columns->len == SEKI_REPORT_COLUMNS_MAX)
                return map_refuse (line, N_("there are more than 256 columns"), error);
        if (!source_parse (report, &column, value, line, error)) {
                column_clear (&column);
                return FALSE;
        }
        column.name = g_strdup (name);
        g_array_append_val (report->columns, column);
        return TRUE;
}

static gboolean
setting_parse (SekiReport *report, const char *key, const char *value, guint line, GError **error)
{
        static const char *const charsets[] = { "utf-8", "cp932", "shift_jis" };
        const char *rest;
        g_autofree char *word = word_parse (value, &rest);
        if (!rest_is_comment (rest))
                return map_refuse (line,
                                   N_("something follows the value; a comment begins with \" #\""),
                                           error);
        if (strcmp (key, "header") == 0) {
                report->header = strcmp (word, "yes") == 0;
                return report->header || strcmp (word, "no") == 0 ||
                        map_refuse (line, N_("header is yes or no"), error);
        }
        if (strcmp (key, "charset") != 0)
                return map_refuse (line, N_("a line says charset, header or column NAME"), error);
        for (guint i = 0; i < G_N_ELEMENTS (charsets); i++)
                if (strcmp (word, charsets[i]) == 0) {
                        report->charset = (SekiCharset) i;
                        return TRUE;
                }
        return map_refuse (line, N_("charset is utf-8, cp932 or shift_jis"), error);
}

static gboolean
line_parse (SekiReport *report, char *text, guint line, GError **error)
{
        g_strstrip (text);
        if (*text == '\0' || *text == '#')
                return TRUE;
        char *equals = strchr (text, '=');
        if (equals == NULL)
                return map_refuse (line, N_("there is no \"=\""), error);
        *equals = '\0';
        char *key = g_strstrip (text), *value = g_strstrip (equals + 1);
        if (g_str_has_prefix (key, "column") && (key[6] == ' ' || key[6] == '\t' || key[6] == '\0'))
                return column_parse (report, g_strstrip (key + 6), value, line, error);
        return setting_parse (report, key, value, line, error);
}

static gboolean
map_parse (SekiReport *report, SekiSpan map, GError **error)
{
        if (map.data == NULL || map.len > SEKI_REPORT_MAP_MAX ||
            seki_utf8_scan (map) == SEKI_UTF8_BROKEN)
                return map_refuse (1,
                                   N_("the map is missing, longer than 65536 bytes or not UTF-8"),
                                           error);
        g_autofree char *text = g_strndup ((const char *) map.data, map.len);
        g_auto (GStrv) lines =
                g_strsplit (g_str_has_prefix (text, "\xef\xbb\xbf") ? text + 3 : text, "\n", -1);
        for (guint i = 0; lines[i] != NULL; i++)
                if (!line_parse (report, lines[i], i + 1, error))
                        return FALSE;
        return report->columns->len > 0 || map_refuse (1, N_("the map has no column"), error);
}

SekiReport *
seki_report_new (SekiSpan map, GError **error)
{
        g_autoptr (SekiReport) report = g_new0 (SekiReport, 1);
        report->charset = SEKI_CHARSET_JISX0208;
        report->columns = g_array_new (FALSE, TRUE, sizeof (Column));
        g_array_set_clear_func (report->columns, column_clear);
        report->inputs = g_ptr_array_new_with_free_func (g_free);
        return map_parse (report, map, error) ? g_steal_pointer (&report) : NULL;
}

/* Rows. */

/* What one row is written with. */
typedef struct {
        const SekiReport *report;
        SekiArena *arena;       /* the encoded cells of the row */
        SekiBuffer *out;
        SekiReportOnLoss on_loss;
        gpointer user;
        guint64 row;
        gsize n_lost;
} Writing;

static void
writing_lose (Writing *writing, gsize column, gunichar character)
{
        SekiReportLoss loss = { writing->row, column, character };
        writing->n_lost++;
        if (writing->on_loss != NULL)
                writing->on_loss (&loss, writing->user);
}

static gsize
controls_lose (Writing *writing, gsize column, SekiSpan text)
{
        gsize before = writing->n_lost;
        const char *in = (const char *) text.data, *end = in + text.len;
        if (seki_utf8_scan (text) != SEKI_UTF8_CONTROL)
                return 0;
        for (const char *next; in < end; in = next) {
                next = g_utf8_next_char (in);
                if (seki_utf8_scan (seki_span (in, (gsize) (next - in))) == SEKI_UTF8_CONTROL)
                        writing_lose (writing, column, g_utf8_get_char (in));
        }
        return writing->n_lost - before;
}

/* Encodes one cell; goes on behind each character lost, so that all are told. */
static gboolean
cell_write (Writing *writing, gsize column, SekiSpan text)
{
        SekiSpan encoded;
        gunichar character;
        gsize offset, lost = controls_lose (writing, column, text);
        for (SekiSpan rest = text;
             !seki_charset_encode (writing->report->charset, rest, writing->arena, &encoded,
                                   &character, &offset);
             lost++) {
                if (character == 0)
                        return FALSE;
                writing_lose (writing, column, character);
                gsize step = character == 0xfffd ? 1 : (gsize) g_unichar_to_utf8 (character, NULL);
                rest = seki_span (rest.data + offset + step,
                                  rest.len - MIN (rest.len, offset + step));
        }
        if (lost == 0)
                seki_csv_write_cell (writing->out, encoded, column == 0);
        return TRUE;
}

static SekiSpan
column_value (const Column *column, const SekiRecord *record, const SekiSpan *inputs)
{
        switch (column->source) {
        case SOURCE_FIELD:
                return record->field[column->index];
        case SOURCE_INPUT:
                return inputs[column->index];
        case SOURCE_LITERAL:
        default:
                return seki_span_text (column->literal);
        }
}

static gboolean
span_holds (SekiSpan text, SekiSpan part)
{
        return text.data != NULL && part.data != NULL && part.len > 0 &&
                memmem (text.data, text.len, part.data, part.len) != NULL;
}

/* The value of a cell as it stands on paper: never absent. */
static SekiSpan
cell_value (const SekiReport *report, gsize i, SekiReportKind kind, const SekiRecord *record,
            const SekiSpan *inputs)
{
        const Column *column = report_column (report, i);
        SekiSpan value = column_value (column, record, inputs);
        if (kind != SEKI_REPORT_FOR_OFFICE && column->source == SOURCE_FIELD &&
            column->index == SEKI_FIELD_NUMBER)
                value = SEKI_SPAN_NONE;
        if (value.len > 0)
                return value;
        return i + 1 == report->columns->len ? SEKI_SPAN_LITERAL (" ") : SEKI_SPAN_LITERAL ("");
}

static gboolean
copy_is_safe (const SekiReport *report, const SekiRecord *record, const SekiSpan *inputs,
              guint64 row, GError **error)
{
        for (guint i = 0; i < report->columns->len; i++)
                if (span_holds (cell_value (report, i, SEKI_REPORT_FOR_RECIPIENT, record, inputs),
                                record->field[SEKI_FIELD_NUMBER])) {
                        g_set_error (error, SEKI_ERROR, SEKI_ERROR_INVALID,
                                     _("Row %" PRIu64 " of the copy would show the "
                                       "number in column \"%s\". Correct the map or the data."),
                                     row, report_column (report, i)->name);
                        return FALSE;
                }
        return TRUE;
}

/* Ends or undoes what was written since start. */
static gboolean
writing_finish (Writing *writing, gsize start, gboolean sound, GError **error)
{
        if (sound && writing->n_lost == 0)
                seki_buffer_append (writing->out, SEKI_SPAN_LITERAL ("\r\n"));
        if (sound && !writing->out->failed) {
                if (writing->n_lost > 0)
                        seki_buffer_truncate (writing->out, start);
                return TRUE;
        }
        g_set_error_literal (error, SEKI_ERROR, SEKI_ERROR_LIMIT,
                             _("There is no memory left for a row of the report. Write fewer."));
        seki_buffer_truncate (writing->out, start);
        return FALSE;
}

gboolean
seki_report_write_header (const SekiReport *report, SekiReportOnLoss on_loss, gpointer user,
                          SekiBuffer *out, GError **error)
{
        g_autoptr (SekiArena) arena = seki_arena_new (0);
        Writing writing = { .report = report, .arena = arena, .out = out, .on_loss = on_loss,
                           .user = user };
        gsize start = out->len;
        gboolean sound = TRUE;
        if (!report->header)
                return TRUE;
        for (guint i = 0; i < report->columns->len && sound; i++)
                sound = cell_write (&writing, i, seki_span_text (report_column (report, i)->name));
        return writing_finish (&writing, start, sound, error);
}

gboolean
seki_report_write_row (const SekiReport *report, SekiReportKind kind, guint64 row,
                       const SekiRecord *record, const SekiSpan *inputs,
                       SekiReportOnLoss on_loss, gpointer user,
                       SekiBuffer *out, gsize *out_lost, GError **error)
{
        g_autoptr (SekiArena) arena = seki_arena_new (0);
        Writing writing = { .report = report, .arena = arena, .out = out, .on_loss = on_loss,
                           .user = user, .row = row };
        gsize start = out->len;
        gboolean sound = TRUE;
        *out_lost = 0;
        if (kind != SEKI_REPORT_FOR_OFFICE && !copy_is_safe (report, record, inputs, row, error))
                return FALSE;
        for (guint i = 0; i < report->columns->len && sound; i++)
                sound = cell_write (&writing, i, cell_value (report, i, kind, record, inputs));
        *out_lost = writing.n_lost;
        return writing_finish (&writing, start, sound, error);
}
