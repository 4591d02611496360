/* SPDX-License-Identifier: Apache-2.0 */
/* Claims and lookups: everything a role may ask about, read before it is asked. */
#include "kernel/exchange.h"

#include "base/text.h"
#include "kernel/reseal.h"

#define LOST_MOST 3

gboolean
seki_exchange_claim (SekiExchange *x, const guint8 key[SEKI_CLAIM_LEN])
{
        if (!seki_claims_take (x->pipeline->kernel->claims, key, x)) {
                memcpy (x->wanted, key, SEKI_CLAIM_LEN);
                x->waits = TRUE;
                return FALSE;
        }
        if (x->n_claims == x->claims_capacity) {
                x->claims_capacity = MAX (16, x->claims_capacity * 2);
                x->claims = g_realloc_n (x->claims, x->claims_capacity, SEKI_CLAIM_LEN);
        }
        memcpy (x->claims + x->n_claims++ * SEKI_CLAIM_LEN, key, SEKI_CLAIM_LEN);
        return TRUE;
}

static gboolean
exchange_claim_id (SekiExchange *x, guint8 kind, const guint8 id[SEKI_ID_LEN])
{
        guint8 key[SEKI_CLAIM_LEN];

        key[0] = kind;
        memcpy (key + 1, id, SEKI_ID_LEN);
        return seki_exchange_claim (x, key);
}

static gboolean
exchange_writes (const SekiExchange *x)
{
        return (x->action->flags & SEKI_ACTION_WRITES) != 0;
}

/* Reads rows of one space into callbacks of the lines they belong to. */
typedef struct {
        SekiExchange *x;
        SekiSpan *keys;
        gpointer *owners;               /* per key: SekiLine, SekiHeld or SekiIndexRow */
        gsize n, capacity;
        GError *error;
} Lookup;

static void
lookup_init (Lookup *lookup, SekiExchange *x, gsize capacity)
{
        *lookup = (Lookup){ .x = x, .capacity = capacity };
        lookup->keys = g_new (SekiSpan, capacity);
        lookup->owners = g_new (gpointer, capacity);
}

static void
lookup_clear (Lookup *lookup)
{
        g_free (lookup->keys);
        g_free (lookup->owners);
        g_clear_error (&lookup->error);
}

static void
lookup_add (Lookup *lookup, SekiSpan key, gpointer owner)
{
        g_assert (lookup->n < lookup->capacity);
        lookup->keys[lookup->n] = key;
        lookup->owners[lookup->n++] = owner;
}

static gboolean
lookup_run (Lookup *lookup, SekiSpace space, SekiGetFunc found, GError **error)
{
        const SekiKernel *kernel = lookup->x->pipeline->kernel;

        if (lookup->n == 0)
                return TRUE;
        if (!kernel->storage->get_many (kernel->storage_self, space, lookup->keys, lookup->n, found,
                                        lookup, error))
                return FALSE;
        if (lookup->error == NULL)
                return !lookup->x->waits;
        g_propagate_error (error, g_steal_pointer (&lookup->error));
        return FALSE;
}

/* A row read just before its bucket was re-sealed is to be read again. */
static gboolean
lookup_enter (SekiExchange *x, SekiSpan row)
{
        SekiBucket bucket;

        if (!seki_row_get_bucket (row, &bucket))
                return TRUE;            /* opening it says what is wrong */
        if (!seki_exchange_enter (x, &bucket))
                return FALSE;
        if (seki_keyring_has_bucket (x->pipeline->kernel->keyring, &bucket) || x->lost == LOST_MOST)
                return TRUE;
        x->lost++;
        seki_bucket_claim (&bucket, x->wanted);
        x->waits = TRUE;
        return FALSE;
}

static SekiHeld *
lookup_open (Lookup *lookup, const guint8 *id, SekiSpan value)
{
        SekiExchange *x = lookup->x;
        SekiHeld *held;

        if (lookup->error != NULL || x->waits || !lookup_enter (x, value))
                return NULL;
        held = seki_arena_alloc (x->arena, sizeof *held);
        if (held == NULL) {
                seki_exchange_set_limit_error (&lookup->error);
                return NULL;
        }
        return seki_hands_open (x->pipeline->hands, id, value, x->arena, held, &lookup->error)
                       ? held
                       : NULL;
}

