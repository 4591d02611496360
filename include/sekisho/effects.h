/* SPDX-License-Identifier: Apache-2.0 */
/* Effects: the small things every role does, so that roles hold only the law.
 *
 * A role writes one flow per action: a function from one record of a call to
 * effects and a reason.  seki_flow_run checks what holds for all of them and
 * gives every record exactly one answer.  Everything is inline and without
 * state; what an effect points to is copied into the memory of the effects. */
#pragma once

#include <sekisho/role.h>

G_BEGIN_DECLS

/* Longest value a role takes from a message, in bytes. */
#define SEKI_VALUE_BYTES_MAX 4096u

#define SEKI_BIT(field) (1u << (field))
/* Who a person is; the number apart. */
#define SEKI_PERSON_FIELDS                                                                \
        (SEKI_BIT (SEKI_FIELD_CODE) | SEKI_BIT (SEKI_FIELD_KANA) | SEKI_BIT (SEKI_FIELD_NAME) | \
         SEKI_BIT (SEKI_FIELD_BIRTH) | SEKI_BIT (SEKI_FIELD_ADDRESS))

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

static inline void
seki_effects_answer (SekiEffects *effects, guint32 subject, const char *reason)
{
        SekiEffect effect = { .kind = SEKI_EFFECT_ANSWER, .subject = subject, .reason = reason };
        effect.verdict = reason[0] == '\0' ? SEKI_PERMIT : SEKI_DENY;
        effects->add (effects, &effect);
}

static inline void
seki_effects_put (SekiEffects *effects, guint32 subject, const SekiRecord *record,
                  SekiNumberEdit number)
{
        SekiEffect effect = { .kind = SEKI_EFFECT_PUT, .subject = subject, .number = number,
                              .record = record };
        effects->add (effects, &effect);
}

/* The subject's stored record goes into the answer; other: one of its `same` instead. */
static inline void
seki_effects_give (SekiEffects *effects, guint32 subject, gboolean number, const SekiRecord *other)
{
        SekiEffect effect = { .kind = SEKI_EFFECT_GIVE, .subject = subject, .number = number,
                              .other = other };
        effects->add (effects, &effect);
}

/* Purpose and basis of the call travel along; reply as in SekiEffect. */
static inline void
seki_effects_send (SekiEffects *effects, guint32 subject, const char *to, const char *action,
                   const SekiRecord *record, gboolean number, const char *reply)
{
        SekiEffect effect = { .kind = SEKI_EFFECT_SEND, .subject = subject, .number = number,
                              .record = record, .to = to, .action = action, .reply = reply };
        effects->add (effects, &effect);
}

static inline gboolean
seki_record_has (const SekiRecord *record, SekiField field)
{
        return record->field[field].data != NULL;
}

/* Whether all needed fields are there and nothing present is empty, too long
 * or an account code of a wrong length.  The core has checked the rest. */
static inline gboolean
seki_record_is_sound (const SekiRecord *record, guint32 needed)
{
        for (guint f = 0; f < SEKI_FIELD_COUNT; f++) {
                SekiSpan value = record->field[f];
                gboolean code = f == SEKI_FIELD_CODE || f == SEKI_FIELD_TO_CODE;
                if (value.data == NULL && (needed & SEKI_BIT (f)) == 0)
                        continue;
                if (value.len == 0 || value.len > SEKI_VALUE_BYTES_MAX || (code && value.len != 21))
                        return FALSE;
        }
        return TRUE;
}

/* Whether a and b differ in any of fields. */
static inline gboolean
seki_record_differs (const SekiRecord *a, const SekiRecord *b, guint32 fields)
{
        for (guint f = 0; f < SEKI_FIELD_COUNT; f++)
                if ((fields & SEKI_BIT (f)) != 0 && !seki_span_equal (a->field[f], b->field[f]))
                        return TRUE;
        return FALSE;
}

/* A copy of base, whole, over which the fields of change that are present and
 * in fields were laid.  Either may be NULL.  Lives with the effects, owns its
 * bytes, holds no number.  NULL when the effects have no memory left. */
static inline SekiRecord *
seki_record_merge (SekiEffects *effects, const SekiRecord *base, const SekiRecord *change,
                   guint32 fields)
{
        SekiRecord from = { { SEKI_SPAN_NONE } };
        gsize bytes = 0;

        for (guint f = 0; f < SEKI_FIELD_COUNT; f++) {
                if (base != NULL)
                        from.field[f] = base->field[f];
                if (change != NULL && (fields & SEKI_BIT (f)) != 0 && change->field[f].data != NULL)
                        from.field[f] = change->field[f];
                if (f == SEKI_FIELD_NUMBER)
                        from.field[f] = SEKI_SPAN_NONE;
                bytes += from.field[f].len;
        }
        SekiRecord *record = (SekiRecord *) effects->alloc (effects, sizeof *record + bytes + 1);
        if (record == NULL)
                return NULL;
        guint8 *end = (guint8 *) (record + 1);
        for (guint f = 0; f < SEKI_FIELD_COUNT; f++) {
                if (from.field[f].data == NULL)
                        continue;
                memcpy (end, from.field[f].data, from.field[f].len);
                record->field[f] = seki_span (end, from.field[f].len);
                end += from.field[f].len;
        }
        return record;
}

