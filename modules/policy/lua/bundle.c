/* SPDX-License-Identifier: Apache-2.0 */
#include "bundle.h"

/* A bundle on its way; arrays grow until they are handed over. */
typedef struct {
        Bundle *bundle;
        GHashTable *named[SEKI_FACTS_MAX];      /* text -> symbol */
        GArray *tests, *intervals, *symbols;
} Builder;

static inline guint64
load_bytes (const guint8 *data, gsize len)
{
        guint64 word = 0;

        memcpy (&word, data, len);
        return word;
}

/* Loads of fixed sizes only: this runs for every text of every row. */
static inline TextKey
text_key (SekiSpan text)
{
        TextKey key = { .len = (guint32) text.len };

        if (text.len >= 8) {
                key.first = load_bytes (text.data, 8);
                key.last = load_bytes (text.data + text.len - 8, 8);
                key.middle = text.len > 16 ? load_bytes (text.data + 8, 8) : 0;
        } else if (text.len >= 4) {
                key.first = load_bytes (text.data, 4);
                key.last = load_bytes (text.data + text.len - 4, 4);
        } else if (text.len > 0) {
                key.first = text.data[0] | (guint64) text.data[text.len / 2] << 8;
                key.last = text.data[text.len - 1];
        }
        return key;
}

static inline guint32
key_hash (const TextKey *key)
{
        guint64 mix = (key->first ^ key->len) * G_GUINT64_CONSTANT (0x9e3779b97f4a7c15);

        mix = (mix ^ mix >> 32 ^ key->last ^ key->middle << 1) *
              G_GUINT64_CONSTANT (0xd6e8feb86659fd93);
        return (guint32) (mix >> 32);
}

guint16
bundle_symbol (const FieldTable *field, SekiSpan text)
{
        TextKey key = text_key (text);

        if (field->symbols == NULL || text.len > G_MAXUINT32)
                return 0;
        for (guint32 place = key_hash (&key) & field->symbol_mask;;
             place = (place + 1) & field->symbol_mask) {
                const Symbol *symbol = &field->symbols[place];
                if (symbol->text == NULL)
                        return 0;
                if (symbol->key.first == key.first && symbol->key.last == key.last &&
                    symbol->key.len == key.len && symbol->key.middle == key.middle &&
                    (text.len <= 24 || memcmp (symbol->text, text.data, text.len) == 0))
                        return symbol->symbol;
        }
}

void
bundle_free (gpointer data)
{
        Bundle *bundle = data;

        if (bundle == NULL)
                return;
        for (guint i = 0; i < bundle->n_fields; i++) {
                FieldTable *field = &bundle->fields[i];
                for (guint32 s = 0; field->symbols != NULL && s <= field->symbol_mask; s++)
                        g_free ((gpointer) field->symbols[s].text);
                g_free (field->symbols);
        }
        g_free (bundle->grid);
        g_free (bundle->entries);
        g_free (bundle->plans);
        g_free (bundle->tests);
        g_free (bundle->intervals);
        g_free (bundle->symbols);
        g_clear_pointer (&bundle->rules, g_ptr_array_unref);
        g_free (bundle);
}

static gboolean
name_text (Builder *builder, guint16 field, const char *text)
{
        GHashTable *named = builder->named[field];
        guint n = g_hash_table_size (named);

        if (n >= G_MAXUINT16 - 1u)
                return FALSE;
        if (!g_hash_table_contains (named, text))
                g_hash_table_insert (named, g_strdup (text), GUINT_TO_POINTER (n + 1));
        return TRUE;
}

static gboolean
name_set (Builder *builder, guint16 field, const Set *set)
{
        GHashTableIter iter;
        gpointer text;
        gboolean fits = TRUE;

        if (set == NULL || set->texts == NULL)
                return TRUE;
        g_hash_table_iter_init (&iter, set->texts);
        while (fits && g_hash_table_iter_next (&iter, &text, NULL))
                fits = name_text (builder, field, text);
        return fits;
}

static gboolean
name_rule (Builder *builder, const Rule *rule)
{
        gboolean fits = name_set (builder, builder->bundle->action, rule->actions);

        for (guint i = 0; fits && i < rule->conditions->len; i++) {
                const Condition *condition = rule->conditions->pdata[i];
                fits = name_set (builder, condition->field, condition->set);
        }
        return fits;
}

/* Values of an enumeration come first, in their order, so their symbols are known. */
static gboolean
name_all (Builder *builder, const SekiSchema *schema)
{
        gboolean fits = TRUE;

        for (guint16 i = 0; i < schema->n_fields; i++) {
                const SekiFactSpec *spec = schema->fields[i];
                builder->bundle->fields[i].spec = spec;
                builder->bundle->fields[i].range = field_range (spec);
                builder->named[i] = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
                for (guint v = 0; spec->type == SEKI_FACT_ENUM && spec->values[v] != NULL; v++)
                        fits &= name_text (builder, i, spec->values[v]);
        }
        for (guint i = 0; fits && i < builder->bundle->rules->len; i++)
                fits = name_rule (builder, builder->bundle->rules->pdata[i]);
        return fits;
}

