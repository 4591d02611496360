/* SPDX-License-Identifier: Apache-2.0 */
#include "when.h"

static const struct {
        const char *unit;
        gint64 seconds;
} units[] = { { "seconds", 1 }, { "minutes", 60 }, { "hours", 3600 }, { "days", 86400 } };

void
condition_free (gpointer data)
{
        Condition *condition = data;

        set_free (condition->set);
        g_free (condition);
}

guint16
check_field (Check *check, const char *name, guint line)
{
        const char *names[SEKI_FACTS_MAX + 1] = { NULL };
        const char *nearest;

        for (guint i = 0; i < check->schema->n_fields; i++) {
                names[i] = check->schema->fields[i]->name;
                if (strcmp (names[i], name) == 0)
                        return (guint16) i;
        }
        nearest = nearest_name (name, names);
        if (nearest != NULL)
                check_say (check, "SK001", line, name, nearest,
                           SEKI_TEXT ("there is no field '%s'; did you mean '%s'?"), name, nearest);
        else
                check_say (check, "SK001", line, name, NULL,
                           SEKI_TEXT ("there is no field '%s'; use one that the node or its "
                                      "modules declare"),
                           name);
        return NO_FIELD;
}

/* What a field takes, for sentences. */
static const char *
type_text (SekiFactType type)
{
        switch (type) {
        case SEKI_FACT_BOOL:
                return SEKI_TEXT ("yes or no");
        case SEKI_FACT_INT:
                return SEKI_TEXT ("a number");
        case SEKI_FACT_ENUM:
                return SEKI_TEXT ("one of its values");
        case SEKI_FACT_TIME:
                return SEKI_TEXT ("a time");
        default:
                return SEKI_TEXT ("a text");
        }
}

static void
say_type (Check *check, const SekiFactSpec *field, guint line, const char *hint)
{
        check_say (check, "SK002", line, NULL, NULL, SEKI_TEXT ("'%s' takes %s; %s"),
                   field->name, type_text (field->type), hint);
}

gboolean
check_text (Check *check, const SekiFactSpec *field, const Term *text, guint line)
{
        const char *nearest;

        if (strlen (text->text) != text->len || !g_utf8_validate (text->text, -1, NULL)) {
                check_say (check, "SK003", line, NULL, NULL,
                           SEKI_TEXT ("the text for '%s' is not UTF-8; write plain text"),
                           field->name);
                return FALSE;
        }
        if (text_is_wide (text->text)) {
                check_say (check, "SK037", line, text->text, NULL,
                           SEKI_TEXT ("'%s' has full-width signs; write them half-width"),
                           text->text);
                return FALSE;
        }
        if (field->type == SEKI_FACT_TEXT && (gint64) text->len > field->max) {
                check_say (check, "SK003", line, text->text, NULL,
                           SEKI_TEXT ("'%s' has more than the %u bytes of '%s'; shorten it"),
                           text->text, (guint) field->max, field->name);
                return FALSE;
        }
        if (field->type != SEKI_FACT_ENUM || g_strv_contains (field->values, text->text))
                return TRUE;
        nearest = nearest_name (text->text, field->values);
        if (nearest != NULL) {
                check_say (check, "SK003", line, text->text, nearest,
                           SEKI_TEXT ("'%s' has no value '%s'; did you mean '%s'?"), field->name,
                           text->text, nearest);
                return FALSE;
        }
        g_autofree char *values = g_strjoinv (", ", (char **) field->values);
        check_say (check, "SK003", line, text->text, NULL,
                   SEKI_TEXT ("'%s' has no value '%s'; use one of: %s"), field->name, text->text,
                   values);
        return FALSE;
}

/* A duration in the unit of the field. */
static gboolean
number_from_duration (Check *check, const SekiFactSpec *field, const Term *term, guint line,
                      gint64 *out_number)
{
        const Term *amount = term_argument (term, 0);
        gint64 own = 0, seconds;

        for (guint i = 0; field->type == SEKI_FACT_INT && i < G_N_ELEMENTS (units); i++)
                own = g_strcmp0 (field->unit, units[i].unit) == 0 ? units[i].seconds : own;
        if (own == 0) {
                say_type (check, field, line,
                          SEKI_TEXT ("it is not a duration, so write the plain number"));
                return FALSE;
        }
        if (amount == NULL || amount->kind != TERM_INT || term->items->len != 1 ||
            amount->number > 1000000000 || amount->number < 0) {
                check_say (check, "SK002", line, NULL, NULL,
                           SEKI_TEXT ("'%s' takes one whole number; write it as in days (3)"),
                           word_names[term->word]);
                return FALSE;
        }
        seconds = amount->number * units[term->word - WORD_SECONDS].seconds;
        *out_number = seconds / own;
        if (seconds % own == 0)
                return TRUE;
        check_say (check, "SK002", line, NULL, NULL,
                   SEKI_TEXT ("'%s' counts whole %s; write a duration that comes out even"),
                   field->name, field->unit);
        return FALSE;
}

