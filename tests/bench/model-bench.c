/* SPDX-License-Identifier: Apache-2.0 */
/* Nanoseconds per record of what the model floor does on the way of a message;
 * one JSON object a line.  Each figure is the median of ROUNDS rounds.  With an
 * argument only figures that begin with it. */
#include "base/clock.h"
#include "model/csv.h"
#include "model/fold.h"
#include "model/message.h"
#include "model/report.h"

#include <stdio.h>
#include <stdlib.h>

#define ROUNDS 15
#define RECORDS 1024

typedef struct {
        SekiArena *arena;
        SekiMessage message;
        SekiBuffer body, record, csv;
        SekiReport *report;
        const char *only;       /* NULL: all */
        guint64 sink;           /* keeps results from being optimised away */
} Bench;

static int
compare_times (const void *a, const void *b)
{
        gint64 x = *(const gint64 *) a, y = *(const gint64 *) b;
        return (x > y) - (x < y);
}

static void
measure (const char *what, void (*run) (Bench *bench), Bench *bench, gsize bytes)
{
        const SekiClock *clock = seki_clock_system ();
        gint64 times[ROUNDS];
        if (bench->only != NULL && !g_str_has_prefix (what, bench->only))
                return;
        run (bench);
        for (guint i = 0; i < ROUNDS; i++) {
                gint64 start = seki_clock_monotonic (clock);
                for (guint n = 0; n < 8; n++)
                        run (bench);
                times[i] = seki_clock_monotonic (clock) - start;
        }
        qsort (times, ROUNDS, sizeof times[0], compare_times);
        double per_record = 1000.0 / (8 * RECORDS);
        printf ("{\"bench\":\"model\",\"what\":\"%s\",\"ns\":%.1f,\"best_ns\":%.1f,"
                "\"bytes\":%zu}\n",
                what, (double) times[ROUNDS / 2] * per_record, (double) times[0] * per_record,
                bytes);
}

static void
run_decode (Bench *bench)
{
        SekiCborReader reader;
        SekiRecord record;
        for (guint i = 0; i < RECORDS; i++) {
                seki_cbor_reader_init (&reader, seki_buffer_get_span (&bench->record));
                if (!seki_record_read (&reader, &record, NULL))
                        abort ();
                bench->sink += record.field[SEKI_FIELD_NAME].len;
        }
}

static void
run_check (Bench *bench)
{
        SekiNumberKind kind;
        for (guint i = 0; i < RECORDS; i++) {
                if (seki_record_check (&bench->message.items[i].record, &kind) != NULL)
                        abort ();
                bench->sink += kind;
        }
}

static void
run_message (Bench *bench)
{
        SekiMessage message;
        seki_arena_reset (bench->arena);
        if (!seki_message_read (seki_buffer_get_span (&bench->body), bench->arena, &message, NULL))
                abort ();
        bench->sink += message.n_items;
}

static void
run_encode (Bench *bench)
{
        SekiCborWriter writer;
        seki_arena_reset (bench->arena);
        seki_cbor_writer_init (&writer, bench->arena);
        for (guint i = 0; i < RECORDS; i++)
                seki_record_write (&bench->message.items[i].record, SEKI_RECORD_ALL, &writer);
        bench->sink += writer.len;
}

static void
run_fold (Bench *bench)
{
        seki_arena_reset (bench->arena);
        for (guint i = 0; i < RECORDS; i++) {
                SekiSpan name = bench->message.items[i].record.field[SEKI_FIELD_NAME];
                bench->sink += seki_fold (name, bench->arena).len;
        }
}

static gboolean
on_row (guint64 row, const SekiSpan *cells G_GNUC_UNUSED, gsize n_cells,
        const char *fault G_GNUC_UNUSED, gsize fault_cell G_GNUC_UNUSED, gpointer user)
{
        ((Bench *) user)->sink += row + n_cells;
        return TRUE;
}

static void
run_csv (Bench *bench, SekiCharset charset)
{
        g_autoptr (SekiCsv) csv = seki_csv_new (charset, on_row, bench);
        seki_csv_feed (csv, seki_buffer_get_span (&bench->csv));
        seki_csv_finish (csv);
}

static void
run_csv_utf8 (Bench *bench)
{
        run_csv (bench, SEKI_CHARSET_UTF8);
}

