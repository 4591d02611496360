/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel/pipeline.h"

#include "base/text.h"
#include "kernel/queue.h"

#include <pthread.h>

SekiPipeline *
seki_pipeline_new (const SekiKernel *kernel, void (*post) (gpointer, void (*) (gpointer), gpointer),
                   gpointer owner, GError **error)
{
        g_autoptr (SekiPipeline) pipeline = g_new0 (SekiPipeline, 1);

        pthread_mutex_init (&pipeline->lock, NULL);
        g_queue_init (&pipeline->parked);
        pipeline->arenas = g_ptr_array_new_with_free_func ((GDestroyNotify) seki_arena_free);
        pipeline->last_round = &pipeline->round;
        pipeline->kernel = kernel;
        pipeline->post = post;
        pipeline->owner = owner;
        pipeline->thread = pthread_self ();
        pipeline->hands = seki_hands_new (kernel->vault, error);
        if (pipeline->hands == NULL ||
            !seki_keyring_get_key (kernel->keyring, SEKI_KEY_SEEN, pipeline->seen, error))
                return NULL;
        return g_steal_pointer (&pipeline);
}

void
seki_pipeline_free (SekiPipeline *pipeline)
{
        if (pipeline == NULL)
                return;
        g_assert (pipeline->in_flight == 0);
        seki_claims_forget (pipeline->kernel->claims, pipeline);
        /* Who handed over the last exchange may still be on its way out. */
        pthread_mutex_lock (&pipeline->lock);
        pthread_mutex_unlock (&pipeline->lock);
        seki_hands_free (pipeline->hands);
        seki_wipe (pipeline->seen, sizeof pipeline->seen);
        g_ptr_array_unref (pipeline->arenas);
        pthread_mutex_destroy (&pipeline->lock);
        g_free (pipeline);
}

guint
seki_pipeline_in_flight (const SekiPipeline *pipeline)
{
        return pipeline->in_flight + pipeline->posted;
}

static void exchange_done (SekiCommitUnit *unit);
static void pipeline_wake (gpointer user);

static gboolean
exchange_handle (SekiExchange *x, GError **error)
{
        SekiCall call = {
                .action = x->action,
                .caller = x->caller,
                .self = x->pipeline->kernel->self,
                .peers = x->pipeline->kernel->peers,
                .purpose = x->message.purpose,
                .basis = x->message.basis,
                .to = x->message.to,
                .now = x->context.now,
                .subjects = x->subjects,
                .n_subjects = x->n_subjects,
        };
        SekiSubject *granted = seki_arena_alloc (x->arena, (x->n_subjects + 1) * sizeof *granted);
        gsize n = 0;

        if (granted == NULL) {
                seki_exchange_set_limit_error (error);
                return FALSE;
        }
        /* Records the gate refused do not reach the role. */
        for (gsize i = 0; i < x->n_subjects; i++) {
                SekiLine *line = &x->lines[x->subject_lines[i]];

                if (line->reason != NULL)
                        continue;
                granted[n] = x->subjects[i];
                line->subject = &granted[n];
                x->subject_lines[n++] = x->subject_lines[i];
        }
        call.subjects = x->subjects = granted;
        call.n_subjects = x->n_subjects = n;
        if (!x->role->module->role->handle (x->role->self, &call, &x->effects, error))
                return FALSE;
        if (x->starved)
                seki_exchange_set_limit_error (error);
        return !x->starved;
}

