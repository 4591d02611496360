/* SPDX-License-Identifier: Apache-2.0 */
/* A worker's event loop: one epoll set in one GSource of the worker's own
 * GMainContext (cost per event flat to 4,000 descriptors, measured).  Everything
 * but post and quit belongs to the loop's own thread.
 *
 * A round is: one batch of ready descriptors, the functions posted until then,
 * the timers that are due, then the round hook.  Whatever is freed within a
 * round is not called again in it. */
#pragma once

#include "base/clock.h"

G_BEGIN_DECLS

typedef struct SekiLoop SekiLoop;
typedef void (*SekiLoopFunc) (gpointer user);
typedef void (*SekiWatchFunc) (guint32 events, gpointer user);          /* EPOLLIN, EPOLLOUT, ... */

/* clock outlives the loop.  A test that moves a clock of its own posts
 * something afterwards: the loop sleeps in the machine's time. */
SekiLoop *seki_loop_new (const SekiClock *clock, GError **error);
/* After its watches and timers; functions still waiting are not run. */
void seki_loop_free (SekiLoop *loop);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SekiLoop, seki_loop_free)
GMainContext *seki_loop_get_context (SekiLoop *loop);
const SekiClock *seki_loop_get_clock (const SekiLoop *loop);
void seki_loop_run (SekiLoop *loop);            /* until quit */
/* Any thread.  What was posted before it still runs; before run, run returns at once. */
void seki_loop_quit (SekiLoop *loop);
/* Runs func on the loop's thread, in the order of posting; any thread. */
void seki_loop_post (SekiLoop *loop, SekiLoopFunc func, gpointer user);
/* Called once after each round of events: where a worker hands its round of
 * exchanges to the committer (D6). */
void seki_loop_set_round (SekiLoop *loop, SekiLoopFunc func, gpointer user);

/* Watches a descriptor, edge-triggered, for input, output and hang-up.  The
 * descriptor stays the caller's; it is closed after the watch was freed. */
typedef struct SekiWatch SekiWatch;
SekiWatch *seki_loop_watch (SekiLoop *loop, int fd, SekiWatchFunc func, gpointer user,
                            GError **error);
/* Calls the watch in the next round too, with these events: for work that was
 * cut short in fairness to others. */
void seki_watch_again (SekiWatch *watch, guint32 events);
void seki_watch_free (SekiWatch *watch);        /* safe inside its own call */

/* Calls func every interval microseconds, coarsely.  Interval 0: once, in the
 * next round; the timer then frees itself. */
typedef struct SekiTimer SekiTimer;
SekiTimer *seki_loop_timer (SekiLoop *loop, gint64 interval, SekiLoopFunc func, gpointer user);
void seki_timer_free (SekiTimer *timer);        /* safe inside its own call */

G_END_DECLS
