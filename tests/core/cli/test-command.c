/* SPDX-License-Identifier: Apache-2.0 */
/* Words, help, language, and what the tables print. */
#include "cli.h"

#include <locale.h>

/* The first words of the lines that list commands. */
static GPtrArray *
commands_list (void)
{
        g_auto (CliRun) run = cli_run ("--help", "--lang", "en", NULL);
        g_auto (GStrv) lines = g_strsplit (run.out, "\n", -1);
        GPtrArray *commands = g_ptr_array_new_with_free_func ((GDestroyNotify) g_strfreev);

        g_assert_cmpint (run.status, ==, 0);
        for (guint i = 2; lines[i] != NULL && lines[i][0] != '\0'; i++) {
                char *end = strstr (lines[i] + 2, "  ");

                g_assert_nonnull (end);
                *end = '\0';
                g_ptr_array_add (commands, g_strsplit (lines[i] + 2, " ", -1));
        }
        return commands;
}

static gboolean
is_argument (const char *word)
{
        return word == NULL || word[0] == '[' || g_ascii_isupper (word[0]);
}

static void
test_every_command_explains_itself (void)
{
        g_autoptr (GPtrArray) commands = commands_list ();

        g_assert_cmpuint (commands->len, >, 35);
        for (guint i = 0; i < commands->len; i++) {
                char **words = g_ptr_array_index (commands, i);
                const char *verb = is_argument (words[1]) ? NULL : words[1];
                g_auto (CliRun) noun = cli_run (words[0], "--help", NULL);
                g_auto (CliRun) run = verb != NULL ? cli_run (words[0], verb, "--help", NULL)
                                                   : cli_run (words[0], "--help", NULL);

                g_assert_cmpint (noun.status, ==, 0);
                g_assert_cmpint (run.status, ==, 0);
                g_assert_cmpstr (run.err, ==, "");
                cli_assert_has (run.out, words[0]);
                cli_assert_has (run.out, "--profile FILE");
        }
}

static void
usage_expect (CliRun run, const char *part)
{
        g_assert_cmpint (run.status, ==, 2);
        g_assert_cmpstr (run.out, ==, "");
        g_assert_true (g_str_has_prefix (run.err, "sekisho: "));
        cli_assert_has (run.err, part);
        cli_run_clear (&run);
}

static void
test_what_is_misspelt_is_named (void)
{
        usage_expect (cli_run ("chekc", NULL), "“check”");
        usage_expect (cli_run ("zzzzzzzz", NULL), "sekisho --help");
        usage_expect (cli_run ("key", "initt", NULL), "“init”");
        usage_expect (cli_run ("key", NULL), "sekisho key --help");
        usage_expect (cli_run ("check", "--jsn", NULL), "--json");
        usage_expect (cli_run ("check", "--json=yes", NULL), "--json");
        usage_expect (cli_run ("check", "--profile", NULL), "--profile FILE");
        usage_expect (cli_run ("check", "--json", "--json", NULL), "--json");
        usage_expect (cli_run ("check", "--again", NULL), "--again");
        usage_expect (cli_run ("check", "more", NULL), "sekisho check");
        usage_expect (cli_run ("queue", "retry", NULL), "sekisho queue retry ID");
        usage_expect (cli_run ("check", "--lang", "fr", NULL), "fr");
        usage_expect (cli_run (NULL, NULL), "sekisho --help");
}

static void
test_status_of_each_kind_of_failure (void)
{
        g_auto (CliRun) profile = cli_run ("status", "--profile", "/nowhere/profile.conf", NULL);
        g_auto (CliRun) missing = cli_run ("module", "inspect", "/nowhere/module.so", NULL);

        g_assert_cmpint (profile.status, ==, 3);
        g_assert_cmpint (missing.status, ==, 7);
        cli_assert_has (missing.err, "/nowhere/module.so");
}

static void
test_japanese_without_a_japanese_locale (void)
{
        g_auto (CliRun) ja = cli_run ("key", "--help", "--lang", "ja", NULL);
        g_auto (CliRun) en = cli_run ("key", "--help", "--lang", "en", NULL);
        g_auto (CliRun) wrong = cli_run ("chekc", "--lang=ja", NULL);

        g_assert_true (g_utf8_validate (ja.out, -1, NULL));
        cli_assert_has (ja.out, "鍵");
        g_assert_null (strstr (en.out, "鍵"));
        cli_assert_has (wrong.err, "「check」");
}

