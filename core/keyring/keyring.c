/* SPDX-License-Identifier: Apache-2.0 */
#include "keyring/inner.h"

#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

SekiStoreId
seki_store_id_named (SekiKeyName name)
{
        SekiStoreId id = { SEKI_STORE_NAMED, { 0 } };

        seki_put_be32 (id.name, (guint32) name);
        return id;
}

SekiStoreId
seki_store_id_bucket (const SekiBucket *bucket)
{
        SekiStoreId id = { SEKI_STORE_BUCKET, { 0 } };

        seki_bucket_write (bucket, id.name);
        return id;
}

void
seki_bucket_write (const SekiBucket *bucket, guint8 out[SEKI_BUCKET_LEN])
{
        seki_put_be16 (out, bucket->lane);
        seki_put_be16 (out + 2, bucket->year);
        seki_put_be32 (out + 4, bucket->fill);
        seki_put_be32 (out + 8, bucket->generation);
}

void
seki_bucket_read (const guint8 in[SEKI_BUCKET_LEN], SekiBucket *out_bucket)
{
        out_bucket->lane = seki_get_be16 (in);
        out_bucket->year = seki_get_be16 (in + 2);
        out_bucket->fill = seki_get_be32 (in + 4);
        out_bucket->generation = seki_get_be32 (in + 8);
}

gboolean
seki_keyring_refuse_sealed (SekiKeyring *keyring, GError **error)
{
        g_set_error (error, SEKI_ERROR, SEKI_ERROR_SEALED,
                     _("The keyring “%s” is sealed. Unseal it with its passphrase."),
                     keyring->path);
        return FALSE;
}

gboolean
seki_keyring_enter (SekiKeyring *keyring, GError **error)
{
        pthread_rwlock_rdlock (&keyring->state);
        if (keyring->open)
                return TRUE;
        pthread_rwlock_unlock (&keyring->state);
        return seki_keyring_refuse_sealed (keyring, error);
}

void
seki_keyring_leave (SekiKeyring *keyring)
{
        pthread_rwlock_unlock (&keyring->state);
}

SekiKeyring *
seki_keyring_open (const char *folder, GError **error)
{
        g_autoptr (SekiKeyring) keyring = g_new0 (SekiKeyring, 1);

        keyring->path = g_strdup (folder);
        keyring->folder = (SekiFolder){ open (folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC),
                                        keyring->path };
        pthread_rwlock_init (&keyring->state, NULL);
        pthread_mutex_init (&keyring->sealers_lock, NULL);
        keyring->sealers = g_ptr_array_new ();
        if (keyring->folder.fd < 0) {
                seki_keyfile_fail (keyring->folder, ".", error);
                return NULL;
        }
        if (!seki_store_probe (keyring->folder, error))
                return NULL;
        keyring->ledger_public = seki_keyfile_read (keyring->folder, SEKI_FILE_LEDGER_KEY,
                                                    SEKI_PEM_MAX, error);
        return keyring->ledger_public != NULL ? g_steal_pointer (&keyring) : NULL;
}

void
seki_keyring_free (SekiKeyring *keyring)
{
        if (keyring == NULL)
                return;
        seki_keyring_seal (keyring);
        g_assert (keyring->sealers->len == 0);
        g_ptr_array_unref (keyring->sealers);
        pthread_mutex_destroy (&keyring->sealers_lock);
        pthread_rwlock_destroy (&keyring->state);
        seki_secret_free (keyring->ledger_public);
        if (keyring->folder.fd >= 0)
                close (keyring->folder.fd);
        g_free (keyring->path);
        g_free (keyring);
}

/* One holder at a time, in whatever process: two would write over each other. */
static gboolean
keyring_lock (SekiKeyring *keyring, GError **error)
{
        if (flock (keyring->folder.fd, LOCK_EX | LOCK_NB) == 0)
                return TRUE;
        if (errno != EWOULDBLOCK)
                return seki_keyfile_fail (keyring->folder, ".", error);
        g_set_error (error, SEKI_ERROR, SEKI_ERROR_BUSY,
                     _("The keyring “%s” is open elsewhere. Stop the node that uses it, or ask "
                       "that node."),
                     keyring->path);
        return FALSE;
}

/* ledger.pub is what others are given; it must be the key that signs. */
static gboolean
keyring_check_public (SekiKeyring *keyring, GError **error)
{
        SECKEYPublicKey *public_key = SECKEY_ConvertToPublicKey (keyring->ledger_key);
        SECItem *spki = public_key != NULL ? SECKEY_EncodeDERSubjectPublicKeyInfo (public_key)
                                           : NULL;
        gboolean same = spki != NULL &&
                        seki_span_equal (seki_span (spki->data, spki->len),
                                         seki_secret_get_span (keyring->ledger_public));

        SECITEM_FreeItem (spki, PR_TRUE);
        SECKEY_DestroyPublicKey (public_key);
        if (!same)
                g_set_error (error, SEKI_ERROR, SEKI_ERROR_DAMAGED,
                             _("“%s/%s” is not the public half of the ledger key. Nothing was "
                               "changed."),
                             keyring->path, SEKI_FILE_LEDGER_KEY);
        return same;
}

static gboolean
keyring_load (SekiKeyring *keyring, SekiSecret *passphrase, GError **error)
{
        keyring->token = seki_token_open (keyring->folder, passphrase, error);
        if (keyring->token == NULL)
                return FALSE;
        keyring->master = seki_token_find_master (keyring->token, error);
        if (keyring->master == NULL)
                return FALSE;
        keyring->store = seki_store_open (keyring->folder, keyring->master, error);
        if (keyring->store == NULL)
                return FALSE;
        keyring->ledger_key = seki_token_find_key (keyring->token, SEKI_TOKEN_LEDGER, error);
        return keyring->ledger_key != NULL && keyring_check_public (keyring, error) &&
               seki_keyring_load_tls (keyring, error);
}

