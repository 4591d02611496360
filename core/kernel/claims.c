/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel/claims.h"

#include <pthread.h>

struct SekiClaims {
        pthread_mutex_t lock;
        GHashTable *owners;             /* Claim set */
};

typedef struct {
        guint8 key[SEKI_CLAIM_LEN];
        gconstpointer owner;
} Claim;

/* Keys are halves of keyed hashes: any four bytes of them are spread already. */
static guint
claim_hash (gconstpointer claim)
{
        guint hash;

        memcpy (&hash, ((const Claim *) claim)->key + 1, sizeof hash);
        return hash;
}

static gboolean
claim_equal (gconstpointer a, gconstpointer b)
{
        return memcmp (((const Claim *) a)->key, ((const Claim *) b)->key, SEKI_CLAIM_LEN) == 0;
}

SekiClaims *
seki_claims_new (void)
{
        SekiClaims *claims = g_new0 (SekiClaims, 1);

        pthread_mutex_init (&claims->lock, NULL);
        claims->owners = g_hash_table_new_full (claim_hash, claim_equal, g_free, NULL);
        return claims;
}

void
seki_claims_free (SekiClaims *claims)
{
        if (claims == NULL)
                return;
        g_hash_table_unref (claims->owners);
        pthread_mutex_destroy (&claims->lock);
        g_free (claims);
}

gboolean
seki_claims_take (SekiClaims *claims, const guint8 key[SEKI_CLAIM_LEN], gconstpointer owner)
{
        Claim wanted = { .owner = owner };
        const Claim *held;
        gboolean ok = TRUE;

        memcpy (wanted.key, key, SEKI_CLAIM_LEN);
        pthread_mutex_lock (&claims->lock);
        held = g_hash_table_lookup (claims->owners, &wanted);
        if (held == NULL)
                g_hash_table_add (claims->owners, g_memdup2 (&wanted, sizeof wanted));
        else
                ok = held->owner == owner;
        pthread_mutex_unlock (&claims->lock);
        return ok;
}

void
seki_claims_release (SekiClaims *claims, const guint8 *keys, gsize n, gconstpointer owner)
{
        pthread_mutex_lock (&claims->lock);
        for (gsize i = 0; i < n; i++) {
                Claim wanted = { .owner = NULL };
                const Claim *held;

                memcpy (wanted.key, keys + i * SEKI_CLAIM_LEN, SEKI_CLAIM_LEN);
                held = g_hash_table_lookup (claims->owners, &wanted);
                if (held != NULL && held->owner == owner)
                        g_hash_table_remove (claims->owners, &wanted);
        }
        pthread_mutex_unlock (&claims->lock);
}
