/* SPDX-License-Identifier: Apache-2.0 */
/* Header fields: what each may say, and what a request is answered for it.
 *
 * nghttp2 has checked the form before (RFC 9113, 8.1 to 8.3): lower case, one
 * of each pseudo field, no connection fields, content-length a number. */
#include "h2.h"

#define PATH_PREFIX "/v1/"
/* What a field costs beside its bytes (RFC 9113, 6.5.2). */
#define FIELD_COST 32
/* A list this many times too long is no mistake. */
#define BOMB 4

static gboolean
action_char (guint8 c, gboolean first)
{
        if (c >= 'a' && c <= 'z')
                return TRUE;
        return !first && ((c >= '0' && c <= '9') || c == '-' || c == '_');
}

/* ROLE.VERB, in lower-case ASCII; more parts may follow. */
gboolean
h2_action_is_valid (SekiSpan action)
{
        gboolean first = TRUE;
        guint parts = 1;

        if (action.data == NULL || action.len > H2_ACTION_MAX)
                return FALSE;
        for (gsize i = 0; i < action.len; i++) {
                guint8 c = action.data[i];

                if (c == '.' && !first) {
                        parts++;
                        first = TRUE;
                } else if (action_char (c, first)) {
                        first = FALSE;
                } else {
                        return FALSE;
                }
        }
        return parts >= 2 && !first;
}

static gboolean
value_is_case (SekiSpan value, const char *text)
{
        return value.len == strlen (text) &&
                g_ascii_strncasecmp ((const char *) value.data, text, value.len) == 0;
}

static void
header_path (H2Stream *stream, SekiSpan value)
{
        gsize skip = strlen (PATH_PREFIX);
        SekiSpan action;

        if (value.len < skip || memcmp (value.data, PATH_PREFIX, skip) != 0)
                return;
        action = seki_span (value.data + skip, value.len - skip);
        if (!h2_action_is_valid (action))
                return;
        memcpy (stream->action, action.data, action.len);
        stream->action[action.len] = '\0';
        stream->seen |= H2_SEEN_ACTION;
}

static void
header_type (H2Stream *stream, SekiSpan value)
{
        if ((stream->seen & H2_SEEN_TYPE) != 0)
                stream->seen |= H2_SEEN_WEIRD;
        stream->seen |= H2_SEEN_TYPE;
        if (value_is_case (value, "application/cbor")) {
                stream->content = SEKI_CONTENT_CBOR;
                stream->seen |= H2_SEEN_CONTENT;
        } else if (value_is_case (value, "application/json") ||
                   value_is_case (value, "application/json; charset=utf-8") ||
                   value_is_case (value, "application/json;charset=utf-8")) {
                stream->content = SEKI_CONTENT_JSON;
                stream->seen |= H2_SEEN_CONTENT;
        }
}

static void
header_length (const H2Session *session, H2Stream *stream, SekiSpan value)
{
        guint64 length = 0;

        for (gsize i = 0; i < value.len; i++) {
                if (!g_ascii_isdigit (value.data[i]) || length > G_MAXUINT64 / 100)
                        length = G_MAXUINT64 / 10;
                else
                        length = length * 10 + (value.data[i] - '0');
        }
        if (length > session->max_body)
                stream->seen |= H2_SEEN_LONG;
}

/* RFC 9113 allows host beside :authority; twice, it is an attempt at confusion. */
static void
header_host (H2Stream *stream)
{
        if ((stream->seen & H2_SEEN_HOST) != 0)
                stream->seen |= H2_SEEN_WEIRD;
        stream->seen |= H2_SEEN_HOST;
}

static void
header_status (H2Stream *stream, SekiSpan value)
{
        guint32 status = 0;

        for (gsize i = 0; value.len == 3 && i < 3; i++)
                status = status * 10 + (guint32) (value.data[i] - '0');
        if (status < 200 || status > 599)
                stream->seen |= H2_SEEN_WEIRD;
        else
                stream->status = status;
}

static void
header_field (H2Session *session, H2Stream *stream, SekiSpan name, SekiSpan value)
{
        if (seki_span_is (name, "content-type"))
                header_type (stream, value);
        else if (seki_span_is (name, "content-length"))
                header_length (session, stream, value);
        else if (seki_span_is (name, "content-encoding") && !value_is_case (value, "identity"))
                stream->seen |= H2_SEEN_CODING;
        else if (seki_span_is (name, "host"))
                header_host (stream);
        else if (seki_span_is (name, ":status"))
                header_status (stream, value);
        else if (seki_span_is (name, ":path"))
                header_path (stream, value);
        else if (seki_span_is (name, ":method"))
                stream->seen |= seki_span_is (value, "POST") ? H2_SEEN_POST : 0;
        else if (seki_span_is (name, ":scheme"))
                stream->seen |= value_is_case (value, "https") ? H2_SEEN_SCHEME : 0;
        else if (seki_span_is (name, ":protocol"))
                stream->seen |= H2_SEEN_WEIRD;
}

/* One field of a request or an answer, as nghttp2 hands it over. */
int
h2_header (H2Session *session, H2Stream *stream, SekiSpan name, SekiSpan value)
{
        gsize limit = session->module->header_list;

        stream->header_bytes += name.len + value.len + FIELD_COST;
        if (stream->header_bytes > limit * BOMB) {
                session->meter.over = TRUE;
                return NGHTTP2_ERR_CALLBACK_FAILURE;
        }
        if (stream->header_bytes > limit)
                stream->seen |= H2_SEEN_HUGE;
        else
                header_field (session, stream, name, value);
        return 0;
}

/* The status a request is refused with; 0 if it may go on. */
guint
h2_header_verdict (const H2Session *session, const H2Stream *stream)
{
        guint seen = stream->seen;

        if ((seen & H2_SEEN_HUGE) != 0)
                return 431;
        if ((seen & H2_SEEN_WEIRD) != 0 || (seen & H2_SEEN_SCHEME) == 0)
                return 400;
        if ((seen & H2_SEEN_ACTION) == 0)
                return 404;
        if ((seen & H2_SEEN_POST) == 0)
                return 405;
        if ((seen & H2_SEEN_CONTENT) == 0 || (seen & H2_SEEN_CODING) != 0)
                return 415;
        if ((seen & H2_SEEN_LONG) != 0)
                return 413;
        /* Somebody who does not read what was answered gets no more work done. */
        if (session->out_bytes > session->module->outbound / 2)
                return 503;
        return 0;
}
