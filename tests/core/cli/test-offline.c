/* SPDX-License-Identifier: Apache-2.0 */
/* What needs no running node: profiles, keys, approvals, modules, ledgers. */
#include "cli.h"

#include <glib/gstdio.h>
#include <pty.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char *
module_path (const char *kind, const char *name)
{
        return g_build_filename (g_getenv ("SEKISHO_MODULES"), kind, name, NULL);
}

static void
test_schema_and_profile_are_shown (void)
{
        g_autoptr (Station) station = station_new ("test");
        g_auto (CliRun) schema = cli_run ("config", "schema", NULL);
        g_auto (CliRun) schema_json = cli_run ("config", "schema", "--json", NULL);
        g_auto (CliRun) show = cli_station (station, "config", "show", NULL);
        g_auto (CliRun) show_json = cli_station (station, "config", "show", "--json", NULL);

        cli_assert_has (schema.out, "ledger-key");
        cli_assert_json (schema_json.out);
        cli_assert_has (schema_json.out, "\"key\":\"ledger-key\"");
        cli_assert_has (show.out, "1205760");
        cli_assert_json (show_json.out);
        cli_assert_has (show_json.out, "\"digest\":");
}

static void
test_bad_profiles_are_named_by_file_and_line (void)
{
        g_autoptr (Station) station = station_new ("test");
        g_autofree char *text = cli_read (station->profile);
        g_autofree char *unknown = g_strconcat (text, "[limits]\nstreems = 3\n", NULL);
        g_autofree char *path = cli_file (station, "profile.conf", unknown, -1);
        g_auto (CliRun) misspelt = cli_station (station, "check", NULL);
        g_autofree char *again = cli_file (station, "profile.conf", "[node]\n[node]\n", -1);
        g_auto (CliRun) repeated = cli_station (station, "check", NULL);

        g_assert_cmpint (misspelt.status, ==, 3);
        cli_assert_has (misspelt.err, "profile.conf:");
        cli_assert_has (misspelt.err, "streams");
        g_assert_cmpint (repeated.status, ==, 3);
        cli_assert_has (repeated.err, "profile.conf:2");
}

static void
test_check_tells_what_is_missing (void)
{
        g_autoptr (Station) station = station_new ("test");
        g_auto (CliRun) before = cli_station (station, "check", "--json", NULL);

        g_assert_cmpint (before.status, ==, 1);
        cli_assert_json (before.out);
        cli_assert_has (before.out, "\"good\":false");
        cli_found (station);
        g_auto (CliRun) after = cli_station (station, "check", "--json", NULL);
        g_auto (CliRun) table = cli_station (station, "check", NULL);

        g_assert_cmpint (after.status, ==, 0);
        cli_assert_has (after.out, "\"good\":true");
        g_assert_cmpint (table.status, ==, 0);
        cli_assert_has (table.out, "role-account");
        cli_assert_has (table.out, "alice bob");
}

static void
test_check_sees_another_module (void)
{
        g_autoptr (Station) station = station_new ("test");
        g_autofree char *text = cli_read (station->profile);
        char *digest = strstr (text, "digest = ") + strlen ("digest = ");

        memset (digest, digest[0] == 'a' ? 'b' : 'a', 64);
        g_autofree char *path = cli_file (station, "profile.conf", text, -1);
        g_auto (CliRun) run = cli_station (station, "check", NULL);
        g_auto (CliRun) list = cli_station (station, "module", "list", "--json", NULL);

        g_assert_cmpint (run.status, ==, 3);
        cli_assert_has (run.out, "wrong");
        cli_assert_json (list.out);
        cli_assert_has (list.out, "\"admitted\":false");
        cli_assert_has (list.out, "\"admitted\":true");
}

static void
test_keys_are_made_once (void)
{
        g_autoptr (Station) station = station_new ("test");
        g_autofree char *recovery = station_file (station, "recovery.pem"),
                        *key = station_file (station, "recovery.pem.key"),
                        *store = station_file (station, "data/keys/store");
        g_auto (CliRun) nowhere =
                cli_station (station, "key", "init", "--passphrase-fd", "0", NULL);
        g_auto (CliRun) made = cli_station (station, "key", "init", "--recovery", recovery,
                                            "--passphrase-fd", "0", NULL);
        g_autofree char *pem = cli_read (key);
        g_auto (CliRun) again = cli_station (station, "key", "init", "--recovery", recovery,
                                             "--passphrase-fd", "0", NULL);
        GStatBuf info;

        g_assert_cmpint (nowhere.status, ==, 2);
        g_assert_cmpstr (made.err, ==, "");
        g_assert_cmpint (made.status, ==, 0);
        cli_assert_has (made.out, "recovery.pem.key");
        g_assert_true (g_str_has_prefix (pem, "-----BEGIN PRIVATE KEY-----"));
        g_assert_cmpint (g_stat (key, &info), ==, 0);
        g_assert_cmpint (info.st_mode & 0777, ==, 0600);
        g_assert_true (g_file_test (store, G_FILE_TEST_EXISTS));
        g_assert_cmpint (again.status, ==, 7);
}

