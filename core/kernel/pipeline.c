/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel/pipeline.h"

#include "base/text.h"
#include "kernel/queue.h"
#include "kernel/witness.h"

#include <pthread.h>

#define ARENAS_KEPT 32
#define SEEN_FORMAT 1
#define SEEN_HEAD (1 + SEKI_HASH_LEN + 8 + 32)  /* format, content, first leaf, its hash; then the verdicts */

SekiPipeline *
seki_pipeline_new (const SekiKernel *kernel, void (*post) (gpointer, void (*) (gpointer), gpointer), gpointer owner,
                   GError **error)
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
        if (pipeline->hands == NULL || !seki_keyring_get_key (kernel->keyring, SEKI_KEY_SEEN, pipeline->seen, error))
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

/* The role's effects land here. */
static gpointer
effects_alloc (SekiEffects *effects, gsize size)
{
        SekiExchange *x = (SekiExchange *) ((guint8 *) effects - G_STRUCT_OFFSET (SekiExchange, effects));

        return seki_arena_alloc (x->arena, size);
}

static void
effects_add (SekiEffects *effects, const SekiEffect *effect)
{
        SekiExchange *x = (SekiExchange *) ((guint8 *) effects - G_STRUCT_OFFSET (SekiExchange, effects));
        SekiEffectNode *node;
        SekiLine *line;

        if (effect->subject >= x->n_subjects || effect->kind > SEKI_EFFECT_REPORT) {
                x->reason = "effect-not-declared";
                x->status = 500;
                return;
        }
        if ((node = seki_arena_alloc (x->arena, sizeof *node)) == NULL) {
                x->starved = TRUE;
                return;
        }
        line = &x->lines[x->subject_lines[effect->subject]];
        node->effect = *effect;
        *line->last_effect = node;
        line->last_effect = &node->next;
        if (effect->kind != SEKI_EFFECT_ANSWER)
                return;
        line->answered = TRUE;
        if (effect->verdict != SEKI_PERMIT)
                line->reason = effect->reason != NULL ? effect->reason : "refused";
}

static void exchange_done (SekiCommitUnit *unit);
static void pipeline_wake (gpointer user);

static SekiExchange *
exchange_new (SekiPipeline *pipeline, const SekiParty *caller, SekiAnswered answered, gpointer user)
{
        SekiExchange *x = g_new0 (SekiExchange, 1);

        x->pipeline = pipeline;
        x->arena = pipeline->arenas->len > 0 ? g_ptr_array_steal_index (pipeline->arenas, pipeline->arenas->len - 1)
                                             : seki_arena_new (pipeline->kernel->arena_limit);
        x->caller = caller;
        x->answered = answered;
        x->user = user;
        x->status = 200;
        x->unit.done = exchange_done;
        x->effects.alloc = effects_alloc;
        x->effects.add = effects_add;
        x->context = (SekiContext){
                .caller = caller, .self = pipeline->kernel->self, .test = pipeline->kernel->test,
                .now = seki_clock_now (pipeline->kernel->clock),
        };
        pipeline->in_flight++;
        return x;
}

static void
exchange_free (SekiExchange *x)
{
        SekiPipeline *pipeline = x->pipeline;

        if (x->room.generation != 0)
                seki_vault_settle (pipeline->kernel->vault, &x->room);
        if (x->index != NULL)
                g_hash_table_unref (x->index);
        if (x->trail != NULL)
                g_array_unref (x->trail);
        g_free (x->claims);
        g_clear_error (&x->error);
        g_clear_error (&x->unit.error);
        seki_arena_reset (x->arena);
        if (pipeline->arenas->len < ARENAS_KEPT)
                g_ptr_array_add (pipeline->arenas, x->arena);
        else
                seki_arena_free (x->arena);
        pipeline->in_flight--;
        g_free (x);
}

static void
exchange_release (SekiExchange *x)
{
        seki_claims_release (x->pipeline->kernel->claims, x->claims, x->n_claims, x);
        x->n_claims = 0;
}

