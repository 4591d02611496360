/* SPDX-License-Identifier: Apache-2.0 */
#include "keyring/aead.h"

#include "base/text.h"

#define AEAD_MAX_LEN ((gsize) 1 << 30) /* NSS counts in int */

void
seki_aead_init_take (SekiAead *aead, PK11SymKey *key)
{
        *aead = (SekiAead){ .key = key };
}

gboolean
seki_aead_init (SekiAead *aead, const guint8 key[SEKI_AEAD_KEY], GError **error)
{
        SECItem item = { siBuffer, (guint8 *) key, SEKI_AEAD_KEY };
        PK11SlotInfo *slot = PK11_GetInternalSlot ();

        *aead = (SekiAead){ NULL };
        if (slot != NULL) {
                aead->key = PK11_ImportSymKey (slot, CKM_AES_GCM, PK11_OriginUnwrap,
                                               CKA_ENCRYPT | CKA_DECRYPT, &item, NULL);
                PK11_FreeSlot (slot);
        }
        if (aead->key == NULL)
                seki_nss_error (error, _("A key cannot be loaded into NSS."));
        return aead->key != NULL;
}

void
seki_aead_clear (SekiAead *aead)
{
        if (aead->seal != NULL)
                PK11_DestroyContext (aead->seal, PR_TRUE);
        if (aead->open != NULL)
                PK11_DestroyContext (aead->open, PR_TRUE);
        if (aead->key != NULL)
                PK11_FreeSymKey (aead->key);
        *aead = (SekiAead){ NULL };
}

static PK11Context *
aead_context (SekiAead *aead, PK11Context **slot, CK_ATTRIBUTE_TYPE operation, GError **error)
{
        SECItem none = { siBuffer, NULL, 0 };

        if (*slot == NULL)
                *slot = PK11_CreateContextBySymKey (CKM_AES_GCM, CKA_NSS_MESSAGE | operation,
                                                    aead->key, &none);
        if (*slot == NULL)
                seki_nss_error (error, _("NSS makes no context for a key."));
        return *slot;
}

static gboolean
aead_check_size (SekiSpan aad, gsize len, GError **error)
{
        if (aad.len <= AEAD_MAX_LEN && len <= AEAD_MAX_LEN)
                return TRUE;
        g_set_error (error, SEKI_ERROR, SEKI_ERROR_LIMIT,
                     _("At most 1 GiB can be sealed at once; split it."));
        return FALSE;
}

gboolean
seki_aead_seal (SekiAead *aead, SekiSpan aad, SekiSpan plain, guint8 *out, GError **error)
{
        PK11Context *context;
        guint8 nothing = 0;
        int written = 0;

        if (!aead_check_size (aad, plain.len, error))
                return FALSE;
        context = aead_context (aead, &aead->seal, CKA_ENCRYPT, error);
        if (context == NULL)
                return FALSE;
        if (PK11_AEADOp (context, CKG_NO_GENERATE, 0, out, SEKI_SEAL_NONCE, aad.data, (int) aad.len,
                         out + SEKI_SEAL_NONCE, &written, (int) plain.len,
                         out + SEKI_SEAL_NONCE + plain.len, SEKI_SEAL_TAG,
                         plain.len > 0 ? plain.data : &nothing, (int) plain.len) == SECSuccess &&
            written == (int) plain.len)
                return TRUE;
        seki_nss_error (error, _("NSS cannot seal."));
        return FALSE;
}

gboolean
seki_aead_open (SekiAead *aead, SekiSpan aad, SekiSpan sealed, guint8 *out, GError **error)
{
        PK11Context *context;
        guint8 nothing = 0;
        gsize len = sealed.len - SEKI_SEAL_EXTRA;
        int written = 0;

        if (sealed.len < SEKI_SEAL_EXTRA) {
                g_set_error (error, SEKI_ERROR, SEKI_ERROR_CRYPTO,
                             _("The sealed bytes are shorter than a seal."));
                return FALSE;
        }
        if (!aead_check_size (aad, len, error))
                return FALSE;
        context = aead_context (aead, &aead->open, CKA_DECRYPT, error);
        if (context == NULL)
                return FALSE;
        if (PK11_AEADOp (context, CKG_NO_GENERATE, 0, (guint8 *) sealed.data, SEKI_SEAL_NONCE,
                         aad.data, (int) aad.len, len > 0 ? out : &nothing, &written, (int) len,
                         (guint8 *) sealed.data + SEKI_SEAL_NONCE + len, SEKI_SEAL_TAG,
                         sealed.data + SEKI_SEAL_NONCE, (int) len) == SECSuccess &&
            written == (int) len)
                return TRUE;
        seki_nss_error (
                error,
                _("The seal does not hold: the bytes, or what they belong to, were changed."));
        seki_wipe (out, len);
        return FALSE;
}
