/* SPDX-License-Identifier: Apache-2.0 */
#include "model/fold.h"

#include "model/variant.h"

static void
assert_folds (const char *text, const char *expected)
{
        g_autoptr (SekiArena) arena = seki_arena_new (0);
        SekiSpan folded = seki_fold (seki_span_text (text), arena);
        g_autofree char *found = g_strndup ((const char *) folded.data, folded.len);
        g_assert_cmpstr (found, ==, expected);
        g_assert_true (seki_span_equal (seki_fold (folded, arena), folded));
}

static void
assert_alike (const char *a, const char *b)
{
        g_autoptr (SekiArena) arena = seki_arena_new (0);
        SekiSpan one = seki_fold (seki_span_text (a), arena),
                other = seki_fold (seki_span_text (b), arena);
        if (!seki_span_equal (one, other))
                g_error ("%s and %s differ: %.*s, %.*s", a, b, (int) one.len, one.data,
                         (int) other.len, other.data);
}

static void
test_width (void)
{
        assert_folds ("ＡＢｃ１２３（株）", "abc123(株)");
        assert_folds ("￥￡", "¥£");
        assert_folds ("Émile", "émile");
}

static void
test_kana (void)
{
        assert_folds ("たかさき", "タカサキ");
        assert_folds ("ﾀｶｻｷ", "タカサキ");
        assert_folds ("ｶﾞｷﾞｸﾞ ﾊﾟﾋﾟ ｳﾞ", "ガギグパピヴ");
        assert_alike ("か\xe3\x82\x99", "が");
        assert_alike ("カ\xe3\x82\x9b", "ガ");
        assert_alike ("ﾊﾞﾋﾞﾌﾞﾍﾞﾎﾞﾊﾟﾋﾟﾌﾟﾍﾟﾎﾟ", "ばびぶべぼぱぴぷぺぽ");
        assert_alike ("ﾀﾞﾁﾞﾂﾞﾃﾞﾄﾞ", "ダヂヅデド");
        assert_alike ("ﾜﾞ", "ヷ");
        assert_alike ("ショウジ", "シヨウジ");
        assert_alike ("きゃっと", "キヤツト");
        assert_alike ("ヶ", "ケ");
        assert_alike ("ゝゞ", "ヽヾ");
        assert_alike ("タロー", "ﾀﾛｰ");
        assert_alike ("タロー", "タロ－");
        assert_folds ("ア\xe3\x82\x99", "ア\xe3\x82\x99");
}

static void
test_spaces_and_invisible_characters (void)
{
        assert_alike ("髙﨑　花子", "高崎花子");
        assert_alike (" 山田\xc2\xa0太郎\xe3\x80\x80", "山田太郎");
        assert_alike ("葛\xf3\xa0\x84\x80城", "葛城");
        assert_alike ("塚\xef\xb8\x80本", "塚本");
        assert_alike ("山\xe2\x80\x8b田\xef\xbb\xbf", "山田");
        assert_folds ("　", "");
        assert_folds ("", "");
}

static void
test_strokes (void)
{
        assert_alike ("3-1-1", "３－１－１");
        assert_alike ("3−1‐1", "3—1–1");
        assert_alike ("〜", "～");
}

static void
test_kanji (void)
{
        static const char *const pairs[][2] = {
                { "髙﨑", "高崎" }, { "栁", "柳" }, { "濵", "浜" }, { "濱", "浜" }, { "瀨", "瀬" },
                        { "齋藤", "斉藤" },
                { "齊藤", "斉藤" }, { "斎藤", "斉藤" }, { "渡邊", "渡辺" }, { "渡邉", "渡辺" }, { "澤", "沢" },
                { "𠮷野", "吉野" }, { "\xef\xa8\x90", "塚" }, { "國", "国" }, { "廣", "広" }, { "嶋", "島" },
                        { "嶌", "島" },
                { "德", "徳" }, { "龍", "竜" }, { "桒", "桑" }, { "冨", "富" }, { "舘", "館" },
                        { "\xef\xa8\x99", "神" },
                { "\xef\xa7\x9c", "隆" }, { "𣘺本", "橋本" }, { "\xef\xa8\x91", "崎" },
        };
        for (guint i = 0; i < G_N_ELEMENTS (pairs); i++) {
                assert_alike (pairs[i][0], pairs[i][1]);
                assert_folds (pairs[i][1], pairs[i][1]);
        }
}

static void
test_different_names_stay_different (void)
{
        static const char *const names[] = {
                "山田", "山本", "高崎", "高橋", "ガ", "カ", "ハ", "バ", "パ", "ヅ", "ズ", "一", "-", "二", "ニ", "a",
                        "b",
        };
        g_autoptr (SekiArena) arena = seki_arena_new (0);
        for (guint i = 0; i < G_N_ELEMENTS (names); i++)
                for (guint j = 0; j < i; j++)
                        g_assert_false (seki_span_equal (seki_fold (seki_span_text (names[i]),
                                                                    arena),
                                                         seki_fold (seki_span_text (names[j]),
                                                                    arena)));
}

static void
test_folding_twice_changes_nothing (void)
{
        g_autoptr (SekiArena) arena = seki_arena_new (0);
        for (gunichar c = 1; c < 0x30000; c++) {
                char text[16];
                if (c >= 0xd800 && c <= 0xdfff)
                        continue;
                gsize len = (gsize) g_unichar_to_utf8 (c, text);
                memcpy (text + len, "\xe3\x82\x99", 3);
                seki_arena_reset (arena);
                for (gsize more = 0; more <= 3; more += 3) {
                        SekiSpan once = seki_fold (seki_span (text, len + more), arena);
                        g_assert_nonnull (once.data);
                        g_assert_true (seki_span_equal (once, seki_fold (once, arena)));
                }
                g_assert_cmphex (seki_variant_fold (seki_variant_fold (c)), ==,
                                 seki_variant_fold (c));
        }
}

static void
test_what_can_not_be_folded (void)
{
        g_autoptr (SekiArena) arena = seki_arena_new (16);
        g_assert_null (seki_fold (SEKI_SPAN_NONE, arena).data);
        g_assert_null (seki_fold (seki_span_text ("\x93\xfa"), arena).data);
        g_assert_null (seki_fold (seki_span_text ("とても長い名前"), arena).data);
        g_assert_nonnull (seki_fold (seki_span_text ("山"), arena).data);
}

int
main (int argc, char **argv)
{
        g_test_init (&argc, &argv, NULL);
        g_test_add_func ("/fold/width does not matter", test_width);
        g_test_add_func ("/fold/the kind of kana does not matter", test_kana);
        g_test_add_func ("/fold/spaces and what is invisible do not matter",
                         test_spaces_and_invisible_characters);
        g_test_add_func ("/fold/hyphens are alike", test_strokes);
        g_test_add_func ("/fold/kanji take their common form", test_kanji);
        g_test_add_func ("/fold/different names stay different",
                         test_different_names_stay_different);
        g_test_add_func ("/fold/folding twice changes nothing", test_folding_twice_changes_nothing);
        g_test_add_func ("/fold/what can not be folded is told", test_what_can_not_be_folded);
        return g_test_run ();
}
