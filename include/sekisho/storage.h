/* SPDX-License-Identifier: Apache-2.0 */
/* Storage: ordered byte strings in named spaces, committed in batches.
 *
 * The core seals values before they come here and keys are keyed hashes: a
 * storage module sees nothing readable.  A module that passes the conformance
 * kit (tests/modules/storage) may hold the ledger.
 *
 * The unit of atomicity is the lane: a batch belongs to one lane, and whatever
 * a distributed engine maps a lane to must take it whole or not at all. */
#pragma once

#include <sekisho/base.h>

G_BEGIN_DECLS

typedef enum {
        SEKI_SPACE_RECORD,      /* record id -> sealed record */
        SEKI_SPACE_MEMBER,      /* bucket, place -> record ids */
        SEKI_SPACE_INDEX,       /* kind, keyed hash [, id] -> record id */
        SEKI_SPACE_LEDGER,      /* lane, first leaf -> run of entries not yet in tiles */
        SEKI_SPACE_FACTS,       /* bucket, lane, first leaf -> sealed facts and trail */
        SEKI_SPACE_QUEUE,       /* peer, place -> sealed outgoing message */
        SEKI_SPACE_STATE,       /* lane ends, seen message ids, counters */
        SEKI_SPACE_REGISTER,    /* registers and reports */
        SEKI_SPACE_COUNT
} SekiSpace;

/* One change.  value.data NULL erases the key (absent keys are no error). */
typedef struct {
        guint32 space;          /* a SekiSpace */
        SekiSpan key;           /* 1 to 128 bytes */
        SekiSpan value;         /* at most 16 MiB */
} SekiWrite;

/* Later writes win over earlier ones to the same key. */
typedef struct {
        const SekiWrite *writes;
        gsize n_writes;
        /* Compare-and-set on one key of SEKI_SPACE_STATE, guarding the lane's
         * end: the batch is refused with SEKI_ERROR_CONFLICT unless the key now
         * holds expected (data NULL: is absent).  guard.data NULL: no guard. */
        SekiSpan guard;
        SekiSpan expected;
} SekiBatch;

/* Hands over the value of keys[i]; lent until it returns.  Absent keys are
 * simply not handed over. */
typedef void (*SekiGetFunc) (gsize i, SekiSpan value, gpointer user);

/* Hands over one row in key order; FALSE ends the scan early. */
typedef gboolean (*SekiScanFunc) (SekiSpan key, SekiSpan value, gpointer user);

typedef struct {
        guint64 bytes_on_disk;
        guint64 bytes_in_memory;        /* caches and write buffers, the budget not the fill */
        guint64 rows_estimated;
        guint64 bytes_free;             /* on its file system; G_MAXUINT64 if not known */
} SekiStorageStats;

typedef struct {
        guint32 size;
        guint32 reserved;
        /* Reads one key of SEKI_SPACE_STATE before start, changing nothing on
         * disk, from whatever an honest or dishonest end left there, as far as it
         * can be read.  found is not called when the key, or the store, is absent.
         * SEKI_ERROR_DAMAGED when the files can not be read at all. */
        gboolean (*peek) (gpointer self, SekiSpan key, SekiGetFunc found, gpointer user,
                          GError **error);
        /* Atomic, and durable when it returns TRUE.  On FALSE nothing of the batch
         * is there, unless the error is SEKI_ERROR_STORAGE: then it may be, and the
         * core stops serving the lane until it has looked. */
        gboolean (*commit) (gpointer self, guint16 lane, const SekiBatch *batch, GError **error);
        gboolean (*get_many) (gpointer self, SekiSpace space, const SekiSpan *keys, gsize n_keys,
                              SekiGetFunc found, gpointer user, GError **error);
        /* Rows with from <= key < to (to.data NULL: to the end), of one moment. */
        gboolean (*scan) (gpointer self, SekiSpace space, SekiSpan from, SekiSpan to,
                          SekiScanFunc row, gpointer user, GError **error);
        /* A consistent copy under a new folder, without stopping commits. */
        gboolean (*snapshot) (gpointer self, const char *folder, GError **error);
        /* Reads everything and checks the engine's own checksums. */
        gboolean (*verify) (gpointer self, GError **error);
        void (*stats) (gpointer self, SekiStorageStats *out_stats);
        /* Drives erased bytes of a range out of the files. */
        gboolean (*compact) (gpointer self, SekiSpace space, SekiSpan from, SekiSpan to,
                             GError **error);
        /* Rows of one space in ascending key order, for first loads: not atomic,
         * durable when it returns; keys must not exist.  NULL: commit is used. */
        gboolean (*load) (gpointer self, SekiSpace space, const SekiWrite *rows, gsize n_rows,
                          GError **error);
} SekiStorageOps;

G_END_DECLS