/* One step; FALSE: error set, or none set and the exchange must wait. */
static gboolean
exchange_step (SekiExchange *x, GError **error)
{
        switch (x->state) {
        case SEKI_EXCHANGE_TAKEN:
                if (x->note == NULL)
                        seki_exchange_decode (x);
                if (x->error != NULL)
                        return FALSE;
                break;
        case SEKI_EXCHANGE_DECODED:
                if (x->note == NULL && !seki_exchange_recall (x, error))
                        return FALSE;
                break;
        case SEKI_EXCHANGE_CLAIMED:
                if (x->action != NULL && !seki_exchange_load (x, error))
                        return FALSE;
                break;
        case SEKI_EXCHANGE_LOADED:
                seki_docket_init (&x->docket, &x->context, x->pipeline->kernel->registry,
                                  seki_hands_get_hash (x->pipeline->hands), x->arena);
                if (!seki_hands_random (x->pipeline->hands, x->context.salt,
                                        sizeof x->context.salt) ||
                    (x->action != NULL && !seki_exchange_ask_message (x, error)))
                        return FALSE;
                break;
        case SEKI_EXCHANGE_DECIDED:
                if (x->action != NULL && !exchange_handle (x, error))
                        return FALSE;
                break;
        case SEKI_EXCHANGE_HANDLED:
                if (x->action != NULL && x->reason == NULL && !seki_exchange_perform (x, error))
                        return FALSE;
                if (x->reply != NULL && !seki_reply_record (x, error))
                        return FALSE;
                if (x->note != NULL && !seki_exchange_note (x, x->note, x->detail, NULL))
                        return FALSE;
                if (!seki_exchange_add_seen (x, error))
                        return FALSE;
                break;
        default:
                g_assert_not_reached ();
        }
        x->state++;
        return TRUE;
}

/* Gives back what a waiting exchange took, so that it begins anew. */
static void
exchange_park (SekiExchange *x)
{
        seki_exchange_leave (x);
        seki_exchange_release (x);
        x->waits = FALSE;
        g_clear_pointer (&x->index, g_hash_table_unref);
        for (gsize i = 0; i < x->message.n_items; i++)
                x->lines[i].held = NULL;
        x->state = SEKI_EXCHANGE_DECODED;
        g_queue_push_tail (&x->pipeline->parked, x);
        seki_claims_wait (x->pipeline->kernel->claims, x->wanted, pipeline_wake, x->pipeline);
}

static void
exchange_seal (SekiExchange *x)
{
        x->state = SEKI_EXCHANGE_COMMITTING;
        *x->pipeline->last_round = x;
        x->pipeline->last_round = &x->next;
}

static void
exchange_advance (SekiExchange *x)
{
        while (x->state < SEKI_EXCHANGE_SEALED && x->reason == NULL && x->error == NULL &&
               (x->repeated.data == NULL || x->again)) {
                if (exchange_step (x, &x->error))
                        continue;
                if (x->error == NULL && x->waits) {
                        exchange_park (x);
                        return;
                }
                if (x->error == NULL)
                        g_set_error_literal (&x->error, SEKI_ERROR, SEKI_ERROR_MODULE,
                                             _("A part of the node failed and did not say why. "
                                                "Look at the journal."));
                break;
        }
        if (x->error == NULL && x->repeated.data != NULL && !x->again &&
            seki_exchange_answer_repeated (x)) {
                seki_exchange_release (x);
                seki_exchange_free (x);
        } else if (x->error == NULL && (x->reason == NULL || seki_exchange_refuse (x))) {
                exchange_seal (x);
        } else {
                if (x->error == NULL)
                        seki_exchange_set_limit_error (&x->error);
                seki_exchange_end (x);
        }
}

static void
exchange_name_action (SekiExchange *x, SekiSpan action)
{
        gsize len = MIN (action.len, 63);

        x->action_name = seki_span (seki_arena_copy (x->arena, action.data, len), len);
}

void
seki_pipeline_refuse (SekiPipeline *pipeline, const SekiParty *caller, SekiSpan action,
                      const char *sentence, SekiAnswered answered, gpointer user)
{
        SekiExchange *x = seki_exchange_new (pipeline, caller, answered, user, exchange_done);

        exchange_name_action (x, action);
        seki_exchange_refuse_bytes (x, sentence);
        exchange_advance (x);
}

void
seki_pipeline_take (SekiPipeline *pipeline, const SekiParty *caller, SekiSpan action, SekiSpan body,
                    SekiAnswered answered, gpointer user)
{
        SekiExchange *x = seki_exchange_new (pipeline, caller, answered, user, exchange_done);

        exchange_name_action (x, action);
        x->body = seki_span (seki_arena_copy (x->arena, body.data, body.len), body.len);
        if (x->body.data == NULL || x->action_name.data == NULL)
                seki_exchange_set_limit_error (&x->error);
        if (x->error != NULL)
                seki_exchange_end (x);
        else
                exchange_advance (x);
}

