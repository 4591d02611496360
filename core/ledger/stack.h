/* SPDX-License-Identifier: Apache-2.0 */
/* The unfinished tile of every level: what must be known of a tree to go on
 * writing its tiles.  One node hash per leaf, and 64 KiB however large the tree. */
#pragma once

#include "ledger/tree.h"

G_BEGIN_DECLS

#define SEKI_TILE_WIDTH 256
#define SEKI_TILE_LEVELS 8              /* 256 to the 8th is more than any count */

typedef struct {
        guint64 count;                  /* leaves */
        /* Of each level, the last count / 256^level mod 256 hashes. */
        guint8 hashes[SEKI_TILE_LEVELS][SEKI_TILE_WIDTH][32];
} SekiTileStack;

/* Hashes that stand on a level, and those of them in its unfinished tile. */
static inline guint64
seki_tile_count (guint64 size, guint level)
{
        return size >> (8 * level);
}

static inline guint
seki_tile_rest (guint64 size, guint level)
{
        return (guint) (seki_tile_count (size, level) % SEKI_TILE_WIDTH);
}

/* Called for each hash that a finished tile gives to the level above it. */
typedef gboolean (*SekiTileFull) (guint level, guint64 place, const guint8 hash[32], gpointer user,
                                  GError **error);

/* FALSE only when full says so; the stack is then spoilt. */
gboolean seki_tile_stack_add (SekiTileStack *stack, SekiHash *hash, const guint8 leaf[32],
                              SekiTileFull full, gpointer user, GError **error);
void seki_tile_stack_edge (const SekiTileStack *stack, SekiHash *hash, SekiEdge *out_edge);

/* Reads n hashes of a level from place first on. */
typedef gboolean (*SekiTileRead) (gpointer self, guint level, guint64 first, guint n,
                                  guint8 (*out)[32], GError **error);
gboolean seki_tile_stack_load (SekiTileStack *stack, guint64 size, SekiTileRead read, gpointer self,
                               GError **error);

G_END_DECLS
