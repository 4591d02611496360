/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel/link.h"

#include "base/text.h"
#include "channel/refusal.h"
#include "kernel/proofs.h"

#define PROOFS_A_SECOND 20 /* of one channel; more are answered 429 */
#define PROBE_TIMEOUT (30 * (gint64) G_USEC_PER_SEC)

/* A request that waits for its channel to open. */
typedef struct {
        guint64 token;
        SekiSpan action, body;
        SekiArena *arena;
} Pending;

/* One channel with its transport session.  Streams whose answer is still to
 * come hold a reference, because the channel may go before it. */
struct SekiLink {
        SekiWorker *worker;
        SekiChannel *channel; /* NULL once closed */
        gpointer session;
        const SekiPeer *peer;
        gboolean spoke;           /* the other side sent something */
        Pending *message, *proof; /* of the queue and of demand; NULL: none */
        gint64 proofs_since;
        guint n_proofs; /* asked by the other side since then */
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
        gboolean entered; /* counts in the quota of its peer */
} Stream;

static void
pending_free (Pending *pending)
{
        if (pending == NULL)
                return;
        seki_arena_free (pending->arena);
        g_free (pending);
}

static Pending *
pending_new (guint64 token, SekiSpan action, SekiSpan body)
{
        Pending *pending = g_new0 (Pending, 1);

        pending->arena = seki_arena_new (0);
        pending->token = token;
        pending->action =
                seki_span (seki_arena_copy (pending->arena, action.data, action.len), action.len);
        pending->body = seki_span (seki_arena_copy (pending->arena, body.data, body.len), body.len);
        return pending;
}

static void
link_unref (SekiLink *link)
{
        if (--link->refs > 0)
                return;
        pending_free (link->message);
        pending_free (link->proof);
        g_free (link);
}

/* Answers leave here, on the worker's thread. */
static void
stream_answered (SekiSpan body, guint status, gpointer user)
{
        Stream *stream = user;
        SekiWorker *worker = stream->link->worker;
        SekiFrame frame = {
                .stream = stream->stream, .content = stream->content, .status = status, .body = body
        };
        SekiCborWriter json;

        worker->answers++;
        if (stream->entered)
                seki_quota_leave (worker->quota, stream->link->peer, status >= 400 && status < 500);
        seki_cbor_writer_init (&json, NULL);
        if (stream->content == SEKI_CONTENT_JSON &&
            worker->config->codec->to_json (body, &json, NULL))
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
        return stream;
}

static void
link_answer (SekiLink *link, const SekiFrame *frame, guint status, SekiSpan body)
{
        stream_answered (body, status, stream_new (link, frame));
}

