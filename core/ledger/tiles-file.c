/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/tiles-file.h"

#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define VECTORS_MAX 1024 /* of one pwritev: UIO_MAXIOV of Linux */

gboolean
seki_tile_files_fail (const SekiTileFiles *files, const char *sentence, GError **error)
{
        int code = errno;

        g_set_error (error, SEKI_ERROR, SEKI_ERROR_STORAGE, sentence, files->folder,
                     g_strerror (code));
        return FALSE;
}

gboolean
seki_tile_files_damaged (const SekiTileFiles *files, const char *sentence, GError **error)
{
        g_set_error (error, SEKI_ERROR, SEKI_ERROR_DAMAGED, sentence, files->folder);
        return FALSE;
}

void
seki_tile_files_close (SekiTileFiles *files)
{
        int fds[] = { files->entries, files->index, files->mark };

        for (guint i = 0; i < G_N_ELEMENTS (fds); i++)
                if (fds[i] >= 0)
                        close (fds[i]);
        for (guint i = 0; i < SEKI_TILE_LEVELS; i++)
                if (files->levels[i] >= 0)
                        close (files->levels[i]);
        g_free (files->folder);
}

/* Reading. */

gboolean
seki_tile_files_read (const SekiTileFiles *files, int fd, gpointer out, gsize len, guint64 offset,
                      GError **error)
{
        guint8 *at = out;

        while (len > 0) {
                ssize_t got = fd >= 0 ? pread (fd, at, len, (off_t) offset) : 0;

                if (got < 0 && errno == EINTR)
                        continue;
                if (got < 0)
                        return seki_tile_files_fail (
                                files, _("The ledger in %s can not be read: %s. Check the disk."),
                                error);
                if (got == 0)
                        return seki_tile_files_damaged (
                                files,
                                _("A file of the ledger in %s ends too early. "
                                  "Restore the folder from a copy."),
                                error);
                at += got;
                len -= (gsize) got;
                offset += (guint64) got;
        }
        return TRUE;
}

gboolean
seki_tile_files_hashes (const SekiTileFiles *files, guint level, guint64 first, guint n,
                        guint8 (*out)[32], GError **error)
{
        return seki_tile_files_read (files, files->levels[level], out, 32 * (gsize) n, 32 * first,
                                     error);
}

gboolean
seki_tile_files_bundle (const SekiTileFiles *files, guint64 n, GByteArray *out, GError **error)
{
        gboolean last = n + 1 >= (files->size + SEKI_TILE_WIDTH - 1) / SEKI_TILE_WIDTH;
        guint8 ends[16];

        seki_put_be64 (ends + 8, files->entries_len);
        if (!seki_tile_files_read (files, files->index, ends, last ? 8 : 16, 8 * n, error))
                return FALSE;
        guint64 start = seki_get_be64 (ends), end = seki_get_be64 (ends + 8);
        if (start >= end || end > files->entries_len || end - start > SEKI_BUNDLE_MAX)
                return seki_tile_files_damaged (
                        files,
                        _("entries.idx of the ledger in %s points to a wrong place. "
                          "Restore the folder from a copy."),
                        error);
        g_byte_array_set_size (out, (guint) (end - start));
        return seki_tile_files_read (files, files->entries, out->data, out->len, start, error);
}

gboolean
seki_bundle_next (SekiSpan bundle, gsize *inout_at, SekiSpan *out_entry)
{
        gsize at = *inout_at;

        if (bundle.len - at < 2)
                return FALSE;
        gsize len = seki_get_be16 (bundle.data + at);
        if (len > SEKI_ENTRY_MAX || bundle.len - at - 2 < len)
                return FALSE;
        *out_entry = seki_span (bundle.data + at + 2, len);
        *inout_at = at + 2 + len;
        return TRUE;
}

/* Writing. */

static gboolean
files_write_fail (const SekiTileFiles *files, GError **error)
{
        return seki_tile_files_fail (
                files,
                _("The ledger in %s can not be written: %s. Make room on the disk, or "
                  "check it."),
                error);
}