static gboolean
number_of (Check *check, const SekiFactSpec *field, const Term *term, guint line,
           gint64 *out_number)
{
        Interval range = field_range (field);

        if (term != NULL && term->kind == TERM_CALL && term->word >= WORD_SECONDS &&
            term->word <= WORD_DAYS) {
                if (!number_from_duration (check, field, term, line, out_number))
                        return FALSE;
        } else if (term != NULL && term->kind == TERM_INT && field->type != SEKI_FACT_BOOL) {
                *out_number = term->number;
        } else {
                say_type (check, field, line,
                          field->type == SEKI_FACT_BOOL
                                  ? SEKI_TEXT ("write yes or no")
                                  : SEKI_TEXT ("write a whole number without quotes"));
                return FALSE;
        }
        if (*out_number >= range.low && *out_number <= range.high)
                return TRUE;
        g_autofree char *low = g_strdup_printf ("%" G_GINT64_FORMAT, range.low);
        g_autofree char *high = g_strdup_printf ("%" G_GINT64_FORMAT, range.high);
        g_autofree char *number = g_strdup_printf ("%" G_GINT64_FORMAT, *out_number);
        check_say (check, "SK003", line, NULL, NULL,
                   SEKI_TEXT ("'%s' goes from %s to %s, so %s can not stand here"),
                   field->name, low, high, number);
        return FALSE;
}

static gboolean
set_add_value (Check *check, Set *set, const Term *value, guint line)
{
        gint64 number;

        if (!field_is_text (set->field)) {
                if (!number_of (check, set->field, value, line, &number))
                        return FALSE;
                set_add_interval (set, number, number);
                return TRUE;
        }
        if (!term_is_text (value)) {
                say_type (check, set->field, line, SEKI_TEXT ("write it in double quotes"));
                return FALSE;
        }
        if (!check_text (check, set->field, value, line))
                return FALSE;
        set_add_text (set, value->text);
        return TRUE;
}

/* is, one_of and not_one_of. */
static gboolean
set_add_values (Check *check, Set *set, const Term *call, guint line)
{
        gboolean sound = TRUE;
        guint i;

        for (i = 0; term_argument (call, i) != NULL; i++)
                sound &= set_add_value (check, set, term_argument (call, i), line);
        if (i == 0 || (call->word == WORD_IS && i != 1)) {
                check_say (
                        check, "SK002", line, NULL, NULL,
                        SEKI_TEXT ("'%s' needs a value; write is \"a\" or one_of { \"a\", \"b\" }"),
                        word_names[call->word]);
                return FALSE;
        }
        if (call->word == WORD_NOT_ONE_OF)
                set_invert (set);
        return sound;
}

/* at_most, at_least and between. */
static gboolean
set_add_span (Check *check, Set *set, const Term *call, guint line)
{
        Interval range = field_range (set->field);
        guint n = call->word == WORD_BETWEEN ? 2 : 1;

        if (set->field->type != SEKI_FACT_INT && set->field->type != SEKI_FACT_TIME) {
                say_type (check, set->field, line, SEKI_TEXT ("use is, one_of, yes or no"));
                return FALSE;
        }
        if (term_argument (call, n - 1) == NULL || term_argument (call, n) != NULL) {
                check_say (check, "SK002", line, NULL, NULL,
                           SEKI_TEXT ("write at_most (n), at_least (n) or between (low, high)"));
                return FALSE;
        }
        if (call->word != WORD_AT_MOST &&
            !number_of (check, set->field, term_argument (call, 0), line, &range.low))
                return FALSE;
        if (call->word != WORD_AT_LEAST &&
            !number_of (check, set->field, term_argument (call, n - 1), line, &range.high))
                return FALSE;
        set_add_interval (set, range.low, range.high);
        return TRUE;
}

static Set *set_from (Check *check, const SekiFactSpec *field, const Term *term, guint line);

static gboolean
set_add_any (Check *check, Set *set, const Term *call, guint line)
{
        gboolean sound = term_argument (call, 0) != NULL;

        if (!sound)
                check_say (
                        check, "SK002", line, NULL, NULL,
                        SEKI_TEXT ("any_of needs predicates; write any_of { is \"a\", is \"b\" }"));
        for (guint i = 0; term_argument (call, i) != NULL; i++) {
                g_autoptr (Set) part = set_from (check, set->field, term_argument (call, i), line);
                if (part != NULL)
                        set_unite (set, part);
                sound &= part != NULL;
        }
        return sound;
}

static gboolean
set_add_not (Check *check, Set *set, const Term *call, guint line)
{
        g_autoptr (Set) part = NULL;

        if (term_argument (call, 0) == NULL || term_argument (call, 1) != NULL) {
                check_say (check, "SK002", line, NULL, NULL,
                           SEKI_TEXT ("not_ takes one predicate; write not_ (is \"a\")"));
                return FALSE;
        }
        part = set_from (check, set->field, term_argument (call, 0), line);
        if (part == NULL)
                return FALSE;
        set_invert (part);
        set_unite (set, part);
        return TRUE;
}

