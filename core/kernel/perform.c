/* SPDX-License-Identifier: Apache-2.0 */
/* Effects become rows and leaves: decided once more, sealed, indexed, written
 * into the exchange's unit.  A record is taken whole or not at all. */
#include "kernel/exchange.h"

#include "base/text.h"

/* Which leaf speaks of which record, to be sealed under that record's bucket. */
typedef struct {
        guint8 bucket[SEKI_BUCKET_LEN];
        guint8 id[SEKI_ID_LEN];
        guint32 leaf;
        guint32 ruling;
} TrailItem;

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
        out->number = (guint8) (line->item->number != SEKI_NUMBER_NONE || line->held == NULL ? line->item->number
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

/* The gate's question on one effect; NULL reason: it may be asked. */
static const char *
effect_question (SekiExchange *x, SekiLine *line, const SekiEffect *effect, SekiQuestion *out)
{
        guint32 flags = x->action->flags;
        gboolean writes = effect->kind != SEKI_EFFECT_GIVE;

        line_question (line, effect_ask (effect), out);
        if ((writes && !(flags & SEKI_ACTION_WRITES)) || (!writes && !(flags & SEKI_ACTION_READS)))
                return "effect-not-declared";
        if (effect->kind == SEKI_EFFECT_GIVE || effect->kind == SEKI_EFFECT_SEND)
                out->with_number = effect->number != 0;
        if (effect->kind == SEKI_EFFECT_SEND) {
                out->to = kernel_find_peer (x->pipeline->kernel, effect->to);
                if (out->to == NULL)
                        return "unknown-institution";
        }
        return NULL;
}

/* Every effect of a line must be permitted, else the line is refused. */
static gboolean
line_decide (SekiExchange *x, SekiLine *line)
{
        if (line->reason == NULL && !line->answered)
                line->reason = "not-answered";
        for (SekiEffectNode *node = line->effects; node != NULL && line->reason == NULL; node = node->next) {
                SekiQuestion question;

                if (node->effect.kind == SEKI_EFFECT_ANSWER)
                        continue;
                line->reason = effect_question (x, line, &node->effect, &question);
                if (line->reason == NULL && !line_ask (x, line, &question))
                        return FALSE;
                if (node->effect.kind == SEKI_EFFECT_PUT)
                        line->put = &node->effect;
        }
        return TRUE;
}

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
exchange_add_trail (SekiExchange *x, const SekiHeld *held, gsize ruling)
{
        TrailItem item = { .leaf = (guint32) x->unit.n_leaves, .ruling = (guint32) ruling };

        seki_bucket_write (&held->bucket, item.bucket);
        memcpy (item.id, held->id, SEKI_ID_LEN);
        g_array_append_val (x->trail, item);
        return TRUE;
}

/* One act on one record. */
static gboolean
line_add_leaf (SekiExchange *x, SekiLine *line, const SekiHeld *held, SekiAct act, const char *reason,
               const char *peer)
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
                exchange_add_trail (x, held, line->ruling);
        }
        return seki_exchange_add_leaf (x, &entry);
}

static void
index_edit (SekiIndexRow *row, const guint8 id[SEKI_ID_LEN], gboolean present)
{
        for (guint at = 0; at < row->ids->len; at += SEKI_ID_LEN)
                if (memcmp (row->ids->data + at, id, SEKI_ID_LEN) == 0) {
                        if (!present) {
                                g_byte_array_remove_range (row->ids, at, SEKI_ID_LEN);
                                row->changed = TRUE;
                        }
                        return;
                }
        if (present) {
                g_byte_array_append (row->ids, id, SEKI_ID_LEN);
                row->changed = TRUE;
        }
}

static void
line_index_number (SekiExchange *x, const SekiLine *line, SekiSpan number, gboolean present)
{
        guint8 id[SEKI_ID_LEN];

        if (!(x->loads & SEKI_LOAD_NUMBER) || number.data == NULL)
                return;
        seki_hands_index (x->pipeline->hands, SEKI_INDEX_NUMBER, &number, 1, id);
        index_edit (seki_exchange_index_row (x, SEKI_INDEX_NUMBER, id), line->id, present);
}

static void
line_index_person (SekiExchange *x, const SekiLine *line, const SekiRecord *record, gboolean present)
{
        guint8 id[SEKI_ID_LEN];

        if ((x->loads & SEKI_LOAD_PERSON) && seki_hands_person (x->pipeline->hands, record, x->arena, id))
                index_edit (seki_exchange_index_row (x, SEKI_INDEX_PERSON, id), line->id, present);
}

/* Old ciphertext of what was replaced lies in older files: the bucket is noted
 * for re-sealing under a new generation (D11). */