void
seki_pipeline_take_reply (SekiPipeline *pipeline, const SekiReply *reply, SekiAnswered answered,
                          gpointer user)
{
        SekiExchange *x = seki_exchange_new (pipeline, reply->peer, answered, user, exchange_done);

        x->reply = reply;
        x->action_name = reply->action.data != NULL ? reply->action : seki_span_text ("reply");
        x->message.id = reply->sent->id;
        if (reply->action.data == NULL) {
                x->state = SEKI_EXCHANGE_HANDLED;       /* only recorded */
        } else if (!seki_reply_make_lines (x)) {
                seki_exchange_set_limit_error (&x->error);
                seki_exchange_end (x);
                return;
        }
        exchange_advance (x);
}

void
seki_pipeline_note (SekiPipeline *pipeline, const char *act, SekiSpan detail,
                    const SekiParty *actor, SekiAnswered answered, gpointer user)
{
        SekiExchange *x = seki_exchange_new (pipeline, actor, answered, user, exchange_done);

        x->note = seki_arena_text (x->arena, seki_span_text (act));
        x->detail = seki_span (seki_arena_copy (x->arena, detail.data, detail.len), detail.len);
        x->action_name = seki_span_text ("node");
        exchange_advance (x);
}

/* Answers what is durable. */
static gboolean
pipeline_collect (SekiPipeline *pipeline)
{
        SekiExchange *finished, *ordered = NULL;
        gboolean any;

        pthread_mutex_lock (&pipeline->lock);
        finished = g_steal_pointer (&pipeline->finished);
        pipeline->woken = FALSE;
        pthread_mutex_unlock (&pipeline->lock);
        any = finished != NULL;
        for (SekiExchange *next; finished != NULL; finished = next) {
                next = finished->next;
                finished->next = ordered;
                ordered = finished;
        }
        for (SekiExchange *next; ordered != NULL; ordered = next) {
                next = ordered->next;
                if (ordered->unit.error == NULL && ordered->sends)
                        seki_queue_wake (pipeline->kernel->queue);
                seki_exchange_end (ordered);
        }
        return any;
}

static void
pipeline_submit (SekiPipeline *pipeline)
{
        SekiCommitUnit *list = NULL, **tail = &list;

        for (SekiExchange *x = pipeline->round; x != NULL; x = x->next) {
                *tail = &x->unit;
                tail = &x->unit.next;
        }
        *tail = NULL;
        pipeline->round = NULL;
        pipeline->last_round = &pipeline->round;
        if (list != NULL)
                seki_commit_submit (pipeline->kernel->commit, list);
}

void
seki_pipeline_flush (SekiPipeline *pipeline)
{
        do {
                pipeline_submit (pipeline);
                pipeline_collect (pipeline);
                for (guint waiting = pipeline->parked.length; waiting > 0; waiting--)
                        exchange_advance (g_queue_pop_head (&pipeline->parked));
        } while (pipeline->round != NULL);
}

static void
pipeline_run (gpointer user)
{
        SekiPipeline *pipeline = user;

        pipeline->posted--;
        seki_pipeline_flush (pipeline);
}

static void
pipeline_post (SekiPipeline *pipeline)
{
        pipeline->posted++;
        pipeline->post (pipeline->owner, pipeline_run, pipeline);
}

/* A claim was given back somewhere: the waiting may try again. */
static void
pipeline_wake (gpointer user)
{
        pipeline_post (user);
}

/* On the committing thread.  Posted under the lock, because the pipeline may go
 * as soon as it got its last exchange back. */
static void
exchange_done (SekiCommitUnit *unit)
{
        SekiExchange *x = (SekiExchange *) unit;
        SekiPipeline *pipeline = x->pipeline;
        gboolean wake;

        pthread_mutex_lock (&pipeline->lock);
        x->next = pipeline->finished;
        pipeline->finished = x;
        wake = !pipeline->woken && !pthread_equal (pipeline->thread, pthread_self ());
        pipeline->woken |= wake;
        if (wake)
                pipeline_post (pipeline);
        pthread_mutex_unlock (&pipeline->lock);
}
