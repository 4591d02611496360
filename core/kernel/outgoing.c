/* SPDX-License-Identifier: Apache-2.0 */
/* SEND effects become messages: one per receiver, action and reply action. */
#include "kernel/queue.h"

#include "base/text.h"

typedef struct {
        const SekiEffect *effect;       /* the first: names receiver, action, reply */
        GPtrArray *lines;
        GPtrArray *effects;
        char id[33];
} Outgoing;

static void
outgoing_free (gpointer data)
{
        Outgoing *outgoing = data;

        g_ptr_array_unref (outgoing->lines);
        g_ptr_array_unref (outgoing->effects);
        g_free (outgoing);
}

static Outgoing *
outgoing_find (GPtrArray *all, const SekiEffect *effect)
{
        guint8 random[16];
        Outgoing *outgoing;

        for (guint i = 0; i < all->len; i++) {
                outgoing = g_ptr_array_index (all, i);
                if (strcmp (outgoing->effect->to, effect->to) == 0 &&
                    strcmp (outgoing->effect->action, effect->action) == 0 &&
                    g_strcmp0 (outgoing->effect->reply, effect->reply) == 0)
                        return outgoing;
        }
        if (!seki_nss_random (random, sizeof random))
                return NULL;
        outgoing = g_new0 (Outgoing, 1);
        outgoing->effect = effect;
        outgoing->lines = g_ptr_array_new ();
        outgoing->effects = g_ptr_array_new ();
        seki_hex (random, sizeof random, outgoing->id);
        g_ptr_array_add (all, outgoing);
        return outgoing;
}

static gboolean
exchange_collect (SekiExchange *x, GPtrArray *all)
{
        for (gsize i = 0; i < x->message.n_items; i++) {
                SekiLine *line = &x->lines[i];

                if (line->reason != NULL)
                        continue;
                for (SekiEffectNode *node = line->effects; node != NULL; node = node->next) {
                        Outgoing *outgoing;

                        if (node->effect.kind != SEKI_EFFECT_SEND)
                                continue;
                        outgoing = outgoing_find (all, &node->effect);
                        if (outgoing == NULL)
                                return FALSE;
                        g_ptr_array_add (outgoing->lines, line);
                        g_ptr_array_add (outgoing->effects, &node->effect);
                }
        }
        return TRUE;
}

/* The record as it goes out: the effect's own, or what the store will hold. */
static gboolean
outgoing_item (SekiExchange *x, SekiLine *line, const SekiEffect *effect, SekiItem *item,
               GError **error)
{
        const SekiRecord *record = effect->record != NULL ? effect->record
                                   : line->put != NULL ? line->put->record
                                   : line->held != NULL ? &line->held->record
                                                        : &line->item->record;

        item->record = *record;
        item->record.field[SEKI_FIELD_GIVEN] = SEKI_SPAN_NONE;
        item->record.field[SEKI_FIELD_NUMBER] = SEKI_SPAN_NONE;
        return !effect->number ||
               seki_line_number_after (x, line, &item->record.field[SEKI_FIELD_NUMBER], error);
}

static gboolean
outgoing_write (SekiExchange *x, const Outgoing *outgoing, SekiCborWriter *writer, GError **error)
{
        SekiMessage message = { .id = seki_span_text (outgoing->id),
                                .purpose = x->message.purpose,
                                .basis = x->message.basis };

        message.n_items = outgoing->lines->len;
        message.items = seki_arena_alloc (x->arena, (message.n_items + 1) * sizeof *message.items);
        if (message.items == NULL)
                return FALSE;
        for (guint i = 0; i < outgoing->lines->len; i++)
                if (!outgoing_item (x, g_ptr_array_index (outgoing->lines, i),
                                    g_ptr_array_index (outgoing->effects, i), &message.items[i],
                                    error))
                        return FALSE;
        seki_cbor_writer_init (writer, x->arena);
        seki_message_write (&message, writer);
        return !writer->failed;
}

static gboolean
outgoing_queue (SekiExchange *x, const Outgoing *outgoing, guint number, GError **error)
{
        SekiCborWriter body, row;
        SekiSpan plain;
        gsize peer_len = strlen (outgoing->effect->to) + 1;
        guint8 key[128] = { 0 }, *sealed;

        if (peer_len + SEKI_QUEUE_NUMBER_LEN > sizeof key ||
            !outgoing_write (x, outgoing, &body, error))
                return FALSE;
        memcpy (key, outgoing->effect->to, peer_len);
        seki_put_be16 (key + peer_len + 8, (guint16) number);
        seki_cbor_writer_init (&row, x->arena);
        seki_cbor_write_array (&row, 7);
        seki_cbor_write_literal (&row, outgoing->id);
        seki_cbor_write_literal (&row, outgoing->effect->action);
        if (outgoing->effect->reply != NULL)
                seki_cbor_write_literal (&row, outgoing->effect->reply);
        else
                seki_cbor_write_null (&row);
        seki_cbor_write_int (&row, x->context.now);
        seki_cbor_write_text (&row, x->message.purpose.data != NULL ? x->message.purpose
                                                                    : seki_span_text (""));
        seki_cbor_write_text (&row, x->message.basis.data != NULL ? x->message.basis
                                                                  : seki_span_text (""));
        seki_cbor_write_bytes (&row, seki_cbor_writer_get_span (&body));
        plain = seki_cbor_writer_get_span (&row);
        sealed = seki_arena_alloc (x->arena, plain.len + SEKI_SEAL_EXTRA);
        return !row.failed && sealed != NULL &&
               seki_sealer_seal_named (seki_hands_get_sealer (x->pipeline->hands), SEKI_KEY_QUEUE,
                                       seki_span ("q", 1), plain, sealed, error) &&
               seki_exchange_add_row (
                       x, SEKI_SPACE_QUEUE, seki_span (key, peer_len + SEKI_QUEUE_NUMBER_LEN),
                       seki_span (sealed, plain.len + SEKI_SEAL_EXTRA), (gint) peer_len, -1);
}

gboolean
seki_exchange_send (SekiExchange *x, GError **error)
{
        g_autoptr (GPtrArray) all = g_ptr_array_new_with_free_func (outgoing_free);

        if (!exchange_collect (x, all))
                return FALSE;
        for (guint i = 0; i < all->len; i++) {
                const Outgoing *outgoing = g_ptr_array_index (all, i);

                for (guint j = 0; j < outgoing->lines->len; j++)
                        if (!seki_line_add_sent_leaf (x, g_ptr_array_index (outgoing->lines, j),
                                                      seki_span_text (outgoing->id),
                                                      outgoing->effect->to))
                                return FALSE;
                if (!outgoing_queue (x, outgoing, i, error))
                        return FALSE;
                x->sends = TRUE;
        }
        return TRUE;
}
