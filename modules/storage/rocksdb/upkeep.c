/* SPDX-License-Identifier: Apache-2.0 */
/* Copies, checks, figures, and driving erased bytes out. */
#include "store.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* Of rocksdb::BottommostLevelCompaction. */
enum { BOTTOMMOST_FORCE = 2 };

/* Hard links on the same file system, copies elsewhere; memtables are flushed
 * first, so the copy has no WAL to replay. */
static gboolean
checkpoint_make (Store *store, const char *folder, GError **error)
{
        char *trouble = NULL;
        rocksdb_checkpoint_t *checkpoint =
                rocksdb_checkpoint_object_create (store->engine->db, &trouble);

        if (trouble == NULL)
                rocksdb_checkpoint_create (checkpoint, folder, 0, &trouble);
        if (checkpoint != NULL)
                rocksdb_checkpoint_object_destroy (checkpoint);
        if (trouble == NULL)
                return TRUE;
        return store_fail (store, trouble, error,
                           SEKI_TEXT ("The store in %s could not be copied to %s: %s; check the "
                                      "owner and the free space there."),
                           store->path, folder, trouble);
}

gboolean
store_snapshot (gpointer self, const char *folder, GError **error)
{
        Store *store = self;

        if (!store_check (store, error))
                return FALSE;
        if (g_file_test (folder, G_FILE_TEST_EXISTS)) {
                g_set_error (error, SEKI_ERROR, SEKI_ERROR_CONFLICT,
                             SEKI_TEXT ("%s exists already; name a folder that does not."), folder);
                return FALSE;
        }
        if (!checkpoint_make (store, folder, error))
                return FALSE;
        return g_chmod (folder, 0700) == 0;
}

/* Makes the next read come from the disk rather than from the page cache, as
 * far as the file system listens. */
static void
folder_uncache (const char *path)
{
        g_autoptr (GDir) folder = g_dir_open (path, 0, NULL);
        const char *name;

        while (folder != NULL && (name = g_dir_read_name (folder)) != NULL) {
                g_autofree char *file = g_build_filename (path, name, NULL);
                int fd = open (file, O_RDONLY | O_CLOEXEC);
                if (fd >= 0) {
                        posix_fadvise (fd, 0, 0, POSIX_FADV_DONTNEED);
                        close (fd);
                }
        }
}

static char *
family_read (Engine *engine, rocksdb_readoptions_t *reads, rocksdb_column_family_handle_t *family)
{
        rocksdb_iterator_t *rows = rocksdb_create_iterator_cf (engine->db, reads, family);
        char *trouble = NULL;

        for (rocksdb_iter_seek_to_first (rows); rocksdb_iter_valid (rows);)
                rocksdb_iter_next (rows);
        rocksdb_iter_get_error (rows, &trouble);
        rocksdb_iter_destroy (rows);
        return trouble;
}

static char *
folder_read (const char *path)
{
        char *trouble = NULL;
        g_autoptr (Engine) engine = engine_open_read_only (path, &trouble);
        rocksdb_readoptions_t *reads;

        if (engine == NULL)
                return trouble;
        reads = rocksdb_readoptions_create ();
        rocksdb_readoptions_set_verify_checksums (reads, 1);
        rocksdb_readoptions_set_readahead_size (reads, 2 << 20);
        for (guint i = 0; i < ENGINE_FAMILIES && trouble == NULL; i++)
                if (engine->families[i] != NULL)
                        trouble = family_read (engine, reads, engine->families[i]);
        rocksdb_readoptions_destroy (reads);
        return trouble;
}

/* The running engine would answer from its block cache, so a linked copy is
 * opened beside it, without a cache, and read from end to end. */
gboolean
store_verify (gpointer self, GError **error)
{
        Store *store = self;
        g_autofree char *work = NULL;
        g_autofree char *copy = NULL;
        char *trouble = NULL;
        gboolean copied;

        if (!store_check (store, error) || (work = store_make_work (store, error)) == NULL)
                return FALSE;
        copy = g_build_filename (work, "copy", NULL);
        copied = checkpoint_make (store, copy, error);
        if (copied) {
                folder_uncache (copy);
                trouble = folder_read (copy);
        }
        folder_remove (work);
        if (trouble == NULL)
                return copied;
        return store_fail (store, trouble, error,
                           SEKI_TEXT ("The store in %s does not hold what was written to it: %s; "
                                      "stop the node, leave the folder as it is and restore a "
                                      "backup into another one."),
                           store->path, trouble);
}

static guint64
folder_size (const char *path)
{
        g_autoptr (GDir) folder = g_dir_open (path, 0, NULL);
        const char *name;
        guint64 size = 0;

        while (folder != NULL && (name = g_dir_read_name (folder)) != NULL) {
                g_autofree char *file = g_build_filename (path, name, NULL);
                GStatBuf info;
                if (g_lstat (file, &info) == 0 && S_ISREG (info.st_mode))
                        size += info.st_size;
        }
        return size;
}

void
store_stats (gpointer self, SekiStorageStats *out_stats)
{
        Store *store = self;
        struct statvfs volume;

        *out_stats = (SekiStorageStats){ .bytes_free = G_MAXUINT64 };
        if (statvfs (store->path, &volume) == 0)
                out_stats->bytes_free = (guint64) volume.f_bavail * volume.f_frsize;
        out_stats->bytes_on_disk = folder_size (store->path);
        if (store->engine == NULL)
                return;
        out_stats->bytes_in_memory = store->tuning.cache_size + store->tuning.write_memory;
        out_stats->rows_estimated = engine_sum (store->engine, "rocksdb.estimate-num-keys");
}

static void
range_compact (Engine *engine, SekiSpace space, SekiSpan from, SekiSpan to)
{
        rocksdb_compactoptions_t *options = rocksdb_compactoptions_create ();

        rocksdb_compactoptions_set_bottommost_level_compaction (options, BOTTOMMOST_FORCE);
        rocksdb_compact_range_cf_opt (engine->db, engine->families[space], options,
                                      from.len > 0 ? (const char *) from.data : NULL, from.len,
                                      (const char *) to.data, to.len);
        rocksdb_compactoptions_destroy (options);
}

/* Every family is flushed, because one that is not keeps the WAL with the
 * erased bytes.  The compaction itself reports nothing; its failure shows in
 * the count of background errors.  Allowing file deletions anew sweeps out at
 * once what is obsolete. */
gboolean
store_compact (gpointer self, SekiSpace space, SekiSpan from, SekiSpan to, GError **error)
{
        Store *store = self;
        char *trouble = NULL;
        guint64 errors;

        if (!store_check (store, error) || !space_check (space, error))
                return FALSE;
        errors = engine_sum (store->engine, "rocksdb.background-errors");
        if (engine_flush (store->engine, &trouble)) {
                range_compact (store->engine, space, from, to);
                rocksdb_disable_file_deletions (store->engine->db, &trouble);
                if (trouble == NULL)
                        rocksdb_enable_file_deletions (store->engine->db, 0, &trouble);
        }
        if (trouble == NULL && engine_sum (store->engine, "rocksdb.background-errors") > errors)
                trouble = strdup ("IO error: compaction failed");
        if (trouble == NULL)
                return TRUE;
        return store_fail (store, trouble, error,
                           SEKI_TEXT ("Erased rows could not be driven out of the store in %s: %s; "
                                      "check the disk and its free space, then compact again."),
                           store->path, trouble);
}
