/* SPDX-License-Identifier: Apache-2.0 */
/* A daemon of its own process, spoken to over its control socket. */
#include "station.h"

#include "daemon/control.h"
#include "daemon/daemon.h"
#include "daemon/json.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct {
        Station *station;
        GPid pid;
        char *control;
        char *answer; /* the last one, as JSON */
} Guard;

/* fd: handed to the child as its descriptor 3; -1: none. */
static void
guard_start (Guard *guard, int fd)
{
        g_autofree char *self = g_file_read_link ("/proc/self/exe", NULL);
        const char *argv[] = { self, "--serve", guard->station->profile, fd >= 0 ? "3" : "-1",
                               NULL };
        const int to = 3;
        g_autoptr (GError) error = NULL;

        g_spawn_async_with_pipes_and_fds (NULL, argv, NULL, G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL,
                                          -1, -1, -1, &fd, &to, fd >= 0 ? 1 : 0, &guard->pid, NULL,
                                          NULL, NULL, &error);
        g_assert_no_error (error);
}

static int
guard_wait (Guard *guard)
{
        int status = -1;

        for (guint i = 0; i < 1500; i++) {
                if (waitpid (guard->pid, &status, WNOHANG) == guard->pid)
                        return status;
                g_usleep (20000);
        }
        kill (guard->pid, SIGKILL);
        g_error ("the daemon does not end");
}

static Guard *
guard_new (const char *mark)
{
        Guard *guard = g_new0 (Guard, 1);

        guard->station = station_new (mark);
        guard->control = station_file (guard->station, "data/control");
        station_make_keys (guard->station);
        return guard;
}

static void
guard_free (Guard *guard)
{
        station_free (guard->station);
        g_free (guard->control);
        g_free (guard->answer);
        g_free (guard);
}

static int
guard_stop (Guard *guard)
{
        kill (guard->pid, SIGTERM);
        return guard_wait (guard);
}

/* A request written as JSON; TRUE unless the answer is an error. */
static gboolean
guard_call (Guard *guard, const char *json)
{
        g_autoptr (SekiSecret) answer = NULL;
        g_autoptr (GError) error = NULL;
        SekiCborWriter request, text;

        seki_cbor_writer_init (&request, NULL);
        seki_cbor_writer_init (&text, NULL);
        seki_json_to_cbor (seki_span_text (json), &request, &error);
        g_assert_no_error (error);
        for (guint i = 0; i < 500 && answer == NULL; i++) {
                g_clear_error (&error);
                answer = seki_control_call (guard->control, seki_cbor_writer_get_span (&request),
                                            &error);
                if (answer == NULL)
                        g_usleep (20000);
        }
        g_assert_no_error (error);
        g_assert_true (seki_cbor_check (seki_secret_get_span (answer), 8, NULL));
        g_assert_true (seki_json_from_cbor (seki_secret_get_span (answer), &text, &error));
        g_free (guard->answer);
        guard->answer = g_strndup ((const char *) text.data, text.len);
        seki_cbor_writer_clear (&request);
        seki_cbor_writer_clear (&text);
        g_test_message ("%s -> %s", json, guard->answer);
        return strstr (guard->answer, "\"error\":") == NULL;
}

/* JSON has no bytes: the passphrase goes as text, which the verb takes too. */
#define UNSEAL "{\"verb\":\"unseal\",\"passphrase\":\"" STATION_PASSPHRASE "\"}"

static gboolean
guard_says (Guard *guard, const char *text)
{
        if (strstr (guard->answer, text) != NULL)
                return TRUE;
        g_printerr ("%s\n", guard->answer);
        return FALSE;
}

