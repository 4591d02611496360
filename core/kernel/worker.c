/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel/link.h"

#include "base/text.h"
#include "channel/refusal.h"

/* Once nothing is in flight the answers leave, and then the thread ends. */
static void
worker_quit_when_quiet (SekiWorker *worker)
{
        gboolean late = seki_clock_monotonic (worker->config->kernel->clock) > worker->stop_by;

        if (seki_pipeline_in_flight (worker->pipeline) > 0 && !late)
                return;
        seki_link_close_all (worker);
        if (worker->links->len == 0 || late)
                seki_loop_quit (worker->loop);
}

static void
worker_round (gpointer user)
{
        SekiWorker *worker = user;

        seki_pipeline_flush (worker->pipeline);
        if (worker->stopping)
                worker_quit_when_quiet (worker);
}

static void
worker_tick (gpointer user)
{
        SekiWorker *worker = user;

        seki_link_tell_probes (worker, NULL, SEKI_REFUSAL_TIMEOUT);
        if (worker->stopping || worker->number != 0)
                return;
        seki_queue_tick (worker->config->kernel->queue);
        seki_demand_tick (worker->demand);
}

static void
pipeline_post (gpointer owner, void (*func) (gpointer), gpointer user)
{
        seki_loop_post (owner, func, user);
}

static gboolean
worker_open (SekiWorker *worker, GError **error)
{
        const SekiWorkerConfig *config = worker->config;

        worker->transport = seki_registry_get (config->kernel->registry, SEKI_KIND_TRANSPORT, 0);
        worker->loop = seki_loop_new (config->kernel->clock, error);
        if (worker->loop == NULL)
                return FALSE;
        worker->pipeline = seki_pipeline_new (config->kernel, pipeline_post, worker->loop, error);
        if (worker->pipeline == NULL)
                return FALSE;
        seki_loop_set_round (worker->loop, worker_round, worker);
        worker->endpoint = seki_endpoint_new (worker->loop, config->kernel->keyring, config->trust,
                                              worker->transport->module->transport->alpn,
                                              config->peers, config->n_peers, &config->limits,
                                              &seki_link_events, worker, error);
        if (worker->endpoint == NULL)
                return FALSE;
        if (config->address != NULL) {
                worker->port = seki_endpoint_listen (worker->endpoint, config->address,
                                                     worker->port, error);
                if (worker->port == 0)
                        return FALSE;
        }
        worker->tick = seki_loop_timer (worker->loop, G_USEC_PER_SEC / 4, worker_tick, worker);
        if (worker->number == 0)
                worker->demand = seki_demand_new (config, worker->pipeline, seki_link_send, worker);
        return worker->number != 0 || seki_queue_start (config->kernel->queue, worker->pipeline,
                                                        seki_link_send, worker, error);
}

/* What was posted still runs, and what is committing comes back, before the
 * pipeline goes; but nothing is sent any more. */
static void
worker_finish (SekiWorker *worker)
{
        GMainContext *context = seki_loop_get_context (worker->loop);

        g_main_context_iteration (context, FALSE);
        while (seki_pipeline_in_flight (worker->pipeline) > 0)
                g_main_context_iteration (context, TRUE);
}

static void
worker_close (SekiWorker *worker)
{
        worker->stopping = TRUE;
        if (worker->number == 0)
                seki_queue_stop (worker->config->kernel->queue);
        g_clear_pointer (&worker->endpoint, seki_endpoint_free);
        g_clear_pointer (&worker->demand, seki_demand_free);
        if (worker->pipeline != NULL)
                worker_finish (worker);
        g_clear_pointer (&worker->tick, seki_timer_free);
        g_clear_pointer (&worker->pipeline, seki_pipeline_free);
        g_clear_pointer (&worker->loop, seki_loop_free);
}

static void *
worker_main (void *user)
{
        SekiWorker *worker = user;
        g_autoptr (GError) error = NULL;
        gboolean ok = worker_open (worker, &error);

        pthread_mutex_lock (&worker->lock);
        worker->ready = TRUE;
        worker->error = ok ? NULL : g_steal_pointer (&error);
        pthread_cond_signal (&worker->changed);
        pthread_mutex_unlock (&worker->lock);
        if (ok)
                seki_loop_run (worker->loop);
        worker_close (worker);
        return NULL;
}

static void
worker_free (SekiWorker *worker)
{
        g_ptr_array_unref (worker->links);
        seki_quota_free (worker->quota);
        g_hash_table_unref (worker->calls);
        g_ptr_array_unref (worker->probes);
        pthread_mutex_destroy (&worker->lock);
        pthread_cond_destroy (&worker->changed);
        g_free (worker);
}

SekiWorker *
seki_worker_start (const SekiWorkerConfig *config, guint number, guint16 port, GError **error)
{
        SekiWorker *worker = g_new0 (SekiWorker, 1);

        worker->config = config;
        worker->number = number;
        worker->port = port;
        worker->links = g_ptr_array_new ();
        worker->quota = seki_quota_new (config->kernel->clock, config->under_way, config->refusals);
        worker->calls = g_hash_table_new (NULL, NULL);
        worker->probes = g_ptr_array_new ();
        pthread_mutex_init (&worker->lock, NULL);
        pthread_cond_init (&worker->changed, NULL);
        if (pthread_create (&worker->thread, NULL, worker_main, worker) != 0) {
                g_set_error_literal (error, SEKI_ERROR, SEKI_ERROR_BUSY,
                                     _("No further thread could be started. Raise the limit on "
                                        "tasks of the service."));
                worker_free (worker);
                return NULL;
        }
        pthread_mutex_lock (&worker->lock);
        while (!worker->ready)
                pthread_cond_wait (&worker->changed, &worker->lock);
        pthread_mutex_unlock (&worker->lock);
        if (worker->error == NULL)
                return worker;
        pthread_join (worker->thread, NULL);
        g_propagate_error (error, g_steal_pointer (&worker->error));
        worker_free (worker);
        return NULL;
}

static void
worker_begin_stop (gpointer user)
{
        SekiWorker *worker = user;

        worker->stopping = TRUE;
        seki_link_drain_all (worker);
        seki_endpoint_stop_listening (worker->endpoint);
        if (worker->number == 0)
                seki_queue_stop (worker->config->kernel->queue);
}

void
seki_worker_stop (SekiWorker *worker, gint64 timeout)
{
        if (worker == NULL)
                return;
        worker->stop_by = seki_clock_monotonic (worker->config->kernel->clock) + timeout;
        seki_loop_post (worker->loop, worker_begin_stop, worker);
        pthread_join (worker->thread, NULL);
        worker_free (worker);
}

guint16
seki_worker_get_port (SekiWorker *worker)
{
        return worker->port;
}

static void
worker_do_refresh (gpointer user)
{
        SekiWorker *worker = user;

        if (worker->endpoint != NULL)
                seki_endpoint_refresh (worker->endpoint, NULL);
}

void
seki_worker_refresh (SekiWorker *worker)
{
        seki_loop_post (worker->loop, worker_do_refresh, worker);
}

void
seki_worker_post (SekiWorker *worker, SekiLoopFunc func, gpointer user)
{
        seki_loop_post (worker->loop, func, user);
}

void
seki_worker_get_stats (SekiWorker *worker, SekiWorkerStats *out_stats)
{
        *out_stats = (SekiWorkerStats){ .channels = worker->channels,
                                        .requests = worker->requests,
                                        .answers = worker->answers,
                                        .errors = worker->errors };
}
