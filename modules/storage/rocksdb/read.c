/* SPDX-License-Identifier: Apache-2.0 */
/* Reading: one key before start, many keys, ranges. */
#include "store.h"

#define CHUNK 128

static gboolean
state_hand_over (Store *store, Engine *engine, SekiSpan key, SekiGetFunc found, gpointer user,
                 GError **error)
{
        rocksdb_pinnableslice_t *held;
        char *trouble = NULL;

        if (engine->families[SEKI_SPACE_STATE] == NULL)
                return TRUE;
        held = engine_get (engine, SEKI_SPACE_STATE, key, &trouble);
        if (trouble != NULL)
                return store_fail (store, trouble, error,
                                   SEKI_TEXT ("The store in %s could not be read: %s; leave the "
                                              "folder as it is and restore a backup into another "
                                              "one."),
                                   store->path, trouble);
        if (held == NULL)
                return TRUE;
        found (0, engine_value (held), user);
        rocksdb_pinnableslice_destroy (held);
        return TRUE;
}

gboolean
store_peek (gpointer self, SekiSpan key, SekiGetFunc found, gpointer user, GError **error)
{
        Store *store = self;
        g_autoptr (Engine) engine = NULL;
        char *trouble = NULL;
        gboolean exists;

        if (store->engine != NULL)
                return state_hand_over (store, store->engine, key, found, user, error);
        if (!store_exists (store, &exists, error))
                return FALSE;
        if (!exists)
                return TRUE;
        engine = engine_open_read_only (store->path, &trouble);
        if (engine != NULL)
                return state_hand_over (store, engine, key, found, user, error);
        return store_fail (store, trouble, error,
                           SEKI_TEXT ("The files of the store in %s can not be read: %s; leave the "
                                      "folder as it is and restore a backup into another one."),
                           store->path, trouble);
}

/* Hands over what was found of a chunk and frees it; the first trouble is kept. */
static char *
chunk_hand_over (gsize first, gsize n, rocksdb_pinnableslice_t **values, char **troubles,
                 SekiGetFunc found, gpointer user)
{
        char *trouble = NULL;

        for (gsize i = 0; i < n; i++) {
                if (troubles[i] != NULL && trouble == NULL)
                        trouble = g_steal_pointer (&troubles[i]);
                rocksdb_free (troubles[i]);
                if (values[i] == NULL)
                        continue;
                if (trouble == NULL)
                        found (first + i, engine_value (values[i]), user);
                rocksdb_pinnableslice_destroy (values[i]);
        }
        return trouble;
}

static char *
chunk_get (Engine *engine, rocksdb_readoptions_t *reads, SekiSpace space, const SekiSpan *keys,
           gsize first, gsize n, SekiGetFunc found, gpointer user)
{
        const char *datas[CHUNK] = { NULL };
        gsize lens[CHUNK] = { 0 };
        rocksdb_pinnableslice_t *values[CHUNK];
        char *troubles[CHUNK];

        for (gsize i = 0; i < n; i++) {
                datas[i] = (const char *) keys[first + i].data;
                lens[i] = keys[first + i].len;
        }
        rocksdb_batched_multi_get_cf (engine->db, reads, engine->families[space], n, datas, lens,
                                      values, troubles, FALSE);
        return chunk_hand_over (first, n, values, troubles, found, user);
}

/* One moment for all keys, also when they need several chunks. */
gboolean
store_get_many (gpointer self, SekiSpace space, const SekiSpan *keys, gsize n_keys,
                SekiGetFunc found, gpointer user, GError **error)
{
        Store *store = self;
        rocksdb_readoptions_t *reads;
        const rocksdb_snapshot_t *moment;
        char *trouble = NULL;

        if (!store_check (store, error) || !space_check (space, error))
                return FALSE;
        if (n_keys <= CHUNK) {
                trouble = chunk_get (store->engine, store->engine->reads, space, keys, 0, n_keys,
                                     found, user);
        } else {
                reads = rocksdb_readoptions_create ();
                moment = rocksdb_create_snapshot (store->engine->db);
                rocksdb_readoptions_set_snapshot (reads, moment);
                for (gsize i = 0; i < n_keys && trouble == NULL; i += CHUNK)
                        trouble = chunk_get (store->engine, reads, space, keys, i,
                                             MIN (CHUNK, n_keys - i), found, user);
                rocksdb_release_snapshot (store->engine->db, moment);
                rocksdb_readoptions_destroy (reads);
        }
        if (trouble == NULL)
                return TRUE;
        return store_fail (store, trouble, error,
                           SEKI_TEXT ("A row could not be read from the store in %s: %s; stop the "
                                      "node and run the store's verification."),
                           store->path, trouble);
}

static char *
rows_hand_over (rocksdb_iterator_t *rows, SekiSpan from, SekiScanFunc row, gpointer user)
{
        char *trouble = NULL;

        if (from.len > 0)
                rocksdb_iter_seek (rows, (const char *) from.data, from.len);
        else
                rocksdb_iter_seek_to_first (rows);
        for (; rocksdb_iter_valid (rows); rocksdb_iter_next (rows)) {
                SekiSpan key, value;
                key.data = (const guint8 *) rocksdb_iter_key (rows, &key.len);
                value.data = (const guint8 *) rocksdb_iter_value (rows, &value.len);
                if (!row (key, value.data != NULL ? value : SEKI_SPAN_LITERAL (""), user))
                        return NULL;
        }
        rocksdb_iter_get_error (rows, &trouble);
        return trouble;
}

/* An iterator sees the moment it was made. */
gboolean
store_scan (gpointer self, SekiSpace space, SekiSpan from, SekiSpan to,
            SekiScanFunc row, gpointer user, GError **error)
{
        Store *store = self;
        rocksdb_readoptions_t *reads;
        rocksdb_iterator_t *rows;
        char *trouble;

        if (!store_check (store, error) || !space_check (space, error))
                return FALSE;
        if (to.data != NULL && to.len == 0)
                return TRUE;
        reads = rocksdb_readoptions_create ();
        rocksdb_readoptions_set_fill_cache (reads, 0);
        if (to.data != NULL)
                rocksdb_readoptions_set_iterate_upper_bound (reads, (const char *) to.data, to.len);
        rows = rocksdb_create_iterator_cf (store->engine->db, reads,
                                           store->engine->families[space]);
        trouble = rows_hand_over (rows, from, row, user);
        rocksdb_iter_destroy (rows);
        rocksdb_readoptions_destroy (reads);
        if (trouble == NULL)
                return TRUE;
        return store_fail (store, trouble, error,
                           SEKI_TEXT ("A range could not be read from the store in %s: %s; stop "
                                      "the node and run the store's verification."),
                           store->path, trouble);
}
