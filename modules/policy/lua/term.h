/* SPDX-License-Identifier: Apache-2.0 */
/* What a rule file said, as plain C values: nothing of Lua outlives its run. */
#pragma once

#include <sekisho/sekisho.h>

G_BEGIN_DECLS

typedef enum {
        TERM_BOOL,              /* number is 0 or 1 */
        TERM_INT,
        TERM_REAL,              /* a number that is not an integer; its value is not kept */
        TERM_TEXT,
        TERM_TABLE,             /* items 1..n, named ones in named */
        TERM_CALL,              /* a word of the surface with its arguments in items */
        TERM_FUNCTION,
        TERM_OTHER,
} TermKind;

/* The words that build values; access.permit and access.forbid are statements. */
typedef enum {
        WORD_ANY, WORD_YES, WORD_NO,
        WORD_IS, WORD_ONE_OF, WORD_NOT_ONE_OF, WORD_AT_MOST, WORD_AT_LEAST, WORD_BETWEEN,
        WORD_ANY_OF, WORD_NOT, WORD_SAME_AS,
        WORD_SECONDS, WORD_MINUTES, WORD_HOURS, WORD_DAYS,
        WORD_AUDIT, WORD_COUNT, WORD_NOTIFY,
        WORD_N
} Word;

extern const char *const word_names[WORD_N + 1];

typedef struct _Term Term;
struct _Term {
        TermKind kind;
        Word word;
        guint line;             /* of a call or statement; 0: not known */
        gint64 number;
        char *text;             /* TEXT, NUL-terminated; may hold anything */
        gsize len;
        char *key;              /* of a named item; of a statement "permit" or "forbid" */
        GPtrArray *items;       /* Term; TABLE and CALL */
        GPtrArray *named;       /* Term; TABLE, ascending by key */
        gboolean odd;           /* TABLE: has keys that are neither 1..n nor text */
};

Term *term_new (TermKind kind);
void term_free (gpointer term);

/* Lends the named item, NULL if there is none. */
const Term *term_get (const Term *table, const char *key);
gboolean term_is_text (const Term *term);
gboolean term_is_word (const Term *term, Word word);

/* The i-th of a call's arguments: of "f { a, b }" those of the table, of
 * "f (a, b)" or "f a" its own.  NULL past the end. */
const Term *term_argument (const Term *call, guint i);

G_END_DECLS
