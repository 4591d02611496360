/* SPDX-License-Identifier: Apache-2.0 */
#include "channel/endpoint.h"

#include "base/bytes.h"
#include "base/text.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define RECORDS_PER_TURN 16             /* then others have theirs */

/* ends */

void
seki_channel_end (SekiChannel *channel, const char *why)
{
        if (channel->state == CHANNEL_ENDED)
                return;
        channel->state = CHANNEL_ENDED;
        if (channel->why == NULL)
                channel->why = g_strdup (why);
        seki_endpoint_enqueue (channel->endpoint, channel, CHANNEL_QUEUE_ENDED);
        seki_watch_again (channel->watch, 0);
}

void
seki_channel_close (SekiChannel *channel, const char *why)
{
        if (channel->state == CHANNEL_OPEN && channel->outbox.len > 0 && !channel->leaving) {
                channel->leaving = TRUE;
                channel->why = g_strdup (why);
        } else if (!channel->leaving) {
                seki_channel_end (channel, why);
        }
}

static void
channel_free (SekiChannel *channel)
{
        seki_watch_free (channel->watch);
        seki_tls_session_close (&channel->tls);
        seki_outbox_clear (&channel->outbox);
        seki_certificate_free (channel->certificate);
        g_free (channel->why);
        g_free (channel);
}

void
seki_channel_finish (SekiChannel *channel)
{
        SekiEndpoint *endpoint = channel->endpoint;
        seki_endpoint_count_handshake (endpoint, channel, FALSE);
        g_queue_unlink (&endpoint->queues[channel->queue], &channel->link);
        endpoint->n_channels--;
        if (channel->told && endpoint->events.closed != NULL)
                endpoint->events.closed (channel, channel->why, endpoint->user);
        channel_free (channel);
}

static void
channel_refuse (SekiChannel *channel, const char *reason)
{
        seki_endpoint_turn_away (channel->endpoint, channel->address, reason);
        seki_channel_end (channel, reason);
}

/* who the peer is */

static const char *
channel_identify (SekiChannel *channel, CERTCertificate *certificate)
{
        SekiEndpoint *endpoint = channel->endpoint;
        g_auto (GStrv) names = seki_certificate_names (certificate);
        const SekiPeer *peer = seki_peers_find (endpoint->peers, names);
        if (peer == NULL)
                return SEKI_REFUSAL_UNKNOWN_NAME;
        if (channel->client && peer != channel->target)
                return SEKI_REFUSAL_WRONG_PARTY;
        if (!channel->client && !seki_peers_admit (endpoint->peers, peer, &channel->from))
                return SEKI_REFUSAL_WRONG_ADDRESS;
        channel->peer = peer;
        return NULL;
}

static const char *
channel_check_certificate (SekiChannel *channel, CERTCertificate *certificate)
{
        channel->generation = seki_trust_get_generation (channel->endpoint->trust);
        return seki_tls_verify (channel->endpoint->trust, certificate,
                                channel->client ? SEKI_USAGE_SERVER : SEKI_USAGE_CLIENT);
}

/* Within the handshake, before the peer has shown that it holds the key. */
static const char *
channel_check (CERTCertificate *certificate, gpointer user)
{
        SekiChannel *channel = user;
        const char *reason = channel_check_certificate (channel, certificate);
        if (reason == NULL)
                reason = channel_identify (channel, certificate);
        if (reason == NULL)
                channel->certificate = seki_tls_keep (certificate);
        return reason;
}

gboolean
seki_channel_verify (SekiChannel *channel)
{
        const char *reason = channel_check_certificate (channel, channel->certificate);
        if (reason != NULL)
                channel_refuse (channel, reason);
        return reason == NULL;
}

/* writing */

/* A slow reader must take a chunk in each write_timeout, so one byte now and
 * then does not keep a full buffer here. */