/* Puts the answer together; the place of the first leaf is known only now. */
static void
exchange_answer (SekiExchange *x)
{
        SekiAnswer answer = { .id = x->message.id, .reason = x->reason };
        g_autofree SekiVerdictItem *items = NULL;
        SekiCborWriter writer;
        const GError *error = x->error != NULL ? x->error : x->unit.error;

        if (error != NULL) {
                answer.error = error->message;
                x->status = error->code == SEKI_ERROR_INVALID || error->code == SEKI_ERROR_LIMIT ? 400 : 503;
        } else if (x->unit.n_leaves > 0) {
                answer.error = x->sentence;
                answer.has_receipt = TRUE;
                answer.receipt.lane = x->pipeline->kernel->lane;
                answer.receipt.index = x->unit.first;
                memcpy (answer.receipt.leaf, x->unit.leaves[0], 32);
        }
        if (error == NULL && x->reason == NULL) {
                answer.n_items = x->message.n_items;
                /* Not from the arena: what is durable must be told, however little is left there. */
                answer.items = items = g_new0 (SekiVerdictItem, answer.n_items + 1);
                for (gsize i = 0; i < answer.n_items; i++)
                        answer.items[i] = (SekiVerdictItem){ .reason = x->lines[i].reason, .record = x->lines[i].given,
                                                             .fields = x->lines[i].given_fields };
        }
        answer.checkpoint = seki_witness_get_own (x->pipeline->kernel->witness, x->arena);
        seki_cbor_writer_init (&writer, NULL);
        seki_answer_write (&answer, &writer);
        if (x->answered != NULL)
                x->answered (seki_cbor_writer_get_span (&writer), x->status, x->user);
        seki_cbor_writer_clear (&writer);
}

static void
exchange_count (SekiExchange *x)
{
        SekiTally *tally = x->pipeline->kernel->tally;

        for (guint act = 0; tally != NULL && act < SEKI_ACT_COUNT; act++)
                if (x->acts[act] > 0)
                        tally->acts[act] += x->acts[act];
}

static void
exchange_end (SekiExchange *x)
{
        if (x->state == SEKI_EXCHANGE_COMMITTING && x->unit.error == NULL)
                exchange_count (x);
        exchange_release (x);
        exchange_answer (x);
        exchange_free (x);
}

/* An equal message was applied before: its verdicts and receipt again. */
static gboolean
exchange_answer_repeated (SekiExchange *x)
{
        const guint8 *row = x->repeated.data;
        SekiCborReader reader;
        SekiAnswer answer = { 0 };
        SekiCborWriter writer;

        answer.id = x->message.id;
        answer.has_receipt = TRUE;
        answer.receipt.lane = x->pipeline->kernel->lane;
        answer.receipt.index = seki_get_be64 (row + 1 + SEKI_HASH_LEN);
        memcpy (answer.receipt.leaf, row + 1 + SEKI_HASH_LEN + 8, 32);
        seki_cbor_reader_init (&reader, seki_span (row + SEEN_HEAD, x->repeated.len - SEEN_HEAD));
        if (!seki_answer_read_items (&reader, x->arena, &answer, &x->error))
                return FALSE;
        answer.checkpoint = seki_witness_get_own (x->pipeline->kernel->witness, x->arena);
        seki_cbor_writer_init (&writer, NULL);
        seki_answer_write (&answer, &writer);
        x->answered (seki_cbor_writer_get_span (&writer), 200, x->user);
        seki_cbor_writer_clear (&writer);
        return TRUE;
}

/* Which action, and may this kind of caller ask for it at all. */
static void
exchange_resolve (SekiExchange *x)
{
        SekiPipeline *pipeline = x->pipeline;

        x->action = seki_registry_find_action (pipeline->kernel->registry, x->action_name, &x->role);
        if (x->action == NULL) {
                x->reason = "unknown-action";
                x->status = 404;
                return;
        }
        if (!(x->action->callers & x->caller->kind) ||
            ((x->caller->kind & (SEKI_CALLER_NODE | SEKI_CALLER_REPLY)) && x->action->peer_roles != 0 &&
             !(x->caller->roles & x->action->peer_roles))) {
                x->reason = "caller-not-allowed";
                x->status = 403;
                return;
        }
        x->loads = x->action->loads;
        if (x->action->flags & SEKI_ACTION_WRITES)
                x->loads |= x->role->loads & (SEKI_LOAD_NUMBER | SEKI_LOAD_PERSON);
        if (x->action->loads == SEKI_LOAD_NONE && (x->action->flags & SEKI_ACTION_WRITES))
                x->loads |= SEKI_LOAD_CODE;     /* a put must know what it replaces */
}