static void
test_japanese_by_the_environment (void)
{
        g_setenv ("LC_ALL", "ja_JP.UTF-8", TRUE);
        g_auto (CliRun) ja = cli_run ("key", "--help", NULL);
        g_setenv ("LC_ALL", "C.UTF-8", TRUE);
        g_auto (CliRun) en = cli_run ("key", "--help", NULL);

        cli_assert_has (ja.out, "鍵");
        g_assert_null (strstr (en.out, "鍵"));
}

static void
test_pages_and_completion_are_made_of_the_tables (void)
{
        g_autoptr (GPtrArray) commands = commands_list ();
        g_auto (CliRun) page = cli_run ("manual", "page", NULL);
        g_auto (CliRun) profile = cli_run ("manual", "profile", NULL);
        g_auto (CliRun) completion = cli_run ("manual", "completion", NULL);

        g_assert_true (g_str_has_prefix (page.out, ".TH SEKISHO 1"));
        g_assert_true (g_str_has_prefix (profile.out, ".TH SEKISHO\\-PROFILE 5"));
        g_assert_true (g_str_is_ascii (page.out) && g_str_is_ascii (profile.out));
        cli_assert_has (profile.out, ".SH [peer]");
        cli_assert_has (profile.out, "\\fBlisten\\fR");
        for (guint i = 0; i < commands->len; i++) {
                char **words = g_ptr_array_index (commands, i);
                g_autofree char *line =
                        is_argument (words[1])
                                ? g_strdup_printf ("\\fBsekisho %s\\fR", words[0])
                                : g_strdup_printf ("\\fBsekisho %s %s\\fR", words[0], words[1]);
                g_autofree char *choice =
                        is_argument (words[1]) ? g_strdup_printf ("'%s')", words[0])
                                               : g_strdup_printf ("'%s %s')", words[0], words[1]);

                cli_assert_has (page.out, line);
                cli_assert_has (completion.out, choice);
        }
}

/* What bash completes, asked of bash itself. */
static char *
completion_of (const char *completion, const char *words, const char *last)
{
        g_autofree char *script = g_strdup_printf (
                "%s\nCOMP_WORDS=(sekisho %s '%s')\nCOMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n"
                "_sekisho\necho \"${COMPREPLY[@]}\"\n",
                completion, words, last);
        const char *argv[] = { "bash", "-c", script, NULL };
        g_autoptr (GError) error = NULL;
        char *out = NULL;

        g_spawn_sync (NULL, (char **) argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, &out, NULL, NULL,
                      &error);
        g_assert_no_error (error);
        return g_strchomp (out);
}

static void
test_bash_completes (void)
{
        g_auto (CliRun) run = cli_run ("manual", "completion", NULL);
        g_autofree char *noun = completion_of (run.out, "", "que"),
                        *verb = completion_of (run.out, "queue", "re"),
                        *option = completion_of (run.out, "record show", "--with"),
                        *single = completion_of (run.out, "import account.register", "--ag"),
                        *value = completion_of (run.out, "check --lang", "j");

        g_assert_cmpstr (noun, ==, "queue");
        g_assert_cmpstr (verb, ==, "retry");
        g_assert_cmpstr (option, ==, "--with-number");
        g_assert_cmpstr (single, ==, "--again");
        g_assert_cmpstr (value, ==, "ja");
}

static void
test_version_stands_alone (void)
{
        g_auto (CliRun) run = cli_run ("--version", NULL);

        g_assert_cmpint (run.status, ==, 0);
        g_assert_true (g_str_has_prefix (run.out, "sekisho "));
}

int
main (int argc, char **argv)
{
        setlocale (LC_ALL, "C.UTF-8");
        g_test_init (&argc, &argv, NULL);
        g_test_add_func ("/cli/every command explains itself", test_every_command_explains_itself);
        g_test_add_func ("/cli/what is misspelt is named", test_what_is_misspelt_is_named);
        g_test_add_func ("/cli/status of each kind of failure",
                         test_status_of_each_kind_of_failure);
        g_test_add_func ("/cli/Japanese without a Japanese locale",
                         test_japanese_without_a_japanese_locale);
        g_test_add_func ("/cli/Japanese by the environment", test_japanese_by_the_environment);
        g_test_add_func ("/cli/pages and completion are made of the tables",
                         test_pages_and_completion_are_made_of_the_tables);
        g_test_add_func ("/cli/bash completes", test_bash_completes);
        g_test_add_func ("/cli/version stands alone", test_version_stands_alone);
        return g_test_run ();
}