static void
test_life (void)
{
        Guard *guard = guard_new ("test");

        station_approve (guard->station, "alice", "bob");
        guard_start (guard, -1);
        g_assert_true (guard_call (guard, "{\"verb\":\"status\"}"));
        g_assert_true (guard_says (guard, "\"state\":\"sealed\""));
        g_assert_true (guard_says (guard, "\"mark\":\"test\""));
        g_assert_false (guard_call (guard, "{\"verb\":\"checkpoint\"}"));
        g_assert_true (guard_says (guard, "sealed"));
        g_assert_false (guard_call (guard, "{\"verb\":\"unseal\",\"passphrase\":\"wrong\"}"));
        g_assert_true (guard_call (guard, UNSEAL));
        g_assert_true (guard_says (guard, "\"port\":"));
        g_assert_true (guard_call (guard, "{\"verb\":\"status\"}"));
        g_assert_true (guard_says (guard, "\"state\":\"serving\""));
        g_assert_true (guard_says (guard, "\"what\":\"certificate\""));
        g_assert_true (guard_call (guard, "{\"verb\":\"checkpoint\"}"));
        g_assert_true (guard_says (guard, STATION_NAME "/lane/0\\n1\\n"));
        g_assert_true (guard_call (guard, "{\"index\":0,\"verb\":\"entry\"}"));
        g_assert_true (guard_says (guard, "\"act\":\"start\""));
        g_assert_true (guard_says (guard, "alice bob"));
        g_assert_true (guard_call (guard, "{\"index\":0,\"verb\":\"prove\"}"));
        g_assert_true (guard_says (guard, "tlog-proof"));
        g_assert_true (guard_call (guard, "{\"verb\":\"seal\"}"));
        g_assert_true (guard_call (guard, "{\"verb\":\"status\"}"));
        g_assert_true (guard_says (guard, "\"state\":\"sealed\""));
        g_assert_true (guard_call (guard, UNSEAL));
        g_assert_true (guard_call (guard, "{\"index\":1,\"verb\":\"entry\"}"));
        g_assert_true (guard_says (guard, "\"act\":\"stop\""));
        g_assert_cmpint (guard_stop (guard), ==, 0);
        g_assert_false (g_file_test (guard->control, G_FILE_TEST_EXISTS));
        guard_free (guard);
}

/* A running daemon that serves, unsealed by a descriptor. */
static Guard *
guard_serving (void)
{
        Guard *guard = guard_new ("test");
        int pipe_fds[2];

        station_approve (guard->station, "alice", "bob");
        g_assert_cmpint (pipe (pipe_fds), ==, 0);
        g_assert_cmpint (
                write (pipe_fds[1], STATION_PASSPHRASE "\n", strlen (STATION_PASSPHRASE) + 1), >,
                0);
        close (pipe_fds[1]);
        guard_start (guard, pipe_fds[0]);
        close (pipe_fds[0]);
        g_assert_true (guard_call (guard, "{\"verb\":\"status\"}"));
        g_assert_true (guard_says (guard, "\"state\":\"serving\""));
        return guard;
}

/* A take whose body is CBOR in bytes, which JSON can not write. */
static void
guard_take (Guard *guard, const char *action, const char *json)
{
        g_autoptr (SekiSecret) answer = NULL;
        g_autoptr (GError) error = NULL;
        SekiCborWriter body, request, text;
        SekiCborReader reader;
        SekiSpan key = SEKI_SPAN_NONE, inner;
        gsize n;

        seki_cbor_writer_init (&body, NULL);
        seki_cbor_writer_init (&request, NULL);
        seki_cbor_writer_init (&text, NULL);
        g_assert_true (seki_json_to_cbor (seki_span_text (json), &body, NULL));
        seki_cbor_write_map (&request, 3);
        seki_cbor_write_literal (&request, "body");
        seki_cbor_write_bytes (&request, seki_cbor_writer_get_span (&body));
        seki_cbor_write_literal (&request, "verb");
        seki_cbor_write_literal (&request, "take");
        seki_cbor_write_literal (&request, "action");
        seki_cbor_write_literal (&request, action);
        answer = seki_control_call (guard->control, seki_cbor_writer_get_span (&request), &error);
        g_assert_no_error (error);
        seki_cbor_reader_init (&reader, seki_secret_get_span (answer));
        g_assert_true (seki_cbor_read_map (&reader, 2, &n, NULL));
        g_assert_true (seki_cbor_read_key (&reader, &key, NULL));
        g_assert_true (seki_span_is (key, "body"));
        g_assert_true (seki_cbor_read_bytes (&reader, &inner, NULL));
        g_assert_true (seki_json_from_cbor (inner, &text, NULL));
        g_free (guard->answer);
        guard->answer = g_strndup ((const char *) text.data, text.len);
        seki_cbor_writer_clear (&body);
        seki_cbor_writer_clear (&request);
        seki_cbor_writer_clear (&text);
}

