/* SPDX-License-Identifier: Apache-2.0 */
#include "model/charset.h"

static gboolean
decode (SekiCharset charset, const char *bytes, gsize len, const char *expected)
{
        g_autoptr (SekiArena) arena = seki_arena_new (0);
        SekiSpan text;
        gsize offset;
        if (!seki_charset_decode (charset, seki_span (bytes, len), arena, &text, &offset))
                return FALSE;
        return expected == NULL || seki_span_is (text, expected);
}

static gboolean
encode (SekiCharset charset, const char *text, const char *expected)
{
        g_autoptr (SekiArena) arena = seki_arena_new (0);
        SekiSpan bytes;
        gunichar character;
        gsize offset;
        if (!seki_charset_encode (charset, seki_span_text (text), arena, &bytes, &character,
                                  &offset))
                return FALSE;
        return expected == NULL || seki_span_is (bytes, expected);
}

/* The kinds of domain.md 1.3. */
static void
test_name_characters (void)
{
        static const struct {
                const char *text, *cp932;
                gboolean in_jis;
        } rows[] = {
                { "崎", "\x8d\xe8", TRUE }, { "高", "\x8d\x82", TRUE }, { "塚", "\x92\xcb", TRUE },
                { "﨑", "\xfa\xb1", FALSE }, { "栁", "\xfa\xe5", FALSE }, { "濵", "\xfb\x4d", FALSE },
                { "瀨", "\xfb\x50", FALSE }, { "髙", "\xfb\xfc", FALSE },
                        { "\xef\xa8\x90", "\xfa\x9c", FALSE },
                { "①", "\x87\x40", FALSE }, { "ｶﾞ", "\xb6\xde", TRUE }, { "ソ", "\x83\x5c", TRUE },
        };
        for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
                g_assert_true (encode (SEKI_CHARSET_CP932, rows[i].text, rows[i].cp932));
                g_assert_true (decode (SEKI_CHARSET_CP932, rows[i].cp932, strlen (rows[i].cp932),
                                       rows[i].text));
                g_assert_cmpint (encode (SEKI_CHARSET_JISX0208, rows[i].text, rows[i].cp932), ==,
                                 rows[i].in_jis);
                g_assert_cmpint (decode (SEKI_CHARSET_JISX0208, rows[i].cp932,
                                         strlen (rows[i].cp932), rows[i].text),
                                 ==, rows[i].in_jis);
                g_assert_true (encode (SEKI_CHARSET_UTF8, rows[i].text, rows[i].text));
        }
        g_assert_false (encode (SEKI_CHARSET_CP932, "𠮷", NULL));
        g_assert_true (encode (SEKI_CHARSET_UTF8, "𠮷", "𠮷"));
}

static void
test_the_lost_character_is_told (void)
{
        g_autoptr (SekiArena) arena = seki_arena_new (0);
        static const struct {
                SekiCharset charset;
                const char *text;
                gunichar character;
                gsize offset;
        } rows[] = {
                { SEKI_CHARSET_CP932, "ab𠮷野家", 0x20bb7, 2 },
                        { SEKI_CHARSET_CP932, "吉野\xf0\xa0\xae\xb7", 0x20bb7, 6 },
                { SEKI_CHARSET_CP932, "葛\xf3\xa0\x84\x80", 0xe0100, 3 },
                        { SEKI_CHARSET_CP932, "a\xc2\xa5", 0xa5, 1 },
                { SEKI_CHARSET_CP932, "a\xe2\x80\xbe", 0x203e, 1 },
                        { SEKI_CHARSET_CP932, "\xee\x80\x80", 0xe000, 0 },
                { SEKI_CHARSET_CP932, "山\xff", 0xfffd, 3 },
                        { SEKI_CHARSET_CP932, "か\xe3\x82\x99", 0x3099, 3 },
                { SEKI_CHARSET_JISX0208, "ｱ高a髙﨑", 0x9ad9, 7 },
                        { SEKI_CHARSET_JISX0208, "山①", 0x2460, 3 },
                { SEKI_CHARSET_JISX0208, "𠮷髙", 0x20bb7, 0 },
                        { SEKI_CHARSET_JISX0208, "髙𠮷", 0x9ad9, 0 },
                { SEKI_CHARSET_UTF8, "山\xe3\x81", 0xfffd, 3 },
        };
        for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
                SekiSpan bytes;
                gunichar character;
                gsize offset;
                g_assert_false (seki_charset_encode (rows[i].charset, seki_span_text (rows[i].text),
                                                     arena,
                                                     &bytes, &character, &offset));
                g_assert_cmphex (character, ==, rows[i].character);
                g_assert_cmpuint (offset, ==, rows[i].offset);
                g_assert_null (bytes.data);
        }
}

