/* SPDX-License-Identifier: Apache-2.0 */
/* What one certificate must fulfil (RFC 5280 section 6, narrowed).
 *
 * The path is checked here and not by CERT_VerifyCertificate: NSS keeps trust
 * per certificate for the whole process, so that one node's authority would be
 * another's; it takes a missing or outdated CRL for a good one; and it grants
 * a day of slack before a certificate begins.  Here the answer depends on
 * nothing but the certificates, the lists and the clock that were handed in. */
#pragma once

#include <cert.h>

#include "keyring/certificate.h"

G_BEGIN_DECLS

/* When something holds, in microseconds, both ends included. */
typedef struct {
        gint64 from, until;
} SekiWindow;

/* RSA of 2048 bits or more, or EC on P-256, P-384 or P-521. */
gboolean seki_rules_check_key (SECKEYPublicKey *key);
/* SHA-256 or better with RSA (PKCS#1 v1.5) or ECDSA, within and without. */
gboolean seki_rules_check_algorithm (SECAlgorithmID *outer, SECAlgorithmID *inner);
/* Version, algorithm, key, and critical extensions that are understood. */
gboolean seki_rules_check_form (CERTCertificate *certificate, GError **error);
/* Within its time; narrows window. */
gboolean seki_rules_check_time (CERTCertificate *certificate, gint64 now, SekiWindow *window,
                                GError **error);
/* An authority with n_below authorities under it on this path. */
gboolean seki_rules_check_authority (CERTCertificate *certificate, guint n_below, GError **error);
gboolean seki_rules_may_sign_crl (CERTCertificate *certificate);
/* No authority, may sign, and made for this usage: the extended key usage must
 * be there and name it. */
gboolean seki_rules_check_leaf (CERTCertificate *certificate, SekiUsage usage, GError **error);
/* The name constraints of authority against every name of certificate. */
gboolean seki_rules_check_names (CERTCertificate *authority, CERTCertificate *certificate,
                                 GError **error);

gboolean seki_rules_is_critical (const CERTCertExtension *extension);
const char *seki_rules_subject (CERTCertificate *certificate);

G_END_DECLS