static void
test_messages (void)
{
        Guard *guard = guard_serving ();

        guard_take (guard, "account.register",
                    "{\"id\":\"import-0001\",\"records\":[{\"code\":\"120576000000000000001\","
                    "\"name\":\"髙橋太郎\",\"kana\":\"タカハシタロウ\","
                    "\"birth\":\"1980-01-02\",\"number\":\"123456789018\",\"address\":"
                    "\"東京都千代田区\",\"holding\":\"yes\"}]}");
        g_assert_true (guard_says (guard, "\"records\":[true]"));
        g_assert_true (
                guard_call (guard, "{\"code\":\"120576000000000000001\",\"verb\":\"story\"}"));
        g_assert_true (guard_says (guard, "\"act\":\"put\""));
        g_assert_true (guard_says (guard, "\"actor\":\"person:"));
        g_assert_null (strstr (guard->answer, "123456789018"));
        g_assert_true (guard_call (guard, "{\"verb\":\"reports\"}"));
        g_assert_true (guard_says (guard, "\"items\":[]"));
        g_assert_true (guard_call (guard, "{\"keys\":[],\"verb\":\"reports.clear\"}"));
        g_assert_true (guard_call (guard, "{\"verb\":\"queue.list\"}"));
        g_assert_true (guard_says (guard, "\"items\":[]"));
        g_assert_false (guard_call (guard, "{\"id\":\"nothing\",\"verb\":\"queue.retry\"}"));
        g_assert_false (guard_call (guard, "{\"id\":\"nothing\",\"verb\":\"queue.cancel\"}"));
        g_assert_true (guard_says (guard, "No message 'nothing'"));
        g_assert_true (guard_call (guard, "{\"verb\":\"peer.list\"}"));
        g_assert_true (guard_says (guard, "\"to\":\"127.0.0.1:1\""));
        g_assert_true (guard_call (guard, "{\"id\":\"ti\",\"verb\":\"peer.test\"}"));
        g_assert_true (guard_says (guard, "\"reached\":false"));
        g_assert_true (guard_says (guard, "unreachable"));
        g_assert_true (guard_call (guard, "{\"id\":\"mirror\",\"verb\":\"peer.test\"}"));
        g_assert_true (guard_says (guard, "\"reached\":true"));
        g_assert_true (guard_call (guard, "{\"id\":\"mirror\",\"verb\":\"peer.test\"}"));
        g_assert_true (guard_says (guard, "\"reached\":true"));
        g_assert_false (guard_call (guard, "{\"id\":\"nobody\",\"verb\":\"peer.test\"}"));
        g_assert_false (guard_call (guard, "{\"verb\":\"statsu\"}"));
        g_assert_true (guard_says (guard, "status"));
        g_assert_cmpint (guard_stop (guard), ==, 0);
        guard_free (guard);
}

static void
test_keys (void)
{
        Guard *guard = guard_serving ();
        g_autofree char *copy = station_file (guard->station, "copy"), *backup = NULL,
                        *request = NULL;
        const char *pem, *end;

        backup = g_strdup_printf ("{\"path\":\"%s\",\"verb\":\"key.backup\"}", copy);
        g_assert_true (guard_call (guard, backup));
        g_assert_true (guard_says (guard, "\"number\":1"));
        g_assert_true (g_file_test (copy, G_FILE_TEST_EXISTS));
        g_assert_true (guard_call (
                guard, "{\"next\":true,\"verb\":\"key.request\",\"subject\":\"CN=node\"}"));
        pem = strstr (guard->answer, "-----BEGIN");
        end = strstr (guard->answer, "\"}");
        g_assert_nonnull (pem);
        request = g_strndup (pem, (gsize) (end - pem));
        {
                g_auto (GStrv) lines = g_strsplit (request, "\\n", -1);
                g_autofree char *text = g_strjoinv ("\n", lines), *certificate = NULL,
                                *escaped = NULL, *install = NULL;

                fake_pki_issue (guard->station->pki, "next",
                                &(FakeCertificate){ .issuer = "ca",
                                                    .san = "DNS:" STATION_NAME,
                                                    .usage = "clientAuth,serverAuth",
                                                    .request = text });
                certificate = fake_pki_read (guard->station->pki, "next.pem");
                escaped = g_strescape (certificate, NULL);
                install = g_strdup_printf ("{\"pem\":\"%s\",\"verb\":\"key.install\"}", escaped);
                g_assert_true (guard_call (guard, install));
        }
        g_assert_true (guard_call (guard, "{\"verb\":\"reload\"}"));
        g_assert_true (guard_says (guard, "\"loaded\":1"));
        g_assert_cmpint (guard_stop (guard), ==, 0);
        guard_free (guard);
}

