/* SPDX-License-Identifier: Apache-2.0 */
#include "keyring/node.h"

#include "base/text.h"
#include "keyring/certificate.h"
#include "keyring/inner.h"
#include "keyring/pem.h"

#define CHAIN_MAX 8

static CERTCertificateList *
chain_new (void)
{
        PLArenaPool *arena = PORT_NewArena (DER_DEFAULT_CHUNKSIZE);
        CERTCertificateList *chain = PORT_ArenaZAlloc (arena, sizeof *chain);

        chain->arena = arena;
        chain->certs = PORT_ArenaZAlloc (arena, CHAIN_MAX * sizeof (SECItem));
        return chain;
}

static gboolean
chain_add (CERTCertificateList *chain, SekiSpan der, GError **error)
{
        SECItem item = { siDERCertBuffer, (guint8 *) der.data, (guint) der.len };
        CERTCertificate *certificate;

        if (chain->len == CHAIN_MAX) {
                g_set_error (error, SEKI_ERROR, SEKI_ERROR_LIMIT,
                             _("A chain has at most %d certificates."), CHAIN_MAX);
                return FALSE;
        }
        certificate = seki_certificate_new (der, error);
        if (certificate == NULL)
                return FALSE;
        seki_certificate_free (certificate);
        return SECITEM_CopyItem (chain->arena, &chain->certs[chain->len++], &item) == SECSuccess;
}

static CERTCertificateList *
chain_read (const char *pem, GError **error)
{
        CERTCertificateList *chain = chain_new ();
        GError *problem = NULL;
        SekiSecret *der;

        while (problem == NULL && (der = seki_pem_next (&pem, "CERTIFICATE", &problem)) != NULL) {
                chain_add (chain, seki_secret_get_span (der), &problem);
                seki_secret_free (der);
        }
        if (problem == NULL && chain->len == 0)
                g_set_error (&problem, SEKI_ERROR, SEKI_ERROR_INVALID,
                             _("There is no certificate in this text."));
        if (problem == NULL)
                return chain;
        g_propagate_error (error, problem);
        CERT_DestroyCertificateList (chain);
        return NULL;
}

/* Which of the token's keys the leaf stands on. */
static char *
chain_find_label (SekiKeyring *keyring, CERTCertificateList *chain, GError **error)
{
        SekiSpan der = seki_span (chain->certs[0].data, chain->certs[0].len);
        CERTCertificate *leaf = seki_certificate_new (der, error);
        SECKEYPublicKey *key = leaf != NULL ? CERT_ExtractPublicKey (leaf) : NULL;
        g_autofree char *label = key != NULL ? seki_token_find_label (keyring->token, key) : NULL;

        SECKEY_DestroyPublicKey (key);
        seki_certificate_free (leaf);
        if (g_strcmp0 (label, SEKI_TOKEN_TLS) == 0 || g_strcmp0 (label, SEKI_TOKEN_NEXT) == 0)
                return g_steal_pointer (&label);
        if (leaf != NULL)
                g_set_error (error, SEKI_ERROR, SEKI_ERROR_CRYPTO,
                             _("The first certificate does not stand on a key of this keyring. "
                               "Install the "
                               "certificate that was issued for its request."));
        return NULL;
}

static CERTCertificateList *
keyring_read_chain (SekiKeyring *keyring, GError **error)
{
        g_autoptr (SekiSecret) text = seki_keyfile_read (keyring->folder, SEKI_FILE_CERTIFICATE,
                                                         SEKI_PEM_MAX, error);

        return text != NULL ? chain_read ((const char *) seki_secret_get_data (text), error) : NULL;
}

static gboolean
keyring_use_tls_key (SekiKeyring *keyring, const char *label, GError **error)
{
        SECKEYPrivateKey *key = seki_token_find_key (keyring->token, label, error);

        if (key == NULL)
                return FALSE;
        g_clear_pointer (&keyring->tls_key, SECKEY_DestroyPrivateKey);
        keyring->tls_key = key;
        g_free (keyring->tls_label);
        keyring->tls_label = g_strdup (label);
        return TRUE;
}

