/* SPDX-License-Identifier: Apache-2.0 */
/* A worker: one thread with its loop, its channels, its transport sessions and
 * its pipeline.  Worker 0 besides carries the queue. */
#pragma once

#include "channel/channel.h"
#include "kernel/queue.h"

G_BEGIN_DECLS

/* Between JSON at the edge and the CBOR inside; given by the daemon.  Both
 * write into memory that wipes. */
typedef struct {
        gboolean (*to_cbor) (SekiSpan json, SekiCborWriter *out_cbor, GError **error);
        gboolean (*to_json) (SekiSpan cbor, SekiCborWriter *out_json, GError **error);
} SekiCodec;

typedef struct {
        const SekiKernel *kernel;
        SekiTrust *trust;
        const SekiPeer *peers;
        gsize n_peers;
        SekiChannelLimits limits;
        const SekiCodec *codec;
        const char *address; /* where to listen; NULL: nowhere */
        guint16 port;        /* 0: worker 0 picks one, the others follow */
        gsize max_body;
        guint max_streams;
        guint under_way, refusals; /* of one peer: messages at once, refusals a minute; 0: any */
        SekiStrangerFunc stranger; /* called on the worker's thread */
        gpointer stranger_user;
        /* microseconds without an exchange until checkpoints are exchanged; 0: an hour */
        gint64 witness_interval;
        void (*log) (gpointer user, SekiLogLevel level,
                     const char *text); /* NULL: nobody listens */
        gpointer log_user;
} SekiWorkerConfig;

typedef struct {
        guint channels;
        guint64 requests, answers, errors;
} SekiWorkerStats;

typedef struct SekiWorker SekiWorker;

/* Starts the thread and waits until it listens.  config and what it points to
 * outlive the worker. */
SekiWorker *seki_worker_start (const SekiWorkerConfig *config, guint number, guint16 port,
                               GError **error);
/* Ends channels once their messages are answered, at most timeout microseconds
 * later, and joins the thread. */
void seki_worker_stop (SekiWorker *worker, gint64 timeout);
guint16 seki_worker_get_port (SekiWorker *worker);
/* Any thread: the certificate or the lists changed. */
void seki_worker_refresh (SekiWorker *worker);
/* Any thread: runs func with the worker's queue thread. */
void seki_worker_post (SekiWorker *worker, SekiLoopFunc func, gpointer user);
/* Any thread: whether the party can be reached; its channel is opened when there
 * is none.  reached is called once, on the worker's thread: why is NULL, or an id
 * of channel/refusal.h or a sentence.  A channel counts as reached when the other
 * side speaks: before that it may still refuse this node's certificate. */
typedef void (*SekiReached) (const char *why, gpointer user);
void seki_worker_reach (SekiWorker *worker, const SekiParty *party, SekiReached reached,
                        gpointer user);
void seki_worker_get_stats (SekiWorker *worker, SekiWorkerStats *out_stats);

/* Of SekiHost, for transport modules: core is a SekiNode's and not used. */
gssize seki_worker_write (gpointer core, SekiChannel *channel, SekiSpan bytes);
void seki_worker_close (gpointer core, SekiChannel *channel, const char *why);
void seki_worker_deliver (gpointer core, SekiChannel *channel, const SekiFrame *frame);

G_END_DECLS
