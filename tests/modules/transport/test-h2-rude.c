/* SPDX-License-Identifier: Apache-2.0 */
/* Peers that break the rules, or keep to their letter to wear the node out.
 * Each flood is tried at the limit, which must pass, and beyond it. */
#include "raw.h"

static const SekiModule *module;

typedef struct {
        Node *node;
        SekiChannel *server;
} Room;

static void
set_up (Room *room, gconstpointer data G_GNUC_UNUSED)
{
        SekiChannelInfo info = { .peer = "account-01", .max_body = 1 << 20, .max_streams = 100 };
        GError *error = NULL;

        room->node = node_new (module, NULL);
        room->server = channel_new (room->node, &info);
        raw_send (room->server, raw_new (), &error);
        g_assert_no_error (error);
}

static void
tear_down (Room *room, gconstpointer data G_GNUC_UNUSED)
{
        channel_free (room->server);
        node_free (room->node);
}

typedef void (*Blow) (GByteArray *raw, guint i);

static void
blow_ping (GByteArray *raw, guint i G_GNUC_UNUSED)
{
        raw_frame (raw, RAW_PING, 0, 0, "12345678", 8);
}

static void
blow_ping_ack (GByteArray *raw, guint i G_GNUC_UNUSED)
{
        raw_frame (raw, RAW_PING, RAW_ACK, 0, "12345678", 8);
}

static void
blow_settings (GByteArray *raw, guint i G_GNUC_UNUSED)
{
        raw_frame (raw, RAW_SETTINGS, 0, 0, "\0\4\0\0\377\377", 6);
}

/* Complete requests, each taken back at once (CVE-2023-44487). */
static void
blow_reset (GByteArray *raw, guint i)
{
        raw_request (raw, 2 * i + 1, "");
        raw_u32 (raw, RAW_RST, 2 * i + 1, 8);
}

/* Requests opened and taken back before they are complete. */
static void
blow_open_reset (GByteArray *raw, guint i)
{
        GByteArray *block = raw_block ("POST", "/v1/transfer.register", "application/cbor");

        raw_headers (raw, RAW_END_HEADERS, 2 * i + 1, block);
        raw_u32 (raw, RAW_RST, 2 * i + 1, 8);
        g_byte_array_unref (block);
}

/* Requests so wrong that the server resets them itself (CVE-2025-8671). */
static void
blow_make_reset (GByteArray *raw, guint i)
{
        GByteArray *block = raw_block ("POST", NULL, "application/cbor");

        raw_headers (raw, RAW_END_HEADERS | RAW_END_STREAM, 2 * i + 1, block);
        g_byte_array_unref (block);
}

static void
blow_overflow (GByteArray *raw, guint i)
{
        GByteArray *block = raw_block ("POST", "/v1/transfer.register", "application/cbor");

        raw_headers (raw, RAW_END_HEADERS, 2 * i + 1, block);
        raw_u32 (raw, RAW_WINDOW, 2 * i + 1, 0x7fffffff);
        g_byte_array_unref (block);
}

/* Refused with a status, and left open so that the server has to reset. */
static void
blow_refused (GByteArray *raw, guint i)
{
        GByteArray *block = raw_block ("POST", "/", "application/cbor");

        raw_headers (raw, RAW_END_HEADERS, 2 * i + 1, block);
        g_byte_array_unref (block);
}

static void
open_first (GByteArray *raw, guint i)
{
        GByteArray *block = raw_block ("POST", "/v1/transfer.register", "application/cbor");

        if (i == 0)
                raw_headers (raw, RAW_END_HEADERS, 1, block);
        g_byte_array_unref (block);
}

static void
blow_empty (GByteArray *raw, guint i)
{
        open_first (raw, i);
        raw_frame (raw, RAW_DATA, 0, 1, NULL, 0);
}

static void
blow_padding (GByteArray *raw, guint i)
{
        open_first (raw, i);
        raw_frame (raw, RAW_DATA, RAW_PADDED, 1, "\3\0\0\0", 4);
}

static void
blow_window (GByteArray *raw, guint i G_GNUC_UNUSED)
{
        raw_u32 (raw, RAW_WINDOW, 0, 1);
}

static void
blow_priority (GByteArray *raw, guint i)
{
        raw_frame (raw, RAW_PRIORITY, 0, 2 * i + 1, "\0\0\0\0\20", 5);
}

static void
blow_priority_update (GByteArray *raw, guint i G_GNUC_UNUSED)
{
        raw_frame (raw, RAW_PRIORITY_UPDATE, 0, 0, "\0\0\0\1u=1", 7);
}

