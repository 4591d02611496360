/* SPDX-License-Identifier: Apache-2.0 */
/* The tree on disk and in memory: 256-wide tiles (C2SP tlog-tiles) in
 * append-only files of one folder per lane, with a tail in memory of leaves
 * that are committed to storage but not yet in the files.
 *
 *   entries       the entries, each behind a BE16 length
 *   entries.idx   BE64 offset in entries of every 256th entry
 *   level-0       32 bytes per leaf; level-1: one hash per full tile of level 0; ...
 *   drained       the mark: how many leaves are durable (tiles-mark.c)
 *   checkpoint    the latest signed checkpoint whose leaves are in the files
 *
 * A copy of a running node's folder holds together if drained and checkpoint
 * are copied first.
 *
 * add is called by whoever commits, drain by one ledger thread, reads by any
 * thread; the object locks for itself.  All need seki_nss_init. */
#pragma once

#include "ledger/entry.h"
#include "ledger/tree.h"

G_BEGIN_DECLS

typedef struct SekiTiles SekiTiles;

/* Opens or makes the folder.  With create_or_repair, what an unfinished drain
 * left beyond the mark is kept as far as it is whole, and the rest cut; the
 * folder is locked against other nodes (SEKI_ERROR_BUSY).  Without, nothing is
 * touched and what lies beyond the mark is not seen, so the folder of a running
 * node can be read.  Files shorter than the mark says are SEKI_ERROR_DAMAGED,
 * and then nothing is touched either. */
SekiTiles *seki_tiles_open (const char *folder, gboolean create_or_repair, GError **error);
void seki_tiles_close (SekiTiles *tiles);               /* NULL-safe; the tail is dropped */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SekiTiles, seki_tiles_close)

guint64 seki_tiles_get_size (SekiTiles *tiles);         /* leaves in files and tail */
guint64 seki_tiles_get_drained (SekiTiles *tiles);      /* leaves durable in files */
/* Appends committed leaves to the tail; entries, of at most SEKI_ENTRY_MAX
 * bytes, are copied. */
void seki_tiles_add (SekiTiles *tiles, const SekiSpan *entries, const guint8 (*leaves)[32],
                     gsize n);
/* Writes the tail (at most limit leaves) to the files and syncs them; after it
 * returns their rows may be dropped from storage.  After FALSE it may be called
 * again: seki_tiles_get_drained tells how far it came. */
gboolean seki_tiles_drain (SekiTiles *tiles, guint64 limit, GError **error);

/* A leaf that is not there is SEKI_ERROR_MISSING, here and below. */
gboolean seki_tiles_read_entry (SekiTiles *tiles, guint64 index, GByteArray *out_entry,
                                GError **error);
gboolean seki_tiles_read_leaf (SekiTiles *tiles, guint64 index, guint8 out[32], GError **error);
/* Calls each entry of [from, to) in order; FALSE from each ends it early, and is
 * no error.  each may call the other functions here. */
gboolean seki_tiles_each (SekiTiles *tiles, guint64 from, guint64 to,
                          gboolean (*each) (guint64 index, SekiSpan entry, gpointer user),
                          gpointer user, GError **error);
/* The right edge at size, computed from complete tiles and the rest of leaves. */
gboolean seki_tiles_edge (SekiTiles *tiles, guint64 size, SekiEdge *out_edge, GError **error);
/* Proofs as hashes from the leaf up; out arrays, emptied first, hold 32-byte
 * hashes.  Consistency from 0 or from new_size itself is the empty path. */
gboolean seki_tiles_inclusion (SekiTiles *tiles, guint64 index, guint64 size, GByteArray *out_path,
                               GError **error);
gboolean seki_tiles_consistency (SekiTiles *tiles, guint64 old_size, guint64 new_size,
                                 GByteArray *out_path, GError **error);

/* Replaces the folder's checkpoint, whole or not at all.  The one of a size
 * beyond what is drained can not be verified from the folder: drain first. */
gboolean seki_tiles_set_checkpoint (SekiTiles *tiles, const char *note, GError **error);
/* To be freed; NULL without error when there is none yet. */
char *seki_tiles_dup_checkpoint (SekiTiles *tiles, GError **error);

G_END_DECLS
