/* SPDX-License-Identifier: Apache-2.0 */
/* Two sessions of the module, back to back. */
#include "raw.h"

#define KIB ((gsize) 1024)
#define MIB (1024 * KIB)

static const SekiModule *module;

typedef struct {
        Node *node;
        SekiChannel *client, *server;
} Pair;

static void
set_up (Pair *pair, gconstpointer data G_GNUC_UNUSED)
{
        pair->node = node_new (module, NULL);
        pair_new (pair->node, 100, 8 * MIB, &pair->client, &pair->server);
        pair_run (pair->client, pair->server, G_MAXSIZE / 2);
}

static void
tear_down (Pair *pair, gconstpointer data G_GNUC_UNUSED)
{
        channel_free (pair->client);
        channel_free (pair->server);
        node_free (pair->node);
}

static void
run (Pair *pair)
{
        pair_run (pair->client, pair->server, G_MAXSIZE / 2);
}

static void
ask (Pair *pair, gconstpointer body, gsize len, guint64 token)
{
        GError *error = NULL;

        channel_ask (pair->client, "transfer.register", body, len, token, &error);
        g_assert_no_error (error);
}

static void
answer (Pair *pair, guint64 stream, gconstpointer body, gsize len)
{
        GError *error = NULL;

        channel_answer (pair->server, stream, 200, body, len, &error);
        g_assert_no_error (error);
}

static guint8 *
pattern (gsize len, guint seed)
{
        guint8 *bytes = g_malloc (len);

        for (gsize i = 0; i < len; i++)
                bytes[i] = (guint8) (i * 7 + i / 251 + seed);
        return bytes;
}

static void
test_as_sent (Pair *pair, gconstpointer data G_GNUC_UNUSED)
{
        const Got *got;

        ask (pair, "\x00\x01question", 10, 77);
        run (pair);
        g_assert_cmpuint (pair->server->got->len, ==, 1);
        got = channel_got (pair->server, 0);
        g_assert_cmpstr (got->action, ==, "transfer.register");
        g_assert_cmpuint (got->status, ==, 0);
        g_assert_cmpint (got->content, ==, SEKI_CONTENT_CBOR);
        g_assert_cmpmem (got->body, got->len, "\x00\x01question", 10);
        answer (pair, got->stream, "{}", 2);
        run (pair);
        g_assert_cmpuint (pair->client->got->len, ==, 1);
        got = channel_got (pair->client, 0);
        g_assert_cmpuint (got->status, ==, 200);
        g_assert_cmpuint (got->token, ==, 77);
        g_assert_cmpint (got->content, ==, SEKI_CONTENT_JSON);
        g_assert_null (got->action);
        g_assert_cmpmem (got->body, got->len, "{}", 2);
}

static void
test_empty (Pair *pair, gconstpointer data G_GNUC_UNUSED)
{
        ask (pair, NULL, 0, 1);
        run (pair);
        g_assert_cmpuint (channel_got (pair->server, 0)->len, ==, 0);
        answer (pair, channel_got (pair->server, 0)->stream, NULL, 0);
        run (pair);
        g_assert_cmpuint (channel_got (pair->client, 0)->status, ==, 200);
        g_assert_cmpuint (channel_got (pair->client, 0)->len, ==, 0);
}

static void
test_piece_by_piece (Pair *pair, gconstpointer data G_GNUC_UNUSED)
{
        guint8 *body = pattern (3000, 1);

        for (guint i = 0; i < 3; i++) {
                const gsize piece[] = { 1, 2, 7 };

                ask (pair, body, 3000, i);
                pair_run (pair->client, pair->server, piece[i]);
                g_assert_cmpmem (channel_got (pair->server, i)->body,
                                 channel_got (pair->server, i)->len, body, 3000);
                answer (pair, channel_got (pair->server, i)->stream, body, 3000);
                pair_run (pair->client, pair->server, piece[i]);
                g_assert_cmpmem (channel_got (pair->client, i)->body,
                                 channel_got (pair->client, i)->len, body, 3000);
        }
        g_free (body);
}