gboolean
seki_tile_files_write (const SekiTileFiles *files, int fd, gconstpointer data, gsize len,
                       guint64 offset, GError **error)
{
        const guint8 *at = data;

        while (len > 0) {
                ssize_t put = pwrite (fd, at, len, (off_t) offset);

                if (put < 0 && errno == EINTR)
                        continue;
                if (put <= 0)
                        return files_write_fail (files, error);
                at += put;
                len -= (gsize) put;
                offset += (guint64) put;
        }
        return TRUE;
}

/* Takes put bytes off the front; how many vectors are used up. */
static guint
vectors_advance (struct iovec *vectors, guint n, gsize put)
{
        guint done = 0;

        for (; done < n && put >= vectors[done].iov_len; done++)
                put -= vectors[done].iov_len;
        if (done < n) {
                vectors[done].iov_base = (guint8 *) vectors[done].iov_base + put;
                vectors[done].iov_len -= put;
        }
        return done;
}

/* Uses vectors up. */
static gboolean
files_write_vectors (const SekiTileFiles *files, int fd, GArray *vectors, guint64 offset,
                     GError **error)
{
        struct iovec *at = (struct iovec *) (gpointer) vectors->data;
        guint left = vectors->len;

        while (left > 0) {
                ssize_t put = pwritev (fd, at, (int) MIN (left, VECTORS_MAX), (off_t) offset);

                if (put < 0 && errno == EINTR)
                        continue;
                if (put <= 0)
                        return files_write_fail (files, error);
                guint done = vectors_advance (at, left, (gsize) put);
                at += done;
                left -= done;
                offset += (guint64) put;
        }
        return TRUE;
}

gboolean
seki_tile_files_sync (const SekiTileFiles *files, int fd, GError **error)
{
        return fdatasync (fd) == 0 || files_write_fail (files, error);
}

gboolean
seki_tile_files_level (SekiTileFiles *files, guint level, GError **error)
{
        if (files->levels[level] >= 0)
                return TRUE;
        g_autofree char *path = g_strdup_printf ("%s/level-%u", files->folder, level);
        files->levels[level] = open (
                path, (files->writable ? O_RDWR | O_CREAT : O_RDONLY) | O_CLOEXEC | O_NOFOLLOW,
                0600);
        if (files->levels[level] < 0 && !files->writable && errno == ENOENT)
                return TRUE;
        if (files->levels[level] < 0)
                return seki_tile_files_fail (files,
                                             _("A file of the ledger in %s can not be opened: %s. "
                                               "Check its owner and mode."),
                                             error);
        return !files->writable || seki_folder_sync (files->folder, error);
}

static gboolean
files_append_levels (SekiTileFiles *files, const SekiTileBatch *batch, GError **error)
{
        for (guint level = 1; level < SEKI_TILE_LEVELS; level++) {
                const GByteArray *hashes = batch->levels[level];

                if (hashes->len == 0)
                        continue;
                if (!seki_tile_files_level (files, level, error) ||
                    !seki_tile_files_write (files, files->levels[level], hashes->data, hashes->len,
                                            32 * seki_tile_count (files->size, level), error) ||
                    !seki_tile_files_sync (files, files->levels[level], error))
                        return FALSE;
        }
        return TRUE;
}

gboolean
seki_tile_files_append (SekiTileFiles *files, SekiHash *hash, const SekiTileBatch *batch,
                        GError **error)
{
        guint64 tiles = (files->size + SEKI_TILE_WIDTH - 1) / SEKI_TILE_WIDTH;

        if (!files_write_vectors (files, files->entries, batch->entries, files->entries_len,
                                  error) ||
            !seki_tile_files_sync (files, files->entries, error) ||
            !files_write_vectors (files, files->levels[0], batch->leaves, 32 * files->size,
                                  error) ||
            !seki_tile_files_sync (files, files->levels[0], error) ||
            !files_append_levels (files, batch, error))
                return FALSE;
        if (batch->index->len > 0 &&
            (!seki_tile_files_write (files, files->index, batch->index->data, batch->index->len,
                                     8 * tiles, error) ||
             !seki_tile_files_sync (files, files->index, error)))
                return FALSE;
        return seki_tile_files_set_mark (files, hash, files->size + batch->n,
                                         files->entries_len + batch->entries_len, error);
}
