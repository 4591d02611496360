/* SPDX-License-Identifier: Apache-2.0 */
/* A small host for transport modules: channels are queues in memory, the clock
 * stands still until told, and what is delivered is kept. */
#pragma once

#include <sekisho/sekisho.h>

/* Bytes under way; wiped when taken, so that a search of memory finds only
 * what the module left behind. */
typedef struct {
        guint8 *data;
        gsize len, size;
} Wire;

typedef struct {
        guint64 stream, token;
        guint32 status;
        SekiContent content;
        char *action;           /* NULL if absent */
        guint8 *body;
        gsize len;
} Got;

typedef struct {
        SekiHost host;
        const SekiModule *module;
        gpointer self;
        gint64 now;
        GPtrArray *events;      /* "name subject" */
} Node;

typedef void (*PairDeliver) (SekiChannel *channel, const SekiFrame *frame);

struct SekiChannel {
        Node *node;
        gpointer session;
        SekiChannelInfo info;
        Wire out;
        gsize room;             /* bytes channel_write takes before it blocks; G_MAXSIZE: never */
        gsize refill;           /* room after each run of the wire */
        gboolean blocked, gone;
        guint writes;
        gsize largest_write;
        char *closed;           /* why the module closed it */
        GPtrArray *got;         /* of Got */
        PairDeliver on_deliver; /* instead of keeping the frame */
        SekiChannel *other;
};

const SekiModule *pair_module (const char *path);

/* changes: "name=number" pairs over the defaults, NULL-terminated. */
Node *node_new (const SekiModule *module, const char *const *changes);
void node_free (Node *node);

SekiChannel *channel_new (Node *node, const SekiChannelInfo *info);
void channel_free (SekiChannel *channel);
const Got *channel_got (SekiChannel *channel, guint i);

gboolean channel_bytes (SekiChannel *channel, gconstpointer data, gsize len, GError **error);
void channel_writable (SekiChannel *channel);
gboolean channel_ask (SekiChannel *channel, const char *action, gconstpointer body, gsize len,
                      guint64 token, GError **error);
gboolean channel_answer (SekiChannel *channel, guint64 stream, guint32 status, gconstpointer body,
                         gsize len, GError **error);
void channel_drain (SekiChannel *channel);

/* A client and a server of one module, back to back. */
void pair_new (Node *node, guint max_streams, gsize max_body, SekiChannel **out_client,
               SekiChannel **out_server);
/* Carries bytes both ways, piece by piece, until nothing moves. */
void pair_run (SekiChannel *client, SekiChannel *server, gsize piece);

void wire_clear (Wire *wire);
