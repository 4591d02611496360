/* SPDX-License-Identifier: Apache-2.0 */
/* Requests and answers that are understood and refused; the channel goes on. */
#include "raw.h"

#define BODY_MAX 1000

static const SekiModule *module;

typedef struct {
        Node *node;
        SekiChannel *server, *client;
} Room;

static void
set_up (Room *room, gconstpointer data G_GNUC_UNUSED)
{
        const char *const changes[] = { "inbound=65536", "outbound=65536", NULL };
        SekiChannelInfo info = { .peer = "account-01", .max_body = BODY_MAX, .max_streams = 100 };

        room->node = node_new (module, changes);
        room->server = channel_new (room->node, &info);
        info.client = TRUE;
        room->client = channel_new (room->node, &info);
}

static void
tear_down (Room *room, gconstpointer data G_GNUC_UNUSED)
{
        channel_free (room->server);
        channel_free (room->client);
        node_free (room->node);
}

/* Sends one bad request and then a good one, which must arrive; what was said to the bad one. */
static GArray *
try_request (SekiChannel *server, GByteArray *raw)
{
        GError *error = NULL;

        raw_request (raw, 9, "good");
        raw_send (server, raw, &error);
        g_assert_no_error (error);
        g_assert_cmpuint (server->got->len, ==, 1);
        g_assert_cmpuint (channel_got (server, 0)->stream, ==, 9);
        return raw_frames (server);
}

static void
expect_status (SekiChannel *server, GByteArray *raw, guint status, guint resets)
{
        RawFrame frame = { 0 };
        GArray *frames = try_request (server, raw);

        g_assert_cmpuint (raw_count (frames, RAW_HEADERS, &frame), ==, 1);
        g_assert_cmpuint (frame.stream, ==, 1);
        g_assert_cmpuint (frame.status, ==, status);
        g_assert_cmpuint (raw_count (frames, RAW_RST, &frame), ==, resets);
        if (resets != 0)
                g_assert_cmpuint (frame.code, ==, 0);
        g_array_unref (frames);
}

typedef struct {
        const char *title, *method, *path, *type, *name, *value;
        guint status;           /* 0: it is delivered; 1: the stream is reset without an answer */
} Case;

#define GOOD_PATH "/v1/transfer.register"
#define CBOR "application/cbor"

