/* SPDX-License-Identifier: Apache-2.0 */
/* Messages a person sees: English in the source, Japanese in po/ja.po. */
#pragma once

#include <sekisho/base.h>

#define _(s) SEKI_TEXT (s)
#define N_(s) (s)
/* With plural forms. */
#define P_(one, many, n) (g_dngettext ("sekisho", (one), (many), (n)))
