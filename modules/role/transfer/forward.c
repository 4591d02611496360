/* SPDX-License-Identifier: Apache-2.0 */
#include "transfer.h"

static const struct {
        const char *account;
        const char *issuer;
        guint32 fields;         /* no more than the receiver needs */
} ways[] = {
        [FORWARD_CORRECT] = { "account.corrected", "issuer.correct", SEKI_PERSON_FIELDS },
        [FORWARD_WITHDRAW] = { "account.withdrawn", "issuer.withdraw", SEKI_BIT (SEKI_FIELD_CODE) },
        [FORWARD_CLOSE] = { "account.closed", "issuer.close",
                            SEKI_BIT (SEKI_FIELD_CODE) | SEKI_BIT (SEKI_FIELD_CLOSED) },
};

void
report_line (SekiEffects *effects, guint32 subject, const char *report,
             const SekiRecord *record, const SekiRecord *other)
{
        SekiEffect effect = { .kind = SEKI_EFFECT_REPORT, .subject = subject, .reason = report,
                              .record = record, .other = other };
        effects->add (effects, &effect);
}

/* Numbers leave for two grounds only: the account is the receiver's own (F8),
 * or it is an issuer (F7).  Which one it was shows in the code. */
static const char *
way_for (const SekiParty *peer, Forward what, SekiSpan code)
{
        if (seki_party_owns_code (peer, code))
                return ways[what].account;
        return (peer->roles & SEKI_ROLE_ISSUER) != 0 ? ways[what].issuer : NULL;
}

gboolean
forward_send (const SekiCall *call, guint32 subject, Forward what,
              const SekiRecord *stored, gboolean number, SekiEffects *effects)
{
        SekiSpan rest = stored->field[SEKI_FIELD_GIVEN];
        const SekiRecord *record = NULL;
        SekiGiven entry;

        while (seki_given_next (&rest, &entry)) {
                if (entry.from || seki_span_is (entry.id, call->caller->id))
                        continue;
                if (record == NULL)
                        record = seki_record_merge (effects, NULL, stored, ways[what].fields);
                if (record == NULL)
                        return FALSE;
                const SekiParty *peer = seki_call_peer (call, entry.id);
                const char *way = peer == NULL ? NULL
                        : way_for (peer, what, stored->field[SEKI_FIELD_CODE]);
                if (way != NULL)
                        seki_effects_send (effects, subject, peer->id, way, record, number, NULL);
                else
                        report_line (effects, subject, "receiver-gone", record, NULL);
        }
        return TRUE;
}
