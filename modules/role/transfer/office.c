/* SPDX-License-Identifier: Apache-2.0 */
/* The transfer institution's own systems and persons. */
#include "transfer.h"

/* The reference (issue, code) of the book-entry system; no balance comes with it. */
const char *
office_holders (const SekiCall *call, guint32 i, SekiEffects *effects)
{
        const SekiSubject *subject = &call->subjects[i];
        gboolean holds = !seki_span_is (subject->given->field[SEKI_FIELD_HOLDING], "no");

        if (holds != subject->holds) {
                SekiEffect effect = { .kind = holds ? SEKI_EFFECT_HOLD : SEKI_EFFECT_RELEASE,
                                      .subject = i };
                effects->add (effects, &effect);
        }
        return SEKI_GRANTED;
}

const char *
office_read (const SekiCall *call, guint32 i, SekiEffects *effects)
{
        const SekiStored *stored = &call->subjects[i].stored;

        if (call->purpose.len == 0)
                return "purpose-missing";
        if (stored->record == NULL)
                return "code-unknown";
        seki_effects_give (effects, i, stored->number != SEKI_NUMBER_NONE, NULL);
        return SEKI_GRANTED;
}

/* Participants' information must be searchable by number (General Rules Act 74-13-4(1)). */
const char *
office_find (const SekiCall *call, guint32 i, SekiEffects *effects)
{
        const SekiSubject *subject = &call->subjects[i];

        if (call->purpose.len == 0)
                return "purpose-missing";
        if (subject->n_same == 0)
                return "number-unknown";
        for (gsize k = 0; k < subject->n_same; k++)
                seki_effects_give (effects, i, TRUE, subject->same[k].record);
        return SEKI_GRANTED;
}