/* Fields every record of the action must have; GIVEN is the store's own. */
static void
line_check (const SekiExchange *x, SekiLine *line)
{
        line->last_effect = &line->effects;
        line->ruling = G_MAXSIZE;
        line->reason = line->item->fault;
        if (line->reason != NULL || line->verdict != NULL)
                return;
        for (guint field = 0; field < SEKI_FIELD_COUNT; field++)
                if ((x->action->fields >> field & 1) && line->item->record.field[field].data == NULL)
                        line->reason = "field-missing";
        if ((x->action->flags & SEKI_ACTION_NUMBER) && line->item->number == SEKI_NUMBER_NONE)
                line->reason = "number-missing";
}

static gboolean
exchange_make_lines (SekiExchange *x)
{
        x->lines = seki_arena_alloc (x->arena, (x->message.n_items + 1) * sizeof *x->lines);
        if (x->lines == NULL) {
                seki_exchange_set_limit_error (&x->error);
                return FALSE;
        }
        for (gsize i = 0; i < x->message.n_items; i++)
                x->lines[i].item = &x->message.items[i];
        return TRUE;
}

static void
exchange_refuse_bytes (SekiExchange *x, const char *sentence)
{
        x->reason = "malformed-message";
        x->sentence = seki_arena_text (x->arena, seki_span_text (sentence));
        x->status = 400;
}

static void
exchange_decode (SekiExchange *x)
{
        if (x->reply == NULL && !seki_message_read (x->body, x->arena, &x->message, &x->error))
                x->message = (SekiMessage){ .id = SEKI_SPAN_NONE };
        x->context.action = x->action_name;
        x->context.purpose = x->message.purpose;
        x->context.basis = x->message.basis;
        x->context.batch_size = x->message.n_items;
        if (x->error != NULL) {
                /* Bytes that are no message are on the ledger too, as a refusal. */
                exchange_refuse_bytes (x, x->error->message);
                g_clear_error (&x->error);
                return;
        }
        if (x->caller->kind == SEKI_CALLER_NODE &&
            !seki_witness_take (x->pipeline->kernel->witness, x->caller, x->message.checkpoint)) {
                x->reason = "ledger-contradicts";
                x->status = 403;
                return;
        }
        exchange_resolve (x);
        if (x->reason == NULL && (x->reply != NULL || exchange_make_lines (x)))
                for (gsize i = 0; i < x->message.n_items; i++)
                        line_check (x, &x->lines[i]);
}

static void
seen_found (gsize i, SekiSpan value, gpointer user)
{
        SekiExchange *x = user;

        (void) i;
        if (value.len >= SEEN_HEAD && value.data[0] == SEEN_FORMAT)
                x->repeated = seki_span (seki_arena_copy (x->arena, value.data, value.len), value.len);
}

static gboolean
exchange_remembers (const SekiExchange *x)
{
        return x->reply == NULL && x->action != NULL && (x->action->flags & SEKI_ACTION_WRITES);
}

/* The same id again: the same content is answered again, other content refused. */
static gboolean
exchange_recall (SekiExchange *x, GError **error)
{
        const SekiKernel *kernel = x->pipeline->kernel;
        SekiHash *hash = seki_hands_get_hash (x->pipeline->hands);
        SekiSpan parts[3] = { seki_span_text (x->caller->id), seki_span ("", 1), x->message.id };
        SekiSpan key = seki_span (x->seen_key, sizeof x->seen_key);
        guint8 mac[SEKI_HASH_LEN];

        if (!exchange_remembers (x))
                return TRUE;
        seki_hash_mac (hash, seki_span (x->pipeline->seen, sizeof x->pipeline->seen), parts, 3, mac);
        x->seen_key[0] = 'S';
        memcpy (x->seen_key + 1, mac, SEKI_ID_LEN);
        if (!seki_exchange_claim (x, x->seen_key))
                return FALSE;
        seki_hash_begin (hash);
        seki_hash_add (hash, x->action_name.data, x->action_name.len);
        seki_hash_add (hash, "", 1);
        seki_hash_add (hash, x->message.content.data, x->message.content.len);
        seki_hash_end (hash, x->content);
        if (!kernel->storage->get_many (kernel->storage_self, SEKI_SPACE_STATE, &key, 1, seen_found, x, error))
                return FALSE;
        if (x->repeated.data != NULL && memcmp (x->repeated.data + 1, x->content, SEKI_HASH_LEN) != 0) {
                x->repeated = SEKI_SPAN_NONE;
                x->reason = "message-id-reused";
                x->status = 409;
        }
        return TRUE;
}

