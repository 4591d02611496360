/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/tail.h"

#define ENTRIES_FIRST 8192

static SekiBlock *
block_new (guint64 first)
{
        SekiBlock *block = g_new (SekiBlock, 1);

        block->first = first;
        block->n = 0;
        block->closed = FALSE;
        block->entries = g_byte_array_sized_new (ENTRIES_FIRST);
        block->starts[0] = 0;
        return block;
}

static void
block_free (gpointer data)
{
        SekiBlock *block = data;

        g_byte_array_unref (block->entries);
        g_free (block);
}

void
seki_tail_init (SekiTail *tail, guint64 size)
{
        tail->size = size;
        tail->blocks = g_ptr_array_new_with_free_func (block_free);
}

void
seki_tail_clear (SekiTail *tail)
{
        g_clear_pointer (&tail->blocks, g_ptr_array_unref);
}

/* The block that the next leaf belongs to. */
static SekiBlock *
tail_open_block (SekiTail *tail)
{
        SekiBlock *last = tail->blocks->len > 0
                                  ? g_ptr_array_index (tail->blocks, tail->blocks->len - 1)
                                  : NULL;

        if (last != NULL && !last->closed && tail->size % SEKI_TILE_WIDTH != 0)
                return last;
        if (last != NULL)
                last->closed = TRUE;
        last = block_new (tail->size);
        g_ptr_array_add (tail->blocks, last);
        return last;
}

void
seki_tail_add (SekiTail *tail, SekiSpan entry, const guint8 leaf[32])
{
        SekiBlock *block = tail_open_block (tail);
        guint8 len[2];

        seki_put_be16 (len, (guint16) entry.len);
        g_byte_array_append (block->entries, len, 2);
        g_byte_array_append (block->entries, entry.data, (guint) entry.len);
        memcpy (block->leaves[block->n++], leaf, 32);
        block->starts[block->n] = block->entries->len;
        tail->size++;
}

void
seki_tail_close_block (SekiTail *tail)
{
        if (tail->blocks->len > 0)
                ((SekiBlock *) g_ptr_array_index (tail->blocks, tail->blocks->len - 1))->closed =
                        TRUE;
}

SekiBlock *
seki_tail_find (const SekiTail *tail, guint64 index)
{
        guint from = 0, to = tail->blocks->len;

        while (from < to) {
                guint middle = (from + to) / 2;
                SekiBlock *block = g_ptr_array_index (tail->blocks, middle);

                if (index < block->first)
                        to = middle;
                else if (index - block->first >= block->n)
                        from = middle + 1;
                else
                        return block;
        }
        return NULL;
}

SekiSpan
seki_block_entry (const SekiBlock *block, guint64 index)
{
        guint i = (guint) (index - block->first);

        return seki_span (block->entries->data + block->starts[i] + 2,
                          block->starts[i + 1] - block->starts[i] - 2);
}

GPtrArray *
seki_tail_take (SekiTail *tail, guint64 size)
{
        GPtrArray *taken = g_ptr_array_new_with_free_func (block_free);
        guint n = 0;

        for (; n < tail->blocks->len; n++) {
                SekiBlock *block = g_ptr_array_index (tail->blocks, n);

                if (block->first + block->n > size)
                        break;
                g_ptr_array_add (taken, block);
        }
        if (n > 0) {
                g_ptr_array_set_free_func (tail->blocks, NULL);
                g_ptr_array_remove_range (tail->blocks, 0, n);
                g_ptr_array_set_free_func (tail->blocks, block_free);
        }
        return taken;
}