/* What differs between systems, and what is done about it. */
static void
test_the_seven_signs (void)
{
        static const struct {
                const char *bytes, *windows, *other;
        } rows[] = {
                { "\x81\x60", "\xef\xbd\x9e", "\xe3\x80\x9c" },
                        { "\x81\x61", "\xe2\x88\xa5", "\xe2\x80\x96" },
                { "\x81\x7c", "\xef\xbc\x8d", "\xe2\x88\x92" },
                        { "\x81\x91", "\xef\xbf\xa0", "\xc2\xa2" },
                { "\x81\x92", "\xef\xbf\xa1", "\xc2\xa3" },
                        { "\x81\xca", "\xef\xbf\xa2", "\xc2\xac" },
                { "\x81\x5c", "\xe2\x80\x95", "\xe2\x80\x94" },
        };
        for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
                g_assert_true (decode (SEKI_CHARSET_CP932, rows[i].bytes, 2, rows[i].windows));
                g_assert_true (encode (SEKI_CHARSET_CP932, rows[i].windows, rows[i].bytes));
                g_assert_true (encode (SEKI_CHARSET_CP932, rows[i].other, rows[i].bytes));
        }
}

static void
test_bytes_refused (void)
{
        static const struct {
                const char *bytes;
                gsize len, offset;
        } rows[] = {
                { "\x80", 1, 0 }, { "a\xa0", 2, 1 }, { "\xfd", 1, 0 }, { "\xff", 1, 0 },
                        { "a\x81", 2, 1 }, { "\x81\x20", 2, 0 },
                { "\x81\x7f", 2, 0 }, { "\x81\xfd", 2, 0 }, { "\x8d\x82\xf0\x40", 4, 2 },
                        { "\xf9\xfc", 2, 0 },
                { "\x8d\x82\x81\xad", 4, 2 }, { "ab\0c", 4, 2 }, { "\xfc\x4c", 2, 0 },
                        { "\xeb\x40", 2, 0 },
        };
        g_autoptr (SekiArena) arena = seki_arena_new (0);
        for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
                SekiSpan text;
                gsize offset;
                g_assert_false (seki_charset_decode (SEKI_CHARSET_CP932,
                                                     seki_span (rows[i].bytes, rows[i].len), arena,
                                                     &text, &offset));
                g_assert_cmpuint (offset, ==, rows[i].offset);
                g_assert_null (text.data);
        }
        g_assert_false (decode (SEKI_CHARSET_UTF8, "\x8d\x82", 2, NULL));
        g_assert_false (decode (SEKI_CHARSET_CP932, NULL, 0, NULL));
        g_assert_true (decode (SEKI_CHARSET_CP932, "", 0, ""));
}

static gsize
count_pairs (SekiCharset charset, SekiArena *arena)
{
        gsize n = 0, offset;
        for (guint lead = 0x80; lead <= 0xff; lead++)
                for (guint trail = 0x40; trail <= 0xff; trail++) {
                        const guint8 pair[] = { (guint8) lead, (guint8) trail };
                        SekiSpan text, again, bytes;
                        gunichar character;
                        seki_arena_reset (arena);
                        if ((lead >= 0xa1 && lead <= 0xdf) ||
                            !seki_charset_decode (charset, seki_span (pair, 2), arena, &text,
                                                  &offset))
                                continue;
                        n++;
                        g_assert_true (seki_charset_encode (charset, text, arena, &bytes,
                                                            &character, &offset));
                        g_assert_true (seki_charset_decode (charset, bytes, arena, &again,
                                                            &offset));
                        g_assert_true (seki_span_equal (text, again));
                }
        return n;
}

static void
test_all_that_is_read_can_be_written (void)
{
        g_autoptr (SekiArena) arena = seki_arena_new (0);
        /* JIS X 0208 has 6,879; CP932 adds 83 of NEC's row 13, 374 and 388 of IBM's twice. */
        g_assert_cmpuint (count_pairs (SEKI_CHARSET_JISX0208, arena), ==, 6879);
        g_assert_cmpuint (count_pairs (SEKI_CHARSET_CP932, arena), ==, 6879 + 83 + 374 + 388);
}

