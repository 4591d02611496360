/* SPDX-License-Identifier: Apache-2.0 */
#include "keyring/crl.h"

#include "base/text.h"
#include "keyring/pem.h"

#include <certdb.h>
#include <keyhi.h>
#include <secder.h>
#include <prerror.h>
#include <secerr.h>
#include <secoid.h>

#define CRL_MAX ((gsize) 64 << 20)
/* An authority's clock may run ahead of ours; its newest list counts at once. */
#define SKEW (5 * G_TIME_SPAN_MINUTE)

struct SekiCrl {
        CERTSignedCrl *decoded;
        GHashTable *serials; /* SECItem *, lent by decoded */
        gint64 from, until;
        SECItem number; /* big-endian; len 0 without one; lent by decoded */
};

static guint
serial_hash (gconstpointer key)
{
        const SECItem *serial = key;
        guint hash = 5381;

        for (guint i = 0; i < serial->len; i++)
                hash = hash * 33 + serial->data[i];
        return hash;
}

static gboolean
serial_equal (gconstpointer a, gconstpointer b)
{
        return SECITEM_ItemsAreEqual (a, b);
}

static gboolean
extensions_are_plain (CERTCertExtension **extensions)
{
        for (guint i = 0; extensions != NULL && extensions[i] != NULL; i++)
                if (seki_rules_is_critical (extensions[i]) ||
                    SECOID_FindOIDTag (&extensions[i]->id) == SEC_OID_X509_DELTA_CRL_INDICATOR)
                        return FALSE;
        return TRUE;
}

static void
crl_read_number (SekiCrl *crl)
{
        CERTCertExtension **extensions = crl->decoded->crl.extensions;

        for (guint i = 0; extensions != NULL && extensions[i] != NULL; i++) {
                SECItem value = extensions[i]->value;

                /* INTEGER, short length, positive */
                if (SECOID_FindOIDTag (&extensions[i]->id) == SEC_OID_X509_CRL_NUMBER &&
                    value.len > 2 && value.len < 30 && value.data[0] == 2 &&
                    value.data[1] == value.len - 2)
                        crl->number = (SECItem){ siBuffer, value.data + 2, value.len - 2 };
        }
        while (crl->number.len > 0 && crl->number.data[0] == 0) {
                crl->number.data++;
                crl->number.len--;
        }
}

static gboolean
crl_read_entries (SekiCrl *crl)
{
        CERTCrlEntry **entries = crl->decoded->crl.entries;

        for (guint i = 0; entries != NULL && entries[i] != NULL; i++) {
                if (!extensions_are_plain (entries[i]->extensions))
                        return FALSE;
                g_hash_table_add (crl->serials, &entries[i]->serialNumber);
        }
        return TRUE;
}

static gboolean
crl_read (SekiCrl *crl, SekiSpan der)
{
        SECItem item = { siBuffer, (guint8 *) der.data, (guint) der.len };
        CERTCrl *body;

        crl->decoded = CERT_DecodeDERCrl (NULL, &item, SEC_CRL_TYPE);
        if (crl->decoded == NULL)
                return FALSE;
        body = &crl->decoded->crl;
        if (body->nextUpdate.len == 0 ||
            DER_DecodeTimeChoice (&crl->from, &body->lastUpdate) != SECSuccess ||
            DER_DecodeTimeChoice (&crl->until, &body->nextUpdate) != SECSuccess)
                return FALSE;
        crl_read_number (crl);
        crl->from -= SKEW;
        return extensions_are_plain (body->extensions) && crl_read_entries (crl) &&
               seki_rules_check_algorithm (&crl->decoded->signatureWrap.signatureAlgorithm,
                                           &body->signatureAlg);
}

static SekiCrl *
crl_decode (SekiSpan der, GError **error)
{
        SekiCrl *crl = g_new0 (SekiCrl, 1);

        crl->serials = g_hash_table_new (serial_hash, serial_equal);
        if (der.len <= CRL_MAX && crl_read (crl, der))
                return crl;
        seki_crl_free (crl);
        g_set_error (error, SEKI_ERROR, SEKI_ERROR_INVALID,
                     _("The revocation list is refused: it must be complete, signed with SHA-256 "
                       "or better, and say "
                       "when the next one comes."));
        return NULL;
}

SekiCrl *
seki_crl_new (SekiSpan bytes, GError **error)
{
        g_autofree char *text = NULL;
        g_autoptr (SekiSecret) der = NULL;
        const char *at;
        GError *problem = NULL;

        if (bytes.len > 0 && bytes.data[0] == 0x30)
                return crl_decode (bytes, error);
        at = text = g_strndup ((const char *) bytes.data, bytes.len);
        der = seki_pem_next (&at, "X509 CRL", &problem);
        if (der != NULL)
                return crl_decode (seki_secret_get_span (der), error);
        if (problem == NULL)
                g_set_error (&problem, SEKI_ERROR, SEKI_ERROR_INVALID,
                             _("There is no revocation list in this text."));
        g_propagate_error (error, problem);
        return NULL;
}

void
seki_crl_free (SekiCrl *crl)
{
        if (crl == NULL)
                return;
        g_hash_table_unref (crl->serials);
        if (crl->decoded != NULL)
                SEC_DestroyCrl (crl->decoded);
        g_free (crl);
}

gboolean
seki_crl_is_from (SekiCrl *crl, CERTCertificate *authority)
{
        SECKEYPublicKey *key;
        gboolean ok;

        if (!SECITEM_ItemsAreEqual (&crl->decoded->crl.derName, &authority->derSubject) ||
            !seki_rules_may_sign_crl (authority))
                return FALSE;
        key = CERT_ExtractPublicKey (authority);
        ok = key != NULL && CERT_VerifySignedDataWithPublicKey (&crl->decoded->signatureWrap, key,
                                                                NULL) == SECSuccess;
        SECKEY_DestroyPublicKey (key);
        return ok;
}

gboolean
seki_crl_check_time (const SekiCrl *crl, gint64 now, SekiWindow *window, GError **error)
{
        if (now < crl->from || now > crl->until) {
                g_set_error (
                        error, SEKI_ERROR, SEKI_ERROR_CRYPTO,
                        now < crl->from
                                ? _("The revocation list is of a time to come. Check the clock.")
                                : _("The revocation list is out of date. Load the newest one."));
                PR_SetError (now < crl->from ? SEC_ERROR_CRL_NOT_YET_VALID : SEC_ERROR_CRL_EXPIRED,
                             0);
                return FALSE;
        }
        window->from = MAX (window->from, crl->from);
        window->until = MIN (window->until, crl->until);
        return TRUE;
}

gint64
seki_crl_get_next (const SekiCrl *crl)
{
        return crl->until;
}

static gint
number_compare (const SECItem *a, const SECItem *b)
{
        if (a->len != b->len)
                return a->len < b->len ? -1 : 1;
        return memcmp (a->data, b->data, a->len);
}

gboolean
seki_crl_is_older (const SekiCrl *a, const SekiCrl *b)
{
        if (a->number.len > 0 && b->number.len > 0 && number_compare (&a->number, &b->number) < 0)
                return TRUE;
        return a->from < b->from;
}

gboolean
seki_crl_has (const SekiCrl *crl, CERTCertificate *certificate)
{
        return g_hash_table_contains (crl->serials, &certificate->serialNumber);
}
