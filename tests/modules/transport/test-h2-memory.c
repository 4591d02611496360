/* SPDX-License-Identifier: Apache-2.0 */
/* What stays in memory: nothing of a body, and little of an idle session. */
#include "raw.h"

#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#define WINDOW ((gsize) 1 << 20)
#define REGION_MAX ((gsize) 1 << 30)
#define NEEDLE 32
#define BODY ((gsize) 200 * 1024)
#define IDLE 200

static const SekiModule *module;

/* The needle is never in memory in the clear but where a body is: byte i of it
 * is hidden[i] ^ i ^ 0xa5. */
static const guint8 hidden[NEEDLE] = "sekisho looks for what was left";

static guint8
needle_at (gsize i)
{
        return (guint8) (hidden[i] ^ i ^ 0xa5);
}

static guint8 *
body_new (gsize len)
{
        guint8 *body = g_malloc (len);

        for (gsize i = 0; i < len; i++)
                body[i] = needle_at (i % NEEDLE);
        return body;
}

static void
body_free (guint8 *body, gsize len)
{
        explicit_bzero (body, len);
        g_free (body);
}

static gsize
count_in (const guint8 *data, gsize len)
{
        gsize found = 0;

        for (gsize at = 0; at + NEEDLE <= len; at++) {
                gsize i = 0;

                while (i < NEEDLE && data[at + i] == needle_at (i))
                        i++;
                found += i == NEEDLE;
        }
        return found;
}

static gsize
count_region (int memory, guint8 *window, guintptr from, guintptr to)
{
        gsize found = 0;

        for (guintptr at = from; at < to; at += WINDOW - NEEDLE) {
                gssize n = pread (memory, window, MIN (WINDOW, to - at), (off_t) at);

                found += n > 0 ? count_in (window, (gsize) n) : 0;
        }
        return found;
}

/* How often the needle stands in the writable memory of this process, freed or not. */
static gsize
count_needles (void)
{
        guint8 *window = mmap (NULL, WINDOW, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
                               -1, 0);
        int memory = open ("/proc/self/mem", O_RDONLY | O_CLOEXEC);
        FILE *maps = fopen ("/proc/self/maps", "re");
        guintptr from, to, self = (guintptr) window;
        char mode[8], line[512];
        gsize found = 0;

        g_assert_cmpint (memory, >=, 0);
        g_assert_nonnull (maps);
        while (fgets (line, sizeof line, maps) != NULL) {
                if (sscanf (line, "%lx-%lx %7s", &from, &to, mode) != 3 || mode[1] != 'w' ||
                    to - from > REGION_MAX)
                        continue;
                /* Our own window may have been joined to a neighbour. */
                if (self >= from && self < to) {
                        found += count_region (memory, window, from, self);
                        from = self + WINDOW;
                }
                found += count_region (memory, window, from, to);
        }
        fclose (maps);
        close (memory);
        munmap (window, WINDOW);
        return found;
}

typedef struct {
        Node *node;
        SekiChannel *client, *server;
} Pair;

static void
set_up (Pair *pair, gconstpointer data G_GNUC_UNUSED)
{
        pair->node = node_new (module, NULL);
        pair_new (pair->node, 100, BODY + 1000, &pair->client, &pair->server);
        pair_run (pair->client, pair->server, 5000);
        g_assert_cmpuint (count_needles (), ==, 0);
}

/* The channels are still open when this is asked. */
static void
expect_nothing (Pair *pair)
{
        g_ptr_array_set_size (pair->client->got, 0);
        g_ptr_array_set_size (pair->server->got, 0);
        wire_clear (&pair->client->out);
        wire_clear (&pair->server->out);
        g_assert_cmpuint (count_needles (), ==, 0);
}

static void
tear_down (Pair *pair, gconstpointer data G_GNUC_UNUSED)
{
        channel_free (pair->client);
        channel_free (pair->server);
        node_free (pair->node);
        g_assert_cmpuint (count_needles (), ==, 0);
}

static void
ask (Pair *pair, gsize len)
{
        guint8 *body = body_new (len);

        g_assert_true (channel_ask (pair->client, "transfer.register", body, len, 1, NULL));
        body_free (body, len);
}

static void
answer (Pair *pair, gsize len)
{
        guint8 *body = body_new (len);

        g_assert_true (channel_answer (pair->server, channel_got (pair->server, 0)->stream, 200,
                                       body, len, NULL));
        body_free (body, len);
}

static void
test_exchange (Pair *pair, gconstpointer data)
{
        gsize len = GPOINTER_TO_SIZE (data);

        ask (pair, len);
        pair_run (pair->client, pair->server, 5000);
        answer (pair, len);
        pair_run (pair->client, pair->server, 5000);
        g_assert_cmpuint (channel_got (pair->client, 0)->len, ==, len);
        expect_nothing (pair);
}

/* What the module itself holds is wiped when the channel goes, and seen before. */
static void
test_half_way (Pair *pair, gconstpointer data G_GNUC_UNUSED)
{
        pair->client->room = 100000;
        ask (pair, BODY);
        while (pair->client->out.len > 0) {
                Wire wire = pair->client->out;

                pair->client->out = (Wire){ NULL, 0, 0 };
                g_assert_true (channel_bytes (pair->server, wire.data, wire.len, NULL));
                wire_clear (&wire);
        }
        /* Half of it in the server, all of it in the client. */
        g_assert_cmpuint (count_needles (), >=, (BODY + 90000) / NEEDLE);
        module->transport->detach (pair->client->session);
        pair->client->session = NULL;
        g_assert_cmpuint (count_needles (), <, BODY / NEEDLE);
        g_assert_cmpuint (count_needles (), >, 80000 / NEEDLE);
        module->transport->detach (pair->server->session);
        pair->server->session = NULL;
        expect_nothing (pair);
}

