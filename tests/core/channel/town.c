/* SPDX-License-Identifier: Apache-2.0 */
#include "town.h"

#include "base/bytes.h"

#include <glib/gstdio.h>

static const char *const names[TOWN_PARTIES] = { NORTH, SOUTH, EAST };
static const char *const here[] = { HERE, NULL };
static const char *const there[] = { THERE "/32", NULL };

/* the town */

static SekiKeyring *
town_keyring (Town *town, const char *name)
{
        g_autoptr (GError) error = NULL;
        g_autofree char *folder = fake_pki_path (town->pki, name);
        g_autofree char *recovery = fake_pki_read (town->pki, "recovery.pem");
        g_autofree char *pem = g_strconcat (name, ".pem", NULL);
        g_autoptr (SekiSecret) passphrase = seki_secret_new_copy ("correct horse", 13);
        g_autofree char *dns = g_strconcat ("DNS:", name, NULL);

        seki_keyring_create (folder, passphrase, recovery, &error);
        g_assert_no_error (error);
        SekiKeyring *keyring = seki_keyring_open (folder, &error);
        g_assert_no_error (error);
        seki_keyring_unseal (keyring, passphrase, &error);
        g_assert_no_error (error);
        g_autofree char *request = seki_keyring_request (keyring, "CN=node", name, FALSE, &error);
        g_assert_no_error (error);
        fake_pki_issue (town->pki, name, &(FakeCertificate){
                .issuer = "ca", .san = dns, .usage = "clientAuth,serverAuth", .request = request });
        g_autofree char *certificate = fake_pki_read (town->pki, pem);
        seki_keyring_install (keyring, certificate, &error);
        g_assert_no_error (error);
        return keyring;
}

static gint64
town_now (gpointer self)
{
        return g_get_real_time () + ((Town *) self)->days * G_TIME_SPAN_DAY;
}

static gint64
town_monotonic (gpointer self G_GNUC_UNUSED)
{
        return g_get_monotonic_time ();
}

Town *
town_new (void)
{
        Town *town = g_new0 (Town, 1);
        town->lists = TRUE;
        town->clock = (SekiClock){ town_now, town_monotonic, town };
        town->pki = fake_pki_new ();
        town->loop = seki_loop_new (seki_clock_system (), NULL);
        fake_pki_issue (town->pki, "recovery", &(FakeCertificate){ .key = "RSA:2048" });
        fake_pki_issue (town->pki, "ca", &(FakeCertificate){ .authority = TRUE });
        for (guint i = 0; i < TOWN_PARTIES; i++) {
                town->party[i] = (SekiParty){ .id = names[i], .roles = SEKI_ROLE_ACCOUNT,
                                              .kind = SEKI_CALLER_NODE, .country = "JP" };
                town->peer[i] = (SekiPeer){ &town->party[i], names[i],
                                            i == TOWN_EAST ? there : here, HERE, 0 };
                if (i != TOWN_EAST)
                        town->keyring[i] = town_keyring (town, names[i]);
        }
        return town;
}

void
town_free (Town *town)
{
        for (guint i = 0; i < TOWN_PARTIES; i++)
                seki_keyring_free (town->keyring[i]);
        seki_loop_free (town->loop);
        fake_pki_free (town->pki);
        g_free (town);
}

/* time */

static void
town_ring (gpointer user)
{
        ((Town *) user)->late = TRUE;
}

static void
town_step (Town *town)
{
        g_main_context_iteration (seki_loop_get_context (town->loop), TRUE);
}

void
town_wait (Town *town, const guint *value, guint wanted)
{
        SekiTimer *timer = seki_loop_timer (town->loop, 15 * G_USEC_PER_SEC, town_ring, town);
        for (town->late = FALSE; *value < wanted && !town->late;)
                town_step (town);
        seki_timer_free (timer);
        g_assert_cmpuint (*value, >=, wanted);
}

void
town_wait_bytes (Town *town, const gsize *value, gsize wanted)
{
        SekiTimer *timer = seki_loop_timer (town->loop, 15 * G_USEC_PER_SEC, town_ring, town);
        for (town->late = FALSE; *value < wanted && !town->late;)
                town_step (town);
        seki_timer_free (timer);
        g_assert_cmpuint (*value, >=, wanted);
}

