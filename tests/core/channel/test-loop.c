/* SPDX-License-Identifier: Apache-2.0 */
#include "channel/loop.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define POSTERS 4
#define POSTS 5000

typedef struct {
        SekiLoop *loop;
        guint calls, rounds, wanted;
        guint last[POSTERS];
        gboolean in_order;
} Bench;

typedef struct {
        Bench *bench;
        guint poster, number;
} Post;

static SekiLoop *
new_loop (void)
{
        g_autoptr (GError) error = NULL;
        SekiLoop *loop = seki_loop_new (seki_clock_system (), &error);
        g_assert_no_error (error);
        return loop;
}

static void
take_post (gpointer user)
{
        Post *post = user;
        Bench *bench = post->bench;
        bench->in_order &= post->number == bench->last[post->poster] + 1;
        bench->last[post->poster] = post->number;
        if (++bench->calls == bench->wanted)
                seki_loop_quit (bench->loop);
        g_free (post);
}

static gpointer
send_posts (gpointer user)
{
        Post *first = user;
        for (guint i = 1; i <= POSTS; i++) {
                Post *post = g_memdup2 (first, sizeof *first);
                post->number = i;
                seki_loop_post (first->bench->loop, take_post, post);
        }
        return NULL;
}

static void
count_round (gpointer user)
{
        ((Bench *) user)->rounds++;
}

static void
test_posts (void)
{
        g_autoptr (SekiLoop) loop = new_loop ();
        Bench bench = { .loop = loop, .wanted = POSTERS * POSTS, .in_order = TRUE };
        pthread_t threads[POSTERS];
        Post posts[POSTERS];

        seki_loop_set_round (loop, count_round, &bench);
        for (guint i = 0; i < POSTERS; i++) {
                posts[i] = (Post){ &bench, i, 0 };
                pthread_create (&threads[i], NULL, send_posts, &posts[i]);
        }
        seki_loop_run (loop);
        for (guint i = 0; i < POSTERS; i++)
                pthread_join (threads[i], NULL);
        g_assert_cmpuint (bench.calls, ==, POSTERS * POSTS);
        g_assert_true (bench.in_order);
        g_assert_cmpuint (bench.rounds, >, 0);
        g_assert_cmpuint (bench.rounds, <=, bench.calls + 1);
}

static void
count_call (gpointer user)
{
        ((Bench *) user)->calls++;
}

static void
test_quit_after_posts (void)
{
        g_autoptr (SekiLoop) loop = new_loop ();
        Bench bench = { .loop = loop };

        for (guint i = 0; i < 10; i++)
                seki_loop_post (loop, count_call, &bench);
        seki_loop_quit (loop);
        seki_loop_run (loop);
        g_assert_cmpuint (bench.calls, ==, 10);
        seki_loop_quit (loop);
        seki_loop_run (loop);
}

typedef struct {
        Bench bench;
        SekiTimer *timer, *victim;
} Timers;

static void
tick (gpointer user)
{
        Timers *timers = user;
        if (++timers->bench.calls < 3)
                return;
        seki_timer_free (timers->timer);
        seki_timer_free (timers->victim);
        seki_loop_quit (timers->bench.loop);
}

static void
never (gpointer user G_GNUC_UNUSED)
{
        g_assert_not_reached ();
}

static void
test_timers (void)
{
        g_autoptr (SekiLoop) loop = new_loop ();
        Timers timers = { .bench.loop = loop };
        Bench once = { .loop = loop };
        gint64 start = g_get_monotonic_time ();

        timers.timer = seki_loop_timer (loop, 20000, tick, &timers);
        timers.victim = seki_loop_timer (loop, 600 * G_USEC_PER_SEC, never, NULL);
        seki_loop_timer (loop, 0, count_call, &once);
        seki_loop_run (loop);
        g_assert_cmpuint (timers.bench.calls, ==, 3);
        g_assert_cmpuint (once.calls, ==, 1);
        g_assert_cmpint (g_get_monotonic_time () - start, >=, 60000);
}

/* Two timers that fall due in one round, each freeing the other. */
static void
test_timer_freed_while_due (void)
{
        g_autoptr (SekiLoop) loop = new_loop ();
        Timers a = { .bench = { .loop = loop, .calls = 2 } }, b = a;

        a.timer = b.victim = seki_loop_timer (loop, 1000, tick, &a);
        b.timer = a.victim = seki_loop_timer (loop, 1000, tick, &b);
        g_usleep (5000);
        seki_loop_run (loop);
        g_assert_cmpuint (a.bench.calls + b.bench.calls, ==, 5);
}

static gint64
clock_read (gpointer self)
{
        return *(gint64 *) self;
}

static void
move_clock (gpointer user)
{
        *(gint64 *) user += G_GINT64_CONSTANT (3600) * G_USEC_PER_SEC;
}

static void
quit_loop (gpointer user)
{
        seki_loop_quit (user);
}

static void
test_own_clock (void)
{
        gint64 now = 1;
        SekiClock clock = { clock_read, clock_read, &now };
        g_autoptr (SekiLoop) loop = seki_loop_new (&clock, NULL);
        gint64 start = g_get_monotonic_time ();

        seki_loop_timer (loop, G_GINT64_CONSTANT (3600) * G_USEC_PER_SEC, quit_loop, loop);
        seki_loop_post (loop, move_clock, &now);
        seki_loop_run (loop);
        g_assert_cmpint (g_get_monotonic_time () - start, <, 10 * G_USEC_PER_SEC);
}

