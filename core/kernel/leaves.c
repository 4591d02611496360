/* SPDX-License-Identifier: Apache-2.0 */
/* Leaves of an exchange, and the trails that lead from records to them. */
#include "kernel/exchange.h"

/* Which leaf speaks of which record, to be sealed under that record's bucket. */
typedef struct {
        guint8 bucket[SEKI_BUCKET_LEN];
        guint8 life[SEKI_LIFE_LEN];
        guint32 leaf;
        guint32 ruling;
} TrailItem;

/* A leaf of this exchange; what differs between acts is filled in by the caller. */
static void
entry_init (const SekiExchange *x, const char *act, SekiEntry *entry)
{
        memset (entry, 0, sizeof *entry);
        entry->format = SEKI_ENTRY_FORMAT;
        entry->time = x->context.now;
        entry->act = seki_span_text (act);
        entry->action = x->action_name;
        entry->actor = seki_span_text (x->caller->id);
        entry->message = x->message.id;
        entry->purpose = x->message.purpose;
        entry->basis = x->message.basis;
        entry->permitted = 1;
        entry->count = 1;
}

static void
entry_rule (SekiEntry *entry, const SekiRuling *ruling)
{
        for (guint i = 0; i < ruling->n_rules; i++)
                entry->rules[i] = ruling->rules[i];
        entry->n_rules = ruling->n_rules;
        entry->policy = seki_span (ruling->policy, sizeof ruling->policy);
        entry->facts = seki_span (ruling->digest, sizeof ruling->digest);
}

static gboolean
exchange_add_trail (SekiExchange *x, const SekiHeld *held, const guint8 subject[32], gsize ruling)
{
        TrailItem item = { .leaf = (guint32) x->unit.n_leaves, .ruling = (guint32) ruling };

        if (x->trail == NULL)
                x->trail = g_array_new (FALSE, FALSE, sizeof (TrailItem));
        seki_bucket_write (&held->bucket, item.bucket);
        memcpy (item.life, subject, SEKI_LIFE_LEN);
        g_array_append_val (x->trail, item);
        return TRUE;
}

/* One act on one record. */
gboolean
seki_line_add_leaf (SekiExchange *x, SekiLine *line, const SekiHeld *held, SekiAct act,
                    const char *reason, const char *peer)
{
        SekiEntry entry;
        guint8 subject[32];

        entry_init (x, seki_act_name (act), &entry);
        x->acts[act]++;
        if (line->ruling != G_MAXSIZE)
                entry_rule (&entry, &x->docket.rulings[line->ruling]);
        if (reason != NULL) {
                entry.permitted = 0;
                entry.reason = seki_span_text (reason);
        }
        entry.peer = seki_span_text (peer);
        if (held != NULL) {
                seki_hands_subject (x->pipeline->hands, held->salt, held->id, subject);
                entry.subject = seki_span (subject, sizeof subject);
                exchange_add_trail (x, held, subject, line->ruling);
        }
        return seki_exchange_add_leaf (x, &entry);
}

static gint
trail_compare (gconstpointer a, gconstpointer b)
{
        gint order = memcmp (((const TrailItem *) a)->bucket, ((const TrailItem *) b)->bucket,
                             SEKI_BUCKET_LEN);

        return order != 0 ? order
                          : (gint) ((const TrailItem *) a)->leaf -
                                    (gint) ((const TrailItem *) b)->leaf;
}

/* One trail row: [ salt, [ facts, ... ], [ [ leaf, life, ruling ], ... ] ]. */
static gboolean
exchange_add_trail_row (SekiExchange *x, const TrailItem *items, gsize n, GError **error)
{
        guint8 key[SEKI_TRAIL_KEY_LEN] = { 0 }, *sealed;
        SekiCborWriter writer;
        SekiBucket bucket;
        SekiSpan plain;

        memcpy (key, items[0].bucket, SEKI_BUCKET_LEN);
        seki_put_be16 (key + SEKI_BUCKET_LEN, x->pipeline->kernel->lane);
        seki_bucket_read (items[0].bucket, &bucket);
        seki_cbor_writer_init (&writer, x->arena);
        seki_cbor_write_array (&writer, 3);
        seki_cbor_write_bytes (&writer, seki_span (x->context.salt, sizeof x->context.salt));
        seki_cbor_write_array (&writer, x->docket.n_rulings);
        for (gsize i = 0; i < x->docket.n_rulings; i++)
                seki_cbor_write_raw (&writer, x->docket.rulings[i].encoded);
        seki_cbor_write_array (&writer, n);
        for (gsize i = 0; i < n; i++) {
                seki_cbor_write_array (&writer, 3);
                seki_cbor_write_uint (&writer, items[i].leaf);
                seki_cbor_write_bytes (&writer, seki_span (items[i].life, SEKI_LIFE_LEN));
                seki_cbor_write_uint (&writer, items[i].ruling);
        }
        plain = seki_cbor_writer_get_span (&writer);
        sealed = seki_arena_alloc (x->arena, plain.len + SEKI_SEAL_EXTRA);
        return !writer.failed && sealed != NULL &&
               seki_sealer_seal (seki_hands_get_sealer (x->pipeline->hands), &bucket,
                                 seki_span ("t", 1), plain, sealed, error) &&
               seki_exchange_add_row (x, SEKI_SPACE_FACTS, seki_span (key, sizeof key),
                                      seki_span (sealed, plain.len + SEKI_SEAL_EXTRA),
                                      SEKI_BUCKET_LEN + 2, -1);
}

gboolean
seki_exchange_add_trails (SekiExchange *x, GError **error)
{
        const TrailItem *items;

        if (x->trail == NULL)
                return TRUE;
        g_array_sort (x->trail, trail_compare);
        items = (const TrailItem *) x->trail->data;
        for (guint from = 0, to; from < x->trail->len; from = to) {
                for (to = from + 1; to < x->trail->len; to++)
                        if (memcmp (items[from].bucket, items[to].bucket, SEKI_BUCKET_LEN) != 0)
                                break;
                if (!exchange_add_trail_row (x, items + from, to - from, error))
                        return FALSE;
        }
        return TRUE;
}

/* A leaf whose message is not the one this exchange brought. */
gboolean
seki_line_add_sent_leaf (SekiExchange *x, SekiLine *line, SekiSpan message, const char *peer)
{
        SekiSpan own = x->message.id;
        gboolean ok;

        x->message.id = message;
        ok = seki_line_add_leaf (x, line, line->held, SEKI_ACT_SEND, NULL, peer);
        x->message.id = own;
        return ok;
}

/* The whole message was refused: one leaf says so. */
gboolean
seki_exchange_refuse (SekiExchange *x)
{
        SekiEntry entry;

        x->unit.n_rows = 0;
        x->unit.n_leaves = 0;
        memset (x->acts, 0, sizeof x->acts);
        x->acts[SEKI_ACT_REFUSE] = 1;
        entry_init (x, "refuse", &entry);
        entry.permitted = 0;
        entry.reason = seki_span_text (x->reason);
        entry.count = MAX (1, x->message.n_items);
        return seki_exchange_add_leaf (x, &entry);
}

/* An event of the node itself. */
gboolean
seki_exchange_note (SekiExchange *x, const char *act, SekiSpan detail, const char *peer)
{
        SekiEntry entry;

        entry_init (x, act, &entry);
        entry.detail = detail;
        entry.peer = seki_span_text (peer);
        return seki_exchange_add_leaf (x, &entry);
}
