/* SPDX-License-Identifier: Apache-2.0 */
#include "channel/peers.h"

#include "base/text.h"

typedef struct {
        SekiAddress address;
        const SekiPeer *peer;
} PeerRange;

struct SekiPeers {
        GHashTable *by_name;            /* lower-case DNS name -> SekiPeer */
        GArray *ranges;                 /* PeerRange */
};

static gboolean
peers_add_ranges (SekiPeers *peers, const SekiPeer *peer, GError **error)
{
        for (const char *const *from = peer->from; from != NULL && *from != NULL; from++) {
                PeerRange range = { .peer = peer };
                if (!seki_address_parse (*from, &range.address)) {
                        g_set_error (error, SEKI_ERROR, SEKI_ERROR_CONFIG,
                                     _("\"%s\" of %s is no numeric address or range; write "
                                        "192.0.2.7 or 192.0.2.0/24."),
                                     *from, peer->party->id);
                        return FALSE;
                }
                g_array_append_val (peers->ranges, range);
        }
        return TRUE;
}

static gboolean
peers_add (SekiPeers *peers, const SekiPeer *peer, GError **error)
{
        if (peer->name == NULL || peer->name[0] == '\0') {
                g_set_error (error, SEKI_ERROR, SEKI_ERROR_CONFIG,
                             _("%s has no certificate name; name the DNS name of its "
                                "certificate."),
                             peer->party->id);
                return FALSE;
        }
        if (!g_hash_table_insert (peers->by_name, g_ascii_strdown (peer->name, -1),
                                  (gpointer) peer)) {
                g_set_error (error, SEKI_ERROR, SEKI_ERROR_CONFIG,
                             _("The certificate name %s stands for two parties; give %s a name of "
                                "its own."),
                             peer->name, peer->party->id);
                return FALSE;
        }
        return peers_add_ranges (peers, peer, error);
}

SekiPeers *
seki_peers_new (const SekiPeer *list, gsize n_peers, GError **error)
{
        g_autoptr (SekiPeers) peers = g_new0 (SekiPeers, 1);
        peers->by_name = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
        peers->ranges = g_array_new (FALSE, FALSE, sizeof (PeerRange));
        for (gsize i = 0; i < n_peers; i++)
                if (!peers_add (peers, &list[i], error))
                        return NULL;
        return g_steal_pointer (&peers);
}

void
seki_peers_free (SekiPeers *peers)
{
        if (peers == NULL)
                return;
        g_hash_table_unref (peers->by_name);
        g_array_unref (peers->ranges);
        g_free (peers);
}

static gboolean
peers_match (const SekiPeers *peers, const SekiPeer *peer, const SekiAddress *address)
{
        for (guint i = 0; i < peers->ranges->len; i++) {
                const PeerRange *range = &g_array_index (peers->ranges, PeerRange, i);
                if ((peer == NULL || range->peer == peer) &&
                    seki_address_contains (&range->address, address))
                        return TRUE;
        }
        return FALSE;
}

gboolean
seki_peers_know (const SekiPeers *peers, const SekiAddress *address)
{
        return peers_match (peers, NULL, address);
}

gboolean
seki_peers_admit (const SekiPeers *peers, const SekiPeer *peer, const SekiAddress *address)
{
        return peers_match (peers, peer, address);
}

const SekiPeer *
seki_peers_find (const SekiPeers *peers, char **names)
{
        const SekiPeer *found = NULL;
        for (char **name = names; name != NULL && *name != NULL; name++) {
                if (!g_str_has_prefix (*name, "dns:"))
                        continue;
                g_autofree char *lower = g_ascii_strdown (*name + strlen ("dns:"), -1);
                const SekiPeer *peer = g_hash_table_lookup (peers->by_name, lower);
                if (peer != NULL && found != NULL && peer != found)
                        return NULL;
                if (peer != NULL)
                        found = peer;
        }
        return found;
}
