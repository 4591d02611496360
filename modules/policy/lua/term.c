/* SPDX-License-Identifier: Apache-2.0 */
#include "term.h"

const char *const word_names[WORD_N + 1] = {
        "any", "yes", "no",
        "is", "one_of", "not_one_of", "at_most", "at_least", "between",
        "any_of", "not_", "same_as",
        "seconds", "minutes", "hours", "days",
        "audit", "count", "notify",
        NULL
};

Term *
term_new (TermKind kind)
{
        Term *term = g_new0 (Term, 1);

        term->kind = kind;
        if (kind == TERM_TABLE || kind == TERM_CALL)
                term->items = g_ptr_array_new_with_free_func (term_free);
        if (kind == TERM_TABLE)
                term->named = g_ptr_array_new_with_free_func (term_free);
        return term;
}

void
term_free (gpointer data)
{
        Term *term = data;

        if (term == NULL)
                return;
        g_clear_pointer (&term->items, g_ptr_array_unref);
        g_clear_pointer (&term->named, g_ptr_array_unref);
        g_free (term->text);
        g_free (term->key);
        g_free (term);
}

const Term *
term_get (const Term *table, const char *key)
{
        for (guint i = 0; table->named != NULL && i < table->named->len; i++) {
                const Term *item = g_ptr_array_index (table->named, i);
                if (strcmp (item->key, key) == 0)
                        return item;
        }
        return NULL;
}

gboolean
term_is_text (const Term *term)
{
        return term != NULL && term->kind == TERM_TEXT;
}

gboolean
term_is_word (const Term *term, Word word)
{
        return term != NULL && term->kind == TERM_CALL && term->word == word;
}

const Term *
term_argument (const Term *call, guint i)
{
        const GPtrArray *items = call->items;

        if (items->len == 1 && ((Term *) items->pdata[0])->kind == TERM_TABLE)
                items = ((Term *) items->pdata[0])->items;
        return i < items->len ? items->pdata[i] : NULL;
}
