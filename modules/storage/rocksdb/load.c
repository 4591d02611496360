/* SPDX-License-Identifier: Apache-2.0 */
/* First loads: rows written straight into a table file that the engine adopts. */
#include "store.h"

static gboolean
rows_check (SekiSpace space, const SekiWrite *rows, gsize n_rows, GError **error)
{
        for (gsize i = 0; i < n_rows; i++) {
                if (!write_check (&rows[i], error))
                        return FALSE;
                if (rows[i].space == (guint32) space && rows[i].value.data != NULL)
                        continue;
                g_set_error (error, SEKI_ERROR, SEKI_ERROR_INVALID,
                             SEKI_TEXT ("Row %zu of a load has no value or another space; load "
                                        "rows of one space that all have values."), i);
                return FALSE;
        }
        return TRUE;
}

/* The writer itself refuses rows that do not ascend. */
static char *
table_write (Store *store, const char *file, const SekiWrite *rows, gsize n_rows)
{
        rocksdb_envoptions_t *env = rocksdb_envoptions_create ();
        rocksdb_sstfilewriter_t *writer =
                rocksdb_sstfilewriter_create (env, store->engine->options);
        char *trouble = NULL;

        rocksdb_sstfilewriter_open (writer, file, &trouble);
        for (gsize i = 0; i < n_rows && trouble == NULL; i++)
                rocksdb_sstfilewriter_put (writer, (const char *) rows[i].key.data, rows[i].key.len,
                                           (const char *) rows[i].value.data, rows[i].value.len,
                                           &trouble);
        if (trouble == NULL)
                rocksdb_sstfilewriter_finish (writer, &trouble);
        rocksdb_sstfilewriter_destroy (writer);
        rocksdb_envoptions_destroy (env);
        return trouble;
}

static char *
table_ingest (Store *store, SekiSpace space, const char *file)
{
        rocksdb_ingestexternalfileoptions_t *options = rocksdb_ingestexternalfileoptions_create ();
        char *trouble = NULL;

        rocksdb_ingestexternalfileoptions_set_move_files (options, 1);
        rocksdb_ingest_external_file_cf (store->engine->db, store->engine->families[space], &file,
                                         1, options, &trouble);
        rocksdb_ingestexternalfileoptions_destroy (options);
        return trouble;
}

gboolean
store_load (gpointer self, SekiSpace space, const SekiWrite *rows, gsize n_rows, GError **error)
{
        Store *store = self;
        g_autofree char *work = NULL;
        g_autofree char *file = NULL;
        char *trouble;

        if (!store_check (store, error) || !rows_check (space, rows, n_rows, error))
                return FALSE;
        if (n_rows == 0)
                return TRUE;
        if ((work = store_make_work (store, error)) == NULL)
                return FALSE;
        file = g_build_filename (work, "rows.sst", NULL);
        trouble = table_write (store, file, rows, n_rows);
        if (trouble == NULL)
                trouble = table_ingest (store, space, file);
        folder_remove (work);
        if (trouble == NULL)
                return TRUE;
        return store_fail (store, trouble, error,
                           SEKI_TEXT ("Rows could not be loaded into the store in %s: %s; check "
                                      "that their keys ascend and that the disk has room."),
                           store->path, trouble);
}