/* From the growing table of names to the one that decisions look into. */
static void
field_freeze (FieldTable *field, GHashTable *named)
{
        guint n = g_hash_table_size (named), places = 4;
        GHashTableIter iter;
        gpointer text, number;

        field->n_symbols = (guint16) n;
        if (n == 0)
                return;
        while (places < 2 * n)
                places *= 2;
        field->symbols = g_new0 (Symbol, places);
        field->symbol_mask = places - 1;
        g_hash_table_iter_init (&iter, named);
        while (g_hash_table_iter_next (&iter, &text, &number)) {
                TextKey key = text_key (seki_span_text (text));
                guint32 place = key_hash (&key) & field->symbol_mask;
                while (field->symbols[place].text != NULL)
                        place = (place + 1) & field->symbol_mask;
                field->symbols[place] = (Symbol){ key, (guint16) GPOINTER_TO_UINT (number),
                                                  g_strdup (text) };
        }
}

static gint
symbol_compare (gconstpointer a, gconstpointer b)
{
        return *(const guint16 *) a - *(const guint16 *) b;
}

/* Symbols of the set's texts, sorted, onto the pool. */
static void
test_symbols (Builder *builder, Test *test, const Set *set)
{
        g_autoptr (GArray) numbers = g_array_new (FALSE, FALSE, sizeof (guint16));
        GHashTableIter iter;
        gpointer text;

        g_hash_table_iter_init (&iter, set->texts);
        while (g_hash_table_iter_next (&iter, &text, NULL)) {
                guint16 number = (guint16) GPOINTER_TO_UINT (
                        g_hash_table_lookup (builder->named[test->field], text));
                g_array_append_val (numbers, number);
        }
        g_array_sort (numbers, symbol_compare);
        test->kind = TEST_SYMBOLS;
        test->negate = set->others;
        test->first = builder->symbols->len;
        test->count = numbers->len;
        if (builder->bundle->fields[test->field].n_symbols < 64) {
                test->kind = TEST_MASK;
                test->mask = set->others ? ~G_GUINT64_CONSTANT (0) : 0;
                for (guint i = 0; i < numbers->len; i++)
                        test->mask ^= G_GUINT64_CONSTANT (1) << g_array_index (numbers, guint16, i);
                return;
        }
        g_array_append_vals (builder->symbols, numbers->data, numbers->len);
}

static void
test_add (Builder *builder, const Condition *condition)
{
        Test test = { .field = condition->field };
        const Set *set = condition->set;

        if (condition->same_as != NO_FIELD) {
                test.kind = TEST_SAME;
                test.first = condition->same_as;
                test.negate = condition->differs;
        } else if (set->texts != NULL) {
                test_symbols (builder, &test, set);
        } else if (set->intervals->len == 1) {
                test.kind = TEST_RANGE;
                test.range = g_array_index (set->intervals, Interval, 0);
        } else {
                test.kind = TEST_RANGES;
                test.first = builder->intervals->len;
                test.count = set->intervals->len;
                g_array_append_vals (builder->intervals, set->intervals->data, set->intervals->len);
        }
        g_array_append_val (builder->tests, test);
}

static void
plan_all (Builder *builder)
{
        Bundle *bundle = builder->bundle;

        bundle->plans = g_new0 (Plan, bundle->n_rules + 1);
        for (guint i = 0; i < bundle->n_rules; i++) {
                const Rule *rule = bundle->rules->pdata[i];
                bundle->plans[i] = (Plan){ builder->tests->len, (guint16) rule->conditions->len,
                                           rule->ground, rule->oblige };
                for (guint c = 0; c < rule->conditions->len; c++)
                        test_add (builder, rule->conditions->pdata[c]);
        }
        bundle->tests = (Test *) (gpointer) g_array_free (g_steal_pointer (&builder->tests), FALSE);
        bundle->intervals = (Interval *) (gpointer) g_array_free (
                g_steal_pointer (&builder->intervals), FALSE);
        bundle->symbols = (guint16 *) (gpointer) g_array_free (g_steal_pointer (&builder->symbols),
                                                               FALSE);
}

/* Symbols of the field a rule is for, 0 to n; NULL set: all of them. */
static GArray *
key_symbols (Builder *builder, guint16 field, const Set *set)
{
        GArray *numbers = g_array_new (FALSE, FALSE, sizeof (guint16));
        GHashTableIter iter;
        gpointer text;

        for (guint16 i = 0; set == NULL && i <= g_hash_table_size (builder->named[field]); i++)
                g_array_append_val (numbers, i);
        if (set == NULL)
                return numbers;
        g_hash_table_iter_init (&iter, set->texts);
        while (g_hash_table_iter_next (&iter, &text, NULL)) {
                guint16 number = (guint16) GPOINTER_TO_UINT (
                        g_hash_table_lookup (builder->named[field], text));
                g_array_append_val (numbers, number);
        }
        return numbers;
}