static void
test_not_approved (void)
{
        Guard *guard = guard_new ("test");

        guard_start (guard, -1);
        g_assert_false (guard_call (guard, UNSEAL));
        g_assert_true (guard_says (guard, "not approved"));
        station_approve (guard->station, "carol", "bob");
        g_assert_true (guard_call (guard, UNSEAL));
        g_assert_cmpint (guard_stop (guard), ==, 0);
        /* A profile that names other persons, approved by those alone. */
        station_add_person (guard->station, "mallory", 0, 0);
        station_add_person (guard->station, "trudy", 0, 0);
        station_write_profile (guard->station, "test");
        station_approve (guard->station, "mallory", "trudy");
        guard_start (guard, -1);
        g_assert_false (guard_call (guard, UNSEAL));
        g_assert_true (guard_says (guard, "were not enrolled"));
        station_approve (guard->station, "alice", "carol");
        g_assert_true (guard_call (guard, UNSEAL));
        g_assert_cmpint (guard_stop (guard), ==, 0);
        guard_free (guard);
}

static void
test_two_on_one_folder (void)
{
        Guard *guard = guard_serving ();
        Guard second = { .station = guard->station };

        guard_start (&second, -1);
        g_assert_cmpint (guard_wait (&second), !=, 0);
        g_assert_true (guard_call (guard, "{\"verb\":\"status\"}"));
        g_assert_cmpint (guard_stop (guard), ==, 0);
        guard_free (guard);
}

static void
test_marks (void)
{
        Guard *guard = guard_new ("test");

        station_write_profile (guard->station, "production");
        guard_start (guard, -1);
        g_assert_cmpint (guard_wait (guard), !=, 0);
        guard_free (guard);
        guard = guard_new ("production");
        station_write_profile (guard->station, "test");
        guard_start (guard, -1);
        g_assert_cmpint (guard_wait (guard), !=, 0);
        guard_free (guard);
}

static void
test_metrics (void)
{
        Guard *guard = guard_serving ();
        g_autofree char *path = station_file (guard->station, "data/metrics");
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        char text[16384] = "";
        gsize len = 0;
        gssize n;
        int fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

        g_strlcpy (address.sun_path, path, sizeof address.sun_path);
        g_assert_cmpint (connect (fd, (const struct sockaddr *) &address, sizeof address), ==, 0);
        g_assert_cmpint (write (fd, "GET /metrics HTTP/1.0\r\n\r\n", 25), ==, 25);
        while ((n = read (fd, text + len, sizeof text - 1 - len)) > 0)
                len += (gsize) n;
        close (fd);
        g_assert_true (g_str_has_prefix (text, "HTTP/1.0 200 OK\r\n"));
        g_assert_nonnull (strstr (text, "application/openmetrics-text"));
        g_assert_nonnull (strstr (text, "\nsekisho_serving 1\n"));
        g_assert_nonnull (strstr (text, "\nsekisho_commit_units_total "));
        g_assert_true (g_str_has_suffix (text, "# EOF\n"));
        g_assert_cmpint (guard_stop (guard), ==, 0);
        guard_free (guard);
}

/* The entry at index once it is there. */
static void
guard_await (Guard *guard, guint index, const char *text)
{
        g_autofree char *request = g_strdup_printf ("{\"index\":%u,\"verb\":\"entry\"}", index);

        for (guint i = 0; i < 300 && !guard_call (guard, request); i++)
                g_usleep (20000);
        g_assert_true (guard_says (guard, text));
}

/* A list that was replaced, a signal, and the verb: each leaves its note. */
static void
test_reload (void)
{
        Guard *guard = guard_serving ();

        guard_await (guard, 0, "\"act\":\"start\"");
        station_write_list (guard->station);
        guard_await (guard, 1, "\"act\":\"reload\"");
        kill (guard->pid, SIGHUP);
        guard_await (guard, 2, "\"act\":\"reload\"");
        g_assert_true (guard_call (guard, "{\"verb\":\"reload\"}"));
        guard_await (guard, 3, "\"actor\":\"person:");
        g_assert_cmpint (guard_stop (guard), ==, 0);
        guard_free (guard);
}