static void
channel_wrote (SekiChannel *channel, gsize n)
{
        SekiEndpoint *endpoint = channel->endpoint;
        gboolean progress = seki_outbox_drop (&channel->outbox, n);
        if (channel->outbox.len == 0)
                seki_endpoint_enqueue (endpoint, channel, CHANNEL_QUEUE_IDLE);
        else if (progress)
                seki_endpoint_enqueue (endpoint, channel, CHANNEL_QUEUE_WRITING);
}

static void
channel_drained (SekiChannel *channel)
{
        if (channel->leaving && channel->outbox.len == 0) {
                seki_channel_end (channel, channel->why);
        } else if (channel->short_write &&
                   channel->outbox.len <= channel->endpoint->limits.write_buffer / 4) {
                channel->short_write = FALSE;
                if (channel->endpoint->events.writable != NULL)
                        channel->endpoint->events.writable (channel, channel->endpoint->user);
        }
}

static SekiTlsStep
channel_write_some (SekiChannel *channel)
{
        gsize n;
        SekiTlsStep step =
                seki_tls_session_write (&channel->tls, seki_outbox_peek (&channel->outbox), &n);
        if (step == SEKI_TLS_FAILED)
                seki_channel_end (channel, channel->tls.reason);
        else if (step == SEKI_TLS_DONE)
                channel_wrote (channel, n);
        return step;
}

/* Until the socket is full or nothing is left; the owner may add more as soon
 * as it hears that there is room. */
static void
channel_flush (SekiChannel *channel)
{
        SekiTlsStep step = SEKI_TLS_DONE;
        while (step == SEKI_TLS_DONE && channel->state == CHANNEL_OPEN && channel->outbox.len > 0) {
                step = channel_write_some (channel);
                if (channel->state == CHANNEL_OPEN)
                        channel_drained (channel);
        }
}

gssize
seki_channel_write (SekiChannel *channel, SekiSpan bytes)
{
        SekiEndpoint *endpoint = channel->endpoint;
        if (channel->state != CHANNEL_OPEN || channel->leaving)
                return -1;
        gsize taken = seki_outbox_put (&channel->outbox, bytes, endpoint->limits.write_buffer);
        channel->short_write |= taken < bytes.len;
        if (taken > 0 && channel->queue != CHANNEL_QUEUE_WRITING) {
                seki_endpoint_enqueue (endpoint, channel, CHANNEL_QUEUE_WRITING);
                if (!channel->turn)
                        seki_watch_again (channel->watch, EPOLLOUT);
        }
        return (gssize) taken;
}

/* reading */

/* Every list loaded since is looked at before another byte counts. */
static gboolean
channel_is_trusted (SekiChannel *channel)
{
        return channel->generation == seki_trust_get_generation (channel->endpoint->trust) ||
               seki_channel_verify (channel);
}

static gboolean
channel_read (SekiChannel *channel)
{
        SekiEndpoint *endpoint = channel->endpoint;
        gsize n;
        SekiTlsStep step =
                seki_tls_session_read (&channel->tls, endpoint->plain, SEKI_OUTBOX_CHUNK, &n);
        if (step == SEKI_TLS_FAILED)
                seki_channel_end (channel, channel->tls.reason);
        if (step != SEKI_TLS_DONE)
                return FALSE;
        if (channel->queue == CHANNEL_QUEUE_IDLE)
                seki_endpoint_enqueue (endpoint, channel, CHANNEL_QUEUE_IDLE);
        if (!channel->leaving)
                endpoint->events.bytes (channel, seki_span (endpoint->plain, n), endpoint->user);
        seki_wipe (endpoint->plain, n);
        return channel->state == CHANNEL_OPEN;
}

static void
channel_receive (SekiChannel *channel)
{
        guint records = 0;
        if (channel->state != CHANNEL_OPEN || !channel_is_trusted (channel))
                return;
        while (channel_read (channel))
                if (++records == RECORDS_PER_TURN) {
                        seki_watch_again (channel->watch, EPOLLIN);
                        return;
                }
}

/* the beginning */

