/* SPDX-License-Identifier: Apache-2.0 */
/* Detached signatures of persons (RFC 5652).  Reading the structure and checking
 * digest and signature is NSS's; who signed, and whether that counts now, is
 * decided by SekiTrust.  Any signing time a message claims is ignored. */
#include "keyring/certificate.h"
#include "keyring/der.h"
#include "keyring/private.h"

#include "base/text.h"

#include <cert.h>
#include <cms.h>
#include <cryptohi.h>
#include <pk11pub.h>
#include <secoid.h>

#define CMS_MAX ((gsize) 1 << 20)

static const guint8 version_1[] = { 1 };

static void
add_oid (GByteArray *out, SECOidTag tag)
{
        SECOidData *oid = SECOID_FindOIDByTag (tag);

        seki_der_add (out, SEKI_DER_OID, seki_span (oid->oid.data, oid->oid.len));
}

static void
add_algorithm (GByteArray *out, SECOidTag tag)
{
        guint start = out->len;

        add_oid (out, tag);
        seki_der_wrap (out, start, SEKI_DER_SEQUENCE);
}

/* The content of the signed attributes, in the order DER gives a set. */
static GByteArray *
attributes_make (const guint8 digest[SEKI_HASH_LEN])
{
        GByteArray *out = g_byte_array_new ();
        guint value, start = out->len;

        add_oid (out, SEC_OID_PKCS9_CONTENT_TYPE);
        value = out->len;
        add_oid (out, SEC_OID_PKCS7_DATA);
        seki_der_wrap (out, value, SEKI_DER_SET);
        seki_der_wrap (out, start, SEKI_DER_SEQUENCE);
        start = out->len;
        add_oid (out, SEC_OID_PKCS9_MESSAGE_DIGEST);
        value = out->len;
        seki_der_add (out, SEKI_DER_OCTETS, seki_span (digest, SEKI_HASH_LEN));
        seki_der_wrap (out, value, SEKI_DER_SET);
        seki_der_wrap (out, start, SEKI_DER_SEQUENCE);
        return out;
}

static void
signer_write (GByteArray *out, CERTCertificate *certificate, GByteArray *attributes,
              SECOidTag algorithm, SECItem *signature)
{
        guint start = out->len, name;

        seki_der_add (out, SEKI_DER_INTEGER, seki_span (version_1, 1));
        name = out->len;
        seki_der_add_raw (out, seki_span (certificate->derIssuer.data, certificate->derIssuer.len));
        seki_der_add (out, SEKI_DER_INTEGER,
                      seki_span (certificate->serialNumber.data, certificate->serialNumber.len));
        seki_der_wrap (out, name, SEKI_DER_SEQUENCE);
        add_algorithm (out, SEC_OID_SHA256);
        seki_der_add (out, SEKI_DER_CONTEXT, seki_span (attributes->data, attributes->len));
        add_algorithm (out, algorithm);
        seki_der_add (out, SEKI_DER_OCTETS, seki_span (signature->data, signature->len));
        seki_der_wrap (out, start, SEKI_DER_SEQUENCE);
}

static void
message_write (GByteArray *out, CERTCertificate *certificate, GByteArray *attributes,
               SECOidTag algorithm, SECItem *signature)
{
        guint start = out->len, content, body, part;

        add_oid (out, SEC_OID_PKCS7_SIGNED_DATA);
        content = body = out->len;
        seki_der_add (out, SEKI_DER_INTEGER, seki_span (version_1, 1));
        part = out->len;
        add_algorithm (out, SEC_OID_SHA256);
        seki_der_wrap (out, part, SEKI_DER_SET);
        add_algorithm (out, SEC_OID_PKCS7_DATA); /* SEQUENCE of an OID: no content follows */
        seki_der_add (out, SEKI_DER_CONTEXT,
                      seki_span (certificate->derCert.data, certificate->derCert.len));
        part = out->len;
        signer_write (out, certificate, attributes, algorithm, signature);
        seki_der_wrap (out, part, SEKI_DER_SET);
        seki_der_wrap (out, body, SEKI_DER_SEQUENCE);
        seki_der_wrap (out, content, SEKI_DER_CONTEXT);
        seki_der_wrap (out, start, SEKI_DER_SEQUENCE);
}

/* Also sees to it that key and certificate belong together. */
static gboolean
attributes_sign (GByteArray *attributes, CERTCertificate *certificate, SECKEYPrivateKey *key,
                 SECOidTag algorithm, SECItem *out_signature)
{
        g_autoptr (GByteArray) set = g_byte_array_new ();
        SECKEYPublicKey *public_key;
        gboolean ok;

        seki_der_add (set, SEKI_DER_SET, seki_span (attributes->data, attributes->len));
        if (SEC_SignData (out_signature, set->data, (int) set->len, key, algorithm) != SECSuccess)
                return FALSE;
        public_key = CERT_ExtractPublicKey (certificate);
        ok = public_key != NULL && VFY_VerifyData (set->data, (int) set->len, public_key,
                                                   out_signature, algorithm, NULL) == SECSuccess;
        SECKEY_DestroyPublicKey (public_key);
        return ok;
}

