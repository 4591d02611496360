/* SPDX-License-Identifier: Apache-2.0 */
#include "channel/address.h"
#include "channel/outbox.h"
#include "channel/peers.h"
#include "channel/refusal.h"

#include <arpa/inet.h>

static SekiAddress
address (const char *text)
{
        SekiAddress parsed;
        g_assert_true (seki_address_parse (text, &parsed));
        return parsed;
}

static void
test_parse (void)
{
        static const char *const bad[] = {
                "",
                "/",
                "1.2.3",
                "1.2.3.4/",
                "1.2.3.4/33",
                "1.2.3.4/-1",
                "1.2.3.4/08x",
                "1.2.3.4 ",
                "1.2.3.4/24",
                "10.0.0.1/8",
                "::1/129",
                "fe80::1/64",
                "host",
                "1.2.3.4/24/24",
                "::ffff:1.2.3.4",
                "1111:2222:3333:4444:5555:6666:7777:8888:9999",
                "01.2.3.4",
                "0000000000000000000000000000000000000000000000000001",
        };
        static const char *const good[] = {
                "1.2.3.4", "0.0.0.0", "1.2.3.4/32", "1.2.3.0/24", "0.0.0.0/0", "::", "::1", "::/0",
                "2001:db8::/32", "fe80::/64",
        };
        SekiAddress parsed;
        for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
                if (seki_address_parse (bad[i], &parsed))
                        g_error ("\"%s\" was taken for an address", bad[i]);
        for (gsize i = 0; i < G_N_ELEMENTS (good); i++)
                if (!seki_address_parse (good[i], &parsed))
                        g_error ("\"%s\" was not taken for an address", good[i]);
}

static gboolean
contains (const char *range, const char *inner)
{
        SekiAddress a = address (range), b = address (inner);
        return seki_address_contains (&a, &b);
}

static void
test_contains (void)
{
        g_assert_true (contains ("192.0.2.0/24", "192.0.2.255"));
        g_assert_false (contains ("192.0.2.0/24", "192.0.3.0"));
        g_assert_true (contains ("192.0.2.8/29", "192.0.2.15"));
        g_assert_false (contains ("192.0.2.8/29", "192.0.2.16"));
        g_assert_true (contains ("192.0.2.7", "192.0.2.7"));
        g_assert_false (contains ("192.0.2.7", "192.0.2.6"));
        g_assert_true (contains ("0.0.0.0/0", "255.255.255.255"));
        g_assert_false (contains ("0.0.0.0/0", "::1"));
        g_assert_true (contains ("2001:db8::/33", "2001:db8:7fff::1"));
        g_assert_false (contains ("2001:db8::/33", "2001:db8:8000::1"));
        g_assert_false (contains ("::/0", "1.2.3.4"));
}

static void
test_socket (void)
{
        struct sockaddr_storage name;
        char text[SEKI_ADDRESS_TEXT];
        SekiAddress given = address ("2001:db8::7"), back;

        g_assert_cmpuint (seki_address_to_socket (&given, 443, &name), ==,
                          sizeof (struct sockaddr_in6));
        g_assert_true (seki_address_read ((struct sockaddr *) &name, &back));
        seki_address_write (&back, text);
        g_assert_cmpstr (text, ==, "2001:db8::7");
        inet_pton (AF_INET6, "::ffff:192.0.2.7", &((struct sockaddr_in6 *) &name)->sin6_addr);
        g_assert_true (seki_address_read ((struct sockaddr *) &name, &back));
        seki_address_write (&back, text);
        g_assert_cmpstr (text, ==, "192.0.2.7");
        g_assert_cmpint (back.family, ==, AF_INET);
        name.ss_family = AF_UNIX;
        g_assert_false (seki_address_read ((struct sockaddr *) &name, &back));
}

static const char *const from_a[] = { "192.0.2.0/24", "2001:db8::1", NULL };
static const char *const from_b[] = { "198.51.100.7", NULL };
static const char *const from_none[] = { NULL };
static const SekiParty party = { .id = "party" };
static const SekiPeer list[] = {
        { &party, "a.example", from_a, NULL, 0 },
        { &party, "B.example", from_b, NULL, 0 },
        { &party, "c.example", from_none, NULL, 0 },
        { &party, "d.example", NULL, NULL, 0 },
};

