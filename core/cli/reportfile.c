/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/reportfile.h"

#include "base/text.h"
#include "cli/files.h"
#include "keyring/keyfile.h"
#include "model/csv.h"
#include "model/report.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define DRAIN 65536u

struct SekiReportFile {
        SekiReport *report;
        const char **inputs;
        char *path, *part;
        int fd;
        goffset at;
        SekiBuffer out;
        SekiReportKind kind;
        SekiReportFileLoss loss;
        gpointer user;
};

static gboolean
file_fail (const SekiReportFile *file, GError **error)
{
        g_set_error (error, SEKI_ERROR, SEKI_ERROR_STORAGE,
                     _("“%s” can not be written (%s)."), file->part, g_strerror (errno));
        return FALSE;
}

static void
file_loss (const SekiReportLoss *loss, gpointer user)
{
        SekiReportFile *file = user;

        file->loss (loss->row, seki_report_get_column (file->report, loss->column), loss->character,
                    file->user);
}

static gboolean
map_read (SekiReportFile *file, const char *path, GError **error)
{
        gsize len, n;
        g_autofree char *map = seki_file_read (path, SEKI_REPORT_MAP_MAX, &len, error);

        if (map == NULL || (file->report = seki_report_new (seki_span (map, len), error)) == NULL)
                return FALSE;
        n = seki_report_get_n_inputs (file->report);
        if (n >= SEKI_CSV_CELLS_MAX) {
                g_set_error (error, SEKI_ERROR, SEKI_ERROR_LIMIT,
                             _("The map takes %zu inputs; a CSV file has at most %d columns."), n,
                                SEKI_CSV_CELLS_MAX);
                return FALSE;
        }
        file->inputs = g_new0 (const char *, n + 1);
        for (gsize i = 0; i < n; i++)
                file->inputs[i] = seki_report_get_input (file->report, i);
        return TRUE;
}

static gboolean
part_open (SekiReportFile *file, GError **error)
{
        if (g_file_test (file->path, G_FILE_TEST_EXISTS)) {
                g_set_error (error, SEKI_ERROR, SEKI_ERROR_CONFLICT,
                             _("“%s” is there already and is not overwritten. Name another file."),
                                file->path);
                return FALSE;
        }
        file->fd = open (file->part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
        return file->fd >= 0 || file_fail (file, error);
}

SekiReportFile *
seki_report_file_new (const char *map, const char *path, gboolean recipient,
                      SekiReportFileLoss loss, gpointer user, GError **error)
{
        g_autoptr (SekiReportFile) file = g_new0 (SekiReportFile, 1);

        file->fd = -1;
        file->path = g_strdup (path);
        file->part = g_strconcat (path, ".part", NULL);
        file->kind = recipient ? SEKI_REPORT_FOR_RECIPIENT : SEKI_REPORT_FOR_OFFICE;
        file->loss = loss;
        file->user = user;
        seki_buffer_init (&file->out, NULL);
        if (!map_read (file, map, error) || !part_open (file, error) ||
            !seki_report_write_header (file->report, file_loss, file, &file->out, error))
                return NULL;
        return g_steal_pointer (&file);
}

void
seki_report_file_free (SekiReportFile *file)
{
        if (file == NULL)
                return;
        if (file->fd >= 0) {
                close (file->fd);
                unlink (file->part);
        }
        seki_buffer_clear (&file->out);
        seki_report_free (file->report);
        g_free (file->inputs);
        g_free (file->path);
        g_free (file->part);
        g_free (file);
}

const char *const *
seki_report_file_get_inputs (SekiReportFile *file)
{
        return file->inputs;
}

static gboolean
file_drain (SekiReportFile *file, gsize least, GError **error)
{
        if (file->out.len < least)
                return TRUE;
        if (!seki_keyfile_write_all (file->fd, file->out.data, file->out.len, file->at))
                return file_fail (file, error);
        file->at += (goffset) file->out.len;
        seki_buffer_truncate (&file->out, 0);
        return TRUE;
}

gboolean
seki_report_file_add (SekiReportFile *file, guint64 row, const SekiRecord *record,
                      const SekiSpan *inputs, gboolean *out_written, GError **error)
{
        gsize lost = 0;

        if (!seki_report_write_row (file->report, file->kind, row, record, inputs, file_loss, file,
                                    &file->out, &lost, error))
                return FALSE;
        *out_written = lost == 0;
        return file_drain (file, DRAIN, error);
}

gboolean
seki_report_file_finish (SekiReportFile *file, GError **error)
{
        return file_drain (file, 1, error) &&
               ((fsync (file->fd) == 0 && link (file->part, file->path) == 0) ||
                file_fail (file, error));
}
