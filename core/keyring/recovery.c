/* SPDX-License-Identifier: Apache-2.0 */
#include "keyring/recovery.h"

#include "base/text.h"
#include "keyring/nss.h"
#include "keyring/pem.h"

#include <cert.h>
#include <cryptohi.h>
#include <keyhi.h>
#include <pk11pub.h>
#include <secoid.h>

#define BITS 3072
#define YEARS 30
#define YEAR ((PRTime) 366 * 86400 * PR_USEC_PER_SEC)

typedef struct {
        SECKEYPrivateKey *key;
        SECKEYPublicKey *public_key;
        CERTName *name;
        CERTSubjectPublicKeyInfo *spki;
        CERTCertificateRequest *request;
        CERTValidity *validity;
        CERTCertificate *certificate;
} Making;

static void
making_clear (Making *making)
{
        if (making->certificate != NULL)
                CERT_DestroyCertificate (making->certificate);
        if (making->validity != NULL)
                CERT_DestroyValidity (making->validity);
        if (making->request != NULL)
                CERT_DestroyCertificateRequest (making->request);
        if (making->spki != NULL)
                SECKEY_DestroySubjectPublicKeyInfo (making->spki);
        if (making->name != NULL)
                CERT_DestroyName (making->name);
        if (making->public_key != NULL)
                SECKEY_DestroyPublicKey (making->public_key);
        if (making->key != NULL)
                SECKEY_DestroyPrivateKey (making->key);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Making, making_clear)

/* A key of the session, which may leave the token: that is what it is for. */
static gboolean
making_key (Making *making)
{
        PK11RSAGenParams params = { .keySizeInBits = BITS, .pe = 65537 };
        PK11SlotInfo *slot = PK11_GetInternalSlot ();

        making->key = PK11_GenerateKeyPair (slot, CKM_RSA_PKCS_KEY_PAIR_GEN, &params,
                                            &making->public_key, PR_FALSE, PR_FALSE, NULL);
        PK11_FreeSlot (slot);
        return making->key != NULL;
}

static gboolean
making_certificate (Making *making, const char *node)
{
        g_autofree char *subject = g_strdup_printf ("CN=sekisho recovery of %s", node);
        guint32 serial = 0;

        if (!seki_nss_random ((guint8 *) &serial, sizeof serial))
                return FALSE;
        making->name = CERT_AsciiToName (subject);
        making->spki = SECKEY_CreateSubjectPublicKeyInfo (making->public_key);
        making->validity =
                CERT_CreateValidity (PR_Now () - PR_USEC_PER_SEC * 3600, PR_Now () + YEARS * YEAR);
        if (making->name == NULL || making->spki == NULL || making->validity == NULL)
                return FALSE;
        making->request = CERT_CreateCertificateRequest (making->name, making->spki, NULL);
        if (making->request == NULL)
                return FALSE;
        making->certificate = CERT_CreateCertificate (serial >> 1, making->name, making->validity,
                                                      making->request);
        return making->certificate != NULL;
}

/* X.509 v3, signed by itself; PEM. */
static char *
making_sign (Making *making)
{
        CERTCertificate *certificate = making->certificate;
        SECItem signed_der = { siBuffer, NULL, 0 }, *body;

        *certificate->version.data = SEC_CERTIFICATE_VERSION_3;
        certificate->version.len = 1;
        if (SECOID_SetAlgorithmID (certificate->arena, &certificate->signature,
                                   SEC_OID_PKCS1_SHA256_WITH_RSA_ENCRYPTION, NULL) != SECSuccess)
                return NULL;
        body = SEC_ASN1EncodeItem (certificate->arena, NULL, certificate,
                                   SEC_ASN1_GET (CERT_CertificateTemplate));
        if (body == NULL ||
            SEC_DerSignData (certificate->arena, &signed_der, body->data, (int) body->len,
                             making->key, SEC_OID_PKCS1_SHA256_WITH_RSA_ENCRYPTION) != SECSuccess)
                return NULL;
        return seki_pem_write ("CERTIFICATE", seki_span (signed_der.data, signed_der.len));
}

static SekiSecret *
making_export (Making *making)
{
        SECItem *der = PK11_ExportDERPrivateKeyInfo (making->key, NULL);
        SekiSecret *secret = NULL;
        char *pem;

        if (der == NULL)
                return NULL;
        pem = seki_pem_write ("PRIVATE KEY", seki_span (der->data, der->len));
        if (pem != NULL) {
                secret = seki_secret_new_copy (pem, strlen (pem));
                seki_wipe (pem, strlen (pem));
        }
        g_free (pem);
        SECITEM_ZfreeItem (der, PR_TRUE);
        return secret;
}

gboolean
seki_recovery_make (const char *node, char **out_certificate, SekiSecret **out_key, GError **error)
{
        g_auto (Making) making = { 0 };

        *out_certificate = NULL;
        *out_key = NULL;
        if (making_key (&making) && making_certificate (&making, node) &&
            (*out_certificate = making_sign (&making)) != NULL &&
            (*out_key = making_export (&making)) != NULL)
                return TRUE;
        g_clear_pointer (out_certificate, g_free);
        seki_nss_error (error, _("The recovery certificate can not be made."));
        return FALSE;
}
