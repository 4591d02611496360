/* SPDX-License-Identifier: Apache-2.0 */
#include "keyring/certificate.h"

#include "base/text.h"
#include "keyring/pem.h"

#include <cert.h>
#include <pk11pub.h>
#include <secoid.h>

#define NAMES_MAX 100

/* Decoded by itself, outside NSS's table of certificates: that table is one
 * for all nodes of a process and refuses a second certificate of the same
 * issuer and serial number, so a stranger's forgery could keep ours out. */
static CERTCertificate *
certificate_decode (SekiSpan der)
{
        CERTCertificate *certificate;

        if (der.len < 2 || der.len > G_MAXUINT16 * 4u || der.data[0] != 0x30)
                return NULL;
        certificate = CERT_DecodeCertFromPackage ((char *) der.data, (int) der.len);
        if (certificate == NULL)
                return NULL;
        /* NSS also takes certificates out of packages and text: not here. */
        if (seki_span_equal (der, seki_span (certificate->derCert.data, certificate->derCert.len)))
                return certificate;
        CERT_DestroyCertificate (certificate);
        return NULL;
}

CERTCertificate *
seki_certificate_new (SekiSpan bytes, GError **error)
{
        g_autoptr (SekiSecret) der = NULL;
        CERTCertificate *certificate;

        if (bytes.len > 0 && bytes.data[0] != 0x30) {
                g_autofree char *text = g_strndup ((const char *) bytes.data, bytes.len);
                const char *at = text;

                der = seki_pem_next (&at, "CERTIFICATE", error);
                if (der == NULL && (error == NULL || *error == NULL))
                        g_set_error (error, SEKI_ERROR, SEKI_ERROR_INVALID,
                                     _("There is no certificate in this text."));
                if (der == NULL)
                        return NULL;
                bytes = seki_secret_get_span (der);
        }
        certificate = certificate_decode (bytes);
        if (certificate == NULL)
                g_set_error (error, SEKI_ERROR, SEKI_ERROR_INVALID,
                             _("The certificate is not DER of X.509."));
        return certificate;
}

void
seki_certificate_free (CERTCertificate *certificate)
{
        if (certificate != NULL)
                CERT_DestroyCertificate (certificate);
}

void
seki_certificate_digest (CERTCertificate *certificate, guint8 out[SEKI_HASH_LEN])
{
        SECStatus status = PK11_HashBuf (SEC_OID_SHA256, out, certificate->derCert.data,
                                         (PRInt32) certificate->derCert.len);

        g_assert (status == SECSuccess);
}

gboolean
seki_dns_is_plain (SekiSpan name)
{
        if (name.len == 0 || name.len > 253)
                return FALSE;
        for (gsize i = 0; i < name.len; i++)
                if (!g_ascii_isalnum (name.data[i]) && name.data[i] != '-' && name.data[i] != '.' &&
                    name.data[i] != '_')
                        return FALSE;
        return TRUE;
}

static void
names_collect (CERTGeneralName *first, GPtrArray *names)
{
        CERTGeneralName *at = first;

        if (at == NULL)
                return;
        do {
                if (at->type == certDNSName &&
                    seki_dns_is_plain (seki_span (at->name.other.data, at->name.other.len))) {
                        g_autofree char *text = g_strndup ((const char *) at->name.other.data,
                                                           at->name.other.len);
                        g_autofree char *lower = g_ascii_strdown (text, -1);

                        g_ptr_array_add (names, g_strconcat ("dns:", lower, NULL));
                }
                at = CERT_GetNextGeneralName (at);
        } while (at != first && names->len < NAMES_MAX);
}

char **
seki_certificate_names (CERTCertificate *certificate)
{
        GPtrArray *names = g_ptr_array_new ();
        SECItem extension = { siBuffer, NULL, 0 };
        PLArenaPool *arena = PORT_NewArena (DER_DEFAULT_CHUNKSIZE);

        if (CERT_FindCertExtension (certificate, SEC_OID_X509_SUBJECT_ALT_NAME, &extension) ==
            SECSuccess)
                names_collect (CERT_DecodeAltNameExtension (arena, &extension), names);
        SECITEM_FreeItem (&extension, PR_FALSE);
        PORT_FreeArena (arena, PR_FALSE);
        g_ptr_array_add (names, NULL);
        return (char **) g_ptr_array_free (names, FALSE);
}

static gboolean
part_is (CERTAVA *part, const char *text)
{
        SECOidTag tag = CERT_GetAVATag (part);
        SECItem *value;
        gboolean same;

        if (tag != SEC_OID_AVA_ORGANIZATION_NAME && tag != SEC_OID_AVA_ORGANIZATIONAL_UNIT_NAME)
                return FALSE;
        value = CERT_DecodeAVAValue (&part->value);
        same = value != NULL && seki_span_is (seki_span (value->data, value->len), text);
        SECITEM_FreeItem (value, PR_TRUE);
        return same;
}

gboolean
seki_certificate_is_of (CERTCertificate *certificate, const char *organization)
{
        CERTRDN **parts = certificate->subject.rdns;

        for (; parts != NULL && *parts != NULL; parts++)
                for (CERTAVA **part = (*parts)->avas; part != NULL && *part != NULL; part++)
                        if (part_is (*part, organization))
                                return TRUE;
        return FALSE;
}

gint64
seki_certificate_seconds_left (CERTCertificate *certificate, gint64 now)
{
        PRTime start, end;

        if (CERT_GetCertTimes (certificate, &start, &end) != SECSuccess)
                return -1;
        /* Rounded down, so that a certificate that has ended never shows 0. */
        return end >= now ? (end - now) / G_USEC_PER_SEC : -1 - (now - end) / G_USEC_PER_SEC;
}
