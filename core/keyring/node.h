/* SPDX-License-Identifier: Apache-2.0 */
/* The node's own certificate, for the channel floor. */
#pragma once

#include <cert.h>
#include <keyhi.h>

#include "keyring/keyring.h"

G_BEGIN_DECLS

typedef struct {
        CERTCertificate *certificate;   /* leaf, in NSS's table, as SSL_ConfigServerCert wants it */
        /* leaf first, as in node.pem: SSLExtraServerCertData.certChain */
        CERTCertificateList *chain;
        SECKEYPrivateKey *key;          /* unextractable; dies when the keyring is sealed */
        guint generation;
} SekiNodeTls;

/* The installed certificate with its chain and key.  The key is a session copy
 * inside the token: as unextractable as the token's own and at the cost of a
 * session key (0.4 ms a signature against 0.7-1.2 ms, since every use of a
 * token object reads its database again).  SEKI_ERROR_MISSING when no
 * certificate is installed.  SSL_ConfigServerCert copies what it is given, so
 * clear at once; drop the SSL model before the keyring is sealed. */
gboolean seki_keyring_get_tls (SekiKeyring *keyring, SekiNodeTls *out_tls, GError **error);
void seki_node_tls_clear (SekiNodeTls *tls);    /* zeroed structs are fine */
/* Grows when another certificate is installed: build the SSL model anew. */
guint seki_keyring_get_tls_generation (SekiKeyring *keyring);

G_END_DECLS