static gboolean
exchange_note_bucket (SekiExchange *x, const SekiBucket *bucket)
{
        guint8 key[1 + SEKI_BUCKET_LEN], *value = seki_arena_alloc (x->arena, 1);

        key[0] = 'D';
        seki_bucket_write (bucket, key + 1);
        return value != NULL && seki_exchange_add_row (x, SEKI_SPACE_STATE, seki_span (key, sizeof key),
                                                       seki_span (value, 1), -1, -1);
}

/* The number a record will have after its put. */
static gboolean
line_number_after (SekiExchange *x, SekiLine *line, SekiSpan *out_number, GError **error)
{
        guint32 edit = line->put != NULL ? line->put->number : SEKI_NUMBER_KEEP;

        *out_number = SEKI_SPAN_NONE;
        if (edit == SEKI_NUMBER_TAKE)
                *out_number = line->item->record.field[SEKI_FIELD_NUMBER];
        else if (edit == SEKI_NUMBER_KEEP && line->held != NULL)
                return seki_hands_open_number (x->pipeline->hands, line->held, x->arena, out_number, error);
        return TRUE;
}

static gboolean
line_put_changes_number (SekiExchange *x, SekiLine *line, SekiSpan *out_old, gboolean *out_changes, GError **error)
{
        *out_old = SEKI_SPAN_NONE;
        *out_changes = FALSE;
        if (line->held == NULL || line->held->kind == SEKI_NUMBER_NONE || line->put->number == SEKI_NUMBER_KEEP)
                return TRUE;
        if (!seki_hands_open_number (x->pipeline->hands, line->held, x->arena, out_old, error))
                return FALSE;
        *out_changes = line->put->number == SEKI_NUMBER_DROP ||
                       !seki_span_equal (*out_old, line->item->record.field[SEKI_FIELD_NUMBER]);
        return TRUE;
}

static gboolean
line_put (SekiExchange *x, SekiLine *line, SekiHeld *held, GError **error)
{
        gboolean take = line->put->number == SEKI_NUMBER_TAKE && line->item->number != SEKI_NUMBER_NONE, changes;
        SekiNumberKind kind = take ? line->item->number
                              : line->put->number == SEKI_NUMBER_KEEP && line->held != NULL ? line->held->kind
                                                                                            : SEKI_NUMBER_NONE;
        SekiSpan number = take ? line->item->record.field[SEKI_FIELD_NUMBER] : SEKI_SPAN_NONE, old, row;

        if (!line_put_changes_number (x, line, &old, &changes, error))
                return FALSE;
        if (changes) {
                line_index_number (x, line, old, FALSE);
                if (!exchange_note_bucket (x, &held->bucket))
                        return FALSE;
        }
        line_index_number (x, line, number, TRUE);
        if (line->held != NULL)
                line_index_person (x, line, &line->held->record, FALSE);
        line_index_person (x, line, line->put->record, TRUE);
        return seki_hands_seal (x->pipeline->hands, held, line->put->record, number, kind,
                                take ? SEKI_SPAN_NONE : held->sealed_number, x->arena, &row, error) &&
               seki_exchange_add_row (x, SEKI_SPACE_RECORD, seki_span (line->id, SEKI_ID_LEN), row, -1, -1) &&
               line_add_leaf (x, line, held, SEKI_ACT_PUT, NULL, NULL);
}

static gboolean
line_erase (SekiExchange *x, SekiLine *line, GError **error)
{
        SekiSpan number;

        if (line->held == NULL)
                return TRUE;
        if (!seki_hands_open_number (x->pipeline->hands, line->held, x->arena, &number, error))
                return FALSE;
        line_index_number (x, line, number, FALSE);
        line_index_person (x, line, &line->held->record, FALSE);
        return seki_exchange_add_row (x, SEKI_SPACE_RECORD, seki_span (line->id, SEKI_ID_LEN), SEKI_SPAN_NONE, -1, -1) &&
               exchange_note_bucket (x, &line->held->bucket) && line_add_leaf (x, line, line->held, SEKI_ACT_ERASE, NULL, NULL);
}

static gboolean
line_hold (SekiExchange *x, SekiLine *line, gboolean holds)
{
        const SekiRecord *given = &line->item->record;
        SekiSpan parts[2] = { given->field[SEKI_FIELD_ISSUE], given->field[SEKI_FIELD_CODE] };
        guint8 id[SEKI_ID_LEN];

        seki_hands_index (x->pipeline->hands, SEKI_INDEX_HOLDING, parts, 2, id);
        index_edit (seki_exchange_index_row (x, SEKI_INDEX_HOLDING, id), line->id, holds);
        return line_add_leaf (x, line, line->held, holds ? SEKI_ACT_HOLD : SEKI_ACT_RELEASE, NULL, NULL);
}

