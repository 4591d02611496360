/* SPDX-License-Identifier: Apache-2.0 */
/* One channel: nghttp2's callbacks, and the functions of the table. */
#include "h2.h"

/* What a peer may keep of header fields between requests, in bytes. */
#define HEADER_TABLE 1024

void
h2_fail (GError **error, SekiErrorCode code, const char *sentence)
{
        g_set_error_literal (error, SEKI_ERROR, code, sentence);
}

void
h2_count (guint64 *counter, gint64 by)
{
        __atomic_fetch_add (counter, (guint64) by, __ATOMIC_RELAXED);
}

/* After the core has let go of the channel nothing more may be done for it. */
static int
session_verdict (const H2Session *session, int rv)
{
        return session->detached || rv != 0 ? NGHTTP2_ERR_CALLBACK_FAILURE : 0;
}

/* Requests the peer reset count until the core is done with them, so that
 * resetting buys nobody more work than max_streams. */
static int
begin_request (H2Session *session, gint32 id)
{
        H2Stream *stream = NULL;

        if (session->streams.length < session->max_streams)
                stream = h2_stream_new (session, id, H2_READING);
        if (stream != NULL)
                return nghttp2_session_set_stream_user_data (session->h2, id, stream);
        h2_count (&session->module->refused, 1);
        h2_meter_hit (&session->meter, H2_CLASS_RESET);
        nghttp2_submit_rst_stream (session->h2, NGHTTP2_FLAG_NONE, id, NGHTTP2_REFUSED_STREAM);
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
}

static int
on_begin_headers (nghttp2_session *h2, const nghttp2_frame *frame, void *user)
{
        H2Session *session = user;
        H2Stream *stream;

        if (frame->hd.type != NGHTTP2_HEADERS)
                return 0;
        if (frame->headers.cat == NGHTTP2_HCAT_REQUEST)
                return begin_request (session, frame->hd.stream_id);
        stream = nghttp2_session_get_stream_user_data (h2, frame->hd.stream_id);
        /* Trailers: nobody needs them, and they could say anything. */
        if (stream != NULL && frame->headers.cat == NGHTTP2_HCAT_HEADERS)
                stream->seen |= H2_SEEN_WEIRD;
        return 0;
}

static int
on_header (nghttp2_session *h2, const nghttp2_frame *frame, const uint8_t *name, size_t name_len,
           const uint8_t *value, size_t value_len, uint8_t flags G_GNUC_UNUSED, void *user)
{
        H2Stream *stream = nghttp2_session_get_stream_user_data (h2, frame->hd.stream_id);

        if (stream == NULL)
                return 0;
        return h2_header (user, stream, seki_span (name, name_len), seki_span (value, value_len));
}

static int
recv_headers (H2Session *session, H2Stream *stream)
{
        guint status = session->client ? 0 : h2_header_verdict (session, stream);

        if (status != 0 && stream->state == H2_READING)
                return h2_stream_refuse (session, stream, status);
        return 0;
}

