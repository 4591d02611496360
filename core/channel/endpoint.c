/* SPDX-License-Identifier: Apache-2.0 */
#include "channel/endpoint.h"

#include "base/bytes.h"
#include "base/text.h"
#include "channel/listener.h"

#include <errno.h>

#define SECOND ((gint64) G_USEC_PER_SEC)

/* queues and counts */

void
seki_endpoint_turn_away (SekiEndpoint *endpoint, const char *address, const char *reason)
{
        if (endpoint->events.stranger != NULL)
                endpoint->events.stranger (address, reason, endpoint->user);
}

static gint64
endpoint_time (const SekiEndpoint *endpoint)
{
        return seki_clock_monotonic (seki_loop_get_clock (endpoint->loop));
}

void
seki_endpoint_enqueue (SekiEndpoint *endpoint, SekiChannel *channel, SekiChannelQueue queue)
{
        const gint64 lives[CHANNEL_QUEUE_COUNT] = {
                [CHANNEL_QUEUE_HANDSHAKE] = endpoint->limits.handshake_timeout,
                [CHANNEL_QUEUE_IDLE] = endpoint->limits.idle_timeout,
                [CHANNEL_QUEUE_WRITING] = endpoint->limits.write_timeout,
        };
        if (channel->queue >= 0)
                g_queue_unlink (&endpoint->queues[channel->queue], &channel->link);
        channel->queue = (gint) queue;
        channel->deadline = endpoint_time (endpoint) + lives[queue];
        g_queue_push_tail_link (&endpoint->queues[queue], &channel->link);
}

void
seki_endpoint_count_handshake (SekiEndpoint *endpoint, SekiChannel *channel, gboolean begins)
{
        if (channel->unfinished == begins)
                return;
        guint here =
                GPOINTER_TO_UINT (g_hash_table_lookup (endpoint->unfinished, channel->address));
        channel->unfinished = begins;
        here = begins ? here + 1 : here - 1;
        endpoint->n_unfinished = begins ? endpoint->n_unfinished + 1 : endpoint->n_unfinished - 1;
        if (here == 0)
                g_hash_table_remove (endpoint->unfinished, channel->address);
        else
                g_hash_table_replace (endpoint->unfinished, g_strdup (channel->address),
                                      GUINT_TO_POINTER (here));
}

/* time */

static void
endpoint_expire (SekiEndpoint *endpoint, SekiChannelQueue queue, const char *why)
{
        gint64 now = endpoint_time (endpoint);
        GList *first;
        while ((first = endpoint->queues[queue].head) != NULL) {
                SekiChannel *channel = first->data;
                if (channel->deadline > now)
                        return;
                if (queue == CHANNEL_QUEUE_HANDSHAKE && channel->state == CHANNEL_HANDSHAKE)
                        seki_endpoint_turn_away (endpoint, channel->address, why);
                seki_channel_end (channel, why);
        }
}

static void
endpoint_verify_queue (GQueue *queue)
{
        for (GList *link = queue->head, *next; link != NULL; link = next) {
                next = link->next;
                seki_channel_verify (link->data);
        }
}

static void
endpoint_sweep (SekiEndpoint *endpoint)
{
        endpoint->swept_generation = seki_trust_get_generation (endpoint->trust);
        endpoint->swept_at = endpoint_time (endpoint);
        endpoint_verify_queue (&endpoint->queues[CHANNEL_QUEUE_IDLE]);
        endpoint_verify_queue (&endpoint->queues[CHANNEL_QUEUE_WRITING]);
}

static void
endpoint_tick (gpointer user)
{
        SekiEndpoint *endpoint = user;
        endpoint_expire (endpoint, CHANNEL_QUEUE_HANDSHAKE, SEKI_REFUSAL_TIMEOUT);
        endpoint_expire (endpoint, CHANNEL_QUEUE_IDLE, SEKI_END_IDLE);
        endpoint_expire (endpoint, CHANNEL_QUEUE_WRITING, SEKI_END_SLOW);
        if (endpoint->swept_generation != seki_trust_get_generation (endpoint->trust) ||
            endpoint_time (endpoint) - endpoint->swept_at >= endpoint->limits.verify_interval)
                endpoint_sweep (endpoint);
        for (guint i = 0; i < endpoint->listeners->len; i++)
                seki_listener_retry (g_ptr_array_index (endpoint->listeners, i));
}

/* A quarter of the shortest time to live, at most a second. */
static gint64
endpoint_interval (const SekiChannelLimits *limits)
{
        gint64 shortest =
                MIN (limits->handshake_timeout, MIN (limits->idle_timeout, limits->write_timeout));
        return CLAMP (MIN (shortest, limits->verify_interval) / 4, 10000, SECOND);
}

/* life */

static gint64
or_else (gint64 value, gint64 usual)
{
        return value > 0 ? value : usual;
}

static SekiChannelLimits
limits_fill (const SekiChannelLimits *given)
{
        SekiChannelLimits limits = given != NULL ? *given : (SekiChannelLimits){ 0 };
        limits.handshake_timeout = or_else (limits.handshake_timeout, 10 * SECOND);
        limits.idle_timeout = or_else (limits.idle_timeout, 600 * SECOND);
        limits.write_timeout = or_else (limits.write_timeout, 30 * SECOND);
        limits.verify_interval = or_else (limits.verify_interval, 60 * SECOND);
        limits.write_buffer = (gsize) or_else ((gint64) limits.write_buffer, 4 << 20);
        limits.max_channels = (guint) or_else (limits.max_channels, 4096);
        limits.max_handshakes = (guint) or_else (limits.max_handshakes, 256);
        return limits;
}

