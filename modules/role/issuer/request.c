/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer.h"

#define ASKED (SEKI_BIT (SEKI_FIELD_CODE) | SEKI_BIT (SEKI_FIELD_ISSUE))
#define REMEMBERED (ASKED | SEKI_BIT (SEKI_FIELD_HOLDER))

gboolean
request_is_own (const SekiCall *call, const SekiStored *stored)
{
        return stored->record != NULL &&
               seki_party_owns_issue (call->self, stored->record->field[SEKI_FIELD_ISSUE]);
}

/* What is asked for is remembered, so that an answer nobody asked for is refused. */
static gboolean
request_remember (const SekiCall *call, guint32 i, SekiEffects *effects)
{
        const SekiSubject *subject = &call->subjects[i];
        const SekiRecord *old = subject->stored.record;
        SekiRecord *record = seki_record_merge (effects, old, subject->given, REMEMBERED);

        if (record != NULL && (old == NULL || seki_record_differs (old, record, REMEMBERED)))
                seki_effects_put (effects, i, record, SEKI_NUMBER_KEEP);
        return record != NULL;
}

const char *
request_send (const SekiCall *call, guint32 i, SekiEffects *effects)
{
        const SekiSubject *subject = &call->subjects[i];
        guint place = 0;

        if (!seki_purpose_is_listed (call->purpose))
                return "purpose-unlisted";
        if (!seki_party_owns_issue (call->self, subject->given->field[SEKI_FIELD_ISSUE]))
                return "issue-foreign";
        const SekiParty *peer = seki_call_receiver (call, SEKI_ROLE_TRANSFER, &place);
        if (peer == NULL)
                return "receiver-unknown";
        if (seki_call_receiver (call, SEKI_ROLE_TRANSFER, &place) != NULL)
                return "receiver-unnamed";
        SekiRecord *asked = seki_record_merge (effects, NULL, subject->given, ASKED);
        if (asked == NULL || !request_remember (call, i, effects))
                return NULL;
        seki_effects_send (effects, i, peer->id, "transfer.provide", asked, FALSE,
                           "issuer.provided");
        return SEKI_GRANTED;
}

const char *
request_provided (const SekiCall *call, guint32 i, SekiEffects *effects)
{
        const SekiSubject *subject = &call->subjects[i];
        const SekiRecord *old = subject->stored.record;
        gboolean number = !subject->same_number;

        if (!request_is_own (call, &subject->stored))
                return "not-requested";
        if (subject->number == SEKI_NUMBER_NONE)
                return "number-missing";
        SekiRecord *record = seki_record_merge (effects, old, subject->given, SEKI_PERSON_FIELDS);
        if (record == NULL)
                return NULL;
        SekiSpan given = seki_given_add (effects, record->field[SEKI_FIELD_GIVEN], TRUE,
                                         call->caller->id, SEKI_SPAN_NONE);
        if (given.data == NULL)
                return NULL;
        record->field[SEKI_FIELD_GIVEN] = given;
        if (number ||
            seki_record_differs (old, record, SEKI_PERSON_FIELDS | SEKI_BIT (SEKI_FIELD_GIVEN)))
                seki_effects_put (effects, i, record, number ? SEKI_NUMBER_TAKE : SEKI_NUMBER_KEEP);
        return SEKI_GRANTED;
}
