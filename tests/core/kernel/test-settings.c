/* SPDX-License-Identifier: Apache-2.0 */
#include "shelf.h"

#include "kernel/nearest.h"
#include "kernel/settings.h"

static const SekiOption options[] = {
        { "label", SEKI_OPTION_TEXT, 0, 0, "plain", "A text", "文字列", FALSE },
        { "path", SEKI_OPTION_PATH, 0, 0, NULL, "A folder", "フォルダ", FALSE },
        { "count", SEKI_OPTION_INT, -5, 5, "3", "A number", "数", FALSE },
        { "cache", SEKI_OPTION_SIZE, 1024, G_MAXINT64, "2M", "A size", "大きさ", TRUE },
        { "wait", SEKI_OPTION_SECONDS, 1, 86400, "2m", "A time", "時間", FALSE },
        { "sync", SEKI_OPTION_BOOL, 0, 0, "yes", "A choice", "選択", FALSE },
        { NULL }
};

static const SekiModule module = { .name = "storage-fake", .options = options };

static SekiSetting *
settings_of (const char *key, const char *value, GError **error)
{
        const char *keys[] = { "path", key, NULL }, *values[] = { "here", value, NULL };

        return seki_settings_new (&module, keys, values, "/data", error);
}

static void
assert_number (const char *key, const char *value, gint64 wanted)
{
        g_autoptr (GError) error = NULL;
        g_autoptr (SekiSetting) settings = settings_of (key, value, &error);

        g_assert_no_error (error);
        g_assert_cmpint (seki_setting (settings, key)->number, ==, wanted);
        g_assert_cmpstr (seki_setting (settings, key)->text, ==, value);
}

static void
assert_refused (const char *key, const char *value, const char *part)
{
        g_autoptr (GError) error = NULL;

        g_assert_null (settings_of (key, value, &error));
        shelf_assert_error (&error, SEKI_ERROR_CONFIG, part);
}

static void
test_fallbacks (void)
{
        g_autoptr (SekiSetting) settings = settings_of (NULL, NULL, NULL);

        g_assert_cmpstr (seki_setting (settings, "label")->text, ==, "plain");
        g_assert_cmpstr (seki_setting (settings, "path")->text, ==, "/data/here");
        g_assert_cmpint (seki_setting (settings, "count")->number, ==, 3);
        g_assert_cmpint (seki_setting (settings, "cache")->number, ==, 2 << 20);
        g_assert_cmpint (seki_setting (settings, "wait")->number, ==, 120);
        g_assert_cmpint (seki_setting (settings, "sync")->number, ==, 1);
        g_assert_null (seki_setting (settings, "other"));
}

static void
test_values (void)
{
        assert_number ("count", "-5", -5);
        assert_number ("count", "5", 5);
        assert_number ("cache", "1K", 1024);
        assert_number ("cache", "3G", G_GINT64_CONSTANT (3) << 30);
        assert_number ("cache", "4096", 4096);
        assert_number ("wait", "24h", 86400);
        assert_number ("wait", "1d", 86400);
        assert_number ("wait", "7s", 7);
        assert_number ("sync", "no", 0);
        assert_number ("label", "東京", 0);
}

static void
test_bad_values (void)
{
        assert_refused ("count", "6", "from -5 to 5");
        assert_refused ("count", "", "a whole number");
        assert_refused ("count", "1K", "a whole number");
        assert_refused ("count", " 1", "a whole number");
        assert_refused ("count", "+1", "a whole number");
        assert_refused ("count", "99999999999999999999", "a whole number");
        assert_refused ("cache", "1023", "bytes");
        assert_refused ("cache", "9999999999G", "bytes");
        assert_refused ("cache", "2m", "bytes");
        assert_refused ("cache", "2MB", "bytes");
        assert_refused ("wait", "2d", "a time");
        assert_refused ("sync", "true", "yes or no");
        assert_refused ("label", "a\nb", "text in UTF-8");
        assert_refused ("label", "\xff", "text in UTF-8");
}

static void
test_paths (void)
{
        const char *const keys[] = { "path", NULL };
        static const char *const cases[][2] = {
                { "/abs/x", "/abs/x" }, { "a/../b", "/data/b" }, { "", "" },
        };

        for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
                const char *const values[] = { cases[i][0], NULL };
                g_autoptr (SekiSetting) settings =
                        seki_settings_new (&module, keys, values, "/data", NULL);

                g_assert_cmpstr (seki_setting (settings, "path")->text, ==, cases[i][1]);
        }
}

static void
test_keys (void)
{
        g_autoptr (GError) error = NULL;

        assert_refused ("cahce", "1K", "no setting cahce. Did you mean cache?");
        assert_refused ("colour", "red", "no setting colour; see");
        assert_refused ("path", "there", "path of the module storage-fake is given twice");
        g_assert_null (seki_settings_new (&module, NULL, NULL, "/data", &error));
        shelf_assert_error (&error, SEKI_ERROR_CONFIG, "storage-fake needs the setting path");
}

static void
test_nearest (void)
{
        static const char *const words[] = { "cache-size", "path", "sync", NULL };
        g_autofree char *long_word = g_strnfill (200, 'p');

        g_assert_cmpstr (seki_nearest ("cach-size", words), ==, "cache-size");
        g_assert_cmpstr (seki_nearest ("pahts", words), ==, "path");
        g_assert_cmpstr (seki_nearest ("path", words), ==, "path");
        g_assert_null (seki_nearest ("xxxx", words));
        g_assert_null (seki_nearest ("", words));
        g_assert_null (seki_nearest (long_word, words));
}

int
main (int argc, char **argv)
{
        g_setenv ("LANGUAGE", "en", TRUE);
        g_test_init (&argc, &argv, NULL);
        g_test_add_func ("/settings/fallbacks are filled in", test_fallbacks);
        g_test_add_func ("/settings/numbers are read in their units", test_values);
        g_test_add_func ("/settings/values out of form or range are refused", test_bad_values);
        g_test_add_func ("/settings/paths are taken from the data folder", test_paths);
        g_test_add_func ("/settings/unknown, repeated and missing settings are refused", test_keys);
        g_test_add_func ("/settings/the nearest name is found", test_nearest);
        return g_test_run ();
}
