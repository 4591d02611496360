/* SPDX-License-Identifier: Apache-2.0 */
/* Peers that send rubbish, stand still or come in crowds. */
#include "rude.h"

#include "keyring/nss.h"

#include <malloc.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define MILLISECOND ((gint64) 1000)
#define CROWD 100

static void
send_all (int fd, gconstpointer data, gsize len)
{
        g_assert_cmpint (send (fd, data, len, MSG_NOSIGNAL), ==, (gssize) len);
}

typedef struct {
        Town *town;
        const char *bytes;
        gsize len;
        const char *reason;
} Rubbish;

static void
test_rubbish (gconstpointer data)
{
        const Rubbish *rubbish = data;
        g_autoptr (Node) north = node_new (rubbish->town, TOWN_NORTH, NULL);

        node_listen (north);
        int fd = rude_socket (north, HERE);
        send_all (fd, rubbish->bytes, rubbish->len);
        shutdown (fd, SHUT_WR);
        town_wait (rubbish->town, &north->strangers, 1);
        town_run (rubbish->town, 20 * MILLISECOND);
        g_assert_cmpstr (north->reason, ==, rubbish->reason);
        g_assert_cmpuint (north->opened, ==, 0);
        g_assert_cmpuint (seki_endpoint_count (north->endpoint), ==, 0);
        close (fd);
}

static void
test_random_rubbish (gconstpointer data)
{
        Town *town = (Town *) data;
        g_autoptr (Node) north = node_new (town, TOWN_NORTH, NULL);
        g_autoptr (GRand) rand = g_rand_new_with_seed (20261124);
        guint n = 300;

        node_listen (north);
        for (guint i = 1; i <= n; i++) {
                guint8 bytes[600];
                gsize len = (gsize) g_rand_int_range (rand, 1, sizeof bytes);
                for (gsize k = 0; k < len; k++)
                        bytes[k] = (guint8) g_rand_int_range (rand, 0, 256);
                if (i % 2 == 0)         /* every other one begins like a ClientHello */
                        memcpy (bytes, "\x16\x03\x01\x01\x00\x01\x00\x00\xfc\x03\x03",
                                MIN (len, 11));
                int fd = rude_socket (north, HERE);
                send_all (fd, bytes, len);
                shutdown (fd, SHUT_WR);
                town_wait (town, &north->strangers, i);
                close (fd);
        }
        town_run (town, 20 * MILLISECOND);
        g_assert_cmpuint (seki_endpoint_count (north->endpoint), ==, 0);
        g_assert_cmpuint (north->opened, ==, 0);
}

static void
test_silence (gconstpointer data)
{
        Town *town = (Town *) data;
        SekiChannelLimits limits = { .handshake_timeout = 300 * MILLISECOND };
        g_autoptr (Node) north = node_new (town, TOWN_NORTH, &limits);

        node_listen (north);
        int fd = rude_socket (north, HERE);
        gint64 start = g_get_monotonic_time ();
        town_wait (town, &north->strangers, 1);
        g_assert_cmpstr (north->reason, ==, SEKI_REFUSAL_TIMEOUT);
        g_assert_cmpint (g_get_monotonic_time () - start, >=, 290 * MILLISECOND);
        close (fd);
}

/* One byte now and then does not buy time. */
static void
test_slow_handshake (gconstpointer data)
{
        Town *town = (Town *) data;
        SekiChannelLimits limits = { .handshake_timeout = 400 * MILLISECOND };
        g_autoptr (Node) north = node_new (town, TOWN_NORTH, &limits);

        node_listen (north);
        int fd = rude_socket (north, HERE);
        gint64 start = g_get_monotonic_time ();
        for (guint i = 0; north->strangers == 0 && i < 200; i++) {
                send (fd, i == 0 ? "\x16" : i < 3 ? "\x03" : "\x01", 1, MSG_NOSIGNAL);
                town_run (town, 50 * MILLISECOND);
        }
        g_assert_cmpstr (north->reason, ==, SEKI_REFUSAL_TIMEOUT);
        g_assert_cmpint (g_get_monotonic_time () - start, <, 2000 * MILLISECOND);
        close (fd);
}

static void
test_hang_up (gconstpointer data)
{
        Town *town = (Town *) data;
        g_autoptr (Node) north = node_new (town, TOWN_NORTH, NULL);

        node_listen (north);
        close (rude_socket (north, HERE));
        town_wait (town, &north->strangers, 1);
        g_assert_cmpstr (north->reason, ==, SEKI_REFUSAL_WENT_AWAY);
}

static gsize
memory_used (void)
{
        struct mallinfo2 info = mallinfo2 ();
        return info.uordblks + info.hblkhd;
}

