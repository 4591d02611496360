/* SPDX-License-Identifier: Apache-2.0 */
#include "keyring/certificate.h"
#include "keyring/inner.h"

#include "base/text.h"

#include <cert.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define RECOVERY_MIN_BITS 2048u

static CERTCertificate *
recovery_read (const char *pem, GError **error)
{
        CERTCertificate *certificate = seki_certificate_new (seki_span_text (pem), error);
        SECKEYPublicKey *key;
        gboolean ok;

        if (certificate == NULL)
                return NULL;
        key = CERT_ExtractPublicKey (certificate);
        ok = key != NULL && key->keyType == rsaKey &&
             SECKEY_PublicKeyStrengthInBits (key) >= RECOVERY_MIN_BITS;
        SECKEY_DestroyPublicKey (key);
        if (ok)
                return certificate;
        g_set_error (error, SEKI_ERROR, SEKI_ERROR_INVALID,
                     _("The recovery certificate must have an RSA key of at least %u bits."),
                     RECOVERY_MIN_BITS);
        seki_certificate_free (certificate);
        return NULL;
}

static gboolean
make_files (SekiFolder folder, const char *recovery_pem, SECKEYPrivateKey *ledger_key,
            GError **error)
{
        SECKEYPublicKey *public_key = SECKEY_ConvertToPublicKey (ledger_key);
        SECItem *spki = public_key != NULL ? SECKEY_EncodeDERSubjectPublicKeyInfo (public_key)
                                           : NULL;
        gboolean ok = spki != NULL;

        if (!ok)
                seki_nss_error (error, _("The public half of the ledger key cannot be written."));
        ok = ok &&
             seki_keyfile_replace (folder, SEKI_FILE_LEDGER_KEY, seki_span (spki->data, spki->len),
                                   error) &&
             seki_keyfile_replace (folder, SEKI_FILE_RECOVERY, seki_span_text (recovery_pem),
                                   error);
        SECITEM_FreeItem (spki, PR_TRUE);
        SECKEY_DestroyPublicKey (public_key);
        return ok;
}

static gboolean
make_keys (SekiFolder folder, SekiToken *token, const char *recovery_pem, GError **error)
{
        SECKEYPrivateKey *ledger = seki_token_make_key (token, SEKI_TOKEN_LEDGER, error);
        SECKEYPrivateKey *tls = ledger != NULL ? seki_token_make_key (token, SEKI_TOKEN_TLS, error)
                                               : NULL;
        gboolean ok = tls != NULL && make_files (folder, recovery_pem, ledger, error);

        g_clear_pointer (&ledger, SECKEY_DestroyPrivateKey);
        g_clear_pointer (&tls, SECKEY_DestroyPrivateKey);
        return ok;
}

/* The store comes last: a keyring is a folder with a store, and one that was
 * cut short has none. */
static gboolean
make_store (SekiFolder folder, SekiToken *token, const SekiStoreSecret *secrets, gsize n_secrets,
            GError **error)
{
        PK11SymKey *master = seki_token_make_master (token, error);
        gboolean ok;

        if (master == NULL)
                return FALSE;
        ok = seki_store_create (folder, master, secrets, n_secrets, error);
        PK11_FreeSymKey (master);
        return ok;
}

static gboolean
make_in (SekiFolder folder, SekiSecret *passphrase, const char *recovery_pem,
         const SekiStoreSecret *secrets, gsize n_secrets, GError **error)
{
        SekiToken *token;
        gboolean ok;

        if (seki_keyfile_exists (folder, SEKI_STORE_FILE) ||
            seki_keyfile_exists (folder, SEKI_TOKEN_FOLDER)) {
                g_set_error (error, SEKI_ERROR, SEKI_ERROR_CONFLICT,
                             _("“%s” holds a keyring, or one whose making was cut short. Choose "
                               "another folder."),
                             folder.path);
                return FALSE;
        }
        token = seki_token_create (folder, passphrase, error);
        if (token == NULL)
                return FALSE;
        ok = make_keys (folder, token, recovery_pem, error) &&
             make_store (folder, token, secrets, n_secrets, error);
        seki_token_close (token);
        return ok;
}

gboolean
seki_keyring_make (const char *path, SekiSecret *passphrase, const char *recovery_pem,
                   const SekiStoreSecret *secrets, gsize n_secrets, GError **error)
{
        SekiFolder folder = { -1, path };
        gboolean ok;

        if (mkdir (path, 0700) != 0 && errno != EEXIST)
                return seki_keyfile_fail (folder, ".", error);
        folder.fd = open (path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (folder.fd < 0)
                return seki_keyfile_fail (folder, ".", error);
        ok = make_in (folder, passphrase, recovery_pem, secrets, n_secrets, error);
        close (folder.fd);
        return ok;
}

gboolean
seki_keyring_create (const char *folder, SekiSecret *passphrase, const char *recovery_pem,
                     GError **error)
{
        SekiStoreSecret secrets[1 + SEKI_KEY_COUNT] = { { { SEKI_STORE_RECOVERY, { 0 } }, { 0 } } };
        CERTCertificate *recovery = recovery_read (recovery_pem, error);
        gboolean ok = TRUE;

        if (recovery == NULL)
                return FALSE;
        seki_certificate_digest (recovery, secrets[0].secret);
        seki_certificate_free (recovery);
        for (guint name = 0; name < SEKI_KEY_COUNT; name++) {
                secrets[1 + name].id = seki_store_id_named ((SekiKeyName) name);
                ok = ok && seki_nss_random (secrets[1 + name].secret, SEKI_AEAD_KEY);
        }
        if (ok)
                ok = seki_keyring_make (folder, passphrase, recovery_pem, secrets,
                                        G_N_ELEMENTS (secrets), error);
        else
                seki_nss_error (error, _("NSS gives no random bytes."));
        seki_wipe (secrets, sizeof secrets);
        return ok;
}