static gboolean
exchange_handle (SekiExchange *x, GError **error)
{
        SekiCall call = {
                .action = x->action, .caller = x->caller, .self = x->pipeline->kernel->self, .peers = x->pipeline->kernel->peers,
                .purpose = x->message.purpose, .basis = x->message.basis, .to = x->message.to, .now = x->context.now,
                .subjects = x->subjects, .n_subjects = x->n_subjects,
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

/* What an equal message will be answered: the verdicts, without records. */
static gboolean
exchange_add_seen (SekiExchange *x, GError **error)
{
        SekiCborWriter writer;
        guint8 head[SEEN_HEAD] = { SEEN_FORMAT };
        SekiSpan value;

        if (!exchange_remembers (x) || x->unit.n_leaves == 0)
                return TRUE;
        memcpy (head + 1, x->content, SEKI_HASH_LEN);
        memcpy (head + 1 + SEKI_HASH_LEN + 8, x->unit.leaves[0], 32);
        seki_cbor_writer_init (&writer, x->arena);
        seki_cbor_write_raw (&writer, seki_span (head, sizeof head));
        seki_cbor_write_array (&writer, x->message.n_items);
        for (gsize i = 0; i < x->message.n_items; i++)
                if (x->lines[i].reason != NULL)
                        seki_cbor_write_literal (&writer, x->lines[i].reason);
                else
                        seki_cbor_write_bool (&writer, TRUE);
        value = seki_cbor_writer_get_span (&writer);
        if (!writer.failed && seki_exchange_add_row (x, SEKI_SPACE_STATE, seki_span (x->seen_key, sizeof x->seen_key), value,
                                                     -1, 1 + SEKI_HASH_LEN))
                return TRUE;
        seki_exchange_set_limit_error (error);
        return FALSE;
}

/* One step; FALSE: error set, or none set and the exchange must wait. */
static gboolean
exchange_step (SekiExchange *x, GError **error)
{
        switch (x->state) {
        case SEKI_EXCHANGE_TAKEN:
                if (x->note == NULL)
                        exchange_decode (x);
                if (x->error != NULL)
                        return FALSE;
                break;
        case SEKI_EXCHANGE_DECODED:
                if (x->note == NULL && !exchange_recall (x, error))
                        return FALSE;
                break;
        case SEKI_EXCHANGE_CLAIMED:
                if (x->action != NULL && !seki_exchange_load (x, error))
                        return FALSE;
                break;
        case SEKI_EXCHANGE_LOADED:
                seki_docket_init (&x->docket, &x->context, x->pipeline->kernel->registry,
                                  seki_hands_get_hash (x->pipeline->hands), x->arena);
                if (!seki_nss_random (x->context.salt, sizeof x->context.salt) ||
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
                if (!exchange_add_seen (x, error))
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
        exchange_release (x);
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
        while (x->state < SEKI_EXCHANGE_SEALED && x->reason == NULL && x->repeated.data == NULL) {
                if (exchange_step (x, &x->error))
                        continue;
                if (x->error == NULL && x->waits) {
                        exchange_park (x);
                        return;
                }
                if (x->error == NULL)
                        g_set_error_literal (&x->error, SEKI_ERROR, SEKI_ERROR_MODULE,
                                             _("A part of the node failed and did not say why. Look at the journal."));
                break;
        }
        if (x->error == NULL && x->repeated.data != NULL && exchange_answer_repeated (x)) {
                exchange_release (x);
                exchange_free (x);
        } else if (x->error == NULL && (x->reason == NULL || seki_exchange_refuse (x))) {
                exchange_seal (x);
        } else {
                if (x->error == NULL)
                        seki_exchange_set_limit_error (&x->error);
                exchange_end (x);
        }
}

static void
exchange_name_action (SekiExchange *x, SekiSpan action)
{
        gsize len = MIN (action.len, 63);

        x->action_name = seki_span (seki_arena_copy (x->arena, action.data, len), len);
}

void
seki_pipeline_refuse (SekiPipeline *pipeline, const SekiParty *caller, SekiSpan action, const char *sentence,
                      SekiAnswered answered, gpointer user)
{
        SekiExchange *x = exchange_new (pipeline, caller, answered, user);

        exchange_name_action (x, action);
        exchange_refuse_bytes (x, sentence);
        exchange_advance (x);
}

void
seki_pipeline_take (SekiPipeline *pipeline, const SekiParty *caller, SekiSpan action, SekiSpan body,
                    SekiAnswered answered, gpointer user)
{
        SekiExchange *x = exchange_new (pipeline, caller, answered, user);

        exchange_name_action (x, action);
        x->body = seki_span (seki_arena_copy (x->arena, body.data, body.len), body.len);
        if (x->body.data == NULL || x->action_name.data == NULL)
                seki_exchange_set_limit_error (&x->error);
        if (x->error != NULL)
                exchange_end (x);
        else
                exchange_advance (x);
}

/* What the peer says of one record: it may not put another in its place. */
static const char *
reply_verdict (const SekiReply *reply, gsize i)
{
        const SekiVerdictItem *item = i < reply->answer->n_items ? &reply->answer->items[i] : NULL;

        if (item == NULL)
                return "not-answered";
        if (item->reason != NULL)
                return item->reason;
        if (item->record != NULL && !seki_span_equal (item->record->field[SEKI_FIELD_CODE],
                                                      reply->sent->items[i].record.field[SEKI_FIELD_CODE]))
                return "code-differs";
        return "";
}

/* The reply's items are the peer's records where it gave them, ours where not. */
static gboolean
reply_make_lines (SekiExchange *x)
{
        const SekiReply *reply = x->reply;
        gsize n = reply->sent->n_items;
        SekiItem *items = seki_arena_alloc (x->arena, (n + 1) * sizeof *items);

        if (items == NULL)
                return FALSE;
        x->message = *reply->sent;
        x->message.items = items;
        for (gsize i = 0; i < n; i++) {
                const SekiVerdictItem *verdict = i < reply->answer->n_items ? &reply->answer->items[i] : NULL;

                items[i] = reply->sent->items[i];
                if (*reply_verdict (reply, i) != '\0' || verdict->record == NULL)
                        continue;
                items[i] = (SekiItem){ .record = *verdict->record };
                items[i].fault = seki_record_check (verdict->record, &items[i].number);
        }
        if (!exchange_make_lines (x))
                return FALSE;
        for (gsize i = 0; i < n; i++)
                x->lines[i].verdict = reply_verdict (reply, i);
        return TRUE;
}

void
seki_pipeline_take_reply (SekiPipeline *pipeline, const SekiReply *reply, SekiAnswered answered, gpointer user)
{
        SekiExchange *x = exchange_new (pipeline, reply->peer, answered, user);

        x->reply = reply;
        x->action_name = reply->action.data != NULL ? reply->action : seki_span_text ("reply");
        x->message.id = reply->sent->id;
        if (reply->action.data == NULL) {
                x->state = SEKI_EXCHANGE_HANDLED;       /* only recorded */
        } else if (!reply_make_lines (x)) {
                seki_exchange_set_limit_error (&x->error);
                exchange_end (x);
                return;
        }
        exchange_advance (x);
}

void
seki_pipeline_note (SekiPipeline *pipeline, const char *act, SekiSpan detail, const SekiParty *actor,
                    SekiAnswered answered, gpointer user)
{
        SekiExchange *x = exchange_new (pipeline, actor, answered, user);

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
                exchange_end (ordered);
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
