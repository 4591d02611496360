/* SPDX-License-Identifier: Apache-2.0 */
#include "base/utf8.h"

static SekiUtf8
scan (const char *text)
{
        return seki_utf8_scan (seki_span_text (text));
}

static void
test_every_code_point (void)
{
        char out[6];
        for (gunichar c = 1; c <= 0x10ffff; c++) {
                if (c >= 0xd800 && c <= 0xdfff)
                        continue;
                gsize len = (gsize) g_unichar_to_utf8 (c, out);
                gboolean control = c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x2028 ||
                        c == 0x2029 ||
                                   (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
                SekiUtf8 found = seki_utf8_scan (seki_span (out, len));
                if (found != (control ? SEKI_UTF8_CONTROL : SEKI_UTF8_CLEAN))
                        g_error ("U+%04X is %d", c, found);
                for (gsize cut = 1; cut < len; cut++)
                        g_assert_cmpint (seki_utf8_scan (seki_span (out, cut)), ==,
                                         SEKI_UTF8_BROKEN);
        }
}

static void
test_bad_forms (void)
{
        static const char *const bad[] = {
                "\x80", "\xbf", "\xc0\xaf", "\xc1\xbf", "\xe0\x80\xaf", "\xe0\x9f\xbf",
                        "\xf0\x80\x80\xaf",
                "\xf0\x8f\xbf\xbf", "\xed\xa0\x80", "\xed\xbf\xbf", "\xf4\x90\x80\x80",
                        "\xf5\x80\x80\x80", "\xfe", "\xff",
                "a\xe3\x81", "\xe3\x81z", "\xe3z\x81", "\x93\xfa\x96\x7b",
        };
        for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
                g_assert_cmpint (scan (bad[i]), ==, SEKI_UTF8_BROKEN);
        g_assert_cmpint (seki_utf8_scan (seki_span ("a\0b", 3)), ==, SEKI_UTF8_BROKEN);
        g_assert_cmpint (scan ("\n\xff"), ==, SEKI_UTF8_BROKEN);
}

/* Plain text is read eight bytes at a time: each byte at each place of it. */
static void
test_every_byte_at_every_place (void)
{
        for (guint at = 0; at < 20; at++)
                for (guint byte = 0; byte < 256; byte++) {
                        char text[20];
                        memset (text, byte % 2 != 0 ? ' ' : '~', sizeof text);
                        text[at] = (char) byte;
                        SekiUtf8 expected = byte == 0 || byte >= 0x80 ? SEKI_UTF8_BROKEN
                                : byte < 0x20 || byte == 0x7f ? SEKI_UTF8_CONTROL : SEKI_UTF8_CLEAN;
                        SekiSpan whole = seki_span (text, sizeof text);
                        g_assert_cmpint (seki_utf8_scan (whole), ==, expected);
                }
}

static void
test_names_are_clean (void)
{
        g_assert_cmpint (scan ("髙﨑 栁濵瀨𠮷 塚\xef\xb8\x80 葛\xf3\xa0\x84\x80"), ==, SEKI_UTF8_CLEAN);
        g_assert_cmpint (scan (""), ==, SEKI_UTF8_CLEAN);
        g_assert_cmpint (seki_utf8_scan (SEKI_SPAN_NONE), ==, SEKI_UTF8_CLEAN);
        g_assert_cmpint (scan ("山田\xe2\x80\xae"), ==, SEKI_UTF8_CONTROL);
}

static void
test_agrees_with_glib (void)
{
        static const char base[] = "a髙\xc2\xa9𠮷ア";
        g_autoptr (GRand) rand = g_rand_new_with_seed (449);
        for (guint i = 0; i < 200000; i++) {
                char text[sizeof base];
                memcpy (text, base, sizeof base);
                for (gint n = g_rand_int_range (rand, 1, 4); n > 0; n--)
                        text[g_rand_int_range (rand, 0,
                                               sizeof base - 1)] = (char) g_rand_int (rand);
                gsize len = (gsize) g_rand_int_range (rand, 0, sizeof base);
                gboolean sound = g_utf8_validate_len (text, len, NULL);
                g_assert_cmpint (seki_utf8_scan (seki_span (text, len)) != SEKI_UTF8_BROKEN, ==,
                                 sound);
        }
}

int
main (int argc, char **argv)
{
        g_test_init (&argc, &argv, NULL);
        g_test_add_func ("/utf8/every code point is judged", test_every_code_point);
        g_test_add_func ("/utf8/bad forms are broken", test_bad_forms);
        g_test_add_func ("/utf8/every byte at every place is seen", test_every_byte_at_every_place);
        g_test_add_func ("/utf8/names are clean", test_names_are_clean);
        g_test_add_func ("/utf8/mutated text is judged as by GLib", test_agrees_with_glib);
        return g_test_run ();
}
