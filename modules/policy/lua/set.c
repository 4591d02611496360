/* SPDX-License-Identifier: Apache-2.0 */
#include "set.h"

gboolean
field_is_text (const SekiFactSpec *field)
{
        return field->type == SEKI_FACT_ENUM || field->type == SEKI_FACT_TEXT;
}

Interval
field_range (const SekiFactSpec *field)
{
        Interval range = { field->min, field->max };

        if (field->type == SEKI_FACT_BOOL)
                range = (Interval){ 0, 1 };
        else if (field->min == 0 && field->max == 0)
                range = (Interval){ G_MININT64, G_MAXINT64 };
        return range;
}

Set *
set_new (const SekiFactSpec *field)
{
        Set *set = g_new0 (Set, 1);

        set->field = field;
        if (field_is_text (field))
                set->texts = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
        else
                set->intervals = g_array_new (FALSE, FALSE, sizeof (Interval));
        return set;
}

void
set_free (Set *set)
{
        if (set == NULL)
                return;
        g_clear_pointer (&set->texts, g_hash_table_unref);
        g_clear_pointer (&set->intervals, g_array_unref);
        g_free (set);
}

static gint
interval_compare (gconstpointer a, gconstpointer b)
{
        const Interval *x = a, *y = b;

        return (x->low > y->low) - (x->low < y->low);
}

void
set_tidy (Set *set)
{
        Interval *all;
        guint n = 0;

        if (set->texts != NULL)
                return;
        all = (Interval *) (gpointer) set->intervals->data;
        g_array_sort (set->intervals, interval_compare);
        for (guint i = 0; i < set->intervals->len; i++) {
                if (n > 0 && (all[n - 1].high == G_MAXINT64 || all[i].low <= all[n - 1].high + 1))
                        all[n - 1].high = MAX (all[n - 1].high, all[i].high);
                else
                        all[n++] = all[i];
        }
        g_array_set_size (set->intervals, n);
}

void
set_add_interval (Set *set, gint64 low, gint64 high)
{
        Interval interval = { low, high };

        if (low <= high)
                g_array_append_val (set->intervals, interval);
}

gboolean
set_has_text (const Set *set, const char *text)
{
        return g_hash_table_contains (set->texts, text) != set->others;
}

void
set_add_text (Set *set, const char *text)
{
        if (set_has_text (set, text))
                return;
        if (set->others)
                g_hash_table_remove (set->texts, text);
        else
                g_hash_table_add (set->texts, g_strdup (text));
}

/* What is left out of both: only that is still left out. */
static void
texts_keep_common (GHashTable *texts, GHashTable *with)
{
        GHashTableIter iter;
        gpointer text;

        g_hash_table_iter_init (&iter, texts);
        while (g_hash_table_iter_next (&iter, &text, NULL))
                if (!g_hash_table_contains (with, text))
                        g_hash_table_iter_remove (&iter);
}

/* Each text of from is in. */
static void
texts_add (Set *set, GHashTable *from)
{
        GHashTableIter iter;
        gpointer text;

        g_hash_table_iter_init (&iter, from);
        while (g_hash_table_iter_next (&iter, &text, NULL))
                set_add_text (set, text);
}

/* Takes the inner parts of other where that saves copying them. */
void
set_unite (Set *set, Set *other)
{
        if (set->intervals != NULL) {
                g_array_append_vals (set->intervals, other->intervals->data, other->intervals->len);
                return;
        }
        if (other->others && !set->others) {
                GHashTable *texts = set->texts;
                set->texts = other->texts;
                other->texts = texts;
                set->others = TRUE;
                other->others = FALSE;
        }
        if (other->others)
                texts_keep_common (set->texts, other->texts);
        else
                texts_add (set, other->texts);
}

void
set_invert (Set *set)
{
        if (set->texts != NULL) {
                set->others = !set->others;
                return;
        }
        set_tidy (set);
        Interval range = field_range (set->field);
        GArray *gaps = g_array_new (FALSE, FALSE, sizeof (Interval));
        gboolean open = TRUE;
        for (guint i = 0; i < set->intervals->len && open; i++) {
                Interval hole = g_array_index (set->intervals, Interval, i);
                Interval gap = { range.low, hole.low - 1 };
                if (hole.low > range.low)
                        g_array_append_val (gaps, gap);
                open = hole.high < range.high;
                range.low = open ? hole.high + 1 : range.low;
        }
        if (open)
                g_array_append_val (gaps, range);
        g_array_unref (set->intervals);
        set->intervals = gaps;
}

/* How many texts of an enumeration are in. */
static guint
enum_count (const Set *set, guint *out_n_values)
{
        guint n = 0;

        *out_n_values = 0;
        for (const char *const *value = set->field->values; value != NULL && *value != NULL;
             value++) {
                n += set_has_text (set, *value);
                (*out_n_values)++;
        }
        return n;
}

gboolean
set_is_empty (const Set *set)
{
        guint n_values;

        if (set->intervals != NULL)
                return set->intervals->len == 0;
        if (set->field->type == SEKI_FACT_ENUM)
                return enum_count (set, &n_values) == 0;
        return !set->others && g_hash_table_size (set->texts) == 0;
}

gboolean
set_is_full (const Set *set)
{
        Interval range = field_range (set->field);
        guint n_values;

        if (set->intervals != NULL) {
                const Interval *first = (const Interval *) (gpointer) set->intervals->data;
                return set->intervals->len == 1 && first->low <= range.low &&
                       first->high >= range.high;
        }
        if (set->field->type == SEKI_FACT_ENUM)
                return enum_count (set, &n_values) == n_values;
        return set->others && g_hash_table_size (set->texts) == 0;
}
