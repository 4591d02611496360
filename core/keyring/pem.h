/* SPDX-License-Identifier: Apache-2.0 */
/* PEM (RFC 7468), read strictly enough that nothing is guessed. */
#pragma once

#include "base/bytes.h"

G_BEGIN_DECLS

/* The next block of that label at or after *inout_text, decoded; *inout_text
 * moves behind it.  NULL without an error when there is none; text outside
 * blocks and blocks of other labels are passed over. */
SekiSecret *seki_pem_next (const char **inout_text, const char *label, GError **error);
/* One block with lines of 64, freed with g_free. */
char *seki_pem_write (const char *label, SekiSpan der);

G_END_DECLS
