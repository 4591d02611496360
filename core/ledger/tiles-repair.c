/* SPDX-License-Identifier: Apache-2.0 */
/* Opening a tiles folder, and mending what an unfinished write left. */
#include "ledger/tiles-file.h"

#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static int
files_open_one (SekiTileFiles *files, const char *name, GError **error)
{
        g_autofree char *path = g_build_filename (files->folder, name, NULL);
        int fd = open (path,
                       (files->writable ? O_RDWR | O_CREAT : O_RDONLY) | O_CLOEXEC | O_NOFOLLOW,
                       0600);

        if (fd < 0 && errno == ENOENT)
                g_set_error (error, SEKI_ERROR, SEKI_ERROR_MISSING,
                             _("There is no ledger in %s: the file %s is missing. Name the folder "
                               "of one lane."),
                             files->folder, name);
        else if (fd < 0)
                seki_tile_files_fail (files,
                                      _("A file of the ledger in %s can not be opened: %s. "
                                        "Check its owner and mode."),
                                      error);
        return fd;
}

static gboolean
files_make_folder (SekiTileFiles *files, GError **error)
{
        g_autofree char *parent = g_path_get_dirname (files->folder);

        if (g_file_test (files->folder, G_FILE_TEST_IS_DIR))
                return TRUE;
        if (g_mkdir_with_parents (files->folder, 0700) != 0)
                return seki_tile_files_fail (
                        files,
                        _("The folder %s can not be made: %s. Check the owner and mode of "
                          "the folder it lies in."),
                        error);
        return seki_folder_sync (parent, error);
}

/* Two nodes on one folder would write over each other. */
static gboolean
files_lock (SekiTileFiles *files, GError **error)
{
        if (flock (files->entries, LOCK_EX | LOCK_NB) == 0)
                return TRUE;
        if (errno != EWOULDBLOCK)
                return seki_tile_files_fail (
                        files,
                        _("The ledger in %s can not be locked: %s. Keep it on a local "
                          "disk."),
                        error);
        g_set_error (error, SEKI_ERROR, SEKI_ERROR_BUSY,
                     _("The ledger in %s is in use by another node. Stop that node first."),
                     files->folder);
        return FALSE;
}

static gboolean
files_length (const SekiTileFiles *files, int fd, guint64 *out_len, GError **error)
{
        struct stat stat = { 0 };

        if (fd >= 0 && fstat (fd, &stat) != 0)
                return seki_tile_files_fail (
                        files, _("The ledger in %s can not be read: %s. Check the disk."), error);
        *out_len = (guint64) stat.st_size;
        return TRUE;
}

/* Lengths that size leaves have in each file. */
typedef struct {
        int fd;
        guint64 len;
} FileEnd;

static guint
files_ends (const SekiTileFiles *files, FileEnd out[2 + SEKI_TILE_LEVELS])
{
        guint64 tiles = (files->size + SEKI_TILE_WIDTH - 1) / SEKI_TILE_WIDTH;
        guint n = 0;

        out[n++] = (FileEnd){ files->entries, files->entries_len };
        out[n++] = (FileEnd){ files->index, 8 * tiles };
        for (guint level = 0; level < SEKI_TILE_LEVELS; level++)
                out[n++] = (FileEnd){ files->levels[level],
                                      32 * seki_tile_count (files->size, level) };
        return n;
}

/* Nothing below the mark may be missing, and beyond it at most what two writes
 * append (the second mark may be the one that does not hold). */
static gboolean
files_check (const SekiTileFiles *files, gboolean *out_exact, GError **error)
{
        FileEnd ends[2 + SEKI_TILE_LEVELS];
        guint n = files_ends (files, ends);

        *out_exact = TRUE;
        for (guint i = 0; i < n; i++) {
                guint64 len = 0;

                if (!files_length (files, ends[i].fd, &len, error))
                        return FALSE;
                if (len < ends[i].len)
                        return seki_tile_files_damaged (
                                files,
                                _("A file of the ledger in %s is shorter than it once "
                                  "was. Restore the folder from a copy."),
                                error);
                if (files->writable && ends[i].fd == files->levels[0] &&
                    len - ends[i].len > (guint64) 32 * 2 * SEKI_TILE_BATCH)
                        return seki_tile_files_damaged (
                                files,
                                _("The mark in %s/drained is older than the files. "
                                  "Restore the folder from a copy."),
                                error);
                *out_exact = *out_exact && len == ends[i].len;
        }
        return TRUE;
}

/* Whether the leaf after the last one is there whole, and hashes to its place. */
static gboolean
files_next_leaf (const SekiTileFiles *files, SekiHash *hash, guint8 out_leaf[32], gsize *out_len)
{
        guint8 entry[2 + SEKI_ENTRY_MAX], stored[32];

        if (!seki_tile_files_read (files, files->entries, entry, 2, files->entries_len, NULL) ||
            seki_get_be16 (entry) > SEKI_ENTRY_MAX)
                return FALSE;
        gsize len = seki_get_be16 (entry);
        if (!seki_tile_files_read (files, files->entries, entry + 2, len, files->entries_len + 2,
                                   NULL) ||
            !seki_tile_files_hashes (files, 0, files->size, 1, &stored, NULL))
                return FALSE;
        seki_tree_leaf (hash, seki_span (entry + 2, len), out_leaf);
        *out_len = 2 + len;
        return memcmp (stored, out_leaf, 32) == 0;
}

