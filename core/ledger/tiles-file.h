/* SPDX-License-Identifier: Apache-2.0 */
/* The files of one tiles folder.  Internal to the ledger.
 *
 * Writing: entries, entries.idx and the levels are extended and synced, then
 * the mark in the file "drained" says so.  Reopening keeps what the mark covers
 * and, beyond it, every leaf that is whole and hashes to its place; the rest of
 * an unfinished write is cut.  What is missing below the mark is damage, and
 * then nothing is touched. */
#pragma once

#include "ledger/entry.h"
#include "ledger/slots.h"
#include "ledger/stack.h"

#include <sys/uio.h>

G_BEGIN_DECLS

/* Leaves of one write: bounds what may lie beyond the mark. */
#define SEKI_TILE_BATCH 16384
/* A bundle (the entries of one tile) is at most this long. */
#define SEKI_BUNDLE_MAX ((gsize) SEKI_TILE_WIDTH * (2 + SEKI_ENTRY_MAX))

typedef struct {
        char *folder;
        gboolean writable;
        int entries, index;             /* descriptors; -1: not open, no such level */
        int levels[SEKI_TILE_LEVELS];
        int mark;
        guint64 mark_sequence;
        guint64 size;                   /* leaves that are durable */
        guint64 entries_len;            /* bytes of theirs in entries */
} SekiTileFiles;

/* Opens or, when writable, makes and mends the folder; out_stack is that of
 * files->size.  seki_tile_files_close also after FALSE. */
gboolean seki_tile_files_open (SekiTileFiles *files, const char *folder, gboolean writable,
                               SekiHash *hash, SekiTileStack *out_stack, GError **error);
void seki_tile_files_close (SekiTileFiles *files);

/* What one write appends. */
typedef struct {
        gsize n;                        /* leaves, at most SEKI_TILE_BATCH */
        GArray *entries, *leaves;       /* of struct iovec */
        guint64 entries_len;
        GByteArray *index;
        GByteArray *levels[SEKI_TILE_LEVELS];   /* [0] is not used: leaves */
} SekiTileBatch;

/* Durable when it returns TRUE.  size and entries_len are left to the caller,
 * who knows when others may see them. */
gboolean seki_tile_files_append (SekiTileFiles *files, SekiHash *hash, const SekiTileBatch *batch,
                                 GError **error);

/* Reading; by copies of the structure from any thread. */
gboolean seki_tile_files_hashes (const SekiTileFiles *files, guint level, guint64 first, guint n,
                                 guint8 (*out)[32], GError **error);
/* The entries of tile n, each behind its length; their number is what size
 * leaves for it.  Resizes out. */
gboolean seki_tile_files_bundle (const SekiTileFiles *files, guint64 n, GByteArray *out,
                                 GError **error);
/* The next entry of a bundle; FALSE when it is not there whole. */
gboolean seki_bundle_next (SekiSpan bundle, gsize *inout_at, SekiSpan *out_entry);
/* Reads exactly len bytes; the end of the file is SEKI_ERROR_DAMAGED. */
gboolean seki_tile_files_read (const SekiTileFiles *files, int fd, gpointer out, gsize len,
                               guint64 offset, GError **error);

/* Shared with tiles-repair.c. */
gboolean seki_tile_files_write (const SekiTileFiles *files, int fd, gconstpointer data, gsize len,
                                guint64 offset, GError **error);
gboolean seki_tile_files_sync (const SekiTileFiles *files, int fd, GError **error);
/* Opens or makes it. */
gboolean seki_tile_files_level (SekiTileFiles *files, guint level, GError **error);
gboolean seki_tile_files_set_mark (SekiTileFiles *files, SekiHash *hash, guint64 size,
                                   guint64 entries_len, GError **error);
/* Sets size, entries_len and mark_sequence; out_whole: both slots are as they should be. */
gboolean seki_tile_files_get_mark (SekiTileFiles *files, SekiHash *hash, gboolean *out_whole,
                                   GError **error);
/* Sets SEKI_ERROR_STORAGE from errno; FALSE. */
gboolean seki_tile_files_fail (const SekiTileFiles *files, const char *sentence, GError **error);
/* Sets SEKI_ERROR_DAMAGED; sentence has the folder as its only %s.  FALSE. */
gboolean seki_tile_files_damaged (const SekiTileFiles *files, const char *sentence, GError **error);

G_END_DECLS
