/* SPDX-License-Identifier: Apache-2.0 */
/* Witness: the node's own latest signed checkpoint travels with every answer,
 * and each peer's is kept, so that a peer rolled back is caught (D8).
 *
 * A checkpoint counts when its signature holds under the key the profile names.
 * The first of a peer is taken as it is; a larger one is claimed until the peer
 * has proven that it continues the known one (demand.h).  Another root for the
 * same size, a smaller ledger signed later, or a proof that does not hold is a
 * fork: nothing is exchanged with the peer any more, also after a restart.
 *
 * The way out of a fork is a new origin: the peer's ledger key in the profile,
 * whose digest two persons approve (D20).  What was known under another key is
 * then forgotten. */
#pragma once

#include "kernel/exchange.h"
#include "ledger/checkpoint.h"

G_BEGIN_DECLS

/* Why a ledger counts as forked; stable ids. */
#define SEKI_FORK_OTHER_ROOT "other-root"         /* two roots for one size */
#define SEKI_FORK_ROLLED_BACK "rolled-back"       /* smaller, and signed later */
#define SEKI_FORK_NOT_CONSISTENT "not-consistent" /* it does not continue what was known */
#define SEKI_FORK_NOT_INCLUDED "not-included"     /* a receipt stands not where it should */
#define SEKI_FORK_GONE "gone"                     /* it has no longer what it signed */
#define SEKI_WITNESS_WHY 24                       /* bytes of such an id */

typedef struct {
        const SekiParty *party;
        const char *vkey; /* verifier key of its ledger; NULL: not known yet, nothing is demanded */
} SekiWitnessed;

SekiWitness *seki_witness_new (const char *origin, SekiKeyring *keyring, const SekiClock *clock,
                               const SekiWitnessed *peers, gsize n_peers, GError **error);
void seki_witness_free (SekiWitness *witness);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SekiWitness, seki_witness_free)
/* Signs the end of the ledger if it moved since the last; at most once a
 * second is the caller's affair.  Ledger thread. */
gboolean seki_witness_sign (SekiWitness *witness, guint64 count, const guint8 root[32],
                            char **out_note, GError **error);
/* note is one signed by this node before it was started: the next carries a later
 * time, whatever the clock says, or a peer would take it for a roll-back. */
void seki_witness_resume (SekiWitness *witness, const char *note);
/* The latest own checkpoint in the arena; data NULL when there is none.  Any thread. */
SekiSpan seki_witness_get_own (SekiWitness *witness, SekiArena *arena);

typedef enum {
        SEKI_WITNESS_SAME,    /* known already, or nothing to learn */
        SEKI_WITNESS_NEWER,   /* larger than known: consistency is to be proven */
        SEKI_WITNESS_FORKED,  /* contradicts what is known */
        SEKI_WITNESS_INVALID, /* no good signature of that peer */
} SekiWitnessFinding;

/* Looks at a checkpoint that came from a peer.  Any thread, as all that follow. */
SekiWitnessFinding seki_witness_look (SekiWitness *witness, const SekiParty *party, SekiSpan note,
                                      SekiCheckpoint *out_known, SekiCheckpoint *out_new);
/* Takes it as known: it is the first, or consistency was proven. */
void seki_witness_accept (SekiWitness *witness, const SekiParty *party, SekiSpan note,
                          const SekiCheckpoint *checkpoint);
/* Looks, and accepts or claims, as a message or an answer comes in.  FALSE: the
 * party's ledger contradicts what is known, now or before, or its signature does
 * not hold, or it shows none any more; nothing is exchanged with it. */
gboolean seki_witness_take (SekiWitness *witness, const SekiParty *party, SekiSpan note);
/* Latest note known of a party, to be freed; NULL if none. */
char *seki_witness_dup_known (SekiWitness *witness, const SekiParty *party);
/* A fork was seen: messages to and from the party are refused from now on. */
void seki_witness_set_forked (SekiWitness *witness, const SekiParty *party);
void seki_witness_fork (SekiWitness *witness, const SekiParty *party, const char *why);
gboolean seki_witness_is_forked (SekiWitness *witness, const SekiParty *party);
/* Whether the profile names its key, so that anything can be demanded of it. */
gboolean seki_witness_has_key (SekiWitness *witness, const SekiParty *party);

/* What is to be demanded of a party. */
typedef struct {
        gboolean any;                  /* a checkpoint is known */
        SekiCheckpoint known, claimed; /* claimed.size 0: nothing is claimed */
        char *note;                    /* claimed; to be freed */
        char forked[SEKI_WITNESS_WHY]; /* "": not */
        gint64 heard;                  /* when it last showed a checkpoint; 0: never since start */
} SekiWitnessClaim;

void seki_witness_get_claim (SekiWitness *witness, const SekiParty *party,
                             SekiWitnessClaim *out_claim);
void seki_witness_claim_clear (SekiWitnessClaim *claim);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (SekiWitnessClaim, seki_witness_claim_clear)
/* A proof held: notes the time.  Receipts proven by it are erased with the next save. */
void seki_witness_proven (SekiWitness *witness, const SekiParty *party);
void seki_witness_settle (SekiWitness *witness, SekiSpan key);

/* What a person sees; times in microseconds since the epoch, 0: never. */
typedef struct {
        const SekiParty *party;
        gboolean demanded;                /* the profile names its key */
        guint64 known_size, claimed_size; /* claimed is larger: not proven yet */
        gint64 known_time;                /* signed then */
        gint64 proven, heard; /* last proof that held; last checkpoint seen since start */
        const char *forked;   /* why; NULL: not */
} SekiWitnessView;

/* Calls each institution, lent until it returns; it must not come back here. */
void seki_witness_each (SekiWitness *witness,
                        void (*each) (const SekiWitnessView *view, gpointer user), gpointer user);

/* witness-rows.c: what is known, durably.  load once, before anything comes in;
 * save by the ledger thread, one batch for all that changed. */
gboolean seki_witness_load (SekiWitness *witness, const SekiKernel *kernel, GError **error);
gboolean seki_witness_save (SekiWitness *witness, const SekiKernel *kernel, GError **error);

/* A receipt of a party, to be proven (space STATE): its row's key and value, and
 * the bounds of all whose index is below size.  Bounds and keys are of at most
 * SEKI_UNPROVEN_KEY_MAX bytes. */
#define SEKI_UNPROVEN_KEY_MAX 128
#define SEKI_UNPROVEN_VALUE_LEN 10
gsize seki_unproven_key (const SekiParty *party, const SekiReceipt *receipt,
                         guint8 out[SEKI_UNPROVEN_KEY_MAX]);
void seki_unproven_value (const SekiReceipt *receipt, gint64 now,
                          guint8 out[SEKI_UNPROVEN_VALUE_LEN]);
gsize seki_unproven_bound (const SekiParty *party, guint64 index,
                           guint8 out[SEKI_UNPROVEN_KEY_MAX]);
gboolean seki_unproven_read (SekiSpan key, SekiReceipt *out_receipt);

G_END_DECLS
