/* SPDX-License-Identifier: Apache-2.0 */
/* Rules compiled into arrays that are never written again.
 *
 * Rules are numbered ascending by id.  Texts that rules name are numbered per
 * field, so a condition on text is a bit in a mask; rules are listed per
 * (action, caller), those for any of them in each list. */
#pragma once

#include "rule.h"

G_BEGIN_DECLS

#define BUNDLE_RULES_MAX 60000u
#define BUNDLE_ENTRIES_MAX (8u << 20)   /* rule numbers in all lists together */
#define BUNDLE_DIGEST 32u

typedef enum {
        TEST_RANGE,             /* low <= number <= high */
        TEST_RANGES,            /* in one of count intervals from first */
        TEST_MASK,              /* bit of the text's symbol in mask */
        TEST_SYMBOLS,           /* symbol among count sorted ones from first, or not if negate */
        TEST_SAME,              /* equal to field first, or not if negate */
} TestKind;

typedef struct {
        guint16 field;
        guint8 kind;            /* a TestKind */
        guint8 negate;
        guint32 first, count;
        union {
                Interval range;
                guint64 mask;
        };
} Test;

typedef struct {
        guint32 first;          /* into tests */
        guint16 count;
        guint16 ground;         /* SEKI_GROUND_PERMIT or SEKI_GROUND_FORBID */
        guint64 oblige;
} Plan;

/* The first, last and second eight bytes of a text: all of it up to 24 bytes. */
typedef struct {
        guint64 first, last, middle;
        guint32 len;
} TextKey;

typedef struct {
        TextKey key;
        guint16 symbol;         /* from 1; 0 stands for every text not named */
        const char *text;       /* NULL: free place */
} Symbol;

typedef struct {
        const SekiFactSpec *spec;
        Interval range;
        Symbol *symbols;        /* open addressing */
        guint32 symbol_mask;    /* places - 1 */
        guint16 n_symbols;
} FieldTable;

typedef struct {
        FieldTable fields[SEKI_FACTS_MAX];
        guint n_fields;
        guint16 action, caller;
        guint n_callers;        /* columns of the grid, the one for "not named" first */
        guint32 *grid;          /* n_actions * n_callers + 1 places into entries */
        guint16 *entries;
        Plan *plans;
        Test *tests;
        Interval *intervals;
        guint16 *symbols;
        guint n_rules;
        GPtrArray *rules;       /* Rule, for describing; not read by decisions */
        guint8 digest[BUNDLE_DIGEST];
} Bundle;

/* Takes rules, which have different ids and no findings. */
Bundle *bundle_new (const SekiSchema *schema, guint16 action, guint16 caller, GPtrArray *rules,
                    const guint8 *digest, GError **error);
void bundle_free (gpointer bundle);

/* 0 when no rule and no enumeration names the text. */
guint16 bundle_symbol (const FieldTable *field, SekiSpan text);

/* decide.c */
void bundle_decide (const Bundle *bundle, const SekiFacts *row, SekiDecision *out_decision);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Bundle, bundle_free)

G_END_DECLS
