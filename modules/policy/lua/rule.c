/* SPDX-License-Identifier: Apache-2.0 */
#include "rule.h"

#define ID_BYTES_MAX 31
#define TITLE_BYTES_MAX 300
#define BECAUSE_BYTES_MAX 1500

const char *const obligation_names[] = { "audit full", "count records", "notify officer", NULL };

static const char *const rule_keys[] = { "id",   "title",  "clause",  "on",
                                         "when", "oblige", "because", NULL };
static const char *const on_keys[] = { "action", "caller", NULL };
static const char *const label_keys[] = { "en", "ja", NULL };

/* A rule on its way, with where it stands. */
typedef struct {
        Check *check;
        const Term *body;
        guint line;
        Rule *rule;
} Draft;

static void
label_clear (Label *label)
{
        g_free (label->en);
        g_free (label->ja);
}

void
rule_free (gpointer data)
{
        Rule *rule = data;

        if (rule == NULL)
                return;
        g_free (rule->id);
        label_clear (&rule->title);
        label_clear (&rule->because);
        g_strfreev (rule->clauses);
        g_free (rule->file);
        set_free (rule->actions);
        set_free (rule->callers);
        g_clear_pointer (&rule->conditions, g_ptr_array_unref);
        g_free (rule);
}

/* Keys of a table that nobody reads are misspelt ones. */
static void
check_keys (Draft *draft, const Term *table, const char *what, const char *const *keys)
{
        for (guint i = 0; i < table->named->len; i++) {
                const Term *item = table->named->pdata[i];
                const char *nearest;
                if (g_strv_contains (keys, item->key) ||
                    (strcmp (item->key, "check") == 0 && keys == rule_keys))
                        continue;
                nearest = nearest_name (item->key, keys);
                if (nearest != NULL)
                        check_say (draft->check, "SK004", draft->line, item->key, nearest,
                                   SEKI_TEXT ("%s has no part '%s'; did you mean '%s'?"), what,
                                   item->key, nearest);
                else
                        check_say (draft->check, "SK004", draft->line, item->key, NULL,
                                   SEKI_TEXT ("%s has no part '%s'; take it out"), what, item->key);
        }
        if (table->items->len > 0 || table->odd)
                check_say (draft->check, "SK004", draft->line, NULL, NULL,
                           SEKI_TEXT ("%s has a value without a name; write name = value"), what);
}

static gboolean
id_is_sound (const char *id)
{
        gboolean dash = FALSE;

        if (!g_ascii_isupper (id[0]) || strlen (id) > ID_BYTES_MAX)
                return FALSE;
        for (const char *c = id; *c != '\0'; c++) {
                if (*c != '-' && !g_ascii_isupper (*c) && !g_ascii_isdigit (*c))
                        return FALSE;
                if (*c == '-' && (c[1] == '-' || c[1] == '\0'))
                        return FALSE;
                dash |= *c == '-';
        }
        return dash;
}

static void
read_id (Draft *draft)
{
        const Term *id = term_get (draft->body, "id");

        if (term_is_text (id) && strlen (id->text) == id->len && id_is_sound (id->text)) {
                draft->rule->id = g_strdup (id->text);
                draft->check->rule = draft->rule->id;
                return;
        }
        check_say (draft->check, "SK006", draft->line, id != NULL ? "id" : NULL, NULL,
                   SEKI_TEXT ("the rule needs an id of capital letters, digits and dashes; write "
                              "id = \"ACC-020\""));
}

/* A sentence for people: UTF-8, no control characters, not endless. */
static char *
read_sentence (Draft *draft, const Term *term, const char *key, gsize max)
{
        gboolean sound = term_is_text (term) && term->len > 0 && term->len <= max &&
                         strlen (term->text) == term->len && g_utf8_validate (term->text, -1, NULL);

        for (const char *c = sound ? term->text : ""; *c != '\0'; c++)
                sound &= (guchar) *c >= 0x20 && *c != 0x7f;
        if (sound)
                return g_strdup (term->text);
        check_say (draft->check, "SK008", draft->line, key, NULL,
                   SEKI_TEXT ("'%s' takes a text of at most %zu bytes on one line, "
                              "or { ja = \"...\", en = \"...\" }"), key, max);
        return NULL;
}

static void
read_label (Draft *draft, const char *key, gsize max, Label *out_label)
{
        const Term *term = term_get (draft->body, key);

        if (term == NULL)
                return;
        if (term->kind != TERM_TABLE) {
                out_label->en = read_sentence (draft, term, key, max);
                out_label->ja = g_strdup (out_label->en);
                return;
        }
        check_keys (draft, term, key, label_keys);
        out_label->en = read_sentence (draft, term_get (term, "en"), key, max);
        out_label->ja = read_sentence (draft, term_get (term, "ja"), key, max);
}

