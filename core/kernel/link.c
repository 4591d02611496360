/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel/link.h"

#include "base/text.h"
#include "channel/refusal.h"

#define PROBE_TIMEOUT (30 * (gint64) G_USEC_PER_SEC)

/* One channel with its transport session.  Streams whose answer is still to
 * come hold a reference, because the channel may go before it. */
struct SekiLink {
        SekiWorker *worker;
        SekiChannel *channel;           /* NULL once closed */
        gpointer session;
        const SekiPeer *peer;
        gboolean spoke;                 /* the other side sent something */
        guint refs;
};

/* Somebody waits to hear whether a peer can be reached. */
typedef struct {
        SekiWorker *worker;
        const SekiParty *party;
        const SekiPeer *peer;
        SekiReached reached;
        gpointer user;
        gint64 deadline;
} Probe;

/* A request on its way through the pipeline. */
typedef struct {
        SekiLink *link;
        guint64 stream;
        SekiContent content;
        gboolean entered;               /* counts in the quota of its peer */
} Stream;

/* A message of the queue that waits for its channel to open. */
typedef struct {
        guint64 token;
        SekiSpan action, body;
        SekiArena *arena;
} Pending;

static void
link_unref (SekiLink *link)
{
        if (--link->refs == 0)
                g_free (link);
}

void
seki_link_pending_free (gpointer data)
{
        Pending *pending = data;

        seki_arena_free (pending->arena);
        g_free (pending);
}

/* Answers leave here, on the worker's thread. */
static void
stream_answered (SekiSpan body, guint status, gpointer user)
{
        Stream *stream = user;
        SekiWorker *worker = stream->link->worker;
        SekiFrame frame = { .stream = stream->stream, .content = stream->content, .status = status, .body = body };
        SekiCborWriter json;

        worker->answers++;
        if (stream->entered)
                seki_quota_leave (worker->quota, stream->link->peer, status >= 400 && status < 500);
        seki_cbor_writer_init (&json, NULL);
        if (stream->content == SEKI_CONTENT_JSON && worker->config->codec->to_json (body, &json, NULL))
                frame.body = seki_cbor_writer_get_span (&json);
        if (stream->link->session != NULL)
                worker->transport->module->transport->send (stream->link->session, &frame, NULL);
        seki_cbor_writer_clear (&json);
        link_unref (stream->link);
        g_free (stream);
}

static Stream *
stream_new (SekiLink *link, const SekiFrame *frame)
{
        Stream *stream = g_new0 (Stream, 1);

        stream->link = link;
        stream->stream = frame->stream;
        stream->content = frame->content;
        link->refs++;
        link->worker->requests++;
        return stream;
}

static void
link_answer_error (SekiLink *link, const SekiFrame *frame, guint status, const char *message)
{
        SekiAnswer answer = { .error = message };
        Stream *stream = stream_new (link, frame);
        SekiCborWriter writer;

        link->worker->errors++;
        seki_cbor_writer_init (&writer, NULL);
        seki_answer_write (&answer, &writer);
        stream_answered (seki_cbor_writer_get_span (&writer), status, stream);
        seki_cbor_writer_clear (&writer);
}

/* A peer beyond its quota costs no leaf of its own: one counted leaf a minute. */
static gboolean
link_may_enter (SekiLink *link, const SekiFrame *frame)
{
        const SekiWorkerConfig *config = link->worker->config;

        switch (seki_quota_enter (link->worker->quota, link->peer)) {
        case SEKI_QUOTA_UNDER_WAY:
                link_answer_error (link, frame, 429,
                                   _("Too many messages of this institution are under way. "
                                     "Wait for answers, then send it again."));
                return FALSE;
        case SEKI_QUOTA_REFUSED:
                if (config->stranger != NULL)
                        config->stranger (link->peer->party->id, "refused-too-often", config->stranger_user);
                link_answer_error (link, frame, 429,
                                   _("Too many messages of this institution were refused. "
                                     "Put right what is wrong, wait a minute and send it again."));
                return FALSE;
        default:
                return TRUE;
        }
}

static Stream *
stream_enter (SekiLink *link, const SekiFrame *frame)
{
        Stream *stream = stream_new (link, frame);

        stream->entered = TRUE;
        return stream;
}

