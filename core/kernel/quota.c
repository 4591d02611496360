/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel/quota.h"

#define MINUTE (60 * (gint64) G_USEC_PER_SEC)

typedef struct {
        guint under_way, refused;
        gint64 since; /* when the minute of refused began */
} Peer;

struct SekiQuota {
        const SekiClock *clock;
        guint under_way, refusals;
        GHashTable *peers;
};

SekiQuota *
seki_quota_new (const SekiClock *clock, guint under_way, guint refusals)
{
        SekiQuota *quota = g_new0 (SekiQuota, 1);

        quota->clock = clock;
        quota->under_way = under_way;
        quota->refusals = refusals;
        quota->peers = g_hash_table_new_full (NULL, NULL, NULL, g_free);
        return quota;
}

void
seki_quota_free (SekiQuota *quota)
{
        if (quota == NULL)
                return;
        g_hash_table_unref (quota->peers);
        g_free (quota);
}

static Peer *
quota_find (SekiQuota *quota, gconstpointer peer)
{
        Peer *found = g_hash_table_lookup (quota->peers, peer);

        if (found == NULL) {
                found = g_new0 (Peer, 1);
                g_hash_table_insert (quota->peers, (gpointer) peer, found);
        }
        return found;
}

SekiQuotaFinding
seki_quota_enter (SekiQuota *quota, gconstpointer peer)
{
        Peer *found = quota_find (quota, peer);

        if (quota->under_way > 0 && found->under_way >= quota->under_way)
                return SEKI_QUOTA_UNDER_WAY;
        if (quota->refusals > 0 && found->refused >= quota->refusals) {
                if (seki_clock_monotonic (quota->clock) - found->since < MINUTE)
                        return SEKI_QUOTA_REFUSED;
                found->refused = 0;
        }
        found->under_way++;
        return SEKI_QUOTA_FREE;
}

void
seki_quota_leave (SekiQuota *quota, gconstpointer peer, gboolean refused)
{
        Peer *found = quota_find (quota, peer);

        g_assert (found->under_way > 0);
        found->under_way--;
        if (!refused)
                return;
        if (found->refused == 0 || seki_clock_monotonic (quota->clock) - found->since >= MINUTE) {
                found->refused = 0;
                found->since = seki_clock_monotonic (quota->clock);
        }
        found->refused++;
}
