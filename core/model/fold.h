/* SPDX-License-Identifier: Apache-2.0 */
/* Folding for comparison only: width, kana, spaces, kanji variants.  What is
 * stored stays as given (domain.md 1.3: NFC would turn U+FA10 into U+585A). */
#pragma once

#include "base/bytes.h"

G_BEGIN_DECLS

/* Folded text in the arena; equal persons compare equal as bytes.  data NULL
 * when text is not UTF-8 or the arena's limit was met. */
SekiSpan seki_fold (SekiSpan text, SekiArena *arena);

G_END_DECLS
