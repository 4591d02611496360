/* SPDX-License-Identifier: Apache-2.0 */
/* "Did you mean": the candidate a misspelt word is closest to. */
#pragma once

#include <sekisho/base.h>

G_BEGIN_DECLS

/* NULL when none of the NULL-terminated candidates is close: more than a third
 * of the longer word would have to change (insert, drop, replace, swap bytes).
 * Words of more than 63 bytes are close to nothing. */
const char *seki_nearest (const char *word, const char *const *candidates);

G_END_DECLS
