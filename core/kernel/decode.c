/* SPDX-License-Identifier: Apache-2.0 */
/* From bytes to lines: what the message is, and whether its caller may ask at all. */
#include "kernel/pipeline.h"

#include "base/text.h"
#include "kernel/witness.h"

#define BASIS_MAX 256                   /* it stands in every leaf, and a leaf has SEKI_ENTRY_MAX */

/* Which action, and may this kind of caller ask for it at all. */
static void
exchange_resolve (SekiExchange *x)
{
        SekiPipeline *pipeline = x->pipeline;

        x->action =
                seki_registry_find_action (pipeline->kernel->registry, x->action_name, &x->role);
        if (x->action == NULL) {
                x->reason = "unknown-action";
                x->status = 404;
                return;
        }
        if (!(x->action->callers & x->caller->kind) ||
            ((x->caller->kind & (SEKI_CALLER_NODE | SEKI_CALLER_REPLY)) &&
             x->action->peer_roles != 0 && !(x->caller->roles & x->action->peer_roles))) {
                x->reason = "caller-not-allowed";
                x->status = 403;
                return;
        }
        x->loads = x->action->loads;
        if (x->action->flags & SEKI_ACTION_WRITES)
                x->loads |= x->role->loads & (SEKI_LOAD_NUMBER | SEKI_LOAD_PERSON);
        if (x->action->flags & SEKI_ACTION_WRITES)
                x->loads |= SEKI_LOAD_CODE;     /* a put must know what it replaces */
}

/* A disk that is nearly full takes nothing new, but still says so on the ledger,
 * and later not even that (D21).  What came back from a peer is let in: it ends
 * a message that lies on this disk. */
static void
exchange_look_at_disk (SekiExchange *x)
{
        const SekiTally *tally = x->pipeline->kernel->tally;
        SekiDisk disk = tally != NULL ? (SekiDisk) tally->disk : SEKI_DISK_FREE;

        if (disk == SEKI_DISK_FREE || x->reply != NULL)
                return;
        if (disk == SEKI_DISK_FULL) {
                g_set_error_literal (
                        &x->error, SEKI_ERROR, SEKI_ERROR_BUSY,
                        _("The node's disk is full. Free space, then send the message again."));
        } else if (x->action != NULL && (x->action->flags & SEKI_ACTION_WRITES)) {
                x->reason = "disk-reserved";
                x->status = 507;
        }
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
                if ((x->action->fields >> field & 1) &&
                    line->item->record.field[field].data == NULL)
                        line->reason = "field-missing";
        if ((x->action->flags & SEKI_ACTION_NUMBER) && line->item->number == SEKI_NUMBER_NONE)
                line->reason = "number-missing";
}

gboolean
seki_exchange_make_lines (SekiExchange *x)
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

void
seki_exchange_refuse_bytes (SekiExchange *x, const char *sentence)
{
        x->reason = "malformed-message";
        x->sentence = seki_arena_text (x->arena, seki_span_text (sentence));
        x->status = 400;
}

void
seki_exchange_decode (SekiExchange *x)
{
        if (x->reply == NULL && !seki_message_read (x->body, x->arena, &x->message, &x->error))
                x->message = (SekiMessage){ .id = SEKI_SPAN_NONE };
        if (x->message.basis.len > BASIS_MAX) {
                x->message.basis = SEKI_SPAN_NONE;
                seki_exchange_refuse_bytes (x, _("The legal basis is longer than 256 bytes. Name "
                                                  "article and item only."));
        }
        x->context.action = x->action_name;
        x->context.purpose = x->message.purpose;
        x->context.basis = x->message.basis;
        x->context.batch_size = x->message.n_items;
        if (x->error != NULL) {
                /* Bytes that are no message are on the ledger too, as a refusal. */
                seki_exchange_refuse_bytes (x, x->error->message);
                g_clear_error (&x->error);
        }
        if (x->reason != NULL)
                return;
        if (x->caller->kind == SEKI_CALLER_NODE &&
            !seki_witness_take (x->pipeline->kernel->witness, x->caller, x->message.checkpoint)) {
                x->reason = "ledger-contradicts";
                x->status = 403;
                return;
        }
        exchange_resolve (x);
        if (x->reason == NULL)
                exchange_look_at_disk (x);
        if (x->reason == NULL && x->error == NULL &&
            (x->reply != NULL || seki_exchange_make_lines (x)))
                for (gsize i = 0; i < x->message.n_items; i++)
                        line_check (x, &x->lines[i]);
}
