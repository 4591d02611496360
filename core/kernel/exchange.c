/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel/exchange.h"

#include "kernel/reseal.h"
#include "kernel/witness.h"

#define ARENAS_KEPT 32

/* The role's effects land here. */
static gpointer
effects_alloc (SekiEffects *effects, gsize size)
{
        SekiExchange *x =
                (SekiExchange *) ((guint8 *) effects - G_STRUCT_OFFSET (SekiExchange, effects));

        return seki_arena_alloc (x->arena, size);
}

static void
effects_add (SekiEffects *effects, const SekiEffect *effect)
{
        SekiExchange *x =
                (SekiExchange *) ((guint8 *) effects - G_STRUCT_OFFSET (SekiExchange, effects));
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
        if (x->again && effect->kind != SEKI_EFFECT_ANSWER && effect->kind != SEKI_EFFECT_GIVE)
                return;                 /* done the first time */
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

SekiExchange *
seki_exchange_new (SekiPipeline *pipeline, const SekiParty *caller, SekiAnswered answered,
                   gpointer user, void (*done) (SekiCommitUnit *unit))
{
        SekiExchange *x = g_new0 (SekiExchange, 1);

        x->pipeline = pipeline;
        x->arena = pipeline->arenas->len > 0
                           ? g_ptr_array_steal_index (pipeline->arenas, pipeline->arenas->len - 1)
                           : seki_arena_new (pipeline->kernel->arena_limit);
        x->caller = caller;
        x->answered = answered;
        x->user = user;
        x->status = 200;
        x->unit.done = done;
        x->effects.alloc = effects_alloc;
        x->effects.add = effects_add;
        x->context = (SekiContext){
                .caller = caller, .self = pipeline->kernel->self, .test = pipeline->kernel->test,
                .now = seki_clock_now (pipeline->kernel->clock),
        };
        pipeline->in_flight++;
        return x;
}

void
seki_exchange_free (SekiExchange *x)
{
        SekiPipeline *pipeline = x->pipeline;

        if (x->room.generation != 0)
                seki_vault_settle (pipeline->kernel->vault, &x->room);
        seki_exchange_leave (x);
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

gboolean
seki_exchange_enter (SekiExchange *x, const SekiBucket *bucket)
{
        if (x->entered == NULL)
                x->entered = g_array_new (FALSE, FALSE, sizeof (SekiBucket));
        for (guint i = x->entered->len; i-- > 0;)
                if (memcmp (&g_array_index (x->entered, SekiBucket, i), bucket, sizeof *bucket) ==
                    0)
                        return TRUE;
        if (seki_vault_enter (x->pipeline->kernel->vault, bucket)) {
                g_array_append_vals (x->entered, bucket, 1);
                return TRUE;
        }
        seki_bucket_claim (bucket, x->wanted);
        x->waits = TRUE;
        return FALSE;
}

void
seki_exchange_leave (SekiExchange *x)
{
        for (guint i = 0; x->entered != NULL && i < x->entered->len; i++)
                seki_vault_settle (x->pipeline->kernel->vault,
                                   &g_array_index (x->entered, SekiBucket, i));
        g_clear_pointer (&x->entered, g_array_unref);
}

void
seki_exchange_release (SekiExchange *x)
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
                x->status = error->code == SEKI_ERROR_INVALID || error->code == SEKI_ERROR_LIMIT
                                    ? 400
                                    : 503;
        } else if (x->unit.n_leaves > 0) {
                answer.error = x->sentence;
                answer.has_receipt = TRUE;
                answer.receipt.lane = x->pipeline->kernel->lane;
                answer.receipt.index = x->unit.first;
                memcpy (answer.receipt.leaf, x->unit.leaves[0], 32);
                if (x->again)
                        seki_exchange_get_first_receipt (x, &answer.receipt);
        }
        if (error == NULL && x->reason == NULL) {
                answer.n_items = x->message.n_items;
                /* Not from the arena: what is durable must be told, however little it has. */
                answer.items = items = g_new0 (SekiVerdictItem, answer.n_items + 1);
                for (gsize i = 0; i < answer.n_items; i++) {
                        if (x->lines[i].given != NULL)
                                answer.items[i] = *x->lines[i].given;
                        answer.items[i].reason = x->lines[i].reason;
                }
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

void
seki_exchange_end (SekiExchange *x)
{
        if (x->state == SEKI_EXCHANGE_COMMITTING && x->unit.error == NULL)
                exchange_count (x);
        seki_exchange_release (x);
        exchange_answer (x);
        seki_exchange_free (x);
}
