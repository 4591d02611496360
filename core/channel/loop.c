/* SPDX-License-Identifier: Apache-2.0 */
#include "channel/loop.h"

#include "base/text.h"

#include <errno.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define EVENTS_PER_ROUND 128

typedef struct {
        SekiLoopFunc func;
        gpointer user;
} LoopCall;

struct SekiWatch {
        SekiLoop *loop;
        SekiWatchFunc func;             /* NULL once freed */
        gpointer user;
        int fd;
        guint32 again;                  /* events for the next round */
        gboolean waiting;               /* stands in loop->again */
};

struct SekiTimer {
        SekiLoop *loop;
        SekiLoopFunc func;              /* NULL once freed */
        gpointer user;
        gint64 interval, due;
};

typedef struct {
        GSource source;
        SekiLoop *loop;
        gpointer tag;
} LoopSource;

struct SekiLoop {
        const SekiClock *clock;
        GMainContext *context;
        LoopSource *source;
        int epoll, wake;
        gint64 time;
        gboolean quit;
        LoopCall round;
        GPtrArray *timers;              /* SekiTimer; few, so that a walk is cheap */
        GPtrArray *again, *again_now;   /* SekiWatch */
        GPtrArray *graves;              /* freed within this round; memory goes after it */
        pthread_mutex_t lock;           /* guards posted */
        GArray *posted;                 /* LoopCall */
        GArray *running;
};

/* posts */

void
seki_loop_post (SekiLoop *loop, SekiLoopFunc func, gpointer user)
{
        LoopCall call = { func, user };
        guint64 one = 1;
        pthread_mutex_lock (&loop->lock);
        gboolean first = loop->posted->len == 0;
        g_array_append_val (loop->posted, call);
        pthread_mutex_unlock (&loop->lock);
        while (first && write (loop->wake, &one, sizeof one) < 0 && errno == EINTR)
                ;
}

static void
loop_run_posted (SekiLoop *loop)
{
        guint64 count;
        while (read (loop->wake, &count, sizeof count) < 0 && errno == EINTR)
                ;
        pthread_mutex_lock (&loop->lock);
        GArray *calls = loop->posted;
        loop->posted = loop->running;
        loop->running = calls;
        pthread_mutex_unlock (&loop->lock);
        for (guint i = 0; i < calls->len; i++) {
                LoopCall call = g_array_index (calls, LoopCall, i);
                call.func (call.user);
        }
        g_array_set_size (calls, 0);
}

static void
loop_stop (gpointer user)
{
        ((SekiLoop *) user)->quit = TRUE;
}

void
seki_loop_quit (SekiLoop *loop)
{
        seki_loop_post (loop, loop_stop, loop);
}

/* timers */

SekiTimer *
seki_loop_timer (SekiLoop *loop, gint64 interval, SekiLoopFunc func, gpointer user)
{
        SekiTimer *timer = g_new0 (SekiTimer, 1);
        *timer = (SekiTimer){ loop, func, user, MAX (interval, 0), 0 };
        timer->due = seki_clock_monotonic (loop->clock) + timer->interval;
        g_ptr_array_add (loop->timers, timer);
        return timer;
}

void
seki_timer_free (SekiTimer *timer)
{
        if (timer == NULL || timer->func == NULL)
                return;
        timer->func = NULL;
        g_ptr_array_remove_fast (timer->loop->timers, timer);
        g_ptr_array_add (timer->loop->graves, timer);
}

static void
timer_fire (SekiTimer *timer, gint64 now)
{
        LoopCall call = { timer->func, timer->user };
        if (timer->interval == 0)
                seki_timer_free (timer);
        else
                timer->due = now + timer->interval;
        call.func (call.user);
}

/* A call may add and free timers, so the due ones are collected first. */
static void
loop_run_timers (SekiLoop *loop)
{
        g_autoptr (GPtrArray) due = NULL;
        for (guint i = 0; i < loop->timers->len; i++) {
                SekiTimer *timer = g_ptr_array_index (loop->timers, i);
                if (timer->due > loop->time)
                        continue;
                if (due == NULL)
                        due = g_ptr_array_new ();
                g_ptr_array_add (due, timer);
        }
        for (guint i = 0; due != NULL && i < due->len; i++) {
                SekiTimer *timer = g_ptr_array_index (due, i);
                if (timer->func != NULL)
                        timer_fire (timer, loop->time);
        }
}

