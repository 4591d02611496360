/* SPDX-License-Identifier: Apache-2.0 */
#include "rows.h"

Row *
row_new (SekiSpan key, SekiSpan value)
{
        Row *row = g_try_malloc (sizeof (Row) + key.len + value.len);

        if (row == NULL)
                return NULL;
        row->refs = 1;
        row->present = value.data != NULL;
        row->key_len = key.len;
        row->value_len = value.len;
        memcpy (row->bytes, key.data, key.len);
        if (value.len > 0)
                memcpy (row->bytes + key.len, value.data, value.len);
        return row;
}

Row *
row_ref (Row *row)
{
        __atomic_add_fetch (&row->refs, 1, __ATOMIC_RELAXED);
        return row;
}

void
row_unref (gpointer data)
{
        Row *row = data;

        if (row == NULL || __atomic_sub_fetch (&row->refs, 1, __ATOMIC_ACQ_REL) > 0)
                return;
        explicit_bzero (row->bytes, row->key_len + row->value_len);
        g_free (row);
}

SekiSpan
row_key (const Row *row)
{
        return seki_span (row->bytes, row->key_len);
}

SekiSpan
row_value (const Row *row)
{
        return seki_span (row->bytes + row->key_len, row->value_len);
}

static int
key_compare (gconstpointer a, gconstpointer b, gpointer user)
{
        const SekiSpan *left = a, *right = b;
        gsize shorter = MIN (left->len, right->len);
        int order = shorter > 0 ? memcmp (left->data, right->data, shorter) : 0;

        (void) user;
        return order != 0 ? order : (left->len > right->len) - (left->len < right->len);
}

GTree *
rows_new (void)
{
        return g_tree_new_full (key_compare, NULL, g_free, row_unref);
}

void
rows_take (GTree *rows, Row *row)
{
        SekiSpan key = row_key (row);

        if (row->present) {
                SekiSpan *held = g_new (SekiSpan, 1);
                *held = key;
                g_tree_replace (rows, held, row);
        } else {
                g_tree_remove (rows, &key);
                row_unref (row);
        }
}

Row *
rows_ref (GTree *rows, SekiSpan key)
{
        Row *row = key.data != NULL ? g_tree_lookup (rows, &key) : NULL;

        return row != NULL ? row_ref (row) : NULL;
}

GPtrArray *
rows_ref_range (GTree *rows, SekiSpan from, SekiSpan to)
{
        GPtrArray *range = g_ptr_array_new_with_free_func (row_unref);
        GTreeNode *node = g_tree_lower_bound (rows, &from);

        for (; node != NULL; node = g_tree_node_next (node)) {
                if (to.data != NULL && key_compare (g_tree_node_key (node), &to, NULL) >= 0)
                        break;
                g_ptr_array_add (range, row_ref (g_tree_node_value (node)));
        }
        return range;
}
