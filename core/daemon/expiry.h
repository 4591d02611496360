/* SPDX-License-Identifier: Apache-2.0 */
/* What will end, and when: certificates, lists, the approval.  Told 90, 30, 7 and
 * 1 days ahead and when it has ended, once each.  Main thread. */
#pragma once

#include "daemon/journal.h"

G_BEGIN_DECLS

typedef struct {
        char *what; /* "certificate", "list", "person", "approval" */
        char *name;
        gint64 ends; /* microseconds since the epoch */
        gint warned; /* days of the last warning; G_MAXINT: none yet */
} SekiExpiry;

typedef struct SekiExpiries SekiExpiries;

SekiExpiries *seki_expiries_new (SekiJournal *journal);
void seki_expiries_free (SekiExpiries *expiries); /* NULL-safe */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SekiExpiries, seki_expiries_free)
/* Sets or changes one; ends 0 forgets it. */
void seki_expiries_set (SekiExpiries *expiries, const char *what, const char *name, gint64 ends);
/* Says what came nearer; how many lines that were. */
guint seki_expiries_check (SekiExpiries *expiries, gint64 now);
guint seki_expiries_count (SekiExpiries *expiries);
const SekiExpiry *seki_expiries_get (SekiExpiries *expiries, guint n);
/* Whole days left, rounded down; negative when it has ended. */
gint64 seki_expiry_days (const SekiExpiry *expiry, gint64 now);
/* The stage reached: 90, 30, 7, 1, 0 (ended); G_MAXINT while it is far off. */
gint seki_expiry_stage (const SekiExpiry *expiry, gint64 now);

G_END_DECLS
