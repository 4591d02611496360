/* SPDX-License-Identifier: Apache-2.0 */
#include "model/csv.h"

typedef enum {
        CSV_START,      /* of a cell */
        CSV_BARE,
        CSV_QUOTED,
        CSV_CLOSED,     /* behind a quote that closes the cell, or is the first of two */
        CSV_SKIP,       /* to the end of the line: quotes can no longer be trusted */
} CsvState;

struct SekiCsv {
        SekiCharset charset;
        SekiCsvRow on_row;
        gpointer user;
        SekiArena *arena;       /* the decoded cells of one row */
        CsvState state;
        guint64 row;
        guint8 mark;            /* bytes of a byte order mark seen, 3 once past it */
        gboolean ended, skip_lf, started;
        const char *fault;
        gsize fault_cell, row_bytes;
        gsize n_cells, begin[SEKI_CSV_CELLS_MAX], end[SEKI_CSV_CELLS_MAX];
        gsize len;
        guint8 bytes[SEKI_CSV_ROW_MAX];
};

static const guint8 byte_order_mark[3] = { 0xef, 0xbb, 0xbf };

SekiCsv *
seki_csv_new (SekiCharset charset, SekiCsvRow on_row, gpointer user)
{
        SekiCsv *csv = g_new0 (SekiCsv, 1);
        csv->charset = charset;
        csv->on_row = on_row;
        csv->user = user;
        csv->arena = seki_arena_new (8 * SEKI_CSV_ROW_MAX);
        csv->mark = charset == SEKI_CHARSET_UTF8 ? 0 : 3;
        return csv;
}

void
seki_csv_free (SekiCsv *csv)
{
        if (csv == NULL)
                return;
        seki_arena_free (csv->arena);
        seki_wipe (csv->bytes, csv->len);
        g_free (csv);
}

static void
csv_fail (SekiCsv *csv, const char *fault)
{
        if (csv->fault != NULL)
                return;
        csv->fault = fault;
        csv->fault_cell = csv->n_cells;
}

/* A fault that leaves it unclear where cells begin: the next line is the first
 * that can be read again. */
static void
csv_skip (SekiCsv *csv, const char *fault)
{
        csv_fail (csv, fault);
        csv->state = CSV_SKIP;
}

static void
csv_put (SekiCsv *csv, guint8 byte)
{
        if (csv->fault != NULL)
                return;
        if (csv->n_cells == SEKI_CSV_CELLS_MAX)
                csv_fail (csv, "too-many-cells");
        else if (csv->len - csv->begin[csv->n_cells] == SEKI_CSV_CELL_MAX)
                csv_fail (csv, "cell-too-long");
        else
                csv->bytes[csv->len++] = byte;
}

static void
csv_end_cell (SekiCsv *csv)
{
        csv->state = CSV_START;
        if (csv->fault != NULL)
                return;
        if (csv->n_cells == SEKI_CSV_CELLS_MAX) {
                csv_fail (csv, "too-many-cells");
                return;
        }
        csv->end[csv->n_cells++] = csv->len;
        if (csv->n_cells < SEKI_CSV_CELLS_MAX)
                csv->begin[csv->n_cells] = csv->len;
}

static void
csv_decode (SekiCsv *csv, SekiSpan *cells)
{
        gsize offset;
        for (gsize i = 0; i < csv->n_cells; i++) {
                SekiSpan raw = seki_span (csv->bytes + csv->begin[i], csv->end[i] - csv->begin[i]);
                if (!seki_charset_decode (csv->charset, raw, csv->arena, &cells[i], &offset) &&
                    csv->fault == NULL) {
                        csv->fault = "not-in-charset";
                        csv->fault_cell = i;
                }
        }
}

static void
csv_begin_row (SekiCsv *csv)
{
        seki_wipe (csv->bytes, csv->len);
        seki_arena_reset (csv->arena);
        csv->len = csv->n_cells = csv->row_bytes = csv->begin[0] = csv->fault_cell = 0;
        csv->fault = NULL;
        csv->state = CSV_START;
        csv->started = FALSE;
}

