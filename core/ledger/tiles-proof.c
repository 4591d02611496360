/* SPDX-License-Identifier: Apache-2.0 */
/* Edges and proofs out of tiles (RFC 6962 sections 2.1.1 and 2.1.2).  Nodes
 * inside a tile are computed from its hashes. */
#include "ledger/tiles-private.h"

#include "base/text.h"

/* A full tile of the level below. */
static gboolean
tile_root (SekiTiles *tiles, SekiHash *hash, guint level, guint64 place, guint8 out[32],
           GError **error)
{
        guint8 below[SEKI_TILE_WIDTH][32];

        if (!seki_tiles_hashes (tiles, hash, level - 1, place * SEKI_TILE_WIDTH, SEKI_TILE_WIDTH,
                                below, error))
                return FALSE;
        seki_tree_fold (hash, below, SEKI_TILE_WIDTH, out);
        return TRUE;
}

gboolean
seki_tiles_hashes (SekiTiles *tiles, SekiHash *hash, guint level, guint64 first, guint n,
                   guint8 (*out)[32], GError **error)
{
        if (level == 0)
                return seki_tiles_leaves (tiles, first, n, out, error);

        SekiTileFiles view = seki_tiles_view (tiles);
        guint64 count = seki_tile_count (view.size, level);
        guint in_files = first < count ? (guint) MIN (n, count - first) : 0;

        if (in_files > 0 && !seki_tile_files_hashes (&view, level, first, in_files, out, error))
                return FALSE;
        for (guint i = in_files; i < n; i++)
                if (!tile_root (tiles, hash, level, first + i, out[i], error))
                        return FALSE;
        return TRUE;
}

/* The root of the complete subtree of 2^height leaves that begins at leaf. */
static gboolean
subtree_root (SekiTiles *tiles, SekiHash *hash, guint height, guint64 leaf, guint8 out[32],
              GError **error)
{
        guint level = height / 8, n = 1u << height % 8;
        guint8 hashes[SEKI_TILE_WIDTH / 2][32];

        if (!seki_tiles_hashes (tiles, hash, level, seki_tile_count (leaf, level), n, hashes,
                                error))
                return FALSE;
        seki_tree_fold (hash, hashes, n, out);
        return TRUE;
}

/* The root of leaves [from, to); from is a multiple of every subtree in it. */
static gboolean
range_root (SekiTiles *tiles, SekiHash *hash, guint64 from, guint64 to, guint8 out[32],
            GError **error)
{
        SekiEdge edge = { .count = to - from };

        for (guint height = 64; height-- > 0;) {
                if (!(edge.count >> height & 1))
                        continue;
                if (!subtree_root (tiles, hash, height, from, edge.nodes[edge.n_nodes++], error))
                        return FALSE;
                from += (guint64) 1 << height;
        }
        seki_edge_root (&edge, hash, out);
        return TRUE;
}

/* A walk down the tree; siblings are found from the root on. */
typedef struct {
        SekiTiles *tiles;
        SekiHash *hash;
        guint8 found[130][32];
        guint n;
} Walk;

static gboolean
walk_add (Walk *walk, guint64 from, guint64 to, GError **error)
{
        return range_root (walk->tiles, walk->hash, from, to, walk->found[walk->n++], error);
}

static void
walk_write (const Walk *walk, GByteArray *out_path)
{
        g_byte_array_set_size (out_path, 0);
        for (guint i = walk->n; i-- > 0;)
                g_byte_array_append (out_path, walk->found[i], 32);
}

/* The largest power of two smaller than n, for n > 1. */
static guint64
split (guint64 n)
{
        return (guint64) 1 << (63 - __builtin_clzll (n - 1));
}

/* PATH (m, D[from:to]) of RFC 6962. */
static gboolean
walk_inclusion (Walk *walk, guint64 index, guint64 size, GError **error)
{
        guint64 from = 0, to = size;

        while (to - from > 1) {
                guint64 middle = from + split (to - from);
                gboolean left = index < middle;

                if (!(left ? walk_add (walk, middle, to, error)
                           : walk_add (walk, from, middle, error)))
                        return FALSE;
                *(left ? &to : &from) = middle;
        }
        return TRUE;
}

/* SUBPROOF (m, D[from:to], b) of RFC 6962; b holds until the first turn right. */
static gboolean
walk_consistency (Walk *walk, guint64 old_size, guint64 new_size, GError **error)
{
        guint64 from = 0, to = new_size;

        while (to != old_size) {
                guint64 middle = from + split (to - from);
                gboolean left = old_size <= middle;

                if (!(left ? walk_add (walk, middle, to, error)
                           : walk_add (walk, from, middle, error)))
                        return FALSE;
                *(left ? &to : &from) = middle;
        }
        return from == 0 || walk_add (walk, from, to, error);
}

static gboolean
tiles_prove (SekiTiles *tiles, gboolean (*prove) (Walk *walk, guint64 a, guint64 b, GError **error),
             guint64 a, guint64 b, GByteArray *out_path, GError **error)
{
        Walk walk = { .tiles = tiles, .hash = seki_tiles_take_hash (tiles, error) };

        if (walk.hash == NULL)
                return FALSE;
        gboolean ok = prove (&walk, a, b, error);
        seki_tiles_give_hash (tiles, walk.hash);
        if (ok)
                walk_write (&walk, out_path);
        return ok;
}

gboolean
seki_tiles_inclusion (SekiTiles *tiles, guint64 index, guint64 size, GByteArray *out_path,
                      GError **error)
{
        if (!seki_tiles_has (tiles, size, error))
                return FALSE;
        if (index >= size) {
                g_set_error (error, SEKI_ERROR, SEKI_ERROR_MISSING, "%s",
                             _("The checkpoint is older than the entry. Ask for a newer one."));
                return FALSE;
        }
        return tiles_prove (tiles, walk_inclusion, index, size, out_path, error);
}

gboolean
seki_tiles_consistency (SekiTiles *tiles, guint64 old_size, guint64 new_size, GByteArray *out_path,
                        GError **error)
{
        if (!seki_tiles_has (tiles, new_size, error))
                return FALSE;
        if (old_size > new_size) {
                g_set_error (
                        error, SEKI_ERROR, SEKI_ERROR_MISSING, "%s",
                        _("The ledger is asked to lead from a later checkpoint to an earlier one. "
                          "Name the earlier one first."));
                return FALSE;
        }
        if (old_size == 0) {
                g_byte_array_set_size (out_path, 0);
                return TRUE;
        }
        return tiles_prove (tiles, walk_consistency, old_size, new_size, out_path, error);
}

typedef struct {
        SekiTiles *tiles;
        SekiHash *hash;
} Reader;

static gboolean
reader_read (gpointer self, guint level, guint64 first, guint n, guint8 (*out)[32], GError **error)
{
        Reader *reader = self;

        return seki_tiles_hashes (reader->tiles, reader->hash, level, first, n, out, error);
}

gboolean
seki_tiles_edge (SekiTiles *tiles, guint64 size, SekiEdge *out_edge, GError **error)
{
        g_autofree SekiTileStack *stack = g_new (SekiTileStack, 1);

        if (!seki_tiles_has (tiles, size, error))
                return FALSE;
        Reader reader = { tiles, seki_tiles_take_hash (tiles, error) };
        if (reader.hash == NULL)
                return FALSE;
        gboolean ok = seki_tile_stack_load (stack, size, reader_read, &reader, error);
        if (ok)
                seki_tile_stack_edge (stack, reader.hash, out_edge);
        seki_tiles_give_hash (tiles, reader.hash);
        return ok;
}
