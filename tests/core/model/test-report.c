/* SPDX-License-Identifier: Apache-2.0 */
#include "model/report.h"

static const char map_text[] =
        "# a made-up layout\n"
        "charset = shift_jis  # what the office reads\n"
        "\n"
        "column 種類 = \"0359\"\r\n"
        "column 氏名=field:name\n"
        "column 住所 = field:address # as the register has it\n"
        "column 番号 = field:number\n"
        "column 金額 = input:amount\n"
        "column 税額 = input:tax\n"
        "column 再掲 = input:amount\n"
        "column 摘要 = \"say \"\"a, b\"\" # here\"\n"
        "column 予備 = space\n"
        "column 備考 = input:remark\n";

static SekiReport *
report_new (const char *map)
{
        g_autoptr (GError) error = NULL;
        SekiReport *report = seki_report_new (seki_span_text (map), &error);
        g_assert_no_error (error);
        return report;
}

static void
record_fill (SekiRecord *record)
{
        *record = (SekiRecord){ 0 };
        record->field[SEKI_FIELD_NAME] = seki_span_text ("山田　ソノ子");
        record->field[SEKI_FIELD_ADDRESS] = seki_span_text ("東京都表町０－１");
        record->field[SEKI_FIELD_NUMBER] = seki_span_text ("012345678901");
}

/* The row in UTF-8, as it would be read back. */
static char *
row_text (const SekiReport *report, SekiReportKind kind, const SekiRecord *record,
          const SekiSpan *inputs,
          SekiCharset charset)
{
        g_auto (SekiBuffer) out = { 0 };
        g_autoptr (SekiArena) arena = seki_arena_new (0);
        g_autoptr (GError) error = NULL;
        SekiSpan text;
        gsize n_lost, offset;
        seki_report_write_row (report, kind, 1, record, inputs, NULL, NULL, &out, &n_lost, &error);
        g_assert_no_error (error);
        g_assert_cmpuint (n_lost, ==, 0);
        g_assert_true (seki_charset_decode (charset, seki_buffer_get_span (&out), arena, &text,
                                            &offset));
        return g_strndup ((const char *) text.data, text.len);
}

static const SekiSpan *
three_inputs (SekiSpan inputs[3])
{
        inputs[0] = seki_span_text ("0001500");
        inputs[1] = SEKI_SPAN_NONE;
        inputs[2] = SEKI_SPAN_NONE;
        return inputs;
}

static void
test_a_map_is_read (void)
{
        g_autoptr (SekiReport) report = report_new (map_text);
        g_assert_cmpuint (seki_report_get_n_columns (report), ==, 10);
        g_assert_cmpstr (seki_report_get_column (report, 1), ==, "氏名");
        g_assert_cmpuint (seki_report_get_n_inputs (report), ==, 3);
        g_assert_cmpstr (seki_report_get_input (report, 0), ==, "amount");
        g_assert_cmpstr (seki_report_get_input (report, 2), ==, "remark");
        g_assert_cmphex (seki_report_get_fields (report), ==,
                         1u << SEKI_FIELD_NAME | 1u << SEKI_FIELD_ADDRESS |
                         1u << SEKI_FIELD_NUMBER);
}

static void
test_wrong_maps_name_their_line (void)
{
        static const struct {
                const char *map, *line;
        } rows[] = {
                { "", "Line 1 " }, { "# nothing\n", "Line 1 " },
                        { "charset = shift_jis\n", "Line 1 " },
                { "column a = space\ncolumn a = space\n", "Line 2 " },
                        { "\n\ncolumn a\n", "Line 3 " },
                { "column a = field:nome\n", "Line 1 " }, { "column a = field:\n", "Line 1 " },
                { "column a = input:\n", "Line 1 " }, { "column a = amount\n", "Line 1 " },
                        { "column a =\n", "Line 1 " },
                { "column = space\n", "Line 1 " }, { "columns a = space\n", "Line 1 " },
                        { "colour = red\n", "Line 1 " },
                { "column a = \"open\n", "Line 1 " }, { "column a = \"x\" y\n", "Line 1 " },
                { "column a = \"x\"#y\n", "Line 1 " }, { "column a = space y\n", "Line 1 " },
                { "charset = sjis\ncolumn a = space\n", "Line 1 " },
                        { "header = maybe\ncolumn a = space\n", "Line 1 " },
                { "column \xff = space\n", "Line 1 " },
        };
        for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
                g_autoptr (GError) error = NULL;
                if (seki_report_new (seki_span_text (rows[i].map), &error) != NULL)
                        g_error ("accepted: %s", rows[i].map);
                g_assert_error (error, SEKI_ERROR, SEKI_ERROR_CONFIG);
                g_assert_true (g_str_has_prefix (error->message, rows[i].line));
        }
        g_assert_null (seki_report_new (SEKI_SPAN_NONE, NULL));
}

