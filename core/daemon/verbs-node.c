/* SPDX-License-Identifier: Apache-2.0 */
/* Verbs about the node as a whole. */
#include "daemon/verbs.h"

#include "base/text.h"
#include "ledger/checkpoint.h"

#define SIGNATURES_MAX 2
#define COUNT_MAX 10000 /* waiting messages are counted so far */

static void
write_time (SekiMap *map, const char *key, gint64 time)
{
        seki_cbor_write_int (seki_map_at (map, key), time);
}

static void
status_acts (SekiCborWriter *out, const guint64 acts[SEKI_ACT_COUNT])
{
        g_auto (SekiMap) map = { 0 };

        seki_map_init (&map);
        for (guint act = 0; act < SEKI_ACT_COUNT; act++)
                seki_cbor_write_uint (seki_map_at (&map, seki_act_name (act)), acts[act]);
        seki_map_write (&map, out);
}

static void
status_commit (SekiCborWriter *out, const SekiCommitStats *stats)
{
        g_auto (SekiMap) map;

        seki_map_init (&map);
        seki_cbor_write_uint (seki_map_at (&map, "groups"), stats->groups);
        seki_cbor_write_uint (seki_map_at (&map, "units"), stats->units);
        seki_cbor_write_uint (seki_map_at (&map, "leaves"), stats->leaves);
        seki_cbor_write_uint (seki_map_at (&map, "largest"), stats->largest);
        seki_cbor_write_int (seki_map_at (&map, "busy"), stats->busy);
        seki_map_write (&map, out);
}

static void
status_storage (SekiCborWriter *out, const SekiStorageStats *stats)
{
        g_auto (SekiMap) map;

        seki_map_init (&map);
        seki_cbor_write_uint (seki_map_at (&map, "disk"), stats->bytes_on_disk);
        seki_cbor_write_uint (seki_map_at (&map, "memory"), stats->bytes_in_memory);
        seki_cbor_write_uint (seki_map_at (&map, "rows"), stats->rows_estimated);
        if (stats->bytes_free != G_MAXUINT64)
                seki_cbor_write_uint (seki_map_at (&map, "free"), stats->bytes_free);
        seki_map_write (&map, out);
}

static void
status_modules (SekiCborWriter *out, SekiRegistry *registry)
{
        guint n = 0;

        while (seki_registry_each (registry, n) != NULL)
                n++;
        seki_cbor_write_array (out, n);
        for (guint i = 0; i < n; i++) {
                const SekiPlugin *plugin = seki_registry_each (registry, i);

                seki_cbor_write_map (out, 3);
                seki_cbor_write_literal (out, "name");
                seki_cbor_write_literal (out, plugin->module->name);
                seki_cbor_write_literal (out, "digest");
                seki_cbor_write_literal (out, plugin->digest);
                seki_cbor_write_literal (out, "version");
                seki_cbor_write_literal (out, plugin->module->version);
        }
}

static void
status_expiries (SekiCborWriter *out, SekiDaemon *daemon)
{
        gint64 now = seki_clock_now (daemon->clock);

        seki_cbor_write_array (out, seki_expiries_count (daemon->expiries));
        for (guint i = 0; i < seki_expiries_count (daemon->expiries); i++) {
                const SekiExpiry *expiry = seki_expiries_get (daemon->expiries, i);
                gint stage = seki_expiry_stage (expiry, now);
                g_auto (SekiMap) map;

                seki_map_init (&map);
                seki_cbor_write_literal (seki_map_at (&map, "what"), expiry->what);
                seki_cbor_write_literal (seki_map_at (&map, "name"), expiry->name);
                write_time (&map, "ends", expiry->ends);
                seki_cbor_write_int (seki_map_at (&map, "days"), seki_expiry_days (expiry, now));
                if (stage != G_MAXINT)
                        seki_cbor_write_int (seki_map_at (&map, "stage"), stage);
                seki_map_write (&map, out);
        }
}

static void
status_lists (SekiCborWriter *out, SekiDaemon *daemon)
{
        gsize n;
        const SekiListState *lists = seki_lists_get (daemon->lists, &n);

        seki_cbor_write_array (out, n);
        for (gsize i = 0; i < n; i++) {
                g_auto (SekiMap) map;

                seki_map_init (&map);
                seki_cbor_write_literal (seki_map_at (&map, "path"), lists[i].path);
                if (lists[i].next_update != 0)
                        write_time (&map, "next_update", lists[i].next_update);
                if (lists[i].problem != NULL)
                        seki_cbor_write_literal (seki_map_at (&map, "problem"), lists[i].problem);
                seki_map_write (&map, out);
        }
}

