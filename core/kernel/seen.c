/* SPDX-License-Identifier: Apache-2.0 */
/* Messages seen before: an equal one is answered as it was, another under the same
 * id is refused. */
#include "kernel/exchange.h"

#include "kernel/witness.h"

#define SEEN_FORMAT 1
#define SEEN_HEAD                                                                                  \
        (1 + SEKI_HASH_LEN + 8 + 32) /* format, content, first leaf, its hash; then the verdicts */

void
seki_exchange_get_first_receipt (const SekiExchange *x, SekiReceipt *out_receipt)
{
        const guint8 *row = x->repeated.data;

        out_receipt->lane = x->pipeline->kernel->lane;
        out_receipt->index = seki_get_be64 (row + 1 + SEKI_HASH_LEN);
        memcpy (out_receipt->leaf, row + 1 + SEKI_HASH_LEN + 8, 32);
}

static gboolean
seen_read (SekiExchange *x, SekiAnswer *out_answer, GError **error)
{
        SekiCborReader reader;

        *out_answer = (SekiAnswer){ .id = x->message.id, .has_receipt = TRUE };
        seki_exchange_get_first_receipt (x, &out_answer->receipt);
        seki_cbor_reader_init (
                &reader, seki_span (x->repeated.data + SEEN_HEAD, x->repeated.len - SEEN_HEAD));
        return seki_answer_read_items (&reader, x->arena, out_answer, error);
}

/* The records of an answer that was lost are given again, which is an act of its
 * own; what else the message did is not done again. */
static gboolean
exchange_begin_again (SekiExchange *x, GError **error)
{
        SekiAnswer first;

        if (!seen_read (x, &first, error))
                return FALSE;
        for (gsize i = 0; i < x->message.n_items; i++) {
                if (i >= first.n_items || first.items[i].reason == NULL)
                        x->again = TRUE;
                else if (x->lines[i].reason == NULL)
                        x->lines[i].reason = first.items[i].reason;
        }
        return TRUE;
}

/* An equal message was applied before: its verdicts and receipt again. */
gboolean
seki_exchange_answer_repeated (SekiExchange *x)
{
        SekiAnswer answer;
        SekiCborWriter writer;

        if (!seen_read (x, &answer, &x->error))
                return FALSE;
        answer.checkpoint = seki_witness_get_own (x->pipeline->kernel->witness, x->arena);
        seki_cbor_writer_init (&writer, NULL);
        seki_answer_write (&answer, &writer);
        x->answered (seki_cbor_writer_get_span (&writer), 200, x->user);
        seki_cbor_writer_clear (&writer);
        return TRUE;
}

static void
seen_found (gsize i, SekiSpan value, gpointer user)
{
        SekiExchange *x = user;

        (void) i;
        if (value.len >= SEEN_HEAD && value.data[0] == SEEN_FORMAT)
                x->repeated =
                        seki_span (seki_arena_copy (x->arena, value.data, value.len), value.len);
}

static gboolean
exchange_remembers (const SekiExchange *x)
{
        return x->reply == NULL && x->action != NULL && (x->action->flags & SEKI_ACTION_WRITES);
}

/* The same id again: the same content is answered again, other content refused. */
gboolean
seki_exchange_recall (SekiExchange *x, GError **error)
{
        const SekiKernel *kernel = x->pipeline->kernel;
        SekiHash *hash = seki_hands_get_hash (x->pipeline->hands);
        SekiSpan parts[3] = { seki_span_text (x->caller->id), seki_span ("", 1), x->message.id };
        SekiSpan key = seki_span (x->seen_key, sizeof x->seen_key);
        guint8 mac[SEKI_HASH_LEN];

        if (!exchange_remembers (x))
                return TRUE;
        seki_hash_mac (hash, seki_span (x->pipeline->seen, sizeof x->pipeline->seen), parts, 3,
                       mac);
        x->seen_key[0] = 'S';
        memcpy (x->seen_key + 1, mac, SEKI_ID_LEN);
        if (!seki_exchange_claim (x, x->seen_key))
                return FALSE;
        seki_hash_begin (hash);
        seki_hash_add (hash, x->action_name.data, x->action_name.len);
        seki_hash_add (hash, "", 1);
        seki_hash_add (hash, x->message.content.data, x->message.content.len);
        seki_hash_end (hash, x->content);
        if (!kernel->storage->get_many (kernel->storage_self, SEKI_SPACE_STATE, &key, 1, seen_found,
                                        x, error))
                return FALSE;
        if (x->repeated.data != NULL &&
            memcmp (x->repeated.data + 1, x->content, SEKI_HASH_LEN) != 0) {
                x->repeated = SEKI_SPAN_NONE;
                x->reason = "message-id-reused";
                x->status = 409;
        }
        return x->repeated.data == NULL || !(x->action->flags & SEKI_ACTION_READS) ||
               exchange_begin_again (x, error);
}

/* What an equal message will be answered: the verdicts, without records. */
gboolean
seki_exchange_add_seen (SekiExchange *x, GError **error)
{
        SekiCborWriter writer;
        guint8 head[SEEN_HEAD] = { SEEN_FORMAT };
        SekiSpan value;

        if (!exchange_remembers (x) || x->again || x->unit.n_leaves == 0)
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
        if (!writer.failed &&
            seki_exchange_add_row (x, SEKI_SPACE_STATE, seki_span (x->seen_key, sizeof x->seen_key),
                                   value, -1, 1 + SEKI_HASH_LEN))
                return TRUE;
        seki_exchange_set_limit_error (error);
        return FALSE;
}