static const char *
skip_number (const char *c)
{
        if (*c < '1' || *c > '9')
                return NULL;
        while (g_ascii_isdigit (*c))
                c++;
        return c;
}

gboolean
clause_is_sound (const char *text)
{
        static const char *const kana[] = { "ア", "イ", "ウ", "エ", "オ", "カ",
                                            "キ", "ク", "ケ", "コ", NULL };
        const char *c = strlen (text) <= 31 ? skip_number (text) : NULL;

        if (c != NULL && *c == '.')
                c = skip_number (c + 1);
        if (c == NULL || *c != '(')
                return c != NULL && *c == '\0';
        c = skip_number (c + 1);
        if (c == NULL || *c != ')')
                return FALSE;
        return c[1] == '\0' || g_strv_contains (kana, c + 1);
}

static void
read_clauses (Draft *draft)
{
        const Term *term = term_get (draft->body, "clause");
        g_autoptr (GPtrArray) clauses = g_ptr_array_new_with_free_func (g_free);
        gboolean list = term != NULL && term->kind == TERM_TABLE;

        if (term == NULL)
                check_warn (draft->check, "SK020", draft->line, NULL,
                            SEKI_TEXT ("the rule names no clause of the notification; add clause = "
                                       "\"4.3(1)\""));
        if (list && (term->named->len > 0 || term->odd))
                check_say (draft->check, "SK021", draft->line, "clause", NULL,
                           SEKI_TEXT ("'clause' takes a text or a list of texts"));
        for (guint i = 0; term != NULL && i < (list ? term->items->len : 1); i++) {
                const Term *one = list ? term->items->pdata[i] : term;
                if (term_is_text (one) && strlen (one->text) == one->len &&
                    clause_is_sound (one->text))
                        g_ptr_array_add (clauses, g_strdup (one->text));
                else
                        check_say (draft->check, "SK021", draft->line, "clause", NULL,
                                   SEKI_TEXT ("'%s' is not how a clause is written; write it as in "
                                              "4.3(4) or 4.8(1)イ"),
                                   term_is_text (one) ? one->text : "?");
        }
        g_ptr_array_add (clauses, NULL);
        draft->rule->clauses = (char **) g_ptr_array_steal (clauses, NULL);
}

/* An action or a caller: any, a text, one_of or any_of texts.  NULL: any. */
static Set *
read_key (Draft *draft, const Term *on, guint16 field)
{
        const SekiFactSpec *spec = draft->check->schema->fields[field];
        const Term *term = on != NULL ? term_get (on, spec->name) : NULL;
        g_autoptr (Set) set = NULL;
        gboolean call = term_is_word (term, WORD_ONE_OF) || term_is_word (term, WORD_ANY_OF) ||
                        term_is_word (term, WORD_IS);

        if (term == NULL || term_is_word (term, WORD_ANY))
                return NULL;
        set = set_new (spec);
        for (guint i = 0; call ? term_argument (term, i) != NULL : i == 0; i++) {
                const Term *text = call ? term_argument (term, i) : term;
                if (!term_is_text (text))
                        check_say (
                                draft->check, "SK002", draft->line, spec->name, NULL,
                                SEKI_TEXT ("'%s' under 'on' takes a text, one_of { ... } or any"),
                                spec->name);
                else if (check_text (draft->check, spec, text, draft->line))
                        set_add_text (set, text->text);
        }
        if (call && term_argument (term, 0) == NULL)
                check_say (draft->check, "SK010", draft->line, spec->name, NULL,
                           SEKI_TEXT ("the list of '%s' is empty, so the rule would never apply"),
                           spec->name);
        return g_steal_pointer (&set);
}

static void
check_action_form (Draft *draft)
{
        GHashTableIter iter;
        gpointer text;

        if (draft->rule->actions == NULL)
                return;
        g_hash_table_iter_init (&iter, draft->rule->actions->texts);
        while (g_hash_table_iter_next (&iter, &text, NULL)) {
                const char *dot = strchr (text, '.');
                gboolean sound = dot != NULL && dot != text && dot[1] != '\0' &&
                                 strchr (dot + 1, '.') == NULL;
                for (const char *c = text; *c != '\0'; c++)
                        sound &= g_ascii_islower (*c) || g_ascii_isdigit (*c) || *c == '.' ||
                                 *c == '-' || *c == '_';
                if (!sound)
                        check_say (draft->check, "SK003", draft->line, text, NULL,
                                   SEKI_TEXT ("'%s' is no action; actions are written role.verb, "
                                              "as in transfer.register"),
                                   (const char *) text);
        }
}

