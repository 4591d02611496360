/* SPDX-License-Identifier: Apache-2.0 */
#include "engine.h"

#define MIB ((gsize) 1 << 20)

/* Of rocksdb::WALRecoveryMode; c.h names the function but not the values. */
enum { RECOVER_POINT_IN_TIME = 2 };
/* Of rocksdb::InfoLogLevel. */
enum { INFO_LOG_WARN = 2 };

static const char *const family_names[ENGINE_FAMILIES] = {
        [SEKI_SPACE_RECORD] = "record",
        [SEKI_SPACE_MEMBER] = "member",
        [SEKI_SPACE_INDEX] = "index",
        [SEKI_SPACE_LEDGER] = "ledger",
        [SEKI_SPACE_FACTS] = "facts",
        [SEKI_SPACE_QUEUE] = "queue",
        [SEKI_SPACE_STATE] = "state",
        [SEKI_SPACE_REGISTER] = "register",
        [SEKI_SPACE_COUNT] = "default",
};

static void
options_set_table (rocksdb_options_t *options, gsize cache_size)
{
        rocksdb_block_based_table_options_t *table = rocksdb_block_based_options_create ();

        rocksdb_block_based_options_set_filter_policy (table,
                                                       rocksdb_filterpolicy_create_bloom_full (10));
        if (cache_size > 0) {
                rocksdb_cache_t *cache = rocksdb_cache_create_lru (cache_size);
                rocksdb_block_based_options_set_block_cache (table, cache);
                rocksdb_cache_destroy (cache);
        } else {
                rocksdb_block_based_options_set_no_block_cache (table, 1);
        }
        rocksdb_options_set_block_based_table_factory (options, table);
        rocksdb_block_based_options_destroy (table);
}

/* What reading and writing have in common.  Values are ciphertext: compressing
 * them saves nothing.  Point-in-time recovery repairs an honest torn tail; that
 * it also forgives a damaged middle is caught by the core, which compares its
 * head with peek before start (D7). */
static rocksdb_options_t *
options_new (gsize cache_size)
{
        rocksdb_options_t *options = rocksdb_options_create ();

        rocksdb_options_set_paranoid_checks (options, 1);
        rocksdb_options_set_compression (options, rocksdb_no_compression);
        rocksdb_options_set_wal_recovery_mode (options, RECOVER_POINT_IN_TIME);
        options_set_table (options, cache_size);
        return options;
}

/* A family that is written seldom keeps old WALs alive, and the manifest keeps
 * the first and last key of files long gone: both are bounded. */
static rocksdb_options_t *
options_new_for_writing (const Tuning *tuning)
{
        rocksdb_options_t *options = options_new (tuning->cache_size);

        rocksdb_options_set_create_if_missing (options, 1);
        rocksdb_options_set_create_missing_column_families (options, 1);
        rocksdb_options_set_write_buffer_size (options, MIN (64 * MIB, tuning->write_memory));
        rocksdb_options_set_db_write_buffer_size (options, tuning->write_memory);
        rocksdb_options_set_max_total_wal_size (options, 2 * tuning->write_memory);
        rocksdb_options_set_max_manifest_file_size (options, 16 * MIB);
        rocksdb_options_set_max_background_jobs (options, tuning->jobs);
        rocksdb_options_set_max_open_files (options, tuning->max_open_files);
        rocksdb_options_set_info_log_level (options, INFO_LOG_WARN);
        rocksdb_options_set_max_log_file_size (options, 4 * MIB);
        rocksdb_options_set_keep_log_file_num (options, 4);
        rocksdb_options_set_stats_dump_period_sec (options, 0);
        rocksdb_options_set_stats_persist_period_sec (options, 0);
        return options;
}

static Engine *
engine_new (rocksdb_options_t *options)
{
        Engine *engine = g_new0 (Engine, 1);

        engine->options = options;
        engine->reads = rocksdb_readoptions_create ();
        rocksdb_readoptions_set_verify_checksums (engine->reads, 1);
        engine->sync = rocksdb_writeoptions_create ();
        rocksdb_writeoptions_set_sync (engine->sync, 1);
        return engine;
}

