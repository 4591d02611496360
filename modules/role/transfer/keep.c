/* SPDX-License-Identifier: Apache-2.0 */
/* Participants' records as their account institution sends and changes them. */
#include "transfer.h"

/* Only the institution that keeps the account speaks of it (domain.md 1.3). */
static const char *
record_fault (const SekiCall *call, const SekiSubject *subject)
{
        SekiSpan code = subject->given->field[SEKI_FIELD_CODE];
        return seki_party_owns_code (call->caller, code) ? SEKI_GRANTED : "code-foreign";
}

static const char *
record_known_fault (const SekiCall *call, const SekiSubject *subject)
{
        const char *fault = record_fault (call, subject);
        if (fault[0] != '\0')
                return fault;
        return subject->stored.record != NULL ? SEKI_GRANTED : "code-unknown";
}

/* Stores what changed, reports what does not join, tells the receivers. */
static const char *
record_store (const SekiCall *call, guint32 i, SekiEffects *effects)
{
        const SekiSubject *subject = &call->subjects[i];
        const SekiRecord *old = subject->stored.record;
        gboolean number = subject->number != SEKI_NUMBER_NONE && !subject->same_number;
        SekiRecord *record = seki_record_merge (effects, old, subject->given, SEKI_PERSON_FIELDS);

        if (record == NULL)
                return NULL;
        if (old != NULL && !number && !seki_record_differs (old, record, SEKI_PERSON_FIELDS))
                return SEKI_GRANTED;
        seki_effects_put (effects, i, record, number ? SEKI_NUMBER_TAKE : SEKI_NUMBER_KEEP);
        if (!join_report (call, i, record, effects))
                return NULL;
        if (!forward_send (call, i, FORWARD_CORRECT, record, number, effects))
                return NULL;
        return SEKI_GRANTED;
}

const char *
keep_register (const SekiCall *call, guint32 i, SekiEffects *effects)
{
        const SekiSubject *subject = &call->subjects[i];
        const SekiRecord *old = subject->stored.record;
        const char *fault = record_fault (call, subject);

        if (fault[0] != '\0')
                return fault;
        /* F2: a person without a balance must not be sent. */
        SekiSpan holding = subject->given->field[SEKI_FIELD_HOLDING];
        if (holding.data != NULL && !seki_span_is (holding, "yes"))
                return "no-holding";
        if (old != NULL && seki_record_has (old, SEKI_FIELD_CLOSED))
                return "account-closed";
        return record_store (call, i, effects);
}

const char *
keep_correct (const SekiCall *call, guint32 i, SekiEffects *effects)
{
        const char *fault = record_known_fault (call, &call->subjects[i]);
        return fault[0] != '\0' ? fault : record_store (call, i, effects);
}

const char *
keep_withdraw (const SekiCall *call, guint32 i, SekiEffects *effects)
{
        const SekiSubject *subject = &call->subjects[i];
        const char *fault = record_known_fault (call, subject);

        if (fault[0] != '\0' || subject->stored.number == SEKI_NUMBER_NONE)
                return fault;
        SekiRecord *record = seki_record_merge (effects, subject->stored.record, NULL, 0);
        if (record == NULL)
                return NULL;
        seki_effects_put (effects, i, record, SEKI_NUMBER_DROP);
        if (!forward_send (call, i, FORWARD_WITHDRAW, record, FALSE, effects))
                return NULL;
        return SEKI_GRANTED;
}

const char *
keep_close (const SekiCall *call, guint32 i, SekiEffects *effects)
{
        const SekiSubject *subject = &call->subjects[i];
        const char *fault = record_known_fault (call, subject);

        if (fault[0] != '\0')
                return fault;
        SekiRecord *record = seki_record_merge (effects, subject->stored.record, subject->given,
                                                SEKI_BIT (SEKI_FIELD_CLOSED));
        if (record == NULL)
                return NULL;
        if (!seki_record_differs (record, subject->stored.record, SEKI_BIT (SEKI_FIELD_CLOSED)))
                return SEKI_GRANTED;
        seki_effects_put (effects, i, record, SEKI_NUMBER_KEEP);
        return forward_send (call, i, FORWARD_CLOSE, record, FALSE, effects) ? SEKI_GRANTED : NULL;
}