static int
on_frame_recv (nghttp2_session *h2, const nghttp2_frame *frame, void *user)
{
        H2Session *session = user;
        H2Stream *stream;
        int rv = 0;

        if (frame->hd.type == NGHTTP2_SETTINGS)
                session->settled = TRUE;
        if (frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA)
                return 0;
        stream = nghttp2_session_get_stream_user_data (h2, frame->hd.stream_id);
        if (stream == NULL)
                return 0;
        if (frame->hd.type == NGHTTP2_HEADERS)
                rv = recv_headers (session, stream);
        if (rv == 0 && (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0)
                rv = h2_stream_end (session, stream);
        return session_verdict (session, rv);
}

static int
on_data (nghttp2_session *h2, uint8_t flags G_GNUC_UNUSED, int32_t id, const uint8_t *data,
         size_t len, void *user)
{
        H2Session *session = user;
        H2Stream *stream = nghttp2_session_get_stream_user_data (h2, id);

        if (stream == NULL)
                return 0;
        return session_verdict (session, h2_stream_append (session, stream, seki_span (data, len)));
}

static int
on_stream_close (nghttp2_session *h2, int32_t id, uint32_t code G_GNUC_UNUSED, void *user)
{
        H2Session *session = user;
        H2Stream *stream = nghttp2_session_get_stream_user_data (h2, id);

        if (stream != NULL)
                h2_stream_close (session, stream);
        return session_verdict (session, 0);
}

/* A request that never left, because the peer went away first. */
static int
on_frame_not_send (nghttp2_session *h2, const nghttp2_frame *frame, int code G_GNUC_UNUSED,
                   void *user)
{
        H2Session *session = user;
        H2Stream *stream;

        if (frame->hd.type != NGHTTP2_HEADERS || frame->headers.cat != NGHTTP2_HCAT_REQUEST)
                return 0;
        stream = h2_stream_find (session, frame->hd.stream_id);
        if (stream == NULL)
                return 0;
        nghttp2_session_set_stream_user_data (h2, frame->hd.stream_id, NULL);
        h2_stream_close (session, stream);
        return session_verdict (session, 0);
}

static int
on_frame_send (nghttp2_session *h2, const nghttp2_frame *frame, void *user)
{
        H2Session *session = user;
        H2Stream *stream;

        if (frame->hd.type == NGHTTP2_GOAWAY && frame->goaway.error_code != NGHTTP2_NO_ERROR)
                session->broken = TRUE;
        if (frame->hd.type != NGHTTP2_HEADERS)
                return 0;
        stream = nghttp2_session_get_stream_user_data (h2, frame->hd.stream_id);
        return stream != NULL ? h2_stream_refused (session, stream) : 0;
}

/* Faults that make us reset a stream cost as much as resets of the peer's own. */
static int
on_invalid_frame (nghttp2_session *h2 G_GNUC_UNUSED, const nghttp2_frame *frame G_GNUC_UNUSED,
                  int code G_GNUC_UNUSED, void *user)
{
        H2Session *session = user;

        h2_meter_hit (&session->meter, H2_CLASS_RESET);
        return 0;
}

void
h2_session_callbacks (nghttp2_session_callbacks *callbacks)
{
        nghttp2_session_callbacks_set_on_begin_headers_callback (callbacks, on_begin_headers);
        nghttp2_session_callbacks_set_on_header_callback (callbacks, on_header);
        nghttp2_session_callbacks_set_on_frame_recv_callback (callbacks, on_frame_recv);
        nghttp2_session_callbacks_set_on_data_chunk_recv_callback (callbacks, on_data);
        nghttp2_session_callbacks_set_on_stream_close_callback (callbacks, on_stream_close);
        nghttp2_session_callbacks_set_on_frame_not_send_callback (callbacks, on_frame_not_send);
        nghttp2_session_callbacks_set_on_frame_send_callback (callbacks, on_frame_send);
        nghttp2_session_callbacks_set_on_invalid_frame_recv_callback (callbacks, on_invalid_frame);
        nghttp2_session_callbacks_set_send_data_callback (callbacks, h2_output_data);
}

static int
session_settings (H2Session *session)
{
        const H2Module *module = session->module;
        guint32 streams = session->client ? 0 : session->max_streams;
        const nghttp2_settings_entry entries[] = {
                { NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, module->stream_window },
                { NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, (guint32) module->header_list },
                { NGHTTP2_SETTINGS_HEADER_TABLE_SIZE, HEADER_TABLE },
                { NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1 },
                { NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, streams },
                { NGHTTP2_SETTINGS_ENABLE_PUSH, 0 },
        };
        /* A server does not send ENABLE_PUSH. */
        gsize n = G_N_ELEMENTS (entries) - (session->client ? 0 : 1);
        int rv = nghttp2_submit_settings (session->h2, NGHTTP2_FLAG_NONE, entries, n);

        if (rv == 0)
                rv = nghttp2_session_set_local_window_size (session->h2, NGHTTP2_FLAG_NONE, 0,
                                                            (gint32) module->connection_window);
        return rv;
}

/* The name stands in :authority; what can not stand there is left out. */
static char *
session_authority (const char *peer)
{
        char *name = g_strdup (peer != NULL ? peer : "");

        g_strcanon (name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.:_",
                    '-');
        return name;
}

static void
session_free (H2Session *session)
{
        nghttp2_session_del (session->h2);
        while (session->streams.head != NULL)
                h2_stream_free (session, session->streams.head->data);
        h2_output_clear (session);
        h2_count (&session->module->channels, -1);
        g_free (session->peer);
        g_free (session);
}

static H2Session *
session_new (H2Module *module, SekiChannel *channel, const SekiChannelInfo *info)
{
        H2Session *session = g_new0 (H2Session, 1);

        session->module = module;
        session->channel = channel;
        session->peer = session_authority (info->peer);
        session->client = info->client;
        session->max_body = info->max_body;
        session->max_streams = MAX (info->max_streams, 1);
        session->since = session->checked = module->host->now (module->host->core);
        g_queue_init (&session->streams);
        h2_meter_init (&session->meter, module->limits, !info->client);
        session->meter.now = session->since;
        h2_count (&module->channels, 1);
        return session;
}

/* Says what is wrong to the peer, if it listens, and to the core. */
static gboolean
session_break (H2Session *session, guint32 code, const char *sentence, GError **error)
{
        const SekiHost *host = session->module->host;
        gboolean flood = code == NGHTTP2_ENHANCE_YOUR_CALM;

        h2_count (&session->module->refused, 1);
        host->event (host->core, flood ? "h2.flood" : "h2.broken", session->peer);
        if (!session->broken && nghttp2_session_terminate_session (session->h2, code) == 0)
                h2_output_pump (session);
        session->broken = TRUE;
        h2_fail (error, SEKI_ERROR_PEER, sentence);
        return FALSE;
}

static gboolean
session_is_late (H2Session *session, gint64 now)
{
        gint64 limit = session->module->request_time;

        if (session->client || (now >= session->checked && now - session->checked < G_USEC_PER_SEC))
                return FALSE;
        session->checked = now;
        if (!session->settled && now - session->since > limit)
                return TRUE;
        for (GList *l = session->streams.head; l != NULL; l = l->next) {
                const H2Stream *stream = l->data;

                if (stream->state == H2_READING && now - stream->since > limit)
                        return TRUE;
        }
        return FALSE;
}

static gboolean
session_flood (H2Session *session, GError **error)
{
        return session_break (session, NGHTTP2_ENHANCE_YOUR_CALM,
                              SEKI_TEXT ("The peer sent more frames of one kind, or longer "
                                         "headers, than the options of transport-h2 allow; the "
                                         "channel is closed."),
                              error);
}

static gboolean
session_late (H2Session *session, GError **error)
{
        return session_break (session, NGHTTP2_ENHANCE_YOUR_CALM,
                              SEKI_TEXT ("The peer did not finish a request within request-time of "
                                         "transport-h2; the channel is closed."),
                              error);
}

static const char *
sentence_broken (void)
{
        return SEKI_TEXT ("The peer broke the rules of HTTP/2 (RFC 9113); the channel is closed.");
}

static gboolean
session_take (H2Session *session, SekiSpan in, GError **error)
{
        gint64 now = session->module->host->now (session->module->host->core);
        ssize_t n;

        h2_count (&session->module->bytes_in, (gint64) in.len);
        if (!h2_meter_feed (&session->meter, in, now))
                return session_flood (session, error);
        if (session_is_late (session, now))
                return session_late (session, error);
        session->busy = TRUE;
        n = nghttp2_session_mem_recv (session->h2, in.data, in.len);
        session->busy = FALSE;
        if (session->detached)
                return TRUE;
        if (session->meter.over)
                return session_flood (session, error);
        if (n >= 0)
                h2_output_pump (session);
        if (n < 0 || session->broken)
                return session_break (session, NGHTTP2_PROTOCOL_ERROR, sentence_broken (), error);
        return TRUE;
}

/* Closes the channel when both sides have said all. */
static void
session_settle (H2Session *session)
{
        const SekiHost *host = session->module->host;
        const char *why = NULL;

        if (session->detached || session->closed)
                return;
        if (session->broken)
                why = sentence_broken ();
        else if (session->end == 0 && session->chunk_len == 0 &&
                 nghttp2_session_want_read (session->h2) == 0 &&
                 nghttp2_session_want_write (session->h2) == 0)
                why = SEKI_TEXT ("All requests were answered and no more are taken.");
        if (why == NULL)
                return;
        session->closed = TRUE;
        host->channel_close (host->core, session->channel, why);
}

/* The core may let go of the channel from within our own calls to it. */
static void
session_release (H2Session *session)
{
        if (--session->hold == 0 && session->detached)
                session_free (session);
}

static void
session_flush (H2Session *session)
{
        h2_output_pump (session);
        if (!session->busy)
                session_settle (session);
}

gpointer
h2_attach (gpointer self, SekiChannel *channel, const SekiChannelInfo *info, GError **error)
{
        H2Module *module = self;
        H2Session *session = session_new (module, channel, info);
        int rv;

        if (info->client)
                rv = nghttp2_session_client_new2 (&session->h2, module->callbacks, session,
                                                  module->option);
        else
                rv = nghttp2_session_server_new2 (&session->h2, module->callbacks, session,
                                                  module->option);
        if (rv == 0)
                rv = session_settings (session);
        if (rv != 0) {
                h2_fail (error, SEKI_ERROR_BUSY,
                         SEKI_TEXT ("No memory is left for another channel; try again "
                                    "later."));
                session_free (session);
                return NULL;
        }
        h2_output_pump (session);
        return session;
}

gboolean
h2_bytes (gpointer data, SekiSpan in, GError **error)
{
        H2Session *session = data;
        gboolean fine;

        session->hold++;
        fine = session_take (session, in, error);
        if (fine)
                session_settle (session);
        session_release (session);
        return fine;
}

gboolean
h2_send (gpointer data, const SekiFrame *frame, GError **error)
{
        H2Session *session = data;
        gboolean fine;

        session->hold++;
        if (session->closed || session->detached) {
                h2_fail (error, SEKI_ERROR_PEER, SEKI_TEXT ("The channel is closed."));
                fine = FALSE;
        } else {
                fine = session->client ? h2_stream_ask (session, frame, error)
                                       : h2_stream_answer (session, frame, error);
                session_flush (session);
        }
        session_release (session);
        return fine;
}

void
h2_writable (gpointer data)
{
        H2Session *session = data;

        session->hold++;
        session->blocked = FALSE;
        session_flush (session);
        session_release (session);
}

void
h2_drain (gpointer data)
{
        H2Session *session = data;
        gint32 last;

        session->hold++;
        if (!session->draining) {
                session->draining = TRUE;
                last = nghttp2_session_get_last_proc_stream_id (session->h2);
                nghttp2_submit_goaway (session->h2, 0, last, NGHTTP2_NO_ERROR, NULL, 0);
        }
        session_flush (session);
        session_release (session);
}

void
h2_detach (gpointer data)
{
        H2Session *session = data;

        if (session == NULL)
                return;
        session->hold++;
        session->detached = TRUE;
        session_release (session);
}
