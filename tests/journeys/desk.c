/* SPDX-License-Identifier: Apache-2.0 */
#include "desk.h"

#include "daemon/json.h"
#include "kernel/opening.h"
#include "kernel/witness.h"

#include <glib/gstdio.h>
#include <stdlib.h>

static const char *const codes_account[] = { "1205760", NULL };
static const char *const codes_none[] = { NULL };
static const char *const issues_one[] = { "JP1234567890", NULL };

static const SekiParty peer_transfer = { "ti", SEKI_ROLE_TRANSFER, SEKI_CALLER_NODE, "JP", codes_none, codes_none };
static const SekiParty peer_account = { "am1", SEKI_ROLE_ACCOUNT, SEKI_CALLER_NODE, "JP", codes_account, codes_none };
static const SekiParty peer_issuer = { "is1", SEKI_ROLE_ISSUER, SEKI_CALLER_NODE, "JP", codes_none, issues_one };

static gint64
desk_now (gpointer self)
{
        return ((Desk *) self)->time += 1000;
}

static gint64
host_now (gpointer core)
{
        return desk_now (core);
}

static void
host_log (gpointer core, SekiLogLevel level, const char *text)
{
        (void) core;
        g_test_message ("%d %s", level, text);
}

static void
host_event (gpointer core, const char *name, const char *subject)
{
        (void) core;
        g_test_message ("%s %s", name, subject);
}

static gboolean
host_random (gpointer core, guint8 *buffer, gsize len)
{
        (void) core;
        return seki_nss_random (buffer, len);
}

static char *
shell_output (const char *command)
{
        char *out = NULL;
        gint status;

        g_assert_true (g_spawn_command_line_sync (command, &out, NULL, &status, NULL));
        g_assert_cmpint (status, ==, 0);
        return out;
}

static void
desk_admit (Desk *desk, const char *name, const char *key, const char *value)
{
        g_autofree char *file = g_strdup_printf ("%s/%s.so", g_getenv ("SEKISHO_MODULES"), name);
        g_autofree char *path = NULL;
        const char *keys[] = { key, NULL }, *values[] = { value, NULL };
        SekiModuleSpec spec = { .name = name, .keys = key != NULL ? keys : NULL, .values = key != NULL ? values : NULL };
        g_autofree char *command = NULL, *digest = NULL;
        g_autoptr (GError) error = NULL;
        char **parts = g_strsplit (name, "-", 2);

        path = g_strdup_printf ("%s/%s/%s/%s.so", g_getenv ("SEKISHO_MODULES"), parts[0], parts[1], name);
        g_strfreev (parts);
        command = g_strdup_printf ("sha256sum %s", path);
        digest = shell_output (command);
        digest[64] = '\0';
        spec.path = path;
        spec.digest = digest;
        seki_registry_admit (desk->registry, &spec, &error);
        g_assert_no_error (error);
}

static void
desk_make_keys (Desk *desk)
{
        g_autofree char *keys = g_build_filename (desk->folder, "keys", NULL);
        g_autofree char *command = g_strdup_printf ("sh -c 'openssl req -x509 -newkey rsa:2048 -nodes -keyout %s/rk.pem -out %s/rc.pem "
                                                    "-subj /CN=recovery -days 9 2>&1'", desk->folder, desk->folder);
        g_autofree char *path = g_build_filename (desk->folder, "rc.pem", NULL), *pem = NULL;
        g_autoptr (SekiSecret) passphrase = seki_secret_new_copy ("correct horse", 13);
        g_autoptr (GError) error = NULL;

        g_free (shell_output (command));
        g_assert_true (g_file_get_contents (path, &pem, NULL, NULL));
        seki_keyring_create (keys, passphrase, pem, &error);
        g_assert_no_error (error);
}

typedef struct {
        void (*func) (gpointer);
        gpointer user;
} Posted;

static void
desk_post (gpointer owner, void (*func) (gpointer), gpointer user)
{
        Posted posted = { func, user };

        g_array_append_val (((Desk *) owner)->posted, posted);
}

void
desk_flush (Desk *desk)
{
        seki_pipeline_flush (desk->pipeline);
        while (desk->posted->len > 0) {
                Posted posted = g_array_index (desk->posted, Posted, 0);

                g_array_remove_index (desk->posted, 0);
                posted.func (posted.user);
                seki_pipeline_flush (desk->pipeline);
        }
}

void
desk_open (Desk *desk)
{
        g_autofree char *keys = g_build_filename (desk->folder, "keys", NULL);
        g_autoptr (SekiSecret) passphrase = seki_secret_new_copy ("correct horse", 13);
        g_autoptr (GError) error = NULL;
        SekiKernel *kernel = &desk->kernel;
        SekiOpening opening = { .data = desk->folder };

        desk->keyring = seki_keyring_open (keys, &error);
        g_assert_no_error (error);
        seki_keyring_unseal (desk->keyring, passphrase, &error);
        g_assert_no_error (error);
        *kernel = (SekiKernel){ .clock = &desk->clock, .keyring = desk->keyring, .registry = desk->registry,
                                .self = &desk->self, .peers = desk->peers, .test = TRUE, .retention_years = 7 };
        seki_opening_run (&opening, kernel, &desk->head, &error);
        g_assert_no_error (error);
        seki_registry_start (desk->registry, 0, &error);
        g_assert_no_error (error);
        kernel->claims = seki_claims_new ();
        kernel->vault = seki_vault_new (desk->keyring, kernel->storage, kernel->storage_self, 0, &error);
        g_assert_no_error (error);
        kernel->witness = seki_witness_new ("desk.example/lane/0", desk->keyring, kernel->clock, NULL, 0, &error);
        g_assert_no_error (error);
        kernel->queue = seki_queue_new (kernel);
        desk->pipeline = seki_pipeline_new (kernel, desk_post, desk, &error);
        g_assert_no_error (error);
}