static gboolean
cms_sign (SekiSpan data, CERTCertificate *certificate, SECKEYPrivateKey *key, GByteArray *out,
          GError **error)
{
        SECOidTag algorithm = key->keyType == ecKey ? SEC_OID_ANSIX962_ECDSA_SHA256_SIGNATURE
                                                    : SEC_OID_PKCS1_SHA256_WITH_RSA_ENCRYPTION;
        SECItem signature = { siBuffer, NULL, 0 };
        g_autoptr (GByteArray) attributes = NULL;
        guint8 digest[SEKI_HASH_LEN];
        gboolean ok;

        ok = data.len <= G_MAXINT32 &&
             PK11_HashBuf (SEC_OID_SHA256, digest, data.data, (PRInt32) data.len) == SECSuccess;
        attributes = ok ? attributes_make (digest) : NULL;
        ok = ok && attributes_sign (attributes, certificate, key, algorithm, &signature);
        if (ok)
                message_write (out, certificate, attributes, algorithm, &signature);
        else
                seki_nss_error (error, _("The signature cannot be made. Check that key and "
                                         "certificate belong together."));
        SECITEM_FreeItem (&signature, PR_FALSE);
        return ok;
}

gboolean
seki_cms_sign (SekiSpan data, const char *certificate_pem, SekiSecret *key_pem, GByteArray *out_cms,
               GError **error)
{
        CERTCertificate *certificate = seki_certificate_new (seki_span_text (certificate_pem),
                                                             error);
        SECKEYPrivateKey *key = certificate != NULL ? seki_private_key_read (key_pem, error) : NULL;
        gboolean ok = key != NULL && cms_sign (data, certificate, key, out_cms, error);

        if (key != NULL)
                SECKEY_DestroyPrivateKey (key);
        seki_certificate_free (certificate);
        return ok;
}

static gboolean
cms_refuse (const char *reason, GError **error)
{
        g_set_error (error, SEKI_ERROR, SEKI_ERROR_CRYPTO, _("The signature is refused: %s"),
                     reason);
        return FALSE;
}

static gboolean
signer_is (NSSCMSSignerInfo *signer, CERTCertificate *certificate)
{
        NSSCMSSignerIdentifier *wanted = &signer->signerIdentifier;

        if (wanted->identifierType == NSSCMSSignerID_IssuerSN)
                return SECITEM_ItemsAreEqual (&wanted->id.issuerAndSN->derIssuer,
                                              &certificate->derIssuer) &&
                       SECITEM_ItemsAreEqual (&wanted->id.issuerAndSN->serialNumber,
                                              &certificate->serialNumber);
        return wanted->identifierType == NSSCMSSignerID_SubjectKeyID &&
               SECITEM_ItemsAreEqual (wanted->id.subjectKeyID, &certificate->subjectKeyID);
}

/* NSS would look in its table of certificates, which is not ours alone. */
static CERTCertificate *
signer_find (NSSCMSSignedData *signed_data, NSSCMSSignerInfo *signer)
{
        for (guint i = 0; signed_data->rawCerts != NULL && signed_data->rawCerts[i] != NULL; i++) {
                SECItem *raw = signed_data->rawCerts[i];
                CERTCertificate *certificate = seki_certificate_new (
                        seki_span (raw->data, raw->len), NULL);

                if (certificate != NULL && signer_is (signer, certificate))
                        return certificate;
                seki_certificate_free (certificate);
        }
        return NULL;
}

/* The one signer of a message of the only form that is taken. */
static NSSCMSSignerInfo *
signed_data_signer (NSSCMSSignedData *signed_data, GError **error)
{
        NSSCMSContentInfo *content = NSS_CMSSignedData_GetContentInfo (signed_data);
        NSSCMSSignerInfo **signers = signed_data->signerInfos;
        SECItem *embedded;

        if (NSS_CMSContentInfo_GetContentTypeTag (content) != SEC_OID_PKCS7_DATA) {
                cms_refuse (_("it is not over plain data."), error);
                return NULL;
        }
        embedded = NSS_CMSContentInfo_GetContent (content);
        if (embedded != NULL && embedded->len > 0) {
                cms_refuse (_("it brings the content along; it must be detached."), error);
                return NULL;
        }
        if (signers == NULL || signers[0] == NULL || signers[1] != NULL) {
                cms_refuse (_("it must have exactly one signer."), error);
                return NULL;
        }
        /* Without attributes the same bytes could stand for another content. */
        if (signers[0]->authAttr == NULL || signers[0]->authAttr[0] == NULL) {
                cms_refuse (_("it has no signed attributes."), error);
                return NULL;
        }
        return signers[0];
}

