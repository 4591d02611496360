/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/stack.h"

gboolean
seki_tile_stack_add (SekiTileStack *stack, SekiHash *hash, const guint8 leaf[32], SekiTileFull full,
                     gpointer user, GError **error)
{
        guint8 node[32];

        memcpy (node, leaf, 32);
        for (guint level = 0; level < SEKI_TILE_LEVELS; level++) {
                guint rest = seki_tile_rest (stack->count, level);

                memcpy (stack->hashes[level][rest], node, 32);
                if (rest + 1 < SEKI_TILE_WIDTH || level + 1 == SEKI_TILE_LEVELS)
                        break;
                seki_tree_fold (hash, stack->hashes[level], SEKI_TILE_WIDTH, node);
                if (full != NULL &&
                    !full (level + 1, seki_tile_count (stack->count, level + 1), node, user, error))
                        return FALSE;
        }
        stack->count++;
        return TRUE;
}

void
seki_tile_stack_edge (const SekiTileStack *stack, SekiHash *hash, SekiEdge *out_edge)
{
        guint8 room[SEKI_TILE_WIDTH][32];

        memset (out_edge, 0, sizeof *out_edge);
        out_edge->count = stack->count;
        for (guint level = SEKI_TILE_LEVELS; level-- > 0;) {
                guint rest = seki_tile_rest (stack->count, level), at = 0;

                memcpy (room, stack->hashes[level], 32 * (gsize) rest);
                for (guint n = SEKI_TILE_WIDTH / 2; n > 0; n /= 2) {
                        if (!(rest & n))
                                continue;
                        seki_tree_fold (hash, room + at, n, out_edge->nodes[out_edge->n_nodes++]);
                        at += n;
                }
        }
}

gboolean
seki_tile_stack_load (SekiTileStack *stack, guint64 size, SekiTileRead read, gpointer self,
                      GError **error)
{
        stack->count = size;
        for (guint level = 0; level < SEKI_TILE_LEVELS; level++) {
                guint rest = seki_tile_rest (size, level);

                if (rest > 0 && !read (self, level, seki_tile_count (size, level) - rest, rest,
                                       stack->hashes[level], error))
                        return FALSE;
        }
        return TRUE;
}