static void
test_a_map_has_at_most_256_columns (void)
{
        g_autoptr (GString) map = g_string_new (NULL);
        for (guint i = 0; i < 256; i++)
                g_string_append_printf (map, "column c%u = space\n", i);
        g_autoptr (SekiReport) report = report_new (map->str);
        g_assert_cmpuint (seki_report_get_n_columns (report), ==, 256);
        g_string_append (map, "column more = space\n");
        g_assert_null (seki_report_new (seki_span_text (map->str), NULL));
}

static void
test_a_row_is_written (void)
{
        g_autoptr (SekiReport) report = report_new (map_text);
        SekiRecord record;
        SekiSpan inputs[3];
        record_fill (&record);
        g_autofree char *text = row_text (report, SEKI_REPORT_FOR_OFFICE, &record,
                                          three_inputs (inputs), SEKI_CHARSET_JISX0208);
        /* The dash of the address is written as 817C and read as Windows reads it. */
        g_assert_cmpstr (text, ==, "0359,山田　ソノ子,東京都表町０－１,012345678901,0001500,,0001500,"
                                   "\"say \"\"a, b\"\" # here\", , \r\n");
}

static void
test_the_last_column_is_never_empty (void)
{
        g_autoptr (SekiReport) report =
                report_new ("charset = utf-8\ncolumn a = field:name\ncolumn b = field:kana\n");
        SekiRecord record = { 0 };
        g_autofree char *none = row_text (report, SEKI_REPORT_FOR_OFFICE, &record, NULL,
                                          SEKI_CHARSET_UTF8);
        g_assert_cmpstr (none, ==, ", \r\n");
        record.field[SEKI_FIELD_KANA] = seki_span_text ("ヤマダ");
        g_autofree char *some = row_text (report, SEKI_REPORT_FOR_OFFICE, &record, NULL,
                                          SEKI_CHARSET_UTF8);
        g_assert_cmpstr (some, ==, ",ヤマダ\r\n");
        g_autoptr (SekiReport) number = report_new ("charset = utf-8\ncolumn n = field:number\n");
        record_fill (&record);
        g_autofree char *copy = row_text (number, SEKI_REPORT_FOR_RECIPIENT, &record, NULL,
                                          SEKI_CHARSET_UTF8);
        g_assert_cmpstr (copy, ==, " \r\n");
}

static void
test_a_recipients_copy_has_no_number (void)
{
        g_autoptr (SekiReport) report = report_new (map_text);
        SekiRecord record;
        SekiSpan inputs[3];
        record_fill (&record);
        g_autofree char *text = row_text (report, SEKI_REPORT_FOR_RECIPIENT, &record,
                                          three_inputs (inputs),
                                          SEKI_CHARSET_JISX0208);
        g_assert_null (strstr (text, "012345678901"));
        g_assert_nonnull (strstr (text, "東京都表町０－１,,0001500"));
}

static void
test_a_copy_that_would_show_the_number_is_an_error (void)
{
        g_autoptr (SekiReport) report = report_new (map_text);
        g_auto (SekiBuffer) out = { 0 };
        g_autoptr (GError) error = NULL;
        SekiRecord record;
        SekiSpan inputs[3];
        gsize n_lost;
        record_fill (&record);
        three_inputs (inputs);
        inputs[2] = seki_span_text ("see 012345678901.");
        seki_buffer_append (&out, seki_span_text ("before"));
        g_assert_false (seki_report_write_row (report, SEKI_REPORT_FOR_RECIPIENT, 9, &record,
                                               inputs, NULL, NULL, &out,
                                               &n_lost, &error));
        g_assert_error (error, SEKI_ERROR, SEKI_ERROR_INVALID);
        g_assert_nonnull (strstr (error->message, "備考"));
        g_assert_null (strstr (error->message, "012345678901"));
        g_assert_true (seki_span_is (seki_buffer_get_span (&out), "before"));
        g_assert_true (seki_report_write_row (report, SEKI_REPORT_FOR_OFFICE, 9, &record, inputs,
                                              NULL, NULL, &out, &n_lost,
                                              NULL));
}

static void
on_loss (const SekiReportLoss *loss, gpointer user)
{
        g_string_append_printf (user, "%" G_GUINT64_FORMAT ":%" G_GSIZE_FORMAT ":U+%04X ",
                                loss->row, loss->column,
                                loss->character);
}

