/* SPDX-License-Identifier: Apache-2.0 */
#include "node.h"

#include "daemon/json.h"

#include <glib/gstdio.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#define PATIENCE (15 * (gint64) G_USEC_PER_SEC)

static const char *const codes_account[] = { "1205760", NULL };
static const char *const codes_none[] = { NULL };
static const char *const here[] = { "127.0.0.1", NULL };
static const SekiReason reasons[] = { { NULL } };
static const char *const names[NODE_COUNT] = { "am1.example", "ti.example" };
static const SekiParty parties[NODE_COUNT] = {
        { "am1", SEKI_ROLE_ACCOUNT, SEKI_CALLER_NODE, "JP", codes_account, codes_none },
        { "ti", SEKI_ROLE_TRANSFER, SEKI_CALLER_NODE, "JP", codes_none, codes_none },
};

static void
shell (const char *format, ...)
{
        g_autofree char *command = NULL;
        g_autoptr (GError) error = NULL;
        va_list arguments;
        gint status;

        va_start (arguments, format);
        command = g_strdup_vprintf (format, arguments);
        va_end (arguments);
        g_assert_true (g_spawn_command_line_sync (command, NULL, NULL, &status, &error));
        g_assert_no_error (error);
        g_assert_cmpint (status, ==, 0);
}

/* Both must know the other's port before either listens. */
static guint16
port_pick (void)
{
        struct sockaddr_in address = { .sin_family = AF_INET,
                                       .sin_addr.s_addr = htonl (INADDR_LOOPBACK) };
        socklen_t len = sizeof address;
        int fd = socket (AF_INET, SOCK_STREAM, 0);

        g_assert_cmpint (bind (fd, (struct sockaddr *) &address, sizeof address), ==, 0);
        g_assert_cmpint (getsockname (fd, (struct sockaddr *) &address, &len), ==, 0);
        close (fd);
        return ntohs (address.sin_port);
}

static gint64
world_now (gpointer self)
{
        return g_get_real_time () + ((World *) self)->ahead;
}

static gint64
world_monotonic (gpointer self)
{
        (void) self;
        return g_get_monotonic_time ();
}

static void
node_log (gpointer user, SekiLogLevel level, const char *text)
{
        g_test_message ("%s: %d %s", ((Node *) user)->name, level, text);
}

/* making */

static void
node_make_keys (Node *node)
{
        FakePki *pki = node->world->pki;
        g_autofree char *keys = g_build_filename (node->data, "keys", NULL);
        g_autofree char *recovery = fake_pki_read (pki, "recovery.pem");
        g_autofree char *dns = g_strconcat ("DNS:", node->name, NULL),
                        *pem = g_strconcat (node->name, ".pem", NULL);
        g_autofree char *request = NULL, *certificate = NULL;
        g_autoptr (SekiSecret) passphrase = seki_secret_new_copy (PASSPHRASE, strlen (PASSPHRASE));
        g_autoptr (SekiKeyring) keyring = NULL;
        g_autoptr (GError) error = NULL;

        seki_keyring_create (keys, passphrase, recovery, &error);
        g_assert_no_error (error);
        keyring = seki_keyring_open (keys, &error);
        g_assert_no_error (error);
        seki_keyring_unseal (keyring, passphrase, &error);
        g_assert_no_error (error);
        request = seki_keyring_request (keyring, "CN=node", node->name, FALSE, &error);
        g_assert_no_error (error);
        fake_pki_issue (pki, node->name,
                        &(FakeCertificate){ .issuer = "ca",
                                            .san = dns,
                                            .usage = "clientAuth,serverAuth",
                                            .request = request });
        certificate = fake_pki_read (pki, pem);
        seki_keyring_install (keyring, certificate, &error);
        g_assert_no_error (error);
        node->vkey = seki_checkpoint_vkey (node->origin, seki_keyring_get_ledger_key (keyring));
}

static void
node_make_trust (Node *node)
{
        g_autofree char *authority = fake_pki_read (node->world->pki, "ca.pem");
        g_autofree char *list = fake_pki_crl (node->world->pki, "ca", -1, 0);
        g_autoptr (GError) error = NULL;

        node->trust = seki_trust_new (&node->world->clock);
        seki_trust_add_authority (node->trust, authority, &error);
        g_assert_no_error (error);
        seki_trust_load_crl (node->trust, seki_span_text (list), &error);
        g_assert_no_error (error);
}

