/* SPDX-License-Identifier: Apache-2.0 */
/* A desk: the inside of one node, without lines to others.  Messages are handed
 * in and answers taken as bytes. */
#pragma once

#include "fakes/faulty.h"
#include "kernel/node.h"

G_BEGIN_DECLS

/* The institutions of the small market; desks share them. */
extern const SekiParty desk_transfer, desk_account, desk_second, desk_issuer;

typedef struct {
        const SekiParty *self;
        const char *role, *storage;     /* "account", "memory" */
        const char *module;             /* name of a fake role; NULL: none */
        const char *folder;             /* of an earlier desk; NULL: a new one */
        const char *policy; /* name of a fake; NULL: the shipped one with the shipped rules */
        gboolean keep;                  /* what is in memory outlives desk_close */
        const SekiWitnessed *witnessed;
        gsize n_witnessed;
        gsize arena_limit;
} DeskPlan;

typedef struct {
        char *folder;
        DeskPlan plan;
        Faulty *store;                  /* around the storage module */
        GString *log;                   /* what was reported while opening */
        SekiHost host;
        SekiRegistry *registry;
        SekiKeyring *keyring;
        SekiKernel kernel;
        SekiHead *head;
        SekiPipeline *pipeline;
        const SekiParty *peers[8];
        SekiParty office;
        SekiClock clock;
        gint64 time;                    /* of the injected clock */
        GString *answer;                /* last answer, as JSON text */
        guint status;
        guint n_answers;
        pthread_mutex_t lock;
        GArray *posted;                 /* under lock: to be run by desk_flush */
} Desk;

/* role: "account", "transfer", "issuer"; storage: "memory" or "rocksdb". */
Desk *desk_new (const char *role, const char *storage);
void desk_free (Desk *desk);
Desk *desk_new_with (const DeskPlan *plan);
/* The same; NULL when it does not open, and then everything is closed again. */
Desk *desk_try (const DeskPlan *plan, GError **error);
void desk_open (Desk *desk);            /* again after desk_close, on the same folder */
void desk_close (Desk *desk);
void desk_leave (Desk *desk);           /* as free, but the folder stays */
/* Hands in a message written as JSON; the answer lands in desk->answer. */
void desk_take (Desk *desk, const SekiParty *caller, const char *action, const char *json);
void desk_take_cbor (Desk *desk, const SekiParty *caller, const char *action, SekiSpan body,
                     SekiAnswered answered, gpointer user);
void desk_flush (Desk *desk);
/* As take and flush; the answer's JSON, lent until the next. */
const char *desk_ask (Desk *desk, const SekiParty *caller, const char *action, const char *json);
guint64 desk_leaves (Desk *desk);
/* The entry of one leaf, as JSON-like text of seki_entry_describe. */
char *desk_entry (Desk *desk, guint64 index);

G_END_DECLS