static void
blow_unknown (GByteArray *raw, guint i G_GNUC_UNUSED)
{
        raw_frame (raw, 0xfa, 0, 0, "?", 1);
}

static void
blow_goaway (GByteArray *raw, guint i G_GNUC_UNUSED)
{
        raw_frame (raw, RAW_GOAWAY, 0, 0, "\0\0\0\0\0\0\0\0", 8);
}

/* Header blocks in two parts, one after the other. */
static void
blow_continuation (GByteArray *raw, guint i)
{
        GByteArray *block = raw_block ("POST", "/v1/transfer.register", "application/cbor");

        raw_frame (raw, RAW_HEADERS, RAW_END_STREAM, 2 * i + 1, block->data, 10);
        raw_frame (raw, RAW_CONTINUATION, RAW_END_HEADERS, 2 * i + 1, block->data + 10,
                   block->len - 10);
        g_byte_array_unref (block);
}

typedef struct {
        const char *title;
        Blow blow;
        guint limit;            /* so many pass */
} Flood;

/* SETTINGS: one was sent with the preface. */
static const Flood floods[] = {
        { "PING", blow_ping, 20 },
        { "PING that was never asked for", blow_ping_ack, 20 },
        { "SETTINGS", blow_settings, 19 },
        { "rapid reset", blow_reset, 99 },      /* more are beyond max_streams */
        { "rapid reset of unfinished requests", blow_open_reset, 200 },
        { "requests that make us reset", blow_make_reset, 200 },
        { "window updates that make us reset", blow_overflow, 200 },
        { "refusals that make us reset", blow_refused, 200 },
        { "empty DATA", blow_empty, 100 },
        { "DATA of padding", blow_padding, 100 },
        { "WINDOW_UPDATE", blow_window, 10000 },
        { "PRIORITY", blow_priority, 100 },
        { "PRIORITY_UPDATE", blow_priority_update, 100 },
        { "unknown frames", blow_unknown, 100 },
        { "GOAWAY", blow_goaway, 100 },
        { "CONTINUATION over many requests", blow_continuation, 100 },
};

static GByteArray *
flood_raw (const Flood *flood, guint from, guint to)
{
        GByteArray *raw = g_byte_array_new ();

        for (guint i = from; i < to; i++)
                flood->blow (raw, i);
        return raw;
}

/* Takes the error. */
static void
expect_event (Room *room, GError *error, const char *event)
{
        SekiTransportStats stats;

        g_assert_error (error, SEKI_ERROR, SEKI_ERROR_PEER);
        g_assert_nonnull (strstr (error->message, "channel is closed"));
        g_error_free (error);
        g_assert_cmpuint (room->node->events->len, ==, 1);
        g_assert_cmpstr (g_ptr_array_index (room->node->events, 0), ==, event);
        module->transport->stats (room->node->self, &stats);
        g_assert_cmpuint (stats.refused, >=, 1);
}

static void
expect_cut (Room *room, GByteArray *raw, const char *event)
{
        GError *error = NULL;

        g_assert_false (raw_send (room->server, raw, &error));
        expect_event (room, error, event);
}

/* At the limit in one second: nothing happens, and a good request is heard. */
static void
test_at_limit (Room *room, gconstpointer data)
{
        const Flood *flood = data;
        GByteArray *raw = flood_raw (flood, 0, flood->limit);
        GError *error = NULL;
        guint before;

        raw_send (room->server, raw, &error);
        g_assert_no_error (error);
        before = room->server->got->len;
        if (flood->blow == blow_goaway || flood->blow == blow_continuation)
                return;
        raw = g_byte_array_new ();
        raw_request (raw, 2001, "good");
        raw_send (room->server, raw, &error);
        g_assert_no_error (error);
        g_assert_cmpuint (room->server->got->len, ==, before + 1);
}

/* Bytes come in pieces, as they do; FALSE once the peer was cut off. */
static gboolean
send_pieces (Room *room, GByteArray *raw, GError **error)
{
        gboolean fine = TRUE;

        for (guint at = 0; at < raw->len && fine; at += 1000)
                fine = channel_bytes (room->server, raw->data + at, MIN (1000, raw->len - at),
                                      error);
        g_byte_array_unref (raw);
        return fine;
}

