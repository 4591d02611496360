/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of SekiTiles share.  Internal to the ledger. */
#pragma once

#include "ledger/tail.h"
#include "ledger/tiles-file.h"
#include "ledger/tiles.h"

#include <pthread.h>

G_BEGIN_DECLS

struct SekiTiles {
        pthread_mutex_t lock;           /* guards files, tail and spare */
        SekiTileFiles files;
        SekiTail tail;
        GPtrArray *spare;               /* SekiHash that nobody uses */
        /* Of whoever drains alone: */
        SekiHash *hash;
        SekiTileStack *stack, *next;    /* at files.size, and while a batch is on its way */
};

/* The files as they are now; valid as long as tiles. */
SekiTileFiles seki_tiles_view (SekiTiles *tiles);
SekiHash *seki_tiles_take_hash (SekiTiles *tiles, GError **error);
void seki_tiles_give_hash (SekiTiles *tiles, SekiHash *hash);
/* n leaves from first on, from files or tail. */
gboolean seki_tiles_leaves (SekiTiles *tiles, guint64 first, guint n, guint8 (*out)[32],
                            GError **error);
/* Hashes of any level; what no file holds yet is computed. */
gboolean seki_tiles_hashes (SekiTiles *tiles, SekiHash *hash, guint level, guint64 first, guint n,
                            guint8 (*out)[32], GError **error);
/* FALSE with SEKI_ERROR_MISSING unless there are size leaves. */
gboolean seki_tiles_has (SekiTiles *tiles, guint64 size, GError **error);

G_END_DECLS