/* Cut in two at every place, on a channel of its own each time. */
static void
test_every_boundary (Pair *pair, gconstpointer data G_GNUC_UNUSED)
{
        GByteArray *raw = raw_new ();
        GError *error = NULL;

        raw_request (raw, 1, "a body that is cut");
        for (guint cut = 0; cut <= raw->len; cut++) {
                SekiChannel *server = channel_new (pair->node, &pair->server->info);

                channel_bytes (server, raw->data, cut, &error);
                g_assert_no_error (error);
                g_assert_cmpuint (server->got->len, ==, cut == raw->len ? 1 : 0);
                channel_bytes (server, raw->data + cut, raw->len - cut, &error);
                g_assert_no_error (error);
                g_assert_cmpmem (channel_got (server, 0)->body, channel_got (server, 0)->len,
                                 "a body that is cut", 18);
                channel_free (server);
        }
        g_byte_array_unref (raw);
}

static void
test_blocked (Pair *pair, gconstpointer data)
{
        gsize take = GPOINTER_TO_SIZE (data);
        gsize len = 64 * KIB;
        guint8 *body = pattern (len, 3);

        pair->client->room = pair->client->refill = take;
        pair->server->room = pair->server->refill = take;
        ask (pair, body, len, 5);
        run (pair);
        g_assert_cmpmem (channel_got (pair->server, 0)->body, channel_got (pair->server, 0)->len,
                         body, len);
        answer (pair, channel_got (pair->server, 0)->stream, body, len);
        run (pair);
        g_assert_cmpmem (channel_got (pair->client, 0)->body, channel_got (pair->client, 0)->len,
                         body, len);
        g_free (body);
}

static void
test_reverse (Pair *pair, gconstpointer data G_GNUC_UNUSED)
{
        for (guint i = 0; i < 100; i++)
                ask (pair, &i, sizeof i, 1000 + i);
        run (pair);
        g_assert_cmpuint (pair->server->got->len, ==, 100);
        for (guint i = 100; i-- > 0;)
                answer (pair, channel_got (pair->server, i)->stream,
                        channel_got (pair->server, i)->body,
                        channel_got (pair->server, i)->len);
        run (pair);
        g_assert_cmpuint (pair->client->got->len, ==, 100);
        for (guint i = 0; i < 100; i++) {
                const Got *got = channel_got (pair->client, i);
                guint sent = (guint) got->token - 1000;

                g_assert_cmpmem (got->body, got->len, &sent, sizeof sent);
        }
        g_assert_cmpuint (channel_got (pair->client, 0)->token, ==, 1099);
}

/* Bigger than the window of a stream and of the connection, both ways. */
static void
test_windows (Pair *pair, gconstpointer data G_GNUC_UNUSED)
{
        gsize len = 5 * MIB + 1;
        guint8 *body = pattern (len, 9);

        ask (pair, body, len, 1);
        /* The server has not yet given way: no more than its window may be under way. */
        g_assert_cmpuint (pair->client->out.len, <=, 520 * KIB);
        /* But that much, so that a batch needs no second round trip. */
        g_assert_cmpuint (pair->client->out.len, >=, 512 * KIB);
        run (pair);
        g_assert_cmpmem (channel_got (pair->server, 0)->body, channel_got (pair->server, 0)->len,
                         body, len);
        answer (pair, channel_got (pair->server, 0)->stream, body, len);
        run (pair);
        g_assert_cmpmem (channel_got (pair->client, 0)->body, channel_got (pair->client, 0)->len,
                         body, len);
        g_free (body);
}