/* state is held for writing. */
static void
keyring_unload (SekiKeyring *keyring)
{
        g_atomic_int_set (&keyring->open, FALSE);
        g_clear_pointer (&keyring->store, seki_store_close);
        g_clear_pointer (&keyring->master, PK11_FreeSymKey);
        g_clear_pointer (&keyring->ledger_key, SECKEY_DestroyPrivateKey);
        g_clear_pointer (&keyring->tls_key, SECKEY_DestroyPrivateKey);
        g_clear_pointer (&keyring->tls_label, g_free);
        g_clear_pointer (&keyring->token, seki_token_close);
        flock (keyring->folder.fd, LOCK_UN);
}

gboolean
seki_keyring_unseal (SekiKeyring *keyring, SekiSecret *passphrase, GError **error)
{
        gboolean ok = TRUE;

        pthread_rwlock_wrlock (&keyring->state);
        if (!keyring->open) {
                ok = keyring_lock (keyring, error);
                if (ok && !keyring_load (keyring, passphrase, error)) {
                        keyring_unload (keyring);
                        ok = FALSE;
                }
                g_atomic_int_set (&keyring->open, ok);
        }
        pthread_rwlock_unlock (&keyring->state);
        return ok;
}

gboolean
seki_keyring_is_sealed (const SekiKeyring *keyring)
{
        return !g_atomic_int_get (&keyring->open);
}

void
seki_keyring_seal (SekiKeyring *keyring)
{
        pthread_rwlock_wrlock (&keyring->state);
        if (keyring->open)
                keyring_unload (keyring);
        pthread_rwlock_unlock (&keyring->state);
        seki_sealers_purge (keyring, NULL, 0);
}

gsize
seki_keyring_get_torn (SekiKeyring *keyring)
{
        gsize torn = 0;

        if (seki_keyring_enter (keyring, NULL)) {
                torn = seki_store_get_torn (keyring->store);
                seki_keyring_leave (keyring);
        }
        return torn;
}

SekiSpan
seki_keyring_get_ledger_key (SekiKeyring *keyring)
{
        return seki_secret_get_span (keyring->ledger_public);
}

gboolean
seki_keyring_get_secret (SekiKeyring *keyring, const SekiStoreId *id, guint8 out[SEKI_AEAD_KEY],
                         GError **error)
{
        gboolean ok;

        if (!seki_keyring_enter (keyring, error))
                return FALSE;
        ok = seki_store_get (keyring->store, id, out, error);
        seki_keyring_leave (keyring);
        return ok;
}

gboolean
seki_keyring_get_key (SekiKeyring *keyring, SekiKeyName name, guint8 out[32], GError **error)
{
        SekiStoreId id = seki_store_id_named (name);

        return seki_keyring_get_secret (keyring, &id, out, error);
}

gboolean
seki_keyring_add_bucket (SekiKeyring *keyring, const SekiBucket *bucket, GError **error)
{
        SekiStoreSecret secret = { seki_store_id_bucket (bucket), { 0 } };
        gboolean ok;

        if (!seki_keyring_enter (keyring, error))
                return FALSE;
        ok = seki_nss_random (secret.secret, sizeof secret.secret);
        if (ok)
                ok = seki_store_add (keyring->store, &secret, error);
        else
                seki_nss_error (error, _("NSS gives no random bytes."));
        seki_keyring_leave (keyring);
        seki_wipe (&secret, sizeof secret);
        return ok;
}

gboolean
seki_keyring_has_bucket (SekiKeyring *keyring, const SekiBucket *bucket)
{
        SekiStoreId id = seki_store_id_bucket (bucket);
        gboolean has;

        if (!seki_keyring_enter (keyring, NULL))
                return FALSE;
        has = seki_store_has (keyring->store, &id);
        seki_keyring_leave (keyring);
        return has;
}

gboolean
seki_keyring_destroy_buckets (SekiKeyring *keyring, const SekiBucket *buckets, gsize n_buckets,
                              GError **error)
{
        g_autofree SekiStoreId *ids = g_new0 (SekiStoreId, MAX (n_buckets, 1));
        gboolean ok;

        for (gsize i = 0; i < n_buckets; i++)
                ids[i] = seki_store_id_bucket (&buckets[i]);
        if (!seki_keyring_enter (keyring, error))
                return FALSE;
        ok = seki_store_destroy (keyring->store, ids, n_buckets, error);
        seki_keyring_leave (keyring);
        /* Also after an error: the key may be out of the store already, and a
         * context dropped too many is made again. */
        seki_sealers_purge (keyring, ids, n_buckets);
        return ok;
}

gboolean
seki_keyring_destroy_bucket (SekiKeyring *keyring, const SekiBucket *bucket, GError **error)
{
        return seki_keyring_destroy_buckets (keyring, bucket, 1, error);
}

void
seki_keyring_each_bucket (SekiKeyring *keyring,
                          void (*each) (const SekiBucket *bucket, gpointer user), gpointer user)
{
        GArray *ids;

        if (!seki_keyring_enter (keyring, NULL))
                return;
        ids = seki_store_list (keyring->store, SEKI_STORE_BUCKET);
        seki_keyring_leave (keyring);
        for (guint i = 0; i < ids->len; i++) {
                SekiBucket bucket;

                seki_bucket_read (g_array_index (ids, SekiStoreId, i).name, &bucket);
                each (&bucket, user);
        }
        g_array_unref (ids);
}
