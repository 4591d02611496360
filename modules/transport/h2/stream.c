/* SPDX-License-Identifier: Apache-2.0 */
/* One request and its answer, on either side. */
#include "h2.h"

#define PATH_PREFIX "/v1/"

static nghttp2_nv
field (const char *name, const char *value)
{
        nghttp2_nv nv = {
                (uint8_t *) (gpointer) name, (uint8_t *) (gpointer) value,
                strlen (name), strlen (value), NGHTTP2_NV_FLAG_NONE,
        };
        return nv;
}

static const char *
content_name (SekiContent content)
{
        return content == SEKI_CONTENT_JSON ? "application/json" : "application/cbor";
}

/* NULL when memory is short. */
H2Stream *
h2_stream_new (H2Session *session, gint32 id, H2State state)
{
        H2Stream *stream = g_try_new0 (H2Stream, 1);

        if (stream == NULL)
                return NULL;
        stream->link.data = stream;
        stream->id = id;
        stream->state = state;
        stream->since = session->meter.now;
        g_queue_push_tail_link (&session->streams, &stream->link);
        h2_count (&session->module->streams, 1);
        return stream;
}

H2Stream *
h2_stream_find (H2Session *session, gint32 id)
{
        for (GList *l = session->streams.head; l != NULL; l = l->next) {
                H2Stream *stream = l->data;

                if (stream->id == id)
                        return stream;
        }
        return NULL;
}

static void
stream_drop_in (H2Session *session, H2Stream *stream)
{
        session->in_bytes -= stream->in.len;
        h2_body_clear (&stream->in);
}

void
h2_stream_free (H2Session *session, H2Stream *stream)
{
        stream_drop_in (session, stream);
        session->out_bytes -= stream->out.len;
        h2_body_clear (&stream->out);
        g_queue_unlink (&session->streams, &stream->link);
        g_free (stream);
}

/* Hands the message to the core; its body is gone when this returns. */
static void
stream_deliver (H2Session *session, H2Stream *stream, guint32 status)
{
        const SekiHost *host = session->module->host;
        H2Body body = stream->in;
        SekiFrame frame = {
                .stream = (guint64) stream->id,
                .content = stream->content,
                .status = status,
                .action = session->client ? SEKI_SPAN_NONE : seki_span_text (stream->action),
                .body = body.data != NULL
                        ? seki_span (body.data, body.len) : SEKI_SPAN_LITERAL (""),
                .token = stream->token,
        };

        session->in_bytes -= body.len;
        stream->in = (H2Body){ NULL, 0, 0 };
        stream->state = session->client ? H2_DONE : H2_DELIVERED;
        host->deliver (host->core, session->channel, &frame);
        h2_body_clear (&body);
}

/* The answer will not come, or is not fit to be read. */
static void
stream_lose (H2Session *session, H2Stream *stream)
{
        stream_drop_in (session, stream);
        stream_deliver (session, stream, H2_STATUS_LOST);
}

static int
stream_abandon (H2Session *session, H2Stream *stream)
{
        if (stream->state != H2_ASKING)
                return 0;
        h2_count (&session->module->refused, 1);
        stream_lose (session, stream);
        return nghttp2_submit_rst_stream (session->h2, NGHTTP2_FLAG_NONE, stream->id,
                                          NGHTTP2_CANCEL);
}

/* Answers a request here, with status alone. */
int
h2_stream_refuse (H2Session *session, H2Stream *stream, guint status)
{
        char number[8];
        nghttp2_nv nv[3];
        gsize n = 2;

        stream->state = H2_REFUSED;
        stream_drop_in (session, stream);
        h2_count (&session->module->refused, 1);
        g_snprintf (number, sizeof number, "%u", status);
        nv[0] = field (":status", number);
        nv[1] = field ("content-length", "0");
        if (status == 405)
                nv[n++] = field ("allow", "POST");
        if (nghttp2_session_get_stream_remote_close (session->h2, stream->id) == 0)
                h2_meter_hit (&session->meter, H2_CLASS_RESET);
        return nghttp2_submit_response (session->h2, stream->id, nv, n, NULL);
}

