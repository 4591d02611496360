/* SPDX-License-Identifier: Apache-2.0 */
#include "model/csv.h"

/* Rows as text: "1:a|b" and, with a fault, "2!too-many-cells@64:a|b". */
typedef struct {
        GString *seen;
        guint64 stop_at;
} Rows;

static gboolean
on_row (guint64 row, const SekiSpan *cells, gsize n_cells, const char *fault, gsize fault_cell,
        gpointer user)
{
        Rows *rows = user;
        g_string_append_printf (rows->seen, "%s%" G_GUINT64_FORMAT, rows->seen->len > 0
                                ? " " : "", row);
        if (fault != NULL)
                g_string_append_printf (rows->seen, "!%s@%" G_GSIZE_FORMAT, fault, fault_cell);
        for (gsize i = 0; i < n_cells; i++) {
                g_string_append_c (rows->seen, i == 0 ? ':' : '|');
                if (cells[i].data == NULL)
                        g_string_append (rows->seen, "ABSENT");
                else
                        g_string_append_len (rows->seen, (const char *) cells[i].data,
                                             (gssize) cells[i].len);
        }
        return row != rows->stop_at;
}

/* Feeds text in pieces of that size. */
static char *
parse (SekiCharset charset, SekiSpan text, gsize piece)
{
        Rows rows = { g_string_new (NULL), 0 };
        g_autoptr (SekiCsv) csv = seki_csv_new (charset, on_row, &rows);
        gboolean going = TRUE;
        for (gsize at = 0; at < text.len && going; at += piece)
                going = seki_csv_feed (csv, seki_span (text.data + at, MIN (piece, text.len - at)));
        g_assert_cmpint (seki_csv_finish (csv), ==, going);
        return g_string_free (rows.seen, FALSE);
}

static void
assert_parses (const char *text, const char *expected)
{
        for (gsize piece = 1; piece < 5; piece++) {
                g_autofree char *seen = parse (SEKI_CHARSET_UTF8, seki_span_text (text), piece);
                g_assert_cmpstr (seen, ==, expected);
        }
}

static void
test_rows_and_cells (void)
{
        assert_parses ("", "");
        assert_parses ("a,b\r\nc,d\r\n", "1:a|b 2:c|d");
        assert_parses ("a,b\nc,d", "1:a|b 2:c|d");
        assert_parses ("a,b\rc,d\r", "1:a|b 2:c|d");
        assert_parses ("a,,\n,\n", "1:a|| 2:|");
        assert_parses ("a\n\n\r\nb\n", "1:a 4:b");
        assert_parses ("007, x ,\n", "1:007| x |");
        assert_parses ("\xef\xbb\xbf" "a,b\n", "1:a|b");
        assert_parses ("\xef\xbb\xbf\"a\",b\n", "1:a|b");
        assert_parses ("\xef\xbb\xbf", "");
        assert_parses ("髙﨑,花子\n", "1:髙﨑|花子");
}

static void
test_quotes (void)
{
        assert_parses ("\"a\",\"b\"\n", "1:a|b");
        assert_parses ("\"a,b\",\"c\"\"d\"\n", "1:a,b|c\"d");
        assert_parses ("\"a\r\nb\",c\r\nd", "1:a\r\nb|c 2:d");
        assert_parses ("\"\"\n", "1:");
        assert_parses ("\"\",\"\"\"\"\n", "1:|\"");
        assert_parses ("\"a\"", "1:a");
}

static void
test_faults (void)
{
        assert_parses ("a,b\"c,d\ne\n", "1!quote-misplaced@1:a 2:e");
        assert_parses ("a,\"b\"c,d\ne\n", "1!quote-misplaced@1:a 2:e");
        assert_parses ("a,\"b\nc", "1!quote-not-closed@1:a");
        assert_parses ("a,\xff,c\nd\n", "1!not-in-charset@1:a|ABSENT|c 2:d");
        assert_parses ("\xef\xbbz,a\n", "1!not-in-charset@0:ABSENT|a");
        assert_parses ("\xef\xbb", "1!not-in-charset@0:ABSENT");
}

