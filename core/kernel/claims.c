/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel/claims.h"

#include <pthread.h>

struct SekiClaims {
        pthread_mutex_t lock;
        GHashTable *owners;             /* Claim set */
        GArray *waiters;                /* Waiter */
};

typedef struct {
        guint8 key[SEKI_CLAIM_LEN];
        void (*wake) (gpointer user);
        gpointer user;
} Waiter;

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
        claims->waiters = g_array_new (FALSE, FALSE, sizeof (Waiter));
        return claims;
}

void
seki_claims_free (SekiClaims *claims)
{
        if (claims == NULL)
                return;
        g_hash_table_unref (claims->owners);
        g_array_unref (claims->waiters);
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

/* Under the lock, as all that follow. */
static gboolean
claims_waits (SekiClaims *claims, const guint8 *key, gpointer user)
{
        for (guint i = 0; i < claims->waiters->len; i++) {
                const Waiter *waiter = &g_array_index (claims->waiters, Waiter, i);

                if (waiter->user == user && memcmp (waiter->key, key, SEKI_CLAIM_LEN) == 0)
                        return TRUE;
        }
        return FALSE;
}

/* The key may have been given back since it was asked for: then nobody would wake. */
void
seki_claims_wait (SekiClaims *claims, const guint8 key[SEKI_CLAIM_LEN],
                  void (*wake) (gpointer user), gpointer user)
{
        Waiter waiter = { .wake = wake, .user = user };
        Claim wanted = { .owner = NULL };

        memcpy (waiter.key, key, SEKI_CLAIM_LEN);
        memcpy (wanted.key, key, SEKI_CLAIM_LEN);
        pthread_mutex_lock (&claims->lock);
        if (!g_hash_table_contains (claims->owners, &wanted))
                wake (user);
        else if (!claims_waits (claims, key, user))
                g_array_append_val (claims->waiters, waiter);
        pthread_mutex_unlock (&claims->lock);
}

void
seki_claims_forget (SekiClaims *claims, gpointer user)
{
        pthread_mutex_lock (&claims->lock);
        for (guint i = claims->waiters->len; i-- > 0;)
                if (g_array_index (claims->waiters, Waiter, i).user == user)
                        g_array_remove_index_fast (claims->waiters, i);
        pthread_mutex_unlock (&claims->lock);
}

static void
claims_wake (SekiClaims *claims, const guint8 *key)
{
        for (guint i = claims->waiters->len; i-- > 0;) {
                Waiter waiter = g_array_index (claims->waiters, Waiter, i);

                if (memcmp (waiter.key, key, SEKI_CLAIM_LEN) != 0)
                        continue;
                g_array_remove_index_fast (claims->waiters, i);
                waiter.wake (waiter.user);
        }
}

static void
claims_drop (SekiClaims *claims, const guint8 *key, gconstpointer owner)
{
        Claim wanted = { .owner = NULL };
        const Claim *held;

        memcpy (wanted.key, key, SEKI_CLAIM_LEN);
        held = g_hash_table_lookup (claims->owners, &wanted);
        if (held == NULL || held->owner != owner)
                return;
        g_hash_table_remove (claims->owners, &wanted);
        claims_wake (claims, key);
}

void
seki_claims_release (SekiClaims *claims, const guint8 *keys, gsize n, gconstpointer owner)
{
        if (n == 0)
                return;
        pthread_mutex_lock (&claims->lock);
        for (gsize i = 0; i < n; i++)
                claims_drop (claims, keys + i * SEKI_CLAIM_LEN, owner);
        pthread_mutex_unlock (&claims->lock);
}
