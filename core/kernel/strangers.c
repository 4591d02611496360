/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel/strangers.h"

#include <pthread.h>

#define PAIRS_MAX 1024

struct SekiStrangers {
        pthread_mutex_t lock;
        GHashTable *counts;             /* "address reason" -> guint64 */
        guint64 total;
};

SekiStrangers *
seki_strangers_new (void)
{
        SekiStrangers *strangers = g_new0 (SekiStrangers, 1);

        pthread_mutex_init (&strangers->lock, NULL);
        strangers->counts = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
        return strangers;
}

void
seki_strangers_free (SekiStrangers *strangers)
{
        if (strangers == NULL)
                return;
        g_hash_table_unref (strangers->counts);
        pthread_mutex_destroy (&strangers->lock);
        g_free (strangers);
}

void
seki_strangers_count (SekiStrangers *strangers, const char *address, const char *reason)
{
        g_autofree char *key = g_strdup_printf ("%s %s", address, reason);
        guint64 *count;

        pthread_mutex_lock (&strangers->lock);
        strangers->total++;
        count = g_hash_table_lookup (strangers->counts, key);
        if (count == NULL && g_hash_table_size (strangers->counts) >= PAIRS_MAX) {
                g_free (key);
                key = g_strdup_printf ("other %s", reason);
                count = g_hash_table_lookup (strangers->counts, key);
        }
        if (count == NULL) {
                count = g_new0 (guint64, 1);
                g_hash_table_insert (strangers->counts, g_steal_pointer (&key), count);
        }
        ++*count;
        pthread_mutex_unlock (&strangers->lock);
}

guint64
seki_strangers_total (SekiStrangers *strangers)
{
        guint64 total;

        pthread_mutex_lock (&strangers->lock);
        total = strangers->total;
        pthread_mutex_unlock (&strangers->lock);
        return total;
}

void
seki_strangers_take (SekiStrangers *strangers,
                     void (*each) (const char *, const char *, guint64, gpointer), gpointer user)
{
        g_autoptr (GHashTable) counts = NULL;
        GHashTableIter iter;
        gpointer key, count;

        pthread_mutex_lock (&strangers->lock);
        counts = strangers->counts;
        strangers->counts = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
        pthread_mutex_unlock (&strangers->lock);
        g_hash_table_iter_init (&iter, counts);
        while (g_hash_table_iter_next (&iter, &key, &count)) {
                char *space = strchr (key, ' ');

                *space = '\0';
                each (key, space + 1, *(guint64 *) count, user);
        }
}
