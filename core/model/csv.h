/* SPDX-License-Identifier: Apache-2.0 */
/* CSV (RFC 4180) as institutions write it: UTF-8 (with or without a byte order
 * mark), CP932, CRLF, LF or CR, quoted fields with line breaks, a header row
 * with field names.  Push parser: bytes in, rows out, memory bounded by one
 * row, which is wiped before the next. */
#pragma once

#include "base/buffer.h"
#include "model/charset.h"

G_BEGIN_DECLS

#define SEKI_CSV_CELLS_MAX 64                   /* in one row */
#define SEKI_CSV_CELL_MAX 4096                  /* bytes of a cell as it came, without its quotes */
#define SEKI_CSV_ROW_MAX 65536                  /* bytes of a row as it came */

typedef struct SekiCsv SekiCsv;

/* One row: cells in UTF-8, lent until the call returns.  fault is NULL or the
 * id of what is wrong with the row as text, at cell fault_cell (from 0):
 *   "not-in-charset"    a byte that is no character; that cell is absent
 *   "quote-misplaced"   a quote inside a bare cell, or text after a closing one
 *   "quote-not-closed"  at the end of the input
 *   "too-many-cells", "cell-too-long", "row-too-long"
 * After all but the first, cells holds those before the fault.  row counts from
 * 1, the header being row 1; rows without a single byte are counted but not
 * delivered.  FALSE ends the parse. */
typedef gboolean (*SekiCsvRow) (guint64 row, const SekiSpan *cells, gsize n_cells,
                                const char *fault, gsize fault_cell, gpointer user);

SekiCsv *seki_csv_new (SekiCharset charset, SekiCsvRow on_row, gpointer user);
gboolean seki_csv_feed (SekiCsv *csv, SekiSpan bytes);          /* FALSE: on_row ended it */
gboolean seki_csv_finish (SekiCsv *csv);        /* the last row may lack its line end */
void seki_csv_free (SekiCsv *csv);                              /* NULL-safe */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SekiCsv, seki_csv_free)

/* Appends one cell to a row being written, quoted when needed; first tells
 * whether a comma goes before it.  UTF-8 or CP932 alike: neither has a quote,
 * a comma or a line end inside a character. */
void seki_csv_write_cell (SekiBuffer *row, SekiSpan cell, gboolean first);

G_END_DECLS
