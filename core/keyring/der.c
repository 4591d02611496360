/* SPDX-License-Identifier: Apache-2.0 */
#include "keyring/der.h"

static guint
der_head (guint8 head[6], guint8 tag, gsize len)
{
        guint n = 0;

        head[n++] = tag;
        if (len < 0x80) {
                head[n++] = (guint8) len;
                return n;
        }
        for (gint shift = 24; shift >= 0; shift -= 8)
                if (len >> shift != 0)
                        head[++n] = (guint8) (len >> shift);
        head[1] = (guint8) (0x80 | (n - 1));
        return n + 1;
}

void
seki_der_add_raw (GByteArray *out, SekiSpan encoded)
{
        if (encoded.len > 0)
                g_byte_array_append (out, encoded.data, (guint) encoded.len);
}

void
seki_der_add (GByteArray *out, guint8 tag, SekiSpan content)
{
        guint start = out->len;

        seki_der_add_raw (out, content);
        seki_der_wrap (out, start, tag);
}

void
seki_der_wrap (GByteArray *out, guint start, guint8 tag)
{
        guint len = out->len - start, n;
        guint8 head[6];

        n = der_head (head, tag, len);
        g_byte_array_set_size (out, out->len + n);
        memmove (out->data + start + n, out->data + start, len);
        memcpy (out->data + start, head, n);
}

static gboolean
der_read_length (SekiSpan in, gsize *out_head, gsize *out_len)
{
        gsize n = in.data[1] & 0x7f, len = 0;

        if (in.data[1] < 0x80) {
                *out_head = 2;
                *out_len = in.data[1];
                return TRUE;
        }
        if (n == 0 || n > 4 || in.len < 2 + n || in.data[2] == 0)
                return FALSE;
        for (gsize i = 0; i < n; i++)
                len = len << 8 | in.data[2 + i];
        *out_head = 2 + n;
        *out_len = len;
        return len >= 0x80;
}

gboolean
seki_der_next (SekiSpan *in, guint8 tag, SekiSpan *out_content)
{
        gsize head, len;

        if (in->len < 2 || in->data[0] != tag || !der_read_length (*in, &head, &len) ||
            len > in->len - head)
                return FALSE;
        *out_content = seki_span (in->data + head, len);
        *in = seki_span (in->data + head + len, in->len - head - len);
        return TRUE;
}
