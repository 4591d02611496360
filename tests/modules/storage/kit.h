/* SPDX-License-Identifier: Apache-2.0 */
/* The storage conformance kit: what a module must do to hold the ledger.
 *
 * The programs take the path of a shared object and ask nothing of it but the
 * contract.  A module that takes an option "path" is given a fresh folder.
 * Features it provides decide what is asked of it:
 *   durable    rows survive stop and kill -9; erased bytes leave the folder
 *   snapshot   snapshot makes a folder that opens as "path"
 * threads SEKI_THREADS_ONE leaves out what needs several callers at once. */
#pragma once

#include "fakes/host.h"
#include "fakes/settings.h"

G_BEGIN_DECLS

typedef struct {
        const SekiModule *module;
        const SekiStorageOps *ops;
        FakeHost *fake;
        SekiSetting *settings;
        char *root;             /* temporary folder, removed with the kit */
        char *path;             /* handed as "path" */
        gpointer self;
} Kit;

/* Opened, not started. */
Kit *kit_new (const char *object);
/* A second instance of the module on another folder; does not own that folder. */
Kit *kit_new_at (const char *object, const char *path);
void kit_free (Kit *kit);

void kit_start (Kit *kit);
void kit_stop (Kit *kit);
/* Stop, close, open anew; not started. */
void kit_reopen (Kit *kit);
gboolean kit_has (const Kit *kit, const char *feature);

/* One batch; error as the module sets it. */
gboolean kit_commit (Kit *kit, const SekiWrite *writes, gsize n_writes, SekiSpan guard,
                     SekiSpan expected, GError **error);
/* These must succeed. */
void kit_put (Kit *kit, SekiSpace space, const char *key, const char *value);
void kit_erase (Kit *kit, SekiSpace space, const char *key);
/* Copy of a value; NULL if absent. */
char *kit_get (Kit *kit, SekiSpace space, const char *key);
char *kit_peek (Kit *kit, const char *key);
/* "a=1 b=2" for the rows of a range. */
char *kit_range (Kit *kit, SekiSpace space, SekiSpan from, SekiSpan to);

/* How often the bytes of needle occur in the files under a folder. */
guint folder_count (const char *folder, const char *needle);
/* Digest of names, sizes, times and bytes of all that is under a folder. */
char *folder_digest (const char *folder);
/* Path of the largest file whose name ends so. */
char *folder_find (const char *folder, const char *suffix);
void folder_remove (const char *folder);

/* This program anew as a child that commits pairs of rows until it is killed
 * (or has done n); returns its pid and a descriptor that yields a line with
 * the count after each commit. */
GPid child_start (const char *object, const char *path, guint n, int *out_fd);
/* Reads lines until the count is at least n; the last count seen. */
guint child_wait_for (int fd, guint n);
void child_kill (GPid pid);
/* The child's side; what main calls when so asked. */
int child_main (const char *object, const char *path, guint n);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Kit, kit_free)

/* Each adds its tests. */
void add_batch_tests (const char *object);
void add_read_tests (const char *object);
void add_life_tests (const char *object);

G_END_DECLS