static const Case cases[] = {
        { "plain", "POST", GOOD_PATH, CBOR, NULL, NULL, 0 },
        { "JSON", "POST", GOOD_PATH, "application/json", NULL, NULL, 0 },
        { "JSON with a charset", "POST", GOOD_PATH, "application/json; charset=UTF-8", NULL, NULL,
          0 },
        { "fields nobody needs", "POST", GOOD_PATH, CBOR, "user-agent", "curl/7.88", 0 },
        { "identity coding", "POST", GOOD_PATH, CBOR, "content-encoding", "identity", 0 },
        { "GET", "GET", GOOD_PATH, CBOR, NULL, NULL, 405 },
        { "PUT", "PUT", GOOD_PATH, CBOR, NULL, NULL, 405 },
        { "post in lower case", "post", GOOD_PATH, CBOR, NULL, NULL, 405 },
        { "GET of the folder", "GET", "/v1/", NULL, NULL, NULL, 404 },
        { "root", "POST", "/", CBOR, NULL, NULL, 404 },
        { "other version", "POST", "/v2/transfer.register", CBOR, NULL, NULL, 404 },
        { "no verb", "POST", "/v1/transfer", CBOR, NULL, NULL, 404 },
        { "dots", "POST", "/v1/../etc.passwd", CBOR, NULL, NULL, 404 },
        { "escape", "POST", "/v1/transfer%2eregister", CBOR, NULL, NULL, 404 },
        { "query", "POST", "/v1/transfer.register?a=1", CBOR, NULL, NULL, 404 },
        { "very long path", "POST",
          "/v1/transfer.registerregisterregisterregisterregisterregisterregisterregister",
          CBOR, NULL, NULL, 404 },
        { "no type", "POST", GOOD_PATH, NULL, NULL, NULL, 415 },
        { "other type", "POST", GOOD_PATH, "text/plain", NULL, NULL, 415 },
        { "type with more", "POST", GOOD_PATH, "application/cbor-seq", NULL, NULL, 415 },
        { "two types", "POST", GOOD_PATH, CBOR, "content-type", "application/json", 400 },
        { "the same type twice", "POST", GOOD_PATH, CBOR, "content-type", CBOR, 400 },
        { "compressed", "POST", GOOD_PATH, CBOR, "content-encoding", "gzip", 415 },
        { "announced too long", "POST", GOOD_PATH, CBOR, "content-length", "1001", 413 },
        { "announced far too long", "POST", GOOD_PATH, CBOR, "content-length",
          "9223372036854775807", 413 },
        { "length is no number", "POST", GOOD_PATH, CBOR, "content-length", "1e3", 1 },
        { "length beyond numbers", "POST", GOOD_PATH, CBOR, "content-length",
          "99999999999999999999999", 1 },
        { "length that is not true", "POST", GOOD_PATH, CBOR, "content-length", "9", 1 },
        { "no method", NULL, GOOD_PATH, CBOR, NULL, NULL, 1 },
        { "no path", "POST", NULL, CBOR, NULL, NULL, 1 },
        { "capital letters in a name", "POST", GOOD_PATH, CBOR, "X-Thing", "1", 1 },
        { "a line end in a value", "POST", GOOD_PATH, CBOR, "x-thing", "a\r\nb: c", 1 },
        { "field of a connection", "POST", GOOD_PATH, CBOR, "connection", "close", 1 },
        { "chunked", "POST", GOOD_PATH, CBOR, "transfer-encoding", "chunked", 1 },
        { "pseudo field at the end", "POST", GOOD_PATH, CBOR, ":method", "POST", 1 },
};

static GByteArray *
case_raw (const Case *c)
{
        GByteArray *raw = raw_new (), *block = raw_block (c->method, c->path, c->type);

        if (c->name != NULL)
                raw_field (block, c->name, c->value);
        raw_headers (raw, RAW_END_HEADERS, 1, block);
        /* Who announced too much is still sending when he is told. */
        if (c->status != 413)
                raw_frame (raw, RAW_DATA, RAW_END_STREAM, 1, "body", 4);
        g_byte_array_unref (block);
        return raw;
}

static void
test_case (Room *room, gconstpointer data)
{
        const Case *c = data;
        GError *error = NULL;
        GArray *frames;
        RawFrame frame = { 0 };

        if (c->status > 1) {
                expect_status (room->server, case_raw (c), c->status, c->status == 413 ? 1 : 0);
                return;
        }
        if (c->status == 1) {
                frames = try_request (room->server, case_raw (c));
                g_assert_cmpuint (raw_count (frames, RAW_HEADERS, NULL), ==, 0);
                g_assert_cmpuint (raw_count (frames, RAW_RST, &frame), ==, 1);
                g_assert_cmpuint (frame.code, ==, 1);
                g_array_unref (frames);
                return;
        }
        raw_send (room->server, case_raw (c), &error);
        g_assert_no_error (error);
        g_assert_cmpuint (room->server->got->len, ==, 1);
        g_assert_cmpstr (channel_got (room->server, 0)->action, ==, "transfer.register");
        g_assert_cmpmem (channel_got (room->server, 0)->body, channel_got (room->server, 0)->len,
                         "body", 4);
}

/* A request without a body is over with its header: nothing is left to reset. */
static void
test_no_body (Room *room, gconstpointer data G_GNUC_UNUSED)
{
        GByteArray *raw = raw_new (), *block = raw_block ("GET", GOOD_PATH, NULL);

        raw_headers (raw, RAW_END_HEADERS | RAW_END_STREAM, 1, block);
        g_byte_array_unref (block);
        expect_status (room->server, raw, 405, 0);
}

