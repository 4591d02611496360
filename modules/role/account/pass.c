/* SPDX-License-Identifier: Apache-2.0 */
/* Account transfer between account institutions (F9). */
#include "account.h"

static const char *
pass_fault (const SekiCall *call, const SekiSubject *subject, const SekiParty *peer)
{
        const char *fault = record_known_fault (call, subject);

        if (fault[0] != '\0')
                return fault;
        if (seki_record_has (subject->stored.record, SEKI_FIELD_CLOSED))
                return "account-closed";
        if (peer == NULL || (peer->roles & SEKI_ROLE_ACCOUNT) == 0)
                return "receiver-unknown";
        if (!seki_party_owns_code (peer, subject->given->field[SEKI_FIELD_TO_CODE]))
                return "to-code-foreign";
        return SEKI_GRANTED;
}

const char *
pass_send (const SekiCall *call, guint32 i, SekiEffects *effects)
{
        const SekiSubject *subject = &call->subjects[i];
        const SekiParty *peer = seki_call_peer (call, call->to);
        const char *fault = pass_fault (call, subject, peer);

        if (fault[0] != '\0')
                return fault;
        SekiSpan code = subject->given->field[SEKI_FIELD_TO_CODE];
        SekiRecord theirs = *subject->stored.record;
        theirs.field[SEKI_FIELD_CODE] = code;
        SekiRecord *sent = seki_record_merge (effects, NULL, &theirs, SEKI_PERSON_FIELDS);
        SekiRecord *record = seki_record_merge (effects, subject->stored.record, NULL, 0);
        if (sent == NULL || record == NULL)
                return NULL;
        SekiSpan given = seki_given_add (effects, record->field[SEKI_FIELD_GIVEN], FALSE, peer->id,
                                         code);
        if (given.data == NULL)
                return NULL;
        record->field[SEKI_FIELD_GIVEN] = given;
        if (seki_record_differs (record, subject->stored.record, SEKI_BIT (SEKI_FIELD_GIVEN)))
                seki_effects_put (effects, i, record, SEKI_NUMBER_KEEP);
        seki_effects_send (effects, i, peer->id, "account.accept", sent,
                           subject->stored.number != SEKI_NUMBER_NONE, NULL);
        return SEKI_GRANTED;
}

const char *
pass_accept (const SekiCall *call, guint32 i, SekiEffects *effects)
{
        const char *fault = record_own_fault (call, &call->subjects[i]);
        return fault[0] != '\0' ? fault : record_adopt (call, i, effects);
}
