/* SPDX-License-Identifier: Apache-2.0 */
/* Provision of numbers: Number Act art. 19(x), General Rules Act art. 74-13-4. */
#include "transfer.h"

/* An issuer asks for holders of its own securities. */
static const char *
issuer_fault (const SekiCall *call, const SekiSubject *subject)
{
        if ((call->caller->roles & SEKI_ROLE_ISSUER) == 0)
                return "wrong-caller";
        if (!seki_party_owns_issue (call->caller, subject->given->field[SEKI_FIELD_ISSUE]))
                return "issue-foreign";
        return subject->holds ? SEKI_GRANTED : "not-holder";
}

/* An account institution asks for its own participants. */
static const char *
account_fault (const SekiCall *call, const SekiSubject *subject)
{
        if ((call->caller->roles & SEKI_ROLE_ACCOUNT) == 0)
                return "issue-missing";
        if (!seki_party_owns_code (call->caller, subject->given->field[SEKI_FIELD_CODE]))
                return "code-foreign";
        return SEKI_GRANTED;
}

/* Who may ask comes first, so that a refusal tells strangers nothing of the record. */
static const char *
provide_fault (const SekiCall *call, const SekiSubject *subject)
{
        if (!seki_purpose_is_listed (call->purpose))
                return "purpose-unlisted";
        const char *fault = seki_record_has (subject->given, SEKI_FIELD_ISSUE)
                ? issuer_fault (call, subject) : account_fault (call, subject);
        if (fault[0] != '\0')
                return fault;
        if (subject->stored.record == NULL)
                return "code-unknown";
        if (seki_record_has (subject->stored.record, SEKI_FIELD_CLOSED))
                return "account-closed";
        return subject->stored.number != SEKI_NUMBER_NONE ? SEKI_GRANTED : "number-missing";
}

const char *
provide_number (const SekiCall *call, guint32 i, SekiEffects *effects)
{
        const SekiSubject *subject = &call->subjects[i];
        const SekiRecord *stored = subject->stored.record;
        const char *fault = provide_fault (call, subject);

        if (fault[0] != '\0')
                return fault;
        seki_effects_give (effects, i, TRUE, NULL);
        if (seki_given_has (stored->field[SEKI_FIELD_GIVEN], FALSE, call->caller->id,
                            SEKI_SPAN_NONE))
                return SEKI_GRANTED;
        SekiRecord *record = seki_record_merge (effects, stored, NULL, 0);
        if (record == NULL)
                return NULL;
        SekiSpan given = seki_given_add (effects, record->field[SEKI_FIELD_GIVEN], FALSE,
                                         call->caller->id, SEKI_SPAN_NONE);
        if (given.data == NULL)
                return NULL;
        record->field[SEKI_FIELD_GIVEN] = given;
        seki_effects_put (effects, i, record, SEKI_NUMBER_KEEP);
        return SEKI_GRANTED;
}