static void
line_found (gsize i, SekiSpan value, gpointer user)
{
        Lookup *lookup = user;
        SekiLine *line = lookup->owners[i];

        line->held = lookup_open (lookup, line->id, value);
}

/* The lines' own records. */
static gboolean
exchange_load_records (SekiExchange *x, GError **error)
{
        Lookup lookup;
        gboolean ok;

        lookup_init (&lookup, x, x->message.n_items);
        for (gsize i = 0; i < x->message.n_items; i++) {
                SekiLine *line = &x->lines[i];

                if (line->reason == NULL && line->item->record.field[SEKI_FIELD_CODE].data != NULL)
                        lookup_add (&lookup, seki_span (line->id, SEKI_ID_LEN), line);
        }
        ok = lookup_run (&lookup, SEKI_SPACE_RECORD, line_found, error);
        lookup_clear (&lookup);
        return ok;
}

static void
index_found (gsize i, SekiSpan value, gpointer user)
{
        Lookup *lookup = user;
        SekiIndexRow *row = lookup->owners[i];

        g_byte_array_set_size (row->ids, 0);
        g_byte_array_append (row->ids, value.data, (guint) (value.len - value.len % SEKI_ID_LEN));
}

/* Claims (for writers) and reads an index row once per message; NULL: the claim
 * is held by another. */
static SekiIndexRow *
exchange_want_index (SekiExchange *x, SekiIndex index, const guint8 id[SEKI_ID_LEN],
                     GPtrArray *wanted)
{
        guint before = x->index == NULL ? 0 : g_hash_table_size (x->index);
        SekiIndexRow *row = seki_exchange_index_row (x, index, id);

        if (g_hash_table_size (x->index) == before)
                return row;
        if (exchange_writes (x) && !exchange_claim_id (x, (guint8) index, id))
                return NULL;
        g_ptr_array_add (wanted, row);
        return row;
}

static gboolean
exchange_read_indexes (SekiExchange *x, GPtrArray *wanted, GError **error)
{
        Lookup lookup;
        gboolean ok;

        lookup_init (&lookup, x, wanted->len + 1);
        for (guint i = 0; i < wanted->len; i++) {
                SekiIndexRow *row = g_ptr_array_index (wanted, i);

                lookup_add (&lookup, seki_span (row->key, SEKI_INDEX_KEY_LEN), row);
        }
        ok = lookup_run (&lookup, SEKI_SPACE_INDEX, index_found, error);
        lookup_clear (&lookup);
        return ok;
}

static gboolean
line_number_index (SekiExchange *x, SekiSpan number, GPtrArray *wanted, SekiIndexRow **out_row)
{
        guint8 id[SEKI_ID_LEN];

        seki_hands_index (x->pipeline->hands, SEKI_INDEX_NUMBER, &number, 1, id);
        *out_row = exchange_want_index (x, SEKI_INDEX_NUMBER, id, wanted);
        return *out_row != NULL;
}

static gboolean
line_person_index (SekiExchange *x, const SekiRecord *record, GPtrArray *wanted,
                   SekiIndexRow **out_row)
{
        guint8 id[SEKI_ID_LEN];

        if (!seki_hands_person (x->pipeline->hands, record, x->arena, id))
                return TRUE;
        *out_row = exchange_want_index (x, SEKI_INDEX_PERSON, id, wanted);
        return *out_row != NULL;
}

/* The index rows a line's given and stored values stand in. */
static gboolean
line_want_indexes (SekiExchange *x, SekiLine *line, GPtrArray *wanted, GError **error)
{
        const SekiRecord *given = &line->item->record;
        SekiSpan holding[2] = { given->field[SEKI_FIELD_ISSUE], given->field[SEKI_FIELD_CODE] };
        SekiSpan number = given->field[SEKI_FIELD_NUMBER], stored = SEKI_SPAN_NONE;
        SekiIndexRow *row;
        guint8 id[SEKI_ID_LEN];

        line->given_number = line->given_person = NULL;
        if (x->loads & SEKI_LOAD_NUMBER) {
                if (number.data != NULL &&
                    !line_number_index (x, number, wanted, &line->given_number))
                        return FALSE;
                if (line->held != NULL && !seki_hands_open_number (x->pipeline->hands, line->held,
                                                                   x->arena, &stored, error))
                        return FALSE;
                if (stored.data != NULL && !line_number_index (x, stored, wanted, &row))
                        return FALSE;
        }
        if (x->loads & SEKI_LOAD_PERSON) {
                if (!line_person_index (x, given, wanted, &line->given_person))
                        return FALSE;
                if (line->held != NULL && !line_person_index (x, &line->held->record, wanted, &row))
                        return FALSE;
        }
        if ((x->loads & SEKI_LOAD_HOLDER) && holding[0].data != NULL && holding[1].data != NULL) {
                seki_hands_index (x->pipeline->hands, SEKI_INDEX_HOLDING, holding, 2, id);
                return exchange_want_index (x, SEKI_INDEX_HOLDING, id, wanted) != NULL;
        }
        return TRUE;
}

