/* SPDX-License-Identifier: Apache-2.0 */
/* Folding for comparison only: width, kana, spaces, kanji variants.  What is
 * stored stays as given (domain.md 1.3: NFC would turn U+FA10 into U+585A). */
#pragma once

#include "base/bytes.h"

G_BEGIN_DECLS

/* Folded text in the arena; equal persons compare equal as bytes.  Full and
 * half width become one, letters small, hiragana katakana, small kana large,
 * kana and its voicing mark one character; hyphens, dashes and the long-vowel
 * mark become "-"; spaces, variation selectors and what has no width go; kanji
 * take their common form (variant.h).  data NULL when text is absent, not UTF-8
 * or the arena's limit was met.  Folding twice changes nothing. */
SekiSpan seki_fold (SekiSpan text, SekiArena *arena);

G_END_DECLS
