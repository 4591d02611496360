/* SPDX-License-Identifier: Apache-2.0 */
/* Effects become rows and leaves: decided once more, sealed, indexed, written
 * into the exchange's unit.  A record is taken whole or not at all. */
#include "kernel/exchange.h"

#include "base/text.h"

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

static gboolean
span_is_same (SekiSpan a, SekiSpan b)
{
        return a.data == b.data && a.len == b.len;
}

/* What is stored is mostly what was given, whose rows were found at loading. */
static void
line_index_number (SekiExchange *x, const SekiLine *line, SekiSpan number, gboolean present)
{
        SekiIndexRow *row = line->given_number;
        guint8 id[SEKI_ID_LEN];

        if (!(x->loads & SEKI_LOAD_NUMBER) || number.data == NULL)
                return;
        if (row == NULL || !span_is_same (number, line->item->record.field[SEKI_FIELD_NUMBER])) {
                seki_hands_index (x->pipeline->hands, SEKI_INDEX_NUMBER, &number, 1, id);
                row = seki_exchange_index_row (x, SEKI_INDEX_NUMBER, id);
        }
        index_edit (row, line->id, present);
}

static gboolean
line_gives_person (const SekiLine *line, const SekiRecord *record)
{
        const SekiSpan *given = line->item->record.field, *other = record->field;

        return line->given_person != NULL &&
               span_is_same (given[SEKI_FIELD_NAME], other[SEKI_FIELD_NAME]) &&
               span_is_same (given[SEKI_FIELD_KANA], other[SEKI_FIELD_KANA]) &&
               span_is_same (given[SEKI_FIELD_BIRTH], other[SEKI_FIELD_BIRTH]);
}

static void
line_index_person (SekiExchange *x, const SekiLine *line, const SekiRecord *record,
                   gboolean present)
{
        guint8 id[SEKI_ID_LEN];

        if (!(x->loads & SEKI_LOAD_PERSON))
                return;
        if (line_gives_person (line, record))
                index_edit (line->given_person, line->id, present);
        else if (seki_hands_person (x->pipeline->hands, record, x->arena, id))
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
        return value != NULL &&
               seki_exchange_add_row (x, SEKI_SPACE_STATE, seki_span (key, sizeof key),
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
                return seki_hands_open_number (x->pipeline->hands, line->held, x->arena, out_number,
                                               error);
        return TRUE;
}

static gboolean
line_put_changes_number (SekiExchange *x, SekiLine *line, SekiSpan *out_old, gboolean *out_changes,
                         GError **error)
{
        *out_old = SEKI_SPAN_NONE;
        *out_changes = FALSE;
        if (line->held == NULL || line->held->kind == SEKI_NUMBER_NONE ||
            line->put->number == SEKI_NUMBER_KEEP)
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
        gboolean take = line->put->number == SEKI_NUMBER_TAKE &&
                        line->item->number != SEKI_NUMBER_NONE,
                 changes;
        SekiNumberKind kind = take ? line->item->number
                              : line->put->number == SEKI_NUMBER_KEEP && line->held != NULL
                                      ? line->held->kind
                                      : SEKI_NUMBER_NONE;
        SekiSpan number = take ? line->item->record.field[SEKI_FIELD_NUMBER] : SEKI_SPAN_NONE, old,
                 row;

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
                                take ? SEKI_SPAN_NONE : held->sealed_number, x->arena, &row,
                                error) &&
               seki_exchange_add_row (x, SEKI_SPACE_RECORD, seki_span (line->id, SEKI_ID_LEN), row,
                                      -1, -1) &&
               seki_line_add_leaf (x, line, held, SEKI_ACT_PUT, NULL, NULL);
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
        return seki_exchange_add_row (x, SEKI_SPACE_RECORD, seki_span (line->id, SEKI_ID_LEN),
                                      SEKI_SPAN_NONE, -1, -1) &&
               exchange_note_bucket (x, &line->held->bucket) &&
               seki_line_add_leaf (x, line, line->held, SEKI_ACT_ERASE, NULL, NULL);
}

static gboolean
line_hold (SekiExchange *x, SekiLine *line, gboolean holds)
{
        const SekiRecord *given = &line->item->record;
        SekiSpan parts[2] = { given->field[SEKI_FIELD_ISSUE], given->field[SEKI_FIELD_CODE] };
        guint8 id[SEKI_ID_LEN];

        seki_hands_index (x->pipeline->hands, SEKI_INDEX_HOLDING, parts, 2, id);
        index_edit (seki_exchange_index_row (x, SEKI_INDEX_HOLDING, id), line->id, holds);
        return seki_line_add_leaf (x, line, line->held, holds ? SEKI_ACT_HOLD : SEKI_ACT_RELEASE,
                                   NULL, NULL);
}

