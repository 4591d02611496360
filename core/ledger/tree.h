/* SPDX-License-Identifier: Apache-2.0 */
/* Merkle tree of RFC 6962 section 2.1: leaf and node hashes, the right edge,
 * roots, and the verification of proofs. */
#pragma once

#include "keyring/hash.h"

G_BEGIN_DECLS

void seki_tree_leaf (SekiHash *hash, SekiSpan entry, guint8 out[32]); /* H (0x00 | entry) */
/* H (0x01 | left | right); out may be either of them. */
void seki_tree_node (SekiHash *hash, const guint8 left[32], const guint8 right[32], guint8 out[32]);
/* Root of the complete subtree over n hashes, n a power of two; hashes are used
 * up as room to work in. */
void seki_tree_fold (SekiHash *hash, guint8 (*hashes)[32], gsize n, guint8 out[32]);

/* The right edge: roots of the complete subtrees that make up count leaves,
 * largest first; as many as count has one-bits.  Zeroed, it is that of the
 * empty tree. */
typedef struct {
        guint64 count;
        guint n_nodes;
        guint8 nodes[64][32];
} SekiEdge;

void seki_edge_add (SekiEdge *edge, SekiHash *hash, const guint8 leaf[32]);
/* Of the empty tree: H (). */
void seki_edge_root (const SekiEdge *edge, SekiHash *hash, guint8 out[32]);
/* Format: count BE64, then the nodes.  At most SEKI_EDGE_MAX bytes. */
#define SEKI_EDGE_MAX (8 + 64 * 32)
gsize seki_edge_write (const SekiEdge *edge, guint8 out[SEKI_EDGE_MAX]);
gboolean seki_edge_read (SekiSpan in, SekiEdge *out_edge, GError **error);

/* Proof verification (RFC 9162 sections 2.1.3.2 and 2.1.4.2; hashes as in 6962).
 * Consistency with the empty tree needs an empty path and the root H (). */
gboolean seki_tree_verify_inclusion (SekiHash *hash, guint64 index, guint64 size,
                                     const guint8 leaf[32], const guint8 (*path)[32], gsize n_path,
                                     const guint8 root[32]);
gboolean seki_tree_verify_consistency (SekiHash *hash, guint64 old_size, const guint8 old_root[32],
                                       guint64 new_size, const guint8 new_root[32],
                                       const guint8 (*path)[32], gsize n_path);

G_END_DECLS
