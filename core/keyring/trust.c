/* SPDX-License-Identifier: Apache-2.0 */
#include "keyring/crl.h"
#include "keyring/pem.h"

#include "base/text.h"

#include <keyhi.h>
#include <prerror.h>
#include <pthread.h>
#include <secerr.h>

#define PATH_MAX_AUTHORITIES 6u
#define CACHE_MAX 4096u

typedef struct {
        CERTCertificate *certificate;
        gboolean is_root; /* signed by itself */
        SekiCrl *crl;     /* the newest, or NULL */
} Authority;

/* Who was verified, for which usage, and for how long that holds.  The digest
 * stands for every byte of the certificate, so no certificate is kept. */
typedef struct {
        guint8 digest[SEKI_HASH_LEN];
        guint32 usage;
        SekiWindow window;
} Verified;

struct SekiTrust {
        const SekiClock *clock;
        pthread_rwlock_t lock; /* authorities and generation */
        GPtrArray *authorities;
        guint generation;
        pthread_mutex_t cache_lock; /* taken after lock; flushed under lock for writing */
        GHashTable *cache;
};

static guint
verified_hash (gconstpointer key)
{
        return seki_get_be32 (((const Verified *) key)->digest);
}

static gboolean
verified_equal (gconstpointer a, gconstpointer b)
{
        return memcmp (a, b, G_STRUCT_OFFSET (Verified, window)) == 0;
}

static void
authority_free (gpointer data)
{
        Authority *authority = data;

        seki_certificate_free (authority->certificate);
        seki_crl_free (authority->crl);
        g_free (authority);
}

SekiTrust *
seki_trust_new (const SekiClock *clock)
{
        SekiTrust *trust = g_new0 (SekiTrust, 1);

        trust->clock = clock;
        trust->authorities = g_ptr_array_new_with_free_func (authority_free);
        trust->cache = g_hash_table_new_full (verified_hash, verified_equal, g_free, NULL);
        pthread_rwlock_init (&trust->lock, NULL);
        pthread_mutex_init (&trust->cache_lock, NULL);
        return trust;
}

void
seki_trust_free (SekiTrust *trust)
{
        if (trust == NULL)
                return;
        g_ptr_array_unref (trust->authorities);
        g_hash_table_unref (trust->cache);
        pthread_rwlock_destroy (&trust->lock);
        pthread_mutex_destroy (&trust->cache_lock);
        g_free (trust);
}

guint
seki_trust_get_generation (SekiTrust *trust)
{
        guint generation;

        pthread_rwlock_rdlock (&trust->lock);
        generation = trust->generation;
        pthread_rwlock_unlock (&trust->lock);
        return generation;
}

/* lock is held for writing. */
static void
trust_changed (SekiTrust *trust)
{
        trust->generation++;
        pthread_mutex_lock (&trust->cache_lock);
        g_hash_table_remove_all (trust->cache);
        pthread_mutex_unlock (&trust->cache_lock);
}

static gboolean
certificate_is_signed_by (CERTCertificate *certificate, CERTCertificate *issuer)
{
        SECKEYPublicKey *key;
        gboolean ok;

        if (!SECITEM_ItemsAreEqual (&certificate->derIssuer, &issuer->derSubject))
                return FALSE;
        key = CERT_ExtractPublicKey (issuer);
        ok = key != NULL && CERT_VerifySignedDataWithPublicKey (&certificate->signatureWrap, key,
                                                                NULL) == SECSuccess;
        SECKEY_DestroyPublicKey (key);
        return ok;
}

static Authority *
authority_new (SekiSpan der, GError **error)
{
        CERTCertificate *certificate = seki_certificate_new (der, error);
        Authority *authority;

        if (certificate == NULL)
                return NULL;
        if (!seki_rules_check_form (certificate, error) ||
            !seki_rules_check_authority (certificate, 0, error)) {
                seki_certificate_free (certificate);
                return NULL;
        }
        authority = g_new0 (Authority, 1);
        authority->certificate = certificate;
        authority->is_root = certificate_is_signed_by (certificate, certificate);
        return authority;
}

static gboolean
trust_has_authority (SekiTrust *trust, Authority *authority)
{
        for (guint i = 0; i < trust->authorities->len; i++) {
                Authority *known = g_ptr_array_index (trust->authorities, i);

                if (SECITEM_ItemsAreEqual (&known->certificate->derCert,
                                           &authority->certificate->derCert))
                        return TRUE;
        }
        return FALSE;
}