static void
held_found (gsize i, SekiSpan value, gpointer user)
{
        Lookup *lookup = user;
        SekiHeld **place = lookup->owners[i];

        *place = lookup_open (lookup, lookup->keys[i].data, value);
}

/* Opens the records an index row names, but the line's own. */
static gboolean
exchange_open_ids (SekiExchange *x, const SekiIndexRow *row, const guint8 own[SEKI_ID_LEN],
                   SekiHeld ***out_held, gsize *out_n, GError **error)
{
        gsize n = row->ids->len / SEKI_ID_LEN, kept = 0;
        SekiHeld **held = seki_arena_alloc (x->arena, (n + 1) * sizeof *held);
        Lookup lookup;
        gboolean ok;

        if (held == NULL) {
                seki_exchange_set_limit_error (error);
                return FALSE;
        }
        lookup_init (&lookup, x, n + 1);
        for (gsize i = 0; i < n; i++)
                if (memcmp (row->ids->data + i * SEKI_ID_LEN, own, SEKI_ID_LEN) != 0)
                        lookup_add (&lookup,
                                    seki_span (row->ids->data + i * SEKI_ID_LEN, SEKI_ID_LEN),
                                    &held[i]);
        ok = lookup_run (&lookup, SEKI_SPACE_RECORD, held_found, error);
        lookup_clear (&lookup);
        for (gsize i = 0; i < n; i++)
                if (held[i] != NULL)
                        held[kept++] = held[i];
        *out_held = held;
        *out_n = kept;
        return ok;
}

static gboolean
line_set_stored (SekiExchange *x, SekiHeld **held, gsize n, const SekiStored **out_stored,
                 GError **error)
{
        SekiStored *stored = seki_arena_alloc (x->arena, (n + 1) * sizeof *stored);

        if (stored == NULL) {
                seki_exchange_set_limit_error (error);
                return FALSE;
        }
        for (gsize i = 0; i < n; i++)
                stored[i] = (SekiStored){ .record = &held[i]->record, .number = held[i]->kind };
        *out_stored = stored;
        return TRUE;
}

static gboolean
line_load_same (SekiExchange *x, SekiLine *line, SekiSubject *subject, GError **error)
{
        if (line->given_number == NULL)
                return TRUE;
        return exchange_open_ids (x, line->given_number, line->id, &line->same, &subject->n_same,
                                  error) &&
               line_set_stored (x, line->same, subject->n_same, &subject->same, error);
}

/* The same person under another number. */
static gboolean
line_load_alike (SekiExchange *x, SekiLine *line, SekiSubject *subject, GError **error)
{
        SekiSpan number = line->item->record.field[SEKI_FIELD_NUMBER], other;
        SekiHeld **held;
        gsize n, kept = 0;

        if (line->given_person == NULL)
                return TRUE;
        if (!exchange_open_ids (x, line->given_person, line->id, &held, &n, error))
                return FALSE;
        for (gsize i = 0; i < n; i++) {
                if (!seki_hands_open_number (x->pipeline->hands, held[i], x->arena, &other, error))
                        return FALSE;
                if (number.data != NULL && other.data != NULL && !seki_span_equal (number, other))
                        held[kept++] = held[i];
        }
        subject->n_alike = kept;
        return line_set_stored (x, held, kept, &subject->alike, error);
}

