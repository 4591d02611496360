/* SPDX-License-Identifier: Apache-2.0 */
/* Lines of notes and proofs, read strictly.  Internal to the ledger. */
#pragma once

#include "base/bytes.h"

G_BEGIN_DECLS

/* The next line of text, without its newline; FALSE at the end, or when no
 * newline ends it. */
gboolean seki_line_next (SekiSpan *inout_text, SekiSpan *out_line);
/* What follows prefix in line; FALSE when it begins otherwise. */
gboolean seki_line_after (SekiSpan line, const char *prefix, SekiSpan *out_rest);
/* Decimal without leading zeros. */
gboolean seki_line_number (SekiSpan line, guint64 *out_number);
/* Base64 (RFC 4648 section 4), padded, and only the one spelling of its bytes. */
gboolean seki_line_base64 (SekiSpan line, GByteArray *out_bytes);
gboolean seki_line_hash (SekiSpan line, guint8 out[32]);

G_END_DECLS