static void
approval_write (SekiCborWriter *out, const SekiApproval *approval)
{
        g_auto (SekiMap) map;

        seki_map_init (&map);
        seki_cbor_write_literal (seki_map_at (&map, "digest"), approval->digest);
        seki_cbor_write_literal (seki_map_at (&map, "action"), approval->statement.action);
        seki_cbor_write_literal (seki_map_at (&map, "subject"), approval->statement.subject);
        write_time (&map, "expires", approval->statement.expires);
        seki_cbor_write_array (seki_map_at (&map, "persons"), approval->n_persons);
        for (guint i = 0; i < approval->n_persons; i++)
                seki_cbor_write_literal (&map.values, approval->persons[i]);
        seki_cbor_write_bool (seki_map_at (&map, "holds"), approval->holds_from == 0);
        if (approval->announced != 0)
                write_time (&map, "announced", approval->announced);
        if (approval->holds_from != 0 && approval->holds_from != G_MAXINT64)
                write_time (&map, "holds_from", approval->holds_from);
        seki_map_write (&map, out);
}

static void
status_identity (SekiMap *out, SekiDaemon *daemon)
{
        SekiSpan key = seki_keyring_get_ledger_key (seki_node_get_keyring (daemon->node));
        g_autofree char *vkey = seki_checkpoint_vkey (daemon->config.origin, key);

        seki_cbor_write_literal (seki_map_at (out, "id"), seki_profile_get_id (daemon->profile));
        seki_cbor_write_literal (seki_map_at (out, "node"), seki_profile_get_id (daemon->profile));
        seki_cbor_write_literal (seki_map_at (out, "name"),
                                 seki_profile_get_name (daemon->profile));
        seki_cbor_write_literal (seki_map_at (out, "mark"),
                                 seki_profile_is_test (daemon->profile) ? "test" : "production");
        seki_cbor_write_literal (seki_map_at (out, "version"), SEKISHO_VERSION);
        seki_cbor_write_literal (seki_map_at (out, "profile"),
                                 seki_profile_get_digest (daemon->profile));
        seki_cbor_write_literal (seki_map_at (out, "origin"), daemon->config.origin);
        if (vkey != NULL)
                seki_cbor_write_literal (seki_map_at (out, "ledger_key"), vkey);
        write_time (out, "started", daemon->started);
        if (daemon->approval.n_persons > 0)
                approval_write (seki_map_at (out, "approval"), &daemon->approval);
}

static void
status_counts (SekiMap *out, const SekiNodeStatus *status)
{
        seki_cbor_write_uint (seki_map_at (out, "port"), status->port);
        seki_cbor_write_uint (seki_map_at (out, "leaves"), status->leaves);
        seki_cbor_write_uint (seki_map_at (out, "drained"), status->drained);
        write_time (out, "last_commit", status->last_commit);
        write_time (out, "last_checkpoint", status->last_checkpoint);
        seki_cbor_write_bool (seki_map_at (out, "faulted"), status->faulted);
        seki_cbor_write_literal (seki_map_at (out, "problem"), status->problem);
        seki_cbor_write_uint (seki_map_at (out, "channels"), status->channels);
        seki_cbor_write_uint (seki_map_at (out, "requests"), status->requests);
        seki_cbor_write_uint (seki_map_at (out, "answers"), status->answers);
        seki_cbor_write_uint (seki_map_at (out, "errors"), status->errors);
        seki_cbor_write_uint (seki_map_at (out, "strangers"), status->strangers);
        status_commit (seki_map_at (out, "commit"), &status->commit);
        status_acts (seki_map_at (out, "acts"), status->acts);
        status_storage (seki_map_at (out, "storage"), &status->storage);
}

static gboolean
row_count (SekiSpan key, SekiSpan value, gpointer user)
{
        (void) key;
        (void) value;
        return ++*(guint *) user < COUNT_MAX;
}

static void
status_queued (SekiMap *out, const SekiKernel *kernel)
{
        guint n = 0;

        if (kernel != NULL &&
            kernel->storage->scan (kernel->storage_self, SEKI_SPACE_QUEUE, SEKI_SPAN_NONE,
                                   SEKI_SPAN_NONE, row_count, &n, NULL))
                seki_cbor_write_uint (seki_map_at (out, "queued"), n);
}