static void
test_two_persons_do_not_found_a_node (void)
{
        g_autoptr (Station) station = station_new ("test");
        g_autofree char *text = cli_read (station->profile);
        char *carol = strstr (text, "[person carol]");
        g_autoptr (GString) shorter = g_string_new_len (text, carol - text);

        g_string_append (shorter, strstr (carol, "[module"));
        g_autofree char *path = cli_file (station, "profile.conf", shorter->str, -1);
        g_autofree char *recovery = station_file (station, "recovery.pem"),
                        *data = station_file (station, "data/keys");
        g_auto (CliRun) run = cli_station (station, "key", "init", "--recovery", recovery,
                                           "--passphrase-fd", "0", NULL);

        g_assert_cmpint (run.status, ==, 3);
        g_assert_false (g_file_test (recovery, G_FILE_TEST_EXISTS));
        g_assert_false (g_file_test (data, G_FILE_TEST_EXISTS));
}

static void
test_keys_are_shown_backed_up_and_restored (void)
{
        g_autoptr (Station) station = station_new ("test");
        g_autofree char *copy = station_file (station, "copy"),
                        *recovery_key = station_file (station, "recovery.pem.key"),
                        *keys = station_file (station, "data/keys"),
                        *aside = station_file (station, "data/keys.before");

        cli_found (station);
        g_auto (CliRun) show = cli_station (station, "key", "show", NULL);
        g_auto (CliRun) json = cli_station (station, "key", "show", "--json", NULL);
        g_auto (CliRun) backup = cli_station (station, "key", "backup", copy, "--json",
                                              "--passphrase-fd", "0", NULL);
        g_assert_cmpint (g_rename (keys, aside), ==, 0);
        g_auto (CliRun) restore = cli_station (station, "key", "restore", copy, "--recovery-key",
                                               recovery_key, "--passphrase-fd", "0", NULL);
        g_auto (CliRun) later = cli_station (station, "key", "show", NULL);

        cli_assert_has (show.out, STATION_NAME "/lane/0+");
        cli_assert_json (json.out);
        cli_assert_has (json.out, "\"days\":");
        g_assert_cmpstr (backup.out, ==, "{\"number\":1}\n");
        g_assert_cmpstr (restore.err, ==, "");
        g_assert_cmpint (restore.status, ==, 0);
        g_assert_cmpint (later.status, ==, 0);
        g_assert_cmpstr (later.out, !=, show.out);
}

static void
test_a_wrong_passphrase_says_so (void)
{
        g_autoptr (Station) station = station_new ("test");
        const char *words[] = { "key", "request",   "--passphrase-fd",
                                "0",   "--profile", station->profile,
                                NULL };

        cli_found (station);
        g_auto (CliRun) run = cli_run_with ("wrong\n", words);
        g_auto (CliRun) empty = cli_run_with ("", words);
        words[3] = "77";
        g_auto (CliRun) closed = cli_run_with ("", words);

        g_assert_cmpint (run.status, ==, 7);
        g_assert_cmpint (empty.status, ==, 7);
        g_assert_cmpint (closed.status, ==, 2);
}

