/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer.h"

static const char *
read_fault (const SekiCall *call, const SekiSubject *subject)
{
        SekiSpan issue = subject->given->field[SEKI_FIELD_ISSUE];

        if (!seki_purpose_is_listed (call->purpose))
                return "purpose-unlisted";
        if (issue.data != NULL && !seki_party_owns_issue (call->self, issue))
                return "issue-foreign";
        return request_is_own (call, &subject->stored) ? SEKI_GRANTED : "code-unknown";
}

const char *
read_record (const SekiCall *call, guint32 i, SekiEffects *effects)
{
        const SekiSubject *subject = &call->subjects[i];
        const char *fault = read_fault (call, subject);

        if (fault[0] == '\0')
                seki_effects_give (effects, i, subject->stored.number != SEKI_NUMBER_NONE, NULL);
        return fault;
}

/* A line of a report without its number is no line. */
const char *
read_export (const SekiCall *call, guint32 i, SekiEffects *effects)
{
        const SekiSubject *subject = &call->subjects[i];
        const char *fault = read_fault (call, subject);

        if (fault[0] != '\0')
                return fault;
        if (subject->stored.number == SEKI_NUMBER_NONE)
                return "number-missing";
        seki_effects_give (effects, i, TRUE, NULL);
        return SEKI_GRANTED;
}