static gpointer
node_keep (Node *node, gpointer text)
{
        g_ptr_array_add (node->texts, text);
        return text;
}

static void
node_add_module (Node *node, guint i, const char *kind, const char *short_name, const char *key,
                 const char *value)
{
        static const char *const no_text[] = { NULL };
        SekiModuleSpec *spec = &node->modules[i];
        g_autofree char *bytes = NULL;
        const char **pair = node_keep (node, g_new0 (const char *, 4));
        gsize len;

        spec->name = node_keep (node, g_strdup_printf ("%s-%s", kind, short_name));
        spec->path =
                node_keep (node, g_strdup_printf ("%s/%s/%s/%s.so", g_getenv ("SEKISHO_MODULES"),
                                                  kind, short_name, spec->name));
        g_assert_true (g_file_get_contents (spec->path, &bytes, &len, NULL));
        spec->digest = node_keep (
                node, g_compute_checksum_for_data (G_CHECKSUM_SHA256, (const guchar *) bytes, len));
        pair[0] = key;
        pair[2] = value;
        spec->keys = key != NULL ? pair : no_text;
        spec->values = key != NULL ? pair + 2 : no_text;
}

static void
node_make (World *world, guint place)
{
        Node *node = &world->nodes[place];

        node->world = world;
        node->place = place;
        node->name = names[place];
        node->data = g_build_filename (world->folder, node->name, NULL);
        node->origin = g_strconcat (node->name, "/lane/0", NULL);
        node->texts = g_ptr_array_new_with_free_func (g_free);
        node->answer = g_string_new (NULL);
        node->party = node->office = parties[place];
        node->office.id = "office:back";
        node->office.kind = SEKI_CALLER_OFFICE;
        node->port = port_pick ();
        g_assert_cmpint (g_mkdir (node->data, 0700), ==, 0);
        node_make_keys (node);
        node_make_trust (node);
        node_add_module (node, 0, "storage", "rocksdb", "path", "store");
        node_add_module (node, 1, "policy", "lua", "rules", g_getenv ("SEKISHO_SCRIPTS"));
        node_add_module (node, 2, "role", place == NODE_ACCOUNT ? "account" : "transfer", NULL,
                         NULL);
        node_add_module (node, 3, "transport", "h2", NULL, NULL);
}

static void
node_introduce (Node *node, const Node *other)
{
        node->peers[0] = (SekiPeer){ &other->party, other->name, here, "127.0.0.1", other->port };
        node->witnessed[0] = (SekiWitnessed){ &other->party, other->vkey };
        node->config = (SekiNodeConfig){
                .data = node->data,
                .origin = node->origin,
                .test = TRUE,
                .self = &node->party,
                .peers = node->peers,
                .n_peers = 1,
                .witnessed = node->witnessed,
                .n_witnessed = 1,
                .modules = node->modules,
                .n_modules = G_N_ELEMENTS (node->modules),
                .reasons = reasons,
                .trust = node->trust,
                .codec = &seki_json_codec,
                .address = "127.0.0.1",
                .port = node->port,
                .n_workers = 1,
                .retention_years = 7,
                .max_body = 4 << 20,
                .arena_limit = 64 << 20,
                .max_streams = 64,
                .clock = &node->world->clock,
                .log = node_log,
                .log_user = node,
        };
}

World *
world_new (void)
{
        World *world = g_new0 (World, 1);
        g_autoptr (GError) error = NULL;

        g_assert_true (seki_nss_init (&error));
        world->folder = g_dir_make_tmp ("sekisho-world-XXXXXX", NULL);
        world->clock = (SekiClock){ world_now, world_monotonic, world };
        world->pki = fake_pki_new ();
        fake_pki_issue (world->pki, "recovery", &(FakeCertificate){ .key = "RSA:2048" });
        fake_pki_issue (world->pki, "ca", &(FakeCertificate){ .authority = TRUE });
        for (guint i = 0; i < NODE_COUNT; i++)
                node_make (world, i);
        for (guint i = 0; i < NODE_COUNT; i++)
                node_introduce (&world->nodes[i], &world->nodes[NODE_COUNT - 1 - i]);
        return world;
}

