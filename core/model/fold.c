/* SPDX-License-Identifier: Apache-2.0 */
#include "model/fold.h"

#include "base/utf8.h"
#include "model/variant.h"

#define DAKUTEN 0x3099          /* combining; U+309B stands alone, U+FF9E is half-width */
#define HANDAKUTEN 0x309a
#define KATAKANA_LAST 0x30f6

/* Nothing one reads: variation selectors, joiners, marks of direction, breaks. */
static gboolean
is_dropped (gunichar c)
{
        return g_unichar_isspace (c) || (c >= 0xfe00 && c <= 0xfe0f) ||
                (c >= 0xe0100 && c <= 0xe01ef) ||
               (c >= 0x200b && c <= 0x200f) || (c >= 0x2060 && c <= 0x2064) || c == 0x00ad ||
                       c == 0xfeff ||
               c == 0x180e || (c >= 0x180b && c <= 0x180d);
}

/* Strokes that stand for each other: hyphens, dashes, minus and the long-vowel
 * mark, which half-width data can not tell apart. */
static gboolean
is_stroke (gunichar c)
{
        return (c >= 0x2010 && c <= 0x2015) || c == 0x2212 || c == 0x2500 || c == 0x30fc ||
                c == 0x02d7;
}

/* U+FF61 to U+FF9F in their full width; JIS X 0201 order. */
static gunichar
half_kana_widen (gunichar c)
{
        static const guint16 wide[] = {
                0x3002, 0x300c, 0x300d, 0x3001, 0x30fb, 0x30f2, 0x30a1, 0x30a3, 0x30a5, 0x30a7,
                        0x30a9, 0x30e3, 0x30e5,
                0x30e7, 0x30c3, 0x30fc, 0x30a2, 0x30a4, 0x30a6, 0x30a8, 0x30aa, 0x30ab, 0x30ad,
                        0x30af, 0x30b1, 0x30b3,
                0x30b5, 0x30b7, 0x30b9, 0x30bb, 0x30bd, 0x30bf, 0x30c1, 0x30c4, 0x30c6, 0x30c8,
                        0x30ca, 0x30cb, 0x30cc,
                0x30cd, 0x30ce, 0x30cf, 0x30d2, 0x30d5, 0x30d8, 0x30db, 0x30de, 0x30df, 0x30e0,
                        0x30e1, 0x30e2, 0x30e4,
                0x30e6, 0x30e8, 0x30e9, 0x30ea, 0x30eb, 0x30ec, 0x30ed, 0x30ef, 0x30f3, DAKUTEN,
                        HANDAKUTEN,
        };
        return wide[c - 0xff61];
}

static gunichar
width_fold (gunichar c)
{
        static const guint16 signs[] = { 0xa2, 0xa3, 0xac, 0xaf, 0xa6, 0xa5, 0x20a9 };
        if (c >= 0xff01 && c <= 0xff5e)
                return c - 0xfee0;
        if (c >= 0xff61 && c <= 0xff9f)
                return half_kana_widen (c);
        if (c >= 0xffe0 && c <= 0xffe6)
                return signs[c - 0xffe0];
        return c;
}

/* Katakana, and the small ones large: much data has no small kana. */
static gunichar
kana_fold (gunichar c)
{
        if ((c >= 0x3041 && c <= 0x3096) || c == 0x309d || c == 0x309e)
                c += 0x60;
        switch (c) {
        case 0x30a1: case 0x30a3: case 0x30a5: case 0x30a7: case 0x30a9: case 0x30c3:
        case 0x30e3: case 0x30e5: case 0x30e7: case 0x30ee:
                return c + 1;
        case 0x30f5:
                return 0x30ab;
        case 0x30f6:
                return 0x30b1;
        case 0x309b:
                return DAKUTEN;
        case 0x309c:
                return HANDAKUTEN;
        default:
                return c;
        }
}

static gunichar
character_fold (gunichar c)
{
        c = width_fold (c);
        if (c < 0x80)
                return (gunichar) g_ascii_tolower ((char) c);
        if (c < 0x180)
                return g_unichar_tolower (c);
        if (is_stroke (c))
                return '-';
        if (c == 0x301c)
                return '~';
        if (c >= 0x3041 && c <= KATAKANA_LAST)
                return kana_fold (c);
        return c >= 0x3400 ? seki_variant_fold (c) : c;
}

/* The kana whose voiced form stands right behind it. */
static gboolean
takes_dakuten (gunichar c)
{
        return (c >= 0x30ab && c <= 0x30c1 && c % 2 == 1) || c == 0x30c4 || c == 0x30c6 ||
                c == 0x30c8 ||
               (c >= 0x30cf && c <= 0x30db && c % 3 == 0) || c == 0x30fd;
}

static gunichar
kana_voice (gunichar kana, gunichar mark)
{
        if (mark == DAKUTEN && takes_dakuten (kana))
                return kana + 1;
        if (mark == DAKUTEN && kana == 0x30a6)
                return 0x30f4;
        if (mark == DAKUTEN && kana >= 0x30ef && kana <= 0x30f2)
                return kana + 8;
        if (mark == HANDAKUTEN && kana >= 0x30cf && kana <= 0x30db && kana % 3 == 0)
                return kana + 2;
        return 0;
}

SekiSpan
seki_fold (SekiSpan text, SekiArena *arena)
{
        if (text.data == NULL || text.len > G_MAXSIZE / 4 ||
            seki_utf8_scan (text) == SEKI_UTF8_BROKEN)
                return SEKI_SPAN_NONE;
        /* No character folds to more than twice its bytes. */
        gsize capacity = text.len * 2, len = 0;
        char *out = seki_arena_alloc (arena, capacity);
        if (out == NULL)
                return SEKI_SPAN_NONE;
        const char *end = (const char *) text.data + text.len;
        gunichar before = 0;
        for (const char *in = (const char *) text.data; in < end; in = g_utf8_next_char (in)) {
                gunichar raw = g_utf8_get_char (in);
                if (is_dropped (raw))
                        continue;
                gunichar c = character_fold (raw), voiced = kana_voice (before, c);
                if (voiced != 0) {
                        len -= 3;       /* all kana take three bytes */
                        c = voiced;
                }
                len += (gsize) g_unichar_to_utf8 (c, out + len);
                before = c;
        }
        return seki_span (seki_arena_resize (arena, out, capacity, len), len);
}
