/* SPDX-License-Identifier: Apache-2.0 */
#include "cli.h"

#include "daemon/json.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#define SERVES_WITHIN 300 /* tenths of a second */

void
cli_run_clear (CliRun *run)
{
        g_free (run->out);
        g_free (run->err);
}

/* A file without a name, or with one that goes at once, holding text. */
static char *
input_file (const char *text)
{
        g_autoptr (GError) error = NULL;
        char *path = NULL;
        int fd = g_file_open_tmp ("sekisho-cli-XXXXXX", &path, &error);

        g_assert_no_error (error);
        g_close (fd, NULL);
        g_file_set_contents (path, text != NULL ? text : "", -1, &error);
        g_assert_no_error (error);
        return path;
}

CliRun
cli_run_with (const char *standard_input, const char *const *words)
{
        g_autofree char *input = input_file (standard_input);
        g_autoptr (GPtrArray) argv = g_ptr_array_new ();
        g_autoptr (GError) error = NULL;
        CliRun run = { 0 };

        g_ptr_array_add (argv, (gpointer) "sh");
        g_ptr_array_add (argv, (gpointer) "-c");
        g_ptr_array_add (argv, (gpointer) "exec \"$@\" < \"$0\"");
        g_ptr_array_add (argv, input);
        g_ptr_array_add (argv, (gpointer) g_getenv ("SEKISHO"));
        for (; *words != NULL; words++)
                g_ptr_array_add (argv, (gpointer) *words);
        g_ptr_array_add (argv, NULL);
        g_spawn_sync (NULL, (char **) argv->pdata, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, &run.out,
                      &run.err, &run.status, &error);
        g_assert_no_error (error);
        g_unlink (input);
        g_assert_true (WIFEXITED (run.status));
        run.status = WEXITSTATUS (run.status);
        return run;
}

static GPtrArray *
words_take (const char *word, va_list list)
{
        GPtrArray *words = g_ptr_array_new ();

        for (; word != NULL; word = va_arg (list, const char *))
                g_ptr_array_add (words, (gpointer) word);
        return words;
}

CliRun
cli_run (const char *word, ...)
{
        va_list list;

        va_start (list, word);
        g_autoptr (GPtrArray) words = words_take (word, list);
        va_end (list);
        g_ptr_array_add (words, NULL);
        return cli_run_with (NULL, (const char *const *) words->pdata);
}

CliRun
cli_station (Station *station, const char *word, ...)
{
        va_list list;

        va_start (list, word);
        g_autoptr (GPtrArray) words = words_take (word, list);
        va_end (list);
        g_ptr_array_add (words, (gpointer) "--profile");
        g_ptr_array_add (words, station->profile);
        g_ptr_array_add (words, NULL);
        return cli_run_with (STATION_PASSPHRASE "\n", (const char *const *) words->pdata);
}

static void
run_expect (CliRun run)
{
        g_assert_cmpstr (run.err, ==, "");
        g_assert_cmpint (run.status, ==, 0);
        cli_run_clear (&run);
}

static void
found_keys (Station *station)
{
        g_autofree char *recovery = station_file (station, "recovery.pem"),
                        *request = station_file (station, "node.csr"), *text = NULL,
                        *certificate = fake_pki_path (station->pki, "node.pem");

        run_expect (cli_station (station, "key", "init", "--recovery", recovery, "--passphrase-fd",
                                 "0", NULL));
        run_expect (cli_station (station, "key", "request", "--output", request, "--passphrase-fd",
                                 "0", NULL));
        text = cli_read (request);
        fake_pki_issue (station->pki, "node",
                        &(FakeCertificate){ .issuer = "ca",
                                            .san = "DNS:" STATION_NAME,
                                            .usage = "clientAuth,serverAuth",
                                            .request = text });
        run_expect (
                cli_station (station, "key", "install", certificate, "--passphrase-fd", "0", NULL));
}

void
cli_found (Station *station)
{
        g_autofree char *statement = station_file (station, "profile.stmt"),
                        *first = station_file (station, "profile.stmt.alice.p7s"),
                        *second = station_file (station, "profile.stmt.bob.p7s"),
                        *alice = fake_pki_path (station->pki, "alice.key"),
                        *bob = fake_pki_path (station->pki, "bob.key");

        found_keys (station);
        run_expect (cli_station (station, "approval", "propose", statement, NULL));
        run_expect (cli_station (station, "approval", "sign", statement, "--person", "alice",
                                 "--person-key", alice, NULL));
        run_expect (cli_station (station, "approval", "sign", statement, "--person", "bob",
                                 "--person-key", bob, NULL));
        run_expect (cli_station (station, "approval", "submit", statement, first, second, NULL));
}

/* A test that fails leaves no node behind. */
static void
child_follow (gpointer user)
{
        (void) user;
        prctl (PR_SET_PDEATHSIG, SIGTERM);
}

GPid
cli_start (Station *station)
{
        g_autofree char *input = input_file (STATION_PASSPHRASE);
        const char *argv[] = { "sh",
                               "-c",
                               "exec \"$@\" < \"$0\"",
                               input,
                               g_getenv ("SEKISHO"),
                               "run",
                               "--passphrase-fd",
                               "0",
                               "--profile",
                               station->profile,
                               NULL };
        g_autoptr (GError) error = NULL;
        GPid pid;

        g_spawn_async (NULL, (char **) argv, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD,
                       child_follow, NULL, &pid, &error);
        g_assert_no_error (error);
        for (guint i = 0; i < SERVES_WITHIN; i++) {
                g_auto (CliRun) run = cli_station (station, "status", "--json", NULL);

                g_assert_cmpint (waitpid (pid, NULL, WNOHANG), ==, 0);
                if (run.status == 0) {
                        g_unlink (input);
                        return pid;
                }
                g_usleep (G_USEC_PER_SEC / 10);
        }
        g_error ("the node does not serve");
}

void
cli_stop (GPid pid)
{
        int status;

        g_assert_cmpint (kill (pid, SIGTERM), ==, 0);
        while (waitpid (pid, &status, 0) < 0)
                g_assert_cmpint (errno, ==, EINTR);
        g_assert_true (WIFEXITED (status));
        g_assert_cmpint (WEXITSTATUS (status), ==, 0);
}

void
cli_assert_json (const char *text)
{
        g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

        g_assert_cmpuint (g_strv_length (lines), >, 1);
        for (guint i = 0; lines[i + 1] != NULL; i++) {
                g_autoptr (GError) error = NULL;
                SekiCborWriter cbor;

                seki_cbor_writer_init (&cbor, NULL);
                seki_json_to_cbor (seki_span_text (lines[i]), &cbor, &error);
                seki_cbor_writer_clear (&cbor);
                g_assert_no_error (error);
        }
}

void
cli_assert_has (const char *text, const char *part)
{
        if (strstr (text, part) == NULL)
                g_error ("\"%s\" is not in: %s", part, text);
}

char *
cli_file (Station *station, const char *name, const char *bytes, gssize len)
{
        char *path = station_file (station, name);
        g_autoptr (GError) error = NULL;

        g_file_set_contents (path, bytes, len, &error);
        g_assert_no_error (error);
        return path;
}

char *
cli_read (const char *path)
{
        g_autoptr (GError) error = NULL;
        char *text = NULL;

        g_file_get_contents (path, &text, NULL, &error);
        g_assert_no_error (error);
        return text;
}