static void
run_csv_cp932 (Bench *bench)
{
        run_csv (bench, SEKI_CHARSET_CP932);
}

static void
run_report (Bench *bench)
{
        g_auto (SekiBuffer) out = { 0 };
        gsize n_lost;
        for (guint i = 0; i < RECORDS; i++) {
                const SekiRecord *record = &bench->message.items[i].record;
                if (!seki_report_write_row (bench->report, SEKI_REPORT_FOR_OFFICE, i, record, NULL,
                                            NULL, NULL, &out, &n_lost, NULL))
                        abort ();
        }
        bench->sink += out.len;
}

/* 280 bytes in seven fields, the record of the measured path. */
static void
record_fill (SekiRecord *record)
{
        record->field[SEKI_FIELD_CODE] = seki_span_text ("120576000000000000012");
        record->field[SEKI_FIELD_KANA] = seki_span_text ("タカサキ　ハナコ");
        record->field[SEKI_FIELD_NAME] = seki_span_text ("高橋　花子");
        record->field[SEKI_FIELD_BIRTH] = seki_span_text ("1984-02-29");
        record->field[SEKI_FIELD_NUMBER] = seki_span_text ("123456789018");
        record->field[SEKI_FIELD_ADDRESS] =
                seki_span_text ("東京都千代田区霞が関三丁目１番１号　中央合同庁舎第４号館別館地下２階北側東棟管理室気付気付");
        record->field[SEKI_FIELD_HOLDING] = seki_span_text ("yes");
}

static void
csv_fill (Bench *bench, SekiCharset charset)
{
        seki_buffer_truncate (&bench->csv, 0);
        for (guint i = 0; i < RECORDS; i++) {
                const SekiRecord *record = &bench->message.items[i].record;
                gboolean first = TRUE;
                seki_arena_reset (bench->arena);
                for (guint field = 0; field < SEKI_FIELD_COUNT; field++) {
                        SekiSpan cell;
                        gunichar character;
                        gsize offset;
                        if (!seki_charset_encode (charset, record->field[field], bench->arena,
                                                  &cell, &character, &offset))
                                continue;
                        seki_csv_write_cell (&bench->csv, cell, first);
                        first = FALSE;
                }
                seki_buffer_append (&bench->csv, SEKI_SPAN_LITERAL ("\r\n"));
        }
}

int
main (int argc, char **argv)
{
        static SekiItem items[RECORDS];
        static const char map[] = "column a = field:name\ncolumn b = field:number\n"
                                  "column c = field:address\ncolumn d = space\n";
        Bench bench = { .arena = seki_arena_new (0), .only = argc > 1 ? argv[1] : NULL, .sink = 1 };
        for (guint i = 0; i < RECORDS; i++)
                record_fill (&items[i].record);
        bench.message = (SekiMessage){
                .id = seki_span_text ("2026-11-24.0001"), .items = items, .n_items = RECORDS,
        };
        bench.report = seki_report_new (seki_span_text (map), NULL);
        seki_message_write (&bench.message, &bench.body);
        seki_record_write (&items[0].record, SEKI_RECORD_ALL, &bench.record);
        measure ("decode a record", run_decode, &bench, bench.record.len);
        measure ("check a record", run_check, &bench, bench.record.len);
        measure ("read a record of a message", run_message, &bench, bench.body.len / RECORDS);
        measure ("encode a record", run_encode, &bench, bench.record.len);
        measure ("fold a name", run_fold, &bench, items[0].record.field[SEKI_FIELD_NAME].len);
        csv_fill (&bench, SEKI_CHARSET_UTF8);
        measure ("read a row of CSV in UTF-8", run_csv_utf8, &bench, bench.csv.len / RECORDS);
        csv_fill (&bench, SEKI_CHARSET_CP932);
        measure ("read a row of CSV in CP932", run_csv_cp932, &bench, bench.csv.len / RECORDS);
        measure ("write a row of a report", run_report, &bench, 0);
        seki_buffer_clear (&bench.body);
        seki_buffer_clear (&bench.record);
        seki_buffer_clear (&bench.csv);
        seki_report_free (bench.report);
        seki_arena_free (bench.arena);
        return bench.sink == 0;
}