/* A refusal has left.  Only now: a reset would overtake it. */
int
h2_stream_refused (H2Session *session, H2Stream *stream)
{
        if (stream->state != H2_REFUSED ||
            nghttp2_session_get_stream_remote_close (session->h2, stream->id) != 0)
                return 0;
        return nghttp2_submit_rst_stream (session->h2, NGHTTP2_FLAG_NONE, stream->id,
                                          NGHTTP2_NO_ERROR);
}

int
h2_stream_append (H2Session *session, H2Stream *stream, SekiSpan data)
{
        gsize before = stream->in.len;
        guint status = 503;

        if (stream->state != H2_READING && stream->state != H2_ASKING)
                return 0;
        if (data.len > session->max_body - before)
                status = 413;
        else if (session->in_bytes + data.len <= session->module->inbound &&
                 h2_body_append (&stream->in, data.data, data.len, session->max_body))
                status = 0;
        session->in_bytes += stream->in.len - before;
        if (status == 0)
                return 0;
        return session->client
                ? stream_abandon (session, stream) : h2_stream_refuse (session, stream, status);
}

static gboolean
answer_is_fit (const H2Stream *stream)
{
        const guint unfit = H2_SEEN_WEIRD | H2_SEEN_HUGE | H2_SEEN_CODING | H2_SEEN_LONG;

        if (stream->status == 0 || (stream->seen & unfit) != 0)
                return FALSE;
        return stream->in.len == 0 || (stream->seen & H2_SEEN_CONTENT) != 0;
}

/* The peer has said all. */
int
h2_stream_end (H2Session *session, H2Stream *stream)
{
        if (stream->state == H2_READING)
                stream_deliver (session, stream, 0);
        else if (stream->state == H2_ASKING && answer_is_fit (stream))
                stream_deliver (session, stream, stream->status);
        else if (stream->state == H2_ASKING)
                return stream_abandon (session, stream);
        return 0;
}

/* The protocol has forgotten the stream; the core may not have. */
void
h2_stream_close (H2Session *session, H2Stream *stream)
{
        if (stream->state == H2_DELIVERED) {
                stream->orphan = TRUE;
                return;
        }
        if (stream->state == H2_ASKING)
                stream_lose (session, stream);
        h2_stream_free (session, stream);
}

/* Copies a body that is to be sent, within what the channel may hold. */
static gboolean
stream_load (H2Session *session, H2Stream *stream, SekiSpan body, GError **error)
{
        gsize limit = session->module->outbound;

        if (body.len > limit || session->out_bytes > limit - body.len ||
            !h2_body_append (&stream->out, body.data, body.len, limit)) {
                h2_fail (error, SEKI_ERROR_BUSY,
                         SEKI_TEXT ("The peer reads more slowly than it is sent to; the "
                                    "message was not sent. Raise outbound of "
                                    "transport-h2 if the peer is honest."));
                return FALSE;
        }
        session->out_bytes += body.len;
        return TRUE;
}

static H2Stream *
answer_find (H2Session *session, const SekiFrame *frame, GError **error)
{
        H2Stream *stream = frame->stream <= G_MAXINT32
                ? h2_stream_find (session, (gint32) frame->stream) : NULL;

        if (stream != NULL && stream->state == H2_DELIVERED && !stream->orphan)
                return stream;
        if (stream != NULL && stream->orphan)
                h2_stream_free (session, stream);
        h2_fail (error, SEKI_ERROR_MISSING,
                 SEKI_TEXT ("The peer no longer waits for this answer; it may ask again."));
        return NULL;
}

static int
answer_submit (H2Session *session, H2Stream *stream, const SekiFrame *frame)
{
        nghttp2_data_provider provider = { { .ptr = stream }, h2_output_read };
        char number[8], length[24];
        nghttp2_nv nv[3];

        g_snprintf (number, sizeof number, "%u", frame->status);
        g_snprintf (length, sizeof length, "%" G_GSIZE_FORMAT, frame->body.len);
        nv[0] = field (":status", number);
        nv[1] = field ("content-type", content_name (frame->content));
        nv[2] = field ("content-length", length);
        return nghttp2_submit_response (session->h2, stream->id, nv, G_N_ELEMENTS (nv),
                                        frame->body.len != 0 ? &provider : NULL);
}