/* Puts a stored record, the line's own or one of its `same`, into the answer. */
static gboolean
line_give (SekiExchange *x, SekiLine *line, const SekiEffect *effect, GError **error)
{
        SekiHeld *held = line->held;
        SekiRecord *record;

        for (gsize i = 0; effect->other != NULL && i < line->subject->n_same; i++)
                if (line->subject->same[i].record == effect->other)
                        held = line->same[i];
        if (held == NULL)
                return TRUE;
        record = seki_arena_copy (x->arena, &held->record, sizeof *record);
        if (record == NULL)
                return FALSE;
        if (effect->number &&
            !seki_hands_open_number (x->pipeline->hands, held, x->arena, &record->field[SEKI_FIELD_NUMBER], error))
                return FALSE;
        line->given = record;
        line->given_fields = SEKI_RECORD_ALL & ~(1u << SEKI_FIELD_GIVEN);
        return line_add_leaf (x, line, held, SEKI_ACT_GIVE, NULL, x->caller->id);
}

/* Mismatches wait for a person in the register, sealed. */
static gboolean
line_report (SekiExchange *x, SekiLine *line, const SekiEffect *effect, GError **error)
{
        guint8 key[1 + 2 + 8 + 4] = { 'M' }, *sealed;
        SekiCborWriter writer;
        SekiSpan plain;

        seki_put_be16 (key + 1, x->pipeline->kernel->lane);
        seki_put_be32 (key + 11, (guint32) x->unit.n_leaves);
        seki_cbor_writer_init (&writer, x->arena);
        seki_cbor_write_array (&writer, 4);
        seki_cbor_write_literal (&writer, effect->reason);
        seki_cbor_write_int (&writer, x->context.now);
        seki_record_write (effect->record != NULL ? effect->record : &line->item->record, SEKI_RECORD_REST, &writer);
        if (effect->other != NULL)
                seki_record_write (effect->other, SEKI_RECORD_REST, &writer);
        else
                seki_cbor_write_null (&writer);
        plain = seki_cbor_writer_get_span (&writer);
        sealed = seki_arena_alloc (x->arena, plain.len + SEKI_SEAL_EXTRA);
        return !writer.failed && sealed != NULL &&
               seki_sealer_seal_named (seki_hands_get_sealer (x->pipeline->hands), SEKI_KEY_QUEUE, seki_span ("M", 1), plain,
                                       sealed, error) &&
               seki_exchange_add_row (x, SEKI_SPACE_REGISTER, seki_span (key, sizeof key),
                                      seki_span (sealed, plain.len + SEKI_SEAL_EXTRA), 3, -1) &&
               line_add_leaf (x, line, line->held, SEKI_ACT_REPORT, NULL, NULL);
}

static gboolean
line_perform_effect (SekiExchange *x, SekiLine *line, const SekiEffect *effect, GError **error)
{
        switch (effect->kind) {
        case SEKI_EFFECT_HOLD:
                return line_hold (x, line, TRUE);
        case SEKI_EFFECT_RELEASE:
                return line_hold (x, line, FALSE);
        case SEKI_EFFECT_ERASE:
                return line_erase (x, line, error);
        case SEKI_EFFECT_GIVE:
                return line_give (x, line, effect, error);
        case SEKI_EFFECT_REPORT:
                return line_report (x, line, effect, error);
        default:
                return TRUE;            /* PUT was done, SEND is collected, ANSWER is the verdict */
        }
}

/* A held record for each put of a line that stores nothing yet, all in one bucket. */
static gboolean
exchange_make_room (SekiExchange *x, GError **error)
{
        const SekiKernel *kernel = x->pipeline->kernel;
        gint year = seki_time_year_japan (x->context.now) + kernel->retention_years;
        guint8 key[SEKI_MEMBER_KEY_LEN], *ids;
        SekiBucket bucket;
        guint32 place;
        guint n = 0;

        for (gsize i = 0; i < x->message.n_items; i++)
                n += x->lines[i].reason == NULL && x->lines[i].put != NULL && x->lines[i].held == NULL;
        if (n == 0)
                return TRUE;
        ids = seki_arena_alloc (x->arena, (gsize) n * SEKI_ID_LEN);
        if (ids == NULL || !seki_vault_reserve (kernel->vault, (guint16) year, n, &bucket, &place, error))
                return FALSE;
        x->room = bucket;
        n = 0;
        for (gsize i = 0; i < x->message.n_items; i++) {
                SekiLine *line = &x->lines[i];
                SekiHeld *held;

                if (line->reason != NULL || line->put == NULL || line->held != NULL)
                        continue;
                if ((held = seki_arena_alloc (x->arena, sizeof *held)) == NULL || !seki_nss_random (held->salt, sizeof held->salt))
                        return FALSE;
                memcpy (held->id, line->id, SEKI_ID_LEN);
                memcpy (ids + n++ * SEKI_ID_LEN, line->id, SEKI_ID_LEN);
                held->bucket = bucket;
                line->held = held;
        }
        seki_bucket_write (&bucket, key);
        seki_put_be32 (key + SEKI_BUCKET_LEN, place);
        return seki_exchange_add_row (x, SEKI_SPACE_MEMBER, seki_span (key, sizeof key),
                                      seki_span (ids, (gsize) n * SEKI_ID_LEN), -1, -1);
}

