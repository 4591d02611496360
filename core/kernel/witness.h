/* SPDX-License-Identifier: Apache-2.0 */
/* Witness: the node's own latest signed checkpoint travels with every answer,
 * and each peer's is kept, so that a peer rolled back is caught (D8).
 *
 * A checkpoint of a peer is taken when its signature holds under the key the
 * profile names; a smaller size or another root for the same size than known
 * is a fork: the peer is refused until two persons accept a new origin. */
#pragma once

#include "kernel/exchange.h"
#include "ledger/checkpoint.h"

G_BEGIN_DECLS

typedef struct {
        const SekiParty *party;
        const char *vkey;               /* verifier key of its ledger; NULL: not known yet, nothing is demanded */
} SekiWitnessed;

SekiWitness *seki_witness_new (const char *origin, SekiKeyring *keyring, const SekiClock *clock,
                               const SekiWitnessed *peers, gsize n_peers, GError **error);
void seki_witness_free (SekiWitness *witness);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SekiWitness, seki_witness_free)
/* Signs the end of the ledger if it moved since the last; at most once a
 * second is the caller's affair.  Ledger thread. */
gboolean seki_witness_sign (SekiWitness *witness, guint64 count, const guint8 root[32], char **out_note, GError **error);
/* note is one signed by this node before it was started: the next carries a later
 * time, whatever the clock says, or a peer would take it for a roll-back. */
void seki_witness_resume (SekiWitness *witness, const char *note);
/* The latest own checkpoint in the arena; data NULL when there is none.  Any thread. */
SekiSpan seki_witness_get_own (SekiWitness *witness, SekiArena *arena);

typedef enum {
        SEKI_WITNESS_SAME,              /* known already, or nothing to learn */
        SEKI_WITNESS_NEWER,             /* larger than known: consistency is to be proven */
        SEKI_WITNESS_FORKED,            /* contradicts what is known */
        SEKI_WITNESS_INVALID,           /* no good signature of that peer */
} SekiWitnessFinding;

/* Looks at a checkpoint that came from a peer.  Any thread. */
SekiWitnessFinding seki_witness_look (SekiWitness *witness, const SekiParty *party, SekiSpan note,
                                      SekiCheckpoint *out_known, SekiCheckpoint *out_new);
/* Takes it, after consistency was proven; durable state is the caller's affair. */
void seki_witness_accept (SekiWitness *witness, const SekiParty *party, SekiSpan note, const SekiCheckpoint *checkpoint);
/* Looks and accepts, as a message or an answer comes in.  FALSE: the party's
 * ledger contradicts what is known, now or before, or its signature does not hold;
 * nothing is exchanged with it. */
gboolean seki_witness_take (SekiWitness *witness, const SekiParty *party, SekiSpan note);
/* Latest note known of a party, to be freed; NULL if none. */
char *seki_witness_dup_known (SekiWitness *witness, const SekiParty *party);
/* A fork was seen: messages to and from the party are refused from now on. */
void seki_witness_set_forked (SekiWitness *witness, const SekiParty *party);
gboolean seki_witness_is_forked (SekiWitness *witness, const SekiParty *party);

G_END_DECLS