static gint64
loop_next_due (const SekiLoop *loop)
{
        gint64 due = G_MAXINT64;
        for (guint i = 0; i < loop->timers->len; i++) {
                const SekiTimer *timer = g_ptr_array_index (loop->timers, i);
                due = MIN (due, timer->due);
        }
        return due;
}

/* watches */

SekiWatch *
seki_loop_watch (SekiLoop *loop, int fd, SekiWatchFunc func, gpointer user, GError **error)
{
        SekiWatch *watch = g_new0 (SekiWatch, 1);
        *watch = (SekiWatch){ .loop = loop, .func = func, .user = user, .fd = fd };
        struct epoll_event event = { EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, { .ptr = watch } };
        if (epoll_ctl (loop->epoll, EPOLL_CTL_ADD, fd, &event) == 0)
                return watch;
        g_set_error (error, SEKI_ERROR, SEKI_ERROR_LIMIT,
                     _("A connection cannot be watched (%s); raise fs.epoll.max_user_watches."),
                     g_strerror (errno));
        g_free (watch);
        return NULL;
}

void
seki_watch_again (SekiWatch *watch, guint32 events)
{
        if (watch->func == NULL)
                return;
        watch->again |= events;
        if (!watch->waiting)
                g_ptr_array_add (watch->loop->again, watch);
        watch->waiting = TRUE;
}

void
seki_watch_free (SekiWatch *watch)
{
        if (watch == NULL || watch->func == NULL)
                return;
        watch->func = NULL;
        epoll_ctl (watch->loop->epoll, EPOLL_CTL_DEL, watch->fd, NULL);
        if (watch->waiting)
                g_ptr_array_remove_fast (watch->loop->again, watch);
        g_ptr_array_add (watch->loop->graves, watch);
}

/* Watches asked for again: the list is exchanged, so that one that asks once
 * more waits for the round after. */
static void
loop_run_again (SekiLoop *loop)
{
        GPtrArray *now = loop->again;
        loop->again = loop->again_now;
        loop->again_now = now;
        for (guint i = 0; i < now->len; i++)
                ((SekiWatch *) g_ptr_array_index (now, i))->waiting = FALSE;
        for (guint i = 0; i < now->len; i++) {
                SekiWatch *watch = g_ptr_array_index (now, i);
                guint32 events = watch->again;
                watch->again = 0;
                if (watch->func != NULL)
                        watch->func (events, watch->user);
        }
        g_ptr_array_set_size (now, 0);
}

static void
loop_run_ready (SekiLoop *loop)
{
        struct epoll_event events[EVENTS_PER_ROUND];
        gboolean woken = FALSE;
        int n = epoll_wait (loop->epoll, events, EVENTS_PER_ROUND, 0);
        for (int i = 0; i < n; i++) {
                SekiWatch *watch = events[i].data.ptr;
                if (watch == NULL)
                        woken = TRUE;
                else if (watch->func != NULL)
                        watch->func (events[i].events, watch->user);
        }
        if (woken)
                loop_run_posted (loop);
}

/* the source */

static gboolean
source_prepare (GSource *source, gint *out_timeout)
{
        SekiLoop *loop = ((LoopSource *) source)->loop;
        gint64 due = loop_next_due (loop);
        *out_timeout = -1;
        if (due != G_MAXINT64) {
                gint64 left = due - seki_clock_monotonic (loop->clock);
                *out_timeout = (gint) CLAMP ((left + 999) / 1000, 0, G_MAXINT);
        }
        return loop->again->len > 0 || *out_timeout == 0;
}

static gboolean
source_check (GSource *source)
{
        SekiLoop *loop = ((LoopSource *) source)->loop;
        return g_source_query_unix_fd (source, ((LoopSource *) source)->tag) != 0 ||
               loop->again->len > 0 || loop_next_due (loop) <= seki_clock_monotonic (loop->clock);
}