static void
test_all_that_is_written_can_be_read (void)
{
        g_autoptr (SekiArena) arena = seki_arena_new (0);
        guint differing = 0, n = 0;
        for (gunichar c = 1; c < 0x30000; c++) {
                char utf8[6];
                SekiSpan bytes, text;
                gunichar character;
                gsize offset;
                if (c >= 0xd800 && c <= 0xdfff)
                        continue;
                SekiSpan one = seki_span (utf8, (gsize) g_unichar_to_utf8 (c, utf8));
                seki_arena_reset (arena);
                if (!seki_charset_encode (SEKI_CHARSET_CP932, one, arena, &bytes, &character,
                                          &offset)) {
                        g_assert_cmphex (character, ==, c);
                        continue;
                }
                n++;
                g_assert_true (seki_charset_decode (SEKI_CHARSET_CP932, bytes, arena, &text,
                                                    &offset));
                differing += !seki_span_equal (one, text);
        }
        g_assert_cmpuint (differing, ==, 7);
        g_assert_cmpuint (n, >, 7000);
}

static void
test_guessing (void)
{
        static const struct {
                const char *sample;
                SekiCharset charset;
        } rows[] = {
                { "", SEKI_CHARSET_UTF8 }, { "code,name\r\n1,x\r\n", SEKI_CHARSET_UTF8 },
                { "\xef\xbb\xbf" "a", SEKI_CHARSET_UTF8 }, { "髙﨑", SEKI_CHARSET_UTF8 },
                        { "髙﨑\xe3\x81", SEKI_CHARSET_UTF8 },
                { "\xfb\xfc\xfa\xb1", SEKI_CHARSET_CP932 },
                        { "\x93\xfa\x96\x7b", SEKI_CHARSET_CP932 },
                { "\x93\xfa\x96", SEKI_CHARSET_CP932 }, { "\xb6\xde\xb7", SEKI_CHARSET_CP932 },
                { "\xff\xfe" "a\x01", SEKI_CHARSET_UTF8 },
        };
        for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
                g_assert_cmpint (seki_charset_guess (seki_span_text (rows[i].sample)), ==,
                                 rows[i].charset);
}

static void
test_the_arena_bounds_both_ways (void)
{
        g_autoptr (SekiArena) arena = seki_arena_new (16);
        SekiSpan out;
        gunichar character;
        gsize offset;
        g_assert_false (seki_charset_decode (SEKI_CHARSET_CP932,
                                             seki_span ("\x93\xfa\x93\xfa\x93\xfa", 6), arena, &out,
                                             &offset));
        g_assert_cmpuint (offset, ==, 6);
        g_assert_false (seki_charset_encode (SEKI_CHARSET_CP932, seki_span_text ("日日日日日日"), arena,
                                             &out, &character,
                                             &offset));
        g_assert_cmphex (character, ==, 0);
}

static void
test_random_bytes (void)
{
        g_autoptr (GRand) rand = g_rand_new_with_seed (932);
        g_autoptr (SekiArena) arena = seki_arena_new (0);
        for (guint i = 0; i < 30000; i++) {
                guint8 bytes[8];
                SekiSpan text, again;
                gunichar character;
                gsize offset, len = (gsize) g_rand_int_range (rand, 0, 9);
                for (gsize n = 0; n < len; n++)
                        bytes[n] = (guint8) g_rand_int_range (rand, 0x60, 0x100);
                seki_arena_reset (arena);
                if (seki_charset_decode (SEKI_CHARSET_CP932, seki_span (bytes, len), arena, &text,
                                         &offset)) {
                        g_assert_true (g_utf8_validate_len ((const char *) text.data, text.len,
                                                            NULL));
                        g_assert_true (seki_charset_encode (SEKI_CHARSET_CP932, text, arena, &again,
                                                            &character, &offset));
                        g_assert_cmpuint (again.len, ==, len);
                } else {
                        g_assert_cmpuint (offset, <, len);
                        if (offset > 0)
                                g_assert_true (decode (SEKI_CHARSET_CP932, (const char *) bytes,
                                                       offset, NULL));
                }
        }
}

int
main (int argc, char **argv)
{
        g_test_init (&argc, &argv, NULL);
        g_test_add_func ("/charset/characters of names are in or out", test_name_characters);
        g_test_add_func ("/charset/the lost character is told", test_the_lost_character_is_told);
        g_test_add_func ("/charset/seven signs are read as Windows does", test_the_seven_signs);
        g_test_add_func ("/charset/bytes that are no character are refused", test_bytes_refused);
        g_test_add_func ("/charset/all that is read can be written",
                         test_all_that_is_read_can_be_written);
        g_test_add_func ("/charset/all that is written can be read",
                         test_all_that_is_written_can_be_read);
        g_test_add_func ("/charset/a sample is guessed", test_guessing);
        g_test_add_func ("/charset/the arena bounds both ways", test_the_arena_bounds_both_ways);
        g_test_add_func ("/charset/random bytes are read safely", test_random_bytes);
        return g_test_run ();
}
