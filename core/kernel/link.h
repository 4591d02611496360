/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of a worker, for worker.c and link.c: its channels, what is sent
 * and answered over them.  All on the worker's thread. */
#pragma once

#include "kernel/demand.h"
#include "kernel/quota.h"

#include <pthread.h>
#include <stdatomic.h>

G_BEGIN_DECLS

typedef struct SekiLink SekiLink;

struct SekiWorker {
        const SekiWorkerConfig *config;
        guint number;
        guint16 port;
        pthread_t thread;
        SekiLoop *loop;
        SekiEndpoint *endpoint;
        SekiPipeline *pipeline;
        SekiPlugin *transport;
        SekiTimer *tick;
        GPtrArray *links;  /* whose session is open */
        GHashTable *calls; /* SekiPeer -> SekiLink of the channel this node opened to it */
        SekiQuota *quota;
        GPtrArray *probes;  /* Probe */
        SekiDemand *demand; /* of worker 0 */
        gboolean stopping;
        gint64 stop_by;
        GError *error;        /* why the start failed */
        pthread_mutex_t lock; /* guards ready and error */
        pthread_cond_t changed;
        gboolean ready;
        atomic_uint channels;
        _Atomic guint64 requests, answers, errors;
};

extern const SekiChannelEvents seki_link_events;

/* Sends a request to a party; the channel is opened when there is none.  In the
 * form of SekiQueueSend, user is the worker. */
gboolean seki_link_send (const SekiParty *party, guint64 token, SekiSpan action, SekiSpan body,
                         gpointer user, GError **error);
/* Tells those who wait for this peer; peer NULL: those whose time is over. */
void seki_link_tell_probes (SekiWorker *worker, const SekiPeer *peer, const char *why);
/* Asks every peer to open no more streams; then closes what was answered. */
void seki_link_drain_all (SekiWorker *worker);
void seki_link_close_all (SekiWorker *worker);

G_END_DECLS
