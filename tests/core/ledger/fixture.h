/* SPDX-License-Identifier: Apache-2.0 */
/* Entries from a seed, folders to break, and trees by the definition. */
#pragma once

#include "ledger/tiles.h"

/* A new folder under the system's temporary one; removed with its content. */
char *fixture_folder (void);
void fixture_remove (const char *folder);
void fixture_copy (const char *from, const char *to);
/* Of one file: */
guint64 fixture_length (const char *folder, const char *name);
void fixture_cut (const char *folder, const char *name, guint64 len);
void fixture_flip (const char *folder, const char *name, guint64 at);

/* The same pseudorandom numbers for the same seed, everywhere. */
guint32 fixture_next (guint64 *seed);

/* Entry number index, of 20 to 60 bytes. */
SekiSpan fixture_entry (guint64 index, guint8 out[64]);
/* Adds leaves [size, to). */
void fixture_fill (SekiTiles *tiles, SekiHash *hash, guint64 to);
/* MTH of RFC 6962 2.1 over leaf hashes, as it is written there. */
void fixture_root (SekiHash *hash, const guint8 (*leaves)[32], guint64 n, guint8 out[32]);
/* Leaf hashes of entries [0, n), to be freed. */
guint8 *fixture_leaves (SekiHash *hash, guint64 n);
