/* SPDX-License-Identifier: Apache-2.0 */
#include "desk.h"

#include "daemon/json.h"
#include "kernel/opening.h"
#include "kernel/witness.h"

#include <glib/gstdio.h>
#include <stdlib.h>
#include <unistd.h>

#define DESK_ORIGIN "desk.example/lane/0"

static const char *const codes_account[] = { "1205760", NULL };
static const char *const codes_second[] = { "1205761", NULL };
static const char *const codes_none[] = { NULL };
static const char *const issues_one[] = { "JP1234567890", NULL };

const SekiParty desk_transfer = { "ti", SEKI_ROLE_TRANSFER, SEKI_CALLER_NODE,
                                  "JP", codes_none,         codes_none };
const SekiParty desk_account = { "am1", SEKI_ROLE_ACCOUNT, SEKI_CALLER_NODE,
                                 "JP",  codes_account,     codes_none };
const SekiParty desk_second = { "am2", SEKI_ROLE_ACCOUNT, SEKI_CALLER_NODE,
                                "JP",  codes_second,      codes_none };
const SekiParty desk_issuer = { "is1", SEKI_ROLE_ISSUER, SEKI_CALLER_NODE,
                                "JP",  codes_none,       issues_one };

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

static char *
module_path (const char *name)
{
        g_auto (GStrv) parts = g_strsplit (name, "-", 2);

        return g_strdup_printf ("%s/%s/%s/%s.so", g_getenv ("SEKISHO_MODULES"), parts[0], parts[1],
                                name);
}

static void
desk_admit (Desk *desk, const char *name, const char *path, const char *key, const char *value)
{
        const char *keys[] = { key, NULL }, *values[] = { value, NULL };
        SekiModuleSpec spec = { .name = name, .path = path, .keys = key != NULL ? keys : NULL,
                                .values = key != NULL ? values : NULL };
        g_autofree char *bytes = NULL, *digest = NULL;
        g_autoptr (GError) error = NULL;
        gsize len;

        g_assert_true (g_file_get_contents (path, &bytes, &len, NULL));
        digest = g_compute_checksum_for_data (G_CHECKSUM_SHA256, (const guchar *) bytes, len);
        spec.digest = digest;
        seki_registry_admit (desk->registry, &spec, &error);
        g_assert_no_error (error);
}

static void
desk_admit_own (Desk *desk, const char *kind, const char *name, const char *key, const char *value)
{
        g_autofree char *full = g_strdup_printf ("%s-%s", kind, name), *path = module_path (full);

        desk_admit (desk, full, path, key, value);
}

/* A fake: its file is called as its descriptor says. */
static void
desk_admit_file (Desk *desk, const char *name)
{
        g_autofree char *path = g_strdup_printf ("%s/%s.so", g_getenv ("SEKI_FAKES"), name);

        desk_admit (desk, name, path, NULL, NULL);
}

/* Made once per process: making keys takes longer than most tests. */
static char *keys_template;

static void
keys_remove (void)
{
        g_autofree char *command = g_strdup_printf ("rm -rf %s", keys_template);

        g_free (shell_output (command));
        g_free (keys_template);
}

static void
keys_make (void)
{
        g_autofree char *folder = g_dir_make_tmp ("sekisho-keys-XXXXXX", NULL);
        g_autofree char *keys = g_build_filename (folder, "keys", NULL);
        g_autofree char *command = g_strdup_printf (
                "sh -c 'openssl req -x509 -newkey rsa:2048 -nodes -keyout %s/rk.pem -out %s/rc.pem "
                "-subj /CN=recovery -days 9 2>&1'",
                folder, folder);
        g_autofree char *path = g_build_filename (folder, "rc.pem", NULL), *pem = NULL;
        g_autoptr (SekiSecret) passphrase = seki_secret_new_copy ("correct horse", 13);
        g_autoptr (GError) error = NULL;

        g_free (shell_output (command));
        g_assert_true (g_file_get_contents (path, &pem, NULL, NULL));
        seki_keyring_create (keys, passphrase, pem, &error);
        g_assert_no_error (error);
        keys_template = g_steal_pointer (&folder);
        atexit (keys_remove);
}

static void
desk_make_keys (Desk *desk)
{
        g_autofree char *command = NULL;

        if (keys_template == NULL)
                keys_make ();
        command = g_strdup_printf ("cp -a %s/keys %s/rc.pem %s/rk.pem %s", keys_template,
                                   keys_template, keys_template, desk->folder);
        g_free (shell_output (command));
}