static void
worker_request (SekiWorker *worker, SekiLink *link, const SekiFrame *frame)
{
        g_autoptr (GError) error = NULL;
        SekiCborWriter cbor;
        SekiSpan body = frame->body;

        if (worker->stopping) {
                link_answer_error (link, frame, 503, _("The node is stopping. Send the message again in a minute."));
                return;
        }
        if (!link_may_enter (link, frame))
                return;
        seki_cbor_writer_init (&cbor, NULL);
        if (frame->content == SEKI_CONTENT_JSON && !worker->config->codec->to_cbor (frame->body, &cbor, &error))
                seki_pipeline_refuse (worker->pipeline, link->peer->party, frame->action, error->message, stream_answered,
                                      stream_enter (link, frame));
        else {
                if (frame->content == SEKI_CONTENT_JSON)
                        body = seki_cbor_writer_get_span (&cbor);
                seki_pipeline_take (worker->pipeline, link->peer->party, frame->action, body, stream_answered,
                                    stream_enter (link, frame));
        }
        seki_cbor_writer_clear (&cbor);
}

void
seki_worker_deliver (gpointer core, SekiChannel *channel, const SekiFrame *frame)
{
        SekiLink *link = seki_channel_get_data (channel);

        (void) core;
        if (frame->status == 0)
                worker_request (link->worker, link, frame);
        else
                seki_queue_answered (link->worker->config->kernel->queue, frame->token, frame->status, frame->body);
}

gssize
seki_worker_write (gpointer core, SekiChannel *channel, SekiSpan bytes)
{
        (void) core;
        return seki_channel_write (channel, bytes);
}

void
seki_worker_close (gpointer core, SekiChannel *channel, const char *why)
{
        (void) core;
        seki_channel_close (channel, why);
}

static void
worker_send_pending (SekiWorker *worker, SekiLink *link)
{
        Pending *pending = g_hash_table_lookup (worker->pending, link->peer);
        g_autoptr (GError) error = NULL;
        SekiFrame frame = { .content = SEKI_CONTENT_CBOR };

        if (pending == NULL)
                return;
        frame.action = pending->action;
        frame.body = pending->body;
        frame.token = pending->token;
        if (!worker->transport->module->transport->send (link->session, &frame, &error))
                seki_queue_lost (worker->config->kernel->queue, link->peer->party, error->message);
        g_hash_table_remove (worker->pending, link->peer);
}

static gboolean
channel_opened (SekiChannel *channel, gpointer user)
{
        SekiWorker *worker = user;
        SekiLink *link = seki_channel_get_data (channel);
        SekiChannelInfo info = { .client = seki_channel_is_client (channel), .max_body = worker->config->max_body,
                                 .max_streams = worker->config->max_streams };

        if (link == NULL) {
                link = g_new0 (SekiLink, 1);
                link->refs = 1;
                link->worker = worker;
                link->channel = channel;
                link->peer = seki_channel_get_peer (channel);
                seki_channel_set_data (channel, link);
        }
        info.peer = link->peer->name;
        link->session = worker->transport->module->transport->attach (worker->transport->self, channel, &info, NULL);
        if (link->session == NULL)
                return FALSE;
        worker->channels++;
        g_ptr_array_add (worker->links, link);
        if (info.client)
                worker_send_pending (worker, link);
        return TRUE;
}

static void
channel_bytes (SekiChannel *channel, SekiSpan in, gpointer user)
{
        SekiWorker *worker = user;
        SekiLink *link = seki_channel_get_data (channel);
        g_autoptr (GError) error = NULL;

        if (!link->spoke && g_hash_table_lookup (worker->calls, link->peer) == link)
                seki_link_tell_probes (worker, link->peer, NULL);
        link->spoke = TRUE;
        if (!worker->transport->module->transport->bytes (link->session, in, &error))
                seki_channel_close (channel, "protocol");
}

static void
channel_writable (SekiChannel *channel, gpointer user)
{
        SekiWorker *worker = user;
        SekiLink *link = seki_channel_get_data (channel);

        if (link->session != NULL)
                worker->transport->module->transport->writable (link->session);
}

static void
channel_closed (SekiChannel *channel, const char *why, gpointer user)
{
        SekiWorker *worker = user;
        SekiLink *link = seki_channel_get_data (channel);

        if (link == NULL)
                return;
        if (link->session != NULL) {
                worker->transport->module->transport->detach (link->session);
                worker->channels--;
                g_ptr_array_remove_fast (worker->links, link);
        }
        link->session = NULL;
        link->channel = NULL;
        if (g_hash_table_lookup (worker->calls, link->peer) == link) {
                g_hash_table_remove (worker->calls, link->peer);
                g_hash_table_remove (worker->pending, link->peer);
                seki_queue_lost (worker->config->kernel->queue, link->peer->party, why);
                seki_link_tell_probes (worker, link->peer, why);
        }
        link_unref (link);
}

static void
channel_stranger (const char *address, const char *reason, gpointer user)
{
        SekiWorker *worker = user;

        if (worker->config->stranger != NULL)
                worker->config->stranger (address, reason, worker->config->stranger_user);
}

