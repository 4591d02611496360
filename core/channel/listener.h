/* SPDX-License-Identifier: Apache-2.0 */
/* Listening and connecting sockets of an endpoint. */
#pragma once

#include "channel/endpoint.h"

G_BEGIN_DECLS

typedef struct SekiListener SekiListener;

/* out_port: the one bound. */
SekiListener *seki_listener_new (SekiEndpoint *endpoint, const SekiAddress *address, guint16 port,
                                 guint16 *out_port, GError **error);
void seki_listener_free (SekiListener *listener);
/* Accepts again after descriptors had run out. */
void seki_listener_retry (SekiListener *listener);

/* A socket on its way to the address; -1 when there is none. */
int seki_socket_connect (const SekiAddress *address, guint16 port);

G_END_DECLS