static void
test_every_lost_character_is_told (void)
{
        g_autoptr (SekiReport) report = report_new (map_text);
        g_autoptr (GString) losses = g_string_new (NULL);
        g_auto (SekiBuffer) out = { 0 };
        SekiRecord record;
        SekiSpan inputs[3];
        gsize n_lost;
        record_fill (&record);
        three_inputs (inputs);
        record.field[SEKI_FIELD_NAME] = seki_span_text ("髙橋𠮷﨑");
        record.field[SEKI_FIELD_ADDRESS] = seki_span_text ("葛\xf3\xa0\x84\x80城\n市");
        inputs[2] = seki_span_text ("\xff!");
        g_assert_true (seki_report_write_row (report, SEKI_REPORT_FOR_OFFICE, 12, &record, inputs,
                                              on_loss, losses, &out,
                                              &n_lost, NULL));
        g_assert_cmpuint (n_lost, ==, 6);
        g_assert_cmpstr (losses->str, ==,
                         "12:1:U+9AD9 12:1:U+20BB7 12:1:U+FA11 "
                         "12:2:U+000A 12:2:U+E0100 12:9:U+FFFD ");
        g_assert_cmpuint (out.len, ==, 0);
}

static void
test_cp932_writes_more_than_the_office_reads (void)
{
        g_autoptr (SekiReport) report = report_new ("charset = cp932\ncolumn a = field:name\n");
        SekiRecord record = { 0 };
        record.field[SEKI_FIELD_NAME] = seki_span_text ("髙﨑");
        g_autofree char *text = row_text (report, SEKI_REPORT_FOR_OFFICE, &record, NULL,
                                          SEKI_CHARSET_CP932);
        g_assert_cmpstr (text, ==, "髙﨑\r\n");
}

static void
test_headers (void)
{
        g_auto (SekiBuffer) out = { 0 };
        g_autoptr (SekiReport) none = report_new (map_text);
        g_autoptr (SekiReport) some =
                report_new ("\xef\xbb\xbf" "header = yes\ncharset = utf-8\ncolumn a, b = space\n"
                                                  "column c = space\n");
        g_assert_true (seki_report_write_header (none, NULL, NULL, &out, NULL));
        g_assert_cmpuint (out.len, ==, 0);
        g_assert_true (seki_report_write_header (some, NULL, NULL, &out, NULL));
        g_assert_true (seki_span_is (seki_buffer_get_span (&out), "\"a, b\",c\r\n"));
}

static void
test_no_memory_leaves_the_output_alone (void)
{
        g_autoptr (SekiReport) report = report_new (map_text);
        g_autoptr (SekiArena) arena = seki_arena_new (300);
        g_autoptr (GError) error = NULL;
        SekiBuffer out;
        SekiRecord record;
        SekiSpan inputs[3];
        gsize n_lost, before = 0;
        gboolean sound = TRUE;
        record_fill (&record);
        three_inputs (inputs);
        seki_buffer_init (&out, arena);
        while (sound) {
                before = out.len;
                sound = seki_report_write_row (report, SEKI_REPORT_FOR_OFFICE, 1, &record, inputs,
                                               NULL, NULL, &out, &n_lost,
                                               &error);
        }
        g_assert_error (error, SEKI_ERROR, SEKI_ERROR_LIMIT);
        g_assert_cmpuint (before, >, 0);
        g_assert_cmpuint (out.len, ==, before);
}

int
main (int argc, char **argv)
{
        g_test_init (&argc, &argv, NULL);
        g_test_add_func ("/report/a map is read", test_a_map_is_read);
        g_test_add_func ("/report/wrong maps name their line", test_wrong_maps_name_their_line);
        g_test_add_func ("/report/a map has at most 256 columns",
                         test_a_map_has_at_most_256_columns);
        g_test_add_func ("/report/a row is written", test_a_row_is_written);
        g_test_add_func ("/report/the last column is never empty",
                         test_the_last_column_is_never_empty);
        g_test_add_func ("/report/a recipient's copy has no number",
                         test_a_recipients_copy_has_no_number);
        g_test_add_func ("/report/a copy that would show the number is an error",
                         test_a_copy_that_would_show_the_number_is_an_error);
        g_test_add_func ("/report/every lost character is told", test_every_lost_character_is_told);
        g_test_add_func ("/report/CP932 writes more than the office reads",
                         test_cp932_writes_more_than_the_office_reads);
        g_test_add_func ("/report/headers are written if asked for", test_headers);
        g_test_add_func ("/report/no memory leaves the output alone",
                         test_no_memory_leaves_the_output_alone);
        return g_test_run ();
}
