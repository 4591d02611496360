/* SPDX-License-Identifier: Apache-2.0 */
/* From a typed predicate to a condition, checked against the schema. */
#pragma once

#include "finding.h"
#include "set.h"
#include "term.h"

G_BEGIN_DECLS

#define NO_FIELD G_MAXUINT16

/* A condition on one field: a set, or another field to be equal or unequal to. */
typedef struct {
        guint16 field;
        guint16 same_as;        /* NO_FIELD: set holds it */
        gboolean differs;       /* same_as: must not be equal */
        Set *set;
        guint line;
} Condition;

void condition_free (gpointer condition);

/* NULL, and a finding, when predicate does not fit the field. */
Condition *condition_new (Check *check, guint16 field, const Term *predicate, guint line);

/* Number of the field, NO_FIELD and a finding if there is none. */
guint16 check_field (Check *check, const char *name, guint line);
/* Whether the text may stand in this field; a finding if not. */
gboolean check_text (Check *check, const SekiFactSpec *field, const Term *text, guint line);

G_END_DECLS