static gboolean
csv_end_row (SekiCsv *csv)
{
        SekiSpan cells[SEKI_CSV_CELLS_MAX];
        csv->row++;
        if (csv->started) {
                csv_end_cell (csv);
                csv_decode (csv, cells);
                csv->ended = !csv->on_row (csv->row, cells, csv->n_cells, csv->fault,
                                           csv->fault_cell, csv->user);
        }
        csv_begin_row (csv);
        return !csv->ended;
}

/* A byte that is no line end, or one inside quotes. */
static void
csv_byte (SekiCsv *csv, guint8 byte)
{
        switch (csv->state) {
        case CSV_START:
        case CSV_BARE:
                if (byte == '"' && csv->state == CSV_START) {
                        csv->state = CSV_QUOTED;
                } else if (byte == '"') {
                        csv_skip (csv, "quote-misplaced");
                } else if (byte == ',') {
                        csv_end_cell (csv);
                } else {
                        csv->state = CSV_BARE;
                        csv_put (csv, byte);
                }
                break;
        case CSV_QUOTED:
                if (byte == '"')
                        csv->state = CSV_CLOSED;
                else
                        csv_put (csv, byte);
                break;
        case CSV_CLOSED:
                if (byte == ',') {
                        csv_end_cell (csv);
                } else if (byte == '"') {
                        csv->state = CSV_QUOTED;
                        csv_put (csv, byte);
                } else {
                        csv_skip (csv, "quote-misplaced");
                }
                break;
        case CSV_SKIP:
        default:
                break;
        }
}

static gboolean
csv_step (SekiCsv *csv, guint8 byte)
{
        gboolean skip_lf = csv->skip_lf;
        csv->skip_lf = FALSE;
        if (csv->state != CSV_QUOTED && (byte == '\n' || byte == '\r')) {
                if (byte == '\n' && skip_lf)
                        return TRUE;
                csv->skip_lf = byte == '\r';
                return csv_end_row (csv);
        }
        csv->started = TRUE;
        if (++csv->row_bytes > SEKI_CSV_ROW_MAX && csv->state != CSV_SKIP)
                csv_skip (csv, "row-too-long");
        csv_byte (csv, byte);
        return TRUE;
}

/* Steps over a byte order mark, which may come in pieces. */
static gboolean
csv_first (SekiCsv *csv, guint8 byte)
{
        if (byte == byte_order_mark[csv->mark]) {
                csv->mark++;
                return TRUE;
        }
        gsize seen = csv->mark;
        csv->mark = 3;
        for (gsize i = 0; i < seen; i++)
                csv_step (csv, byte_order_mark[i]);
        return csv_step (csv, byte);
}

gboolean
seki_csv_feed (SekiCsv *csv, SekiSpan bytes)
{
        for (gsize i = 0; i < bytes.len && !csv->ended; i++)
                if (csv->mark < 3)
                        csv_first (csv, bytes.data[i]);
                else
                        csv_step (csv, bytes.data[i]);
        return !csv->ended;
}

gboolean
seki_csv_finish (SekiCsv *csv)
{
        if (csv->ended)
                return FALSE;
        for (gsize i = 0; csv->mark < 3 && i < csv->mark; i++)
                csv_step (csv, byte_order_mark[i]);
        csv->mark = 3;
        if (csv->state == CSV_QUOTED)
                csv_fail (csv, "quote-not-closed");
        return !csv->started || csv_end_row (csv);
}

static gboolean
cell_needs_quotes (SekiSpan cell)
{
        for (gsize i = 0; i < cell.len; i++)
                if (strchr ("\",\r\n", cell.data[i]) != NULL && cell.data[i] != 0)
                        return TRUE;
        return FALSE;
}

void
seki_csv_write_cell (SekiBuffer *row, SekiSpan cell, gboolean first)
{
        static const SekiSpan comma = { (const guint8 *) ",", 1 },
                quote = { (const guint8 *) "\"", 1 };
        if (!first)
                seki_buffer_append (row, comma);
        if (!cell_needs_quotes (cell)) {
                seki_buffer_append (row, cell);
                return;
        }
        seki_buffer_append (row, quote);
        for (gsize i = 0, next; i < cell.len; i = next) {
                for (next = i + 1; next < cell.len && cell.data[next - 1] != '"'; next++)
                        ;
                seki_buffer_append (row, seki_span (cell.data + i, next - i));
                if (cell.data[next - 1] == '"')
                        seki_buffer_append (row, quote);
        }
        seki_buffer_append (row, quote);
}
