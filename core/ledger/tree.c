/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/tree.h"

#include "base/text.h"

void
seki_tree_leaf (SekiHash *hash, SekiSpan entry, guint8 out[32])
{
        static const guint8 prefix = 0x00;

        seki_hash_begin (hash);
        seki_hash_add (hash, &prefix, 1);
        seki_hash_add (hash, entry.data, entry.len);
        seki_hash_end (hash, out);
}

void
seki_tree_node (SekiHash *hash, const guint8 left[32], const guint8 right[32], guint8 out[32])
{
        guint8 both[65];

        both[0] = 0x01;
        memcpy (both + 1, left, 32);
        memcpy (both + 33, right, 32);
        seki_hash_sum (hash, seki_span (both, sizeof both), out);
}

void
seki_tree_fold (SekiHash *hash, guint8 (*hashes)[32], gsize n, guint8 out[32])
{
        g_assert (n > 0 && (n & (n - 1)) == 0);
        for (; n > 1; n /= 2)
                for (gsize i = 0; i < n / 2; i++)
                        seki_tree_node (hash, hashes[2 * i], hashes[2 * i + 1], hashes[i]);
        memcpy (out, hashes[0], 32);
}

void
seki_edge_add (SekiEdge *edge, SekiHash *hash, const guint8 leaf[32])
{
        guint8 node[32];

        memcpy (node, leaf, 32);
        /* Every one-bit at the end of count is a finished subtree as large as node. */
        for (guint64 ones = edge->count; ones & 1; ones >>= 1)
                seki_tree_node (hash, edge->nodes[--edge->n_nodes], node, node);
        memcpy (edge->nodes[edge->n_nodes++], node, 32);
        edge->count++;
}

void
seki_edge_root (const SekiEdge *edge, SekiHash *hash, guint8 out[32])
{
        if (edge->n_nodes == 0) {
                seki_hash_sum (hash, seki_span ("", 0), out);
                return;
        }
        memcpy (out, edge->nodes[edge->n_nodes - 1], 32);
        for (guint i = edge->n_nodes - 1; i > 0; i--)
                seki_tree_node (hash, edge->nodes[i - 1], out, out);
}

gsize
seki_edge_write (const SekiEdge *edge, guint8 out[SEKI_EDGE_MAX])
{
        gsize len = 32 * (gsize) edge->n_nodes;

        seki_put_be64 (out, edge->count);
        memcpy (out + 8, edge->nodes, len);
        return 8 + len;
}

gboolean
seki_edge_read (SekiSpan in, SekiEdge *out_edge, GError **error)
{
        guint64 count = in.len >= 8 ? seki_get_be64 (in.data) : 0;
        guint n_nodes = (guint) __builtin_popcountll (count);

        if (in.len != 8 + 32 * (gsize) n_nodes) {
                g_set_error (error, SEKI_ERROR, SEKI_ERROR_INVALID,
                             _("The stored edge of the ledger has %zu bytes, which fits no count. "
                               "Restore the store from a backup."),
                             in.len);
                return FALSE;
        }
        memset (out_edge, 0, sizeof *out_edge);
        out_edge->count = count;
        out_edge->n_nodes = n_nodes;
        memcpy (out_edge->nodes, in.data + 8, in.len - 8);
        return TRUE;
}

gboolean
seki_tree_verify_inclusion (SekiHash *hash, guint64 index, guint64 size, const guint8 leaf[32],
                            const guint8 (*path)[32], gsize n_path, const guint8 root[32])
{
        guint64 at = index, last = size - 1;
        guint8 node[32];

        if (index >= size)
                return FALSE;
        memcpy (node, leaf, 32);
        for (gsize i = 0; i < n_path; i++) {
                if (last == 0)
                        return FALSE;
                if ((at & 1) || at == last) {
                        seki_tree_node (hash, path[i], node, node);
                        /* An only child goes up without a sibling. */
                        for (; !(at & 1) && at != 0; at >>= 1)
                                last >>= 1;
                } else {
                        seki_tree_node (hash, node, path[i], node);
                }
                at >>= 1;
                last >>= 1;
        }
        return last == 0 && memcmp (node, root, 32) == 0;
}

/* Both trees are not empty and of different size; path has at least one hash. */
static gboolean
consistency_walk (SekiHash *hash, guint64 at, guint64 last, const guint8 *start,
                  const guint8 (*path)[32], gsize n_path, guint8 old_root[32], guint8 new_root[32])
{
        for (; at & 1; at >>= 1)
                last >>= 1;
        memcpy (old_root, start, 32);
        memcpy (new_root, start, 32);
        for (gsize i = 0; i < n_path; i++) {
                if (last == 0)
                        return FALSE;
                if ((at & 1) || at == last) {
                        seki_tree_node (hash, path[i], old_root, old_root);
                        seki_tree_node (hash, path[i], new_root, new_root);
                        for (; !(at & 1) && at != 0; at >>= 1)
                                last >>= 1;
                } else {
                        seki_tree_node (hash, new_root, path[i], new_root);
                }
                at >>= 1;
                last >>= 1;
        }
        return last == 0;
}

gboolean
seki_tree_verify_consistency (SekiHash *hash, guint64 old_size, const guint8 old_root[32],
                              guint64 new_size, const guint8 new_root[32], const guint8 (*path)[32],
                              gsize n_path)
{
        guint8 old_found[32], new_found[32];

        if (old_size > new_size)
                return FALSE;
        if (old_size == new_size)
                return n_path == 0 && memcmp (old_root, new_root, 32) == 0;
        if (old_size == 0) {
                seki_hash_sum (hash, seki_span ("", 0), old_found);
                return n_path == 0 && memcmp (old_root, old_found, 32) == 0;
        }
        /* When the old tree is complete its root starts the path and is left out. */
        gboolean whole = (old_size & (old_size - 1)) == 0;
        if (!whole && n_path == 0)
                return FALSE;
        if (!consistency_walk (hash, old_size - 1, new_size - 1, whole ? old_root : path[0],
                               whole ? path : path + 1, whole ? n_path : n_path - 1, old_found,
                               new_found))
                return FALSE;
        return memcmp (old_found, old_root, 32) == 0 && memcmp (new_found, new_root, 32) == 0;
}
