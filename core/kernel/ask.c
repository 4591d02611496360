/* SPDX-License-Identifier: Apache-2.0 */
/* What is asked of the gate: once per record on the message, again per effect. */
#include "kernel/exchange.h"

static SekiAsk
effect_ask (const SekiEffect *effect)
{
        switch (effect->kind) {
        case SEKI_EFFECT_PUT:
                return SEKI_ASK_PUT;
        case SEKI_EFFECT_GIVE:
                return SEKI_ASK_GIVE;
        case SEKI_EFFECT_SEND:
                return SEKI_ASK_SEND;
        case SEKI_EFFECT_ERASE:
                return SEKI_ASK_ERASE;
        case SEKI_EFFECT_HOLD:
        case SEKI_EFFECT_RELEASE:
                return SEKI_ASK_HOLD;
        default:
                return SEKI_ASK_REPORT;
        }
}

static const SekiParty *
kernel_find_peer (const SekiKernel *kernel, const char *id)
{
        for (const SekiParty *const *peer = kernel->peers; id != NULL && *peer != NULL; peer++)
                if (strcmp ((*peer)->id, id) == 0)
                        return *peer;
        return NULL;
}

static guint8
record_holding (const SekiRecord *record)
{
        if (record == NULL || record->field[SEKI_FIELD_HOLDING].data == NULL)
                return 0;
        return seki_span_is (record->field[SEKI_FIELD_HOLDING], "yes") ? 2 : 1;
}

static void
line_question (const SekiLine *line, SekiAsk ask, SekiQuestion *out)
{
        const SekiRecord *stored = line->held != NULL ? &line->held->record : NULL;

        memset (out, 0, sizeof *out);
        out->ask = (guint8) ask;
        out->known = stored != NULL;
        out->closed = stored != NULL && stored->field[SEKI_FIELD_CLOSED].data != NULL;
        out->number = (guint8) (line->item->number != SEKI_NUMBER_NONE || line->held == NULL
                                        ? line->item->number
                                        : line->held->kind);
        out->with_number = line->item->number != SEKI_NUMBER_NONE;
        out->holding = record_holding (&line->item->record);
        if (out->holding == 0)
                out->holding = record_holding (stored);
}

/* Asks the gate; a refusal becomes the line's reason. */
static gboolean
line_ask (SekiExchange *x, SekiLine *line, const SekiQuestion *question)
{
        gsize place = seki_docket_rule (&x->docket, question);

        if (place == G_MAXSIZE)
                return FALSE;
        line->ruling = place;
        if (x->docket.rulings[place].decision.verdict != SEKI_PERMIT)
                line->reason = "policy-refused";
        return TRUE;
}

gboolean
seki_exchange_ask_message (SekiExchange *x, GError **error)
{
        for (gsize i = 0; i < x->message.n_items; i++) {
                SekiQuestion question;

                if (x->lines[i].reason != NULL)
                        continue;
                line_question (&x->lines[i], SEKI_ASK_MESSAGE, &question);
                if (!line_ask (x, &x->lines[i], &question)) {
                        seki_exchange_set_limit_error (error);
                        return FALSE;
                }
        }
        return TRUE;
}

/* A record goes under the subject's own code, once. */
static gboolean
put_is_sound (const SekiLine *line, const SekiEffect *effect)
{
        SekiSpan code = line->item->record.field[SEKI_FIELD_CODE];

        return line->put == NULL && !line->erased && effect->record != NULL &&
               effect->number <= SEKI_NUMBER_DROP && code.data != NULL &&
               seki_span_equal (effect->record->field[SEKI_FIELD_CODE], code);
}

/* What is given is the stored record or one of those the role was shown. */
static gboolean
give_is_sound (const SekiLine *line, const SekiEffect *effect)
{
        if (effect->other == NULL)
                return line->held != NULL;
        for (gsize i = 0; i < line->subject->n_same; i++)
                if (line->subject->same[i].record == effect->other)
                        return TRUE;
        return FALSE;
}

/* A module is not trusted to name only what it was shown. */
static gboolean
effect_is_sound (const SekiExchange *x, const SekiLine *line, const SekiEffect *effect)
{
        const SekiRecord *given = &line->item->record;

        switch (effect->kind) {
        case SEKI_EFFECT_PUT:
                return put_is_sound (line, effect);
        case SEKI_EFFECT_ERASE:
                return line->put == NULL && !line->erased && line->held != NULL;
        case SEKI_EFFECT_GIVE:
                return give_is_sound (line, effect);
        case SEKI_EFFECT_HOLD:
        case SEKI_EFFECT_RELEASE:
                return (x->loads & SEKI_LOAD_HOLDER) != 0 &&
                       given->field[SEKI_FIELD_CODE].data != NULL &&
                       given->field[SEKI_FIELD_ISSUE].data != NULL;
        case SEKI_EFFECT_SEND:
                return effect->to != NULL && effect->action != NULL;
        case SEKI_EFFECT_REPORT:
                return effect->reason != NULL;
        default:
                return FALSE;
        }
}

/* The gate's question on one effect; NULL reason: it may be asked. */
static const char *
effect_question (SekiExchange *x, SekiLine *line, const SekiEffect *effect, SekiQuestion *out)
{
        guint32 flags = x->action->flags;
        gboolean writes = effect->kind != SEKI_EFFECT_GIVE;

        line_question (line, effect_ask (effect), out);
        if ((writes && !(flags & SEKI_ACTION_WRITES)) ||
            (!writes && !(flags & SEKI_ACTION_READS)) || !effect_is_sound (x, line, effect))
                return "effect-not-declared";
        if (effect->kind == SEKI_EFFECT_GIVE || effect->kind == SEKI_EFFECT_SEND)
                out->with_number = effect->number != 0;
        if (effect->kind == SEKI_EFFECT_SEND) {
                out->to = kernel_find_peer (x->pipeline->kernel, effect->to);
                if (out->to == NULL || strcmp (effect->to, x->pipeline->kernel->self->id) == 0)
                        return "unknown-institution";
        }
        return NULL;
}

/* Every effect of a line must be permitted, else the line is refused. */
gboolean
seki_line_decide (SekiExchange *x, SekiLine *line)
{
        if (line->reason == NULL && !line->answered)
                line->reason = "not-answered";
        for (SekiEffectNode *node = line->effects; node != NULL && line->reason == NULL;
             node = node->next) {
                SekiQuestion question;

                if (node->effect.kind == SEKI_EFFECT_ANSWER)
                        continue;
                line->reason = effect_question (x, line, &node->effect, &question);
                if (line->reason == NULL && !line_ask (x, line, &question))
                        return FALSE;
                if (node->effect.kind == SEKI_EFFECT_PUT)
                        line->put = &node->effect;
                line->erased |= node->effect.kind == SEKI_EFFECT_ERASE;
                line->acts = TRUE;
        }
        return TRUE;
}