static void
trust_take_authorities (SekiTrust *trust, GPtrArray *authorities)
{
        pthread_rwlock_wrlock (&trust->lock);
        while (authorities->len > 0) {
                Authority *authority = g_ptr_array_steal_index (authorities, 0);

                if (trust_has_authority (trust, authority))
                        authority_free (authority);
                else
                        g_ptr_array_add (trust->authorities, authority);
        }
        trust_changed (trust);
        pthread_rwlock_unlock (&trust->lock);
}

gboolean
seki_trust_add_authority (SekiTrust *trust, const char *pem, GError **error)
{
        g_autoptr (GPtrArray) authorities = g_ptr_array_new_with_free_func (authority_free);
        GError *problem = NULL;
        SekiSecret *der;

        while (problem == NULL && (der = seki_pem_next (&pem, "CERTIFICATE", &problem)) != NULL) {
                Authority *authority = authority_new (seki_secret_get_span (der), &problem);

                if (authority != NULL)
                        g_ptr_array_add (authorities, authority);
                seki_secret_free (der);
        }
        if (problem == NULL && authorities->len == 0)
                g_set_error (&problem, SEKI_ERROR, SEKI_ERROR_INVALID,
                             _("There is no certificate in this text."));
        if (problem != NULL) {
                g_propagate_error (error, problem);
                return FALSE;
        }
        trust_take_authorities (trust, authorities);
        return TRUE;
}

static Authority *
trust_find_crl_issuer (SekiTrust *trust, SekiCrl *crl)
{
        for (guint i = 0; i < trust->authorities->len; i++) {
                Authority *authority = g_ptr_array_index (trust->authorities, i);

                if (seki_crl_is_from (crl, authority->certificate))
                        return authority;
        }
        return NULL;
}

/* lock is held for writing. */
static gboolean
trust_take_crl (SekiTrust *trust, SekiCrl **inout_crl, GError **error)
{
        Authority *authority = trust_find_crl_issuer (trust, *inout_crl);
        SekiWindow window = { G_MININT64, G_MAXINT64 };

        if (authority == NULL) {
                g_set_error (error, SEKI_ERROR, SEKI_ERROR_CRYPTO,
                             _("The revocation list is not signed by any known authority."));
                return FALSE;
        }
        if (!seki_crl_check_time (*inout_crl, seki_clock_now (trust->clock), &window, error))
                return FALSE;
        if (authority->crl != NULL && seki_crl_is_older (*inout_crl, authority->crl)) {
                g_set_error (error, SEKI_ERROR, SEKI_ERROR_CRYPTO,
                             _("The revocation list of “%s” is older than the one in use."),
                             seki_rules_subject (authority->certificate));
                return FALSE;
        }
        seki_crl_free (authority->crl);
        authority->crl = g_steal_pointer (inout_crl);
        trust_changed (trust);
        return TRUE;
}

gboolean
seki_trust_load_crl (SekiTrust *trust, SekiSpan crl, GError **error)
{
        SekiCrl *list = seki_crl_new (crl, error);
        gboolean ok;

        if (list == NULL)
                return FALSE;
        pthread_rwlock_wrlock (&trust->lock);
        ok = trust_take_crl (trust, &list, error);
        pthread_rwlock_unlock (&trust->lock);
        seki_crl_free (list);
        return ok;
}

/* The certificates from the leaf upwards, and what bounds the answer in time. */
typedef struct {
        CERTCertificate *certificates[PATH_MAX_AUTHORITIES + 1];
        guint n;
        gint64 now;
        SekiWindow window;
} Path;

static gboolean
path_check_revoked (Path *path, CERTCertificate *certificate, const Authority *issuer,
                    GError **error)
{
        if (issuer->crl == NULL) {
                g_set_error (error, SEKI_ERROR, SEKI_ERROR_CRYPTO,
                             _("There is no revocation list of “%s”. Load it."),
                             seki_rules_subject (issuer->certificate));
                PR_SetError (SEC_ERROR_CRL_NOT_FOUND, 0);
                return FALSE;
        }
        if (!seki_crl_check_time (issuer->crl, path->now, &path->window, error))
                return FALSE;
        if (!seki_crl_has (issuer->crl, certificate))
                return TRUE;
        g_set_error (error, SEKI_ERROR, SEKI_ERROR_CRYPTO,
                     _("The certificate of “%s” is revoked."), seki_rules_subject (certificate));
        PR_SetError (SEC_ERROR_REVOKED_CERTIFICATE, 0);
        return FALSE;
}

