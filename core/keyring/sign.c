/* SPDX-License-Identifier: Apache-2.0 */
#include "keyring/inner.h"

#include "base/text.h"

#include <cryptohi.h>
#include <secoid.h>

gboolean
seki_keyring_sign (SekiKeyring *keyring, SekiSpan data, GByteArray *out_signature, GError **error)
{
        SECItem signature = { siBuffer, NULL, 0 };
        gboolean ok;

        if (!seki_keyring_enter (keyring, error))
                return FALSE;
        ok = data.len <= G_MAXINT &&
             SEC_SignData (&signature, data.data, (int) data.len, keyring->ledger_key,
                           SEC_OID_ANSIX962_ECDSA_SHA256_SIGNATURE) == SECSuccess;
        if (!ok)
                seki_nss_error (error, _("The ledger key cannot sign."));
        seki_keyring_leave (keyring);
        if (ok)
                g_byte_array_append (out_signature, signature.data, signature.len);
        SECITEM_FreeItem (&signature, PR_FALSE);
        return ok;
}

static SECKEYPublicKey *
public_key_read (SekiSpan der)
{
        SECItem item = { siBuffer, (guint8 *) der.data, (guint) der.len };
        CERTSubjectPublicKeyInfo *spki = SECKEY_DecodeDERSubjectPublicKeyInfo (&item);
        SECKEYPublicKey *key = spki != NULL ? SECKEY_ExtractPublicKey (spki) : NULL;

        if (spki != NULL)
                SECKEY_DestroySubjectPublicKeyInfo (spki);
        return key;
}

gboolean
seki_verify (SekiSpan public_key, SekiSpan data, SekiSpan signature)
{
        SECItem item = { siBuffer, (guint8 *) signature.data, (guint) signature.len };
        SECKEYPublicKey *key;
        gboolean ok;

        if (public_key.len > G_MAXUINT16 || signature.len > G_MAXUINT16 || data.len > G_MAXINT)
                return FALSE;
        key = public_key_read (public_key);
        if (key == NULL)
                return FALSE;
        ok = key->keyType == ecKey &&
             VFY_VerifyDataDirect (data.data, (int) data.len, key, &item,
                                   SEC_OID_ANSIX962_EC_PUBLIC_KEY, SEC_OID_SHA256, NULL,
                                   NULL) == SECSuccess;
        SECKEY_DestroyPublicKey (key);
        return ok;
}