static gboolean
line_perform (SekiExchange *x, SekiLine *line, gboolean was_known, GError **error)
{
        SekiHeld *held = line->held;

        if (line->reason != NULL)
                return line_add_leaf (x, line, was_known ? held : NULL, SEKI_ACT_REFUSE, line->reason, NULL);
        if (line->put != NULL) {
                if (!was_known)
                        line->held = NULL;
                if (!line_put (x, line, held, error))
                        return FALSE;
                line->held = held;
        }
        for (SekiEffectNode *node = line->effects; node != NULL; node = node->next)
                if (!line_perform_effect (x, line, &node->effect, error))
                        return FALSE;
        return TRUE;
}

static gboolean
exchange_add_index_rows (SekiExchange *x)
{
        GHashTableIter iter;
        gpointer item;

        if (x->index == NULL)
                return TRUE;
        g_hash_table_iter_init (&iter, x->index);
        while (g_hash_table_iter_next (&iter, &item, NULL)) {
                const SekiIndexRow *row = item;
                SekiSpan ids = seki_span (row->ids->data, row->ids->len);

                if (row->changed && !seki_exchange_add_row (x, SEKI_SPACE_INDEX, seki_span (row->key, SEKI_INDEX_KEY_LEN),
                                                            ids.len > 0 ? ids : SEKI_SPAN_NONE, -1, -1))
                        return FALSE;
        }
        return TRUE;
}

static gint
trail_compare (gconstpointer a, gconstpointer b)
{
        gint order = memcmp (((const TrailItem *) a)->bucket, ((const TrailItem *) b)->bucket, SEKI_BUCKET_LEN);

        return order != 0 ? order : (gint) ((const TrailItem *) a)->leaf - (gint) ((const TrailItem *) b)->leaf;
}

/* One trail row: [ salt, [ facts, ... ], [ [ leaf, id, ruling ], ... ] ]. */
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
                seki_cbor_write_bytes (&writer, seki_span (items[i].id, SEKI_ID_LEN));
                seki_cbor_write_uint (&writer, items[i].ruling);
        }
        plain = seki_cbor_writer_get_span (&writer);
        sealed = seki_arena_alloc (x->arena, plain.len + SEKI_SEAL_EXTRA);
        return !writer.failed && sealed != NULL &&
               seki_sealer_seal (seki_hands_get_sealer (x->pipeline->hands), &bucket, seki_span ("t", 1), plain, sealed, error) &&
               seki_exchange_add_row (x, SEKI_SPACE_FACTS, seki_span (key, sizeof key),
                                      seki_span (sealed, plain.len + SEKI_SEAL_EXTRA), SEKI_BUCKET_LEN + 2, -1);
}

static gboolean
exchange_add_trails (SekiExchange *x, GError **error)
{
        const TrailItem *items;

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

static gboolean
exchange_perform_lines (SekiExchange *x, GError **error)
{
        gsize n = x->message.n_items;
        gboolean *known = seki_arena_alloc (x->arena, (n + 1) * sizeof *known);

        if (known == NULL)
                return FALSE;
        for (gsize i = 0; i < n; i++) {
                known[i] = x->lines[i].held != NULL;
                if (!line_decide (x, &x->lines[i]))
                        return FALSE;
        }
        if (!exchange_make_room (x, error))
                return FALSE;
        for (gsize i = 0; i < n; i++)
                if (!line_perform (x, &x->lines[i], known[i], error))
                        return FALSE;
        return TRUE;
}

gboolean
seki_exchange_perform (SekiExchange *x, GError **error)
{
        x->trail = g_array_new (FALSE, FALSE, sizeof (TrailItem));
        if (exchange_perform_lines (x, error) && seki_exchange_send (x, error) && exchange_add_index_rows (x) &&
            exchange_add_trails (x, error))
                return TRUE;
        if (error != NULL && *error == NULL)
                seki_exchange_set_limit_error (error);
        return FALSE;
}

gboolean
seki_line_number_after (SekiExchange *x, SekiLine *line, SekiSpan *out_number, GError **error)
{
        return line_number_after (x, line, out_number, error);
}

/* A leaf whose message is not the one this exchange brought. */
gboolean
seki_line_add_leaf (SekiExchange *x, SekiLine *line, SekiSpan message, SekiAct act, const char *peer)
{
        SekiSpan own = x->message.id;
        gboolean ok;

        x->message.id = message;
        ok = line_add_leaf (x, line, line->held, act, NULL, peer);
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
