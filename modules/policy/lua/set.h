/* SPDX-License-Identifier: Apache-2.0 */
/* The set of values of one field that a condition lets through.
 *
 * Every predicate on one field is such a set, so any_of is a union and not_ a
 * complement, and what can never or must always hold is seen at load. */
#pragma once

#include <sekisho/sekisho.h>

G_BEGIN_DECLS

typedef struct {
        gint64 low, high;       /* both inclusive, low <= high */
} Interval;

typedef struct {
        const SekiFactSpec *field;
        GArray *intervals;      /* Interval, ascending, apart; BOOL, INT, TIME */
        GHashTable *texts;      /* ENUM, TEXT: the texts that differ from others */
        gboolean others;        /* ENUM, TEXT: whether texts not named are in */
} Set;

gboolean field_is_text (const SekiFactSpec *field);
/* The range a number of the field has; all there is if it names none. */
Interval field_range (const SekiFactSpec *field);

/* Empty sets of the field. */
Set *set_new (const SekiFactSpec *field);
void set_free (Set *set);

void set_add_interval (Set *set, gint64 low, gint64 high);
void set_add_text (Set *set, const char *text);
/* Leaves other in an undefined but sound state. */
void set_unite (Set *set, Set *other);
/* Numbers ascending, neighbours that touch made one: after the last set_add_*, before set_is_*. */
void set_tidy (Set *set);
void set_invert (Set *set);
gboolean set_has_text (const Set *set, const char *text);
gboolean set_is_empty (const Set *set);
gboolean set_is_full (const Set *set);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Set, set_free)

G_END_DECLS
