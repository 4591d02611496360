/* SPDX-License-Identifier: Apache-2.0 */
/* One message on its way through the node (design 3): decoded, looked up,
 * decided, handled by its role, decided again for each effect, sealed, put on
 * the ledger, committed, answered.
 *
 * An exchange belongs to one pipeline and its thread; only its commit unit is
 * handed to whoever commits. */
#pragma once

#include "kernel/claims.h"
#include "kernel/commit.h"
#include "kernel/gate.h"
#include "kernel/tally.h"
#include "kernel/vault.h"
#include "ledger/entry.h"
#include "model/message.h"

#include <pthread.h>
#include <stdatomic.h>

G_BEGIN_DECLS

typedef struct SekiQueue SekiQueue;
typedef struct SekiWitness SekiWitness;

/* What all pipelines of a node share; filled once, constant while serving. */
typedef struct {
        const SekiClock *clock;
        SekiKeyring *keyring;
        SekiRegistry *registry;
        SekiVault *vault;
        SekiCommit *commit;
        SekiClaims *claims;
        SekiTiles *tiles;
        SekiQueue *queue;
        SekiTally *tally;
        SekiWitness *witness;           /* latest own checkpoint, and the peers' */
        const SekiStorageOps *storage;
        gpointer storage_self;
        guint16 lane;
        const SekiParty *self;
        const SekiParty *const *peers;  /* institutions, NULL-terminated */
        gboolean test;                  /* the profile's mark */
        gint retention_years;           /* until retention rules exist */
        gsize arena_limit;              /* bytes one message may need */
        guint64 reserve;                /* bytes of the disk kept free for the ledger */
} SekiKernel;

typedef enum {
        SEKI_EXCHANGE_TAKEN,
        SEKI_EXCHANGE_DECODED,          /* message and action are known */
        SEKI_EXCHANGE_CLAIMED,          /* no other exchange writes what this one reads to write */
        SEKI_EXCHANGE_LOADED,
        SEKI_EXCHANGE_DECIDED,
        SEKI_EXCHANGE_HANDLED,
        SEKI_EXCHANGE_SEALED,           /* rows and leaves are built */
        SEKI_EXCHANGE_COMMITTING,
        SEKI_EXCHANGE_DONE,
} SekiExchangeState;

typedef struct SekiIndexRow SekiIndexRow;
typedef struct SekiEffectNode SekiEffectNode;
struct SekiEffectNode {
        SekiEffectNode *next;
        SekiEffect effect;
};

/* One record of the message. */
typedef struct {
        const SekiItem *item;
        const char *reason;             /* NULL: granted so far */
        gboolean answered;              /* the role gave its verdict */
        gsize ruling;                   /* on the message, then on the last effect that refused */
        guint8 id[SEKI_ID_LEN];
        SekiHeld *held;                 /* NULL: nothing is stored */
        SekiHeld **same;                /* of subject->same, in its order */
        SekiIndexRow *given_number, *given_person;      /* rows that the values given stand in */
        SekiSubject *subject;           /* NULL: the role does not see it */
        SekiEffectNode *effects, **last_effect;
        const SekiEffect *put;          /* shortcuts into effects */
        gboolean erased, acts;          /* acts: it has an effect beside the answer */
        SekiVerdictItem *given;         /* records the answer carries; NULL if none */
        const char *verdict;            /* REPLY: of the peer, "" if granted */
} SekiLine;

/* Called once, on the pipeline's thread, when everything is durable or refused.
 * body is the answer in CBOR, lent. */
typedef void (*SekiAnswered) (SekiSpan body, guint status, gpointer user);

typedef struct SekiPipeline SekiPipeline;
typedef struct SekiExchange SekiExchange;
struct SekiExchange {
        SekiCommitUnit unit;            /* first: a unit is its exchange */
        SekiExchange *next;
        SekiPipeline *pipeline;
        SekiExchangeState state;
        SekiArena *arena;
        SekiAnswered answered;
        gpointer user;

        const SekiParty *caller;
        SekiSpan action_name;
        SekiSpan body;
        const SekiAction *action;
        SekiPlugin *role;
        guint32 loads;                  /* of the action, and what its writes must keep in step */
        SekiMessage message;
        SekiLine *lines;                /* message.n_items of them */
        const char *reason;             /* the whole message is refused */
        /* and what a person should know of it; in the arena, NULL if nothing */
        const char *sentence;
        GError *error;                  /* could not be decided */
        guint status;

        SekiContext context;
        SekiDocket docket;
        SekiEffects effects;            /* what the role is handed */
        gboolean starved;               /* an effect found no memory */
        SekiSubject *subjects;
        guint32 *subject_lines;
        gsize n_subjects;

        gboolean waits;                 /* another exchange holds the key: */
        guint8 wanted[SEKI_CLAIM_LEN];
        guint8 *claims;                 /* SEKI_CLAIM_LEN each */
        gsize n_claims, claims_capacity;
        guint8 seen_key[SEKI_CLAIM_LEN];
        guint8 content[SEKI_HASH_LEN];
        SekiSpan repeated;              /* seen row of an equal message applied before */
        gboolean again;                 /* it gave records, and only gives them again */
        GHashTable *index;              /* index rows as loaded and edited: key -> SekiIndexRow */

