/* SPDX-License-Identifier: Apache-2.0 */
/* The tree on disk and in memory: 256-wide tiles (C2SP tlog-tiles) in
 * append-only files of one folder per lane, with a tail in memory of leaves
 * that are committed to storage but not yet in the files.
 *
 *   entries       the entries, each behind a BE16 length
 *   entries.idx   BE64 offset in entries of every 256th entry
 *   level-0       32 bytes per leaf; level-1: one hash per full tile of level 0; ...
 *   checkpoint    the latest signed checkpoint
 *
 * add is called by whoever commits, drain by one ledger thread, reads by any
 * thread; the object locks for itself. */
#pragma once

#include "ledger/tree.h"

G_BEGIN_DECLS

typedef struct SekiTiles SekiTiles;

/* Opens or makes the folder.  A torn tail beyond the last full set of files is
 * cut when create_or_repair, reported otherwise; damage is SEKI_ERROR_DAMAGED. */
SekiTiles *seki_tiles_open (const char *folder, gboolean create_or_repair, GError **error);
void seki_tiles_close (SekiTiles *tiles);               /* NULL-safe; the tail is dropped */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SekiTiles, seki_tiles_close)

guint64 seki_tiles_get_size (SekiTiles *tiles);         /* leaves in files and tail */
guint64 seki_tiles_get_drained (SekiTiles *tiles);      /* leaves durable in files */
/* Appends committed leaves to the tail; entries are copied. */
void seki_tiles_add (SekiTiles *tiles, const SekiSpan *entries, const guint8 (*leaves)[32], gsize n);
/* Writes the tail (at most limit leaves) to the files and syncs them; after it
 * returns their rows may be dropped from storage. */
gboolean seki_tiles_drain (SekiTiles *tiles, guint64 limit, GError **error);

gboolean seki_tiles_read_entry (SekiTiles *tiles, guint64 index, GByteArray *out_entry, GError **error);
gboolean seki_tiles_read_leaf (SekiTiles *tiles, guint64 index, guint8 out[32], GError **error);
/* Calls each entry of [from, to) in order; FALSE from each ends it early. */
gboolean seki_tiles_each (SekiTiles *tiles, guint64 from, guint64 to,
                          gboolean (*each) (guint64 index, SekiSpan entry, gpointer user), gpointer user,
                          GError **error);
/* The right edge at size, computed from complete tiles and the rest of leaves. */
gboolean seki_tiles_edge (SekiTiles *tiles, guint64 size, SekiEdge *out_edge, GError **error);
/* Proofs as hashes from the leaf up; out arrays hold 32-byte hashes. */
gboolean seki_tiles_inclusion (SekiTiles *tiles, guint64 index, guint64 size, GByteArray *out_path, GError **error);
gboolean seki_tiles_consistency (SekiTiles *tiles, guint64 old_size, guint64 new_size, GByteArray *out_path,
                                 GError **error);

G_END_DECLS