/* A crowd at one address meets its limit; another address still gets in; when
 * the crowd is timed out, all is as before. */
static void
test_crowd (gconstpointer data)
{
        Town *town = (Town *) data;
        SekiChannelLimits limits = { .max_handshakes = 64,
                                     .handshake_timeout = 2000 * MILLISECOND };
        g_autoptr (Node) north = node_new (town, TOWN_NORTH, &limits);
        int fds[CROWD];

        fake_pki_issue (town->pki, "guest", &(FakeCertificate){ .issuer = "ca", .san = "DNS:" EAST,
                                                                .usage = "clientAuth" });
        node_listen (north);
        gsize before = memory_used ();
        for (guint i = 0; i < CROWD; i++)
                fds[i] = rude_socket (north, HERE);
        town_wait (town, &north->strangers, CROWD - 64 / 8);
        g_assert_cmpstr (north->reason, ==, SEKI_REFUSAL_TOO_MANY);
        g_assert_cmpuint (seki_endpoint_count (north->endpoint), ==, 64 / 8);
        g_test_message ("a half-open connection holds %u KiB",
                        (guint) ((memory_used () - before) / (64 / 8) >> 10));
        G_GNUC_UNUSED g_autoptr (Rude) good =
                rude_client (north, THERE, "-tls1_3 -alpn h2 -cert guest.pem -key guest.key");
        town_wait (town, &north->opened, 1);
        town_wait (town, &north->strangers, CROWD);
        g_assert_cmpstr (north->reason, ==, SEKI_REFUSAL_TIMEOUT);
        town_run (town, 20 * MILLISECOND);
        g_assert_cmpuint (seki_endpoint_count (north->endpoint), ==, 1);
        for (guint i = 0; i < CROWD; i++)
                close (fds[i]);
}

/* What finished its handshake no longer counts among the unfinished. */
static void
test_limits_count_the_unfinished (gconstpointer data)
{
        Town *town = (Town *) data;
        SekiChannelLimits limits = { .max_handshakes = 8, .max_channels = 5 };
        g_autoptr (Node) north = node_new (town, TOWN_NORTH, &limits),
                         south = node_new (town, TOWN_SOUTH, NULL);

        node_listen (north);
        for (guint i = 0; i < 5; i++)
                node_meet (south, north);
        node_call (south, TOWN_NORTH);
        town_wait (town, &north->strangers, 1);
        g_assert_cmpstr (north->reason, ==, SEKI_REFUSAL_TOO_MANY);
        town_wait (town, &south->closed, 1);
        seki_channel_close (north->channel, "room");
        town_wait (town, &south->closed, 2);
        node_meet (south, north);
}

/* No descriptor is left when somebody comes: it waits and is let in later. */
static void
test_no_descriptors (gconstpointer data)
{
        Town *town = (Town *) data;
        g_autoptr (Node) north = node_new (town, TOWN_NORTH, NULL);
        struct rlimit kept, few;

        node_listen (north);
        int fd = rude_socket (north, HERE);
        g_assert_cmpint (getrlimit (RLIMIT_NOFILE, &kept), ==, 0);
        few = kept;
        int lowest = dup (fd);
        close (lowest);
        few.rlim_cur = (rlim_t) lowest;
        g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &few), ==, 0);
        town_run (town, 100 * MILLISECOND);
        g_assert_cmpuint (seki_endpoint_count (north->endpoint), ==, 0);
        g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &kept), ==, 0);
        town_run (town, 1500 * MILLISECOND);
        g_assert_cmpuint (seki_endpoint_count (north->endpoint), ==, 1);
        close (fd);
}

/* After an honest handshake rubbish ends the channel. */
static void
test_cut (gconstpointer data)
{
        Town *town = (Town *) data;
        g_autoptr (Node) north = node_new (town, TOWN_NORTH, NULL);

        fake_pki_issue (town->pki, "guest", &(FakeCertificate){ .issuer = "ca", .san = "DNS:" SOUTH,
                                                                .usage = "clientAuth" });
        node_listen (north);
        Rude *rude = rude_client (north, HERE, "-tls1_3 -alpn h2 -cert guest.pem -key guest.key");
        town_wait (town, &north->opened, 1);
        rude_free (rude);
        town_wait (town, &north->closed, 1);
        g_assert_cmpstr (north->why, ==, SEKI_END_CUT);
        g_assert_cmpuint (north->strangers, ==, 0);
}