/* Server: the answer to a request that was delivered. */
gboolean
h2_stream_answer (H2Session *session, const SekiFrame *frame, GError **error)
{
        H2Stream *stream;

        if (frame->status < 200 || frame->status > 599) {
                h2_fail (error, SEKI_ERROR_INVALID,
                         SEKI_TEXT ("An answer needs a status from 200 to 599."));
                return FALSE;
        }
        stream = answer_find (session, frame, error);
        if (stream == NULL)
                return FALSE;
        stream->state = H2_ANSWERING;
        if (!stream_load (session, stream, frame->body, error)) {
                nghttp2_submit_rst_stream (session->h2, NGHTTP2_FLAG_NONE, stream->id,
                                           NGHTTP2_ENHANCE_YOUR_CALM);
                return FALSE;
        }
        if (answer_submit (session, stream, frame) != 0) {
                h2_fail (error, SEKI_ERROR_PEER,
                         SEKI_TEXT ("The answer can not be sent any more; the channel is "
                                    "closing."));
                return FALSE;
        }
        return TRUE;
}

static gint32
ask_submit (H2Session *session, H2Stream *stream, const SekiFrame *frame)
{
        nghttp2_data_provider provider = { { .ptr = stream }, h2_output_read };
        char path[sizeof PATH_PREFIX + H2_ACTION_MAX], length[24];
        nghttp2_nv nv[6];

        g_snprintf (path, sizeof path, PATH_PREFIX "%.*s", (int) frame->action.len,
                    (const char *) frame->action.data);
        g_snprintf (length, sizeof length, "%" G_GSIZE_FORMAT, frame->body.len);
        nv[0] = field (":method", "POST");
        nv[1] = field (":scheme", "https");
        nv[2] = field (":authority", session->peer);
        nv[3] = field (":path", path);
        nv[4] = field ("content-type", content_name (frame->content));
        nv[5] = field ("content-length", length);
        return nghttp2_submit_request (session->h2, NULL, nv, G_N_ELEMENTS (nv),
                                       frame->body.len != 0 ? &provider : NULL, stream);
}

static gboolean
ask_is_possible (H2Session *session, const SekiFrame *frame, GError **error)
{
        if (!h2_action_is_valid (frame->action)) {
                h2_fail (error, SEKI_ERROR_INVALID,
                         SEKI_TEXT ("An action is written ROLE.VERB in lower-case ASCII."));
                return FALSE;
        }
        if (session->draining || nghttp2_session_check_request_allowed (session->h2) == 0) {
                h2_fail (error, SEKI_ERROR_PEER,
                         SEKI_TEXT ("The channel takes no more requests; open a new one."));
                return FALSE;
        }
        if (session->streams.length >= session->max_streams) {
                h2_fail (error, SEKI_ERROR_BUSY,
                         SEKI_TEXT ("As many requests as may be wait for answers of this "
                                    "peer; try again when one has come."));
                return FALSE;
        }
        return TRUE;
}

/* Client: a new request. */
gboolean
h2_stream_ask (H2Session *session, const SekiFrame *frame, GError **error)
{
        H2Stream *stream;

        if (!ask_is_possible (session, frame, error))
                return FALSE;
        stream = h2_stream_new (session, 0, H2_ASKING);
        if (stream != NULL && stream_load (session, stream, frame->body, error)) {
                stream->token = frame->token;
                stream->id = ask_submit (session, stream, frame);
                if (stream->id > 0)
                        return TRUE;
                h2_fail (error, SEKI_ERROR_PEER,
                         SEKI_TEXT ("The channel takes no more requests; open a new one."));
        }
        if (stream != NULL)
                h2_stream_free (session, stream);
        else
                h2_fail (error, SEKI_ERROR_BUSY, SEKI_TEXT ("Memory is short; try again later."));
        return FALSE;
}
