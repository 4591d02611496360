/* SPDX-License-Identifier: Apache-2.0 */
#include "raw.h"

#include <nghttp2/nghttp2.h>

GByteArray *
raw_new (void)
{
        GByteArray *raw = g_byte_array_new ();

        g_byte_array_append (raw, (const guint8 *) "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 24);
        raw_frame (raw, RAW_SETTINGS, 0, 0, NULL, 0);
        return raw;
}

void
raw_frame (GByteArray *raw, guint8 type, guint8 flags, guint32 stream, gconstpointer payload,
           gsize len)
{
        guint8 head[9] = {
                (guint8) (len >> 16), (guint8) (len >> 8), (guint8) len, type, flags,
                (guint8) (stream >> 24), (guint8) (stream >> 16), (guint8) (stream >> 8),
                (guint8) stream,
        };

        g_byte_array_append (raw, head, sizeof head);
        if (len != 0)
                g_byte_array_append (raw, payload, (guint) len);
}

void
raw_u32 (GByteArray *raw, guint8 type, guint32 stream, guint32 value)
{
        guint32 payload = GUINT32_TO_BE (value);

        raw_frame (raw, type, 0, stream, &payload, sizeof payload);
}

static void
raw_text (GByteArray *block, const char *text)
{
        gsize len = strlen (text);
        guint8 first = (guint8) MIN (len, 127);

        g_byte_array_append (block, &first, 1);
        if (len >= 127) {
                for (len -= 127; len >= 128; len >>= 7) {
                        guint8 part = (guint8) (len | 128);

                        g_byte_array_append (block, &part, 1);
                }
                first = (guint8) len;
                g_byte_array_append (block, &first, 1);
        }
        g_byte_array_append (block, (const guint8 *) text, (guint) strlen (text));
}

void
raw_field (GByteArray *block, const char *name, const char *value)
{
        g_byte_array_append (block, (const guint8 *) "", 1);
        raw_text (block, name);
        raw_text (block, value);
}

GByteArray *
raw_block (const char *method, const char *path, const char *type)
{
        GByteArray *block = g_byte_array_new ();

        if (method != NULL)
                raw_field (block, ":method", method);
        raw_field (block, ":scheme", "https");
        raw_field (block, ":authority", "transfer-01");
        if (path != NULL)
                raw_field (block, ":path", path);
        if (type != NULL)
                raw_field (block, "content-type", type);
        return block;
}

void
raw_headers (GByteArray *raw, guint8 flags, guint32 stream, const GByteArray *block)
{
        raw_frame (raw, RAW_HEADERS, flags, stream, block->data, block->len);
}

void
raw_request (GByteArray *raw, guint32 stream, const char *body)
{
        GByteArray *block = raw_block ("POST", "/v1/transfer.register", "application/cbor");

        raw_headers (raw, RAW_END_HEADERS, stream, block);
        raw_frame (raw, RAW_DATA, RAW_END_STREAM, stream, body, strlen (body));
        g_byte_array_unref (block);
}

static guint
block_status (nghttp2_hd_inflater *inflater, const guint8 *block, gsize len)
{
        guint status = 0;
        nghttp2_nv nv;
        int flags = 0;

        while (len > 0 || (flags & NGHTTP2_HD_INFLATE_EMIT) != 0) {
                ssize_t n = nghttp2_hd_inflate_hd2 (inflater, &nv, &flags, block, len, 1);

                g_assert_cmpint (n, >=, 0);
                block += n;
                len -= (gsize) n;
                if ((flags & NGHTTP2_HD_INFLATE_EMIT) != 0 &&
                    strcmp ((const char *) nv.name, ":status") == 0)
                        status = (guint) g_ascii_strtoull ((const char *) nv.value, NULL, 10);
                if ((flags & NGHTTP2_HD_INFLATE_FINAL) != 0)
                        break;
        }
        nghttp2_hd_inflate_end_headers (inflater);
        return status;
}

static guint32
be32 (const guint8 *data)
{
        return (guint32) data[0] << 24 | (guint32) data[1] << 16 | (guint32) data[2] << 8 | data[3];
}

/* Call it once a channel: the header table is not kept between calls. */
GArray *
raw_frames (SekiChannel *channel)
{
        GArray *frames = g_array_new (FALSE, TRUE, sizeof (RawFrame));
        const guint8 *at = channel->out.data;
        gsize left = channel->out.len;
        nghttp2_hd_inflater *inflater;

        g_assert_cmpint (nghttp2_hd_inflate_new (&inflater), ==, 0);
        while (left >= 9) {
                RawFrame frame = { at[3], at[4], be32 (at + 5), 0, 0, be32 (at) >> 8 };

                if (left < 9 + frame.len)
                        break;
                if (frame.type == RAW_HEADERS)
                        frame.status = block_status (inflater, at + 9, frame.len);
                if (frame.type == RAW_RST)
                        frame.code = be32 (at + 9);
                if (frame.type == RAW_GOAWAY)
                        frame.code = be32 (at + 13);
                g_array_append_val (frames, frame);
                at += 9 + frame.len;
                left -= 9 + frame.len;
        }
        nghttp2_hd_inflate_del (inflater);
        wire_clear (&channel->out);
        return frames;
}

guint
raw_count (const GArray *frames, guint8 type, RawFrame *out_frame)
{
        guint n = 0;

        for (guint i = 0; i < frames->len; i++) {
                const RawFrame *frame = &g_array_index (frames, RawFrame, i);

                if (frame->type != type)
                        continue;
                if (n++ == 0 && out_frame != NULL)
                        *out_frame = *frame;
        }
        return n;
}

gboolean
raw_send (SekiChannel *channel, GByteArray *raw, GError **error)
{
        gboolean fine = channel_bytes (channel, raw->data, raw->len, error);

        g_byte_array_unref (raw);
        return fine;
}
