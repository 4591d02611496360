/* SPDX-License-Identifier: Apache-2.0 */
/* One pass over text: is it UTF-8, and does it hold what could disguise it? */
#pragma once

#include <sekisho/base.h>

G_BEGIN_DECLS

typedef enum {
        SEKI_UTF8_CLEAN,        /* well formed, nothing below (an absent span is clean) */
        SEKI_UTF8_CONTROL,      /* well formed, with control characters: C0 but NUL, DEL, C1,
                                 * U+2028, U+2029, or the bidirectional overrides and isolates
                                 * U+202A-U+202E, U+2066-U+2069 */
        SEKI_UTF8_BROKEN,       /* not UTF-8 (RFC 3629: shortest form, no surrogates), or a NUL */
} SekiUtf8;

SekiUtf8 seki_utf8_scan (SekiSpan text);

G_END_DECLS
