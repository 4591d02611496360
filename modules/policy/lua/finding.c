/* SPDX-License-Identifier: Apache-2.0 */
#include "finding.h"

#define FINDINGS_MAX 10000         /* in all */
#define FINDINGS_OF_FILE_MAX 100   /* each costs a search through the file */
#define WORD_BYTES_MAX 63

static void
finding_free (gpointer data)
{
        Finding *finding = data;

        g_free (finding->file);
        g_free (finding->rule);
        g_free (finding->sentence);
        g_free (finding->fix);
        g_free (finding);
}

Findings *
findings_new (void)
{
        Findings *findings = g_new0 (Findings, 1);

        findings->list = g_ptr_array_new_with_free_func (finding_free);
        return findings;
}

void
findings_free (Findings *findings)
{
        if (findings == NULL)
                return;
        g_ptr_array_unref (findings->list);
        g_free (findings);
}

static gboolean
is_name_byte (char c)
{
        return g_ascii_isalnum (c) || c == '_';
}

/* Start of line number line, NULL when the text is shorter. */
static const char *
line_start (const char *text, guint line)
{
        for (; line > 1 && text != NULL; line--) {
                text = strchr (text, '\n');
                text = text != NULL ? text + 1 : NULL;
        }
        return text;
}

/* Moves the finding to the first place at or after its line where word stands by itself. */
static void
finding_place (Finding *finding, const char *text, const char *word)
{
        const char *start = line_start (text, MAX (finding->line, 1));
        gsize len = strlen (word);

        for (const char *at = start; at != NULL && len > 0 && (at = strstr (at, word)) != NULL;
             at++) {
                if ((at > text && is_name_byte (at[-1]) && is_name_byte (word[0])) ||
                    (is_name_byte (at[len]) && is_name_byte (word[len - 1])))
                        continue;
                for (const char *c = start; c < at; c++) {
                        finding->line += *c == '\n';
                        start = *c == '\n' ? c + 1 : start;
                }
                finding->column = (guint) g_utf8_strlen (start, at - start) + 1;
                return;
        }
}

static void
check_add (Check *check, const char *code, gboolean warning, guint line, const char *word,
           const char *fix, char *sentence)
{
        Finding *finding;

        check->findings->n_errors += !warning;
        if (check->findings->list->len >= FINDINGS_MAX || ++check->n_said > FINDINGS_OF_FILE_MAX) {
                g_free (sentence);
                return;
        }
        finding = g_new0 (Finding, 1);
        finding->code = code;
        finding->warning = warning;
        finding->file = g_strdup (check->source != NULL ? check->source->path : "");
        finding->line = line;
        finding->rule = g_strdup (check->rule);
        finding->fix = g_strdup (fix);
        finding->sentence = g_utf8_make_valid (sentence, -1);
        g_free (sentence);
        if (word != NULL && check->source != NULL)
                finding_place (finding, check->source->bytes, word);
        g_ptr_array_add (check->findings->list, finding);
}

void
check_say (Check *check, const char *code, guint line, const char *word, const char *fix,
           const char *format, ...)
{
        va_list args;

        va_start (args, format);
        check_add (check, code, FALSE, line, word, fix, g_strdup_vprintf (format, args));
        va_end (args);
}

void
check_warn (Check *check, const char *code, guint line, const char *word, const char *format, ...)
{
        va_list args;

        va_start (args, format);
        check_add (check, code, TRUE, line, word, NULL, g_strdup_vprintf (format, args));
        va_end (args);
}

static gint
finding_compare (gconstpointer a, gconstpointer b)
{
        const Finding *x = *(const Finding *const *) a, *y = *(const Finding *const *) b;
        gint order = strcmp (x->file, y->file);

        if (order == 0)
                order = (x->line > y->line) - (x->line < y->line);
        if (order == 0)
                order = (x->column > y->column) - (x->column < y->column);
        return order != 0 ? order : strcmp (x->sentence, y->sentence);
}

void
findings_sort (Findings *findings)
{
        g_ptr_array_sort (findings->list, finding_compare);
}

