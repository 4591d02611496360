/* SPDX-License-Identifier: Apache-2.0 */
/* Leaves that are committed to storage but not yet in files, in blocks that end
 * where tiles end.  Locked by its user, but for closed blocks: those change no
 * more until they are dropped. */
#pragma once

#include "ledger/stack.h"

G_BEGIN_DECLS

typedef struct {
        guint64 first;                  /* leaf */
        guint n;
        gboolean closed;
        GByteArray *entries;            /* each behind its BE16 length */
        guint32 starts[SEKI_TILE_WIDTH + 1];    /* of each entry in entries, and the end */
        guint8 leaves[SEKI_TILE_WIDTH][32];
} SekiBlock;

typedef struct {
        guint64 size;                   /* leaves before it and in it */
        GPtrArray *blocks;              /* in order, without gaps */
} SekiTail;

void seki_tail_init (SekiTail *tail, guint64 size);
void seki_tail_clear (SekiTail *tail);
void seki_tail_add (SekiTail *tail, SekiSpan entry, const guint8 leaf[32]);
/* No block is written to any more when it returns; the next leaf opens another. */
void seki_tail_close_block (SekiTail *tail);
/* The block of a leaf, or NULL when it is not in the tail. */
SekiBlock *seki_tail_find (const SekiTail *tail, guint64 index);
SekiSpan seki_block_entry (const SekiBlock *block, guint64 index);      /* lent */
/* Takes the blocks out that end at size or before; freed with g_ptr_array_unref. */
GPtrArray *seki_tail_take (SekiTail *tail, guint64 size);

G_END_DECLS
