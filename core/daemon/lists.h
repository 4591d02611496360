/* SPDX-License-Identifier: Apache-2.0 */
/* Authorities and revocation lists of one profile, loaded from their files and
 * followed as those change.
 *
 * The mark (design 6): every authority of a test node names "sekisho test" as an
 * organization or unit in its subject, and no authority of a production node
 * does.  Whoever speaks to a node is verified by one of its authorities, so test
 * and production can not meet.  Main thread. */
#pragma once

#include "daemon/journal.h"
#include "daemon/profile.h"

G_BEGIN_DECLS

#define SEKI_TEST_ORGANIZATION "sekisho test"

typedef struct SekiLists SekiLists;

/* A list that is missing, stale or wrong is a warning: it refuses peers, and may
 * be brought later.  An authority that can not be read or bears the wrong mark
 * is an error (CONFIG).  profile, clock and journal are lent. */
SekiLists *seki_lists_new (SekiProfile *profile, const SekiClock *clock, SekiJournal *journal,
                           GError **error);
void seki_lists_free (SekiLists *lists); /* NULL-safe */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SekiLists, seki_lists_free)
SekiTrust *seki_lists_get_trust (SekiLists *lists);
/* Loads the files that changed since the last look, or all; how many were loaded. */
guint seki_lists_load (SekiLists *lists, gboolean all);

typedef struct {
        const char *path;
        gint64 next_update; /* of the list in use; 0: none was loaded yet */
        char *problem;      /* why the file was not taken; NULL */
} SekiListState;

const SekiListState *seki_lists_get (SekiLists *lists, gsize *out_n);

G_END_DECLS
