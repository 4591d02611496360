/* SPDX-License-Identifier: Apache-2.0 */
/* Channels: TLS 1.3 with both certificates over an own buffered PRFileDesc
 * layer (D4).  A channel belongs to one loop and its thread.
 *
 * A peer is who its certificate says, bound to one party of the profile and to
 * that party's fixed addresses (clauses 3.3(1), 4.3(3), 4.3(4)); a party is
 * found by the certificate's DNS name. */
#pragma once

#include "channel/loop.h"
#include "keyring/certificate.h"
#include <sekisho/party.h>
#include <sekisho/transport.h>

G_BEGIN_DECLS

/* One party a channel may belong to. */
typedef struct {
        const SekiParty *party;
        const char *name;               /* DNS name of its certificate */
        const char *const *from;        /* addresses it may come from: "192.0.2.7" or "192.0.2.0/24", NULL-terminated */
        const char *host;               /* where to reach it: numeric address; NULL if it only calls */
        guint16 port;
} SekiPeer;

/* Bounds; 0 takes the default named. */
typedef struct {
        gint64 handshake_timeout;       /* microseconds; 10 s */
        gint64 idle_timeout;            /* 10 min without a byte either way */
        gint64 write_timeout;           /* 30 s with bytes waiting and none taken: a slow reader */
        gsize write_buffer;             /* bytes waiting per channel at most; 4 MiB */
        guint max_channels;             /* of one endpoint; 4096 */
        guint max_handshakes;           /* unfinished at once, and per address an eighth of it; 256 */
} SekiChannelLimits;

/* Why a stranger was turned away, counted per address, reason and minute (D21). */
typedef void (*SekiStrangerFunc) (const char *address, const char *reason, gpointer user);

/* What the owner of channels is told; all on the loop's thread. */
typedef struct {
        /* The peer is verified and found; FALSE closes at once. */
        gboolean (*opened) (SekiChannel *channel, gpointer user);
        void (*bytes) (SekiChannel *channel, SekiSpan in, gpointer user);
        void (*writable) (SekiChannel *channel, gpointer user);         /* the write buffer has drained */
        void (*closed) (SekiChannel *channel, const char *why, gpointer user);  /* last call; channel freed after it */
        SekiStrangerFunc stranger;
} SekiChannelEvents;

/* An endpoint: one loop's listening socket (SO_REUSEPORT) and outgoing
 * channels, with one model for each direction. */
typedef struct SekiEndpoint SekiEndpoint;

SekiEndpoint *seki_endpoint_new (SekiLoop *loop, SekiKeyring *keyring, SekiTrust *trust, const char *alpn,
                                 const SekiPeer *peers, gsize n_peers, const SekiChannelLimits *limits,
                                 const SekiChannelEvents *events, gpointer user, GError **error);
void seki_endpoint_free (SekiEndpoint *endpoint);       /* closes every channel, telling each */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SekiEndpoint, seki_endpoint_free)
/* address is numeric; port 0 picks one.  Returns the port, or 0. */
guint16 seki_endpoint_listen (SekiEndpoint *endpoint, const char *address, guint16 port, GError **error);
void seki_endpoint_stop_listening (SekiEndpoint *endpoint);
/* Opens a channel to a party; opened or closed follows. */
SekiChannel *seki_endpoint_connect (SekiEndpoint *endpoint, const SekiPeer *peer, GError **error);
/* The node's certificate was renewed, or authorities or lists changed: models
 * are made anew, and channels whose peer no longer verifies are closed. */
gboolean seki_endpoint_refresh (SekiEndpoint *endpoint, GError **error);
guint seki_endpoint_count (const SekiEndpoint *endpoint);

/* Queues bytes; returns how many were taken (all, or fewer when the write
 * buffer is full: writable follows), or -1 when the channel is closing. */
gssize seki_channel_write (SekiChannel *channel, SekiSpan bytes);
void seki_channel_close (SekiChannel *channel, const char *why);        /* closed follows from the loop */
const SekiPeer *seki_channel_get_peer (const SekiChannel *channel);
const char *seki_channel_get_address (const SekiChannel *channel);
gboolean seki_channel_is_client (const SekiChannel *channel);
SekiEndpoint *seki_channel_get_endpoint (const SekiChannel *channel);
gpointer seki_channel_get_data (const SekiChannel *channel);            /* the owner's own */
void seki_channel_set_data (SekiChannel *channel, gpointer data);

G_END_DECLS
