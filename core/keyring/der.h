/* SPDX-License-Identifier: Apache-2.0 */
/* Just enough DER to write and read the two CMS structures we make ourselves. */
#pragma once

#include "base/bytes.h"

G_BEGIN_DECLS

#define SEKI_DER_INTEGER 0x02
#define SEKI_DER_OCTETS 0x04
#define SEKI_DER_OID 0x06
#define SEKI_DER_SEQUENCE 0x30
#define SEKI_DER_SET 0x31
#define SEKI_DER_CONTEXT 0xa0           /* [0], constructed */
#define SEKI_DER_CONTEXT_PLAIN 0x80     /* [0], primitive */

/* Appends one value. */
void seki_der_add (GByteArray *out, guint8 tag, SekiSpan content);
void seki_der_add_raw (GByteArray *out, SekiSpan encoded);
/* Makes everything from start on the content of one value. */
void seki_der_wrap (GByteArray *out, guint start, guint8 tag);
/* Takes the next value off in; FALSE unless it has that tag and is DER. */
gboolean seki_der_next (SekiSpan *in, guint8 tag, SekiSpan *out_content);

G_END_DECLS
