/* SPDX-License-Identifier: Apache-2.0 */
#include "town.h"

#include "keyring/nss.h"

#include <malloc.h>
#include <pthread.h>

#define MILLISECOND ((gint64) 1000)

static guint8 *
pattern (gsize len, guint32 *out_sum)
{
        guint8 *bytes = g_malloc (len + 1);
        guint32 state = 1;
        *out_sum = 0;
        for (gsize i = 0; i < len; i++) {
                state = state * 1664525 + 1013904223;
                bytes[i] = (guint8) (state >> 24);
                *out_sum = *out_sum * 31 + bytes[i];
        }
        return bytes;
}

static void
test_echo (gconstpointer data)
{
        static const gsize sizes[] = {
                1, 2, 100, 16383, 16384, 16385, 32768, 65537, 262144, 1048576
        };
        Town *town = (Town *) data;
        g_autoptr (Node) north = node_new (town, TOWN_NORTH, NULL),
                         south = node_new (town, TOWN_SOUTH, NULL);

        north->echo = TRUE;
        node_listen (north);
        SekiChannel *channel = node_meet (south, north);
        for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++) {
                guint32 sum;
                g_autofree guint8 *bytes = pattern (sizes[i], &sum);
                north->sum = south->sum = 0;
                south->received = 0;
                g_assert_cmpint (seki_channel_write (channel, seki_span (bytes, sizes[i])), ==,
                                 (gssize) sizes[i]);
                town_wait_bytes (town, &south->received, sizes[i]);
                g_assert_cmpuint (south->received, ==, sizes[i]);
                g_assert_cmphex (north->sum, ==, sum);
                g_assert_cmphex (south->sum, ==, sum);
        }
        g_assert_cmpuint (seki_endpoint_count (north->endpoint), ==, 1);
        seki_channel_close (channel, "enough");
        town_wait (town, &north->closed, 1);
        g_assert_cmpstr (south->why, ==, "enough");
        g_assert_cmpstr (north->why, ==, SEKI_END_CLOSED);
        g_assert_cmpuint (seki_endpoint_count (north->endpoint), ==, 0);
        g_assert_cmpuint (north->strangers + south->strangers, ==, 0);
}

static void
test_identity (gconstpointer data)
{
        Town *town = (Town *) data;
        g_autoptr (Node) north = node_new (town, TOWN_NORTH, NULL),
                         south = node_new (town, TOWN_SOUTH, NULL);

        node_listen (north);
        SekiChannel *channel = node_meet (south, north);
        g_assert_true (seki_channel_get_peer (channel) == &town->peer[TOWN_NORTH]);
        g_assert_true (seki_channel_get_peer (north->channel) == &town->peer[TOWN_SOUTH]);
        g_assert_true (seki_channel_is_client (channel));
        g_assert_false (seki_channel_is_client (north->channel));
        g_assert_cmpstr (seki_channel_get_address (north->channel), ==, HERE);
        g_assert_true (seki_channel_get_endpoint (channel) == south->endpoint);
        seki_channel_set_data (channel, &north);
        g_assert_true (seki_channel_get_data (channel) == &north);
}

static void
test_many_channels (gconstpointer data)
{
        Town *town = (Town *) data;
        g_autoptr (Node) north = node_new (town, TOWN_NORTH, NULL),
                         south = node_new (town, TOWN_SOUTH, NULL);
        guint n = 24;

        node_listen (north);
        for (guint i = 0; i < n; i++)
                node_call (south, TOWN_NORTH);
        town_wait (town, &north->opened, n);
        town_wait (town, &south->opened, n);
        g_assert_cmpuint (seki_endpoint_count (north->endpoint), ==, n);
        g_clear_pointer (&south, node_free);
        town_wait (town, &north->closed, n);
}