/* The peer is cut off, and told why if it listens. */
static void
test_beyond (Room *room, gconstpointer data)
{
        const Flood *flood = data;
        gboolean let_go = flood->blow == blow_goaway;
        RawFrame frame = { 0 };
        GError *error = NULL;
        GArray *frames;

        g_assert_true (send_pieces (room, flood_raw (flood, 0, flood->limit), NULL));
        wire_clear (&room->server->out);
        g_assert_false (send_pieces (room, flood_raw (flood, flood->limit, 4 * flood->limit),
                                     &error));
        expect_event (room, error, "h2.flood account-01");
        frames = raw_frames (room->server);
        /* Who said GOAWAY himself was already let go. */
        g_assert_cmpuint (raw_count (frames, RAW_GOAWAY, &frame), ==, let_go ? 0 : 1);
        g_assert_cmpuint (frame.code, ==, let_go ? 0 : 11);
        g_array_unref (frames);
}

/* As many over four seconds is no flood. */
static void
test_over_time (Room *room, gconstpointer data)
{
        const Flood *flood = data;
        GError *error = NULL;
        guint part = MAX (flood->limit / 40, 1);

        for (guint i = 0; i < flood->limit; i += part) {
                raw_send (room->server, flood_raw (flood, i, i + part), &error);
                g_assert_no_error (error);
                for (guint k = 0; k < room->server->got->len; k++)
                        channel_answer (room->server, channel_got (room->server, k)->stream, 200,
                                        "x", 1, NULL);
                g_ptr_array_set_size (room->server->got, 0);
                room->node->now += G_USEC_PER_SEC / 10;
        }
}

/* The second slides: half the limit before and after its turn is together too much. */
static void
test_slides (Room *room, gconstpointer data G_GNUC_UNUSED)
{
        const Flood ping = { "", blow_ping, 20 };

        room->node->now += G_USEC_PER_SEC - 1;
        g_assert_true (raw_send (room->server, flood_raw (&ping, 0, 20), NULL));
        room->node->now += 1;
        expect_cut (room, flood_raw (&ping, 0, 2), "h2.flood account-01");
}

static void
test_clock_goes_back (Room *room, gconstpointer data G_GNUC_UNUSED)
{
        const Flood ping = { "", blow_ping, 20 };

        g_assert_true (raw_send (room->server, flood_raw (&ping, 0, 20), NULL));
        room->node->now -= 3600 * (gint64) G_USEC_PER_SEC;
        g_assert_true (raw_send (room->server, flood_raw (&ping, 0, 20), NULL));
        expect_cut (room, flood_raw (&ping, 0, 2), "h2.flood account-01");
}

/* Rapid reset in one burst: the core sees no more than max_streams requests. */
static void
test_reset_work (Room *room, gconstpointer data G_GNUC_UNUSED)
{
        const Flood reset = { "", blow_reset, 0 };
        GByteArray *raw = flood_raw (&reset, 0, 1000);

        for (guint at = 0; at < raw->len; at += 500)
                if (!channel_bytes (room->server, raw->data + at, MIN (500, raw->len - at), NULL))
                        break;
        g_assert_cmpuint (room->node->events->len, ==, 1);
        g_assert_cmpuint (room->server->got->len, ==, 100);
        g_byte_array_unref (raw);
}

/* One header block that never ends (CVE-2024-28182). */
static void
test_continuation (Room *room, gconstpointer data)
{
        guint parts = GPOINTER_TO_UINT (data);
        GByteArray *raw = g_byte_array_new (),
                *block = raw_block ("POST", "/v1/transfer.register", "application/cbor");
        GError *error = NULL;

        raw_frame (raw, RAW_HEADERS, RAW_END_STREAM, 1, block->data, block->len);
        for (guint i = 1; i <= parts; i++)
                raw_frame (raw, RAW_CONTINUATION, i == 4 ? RAW_END_HEADERS : 0, 1, "", 0);
        g_byte_array_unref (block);
        if (parts == 4) {
                raw_send (room->server, raw, &error);
                g_assert_no_error (error);
                g_assert_cmpuint (room->server->got->len, ==, 1);
                return;
        }
        /* Without END_HEADERS at 4. */
        for (gsize at = 0; at < raw->len; at++)
                if (raw->data[at] == RAW_CONTINUATION && at + 1 < raw->len && at > 100)
                        raw->data[at + 1] = 0;
        expect_cut (room, raw, parts < 90 ? "h2.broken account-01" : "h2.flood account-01");
}