/* The request is gone from the client as soon as it has left. */
static void
test_sent (Pair *pair, gconstpointer data G_GNUC_UNUSED)
{
        ask (pair, BODY);
        g_assert_cmpuint (count_needles (), >, 0);
        pair_run (pair->client, pair->server, 5000);
        expect_nothing (pair);
}

static void
test_too_long (Pair *pair, gconstpointer data G_GNUC_UNUSED)
{
        SekiChannelInfo info = pair->server->info;
        SekiChannel *server;

        info.max_body = BODY - 1;
        server = channel_new (pair->node, &info);
        channel_free (pair->server);
        pair->server = server;
        channel_free (pair->client);
        info.client = TRUE;
        pair->client = channel_new (pair->node, &info);
        ask (pair, BODY);
        pair_run (pair->client, pair->server, 5000);
        g_assert_cmpuint (pair->server->got->len, ==, 0);
        g_assert_cmpuint (channel_got (pair->client, 0)->status, ==, 413);
        expect_nothing (pair);
}

static void
test_reset (Pair *pair, gconstpointer data G_GNUC_UNUSED)
{
        GByteArray *raw = g_byte_array_new ();

        ask (pair, 10);
        pair_run (pair->client, pair->server, 5000);
        pair->server->room = 10000;
        answer (pair, BODY);
        g_assert_cmpuint (count_needles (), >, 0);
        raw_u32 (raw, RAW_RST, 1, 8);
        g_assert_true (raw_send (pair->server, raw, NULL));
        pair->server->refill = G_MAXSIZE;
        channel_writable (pair->server);
        expect_nothing (pair);
}

static gsize
bytes_in_use (void)
{
        struct mallinfo2 info = mallinfo2 ();

        return info.uordblks + info.hblkhd;
}

static gsize
idle_bytes (Node *node, gboolean used)
{
        SekiChannel *clients[IDLE], *servers[IDLE];
        gsize before, after;

        for (guint i = 0; i < IDLE; i++) {
                pair_new (node, 100, 1 << 20, &clients[i], &servers[i]);
                pair_run (clients[i], servers[i], 5000);
                for (guint k = 0; used && k < 20; k++) {
                        g_assert_true (channel_ask (clients[i], "transfer.register", hidden, NEEDLE,
                                                    k, NULL));
                        pair_run (clients[i], servers[i], 5000);
                        g_assert_true (channel_answer (servers[i],
                                                       channel_got (servers[i], k)->stream, 200,
                                                       hidden, NEEDLE, NULL));
                        pair_run (clients[i], servers[i], 5000);
                }
        }
        before = bytes_in_use ();
        for (guint i = 0; i < IDLE; i++) {
                module->transport->detach (servers[i]->session);
                servers[i]->session = NULL;
        }
        after = bytes_in_use ();
        for (guint i = 0; i < IDLE; i++) {
                channel_free (clients[i]);
                channel_free (servers[i]);
        }
        return (before - after) / IDLE;
}

static void
test_idle (void)
{
        Node *node = node_new (module, NULL);
        gsize fresh, used;

        if (bytes_in_use () == 0) {
                g_test_skip ("this allocator does not tell");
                node_free (node);
                return;
        }
        fresh = idle_bytes (node, FALSE);
        used = idle_bytes (node, TRUE);
        g_test_message ("an idle session: %u bytes, %u after 20 requests", (guint) fresh,
                        (guint) used);
        g_assert_cmpuint (fresh, >, 1000);
        g_assert_cmpuint (fresh, <, 27 * 1024);
        g_assert_cmpuint (used, <, 28 * 1024);
        node_free (node);
}

/* When a library finds a function at its first call, the linker saves the
 * vector registers on the stack, and with them the last bytes that were
 * copied.  So everything is to be found at the start. */
static void
bind_now (char **argv)
{
        if (g_getenv ("LD_BIND_NOW") != NULL)
                return;
        g_setenv ("LD_BIND_NOW", "1", TRUE);
        execv ("/proc/self/exe", argv);
        g_error ("The test can not be started again.");
}

int
main (int argc, char **argv)
{
        const struct {
                const char *title;
                void (*test) (Pair *, gconstpointer);
                gsize data;
        } tests[] = {
                { "an exchange", test_exchange, BODY },
                { "a small exchange", test_exchange, 100 },
                { "a request half way", test_half_way, 0 },
                { "a request that was sent", test_sent, 0 },
                { "a request that is too long", test_too_long, 0 },
                { "an answer that was reset", test_reset, 0 },
        };

        bind_now (argv);
        g_test_init (&argc, &argv, NULL);
        module = pair_module (argv[argc - 1]);
        for (guint i = 0; i < G_N_ELEMENTS (tests); i++) {
                char *path = g_strdup_printf ("/transport/h2/leaves nothing/%s", tests[i].title);

                g_test_add (path, Pair, GSIZE_TO_POINTER (tests[i].data), set_up, tests[i].test,
                            tear_down);
                g_free (path);
        }
        g_test_add_func ("/transport/h2/an idle session is small", test_idle);
        return g_test_run ();
}