static void
test_owner_refuses (gconstpointer data)
{
        Town *town = (Town *) data;
        g_autoptr (Node) north = node_new (town, TOWN_NORTH, NULL),
                         south = node_new (town, TOWN_SOUTH, NULL);

        north->deaf = TRUE;
        node_listen (north);
        node_call (south, TOWN_NORTH);
        town_wait (town, &north->closed, 1);
        town_wait (town, &south->closed, 1);
        g_assert_cmpstr (north->why, ==, SEKI_REFUSAL_OWNER);
        g_assert_cmpstr (south->why, ==, SEKI_END_CLOSED);
}

/* A second loop beside the town's, which stands still unless told to go. */
typedef struct {
        Town town;
        Node *node;
} Aside;

static Aside *
aside_new (Town *town, guint party, const SekiChannelLimits *limits)
{
        Aside *aside = g_new0 (Aside, 1);
        aside->town = *town;
        aside->town.loop = seki_loop_new (seki_clock_system (), NULL);
        aside->node = node_new (&aside->town, party, limits);
        memcpy (aside->town.peer, town->peer, sizeof town->peer);
        return aside;
}

static void
aside_free (Aside *aside)
{
        node_free (aside->node);
        seki_loop_free (aside->town.loop);
        g_free (aside);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Aside, aside_free)

/* Both loops for a while. */
static void
aside_run_both (Aside *aside, Town *town, gint64 microseconds)
{
        gint64 end = g_get_monotonic_time () + microseconds;
        while (g_get_monotonic_time () < end) {
                g_main_context_iteration (seki_loop_get_context (town->loop), FALSE);
                g_main_context_iteration (seki_loop_get_context (aside->town.loop), FALSE);
                g_usleep (200);
        }
}

static Aside *
meet_aside (Town *town, Node *north)
{
        Aside *south = aside_new (town, TOWN_SOUTH, NULL);
        node_call (south->node, TOWN_NORTH);
        for (guint i = 0; i < 100 && (north->opened == 0 || south->node->opened == 0); i++)
                aside_run_both (south, town, 50 * MILLISECOND);
        g_assert_cmpuint (north->opened, ==, 1);
        g_assert_cmpuint (south->node->opened, ==, 1);
        return south;
}

static gsize
write_until_full (Node *node, const guint8 *bytes, gsize len)
{
        gsize written = 0;
        while (written < len) {
                gssize n =
                        seki_channel_write (node->channel, seki_span (bytes + written,
                                                                      MIN (len - written, 50000)));
                g_assert_cmpint (n, >=, 0);
                written += (gsize) n;
                town_run (node->town, MILLISECOND);
                if (n < (gssize) MIN (len - written + (gsize) n, 50000))
                        break;
        }
        return written;
}

/* The reader stands still until the socket and the write buffer are full, then
 * reads on: every byte arrives, in order. */
static void
test_slow_reader_recovers (gconstpointer data)
{
        Town *town = (Town *) data;
        SekiChannelLimits limits = { .write_buffer = 256 * 1024 };
        g_autoptr (Node) north = node_new (town, TOWN_NORTH, &limits);
        gsize len = 24 << 20;
        guint32 sum;
        g_autofree guint8 *bytes = pattern (len, &sum);
        SekiChannelStats stats;

        node_listen (north);
        g_autoptr (Aside) south = meet_aside (town, north);
        gsize written = write_until_full (north, bytes, len);
        g_assert_cmpuint (written, <, len);
        seki_channel_get_stats (north->channel, &stats);
        g_assert_cmpuint (stats.blocked, >, 0);
        g_assert_cmpuint (stats.waiting, ==, limits.write_buffer);
        g_assert_cmpuint (north->writables, ==, 0);
        while (written < len) {
                guint before = north->writables;
                for (guint i = 0; i < 100 && north->writables == before; i++)
                        aside_run_both (south, town, 5 * MILLISECOND);
                g_assert_cmpuint (north->writables, >, before);
                written += write_until_full (north, bytes + written, len - written);
        }
        for (guint i = 0; i < 1000 && south->node->received < len; i++)
                aside_run_both (south, town, 5 * MILLISECOND);
        g_assert_cmpuint (south->node->received, ==, len);
        g_assert_cmphex (south->node->sum, ==, sum);
        seki_channel_get_stats (north->channel, &stats);
        g_test_message ("writes found the socket full %u times", (guint) stats.blocked);
        g_assert_cmpuint (stats.waiting, ==, 0);
}

