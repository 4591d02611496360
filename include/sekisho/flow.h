/* SPDX-License-Identifier: Apache-2.0 */
/* Flows: a role writes one per action, a function from one record of a call to
 * effects and a reason.  seki_flow_run checks what holds for all of them and
 * gives every record exactly one answer. */
#pragma once

#include <sekisho/effects.h>

G_BEGIN_DECLS

/* The record is permitted; any other text is the reason it is refused. */
#define SEKI_GRANTED ""

/* Reasons seki_flow_run gives by itself; every role that uses it declares them. */
#define SEKI_REASONS_OF_FLOWS \
        { "wrong-caller", \
          "This caller may not ask for this; send it from an institution in the right role.", \
          "この呼出元には許されない要求です。必要な役割の機関から送ってください。" }, \
        { "malformed", \
          "A field is missing, empty or too long; correct the record and send it again.", \
          "項目が欠けているか、空か、長すぎます。記録を直して送り直してください。" }, \
        { "code-repeated", \
          "A message names an account once; send the second change in another message.", \
          "一電文に同じ口座は一度だけです。二つ目の変更は別の電文で送ってください。" }

/* For roles with replies: the other side refused the record. */
#define SEKI_REASON_OF_REPLIES \
        { "peer-refused", \
          "The institution asked refused this record; act on its reason in the answer.", \
          "照会先の機関がこの記録を拒みました。応答にある理由を見て対応してください。" }

static inline gboolean
seki_caller_is_node (const SekiCall *call)
{
        return (call->caller->kind & (SEKI_CALLER_NODE | SEKI_CALLER_REPLY)) != 0;
}

/* Decides one record and adds its effects.  Returns SEKI_GRANTED, or the reason
 * of a refusal and then adds nothing, or NULL when no memory is left. */
typedef const char *(*SekiFlow) (const SekiCall *call, guint32 subject, SekiEffects *effects);

typedef struct {
        const char *name;               /* of the action; NULL ends the table */
        SekiFlow flow;
        guint32 key;                    /* fields that may not repeat within a message; 0: may */
} SekiFlowEntry;

/* The caller, by the action's own declaration: checked by the core, and again
 * here because the law hangs on it. */
static inline gboolean
seki_flow_admits (const SekiCall *call)
{
        const SekiAction *action = call->action;
        if ((call->caller->kind & action->callers) == 0)
                return FALSE;
        return !seki_caller_is_node (call) || action->peer_roles == 0 ||
               (call->caller->roles & action->peer_roles) != 0;
}

/* Enters the record's key; FALSE when an earlier record has the same. */
static inline gboolean
seki_flow_is_first (const SekiCall *call, guint32 subject, guint32 key, guint32 *seats, gsize n)
{
        const SekiRecord *given = call->subjects[subject].given;
        guint64 hash = 14695981039346656037u;
        for (guint f = 0; f < SEKI_FIELD_COUNT; f++)
                for (gsize i = 0; (key & SEKI_BIT (f)) != 0 && i < given->field[f].len; i++)
                        hash = (hash ^ given->field[f].data[i]) * 1099511628211u;
        gsize seat = (hash ^ hash >> 32) & (n - 1);
        for (; seats[seat] != 0; seat = (seat + 1) & (n - 1))
                if (!seki_record_differs (given, call->subjects[seats[seat] - 1].given, key))
                        return FALSE;
        seats[seat] = subject + 1;
        return TRUE;
}

/* What makes a record refusable whatever the flow; SEKI_GRANTED if nothing. */
static inline const char *
seki_flow_fault (const SekiCall *call, const SekiSubject *subject)
{
        if (!seki_flow_admits (call))
                return "wrong-caller";
        if (call->caller->kind == SEKI_CALLER_REPLY && g_strcmp0 (subject->verdict, "") != 0)
                return "peer-refused";
        if (subject->given == NULL || !seki_record_is_sound (subject->given, call->action->fields))
                return "malformed";
        if ((call->action->flags & SEKI_ACTION_NUMBER) != 0 && subject->number == SEKI_NUMBER_NONE)
                return "malformed";
        return SEKI_GRANTED;
}

static inline gboolean
seki_flow_run_all (const SekiFlowEntry *entry, const SekiCall *call, SekiEffects *effects)
{
        gsize n = 4;
        while (n < 2 * call->n_subjects)
                n *= 2;
        gboolean keyed = entry->key != 0 && call->n_subjects > 1;
        guint32 *seats = keyed ? (guint32 *) effects->alloc (effects, n * sizeof *seats) : NULL;
        if (keyed && seats == NULL)
                return FALSE;
        for (guint32 i = 0; i < call->n_subjects; i++) {
                const char *reason = seki_flow_fault (call, &call->subjects[i]);
                if (reason[0] == '\0' && keyed &&
                    !seki_flow_is_first (call, i, entry->key, seats, n))
                        reason = "code-repeated";
                if (reason[0] == '\0')
                        reason = entry->flow (call, i, effects);
                if (reason == NULL)
                        return FALSE;
                seki_effects_answer (effects, i, reason);
        }
        return TRUE;
}

/* The body of handle: finds the flow of the call's action and runs it over all records. */
static inline gboolean
seki_flow_run (const SekiFlowEntry *flows, const SekiCall *call, SekiEffects *effects,
               GError **error)
{
        for (; flows->name != NULL; flows++) {
                if (strcmp (flows->name, call->action->name) != 0)
                        continue;
                if (seki_flow_run_all (flows, call, effects))
                        return TRUE;
                g_set_error (error, SEKI_ERROR, SEKI_ERROR_LIMIT,
                             SEKI_TEXT ("%s: no memory is left for it; send fewer records at once"),
                             call->action->name);
                return FALSE;
        }
        g_set_error (error, SEKI_ERROR, SEKI_ERROR_INVALID,
                     SEKI_TEXT ("%s: this role has no such action; see docs/actions.md"),
                     call->action->name);
        return FALSE;
}

G_END_DECLS