static void
test_scheme (Room *room, gconstpointer data G_GNUC_UNUSED)
{
        GByteArray *raw = raw_new (), *block = g_byte_array_new ();

        raw_field (block, ":method", "POST");
        raw_field (block, ":scheme", "http");
        raw_field (block, ":path", GOOD_PATH);
        raw_field (block, ":authority", "a");
        raw_field (block, "content-type", CBOR);
        raw_headers (raw, RAW_END_HEADERS | RAW_END_STREAM, 1, block);
        g_byte_array_unref (block);
        expect_status (room->server, raw, 400, 0);
}

/* Nothing is announced; the body just goes on. */
static void
test_long_body (Room *room, gconstpointer data)
{
        gsize len = GPOINTER_TO_SIZE (data);
        GByteArray *raw = raw_new (), *block = raw_block ("POST", GOOD_PATH, CBOR);
        GError *error = NULL;

        raw_headers (raw, RAW_END_HEADERS, 1, block);
        for (gsize sent = 0; sent < len; sent += 100)
                raw_frame (raw, RAW_DATA, 0, 1, block->data, MIN (100, len - sent));
        if (len > BODY_MAX) {
                expect_status (room->server, raw, 413, 1);
        } else {
                raw_frame (raw, RAW_DATA, RAW_END_STREAM, 1, NULL, 0);
                raw_send (room->server, raw, &error);
                g_assert_no_error (error);
                g_assert_cmpuint (channel_got (room->server, 0)->len, ==, len);
        }
        g_byte_array_unref (block);
}

static void
test_trailers (Room *room, gconstpointer data G_GNUC_UNUSED)
{
        GByteArray *raw = raw_new (), *block = raw_block ("POST", GOOD_PATH, CBOR);

        raw_headers (raw, RAW_END_HEADERS, 1, block);
        raw_frame (raw, RAW_DATA, 0, 1, "body", 4);
        g_byte_array_set_size (block, 0);
        raw_field (block, "x-checksum", "1");
        raw_headers (raw, RAW_END_HEADERS | RAW_END_STREAM, 1, block);
        g_byte_array_unref (block);
        expect_status (room->server, raw, 400, 0);
}

/* header-list is 4K: 4 fields of 1,000 bytes are too many, 3 are not. */
static void
test_long_headers (Room *room, gconstpointer data)
{
        guint n = GPOINTER_TO_UINT (data);
        GByteArray *raw = raw_new (), *block = raw_block ("POST", GOOD_PATH, CBOR);
        char *value = g_strnfill (1000, 'x');
        GError *error = NULL;

        for (guint i = 0; i < n; i++)
                raw_field (block, "x-long", value);
        raw_headers (raw, RAW_END_HEADERS | RAW_END_STREAM, 1, block);
        g_byte_array_unref (block);
        g_free (value);
        if (n > 3) {
                expect_status (room->server, raw, 431, 0);
                return;
        }
        raw_send (room->server, raw, &error);
        g_assert_no_error (error);
        g_assert_cmpuint (room->server->got->len, ==, 1);
}

