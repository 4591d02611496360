/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel/node.h"

#include "base/text.h"
#include "kernel/opening.h"
#include "kernel/strangers.h"
#include "kernel/upkeep.h"
#include "kernel/witness.h"

#include <inttypes.h>

#define STOP_TIMEOUT (10 * (gint64) G_USEC_PER_SEC)
#define STRANGERS_EVERY 60              /* seconds; without other commits hourly */

struct SekiNode {
        const SekiNodeConfig *config;
        SekiHost host;
        SekiRegistry *registry;
        SekiKeyring *keyring;
        SekiKernel kernel;              /* filled while serving */
        SekiWorkerConfig worker_config;
        const SekiParty **peers;        /* institutions, for roles and the queue */
        GPtrArray *workers;
        SekiHead *head;
        SekiUpkeep *upkeep;
        SekiPipeline *pipeline;         /* of the main thread */
        SekiStrangers *strangers;
        SekiTally tally;
        guint strangers_timer, minutes_quiet, flush;
        guint64 leaves_before;
        SekiNodeState state;
        char *problem;
};

static const SekiParty timer_party = { .id = "timer", .kind = SEKI_CALLER_TIMER, .country = "JP" };

static gint64
host_now (gpointer core)
{
        SekiNode *node = core;

        return seki_clock_now (node->config->clock);
}

static void
host_log (gpointer core, SekiLogLevel level, const char *text)
{
        SekiNode *node = core;

        node->config->log (node->config->log_user, level, text);
}

/* Until incident rules exist an event is a line of the journal. */
static void
host_event (gpointer core, const char *name, const char *subject)
{
        g_autofree char *line = g_strdup_printf ("%s %s", name, subject != NULL ? subject : "");

        host_log (core, SEKI_LOG_NOTICE, line);
}

static gboolean
host_random (gpointer core, guint8 *buffer, gsize len)
{
        (void) core;
        return seki_nss_random (buffer, len);
}

static char *
node_path (SekiNode *node, const char *name)
{
        return g_build_filename (node->config->data, name, NULL);
}

static gboolean
node_admit (SekiNode *node, GError **error)
{
        const SekiNodeConfig *config = node->config;

        node->registry = seki_registry_new (&node->host, config->data);
        seki_registry_add_reasons (node->registry, config->reasons);
        for (gsize i = 0; i < config->n_modules; i++)
                if (!seki_registry_admit (node->registry, &config->modules[i], error))
                        return FALSE;
        return seki_registry_resolve (node->registry, seki_gate_core_facts (), error) &&
               seki_registry_open (node->registry, error);
}

SekiNode *
seki_node_new (const SekiNodeConfig *config, GError **error)
{
        g_autoptr (SekiNode) node = g_new0 (SekiNode, 1);
        g_autofree char *keys = NULL;
        gsize n = 0;

        node->config = config;
        node->host = (SekiHost){ .size = sizeof (SekiHost),
                                 .core = node,
                                 .now = host_now,
                                 .log = host_log,
                                 .event = host_event,
                                 .random = host_random,
                                 .channel_write = seki_worker_write,
                                 .channel_close = seki_worker_close,
                                 .deliver = seki_worker_deliver };
        node->strangers = seki_strangers_new ();
        node->workers = g_ptr_array_new ();
        node->peers = g_new0 (const SekiParty *, config->n_peers + 1);
        for (gsize i = 0; i < config->n_peers; i++)
                if (config->peers[i].party->kind == SEKI_CALLER_NODE)
                        node->peers[n++] = config->peers[i].party;
        keys = node_path (node, "keys");
        node->keyring = seki_keyring_open (keys, error);
        if (node->keyring == NULL || !node_admit (node, error))
                return NULL;
        return g_steal_pointer (&node);
}

static void
node_fail (SekiNode *node, const GError *error)
{
        g_free (node->problem);
        node->problem = g_strdup (error->message);
        node->state = SEKI_NODE_STOPPED;
        host_log (node, SEKI_LOG_ERROR, error->message);
}