Desk *
desk_new (const char *role, const char *storage)
{
        Desk *desk = g_new0 (Desk, 1);
        g_autofree char *role_module = g_strdup_printf ("role-%s", role);
        g_autofree char *storage_module = g_strdup_printf ("storage-%s", storage);
        g_autofree char *store = NULL;
        g_autoptr (GError) error = NULL;
        gboolean durable = strcmp (storage, "rocksdb") == 0;

        g_assert_true (seki_nss_init (&error));
        desk->folder = g_dir_make_tmp ("sekisho-desk-XXXXXX", NULL);
        desk->answer = g_string_new (NULL);
        desk->posted = g_array_new (FALSE, FALSE, sizeof (Posted));
        desk->time = G_GINT64_CONSTANT (1764000000000000);
        desk->clock = (SekiClock){ .now = desk_now, .monotonic = desk_now, .self = desk };
        desk->self = strcmp (role, "transfer") == 0 ? peer_transfer : strcmp (role, "account") == 0 ? peer_account : peer_issuer;
        desk->peers[0] = &peer_transfer;
        desk->peers[1] = &peer_account;
        desk->peers[2] = &peer_issuer;
        desk->office = desk->self;
        desk->office.id = "office:back";
        desk->office.kind = SEKI_CALLER_OFFICE;
        desk->host = (SekiHost){ .size = sizeof (SekiHost), .core = desk, .now = host_now, .log = host_log,
                                 .event = host_event, .random = host_random };
        desk_make_keys (desk);
        store = g_build_filename (desk->folder, "store", NULL);
        desk->registry = seki_registry_new (&desk->host, desk->folder);
        desk_admit (desk, storage_module, durable ? "path" : NULL, store);
        desk_admit (desk, "policy-lua", "rules", g_getenv ("SEKISHO_SCRIPTS"));
        desk_admit (desk, role_module, NULL, NULL);
        seki_registry_resolve (desk->registry, seki_gate_core_facts (), &error);
        g_assert_no_error (error);
        seki_registry_open (desk->registry, &error);
        g_assert_no_error (error);
        desk_open (desk);
        return desk;
}

void
desk_close (Desk *desk)
{
        SekiKernel *kernel = &desk->kernel;

        g_clear_pointer (&desk->pipeline, seki_pipeline_free);
        g_clear_pointer (&kernel->queue, seki_queue_free);
        g_clear_pointer (&kernel->witness, seki_witness_free);
        g_clear_pointer (&kernel->vault, seki_vault_free);
        g_clear_pointer (&kernel->claims, seki_claims_free);
        seki_opening_undo (kernel, &desk->head);
        seki_registry_stop (desk->registry);
        g_clear_pointer (&desk->keyring, seki_keyring_free);
}

void
desk_free (Desk *desk)
{
        g_autofree char *command = g_strdup_printf ("rm -rf %s", desk->folder);

        desk_close (desk);
        seki_registry_free (desk->registry);
        g_free (shell_output (command));
        g_string_free (desk->answer, TRUE);
        g_array_unref (desk->posted);
        g_free (desk->folder);
        g_free (desk);
        g_assert_true (seki_nss_shutdown ());
}

static void
desk_answered (SekiSpan body, guint status, gpointer user)
{
        Desk *desk = user;
        SekiCborWriter json;
        g_autoptr (GError) error = NULL;

        seki_cbor_writer_init (&json, NULL);
        g_assert_true (seki_json_from_cbor (body, &json, &error));
        g_string_truncate (desk->answer, 0);
        g_string_append_len (desk->answer, (const char *) json.data, (gssize) json.len);
        seki_cbor_writer_clear (&json);
        desk->status = status;
        desk->n_answers++;
}

void
desk_take (Desk *desk, const SekiParty *caller, const char *action, const char *json)
{
        SekiCborWriter body;
        g_autoptr (GError) error = NULL;

        seki_cbor_writer_init (&body, NULL);
        seki_json_to_cbor (seki_span_text (json), &body, &error);
        g_assert_no_error (error);
        seki_pipeline_take (desk->pipeline, caller, seki_span_text (action), seki_cbor_writer_get_span (&body), desk_answered, desk);
        seki_cbor_writer_clear (&body);
}

guint64
desk_leaves (Desk *desk)
{
        guint8 root[32];
        guint64 count;
        gint64 time;

        seki_commit_get_end (desk->kernel.commit, &count, root, &time);
        return count;
}

char *
desk_entry (Desk *desk, guint64 index)
{
        g_autoptr (GByteArray) bytes = g_byte_array_new ();
        g_autoptr (GError) error = NULL;
        SekiEntry entry;

        seki_tiles_read_entry (desk->kernel.tiles, index, bytes, &error);
        g_assert_no_error (error);
        seki_entry_read (seki_span (bytes->data, bytes->len), &entry, &error);
        g_assert_no_error (error);
        return seki_entry_describe (&entry);
}