/* 65 unfinished requests of 1,000 bytes fit into 64K, the 66th does not. */
static void
test_inbound (Room *room, gconstpointer data G_GNUC_UNUSED)
{
        GByteArray *raw = raw_new (), *block = raw_block ("POST", GOOD_PATH, CBOR);
        guint8 body[1000] = { 0 };
        RawFrame frame = { 0 };
        GError *error = NULL;
        GArray *frames;

        for (guint i = 0; i < 67; i++) {
                raw_headers (raw, RAW_END_HEADERS, 2 * i + 1, block);
                raw_frame (raw, RAW_DATA, 0, 2 * i + 1, body, sizeof body);
        }
        /* The first ends and makes room again. */
        raw_frame (raw, RAW_DATA, RAW_END_STREAM, 1, NULL, 0);
        raw_headers (raw, RAW_END_HEADERS, 201, block);
        raw_frame (raw, RAW_DATA, RAW_END_STREAM, 201, body, sizeof body);
        raw_send (room->server, raw, &error);
        g_assert_no_error (error);
        frames = raw_frames (room->server);
        g_assert_cmpuint (raw_count (frames, RAW_HEADERS, &frame), ==, 2);
        g_assert_cmpuint (frame.stream, ==, 2 * 65 + 1);
        g_assert_cmpuint (frame.status, ==, 503);
        g_assert_cmpuint (room->server->got->len, ==, 2);
        g_array_unref (frames);
        g_byte_array_unref (block);
}

/* A peer that asks and does not read. */
static void
test_slow_reader (Room *room, gconstpointer data G_GNUC_UNUSED)
{
        GByteArray *raw = raw_new ();
        guint8 *body = g_malloc0 (40000);
        RawFrame frame = { 0 };
        GError *error = NULL;
        GArray *frames;

        for (guint i = 0; i < 3; i++)
                raw_request (raw, 2 * i + 1, "give");
        raw_send (room->server, raw, &error);
        wire_clear (&room->server->out);
        room->server->room = 0;
        g_assert_true (channel_answer (room->server, 1, 200, body, 40000, &error));
        g_assert_false (channel_answer (room->server, 3, 200, body, 40000, &error));
        g_assert_error (error, SEKI_ERROR, SEKI_ERROR_BUSY);
        g_clear_error (&error);
        /* More than half is waiting: whoever asks now is put off. */
        raw = g_byte_array_new ();
        raw_request (raw, 7, "more");
        raw_send (room->server, raw, &error);
        g_assert_no_error (error);
        g_assert_cmpuint (room->server->got->len, ==, 3);
        room->server->refill = G_MAXSIZE;
        channel_writable (room->server);
        frames = raw_frames (room->server);
        g_assert_cmpuint (raw_count (frames, RAW_RST, &frame), ==, 1);
        g_assert_cmpuint (frame.stream, ==, 3);
        g_assert_cmpuint (raw_count (frames, RAW_HEADERS, &frame), ==, 2);
        g_assert_cmpuint (g_array_index (frames, RawFrame, frames->len - 1).stream, ==, 1);
        g_array_unref (frames);
        g_assert_true (channel_answer (room->server, 5, 200, body, 20000, &error));
        raw = g_byte_array_new ();
        raw_request (raw, 9, "and now");
        raw_send (room->server, raw, &error);
        g_assert_cmpuint (room->server->got->len, ==, 4);
        g_free (body);
}

static void
test_too_slow (Room *room, gconstpointer data G_GNUC_UNUSED)
{
        GByteArray *raw = raw_new (), *block = raw_block ("POST", GOOD_PATH, CBOR);
        GError *error = NULL;

        raw_request (raw, 1, "this one is complete");
        raw_headers (raw, RAW_END_HEADERS, 3, block);
        g_byte_array_unref (block);
        raw_send (room->server, raw, &error);
        for (guint i = 0; i < 30; i++) {
                room->node->now += G_USEC_PER_SEC;
                raw = g_byte_array_new ();
                raw_frame (raw, RAW_DATA, 0, 3, "x", 1);
                raw_send (room->server, raw, &error);
                g_assert_no_error (error);
        }
        room->node->now += G_USEC_PER_SEC + 1;
        raw = g_byte_array_new ();
        raw_frame (raw, RAW_DATA, 0, 3, "x", 1);
        g_assert_false (raw_send (room->server, raw, &error));
        g_assert_error (error, SEKI_ERROR, SEKI_ERROR_PEER);
        g_clear_error (&error);
}

