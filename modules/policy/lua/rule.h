/* SPDX-License-Identifier: Apache-2.0 */
/* One access rule, checked, not yet compiled. */
#pragma once

#include "when.h"

G_BEGIN_DECLS

/* Who wrote it; a lower number can not be weakened by a higher one, because a
 * forbid beats every permit whatever the layer. */
typedef enum {
        LAYER_FLOOR,
        LAYER_INSTITUTION,
        LAYER_SITE,
} Layer;

typedef struct {
        char *en, *ja;
} Label;

typedef struct {
        char *id;
        Label title, because;
        char **clauses;
        char *file;
        guint line;
        guint8 layer;           /* a Layer */
        guint8 ground;          /* SEKI_GROUND_PERMIT or SEKI_GROUND_FORBID */
        Set *actions, *callers; /* NULL: any */
        GPtrArray *conditions;  /* Condition, ascending by field */
        guint64 oblige;
} Rule;

/* Obligations by bit, NULL-terminated: "audit full". */
extern const char *const obligation_names[];

/* NULL when a finding was made that keeps the rule from running. */
Rule *rule_new (Check *check, const Term *statement, guint16 action, guint16 caller);
void rule_free (gpointer rule);

/* Whether text is a clause as clauses.tsv writes them: 6, 5.2, 4.3(4), 4.8(1)イ. */
gboolean clause_is_sound (const char *text);

G_END_DECLS
