/* SPDX-License-Identifier: Apache-2.0 */
/* Time and chance reach the core through tables, so that a test can replay a
 * failure from its seed (D18). */
#pragma once

#include <sekisho/base.h>

G_BEGIN_DECLS

typedef struct {
        gint64 (*now) (gpointer self);          /* microseconds since 1970-01-01T00:00Z */
        gint64 (*monotonic) (gpointer self);    /* microseconds that only grow */
        gpointer self;
} SekiClock;

/* The clock of the system; constant, never freed. */
const SekiClock *seki_clock_system (void);

static inline gint64
seki_clock_now (const SekiClock *clock)
{
        return clock->now (clock->self);
}

static inline gint64
seki_clock_monotonic (const SekiClock *clock)
{
        return clock->monotonic (clock->self);
}

/* Calendar year in Japan's time (UTC+9, no daylight saving). */
gint seki_time_year_japan (gint64 time);
/* "2026-11-24T09:00:00+09:00"; out has at least 26 bytes.  Years before 1 and
 * after 9999 are clamped. */
void seki_time_format (gint64 time, char out[26]);
/* Reads that form, any offset or "Z"; FALSE if it is not one. */
gboolean seki_time_parse (SekiSpan text, gint64 *out_time);
/* Whether text is a calendar date YYYY-MM-DD that exists. */
gboolean seki_date_is_valid (SekiSpan text);

typedef struct {
        gboolean (*fill) (gpointer self, guint8 *out, gsize len);
        gpointer self;
} SekiRandom;

G_END_DECLS
