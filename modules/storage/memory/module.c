/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>

#include "rows.h"

#define KEY_MAX 128
#define VALUE_MAX ((gsize) 16 << 20)

typedef struct {
        pthread_rwlock_t lock;
        gboolean started;
        GTree *spaces[SEKI_SPACE_COUNT];
        guint64 bytes;          /* of keys and values; under lock */
} Store;

static gpointer
store_open (const SekiHost *host, const SekiSetting *settings, GError **error)
{
        Store *store = g_new0 (Store, 1);

        (void) host;
        (void) settings;
        (void) error;
        pthread_rwlock_init (&store->lock, NULL);
        for (guint i = 0; i < SEKI_SPACE_COUNT; i++)
                store->spaces[i] = rows_new ();
        return store;
}

static gboolean
store_start (gpointer self, GError **error)
{
        Store *store = self;

        (void) error;
        store->started = TRUE;
        return TRUE;
}

static void
store_stop (gpointer self)
{
        Store *store = self;

        if (store == NULL)
                return;
        store->started = FALSE;
        for (guint i = 0; i < SEKI_SPACE_COUNT; i++)
                g_tree_remove_all (store->spaces[i]);
        store->bytes = 0;
}

static void
store_close (gpointer self)
{
        Store *store = self;

        if (store == NULL)
                return;
        for (guint i = 0; i < SEKI_SPACE_COUNT; i++)
                g_tree_unref (store->spaces[i]);
        pthread_rwlock_destroy (&store->lock);
        g_free (store);
}

static gboolean
store_check (Store *store, guint space, GError **error)
{
        if (store->started && space < SEKI_SPACE_COUNT)
                return TRUE;
        if (store->started)
                g_set_error (error, SEKI_ERROR, SEKI_ERROR_INVALID,
                             SEKI_TEXT ("There is no space number %u in a store; use one of "
                                        "SekiSpace."),
                             space);
        else
                g_set_error (error, SEKI_ERROR, SEKI_ERROR_BUSY,
                             SEKI_TEXT ("The store in memory is not running; start the node and "
                                        "try again."));
        return FALSE;
}

static gboolean
key_check (SekiSpan key, GError **error)
{
        if (key.data != NULL && key.len >= 1 && key.len <= KEY_MAX)
                return TRUE;
        g_set_error (error, SEKI_ERROR, key.len > KEY_MAX ? SEKI_ERROR_LIMIT : SEKI_ERROR_INVALID,
                     SEKI_TEXT ("A key of %zu bytes can not be stored; use keys of 1 to 128 "
                                "bytes."), key.len);
        return FALSE;
}

static gboolean
write_check (Store *store, const SekiWrite *write, GError **error)
{
        if (!store_check (store, write->space, error) || !key_check (write->key, error))
                return FALSE;
        if (write->value.len <= VALUE_MAX)
                return TRUE;
        g_set_error (error, SEKI_ERROR, SEKI_ERROR_LIMIT,
                     SEKI_TEXT ("A value of %zu bytes can not be stored; split it, the limit is 16 "
                                "MiB."), write->value.len);
        return FALSE;
}

/* Everything that can fail happens before the first row is changed. */
static GPtrArray *
batch_prepare (Store *store, const SekiBatch *batch, GError **error)
{
        g_autoptr (GPtrArray) prepared = g_ptr_array_new_with_free_func (row_unref);

        if (batch->guard.data != NULL && !key_check (batch->guard, error))
                return NULL;
        for (gsize i = 0; i < batch->n_writes; i++) {
                Row *row;
                if (!write_check (store, &batch->writes[i], error))
                        return NULL;
                row = row_new (batch->writes[i].key, batch->writes[i].value);
                if (row == NULL) {
                        g_set_error (error, SEKI_ERROR, SEKI_ERROR_LIMIT,
                                     SEKI_TEXT ("There is no memory for a batch of %zu writes; "
                                                "commit fewer at once."), batch->n_writes);
                        return NULL;
                }
                g_ptr_array_add (prepared, row);
        }
        return g_steal_pointer (&prepared);
}

static gboolean
guard_check (Store *store, const SekiBatch *batch, GError **error)
{
        Row *held;
        gboolean equal;

        if (batch->guard.data == NULL)
                return TRUE;
        held = rows_ref (store->spaces[SEKI_SPACE_STATE], batch->guard);
        equal = seki_span_equal (held != NULL ? row_value (held) : SEKI_SPAN_NONE, batch->expected);
        row_unref (held);
        if (!equal)
                g_set_error (error, SEKI_ERROR, SEKI_ERROR_CONFLICT,
                             SEKI_TEXT ("The end of the lane in memory is not the one this batch "
                                        "continues; nothing was written. Read the end again and "
                                        "build the batch anew."));
        return equal;
}

static guint64
row_size (const Row *row)
{
        return row != NULL && row->present ? row->key_len + row->value_len : 0;
}

