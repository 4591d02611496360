/* SPDX-License-Identifier: Apache-2.0 */
/* One decision: every rule of the list, no short circuit between rules. */
#include "bundle.h"

#define NO_MISSING G_MAXUINT16

typedef enum {
        FAILS,
        HOLDS,
        ABSENT,                 /* the fact is missing or no value of its field */
} Outcome;

/* A row under evaluation; each text is looked up once. */
typedef struct {
        const Bundle *bundle;
        const SekiFacts *row;
        guint64 known[SEKI_FACTS_MAX / 64];
        guint16 symbol[SEKI_FACTS_MAX];         /* valid where known; NO_SYMBOL: not a value */
} Look;

#define NO_SYMBOL G_MAXUINT16

static guint16
symbol_find (const FieldTable *field, const SekiFact *fact)
{
        guint16 symbol;

        if (fact->text.data == NULL ||
            (field->spec->type == SEKI_FACT_TEXT && (gint64) fact->text.len > field->spec->max))
                return NO_SYMBOL;
        symbol = bundle_symbol (field, fact->text);
        return symbol == 0 && field->spec->type == SEKI_FACT_ENUM ? NO_SYMBOL : symbol;
}

static inline guint16
look_symbol (Look *look, guint16 field)
{
        guint64 bit = G_GUINT64_CONSTANT (1) << (field % 64);

        if (!seki_facts_has (look->row, field))
                return NO_SYMBOL;
        if ((look->known[field / 64] & bit) == 0) {
                look->symbol[field] = symbol_find (&look->bundle->fields[field],
                                                   &look->row->value[field]);
                look->known[field / 64] |= bit;
        }
        return look->symbol[field];
}

/* FALSE: absent or outside the range of the field. */
static inline gboolean
look_number (const Look *look, guint16 field, gint64 *out_number)
{
        const Interval *range = &look->bundle->fields[field].range;

        if (!seki_facts_has (look->row, field))
                return FALSE;
        *out_number = look->row->value[field].number;
        return *out_number >= range->low && *out_number <= range->high;
}

static Outcome
test_ranges (const Look *look, const Test *test, gint64 number)
{
        const Interval *intervals = &look->bundle->intervals[test->first];
        guint32 low = 0, high = test->count;

        while (low < high) {
                guint32 middle = (low + high) / 2;
                if (intervals[middle].high < number)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low < test->count && intervals[low].low <= number ? HOLDS : FAILS;
}

static Outcome
test_among (const Look *look, const Test *test, guint16 symbol)
{
        const guint16 *symbols = &look->bundle->symbols[test->first];
        guint32 low = 0, high = test->count;

        while (low < high) {
                guint32 middle = (low + high) / 2;
                if (symbols[middle] < symbol)
                        low = middle + 1;
                else
                        high = middle;
        }
        return (low < test->count && symbols[low] == symbol) != test->negate ? HOLDS : FAILS;
}

static Outcome
test_same (Look *look, const Test *test, guint16 *out_missing)
{
        guint16 fields[2] = { test->field, (guint16) test->first };
        gboolean text = field_is_text (look->bundle->fields[test->field].spec), same;
        gint64 number[2] = { 0, 0 };

        for (guint i = 0; i < 2; i++) {
                if (text ? look_symbol (look, fields[i]) != NO_SYMBOL
                         : look_number (look, fields[i], &number[i]))
                        continue;
                *out_missing = fields[i];
                return ABSENT;
        }
        same = text ? seki_span_equal (look->row->value[fields[0]].text,
                                       look->row->value[fields[1]].text)
                    : number[0] == number[1];
        return same != test->negate ? HOLDS : FAILS;
}

static inline Outcome
test_text (Look *look, const Test *test)
{
        guint16 symbol = look_symbol (look, test->field);

        if (symbol == NO_SYMBOL)
                return ABSENT;
        if (test->kind == TEST_MASK)
                return (test->mask >> symbol & 1) != 0 ? HOLDS : FAILS;
        return test_among (look, test, symbol);
}

static inline Outcome
test_number (const Look *look, const Test *test)
{
        gint64 number;

        if (!look_number (look, test->field, &number))
                return ABSENT;
        if (test->kind == TEST_RANGE)
                return number >= test->range.low && number <= test->range.high ? HOLDS : FAILS;
        return test_ranges (look, test, number);
}

/* A condition that fails settles the rule, whatever else is missing: the rule
 * does not apply.  Otherwise the first absent field makes it an error. */
static inline Outcome
plan_outcome (Look *look, const Plan *plan, guint16 *out_missing)
{
        const Test *test = &look->bundle->tests[plan->first];
        Outcome all = HOLDS;

        for (guint i = 0; i < plan->count; i++, test++) {
                guint16 missing = test->field;
                Outcome one = test->kind == TEST_SAME   ? test_same (look, test, &missing)
                              : test->kind >= TEST_MASK ? test_text (look, test)
                                                        : test_number (look, test);
                if (one == FAILS)
                        return FAILS;
                if (one == ABSENT && all == HOLDS) {
                        all = ABSENT;
                        *out_missing = missing;
                }
        }
        return all;
}

static inline void
decision_count (SekiDecision *decision, guint16 rule, guint32 ground, guint64 oblige,
                guint16 missing)
{
        if (ground < decision->ground)
                return;
        if (ground > decision->ground) {
                decision->ground = ground;
                decision->n_rules = 0;
                decision->oblige = 0;
                decision->missing = missing;
        }
        if (decision->n_rules < SEKI_DECISION_RULES)
                decision->rules[decision->n_rules] = rule;
        decision->n_rules++;
        decision->oblige |= oblige;
}

void
bundle_decide (const Bundle *bundle, const SekiFacts *row, SekiDecision *out_decision)
{
        Look look;
        guint16 action, caller;
        guint cell;

        look.bundle = bundle;
        look.row = row;
        memset (look.known, 0, sizeof look.known);
        memset (out_decision, 0, sizeof *out_decision);
        out_decision->missing = NO_MISSING;
        action = look_symbol (&look, bundle->action);
        caller = look_symbol (&look, bundle->caller);
        /* Without its keys a row meets the rules for any, and can not be permitted. */
        if (action == NO_SYMBOL || caller == NO_SYMBOL) {
                out_decision->ground = SEKI_GROUND_ERROR;
                out_decision->missing = action == NO_SYMBOL ? bundle->action : bundle->caller;
        }
        cell = (action == NO_SYMBOL ? 0u : action) * bundle->n_callers +
               (caller == NO_SYMBOL ? 0u : caller);
        for (guint32 i = bundle->grid[cell]; i < bundle->grid[cell + 1]; i++) {
                guint16 rule = bundle->entries[i], missing = NO_MISSING;
                const Plan *plan = &bundle->plans[rule];
                Outcome outcome = plan_outcome (&look, plan, &missing);
                if (outcome == HOLDS)
                        decision_count (out_decision, rule, plan->ground, plan->oblige, NO_MISSING);
                else if (outcome == ABSENT)
                        decision_count (out_decision, rule, SEKI_GROUND_ERROR, plan->oblige,
                                        missing);
        }
        for (guint16 r = out_decision->n_rules; r < SEKI_DECISION_RULES; r++)
                out_decision->rules[r] = 0;
        out_decision->verdict = out_decision->ground == SEKI_GROUND_PERMIT ? SEKI_PERMIT
                                                                           : SEKI_DENY;
}