static void
test_slow_reader_is_cut_off (gconstpointer data)
{
        Town *town = (Town *) data;
        SekiChannelLimits limits = { .write_buffer = 256 * 1024,
                                     .write_timeout = 300 * MILLISECOND };
        g_autoptr (Node) north = node_new (town, TOWN_NORTH, &limits);
        guint32 sum;
        g_autofree guint8 *bytes = pattern (24 << 20, &sum);

        node_listen (north);
        G_GNUC_UNUSED g_autoptr (Aside) south = meet_aside (town, north);
        g_assert_cmpuint (write_until_full (north, bytes, 24 << 20), <, 24 << 20);
        town_wait (town, &north->closed, 1);
        g_assert_cmpstr (north->why, ==, SEKI_END_SLOW);
}

/* What was queued before a close still arrives; nothing can be added. */
static void
test_close_lets_bytes_leave (gconstpointer data)
{
        Town *town = (Town *) data;
        g_autoptr (Node) north = node_new (town, TOWN_NORTH, NULL);
        gsize len = 4 << 20;
        guint32 sum;
        g_autofree guint8 *bytes = pattern (len, &sum);

        node_listen (north);
        g_autoptr (Aside) south = meet_aside (town, north);
        g_assert_cmpint (seki_channel_write (north->channel, seki_span (bytes, len)), ==,
                         (gssize) len);
        seki_channel_close (north->channel, "done");
        g_assert_cmpint (seki_channel_write (north->channel, seki_span (bytes, 1)), ==, -1);
        for (guint i = 0; i < 500 && south->node->closed == 0; i++)
                aside_run_both (south, town, 10 * MILLISECOND);
        g_assert_cmpuint (south->node->received, ==, len);
        g_assert_cmphex (south->node->sum, ==, sum);
        g_assert_cmpstr (south->node->why, ==, SEKI_END_CLOSED);
        g_assert_cmpstr (north->why, ==, "done");
}

static void
test_idle (gconstpointer data)
{
        Town *town = (Town *) data;
        SekiChannelLimits limits = { .idle_timeout = 400 * MILLISECOND };
        g_autoptr (Node) north = node_new (town, TOWN_NORTH, &limits),
                         south = node_new (town, TOWN_SOUTH, NULL);

        node_listen (north);
        SekiChannel *channel = node_meet (south, north);
        for (guint i = 0; i < 8; i++) {
                town_run (town, 100 * MILLISECOND);
                g_assert_cmpint (seki_channel_write (channel, SEKI_SPAN_LITERAL ("x")), ==, 1);
        }
        g_assert_cmpuint (north->closed, ==, 0);
        gint64 start = g_get_monotonic_time ();
        town_wait (town, &north->closed, 1);
        g_assert_cmpstr (north->why, ==, SEKI_END_IDLE);
        g_assert_cmpint (g_get_monotonic_time () - start, >=, 250 * MILLISECOND);
        town_wait (town, &south->closed, 1);
}

static void
test_unreachable (gconstpointer data)
{
        Town *town = (Town *) data;
        g_autoptr (Node) north = node_new (town, TOWN_NORTH, NULL),
                         south = node_new (town, TOWN_SOUTH, NULL);

        node_listen (north);
        seki_endpoint_stop_listening (north->endpoint);
        node_call (south, TOWN_NORTH);
        town_wait (town, &south->closed, 1);
        g_assert_cmpstr (south->why, ==, SEKI_END_UNREACHABLE);
        g_assert_cmpuint (south->opened, ==, 0);
}

