/* SPDX-License-Identifier: Apache-2.0 */
/* From frames to the channel, one TLS record at a time.
 *
 * DATA goes from the body straight into the record, so that no buffer of
 * nghttp2 ever holds a body; the record is wiped once it was accepted.  An
 * idle session has no record. */
#include "h2.h"

/* A smaller rest of a record is left empty rather than filled with a scrap. */
#define SCRAP 512

static gsize
output_space (const H2Session *session)
{
        return session->output != NULL ? H2_OUTPUT_SIZE - session->end : H2_OUTPUT_SIZE;
}

static gboolean
output_put (H2Session *session, const guint8 *data, gsize len)
{
        if (session->output == NULL)
                session->output = g_try_malloc (H2_OUTPUT_SIZE);
        if (session->output == NULL || len > output_space (session))
                return FALSE;
        memcpy (session->output + session->end, data, len);
        session->end += len;
        return TRUE;
}

void
h2_output_clear (H2Session *session)
{
        if (session->output != NULL)
                explicit_bzero (session->output, session->end);
        g_clear_pointer (&session->output, g_free);
        session->start = session->end = 0;
}

/* nghttp2 asks how much of a body goes into the next frame. */
ssize_t
h2_output_read (nghttp2_session *h2 G_GNUC_UNUSED, gint32 id G_GNUC_UNUSED,
                guint8 *buffer G_GNUC_UNUSED, gsize length, guint32 *flags,
                        nghttp2_data_source *source, gpointer user)
{
        H2Session *session = user;
        H2Stream *stream = source->ptr;
        gsize left = stream->out.len - stream->sent;
        gsize space = output_space (session);
        gsize n;

        if (space < H2_FRAME_HEAD + MIN (left, SCRAP))
                return NGHTTP2_ERR_PAUSE;
        n = MIN (MIN (left, length), space - H2_FRAME_HEAD);
        *flags = NGHTTP2_DATA_FLAG_NO_COPY | (n == left ? NGHTTP2_DATA_FLAG_EOF : 0);
        return (ssize_t) n;
}

/* ... and to put head and data where they belong. */
int
h2_output_data (nghttp2_session *h2 G_GNUC_UNUSED, nghttp2_frame *frame G_GNUC_UNUSED,
                const guint8 *head, gsize length, nghttp2_data_source *source, gpointer user)
{
        H2Session *session = user;
        H2Stream *stream = source->ptr;

        if (!output_put (session, head, H2_FRAME_HEAD))
                return NGHTTP2_ERR_CALLBACK_FAILURE;
        if (length != 0 && !output_put (session, stream->out.data + stream->sent, length))
                return NGHTTP2_ERR_CALLBACK_FAILURE;
        stream->sent += length;
        if (stream->sent == stream->out.len) {
                session->out_bytes -= stream->out.len;
                h2_body_clear (&stream->out);
                stream->sent = 0;
        }
        return 0;
}

/* The next piece of a frame that is not DATA; FALSE when there is none. */
static gboolean
output_chunk (H2Session *session)
{
        ssize_t n;

        if (session->chunk_len != 0)
                return TRUE;
        n = nghttp2_session_mem_send (session->h2, &session->chunk);
        if (n < 0)
                session->broken = TRUE;
        session->chunk_len = n > 0 ? (gsize) n : 0;
        return n > 0;
}

static void
output_fill (H2Session *session)
{
        while (output_space (session) > 0 && !session->detached && output_chunk (session)) {
                gsize n = MIN (session->chunk_len, output_space (session));

                if (!output_put (session, session->chunk, n)) {
                        session->broken = TRUE;
                        return;
                }
                session->chunk += n;
                session->chunk_len -= n;
        }
}

/* Offers what was gathered; FALSE when no more can be done for now. */
static gboolean
output_drain (H2Session *session)
{
        const SekiHost *host = session->module->host;
        gsize asked = session->end - session->start;
        gssize n = host->channel_write (host->core, session->channel,
                                        seki_span (session->output + session->start, asked));

        if (n < 0 || (gsize) n > asked) {
                session->closed = TRUE;
                return FALSE;
        }
        h2_count (&session->module->bytes_out, n);
        explicit_bzero (session->output + session->start, (gsize) n);
        session->start += (gsize) n;
        if (session->start < session->end) {
                session->blocked = TRUE;
                return FALSE;
        }
        session->start = session->end = 0;
        return TRUE;
}

/* Writes until there is nothing to write, or the channel takes no more.  What
 * it calls may call back into the session; it is never entered twice. */
void
h2_output_pump (H2Session *session)
{
        if (session->busy)
                return;
        session->busy = TRUE;
        while (!session->blocked && !session->closed && !session->detached) {
                if (session->start == session->end)
                        output_fill (session);
                if (session->start == session->end || !output_drain (session))
                        break;
        }
        if (session->start == session->end)
                h2_output_clear (session);
        session->busy = FALSE;
}
