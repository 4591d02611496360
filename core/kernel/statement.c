/* SPDX-License-Identifier: Apache-2.0 */
/* The text of a statement: one spelling only, read by writing it again. */
#include "kernel/approval.h"

#include "base/text.h"

#define HEADING "sekisho approval 1\n"

char *
seki_statement_write (const SekiStatement *statement)
{
        char time[26], expires[26];

        seki_time_format (statement->time, time);
        seki_time_format (statement->expires, expires);
        return g_strdup_printf (HEADING "node %s\naction %s\nsubject %s\ntime %s\nexpires %s\n",
                                statement->node, statement->action, statement->subject, time,
                                expires);
}

/* The rest of the next line behind its word, into out as text. */
static gboolean
line_take (const char **inout_text, const char *word, char *out, gsize out_len)
{
        gsize word_len = strlen (word), len;
        const char *text = *inout_text, *end = strchr (text, '\n');

        if (end == NULL || strncmp (text, word, word_len) != 0 || text[word_len] != ' ')
                return FALSE;
        text += word_len + 1;
        len = (gsize) (end - text);
        if (len == 0 || len >= out_len)
                return FALSE;
        memcpy (out, text, len);
        out[len] = '\0';
        *inout_text = end + 1;
        return TRUE;
}

static gboolean
time_take (const char **inout_text, const char *word, gint64 *out_time)
{
        char text[26];

        return line_take (inout_text, word, text, sizeof text) &&
               seki_time_parse (seki_span_text (text), out_time);
}

static gboolean
word_is_plain (const char *word, const char *signs)
{
        for (; *word != '\0'; word++)
                if (!g_ascii_isalnum (*word) && strchr (signs, *word) == NULL)
                        return FALSE;
        return TRUE;
}

static gboolean
statement_parse (const char *text, SekiStatement *out)
{
        return g_str_has_prefix (text, HEADING) && (text += strlen (HEADING)) &&
               line_take (&text, "node", out->node, sizeof out->node) &&
               line_take (&text, "action", out->action, sizeof out->action) &&
               line_take (&text, "subject", out->subject, sizeof out->subject) &&
               time_take (&text, "time", &out->time) &&
               time_take (&text, "expires", &out->expires) && *text == '\0' &&
               word_is_plain (out->node, "-_.:") && word_is_plain (out->action, "-.") &&
               strlen (out->subject) == 64 && strspn (out->subject, "0123456789abcdef") == 64 &&
               out->expires > out->time;
}

gboolean
seki_statement_read (SekiSpan text, SekiStatement *out_statement, GError **error)
{
        g_autofree char *copy = NULL, *again = NULL;

        memset (out_statement, 0, sizeof *out_statement);
        if (text.len <= SEKI_STATEMENT_MAX) {
                copy = g_strndup ((const char *) text.data, text.len);
                if (strlen (copy) == text.len && statement_parse (copy, out_statement))
                        again = seki_statement_write (out_statement);
        }
        if (again != NULL && strcmp (again, copy) == 0)
                return TRUE;
        g_set_error_literal (error, SEKI_ERROR, SEKI_ERROR_INVALID,
                             _("This is no statement of an approval. Make it anew with sekisho "
                                "approval propose, and sign it unchanged."));
        return FALSE;
}

void
seki_statement_digest (SekiSpan text, char out[65])
{
        g_autofree char *digest =
                g_compute_checksum_for_data (G_CHECKSUM_SHA256, text.data, text.len);

        g_strlcpy (out, digest, 65);
}