void
town_run (Town *town, gint64 microseconds)
{
        SekiTimer *timer = seki_loop_timer (town->loop, microseconds, town_ring, town);
        for (town->late = FALSE; !town->late;)
                town_step (town);
        seki_timer_free (timer);
}

/* what a node hears */

static gboolean
node_opened (SekiChannel *channel, gpointer user)
{
        Node *node = user;
        node->opened++;
        node->channel = channel;
        return !node->deaf;
}

static void
node_bytes (SekiChannel *channel, SekiSpan in, gpointer user)
{
        Node *node = user;
        node->received += in.len;
        for (gsize i = 0; i < in.len; i++)
                node->sum = node->sum * 31 + in.data[i];
        if (node->echo)
                g_assert_cmpint (seki_channel_write (channel, in), ==, (gssize) in.len);
}

static void
node_writable (SekiChannel *channel G_GNUC_UNUSED, gpointer user)
{
        ((Node *) user)->writables++;
}

static void
node_closed (SekiChannel *channel, const char *why, gpointer user)
{
        Node *node = user;
        node->closed++;
        g_free (node->why);
        node->why = g_strdup (why);
        seki_channel_get_stats (channel, &node->last);
        if (node->channel == channel)
                node->channel = NULL;
}

static void
node_stranger (const char *address, const char *reason, gpointer user)
{
        Node *node = user;
        node->strangers++;
        g_free (node->reason);
        g_free (node->address);
        node->reason = g_strdup (reason);
        node->address = g_strdup (address);
        g_test_message ("turned away: %s from %s", reason, address);
}

/* nodes */

void
node_load_list (Node *node, gint from, gint to)
{
        g_autoptr (GError) error = NULL;
        g_autofree char *list = fake_pki_crl (node->town->pki, "ca", from, to);
        seki_trust_load_crl (node->trust, seki_span_text (list), &error);
        g_assert_no_error (error);
}

Node *
node_new (Town *town, guint party, const SekiChannelLimits *limits)
{
        static const SekiChannelEvents events = { node_opened, node_bytes, node_writable,
                                                  node_closed, node_stranger };
        g_autoptr (GError) error = NULL;
        g_autofree char *authority = fake_pki_read (town->pki, "ca.pem");
        Node *node = g_new0 (Node, 1);
        node->town = town;
        node->trust = seki_trust_new (&town->clock);
        seki_trust_add_authority (node->trust, authority, &error);
        g_assert_no_error (error);
        if (town->lists)
                node_load_list (node, -1, 0);
        node->endpoint =
                seki_endpoint_new (town->loop, town->keyring[party], node->trust, ALPN, town->peer,
                                   TOWN_PARTIES, limits, &events, node, &error);
        g_assert_no_error (error);
        return node;
}

void
node_free (Node *node)
{
        seki_endpoint_free (node->endpoint);
        seki_trust_free (node->trust);
        g_free (node->why);
        g_free (node->reason);
        g_free (node->address);
        g_free (node);
}

void
node_listen (Node *node)
{
        node_listen_again (node, 0);
}

void
node_listen_again (Node *node, guint16 port)
{
        g_autoptr (GError) error = NULL;
        node->port = seki_endpoint_listen (node->endpoint, HERE, port, &error);
        g_assert_no_error (error);
        for (guint i = 0; i < TOWN_PARTIES; i++)
                node->town->peer[i].port = node->port;
}

SekiChannel *
node_call (Node *node, guint party)
{
        g_autoptr (GError) error = NULL;
        SekiChannel *channel =
                seki_endpoint_connect (node->endpoint, &node->town->peer[party], &error);
        g_assert_no_error (error);
        return channel;
}

SekiChannel *
node_meet (Node *caller, Node *listener)
{
        guint before = listener->opened, own = caller->opened;
        SekiChannel *channel = node_call (caller, TOWN_NORTH);
        town_wait (caller->town, &caller->opened, own + 1);
        town_wait (caller->town, &listener->opened, before + 1);
        return channel;
}
