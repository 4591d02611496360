/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/export.h"

#include "base/text.h"
#include "ledger/lines.h"
#include "ledger/tiles-private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static void
place_append_above (GString *path, guint64 thousands)
{
        if (thousands >= 1000)
                place_append_above (path, thousands / 1000);
        g_string_append_printf (path, "x%03u/", (guint) (thousands % 1000));
}

/* 1234067 is x001/x234/067. */
static void
place_append (GString *path, guint64 n)
{
        if (n >= 1000)
                place_append_above (path, n / 1000);
        g_string_append_printf (path, "%03u", (guint) (n % 1000));
}

static char *
tile_path (const char *folder, const char *kind, guint64 n, guint width)
{
        GString *path = g_string_new (NULL);

        g_string_append_printf (path, "%s/tile/%s/", folder, kind);
        place_append (path, n);
        if (width < SEKI_TILE_WIDTH)
                g_string_append_printf (path, ".p/%u", width);
        return g_string_free (path, FALSE);
}

static gboolean
resource_is_there (const char *path, SekiSpan content)
{
        g_autofree char *there = NULL;
        gsize len;

        return g_file_get_contents (path, &there, &len, NULL) && len == content.len &&
               memcmp (there, content.data, len) == 0;
}

static gboolean
resource_put (const char *path, SekiSpan content)
{
        g_autofree char *fresh = g_strconcat (path, ".new", NULL);
        int fd = open (fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
        gsize done = 0;

        if (fd < 0)
                return FALSE;
        while (done < content.len) {
                ssize_t put = write (fd, content.data + done, content.len - done);

                if (put < 0 && errno == EINTR)
                        continue;
                if (put <= 0)
                        break;
                done += (gsize) put;
        }
        return close (fd) == 0 && done == content.len && rename (fresh, path) == 0;
}

/* Whole or not at all for whoever reads meanwhile; made durable at the end. */
static gboolean
resource_write (const char *path, SekiSpan content, GError **error)
{
        g_autofree char *folder = g_path_get_dirname (path);

        if (resource_is_there (path, content) ||
            (g_mkdir_with_parents (folder, 0755) == 0 && resource_put (path, content)))
                return TRUE;
        g_set_error (error, SEKI_ERROR, SEKI_ERROR_STORAGE,
                     _("%s can not be written: %s. Make room, or name another folder."), path,
                     g_strerror (errno));
        return FALSE;
}

static gboolean
export_sync (const char *folder, GError **error)
{
        int fd = g_mkdir_with_parents (folder, 0755) == 0
                         ? open (folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
                         : -1;
        gboolean ok = fd >= 0 && syncfs (fd) == 0;

        if (!ok)
                g_set_error (error, SEKI_ERROR, SEKI_ERROR_STORAGE,
                             _("The export in %s can not be made durable: %s. Check the disk."),
                             folder, g_strerror (errno));
        if (fd >= 0)
                close (fd);
        return ok;
}

static gboolean
level_export (SekiTiles *tiles, SekiHash *hash, guint level, guint64 size, const char *folder,
              GError **error)
{
        guint64 count = seki_tile_count (size, level);
        guint8 hashes[SEKI_TILE_WIDTH][32];
        char kind[4];

        g_snprintf (kind, sizeof kind, "%u", level);
        for (guint64 first = 0; first < count; first += SEKI_TILE_WIDTH) {
                guint width = (guint) MIN (SEKI_TILE_WIDTH, count - first);
                g_autofree char *path = tile_path (folder, kind, first / SEKI_TILE_WIDTH, width);

                if (!seki_tiles_hashes (tiles, hash, level, first, width, hashes, error) ||
                    !resource_write (path, seki_span (hashes, 32 * (gsize) width), error))
                        return FALSE;
        }
        return TRUE;
}

typedef struct {
        SekiHash *hash;
        GByteArray *bundle;
        guint8 leaves[SEKI_TILE_WIDTH][32];
        guint n;
} Bundle;

static gboolean
bundle_add (guint64 index, SekiSpan entry, gpointer user)
{
        Bundle *bundle = user;
        guint8 len[2];

        (void) index;
        seki_put_be16 (len, (guint16) entry.len);
        g_byte_array_append (bundle->bundle, len, 2);
        g_byte_array_append (bundle->bundle, entry.data, (guint) entry.len);
        seki_tree_leaf (bundle->hash, entry, bundle->leaves[bundle->n++]);
        return TRUE;
}

static gboolean
bundle_export (SekiTiles *tiles, Bundle *bundle, guint64 first, guint width, const char *folder,
               GError **error)
{
        g_autofree char *path = tile_path (folder, "entries", first / SEKI_TILE_WIDTH, width);
        guint8 leaves[SEKI_TILE_WIDTH][32];

        bundle->n = 0;
        g_byte_array_set_size (bundle->bundle, 0);
        if (!seki_tiles_each (tiles, first, first + width, bundle_add, bundle, error) ||
            !seki_tiles_leaves (tiles, first, width, leaves, error))
                return FALSE;
        if (memcmp (leaves, bundle->leaves, 32 * (gsize) width) != 0)
                return seki_tile_files_damaged (
                        &tiles->files,
                        _("The entries of the ledger in %s do not hash to its "
                          "tiles. Verify the folder."),
                        error);
        return resource_write (path, seki_span (bundle->bundle->data, bundle->bundle->len), error);
}

static gboolean
entries_export (SekiTiles *tiles, SekiHash *hash, guint64 size, const char *folder, GError **error)
{
        g_autoptr (GByteArray) bytes = g_byte_array_new ();
        Bundle bundle = { .hash = hash, .bundle = bytes };

        for (guint64 first = 0; first < size; first += SEKI_TILE_WIDTH)
                if (!bundle_export (tiles, &bundle, first,
                                    (guint) MIN (SEKI_TILE_WIDTH, size - first), folder, error))
                        return FALSE;
        return TRUE;
}

/* Last, so that whoever reads it finds the tiles it speaks of. */
static gboolean
checkpoint_export (SekiTiles *tiles, guint64 size, const char *folder, GError **error)
{
        g_autoptr (GError) local = NULL;
        g_autofree char *note = seki_tiles_dup_checkpoint (tiles, &local);
        g_autofree char *path = g_build_filename (folder, "checkpoint", NULL);
        SekiSpan rest = seki_span_text (note), line;
        guint64 noted;

        if (local != NULL) {
                g_propagate_error (error, g_steal_pointer (&local));
                return FALSE;
        }
        if (!seki_line_next (&rest, &line) || !seki_line_next (&rest, &line) ||
            !seki_line_number (line, &noted) || noted != size)
                return TRUE;
        return resource_write (path, seki_span_text (note), error);
}

gboolean
seki_tiles_export (SekiTiles *tiles, guint64 size, const char *target_folder, GError **error)
{
        if (size > seki_tiles_get_drained (tiles)) {
                g_set_error (error, SEKI_ERROR, SEKI_ERROR_MISSING, "%s",
                             _("The ledger has not written so many entries to its files yet. "
                               "Export fewer."));
                return FALSE;
        }
        SekiHash *hash = seki_tiles_take_hash (tiles, error);
        if (hash == NULL)
                return FALSE;
        gboolean ok = entries_export (tiles, hash, size, target_folder, error);
        for (guint level = 0; ok && level < SEKI_TILE_LEVELS; level++)
                ok = level_export (tiles, hash, level, size, target_folder, error);
        seki_tiles_give_hash (tiles, hash);
        return ok && checkpoint_export (tiles, size, target_folder, error) &&
               export_sync (target_folder, error);
}