static gboolean
source_dispatch (GSource *source, GSourceFunc func G_GNUC_UNUSED, gpointer user G_GNUC_UNUSED)
{
        SekiLoop *loop = ((LoopSource *) source)->loop;
        loop->time = seki_clock_monotonic (loop->clock);
        loop_run_again (loop);
        loop_run_ready (loop);
        loop_run_timers (loop);
        if (loop->round.func != NULL)
                loop->round.func (loop->round.user);
        g_ptr_array_set_size (loop->graves, 0);
        return G_SOURCE_CONTINUE;
}

void
seki_loop_set_round (SekiLoop *loop, SekiLoopFunc func, gpointer user)
{
        loop->round = (LoopCall){ func, user };
}

/* the loop */

static gboolean
loop_open (SekiLoop *loop, GError **error)
{
        struct epoll_event event = { EPOLLIN, { .ptr = NULL } };
        loop->epoll = epoll_create1 (EPOLL_CLOEXEC);
        loop->wake = eventfd (0, EFD_CLOEXEC | EFD_NONBLOCK);
        if (loop->epoll >= 0 && loop->wake >= 0 &&
            epoll_ctl (loop->epoll, EPOLL_CTL_ADD, loop->wake, &event) == 0)
                return TRUE;
        g_set_error (error, SEKI_ERROR, SEKI_ERROR_LIMIT,
                     _("An event loop cannot be made (%s); raise the limit of open files."),
                     g_strerror (errno));
        return FALSE;
}

static void
loop_attach (SekiLoop *loop)
{
        static GSourceFuncs funcs = { .prepare = source_prepare, .check = source_check,
                                      .dispatch = source_dispatch };
        loop->source = (LoopSource *) g_source_new (&funcs, sizeof (LoopSource));
        loop->source->loop = loop;
        loop->source->tag = g_source_add_unix_fd (&loop->source->source, loop->epoll, G_IO_IN);
        g_source_set_static_name (&loop->source->source, "sekisho");
        g_source_attach (&loop->source->source, loop->context);
}

SekiLoop *
seki_loop_new (const SekiClock *clock, GError **error)
{
        SekiLoop *loop = g_new0 (SekiLoop, 1);
        loop->clock = clock;
        loop->time = seki_clock_monotonic (clock);
        loop->context = g_main_context_new ();
        loop->timers = g_ptr_array_new ();
        loop->again = g_ptr_array_new ();
        loop->again_now = g_ptr_array_new ();
        loop->graves = g_ptr_array_new_with_free_func (g_free);
        loop->posted = g_array_new (FALSE, FALSE, sizeof (LoopCall));
        loop->running = g_array_new (FALSE, FALSE, sizeof (LoopCall));
        pthread_mutex_init (&loop->lock, NULL);
        if (!loop_open (loop, error)) {
                seki_loop_free (loop);
                return NULL;
        }
        loop_attach (loop);
        return loop;
}

void
seki_loop_free (SekiLoop *loop)
{
        if (loop == NULL)
                return;
        if (loop->source != NULL) {
                g_source_destroy (&loop->source->source);
                g_source_unref (&loop->source->source);
        }
        g_main_context_unref (loop->context);
        if (loop->epoll >= 0)
                close (loop->epoll);
        if (loop->wake >= 0)
                close (loop->wake);
        g_ptr_array_set_free_func (loop->timers, g_free);
        g_ptr_array_unref (loop->timers);
        g_ptr_array_unref (loop->again);
        g_ptr_array_unref (loop->again_now);
        g_ptr_array_unref (loop->graves);
        g_array_unref (loop->posted);
        g_array_unref (loop->running);
        pthread_mutex_destroy (&loop->lock);
        g_free (loop);
}

GMainContext *
seki_loop_get_context (SekiLoop *loop)
{
        return loop->context;
}

const SekiClock *
seki_loop_get_clock (const SekiLoop *loop)
{
        return loop->clock;
}

void
seki_loop_run (SekiLoop *loop)
{
        g_main_context_push_thread_default (loop->context);
        while (!loop->quit)
                g_main_context_iteration (loop->context, TRUE);
        loop->quit = FALSE;
        g_main_context_pop_thread_default (loop->context);
}
