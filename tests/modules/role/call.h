/* SPDX-License-Identifier: Apache-2.0 */
/* Calls to a role, built by hand, and the effects it answers with.
 *
 * call_run checks what must hold of every call of every role: one answer per
 * record, a declared reason, nothing beside a refusal, only effects the action
 * allows, only messages their receiver takes, an error when memory runs out.
 * What was lent to the role is overwritten before effects are looked at. */
#pragma once

#include <sekisho/flow.h>
#include <sekisho/sekisho.h>

G_BEGIN_DECLS

#define CODE_A "123456700000000000011"          /* of bank-a */
#define CODE_A2 "123456700000000000022"
#define CODE_B "765432100000000000033"          /* of bank-b */
#define CODE_L "555555500000000000044"          /* of listed */

/* The institutions of the tests. */
extern const SekiParty transfer_party, treasury_party;  /* two transfer institutions */
extern const SekiParty bank_a, bank_b;                  /* account */
extern const SekiParty maker, brewer;                   /* issuers of 7203 and 6758; of 2501 */
extern const SekiParty listed;          /* a listed bank: account, and issuer of 8306 */

typedef struct {
        SekiCall call;
        SekiParty caller;
        GArray *subjects;               /* SekiSubject */
        GPtrArray *codes;               /* of the subjects, kept apart; NULL if none */
        GPtrArray *texts, *blocks;      /* lent to the role; memory of effects */
        GArray *effects;                /* SekiEffect */
        const SekiModule *module;
        gint allocations;               /* how many the effects may make; -1: any number */
} Call;

/* The module of "account", "transfer" or "issuer", by SEKI_ROLE_* in the environment. */
const SekiModule *role_module (const char *role);

/* A call of the action ("account.send") at self.  caller NULL: a system of self. */
Call *call_new (const SekiParty *self, const SekiParty *caller, SekiCallerSet kind,
                const char *action);
void call_free (Call *call);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Call, call_free)

void call_set_purpose (Call *call, const char *purpose);
void call_set_to (Call *call, const char *id);
/* Only one transfer institution, or also the second one. */
void call_set_treasury (Call *call, gboolean known);

/* Adds a record of field names and values, ended by NULL; returns its place. */
guint call_add (Call *call, SekiNumberKind number, ...) G_GNUC_NULL_TERMINATED;
/* The record stored under the code of subject i. */
void call_store (Call *call, guint i, SekiNumberKind number, ...) G_GNUC_NULL_TERMINATED;
/* Adds another stored record with the same number, or the same person. */
void call_same (Call *call, guint i, SekiNumberKind number, ...) G_GNUC_NULL_TERMINATED;
void call_alike (Call *call, guint i, SekiNumberKind number, ...) G_GNUC_NULL_TERMINATED;
SekiSubject *call_subject (Call *call, guint i);

/* Hands the call to the role; checks nothing. */
gboolean call_handle (Call *call, GError **error);
/* Runs with memory for n allocations, -1: any number; TRUE if that was enough. */
gboolean call_run_with (Call *call, gint n);
/* Runs with every amount of memory that is too little, then with just enough. */
void call_run (Call *call);

/* Reason of subject i, "" if it was permitted. */
const char *call_reason (Call *call, guint i);
guint call_count (Call *call, SekiEffectKind kind);
/* The n-th effect of the kind, which must be there. */
const SekiEffect *call_effect (Call *call, SekiEffectKind kind, guint n);
/* The message to the institution, which must be there once. */
const SekiEffect *call_sent (Call *call, const char *to);

/* Reasons given so far in this program. */
GHashTable *seen_reasons (void);

/* value NULL: absent. */
void assert_field (const SekiRecord *record, const char *name, const char *value);
void assert_reason (Call *call, guint i, const char *reason);

/* Registers the tests that hold for every role, and last of all one that fails
 * when a declared reason was never given. */
void add_common_tests (const char *role);

G_END_DECLS