void
world_free (World *world)
{
        for (guint i = 0; i < NODE_COUNT; i++)
                node_stop (&world->nodes[i]);   /* each is lent the other's key */
        for (guint i = 0; i < NODE_COUNT; i++) {
                Node *node = &world->nodes[i];

                seki_trust_free (node->trust);
                g_ptr_array_unref (node->texts);
                g_string_free (node->answer, TRUE);
                g_free (node->data);
                g_free (node->origin);
                g_free (node->vkey);
        }
        fake_pki_free (world->pki);
        shell ("rm -rf %s", world->folder);
        g_free (world->folder);
        g_free (world);
        g_assert_true (seki_nss_shutdown ());
}

/* life */

void
node_open (Node *node)
{
        g_autoptr (GError) error = NULL;

        node->node = seki_node_new (&node->config, &error);
        g_assert_no_error (error);
}

gboolean
node_unseal (Node *node, const char *text, GError **error)
{
        g_autoptr (SekiSecret) passphrase = seki_secret_new_copy (text, strlen (text));

        return seki_node_unseal (node->node, passphrase, error);
}

void
node_start (Node *node)
{
        g_autoptr (GError) error = NULL;

        node_open (node);
        node_unseal (node, PASSPHRASE, &error);
        g_assert_no_error (error);
}

void
node_stop (Node *node)
{
        g_clear_pointer (&node->node, seki_node_free);
}

void
node_save (Node *node, const char *name)
{
        g_assert_null (node->node);
        shell ("cp -a %s %s/%s", node->data, node->world->folder, name);
}

void
node_restore (Node *node, const char *name)
{
        g_assert_null (node->node);
        shell ("rm -rf %s", node->data);
        shell ("cp -a %s/%s %s", node->world->folder, name, node->data);
}

/* messages */

static void
node_answered (SekiSpan body, guint status, gpointer user)
{
        Node *node = user;
        SekiCborWriter json;
        g_autoptr (GError) error = NULL;

        seki_cbor_writer_init (&json, NULL);
        g_assert_true (seki_json_from_cbor (body, &json, &error));
        g_string_truncate (node->answer, 0);
        g_string_append_len (node->answer, (const char *) json.data, (gssize) json.len);
        seki_cbor_writer_clear (&json);
        node->status = status;
        node->n_answers++;
}

void
node_take (Node *node, const char *action, const char *json)
{
        SekiCborWriter body;
        g_autoptr (GError) error = NULL;

        seki_cbor_writer_init (&body, NULL);
        seki_json_to_cbor (seki_span_text (json), &body, &error);
        g_assert_no_error (error);
        seki_node_take (node->node, &node->office, seki_span_text (action),
                        seki_cbor_writer_get_span (&body), node_answered, node, &error);
        g_assert_no_error (error);
        seki_cbor_writer_clear (&body);
}

static gboolean
node_has_answered (Node *node)
{
        return node->n_answers > 0;
}

const char *
node_ask (Node *node, const char *action, const char *json)
{
        node->n_answers = 0;
        node_take (node, action, json);
        g_assert_true (node_wait (node, node_has_answered));
        return node->answer->str;
}

static char *
person (guint n)
{
        return g_strdup_printf (
                "{\"code\":\"1205760%014u\",\"name\":\"髙橋%u\",\"kana\":\"タカハシ\",\"birth\":"
                "\"1980-01-02\","
                "\"number\":\"123456789018\",\"address\":\"東京都\",\"holding\":\"yes\"}",
                n, n);
}

void
node_keep_person (Node *account, guint n)
{
        g_autofree char *record = person (n);
        g_autofree char *json =
                g_strdup_printf ("{\"id\":\"import-%04u\",\"records\":[%s]}", n, record);

        g_assert_nonnull (
                strstr (node_ask (account, "account.register", json), "\"records\":[true]"));
}

void
node_post (Node *account, guint n)
{
        g_autofree char *json = g_strdup_printf ("{\"id\":\"send-%04u\",\"purpose\":\"P02\","
                                                 "\"records\":[{\"code\":\"1205760%014u\"}]}",
                                                 n, n);

        node_keep_person (account, n);
        g_assert_nonnull (strstr (node_ask (account, "account.send", json), "\"records\":[true]"));
}

void
node_assert_arrived (Node *transfer, guint n)
{
        g_autofree char *json = g_strdup_printf (
                "{\"id\":\"read-%04u\",\"purpose\":\"P02\",\"basis\":\"19-12\",\"records\":["
                "{\"code\":\"1205760%014u\"}]}",
                n, n);

        g_assert_nonnull (strstr (node_ask (transfer, "transfer.read", json), "123456789018"));
}

