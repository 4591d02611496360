/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel/worker.h"

#include "base/text.h"
#include "channel/refusal.h"

#include <pthread.h>
#include <stdatomic.h>

#define PROBE_TIMEOUT (30 * (gint64) G_USEC_PER_SEC)

/* One channel with its transport session.  Streams whose answer is still to
 * come hold a reference, because the channel may go before it. */
typedef struct {
        SekiWorker *worker;
        SekiChannel *channel;           /* NULL once closed */
        gpointer session;
        const SekiPeer *peer;
        gboolean spoke;                 /* the other side sent something */
        guint refs;
} Link;

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
        Link *link;
        guint64 stream;
        SekiContent content;
} Stream;

/* A message of the queue that waits for its channel to open. */
typedef struct {
        guint64 token;
        SekiSpan action, body;
        SekiArena *arena;
} Pending;

struct SekiWorker {
        const SekiWorkerConfig *config;
        guint number;
        guint16 port;
        pthread_t thread;
        SekiLoop *loop;
        SekiEndpoint *endpoint;
        SekiPipeline *pipeline;
        SekiPlugin *transport;
        SekiTimer *tick;
        GPtrArray *links;               /* whose session is open */
        GHashTable *calls;              /* SekiPeer -> Link of the channel this node opened to it */
        GHashTable *pending;            /* SekiPeer -> Pending */
        GPtrArray *probes;              /* Probe */
        gboolean stopping;
        gint64 stop_by;
        GError *error;                  /* why the start failed */
        pthread_mutex_t lock;           /* guards ready and error */
        pthread_cond_t changed;
        gboolean ready;
        atomic_uint channels;
        _Atomic guint64 requests, answers, errors;
};

static void
link_unref (Link *link)
{
        if (--link->refs == 0)
                g_free (link);
}

static void
pending_free (gpointer data)
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
stream_new (Link *link, const SekiFrame *frame)
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
link_answer_error (Link *link, const SekiFrame *frame, guint status, const char *message)
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

static void
worker_request (SekiWorker *worker, Link *link, const SekiFrame *frame)
{
        g_autoptr (GError) error = NULL;
        SekiCborWriter cbor;
        SekiSpan body = frame->body;

        seki_cbor_writer_init (&cbor, NULL);
        if (worker->stopping)
                link_answer_error (link, frame, 503, _("The node is stopping. Send the message again in a minute."));
        else if (frame->content == SEKI_CONTENT_JSON && !worker->config->codec->to_cbor (frame->body, &cbor, &error))
                seki_pipeline_refuse (worker->pipeline, link->peer->party, frame->action, error->message, stream_answered,
                                      stream_new (link, frame));
        else {
                if (frame->content == SEKI_CONTENT_JSON)
                        body = seki_cbor_writer_get_span (&cbor);
                seki_pipeline_take (worker->pipeline, link->peer->party, frame->action, body, stream_answered,
                                    stream_new (link, frame));
        }
        seki_cbor_writer_clear (&cbor);
}

