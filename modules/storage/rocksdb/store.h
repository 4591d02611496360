/* SPDX-License-Identifier: Apache-2.0 */
/* The module's state, and the functions of its table by file.
 *
 * engine is set by start and cleared by stop, both on the main thread while
 * nothing is in flight; all else may be called from any thread. */
#pragma once

#include <pthread.h>

#include "engine.h"

/* Commits of one lane are serialised; a guard key belongs to one lane. */
#define STORE_LANES 64

typedef struct {
        const SekiHost *host;
        char *path;
        char *work;             /* folder inside path for files on their way in or out */
        Tuning tuning;
        Engine *engine;         /* NULL: not started */
        pthread_mutex_t lanes[STORE_LANES];
} Store;

/* store.c */

/* FALSE with SEKI_ERROR_BUSY unless the store is started. */
gboolean store_check (Store *store, GError **error);
/* FALSE with SEKI_ERROR_INVALID unless this is one of SekiSpace. */
gboolean space_check (guint space, GError **error);
/* Sets an error whose code follows from the engine's words, raises the event
 * that goes with it, and frees trouble.  Always FALSE. */
gboolean store_fail (Store *store, char *trouble, GError **error, const char *format, ...)
        G_GNUC_PRINTF (4, 5);
/* Whether the folder holds a store.  FALSE with error set when it holds one
 * that lost its CURRENT file: creating a new one there would delete the rest. */
gboolean store_exists (Store *store, gboolean *out_exists, GError **error);
/* A new folder inside work; NULL on error. */
char *store_make_work (Store *store, GError **error);
/* Removes a folder and what is in it; absent is no error. */
void folder_remove (const char *path);

/* commit.c */
gboolean write_check (const SekiWrite *write, GError **error);
gboolean store_commit (gpointer self, guint16 lane, const SekiBatch *batch, GError **error);

/* read.c */
gboolean store_peek (gpointer self, SekiSpan key, SekiGetFunc found, gpointer user, GError **error);
gboolean store_get_many (gpointer self, SekiSpace space, const SekiSpan *keys, gsize n_keys,
                         SekiGetFunc found, gpointer user, GError **error);
gboolean store_scan (gpointer self, SekiSpace space, SekiSpan from, SekiSpan to,
                     SekiScanFunc row, gpointer user, GError **error);

/* upkeep.c */
gboolean store_snapshot (gpointer self, const char *folder, GError **error);
gboolean store_verify (gpointer self, GError **error);
void store_stats (gpointer self, SekiStorageStats *out_stats);
gboolean store_compact (gpointer self, SekiSpace space, SekiSpan from, SekiSpan to, GError **error);

/* load.c */
gboolean
store_load (gpointer self, SekiSpace space, const SekiWrite *rows, gsize n_rows, GError **error);
