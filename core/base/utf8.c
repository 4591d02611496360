/* SPDX-License-Identifier: Apache-2.0 */
#include "base/utf8.h"

#define IS_TAIL(b) (((b) & 0xc0) == 0x80)

/* Length of the character at in, 0 if it is none; left is at least 1. */
static gsize
character_length (const guint8 *in, gsize left)
{
        guint8 lead = in[0];
        if (lead < 0x80)
                return lead != 0;
        if (lead < 0xe0)
                return lead >= 0xc2 && left >= 2 && IS_TAIL (in[1]) ? 2 : 0;
        if (lead < 0xf0) {
                if (left < 3 || !IS_TAIL (in[1]) || !IS_TAIL (in[2]))
                        return 0;
                return (lead == 0xe0 && in[1] < 0xa0) || (lead == 0xed && in[1] > 0x9f) ? 0 : 3;
        }
        if (left < 4 || !IS_TAIL (in[1]) || !IS_TAIL (in[2]) || !IS_TAIL (in[3]))
                return 0;
        if (lead > 0xf4 || (lead == 0xf0 && in[1] < 0x90) || (lead == 0xf4 && in[1] > 0x8f))
                return 0;
        return 4;
}

static gboolean
character_is_control (const guint8 *in)
{
        if (in[0] < 0x80)
                return in[0] < 0x20 || in[0] == 0x7f;
        if (in[0] == 0xc2)
                return in[1] < 0xa0;
        if (in[0] != 0xe2)
                return FALSE;
        return (in[1] == 0x80 && in[2] >= 0xa8 && in[2] <= 0xae) ||
                (in[1] == 0x81 && in[2] >= 0xa6 && in[2] <= 0xa9);
}

/* Whether eight bytes are all of U+0020 to U+007E; a byte below the first
 * borrows into its top bit, one beyond the last carries into it. */
static gboolean
eight_are_plain (const guint8 *in)
{
        guint64 word;
        memcpy (&word, in, sizeof word);
        return ((word | (word - 0x2020202020202020u) | (word + 0x0101010101010101u)) &
                0x8080808080808080u) == 0;
}

SekiUtf8
seki_utf8_scan (SekiSpan text)
{
        const guint8 *in = text.data, *end = in != NULL ? in + text.len : NULL;
        gboolean control = FALSE;
        while (in < end) {
                if (*in >= 0x20 && *in < 0x7f) {
                        in += end - in >= 8 && eight_are_plain (in) ? 8 : 1;
                        continue;
                }
                /* U+3000 to U+9FFF, nearly all Japanese text: neither a surrogate nor a control. */
                if (*in >= 0xe3 && *in <= 0xe9 && end - in >= 3 && IS_TAIL (in[1]) &&
                    IS_TAIL (in[2])) {
                        in += 3;
                        continue;
                }
                gsize len = character_length (in, (gsize) (end - in));
                if (len == 0)
                        return SEKI_UTF8_BROKEN;
                control |= character_is_control (in);
                in += len;
        }
        return control ? SEKI_UTF8_CONTROL : SEKI_UTF8_CLEAN;
}
