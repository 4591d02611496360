/* SPDX-License-Identifier: Apache-2.0 */
/* Desks whose role does what it is told, under a policy that lets it. */
#pragma once

#include "journeys/desk.h"

G_BEGIN_DECLS

/* What is in memory outlives desk_close. */
Desk *odd_desk (void);
/* One record of JSON: account n with its name and, unless NULL, its number. */
char *odd_record (guint n, const char *number);
/* Stores accounts [from, to), each with a number, in one message. */
void odd_store (Desk *desk, guint from, guint to);
/* Asks an action of account n alone, as message id; the answer, lent. */
const char *odd_ask (Desk *desk, const char *action, guint n, const char *id);
/* The answer contains text. */
void odd_assert_says (Desk *desk, const char *text);
void odd_assert_silent (Desk *desk, const char *text);
/* The act of one leaf, to be freed. */
char *odd_act (Desk *desk, guint64 index);
/* An Individual Number with the right check digit. */
void odd_number (guint n, char out[13]);

G_END_DECLS