/* A statement by the verb: one announces it, the second makes it hold. */
static void
guard_approve (Guard *guard, const char *text, const char *person, gboolean alone)
{
        g_autoptr (GByteArray) cms = station_sign (guard->station, person, text);
        g_autoptr (SekiSecret) answer = NULL;
        g_autoptr (GError) error = NULL;
        g_auto (SekiBuffer) request, shown;

        seki_cbor_writer_init (&request, NULL);
        seki_cbor_writer_init (&shown, NULL);
        seki_cbor_write_map (&request, 4);
        seki_cbor_write_literal (&request, "verb");
        seki_cbor_write_literal (&request, "approve");
        seki_cbor_write_literal (&request, "alone");
        seki_cbor_write_bool (&request, alone);
        seki_cbor_write_literal (&request, "statement");
        seki_cbor_write_bytes (&request, seki_span_text (text));
        seki_cbor_write_literal (&request, "signatures");
        seki_cbor_write_array (&request, 1);
        seki_cbor_write_bytes (&request, seki_span (cms->data, cms->len));
        answer = seki_control_call (guard->control, seki_cbor_writer_get_span (&request), &error);
        g_assert_no_error (error);
        g_assert_true (seki_json_from_cbor (seki_secret_get_span (answer), &shown, NULL));
        g_free (guard->answer);
        guard->answer = g_strndup ((const char *) shown.data, shown.len);
}

static void
test_approve (void)
{
        Guard *guard = guard_new ("test");
        g_autoptr (SekiProfile) profile = seki_profile_read (guard->station->profile, NULL);
        g_autoptr (SekiConsent) consent = seki_consent_new (profile, NULL, &guard->station->clock);
        g_autofree char *text = seki_consent_statement (consent);

        guard_start (guard, -1);
        g_assert_true (guard_call (guard, "{\"verb\":\"status\"}"));
        guard_approve (guard, text, "alice", TRUE);
        g_assert_true (guard_says (guard, "\"holds\":false"));
        g_assert_true (guard_says (guard, "\"holds_from\":"));
        g_assert_false (guard_call (guard, UNSEAL));
        g_assert_true (guard_says (guard, "alone signed it"));
        guard_approve (guard, text, "alice", FALSE);
        g_assert_true (guard_says (guard, "signed this already"));
        guard_approve (guard, text, "bob", FALSE);
        g_assert_true (guard_says (guard, "\"holds\":true"));
        g_assert_true (guard_call (guard, UNSEAL));
        guard_await (guard, 0, "approved alice bob");
        g_assert_cmpint (guard_stop (guard), ==, 0);
        guard_free (guard);
}

static int
serve (const char *path, const char *fd)
{
        g_autoptr (GError) error = NULL;
        g_autoptr (SekiProfile) profile = seki_profile_read (path, &error);
        SekiDaemonOptions options = { .passphrase_fd = atoi (fd) };
        int bound = prctl (PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0); /* a test that failed leaves none */
        gboolean ok = bound == 0 && profile != NULL && seki_daemon_run (profile, &options, &error);

        if (!ok)
                g_printerr ("%s\n", error->message);
        prctl (PR_SET_DUMPABLE, 1, 0, 0, 0); /* or it could not be searched for leaks */
        return ok ? 0 : 1;
}

int
main (int argc, char **argv)
{
        int status;

        if (argc == 4 && strcmp (argv[1], "--serve") == 0)
                return serve (argv[2], argv[3]);
        g_test_init (&argc, &argv, NULL);
        seki_json_init ();
        g_assert_true (seki_nss_init (NULL));
        g_test_add_func ("/daemon/from start to stop", test_life);
        g_test_add_func ("/daemon/messages and what is left of them", test_messages);
        g_test_add_func ("/daemon/keys are renewed and copied", test_keys);
        g_test_add_func ("/daemon/not without approval", test_not_approved);
        g_test_add_func ("/daemon/two daemons on one folder", test_two_on_one_folder);
        g_test_add_func ("/daemon/test and production do not mix", test_marks);
        g_test_add_func ("/daemon/metrics", test_metrics);
        g_test_add_func ("/daemon/lists and certificate anew", test_reload);
        g_test_add_func ("/daemon/approval over the socket", test_approve);
        status = g_test_run ();
        g_assert_true (seki_nss_shutdown ());
        return status;
}