static gboolean
node_flush (gpointer user)
{
        SekiNode *node = user;

        node->flush = 0;
        if (node->pipeline != NULL)
                seki_pipeline_flush (node->pipeline);
        return G_SOURCE_REMOVE;
}

static void
node_want_flush (SekiNode *node)
{
        if (node->flush == 0)
                node->flush = g_idle_add (node_flush, node);
}

typedef struct {
        void (*func) (gpointer);
        gpointer user;
} Posted;

static gboolean
posted_run (gpointer user)
{
        Posted *posted = user;

        posted->func (posted->user);
        return G_SOURCE_REMOVE;
}

static void
node_post (gpointer owner, void (*func) (gpointer), gpointer user)
{
        Posted *posted = g_new (Posted, 1);

        (void) owner;
        *posted = (Posted){ func, user };
        g_idle_add_full (G_PRIORITY_DEFAULT, posted_run, posted, g_free);
}

static void
node_stranger (const char *address, const char *reason, gpointer user)
{
        SekiNode *node = user;

        seki_strangers_count (node->strangers, address, reason);
}

static void
stranger_note (const char *address, const char *reason, guint64 count, gpointer user)
{
        SekiNode *node = user;
        g_autofree char *detail = g_strdup_printf ("%s %s %" PRIu64, address, reason, count);

        seki_pipeline_note (node->pipeline, "stranger", seki_span_text (detail), &timer_party, NULL,
                            NULL);
}

/* Counts of strangers ride along with other work; alone they go hourly (D21). */
static gboolean
node_minute (gpointer user)
{
        SekiNode *node = user;
        guint8 root[32];
        guint64 count;
        gint64 time;

        seki_commit_get_end (node->kernel.commit, &count, root, &time);
        if (count == node->leaves_before && ++node->minutes_quiet < 60)
                return G_SOURCE_CONTINUE;
        node->minutes_quiet = 0;
        seki_strangers_take (node->strangers, stranger_note, node);
        seki_pipeline_flush (node->pipeline);
        seki_commit_get_end (node->kernel.commit, &node->leaves_before, root, &time);
        return G_SOURCE_CONTINUE;
}

static gboolean
node_start_workers (SekiNode *node, GError **error)
{
        const SekiNodeConfig *config = node->config;
        guint16 port = config->port;

        node->worker_config = (SekiWorkerConfig){
                .kernel = &node->kernel,
                .trust = config->trust,
                .peers = config->peers,
                .n_peers = config->n_peers,
                .limits = config->limits,
                .codec = config->codec,
                .address = config->address,
                .port = config->port,
                .max_body = config->max_body,
                .max_streams = config->max_streams,
                .under_way = config->under_way,
                .refusals = config->refusals,
                .stranger = node_stranger,
                .stranger_user = node,
                .witness_interval = config->witness_interval,
                .log = config->log,
                .log_user = config->log_user,
        };
        for (guint i = 0; i < MAX (1, config->n_workers); i++) {
                SekiWorker *worker = seki_worker_start (&node->worker_config, i, port, error);

                if (worker == NULL)
                        return FALSE;
                port = seki_worker_get_port (worker);
                g_ptr_array_add (node->workers, worker);
        }
        return TRUE;
}

/* The first message out already carries a checkpoint. */
static void
node_sign_first (SekiNode *node)
{
        g_autoptr (GError) error = NULL;

        if (!seki_upkeep_run (node->upkeep, &error))
                host_log (node, SEKI_LOG_ERROR, error->message);
}

