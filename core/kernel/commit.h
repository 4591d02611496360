/* SPDX-License-Identifier: Apache-2.0 */
/* Group commit (D5-D7): records, index rows, ledger leaves and the next head of
 * every exchange waiting go into one atomic batch of the storage module; then
 * the head; then the answers leave.
 *
 * Leader and followers: who finds nobody committing commits, taking along what
 * others queued; singles overtake batches between groups. */
#pragma once

#include "base/clock.h"
#include "ledger/head.h"
#include "ledger/tiles.h"
#include <sekisho/storage.h>

G_BEGIN_DECLS

/* One row of a unit.  The place of the unit's first leaf, known only when the
 * group is formed, is written as BE64 at these offsets; -1: nowhere. */
typedef struct {
        guint32 space;                  /* a SekiSpace */
        gint16 first_in_key, first_in_value;
        guint8 *key, *value;            /* value NULL: erase the key */
        guint32 key_len, value_len;
} SekiCommitRow;

/* What one exchange asks to have committed; owned by the exchange, untouched
 * by it until done was called. */
typedef struct SekiCommitUnit SekiCommitUnit;
struct SekiCommitUnit {
        SekiCommitUnit *next;
        SekiCommitRow *rows;
        gsize n_rows;
        SekiSpan *entries;              /* encoded leaves */
        guint8 (*leaves)[32];           /* their hashes */
        gsize n_leaves;
        guint64 first;                  /* out: place of the first leaf */
        GError *error;                  /* out: NULL when durable; owned by the unit */
        /* Called by the committing thread; hands over to the owner's own. */
        void (*done) (SekiCommitUnit *unit);
};

typedef struct {
        guint64 groups, units, leaves;  /* since start */
        guint64 largest;                /* units in one group */
        gint64 busy;                    /* microseconds spent committing */
} SekiCommitStats;

typedef struct SekiCommit SekiCommit;

/* state: what the head says was acknowledged.  Brings tiles, and a head that is
 * one batch behind, up to the store's end; SEKI_ERROR_DAMAGED when the store is
 * behind the head. */
SekiCommit *seki_commit_new (const SekiStorageOps *storage, gpointer storage_self, guint16 lane,
                             const SekiHeadState *state, SekiHead *head, SekiTiles *tiles,
                             const SekiClock *clock, GError **error);
void seki_commit_free (SekiCommit *commit);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SekiCommit, seki_commit_free)

/* Hands over a list of units.  Commits them here, or leaves them to who is
 * committing; done is called for each in either case, perhaps before this
 * returns.  Any thread. */
void seki_commit_submit (SekiCommit *commit, SekiCommitUnit *list);
/* Count, root and time of the last commit. */
void seki_commit_get_end (SekiCommit *commit, guint64 *out_count, guint8 out_root[32],
                          gint64 *out_time);
void seki_commit_get_stats (SekiCommit *commit, SekiCommitStats *out_stats);
/* Whether the last commit failed and the next one must first look what landed. */
gboolean seki_commit_is_faulted (SekiCommit *commit);

/* Key of the lane's end in SEKI_SPACE_STATE, and its value. */
#define SEKI_END_KEY_LEN 3
void seki_end_key (guint16 lane, guint8 out[SEKI_END_KEY_LEN]);
#define SEKI_END_MAX (1 + 8 + SEKI_EDGE_MAX)
gsize seki_end_write (const SekiEdge *edge, gint64 time, guint8 out[SEKI_END_MAX]);
gboolean seki_end_read (SekiSpan value, SekiEdge *out_edge, gint64 *out_time, GError **error);

/* Key of a run of entries in SEKI_SPACE_LEDGER. */
#define SEKI_RUN_KEY_LEN 10
#define SEKI_RUN_LEAVES 256
void seki_run_key (guint16 lane, guint64 first, guint8 out[SEKI_RUN_KEY_LEN]);

G_END_DECLS
