/* SPDX-License-Identifier: Apache-2.0 */
/* The small market in one process: four desks and a link between them that can
 * drop, repeat, reorder and delay by a seed. */
#pragma once

#include "desk.h"

G_BEGIN_DECLS

enum { TI, AM1, AM2, IS1, DESKS };

typedef struct Market Market;

/* One direction of one message on the link. */
typedef struct {
        gboolean answer;
        guint from, to;                 /* of the request, also in its answer */
        guint64 token;
        guint status;
        char action[64];
        GBytes *body;
} Packet;

typedef struct {
        Market *market;
        guint desk;
} Port;

struct Market {
        Desk *desks[DESKS];
        Port ports[DESKS];
        GPtrArray *packets;             /* Packet */
        GHashTable *receipts;           /* "to message-id" -> receipt as text */
        guint64 seed;
        gboolean wild;                  /* the link misbehaves */
        guint dropped, repeated, delivered, restarts, same_receipts;
};

Market *market_new (void);
void market_free (Market *market);

/* The same pseudorandom numbers for the same seed. */
guint market_random (Market *market, guint below);
/* Delivers, drops or repeats one packet; FALSE when there is none. */
gboolean market_step (Market *market);
/* Goes on, waiting where it must, until no queue holds a message. */
void market_settle (Market *market);

/* An action of the desk's own office, on records of JSON; the answer, lent. */
const char *market_ask (Market *market, guint desk, const char *action, const char *purpose,
                        const char *to, const char *records);
/* The value of a field in the last answer of a desk, to be freed; NULL: absent. */
char *market_field (Market *market, guint desk, const char *name);
/* Reads account code there; FALSE when it is refused. */
gboolean market_read (Market *market, guint desk, const char *code);

/* Both ledgers of every message say the same: what one sent, the other took
 * exactly once, and the receipt names that very leaf. */
void market_assert_ledgers (Market *market);

G_END_DECLS
