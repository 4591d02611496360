/* SPDX-License-Identifier: Apache-2.0 */
/* Institutions on loopback, in one loop: north listens, south calls, east is
 * known at another address. */
#pragma once

#include "channel/channel.h"
#include "channel/refusal.h"
#include "fakes/certificates.h"

#define NORTH "north.example"
#define SOUTH "south.example"
#define EAST "east.example"
#define HERE "127.0.0.1"
#define THERE "127.0.0.3"
#define ALPN "h2"

enum { TOWN_NORTH, TOWN_SOUTH, TOWN_EAST, TOWN_PARTIES };

typedef struct {
        FakePki *pki;
        SekiLoop *loop;
        SekiKeyring *keyring[TOWN_PARTIES];     /* of north and south */
        SekiParty party[TOWN_PARTIES];
        SekiPeer peer[TOWN_PARTIES];
        gboolean late;
        gboolean lists;                 /* nodes made now load the authority's list */
        gint days;                      /* how far the clock of trust is ahead */
        SekiClock clock;
} Town;

/* One node of the town and what it heard. */
typedef struct {
        Town *town;
        SekiTrust *trust;
        SekiEndpoint *endpoint;
        guint16 port;
        gboolean echo;                  /* answers every byte with itself */
        gboolean deaf;                  /* refuses every channel */
        gsize wants;                    /* bytes written and not yet taken */
        guint opened, closed, strangers, writables;
        gsize received;
        guint32 sum;                    /* of what was received */
        char *why, *reason, *address;
        SekiChannel *channel;           /* the last that was opened */
        SekiChannelStats last;          /* of the last that was closed */
} Node;

Town *town_new (void);
void town_free (Town *town);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Town, town_free)

/* Runs the loop until *value >= wanted, at most 15 s; then the test fails. */
void town_wait (Town *town, const guint *value, guint wanted);
void town_wait_bytes (Town *town, const gsize *value, gsize wanted);
void town_run (Town *town, gint64 microseconds);

Node *node_new (Town *town, guint party, const SekiChannelLimits *limits);
void node_free (Node *node);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Node, node_free)
/* Listens at HERE and tells the town's peers the port. */
void node_listen (Node *node);
void node_listen_again (Node *node, guint16 port);      /* at a port that is taken already */
SekiChannel *node_call (Node *node, guint party);
/* Opens a channel between both; returns the caller's end. */
SekiChannel *node_meet (Node *caller, Node *listener);
/* Loads the list of authority "ca" as of now. */
void node_load_list (Node *node, gint from, gint to);
