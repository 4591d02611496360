/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates, revocation, and approvals signed by persons.
 *
 * NSS accepts a signature by the signing time it claims, and a certificate
 * under a CRL that is missing or past its next update (measured); both are
 * refused here: validity is checked at the present time, and no fresh CRL means
 * no trust. */
#pragma once

#include "keyring/keyring.h"

G_BEGIN_DECLS

typedef struct CERTCertificateStr CERTCertificate;

/* The certificate authorities and revocation lists of one node.  Any thread.
 * Nothing of it is shared with another node of the process: NSS's own trust
 * and its table of certificates are not used (rules.h says why). */
typedef struct SekiTrust SekiTrust;

SekiTrust *seki_trust_new (const SekiClock *clock);
void seki_trust_free (SekiTrust *trust);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SekiTrust, seki_trust_free)
/* Adds authorities from PEM text; flushes the verified-peer cache.  Roots are
 * those signed by themselves.  Authorities between a root and a leaf are added
 * here too: what a peer sends along is not used for the path. */
gboolean seki_trust_add_authority (SekiTrust *trust, const char *pem, GError **error);
/* Loads or replaces a CRL (DER or PEM) of one of them, at run time.  An older
 * one than loaded, one not signed by its authority, or one past its next
 * update is refused. */
gboolean seki_trust_load_crl (SekiTrust *trust, SekiSpan crl, GError **error);
/* Grows by one whenever authorities or lists change. */
guint seki_trust_get_generation (SekiTrust *trust);

typedef enum {
        SEKI_USAGE_SERVER,
        SEKI_USAGE_CLIENT,
        SEKI_USAGE_PERSON,      /* signs approvals */
        SEKI_USAGE_MODULE,      /* signs modules (object signing) */
} SekiUsage;

/* Whether chain, signatures, validity now, usage and every CRL hold; answers
 * from a cache of verified certificates when it can.  error says which did not,
 * and PR_GetError () says it in NSS's terms, for the alert to the peer and its
 * reason: SEC_ERROR_EXPIRED_CERTIFICATE, SEC_ERROR_INVALID_TIME (not yet valid),
 * SEC_ERROR_REVOKED_CERTIFICATE, SEC_ERROR_CRL_EXPIRED, SEC_ERROR_CRL_NOT_FOUND, ...
 * Refused are SHA-1 and MD5, RSA below 2048 bits, other curves than P-256, -384
 * and -521, RSA-PSS, critical extensions that are not understood, an authority
 * as leaf, and a leaf without the extended key usage: serverAuth, clientAuth,
 * emailProtection (persons) or codeSigning (modules). */
gboolean seki_trust_verify (SekiTrust *trust, CERTCertificate *certificate, SekiUsage usage,
                            GError **error);

/* Letters, digits, "-", "." and "_" only: no NUL, no wildcard, no other script. */
gboolean seki_dns_is_plain (SekiSpan name);
/* "dns:NAME" identities of the certificate's SAN in lower case, NULL-terminated,
 * freed with g_strfreev.  Names that are not plain are left out. */
char **seki_certificate_names (CERTCertificate *certificate);
/* Whether its subject names exactly this text as an organization or a unit of
 * one (O or OU). */
gboolean seki_certificate_is_of (CERTCertificate *certificate, const char *organization);
/* Seconds until it ends; negative when it has. */
gint64 seki_certificate_seconds_left (CERTCertificate *certificate, gint64 now);
/* From PEM or DER; freed with seki_certificate_free. */
CERTCertificate *seki_certificate_new (SekiSpan bytes, GError **error);
void seki_certificate_free (CERTCertificate *certificate);
/* SHA-256 of its DER */
void seki_certificate_digest (CERTCertificate *certificate, guint8 out[SEKI_HASH_LEN]);

/* Detached CMS signature over data by a person's certificate and key (PEM). */
gboolean seki_cms_sign (SekiSpan data, const char *certificate_pem, SekiSecret *key_pem,
                        GByteArray *out_cms, GError **error);
/* Exactly one signer, SHA-256 or better, no embedded content; the signer is
 * verified with trust for usage.  out_signer is owned by the caller. */
gboolean seki_cms_verify (SekiTrust *trust, SekiSpan data, SekiSpan cms, SekiUsage usage,
                          CERTCertificate **out_signer, GError **error);

G_END_DECLS
