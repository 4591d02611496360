/* SPDX-License-Identifier: Apache-2.0 */
#include "keyring/private.h"

#include "base/text.h"
#include "keyring/nss.h"
#include "keyring/pem.h"

#include <pk11pub.h>

static SECKEYPrivateKey *
private_key_import (SekiSecret *der)
{
        SECItem item = { siBuffer, seki_secret_get_data (der), (guint) seki_secret_get_size (der) };
        PK11SlotInfo *slot = PK11_GetInternalSlot ();
        SECKEYPrivateKey *key = NULL;

        if (slot == NULL)
                return NULL;
        PK11_ImportDERPrivateKeyInfoAndReturnKey (slot, &item, NULL, NULL, PR_FALSE, PR_TRUE,
                                                  KU_ALL, &key, NULL);
        PK11_FreeSlot (slot);
        return key;
}

SECKEYPrivateKey *
seki_private_key_read (SekiSecret *pem, GError **error)
{
        gsize len = seki_secret_get_size (pem);
        g_autoptr (SekiSecret) text = seki_secret_new (len + 1);
        const char *at = (const char *) seki_secret_get_data (text);
        g_autoptr (SekiSecret) der = NULL;
        SECKEYPrivateKey *key;

        memcpy (seki_secret_get_data (text), seki_secret_get_data (pem), len);
        der = seki_pem_next (&at, "PRIVATE KEY", NULL);
        if (der == NULL) {
                g_set_error (error, SEKI_ERROR, SEKI_ERROR_INVALID,
                             _("There is no private key in this text. Give it as PKCS#8 in PEM, "
                               "without encryption "
                               "(“openssl pkey” writes that)."));
                return NULL;
        }
        key = private_key_import (der);
        if (key == NULL)
                seki_nss_error (error, _("The private key cannot be loaded into NSS."));
        return key;
}