static void
assert_fault (GString *text, const char *fault)
{
        g_string_append (text, "\nnext\n");
        g_autofree char *seen = parse (SEKI_CHARSET_UTF8, seki_span (text->str, text->len), 1000);
        if (fault == NULL) {
                g_assert_null (strchr (seen, '!'));
        } else {
                g_autofree char *start = g_strdup_printf ("1!%s@", fault);
                g_assert_true (g_str_has_prefix (seen, start));
        }
        g_assert_true (g_str_has_suffix (seen, " 2:next"));
        g_string_truncate (text, 0);
}

static void
append_cells (GString *text, guint n, gsize len)
{
        g_autofree char *cell = g_strnfill (len, 'x');
        for (guint i = 0; i < n; i++)
                g_string_append_printf (text, "%s%s", i > 0 ? "," : "", cell);
}

static void
test_limits (void)
{
        g_autoptr (GString) text = g_string_new (NULL);
        append_cells (text, 64, 1);
        assert_fault (text, NULL);
        append_cells (text, 65, 1);
        assert_fault (text, "too-many-cells");
        append_cells (text, 65, 0);
        assert_fault (text, "too-many-cells");
        append_cells (text, 300, 0);
        assert_fault (text, "too-many-cells");
        append_cells (text, 2, 4096);
        assert_fault (text, NULL);
        append_cells (text, 2, 4097);
        assert_fault (text, "cell-too-long");
        append_cells (text, 15, 4096);
        assert_fault (text, NULL);
        append_cells (text, 16, 4096);
        assert_fault (text, "row-too-long");
        append_cells (text, 1, 200000);
        assert_fault (text, "cell-too-long");
        g_string_append (text, "\"");
        append_cells (text, 1, 200000);
        assert_fault (text, "cell-too-long");
}

static void
test_a_row_can_end_the_parse (void)
{
        Rows rows = { g_string_new (NULL), 2 };
        g_autoptr (SekiCsv) csv = seki_csv_new (SEKI_CHARSET_UTF8, on_row, &rows);
        g_assert_false (seki_csv_feed (csv, seki_span_text ("a\nb\nc\nd\n")));
        g_assert_false (seki_csv_feed (csv, seki_span_text ("e\n")));
        g_assert_false (seki_csv_finish (csv));
        g_assert_cmpstr (rows.seen->str, ==, "1:a 2:b");
        g_string_free (rows.seen, TRUE);
}

static void
test_cp932 (void)
{
        /* 表 ends in 5C and ソ in 5C, ボ in 7B: no byte of a pair is a quote or a comma. */
        static const char text[] =
                "\x95\x5c,\x83\x5c\x83\x7b,\xfb\xfc\xfa\xb1\r\n\xf0\x40,b\r\n\xb1,\x81\r\n";
        for (gsize piece = 1; piece < 5; piece++) {
                g_autofree char *seen = parse (SEKI_CHARSET_CP932, seki_span_text (text), piece);
                g_assert_cmpstr (seen, ==,
                                 "1:表|ソボ|髙﨑 2!not-in-charset@0:ABSENT|b "
                                 "3!not-in-charset@1:ｱ|ABSENT");
        }
}

static gboolean
on_same_row (guint64 row G_GNUC_UNUSED, const SekiSpan *cells, gsize n_cells, const char *fault,
             gsize fault_cell G_GNUC_UNUSED, gpointer user)
{
        const SekiSpan *expected = user;
        g_assert_null (fault);
        g_assert_cmpuint (n_cells, ==, 4);
        for (gsize i = 0; i < n_cells; i++)
                g_assert_true (seki_span_equal (cells[i], expected[i]));
        return TRUE;
}