static void
batch_apply (Store *store, const SekiBatch *batch, GPtrArray *prepared)
{
        for (guint i = 0; i < prepared->len; i++) {
                GTree *rows = store->spaces[batch->writes[i].space];
                Row *row = g_ptr_array_index (prepared, i);
                Row *old = rows_ref (rows, row_key (row));
                store->bytes += row_size (row) - row_size (old);
                rows_take (rows, row_ref (row));
                row_unref (old);
        }
}

static gboolean
store_commit (gpointer self, guint16 lane, const SekiBatch *batch, GError **error)
{
        Store *store = self;
        g_autoptr (GPtrArray) prepared = NULL;
        gboolean holds;

        (void) lane;
        if (!store_check (store, SEKI_SPACE_STATE, error) ||
            (prepared = batch_prepare (store, batch, error)) == NULL)
                return FALSE;
        pthread_rwlock_wrlock (&store->lock);
        holds = guard_check (store, batch, error);
        if (holds)
                batch_apply (store, batch, prepared);
        pthread_rwlock_unlock (&store->lock);
        return holds;
}

static gboolean
store_get_many (gpointer self, SekiSpace space, const SekiSpan *keys, gsize n_keys,
                SekiGetFunc found, gpointer user, GError **error)
{
        Store *store = self;
        g_autoptr (GPtrArray) held = NULL;

        if (!store_check (store, space, error))
                return FALSE;
        held = g_ptr_array_new_with_free_func (row_unref);
        pthread_rwlock_rdlock (&store->lock);
        for (gsize i = 0; i < n_keys; i++)
                g_ptr_array_add (held, rows_ref (store->spaces[space], keys[i]));
        pthread_rwlock_unlock (&store->lock);
        for (gsize i = 0; i < n_keys; i++)
                if (held->pdata[i] != NULL)
                        found (i, row_value (held->pdata[i]), user);
        return TRUE;
}

/* Nothing survives, so before start there is nothing to be found. */
static gboolean
store_peek (gpointer self, SekiSpan key, SekiGetFunc found, gpointer user, GError **error)
{
        Store *store = self;

        return !store->started ||
               store_get_many (self, SEKI_SPACE_STATE, &key, 1, found, user, error);
}

static gboolean
store_scan (gpointer self, SekiSpace space, SekiSpan from, SekiSpan to,
            SekiScanFunc row, gpointer user, GError **error)
{
        Store *store = self;
        g_autoptr (GPtrArray) range = NULL;

        if (!store_check (store, space, error))
                return FALSE;
        pthread_rwlock_rdlock (&store->lock);
        range = rows_ref_range (store->spaces[space], from, to);
        pthread_rwlock_unlock (&store->lock);
        for (guint i = 0; i < range->len; i++)
                if (!row (row_key (range->pdata[i]), row_value (range->pdata[i]), user))
                        break;
        return TRUE;
}

static gboolean
store_snapshot (gpointer self, const char *folder, GError **error)
{
        (void) self;
        g_set_error (error, SEKI_ERROR, SEKI_ERROR_MISSING,
                     SEKI_TEXT ("The store in memory keeps no files to copy to %s; use "
                                "storage-rocksdb for data that is to be kept."),
                     folder);
        return FALSE;
}

static gboolean
store_verify (gpointer self, GError **error)
{
        return store_check (self, SEKI_SPACE_STATE, error);
}

static void
store_stats (gpointer self, SekiStorageStats *out_stats)
{
        Store *store = self;

        *out_stats = (SekiStorageStats){ .bytes_free = G_MAXUINT64 };
        pthread_rwlock_rdlock (&store->lock);
        out_stats->bytes_in_memory = store->bytes;
        for (guint i = 0; i < SEKI_SPACE_COUNT; i++)
                out_stats->rows_estimated += g_tree_nnodes (store->spaces[i]);
        pthread_rwlock_unlock (&store->lock);
}

/* Erased bytes were wiped when their last reader let go. */
static gboolean
store_compact (gpointer self, SekiSpace space, SekiSpan from, SekiSpan to, GError **error)
{
        (void) from;
        (void) to;
        return store_check (self, space, error);
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
};

static const SekiOption options[] = { { NULL } };
static const char *const provides[] = { "storage", NULL };
static const char *const nothing[] = { NULL };

SEKI_MODULE_DEFINE (
        .kind = SEKI_KIND_STORAGE,
        .threads = SEKI_THREADS_ANY,
        .name = "storage-memory",
        .version = "0.1.0",
        .summary = "Keeps the store in memory for tests; nothing survives a stop.",
        .provides = provides,
        .needs = nothing,
        .wants = nothing,
        .options = options,
        .clauses = nothing,
        .open = store_open,
        .start = store_start,
        .stop = store_stop,
        .close = store_close,
        .storage = &ops,
);