void
seki_link_tell_probes (SekiWorker *worker, const SekiPeer *peer, const char *why)
{
        gint64 now = seki_clock_monotonic (worker->config->kernel->clock);

        for (guint i = worker->probes->len; i-- > 0;) {
                Probe *probe = g_ptr_array_index (worker->probes, i);

                if (peer != NULL ? probe->peer != peer : now < probe->deadline)
                        continue;
                g_ptr_array_remove_index (worker->probes, i);
                probe->reached (why, probe->user);
                g_free (probe);
        }
}

static const SekiPeer *
worker_find_peer (SekiWorker *worker, const SekiParty *party)
{
        for (gsize i = 0; i < worker->config->n_peers; i++)
                if (worker->config->peers[i].party == party)
                        return &worker->config->peers[i];
        return NULL;
}

static SekiLink *
worker_call (SekiWorker *worker, const SekiPeer *peer, GError **error)
{
        SekiChannel *channel = seki_endpoint_connect (worker->endpoint, peer, error);
        SekiLink *link;

        if (channel == NULL)
                return NULL;
        link = g_new0 (SekiLink, 1);
        link->refs = 1;
        link->worker = worker;
        link->channel = channel;
        link->peer = peer;
        seki_channel_set_data (channel, link);
        g_hash_table_insert (worker->calls, (gpointer) peer, link);
        return link;
}

/* The queue sends through here; the channel is opened when there is none. */
gboolean
seki_link_send (const SekiParty *party, guint64 token, SekiSpan action, SekiSpan body, gpointer user, GError **error)
{
        SekiWorker *worker = user;
        const SekiPeer *peer = worker_find_peer (worker, party);
        Pending *pending;
        SekiLink *link;

        if (worker->stopping) {
                g_set_error_literal (error, SEKI_ERROR, SEKI_ERROR_BUSY, _("The node is stopping. Send the message again in a minute."));
                return FALSE;
        }
        if (peer == NULL || peer->host == NULL) {
                g_set_error (error, SEKI_ERROR, SEKI_ERROR_PEER,
                             _("The profile names no address for '%s'. Add one to its [peer] group."), party->id);
                return FALSE;
        }
        link = g_hash_table_lookup (worker->calls, peer);
        if (link == NULL && (link = worker_call (worker, peer, error)) == NULL)
                return FALSE;
        pending = g_new0 (Pending, 1);
        pending->arena = seki_arena_new (0);
        pending->token = token;
        pending->action = seki_span (seki_arena_copy (pending->arena, action.data, action.len), action.len);
        pending->body = seki_span (seki_arena_copy (pending->arena, body.data, body.len), body.len);
        g_hash_table_insert (worker->pending, (gpointer) peer, pending);
        if (link->session != NULL)
                worker_send_pending (worker, link);
        return TRUE;
}

static void
probe_begin (gpointer user)
{
        Probe *probe = user;
        SekiWorker *worker = probe->worker;
        g_autoptr (GError) error = NULL;
        const char *why = NULL;
        SekiLink *link = NULL;

        probe->peer = worker_find_peer (worker, probe->party);
        if (probe->peer == NULL || probe->peer->host == NULL)
                why = _("The profile names no address for it. Add one to its [peer] group.");
        else if (worker->stopping)
                why = SEKI_END_STOPPED;
        else if ((link = g_hash_table_lookup (worker->calls, probe->peer)) == NULL &&
                 worker_call (worker, probe->peer, &error) == NULL)
                why = error->message;
        if (why == NULL && (link == NULL || !link->spoke)) {
                g_ptr_array_add (worker->probes, probe);
                return;
        }
        probe->reached (why, probe->user);
        g_free (probe);
}

void
seki_worker_reach (SekiWorker *worker, const SekiParty *party, SekiReached reached, gpointer user)
{
        Probe *probe = g_new0 (Probe, 1);

        *probe = (Probe){ .worker = worker, .party = party, .reached = reached, .user = user };
        probe->deadline = seki_clock_monotonic (worker->config->kernel->clock) + PROBE_TIMEOUT;
        seki_loop_post (worker->loop, probe_begin, probe);
}

const SekiChannelEvents seki_link_events = {
        .opened = channel_opened, .bytes = channel_bytes, .writable = channel_writable,
        .closed = channel_closed, .stranger = channel_stranger,
};

void
seki_link_drain_all (SekiWorker *worker)
{
        for (guint i = 0; i < worker->links->len; i++)
                worker->transport->module->transport->drain (((SekiLink *) g_ptr_array_index (worker->links, i))->session);
}

/* What was queued still leaves; closed follows from the loop. */
void
seki_link_close_all (SekiWorker *worker)
{
        for (guint i = 0; i < worker->links->len; i++)
                seki_channel_close (((SekiLink *) g_ptr_array_index (worker->links, i))->channel, SEKI_END_STOPPED);
}
