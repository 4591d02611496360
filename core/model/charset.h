/* SPDX-License-Identifier: Apache-2.0 */
/* Conversion edges: CP932 in and out, strictly, with a report of what is lost.
 *
 * CP932 is read as Windows reads it: 8160 is U+FF5E, 8161 U+2225, 817C U+FF0D,
 * 8191 U+FFE0, 8192 U+FFE1, 81CA U+FFE2, 815C U+2015.  When writing, the forms
 * other systems use for the same seven signs (U+301C, U+2016, U+2212, U+00A2,
 * U+00A3, U+00AC, U+2014) are written too, so these seven are the only
 * characters that do not come back as they were.  All text read from CP932 can
 * be written again and reads the same, though the bytes of NEC's and IBM's
 * duplicates come back as IBM's, as on Windows.
 *
 * Neither read nor written: the user-defined area (F040-F9FC, U+E000-U+F8FF),
 * which means nothing outside the machine that defined it, single bytes 80, A0,
 * FD-FF, and NUL.  U+00A5 and U+203E are not written: they would come back as a
 * backslash and a tilde. */
#pragma once

#include "base/bytes.h"

G_BEGIN_DECLS

typedef enum {
        SEKI_CHARSET_UTF8,
        SEKI_CHARSET_CP932,
        SEKI_CHARSET_JISX0208,  /* CP932 without NEC's and IBM's additions: JIS levels 1 and 2 and
                                 * half-width kana, what tax offices ask for (domain.md 6) */
} SekiCharset;

/* Decodes bytes to UTF-8 in the arena.  FALSE: out_offset is the first byte
 * that is no character of the set, or bytes.len if the arena's limit was met.
 * A byte order mark is a character like others. */
gboolean seki_charset_decode (SekiCharset charset, SekiSpan bytes, SekiArena *arena,
                              SekiSpan *out_text, gsize *out_offset);

/* Encodes UTF-8 into the set.  FALSE: out_character is the first code point
 * that the set can not write (U+FFFD where text is not UTF-8 or holds a NUL) and out_offset
 * its byte offset in text; 0 and text.len if the arena's limit was met. */
gboolean seki_charset_encode (SekiCharset charset, SekiSpan text, SekiArena *arena,
                              SekiSpan *out_bytes, gunichar *out_character, gsize *out_offset);

/* UTF-8 unless the bytes break it and are sound CP932; a BOM means UTF-8.  The
 * sample may end inside a character. */
SekiCharset seki_charset_guess (SekiSpan sample);

G_END_DECLS