static void
test_gathered (Pair *pair, gconstpointer data G_GNUC_UNUSED)
{
        guint8 *body = pattern (400 * KIB, 2);
        guint writes;

        for (guint i = 0; i < 50; i++)
                ask (pair, "x", 1, i);
        run (pair);
        pair->server->room = 0;
        for (guint i = 0; i < 50; i++)
                answer (pair, channel_got (pair->server, i)->stream, "yes", 3);
        writes = pair->server->writes;
        channel_writable (pair->server);
        /* The first answer had been gathered alone, the others together. */
        g_assert_cmpuint (pair->server->writes - writes, <=, 2);
        run (pair);
        g_assert_cmpuint (pair->client->got->len, ==, 50);
        ask (pair, body, 400 * KIB, 99);
        run (pair);
        g_assert_cmpuint (pair->client->largest_write, ==, 16384);
        g_assert_cmpuint (pair->client->writes, <, 50 + 400 / 16 + 10);
        g_free (body);
}

static void
test_peer_gives_up (Pair *pair, gconstpointer data G_GNUC_UNUSED)
{
        SekiChannel *server = channel_new (pair->node, &pair->server->info);
        GByteArray *raw = raw_new ();
        GError *error = NULL;

        raw_request (raw, 1, "forget it");
        raw_u32 (raw, RAW_RST, 1, 8);
        raw_request (raw, 3, "keep it");
        raw_send (server, raw, &error);
        g_assert_no_error (error);
        g_assert_cmpuint (server->got->len, ==, 2);
        g_assert_false (channel_answer (server, 1, 200, "late", 4, &error));
        g_assert_error (error, SEKI_ERROR, SEKI_ERROR_MISSING);
        g_clear_error (&error);
        channel_answer (server, 3, 200, "good", 4, &error);
        g_assert_no_error (error);
        /* Each is answered once. */
        g_assert_false (channel_answer (server, 3, 200, "again", 5, &error));
        g_assert_error (error, SEKI_ERROR, SEKI_ERROR_MISSING);
        g_clear_error (&error);
        g_assert_false (channel_answer (server, 99, 200, "never asked", 5, &error));
        g_assert_error (error, SEKI_ERROR, SEKI_ERROR_MISSING);
        g_clear_error (&error);
        channel_free (server);
}

/* Resetting what was asked must not make room for more work. */
static void
test_given_up_still_counts (Pair *pair, gconstpointer data G_GNUC_UNUSED)
{
        SekiChannelInfo info = pair->server->info;
        GByteArray *raw = raw_new ();
        GError *error = NULL;
        SekiChannel *server;

        info.max_streams = 10;
        server = channel_new (pair->node, &info);
        for (guint i = 0; i < 30; i++) {
                raw_request (raw, 2 * i + 1, "work");
                raw_u32 (raw, RAW_RST, 2 * i + 1, 8);
        }
        raw_send (server, raw, &error);
        g_assert_no_error (error);
        g_assert_cmpuint (server->got->len, ==, 10);
        g_assert_false (channel_answer (server, 1, 200, "done", 4, NULL));
        raw = g_byte_array_new ();
        raw_request (raw, 101, "more");
        raw_request (raw, 103, "too much");
        raw_send (server, raw, &error);
        g_assert_no_error (error);
        g_assert_cmpuint (server->got->len, ==, 11);
        channel_free (server);
}

static void
test_client_waits_in_line (Pair *pair, gconstpointer data G_GNUC_UNUSED)
{
        SekiChannelInfo info = pair->client->info;
        SekiChannel *client = channel_new (pair->node, &info), *server;
        GError *error = NULL;

        info = pair->server->info;
        info.max_streams = 2;
        server = channel_new (pair->node, &info);
        pair_run (client, server, 4096);
        for (guint i = 0; i < 100; i++)
                g_assert_true (channel_ask (client, "transfer.register", "x", 1, i, NULL));
        g_assert_false (channel_ask (client, "transfer.register", "x", 1, 100, &error));
        g_assert_error (error, SEKI_ERROR, SEKI_ERROR_BUSY);
        g_clear_error (&error);
        for (guint i = 0; i < 100; i++) {
                pair_run (client, server, 4096);
                g_assert_cmpuint (server->got->len, ==, MIN (i + 2, 100));
                g_assert_true (channel_answer (server, channel_got (server, i)->stream, 200, "y", 1,
                                               NULL));
        }
        pair_run (client, server, 4096);
        g_assert_cmpuint (client->got->len, ==, 100);
        for (guint i = 0; i < 100; i++)
                g_assert_cmpuint (channel_got (client, i)->status, ==, 200);
        channel_free (client);
        channel_free (server);
}

