/* SPDX-License-Identifier: Apache-2.0 */
#include "keyring/inner.h"

#include "base/text.h"

#define NONCE_BLOCK ((gsize) 64 * 1024)

/* One key in use.  Contexts are made when first needed. */
typedef struct {
        SekiStoreId id;
        SekiAead aead;
        GList link; /* of used; data is the entry */
} SealEntry;

/* The lock is there for the day a key is destroyed or the keyring sealed by
 * another thread: then the contexts of this one go at once, not when it next
 * happens to look.  Uncontended it costs about 20 ns. */
struct SekiSealer {
        SekiKeyring *keyring;
        SekiHash *hash;
        pthread_mutex_t lock;
        GHashTable *entries; /* SekiStoreId -> SealEntry */
        GQueue used;         /* most recently first */
        guint limit;
        guint8 *nonces;
        gsize nonces_left;
};

static guint
id_hash (gconstpointer key)
{
        const SekiStoreId *id = key;
        guint32 lane_year = seki_get_be32 (id->name), fill = seki_get_be32 (id->name + 4);

        return (lane_year * 31 + fill) * 2654435761u + seki_get_be32 (id->name + 8) * 40503u +
               id->kind;
}

static gboolean
id_equal (gconstpointer a, gconstpointer b)
{
        return memcmp (a, b, sizeof (SekiStoreId)) == 0;
}

SekiSealer *
seki_sealer_new (SekiKeyring *keyring, guint cache_contexts, GError **error)
{
        SekiHash *hash = seki_hash_new ();
        SekiSealer *sealer;

        if (hash == NULL) {
                seki_nss_error (error, _("NSS makes no hash."));
                return NULL;
        }
        sealer = g_new0 (SekiSealer, 1);
        sealer->keyring = keyring;
        sealer->hash = hash;
        sealer->limit = MAX (cache_contexts, 1);
        sealer->entries = g_hash_table_new (id_hash, id_equal);
        sealer->nonces = g_malloc (NONCE_BLOCK);
        g_queue_init (&sealer->used);
        pthread_mutex_init (&sealer->lock, NULL);
        pthread_mutex_lock (&keyring->sealers_lock);
        g_ptr_array_add (keyring->sealers, sealer);
        pthread_mutex_unlock (&keyring->sealers_lock);
        return sealer;
}

static void
sealer_drop (SekiSealer *sealer, SealEntry *entry)
{
        g_hash_table_remove (sealer->entries, &entry->id);
        g_queue_unlink (&sealer->used, &entry->link);
        seki_aead_clear (&entry->aead);
        g_free (entry);
}

static void
sealer_drop_all (SekiSealer *sealer)
{
        while (sealer->used.head != NULL)
                sealer_drop (sealer, sealer->used.head->data);
}

void
seki_sealer_free (SekiSealer *sealer)
{
        if (sealer == NULL)
                return;
        pthread_mutex_lock (&sealer->keyring->sealers_lock);
        g_ptr_array_remove_fast (sealer->keyring->sealers, sealer);
        pthread_mutex_unlock (&sealer->keyring->sealers_lock);
        sealer_drop_all (sealer);
        g_hash_table_unref (sealer->entries);
        pthread_mutex_destroy (&sealer->lock);
        seki_hash_free (sealer->hash);
        seki_wipe (sealer->nonces, NONCE_BLOCK);
        g_free (sealer->nonces);
        g_free (sealer);
}

static void
sealer_purge (SekiSealer *sealer, const SekiStoreId *ids, gsize n_ids)
{
        pthread_mutex_lock (&sealer->lock);
        if (ids == NULL)
                sealer_drop_all (sealer);
        for (gsize i = 0; ids != NULL && i < n_ids; i++) {
                SealEntry *entry = g_hash_table_lookup (sealer->entries, &ids[i]);

                if (entry != NULL)
                        sealer_drop (sealer, entry);
        }
        pthread_mutex_unlock (&sealer->lock);
}

void
seki_sealers_purge (SekiKeyring *keyring, const SekiStoreId *ids, gsize n_ids)
{
        pthread_mutex_lock (&keyring->sealers_lock);
        for (guint i = 0; i < keyring->sealers->len; i++)
                sealer_purge (g_ptr_array_index (keyring->sealers, i), ids, n_ids);
        pthread_mutex_unlock (&keyring->sealers_lock);
}

/* A named secret is a MAC key as well; what seals is derived from it, so that
 * no key serves two algorithms. */
static void
sealer_derive (SekiSealer *sealer, guint8 key[SEKI_AEAD_KEY])
{
        SekiSpan label = SEKI_SPAN_LITERAL ("sekisho seal 1");

        seki_hash_mac (sealer->hash, seki_span (key, SEKI_AEAD_KEY), &label, 1, key);
}