static void
test_peers (void)
{
        g_autoptr (GError) error = NULL;
        g_autoptr (SekiPeers) peers = seki_peers_new (list, G_N_ELEMENTS (list), &error);
        SekiAddress a = address ("192.0.2.9"), b = address ("198.51.100.7"),
                    x = address ("203.0.113.1");
        g_assert_no_error (error);

        g_assert_true (seki_peers_know (peers, &a) && seki_peers_know (peers, &b));
        g_assert_false (seki_peers_know (peers, &x));
        g_assert_true (seki_peers_admit (peers, &list[0], &a));
        g_assert_false (seki_peers_admit (peers, &list[0], &b));
        g_assert_false (seki_peers_admit (peers, &list[2], &a));
        g_assert_false (seki_peers_admit (peers, &list[3], &a));
        g_assert_true (seki_peers_find (peers, (char *[]){ (char *) "dns:A.EXAMPLE", NULL }) ==
                       &list[0]);
        g_assert_true (seki_peers_find (peers, (char *[]){ (char *) "dns:b.example", NULL }) ==
                       &list[1]);
        g_assert_true (
                seki_peers_find (peers, (char *[]){ (char *) "dns:other", (char *) "dns:a.example",
                                                    (char *) "dns:a.example", NULL }) == &list[0]);
        g_assert_null (seki_peers_find (peers, (char *[]){ (char *) "dns:a.example",
                                                           (char *) "dns:b.example", NULL }));
        g_assert_null (seki_peers_find (peers, (char *[]){ (char *) "uri:a.example",
                                                           (char *) "a.example", NULL }));
        g_assert_null (seki_peers_find (peers, (char *[]){ NULL }));
        g_assert_null (seki_peers_find (peers, NULL));
}

static void
test_outbox (void)
{
        SekiOutbox outbox = { 0 };
        g_autofree guint8 *bytes = g_malloc (100000);
        gsize read = 0;
        for (gsize i = 0; i < 100000; i++)
                bytes[i] = (guint8) (i * 7 + i / 251);

        g_assert_null (seki_outbox_peek (&outbox).data);
        g_assert_cmpuint (seki_outbox_put (&outbox, seki_span (bytes, 10), 70000), ==, 10);
        g_assert_cmpuint (seki_outbox_put (&outbox, seki_span (bytes + 10, 99990), 70000), ==,
                          69990);
        g_assert_cmpuint (seki_outbox_put (&outbox, seki_span (bytes, 1), 70000), ==, 0);
        for (gsize step = 1; outbox.len > 0; step = step * 5 % 9973) {
                SekiSpan next = seki_outbox_peek (&outbox);
                gsize n = MIN (step, next.len);
                g_assert_cmpmem (next.data, n, bytes + read, n);
                g_assert_true (seki_outbox_drop (&outbox, n) == (n == next.len));
                read += n;
        }
        g_assert_cmpuint (read, ==, 70000);
        g_assert_cmpuint (seki_outbox_put (&outbox, seki_span (bytes, 50000), G_MAXSIZE), ==,
                          50000);
        seki_outbox_clear (&outbox);
        g_assert_cmpuint (outbox.len, ==, 0);
        g_assert_null (outbox.first);
}

static void
test_refusals (void)
{
        static const char *const reasons[] = {
                SEKI_REFUSAL_NO_CERTIFICATE, SEKI_REFUSAL_BAD_CERTIFICATE,
                SEKI_REFUSAL_EXPIRED,        SEKI_REFUSAL_UNKNOWN_AUTHORITY,
                SEKI_REFUSAL_WEAK,           SEKI_REFUSAL_WRONG_USAGE,
                SEKI_REFUSAL_REVOKED,        SEKI_REFUSAL_CRL_STALE,
                SEKI_REFUSAL_CRL_MISSING,    SEKI_REFUSAL_VERSION,
                SEKI_REFUSAL_NO_ALPN,        SEKI_REFUSAL_NO_CIPHER,
                SEKI_REFUSAL_WENT_AWAY,      SEKI_REFUSAL_BY_PEER,
        };
        for (gsize i = 0; i < G_N_ELEMENTS (reasons); i++)
                g_assert_cmpstr (seki_refusal_of_nss (seki_refusal_to_nss (reasons[i])), ==,
                                 reasons[i]);
        g_assert_cmpstr (seki_refusal_of_nss (0), ==, SEKI_REFUSAL_HANDSHAKE);
        g_assert_cmpint (seki_refusal_to_nss (SEKI_REFUSAL_UNKNOWN_NAME), !=, 0);
}

int
main (int argc, char **argv)
{
        g_test_init (&argc, &argv, NULL);
        g_test_add_func ("/address/reads addresses and ranges, and nothing else", test_parse);
        g_test_add_func ("/address/a range holds what shares its prefix", test_contains);
        g_test_add_func ("/address/socket names there and back", test_socket);
        g_test_add_func ("/peers/by name and by address", test_peers);
        g_test_add_func ("/outbox/gives back what was put, in order, within its limit",
                         test_outbox);
        g_test_add_func ("/refusal/reasons and NSS's numbers there and back", test_refusals);
        return g_test_run ();
}
