/* SPDX-License-Identifier: Apache-2.0 */
/* The control socket, with clients that behave and clients that do not. */
#include "daemon/control.h"

#include "base/bytes.h"

#include <glib/gstdio.h>
#include <pthread.h>
#include <pwd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

typedef struct {
        char *folder, *path;
        SekiControl *control;
        SekiParty own, person;
        SekiLogin logins[2];
        guint requests;
        char *actor;       /* of the last request */
        SekiRequest *held; /* of the verb "hold" */
} Room;

static void
room_handle (SekiRequest *request, gpointer user)
{
        Room *room = user;
        SekiCborWriter writer;

        room->requests++;
        g_free (room->actor);
        room->actor = g_strdup (seki_request_get_caller (request)->id);
        if (seki_span_is (seki_request_get (request, "verb"), "hold")) {
                room->held = request;
                return;
        }
        if (seki_span_is (seki_request_get (request, "verb"), "refuse")) {
                g_autoptr (GError) error = g_error_new_literal (SEKI_ERROR, SEKI_ERROR_BUSY, "no");

                seki_request_refuse (request, error);
                return;
        }
        seki_cbor_writer_init (&writer, NULL);
        seki_cbor_write_map (&writer, 1);
        seki_cbor_write_literal (&writer, "n");
        seki_cbor_write_int (&writer, seki_request_get_int (request, "n", -7));
        seki_request_answer (request, seki_cbor_writer_get_span (&writer));
        seki_cbor_writer_clear (&writer);
}

/* enrolled: the account of this process is the login of a person. */
static void
room_open (Room *room, gboolean enrolled)
{
        const struct passwd *account = getpwuid (geteuid ());
        g_autoptr (GError) error = NULL;

        *room = (Room){ 0 };
        room->folder = g_dir_make_tmp ("sekisho-control-XXXXXX", NULL);
        room->path = g_build_filename (room->folder, "control", NULL);
        room->own = (SekiParty){ .id = "person", .kind = SEKI_CALLER_PERSON, .country = "JP" };
        room->person = room->own;
        room->person.id = "person:alice";
        room->logins[0] =
                (SekiLogin){ enrolled ? account->pw_name : "nobody-of-that-name", &room->person };
        room->control =
                seki_control_new (room->path, room->logins, &room->own, room_handle, room, &error);
        g_assert_no_error (error);
}

static void
room_close (Room *room)
{
        seki_control_free (room->control);
        g_assert_false (g_file_test (room->path, G_FILE_TEST_EXISTS));
        g_rmdir (room->folder);
        g_free (room->folder);
        g_free (room->path);
        g_free (room->actor);
}

static int
room_connect (Room *room)
{
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        const struct timeval soon = { .tv_sec = 5 };
        int fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

        g_strlcpy (address.sun_path, room->path, sizeof address.sun_path);
        g_assert_cmpint (connect (fd, (const struct sockaddr *) &address, sizeof address), ==, 0);
        setsockopt (fd, SOL_SOCKET, SO_RCVTIMEO, &soon, sizeof soon);
        return fd;
}

static void
room_turn (void)
{
        for (guint i = 0; i < 20; i++)
                g_main_context_iteration (NULL, FALSE);
}

/* { "n": 5, "verb": "add" } behind its length */
static const guint8 frame[] = { 0,   0,   0,   13,  0xa2, 0x61, 'n', 5,  0x64,
                                'v', 'e', 'r', 'b', 0x63, 'a',  'd', 'd' };

static void
expect_answer (int fd, guint8 n)
{
        guint8 in[32];
        gsize len = 0;
        gssize got;

        while (len < 8 && (got = recv (fd, in + len, sizeof in - len, MSG_DONTWAIT)) != 0) {
                if (got > 0)
                        len += (gsize) got;
                g_main_context_iteration (NULL, FALSE);
        }
        g_assert_cmpuint (len, ==, 8);
        g_assert_cmpmem (in, 8, ((const guint8[]){ 0, 0, 0, 4, 0xa1, 0x61, 'n', n }), 8);
}

static void
expect_gone (int fd)
{
        guint8 byte;
        gssize got = -1;

        for (guint i = 0; i < 1000 && got < 0; i++) {
                g_main_context_iteration (NULL, FALSE);
                got = recv (fd, &byte, 1, MSG_DONTWAIT);
        }
        g_assert_cmpint (got, ==, 0);
        close (fd);
}

static void
send_all (int fd, const void *data, gsize len)
{
        g_assert_cmpint (send (fd, data, len, MSG_NOSIGNAL), ==, (gssize) len);
}

