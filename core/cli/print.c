/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/print.h"

#include "base/text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#define PROGRESS_EVERY (G_USEC_PER_SEC / 5)

void
seki_print (const char *format, ...)
{
        va_list list;

        va_start (list, format);
        vfprintf (stdout, format, list);
        va_end (list);
}

gsize
seki_text_width (const char *text)
{
        gsize width = 0;

        for (const char *p = text; *p != '\0'; p = g_utf8_next_char (p)) {
                gunichar c = g_utf8_get_char (p);

                width += g_unichar_iszerowidth (c) ? 0 : g_unichar_iswide (c) ? 2 : 1;
        }
        return width;
}

void
seki_print_cell (const char *text, gsize width)
{
        gsize used = seki_text_width (text);

        fputs (text, stdout);
        for (gsize i = used; i < MAX (width, used + 2); i++)
                fputc (' ', stdout);
}

char *
seki_text_plain (SekiSpan text)
{
        char *plain = g_utf8_make_valid ((const char *) text.data, (gssize) text.len);

        for (char *p = plain; *p != '\0';) {
                char *next = g_utf8_next_char (p);
                GUnicodeType type = g_unichar_type (g_utf8_get_char (p));

                if (type == G_UNICODE_CONTROL || type == G_UNICODE_FORMAT ||
                    type == G_UNICODE_LINE_SEPARATOR || type == G_UNICODE_PARAGRAPH_SEPARATOR)
                        memset (p, ' ', (gsize) (next - p));
                p = next;
        }
        return plain;
}

static gboolean
output_fail (GError **error)
{
        g_set_error (error, SEKI_ERROR, SEKI_ERROR_STORAGE,
                     _("The output can not be written (%s)."), g_strerror (errno));
        return FALSE;
}

gboolean
seki_print_flush (GError **error)
{
        return (fflush (stdout) == 0 && !ferror (stdout)) || output_fail (error);
}

gboolean
seki_print_secret (SekiSpan bytes, GError **error)
{
        if (!seki_print_flush (error))
                return FALSE;
        for (gsize done = 0; done < bytes.len;) {
                gssize n = write (STDOUT_FILENO, bytes.data + done, bytes.len - done);

                if (n < 0 && errno != EINTR)
                        return output_fail (error);
                done += (gsize) MAX (n, 0);
        }
        return TRUE;
}

void
seki_progress_begin (SekiProgress *progress, const char *what)
{
        *progress = (SekiProgress){ .what = what, .terminal = isatty (STDERR_FILENO) != 0 };
}

void
seki_progress_tell (SekiProgress *progress, guint64 done, guint64 all)
{
        gint64 now = g_get_monotonic_time ();

        if (!progress->terminal || now - progress->last < PROGRESS_EVERY)
                return;
        progress->last = now;
        progress->shown = TRUE;
        if (all > 0)
                fprintf (stderr, "\r%s %" PRIu64 " / %" PRIu64 " (%u %%)\033[K", progress->what,
                         done, all, (guint) (done * 100 / all));
        else
                fprintf (stderr, "\r%s %" PRIu64 "\033[K", progress->what, done);
}

void
seki_progress_end (SekiProgress *progress)
{
        if (progress->shown)
                fputs ("\r\033[K", stderr);
        progress->shown = FALSE;
}
