/* SPDX-License-Identifier: Apache-2.0 */
/* Only who gave us a record may change it from outside.  A change that changes
 * nothing goes no further, so that records passed in a circle come to rest. */
#include "account.h"

static const char *
source_fault (const SekiCall *call, const SekiSubject *subject)
{
        const char *fault = record_known_fault (call, subject);
        if (fault[0] != '\0')
                return fault;
        return seki_stored_is_from (&subject->stored, call->caller->id) ? SEKI_GRANTED
                                                                        : "not-source";
}

const char *
source_corrected (const SekiCall *call, guint32 i, SekiEffects *effects)
{
        const SekiSubject *subject = &call->subjects[i];
        gboolean number = record_has_new_number (subject);
        const char *fault = source_fault (call, subject);

        if (fault[0] != '\0')
                return fault;
        SekiRecord *record = seki_record_merge (effects, subject->stored.record, subject->given,
                                                SEKI_PERSON_FIELDS);
        if (record == NULL)
                return NULL;
        if (!number && !seki_record_differs (record, subject->stored.record, SEKI_PERSON_FIELDS))
                return SEKI_GRANTED;
        seki_effects_put (effects, i, record, number ? SEKI_NUMBER_TAKE : SEKI_NUMBER_KEEP);
        ForwardNews news = { .what = FORWARD_CORRECT, .record = record, .new_number = number,
                             .has_number = number || subject->stored.number != SEKI_NUMBER_NONE };
        return forward_send (call, i, &news, effects) ? SEKI_GRANTED : NULL;
}

const char *
source_withdrawn (const SekiCall *call, guint32 i, SekiEffects *effects)
{
        const SekiSubject *subject = &call->subjects[i];
        const char *fault = source_fault (call, subject);

        if (fault[0] != '\0' || subject->stored.number == SEKI_NUMBER_NONE)
                return fault;
        return record_withdraw (call, i, effects);
}

const char *
source_closed (const SekiCall *call, guint32 i, SekiEffects *effects)
{
        const SekiSubject *subject = &call->subjects[i];
        const char *fault = source_fault (call, subject);

        if (fault[0] != '\0' || seki_record_has (subject->stored.record, SEKI_FIELD_CLOSED))
                return fault;
        return record_close (call, i, effects);
}
