/* SPDX-License-Identifier: Apache-2.0 */
/* A committer over a store in memory that fails when told to, and orders for it. */
#pragma once

#include "fakes/faulty.h"
#include "kernel/commit.h"

G_BEGIN_DECLS

/* The store outlives its committer. */
typedef struct {
        char *folder, *head_path;
        Faulty *store;
        SekiHead *head;
        SekiTiles *tiles;
        SekiCommit *commit;
        SekiHash *hash;
} Bench;

/* One unit with its rows and leaves. */
typedef struct {
        SekiCommitUnit unit;
        SekiCommitRow row;
        guint8 key[16], value[8];
        guint8 (*bytes)[64];
        gint done;
        guint order;
} Order;

Bench *bench_new (void);
void bench_free (Bench *bench);
/* Again after close, as after a restart; commit is NULL on error. */
void bench_open (Bench *bench, GError **error);
void bench_close (Bench *bench);
guint64 bench_count (Bench *bench);             /* of the committer */
guint64 bench_head_count (Bench *bench);        /* of the head on disk */

/* Leaves that tell which order and which of its leaves they are, and one row. */
Order *order_new (guint number, guint n_leaves);
void order_free (Order *order);
/* Commits one alone. */
Order *bench_commit (Bench *bench, guint number, guint n_leaves);

/* An acknowledged order is in the store, in the ledger at its place, and under the head. */
void bench_assert_kept (Bench *bench, Order *order);
/* Store, tiles and head say the same. */
void bench_assert_agreed (Bench *bench);

G_END_DECLS
