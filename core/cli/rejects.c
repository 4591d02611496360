/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/rejects.h"

#include "base/text.h"
#include "model/csv.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

struct SekiRejects {
        char *path;
        FILE *file; /* NULL until the first */
        guint64 count;
};

SekiRejects *
seki_rejects_new (const char *path, const char *source)
{
        SekiRejects *rejects = g_new0 (SekiRejects, 1);

        rejects->path = path != NULL ? g_strdup (path) : g_strconcat (source, ".rejects.csv", NULL);
        return rejects;
}

void
seki_rejects_free (SekiRejects *rejects)
{
        if (rejects == NULL)
                return;
        if (rejects->file != NULL)
                fclose (rejects->file);
        g_free (rejects->path);
        g_free (rejects);
}

static gboolean
rejects_fail (const SekiRejects *rejects, GError **error)
{
        g_set_error (error, SEKI_ERROR, SEKI_ERROR_STORAGE,
                     _("The list of rejects “%s” can not be written (%s)."), rejects->path,
                        g_strerror (errno));
        return FALSE;
}

static gboolean
rejects_open (SekiRejects *rejects, GError **error)
{
        int fd = open (rejects->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);

        rejects->file = fd >= 0 ? fdopen (fd, "w") : NULL;
        if (rejects->file == NULL)
                return rejects_fail (rejects, error);
        fputs ("row,column,reason,sentence\r\n", rejects->file);
        return TRUE;
}

gboolean
seki_rejects_add (SekiRejects *rejects, guint64 row, const char *column, const char *reason,
                  const char *sentence, GError **error)
{
        g_auto (SekiBuffer) line;
        char number[24];

        if (rejects->file == NULL && !rejects_open (rejects, error))
                return FALSE;
        g_snprintf (number, sizeof number, "%" PRIu64, row);
        seki_buffer_init (&line, NULL);
        seki_csv_write_cell (&line, seki_span_text (number), TRUE);
        seki_csv_write_cell (&line, seki_span_text (column), FALSE);
        seki_csv_write_cell (&line, seki_span_text (reason), FALSE);
        seki_csv_write_cell (&line, seki_span_text (sentence), FALSE);
        rejects->count++;
        if (fwrite (line.data, 1, line.len, rejects->file) == line.len &&
            fputs ("\r\n", rejects->file) >= 0)
                return TRUE;
        return rejects_fail (rejects, error);
}

gboolean
seki_rejects_finish (SekiRejects *rejects, GError **error)
{
        if (rejects->file == NULL) {
                if (unlink (rejects->path) == 0 || errno == ENOENT)
                        return TRUE;
                return rejects_fail (rejects, error);
        }
        return (fflush (rejects->file) == 0 && fsync (fileno (rejects->file)) == 0) ||
               rejects_fail (rejects, error);
}

guint64
seki_rejects_get_count (const SekiRejects *rejects)
{
        return rejects->count;
}

const char *
seki_rejects_get_path (const SekiRejects *rejects)
{
        return rejects->path;
}