static gboolean
node_serve (SekiNode *node, GError **error)
{
        const SekiNodeConfig *config = node->config;
        SekiKernel *kernel = &node->kernel;
        SekiOpening opening = { .data = config->data,
                                .log = config->log,
                                .log_user = config->log_user };

        *kernel = (SekiKernel){ .clock = config->clock,
                                .keyring = node->keyring,
                                .registry = node->registry,
                                .self = config->self,
                                .peers = node->peers,
                                .test = config->test,
                                .tally = &node->tally,
                                .reserve = config->reserve,
                                .retention_years = config->retention_years,
                                .arena_limit = config->arena_limit };
        if (!seki_opening_run (&opening, kernel, &node->head, error))
                return FALSE;
        kernel->claims = seki_claims_new ();
        kernel->vault = seki_vault_new (node->keyring, kernel->storage, kernel->storage_self,
                                        kernel->lane, error);
        kernel->witness = seki_witness_new (config->origin, node->keyring, config->clock,
                                            config->witnessed, config->n_witnessed, error);
        if (kernel->vault == NULL || kernel->witness == NULL ||
            !seki_witness_load (kernel->witness, kernel, error) ||
            !seki_registry_start (node->registry, 0, error))
                return FALSE;
        kernel->queue = seki_queue_new (kernel);
        node->pipeline = seki_pipeline_new (kernel, node_post, node, error);
        node->upkeep = seki_upkeep_start (kernel, config->log, config->log_user, error);
        if (node->pipeline == NULL || node->upkeep == NULL)
                return FALSE;
        node_sign_first (node);
        return node_start_workers (node, error);
}

/* Undoes whatever of node_serve was done, in reverse. */
static void
node_close (SekiNode *node)
{
        SekiKernel *kernel = &node->kernel;

        g_clear_handle_id (&node->strangers_timer, g_source_remove);
        for (guint i = node->workers->len; i-- > 0;)
                seki_worker_stop (g_ptr_array_index (node->workers, i), STOP_TIMEOUT);
        g_ptr_array_set_size (node->workers, 0);
        if (node->pipeline != NULL)
                seki_pipeline_flush (node->pipeline);
        while (node->pipeline != NULL && seki_pipeline_in_flight (node->pipeline) > 0)
                g_main_context_iteration (NULL, TRUE);
        g_clear_handle_id (&node->flush, g_source_remove);
        g_clear_pointer (&node->pipeline, seki_pipeline_free);
        g_clear_pointer (&node->upkeep, seki_upkeep_stop);
        g_clear_pointer (&kernel->queue, seki_queue_free);
        g_clear_pointer (&kernel->witness, seki_witness_free);
        g_clear_pointer (&kernel->vault, seki_vault_free);
        g_clear_pointer (&kernel->claims, seki_claims_free);
        seki_opening_undo (kernel, &node->head);
        if (node->registry != NULL)
                seki_registry_stop (node->registry);
}

gboolean
seki_node_unseal (SekiNode *node, SekiSecret *passphrase, GError **error)
{
        GError *own = NULL;

        if (node->state == SEKI_NODE_SERVING)
                return TRUE;
        if (!seki_keyring_unseal (node->keyring, passphrase, error))
                return FALSE;
        if (node_serve (node, &own)) {
                node->state = SEKI_NODE_SERVING;
                g_clear_pointer (&node->problem, g_free);
                node->strangers_timer = g_timeout_add_seconds (STRANGERS_EVERY, node_minute, node);
                return TRUE;
        }
        node_close (node);
        seki_keyring_seal (node->keyring);
        node_fail (node, own);
        g_propagate_error (error, own);
        return FALSE;
}

void
seki_node_seal (SekiNode *node)
{
        if (node->state == SEKI_NODE_SERVING)
                seki_strangers_take (node->strangers, stranger_note, node);
        node_close (node);
        seki_keyring_seal (node->keyring);
        node->state = SEKI_NODE_SEALED;
}

void
seki_node_free (SekiNode *node)
{
        if (node == NULL)
                return;
        if (node->keyring != NULL)
                seki_node_seal (node);
        seki_registry_free (node->registry);
        seki_keyring_free (node->keyring);
        seki_strangers_free (node->strangers);
        g_ptr_array_unref (node->workers);
        g_free (node->peers);
        g_free (node->problem);
        g_free (node);
}

static void
status_add_workers (SekiNode *node, SekiNodeStatus *status)
{
        for (guint i = 0; i < node->workers->len; i++) {
                SekiWorkerStats stats;

                seki_worker_get_stats (g_ptr_array_index (node->workers, i), &stats);
                status->channels += stats.channels;
                status->requests += stats.requests;
                status->answers += stats.answers;
                status->errors += stats.errors;
                status->port = seki_worker_get_port (g_ptr_array_index (node->workers, i));
        }
}