SekiEndpoint *
seki_endpoint_new (SekiLoop *loop, SekiKeyring *keyring, SekiTrust *trust, const char *alpn,
                   const SekiPeer *peers, gsize n_peers, const SekiChannelLimits *limits,
                   const SekiChannelEvents *events, gpointer user, GError **error)
{
        g_autoptr (SekiEndpoint) endpoint = g_new0 (SekiEndpoint, 1);
        endpoint->loop = loop;
        endpoint->keyring = keyring;
        endpoint->trust = trust;
        endpoint->alpn = g_strdup (alpn);
        endpoint->limits = limits_fill (limits);
        endpoint->events = *events;
        endpoint->user = user;
        endpoint->plain = g_malloc (SEKI_OUTBOX_CHUNK);
        endpoint->listeners = g_ptr_array_new_with_free_func ((GDestroyNotify) seki_listener_free);
        endpoint->unfinished = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
        endpoint->peers = seki_peers_new (peers, n_peers, error);
        endpoint->tls = endpoint->peers != NULL ? seki_tls_new (keyring, alpn, error) : NULL;
        if (endpoint->tls == NULL)
                return NULL;
        endpoint->swept_generation = seki_trust_get_generation (trust);
        endpoint->swept_at = endpoint_time (endpoint);
        endpoint->timer = seki_loop_timer (loop, endpoint_interval (&endpoint->limits),
                                           endpoint_tick, endpoint);
        return g_steal_pointer (&endpoint);
}

static void
endpoint_finish_all (SekiEndpoint *endpoint)
{
        for (guint q = 0; q < CHANNEL_QUEUE_ENDED; q++)
                while (endpoint->queues[q].head != NULL)
                        seki_channel_end (endpoint->queues[q].head->data, SEKI_END_STOPPED);
        while (endpoint->queues[CHANNEL_QUEUE_ENDED].head != NULL)
                seki_channel_finish (endpoint->queues[CHANNEL_QUEUE_ENDED].head->data);
}

void
seki_endpoint_free (SekiEndpoint *endpoint)
{
        if (endpoint == NULL)
                return;
        seki_timer_free (endpoint->timer);
        g_ptr_array_unref (endpoint->listeners);
        endpoint_finish_all (endpoint);
        g_hash_table_unref (endpoint->unfinished);
        seki_peers_free (endpoint->peers);
        seki_tls_free (endpoint->tls);
        seki_wipe (endpoint->plain, SEKI_OUTBOX_CHUNK);
        g_free (endpoint->plain);
        g_free (endpoint->alpn);
        g_free (endpoint);
}

guint16
seki_endpoint_listen (SekiEndpoint *endpoint, const char *address, guint16 port, GError **error)
{
        SekiAddress parsed;
        guint16 bound = 0;
        if (!seki_address_parse (address, &parsed) || strchr (address, '/') != NULL) {
                g_set_error (error, SEKI_ERROR, SEKI_ERROR_CONFIG,
                             _("\"%s\" is no numeric address to listen at; write one such as "
                                "192.0.2.7."),
                             address);
                return 0;
        }
        SekiListener *listener = seki_listener_new (endpoint, &parsed, port, &bound, error);
        if (listener == NULL)
                return 0;
        g_ptr_array_add (endpoint->listeners, listener);
        return bound;
}

void
seki_endpoint_stop_listening (SekiEndpoint *endpoint)
{
        g_ptr_array_set_size (endpoint->listeners, 0);
}

SekiChannel *
seki_endpoint_connect (SekiEndpoint *endpoint, const SekiPeer *peer, GError **error)
{
        SekiAddress address;
        if (peer->host == NULL || !seki_address_parse (peer->host, &address)) {
                g_set_error (error, SEKI_ERROR, SEKI_ERROR_CONFIG,
                             _("%s can not be called: its host is not a numeric address."),
                             peer->party->id);
                return NULL;
        }
        if (endpoint->n_channels >= endpoint->limits.max_channels) {
                g_set_error (error, SEKI_ERROR, SEKI_ERROR_BUSY,
                             _("All %u connections are in use; try again later."),
                             endpoint->limits.max_channels);
                return NULL;
        }
        int fd = seki_socket_connect (&address, peer->port);
        if (fd < 0) {
                g_set_error (error, SEKI_ERROR, SEKI_ERROR_PEER,
                             _("%s at %s port %u can not be reached (%s)."), peer->party->id,
                             peer->host, peer->port, g_strerror (errno));
                return NULL;
        }
        return seki_channel_new (endpoint, fd, &address, peer, error);
}

gboolean
seki_endpoint_refresh (SekiEndpoint *endpoint, GError **error)
{
        SekiTls *tls = seki_tls_new (endpoint->keyring, endpoint->alpn, error);
        endpoint_sweep (endpoint);
        if (tls == NULL)
                return FALSE;
        seki_tls_free (endpoint->tls);
        endpoint->tls = tls;
        return TRUE;
}

guint
seki_endpoint_count (const SekiEndpoint *endpoint)
{
        return endpoint->n_channels;
}
