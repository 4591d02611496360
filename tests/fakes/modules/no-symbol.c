/* SPDX-License-Identifier: Apache-2.0 */
/* A library, but no module. */
#include <sekisho/base.h>

SEKI_EXPORT extern const int other_symbol;
const int other_symbol = 1;
