/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer.h"

static const char *
source_fault (const SekiCall *call, const SekiSubject *subject)
{
        if (!request_is_own (call, &subject->stored))
                return "code-unknown";
        return seki_stored_is_from (&subject->stored, call->caller->id) ? SEKI_GRANTED
                                                                        : "not-source";
}

/* Lays fields of the message over the stored record and stores what changed. */
static const char *
record_change (const SekiCall *call, guint32 i, guint32 fields, SekiNumberEdit number,
               SekiEffects *effects)
{
        const SekiSubject *subject = &call->subjects[i];
        const SekiRecord *old = subject->stored.record;
        SekiRecord *record = seki_record_merge (effects, old, subject->given, fields);

        if (record == NULL)
                return NULL;
        if (number != SEKI_NUMBER_KEEP || seki_record_differs (old, record, fields))
                seki_effects_put (effects, i, record, number);
        return SEKI_GRANTED;
}

const char *
keep_correct (const SekiCall *call, guint32 i, SekiEffects *effects)
{
        const SekiSubject *subject = &call->subjects[i];
        gboolean number = subject->number != SEKI_NUMBER_NONE && !subject->same_number;
        const char *fault = source_fault (call, subject);

        if (fault[0] != '\0')
                return fault;
        return record_change (call, i, SEKI_PERSON_FIELDS,
                              number ? SEKI_NUMBER_TAKE : SEKI_NUMBER_KEEP, effects);
}

const char *
keep_withdraw (const SekiCall *call, guint32 i, SekiEffects *effects)
{
        const SekiSubject *subject = &call->subjects[i];
        gboolean number = subject->stored.number != SEKI_NUMBER_NONE;
        const char *fault = source_fault (call, subject);

        if (fault[0] != '\0')
                return fault;
        return record_change (call, i, 0, number ? SEKI_NUMBER_DROP : SEKI_NUMBER_KEEP, effects);
}

const char *
keep_close (const SekiCall *call, guint32 i, SekiEffects *effects)
{
        const char *fault = source_fault (call, &call->subjects[i]);

        if (fault[0] != '\0')
                return fault;
        return record_change (call, i, SEKI_BIT (SEKI_FIELD_CLOSED), SEKI_NUMBER_KEEP, effects);
}
