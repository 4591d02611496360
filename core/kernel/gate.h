/* SPDX-License-Identifier: Apache-2.0 */
/* The gate: every message, and again every effect, is decided here on facts.
 *
 * Facts of the core come first in the schema, in this order. */
#pragma once

#include "base/clock.h"
#include "kernel/registry.h"
#include "keyring/hash.h"

G_BEGIN_DECLS

typedef enum {
        SEKI_FACT_ACTION,               /* text: action of the message */
        SEKI_FACT_CALLER,               /* enum: node, office, person, timer, reply */
        SEKI_FACT_CALLER_ROLE,          /* enum: transfer, account, issuer, none */
        SEKI_FACT_PEER_ROLE,            /* enum: role of the party data goes to */
        SEKI_FACT_EFFECT,               /* enum: message, put, give, send, erase, hold, report */
        SEKI_FACT_PURPOSE,              /* text */
        SEKI_FACT_BASIS,                /* text */
        SEKI_FACT_COUNTRY,              /* text: of the party data goes to, or of the caller */
        SEKI_FACT_MARK,                 /* enum: production, test */
        SEKI_FACT_BATCH_SIZE,           /* records in the message */
        SEKI_FACT_HOUR,                 /* in Japan */
        SEKI_FACT_WEEKDAY,              /* 1 Monday to 7 Sunday, in Japan */
        SEKI_FACT_WITH_NUMBER,          /* number goes out or comes in */
        SEKI_FACT_NUMBER_KIND,          /* enum: none, individual, corporate */
        SEKI_FACT_KNOWN,                /* a record is stored under the code */
        SEKI_FACT_HOLDING,              /* enum: yes, no, unknown */
        SEKI_FACT_CLOSED,               /* the stored account is closed */
        SEKI_FACT_CORE_COUNT
} SekiCoreFact;

const SekiFactSpec *seki_gate_core_facts (void);        /* ends with a NULL name */

typedef enum {
        SEKI_ASK_MESSAGE,
        SEKI_ASK_PUT,
        SEKI_ASK_GIVE,
        SEKI_ASK_SEND,
        SEKI_ASK_ERASE,
        SEKI_ASK_HOLD,
        SEKI_ASK_REPORT,
} SekiAsk;

/* What is asked of one record.  Everything that may differ between records of
 * one message, and nothing else, so that equal questions are asked once. */
typedef struct {
        guint8 ask;                     /* a SekiAsk */
        guint8 with_number, known, closed;
        guint8 number;                  /* a SekiNumberKind */
        guint8 holding;                 /* 0 unknown, 1 no, 2 yes */
        guint16 unused;
        const SekiParty *to;            /* party data goes to; NULL: back to the caller */
} SekiQuestion;

/* What was decided on one distinct question of a message. */
typedef struct {
        SekiQuestion question;
        SekiDecision decision;
        guint8 digest[SEKI_HASH_LEN];   /* salted, of the encoded facts */
        SekiSpan encoded;               /* the facts as canonical CBOR, in the message's arena */
        SekiSpan rules[SEKI_DECISION_RULES];    /* ids of the determining rules, likewise */
        guint n_rules;
        guint8 policy[SEKI_HASH_LEN];   /* digest of the bundle that decided */
} SekiRuling;

/* What is constant within a message. */
typedef struct {
        SekiSpan action, purpose, basis;
        const SekiParty *caller, *self;
        gboolean test;
        gint64 now;
        gsize batch_size;
        guint8 salt[16];
} SekiContext;

/* Rulings of one message; in its arena. */
typedef struct {
        const SekiContext *context;
        SekiRegistry *registry;
        SekiHash *hash;
        SekiArena *arena;
        SekiRuling *rulings;
        gsize n_rulings, capacity;
} SekiDocket;

void seki_docket_init (SekiDocket *docket, const SekiContext *context, SekiRegistry *registry,
                       SekiHash *hash, SekiArena *arena);
/* The place of the ruling on a question, decided now or before.  A policy
 * module that could not decide has refused.  G_MAXSIZE: out of memory. */
gsize seki_docket_rule (SekiDocket *docket, const SekiQuestion *question);

const char *seki_caller_name (SekiCallerSet kind);
const char *seki_role_name (SekiRoleSet roles);         /* the first of them; "none" */

G_END_DECLS
