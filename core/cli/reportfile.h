/* SPDX-License-Identifier: Apache-2.0 */
/* A report being written: it stands under its name only when it is whole. */
#pragma once

#include "model/record.h"

G_BEGIN_DECLS

/* A character of a row that the report can not hold; column is lent. */
typedef void (*SekiReportFileLoss) (guint64 row, const char *column, gunichar character,
                                    gpointer user);

typedef struct SekiReportFile SekiReportFile;

/* Reads the map and begins path.part, mode 0600; CONFLICT when path is there.
 * recipient: the copy that does not show the number. */
SekiReportFile *seki_report_file_new (const char *map, const char *path, gboolean recipient,
                                      SekiReportFileLoss loss, gpointer user, GError **error);
/* What is not finished goes; NULL-safe. */
void seki_report_file_free (SekiReportFile *file);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SekiReportFile, seki_report_file_free)
/* Names of the values a row needs besides its record, NULL-terminated. */
const char *const *seki_report_file_get_inputs (SekiReportFile *file);
/* out_written FALSE: the row has characters that can not be written and is left out. */
gboolean seki_report_file_add (SekiReportFile *file, guint64 row, const SekiRecord *record,
                               const SekiSpan *inputs, gboolean *out_written, GError **error);
gboolean seki_report_file_finish (SekiReportFile *file, GError **error);

G_END_DECLS
