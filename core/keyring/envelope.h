/* SPDX-License-Identifier: Apache-2.0 */
/* CMS enveloped data (RFC 5652 section 6) to one RSA certificate: the content
 * under AES-256-CBC (RFC 3565), its key under RSAES-OAEP with SHA-256 (RFC
 * 3560).  "openssl cms -decrypt -inform DER" opens it too.  The form has no
 * integrity of its own; the content must bring its own digest. */
#pragma once

#include <cert.h>
#include <keyhi.h>

#include "keyring/keyring.h"

G_BEGIN_DECLS

gboolean seki_envelope_seal (CERTCertificate *recipient, SekiSpan content, GByteArray *out,
                             GError **error);
SekiSecret *seki_envelope_open (SECKEYPrivateKey *key, SekiSpan envelope, GError **error);

G_END_DECLS