/* The core may take its time; only the peer is hurried. */
static void
test_core_may_be_slow (Room *room, gconstpointer data G_GNUC_UNUSED)
{
        GByteArray *raw = raw_new ();
        GError *error = NULL;

        raw_request (raw, 1, "complete");
        raw_send (room->server, raw, &error);
        room->node->now += 3600 * (gint64) G_USEC_PER_SEC;
        raw = g_byte_array_new ();
        raw_frame (raw, RAW_PING, 0, 0, "12345678", 8);
        raw_send (room->server, raw, &error);
        g_assert_no_error (error);
        g_assert_true (channel_answer (room->server, 1, 200, "x", 1, &error));
}

static void
test_slow_preface (Room *room, gconstpointer data G_GNUC_UNUSED)
{
        GByteArray *raw = raw_new ();
        GError *error = NULL;

        g_assert_true (channel_bytes (room->server, raw->data, 10, &error));
        room->node->now += 31 * G_USEC_PER_SEC;
        g_assert_false (channel_bytes (room->server, raw->data + 10, 1, &error));
        g_assert_error (error, SEKI_ERROR, SEKI_ERROR_PEER);
        g_clear_error (&error);
        g_byte_array_unref (raw);
}

typedef struct {
        const char *title, *status, *name, *value, *body;
        guint told;
} Answer;

static const Answer answers[] = {
        { "good", "200", "content-type", CBOR, "yes", 200 },
        { "a refusal", "403", "content-type", "application/json", "no", 403 },
        { "no body needs no type", "503", "retry-after", "1", "", 503 },
        { "other type", "200", "content-type", "text/html", "<html>", 599 },
        { "compressed", "200", "content-encoding", "gzip", "zip", 599 },
        { "announced too long", "200", "content-length", "1001", "", 599 },
        { "interim status", "103", "content-type", CBOR, "", 599 },
        { "odd status", "999", "content-type", CBOR, "x", 599 },
};

static GByteArray *
answer_raw (const Answer *a)
{
        GByteArray *raw = g_byte_array_new (), *block = g_byte_array_new ();

        raw_frame (raw, RAW_SETTINGS, 0, 0, NULL, 0);
        raw_field (block, ":status", a->status);
        raw_field (block, a->name, a->value);
        raw_headers (raw, RAW_END_HEADERS, 1, block);
        raw_frame (raw, RAW_DATA, RAW_END_STREAM, 1, a->body, strlen (a->body));
        g_byte_array_unref (block);
        return raw;
}

static void
test_answer (Room *room, gconstpointer data)
{
        const Answer *a = data;
        const Got *got;
        GError *error = NULL;

        g_assert_true (channel_ask (room->client, "transfer.register", "q", 1, 42, &error));
        raw_send (room->client, answer_raw (a), &error);
        g_assert_no_error (error);
        g_assert_cmpuint (room->client->got->len, ==, 1);
        got = channel_got (room->client, 0);
        g_assert_cmpuint (got->token, ==, 42);
        g_assert_cmpuint (got->status, ==, a->told);
        g_assert_cmpmem (got->body, got->len, a->body, a->told == 599 ? 0 : strlen (a->body));
}

static void
test_answer_cut (Room *room, gconstpointer data)
{
        guint kind = GPOINTER_TO_UINT (data);
        GByteArray *raw = g_byte_array_new (), *block = g_byte_array_new ();
        guint8 body[700] = { 0 };
        GError *error = NULL;

        for (guint i = 0; i < 3; i++)
                g_assert_true (channel_ask (room->client, "transfer.register", "q", 1, 40 + i,
                                            &error));
        raw_frame (raw, RAW_SETTINGS, 0, 0, NULL, 0);
        raw_field (block, ":status", "200");
        raw_field (block, "content-type", CBOR);
        raw_headers (raw, RAW_END_HEADERS, 3, block);
        raw_frame (raw, RAW_DATA, 0, 3, body, sizeof body);
        if (kind == 0)
                raw_u32 (raw, RAW_RST, 3, 2);
        else if (kind == 1)
                raw_frame (raw, RAW_DATA, 0, 3, body, sizeof body);
        else
                raw_frame (raw, RAW_GOAWAY, 0, 0, "\0\0\0\1\0\0\0\0", 8);
        raw_send (room->client, raw, &error);
        g_byte_array_unref (block);
        g_assert_no_error (error);
        /* GOAWAY names stream 1 as the last that is served: 3 and 5 are lost. */
        g_assert_cmpuint (room->client->got->len, ==, kind == 2 ? 2 : 1);
        g_assert_cmpuint (channel_got (room->client, 0)->status, ==, 599);
        g_assert_cmpuint (channel_got (room->client, 0)->len, ==, 0);
        if (kind != 2)
                g_assert_cmpuint (channel_got (room->client, 0)->token, ==, 41);
}

