/* SPDX-License-Identifier: Apache-2.0 */
/* The queue: outgoing messages, durable before they are sent, kept sealed,
 * tried again with the same id until the peer's answer is on the own ledger.
 *
 * One message at a time is under way to each peer, in the order of commit, so
 * that a correction never overtakes what it corrects.
 *
 * row   peer id, NUL, first leaf of the exchange BE64, number BE16
 *       -> sealed under SEKI_KEY_QUEUE: [ id, action, reply action or null,
 *          time, purpose, basis, body ]
 * The body is kept as it was made, not as handles: a message tried again must
 * equal itself even when a record was corrected in between. */
#pragma once

#include "kernel/pipeline.h"

G_BEGIN_DECLS

/* What a person sees of a waiting message. */
typedef struct {
        const char *peer, *id, *action;
        gint64 created;                 /* microseconds since the epoch */
        gint64 next_try;                /* of the monotonic clock, microseconds */
        guint attempts;
        gsize n_records;
        const char *problem;            /* why the last try failed; NULL if none did */
        gboolean held;                  /* the peer refused it whole: waits for retry or cancel */
} SekiQueueItem;

/* Carries one message to a peer; answer or loss follows under the token. */
typedef gboolean (*SekiQueueSend) (const SekiParty *peer, guint64 token, SekiSpan action,
                                   SekiSpan body, gpointer user, GError **error);

SekiQueue *seki_queue_new (const SekiKernel *kernel);
void seki_queue_free (SekiQueue *queue);
/* Begins to send on the pipeline's thread; post as for pipelines. */
gboolean seki_queue_start (SekiQueue *queue, SekiPipeline *pipeline, SekiQueueSend send,
                           gpointer user, GError **error);
void seki_queue_stop (SekiQueue *queue);        /* on its thread */
void seki_queue_wake (SekiQueue *queue);        /* any thread: something was queued */
void seki_queue_tick (SekiQueue *queue);        /* on its thread, about once a second */

/* On its thread: what came of a try. */
void seki_queue_answered (SekiQueue *queue, guint64 token, guint status, SekiSpan body);
void seki_queue_lost (SekiQueue *queue, const SekiParty *peer, const char *why);

/* Any thread: calls each waiting message, lent until it returns. */
gboolean seki_queue_each (SekiQueue *queue, void (*each) (const SekiQueueItem *item, gpointer user),
                          gpointer user, GError **error);
/* On its thread.  Tries a message now; gives one up (noted on the ledger). */
gboolean seki_queue_retry (SekiQueue *queue, const char *id, GError **error);
gboolean seki_queue_cancel (SekiQueue *queue, const char *id, GError **error);

/* reply.c.  Lines of an exchange that is an answer: the peer's records where it
 * gave them, ours where not.  FALSE: x->error is set, or the arena is full. */
gboolean seki_reply_make_lines (SekiExchange *x);
/* Of an exchange that is the answer to a message of the queue: erases its row,
 * keeps the peer's receipt, and what the peer refused. */
gboolean seki_reply_record (SekiExchange *x, GError **error);

#define SEKI_QUEUE_NUMBER_LEN 10        /* first leaf and number, behind peer id and NUL */

G_END_DECLS
