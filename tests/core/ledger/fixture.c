/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

char *
fixture_folder (void)
{
        g_autoptr (GError) error = NULL;
        char *folder = g_dir_make_tmp ("ledger-XXXXXX", &error);

        g_assert_no_error (error);
        return folder;
}

void
fixture_remove (const char *folder)
{
        GDir *dir = g_dir_open (folder, 0, NULL);
        const char *name;

        while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
                g_autofree char *path = g_build_filename (folder, name, NULL);

                if (g_file_test (path, G_FILE_TEST_IS_DIR))
                        fixture_remove (path);
                else
                        g_unlink (path);
        }
        g_clear_pointer (&dir, g_dir_close);
        g_rmdir (folder);
}

void
fixture_copy (const char *from, const char *to)
{
        g_autoptr (GDir) dir = g_dir_open (from, 0, NULL);
        const char *name;

        g_assert_nonnull (dir);
        g_mkdir_with_parents (to, 0700);
        while ((name = g_dir_read_name (dir)) != NULL) {
                g_autofree char *source = g_build_filename (from, name, NULL);
                g_autofree char *target = g_build_filename (to, name, NULL);
                g_autofree char *data = NULL;
                gsize len;

                g_assert_true (g_file_get_contents (source, &data, &len, NULL));
                g_unlink (target);
                int fd = open (target, O_WRONLY | O_CREAT | O_EXCL, 0600);
                g_assert_cmpint (write (fd, data, len), ==, (gssize) len);
                close (fd);
        }
}

guint64
fixture_length (const char *folder, const char *name)
{
        g_autofree char *path = g_build_filename (folder, name, NULL);
        struct stat file;

        return stat (path, &file) == 0 ? (guint64) file.st_size : 0;
}

void
fixture_cut (const char *folder, const char *name, guint64 len)
{
        g_autofree char *path = g_build_filename (folder, name, NULL);

        g_assert_cmpint (truncate (path, (off_t) len), ==, 0);
}

void
fixture_flip (const char *folder, const char *name, guint64 at)
{
        g_autofree char *path = g_build_filename (folder, name, NULL);
        int fd = open (path, O_RDWR);
        guint8 byte;

        g_assert_cmpint (pread (fd, &byte, 1, (off_t) at), ==, 1);
        byte ^= 0x10;
        g_assert_cmpint (pwrite (fd, &byte, 1, (off_t) at), ==, 1);
        close (fd);
}

guint32
fixture_next (guint64 *seed)
{
        *seed = *seed * 6364136223846793005u + 1442695040888963407u;
        return (guint32) (*seed >> 33);
}

SekiSpan
fixture_entry (guint64 index, guint8 out[64])
{
        guint64 seed = index * 2654435761u + 1;
        gsize len = 20 + fixture_next (&seed) % 41;

        for (gsize i = 0; i < len; i++)
                out[i] = (guint8) fixture_next (&seed);
        return seki_span (out, len);
}

void
fixture_fill (SekiTiles *tiles, SekiHash *hash, guint64 to)
{
        for (guint64 i = seki_tiles_get_size (tiles); i < to; i++) {
                guint8 data[64], leaf[1][32];
                SekiSpan entry = fixture_entry (i, data);

                seki_tree_leaf (hash, entry, leaf[0]);
                seki_tiles_add (tiles, &entry, (const guint8 (*)[32]) leaf, 1);
        }
}

void
fixture_root (SekiHash *hash, const guint8 (*leaves)[32], guint64 n, guint8 out[32])
{
        guint8 left[32], right[32];
        guint64 k = 1;

        if (n == 0) {
                seki_hash_sum (hash, seki_span ("", 0), out);
                return;
        }
        if (n == 1) {
                memcpy (out, leaves[0], 32);
                return;
        }
        while (2 * k < n)
                k *= 2;
        fixture_root (hash, leaves, k, left);
        fixture_root (hash, leaves + k, n - k, right);
        seki_tree_node (hash, left, right, out);
}

guint8 *
fixture_leaves (SekiHash *hash, guint64 n)
{
        guint8 *leaves = g_malloc (32 * n + 1), data[64];

        for (guint64 i = 0; i < n; i++)
                seki_tree_leaf (hash, fixture_entry (i, data), leaves + 32 * i);
        return leaves;
}