typedef struct {
        void (*func) (gpointer);
        gpointer user;
} Posted;

static void
desk_post (gpointer owner, void (*func) (gpointer), gpointer user)
{
        Posted posted = { func, user };
        Desk *desk = owner;

        pthread_mutex_lock (&desk->lock);
        g_array_append_val (desk->posted, posted);
        pthread_mutex_unlock (&desk->lock);
}

static gboolean
desk_next_post (Desk *desk, Posted *out_posted)
{
        gboolean any;

        pthread_mutex_lock (&desk->lock);
        any = desk->posted->len > 0;
        if (any) {
                *out_posted = g_array_index (desk->posted, Posted, 0);
                g_array_remove_index (desk->posted, 0);
        }
        pthread_mutex_unlock (&desk->lock);
        return any;
}

void
desk_flush (Desk *desk)
{
        Posted posted;

        seki_pipeline_flush (desk->pipeline);
        while (desk_next_post (desk, &posted)) {
                posted.func (posted.user);
                seki_pipeline_flush (desk->pipeline);
        }
}

static void
opening_log (gpointer user, SekiLogLevel level, const char *text)
{
        (void) level;
        g_string_append_printf (((Desk *) user)->log, "%s\n", text);
}

static gboolean
desk_serve (Desk *desk, GError **error)
{
        SekiKernel *kernel = &desk->kernel;
        SekiOpening opening = { .data = desk->folder, .log = opening_log, .log_user = desk };

        *kernel = (SekiKernel){ .clock = &desk->clock,
                                .keyring = desk->keyring,
                                .registry = desk->registry,
                                .self = desk->plan.self,
                                .peers = desk->peers,
                                .test = TRUE,
                                .retention_years = 7,
                                .arena_limit = desk->plan.arena_limit };
        if (!seki_opening_run (&opening, kernel, &desk->head, error) ||
            !seki_registry_start (desk->registry, 0, error))
                return FALSE;
        kernel->claims = seki_claims_new ();
        kernel->vault =
                seki_vault_new (desk->keyring, kernel->storage, kernel->storage_self, 0, error);
        kernel->witness = seki_witness_new (DESK_ORIGIN, desk->keyring, kernel->clock,
                                            desk->plan.witnessed, desk->plan.n_witnessed, error);
        if (kernel->vault == NULL || kernel->witness == NULL)
                return FALSE;
        kernel->queue = seki_queue_new (kernel);
        desk->pipeline = seki_pipeline_new (kernel, desk_post, desk, error);
        return desk->pipeline != NULL;
}

static gboolean
desk_try_open (Desk *desk, GError **error)
{
        g_autofree char *keys = g_build_filename (desk->folder, "keys", NULL);
        g_autoptr (SekiSecret) passphrase = seki_secret_new_copy ("correct horse", 13);

        desk->keyring = seki_keyring_open (keys, error);
        return desk->keyring != NULL && seki_keyring_unseal (desk->keyring, passphrase, error) &&
               desk_serve (desk, error);
}

void
desk_open (Desk *desk)
{
        g_autoptr (GError) error = NULL;

        desk_try_open (desk, &error);
        g_assert_no_error (error);
}

/* Every storage module is wrapped, so that any test may let it fail. */
static void
desk_wrap_storage (Desk *desk)
{
        SekiPlugin *storage = seki_registry_get (desk->registry, SEKI_KIND_STORAGE, 0);

        desk->store = faulty_wrap (storage->module, storage->self);
        desk->store->keep = desk->plan.keep;
        *(SekiModule *) storage->module =
                desk->store->module; /* the registry calls what stands there */
        storage->self = desk->store;
}

static void
desk_load (Desk *desk)
{
        const DeskPlan *plan = &desk->plan;
        g_autofree char *store = g_build_filename (desk->folder, "store", NULL);
        g_autoptr (GError) error = NULL;
        gboolean durable = strcmp (plan->storage, "rocksdb") == 0;

        desk->host = (SekiHost){ .size = sizeof (SekiHost),
                                 .core = desk,
                                 .now = host_now,
                                 .log = host_log,
                                 .event = host_event,
                                 .random = host_random };
        desk->registry = seki_registry_new (&desk->host, desk->folder);
        desk_admit_own (desk, "storage", plan->storage, durable ? "path" : NULL, store);
        if (plan->policy == NULL)
                desk_admit_own (desk, "policy", "lua", "rules", g_getenv ("SEKISHO_SCRIPTS"));
        else
                desk_admit_file (desk, plan->policy);
        if (plan->role != NULL)
                desk_admit_own (desk, "role", plan->role, NULL, NULL);
        if (plan->module != NULL)
                desk_admit_file (desk, plan->module);
        seki_registry_resolve (desk->registry, seki_gate_core_facts (), &error);
        g_assert_no_error (error);
        seki_registry_open (desk->registry, &error);
        g_assert_no_error (error);
        desk_wrap_storage (desk);
}

