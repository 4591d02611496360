/* SPDX-License-Identifier: Apache-2.0 */
#include "store.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <unistd.h>

static gpointer
module_open (const SekiHost *host, const SekiSetting *settings, GError **error)
{
        Store *store = g_new0 (Store, 1);

        (void) error;
        store->host = host;
        store->path = g_strdup (seki_setting (settings, "path")->text);
        store->work = g_build_filename (store->path, "work", NULL);
        store->tuning.cache_size = seki_setting (settings, "block-cache")->number;
        store->tuning.write_memory = seki_setting (settings, "write-memory")->number;
        store->tuning.max_open_files = seki_setting (settings, "max-open-files")->number;
        store->tuning.jobs = seki_setting (settings, "background-jobs")->number;
        for (guint i = 0; i < STORE_LANES; i++)
                pthread_mutex_init (&store->lanes[i], NULL);
        return store;
}

/* The engine makes its files durable, not the folder's own entry above it. */
static void
folder_sync_parent (const char *path)
{
        g_autofree char *parent = g_path_get_dirname (path);
        int fd = open (parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        if (fd >= 0) {
                fsync (fd);
                close (fd);
        }
}

static gboolean
module_start (gpointer self, GError **error)
{
        Store *store = self;
        char *trouble = NULL;
        gboolean exists;

        if (store->engine != NULL)
                return TRUE;
        if (!store_exists (store, &exists, error))
                return FALSE;
        if (!exists && g_mkdir_with_parents (store->path, 0700) != 0) {
                g_set_error (error, SEKI_ERROR, SEKI_ERROR_STORAGE,
                             SEKI_TEXT ("The folder %s could not be made: %s; check who owns the "
                                        "folder above it."),
                             store->path, g_strerror (errno));
                return FALSE;
        }
        store->engine = engine_open (store->path, &store->tuning, &trouble);
        if (store->engine == NULL)
                return store_fail (store, trouble, error,
                                   SEKI_TEXT ("The store in %s could not be opened: %s; see that "
                                              "no other node uses it, check owner and free space, "
                                              "else restore a backup into another folder."),
                                   store->path, trouble);
        folder_remove (store->work);
        if (!exists)
                folder_sync_parent (store->path);
        return TRUE;
}

/* Flushed, so that the next start has no log to replay. */
static void
module_stop (gpointer self)
{
        Store *store = self;
        char *trouble = NULL;

        if (store == NULL || store->engine == NULL)
                return;
        if (!engine_flush (store->engine, &trouble)) {
                g_autofree char *line = g_strdup_printf (SEKI_TEXT ("The store in %s could not be "
                                                                    "flushed: %s; the next start "
                                                                    "replays its log."),
                                                         store->path, trouble);
                store->host->log (store->host->core, SEKI_LOG_WARNING, line);
                rocksdb_free (trouble);
        }
        folder_remove (store->work);
        g_clear_pointer (&store->engine, engine_close);
}

static void
module_close (gpointer self)
{
        Store *store = self;

        if (store == NULL)
                return;
        module_stop (store);
        for (guint i = 0; i < STORE_LANES; i++)
                pthread_mutex_destroy (&store->lanes[i]);
        g_free (store->work);
        g_free (store->path);
        g_free (store);
}

static gboolean
module_probe (gpointer self, const char *clause, SekiEvidence *out_evidence, GError **error)
{
        Store *store = self;
        guint64 errors;

        if (!g_str_equal (clause, "4.9(1)")) {
                g_set_error (error, SEKI_ERROR, SEKI_ERROR_MISSING,
                             SEKI_TEXT ("The store can show nothing for clause %s; ask for "
                                        "4.9(1)."),
                             clause);
                return FALSE;
        }
        if (!store_check (store, error))
                return FALSE;
        errors = engine_sum (store->engine, "rocksdb.background-errors");
        out_evidence->holds = errors == 0;
        g_snprintf (out_evidence->sentence, sizeof out_evidence->sentence,
                    SEKI_TEXT ("Every block is read with its checksum; background errors since "
                               "start: %u."),
                    (guint) errors);
        return TRUE;
}

static const SekiStorageOps ops = {
        .size = sizeof (SekiStorageOps),
        .peek = store_peek,
        .commit = store_commit,
        .get_many = store_get_many,
        .scan = store_scan,
        .snapshot = store_snapshot,
        .verify = store_verify,
        .stats = store_stats,
        .compact = store_compact,
        .load = store_load,
};

static const SekiOption options[] = {
        { "path", SEKI_OPTION_PATH, 0, 0, "store", "Folder of the store.", "ストアのフォルダー。",
          FALSE },
        { "block-cache", SEKI_OPTION_SIZE, G_GINT64_CONSTANT (1) << 20, G_GINT64_CONSTANT (1) << 40,
          "64M", "Memory for blocks read; as large as the data where lookups must stay fast.",
          "読み込んだブロックのためのメモリー。検索を速く保つにはデータと同じ大きさにする。",
          FALSE },
        { "write-memory", SEKI_OPTION_SIZE, G_GINT64_CONSTANT (8) << 20,
          G_GINT64_CONSTANT (1) << 36, "200M",
          "Memory for writes not yet in table files, over all spaces; the log holds at most twice "
          "as much.",
          "テーブルファイルに未反映の書込みのためのメモリー(全スペースの合計)。ログはその2倍まで。",
          FALSE },
        { "max-open-files", SEKI_OPTION_INT, 64, 1000000, "1000", "Table files kept open.",
          "同時に開いておくテーブルファイルの数。", FALSE },
        { "background-jobs", SEKI_OPTION_INT, 1, 64, "2", "Flushes and compactions at once.",
          "同時に行うフラッシュとコンパクションの数。", FALSE },
        { NULL },
};

static const SekiEventSpec events[] = {
        { "storage.damaged", "The store does not hold what was written",
          "ストアの内容が書き込まれたものと一致しない" },
        { "storage.failed", "The store could not read or write", "ストアの読み書きに失敗した" },
        { NULL },
};

static const char *const provides[] = { "storage", "durable", "snapshot", NULL };
static const char *const nothing[] = { NULL };
static const char *const clauses[] = { "4.5(3)", "4.9(1)", "4.9(2)イ", NULL };

SEKI_MODULE_DEFINE (
        .kind = SEKI_KIND_STORAGE,
        .threads = SEKI_THREADS_ANY,
        .name = "storage-rocksdb",
        .version = "0.1.0",
        .summary = "Keeps the store in a folder of this machine, with RocksDB.",
        .provides = provides,
        .needs = nothing,
        .wants = nothing,
        .options = options,
        .clauses = clauses,
        .events = events,
        .open = module_open,
        .start = module_start,
        .stop = module_stop,
        .close = module_close,
        .probe = module_probe,
        .storage = &ops,
);
