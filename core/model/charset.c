/* SPDX-License-Identifier: Apache-2.0 */
/* glibc's CP932 maps as Windows does, with two liberties taken back here: the
 * user-defined area F040-F9FC (1,880 characters that mean something only on the
 * machine that drew them) and U+00A5, U+203E, which it writes as 5C and 7E and
 * a reader gets back as a backslash and a tilde. */
#include "model/charset.h"

#include "base/utf8.h"

#include <errno.h>
#include <iconv.h>

#define IS_TRAIL(b) (((b) >= 0x40 && (b) <= 0x7e) || ((b) >= 0x80 && (b) <= 0xfc))

static gboolean
span_is_ascii (SekiSpan text)
{
        guint8 all = 0;
        for (gsize i = 0; i < text.len; i++)
                all |= text.data[i] == 0 ? 0x80 : text.data[i];
        return all < 0x80;
}

static gboolean
span_copy (SekiSpan from, SekiArena *arena, SekiSpan *out_span)
{
        *out_span = seki_span (seki_arena_copy (arena, from.data, from.len), from.len);
        return out_span->data != NULL;
}

/* Converts as far as it goes; out holds all that can come of it.  Returns the
 * bytes read and tells the bytes written. */
static gsize
convert (const char *to, const char *from, SekiSpan in, guint8 *out, gsize capacity,
         gsize *out_written)
{
        iconv_t converter = iconv_open (to, from);
        *out_written = 0;
        if (converter == (iconv_t) -1)
                return 0;
        char *in_at = (char *) (guintptr) in.data, *out_at = (char *) out;
        gsize in_left = in.len, out_left = capacity;
        if (in.len > 0)
                iconv (converter, &in_at, &in_left, &out_at, &out_left);
        iconv_close (converter);
        *out_written = capacity - out_left;
        return in.len - in_left;
}

/* Length of the double- or single-byte character at in by form alone, 0 if it
 * is none or one of the user-defined area. */
static gsize
cp932_length (SekiCharset charset, const guint8 *in, gsize left)
{
        guint8 lead = in[0];
        if (lead < 0x80)
                return lead != 0;
        if (lead >= 0xa1 && lead <= 0xdf)
                return 1;
        gboolean jis = (lead >= 0x81 && lead <= 0x9f && lead != 0x87) ||
                (lead >= 0xe0 && lead <= 0xea);
        gboolean vendor = lead == 0x87 || lead == 0xed || lead == 0xee ||
                (lead >= 0xfa && lead <= 0xfc);
        if (!jis && (!vendor || charset == SEKI_CHARSET_JISX0208))
                return 0;
        return left >= 2 && IS_TRAIL (in[1]) ? 2 : 0;
}

static gsize
cp932_sound_length (SekiCharset charset, SekiSpan bytes)
{
        gsize at = 0, n = 1;
        while (at < bytes.len && (n = cp932_length (charset, bytes.data + at, bytes.len - at)) > 0)
                at += n;
        return at;
}

static gsize
utf8_sound_length (SekiSpan text)
{
        const char *end;
        g_utf8_validate_len ((const char *) text.data, text.len, &end);
        return (gsize) ((const guint8 *) end - text.data);
}

static gboolean
utf8_decode (SekiSpan bytes, SekiArena *arena, SekiSpan *out_text, gsize *out_offset)
{
        if (seki_utf8_scan (bytes) == SEKI_UTF8_BROKEN) {
                *out_offset = utf8_sound_length (bytes);
                return FALSE;
        }
        return span_copy (bytes, arena, out_text);
}

static gboolean
cp932_decode (SekiCharset charset, SekiSpan bytes, SekiArena *arena, SekiSpan *out_text,
              gsize *out_offset)
{
        if (bytes.len > G_MAXSIZE / 4)
                return FALSE;
        gsize sound = cp932_sound_length (charset, bytes), written;
        guint8 *out = seki_arena_alloc (arena, bytes.len * 3);
        if (out == NULL)
                return FALSE;
        gsize read = convert ("UTF-8", "CP932", seki_span (bytes.data, sound), out, bytes.len * 3,
                              &written);
        if (read < bytes.len) {
                seki_wipe (out, written);
                *out_offset = read;
                return FALSE;
        }
        *out_text = seki_span (seki_arena_resize (arena, out, bytes.len * 3, written), written);
        return TRUE;
}