        gsize rows_capacity, leaves_capacity;
        guint32 acts[SEKI_ACT_COUNT];   /* leaves by act, for the tally */
        GArray *trail;                  /* which leaf speaks of which record */
        SekiBucket room;                /* reserved for new records; generation 0: none */
        GArray *entered;                /* SekiBucket: of the records in hand */
        guint lost;                     /* how often a record was re-sealed under its hands */

        gboolean sends;                 /* rows of the queue are among the unit's */
        const struct SekiReply *reply;  /* this is the answer to a message of the queue */
        const char *note;               /* act of an event of the node itself */
        SekiSpan detail;
};

/* An index row in hand: ids, 16 bytes each. */
struct SekiIndexRow {
        guint8 key[SEKI_INDEX_KEY_LEN];
        GByteArray *ids;
        gboolean changed;
};

/* What a pipeline's files share. */
struct SekiPipeline {
        const SekiKernel *kernel;
        SekiHands *hands;
        guint8 seen[32];
        pthread_t thread;
        void (*post) (gpointer owner, void (*func) (gpointer), gpointer user);
        gpointer owner;
        SekiExchange *round, **last_round;      /* sealed, waiting for flush */
        GQueue parked;                          /* waiting for a claim */
        GPtrArray *arenas;                      /* to be used again */
        pthread_mutex_t lock;                   /* guards finished */
        SekiExchange *finished;
        gboolean woken;                         /* likewise: a post for finished is under way */
        atomic_uint posted;                     /* posts that have not run yet */
        guint in_flight;
};

/* exchange.c: life and answer.  end gives back claims, answers and frees. */
SekiExchange *seki_exchange_new (SekiPipeline *pipeline, const SekiParty *caller,
                                 SekiAnswered answered, gpointer user,
                                 void (*done) (SekiCommitUnit *unit));
void seki_exchange_release (SekiExchange *x);           /* gives its claims back */
void seki_exchange_end (SekiExchange *x);
void seki_exchange_free (SekiExchange *x);

/* decode.c: from bytes to lines. */
void seki_exchange_decode (SekiExchange *x);
gboolean seki_exchange_make_lines (SekiExchange *x);    /* FALSE: x->error is set */
void seki_exchange_refuse_bytes (SekiExchange *x, const char *sentence);

/* seen.c: messages seen before.  recall as load below. */
gboolean seki_exchange_recall (SekiExchange *x, GError **error);
gboolean seki_exchange_answer_repeated (SekiExchange *x);
void seki_exchange_get_first_receipt (const SekiExchange *x, SekiReceipt *out_receipt);
gboolean seki_exchange_add_seen (SekiExchange *x, GError **error);

/* load.c: claims and looks up what the action declared.  FALSE with waits set:
 * a claim is held by another exchange; this one must give its own back. */
gboolean seki_exchange_claim (SekiExchange *x, const guint8 key[SEKI_CLAIM_LEN]);
gboolean seki_exchange_load (SekiExchange *x, GError **error);

/* ask.c: asks the gate.  line_decide asks about every effect of a line, each of
 * which must be permitted; FALSE at the arena's limit. */
gboolean seki_exchange_ask_message (SekiExchange *x, GError **error);
gboolean seki_line_decide (SekiExchange *x, SekiLine *line);

/* leaves.c: one leaf per record and act, and the trails behind them. */
gboolean seki_line_add_leaf (SekiExchange *x, SekiLine *line, const SekiHeld *held, SekiAct act,
                             const char *reason, const char *peer);
/* A leaf whose message is not the one this exchange brought. */
gboolean seki_line_add_sent_leaf (SekiExchange *x, SekiLine *line, SekiSpan message,
                                  const char *peer);
gboolean seki_exchange_add_trails (SekiExchange *x, GError **error);

/* Keeps the bucket from being re-sealed until the exchange ends or waits.  FALSE
 * with waits set: it is being re-sealed now. */
gboolean seki_exchange_enter (SekiExchange *x, const SekiBucket *bucket);
void seki_exchange_leave (SekiExchange *x);

/* perform.c: effects become rows and leaves. */
gboolean seki_exchange_perform (SekiExchange *x, GError **error);
gboolean seki_exchange_refuse (SekiExchange *x);        /* one leaf for the whole message */
gboolean seki_exchange_note (SekiExchange *x, const char *act, SekiSpan detail, const char *peer);
gboolean seki_line_number_after (SekiExchange *x, SekiLine *line, SekiSpan *out_number,
                                 GError **error);

/* rows.c: what the others build with.  key is copied; value must lie in the
 * arena, data NULL erases.  FALSE at the arena's limit. */
gboolean seki_exchange_add_row (SekiExchange *x, SekiSpace space, SekiSpan key, SekiSpan value,
                                gint first_in_key, gint first_in_value);
gboolean seki_exchange_add_leaf (SekiExchange *x, const SekiEntry *entry);
SekiIndexRow *seki_exchange_index_row (SekiExchange *x, SekiIndex index,
                                       const guint8 id[SEKI_ID_LEN]);
void seki_exchange_set_limit_error (GError **error);

/* outgoing.c: collects SEND effects into messages of the queue. */
gboolean seki_exchange_send (SekiExchange *x, GError **error);

G_END_DECLS
