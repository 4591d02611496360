/* SPDX-License-Identifier: Apache-2.0 */
/* Files for the tax office from an institution's own column map.  A pure
 * function: a map and a row in, bytes out.  Layouts are the institution's to
 * state and to keep current; nothing here claims that an authority accepts the
 * result (domain.md 6).
 *
 * The map is UTF-8 text, one statement a line; blank lines and lines that begin
 * with # are skipped:
 *
 *   charset = shift_jis          # utf-8,
         cp932 or shift_jis (JIS levels 1 and 2 only); default shift_jis
 *   header = no                  # yes: the names of the columns as first line
 *   column 報告書の種類 = "315"     # always this text; "" inside stands for one quote
 *   column 個人番号 = field:number # a field of the record, by its name on the wire
 *   column 支払金額 = input:amount # a value the institution's system gives for this row
 *   column 予備 = space            # one space
 *
 * Statements may have a comment behind " #".  There are 1 to 256 columns, in
 * the order of the file.  Lines end with CRLF.  Cells are text and written as
 * they are, so leading zeros stay; an absent value is an empty cell, and the
 * last column is never empty: it then holds one space (domain.md 6). */
#pragma once

#include "base/buffer.h"
#include "model/charset.h"

#include <sekisho/record.h>

G_BEGIN_DECLS

#define SEKI_REPORT_COLUMNS_MAX 256
#define SEKI_REPORT_MAP_MAX 65536               /* bytes of the map */

/* A parsed map; constant, may be shared between threads. */
typedef struct SekiReport SekiReport;

/* SEKI_ERROR_CONFIG, naming the line, if the map breaks the rules above or
 * names a column twice. */
SekiReport *seki_report_new (SekiSpan map, GError **error);
void seki_report_free (SekiReport *report);     /* NULL-safe */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SekiReport, seki_report_free)

gsize seki_report_get_n_columns (const SekiReport *report);
/* Lent; from 0. */
const char *seki_report_get_column (const SekiReport *report, gsize column);
gsize seki_report_get_n_inputs (const SekiReport *report);
/* Lent; from 0, each name once. */
const char *seki_report_get_input (const SekiReport *report, gsize input);
/* The fields the map asks for, 1u << SekiField: whoever fills the rows need
 * ask for no more than these. */
guint32 seki_report_get_fields (const SekiReport *report);

typedef enum {
        SEKI_REPORT_FOR_OFFICE = 0,
        SEKI_REPORT_FOR_RECIPIENT,      /* a copy, which must not show the number */
} SekiReportKind;

/* A character that the charset can not write, or a control character, which no
 * cell may hold.  row as the caller counts, column from 0. */
typedef struct {
        guint64 row;
        gsize column;
        gunichar character;     /* U+FFFD: the bytes are not UTF-8 */
} SekiReportLoss;
typedef void (*SekiReportOnLoss) (const SekiReportLoss *loss, gpointer user);

/* The line with the names; nothing if the map says header = no. */
gboolean seki_report_write_header (const SekiReport *report, SekiReportOnLoss on_loss,
                                   gpointer user,
                                   SekiBuffer *out, GError **error);

/* One row.  inputs has as many values as the map has inputs, in its order.  If
 * a character can not be written, every such character is told to on_loss
 * (which may be NULL), the row is left out as a whole and out_lost counts them.
 * A recipient's copy leaves field:number empty, and one in which the number
 * stands in any other cell is SEKI_ERROR_INVALID.  SEKI_ERROR_LIMIT without
 * memory.  After an error out is as before. */
gboolean seki_report_write_row (const SekiReport *report, SekiReportKind kind, guint64 row,
                                const SekiRecord *record, const SekiSpan *inputs,
                                SekiReportOnLoss on_loss, gpointer user,
                                SekiBuffer *out, gsize *out_lost, GError **error);

G_END_DECLS