static gboolean
path_check_step (Path *path, const Authority *issuer, GError **error)
{
        if (!seki_rules_check_time (issuer->certificate, path->now, &path->window, error) ||
            !seki_rules_check_authority (issuer->certificate, path->n - 1, error) ||
            !path_check_revoked (path, path->certificates[path->n - 1], issuer, error))
                return FALSE;
        for (guint i = 0; i < path->n; i++)
                if (!seki_rules_check_names (issuer->certificate, path->certificates[i], error))
                        return FALSE;
        return TRUE;
}

static gboolean path_climb (Path *path, SekiTrust *trust, GError **error);

static gboolean
path_try (Path *path, SekiTrust *trust, const Authority *issuer, GError **error)
{
        if (!path_check_step (path, issuer, error))
                return FALSE;
        if (issuer->is_root)
                return TRUE;
        path->certificates[path->n++] = issuer->certificate;
        return path_climb (path, trust, error);
}

/* Authorities that issued the topmost certificate, each tried in turn; only
 * those that were configured, never what a peer brought along. */
static gboolean
path_climb (Path *path, SekiTrust *trust, GError **error)
{
        CERTCertificate *top = path->certificates[path->n - 1];
        PRErrorCode code = SEC_ERROR_UNKNOWN_ISSUER;
        GError *problem = NULL;

        for (guint i = 0; path->n <= PATH_MAX_AUTHORITIES && i < trust->authorities->len; i++) {
                const Authority *issuer = g_ptr_array_index (trust->authorities, i);
                Path attempt = *path;

                if (!certificate_is_signed_by (top, issuer->certificate))
                        continue;
                g_clear_error (&problem);
                if (path_try (&attempt, trust, issuer, &problem)) {
                        *path = attempt;
                        return TRUE;
                }
                code = PR_GetError ();
        }
        if (problem == NULL)
                g_set_error (
                        &problem, SEKI_ERROR, SEKI_ERROR_CRYPTO,
                        _("The certificate of “%s” was issued by none of the known authorities."),
                        seki_rules_subject (top));
        g_propagate_error (error, problem);
        PR_SetError (code, 0);
        return FALSE;
}

static gboolean
trust_check (SekiTrust *trust, CERTCertificate *certificate, SekiUsage usage, gint64 now,
             SekiWindow *out_window, GError **error)
{
        Path path = { { certificate }, 1, now, { G_MININT64, G_MAXINT64 } };

        if (!seki_rules_check_form (certificate, error) ||
            !seki_rules_check_time (certificate, now, &path.window, error) ||
            !seki_rules_check_leaf (certificate, usage, error) || !path_climb (&path, trust, error))
                return FALSE;
        *out_window = path.window;
        return TRUE;
}

static gboolean
cache_knows (SekiTrust *trust, const Verified *asked, gint64 now)
{
        const Verified *known;
        gboolean holds;

        pthread_mutex_lock (&trust->cache_lock);
        known = g_hash_table_lookup (trust->cache, asked);
        holds = known != NULL && now >= known->window.from && now <= known->window.until;
        pthread_mutex_unlock (&trust->cache_lock);
        return holds;
}

static void
cache_add (SekiTrust *trust, const Verified *verified)
{
        pthread_mutex_lock (&trust->cache_lock);
        if (g_hash_table_size (trust->cache) >= CACHE_MAX)
                g_hash_table_remove_all (trust->cache);
        g_hash_table_add (trust->cache, g_memdup2 (verified, sizeof *verified));
        pthread_mutex_unlock (&trust->cache_lock);
}

gboolean
seki_trust_verify (SekiTrust *trust, CERTCertificate *certificate, SekiUsage usage, GError **error)
{
        Verified verified = { .usage = (guint32) usage };
        gint64 now = seki_clock_now (trust->clock);
        gboolean ok;

        seki_certificate_digest (certificate, verified.digest);
        pthread_rwlock_rdlock (&trust->lock);
        ok = cache_knows (trust, &verified, now);
        if (!ok) {
                ok = trust_check (trust, certificate, usage, now, &verified.window, error);
                if (ok)
                        cache_add (trust, &verified);
        }
        pthread_rwlock_unlock (&trust->lock);
        return ok;
}