/* One large field in the table, then thousands of bytes that each stand for it. */
static void
test_bomb (Room *room, gconstpointer data G_GNUC_UNUSED)
{
        GByteArray *raw = g_byte_array_new (),
                *block = raw_block ("POST", "/v1/transfer.register", "application/cbor");
        char *value = g_strnfill (900, 'x');
        guint8 name_len = 1, value_len[3] = { 127, (900 - 127) % 128 | 128, (900 - 127) / 128 },
                index = 0x80 | 62;

        g_byte_array_append (block, (const guint8 *) "\x40", 1);
        g_byte_array_append (block, &name_len, 1);
        g_byte_array_append (block, (const guint8 *) "a", 1);
        g_byte_array_append (block, value_len, 3);
        g_byte_array_append (block, (const guint8 *) value, 900);
        for (guint i = 0; i < 10000; i++)
                g_byte_array_append (block, &index, 1);
        raw_headers (raw, RAW_END_HEADERS | RAW_END_STREAM, 1, block);
        expect_cut (room, raw, "h2.flood account-01");
        g_assert_cmpuint (room->server->got->len, ==, 0);
        g_byte_array_unref (block);
        g_free (value);
}

static void
test_bomb_of_small_fields (Room *room, gconstpointer data G_GNUC_UNUSED)
{
        GByteArray *raw = g_byte_array_new (),
                *block = raw_block ("POST", "/v1/transfer.register", "application/cbor");

        for (guint i = 0; i < 600; i++)
                raw_field (block, "x", "");
        raw_headers (raw, RAW_END_HEADERS | RAW_END_STREAM, 1, block);
        expect_cut (room, raw, "h2.flood account-01");
        g_byte_array_unref (block);
}

/* Acknowledgements pile up behind a peer that does not read. */
static void
test_deaf_ping (Room *room, gconstpointer data G_GNUC_UNUSED)
{
        const Flood ping = { "", blow_ping, 0 };
        guint sent = 0;

        wire_clear (&room->server->out);
        room->server->room = 0;
        while (sent < 1000 && raw_send (room->server, flood_raw (&ping, 0, 1), NULL)) {
                sent++;
                room->node->now += G_USEC_PER_SEC / 4;
        }
        /* 64 wait, those that were already gathered into a record come on top. */
        g_assert_cmpuint (sent, >=, 64);
        g_assert_cmpuint (sent, <, 200);
}

static void
send_broken (Room *room, gconstpointer bytes, gsize len)
{
        GByteArray *raw = g_byte_array_new ();

        g_byte_array_append (raw, bytes, (guint) len);
        expect_cut (room, raw, "h2.broken account-01");
}

static const struct { const char *bytes; gsize len; } broken[] = {
        { "\0\0\4\x00\0\0\0\0\0body", 13 },             /* DATA on stream 0 */
        { "\0\0\4\x00\0\0\0\0\1body", 13 },             /* DATA on an idle stream */
        { "\0\0\1\x01\5\0\0\0\2\x82", 10 },             /* a client with an even stream */
        { "\0\0\3\x03\0\0\0\0\1abc", 12 },              /* RST_STREAM of a wrong size */
        { "\0\0\5\x04\0\0\0\0\0abcde", 14 },            /* SETTINGS of a wrong size */
        { "\0\0\6\x04\0\0\0\0\0\0\4\377\377\377\377", 15 },     /* window beyond 2^31 */
        { "\0\0\7\x06\0\0\0\0\0abcdefg", 16 },          /* PING of a wrong size */
        { "\0\0\4\x08\0\0\0\0\0\0\0\0\0", 13 },         /* WINDOW_UPDATE of nothing */
        { "\0\0\4\x08\0\0\0\0\0\177\377\377\377", 13 }, /* window overflow */
        { "\0\0\1\x09\4\0\0\0\1\x82", 10 },             /* CONTINUATION of nothing */
        { "\0\0\1\x01\5\0\0\0\1\xff", 10 },             /* field that is not in the table */
        { "\0\0\4\x05\4\0\0\0\1\0\0\0\2", 13 },         /* PUSH_PROMISE of a client */
        { "\0\x40\1\x00\0\0\0\0\1", 9 },                /* frame longer than allowed */
};

static void
test_broken_frames (Room *room, gconstpointer data)
{
        guint i = GPOINTER_TO_UINT (data);

        send_broken (room, broken[i].bytes, broken[i].len);
}

static const char *const noise[] = {
        "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\rX123456789",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nnot a settings frame",
        "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
};

static void
test_garbage (Room *room, gconstpointer data)
{
        SekiChannelInfo info = room->server->info;
        SekiChannel *fresh = channel_new (room->node, &info);
        GError *error = NULL;

        g_assert_false (channel_bytes (fresh, noise[GPOINTER_TO_UINT (data)],
                                       strlen (noise[GPOINTER_TO_UINT (data)]), &error));
        g_assert_error (error, SEKI_ERROR, SEKI_ERROR_PEER);
        g_clear_error (&error);
        /* The core closes; if it is slow about that, nothing more is accepted. */
        g_assert_false (channel_bytes (fresh, "more", 4, &error));
        g_clear_error (&error);
        channel_free (fresh);
}

