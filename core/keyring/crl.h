/* SPDX-License-Identifier: Apache-2.0 */
/* One list of revoked certificates (RFC 5280 section 5): complete ones only, no
 * deltas and no lists for a part. */
#pragma once

#include "keyring/rules.h"

G_BEGIN_DECLS

typedef struct SekiCrl SekiCrl;

/* From DER or PEM. */
SekiCrl *seki_crl_new (SekiSpan bytes, GError **error);
void seki_crl_free (SekiCrl *crl);              /* NULL-safe */
/* Whether authority issued it: its name, its right, and the signature. */
gboolean seki_crl_is_from (SekiCrl *crl, CERTCertificate *authority);
/* Within its times; narrows window. */
gboolean seki_crl_check_time (const SekiCrl *crl, gint64 now, SekiWindow *window, GError **error);
/* When the next one is due, microseconds since the epoch. */
gint64 seki_crl_get_next (const SekiCrl *crl);
/* Whether a was issued before b, by number where both have one, and by time. */
gboolean seki_crl_is_older (const SekiCrl *a, const SekiCrl *b);
gboolean seki_crl_has (const SekiCrl *crl, CERTCertificate *certificate);

G_END_DECLS
