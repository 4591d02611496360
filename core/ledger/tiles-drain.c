/* SPDX-License-Identifier: Apache-2.0 */
/* From the tail into the files. */
#include "ledger/tiles-private.h"

#include "base/text.h"

#define BATCH_BLOCKS 512 /* many small blocks are met by many small drains */

static void
batch_init (SekiTileBatch *batch)
{
        *batch = (SekiTileBatch){ .n = 0 };
        batch->entries = g_array_new (FALSE, FALSE, sizeof (struct iovec));
        batch->leaves = g_array_new (FALSE, FALSE, sizeof (struct iovec));
        batch->index = g_byte_array_new ();
        for (guint level = 1; level < SEKI_TILE_LEVELS; level++)
                batch->levels[level] = g_byte_array_new ();
}

static void
batch_clear (SekiTileBatch *batch)
{
        g_array_unref (batch->entries);
        g_array_unref (batch->leaves);
        g_byte_array_unref (batch->index);
        for (guint level = 1; level < SEKI_TILE_LEVELS; level++)
                g_byte_array_unref (batch->levels[level]);
}

/* Lends the batch n leaves of a block from index on. */
static void
batch_add (SekiTileBatch *batch, const SekiTileFiles *files, const SekiBlock *block, guint64 index,
           guint n)
{
        guint at = (guint) (index - block->first);
        guint32 start = block->starts[at];
        struct iovec entries = { block->entries->data + start, block->starts[at + n] - start };
        struct iovec leaves = { (gpointer) block->leaves[at], 32 * (gsize) n };

        if (index % SEKI_TILE_WIDTH == 0) {
                guint8 offset[8];

                seki_put_be64 (offset, files->entries_len + batch->entries_len);
                g_byte_array_append (batch->index, offset, sizeof offset);
        }
        g_array_append_val (batch->entries, entries);
        g_array_append_val (batch->leaves, leaves);
        batch->entries_len += entries.iov_len;
        batch->n += n;
}

/* Blocks are closed first, and only this thread drops them: what the batch is
 * lent stays as it is without the lock. */
static void
tiles_gather (SekiTiles *tiles, guint64 limit, SekiTileBatch *batch)
{
        limit = MIN (limit, SEKI_TILE_BATCH);
        pthread_mutex_lock (&tiles->lock);
        seki_tail_close_block (&tiles->tail);
        for (guint i = 0; i < tiles->tail.blocks->len && batch->n < limit && i < BATCH_BLOCKS;
             i++) {
                const SekiBlock *block = g_ptr_array_index (tiles->tail.blocks, i);
                guint64 index = tiles->files.size + batch->n;
                guint64 left = block->first + block->n - index;

                batch_add (batch, &tiles->files, block, index,
                           (guint) MIN (left, limit - batch->n));
        }
        pthread_mutex_unlock (&tiles->lock);
}

static gboolean
batch_full_tile (guint level, guint64 place, const guint8 hash[32], gpointer user, GError **error)
{
        SekiTileBatch *batch = user;

        (void) place;
        (void) error;
        g_byte_array_append (batch->levels[level], hash, 32);
        return TRUE;
}

static void
tiles_stack (SekiTiles *tiles, SekiTileBatch *batch)
{
        *tiles->next = *tiles->stack;
        for (guint i = 0; i < batch->leaves->len; i++) {
                const struct iovec *part = &g_array_index (batch->leaves, struct iovec, i);
                const guint8 (*leaves)[32] = part->iov_base;

                for (gsize j = 0; j < part->iov_len / 32; j++)
                        seki_tile_stack_add (tiles->next, tiles->hash, leaves[j], batch_full_tile,
                                             batch, NULL);
        }
}

/* Field by field: folder and writable are read without the lock.  The blocks are
 * freed outside of it: readers and committers go on. */
static void
tiles_publish (SekiTiles *tiles, const SekiTileFiles *written, guint64 n, guint64 entries_len)
{
        GPtrArray *done;

        pthread_mutex_lock (&tiles->lock);
        memcpy (tiles->files.levels, written->levels, sizeof written->levels);
        tiles->files.mark_sequence = written->mark_sequence;
        tiles->files.size += n;
        tiles->files.entries_len += entries_len;
        done = seki_tail_take (&tiles->tail, tiles->files.size);
        pthread_mutex_unlock (&tiles->lock);
        g_ptr_array_unref (done);
}

static gboolean
tiles_drain_batch (SekiTiles *tiles, SekiTileBatch *batch, GError **error)
{
        SekiTileFiles files = seki_tiles_view (tiles);
        SekiTileStack *stack = tiles->stack;

        tiles_stack (tiles, batch);
        if (!seki_tile_files_append (&files, tiles->hash, batch, error)) {
                tiles_publish (tiles, &files, 0, 0); /* level files made meanwhile stay open */
                return FALSE;
        }
        tiles_publish (tiles, &files, batch->n, batch->entries_len);
        tiles->stack = tiles->next;
        tiles->next = stack;
        return TRUE;
}

gboolean
seki_tiles_drain (SekiTiles *tiles, guint64 limit, GError **error)
{
        if (!tiles->files.writable) {
                g_set_error (
                        error, SEKI_ERROR, SEKI_ERROR_STORAGE,
                        _("The ledger in %s is open for reading only. Start the node to write "
                               "to it."),
                        tiles->files.folder);
                return FALSE;
        }
        while (limit > 0) {
                SekiTileBatch batch;

                batch_init (&batch);
                tiles_gather (tiles, limit, &batch);
                gsize n = batch.n;
                gboolean ok = n == 0 || tiles_drain_batch (tiles, &batch, error);
                batch_clear (&batch);
                if (!ok || n == 0)
                        return ok;
                limit -= n;
        }
        return TRUE;
}