/* Puts a stored record, the line's own or one of its `same`, into the answer. */
static gboolean
line_give (SekiExchange *x, SekiLine *line, const SekiEffect *effect, GError **error)
{
        SekiVerdictItem *item, **end = &line->given;
        SekiHeld *held = line->held;
        SekiRecord *record;

        for (gsize i = 0; effect->other != NULL && i < line->subject->n_same; i++)
                if (line->subject->same[i].record == effect->other)
                        held = line->same[i];
        if (held == NULL)
                return TRUE;
        record = seki_arena_copy (x->arena, &held->record, sizeof *record);
        item = seki_arena_alloc (x->arena, sizeof *item);
        if (record == NULL || item == NULL)
                return FALSE;
        if (effect->number && !seki_hands_open_number (x->pipeline->hands, held, x->arena,
                                                       &record->field[SEKI_FIELD_NUMBER], error))
                return FALSE;
        item->record = record;
        item->fields = SEKI_RECORD_ALL & ~(1u << SEKI_FIELD_GIVEN);
        while (*end != NULL)
                end = &(*end)->more;
        *end = item;
        return seki_line_add_leaf (x, line, held, SEKI_ACT_GIVE, NULL, x->caller->id);
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
        seki_record_write (effect->record != NULL ? effect->record : &line->item->record,
                           SEKI_RECORD_REST, &writer);
        if (effect->other != NULL)
                seki_record_write (effect->other, SEKI_RECORD_REST, &writer);
        else
                seki_cbor_write_null (&writer);
        plain = seki_cbor_writer_get_span (&writer);
        sealed = seki_arena_alloc (x->arena, plain.len + SEKI_SEAL_EXTRA);
        return !writer.failed && sealed != NULL &&
               seki_sealer_seal_named (seki_hands_get_sealer (x->pipeline->hands), SEKI_KEY_QUEUE,
                                       seki_span ("M", 1), plain, sealed, error) &&
               seki_exchange_add_row (x, SEKI_SPACE_REGISTER, seki_span (key, sizeof key),
                                      seki_span (sealed, plain.len + SEKI_SEAL_EXTRA), 3, -1) &&
               seki_line_add_leaf (x, line, line->held, SEKI_ACT_REPORT, NULL, NULL);
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
                n += x->lines[i].reason == NULL && x->lines[i].put != NULL &&
                     x->lines[i].held == NULL;
        if (n == 0)
                return TRUE;
        ids = seki_arena_alloc (x->arena, (gsize) n * SEKI_ID_LEN);
        if (ids == NULL ||
            !seki_vault_reserve (kernel->vault, (guint16) year, n, &bucket, &place, error))
                return FALSE;
        x->room = bucket;
        n = 0;
        for (gsize i = 0; i < x->message.n_items; i++) {
                SekiLine *line = &x->lines[i];
                SekiHeld *held;

                if (line->reason != NULL || line->put == NULL || line->held != NULL)
                        continue;
                if ((held = seki_arena_alloc (x->arena, sizeof *held)) == NULL ||
                    !seki_hands_random (x->pipeline->hands, held->salt, sizeof held->salt))
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
                return seki_line_add_leaf (x, line, was_known ? held : NULL, SEKI_ACT_REFUSE,
                                           line->reason, NULL);
        if (!line->acts)
                return seki_line_add_leaf (x, line, was_known ? held : NULL, SEKI_ACT_KEEP, NULL,
                                           NULL);
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

                if (row->changed &&
                    !seki_exchange_add_row (x, SEKI_SPACE_INDEX,
                                            seki_span (row->key, SEKI_INDEX_KEY_LEN),
                                            ids.len > 0 ? ids : SEKI_SPAN_NONE, -1, -1))
                        return FALSE;
        }
        return TRUE;
}

static guint
line_hash (gconstpointer line)
{
        guint hash;

        memcpy (&hash, ((const SekiLine *) line)->id, sizeof hash);
        return hash;
}

static gboolean
line_equal (gconstpointer a, gconstpointer b)
{
        return memcmp (((const SekiLine *) a)->id, ((const SekiLine *) b)->id, SEKI_ID_LEN) == 0;
}

/* All lines were decided on what is stored now: of two that change one record
 * the second rests on what no longer holds. */
static void
exchange_refuse_repeated (SekiExchange *x)
{
        g_autoptr (GHashTable) changed =
                x->message.n_items > 1 ? g_hash_table_new (line_hash, line_equal) : NULL;

        for (gsize i = 0; changed != NULL && i < x->message.n_items; i++) {
                SekiLine *line = &x->lines[i];

                if (line->reason == NULL && (line->put != NULL || line->erased) &&
                    !g_hash_table_add (changed, line))
                        line->reason = "code-repeated";
        }
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
                if (!seki_line_decide (x, &x->lines[i]))
                        return FALSE;
        }
        exchange_refuse_repeated (x);
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
        if (exchange_perform_lines (x, error) && seki_exchange_send (x, error) &&
            exchange_add_index_rows (x) && seki_exchange_add_trails (x, error))
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