static gboolean
signer_check (NSSCMSSignedData *signed_data, NSSCMSSignerInfo *signer, SekiSpan data,
              GError **error)
{
        SECOidTag algorithm = SECOID_GetAlgorithmTag (&signer->digestAlg);
        NSSCMSContentInfo *content = NSS_CMSSignedData_GetContentInfo (signed_data);
        guint8 buffer[64];
        SECItem digest = { siBuffer, buffer, 0 };

        switch (algorithm) {
        case SEC_OID_SHA256:
                digest.len = 32;
                break;
        case SEC_OID_SHA384:
                digest.len = 48;
                break;
        case SEC_OID_SHA512:
                digest.len = 64;
                break;
        default:
                return cms_refuse (_("it uses no SHA-256 or better."), error);
        }
        if (data.len > G_MAXINT32 ||
            PK11_HashBuf (algorithm, buffer, data.data, (PRInt32) data.len) != SECSuccess ||
            NSS_CMSSignerInfo_Verify (signer, &digest, &content->contentType) != SECSuccess)
                return cms_refuse (_("it does not fit these bytes, or was changed."), error);
        return TRUE;
}

static gboolean
message_check (SekiTrust *trust, NSSCMSMessage *message, SekiSpan data, SekiUsage usage,
               CERTCertificate **out_signer, GError **error)
{
        NSSCMSContentInfo *level = NSS_CMSMessage_ContentLevel (message, 0);
        NSSCMSSignedData *signed_data;
        NSSCMSSignerInfo *signer;

        if (NSS_CMSContentInfo_GetContentTypeTag (level) != SEC_OID_PKCS7_SIGNED_DATA)
                return cms_refuse (_("it is no signature in CMS (DER)."), error);
        signed_data = NSS_CMSContentInfo_GetContent (level);
        signer = signed_data_signer (signed_data, error);
        if (signer == NULL)
                return FALSE;
        /* The message frees this one, the caller the other. */
        signer->cert = signer_find (signed_data, signer);
        if (signer->cert == NULL)
                return cms_refuse (_("the signer's certificate is not in it."), error);
        if (!seki_trust_verify (trust, signer->cert, usage, error) ||
            !signer_check (signed_data, signer, data, error))
                return FALSE;
        *out_signer = signer_find (signed_data, signer);
        return TRUE;
}

static gboolean
oid_is (SekiSpan oid, SECOidTag tag)
{
        SECOidData *wanted = SECOID_FindOIDByTag (tag);

        return seki_span_equal (oid, seki_span (wanted->oid.data, wanted->oid.len));
}

/* Looked at before NSS does, whose decoder leaks when a message turns out to be
 * of another kind: only DER of signed data over plain data gets that far. */
static gboolean
message_check_kind (SekiSpan cms, GError **error)
{
        SekiSpan message, oid, context, body, part;

        if (!seki_der_next (&cms, SEKI_DER_SEQUENCE, &message) || cms.len != 0 ||
            !seki_der_next (&message, SEKI_DER_OID, &oid) ||
            !oid_is (oid, SEC_OID_PKCS7_SIGNED_DATA) ||
            !seki_der_next (&message, SEKI_DER_CONTEXT, &context) || message.len != 0 ||
            !seki_der_next (&context, SEKI_DER_SEQUENCE, &body) || context.len != 0 ||
            !seki_der_next (&body, SEKI_DER_INTEGER, &part) ||
            !seki_der_next (&body, SEKI_DER_SET, &part) ||
            !seki_der_next (&body, SEKI_DER_SEQUENCE, &part) ||
            !seki_der_next (&part, SEKI_DER_OID, &oid))
                return cms_refuse (_("it is no signature in CMS (DER)."), error);
        return oid_is (oid, SEC_OID_PKCS7_DATA) ||
               cms_refuse (_("it is not over plain data."), error);
}

gboolean
seki_cms_verify (SekiTrust *trust, SekiSpan data, SekiSpan cms, SekiUsage usage,
                 CERTCertificate **out_signer, GError **error)
{
        SECItem item = { siBuffer, (guint8 *) cms.data, (guint) cms.len };
        CERTCertificate *signer = NULL;
        NSSCMSMessage *message;
        gboolean ok;

        if (cms.len == 0 || cms.len > CMS_MAX)
                return cms_refuse (_("it is empty or larger than 1 MiB."), error);
        if (!message_check_kind (cms, error))
                return FALSE;
        message = NSS_CMSMessage_CreateFromDER (&item, NULL, NULL, NULL, NULL, NULL, NULL);
        if (message == NULL)
                return cms_refuse (_("it is no signature in CMS (DER)."), error);
        ok = message_check (trust, message, data, usage, &signer, error);
        NSS_CMSMessage_Destroy (message);
        if (ok && out_signer != NULL)
                *out_signer = g_steal_pointer (&signer);
        seki_certificate_free (signer);
        return ok;
}