void
seki_node_get_status (SekiNode *node, SekiNodeStatus *out_status)
{
        guint8 root[32];

        memset (out_status, 0, sizeof *out_status);
        out_status->state = node->state;
        g_strlcpy (out_status->problem, node->problem != NULL ? node->problem : "",
                   sizeof out_status->problem);
        out_status->strangers = seki_strangers_total (node->strangers);
        for (guint act = 0; act < SEKI_ACT_COUNT; act++)
                out_status->acts[act] = node->tally.acts[act];
        if (node->state != SEKI_NODE_SERVING)
                return;
        seki_commit_get_end (node->kernel.commit, &out_status->leaves, root,
                             &out_status->last_commit);
        out_status->drained = seki_tiles_get_drained (node->kernel.tiles);
        out_status->last_checkpoint = seki_upkeep_last (node->upkeep);
        out_status->faulted = seki_commit_is_faulted (node->kernel.commit);
        seki_commit_get_stats (node->kernel.commit, &out_status->commit);
        node->kernel.storage->stats (node->kernel.storage_self, &out_status->storage);
        status_add_workers (node, out_status);
}

SekiRegistry *
seki_node_get_registry (SekiNode *node)
{
        return node->registry;
}

SekiKeyring *
seki_node_get_keyring (SekiNode *node)
{
        return node->keyring;
}

const SekiKernel *
seki_node_get_kernel (SekiNode *node)
{
        return node->state == SEKI_NODE_SERVING ? &node->kernel : NULL;
}

static gboolean
node_is_serving (SekiNode *node, GError **error)
{
        if (node->state == SEKI_NODE_SERVING)
                return TRUE;
        g_set_error_literal (error, SEKI_ERROR, SEKI_ERROR_SEALED,
                             _("The node is sealed. Unseal it with: sekisho key unseal"));
        return FALSE;
}

gboolean
seki_node_take (SekiNode *node, const SekiParty *caller, SekiSpan action, SekiSpan body,
                SekiAnswered answered, gpointer user, GError **error)
{
        if (!node_is_serving (node, error))
                return FALSE;
        seki_pipeline_take (node->pipeline, caller, action, body, answered, user);
        node_want_flush (node);
        return TRUE;
}

gboolean
seki_node_note_then (SekiNode *node, const char *act, const char *detail, const SekiParty *actor,
                     SekiAnswered noted, gpointer user, GError **error)
{
        if (!node_is_serving (node, error))
                return FALSE;
        seki_pipeline_note (node->pipeline, act, seki_span_text (detail),
                            actor != NULL ? actor : &timer_party, noted, user);
        node_want_flush (node);
        return TRUE;
}

gboolean
seki_node_note (SekiNode *node, const char *act, const char *detail, const SekiParty *actor,
                GError **error)
{
        return seki_node_note_then (node, act, detail, actor, NULL, NULL, error);
}

char *
seki_node_checkpoint (SekiNode *node, GError **error)
{
        if (!node_is_serving (node, error) || !seki_upkeep_run (node->upkeep, error))
                return NULL;
        return seki_tiles_dup_checkpoint (node->kernel.tiles, error);
}

void
seki_node_refresh (SekiNode *node)
{
        for (guint i = 0; i < node->workers->len; i++)
                seki_worker_refresh (g_ptr_array_index (node->workers, i));
}

void
seki_node_post_queue (SekiNode *node, SekiLoopFunc func, gpointer user)
{
        if (node->workers->len > 0)
                seki_worker_post (g_ptr_array_index (node->workers, 0), func, user);
}

gboolean
seki_node_reach (SekiNode *node, const SekiParty *party, SekiReached reached, gpointer user,
                 GError **error)
{
        if (!node_is_serving (node, error))
                return FALSE;
        seki_worker_reach (g_ptr_array_index (node->workers, 0), party, reached, user);
        return TRUE;
}
