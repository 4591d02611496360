/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/lines.h"

gboolean
seki_line_next (SekiSpan *inout_text, SekiSpan *out_line)
{
        const guint8 *end = inout_text->len > 0 ? memchr (inout_text->data, '\n', inout_text->len)
                                                : NULL;

        if (end == NULL)
                return FALSE;
        *out_line = seki_span (inout_text->data, (gsize) (end - inout_text->data));
        *inout_text = seki_span (end + 1, inout_text->len - out_line->len - 1);
        return TRUE;
}

gboolean
seki_line_after (SekiSpan line, const char *prefix, SekiSpan *out_rest)
{
        gsize len = strlen (prefix);

        if (line.len < len || memcmp (line.data, prefix, len) != 0)
                return FALSE;
        *out_rest = seki_span (line.data + len, line.len - len);
        return TRUE;
}

gboolean
seki_line_number (SekiSpan line, guint64 *out_number)
{
        guint64 number = 0;

        if (line.len == 0 || (line.len > 1 && line.data[0] == '0'))
                return FALSE;
        for (gsize i = 0; i < line.len; i++)
                if (!g_ascii_isdigit ((char) line.data[i]) ||
                    !g_uint64_checked_mul (&number, number, 10) ||
                    !g_uint64_checked_add (&number, number, line.data[i] - '0'))
                        return FALSE;
        *out_number = number;
        return TRUE;
}

gboolean
seki_line_base64 (SekiSpan line, GByteArray *out_bytes)
{
        g_autofree char *text = g_strndup ((const char *) line.data, line.len);
        gsize len = 0;
        g_autofree guchar *bytes = g_base64_decode (text, &len);

        /* GLib passes over what is no base64: only what it writes itself is taken. */
        g_autofree char *again = g_base64_encode (bytes, len);
        if (line.len == 0 || !seki_span_is (line, again))
                return FALSE;
        g_byte_array_set_size (out_bytes, 0);
        g_byte_array_append (out_bytes, bytes, (guint) len);
        return TRUE;
}

gboolean
seki_line_hash (SekiSpan line, guint8 out[32])
{
        g_autoptr (GByteArray) bytes = g_byte_array_new ();

        if (line.len != 44 || !seki_line_base64 (line, bytes) || bytes->len != 32)
                return FALSE;
        memcpy (out, bytes->data, 32);
        return TRUE;
}