/* The program at a terminal of its own, to which text is typed; what it showed. */
static char *
terminal_run (Station *station, const char *recovery, const char *text, int *out_status)
{
        GString *shown = g_string_new (NULL);
        char buffer[256];
        gsize asked = 0, len;
        gssize n;
        int master;
        pid_t pid = forkpty (&master, NULL, NULL, NULL);

        g_assert_cmpint (pid, >=, 0);
        if (pid == 0) {
                execl (g_getenv ("SEKISHO"), "sekisho", "key", "init", "--recovery", recovery,
                       "--profile", station->profile, NULL);
                _exit (127);
        }
        /* A line at each question: what is typed ahead of one is flushed with it. */
        for (const char *prompt = NULL; (n = read (master, buffer, sizeof buffer)) > 0;) {
                g_string_append_len (shown, buffer, n);
                prompt = shown->str + asked;
                if (*text == '\0' || (prompt = strstr (prompt, ": ")) == NULL)
                        continue;
                asked = (gsize) (prompt - shown->str) + 2;
                len = strcspn (text, "\n") + (strchr (text, '\n') != NULL);
                g_assert_cmpint (write (master, text, len), ==, (gssize) len);
                text += len;
        }
        g_assert_cmpint (waitpid (pid, out_status, 0), ==, pid);
        close (master);
        return g_string_free (shown, FALSE);
}

static void
test_a_terminal_is_asked_without_echo (void)
{
        g_autoptr (Station) station = station_new ("test");
        g_autofree char *recovery = station_file (station, "recovery.pem"),
                        *store = station_file (station, "data/keys/store");
        int status;
        g_autofree char *differ = terminal_run (station, recovery, "kirin\ntanuki\n", &status);

        g_assert_true (WIFEXITED (status) && WEXITSTATUS (status) == 7);
        g_assert_null (strstr (differ, "kirin"));
        g_assert_null (strstr (differ, "tanuki"));
        g_assert_false (g_file_test (recovery, G_FILE_TEST_EXISTS));
        g_autofree char *broken = terminal_run (station, recovery, "\003", &status);
        g_assert_true (WIFSIGNALED (status) && WTERMSIG (status) == SIGINT);
        g_assert_nonnull (broken);
        g_assert_false (g_file_test (store, G_FILE_TEST_EXISTS));
        g_autofree char *same = terminal_run (station, recovery, "secret\nsecret\n", &status);
        g_assert_true (WIFEXITED (status) && WEXITSTATUS (status) == 0);
        g_assert_null (strstr (same, "secret"));
        g_assert_true (g_file_test (store, G_FILE_TEST_EXISTS));
}

static void
test_a_credential_serves_as_passphrase (void)
{
        g_autoptr (Station) station = station_new ("test");
        g_autofree char *path = cli_file (station, "passphrase", STATION_PASSPHRASE, -1);

        cli_found (station);
        g_setenv ("CREDENTIALS_DIRECTORY", station->folder, TRUE);
        g_auto (CliRun) run = cli_station (station, "key", "request", NULL);
        g_unsetenv ("CREDENTIALS_DIRECTORY");

        g_assert_nonnull (path);
        g_assert_cmpint (run.status, ==, 0);
        g_assert_true (g_str_has_prefix (run.out, "-----BEGIN CERTIFICATE REQUEST-----"));
}

static void
test_one_signature_waits_for_the_second (void)
{
        g_autoptr (Station) station = station_new ("test");
        g_autofree char *statement = station_file (station, "s"),
                        *alice = fake_pki_path (station->pki, "alice.key"),
                        *signature = station_file (station, "s.alice.p7s");
        g_auto (CliRun) none = cli_station (station, "approval", "list", "--json", NULL);
        g_auto (CliRun) propose = cli_station (station, "approval", "propose", statement, NULL);
        g_auto (CliRun) twice = cli_station (station, "approval", "propose", statement, NULL);
        g_auto (CliRun) stranger = cli_station (station, "approval", "sign", statement, "--person",
                                                "mallory", "--person-key", alice, NULL);
        g_auto (CliRun) sign = cli_station (station, "approval", "sign", statement, "--person",
                                            "alice", "--person-key", alice, NULL);
        g_auto (CliRun) half =
                cli_station (station, "approval", "submit", statement, signature, "--json", NULL);

        g_assert_cmpint (none.status, ==, 1);
        g_assert_cmpint (propose.status, ==, 0);
        g_assert_cmpint (twice.status, ==, 7);
        g_assert_cmpint (stranger.status, ==, 7);
        g_assert_cmpint (sign.status, ==, 0);
        g_assert_cmpint (half.status, ==, 1);
        cli_assert_json (half.out);
        cli_assert_has (half.out, "\"holds\":false");
        cli_assert_has (half.out, "\"persons\":[\"alice\"]");
}