typedef struct {
        SekiLoop *loop;
        SekiWatch *watch[2];
        int fd[2];
        guint calls[2], again;
        guint32 events;
} Pair;

static void
pair_open (Pair *pair, SekiLoop *loop)
{
        *pair = (Pair){ .loop = loop };
        g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0,
                                     pair->fd),
                         ==, 0);
}

static void
pair_close (Pair *pair)
{
        seki_watch_free (pair->watch[0]);
        seki_watch_free (pair->watch[1]);
        close (pair->fd[0]);
        close (pair->fd[1]);
}

/* Whoever of the two is called first frees both. */
static void
free_both (guint32 events G_GNUC_UNUSED, gpointer user)
{
        Pair *pair = user;
        pair->calls[0]++;
        g_clear_pointer (&pair->watch[0], seki_watch_free);
        g_clear_pointer (&pair->watch[1], seki_watch_free);
        seki_loop_quit (pair->loop);
}

static void
test_watch_freed_in_call (void)
{
        g_autoptr (SekiLoop) loop = new_loop ();
        Pair pair;
        pair_open (&pair, loop);
        for (guint i = 0; i < 2; i++)
                pair.watch[i] = seki_loop_watch (loop, pair.fd[i], free_both, &pair, NULL);
        seki_loop_run (loop);
        g_assert_cmpuint (pair.calls[0], ==, 1);
        pair_close (&pair);
}

static void
ask_again (guint32 events, gpointer user)
{
        Pair *pair = user;
        pair->events |= events;
        if (pair->again++ < 5)
                seki_watch_again (pair->watch[0], EPOLLPRI);
        else
                free_both (events, user);
}

static void
test_watch_again (void)
{
        g_autoptr (SekiLoop) loop = new_loop ();
        Bench bench = { .loop = loop };
        Pair pair;
        pair_open (&pair, loop);
        seki_loop_set_round (loop, count_round, &bench);
        pair.watch[0] = seki_loop_watch (loop, pair.fd[0], ask_again, &pair, NULL);
        seki_loop_run (loop);
        g_assert_cmpuint (pair.again, ==, 6);
        g_assert_true ((pair.events & EPOLLPRI) != 0 && (pair.events & EPOLLOUT) != 0);
        g_assert_cmpuint (bench.rounds, >=, 6);
        pair_close (&pair);
}

/* Asked for again and freed before its turn. */
static void
test_watch_again_then_freed (void)
{
        g_autoptr (SekiLoop) loop = new_loop ();
        Pair pair;
        pair_open (&pair, loop);
        pair.watch[0] = seki_loop_watch (loop, pair.fd[0], ask_again, &pair, NULL);
        seki_watch_again (pair.watch[0], EPOLLIN);
        seki_watch_free (g_steal_pointer (&pair.watch[0]));
        seki_loop_quit (loop);
        seki_loop_run (loop);
        g_assert_cmpuint (pair.again, ==, 0);
        pair_close (&pair);
}

static void
note_events (guint32 events, gpointer user)
{
        Pair *pair = user;
        pair->events |= events;
        pair->calls[0]++;
        if ((events & EPOLLRDHUP) != 0)
                seki_loop_quit (pair->loop);
}

static void
hang_up (gpointer user)
{
        shutdown (((Pair *) user)->fd[1], SHUT_WR);
}

static void
test_watch_is_edge_triggered (void)
{
        g_autoptr (SekiLoop) loop = new_loop ();
        Pair pair;
        pair_open (&pair, loop);
        g_assert_cmpint (write (pair.fd[1], "x", 1), ==, 1);
        pair.watch[0] = seki_loop_watch (loop, pair.fd[0], note_events, &pair, NULL);
        seki_loop_timer (loop, 50000, hang_up, &pair);
        seki_loop_run (loop);
        g_assert_true ((pair.events & (EPOLLIN | EPOLLOUT | EPOLLRDHUP)) ==
                       (EPOLLIN | EPOLLOUT | EPOLLRDHUP));
        g_assert_cmpuint (pair.calls[0], ==, 2);
        pair_close (&pair);
}

static void
test_watch_of_nothing (void)
{
        g_autoptr (SekiLoop) loop = new_loop ();
        g_autoptr (GError) error = NULL;
        g_assert_null (seki_loop_watch (loop, -1, note_events, NULL, &error));
        g_assert_error (error, SEKI_ERROR, SEKI_ERROR_LIMIT);
}

int
main (int argc, char **argv)
{
        g_test_init (&argc, &argv, NULL);
        g_test_add_func ("/loop/posts from four threads arrive once and in order", test_posts);
        g_test_add_func ("/loop/what was posted before quit still runs", test_quit_after_posts);
        g_test_add_func ("/loop/timers call at their interval, once or until freed", test_timers);
        g_test_add_func ("/loop/a timer freed while due is not called", test_timer_freed_while_due);
        g_test_add_func ("/loop/timers follow the clock handed in", test_own_clock);
        g_test_add_func ("/loop/a watch freed inside a call is not called again",
                         test_watch_freed_in_call);
        g_test_add_func ("/loop/a watch that asks again comes once in each round",
                         test_watch_again);
        g_test_add_func ("/loop/a watch that asked again and was freed is not called",
                         test_watch_again_then_freed);
        g_test_add_func ("/loop/a descriptor is told of once per change",
                         test_watch_is_edge_triggered);
        g_test_add_func ("/loop/a descriptor that is none is an error", test_watch_of_nothing);
        return g_test_run ();
}