static SealEntry *
sealer_load (SekiSealer *sealer, const SekiStoreId *id, GError **error)
{
        guint8 key[SEKI_AEAD_KEY];
        SealEntry *entry;
        gboolean ok;

        if (!seki_keyring_get_secret (sealer->keyring, id, key, error))
                return NULL;
        if (id->kind == SEKI_STORE_NAMED)
                sealer_derive (sealer, key);
        entry = g_new0 (SealEntry, 1);
        ok = seki_aead_init (&entry->aead, key, error);
        seki_wipe (key, sizeof key);
        if (!ok) {
                g_free (entry);
                return NULL;
        }
        if (sealer->used.length >= sealer->limit)
                sealer_drop (sealer, sealer->used.tail->data);
        entry->id = *id;
        entry->link.data = entry;
        g_queue_push_head_link (&sealer->used, &entry->link);
        g_hash_table_insert (sealer->entries, &entry->id, entry);
        return entry;
}

static SealEntry *
sealer_get (SekiSealer *sealer, const SekiStoreId *id, GError **error)
{
        SealEntry *entry = sealer->used.head != NULL ? sealer->used.head->data : NULL;

        if (entry != NULL && id_equal (&entry->id, id))
                return entry;
        entry = g_hash_table_lookup (sealer->entries, id);
        if (entry == NULL)
                return sealer_load (sealer, id, error);
        g_queue_unlink (&sealer->used, &entry->link);
        g_queue_push_head_link (&sealer->used, &entry->link);
        return entry;
}

/* Random, never a counter: one kept in the store would repeat when a node is
 * restored from an old copy, which is fatal under GCM. */
static gboolean
sealer_nonce (SekiSealer *sealer, guint8 out[SEKI_SEAL_NONCE], GError **error)
{
        guint8 *nonce;

        if (sealer->nonces_left < SEKI_SEAL_NONCE) {
                if (!seki_nss_random (sealer->nonces, NONCE_BLOCK)) {
                        seki_nss_error (error, _("NSS gives no random bytes."));
                        return FALSE;
                }
                sealer->nonces_left = NONCE_BLOCK;
        }
        nonce = sealer->nonces + NONCE_BLOCK - sealer->nonces_left;
        memcpy (out, nonce, SEKI_SEAL_NONCE);
        sealer->nonces_left -= SEKI_SEAL_NONCE;
        return TRUE;
}

static gboolean
sealer_seal (SekiSealer *sealer, const SekiStoreId *id, SekiSpan aad, SekiSpan plain, guint8 *out,
             GError **error)
{
        SealEntry *entry;
        gboolean ok;

        pthread_mutex_lock (&sealer->lock);
        entry = sealer_get (sealer, id, error);
        ok = entry != NULL && sealer_nonce (sealer, out, error) &&
             seki_aead_seal (&entry->aead, aad, plain, out, error);
        pthread_mutex_unlock (&sealer->lock);
        return ok;
}

static gboolean
sealer_open (SekiSealer *sealer, const SekiStoreId *id, SekiSpan aad, SekiSpan sealed, guint8 *out,
             GError **error)
{
        SealEntry *entry;
        gboolean ok;

        pthread_mutex_lock (&sealer->lock);
        entry = sealer_get (sealer, id, error);
        ok = entry != NULL && seki_aead_open (&entry->aead, aad, sealed, out, error);
        pthread_mutex_unlock (&sealer->lock);
        return ok;
}

gboolean
seki_sealer_seal (SekiSealer *sealer, const SekiBucket *bucket, SekiSpan aad, SekiSpan plain,
                  guint8 *out, GError **error)
{
        SekiStoreId id = seki_store_id_bucket (bucket);

        return sealer_seal (sealer, &id, aad, plain, out, error);
}

gboolean
seki_sealer_open (SekiSealer *sealer, const SekiBucket *bucket, SekiSpan aad, SekiSpan sealed,
                  guint8 *out, GError **error)
{
        SekiStoreId id = seki_store_id_bucket (bucket);

        return sealer_open (sealer, &id, aad, sealed, out, error);
}

gboolean
seki_sealer_seal_named (SekiSealer *sealer, SekiKeyName name, SekiSpan aad, SekiSpan plain,
                        guint8 *out, GError **error)
{
        SekiStoreId id = seki_store_id_named (name);

        return sealer_seal (sealer, &id, aad, plain, out, error);
}

gboolean
seki_sealer_open_named (SekiSealer *sealer, SekiKeyName name, SekiSpan aad, SekiSpan sealed,
                        guint8 *out, GError **error)
{
        SekiStoreId id = seki_store_id_named (name);

        return sealer_open (sealer, &id, aad, sealed, out, error);
}
