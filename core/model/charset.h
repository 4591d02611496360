/* SPDX-License-Identifier: Apache-2.0 */
/* Conversion edges: CP932 in and out, strictly, with a report of what is lost. */
#pragma once

#include "base/bytes.h"

G_BEGIN_DECLS

typedef enum {
        SEKI_CHARSET_UTF8,
        SEKI_CHARSET_CP932,
} SekiCharset;

/* Decodes bytes to UTF-8 in the arena.  FALSE: out_offset is the first byte
 * that is no character of the set. */
gboolean seki_charset_decode (SekiCharset charset, SekiSpan bytes, SekiArena *arena,
                              SekiSpan *out_text, gsize *out_offset);

/* Encodes UTF-8 into the set.  FALSE: out_character is the first code point
 * that the set can not write and out_offset its byte offset in text. */
gboolean seki_charset_encode (SekiCharset charset, SekiSpan text, SekiArena *arena,
                              SekiSpan *out_bytes, gunichar *out_character, gsize *out_offset);

/* UTF-8 unless the bytes break it and are sound CP932; a BOM means UTF-8. */
SekiCharset seki_charset_guess (SekiSpan sample);

G_END_DECLS