static void
test_settings (gconstpointer data)
{
        Town *town = (Town *) data;
        static const char *const bad[] = { "127.0.0.1/33", NULL };
        static const SekiChannelEvents events = { 0 };
        g_autoptr (GError) error = NULL;
        SekiPeer peers[2] = { town->peer[TOWN_SOUTH], town->peer[TOWN_SOUTH] };
        g_autoptr (SekiTrust) trust = seki_trust_new (seki_clock_system ());

        g_assert_null (seki_endpoint_new (town->loop, town->keyring[TOWN_NORTH], trust, ALPN, peers,
                                          2, NULL, &events, NULL, &error));
        g_assert_error (error, SEKI_ERROR, SEKI_ERROR_CONFIG);
        g_clear_error (&error);
        peers[0].from = bad;
        g_assert_null (seki_endpoint_new (town->loop, town->keyring[TOWN_NORTH], trust, ALPN, peers,
                                          1, NULL, &events, NULL, &error));
        g_assert_error (error, SEKI_ERROR, SEKI_ERROR_CONFIG);
        g_clear_error (&error);
        g_autoptr (Node) north = node_new (town, TOWN_NORTH, NULL);
        g_assert_cmpuint (seki_endpoint_listen (north->endpoint, "localhost", 0, &error), ==, 0);
        g_assert_error (error, SEKI_ERROR, SEKI_ERROR_CONFIG);
        g_clear_error (&error);
        g_assert_cmpuint (seki_endpoint_listen (north->endpoint, "192.0.2.1", 0, &error), ==, 0);
        g_assert_error (error, SEKI_ERROR, SEKI_ERROR_CONFIG);
}

#define RUBBISH(title, reason, text)                                                               \
        { "/rude/rubbish/" title, { NULL, text, sizeof (text) - 1, reason } }

int
main (int argc, char **argv)
{
        static struct {
                const char *title;
                Rubbish rubbish;
        } rubbish[] = {
                RUBBISH ("one byte", SEKI_REFUSAL_WENT_AWAY, "\x00"),
                RUBBISH ("plain HTTP", SEKI_REFUSAL_WENT_AWAY, "GET / HTTP/1.1\r\nHost: n\r\n\r\n"),
                RUBBISH ("HTTP/2 without TLS", SEKI_REFUSAL_WENT_AWAY,
                         "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
                RUBBISH ("an SSL 2 hello", SEKI_REFUSAL_HANDSHAKE,
                         "\x80\x2e\x01\x00\x02\x00\x15\x00\x00\x00\x10\x01\x00\x80\x02\x00\x80\x03"
                         "\x00"
                         "\x80\x04\x00\x80\x05\x00\x80\x06\x00\x40\x07\x00\xc0"
                         "0123456789abcdef"),
                RUBBISH ("a record of 64 KiB", SEKI_REFUSAL_HANDSHAKE,
                         "\x16\x03\x01\xff\xff\x01\x00\xff\xfb\x03\x03"),
                RUBBISH ("a hello cut short", SEKI_REFUSAL_HANDSHAKE,
                         "\x16\x03\x01\x00\x10\x01\x00\x00\x0c\x03\x03zzzzzzzzzz"),
                RUBBISH ("an alert", SEKI_REFUSAL_BY_PEER, "\x15\x03\x03\x00\x02\x02\x28"),
                RUBBISH ("data before the handshake", SEKI_REFUSAL_HANDSHAKE,
                         "\x17\x03\x03\x00\x05hello"),
        };
        g_test_init (&argc, &argv, NULL);
        g_assert_true (seki_nss_init (NULL));
        Town *town = town_new ();
        for (gsize i = 0; i < G_N_ELEMENTS (rubbish); i++) {
                rubbish[i].rubbish.town = town;
                g_test_add_data_func (rubbish[i].title, &rubbish[i].rubbish, test_rubbish);
        }
        g_test_add_data_func ("/rude/rubbish/of any kind", town, test_random_rubbish);
        g_test_add_data_func ("/rude/silence", town, test_silence);
        g_test_add_data_func ("/rude/a handshake byte by byte", town, test_slow_handshake);
        g_test_add_data_func ("/rude/hanging up at once", town, test_hang_up);
        g_test_add_data_func ("/rude/a crowd at one address", town, test_crowd);
        g_test_add_data_func ("/rude/limits count the unfinished", town,
                              test_limits_count_the_unfinished);
        g_test_add_data_func ("/rude/no descriptors left", town, test_no_descriptors);
        g_test_add_data_func ("/rude/gone without a goodbye", town, test_cut);
        g_test_add_data_func ("/rude/settings that can not be", town, test_settings);
        int result = g_test_run ();
        town_free (town);
        g_assert_true (seki_nss_shutdown ());
        return result;
}
