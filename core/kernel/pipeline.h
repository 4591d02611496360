/* SPDX-License-Identifier: Apache-2.0 */
/* The pipeline of one thread: takes messages, brings each through its states,
 * and hands a whole round to the committer at once (D6). */
#pragma once

#include "kernel/exchange.h"

G_BEGIN_DECLS

/* post has a function run later on the pipeline's thread; it is called from any,
 * with locks held, so it must not run it at once. */
SekiPipeline *seki_pipeline_new (const SekiKernel *kernel,
                                 void (*post) (gpointer owner, void (*func) (gpointer),
                                               gpointer user),
                                 gpointer owner, GError **error);
/* Nothing may be in flight. */
void seki_pipeline_free (SekiPipeline *pipeline);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SekiPipeline, seki_pipeline_free)

/* A message of caller; body is copied into memory that wipes.  answered is
 * called from flush or from a later post. */
void seki_pipeline_take (SekiPipeline *pipeline, const SekiParty *caller, SekiSpan action,
                         SekiSpan body, SekiAnswered answered, gpointer user);

/* A message whose bytes could not even become CBOR: refused, on the ledger. */
void seki_pipeline_refuse (SekiPipeline *pipeline, const SekiParty *caller, SekiSpan action,
                           const char *sentence, SekiAnswered answered, gpointer user);

/* The answer to a message of the queue; lent until answered was called. */
typedef struct SekiReply SekiReply;
struct SekiReply {
        const SekiParty *peer;          /* who answered, as caller "reply" */
        SekiSpan key;                   /* of the queue's row, erased with it */
        const SekiMessage *sent;
        const SekiAnswer *answer;
        SekiSpan action; /* own action that is handed it; data NULL: it is only recorded */
        gboolean cancelled;             /* nobody answered: a person gave the message up */
};
void seki_pipeline_take_reply (SekiPipeline *pipeline, const SekiReply *reply,
                               SekiAnswered answered, gpointer user);

/* Puts an event of the node on the ledger. */
void seki_pipeline_note (SekiPipeline *pipeline, const char *act, SekiSpan detail,
                         const SekiParty *actor, SekiAnswered answered, gpointer user);

/* Commits what this round took; called by the owner once per round. */
void seki_pipeline_flush (SekiPipeline *pipeline);
guint seki_pipeline_in_flight (const SekiPipeline *pipeline);

G_END_DECLS
