/* SPDX-License-Identifier: Apache-2.0 */
/* The institution's own word on its participants. */
#include "account.h"

#define TOLD (SEKI_PERSON_FIELDS & ~SEKI_BIT (SEKI_FIELD_CODE))

/* A number the participant notified here is ours: nobody else may correct it
 * any more.  FALSE when no memory is left. */
static gboolean
sources_drop (SekiRecord *record, SekiEffects *effects)
{
        SekiSpan rest = record->field[SEKI_FIELD_GIVEN];
        guint8 *list = effects->alloc (effects, rest.len + 1);
        gsize len = 0;
        SekiGiven entry;

        if (list == NULL)
                return FALSE;
        for (SekiSpan here = rest; seki_given_next (&rest, &entry); here = rest) {
                if (entry.from)
                        continue;
                gsize entry_len = entry.id.len + (entry.code.data != NULL ? 1 + entry.code.len : 0);
                if (len > 0)
                        list[len++] = ',';
                memcpy (list + len, here.data, entry_len);
                len += entry_len;
        }
        record->field[SEKI_FIELD_GIVEN] = len > 0 ? seki_span (list, len) : SEKI_SPAN_NONE;
        return TRUE;
}

/* The stored record with the message laid over it. */
static SekiRecord *
record_renew (const SekiSubject *subject, SekiEffects *effects)
{
        SekiRecord *record = seki_record_merge (effects, subject->stored.record, subject->given,
                                                RECORD_KEPT);
        if (record == NULL || subject->number == SEKI_NUMBER_NONE)
                return record;
        return sources_drop (record, effects) ? record : NULL;
}

/* Whether the message says anything the receivers have to know. */
static gboolean
record_speaks (const SekiSubject *subject)
{
        const SekiRecord silence = { { SEKI_SPAN_NONE } };
        return subject->number != SEKI_NUMBER_NONE ||
               seki_record_differs (subject->given, &silence, TOLD);
}

/* The receivers hear of what changed; of a correction they hear again all that
 * it says, changed or not, since it may be said again because they refused it. */
static const char *
record_change (const SekiCall *call, guint32 i, gboolean again, SekiEffects *effects)
{
        const SekiSubject *subject = &call->subjects[i];
        const SekiRecord *old = subject->stored.record;
        gboolean number = record_has_new_number (subject);
        SekiRecord *record = record_renew (subject, effects);

        if (record == NULL)
                return NULL;
        if (number || seki_record_differs (record, old, RECORD_KEPT | SEKI_BIT (SEKI_FIELD_GIVEN)))
                seki_effects_put (effects, i, record, number ? SEKI_NUMBER_TAKE : SEKI_NUMBER_KEEP);
        gboolean changed = number || seki_record_differs (record, old, TOLD);
        if (!changed && !(again && record_speaks (subject)))
                return SEKI_GRANTED;
        ForwardNews news = { .what = FORWARD_CORRECT, .record = record, .new_number = number,
                             .has_number = number || subject->stored.number != SEKI_NUMBER_NONE };
        return forward_send (call, i, &news, effects) ? SEKI_GRANTED : NULL;
}

static const char *
record_begin (const SekiCall *call, guint32 i, SekiEffects *effects)
{
        const SekiSubject *subject = &call->subjects[i];
        SekiRecord *record = seki_record_merge (effects, NULL, subject->given, RECORD_KEPT);

        if (record == NULL)
                return NULL;
        gboolean number = subject->number != SEKI_NUMBER_NONE;
        seki_effects_put (effects, i, record, number ? SEKI_NUMBER_TAKE : SEKI_NUMBER_KEEP);
        return SEKI_GRANTED;
}

const char *
own_register (const SekiCall *call, guint32 i, SekiEffects *effects)
{
        const SekiSubject *subject = &call->subjects[i];
        const char *fault = record_own_fault (call, subject);

        if (fault[0] != '\0')
                return fault;
        if (subject->stored.record == NULL)
                return record_begin (call, i, effects);
        if (seki_record_has (subject->stored.record, SEKI_FIELD_CLOSED))
                return "account-closed";
        return record_change (call, i, FALSE, effects);
}

const char *
own_correct (const SekiCall *call, guint32 i, SekiEffects *effects)
{
        const char *fault = record_known_fault (call, &call->subjects[i]);
        return fault[0] != '\0' ? fault : record_change (call, i, TRUE, effects);
}

const char *
own_withdraw (const SekiCall *call, guint32 i, SekiEffects *effects)
{
        const SekiSubject *subject = &call->subjects[i];
        const char *fault = record_known_fault (call, subject);

        if (fault[0] != '\0')
                return fault;
        if (subject->stored.number == SEKI_NUMBER_NONE)
                return "number-missing";
        return record_withdraw (call, i, effects);
}

const char *
own_close (const SekiCall *call, guint32 i, SekiEffects *effects)
{
        const char *fault = record_known_fault (call, &call->subjects[i]);
        return fault[0] != '\0' ? fault : record_close (call, i, effects);
}

const char *
own_read (const SekiCall *call, guint32 i, SekiEffects *effects)
{
        const SekiSubject *subject = &call->subjects[i];

        if (!seki_purpose_is_listed (call->purpose))
                return "purpose-unlisted";
        const char *fault = record_known_fault (call, subject);
        if (fault[0] != '\0')
                return fault;
        seki_effects_give (effects, i, subject->stored.number != SEKI_NUMBER_NONE, NULL);
        return SEKI_GRANTED;
}
