/* SPDX-License-Identifier: Apache-2.0 */
#include "keyring/certificate.h"
#include "keyring/inner.h"
#include "keyring/pem.h"

#include "base/text.h"

#include <cert.h>
#include <cryptohi.h>
#include <secoid.h>

static gboolean
request_add_name (CERTCertificateRequest *request, const char *dns_name)
{
        CERTGeneralName name = { .type = certDNSName };
        SECItem value = { siBuffer, NULL, 0 };
        void *extensions = CERT_StartCertificateRequestAttributes (request);

        if (extensions == NULL)
                return FALSE;
        name.name.other = (SECItem){ siBuffer, (guint8 *) dns_name, (guint) strlen (dns_name) };
        name.l.next = name.l.prev = &name.l;
        return CERT_EncodeAltNameExtension (request->arena, &name, &value) == SECSuccess &&
               CERT_AddExtension (extensions, SEC_OID_X509_SUBJECT_ALT_NAME, &value, PR_FALSE,
                                  PR_TRUE) == SECSuccess &&
               CERT_FinishExtensions (extensions) == SECSuccess &&
               CERT_FinishCertificateRequestAttributes (request) == SECSuccess;
}

static CERTCertificateRequest *
request_new (CERTName *subject, const char *dns_name, SECKEYPrivateKey *key)
{
        SECKEYPublicKey *public_key = SECKEY_ConvertToPublicKey (key);
        CERTSubjectPublicKeyInfo *spki = public_key != NULL
                                                 ? SECKEY_CreateSubjectPublicKeyInfo (public_key)
                                                 : NULL;
        CERTCertificateRequest *request =
                spki != NULL ? CERT_CreateCertificateRequest (subject, spki, NULL) : NULL;

        if (spki != NULL)
                SECKEY_DestroySubjectPublicKeyInfo (spki);
        SECKEY_DestroyPublicKey (public_key);
        if (request == NULL || request_add_name (request, dns_name))
                return request;
        CERT_DestroyCertificateRequest (request);
        return NULL;
}

/* RFC 2986, PEM. */
static char *
request_sign (CERTCertificateRequest *request, SECKEYPrivateKey *key)
{
        SECItem result = { siBuffer, NULL, 0 };
        SECItem *body = SEC_ASN1EncodeItem (request->arena, NULL, request,
                                            SEC_ASN1_GET (CERT_CertificateRequestTemplate));

        if (body == NULL ||
            SEC_DerSignData (request->arena, &result, body->data, (int) body->len, key,
                             SEC_OID_ANSIX962_ECDSA_SHA256_SIGNATURE) != SECSuccess)
                return NULL;
        return seki_pem_write ("CERTIFICATE REQUEST", seki_span (result.data, result.len));
}

static char *
request_write (CERTName *subject, const char *dns_name, SECKEYPrivateKey *key, GError **error)
{
        CERTCertificateRequest *request = request_new (subject, dns_name, key);
        char *pem = request != NULL ? request_sign (request, key) : NULL;

        if (pem == NULL)
                seki_nss_error (error, _("The certificate request cannot be made."));
        if (request != NULL)
                CERT_DestroyCertificateRequest (request);
        return pem;
}

/* The next key is kept until its certificate comes, so asking again gives a
 * request for the same key. */
static SECKEYPrivateKey *
keyring_next_key (SekiKeyring *keyring, GError **error)
{
        GError *problem = NULL;
        SECKEYPrivateKey *key = seki_token_find_key (keyring->token, SEKI_TOKEN_NEXT, &problem);

        if (key != NULL)
                return key;
        if (!g_error_matches (problem, SEKI_ERROR, SEKI_ERROR_MISSING)) {
                g_propagate_error (error, problem);
                return NULL;
        }
        g_clear_error (&problem);
        return seki_token_make_key (keyring->token, SEKI_TOKEN_NEXT, error);
}

static char *
keyring_request (SekiKeyring *keyring, CERTName *subject, const char *dns_name, gboolean next,
                 GError **error)
{
        SECKEYPrivateKey *key;
        char *pem;

        if (!next)
                return request_write (subject, dns_name, keyring->tls_key, error);
        key = keyring_next_key (keyring, error);
        if (key == NULL)
                return NULL;
        pem = request_write (subject, dns_name, key, error);
        SECKEY_DestroyPrivateKey (key);
        return pem;
}

static CERTName *
request_read_subject (const char *subject, const char *dns_name, GError **error)
{
        CERTName *name;

        if (!seki_dns_is_plain (seki_span_text (dns_name))) {
                g_set_error (error, SEKI_ERROR, SEKI_ERROR_INVALID,
                             _("“%s” is no host name: letters, digits, “-”, “.” and “_” only."),
                             dns_name);
                return NULL;
        }
        name = CERT_AsciiToName (subject);
        if (name == NULL)
                g_set_error (error, SEKI_ERROR, SEKI_ERROR_INVALID,
                             _("“%s” is no subject; write it like “CN=Name,O=Institution,C=JP”."),
                             subject);
        return name;
}

char *
seki_keyring_request (SekiKeyring *keyring, const char *subject, const char *dns_name,
                      gboolean next, GError **error)
{
        CERTName *name = request_read_subject (subject, dns_name, error);
        char *pem = NULL;

        if (name == NULL)
                return NULL;
        /* For writing: two callers must not make two next keys. */
        pthread_rwlock_wrlock (&keyring->state);
        if (keyring->open)
                pem = keyring_request (keyring, name, dns_name, next, error);
        else
                seki_keyring_refuse_sealed (keyring, error);
        pthread_rwlock_unlock (&keyring->state);
        CERT_DestroyName (name);
        return pem;
}