Engine *
engine_open (const char *path, const Tuning *tuning, char **out_trouble)
{
        g_autoptr (Engine) engine = engine_new (options_new_for_writing (tuning));
        const rocksdb_options_t *options[ENGINE_FAMILIES];

        for (guint i = 0; i < ENGINE_FAMILIES; i++)
                options[i] = engine->options;
        engine->db =
                rocksdb_open_column_families (engine->options, path, ENGINE_FAMILIES, family_names,
                                              options, engine->families, out_trouble);
        return engine->db != NULL ? g_steal_pointer (&engine) : NULL;
}

static guint
family_find (const char *name)
{
        for (guint i = 0; i < ENGINE_FAMILIES; i++)
                if (g_str_equal (family_names[i], name))
                        return i;
        return ENGINE_FAMILIES;
}

/* Opens exactly the families the files hold: those of a first start that was
 * cut short may be fewer than ours. */
static void
engine_open_listed (Engine *engine, const char *path, char **names, gsize n_names,
                    char **out_trouble)
{
        g_autofree const rocksdb_options_t **options = g_new (const rocksdb_options_t *, n_names);
        g_autofree rocksdb_column_family_handle_t **handles =
                g_new0 (rocksdb_column_family_handle_t *, n_names);

        for (gsize i = 0; i < n_names; i++)
                options[i] = engine->options;
        engine->db = rocksdb_open_for_read_only_column_families (engine->options, path, n_names,
                                                                 (const char *const *) names,
                                                                 options, handles, 0, out_trouble);
        for (gsize i = 0; i < n_names && engine->db != NULL; i++) {
                guint family = family_find (names[i]);
                if (family < ENGINE_FAMILIES)
                        engine->families[family] = handles[i];
                else
                        rocksdb_column_family_handle_destroy (handles[i]);
        }
}

Engine *
engine_open_read_only (const char *path, char **out_trouble)
{
        g_autoptr (Engine) engine = engine_new (options_new (0));
        gsize n_names = 0;
        char **names = rocksdb_list_column_families (engine->options, path, &n_names, out_trouble);

        if (*out_trouble == NULL)
                engine_open_listed (engine, path, names, n_names, out_trouble);
        if (names != NULL)
                rocksdb_list_column_families_destroy (names, n_names);
        return engine->db != NULL ? g_steal_pointer (&engine) : NULL;
}

void
engine_close (Engine *engine)
{
        if (engine == NULL)
                return;
        if (engine->db != NULL) {
                rocksdb_cancel_all_background_work (engine->db, 1);
                for (guint i = 0; i < ENGINE_FAMILIES; i++)
                        if (engine->families[i] != NULL)
                                rocksdb_column_family_handle_destroy (engine->families[i]);
                rocksdb_close (engine->db);
        }
        rocksdb_readoptions_destroy (engine->reads);
        rocksdb_writeoptions_destroy (engine->sync);
        rocksdb_options_destroy (engine->options);
        g_free (engine);
}

guint64
engine_sum (Engine *engine, const char *property)
{
        guint64 sum = 0, value;

        for (guint i = 0; i < ENGINE_FAMILIES; i++)
                if (!rocksdb_property_int_cf (engine->db, engine->families[i], property, &value))
                        sum += value;
        return sum;
}

gboolean
engine_flush (Engine *engine, char **out_trouble)
{
        rocksdb_flushoptions_t *options = rocksdb_flushoptions_create ();

        for (guint i = 0; i < ENGINE_FAMILIES && *out_trouble == NULL; i++)
                rocksdb_flush_cf (engine->db, options, engine->families[i], out_trouble);
        rocksdb_flushoptions_destroy (options);
        return *out_trouble == NULL;
}

rocksdb_pinnableslice_t *
engine_get (Engine *engine, SekiSpace space, SekiSpan key, char **out_trouble)
{
        return rocksdb_get_pinned_cf (engine->db, engine->reads, engine->families[space],
                                      (const char *) key.data, key.len, out_trouble);
}

SekiSpan
engine_value (const rocksdb_pinnableslice_t *value)
{
        SekiSpan span;

        span.data = (const guint8 *) rocksdb_pinnableslice_value (value, &span.len);
        return span.data != NULL ? span : SEKI_SPAN_LITERAL ("");
}