static gboolean
set_add_call (Check *check, Set *set, const Term *call, guint line)
{
        switch (call->word) {
        case WORD_YES:
        case WORD_NO:
                if (set->field->type == SEKI_FACT_BOOL)
                        set_add_interval (set, call->word == WORD_YES, call->word == WORD_YES);
                else
                        say_type (check, set->field, line,
                                  SEKI_TEXT ("yes and no are for fields of that kind; "
                                             "write is \"yes\" for a text"));
                return set->field->type == SEKI_FACT_BOOL;
        case WORD_IS:
        case WORD_ONE_OF:
        case WORD_NOT_ONE_OF:
                return set_add_values (check, set, call, line);
        case WORD_AT_MOST:
        case WORD_AT_LEAST:
        case WORD_BETWEEN:
                return set_add_span (check, set, call, line);
        case WORD_ANY_OF:
                return set_add_any (check, set, call, line);
        case WORD_NOT:
                return set_add_not (check, set, call, line);
        default:
                check_say (check, "SK002", line, word_names[call->word], NULL,
                           SEKI_TEXT ("'%s' is no predicate for '%s'; write is, one_of, at_most "
                                      "and the like"),
                           word_names[call->word], set->field->name);
                return FALSE;
        }
}

static Set *
set_from (Check *check, const SekiFactSpec *field, const Term *term, guint line)
{
        g_autoptr (Set) set = set_new (field);

        if (term->kind == TERM_CALL) {
                if (!set_add_call (check, set, term, MAX (term->line, line)))
                        return NULL;
                set_tidy (set);
                return g_steal_pointer (&set);
        }
        check_say (
                check, "SK002", line, field->name, NULL,
                term->kind == TERM_FUNCTION
                        ? SEKI_TEXT (
                                  "'%s' is given a function; write a predicate such as is \"...\"")
                        : SEKI_TEXT ("'%s' is given a bare value; write a predicate such as is "
                                     "\"...\" or at_most (3)"),
                field->name);
        return NULL;
}

static Condition *
condition_same (Check *check, guint16 field, const Term *call, gboolean differs, guint line)
{
        const SekiSchema *schema = check->schema;
        const Term *name = term_argument (call, 0);
        guint16 other;
        Condition *condition;

        if (!term_is_text (name) || term_argument (call, 1) != NULL) {
                check_say (check, "SK002", line, "same_as", NULL,
                           SEKI_TEXT ("same_as takes one field; write same_as \"purpose\""));
                return NULL;
        }
        other = check_field (check, name->text, line);
        if (other == NO_FIELD)
                return NULL;
        if (other == field ||
            field_is_text (schema->fields[other]) != field_is_text (schema->fields[field])) {
                check_say (
                        check, "SK002", line, "same_as", NULL,
                        SEKI_TEXT (
                                "'%s' and '%s' can not be compared; name two fields of one kind"),
                        schema->fields[field]->name, name->text);
                return NULL;
        }
        condition = g_new0 (Condition, 1);
        condition->field = field;
        condition->same_as = other;
        condition->differs = differs;
        condition->line = line;
        return condition;
}

static Condition *
condition_set (Check *check, guint16 field, const Term *predicate, guint line)
{
        const SekiFactSpec *spec = check->schema->fields[field];
        g_autoptr (Set) set = set_from (check, spec, predicate, line);
        Condition *condition;

        if (set == NULL)
                return NULL;
        if (set_is_empty (set)) {
                check_say (check, "SK010", line, spec->name, NULL,
                           SEKI_TEXT ("the condition on '%s' can never hold, so the rule would "
                                      "never apply"),
                           spec->name);
                return NULL;
        }
        if (set_is_full (set))
                check_warn (
                        check, "SK011", line, spec->name,
                        SEKI_TEXT ("the condition on '%s' always holds; leave it out or narrow it"),
                        spec->name);
        condition = g_new0 (Condition, 1);
        condition->field = field;
        condition->same_as = NO_FIELD;
        condition->set = g_steal_pointer (&set);
        condition->line = line;
        return condition;
}

Condition *
condition_new (Check *check, guint16 field, const Term *predicate, guint line)
{
        const Term *inner = term_is_word (predicate, WORD_NOT) ? term_argument (predicate, 0)
                                                               : NULL;
        guint at = MAX (line, predicate->line);

        if (term_is_word (predicate, WORD_SAME_AS))
                return condition_same (check, field, predicate, FALSE, at);
        if (term_is_word (inner, WORD_SAME_AS))
                return condition_same (check, field, inner, TRUE, at);
        return condition_set (check, field, predicate, at);
}