static void
test_list_ends_channels (gconstpointer data)
{
        Town *town = (Town *) data;
        g_autoptr (Node) north = node_new (town, TOWN_NORTH, NULL),
                         south = node_new (town, TOWN_SOUTH, NULL);

        node_listen (north);
        SekiChannel *busy = node_meet (south, north);
        node_meet (south, north);
        fake_pki_revoke (town->pki, "ca", SOUTH);
        g_assert_cmpint (seki_channel_write (busy, SEKI_SPAN_LITERAL ("before")), ==, 6);
        town_wait_bytes (town, &north->received, 6);
        g_assert_cmpint (seki_channel_write (busy, SEKI_SPAN_LITERAL ("after")), ==, 5);
        node_load_list (north, 0, 0);
        town_wait (town, &north->closed, 1);
        g_assert_cmpstr (north->why, ==, SEKI_REFUSAL_REVOKED);
        g_assert_cmpuint (north->received, ==, 6);
        gint64 start = g_get_monotonic_time ();
        town_wait (town, &north->closed, 2);
        g_assert_cmpint (g_get_monotonic_time () - start, <, 2000 * MILLISECOND);
        g_assert_cmpstr (north->reason, ==, SEKI_REFUSAL_REVOKED);
        town_wait (town, &south->closed, 2);
}

static void
test_refresh (gconstpointer data)
{
        Town *town = (Town *) data;
        g_autoptr (Node) north = node_new (town, TOWN_NORTH, NULL),
                         south = node_new (town, TOWN_SOUTH, NULL);
        g_autoptr (GError) error = NULL;

        node_listen (north);
        node_meet (south, north);
        seki_endpoint_refresh (north->endpoint, &error);
        g_assert_no_error (error);
        seki_endpoint_refresh (south->endpoint, &error);
        g_assert_no_error (error);
        node_meet (south, north);
        g_assert_cmpuint (seki_endpoint_count (north->endpoint), ==, 2);
}

#define WORKERS 2
#define MESSAGES 60

static gpointer
run_listener (gpointer user)
{
        seki_loop_run (((Aside *) user)->town.loop);
        return NULL;
}

static gpointer
run_caller (gpointer user)
{
        Aside *aside = user;
        Node *node = aside->node;
        g_autofree guint8 *bytes = g_malloc0 (20000);
        for (guint i = 0; i < 4; i++) {
                node_call (node, TOWN_NORTH);
                town_wait (&aside->town, &node->opened, i + 1);
                for (guint k = 0; k < MESSAGES; k++)
                        seki_channel_write (node->channel, seki_span (bytes, 20000));
        }
        town_wait_bytes (&aside->town, &node->received, 4 * MESSAGES * 20000);
        return NULL;
}

/* Two workers share a port, two callers call; all in threads of their own,
 * with the keyrings of the town in common. */
static void
test_threads (gconstpointer data)
{
        Town *town = (Town *) data;
        Aside *north[WORKERS], *south[WORKERS];
        pthread_t listeners[WORKERS], callers[WORKERS];

        for (guint i = 0; i < WORKERS; i++) {
                north[i] = aside_new (town, TOWN_NORTH, NULL);
                north[i]->node->echo = TRUE;
                node_listen_again (north[i]->node, i == 0 ? 0 : north[0]->node->port);
        }
        for (guint i = 0; i < WORKERS; i++) {
                south[i] = aside_new (town, TOWN_SOUTH, NULL);
                memcpy (south[i]->town.peer, north[0]->town.peer, sizeof town->peer);
                pthread_create (&listeners[i], NULL, run_listener, north[i]);
                pthread_create (&callers[i], NULL, run_caller, south[i]);
        }
        for (guint i = 0; i < WORKERS; i++)
                pthread_join (callers[i], NULL);
        for (guint i = 0; i < WORKERS; i++) {
                seki_loop_quit (north[i]->town.loop);
                pthread_join (listeners[i], NULL);
        }
        g_assert_cmpuint (north[0]->node->received + north[1]->node->received, ==,
                          (gsize) WORKERS * 4 * MESSAGES * 20000);
        for (guint i = 0; i < WORKERS; i++) {
                aside_free (south[i]);
                aside_free (north[i]);
        }
}