static void
test_drain (Pair *pair, gconstpointer data G_GNUC_UNUSED)
{
        GError *error = NULL;

        ask (pair, "first", 5, 1);
        run (pair);
        channel_drain (pair->server);
        /* This one crosses the GOAWAY on its way. */
        ask (pair, "second", 6, 2);
        run (pair);
        g_assert_cmpuint (pair->server->got->len, ==, 1);
        g_assert_cmpuint (pair->client->got->len, ==, 1);
        g_assert_cmpuint (channel_got (pair->client, 0)->token, ==, 2);
        g_assert_cmpuint (channel_got (pair->client, 0)->status, ==, 599);
        g_assert_false (channel_ask (pair->client, "transfer.register", "third", 5, 3, &error));
        g_assert_error (error, SEKI_ERROR, SEKI_ERROR_PEER);
        g_clear_error (&error);
        g_assert_null (pair->server->closed);
        answer (pair, channel_got (pair->server, 0)->stream, "done", 4);
        g_assert_nonnull (pair->server->closed);
        run (pair);
        g_assert_cmpuint (channel_got (pair->client, 1)->token, ==, 1);
        g_assert_cmpuint (channel_got (pair->client, 1)->status, ==, 200);
        g_assert_nonnull (pair->client->closed);
}

static void
test_drain_idle (Pair *pair, gconstpointer data G_GNUC_UNUSED)
{
        channel_drain (pair->client);
        channel_drain (pair->client);
        g_assert_nonnull (pair->client->closed);
        run (pair);
        g_assert_nonnull (pair->server->closed);
}

static void
answer_at_once (SekiChannel *server, const SekiFrame *frame)
{
        g_assert_true (channel_answer (server, frame->stream, 200, frame->body.data,
                                       frame->body.len, NULL));
}

static void
ask_again (SekiChannel *client, const SekiFrame *frame)
{
        g_assert_cmpuint (frame->status, ==, 200);
        if (frame->token < 20)
                g_assert_true (channel_ask (client, "transfer.register", frame->body.data,
                                            frame->body.len,
                                            frame->token + 1, NULL));
        else
                client->on_deliver = NULL;
}

/* Both sides answer and ask from within the delivery. */
static void
test_from_within (Pair *pair, gconstpointer data G_GNUC_UNUSED)
{
        pair->server->on_deliver = answer_at_once;
        pair->client->on_deliver = ask_again;
        ask (pair, "ball", 4, 0);
        run (pair);
        g_assert_null (pair->client->on_deliver);
}

static void
let_go (SekiChannel *channel, const SekiFrame *frame G_GNUC_UNUSED)
{
        channel->node->module->transport->detach (channel->session);
        channel->session = NULL;
}

static void
test_detach_from_within (Pair *pair, gconstpointer data G_GNUC_UNUSED)
{
        pair->server->on_deliver = let_go;
        ask (pair, "one", 3, 1);
        ask (pair, "two", 3, 2);
        run (pair);
        g_assert_null (pair->server->session);
        g_assert_cmpuint (pair->client->got->len, ==, 0);
}

static void
test_gone_channel (Pair *pair, gconstpointer data G_GNUC_UNUSED)
{
        GError *error = NULL;

        pair->client->gone = TRUE;
        channel_ask (pair->client, "transfer.register", "x", 1, 1, NULL);
        g_assert_false (channel_ask (pair->client, "transfer.register", "x", 1, 2, &error));
        g_assert_error (error, SEKI_ERROR, SEKI_ERROR_PEER);
        g_clear_error (&error);
        channel_writable (pair->client);
        g_assert_null (pair->client->closed);
}

