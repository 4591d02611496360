/* SPDX-License-Identifier: Apache-2.0 */
/* A storage module that fails when told to, around one that does not.
 *
 * Faults are armed from the test's thread while the store is quiet. */
#pragma once

#include <pthread.h>
#include <sekisho/module.h>

G_BEGIN_DECLS

typedef enum {
        FAULTY_NOT_LANDED,      /* SEKI_ERROR_STORAGE, nothing was written */
        FAULTY_LANDED,          /* SEKI_ERROR_STORAGE, everything was written */
        FAULTY_LIE,             /* success, and nothing was written */
        FAULTY_DIE_BEFORE,      /* SIGKILL before the batch is written */
        FAULTY_DIE_AFTER,       /* SIGKILL once it is durable, before the caller learns */
        FAULTY_FOREIGN,         /* somebody else moves the guarded key first */
} FaultyHow;

typedef struct {
        SekiModule module;              /* stands in for the inner one; self is this struct */
        SekiModule copy;                /* of the inner one */
        const SekiModule *inner;
        gpointer inner_self, handle;
        gboolean keep; /* stop and start pass the inner by: what is in memory stays */
        gboolean started;
        pthread_mutex_t lock;           /* guards what follows */
        guint commits;                  /* since arm or open */
        guint at;                       /* which commit fails, from 1; 0: none */
        guint times;                    /* how many from there on */
        FaultyHow how;
        guint reads_fail;               /* so many reads fail with SEKI_ERROR_STORAGE */
        /* Sees every batch before it is written. */
        void (*seen) (const SekiBatch *batch, gpointer user);
        gpointer seen_user;
        pthread_mutex_t *hold;          /* commits wait for it; NULL: for nothing */
        gint entered;                   /* commits that came as far; atomic */
} Faulty;

/* Around an open module; inner_self stays the caller's to close. */
Faulty *faulty_wrap (const SekiModule *inner, gpointer inner_self);
/* Around the module in a file, opened and started. */
Faulty *faulty_load (const char *path);
void faulty_free (Faulty *faulty);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Faulty, faulty_free)

/* The commits from number at on, counted from now, fail so often. */
void faulty_arm (Faulty *faulty, FaultyHow how, guint at, guint times);
const SekiStorageOps *faulty_ops (Faulty *faulty);      /* self is the Faulty */

/* A row as the inner store has it, copied; NULL: absent. */
GBytes *faulty_get (Faulty *faulty, SekiSpace space, gconstpointer key, gsize len);
/* Puts or, with data NULL, erases a row past every fault. */
void faulty_set (Faulty *faulty, SekiSpace space, gconstpointer key, gsize key_len,
                 gconstpointer data, gsize len);
/* How many rows a space has; each is handed to row, which may be NULL. */
guint faulty_each (Faulty *faulty, SekiSpace space,
                   void (*row) (SekiSpan key, SekiSpan value, gpointer user), gpointer user);

G_END_DECLS
