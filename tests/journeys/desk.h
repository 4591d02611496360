/* SPDX-License-Identifier: Apache-2.0 */
/* A desk: the inside of one node on storage/memory, without lines to others.
 * Messages are handed in and answers taken as bytes. */
#pragma once

#include "kernel/node.h"

G_BEGIN_DECLS

typedef struct {
        char *folder;
        SekiHost host;
        SekiRegistry *registry;
        SekiKeyring *keyring;
        SekiKernel kernel;
        SekiHead *head;
        SekiPipeline *pipeline;
        SekiParty self;
        const SekiParty *peers[8];
        SekiParty office;
        SekiClock clock;
        gint64 time;                    /* of the injected clock */
        GString *answer;                /* last answer, as JSON text */
        guint status;
        guint n_answers;
        GArray *posted;                 /* to be run by desk_flush */
} Desk;

/* role: "account", "transfer", "issuer"; storage: "memory" or "rocksdb". */
Desk *desk_new (const char *role, const char *storage);
void desk_free (Desk *desk);
void desk_open (Desk *desk);            /* again after desk_close, on the same folder */
void desk_close (Desk *desk);
/* Hands in a message written as JSON; the answer lands in desk->answer. */
void desk_take (Desk *desk, const SekiParty *caller, const char *action, const char *json);
void desk_flush (Desk *desk);
guint64 desk_leaves (Desk *desk);
/* The entry of one leaf, as JSON-like text of seki_entry_describe. */
char *desk_entry (Desk *desk, guint64 index);

G_END_DECLS
