/* SPDX-License-Identifier: Apache-2.0 */
/* Kanji that registers write in more than one way. */
#pragma once

#include <sekisho/base.h>

G_BEGIN_DECLS

/* The common form of a kanji, or the character itself: old forms (邊 to 辺),
 * forms of one name character (髙 to 高, 﨑 to 崎, 𠮷 to 吉) and compatibility
 * ideographs.  The choice is ours, made for names and places, and only ever
 * used to compare: two names that fold alike may be one, no more is said. */
gunichar seki_variant_fold (gunichar c);

G_END_DECLS