void
world_get (World *world, Node **out_account, Node **out_transfer)
{
        *out_account = &world->nodes[NODE_ACCOUNT];
        *out_transfer = &world->nodes[NODE_TRANSFER];
}

/* looking */

guint64
node_leaves (Node *node)
{
        return node_status (node).leaves;
}

static void
item_count (const SekiQueueItem *item, gpointer user)
{
        (void) item;
        ++*(guint *) user;
}

guint
node_queued (Node *node)
{
        g_autoptr (GError) error = NULL;
        guint n = 0;

        seki_queue_each (seki_node_get_kernel (node->node)->queue, item_count, &n, &error);
        g_assert_no_error (error);
        return n;
}

static void
item_problem (const SekiQueueItem *item, gpointer user)
{
        char **problem = user;

        if (*problem == NULL)
                *problem = g_strdup (item->problem);
}

char *
node_problem (Node *node)
{
        g_autoptr (GError) error = NULL;
        char *problem = NULL;

        seki_queue_each (seki_node_get_kernel (node->node)->queue, item_problem, &problem, &error);
        g_assert_no_error (error);
        return problem;
}

typedef struct {
        const char *act;
        guint n;
} ActCount;

static gboolean
act_found (guint64 index, SekiSpan bytes, gpointer user)
{
        ActCount *count = user;
        SekiEntry entry;

        (void) index;
        g_assert_true (seki_entry_read (bytes, &entry, NULL));
        count->n += seki_span_is (entry.act, count->act);
        return TRUE;
}

guint
node_count (Node *node, const char *act)
{
        SekiTiles *tiles = seki_node_get_kernel (node->node)->tiles;
        ActCount count = { .act = act };
        g_autoptr (GError) error = NULL;

        seki_tiles_each (tiles, 0, seki_tiles_get_size (tiles), act_found, &count, &error);
        g_assert_no_error (error);
        return count.n;
}

SekiNodeStatus
node_status (Node *node)
{
        SekiNodeStatus status;

        seki_node_get_status (node->node, &status);
        return status;
}

Node *
node_other (Node *node)
{
        return &node->world->nodes[NODE_COUNT - 1 - node->place];
}

static void
view_take (const SekiWitnessView *view, gpointer user)
{
        NodeView *out = user;

        *out = (NodeView){ .known = view->known_size,
                           .claimed = view->claimed_size,
                           .proven = view->proven };
        g_strlcpy (out->forked, view->forked != NULL ? view->forked : "", sizeof out->forked);
}

NodeView
node_view (Node *node)
{
        NodeView view;

        seki_witness_each (seki_node_get_kernel (node->node)->witness, view_take, &view);
        return view;
}

static gboolean
receipt_count (SekiSpan key, SekiSpan value, gpointer user)
{
        (void) key;
        g_assert_cmpuint (value.len, ==, SEKI_UNPROVEN_VALUE_LEN);
        ++*(guint *) user;
        return TRUE;
}

guint
node_unproven (Node *node)
{
        const SekiKernel *kernel = seki_node_get_kernel (node->node);
        guint8 from[SEKI_UNPROVEN_KEY_MAX], to[SEKI_UNPROVEN_KEY_MAX];
        const SekiParty *party = &node_other (node)->party;
        g_autoptr (GError) error = NULL;
        guint n = 0;

        kernel->storage->scan (kernel->storage_self, SEKI_SPACE_STATE,
                               seki_span (from, seki_unproven_bound (party, 0, from)),
                               seki_span (to, seki_unproven_bound (party, G_MAXUINT64, to)),
                               receipt_count, &n, &error);
        g_assert_no_error (error);
        return n;
}

/* time */

void
world_run (gint64 microseconds)
{
        gint64 until = g_get_monotonic_time () + microseconds;

        while (g_get_monotonic_time () < until)
                if (!g_main_context_iteration (NULL, FALSE))
                        g_usleep (2000);
}

gboolean
node_wait (Node *node, NodeTest test)
{
        gint64 until = g_get_monotonic_time () + PATIENCE;

        while (!test (node) && g_get_monotonic_time () < until)
                world_run (2000);
        return test (node);
}

gboolean
node_wait_count (Node *node, const char *act, guint n)
{
        gint64 until = g_get_monotonic_time () + PATIENCE;

        while (node_count (node, act) < n && g_get_monotonic_time () < until)
                world_run (2000);
        return node_count (node, act) == n;
}

gboolean
node_is_quiet (Node *node)
{
        return node_queued (node) == 0;
}