/* Adds the rule to each of its lists, or only counts how long they get. */
static void
grid_rule (Builder *builder, guint16 number, guint32 *places, gboolean fill)
{
        Bundle *bundle = builder->bundle;
        const Rule *rule = bundle->rules->pdata[number];
        g_autoptr (GArray) actions = key_symbols (builder, bundle->action, rule->actions);
        g_autoptr (GArray) callers = key_symbols (builder, bundle->caller, rule->callers);

        for (guint a = 0; a < actions->len; a++)
                for (guint c = 0; c < callers->len; c++) {
                        guint cell = g_array_index (actions, guint16, a) * bundle->n_callers +
                                     g_array_index (callers, guint16, c);
                        if (fill)
                                bundle->entries[places[cell]] = number;
                        places[cell]++;
                }
}

/* Counts, lays out, then fills: two passes, in the order of rule numbers. */
static gboolean
grid_all (Builder *builder)
{
        Bundle *bundle = builder->bundle;
        guint cells = (bundle->fields[bundle->action].n_symbols + 1u) * bundle->n_callers;
        g_autofree guint32 *places = g_new0 (guint32, cells);
        guint64 total = 0;

        for (guint i = 0; i < bundle->n_rules && total <= BUNDLE_ENTRIES_MAX; i++) {
                const Rule *rule = bundle->rules->pdata[i];
                total += (guint64) (rule->actions != NULL
                                            ? g_hash_table_size (rule->actions->texts)
                                            : bundle->fields[bundle->action].n_symbols + 1u) *
                         (rule->callers != NULL ? g_hash_table_size (rule->callers->texts)
                                                : bundle->n_callers);
        }
        if (total > BUNDLE_ENTRIES_MAX)
                return FALSE;
        for (guint i = 0; i < bundle->n_rules; i++)
                grid_rule (builder, (guint16) i, places, FALSE);
        bundle->grid = g_new0 (guint32, cells + 1);
        for (guint i = 0; i < cells; i++) {
                bundle->grid[i + 1] = bundle->grid[i] + places[i];
                places[i] = bundle->grid[i];
        }
        bundle->entries = g_new0 (guint16, bundle->grid[cells] + 1);
        for (guint i = 0; i < bundle->n_rules; i++)
                grid_rule (builder, (guint16) i, places, TRUE);
        return TRUE;
}

static gint
rule_compare (gconstpointer a, gconstpointer b)
{
        return strcmp ((*(const Rule *const *) a)->id, (*(const Rule *const *) b)->id);
}

static gboolean
builder_run (Builder *builder, const SekiSchema *schema)
{
        Bundle *bundle = builder->bundle;
        gboolean fits = bundle->n_rules <= BUNDLE_RULES_MAX && name_all (builder, schema);

        for (guint i = 0; fits && i < bundle->n_fields; i++)
                field_freeze (&bundle->fields[i], builder->named[i]);
        bundle->n_callers = bundle->fields[bundle->caller].n_symbols + 1u;
        if (fits)
                plan_all (builder);
        return fits && grid_all (builder);
}

Bundle *
bundle_new (const SekiSchema *schema, guint16 action, guint16 caller, GPtrArray *rules,
            const guint8 *digest, GError **error)
{
        g_autoptr (Bundle) bundle = g_new0 (Bundle, 1);
        Builder builder = { .bundle = bundle };
        gboolean fits;

        bundle->n_fields = schema->n_fields;
        bundle->action = action;
        bundle->caller = caller;
        bundle->rules = rules;
        bundle->n_rules = rules->len;
        memcpy (bundle->digest, digest, BUNDLE_DIGEST);
        g_ptr_array_sort (rules, rule_compare);
        builder.tests = g_array_new (TRUE, FALSE, sizeof (Test));
        builder.intervals = g_array_new (TRUE, FALSE, sizeof (Interval));
        builder.symbols = g_array_new (TRUE, FALSE, sizeof (guint16));
        fits = builder_run (&builder, schema);
        for (guint i = 0; i < schema->n_fields; i++)
                g_clear_pointer (&builder.named[i], g_hash_table_unref);
        g_clear_pointer (&builder.tests, g_array_unref);
        g_clear_pointer (&builder.intervals, g_array_unref);
        g_clear_pointer (&builder.symbols, g_array_unref);
        if (fits)
                return g_steal_pointer (&bundle);
        g_set_error (
                error, SEKI_ERROR, SEKI_ERROR_LIMIT,
                SEKI_TEXT ("there are too many rules, or rules for any action, or values in them; "
                           "join rules that differ in one value only"));
        return NULL;
}
