/* SPDX-License-Identifier: Apache-2.0 */
/* Two institutions in one process, whole: an account institution and the
 * transfer institution, each a SekiNode with its folder, its keys and its
 * certificate, talking TLS on 127.0.0.1. */
#pragma once

#include "fakes/certificates.h"
#include "kernel/node.h"

G_BEGIN_DECLS

enum { NODE_ACCOUNT, NODE_TRANSFER, NODE_COUNT };

#define PASSPHRASE "correct horse"

typedef struct World World;

typedef struct {
        World *world;
        guint place;
        const char *name;               /* DNS name */
        char *data;                     /* folder */
        char *origin, *vkey;
        SekiParty party;
        SekiParty office;               /* its own system */
        SekiPeer peers[NODE_COUNT];     /* the other one */
        SekiWitnessed witnessed[NODE_COUNT];
        SekiTrust *trust;
        SekiModuleSpec modules[4];
        GPtrArray *texts;               /* of modules */
        SekiNodeConfig config;
        SekiNode *node;                 /* NULL while stopped */
        guint16 port;
        GString *answer;                /* last answer, as JSON text */
        guint status, n_answers;
} Node;

struct World {
        FakePki *pki;
        char *folder;
        SekiClock clock;
        gint64 ahead;                   /* microseconds that the wall clock runs ahead */
        Node nodes[NODE_COUNT];
};

World *world_new (void);
void world_get (World *world, Node **out_account, Node **out_transfer);
void world_free (World *world);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (World, world_free)

/* Admits the modules; sealed.  Then unseals, by default with PASSPHRASE. */
void node_open (Node *node);
gboolean node_unseal (Node *node, const char *passphrase, GError **error);
void node_start (Node *node);           /* both */
void node_stop (Node *node);            /* frees the node; its folder stays */
/* The folder as it lies there, kept beside it and put back. */
void node_save (Node *node, const char *name);
void node_restore (Node *node, const char *name);

/* Hands in a message of the office written as JSON. */
void node_take (Node *node, const char *action, const char *json);
/* The same, and waits for the answer. */
const char *node_ask (Node *node, const char *action, const char *json);
/* The account institution keeps person n and queues a message about it for the
 * transfer institution. */
void node_keep_person (Node *account, guint n);
void node_post (Node *account, guint n);
void node_assert_arrived (Node *transfer, guint n);
guint64 node_leaves (Node *node);
guint node_queued (Node *node);         /* messages waiting */
char *node_problem (Node *node);        /* of the first that waits and failed; NULL: none */
/* How many leaves speak of the act, "put", "receipt". */
guint node_count (Node *node, const char *act);
SekiNodeStatus node_status (Node *node);
/* What it knows of the other's ledger; forked is "" while it is not. */
typedef struct {
        guint64 known, claimed;
        gint64 proven;
        char forked[SEKI_WITNESS_WHY];
} NodeView;
NodeView node_view (Node *node);
guint node_unproven (Node *node);       /* receipts of the other that are not proven yet */

/* Runs the main context until the test holds, at most 15 s; FALSE if it never did. */
typedef gboolean (*NodeTest) (Node *node);
Node *node_other (Node *node);
gboolean node_wait (Node *node, NodeTest test);
gboolean node_is_quiet (Node *node);    /* nothing waits in the queue */
/* Until that many leaves speak of the act: the tiles are fed a moment after the
 * rows are there. */
gboolean node_wait_count (Node *node, const char *act, guint n);
void world_run (gint64 microseconds);

G_END_DECLS
