/* SPDX-License-Identifier: Apache-2.0 */
/* One open RocksDB: its column families and the options they live with.
 *
 * Debian's build has assertions on, so the order of closing matters and is
 * kept here alone. */
#pragma once

#include <rocksdb/c.h>
#include <sekisho/sekisho.h>

/* How much the engine may use; from the module's options. */
typedef struct {
        gsize cache_size;       /* bytes of block cache; 0: every block is read from the files */
        gsize write_memory;     /* bytes of write buffers over all column families */
        gint max_open_files;
        gint jobs;              /* flushes and compactions at once */
} Tuning;

/* RocksDB insists on a family called "default"; it stays empty and comes last. */
#define ENGINE_FAMILIES (SEKI_SPACE_COUNT + 1)

typedef struct {
        rocksdb_t *db;
        rocksdb_options_t *options;
        /* By SekiSpace; NULL: not in the files. */
        rocksdb_column_family_handle_t *families[ENGINE_FAMILIES];
        rocksdb_readoptions_t *reads;
        rocksdb_writeoptions_t *sync;
} Engine;

/* Opens for writing, creating what is absent.  NULL: out_trouble is set to the
 * engine's own words, to be freed with rocksdb_free. */
Engine *engine_open (const char *path, const Tuning *tuning, char **out_trouble);

/* Opens without changing or creating a single file, log included. */
Engine *engine_open_read_only (const char *path, char **out_trouble);

void engine_close (Engine *engine);

/* Sum of a numeric property over all families. */
guint64 engine_sum (Engine *engine, const char *property);

/* Moves every memtable into files, so that older WALs fall away.  FALSE: see out_trouble. */
gboolean engine_flush (Engine *engine, char **out_trouble);

/* The value of a key of a space, to be destroyed by the caller; NULL when absent or in trouble. */
rocksdb_pinnableslice_t *engine_get (Engine *engine, SekiSpace space, SekiSpan key,
                                     char **out_trouble);

/* Its bytes, lent until it is destroyed; an empty value is present. */
SekiSpan engine_value (const rocksdb_pinnableslice_t *value);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Engine, engine_close)