/* The server need not hear all before it says no; that is an answer, not a loss. */
static void
test_early_no (Room *room, gconstpointer data G_GNUC_UNUSED)
{
        SekiChannelInfo info = { .client = TRUE, .peer = "x", .max_body = BODY_MAX,
                                 .max_streams = 4 };
        SekiChannel *client = channel_new (room->node, &info);
        guint8 *body = g_malloc0 (60000);

        g_assert_true (channel_ask (client, "transfer.register", body, 60000, 7, NULL));
        pair_run (client, room->server, 1000);
        g_assert_cmpuint (room->server->got->len, ==, 0);
        g_assert_cmpuint (client->got->len, ==, 1);
        g_assert_cmpuint (channel_got (client, 0)->status, ==, 413);
        g_assert_true (channel_ask (client, "transfer.register", body, 500, 8, NULL));
        pair_run (client, room->server, 1000);
        g_assert_cmpuint (room->server->got->len, ==, 1);
        channel_free (client);
        g_free (body);
}

typedef void (*RoomTest) (Room *room, gconstpointer data);

static void
add (const char *group, const char *title, RoomTest test, gconstpointer data)
{
        char *path = g_strdup_printf ("/transport/h2/%s/%s", group, title);

        g_test_add (path, Room, data, set_up, test, tear_down);
        g_free (path);
}

int
main (int argc, char **argv)
{
        g_test_init (&argc, &argv, NULL);
        module = pair_module (argv[argc - 1]);
        for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
                add ("request", cases[i].title, test_case, &cases[i]);
        for (guint i = 0; i < G_N_ELEMENTS (answers); i++)
                add ("answer", answers[i].title, test_answer, &answers[i]);
        add ("request", "refused without a body", test_no_body, NULL);
        add ("request", "not https", test_scheme, NULL);
        add ("request", "body just short enough", test_long_body, GSIZE_TO_POINTER (BODY_MAX));
        add ("request", "body a byte too long", test_long_body, GSIZE_TO_POINTER (BODY_MAX + 1));
        add ("request", "body far too long", test_long_body, GSIZE_TO_POINTER (30 * BODY_MAX));
        add ("request", "trailers", test_trailers, NULL);
        add ("request", "long headers", test_long_headers, GUINT_TO_POINTER (3));
        add ("request", "too long headers", test_long_headers, GUINT_TO_POINTER (4));
        add ("request", "too many unfinished bodies", test_inbound, NULL);
        add ("request", "peer does not read", test_slow_reader, NULL);
        add ("request", "peer does not finish", test_too_slow, NULL);
        add ("request", "core takes an hour", test_core_may_be_slow, NULL);
        add ("request", "preface does not finish", test_slow_preface, NULL);
        add ("answer", "reset half way", test_answer_cut, GUINT_TO_POINTER (0));
        add ("answer", "too long", test_answer_cut, GUINT_TO_POINTER (1));
        add ("answer", "server goes away", test_answer_cut, GUINT_TO_POINTER (2));
        add ("answer", "no before the end", test_early_no, NULL);
        return g_test_run ();
}
