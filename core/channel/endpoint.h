/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of endpoints and channels, for this floor only.
 *
 * A channel stands in exactly one of four queues of its endpoint.  All
 * channels of a queue have the same time to live, so appending keeps it
 * ordered by deadline and each move costs the same however many there are. */
#pragma once

#include "channel/channel.h"
#include "channel/outbox.h"
#include "channel/peers.h"
#include "channel/refusal.h"
#include "channel/tls.h"

G_BEGIN_DECLS

typedef enum {
        CHANNEL_QUEUE_HANDSHAKE,
        CHANNEL_QUEUE_IDLE,             /* open, nothing waits */
        CHANNEL_QUEUE_WRITING,          /* open, bytes wait for the peer */
        CHANNEL_QUEUE_ENDED,            /* freed in the next round */
        CHANNEL_QUEUE_COUNT
} SekiChannelQueue;

typedef enum {
        CHANNEL_CONNECTING,
        CHANNEL_HANDSHAKE,
        CHANNEL_OPEN,
        CHANNEL_ENDED,
} SekiChannelState;

struct SekiEndpoint {
        SekiLoop *loop;
        SekiKeyring *keyring;
        SekiTrust *trust;
        char *alpn;
        SekiPeers *peers;
        SekiChannelLimits limits;
        SekiChannelEvents events;
        gpointer user;
        SekiTls *tls;
        guint8 *plain;                  /* one record, wiped after each turn */
        SekiTimer *timer;
        GPtrArray *listeners;
        GQueue queues[CHANNEL_QUEUE_COUNT];
        GHashTable *unfinished;         /* address -> its handshakes */
        guint n_unfinished, n_channels;
        guint swept_generation;
        gint64 swept_at;
};

struct SekiChannel {
        SekiEndpoint *endpoint;
        SekiWatch *watch;
        SekiTlsSession tls;
        SekiChannelState state;
        gboolean client;
        gboolean unfinished;            /* counted among the handshakes */
        gboolean told;                  /* the owner knows it and will hear of its end */
        gboolean short_write;           /* the owner waits for writable */
        gboolean leaving;               /* ends when the outbox is empty */
        gboolean turn;                  /* within its own call */
        const SekiPeer *target;         /* whom a client called */
        const SekiPeer *peer;           /* proven by the certificate */
        CERTCertificate *certificate;
        guint generation;               /* of the trust that verified it */
        SekiAddress from;
        char address[SEKI_ADDRESS_TEXT];
        SekiOutbox outbox;
        gint queue;                     /* a SekiChannelQueue, -1: none yet */
        GList link;
        gint64 deadline;
        char *why;
        gpointer data;
};

/* channel.c; takes over fd, NULL on failure */
SekiChannel *seki_channel_new (SekiEndpoint *endpoint, int fd, const SekiAddress *from,
                               const SekiPeer *target, GError **error);
/* Ends it in the next round without waiting for anything. */
void seki_channel_end (SekiChannel *channel, const char *why);
/* Says goodbye, tells the owner, frees. */
void seki_channel_finish (SekiChannel *channel);
/* Verifies the peer again; ends the channel when that fails. */
gboolean seki_channel_verify (SekiChannel *channel);

/* endpoint.c */
void seki_endpoint_enqueue (SekiEndpoint *endpoint, SekiChannel *channel, SekiChannelQueue queue);
void seki_endpoint_count_handshake (SekiEndpoint *endpoint, SekiChannel *channel, gboolean begins);
void seki_endpoint_turn_away (SekiEndpoint *endpoint, const char *address, const char *reason);

G_END_DECLS