gboolean
seki_charset_decode (SekiCharset charset, SekiSpan bytes, SekiArena *arena, SekiSpan *out_text,
                     gsize *out_offset)
{
        *out_text = SEKI_SPAN_NONE;
        *out_offset = bytes.len;
        if (bytes.data == NULL)
                return FALSE;
        if (span_is_ascii (bytes))
                return span_copy (bytes, arena, out_text);
        if (charset == SEKI_CHARSET_UTF8)
                return utf8_decode (bytes, arena, out_text, out_offset);
        return cp932_decode (charset, bytes, arena, out_text, out_offset);
}

/* Characters that glibc would write but nobody could read back. */
static gboolean
is_refused (gunichar c)
{
        return c == 0 || c == 0xa5 || c == 0x203e || (c >= 0xe000 && c <= 0xf8ff);
}

static gsize
writable_length (SekiSpan text)
{
        const char *in = (const char *) text.data, *end = in + utf8_sound_length (text);
        while (in < end && !is_refused (g_utf8_get_char (in)))
                in = g_utf8_next_char (in);
        return (gsize) (in - (const char *) text.data);
}

/* How far text got: the offset of the n-th character. */
static gsize
character_offset (SekiSpan text, gsize n)
{
        return (gsize) (g_utf8_offset_to_pointer ((const char *) text.data,
                                                  (glong) n) - (const char *) text.data);
}

/* Characters of sound bytes up to offset. */
static gsize
cp932_count (SekiSpan bytes)
{
        gsize n = 0;
        for (gsize at = 0; at < bytes.len; n++)
                at += MAX (cp932_length (SEKI_CHARSET_CP932, bytes.data + at, bytes.len - at), 1);
        return n;
}

static gsize
cp932_encode (SekiCharset charset, SekiSpan text, guint8 *out, gsize capacity, gsize *out_written)
{
        gsize read = convert ("CP932", "UTF-8", seki_span (text.data, writable_length (text)), out,
                              capacity, out_written);
        gsize sound = cp932_sound_length (charset, seki_span (out, *out_written));
        return sound == *out_written ? read
                : character_offset (text, cp932_count (seki_span (out, sound)));
}

gboolean
seki_charset_encode (SekiCharset charset, SekiSpan text, SekiArena *arena,
                     SekiSpan *out_bytes, gunichar *out_character, gsize *out_offset)
{
        *out_bytes = SEKI_SPAN_NONE;
        *out_character = 0;
        *out_offset = text.len;
        if (text.data == NULL || text.len > G_MAXSIZE / 4)
                return FALSE;
        if (span_is_ascii (text) ||
            (charset == SEKI_CHARSET_UTF8 && seki_utf8_scan (text) != SEKI_UTF8_BROKEN))
                return span_copy (text, arena, out_bytes);
        gsize written = 0;
        guint8 *out = seki_arena_alloc (arena, text.len);
        if (out == NULL)
                return FALSE;
        gsize read = charset == SEKI_CHARSET_UTF8
                ? utf8_sound_length (text) : cp932_encode (charset, text, out, text.len, &written);
        if (read == text.len) {
                *out_bytes = seki_span (seki_arena_resize (arena, out, text.len, written), written);
                return TRUE;
        }
        seki_wipe (out, written);
        gunichar c = g_utf8_get_char_validated ((const char *) text.data + read,
                                                (gssize) (text.len - read));
        *out_character = (gint32) c <= 0 ? 0xfffd : c;
        *out_offset = read;
        return FALSE;
}

SekiCharset
seki_charset_guess (SekiSpan sample)
{
        if (sample.data == NULL || sample.len == 0)
                return SEKI_CHARSET_UTF8;
        gsize sound = utf8_sound_length (sample);
        /* A sample may end inside its last character. */
        if (sample.len - sound < 4 &&
            g_utf8_get_char_validated ((const char *) sample.data + sound,
                                       (gssize) (sample.len - sound)) == (gunichar) -2)
                return SEKI_CHARSET_UTF8;
        gsize cp932 = cp932_sound_length (SEKI_CHARSET_CP932, sample);
        return sound < sample.len &&
                cp932 + 1 >= sample.len ? SEKI_CHARSET_CP932 : SEKI_CHARSET_UTF8;
}