void
seki_worker_deliver (gpointer core, SekiChannel *channel, const SekiFrame *frame)
{
        Link *link = seki_channel_get_data (channel);

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
worker_send_pending (SekiWorker *worker, Link *link)
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
        Link *link = seki_channel_get_data (channel);
        SekiChannelInfo info = { .client = seki_channel_is_client (channel), .max_body = worker->config->max_body,
                                 .max_streams = worker->config->max_streams };

        if (link == NULL) {
                link = g_new0 (Link, 1);
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

static void worker_tell_probes (SekiWorker *worker, const SekiPeer *peer, const char *why);

static void
channel_bytes (SekiChannel *channel, SekiSpan in, gpointer user)
{
        SekiWorker *worker = user;
        Link *link = seki_channel_get_data (channel);
        g_autoptr (GError) error = NULL;

        if (!link->spoke && g_hash_table_lookup (worker->calls, link->peer) == link)
                worker_tell_probes (worker, link->peer, NULL);
        link->spoke = TRUE;
        if (!worker->transport->module->transport->bytes (link->session, in, &error))
                seki_channel_close (channel, "protocol");
}

static void
channel_writable (SekiChannel *channel, gpointer user)
{
        SekiWorker *worker = user;
        Link *link = seki_channel_get_data (channel);

        if (link->session != NULL)
                worker->transport->module->transport->writable (link->session);
}

static void
channel_closed (SekiChannel *channel, const char *why, gpointer user)
{
        SekiWorker *worker = user;
        Link *link = seki_channel_get_data (channel);

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
                worker_tell_probes (worker, link->peer, why);
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

/* Tells those who wait for this peer; peer NULL: those whose time is over. */
static void
worker_tell_probes (SekiWorker *worker, const SekiPeer *peer, const char *why)
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

static Link *
worker_call (SekiWorker *worker, const SekiPeer *peer, GError **error)
{
        SekiChannel *channel = seki_endpoint_connect (worker->endpoint, peer, error);
        Link *link;

        if (channel == NULL)
                return NULL;
        link = g_new0 (Link, 1);
        link->refs = 1;
        link->worker = worker;
        link->channel = channel;
        link->peer = peer;
        seki_channel_set_data (channel, link);
        g_hash_table_insert (worker->calls, (gpointer) peer, link);
        return link;
}

/* The queue sends through here; the channel is opened when there is none. */
static gboolean
worker_send (const SekiParty *party, guint64 token, SekiSpan action, SekiSpan body, gpointer user, GError **error)
{
        SekiWorker *worker = user;
        const SekiPeer *peer = worker_find_peer (worker, party);
        Pending *pending;
        Link *link;

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
        Link *link = NULL;

        probe->peer = worker_find_peer (worker, probe->party);
        if (probe->peer == NULL || probe->peer->host == NULL)
                why = _("The profile names no address for it. Add one to its [peer] group.");
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

static void
worker_round (gpointer user)
{
        SekiWorker *worker = user;

        seki_pipeline_flush (worker->pipeline);
}

static void
worker_quit_when_quiet (SekiWorker *worker)
{
        if (seki_pipeline_in_flight (worker->pipeline) == 0 ||
            seki_clock_monotonic (worker->config->kernel->clock) > worker->stop_by)
                seki_loop_quit (worker->loop);
}

static void
worker_tick (gpointer user)
{
        SekiWorker *worker = user;

        worker_tell_probes (worker, NULL, SEKI_REFUSAL_TIMEOUT);
        if (worker->stopping)
                worker_quit_when_quiet (worker);
        else if (worker->number == 0)
                seki_queue_tick (worker->config->kernel->queue);
}

static void
pipeline_post (gpointer owner, void (*func) (gpointer), gpointer user)
{
        seki_loop_post (owner, func, user);
}

static gboolean
worker_open (SekiWorker *worker, GError **error)
{
        static const SekiChannelEvents events = {
                .opened = channel_opened, .bytes = channel_bytes, .writable = channel_writable,
                .closed = channel_closed, .stranger = channel_stranger,
        };
        const SekiWorkerConfig *config = worker->config;

        worker->transport = seki_registry_get (config->kernel->registry, SEKI_KIND_TRANSPORT, 0);
        worker->loop = seki_loop_new (config->kernel->clock, error);
        if (worker->loop == NULL)
                return FALSE;
        worker->pipeline = seki_pipeline_new (config->kernel, pipeline_post, worker->loop, error);
        if (worker->pipeline == NULL)
                return FALSE;
        seki_loop_set_round (worker->loop, worker_round, worker);
        worker->endpoint = seki_endpoint_new (worker->loop, config->kernel->keyring, config->trust,
                                              worker->transport->module->transport->alpn, config->peers, config->n_peers,
                                              &config->limits, &events, worker, error);
        if (worker->endpoint == NULL)
                return FALSE;
        if (config->address != NULL) {
                worker->port = seki_endpoint_listen (worker->endpoint, config->address, worker->port, error);
                if (worker->port == 0)
                        return FALSE;
        }
        worker->tick = seki_loop_timer (worker->loop, G_USEC_PER_SEC / 4, worker_tick, worker);
        return worker->number != 0 ||
               seki_queue_start (config->kernel->queue, worker->pipeline, worker_send, worker, error);
}

static void
worker_close (SekiWorker *worker)
{
        if (worker->number == 0)
                seki_queue_stop (worker->config->kernel->queue);
        g_clear_pointer (&worker->endpoint, seki_endpoint_free);
        g_clear_pointer (&worker->tick, seki_timer_free);
        if (worker->pipeline != NULL)
                seki_pipeline_flush (worker->pipeline);
        g_clear_pointer (&worker->pipeline, seki_pipeline_free);
        g_clear_pointer (&worker->loop, seki_loop_free);
}

static void *
worker_main (void *user)
{
        SekiWorker *worker = user;
        g_autoptr (GError) error = NULL;
        gboolean ok = worker_open (worker, &error);

        pthread_mutex_lock (&worker->lock);
        worker->ready = TRUE;
        worker->error = ok ? NULL : g_steal_pointer (&error);
        pthread_cond_signal (&worker->changed);
        pthread_mutex_unlock (&worker->lock);
        if (ok)
                seki_loop_run (worker->loop);
        worker_close (worker);
        return NULL;
}

static void
worker_free (SekiWorker *worker)
{
        g_ptr_array_unref (worker->links);
        g_hash_table_unref (worker->calls);
        g_hash_table_unref (worker->pending);
        g_ptr_array_unref (worker->probes);
        pthread_mutex_destroy (&worker->lock);
        pthread_cond_destroy (&worker->changed);
        g_free (worker);
}

SekiWorker *
seki_worker_start (const SekiWorkerConfig *config, guint number, guint16 port, GError **error)
{
        SekiWorker *worker = g_new0 (SekiWorker, 1);

        worker->config = config;
        worker->number = number;
        worker->port = port;
        worker->links = g_ptr_array_new ();
        worker->calls = g_hash_table_new (NULL, NULL);
        worker->pending = g_hash_table_new_full (NULL, NULL, NULL, pending_free);
        worker->probes = g_ptr_array_new ();
        pthread_mutex_init (&worker->lock, NULL);
        pthread_cond_init (&worker->changed, NULL);
        if (pthread_create (&worker->thread, NULL, worker_main, worker) != 0) {
                g_set_error_literal (error, SEKI_ERROR, SEKI_ERROR_BUSY,
                                     _("No further thread could be started. Raise the limit on tasks of the service."));
                worker_free (worker);
                return NULL;
        }
        pthread_mutex_lock (&worker->lock);
        while (!worker->ready)
                pthread_cond_wait (&worker->changed, &worker->lock);
        pthread_mutex_unlock (&worker->lock);
        if (worker->error == NULL)
                return worker;
        pthread_join (worker->thread, NULL);
        g_propagate_error (error, g_steal_pointer (&worker->error));
        worker_free (worker);
        return NULL;
}

static void
worker_begin_stop (gpointer user)
{
        SekiWorker *worker = user;

        worker->stopping = TRUE;
        for (guint i = 0; i < worker->links->len; i++)
                worker->transport->module->transport->drain (((Link *) g_ptr_array_index (worker->links, i))->session);
        seki_endpoint_stop_listening (worker->endpoint);
        if (worker->number == 0)
                seki_queue_stop (worker->config->kernel->queue);
        worker_quit_when_quiet (worker);
}

void
seki_worker_stop (SekiWorker *worker, gint64 timeout)
{
        if (worker == NULL)
                return;
        worker->stop_by = seki_clock_monotonic (worker->config->kernel->clock) + timeout;
        seki_loop_post (worker->loop, worker_begin_stop, worker);
        pthread_join (worker->thread, NULL);
        worker_free (worker);
}

guint16
seki_worker_get_port (SekiWorker *worker)
{
        return worker->port;
}

static void
worker_do_refresh (gpointer user)
{
        SekiWorker *worker = user;

        seki_endpoint_refresh (worker->endpoint, NULL);
}

void
seki_worker_refresh (SekiWorker *worker)
{
        seki_loop_post (worker->loop, worker_do_refresh, worker);
}

void
seki_worker_post (SekiWorker *worker, SekiLoopFunc func, gpointer user)
{
        seki_loop_post (worker->loop, func, user);
}

void
seki_worker_get_stats (SekiWorker *worker, SekiWorkerStats *out_stats)
{
        *out_stats = (SekiWorkerStats){ .channels = worker->channels, .requests = worker->requests,
                                        .answers = worker->answers, .errors = worker->errors };
}