static void
read_on (Draft *draft, guint16 action, guint16 caller)
{
        const Term *on = term_get (draft->body, "on");

        if (on == NULL || on->kind != TERM_TABLE) {
                check_say (draft->check, "SK002", draft->line, on != NULL ? "on" : NULL, NULL,
                           SEKI_TEXT ("the rule needs to say what it is for; write on = { action = "
                                      "\"role.verb\" } "
                                      "or on = { action = any }"));
                return;
        }
        check_keys (draft, on, "on", on_keys);
        draft->rule->actions = read_key (draft, on, action);
        draft->rule->callers = read_key (draft, on, caller);
        check_action_form (draft);
}

static gint
condition_compare (gconstpointer a, gconstpointer b)
{
        const Condition *x = *(const Condition *const *) a, *y = *(const Condition *const *) b;

        return (x->field > y->field) - (x->field < y->field);
}

static void
read_when (Draft *draft)
{
        const Term *when = term_get (draft->body, "when");

        if (when == NULL)
                return;
        if (when->kind != TERM_TABLE) {
                check_say (draft->check, "SK002", draft->line, "when", NULL,
                           SEKI_TEXT ("'when' takes a table; write when = { field = predicate }"));
                return;
        }
        if (when->items->len > 0 || when->odd)
                check_say (draft->check, "SK004", draft->line, "when", NULL,
                           SEKI_TEXT ("%s has a value without a name; write name = value"), "when");
        for (guint i = 0; i < when->named->len; i++) {
                const Term *item = when->named->pdata[i];
                guint16 field = check_field (draft->check, item->key, draft->line);
                Condition *condition = field != NO_FIELD
                        ? condition_new (draft->check, field, item, draft->line) : NULL;
                if (condition != NULL)
                        g_ptr_array_add (draft->rule->conditions, condition);
        }
        g_ptr_array_sort (draft->rule->conditions, condition_compare);
}

static void
read_obligation (Draft *draft, const Term *term)
{
        const Term *what = term->kind == TERM_CALL ? term_argument (term, 0) : NULL;
        g_autofree char *name = term_is_text (what)
                ? g_strconcat (word_names[term->word], " ", what->text, NULL) : g_strdup ("?");
        g_autofree char *known = g_strjoinv ("\", \"", (char **) obligation_names);

        for (guint bit = 0; obligation_names[bit] != NULL; bit++)
                if (strcmp (obligation_names[bit], name) == 0) {
                        draft->rule->oblige |= G_GUINT64_CONSTANT (1) << bit;
                        return;
                }
        check_say (draft->check, "SK005", MAX (draft->line, term->line), "oblige",
                   nearest_name (name, obligation_names),
                   SEKI_TEXT ("there is no obligation '%s'; the node can do: \"%s\""), name, known);
}

static void
read_oblige (Draft *draft)
{
        const Term *oblige = term_get (draft->body, "oblige");

        if (oblige == NULL)
                return;
        if (oblige->kind != TERM_TABLE) {
                read_obligation (draft, oblige);
                return;
        }
        if (oblige->named->len > 0 || oblige->odd)
                check_say (draft->check, "SK004", draft->line, "oblige", NULL,
                           SEKI_TEXT ("'oblige' takes a list; write oblige = { audit \"full\" }"));
        for (guint i = 0; i < oblige->items->len; i++)
                read_obligation (draft, oblige->items->pdata[i]);
}

static void
read_rest (Draft *draft)
{
        if (term_get (draft->body, "title") == NULL)
                check_say (draft->check, "SK008", draft->line, NULL, NULL,
                           SEKI_TEXT ("the rule has no title; add title = { ja = \"...\", en = "
                                      "\"...\" }"));
        read_label (draft, "title", TITLE_BYTES_MAX, &draft->rule->title);
        read_label (draft, "because", BECAUSE_BYTES_MAX, &draft->rule->because);
        if (term_get (draft->body, "check") != NULL)
                check_say (draft->check, "SK009", draft->line, "check", NULL,
                           SEKI_TEXT ("functions are not served yet; say it with predicates under "
                                      "'when'"));
}

Rule *
rule_new (Check *check, const Term *statement, guint16 action, guint16 caller)
{
        guint errors = check->findings->n_errors;
        Rule *rule = g_new0 (Rule, 1);
        Draft draft = { check, statement->items->pdata[0], statement->line, rule };

        rule->file = g_strdup (check->source->path);
        rule->line = statement->line;
        rule->layer = check->source->layer;
        rule->ground = strcmp (statement->key, "permit") == 0 ? SEKI_GROUND_PERMIT
                                                              : SEKI_GROUND_FORBID;
        rule->conditions = g_ptr_array_new_with_free_func (condition_free);
        read_id (&draft);
        check_keys (&draft, draft.body, SEKI_TEXT ("the rule"), rule_keys);
        read_rest (&draft);
        read_clauses (&draft);
        read_on (&draft, action, caller);
        read_when (&draft);
        read_oblige (&draft);
        check->rule = NULL;
        if (check->findings->n_errors == errors)
                return rule;
        rule_free (rule);
        return NULL;
}