static gboolean
tile_is_full (guint level, guint64 place, const guint8 hash[32], gpointer user, GError **error)
{
        SekiTileFiles *files = user;

        return seki_tile_files_level (files, level, error) &&
               seki_tile_files_write (files, files->levels[level], hash, 32, 32 * place, error);
}

static gboolean
files_keep_whole (SekiTileFiles *files, SekiHash *hash, SekiTileStack *stack, GError **error)
{
        guint8 leaf[32], place[8];
        gsize len;

        while (files_next_leaf (files, hash, leaf, &len)) {
                seki_put_be64 (place, files->entries_len);
                if (files->size % SEKI_TILE_WIDTH == 0 &&
                    !seki_tile_files_write (files, files->index, place, 8,
                                            8 * (files->size / SEKI_TILE_WIDTH), error))
                        return FALSE;
                if (!seki_tile_stack_add (stack, hash, leaf, tile_is_full, files, error))
                        return FALSE;
                files->size++;
                files->entries_len += len;
        }
        return TRUE;
}

static gboolean
files_cut (SekiTileFiles *files, GError **error)
{
        FileEnd ends[2 + SEKI_TILE_LEVELS];
        guint n = files_ends (files, ends);

        for (guint i = 0; i < n; i++) {
                if (ends[i].fd < 0)
                        continue;
                if (ftruncate (ends[i].fd, (off_t) ends[i].len) != 0)
                        return seki_tile_files_fail (
                                files,
                                _("The ledger in %s can not be mended: %s. Check the "
                                  "disk."),
                                error);
                if (!seki_tile_files_sync (files, ends[i].fd, error))
                        return FALSE;
        }
        return TRUE;
}

static gboolean
files_open_all (SekiTileFiles *files, GError **error)
{
        g_autofree char *mark = g_build_filename (files->folder, "drained", NULL);

        /* The mark is made first: files without one would look damaged. */
        if (files->writable && (files->mark = seki_slots_open (mark, error)) < 0)
                return FALSE;
        if ((files->entries = files_open_one (files, "entries", error)) < 0 ||
            (files->index = files_open_one (files, "entries.idx", error)) < 0 ||
            (files->levels[0] = files_open_one (files, "level-0", error)) < 0)
                return FALSE;
        for (guint level = 1; level < SEKI_TILE_LEVELS; level++) {
                g_autofree char *path = g_strdup_printf ("%s/level-%u", files->folder, level);

                if (g_file_test (path, G_FILE_TEST_EXISTS) &&
                    !seki_tile_files_level (files, level, error))
                        return FALSE;
        }
        if (!files->writable)
                return TRUE;
        return files_lock (files, error) && seki_folder_sync (files->folder, error);
}

static gboolean
files_read_level (gpointer self, guint level, guint64 first, guint n, guint8 (*out)[32],
                  GError **error)
{
        return seki_tile_files_hashes (self, level, first, n, out, error);
}

/* Files that hold something, with a mark that was never made. */
static gboolean
files_lost_mark (const SekiTileFiles *files)
{
        g_autofree char *mark = g_build_filename (files->folder, "drained", NULL);
        g_autofree char *entries = g_build_filename (files->folder, "entries", NULL);
        struct stat stat_mark, stat_entries;

        return stat (entries, &stat_entries) == 0 && stat_entries.st_size > 0 &&
               (stat (mark, &stat_mark) != 0 || stat_mark.st_size == 0);
}

gboolean
seki_tile_files_open (SekiTileFiles *files, const char *folder, gboolean writable, SekiHash *hash,
                      SekiTileStack *out_stack, GError **error)
{
        gboolean whole, exact;

        *files = (SekiTileFiles){ .folder = g_strdup (folder),
                                  .writable = writable,
                                  .entries = -1,
                                  .index = -1,
                                  .mark = -1 };
        for (guint level = 0; level < SEKI_TILE_LEVELS; level++)
                files->levels[level] = -1;
        if (writable && !files_make_folder (files, error))
                return FALSE;
        if (files_lost_mark (files))
                return seki_tile_files_damaged (
                        files,
                        _("The file %s/drained is missing. Restore the folder from a "
                          "copy."),
                        error);
        /* Read before the lengths: a node that writes meanwhile only adds. */
        if (!writable && !seki_tile_files_get_mark (files, hash, &whole, error))
                return FALSE;
        if (!files_open_all (files, error) ||
            (writable && !seki_tile_files_get_mark (files, hash, &whole, error)) ||
            !files_check (files, &exact, error) ||
            !seki_tile_stack_load (out_stack, files->size, files_read_level, files, error))
                return FALSE;
        if (!writable || (exact && whole))
                return TRUE;
        return files_keep_whole (files, hash, out_stack, error) && files_cut (files, error) &&
               seki_tile_files_set_mark (files, hash, files->size, files->entries_len, error);
}