/* A power cut can come between the new node.pem and the renaming of its key:
 * the certificate rules, and the names follow here. */
static gboolean
keyring_settle (SekiKeyring *keyring, const char *label, GError **error)
{
        if (strcmp (label, SEKI_TOKEN_NEXT) == 0 &&
            !seki_token_rename_key (keyring->token, SEKI_TOKEN_NEXT, SEKI_TOKEN_TLS, error))
                return FALSE;
        return keyring_use_tls_key (keyring, SEKI_TOKEN_TLS, error);
}

gboolean
seki_keyring_load_tls (SekiKeyring *keyring, GError **error)
{
        CERTCertificateList *chain;
        g_autofree char *label = NULL;

        if (!seki_keyfile_exists (keyring->folder, SEKI_FILE_CERTIFICATE))
                return keyring_use_tls_key (keyring, SEKI_TOKEN_TLS, error);
        chain = keyring_read_chain (keyring, error);
        if (chain == NULL)
                return FALSE;
        label = chain_find_label (keyring, chain, error);
        CERT_DestroyCertificateList (chain);
        return label != NULL && keyring_settle (keyring, label, error);
}

static gboolean
keyring_install (SekiKeyring *keyring, const char *pem, CERTCertificateList *chain, GError **error)
{
        g_autofree char *label = chain_find_label (keyring, chain, error);

        if (label == NULL || !seki_keyfile_replace (keyring->folder, SEKI_FILE_CERTIFICATE,
                                                    seki_span_text (pem), error))
                return FALSE;
        g_atomic_int_inc (&keyring->tls_generation);
        return keyring_settle (keyring, label, error);
}

gboolean
seki_keyring_install (SekiKeyring *keyring, const char *pem, GError **error)
{
        CERTCertificateList *chain = chain_read (pem, error);
        gboolean ok = FALSE;

        if (chain == NULL)
                return FALSE;
        pthread_rwlock_wrlock (&keyring->state);
        if (keyring->open)
                ok = keyring_install (keyring, pem, chain, error);
        else
                seki_keyring_refuse_sealed (keyring, error);
        pthread_rwlock_unlock (&keyring->state);
        CERT_DestroyCertificateList (chain);
        return ok;
}

static gboolean
keyring_fill_tls (SekiKeyring *keyring, SekiNodeTls *tls, GError **error)
{
        tls->chain = keyring_read_chain (keyring, error);
        if (tls->chain == NULL)
                return FALSE;
        tls->generation = (guint) g_atomic_int_get (&keyring->tls_generation);
        tls->certificate = CERT_NewTempCertificate (CERT_GetDefaultCertDB (), &tls->chain->certs[0],
                                                    NULL, PR_FALSE, PR_TRUE);
        tls->key = SECKEY_CopyPrivateKey (keyring->tls_key);
        if (tls->certificate != NULL && tls->key != NULL)
                return TRUE;
        seki_nss_error (error, _("The node's certificate cannot be loaded into NSS."));
        return FALSE;
}

gboolean
seki_keyring_get_tls (SekiKeyring *keyring, SekiNodeTls *out_tls, GError **error)
{
        gboolean ok;

        *out_tls = (SekiNodeTls){ NULL };
        if (!seki_keyring_enter (keyring, error))
                return FALSE;
        ok = keyring_fill_tls (keyring, out_tls, error);
        seki_keyring_leave (keyring);
        if (!ok)
                seki_node_tls_clear (out_tls);
        return ok;
}

void
seki_node_tls_clear (SekiNodeTls *tls)
{
        if (tls->certificate != NULL)
                CERT_DestroyCertificate (tls->certificate);
        if (tls->chain != NULL)
                CERT_DestroyCertificateList (tls->chain);
        if (tls->key != NULL)
                SECKEY_DestroyPrivateKey (tls->key);
        *tls = (SekiNodeTls){ NULL };
}

guint
seki_keyring_get_tls_generation (SekiKeyring *keyring)
{
        return (guint) g_atomic_int_get (&keyring->tls_generation);
}