static void
test_one_person_alone_announces_it (void)
{
        g_autoptr (Station) station = station_new ("test");
        g_autofree char *statement = station_file (station, "s"),
                        *alice = fake_pki_path (station->pki, "alice.key"),
                        *signature = station_file (station, "s.alice.p7s");
        g_auto (CliRun) propose = cli_station (station, "approval", "propose", statement, NULL);
        g_auto (CliRun) sign = cli_station (station, "approval", "sign", statement, "--person",
                                            "alice", "--person-key", alice, NULL);
        g_auto (CliRun) alone = cli_station (station, "approval", "submit", statement, signature,
                                             "--alone", "--json", NULL);

        g_assert_cmpint (propose.status + sign.status, ==, 0);
        g_assert_cmpint (alone.status, ==, 1);
        cli_assert_has (alone.out, "\"announced\":");
        cli_assert_has (alone.out, "\"holds_from\":");
}

static void
test_a_module_is_inspected_without_running (void)
{
        g_autofree char *path = module_path ("role", "account/role-account.so");
        g_auto (CliRun) text = cli_run ("module", "inspect", path, NULL);
        g_auto (CliRun) json = cli_run ("module", "inspect", path, "--json", NULL);
        g_auto (CliRun) japanese = cli_run ("module", "inspect", path, "--lang", "ja", NULL);
        g_auto (CliRun) none = cli_run ("module", "inspect", "/bin/sh", NULL);

        cli_assert_has (text.out, "account.register");
        cli_assert_has (text.out, "code-foreign");
        cli_assert_json (json.out);
        cli_assert_has (json.out, "\"exports\":1");
        cli_assert_has (japanese.out, "口座");
        g_assert_cmpint (none.status, ==, 3);
}

static void
test_rules_are_linted (void)
{
        g_autoptr (Station) station = station_new ("test");
        g_autofree char *wrong = cli_file (station, "wrong.lua", "rule {", -1);
        g_auto (CliRun) good =
                cli_station (station, "policy", "lint", g_getenv ("SEKISHO_SCRIPTS"), NULL);
        g_auto (CliRun) bad = cli_station (station, "policy", "lint", wrong, NULL);

        g_assert_cmpint (good.status, ==, 0);
        g_assert_cmpint (bad.status, ==, 1);
        cli_assert_has (bad.out, "wrong.lua");
}

/* A ledger as the ledger's own tests make it. */
static char *
ledger_make (Station *station)
{
        const char *argv[] = { g_getenv ("SEKISHO_MAKE_LEDGER"), station->folder, "700", NULL };
        g_autoptr (GError) error = NULL;
        int status = 1;

        g_spawn_sync (NULL, (char **) argv, NULL, G_SPAWN_DEFAULT, NULL, NULL, NULL, NULL, &status,
                      &error);
        g_assert_no_error (error);
        g_assert_cmpint (status, ==, 0);
        return station_file (station, "lane");
}

static void
test_a_ledger_is_verified_by_its_key_alone (void)
{
        g_autoptr (Station) station = station_new ("test");
        g_autofree char *lane = ledger_make (station), *vkey_path = station_file (station, "vkey"),
                        *der = station_file (station, "ledger.pub"), *vkey = cli_read (vkey_path);
        g_auto (CliRun) text = cli_run ("ledger", "verify", lane, "--key", vkey, NULL);
        g_auto (CliRun) file = cli_run ("ledger", "verify", lane, "--key", vkey_path, NULL);
        g_auto (CliRun) json = cli_run ("ledger", "verify", lane, "--key", der, "--json", NULL);
        g_auto (CliRun) keyless = cli_run ("ledger", "verify", lane, NULL);

        g_assert_cmpstr (text.err, ==, "");
        g_assert_cmpint (text.status, ==, 0);
        g_assert_cmpint (file.status, ==, 0);
        g_assert_cmpint (json.status, ==, 0);
        cli_assert_json (json.out);
        cli_assert_has (json.out, "\"holds\":true");
        cli_assert_has (json.out, "\"leaves\":700");
        g_assert_cmpint (keyless.status, ==, 2);
}

static void
test_a_flipped_bit_of_a_ledger_is_found (void)
{
        g_autoptr (Station) station = station_new ("test");
        g_autofree char *lane = ledger_make (station), *der = station_file (station, "ledger.pub"),
                        *entries = g_build_filename (lane, "entries", NULL), *bytes = NULL;
        g_autoptr (GError) error = NULL;
        gsize len;

        g_file_get_contents (entries, &bytes, &len, &error);
        g_assert_no_error (error);
        bytes[len / 2] ^= 1;
        g_file_set_contents (entries, bytes, (gssize) len, &error);
        g_assert_no_error (error);
        g_auto (CliRun) run = cli_run ("ledger", "verify", lane, "--key", der, "--json", NULL);

        g_assert_cmpint (run.status, ==, 1);
        cli_assert_has (run.out, "\"holds\":false");
        cli_assert_has (run.out, "\"first_bad\":");
}

