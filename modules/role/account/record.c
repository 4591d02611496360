/* SPDX-License-Identifier: Apache-2.0 */
#include "account.h"

const char *
record_own_fault (const SekiCall *call, const SekiSubject *subject)
{
        SekiSpan code = subject->given->field[SEKI_FIELD_CODE];
        return seki_party_owns_code (call->self, code) ? SEKI_GRANTED : "code-foreign";
}

const char *
record_known_fault (const SekiCall *call, const SekiSubject *subject)
{
        const char *fault = record_own_fault (call, subject);
        if (fault[0] != '\0')
                return fault;
        return subject->stored.record != NULL ? SEKI_GRANTED : "code-unknown";
}

gboolean
record_has_new_number (const SekiSubject *subject)
{
        return subject->number != SEKI_NUMBER_NONE && !subject->same_number;
}

/* Own data, notified by the participant, is the better one: it stays. */
const char *
record_adopt (const SekiCall *call, guint32 i, SekiEffects *effects)
{
        const SekiSubject *subject = &call->subjects[i];
        const SekiRecord *old = subject->stored.record;
        gboolean has_number = subject->stored.number != SEKI_NUMBER_NONE;

        if (old != NULL && seki_record_has (old, SEKI_FIELD_CLOSED))
                return "account-closed";
        if (has_number && record_has_new_number (subject))
                return "number-differs";
        SekiRecord *theirs = seki_record_merge (effects, NULL, subject->given, SEKI_PERSON_FIELDS);
        SekiRecord *record = theirs != NULL ? seki_record_merge (effects, theirs, old, ~0u) : NULL;
        if (record == NULL)
                return NULL;
        gboolean takes = !has_number && subject->number != SEKI_NUMBER_NONE;
        if (old != NULL && !takes && !seki_record_differs (record, old, SEKI_PERSON_FIELDS))
                return SEKI_GRANTED;
        /* Who gave the whole, or the number, may correct it later; who filled a gap may not. */
        if (old == NULL || takes) {
                SekiSpan given = seki_given_add (effects, record->field[SEKI_FIELD_GIVEN], TRUE,
                                                 call->caller->id, SEKI_SPAN_NONE);
                if (given.data == NULL)
                        return NULL;
                record->field[SEKI_FIELD_GIVEN] = given;
        }
        seki_effects_put (effects, i, record, takes ? SEKI_NUMBER_TAKE : SEKI_NUMBER_KEEP);
        return SEKI_GRANTED;
}

const char *
record_withdraw (const SekiCall *call, guint32 i, SekiEffects *effects)
{
        SekiRecord *record = seki_record_merge (effects, call->subjects[i].stored.record, NULL, 0);
        if (record == NULL)
                return NULL;
        seki_effects_put (effects, i, record, SEKI_NUMBER_DROP);
        ForwardNews news = { .what = FORWARD_WITHDRAW, .record = record };
        return forward_send (call, i, &news, effects) ? SEKI_GRANTED : NULL;
}

const char *
record_close (const SekiCall *call, guint32 i, SekiEffects *effects)
{
        const SekiSubject *subject = &call->subjects[i];
        SekiRecord *record = seki_record_merge (effects, subject->stored.record, subject->given,
                                                SEKI_BIT (SEKI_FIELD_CLOSED));
        if (record == NULL)
                return NULL;
        seki_effects_put (effects, i, record, SEKI_NUMBER_KEEP);
        ForwardNews news = { .what = FORWARD_CLOSE, .record = record };
        return forward_send (call, i, &news, effects) ? SEKI_GRANTED : NULL;
}
