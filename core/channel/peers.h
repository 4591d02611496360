/* SPDX-License-Identifier: Apache-2.0 */
/* The parties of the profile by the names of their certificates and the
 * addresses they may come from. */
#pragma once

#include "channel/address.h"
#include "channel/channel.h"

G_BEGIN_DECLS

typedef struct SekiPeers SekiPeers;

/* peers is lent for as long as the table lives.  SEKI_ERROR_CONFIG when an
 * address can not be read or a name stands for two. */
SekiPeers *seki_peers_new (const SekiPeer *peers, gsize n_peers, GError **error);
void seki_peers_free (SekiPeers *peers);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SekiPeers, seki_peers_free)

/* Whether any party may come from there: others do not cost a handshake. */
gboolean seki_peers_know (const SekiPeers *peers, const SekiAddress *address);
gboolean seki_peers_admit (const SekiPeers *peers, const SekiPeer *peer,
                           const SekiAddress *address);
/* names: "dns:NAME", NULL-terminated.  NULL when none is known, or when they
 * stand for different parties. */
const SekiPeer *seki_peers_find (const SekiPeers *peers, char **names);

G_END_DECLS
