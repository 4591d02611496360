/* SPDX-License-Identifier: Apache-2.0 */
/* Private keys that come from outside as text: persons', and the recovery key. */
#pragma once

#include <keyhi.h>

#include "base/bytes.h"

G_BEGIN_DECLS

/* From PKCS#8 PEM without encryption, as a session key of the internal slot;
 * freed with SECKEY_DestroyPrivateKey. */
SECKEYPrivateKey *seki_private_key_read (SekiSecret *pem, GError **error);

G_END_DECLS
