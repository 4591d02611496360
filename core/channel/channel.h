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
        const char *const *from;        /* where it may come from: "192.0.2.7" or "192.0.2.0/24",
                                         * NULL-terminated; none: it is only called */
        const char *host;               /* where to reach it, numeric; NULL: it only calls */
        guint16 port;
} SekiPeer;

/* Bounds; 0 takes the default named. */
typedef struct {
        gint64 handshake_timeout;       /* microseconds; 10 s */
        gint64 idle_timeout;            /* 10 min without a byte either way */
        gint64 write_timeout;           /* 30 s for each 16 KiB that wait: a slow reader */
        gint64 verify_interval;         /* 1 min; peers of open channels are verified again */
        gsize write_buffer;             /* bytes waiting per channel at most; 4 MiB */
        guint max_channels;             /* of one endpoint; 4096 */
        guint max_handshakes;           /* unfinished at once; 256; of one address an eighth */
} SekiChannelLimits;

/* Why a stranger was turned away: a stable id of channel/refusal.h, static.  To
 * be counted per address, reason and minute (D21).  Also told when a node that
 * was called is not who it should be, and when a list ends an open channel. */
typedef void (*SekiStrangerFunc) (const char *address, const char *reason, gpointer user);

/* What the owner of channels is told; all on the loop's thread, never from
 * within a call of the owner.  writable, closed and stranger may be NULL. */
typedef struct {
        /* The peer is verified and found; FALSE closes.  A client hears this before
         * the server has judged the client's certificate (RFC 8446, 4.4.2.4): if it
         * refuses, closed follows with "refused-by-peer". */
        gboolean (*opened) (SekiChannel *channel, gpointer user);
        /* At most 16 KiB; wiped after the call. */
        void (*bytes) (SekiChannel *channel, SekiSpan in, gpointer user);
        /* After a short write: three quarters of the write buffer are free. */
        void (*writable) (SekiChannel *channel, gpointer user);
        /* Last call for every channel that was opened or that connect returned;
         * the channel is freed after it.  why: an id of channel/refusal.h, or what
         * seki_channel_close was given. */
        void (*closed) (SekiChannel *channel, const char *why, gpointer user);
        SekiStrangerFunc stranger;
} SekiChannelEvents;

/* An endpoint: one loop's listening socket (SO_REUSEPORT) and outgoing
 * channels, with one model for each direction. */
typedef struct SekiEndpoint SekiEndpoint;

/* Needs an unsealed keyring with an installed certificate; free the endpoint
 * before the keyring is sealed.  loop, keyring, trust and peers (with all they
 * point to) outlive the endpoint; limits and events are copied.  A connection
 * from an address that belongs to no peer is closed before it costs a handshake. */
SekiEndpoint *seki_endpoint_new (SekiLoop *loop, SekiKeyring *keyring, SekiTrust *trust,
                                 const char *alpn, const SekiPeer *peers, gsize n_peers,
                                 const SekiChannelLimits *limits, const SekiChannelEvents *events,
                                 gpointer user, GError **error);
/* Closes every channel, telling each; not from within an event. */
void seki_endpoint_free (SekiEndpoint *endpoint);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SekiEndpoint, seki_endpoint_free)
/* address is numeric; port 0 picks one.  Returns the port, or 0.  May be called
 * for several addresses. */
guint16 seki_endpoint_listen (SekiEndpoint *endpoint, const char *address, guint16 port,
                              GError **error);
void seki_endpoint_stop_listening (SekiEndpoint *endpoint);
/* Opens a channel to one of the peers; opened or closed follows. */
SekiChannel *seki_endpoint_connect (SekiEndpoint *endpoint, const SekiPeer *peer, GError **error);
/* The node's certificate was renewed, or authorities or lists changed: models
 * are made anew, and channels whose peer no longer verifies are closed.  A
 * changed list is also noticed without it: before the next byte of a channel
 * counts, and within a second on idle ones. */
gboolean seki_endpoint_refresh (SekiEndpoint *endpoint, GError **error);
guint seki_endpoint_count (const SekiEndpoint *endpoint);

/* Queues bytes, which leave in this round or the next; returns how many were
 * taken (all, or fewer when the write buffer is full: writable follows), or -1
 * when the channel is not open or is closing. */
gssize seki_channel_write (SekiChannel *channel, SekiSpan bytes);
/* What was queued still leaves, within write_timeout; then closed follows from
 * the loop.  Nothing more is delivered. */
void seki_channel_close (SekiChannel *channel, const char *why);
/* Until opened: whom a client called. */
const SekiPeer *seki_channel_get_peer (const SekiChannel *channel);
const char *seki_channel_get_address (const SekiChannel *channel);
gboolean seki_channel_is_client (const SekiChannel *channel);
SekiEndpoint *seki_channel_get_endpoint (const SekiChannel *channel);
gpointer seki_channel_get_data (const SekiChannel *channel);            /* the owner's own */
void seki_channel_set_data (SekiChannel *channel, gpointer data);

typedef struct {
        guint64 bytes_in, bytes_out;    /* on the wire */
        guint64 blocked;                /* times a write found the socket full */
        gsize waiting;                  /* bytes in the write buffer */
} SekiChannelStats;
void seki_channel_get_stats (const SekiChannel *channel, SekiChannelStats *out_stats);

G_END_DECLS
