/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/tiles-private.h"

#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

SekiTiles *
seki_tiles_open (const char *folder, gboolean create_or_repair, GError **error)
{
        SekiTiles *tiles = g_new0 (SekiTiles, 1);

        pthread_mutex_init (&tiles->lock, NULL);
        tiles->spare = g_ptr_array_new_with_free_func ((GDestroyNotify) seki_hash_free);
        tiles->stack = g_new0 (SekiTileStack, 1);
        tiles->next = g_new0 (SekiTileStack, 1);
        tiles->hash = seki_tiles_take_hash (tiles, error);
        if (tiles->hash == NULL || !seki_tile_files_open (&tiles->files, folder, create_or_repair,
                                                          tiles->hash, tiles->stack, error)) {
                seki_tiles_close (tiles);
                return NULL;
        }
        seki_tail_init (&tiles->tail, tiles->files.size);
        return tiles;
}

void
seki_tiles_close (SekiTiles *tiles)
{
        if (tiles == NULL)
                return;
        if (tiles->files.folder != NULL)
                seki_tile_files_close (&tiles->files);
        seki_tail_clear (&tiles->tail);
        g_ptr_array_unref (tiles->spare);
        seki_hash_free (tiles->hash);
        g_free (tiles->stack);
        g_free (tiles->next);
        pthread_mutex_destroy (&tiles->lock);
        g_free (tiles);
}

SekiTileFiles
seki_tiles_view (SekiTiles *tiles)
{
        pthread_mutex_lock (&tiles->lock);
        SekiTileFiles view = tiles->files;
        pthread_mutex_unlock (&tiles->lock);
        return view;
}

SekiHash *
seki_tiles_take_hash (SekiTiles *tiles, GError **error)
{
        SekiHash *hash = NULL;

        pthread_mutex_lock (&tiles->lock);
        if (tiles->spare->len > 0)
                hash = g_ptr_array_steal_index_fast (tiles->spare, tiles->spare->len - 1);
        pthread_mutex_unlock (&tiles->lock);
        if (hash == NULL)
                hash = seki_hash_new ();
        if (hash == NULL)
                g_set_error (error, SEKI_ERROR, SEKI_ERROR_CRYPTO, "%s",
                             _("NSS gives no SHA-256. Check the installation of libfreebl3."));
        return hash;
}

void
seki_tiles_give_hash (SekiTiles *tiles, SekiHash *hash)
{
        pthread_mutex_lock (&tiles->lock);
        g_ptr_array_add (tiles->spare, hash);
        pthread_mutex_unlock (&tiles->lock);
}

guint64
seki_tiles_get_size (SekiTiles *tiles)
{
        pthread_mutex_lock (&tiles->lock);
        guint64 size = tiles->tail.size;
        pthread_mutex_unlock (&tiles->lock);
        return size;
}

guint64
seki_tiles_get_drained (SekiTiles *tiles)
{
        return seki_tiles_view (tiles).size;
}

gboolean
seki_tiles_has (SekiTiles *tiles, guint64 size, GError **error)
{
        guint64 there = seki_tiles_get_size (tiles);

        if (size <= there)
                return TRUE;
        g_set_error (
                error, SEKI_ERROR, SEKI_ERROR_MISSING,
                _("The ledger has %" PRIu64 " entries, not %" PRIu64 ". Ask for one that it has."),
                there, size);
        return FALSE;
}

void
seki_tiles_add (SekiTiles *tiles, const SekiSpan *entries, const guint8 (*leaves)[32], gsize n)
{
        pthread_mutex_lock (&tiles->lock);
        for (gsize i = 0; i < n; i++) {
                g_assert (entries[i].len <= SEKI_ENTRY_MAX);
                seki_tail_add (&tiles->tail, entries[i], leaves[i]);
        }
        pthread_mutex_unlock (&tiles->lock);
}

/* Reading. */

gboolean
seki_tiles_leaves (SekiTiles *tiles, guint64 first, guint n, guint8 (*out)[32], GError **error)
{
        if (!seki_tiles_has (tiles, first + n, error))
                return FALSE;
        pthread_mutex_lock (&tiles->lock);
        SekiTileFiles view = tiles->files;
        guint in_files = first < view.size ? (guint) MIN (n, view.size - first) : 0;
        for (guint i = in_files; i < n;) {
                const SekiBlock *block = seki_tail_find (&tiles->tail, first + i);
                guint at = (guint) (first + i - block->first), part = MIN (n - i, block->n - at);

                memcpy (out[i], block->leaves[at], 32 * (gsize) part);
                i += part;
        }
        pthread_mutex_unlock (&tiles->lock);
        return in_files == 0 || seki_tile_files_hashes (&view, 0, first, in_files, out, error);
}