static void
json_text (GString *out, const char *name, const char *text)
{
        g_string_append_printf (out, "\"%s\":", name);
        if (text == NULL) {
                g_string_append (out, "null");
                return;
        }
        g_string_append_c (out, '"');
        for (; *text != '\0'; text++) {
                if (*text == '"' || *text == '\\')
                        g_string_append_printf (out, "\\%c", *text);
                else if ((guchar) *text < 0x20)
                        g_string_append_printf (out, "\\u%04x", (guchar) *text);
                else
                        g_string_append_c (out, *text);
        }
        g_string_append_c (out, '"');
}

static void
finding_json (GString *out, const Finding *finding)
{
        g_string_append_c (out, '{');
        json_text (out, "code", finding->code);
        g_string_append_c (out, ',');
        json_text (out, "severity", finding->warning ? "warning" : "error");
        g_string_append_c (out, ',');
        json_text (out, "file", finding->file);
        g_string_append_printf (out, ",\"line\":%u,\"column\":%u,", finding->line, finding->column);
        json_text (out, "rule", finding->rule);
        g_string_append_c (out, ',');
        json_text (out, "sentence", finding->sentence);
        g_string_append_c (out, ',');
        json_text (out, "fix", finding->fix);
        g_string_append_c (out, '}');
}

char *
findings_print (const Findings *findings, gboolean json)
{
        GString *out = g_string_new (json ? "[" : "");

        for (guint i = 0; i < findings->list->len; i++) {
                const Finding *finding = g_ptr_array_index (findings->list, i);
                if (json && i > 0)
                        g_string_append (out, ",\n");
                if (json)
                        finding_json (out, finding);
                else
                        g_string_append_printf (out, "%s %s:%u: %s\n", finding->code, finding->file,
                                                finding->line, finding->sentence);
        }
        if (json)
                g_string_append (out, "]\n");
        return g_string_free (out, FALSE);
}

gboolean
findings_fail (const Findings *findings, GError **error)
{
        for (guint i = 0; i < findings->list->len; i++) {
                const Finding *finding = g_ptr_array_index (findings->list, i);
                if (finding->warning)
                        continue;
                if (findings->n_errors > 1)
                        g_set_error (
                                error, SEKI_ERROR, SEKI_ERROR_CONFIG,
                                SEKI_TEXT (
                                        "%s:%u: %s [%s; the first of %u errors, lint shows all]"),
                                finding->file, finding->line, finding->sentence, finding->code,
                                findings->n_errors);
                else
                        g_set_error (error, SEKI_ERROR, SEKI_ERROR_CONFIG, "%s:%u: %s [%s]",
                                     finding->file, finding->line, finding->sentence,
                                     finding->code);
                break;
        }
        return FALSE;
}

/* Edits from a to b, swaps of neighbours counted as one; above limit any larger number. */
static guint
edit_distance (const char *a, gsize len_a, const char *b, gsize len_b)
{
        guint8 rows[3][WORD_BYTES_MAX + 1];

        for (gsize j = 0; j <= len_b; j++)
                rows[0][j] = j;
        for (gsize i = 1; i <= len_a; i++) {
                guint8 *row = rows[i % 3], *above = rows[(i + 2) % 3], *before = rows[(i + 1) % 3];
                row[0] = i;
                for (gsize j = 1; j <= len_b; j++) {
                        guint change = above[j - 1] + (a[i - 1] != b[j - 1]);
                        guint best = MIN (change, MIN (above[j], row[j - 1]) + 1u);
                        if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                                best = MIN (best, before[j - 2] + 1u);
                        row[j] = best;
                }
        }
        return rows[len_a % 3][len_b];
}

const char *
nearest_name (const char *word, const char *const *names)
{
        gsize len = strlen (word);
        const char *nearest = NULL;
        guint best = len <= 3 ? 2 : 3;

        for (; len <= WORD_BYTES_MAX && *names != NULL; names++) {
                gsize name_len = strlen (*names);
                if (name_len > WORD_BYTES_MAX)
                        continue;
                guint distance = edit_distance (word, len, *names, name_len);
                if (distance < best) {
                        best = distance;
                        nearest = *names;
                }
        }
        return nearest;
}

gboolean
text_is_wide (const char *text)
{
        for (; *text != '\0'; text = g_utf8_next_char (text)) {
                gunichar c = g_utf8_get_char (text);
                if ((c >= 0xff01 && c <= 0xff5e) || c == 0x3000 || c == 0x301c || c == 0x2212)
                        return TRUE;
        }
        return FALSE;
}