/* What the role sees of a line. */
static gboolean
line_fill_subject (SekiExchange *x, SekiLine *line, SekiSubject *subject, GError **error)
{
        const SekiRecord *given = &line->item->record;
        SekiSpan holding[2] = { given->field[SEKI_FIELD_ISSUE], given->field[SEKI_FIELD_CODE] },
                 stored;
        SekiRecord *masked = NULL;
        guint8 id[SEKI_ID_LEN];

        subject->given = given;
        if (!x->role->number && given->field[SEKI_FIELD_NUMBER].data != NULL) {
                masked = seki_arena_copy (x->arena, given, sizeof *given);
                if (masked == NULL) {
                        seki_exchange_set_limit_error (error);
                        return FALSE;
                }
                masked->field[SEKI_FIELD_NUMBER] = SEKI_SPAN_NONE;
                subject->given = masked;
        }
        subject->number = line->item->number;
        subject->verdict = line->verdict;
        if (line->held != NULL) {
                subject->stored =
                        (SekiStored){ .record = &line->held->record, .number = line->held->kind };
                if (given->field[SEKI_FIELD_NUMBER].data != NULL &&
                    line->held->kind == line->item->number) {
                        if (!seki_hands_open_number (x->pipeline->hands, line->held, x->arena,
                                                     &stored, error))
                                return FALSE;
                        subject->same_number =
                                seki_span_equal (stored, given->field[SEKI_FIELD_NUMBER]);
                }
        }
        if ((x->action->loads & SEKI_LOAD_HOLDER) && holding[0].data != NULL &&
            holding[1].data != NULL) {
                seki_hands_index (x->pipeline->hands, SEKI_INDEX_HOLDING, holding, 2, id);
                subject->holds = seki_exchange_index_row (x, SEKI_INDEX_HOLDING, id)->ids->len > 0;
        }
        if ((x->action->loads & SEKI_LOAD_NUMBER) && !line_load_same (x, line, subject, error))
                return FALSE;
        return !(x->action->loads & SEKI_LOAD_PERSON) || line_load_alike (x, line, subject, error);
}

/* Ids of all lines, claimed by writers. */
static gboolean
exchange_name_records (SekiExchange *x)
{
        for (gsize i = 0; i < x->message.n_items; i++) {
                SekiLine *line = &x->lines[i];
                SekiSpan code = line->item->record.field[SEKI_FIELD_CODE];

                if (line->reason != NULL || code.data == NULL)
                        continue;
                seki_hands_index (x->pipeline->hands, SEKI_INDEX_CODE, &code, 1, line->id);
                if (exchange_writes (x) && !exchange_claim_id (x, SEKI_INDEX_CODE, line->id))
                        return FALSE;
        }
        return TRUE;
}

static gboolean
exchange_load_indexes (SekiExchange *x, GError **error)
{
        g_autoptr (GPtrArray) wanted = g_ptr_array_new ();

        if ((x->loads & ~(guint32) SEKI_LOAD_CODE) == 0)
                return TRUE;
        for (gsize i = 0; i < x->message.n_items; i++)
                if (x->lines[i].reason == NULL &&
                    !line_want_indexes (x, &x->lines[i], wanted, error))
                        return FALSE;
        return exchange_read_indexes (x, wanted, error);
}

gboolean
seki_exchange_load (SekiExchange *x, GError **error)
{
        gsize n = 0;

        if (!exchange_name_records (x))
                return FALSE;
        if ((x->loads & (SEKI_LOAD_CODE | SEKI_LOAD_NUMBER | SEKI_LOAD_PERSON)) != 0 &&
            !exchange_load_records (x, error))
                return FALSE;
        if (!exchange_load_indexes (x, error))
                return FALSE;
        x->subjects = seki_arena_alloc (x->arena, (x->message.n_items + 1) * sizeof *x->subjects);
        x->subject_lines =
                seki_arena_alloc (x->arena, (x->message.n_items + 1) * sizeof *x->subject_lines);
        if (x->subjects == NULL || x->subject_lines == NULL) {
                seki_exchange_set_limit_error (error);
                return FALSE;
        }
        for (gsize i = 0; i < x->message.n_items; i++) {
                if (x->lines[i].reason != NULL)
                        continue;
                x->lines[i].subject = &x->subjects[n];
                x->subject_lines[n] = (guint32) i;
                if (!line_fill_subject (x, &x->lines[i], &x->subjects[n++], error))
                        return FALSE;
        }
        x->n_subjects = n;
        return TRUE;
}