gboolean
seki_tiles_read_leaf (SekiTiles *tiles, guint64 index, guint8 out[32], GError **error)
{
        return seki_tiles_leaves (tiles, index, 1, (guint8 (*)[32]) out, error);
}

/* The entries from index to the end of its tile, or of its block of the tail;
 * skip is how many of the bundle come before index. */
static gboolean
tiles_bundle (SekiTiles *tiles, guint64 index, GByteArray *out, guint *out_skip, GError **error)
{
        if (!seki_tiles_has (tiles, index + 1, error))
                return FALSE;
        pthread_mutex_lock (&tiles->lock);
        SekiTileFiles view = tiles->files;
        if (index >= view.size) {
                const SekiBlock *block = seki_tail_find (&tiles->tail, index);
                guint at = (guint) (index - block->first);
                guint32 start = block->starts[at];

                g_byte_array_set_size (out, 0);
                g_byte_array_append (out, block->entries->data + start,
                                     block->entries->len - start);
                *out_skip = 0;
        }
        pthread_mutex_unlock (&tiles->lock);
        if (index >= view.size)
                return TRUE;
        *out_skip = (guint) (index % SEKI_TILE_WIDTH);
        return seki_tile_files_bundle (&view, index / SEKI_TILE_WIDTH, out, error);
}

gboolean
seki_tiles_each (SekiTiles *tiles, guint64 from, guint64 to,
                 gboolean (*each) (guint64 index, SekiSpan entry, gpointer user), gpointer user,
                 GError **error)
{
        g_autoptr (GByteArray) bundle = g_byte_array_new ();

        if (from < to && !seki_tiles_has (tiles, to, error))
                return FALSE;
        while (from < to) {
                guint64 before = from;
                SekiSpan entry;
                gsize at = 0;
                guint skip;

                if (!tiles_bundle (tiles, from, bundle, &skip, error))
                        return FALSE;
                while (from < to &&
                       seki_bundle_next (seki_span (bundle->data, bundle->len), &at, &entry)) {
                        if (skip > 0)
                                skip--;
                        else if (!each (from++, entry, user))
                                return TRUE;
                }
                if (from == before)
                        return seki_tile_files_damaged (
                                &tiles->files,
                                _("An entry of the ledger in %s is cut short. "
                                  "Restore the folder from a copy."),
                                error);
        }
        return TRUE;
}

static gboolean
entry_copy (guint64 index, SekiSpan entry, gpointer user)
{
        (void) index;
        g_byte_array_append (user, entry.data, (guint) entry.len);
        return FALSE;
}

gboolean
seki_tiles_read_entry (SekiTiles *tiles, guint64 index, GByteArray *out_entry, GError **error)
{
        g_byte_array_set_size (out_entry, 0);
        return seki_tiles_each (tiles, index, index + 1, entry_copy, out_entry, error);
}

/* The checkpoint. */

static gboolean
checkpoint_write (const SekiTileFiles *files, const char *path, const char *note, GError **error)
{
        int fd = open (path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);

        if (fd < 0)
                return seki_tile_files_fail (
                        files, _("The checkpoint in %s can not be written: %s. Check the disk."),
                        error);
        gboolean ok = seki_tile_files_write (files, fd, note, strlen (note), 0, error) &&
                      seki_tile_files_sync (files, fd, error);
        close (fd);
        return ok;
}

gboolean
seki_tiles_set_checkpoint (SekiTiles *tiles, const char *note, GError **error)
{
        const char *folder = tiles->files.folder;
        g_autofree char *path = g_build_filename (folder, "checkpoint", NULL);
        g_autofree char *fresh = g_build_filename (folder, "checkpoint.new", NULL);

        if (!checkpoint_write (&tiles->files, fresh, note, error))
                return FALSE;
        if (rename (fresh, path) != 0)
                return seki_tile_files_fail (&tiles->files,
                                             _("The checkpoint in %s can not be replaced: %s. "
                                               "Check the disk."),
                                             error);
        return TRUE;
}

char *
seki_tiles_dup_checkpoint (SekiTiles *tiles, GError **error)
{
        g_autofree char *path = g_build_filename (tiles->files.folder, "checkpoint", NULL);
        g_autoptr (GError) local = NULL;
        char *note = NULL;

        if (g_file_get_contents (path, &note, NULL, &local))
                return note;
        if (!g_error_matches (local, G_FILE_ERROR, G_FILE_ERROR_NOENT))
                g_set_error (error, SEKI_ERROR, SEKI_ERROR_STORAGE,
                             _("The checkpoint can not be read: %s. Check the disk."),
                             local->message);
        return NULL;
}