static void
link_answer_error (SekiLink *link, const SekiFrame *frame, guint status, const char *message)
{
        SekiAnswer answer = { .error = message };
        SekiCborWriter writer;

        link->worker->errors++;
        seki_cbor_writer_init (&writer, NULL);
        seki_answer_write (&answer, &writer);
        link_answer (link, frame, status, seki_cbor_writer_get_span (&writer));
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
                        config->stranger (link->peer->party->id, "refused-too-often",
                                          config->stranger_user);
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

/* The same for proofs, which leave no leaf at all. */
static gboolean
link_may_ask (SekiLink *link, const SekiFrame *frame)
{
        gint64 now = seki_clock_monotonic (link->worker->config->kernel->clock);

        if (now - link->proofs_since >= G_USEC_PER_SEC) {
                link->proofs_since = now;
                link->n_proofs = 0;
        }
        if (link->n_proofs++ < PROOFS_A_SECOND)
                return TRUE;
        link_answer_error (link, frame, 429,
                           _("That are more proofs than one may ask for in a second. "
                             "Ask again later."));
        return FALSE;
}

static void
link_answer_proof (SekiLink *link, const SekiFrame *frame, SekiSpan body)
{
        SekiCborWriter writer;
        guint status;

        seki_cbor_writer_init (&writer, NULL);
        status = seki_proofs_answer (link->worker->config->kernel, link->peer->party, frame->action,
                                     body, &writer);
        link_answer (link, frame, status, seki_cbor_writer_get_span (&writer));
        seki_cbor_writer_clear (&writer);
}

/* body is canonical CBOR, or problem says why there is none. */
static void
worker_take (SekiWorker *worker, SekiLink *link, const SekiFrame *frame, SekiSpan body,
             const char *problem)
{
        const SekiParty *party = link->peer->party;

        if (problem != NULL)
                seki_pipeline_refuse (worker->pipeline, party, frame->action, problem,
                                      stream_answered, stream_enter (link, frame));
        else
                seki_pipeline_take (worker->pipeline, party, frame->action, body, stream_answered,
                                    stream_enter (link, frame));
}

static void
worker_request (SekiWorker *worker, SekiLink *link, const SekiFrame *frame)
{
        gboolean json = frame->content == SEKI_CONTENT_JSON;
        gboolean proof = seki_proof_kind (frame->action) != SEKI_PROOF_NONE;
        g_autoptr (GError) error = NULL;
        SekiCborWriter cbor;
        SekiSpan body;

        if (worker->stopping) {
                link_answer_error (link, frame, 503,
                                   _("The node is stopping. Send the message again in a minute."));
                return;
        }
        if (proof ? !link_may_ask (link, frame) : !link_may_enter (link, frame))
                return;
        worker->requests++;
        seki_cbor_writer_init (&cbor, NULL);
        if (json)
                worker->config->codec->to_cbor (frame->body, &cbor, &error);
        body = json ? seki_cbor_writer_get_span (&cbor) : frame->body;
        if (!proof)
                worker_take (worker, link, frame, body, error != NULL ? error->message : NULL);
        else if (error != NULL)
                link_answer_error (link, frame, 400, error->message);
        else
                link_answer_proof (link, frame, body);
        seki_cbor_writer_clear (&cbor);
}

void
seki_worker_deliver (gpointer core, SekiChannel *channel, const SekiFrame *frame)
{
        SekiLink *link = seki_channel_get_data (channel);

        (void) core;
        if (frame->status == 0)
                worker_request (link->worker, link, frame);
        else if (!(frame->token & SEKI_DEMAND_TOKEN))
                seki_queue_answered (link->worker->config->kernel->queue, frame->token,
                                     frame->status, frame->body);
        else if (link->worker->demand != NULL)
                seki_demand_answered (link->worker->demand, frame->token, frame->status,
                                      frame->body);
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

/* Whoever waited for an answer over a channel hears that none will come. */
static void
worker_tell_lost (SekiWorker *worker, const SekiPeer *peer, gboolean proof, const char *why)
{
        if (!proof)
                seki_queue_lost (worker->config->kernel->queue, peer->party, why);
        else if (worker->demand != NULL)
                seki_demand_lost (worker->demand, peer->party);
}

static void
link_send_pending (SekiLink *link, Pending **inout_pending, gboolean proof)
{
        Pending *pending = g_steal_pointer (inout_pending);
        g_autoptr (GError) error = NULL;
        SekiFrame frame = { .content = SEKI_CONTENT_CBOR };

        if (pending == NULL)
                return;
        frame.action = pending->action;
        frame.body = pending->body;
        frame.token = pending->token;
        if (!link->worker->transport->module->transport->send (link->session, &frame, &error))
                worker_tell_lost (link->worker, link->peer, proof, error->message);
        pending_free (pending);
}

static void
link_send_all (SekiLink *link)
{
        link_send_pending (link, &link->message, FALSE);
        link_send_pending (link, &link->proof, TRUE);
}

static gboolean
channel_opened (SekiChannel *channel, gpointer user)
{
        SekiWorker *worker = user;
        SekiLink *link = seki_channel_get_data (channel);
        SekiChannelInfo info = { .client = seki_channel_is_client (channel),
                                 .max_body = worker->config->max_body,
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
        link->session = worker->transport->module->transport->attach (worker->transport->self,
                                                                      channel, &info, NULL);
        if (link->session == NULL)
                return FALSE;
        worker->channels++;
        g_ptr_array_add (worker->links, link);
        if (info.client)
                link_send_all (link);
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
                worker_tell_lost (worker, link->peer, FALSE, why);
                worker_tell_lost (worker, link->peer, TRUE, why);
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
seki_link_send (const SekiParty *party, guint64 token, SekiSpan action, SekiSpan body,
                gpointer user, GError **error)
{
        SekiWorker *worker = user;
        const SekiPeer *peer = worker_find_peer (worker, party);
        Pending **pending;
        SekiLink *link;

        if (worker->stopping) {
                g_set_error_literal (
                        error, SEKI_ERROR, SEKI_ERROR_BUSY,
                        _("The node is stopping. Send the message again in a minute."));
                return FALSE;
        }
        if (peer == NULL || peer->host == NULL) {
                g_set_error (
                        error, SEKI_ERROR, SEKI_ERROR_PEER,
                        _("The profile names no address for '%s'. Add one to its [peer] group."),
                           party->id);
                return FALSE;
        }
        link = g_hash_table_lookup (worker->calls, peer);
        if (link == NULL && (link = worker_call (worker, peer, error)) == NULL)
                return FALSE;
        pending = token & SEKI_DEMAND_TOKEN ? &link->proof : &link->message;
        pending_free (*pending); /* a try given up before the channel opened */
        *pending = pending_new (token, action, body);
        if (link->session != NULL)
                link_send_all (link);
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
        .opened = channel_opened,
        .bytes = channel_bytes,
        .writable = channel_writable,
        .closed = channel_closed,
        .stranger = channel_stranger,
};

void
seki_link_drain_all (SekiWorker *worker)
{
        for (guint i = 0; i < worker->links->len; i++)
                worker->transport->module->transport->drain (
                        ((SekiLink *) g_ptr_array_index (worker->links, i))->session);
}

/* What was queued still leaves; closed follows from the loop. */
void
seki_link_close_all (SekiWorker *worker)
{
        for (guint i = 0; i < worker->links->len; i++)
                seki_channel_close (((SekiLink *) g_ptr_array_index (worker->links, i))->channel,
                                    SEKI_END_STOPPED);
}