static void
channel_open (SekiChannel *channel)
{
        SekiEndpoint *endpoint = channel->endpoint;
        if (channel->peer == NULL || channel->certificate == NULL) {
                channel_refuse (channel, SEKI_REFUSAL_NO_CERTIFICATE);
                return;
        }
        seki_endpoint_count_handshake (endpoint, channel, FALSE);
        channel->state = CHANNEL_OPEN;
        channel->told = TRUE;
        seki_endpoint_enqueue (endpoint, channel, CHANNEL_QUEUE_IDLE);
        if (!endpoint->events.opened (channel, endpoint->user))
                seki_channel_end (channel, SEKI_REFUSAL_OWNER);
}

static void
channel_handshake (SekiChannel *channel)
{
        SekiTlsStep step = seki_tls_session_handshake (&channel->tls);
        if (step == SEKI_TLS_DONE)
                channel_open (channel);
        else if (step == SEKI_TLS_FAILED)
                channel_refuse (channel, channel->tls.reason);
}

static void
channel_connected (SekiChannel *channel, guint32 events)
{
        if ((events & (EPOLLERR | EPOLLHUP)) != 0)
                seki_channel_end (channel, SEKI_END_UNREACHABLE);
        else if ((events & EPOLLOUT) != 0)
                channel->state = CHANNEL_HANDSHAKE;
}

static void
channel_event (guint32 events, gpointer user)
{
        SekiChannel *channel = user;
        if (channel->state == CHANNEL_ENDED) {
                seki_channel_finish (channel);
                return;
        }
        channel->turn = TRUE;
        if (channel->state == CHANNEL_CONNECTING)
                channel_connected (channel, events);
        if (channel->state == CHANNEL_HANDSHAKE)
                channel_handshake (channel);
        if (channel->state == CHANNEL_OPEN) {
                channel_receive (channel);
                channel_flush (channel);
        }
        channel->turn = FALSE;
}

SekiChannel *
seki_channel_new (SekiEndpoint *endpoint, int fd, const SekiAddress *from, const SekiPeer *target,
                  GError **error)
{
        SekiChannel *channel = g_new0 (SekiChannel, 1);
        channel->endpoint = endpoint;
        channel->client = channel->told = target != NULL;
        channel->target = target;
        channel->state = channel->client ? CHANNEL_CONNECTING : CHANNEL_HANDSHAKE;
        channel->from = *from;
        channel->link.data = channel;
        channel->queue = -1;
        seki_address_write (from, channel->address);
        if (!seki_tls_session_open (&channel->tls, endpoint->tls, fd,
                                    channel->client ? target->name : NULL, channel_check, channel))
                g_set_error (error, SEKI_ERROR, SEKI_ERROR_LIMIT,
                             _("There is no memory for a connection."));
        else
                channel->watch =
                        seki_loop_watch (endpoint->loop, fd, channel_event, channel, error);
        if (channel->watch == NULL) {
                channel_free (channel);
                return NULL;
        }
        endpoint->n_channels++;
        seki_endpoint_enqueue (endpoint, channel, CHANNEL_QUEUE_HANDSHAKE);
        return channel;
}

/* what it is */

const SekiPeer *
seki_channel_get_peer (const SekiChannel *channel)
{
        return channel->peer != NULL ? channel->peer : channel->target;
}

const char *
seki_channel_get_address (const SekiChannel *channel)
{
        return channel->address;
}

gboolean
seki_channel_is_client (const SekiChannel *channel)
{
        return channel->client;
}

SekiEndpoint *
seki_channel_get_endpoint (const SekiChannel *channel)
{
        return channel->endpoint;
}

gpointer
seki_channel_get_data (const SekiChannel *channel)
{
        return channel->data;
}

void
seki_channel_set_data (SekiChannel *channel, gpointer data)
{
        channel->data = data;
}

void
seki_channel_get_stats (const SekiChannel *channel, SekiChannelStats *out_stats)
{
        SekiBioStats stats = { 0 };
        if (channel->tls.ssl != NULL)
                seki_bio_get_stats (channel->tls.ssl, &stats);
        *out_stats = (SekiChannelStats){ stats.bytes_in, stats.bytes_out, stats.blocked,
                                         channel->outbox.len };
}