/* A frame that comes in two parts, cut at every place. */
static void
test_cut (void)
{
        Room room;
        int fd;

        room_open (&room, FALSE);
        fd = room_connect (&room);
        for (gsize cut = 1; cut < sizeof frame; cut++) {
                send_all (fd, frame, cut);
                room_turn ();
                g_assert_cmpuint (room.requests, ==, cut - 1);
                send_all (fd, frame + cut, sizeof frame - cut);
                expect_answer (fd, 5);
        }
        close (fd);
        room_turn ();
        room_close (&room);
}

/* Two frames at once are answered one after the other. */
static void
test_two_frames (void)
{
        guint8 both[2 * sizeof frame];
        Room room;
        int fd;

        room_open (&room, FALSE);
        fd = room_connect (&room);
        memcpy (both, frame, sizeof frame);
        memcpy (both + sizeof frame, frame, sizeof frame);
        both[sizeof frame + 7] = 6;
        send_all (fd, both, sizeof both);
        expect_answer (fd, 5);
        expect_answer (fd, 6);
        close (fd);
        room_close (&room);
}

static void
test_lengths (void)
{
        static const guint8 none[] = { 0, 0, 0, 0 }, huge[] = { 0xff, 0xff, 0xff, 0xff };
        static const guint8 most[] = { 1, 0, 0, 0 }, more[] = { 1, 0, 0, 1 };
        Room room;
        int fd;

        room_open (&room, FALSE);
        fd = room_connect (&room);
        send_all (fd, none, 4);
        expect_gone (fd);
        fd = room_connect (&room);
        send_all (fd, huge, 4);
        expect_gone (fd);
        fd = room_connect (&room);
        send_all (fd, more, 4);
        expect_gone (fd);
        fd = room_connect (&room);
        send_all (fd, most, 4); /* the longest one is waited for */
        room_turn ();
        close (fd);
        room_turn ();
        g_assert_cmpuint (room.requests, ==, 0);
        room_close (&room);
}

static void
expect_refusal (int fd)
{
        guint8 in[512];
        gssize got = -1;

        for (guint i = 0; i < 1000 && got < 0; i++) {
                g_main_context_iteration (NULL, FALSE);
                got = recv (fd, in, sizeof in, MSG_DONTWAIT);
        }
        g_assert_cmpint (got, >, 12);
        g_assert_cmpmem (in + 4, 6,
                         "\xa2\x64"
                         "code",
                         6);
}

/* Not CBOR, not a map, not canonical, followed by something, nested too deep. */
static void
test_not_cbor (void)
{
        static const struct {
                guint8 bytes[16];
                gsize len;
        } bad[] = {
                { { 0xff }, 1 },
                { { 0xa1, 0x61, 'a' }, 3 },
                { { 0xa2, 0x61, 'b', 1, 0x61, 'a', 1 }, 7 },
                { { 0xa2, 0x61, 'a', 1, 0x61, 'a', 1 }, 7 },
                { { 0xa0, 0xa0 }, 2 },
                { { 0x18, 0x01 }, 2 },
                { { 0x81, 0x81, 0x81, 0x81, 0x81, 0x81, 0x81, 0x81, 0x81, 0x81, 0x81, 1 }, 12 },
                { { 0xbb, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff }, 9 },
        };
        Room room;
        int fd;

        room_open (&room, FALSE);
        fd = room_connect (&room);
        for (gsize i = 0; i < G_N_ELEMENTS (bad); i++) {
                guint8 length[4] = { 0, 0, 0, (guint8) bad[i].len };

                send_all (fd, length, 4);
                send_all (fd, bad[i].bytes, bad[i].len);
                expect_refusal (fd);
        }
        g_assert_cmpuint (room.requests, ==, 0);
        send_all (fd, frame, sizeof frame);
        expect_answer (fd, 5);
        close (fd);
        room_close (&room);
}

/* Sixty-four at once; the next is turned away; each is answered its own. */
static void
test_crowd (void)
{
        Room room;
        int fds[64], one_more;
        guint8 own[sizeof frame];

        room_open (&room, FALSE);
        for (guint i = 0; i < G_N_ELEMENTS (fds); i++) {
                fds[i] = room_connect (&room);
                room_turn ();
        }
        one_more = room_connect (&room);
        expect_gone (one_more);
        memcpy (own, frame, sizeof own);
        for (guint8 i = 0; i < G_N_ELEMENTS (fds); i++) {
                own[7] = i % 24;
                send_all (fds[i], own, sizeof own);
        }
        for (guint8 i = 0; i < G_N_ELEMENTS (fds); i++) {
                expect_answer (fds[i], i % 24);
                close (fds[i]);
        }
        room_turn ();
        close (room_connect (&room));
        room_turn ();
        room_close (&room);
}

