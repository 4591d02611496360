/* SPDX-License-Identifier: Apache-2.0 */
/* A worker's event loop: one epoll set in one GSource of the worker's own
 * GMainContext (cost per event flat to 4,000 descriptors, measured).  Everything
 * but post belongs to the loop's own thread. */
#pragma once

#include "base/clock.h"

G_BEGIN_DECLS

typedef struct SekiLoop SekiLoop;
typedef void (*SekiLoopFunc) (gpointer user);
typedef void (*SekiWatchFunc) (guint32 events, gpointer user);          /* EPOLLIN, EPOLLOUT, ... */

SekiLoop *seki_loop_new (const SekiClock *clock, GError **error);
void seki_loop_free (SekiLoop *loop);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SekiLoop, seki_loop_free)
GMainContext *seki_loop_get_context (SekiLoop *loop);
void seki_loop_run (SekiLoop *loop);            /* until quit */
void seki_loop_quit (SekiLoop *loop);           /* any thread */
/* Runs func on the loop's thread; any thread. */
void seki_loop_post (SekiLoop *loop, SekiLoopFunc func, gpointer user);
/* Called once after each round of events: where a worker hands its round of
 * exchanges to the committer (D6). */
void seki_loop_set_round (SekiLoop *loop, SekiLoopFunc func, gpointer user);

/* Watches a descriptor, edge-triggered, for input, output and hang-up. */
typedef struct SekiWatch SekiWatch;
SekiWatch *seki_loop_watch (SekiLoop *loop, int fd, SekiWatchFunc func, gpointer user, GError **error);
void seki_watch_free (SekiWatch *watch);        /* safe inside its own call */

/* Calls func every interval microseconds, coarsely; 0 once freed by itself. */
typedef struct SekiTimer SekiTimer;
SekiTimer *seki_loop_timer (SekiLoop *loop, gint64 interval, SekiLoopFunc func, gpointer user);
void seki_timer_free (SekiTimer *timer);

G_END_DECLS
