/* SPDX-License-Identifier: Apache-2.0 */
/* The recovery certificate: what copies of the key store are sealed to.  Its
 * private key is made here once, written once, and kept far from the node. */
#pragma once

#include "base/bytes.h"

G_BEGIN_DECLS

/* An RSA-3072 key and a certificate signed with it; both PEM.  Needs seki_nss_init. */
gboolean seki_recovery_make (const char *node, char **out_certificate, SekiSecret **out_key,
                             GError **error);

G_END_DECLS