gboolean
seki_verb_status (SekiDaemon *daemon, SekiRequest *request, SekiMap *out, GError **error)
{
        static const char *const states[] = { [SEKI_NODE_SEALED] = "sealed",
                                              [SEKI_NODE_SERVING] = "serving",
                                              [SEKI_NODE_STOPPED] = "stopped" };
        SekiNodeStatus status;

        (void) request;
        (void) error;
        seki_node_get_status (daemon->node, &status);
        seki_cbor_write_literal (seki_map_at (out, "state"), states[status.state]);
        status_identity (out, daemon);
        status_counts (out, &status);
        status_queued (out, seki_node_get_kernel (daemon->node));
        status_modules (seki_map_at (out, "modules"), seki_node_get_registry (daemon->node));
        status_expiries (seki_map_at (out, "expiries"), daemon);
        status_lists (seki_map_at (out, "lists"), daemon);
        return TRUE;
}

typedef struct {
        SekiDaemon *daemon;
        SekiRequest *request;
} Unsealing;

static void
unseal_answer (SekiDaemon *daemon, SekiRequest *request)
{
        SekiNodeStatus status;
        g_auto (SekiMap) out;

        seki_map_init (&out);
        seki_node_get_status (daemon->node, &status);
        seki_cbor_write_uint (seki_map_at (&out, "port"), status.port);
        seki_verb_answer (request, &out);
}

static void
unseal_noted (SekiSpan body, guint status, gpointer user)
{
        g_autofree Unsealing *unsealing = user;

        (void) body;
        (void) status;
        unseal_answer (unsealing->daemon, unsealing->request);
}

gboolean
seki_verb_unseal (SekiDaemon *daemon, SekiRequest *request, SekiMap *out, GError **error)
{
        g_autoptr (SekiSecret) passphrase = NULL;
        g_autofree Unsealing *unsealing = g_new (Unsealing, 1);
        SekiSpan bytes;

        (void) out;
        if (seki_node_get_kernel (daemon->node) != NULL) {
                unseal_answer (daemon, request);
                return TRUE;
        }
        if (!seki_verb_need (request, "passphrase", &bytes, error))
                return FALSE;
        *unsealing = (Unsealing){ daemon, request };
        passphrase = seki_secret_new_copy (bytes.data, bytes.len);
        if (!seki_daemon_unseal (daemon, passphrase, seki_request_get_caller (request),
                                 unseal_noted, unsealing, error))
                return FALSE;
        g_steal_pointer (&unsealing);
        return TRUE;
}

gboolean
seki_verb_seal (SekiDaemon *daemon, SekiRequest *request, SekiMap *out, GError **error)
{
        (void) out;
        (void) error;
        seki_daemon_seal (daemon, seki_request_get_caller (request));
        return TRUE;
}

gboolean
seki_verb_reload (SekiDaemon *daemon, SekiRequest *request, SekiMap *out, GError **error)
{
        (void) error;
        seki_cbor_write_uint (seki_map_at (out, "loaded"),
                              seki_daemon_reload (daemon, seki_request_get_caller (request)));
        status_lists (seki_map_at (out, "lists"), daemon);
        return TRUE;
}

static gboolean
request_signatures (SekiRequest *request, SekiSpan *out_signatures, gsize *out_n, GError **error)
{
        SekiCborReader reader;

        *out_n = 0;
        if (!seki_request_find (request, "signatures", &reader))
                return TRUE;
        if (!seki_cbor_read_array (&reader, SIGNATURES_MAX, out_n, error))
                return FALSE;
        for (gsize i = 0; i < *out_n; i++)
                if (!seki_cbor_read_bytes (&reader, &out_signatures[i], error))
                        return FALSE;
        return TRUE;
}

gboolean
seki_verb_approve (SekiDaemon *daemon, SekiRequest *request, SekiMap *out, GError **error)
{
        SekiSpan statement, signatures[SIGNATURES_MAX];
        g_autofree char *detail = NULL;
        SekiCborWriter *writer;
        SekiApproval approval;
        gsize n;

        if (!seki_verb_need (request, "statement", &statement, error) ||
            !request_signatures (request, signatures, &n, error) ||
            !seki_approval_add (seki_consent_get_approvals (daemon->consent), statement, signatures,
                                n, seki_request_get_bool (request, "alone"), &approval, error))
                return FALSE;
        detail = g_strdup_printf ("%s %s by %s%s%s%s", approval.statement.action,
                                  approval.statement.subject, approval.persons[0],
                                  approval.n_persons > 1 ? " " : "", approval.persons[1],
                                  approval.announced != 0 ? " alone" : "");
        seki_verb_note (daemon, request, approval.announced != 0 ? "announce" : "approve", detail);
        writer = seki_map_at (out, "approval");
        approval_write (writer, &approval);
        return TRUE;
}