/* A desk that keeps its records in memory needs no disk for the rest either. */
static char *
folder_new (const DeskPlan *plan)
{
        static const char *const memory = "/dev/shm";

        if (strcmp (plan->storage, "memory") == 0 && g_access (memory, W_OK) == 0) {
                char *folder = g_build_filename (memory, "sekisho-desk-XXXXXX", NULL);

                if (g_mkdtemp (folder) != NULL)
                        return folder;
                g_free (folder);
        }
        return g_dir_make_tmp ("sekisho-desk-XXXXXX", NULL);
}

static Desk *
desk_make (const DeskPlan *plan)
{
        static const SekiParty *const all[] = { &desk_transfer, &desk_account, &desk_issuer,
                                                &desk_second };
        Desk *desk = g_new0 (Desk, 1);

        g_assert_true (seki_nss_init (NULL));
        desk->plan = *plan;
        desk->folder = plan->folder != NULL ? g_strdup (plan->folder) : folder_new (plan);
        desk->answer = g_string_new (NULL);
        desk->log = g_string_new (NULL);
        desk->posted = g_array_new (FALSE, FALSE, sizeof (Posted));
        pthread_mutex_init (&desk->lock, NULL);
        desk->time = G_GINT64_CONSTANT (1764000000000000);
        desk->clock = (SekiClock){ .now = desk_now, .monotonic = desk_now, .self = desk };
        for (guint i = 0; i < G_N_ELEMENTS (all); i++)
                desk->peers[i] = all[i];
        desk->office = *plan->self;
        desk->office.id = "office:back";
        desk->office.kind = SEKI_CALLER_OFFICE;
        if (plan->folder == NULL)
                desk_make_keys (desk);
        desk_load (desk);
        return desk;
}

Desk *
desk_try (const DeskPlan *plan, GError **error)
{
        Desk *desk = desk_make (plan);

        if (desk_try_open (desk, error))
                return desk;
        desk_leave (desk);
        return NULL;
}

Desk *
desk_new_with (const DeskPlan *plan)
{
        g_autoptr (GError) error = NULL;
        Desk *desk = desk_try (plan, &error);

        g_assert_no_error (error);
        return desk;
}

Desk *
desk_new (const char *role, const char *storage)
{
        DeskPlan plan = { .role = role, .storage = storage };

        plan.self = strcmp (role, "transfer") == 0  ? &desk_transfer
                    : strcmp (role, "account") == 0 ? &desk_account
                                                    : &desk_issuer;
        return desk_new_with (&plan);
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
desk_leave (Desk *desk)
{
        desk_close (desk);
        seki_registry_free (desk->registry);
        faulty_free (desk->store);
        g_string_free (desk->answer, TRUE);
        g_string_free (desk->log, TRUE);
        g_array_unref (desk->posted);
        pthread_mutex_destroy (&desk->lock);
        g_free (desk->folder);
        g_free (desk);
        g_assert_true (seki_nss_shutdown ());
}

void
desk_free (Desk *desk)
{
        g_autofree char *command = g_strdup_printf ("rm -rf %s", desk->folder);

        desk_leave (desk);
        g_free (shell_output (command));
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
desk_take_cbor (Desk *desk, const SekiParty *caller, const char *action, SekiSpan body,
                SekiAnswered answered, gpointer user)
{
        seki_pipeline_take (desk->pipeline, caller, seki_span_text (action), body, answered, user);
}

void
desk_take (Desk *desk, const SekiParty *caller, const char *action, const char *json)
{
        SekiCborWriter body;
        g_autoptr (GError) error = NULL;

        seki_cbor_writer_init (&body, NULL);
        seki_json_to_cbor (seki_span_text (json), &body, &error);
        g_assert_no_error (error);
        desk_take_cbor (desk, caller, action, seki_cbor_writer_get_span (&body), desk_answered,
                        desk);
        seki_cbor_writer_clear (&body);
}

const char *
desk_ask (Desk *desk, const SekiParty *caller, const char *action, const char *json)
{
        desk_take (desk, caller, action, json);
        desk_flush (desk);
        return desk->answer->str;
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
