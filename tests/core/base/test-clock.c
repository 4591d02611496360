/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"

#define SECOND G_USEC_PER_SEC

static gint64
parse (const char *text)
{
        gint64 time;
        if (!seki_time_parse (seki_span_text (text), &time))
                g_error ("not a time: %s", text);
        return time;
}

static void
test_the_system_clock_runs (void)
{
        const SekiClock *clock = seki_clock_system ();
        gint64 before = g_get_real_time (), now = seki_clock_now (clock),
                after = g_get_real_time ();
        g_assert_cmpint (before, <=, now);
        g_assert_cmpint (now, <=, after);
        gint64 first = seki_clock_monotonic (clock);
        g_assert_cmpint (first, <=, seki_clock_monotonic (clock));
}

static void
test_times_format_and_parse (void)
{
        static const struct {
                gint64 seconds;
                const char *text;
        } rows[] = {
                { 0, "1970-01-01T09:00:00+09:00" },
                { -1, "1970-01-01T08:59:59+09:00" },
                { 951782400, "2000-02-29T09:00:00+09:00" },
                { 951868799, "2000-03-01T08:59:59+09:00" },
                { 4107542399, "2100-03-01T08:59:59+09:00" },
                { 1795478400, "2026-11-24T09:00:00+09:00" },
                { -2208988800, "1900-01-01T09:00:00+09:00" },
        };
        char out[26];
        for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
                seki_time_format (rows[i].seconds * SECOND, out);
                g_assert_cmpstr (out, ==, rows[i].text);
                seki_time_format (rows[i].seconds * SECOND + 999999, out);
                g_assert_cmpstr (out, ==, rows[i].text);
                g_assert_cmpint (parse (rows[i].text), ==, rows[i].seconds * SECOND);
        }
}

static void
test_times_agree_with_glib (void)
{
        g_autoptr (GRand) rand = g_rand_new_with_seed (449);
        g_autoptr (GTimeZone) japan = g_time_zone_new_offset (9 * 3600);
        char out[26];
        for (guint i = 0; i < 20000; i++) {
                gint64 seconds = (gint64) (g_rand_double_range (rand, -62e9, 253e9));
                g_autoptr (GDateTime) utc = g_date_time_new_from_unix_utc (seconds);
                g_autoptr (GDateTime) there = g_date_time_to_timezone (utc, japan);
                g_autofree char *expected = g_date_time_format (there, "%Y-%m-%dT%H:%M:%S+09:00");
                seki_time_format (seconds * SECOND, out);
                /* GLib does not fill years below 1000 to four digits. */
                g_assert_true (g_str_has_suffix (out, expected));
                g_assert_cmpint (seki_time_year_japan (seconds * SECOND), ==,
                                 g_date_time_get_year (there));
                g_assert_cmpint (parse (out), ==, seconds * SECOND);
        }
}

static void
test_the_year_turns_at_midnight_in_japan (void)
{
        gint64 turn = parse ("2027-01-01T00:00:00+09:00");
        g_assert_cmpint (seki_time_year_japan (turn), ==, 2027);
        g_assert_cmpint (seki_time_year_japan (turn - 1), ==, 2026);
        g_assert_cmpint (turn, ==, parse ("2026-12-31T15:00:00Z"));
}

static void
test_any_offset_is_read (void)
{
        gint64 time = parse ("2026-11-24T09:00:00+09:00");
        g_assert_cmpint (time, ==, parse ("2026-11-24T00:00:00Z"));
        g_assert_cmpint (time, ==, parse ("2026-11-24T00:00:00+00:00"));
        g_assert_cmpint (time, ==, parse ("2026-11-23T19:30:00-04:30"));
}

static void
test_times_out_of_range_are_clamped (void)
{
        char out[26];
        seki_time_format (G_MAXINT64, out);
        g_assert_cmpstr (out, ==, "9999-12-31T23:59:59+09:00");
        seki_time_format (G_MININT64, out);
        g_assert_cmpstr (out, ==, "0001-01-01T00:00:00+09:00");
        g_assert_cmpint (seki_time_year_japan (G_MAXINT64), ==, 9999);
        g_assert_cmpint (seki_time_year_japan (G_MININT64), ==, 1);
}

static void
test_other_texts_are_no_times (void)
{
        static const char *const bad[] = {
                "", "2026-11-24", "2026-11-24T09:00:00", "2026-11-24 09:00:00+09:00",
                        "2026-11-24T09:00:00+0900",
                "2026-11-24T24:00:00+09:00", "2026-11-24T09:60:00+09:00",
                        "2026-11-24T09:00:60+09:00",
                "2026-02-30T09:00:00+09:00", "2026-11-24T09:00:00+24:00",
                        "2026-11-24T09:00:00+09:60",
                "2026-11-24T09:00:00.5+09:00", "2026-11-24T09:00:00+09:00 ", "2026-11-24t09:00:00z",
                "0000-11-24T09:00:00Z", "+026-11-24T09:00:00Z", "2026-11-24T09:00:00ZZ",
                        "2026-11-24T09:00:00",
        };
        gint64 time;
        for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
                g_assert_false (seki_time_parse (seki_span_text (bad[i]), &time));
        g_assert_false (seki_time_parse (SEKI_SPAN_NONE, &time));
}

static void
test_dates_exist_or_not (void)
{
        static const char *const good[] = { "2000-02-29", "2024-02-29", "1926-12-25", "0001-01-01",
                                            "9999-12-31" };
        static const char *const bad[] = {
                "1900-02-29", "2023-02-29", "2100-02-29", "2026-00-10", "2026-13-10", "2026-04-31",
                        "2026-06-31",
                "2026-01-00", "2026-01-32", "0000-01-01", "2026/01/01", "2026-1-01", "20260101",
                        "2026-01-011", "",
        };
        for (guint i = 0; i < G_N_ELEMENTS (good); i++)
                g_assert_true (seki_date_is_valid (seki_span_text (good[i])));
        for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
                g_assert_false (seki_date_is_valid (seki_span_text (bad[i])));
        g_assert_false (seki_date_is_valid (SEKI_SPAN_NONE));
}

int
main (int argc, char **argv)
{
        g_test_init (&argc, &argv, NULL);
        g_test_add_func ("/clock/the system's clock runs", test_the_system_clock_runs);
        g_test_add_func ("/clock/times are written and read", test_times_format_and_parse);
        g_test_add_func ("/clock/times agree with GLib's calendar", test_times_agree_with_glib);
        g_test_add_func ("/clock/the year turns at midnight in Japan",
                         test_the_year_turns_at_midnight_in_japan);
        g_test_add_func ("/clock/any offset is read", test_any_offset_is_read);
        g_test_add_func ("/clock/times out of range are clamped",
                         test_times_out_of_range_are_clamped);
        g_test_add_func ("/clock/other texts are no times", test_other_texts_are_no_times);
        g_test_add_func ("/clock/dates exist or not", test_dates_exist_or_not);
        return g_test_run ();
}
