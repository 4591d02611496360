/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel/exchange.h"

#include "base/text.h"

void
seki_exchange_set_limit_error (GError **error)
{
        g_set_error_literal (error, SEKI_ERROR, SEKI_ERROR_LIMIT,
                             _("The message needs more memory than one message may. Send fewer "
                                "records at once."));
}

/* Doubles an array of the arena; NULL at its limit. */
static gpointer
array_grow (SekiArena *arena, gpointer old, gsize n, gsize size, gsize *inout_capacity)
{
        gsize capacity = *inout_capacity == 0 ? 16 : *inout_capacity * 2;
        gpointer grown = seki_arena_alloc (arena, capacity * size);

        if (grown == NULL)
                return NULL;
        if (n > 0)
                memcpy (grown, old, n * size);
        *inout_capacity = capacity;
        return grown;
}

gboolean
seki_exchange_add_row (SekiExchange *x, SekiSpace space, SekiSpan key, SekiSpan value,
                       gint first_in_key, gint first_in_value)
{
        SekiCommitUnit *unit = &x->unit;
        SekiCommitRow *row;

        if (unit->n_rows == x->rows_capacity) {
                SekiCommitRow *rows = array_grow (x->arena, unit->rows, unit->n_rows, sizeof *rows,
                                                  &x->rows_capacity);

                if (rows == NULL)
                        return FALSE;
                unit->rows = rows;
        }
        row = &unit->rows[unit->n_rows];
        row->space = space;
        row->first_in_key = (gint16) first_in_key;
        row->first_in_value = (gint16) first_in_value;
        row->key = seki_arena_copy (x->arena, key.data, key.len);
        row->key_len = (guint32) key.len;
        row->value =
                (guint8 *) value.data; /* in the arena already; written to only at first_in_value */
        row->value_len = (guint32) value.len;
        if (row->key == NULL)
                return FALSE;
        unit->n_rows++;
        return TRUE;
}

static gboolean
leaves_grow (SekiExchange *x)
{
        SekiCommitUnit *unit = &x->unit;
        gsize capacity = x->leaves_capacity;
        gpointer entries, leaves;

        entries = array_grow (x->arena, unit->entries, unit->n_leaves, sizeof *unit->entries,
                              &capacity);
        leaves = array_grow (x->arena, unit->leaves, unit->n_leaves, sizeof *unit->leaves,
                             &x->leaves_capacity);
        if (entries == NULL || leaves == NULL)
                return FALSE;
        unit->entries = entries;
        unit->leaves = leaves;
        return TRUE;
}

gboolean
seki_exchange_add_leaf (SekiExchange *x, const SekiEntry *entry)
{
        SekiCommitUnit *unit = &x->unit;
        SekiCborWriter writer;

        if (unit->n_leaves == x->leaves_capacity && !leaves_grow (x))
                return FALSE;
        seki_cbor_writer_init (&writer, x->arena);
        seki_entry_write (entry, &writer);
        if (writer.failed || writer.len > SEKI_ENTRY_MAX)
                return FALSE;
        unit->entries[unit->n_leaves] = seki_cbor_writer_get_span (&writer);
        seki_tree_leaf (seki_hands_get_hash (x->pipeline->hands), unit->entries[unit->n_leaves],
                        unit->leaves[unit->n_leaves]);
        unit->n_leaves++;
        return TRUE;
}

static guint
index_hash (gconstpointer row)
{
        guint hash;

        memcpy (&hash, ((const SekiIndexRow *) row)->key + 1, sizeof hash);
        return hash;
}

static gboolean
index_equal (gconstpointer a, gconstpointer b)
{
        return memcmp (((const SekiIndexRow *) a)->key, ((const SekiIndexRow *) b)->key,
                       SEKI_INDEX_KEY_LEN) == 0;
}

static void
index_row_free (gpointer data)
{
        SekiIndexRow *row = data;

        g_byte_array_unref (row->ids);
        g_free (row);
}

/* The row in hand for that keyed hash, made empty when it is not there yet. */
SekiIndexRow *
seki_exchange_index_row (SekiExchange *x, SekiIndex index, const guint8 id[SEKI_ID_LEN])
{
        SekiIndexRow wanted, *row;

        if (x->index == NULL)
                x->index = g_hash_table_new_full (index_hash, index_equal, index_row_free, NULL);
        wanted.key[0] = (guint8) index;
        memcpy (wanted.key + 1, id, SEKI_ID_LEN);
        row = g_hash_table_lookup (x->index, &wanted);
        if (row == NULL) {
                row = g_new0 (SekiIndexRow, 1);
                memcpy (row->key, wanted.key, SEKI_INDEX_KEY_LEN);
                row->ids = g_byte_array_new ();
                g_hash_table_add (x->index, row);
        }
        return row;
}