/* Who asks is known by the system, not by what is said. */
static void
test_caller (void)
{
        const struct passwd *account = getpwuid (geteuid ());
        g_autofree char *wanted = g_strconcat ("person:", account->pw_name, NULL);
        struct stat info;
        Room room;
        int fd;

        room_open (&room, FALSE);
        g_assert_cmpint (stat (room.path, &info), ==, 0);
        g_assert_cmpint (info.st_mode & 0777, ==, 0660);
        fd = room_connect (&room);
        send_all (fd, frame, sizeof frame);
        expect_answer (fd, 5);
        g_assert_cmpstr (room.actor, ==, wanted);
        close (fd);
        room_close (&room);
        room_open (&room, TRUE);
        fd = room_connect (&room);
        send_all (fd, frame, sizeof frame);
        expect_answer (fd, 5);
        g_assert_cmpstr (room.actor, ==, "person:alice");
        close (fd);
        room_close (&room);
}

/* { "verb": "hold" }: answered when its client, or the socket, is gone already. */
static void
test_left_early (void)
{
        static const guint8 hold[] = { 0,   0,   0,    11,  0xa1, 0x64, 'v', 'e',
                                       'r', 'b', 0x64, 'h', 'o',  'l',  'd' };
        static const guint8 empty[] = { 0xa0 };
        Room room;
        int fd;

        room_open (&room, FALSE);
        fd = room_connect (&room);
        send_all (fd, hold, sizeof hold);
        while (room.held == NULL)
                g_main_context_iteration (NULL, TRUE);
        close (fd);
        room_turn ();
        seki_request_answer (room.held, seki_span (empty, sizeof empty));
        room_turn ();
        room.held = NULL;
        fd = room_connect (&room);
        send_all (fd, hold, sizeof hold);
        while (room.held == NULL)
                g_main_context_iteration (NULL, TRUE);
        room_close (&room);
        seki_request_answer (room.held, seki_span (empty, sizeof empty));
        room_turn ();
        close (fd);
}

typedef struct {
        const char *path;
        SekiSpan request;
        SekiSecret *answer;
        GError *error;
        gint done;
} Call;

static void *
call_main (void *user)
{
        Call *call = user;

        call->answer = seki_control_call (call->path, call->request, &call->error);
        g_atomic_int_set (&call->done, 1);
        g_main_context_wakeup (NULL);
        return NULL;
}

static void
room_call (Room *room, Call *call)
{
        pthread_t thread;

        call->path = room->path;
        g_assert_cmpint (pthread_create (&thread, NULL, call_main, call), ==, 0);
        while (!g_atomic_int_get (&call->done))
                g_main_context_iteration (NULL, TRUE);
        pthread_join (thread, NULL);
}

static void
test_call (void)
{
        static const guint8 refuse[] = { 0xa1, 0x64, 'v', 'e', 'r', 'b', 0x66,
                                         'r',  'e',  'f', 'u', 's', 'e' };
        Call call = { .request = { frame + 4, sizeof frame - 4 } };
        Call refused = { .request = { refuse, sizeof refuse } };
        g_autoptr (GError) error = NULL;
        Room room;

        room_open (&room, FALSE);
        room_call (&room, &call);
        g_assert_no_error (call.error);
        g_assert_cmpmem (seki_secret_get_data (call.answer), seki_secret_get_size (call.answer),
                         "\xa1\x61n\x05", 4);
        seki_secret_free (call.answer);
        room_call (&room, &refused);
        g_assert_no_error (refused.error);
        g_assert_cmpmem (seki_secret_get_data (refused.answer), 6,
                         "\xa2\x64"
                         "code",
                         6);
        seki_secret_free (refused.answer);
        room_close (&room);
        g_assert_null (seki_control_call ("/nonexistent/control", call.request, &error));
        g_assert_error (error, SEKI_ERROR, SEKI_ERROR_PEER);
}

int
main (int argc, char **argv)
{
        g_test_init (&argc, &argv, NULL);
        g_test_add_func ("/control/a frame cut anywhere", test_cut);
        g_test_add_func ("/control/two frames at once", test_two_frames);
        g_test_add_func ("/control/lengths", test_lengths);
        g_test_add_func ("/control/not CBOR", test_not_cbor);
        g_test_add_func ("/control/a crowd", test_crowd);
        g_test_add_func ("/control/who calls", test_caller);
        g_test_add_func ("/control/clients that leave early", test_left_early);
        g_test_add_func ("/control/the other end", test_call);
        return g_test_run ();
}
