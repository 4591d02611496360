/* SPDX-License-Identifier: Apache-2.0 */
/* CSV (RFC 4180) as institutions write it: UTF-8 or CP932, CRLF or LF, quoted
 * fields with line breaks, a header row with field names.  Push parser: bytes
 * in, rows out, memory bounded by one row. */
#pragma once

#include "model/charset.h"

G_BEGIN_DECLS

typedef struct SekiCsv SekiCsv;

/* One row: cells in UTF-8, lent until the call returns.  fault is NULL or the
 * id of what is wrong with the row as text ("not-in-charset",
 * "quote-not-closed", "too-many-cells", "row-too-long"), at cell fault_cell.
 * row counts from 1, the header being row 1; FALSE ends the parse. */
typedef gboolean (*SekiCsvRow) (guint64 row, const SekiSpan *cells, gsize n_cells,
                                const char *fault, gsize fault_cell, gpointer user);

SekiCsv *seki_csv_new (SekiCharset charset, SekiCsvRow on_row, gpointer user);
gboolean seki_csv_feed (SekiCsv *csv, SekiSpan bytes);          /* FALSE: on_row ended it */
gboolean seki_csv_finish (SekiCsv *csv);                        /* the last row may lack its line end */
void seki_csv_free (SekiCsv *csv);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SekiCsv, seki_csv_free)

/* Appends one cell to a row being written, quoted when needed; first tells
 * whether a comma goes before it. */
void seki_csv_write_cell (GString *row, SekiSpan cell, gboolean first);

G_END_DECLS
