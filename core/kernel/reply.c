/* SPDX-License-Identifier: Apache-2.0 */
/* The answer of a peer: taken apart, and recorded. */
#include "kernel/queue.h"
#include "kernel/receipt.h"

#include "kernel/witness.h"

#include <inttypes.h>

/* What the peer says of one record: it may not put another in its place. */
static const char *
reply_verdict (const SekiReply *reply, gsize i)
{
        const SekiVerdictItem *item = i < reply->answer->n_items ? &reply->answer->items[i] : NULL;

        if (item == NULL)
                return "not-answered";
        if (item->reason != NULL)
                return item->reason;
        if (item->record != NULL &&
            !seki_span_equal (item->record->field[SEKI_FIELD_CODE],
                              reply->sent->items[i].record.field[SEKI_FIELD_CODE]))
                return "code-differs";
        return "";
}

/* The reply's items are the peer's records where it gave them, ours where not. */
gboolean
seki_reply_make_lines (SekiExchange *x)
{
        const SekiReply *reply = x->reply;
        gsize n = reply->sent->n_items;
        SekiItem *items = seki_arena_alloc (x->arena, (n + 1) * sizeof *items);

        if (items == NULL)
                return FALSE;
        x->message = *reply->sent;
        x->message.items = items;
        for (gsize i = 0; i < n; i++) {
                const SekiVerdictItem *verdict =
                        i < reply->answer->n_items ? &reply->answer->items[i] : NULL;

                items[i] = reply->sent->items[i];
                if (*reply_verdict (reply, i) != '\0' || verdict->record == NULL)
                        continue;
                items[i] = (SekiItem){ .record = *verdict->record };
                items[i].fault = seki_record_check (verdict->record, &items[i].number);
        }
        if (!seki_exchange_make_lines (x))
                return FALSE;
        for (gsize i = 0; i < n; i++)
                x->lines[i].verdict = reply_verdict (reply, i);
        return TRUE;
}

/* The receipt of the peer, kept under the message's keyed digest. */
static gboolean
reply_keep_receipt (SekiExchange *x)
{
        const SekiAnswer *answer = x->reply->answer;
        guint8 key[SEKI_CLAIM_LEN], *value;

        if (!answer->has_receipt)
                return TRUE;
        value = seki_arena_alloc (x->arena, SEKI_RECEIPT_LEN);
        if (value == NULL)
                return FALSE;
        seki_receipt_key (seki_hands_get_hash (x->pipeline->hands), x->pipeline->seen,
                          seki_span_text (x->caller->id), x->reply->sent->id, key);
        seki_receipt_write (&answer->receipt, value);
        return seki_exchange_add_row (x, SEKI_SPACE_STATE, seki_span (key, sizeof key),
                                      seki_span (value, SEKI_RECEIPT_LEN), -1, -1);
}

/* The same, until the peer has proven that it stands in its ledger. */
static gboolean
reply_demand_receipt (SekiExchange *x)
{
        const SekiAnswer *answer = x->reply->answer;
        guint8 key[SEKI_UNPROVEN_KEY_MAX], *value;

        if (!answer->has_receipt || !seki_witness_has_key (x->pipeline->kernel->witness, x->caller))
                return TRUE;
        value = seki_arena_alloc (x->arena, SEKI_UNPROVEN_VALUE_LEN);
        if (value == NULL)
                return FALSE;
        seki_unproven_value (&answer->receipt, x->context.now, value);
        return seki_exchange_add_row (
                x, SEKI_SPACE_STATE,
                seki_span (key, seki_unproven_key (x->caller, &answer->receipt, key)),
                seki_span (value, SEKI_UNPROVEN_VALUE_LEN), -1, -1);
}

/* Records the peer refused wait for a person in the register, sealed. */
static gboolean
reply_keep_refused (SekiExchange *x, gsize i, GError **error)
{
        const SekiReply *reply = x->reply;
        guint8 key[1 + 2 + 8 + 4] = { 'M' }, *sealed;
        SekiCborWriter writer;
        SekiSpan plain;

        if (i >= reply->answer->n_items || reply->answer->items[i].reason == NULL)
                return TRUE;
        seki_put_be16 (key + 1, x->pipeline->kernel->lane);
        seki_put_be32 (key + 11, G_MAXUINT32 - (guint32) i);
        seki_cbor_writer_init (&writer, x->arena);
        seki_cbor_write_array (&writer, 4);
        seki_cbor_write_literal (&writer, reply->answer->items[i].reason);
        seki_cbor_write_int (&writer, x->context.now);
        seki_record_write (&reply->sent->items[i].record, 1u << SEKI_FIELD_CODE, &writer);
        seki_cbor_write_null (&writer);
        plain = seki_cbor_writer_get_span (&writer);
        sealed = seki_arena_alloc (x->arena, plain.len + SEKI_SEAL_EXTRA);
        return !writer.failed && sealed != NULL &&
               seki_sealer_seal_named (seki_hands_get_sealer (x->pipeline->hands), SEKI_KEY_QUEUE,
                                       seki_span ("M", 1), plain, sealed, error) &&
               seki_exchange_add_row (x, SEKI_SPACE_REGISTER, seki_span (key, sizeof key),
                                      seki_span (sealed, plain.len + SEKI_SEAL_EXTRA), 3, -1);
}

gboolean
seki_reply_record (SekiExchange *x, GError **error)
{
        const SekiAnswer *answer = x->reply->answer;
        g_autofree char *detail = NULL;
        char leaf[65] = "";

        if (answer->has_receipt) {
                seki_hex (answer->receipt.leaf, 32, leaf);
                detail = g_strdup_printf ("lane %u index %" PRIu64 " leaf %s", answer->receipt.lane,
                                          answer->receipt.index, leaf);
        }
        for (gsize i = 0; i < x->reply->sent->n_items; i++)
                if (!reply_keep_refused (x, i, error))
                        return FALSE;
        if (seki_exchange_add_row (x, SEKI_SPACE_QUEUE, x->reply->key, SEKI_SPAN_NONE, -1, -1) &&
            reply_keep_receipt (x) && reply_demand_receipt (x) &&
            seki_exchange_note (x, x->reply->cancelled ? "cancel" : "receipt",
                                seki_span_text (detail), x->caller->id))
                return TRUE;
        if (error != NULL && *error == NULL)
                seki_exchange_set_limit_error (error);
        return FALSE;
}
