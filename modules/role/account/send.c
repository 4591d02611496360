/* SPDX-License-Identifier: Apache-2.0 */
/* To and from the transfer institution. */
#include "account.h"

/* F2: only for a person whose balance is entered, by the own system's word. */
static const char *
send_fault (const SekiCall *call, const SekiSubject *subject)
{
        const SekiRecord *stored = subject->stored.record;
        const char *fault = record_known_fault (call, subject);
        guint place = 0;

        if (fault[0] != '\0')
                return fault;
        if (seki_record_has (stored, SEKI_FIELD_CLOSED))
                return "account-closed";
        SekiSpan holding = subject->given->field[SEKI_FIELD_HOLDING];
        if (holding.data == NULL)
                holding = stored->field[SEKI_FIELD_HOLDING];
        if (!seki_span_is (holding, "yes"))
                return "no-holding";
        return seki_call_receiver (call, SEKI_ROLE_TRANSFER, &place) != NULL ? SEKI_GRANTED
                                                                             : "receiver-unknown";
}

/* Sends what is kept to every receiver and notes them in the record. */
static gboolean
send_to_all (const SekiCall *call, guint32 i, SekiRecord *record, SekiEffects *effects)
{
        gboolean number = call->subjects[i].stored.number != SEKI_NUMBER_NONE;
        const SekiRecord *sent = seki_record_merge (effects, NULL, record, RECORD_KEPT);
        const SekiParty *peer;
        guint place = 0;

        if (sent == NULL)
                return FALSE;
        while ((peer = seki_call_receiver (call, SEKI_ROLE_TRANSFER, &place)) != NULL) {
                SekiSpan given = seki_given_add (effects, record->field[SEKI_FIELD_GIVEN], FALSE,
                                                 peer->id, SEKI_SPAN_NONE);
                if (given.data == NULL)
                        return FALSE;
                record->field[SEKI_FIELD_GIVEN] = given;
                seki_effects_send (effects, i, peer->id, "transfer.register", sent, number, NULL);
        }
        return TRUE;
}

const char *
send_register (const SekiCall *call, guint32 i, SekiEffects *effects)
{
        const SekiSubject *subject = &call->subjects[i];
        const SekiRecord *old = subject->stored.record;
        const char *fault = send_fault (call, subject);

        if (fault[0] != '\0')
                return fault;
        SekiRecord *record = seki_record_merge (effects, old, subject->given,
                                                SEKI_BIT (SEKI_FIELD_HOLDING));
        if (record == NULL || !send_to_all (call, i, record, effects))
                return NULL;
        if (seki_record_differs (record, old, RECORD_KEPT | SEKI_BIT (SEKI_FIELD_GIVEN)))
                seki_effects_put (effects, i, record, SEKI_NUMBER_KEEP);
        return SEKI_GRANTED;
}

/* F8: a number is asked of one institution, and for a listed purpose. */
const char *
send_request (const SekiCall *call, guint32 i, SekiEffects *effects)
{
        const SekiSubject *subject = &call->subjects[i];
        guint place = 0;

        if (!seki_purpose_is_listed (call->purpose))
                return "purpose-unlisted";
        const char *fault = record_own_fault (call, subject);
        if (fault[0] != '\0')
                return fault;
        const SekiParty *peer = seki_call_receiver (call, SEKI_ROLE_TRANSFER, &place);
        if (peer == NULL)
                return "receiver-unknown";
        if (seki_call_receiver (call, SEKI_ROLE_TRANSFER, &place) != NULL)
                return "receiver-unnamed";
        SekiRecord *record = seki_record_merge (effects, NULL, subject->given,
                                                SEKI_BIT (SEKI_FIELD_CODE));
        if (record == NULL)
                return NULL;
        seki_effects_send (effects, i, peer->id, "transfer.provide", record, FALSE,
                           "account.provided");
        return SEKI_GRANTED;
}

const char *
send_provided (const SekiCall *call, guint32 i, SekiEffects *effects)
{
        const SekiSubject *subject = &call->subjects[i];
        const char *fault = record_own_fault (call, subject);

        if (fault[0] != '\0')
                return fault;
        if (subject->number == SEKI_NUMBER_NONE)
                return "number-missing";
        return record_adopt (call, i, effects);
}