static void
test_bad_calls (Pair *pair, gconstpointer data G_GNUC_UNUSED)
{
        const char *const bad[] = { "", "transfer", "Transfer.register", "transfer.", ".register",
                                    "a..b", "transfer.register/../x", "transfer register", "1a.b",
                                    "a.\x80" };
        char *longer = g_strnfill (65, 'a');
        GError *error = NULL;

        longer[3] = '.';
        for (guint i = 0; i <= G_N_ELEMENTS (bad); i++) {
                const char *action = i < G_N_ELEMENTS (bad) ? bad[i] : longer;

                g_assert_false (channel_ask (pair->client, action, "x", 1, 1, &error));
                g_assert_error (error, SEKI_ERROR, SEKI_ERROR_INVALID);
                g_clear_error (&error);
        }
        longer[64] = '\0';
        g_assert_true (channel_ask (pair->client, longer, "x", 1, 1, NULL));
        run (pair);
        g_assert_cmpstr (channel_got (pair->server, 0)->action, ==, longer);
        g_assert_false (channel_answer (pair->server, 1, 0, "x", 1, &error));
        g_assert_error (error, SEKI_ERROR, SEKI_ERROR_INVALID);
        g_clear_error (&error);
        g_free (longer);
}

static void
test_stats (Pair *pair, gconstpointer data G_GNUC_UNUSED)
{
        SekiTransportStats stats;

        ask (pair, "x", 1, 1);
        run (pair);
        module->transport->stats (pair->node->self, &stats);
        g_assert_cmpuint (stats.channels, ==, 2);
        g_assert_cmpuint (stats.streams, ==, 2);
        g_assert_cmpuint (stats.refused, ==, 0);
        g_assert_cmpuint (stats.bytes_in, ==, stats.bytes_out);
        g_assert_cmpuint (stats.bytes_in, >, 100);
}

int
main (int argc, char **argv)
{
        const struct {
                const char *title;
                void (*test) (Pair *, gconstpointer);
                gsize data;
        } tests[] = {
                { "a request and its answer arrive as they were sent", test_as_sent, 0 },
                { "a message may be empty", test_empty, 0 },
                { "bytes may come one by one", test_piece_by_piece, 0 },
                { "a request may be cut at every boundary", test_every_boundary, 0 },
                { "a channel that takes 1 byte at a time", test_blocked, 1 },
                { "a channel that takes 7 bytes at a time", test_blocked, 7 },
                { "a channel that takes 5000 bytes at a time", test_blocked, 5000 },
                { "a hundred answers in reverse order", test_reverse, 0 },
                { "messages larger than all windows", test_windows, 0 },
                { "frames are gathered into one write", test_gathered, 0 },
                { "a peer that gives up gets no answer", test_peer_gives_up, 0 },
                { "what a peer gave up still counts until it is done", test_given_up_still_counts,
                  0 },
                { "requests beyond the peer's limit wait in line", test_client_waits_in_line, 0 },
                { "a draining server answers what it has", test_drain, 0 },
                { "draining an idle channel closes it", test_drain_idle, 0 },
                { "answers and requests from within a delivery", test_from_within, 0 },
                { "the channel may go from within a delivery", test_detach_from_within, 0 },
                { "a channel that is gone takes nothing", test_gone_channel, 0 },
                { "calls that break the contract are errors", test_bad_calls, 0 },
                { "the counters count", test_stats, 0 },
        };

        g_test_init (&argc, &argv, NULL);
        module = pair_module (argv[argc - 1]);
        for (guint i = 0; i < G_N_ELEMENTS (tests); i++) {
                char *path = g_strdup_printf ("/transport/h2/%s", tests[i].title);

                g_test_add (path, Pair, GSIZE_TO_POINTER (tests[i].data), set_up, tests[i].test,
                            tear_down);
                g_free (path);
        }
        return g_test_run ();
}
