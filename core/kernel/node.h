/* SPDX-License-Identifier: Apache-2.0 */
/* The node: everything between a checked profile and a serving institution.
 *
 * new -> (sealed) -> unseal -> (serving) -> seal -> (sealed) -> free.  All on
 * the main thread, whose GMainContext runs the node's timers. */
#pragma once

#include "kernel/witness.h"
#include "kernel/worker.h"

G_BEGIN_DECLS

/* A checked profile as the kernel needs it; everything is lent for the life of
 * the node. */
typedef struct {
        const char *data;               /* folder with keys/, store/, ledger/, head, approvals/ */
        const char *origin;             /* of the ledger: "NAME.example/lane/0" */
        gboolean test;
        const SekiParty *self;
        const SekiPeer *peers;          /* institutions and offices */
        gsize n_peers;
        const SekiWitnessed *witnessed; /* verifier keys of the institutions' ledgers */
        gsize n_witnessed;
        const SekiModuleSpec *modules;
        gsize n_modules;
        const SekiReason *reasons;      /* sentences of the core's own reasons */
        SekiTrust *trust;
        const SekiCodec *codec;
        const char *address;
        guint16 port;
        guint n_workers;
        gint retention_years;
        SekiChannelLimits limits;
        gsize max_body, arena_limit;
        guint max_streams;
        guint under_way, refusals;      /* of one peer: messages at once, refusals a minute */
        guint64 reserve;                /* bytes of the disk kept free for the ledger (D21) */
        gint64 witness_interval;        /* microseconds; 0: an hour */
        const SekiClock *clock;
        /* One line to the journal; on any thread. */
        void (*log) (gpointer user, SekiLogLevel level, const char *text);
        gpointer log_user;
} SekiNodeConfig;

typedef enum {
        SEKI_NODE_SEALED,
        SEKI_NODE_SERVING,
        SEKI_NODE_STOPPED,              /* refused to start serving: reason in status */
} SekiNodeState;

typedef struct {
        SekiNodeState state;
        guint16 port;
        guint64 leaves, drained;        /* on the ledger; of them in tiles */
        gint64 last_commit, last_checkpoint;    /* microseconds since the epoch; 0: none */
        gboolean faulted;               /* the last commit failed */
        char problem[256];              /* why it stopped or is faulted; "" */
        SekiCommitStats commit;
        SekiStorageStats storage;
        guint channels;
        guint64 requests, answers, errors;
        guint64 strangers;              /* turned away since start */
        guint64 acts[SEKI_ACT_COUNT];   /* since start, by SekiAct */
} SekiNodeStatus;

typedef struct SekiNode SekiNode;

/* Admits, resolves and opens the modules; opens the keyring, sealed. */
SekiNode *seki_node_new (const SekiNodeConfig *config, GError **error);
void seki_node_free (SekiNode *node);           /* seals first; NULL-safe */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SekiNode, seki_node_free)

/* Compares head and store (D7), starts the modules and the workers.  On error
 * the node is sealed again and its files are untouched. */
gboolean seki_node_unseal (SekiNode *node, SekiSecret *passphrase, GError **error);
/* Answers what is under way, drains, drops every key. */
void seki_node_seal (SekiNode *node);
void seki_node_get_status (SekiNode *node, SekiNodeStatus *out_status);
SekiRegistry *seki_node_get_registry (SekiNode *node);
SekiKeyring *seki_node_get_keyring (SekiNode *node);
/* What pipelines share; NULL unless serving. */
const SekiKernel *seki_node_get_kernel (SekiNode *node);

/* A message from this machine (a person, the timer); answered on this thread.
 * SEKI_ERROR_SEALED while sealed. */
gboolean seki_node_take (SekiNode *node, const SekiParty *caller, SekiSpan action, SekiSpan body,
                         SekiAnswered answered, gpointer user, GError **error);
/* An event of the node on the ledger. */
gboolean seki_node_note (SekiNode *node, const char *act, const char *detail,
                         const SekiParty *actor, GError **error);
/* The same; noted is called on this thread once it is durable, or failed (503). */
gboolean seki_node_note_then (SekiNode *node, const char *act, const char *detail,
                              const SekiParty *actor, SekiAnswered noted, gpointer user,
                              GError **error);
/* Drains and signs a checkpoint now; the note, to be freed. */
char *seki_node_checkpoint (SekiNode *node, GError **error);
/* Certificate or lists changed. */
void seki_node_refresh (SekiNode *node);
/* Runs func on the thread of the queue. */
void seki_node_post_queue (SekiNode *node, SekiLoopFunc func, gpointer user);
/* Whether a party can be reached; reached is called on another thread, see
 * seki_worker_reach.  SEKI_ERROR_SEALED while sealed. */
gboolean seki_node_reach (SekiNode *node, const SekiParty *party, SekiReached reached,
                          gpointer user, GError **error);

G_END_DECLS