static void
turn_over (GByteArray *raw)
{
        gint at = g_test_rand_int_range (24, (gint) raw->len);

        raw->data[at] = (guint8) g_test_rand_int ();
}

/* Bytes turned over at random in a good conversation: no crash, no hang, no wrong body. */
static void
test_random (Room *room, gconstpointer data G_GNUC_UNUSED)
{
        GByteArray *good = raw_new ();

        for (guint i = 0; i < 5; i++)
                raw_request (good, 2 * i + 1, "a body of some length");
        for (guint round = 0; round < 3000; round++) {
                GByteArray *raw = g_byte_array_sized_new (good->len);
                SekiChannel *server = channel_new (room->node, &room->server->info);

                g_byte_array_append (raw, good->data, good->len);
                for (gint n = g_test_rand_int_range (1, 6); n > 0; n--)
                        turn_over (raw);
                raw_send (server, raw, NULL);
                g_assert_cmpuint (server->got->len, <=, 5);
                for (guint i = 0; i < server->got->len; i++)
                        channel_answer (server, channel_got (server, i)->stream, 200, "x", 1, NULL);
                channel_free (server);
        }
        g_byte_array_unref (good);
}

/* A server may be rude, too. */
static void
test_rude_server (Room *room, gconstpointer data)
{
        const Flood *flood = data;
        SekiChannelInfo info = { .client = TRUE, .peer = "transfer-01", .max_body = 1000,
                                 .max_streams = 10 };
        SekiChannel *client = channel_new (room->node, &info);
        GByteArray *raw = g_byte_array_new ();
        GError *error = NULL;

        raw_frame (raw, RAW_SETTINGS, 0, 0, NULL, 0);
        for (guint i = 0; i < 2 * flood->limit; i++)
                flood->blow (raw, i);
        g_assert_true (channel_ask (client, "transfer.register", "x", 1, 1, NULL));
        g_assert_false (raw_send (client, raw, &error));
        g_assert_error (error, SEKI_ERROR, SEKI_ERROR_PEER);
        g_clear_error (&error);
        channel_free (client);
}

typedef void (*RoomTest) (Room *room, gconstpointer data);

static void
add (const char *group, const char *title, RoomTest test, gconstpointer data)
{
        char *path = g_strdup_printf ("/transport/h2/%s/%s", group, title);

        g_test_add (path, Room, data, set_up, test, tear_down);
        g_free (path);
}

static void
add_floods (void)
{
        for (guint i = 0; i < G_N_ELEMENTS (floods); i++) {
                add ("at the limit", floods[i].title, test_at_limit, &floods[i]);
                add ("beyond it", floods[i].title, test_beyond, &floods[i]);
                add ("over time", floods[i].title, test_over_time, &floods[i]);
        }
        add ("rude server", "PING", test_rude_server, &floods[0]);
        add ("rude server", "SETTINGS", test_rude_server, &floods[2]);
        add ("rude server", "WINDOW_UPDATE", test_rude_server, &floods[10]);
}

static void
add_numbered (const char *title, RoomTest test, guint n)
{
        for (guint i = 0; i < n; i++) {
                char *numbered = g_strdup_printf ("%s %u", title, i + 1);

                add ("broken", numbered, test, GUINT_TO_POINTER (i));
                g_free (numbered);
        }
}

int
main (int argc, char **argv)
{
        g_test_init (&argc, &argv, NULL);
        module = pair_module (argv[argc - 1]);
        add_floods ();
        add ("floods", "the second slides", test_slides, NULL);
        add ("floods", "the clock goes back", test_clock_goes_back, NULL);
        add ("floods", "rapid reset buys no work", test_reset_work, NULL);
        add ("floods", "a few CONTINUATION", test_continuation, GUINT_TO_POINTER (4));
        add ("floods", "more CONTINUATION", test_continuation, GUINT_TO_POINTER (6));
        add ("floods", "very many CONTINUATION", test_continuation, GUINT_TO_POINTER (5000));
        add ("floods", "a header bomb", test_bomb, NULL);
        add ("floods", "a bomb of small fields", test_bomb_of_small_fields, NULL);
        add ("floods", "PING by a peer that does not read", test_deaf_ping, NULL);
        add_numbered ("frame", test_broken_frames, G_N_ELEMENTS (broken));
        add_numbered ("preface", test_garbage, G_N_ELEMENTS (noise));
        add ("broken", "bytes at random", test_random, NULL);
        return g_test_run ();
}