static gsize
memory_used (void)
{
        struct mallinfo2 info = mallinfo2 ();
        return info.uordblks + info.hblkhd;
}

/* Both ends lie in this process, so a pair costs twice a channel. */
static void
test_memory (gconstpointer data)
{
        Town *town = (Town *) data;
        g_autoptr (Node) north = node_new (town, TOWN_NORTH, NULL),
                         south = node_new (town, TOWN_SOUTH, NULL);
        SekiChannel *channels[16];
        guint32 sum;
        g_autofree guint8 *bytes = pattern (1 << 20, &sum);

        north->echo = TRUE;
        node_listen (north);
        node_meet (south, north);
        gsize before = memory_used ();
        for (guint i = 0; i < G_N_ELEMENTS (channels); i++)
                channels[i] = node_meet (south, north);
        gsize fresh = (memory_used () - before) / G_N_ELEMENTS (channels) / 2;
        for (guint i = 0; i < G_N_ELEMENTS (channels); i++) {
                south->received = 0;
                seki_channel_write (channels[i], seki_span (bytes, 1 << 20));
                town_wait_bytes (town, &south->received, 1 << 20);
        }
        gsize used = (memory_used () - before) / G_N_ELEMENTS (channels) / 2;
        g_test_message ("an idle channel holds %u KiB, after 1 MiB each way %u KiB",
                        (guint) (fresh >> 10), (guint) (used >> 10));
        g_assert_cmpuint (used, <, 160 * 1024);
        for (guint i = 0; i < G_N_ELEMENTS (channels); i++)
                seki_channel_close (channels[i], "enough");
        town_wait (town, &north->closed, G_N_ELEMENTS (channels));
        g_assert_cmpuint (memory_used (), <, before + 64 * 1024);
}

int
main (int argc, char **argv)
{
        g_test_init (&argc, &argv, NULL);
        g_assert_true (seki_nss_init (NULL));
        Town *town = town_new ();
        g_test_add_data_func ("/channel/what is written comes back, 1 byte to 1 MiB", town,
                              test_echo);
        g_test_add_data_func ("/channel/both ends know whom they have", town, test_identity);
        g_test_add_data_func ("/channel/many channels open and close", town, test_many_channels);
        g_test_add_data_func ("/channel/the owner may refuse a channel", town, test_owner_refuses);
        g_test_add_data_func ("/channel/a slow reader gets every byte once it reads", town,
                              test_slow_reader_recovers);
        g_test_add_data_func ("/channel/a reader that stands still is cut off", town,
                              test_slow_reader_is_cut_off);
        g_test_add_data_func ("/channel/what was queued leaves before a close", town,
                              test_close_lets_bytes_leave);
        g_test_add_data_func ("/channel/an idle channel ends, a busy one does not", town,
                              test_idle);
        g_test_add_data_func ("/channel/nobody there", town, test_unreachable);
        g_test_add_data_func ("/channel/workers share a port in threads of their own", town,
                              test_threads);
        g_test_add_data_func ("/channel/channels outlive new models", town, test_refresh);
        g_test_add_data_func ("/channel/an idle channel is small and leaves nothing behind", town,
                              test_memory);
        g_test_add_data_func ("/channel/a list that names the peer ends its channels", town,
                              test_list_ends_channels);
        int result = g_test_run ();
        town_free (town);
        g_assert_true (seki_nss_shutdown ());
        return result;
}