static void
test_another_key_or_checkpoint_does_not_hold (void)
{
        g_autoptr (Station) one = station_new ("test"), two = station_new ("test");
        g_autofree char *lane = ledger_make (one), *other = ledger_make (two),
                        *other_key = station_file (two, "ledger.pub"),
                        *key = station_file (one, "ledger.pub"),
                        *note = g_build_filename (lane, "checkpoint", NULL),
                        *garbage = cli_file (one, "garbage", "no checkpoint\n", -1);
        g_auto (CliRun) strange = cli_run ("ledger", "verify", lane, "--key", other_key, NULL);
        g_auto (CliRun) same =
                cli_run ("ledger", "verify", lane, "--key", key, "--checkpoint", note, NULL);
        g_auto (CliRun) bad =
                cli_run ("ledger", "verify", lane, "--key", key, "--checkpoint", garbage, NULL);

        g_assert_nonnull (other);
        g_assert_cmpint (strange.status, !=, 0);
        g_assert_cmpint (same.status, ==, 0);
        g_assert_cmpint (bad.status, !=, 0);
}

static void
test_entries_that_are_none_are_named (void)
{
        g_autoptr (Station) station = station_new ("test");
        g_autofree char *lane = ledger_make (station);
        g_auto (CliRun) strange = cli_run ("ledger", "show", lane, "5", NULL);
        g_auto (CliRun) wrong = cli_run ("ledger", "show", lane, "three", NULL);

        g_assert_cmpint (strange.status, ==, 7);
        cli_assert_has (strange.err, "5: ");
        g_assert_cmpint (wrong.status, ==, 2);
}

static void
test_without_a_node_nobody_answers (void)
{
        static const char *const verbs[][2] = {
                { "status", NULL }, { "reload", NULL },         { "queue", "list" },
                { "peer", "list" }, { "ledger", "checkpoint" }, { "record", "reports" },
        };
        g_autoptr (Station) station = station_new ("test");

        for (guint i = 0; i < G_N_ELEMENTS (verbs); i++) {
                g_auto (CliRun) run =
                        verbs[i][1] != NULL ? cli_station (station, verbs[i][0], verbs[i][1], NULL)
                                            : cli_station (station, verbs[i][0], NULL);

                g_assert_cmpint (run.status, ==, 4);
                g_assert_cmpstr (run.out, ==, "");
        }
}

int
main (int argc, char **argv)
{
        g_test_init (&argc, &argv, NULL);
#define ADD(title, func) g_test_add_func ("/cli/" title, func)
        ADD ("schema and profile are shown", test_schema_and_profile_are_shown);
        ADD ("bad profiles are named by file and line",
             test_bad_profiles_are_named_by_file_and_line);
        ADD ("check tells what is missing", test_check_tells_what_is_missing);
        ADD ("check sees another module", test_check_sees_another_module);
        ADD ("keys are made once", test_keys_are_made_once);
        ADD ("two persons do not found a node", test_two_persons_do_not_found_a_node);
        ADD ("keys are shown, backed up and restored", test_keys_are_shown_backed_up_and_restored);
        ADD ("a wrong passphrase says so", test_a_wrong_passphrase_says_so);
        ADD ("a terminal is asked without echo", test_a_terminal_is_asked_without_echo);
        ADD ("a credential serves as passphrase", test_a_credential_serves_as_passphrase);
        ADD ("one signature waits for the second", test_one_signature_waits_for_the_second);
        ADD ("one person alone announces it", test_one_person_alone_announces_it);
        ADD ("a module is inspected without running", test_a_module_is_inspected_without_running);
        ADD ("rules are linted", test_rules_are_linted);
        ADD ("a ledger is verified by its key alone", test_a_ledger_is_verified_by_its_key_alone);
        ADD ("a flipped bit of a ledger is found", test_a_flipped_bit_of_a_ledger_is_found);
        ADD ("another key or checkpoint does not hold",
             test_another_key_or_checkpoint_does_not_hold);
        ADD ("entries that are none are named", test_entries_that_are_none_are_named);
        ADD ("without a node nobody answers", test_without_a_node_nobody_answers);
        return g_test_run ();
}