/* One entry of the field "given".  The list is ENTRY *("," ENTRY), an entry
 *     ID          the institution ID received the record from us, under the same code
 *     ID:CODE     it received the record under its own account code CODE (account transfer)
 *     <ID         we received the record from ID, who may correct it */
typedef struct {
        gboolean from;
        SekiSpan id;
        SekiSpan code;                  /* absent if the same */
} SekiGiven;

/* Takes the next entry off *rest; FALSE at the end. */
static inline gboolean
seki_given_next (SekiSpan *rest, SekiGiven *out_entry)
{
        if (rest->data == NULL || rest->len == 0)
                return FALSE;
        const guint8 *start = rest->data;
        const guint8 *comma = (const guint8 *) memchr (start, ',', rest->len);
        gsize len = comma != NULL ? (gsize) (comma - start) : rest->len;
        gsize skip = comma != NULL ? len + 1 : len;
        *rest = seki_span (start + skip, rest->len - skip);

        out_entry->from = len > 0 && start[0] == '<';
        gsize sign = out_entry->from ? 1 : 0;
        const guint8 *colon = (const guint8 *) memchr (start, ':', len);
        gsize id_end = colon != NULL ? (gsize) (colon - start) : len;
        out_entry->id = seki_span (start + sign, id_end - sign);
        out_entry->code = colon != NULL ? seki_span (colon + 1, len - id_end - 1) : SEKI_SPAN_NONE;
        return TRUE;
}

static inline gboolean
seki_given_has (SekiSpan given, gboolean from, const char *id, SekiSpan code)
{
        SekiGiven entry;
        while (seki_given_next (&given, &entry))
                if (entry.from == from && seki_span_is (entry.id, id) &&
                    seki_span_equal (entry.code, code))
                        return TRUE;
        return FALSE;
}

/* The list with the entry in it, once.  Absent when there is no memory left. */
static inline SekiSpan
seki_given_add (SekiEffects *effects, SekiSpan given, gboolean from, const char *id, SekiSpan code)
{
        if (seki_given_has (given, from, id, code))
                return given;
        gsize id_len = strlen (id);
        guint8 *list = (guint8 *) effects->alloc (effects, given.len + id_len + code.len + 3);
        guint8 *end = list;
        if (list == NULL)
                return SEKI_SPAN_NONE;
        if (given.len > 0) {
                memcpy (end, given.data, given.len);
                end += given.len;
                *end++ = ',';
        }
        if (from)
                *end++ = '<';
        memcpy (end, id, id_len);
        end += id_len;
        if (code.data != NULL) {
                *end++ = ':';
                memcpy (end, code.data, code.len);
                end += code.len;
        }
        return seki_span (list, (gsize) (end - list));
}

/* Whether the record came from the institution id. */
static inline gboolean
seki_stored_is_from (const SekiStored *stored, const char *id)
{
        return stored->record != NULL &&
               seki_given_has (stored->record->field[SEKI_FIELD_GIVEN], TRUE, id, SEKI_SPAN_NONE);
}

/* The institution of the profile with this id, NULL if there is none; never ourselves. */
static inline const SekiParty *
seki_call_peer (const SekiCall *call, SekiSpan id)
{
        for (const SekiParty *const *p = call->peers; p != NULL && *p != NULL; p++)
                if (seki_span_is (id, (*p)->id) && strcmp ((*p)->id, call->self->id) != 0)
                        return *p;
        return NULL;
}

/* The next institution with one of roles that the message is meant for: the one
 * it names, or all of the profile.  *place starts at 0; NULL at the end. */
static inline const SekiParty *
seki_call_receiver (const SekiCall *call, guint32 roles, guint *place)
{
        for (; call->peers != NULL && call->peers[*place] != NULL; (*place)++) {
                const SekiParty *peer = call->peers[*place];
                if ((peer->roles & roles) != 0 && strcmp (peer->id, call->self->id) != 0 &&
                    (call->to.data == NULL || seki_span_is (call->to, peer->id))) {
                        (*place)++;
                        return peer;
                }
        }
        return NULL;
}

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
