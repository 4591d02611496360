/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of the witness, for witness.c and witness-rows.c.
 *
 * row   'W', party id -> [ 1, verifier key, why it is forked or null, time of the
 *                          last proof, known note, claimed note or null ]
 * row   'P', party id, NUL, index BE64, leaf -> lane BE16, time BE64: a receipt of
 *       the party whose inclusion is not proven yet; erased when it is. */
#pragma once

#include "kernel/witness.h"

#include <pthread.h>

G_BEGIN_DECLS

/* One checkpoint as it came. */
typedef struct {
        char *note;                     /* NULL: none */
        SekiCheckpoint at;
} SekiNoted;

typedef struct {
        const SekiParty *party;
        const char *vkey;               /* lent */
        GByteArray *key;                /* public key; NULL: not known */
        char origin[128];
        SekiNoted known;                /* consistent with all before it */
        SekiNoted claimed;              /* newer, signed, not proven yet */
        char forked[SEKI_WITNESS_WHY];  /* "": not */
        gint64 proven, heard;           /* times; 0: never */
        gboolean dirty;                 /* the row is not up to date */
} SekiWitnessedPeer;

struct SekiWitness {
        SekiKeyring *keyring;
        const SekiClock *clock;
        char *origin;
        pthread_rwlock_t lock;          /* guards what follows */
        char *own;
        gsize own_len;
        guint64 own_size;
        gint64 own_time;                /* of the last signed, by this process or one before */
        SekiWitnessedPeer *peers;
        gsize n_peers;
        GPtrArray *settled;             /* GBytes: keys of receipts that were proven */
};

G_END_DECLS
