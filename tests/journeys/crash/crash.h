/* SPDX-License-Identifier: Apache-2.0 */
/* The harness: a clerk that is killed, and a journal of what it acknowledged,
 * kept where the clerk's store is not. */
#pragma once

#include "journeys/desk.h"

G_BEGIN_DECLS

typedef struct {
        char id[24];
        guint account;
        gboolean erases, erased;        /* it erases; another one erases what it stored */
        gboolean acknowledged;
        guint64 index;
} Order;

typedef struct {
        char *folder;                   /* of the desk */
        GArray *orders;                 /* Order, in the order they were given */
        guint64 seed;
        guint kills, acknowledged, resent, in_doubt;
        guint lost, twice, repairs;     /* what must stay 0 */
        char *why;                      /* the first thing that was wrong; NULL */
        gint64 slowest;                 /* microseconds of the slowest opening */
} Crash;

typedef enum { CRASH_TIME, CRASH_BEFORE, CRASH_AFTER, CRASH_LIE, CRASH_NEVER } CrashHow;

Crash *crash_new (guint64 seed);
void crash_free (Crash *crash);
guint crash_random (Crash *crash, guint below);

/* Lets a clerk work on orders until it is killed: at a random time, or by the
 * fault at its at-th commit.  What was not acknowledged goes first, same id. */
void crash_run (Crash *crash, CrashHow how, guint at, guint n_orders);
/* Opens the desk as after any restart and looks for everything that was
 * acknowledged; counts what is wrong. */
void crash_verify (Crash *crash);
/* The desk on this folder; NULL with the error when it does not open. */
Desk *crash_open (const char *folder, GError **error);

G_END_DECLS