static void
test_what_is_written_is_read (void)
{
        g_autoptr (GRand) rand = g_rand_new_with_seed (4180);
        static const char letters[] = "a\",\r\n \"x髙";
        for (guint round = 0; round < 3000; round++) {
                char texts[4][8];
                SekiSpan cells[4];
                g_auto (SekiBuffer) row = { 0 };
                for (guint i = 0; i < 4; i++) {
                        gsize len = (gsize) g_rand_int_range (rand, 0, 8);
                        for (gsize n = 0; n < len; n++)
                                texts[i][n] = letters[g_rand_int_range (rand, 0, 8)];
                        cells[i] = seki_span (texts[i], len);
                        seki_csv_write_cell (&row, cells[i], i == 0);
                }
                seki_buffer_append (&row, SEKI_SPAN_LITERAL ("\r\n"));
                g_autoptr (SekiCsv) csv = seki_csv_new (SEKI_CHARSET_UTF8, on_same_row, cells);
                g_assert_true (seki_csv_feed (csv, seki_buffer_get_span (&row)));
                g_assert_true (seki_csv_finish (csv));
        }
}

static void
test_cells_are_quoted_when_needed (void)
{
        g_auto (SekiBuffer) row = { 0 };
        seki_csv_write_cell (&row, seki_span_text ("007"), TRUE);
        seki_csv_write_cell (&row, SEKI_SPAN_NONE, FALSE);
        seki_csv_write_cell (&row, seki_span_text ("a\"\"b"), FALSE);
        seki_csv_write_cell (&row, seki_span_text ("a,b"), FALSE);
        seki_csv_write_cell (&row, seki_span_text ("\""), FALSE);
        seki_csv_write_cell (&row, seki_span_text (" "), FALSE);
        g_assert_true (seki_span_is (seki_buffer_get_span (&row),
                                     "007,,\"a\"\"\"\"b\",\"a,b\",\"\"\"\", "));
}

static gboolean
on_any_row (guint64 row G_GNUC_UNUSED, const SekiSpan *cells, gsize n_cells,
            const char *fault G_GNUC_UNUSED,
            gsize fault_cell, gpointer user)
{
        gsize *sum = user;
        g_assert_cmpuint (n_cells, <=, SEKI_CSV_CELLS_MAX);
        g_assert_cmpuint (fault_cell, <=, SEKI_CSV_CELLS_MAX);
        for (gsize i = 0; i < n_cells; i++)
                for (gsize n = 0; n < cells[i].len; n++)
                        *sum += cells[i].data[n];
        return TRUE;
}

static void
test_random_bytes (void)
{
        g_autoptr (GRand) rand = g_rand_new_with_seed (932);
        static const guint8 letters[] = { 'a', ',', '"', '\n', '\r', 0, 0x81, 0x95, 0x5c, 0xef,
                                          0xbb, 0xbf, 0xe3, 0x81, 0xff };
        gsize sum = 0;
        for (guint round = 0; round < 6000; round++) {
                g_autoptr (SekiCsv) csv = seki_csv_new (round % 3, on_any_row, &sum);
                for (gint piece = g_rand_int_range (rand, 0, 6); piece > 0; piece--) {
                        guint8 bytes[40];
                        gsize len = (gsize) g_rand_int_range (rand, 0, 41);
                        for (gsize i = 0; i < len; i++)
                                bytes[i] = letters[g_rand_int_range (rand, 0,
                                                                     G_N_ELEMENTS (letters))];
                        g_assert_true (seki_csv_feed (csv, seki_span (bytes, len)));
                }
                g_assert_true (seki_csv_finish (csv));
        }
}

int
main (int argc, char **argv)
{
        g_test_init (&argc, &argv, NULL);
        g_test_add_func ("/csv/rows and cells are told apart", test_rows_and_cells);
        g_test_add_func ("/csv/quotes hold commas, quotes and line ends", test_quotes);
        g_test_add_func ("/csv/faults name their cell and end with the line", test_faults);
        g_test_add_func ("/csv/cells and rows have limits", test_limits);
        g_test_add_func ("/csv/a row can end the parse", test_a_row_can_end_the_parse);
        g_test_add_func ("/csv/CP932 is read byte by byte", test_cp932);
        g_test_add_func ("/csv/what is written is read", test_what_is_written_is_read);
        g_test_add_func ("/csv/cells are quoted when needed", test_cells_are_quoted_when_needed);
        g_test_add_func ("/csv/random bytes are read safely", test_random_bytes);
        return g_test_run ();
}
