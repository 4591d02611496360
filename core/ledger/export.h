/* SPDX-License-Identifier: Apache-2.0 */
/* A ledger laid out in the paths of C2SP tlog-tiles, for others' tools:
 *
 *   checkpoint                   the folder's own, if its size is size
 *   tile/0/x001/234              256 hashes; tile/0/x001/235.p/17: the last 17
 *   tile/1/000.p/5               one hash per full tile below
 *   tile/entries/x001/234        the entries, each behind a BE16 length */
#pragma once

#include "ledger/tiles.h"

G_BEGIN_DECLS

/* Writes what a tree of size leaves consists of; target_folder is made if need
 * be.  What is there already with the same content is left alone, so that a later
 * export only adds.  size is at most what is drained.  A tile whose entries do
 * not hash to its leaves is SEKI_ERROR_DAMAGED. */
gboolean seki_tiles_export (SekiTiles *tiles, guint64 size, const char *target_folder,
                            GError **error);

G_END_DECLS
