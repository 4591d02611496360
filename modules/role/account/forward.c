/* SPDX-License-Identifier: Apache-2.0 */
#include "account.h"

static const struct {
        const char *transfer;
        const char *account;    /* NULL: no business of another account institution */
        guint32 fields;         /* no more than the receiver needs */
} ways[] = {
        [FORWARD_CORRECT] = { "transfer.correct", "account.corrected", SEKI_PERSON_FIELDS },
        [FORWARD_WITHDRAW] = { "transfer.withdraw", "account.withdrawn",
                               SEKI_BIT (SEKI_FIELD_CODE) },
        /* The account that was closed is ours; theirs lives on. */
        [FORWARD_CLOSE] = { "transfer.close", NULL,
                            SEKI_BIT (SEKI_FIELD_CODE) | SEKI_BIT (SEKI_FIELD_CLOSED) },
};

/* The transfer institution joins by number, kana and birth together (F4), so it
 * gets the number with every correction; others only a number that is new. */
static gboolean
transfer_send (const SekiParty *peer, guint32 subject, const ForwardNews *news,
               SekiEffects *effects)
{
        const SekiRecord *record = seki_record_merge (effects, NULL, news->record,
                                                      ways[news->what].fields);

        if (record != NULL)
                seki_effects_send (effects, subject, peer->id, ways[news->what].transfer, record,
                                   news->what == FORWARD_CORRECT && news->has_number, NULL);
        return record != NULL;
}

/* The other account institution knows the record under its own code. */
static gboolean
account_send (const SekiParty *peer, SekiSpan code, guint32 subject, const ForwardNews *news,
              SekiEffects *effects)
{
        if (ways[news->what].account == NULL)
                return TRUE;
        SekiRecord theirs = *news->record;
        theirs.field[SEKI_FIELD_CODE] = code;
        const SekiRecord *record = seki_record_merge (effects, NULL, &theirs,
                                                      ways[news->what].fields);
        if (record != NULL)
                seki_effects_send (effects, subject, peer->id, ways[news->what].account, record,
                                   news->what == FORWARD_CORRECT && news->new_number, NULL);
        return record != NULL;
}

/* A receiver that has left the profile, or its role, can not be told: somebody must. */
static gboolean
gone_report (guint32 subject, const ForwardNews *news, SekiEffects *effects)
{
        const SekiRecord *record = seki_record_merge (effects, news->record, NULL, 0);
        SekiEffect effect = { .kind = SEKI_EFFECT_REPORT, .subject = subject,
                              .reason = "receiver-gone", .record = record };

        if (record != NULL)
                effects->add (effects, &effect);
        return record != NULL;
}

gboolean
forward_send (const SekiCall *call, guint32 subject, const ForwardNews *news, SekiEffects *effects)
{
        SekiSpan rest = news->record->field[SEKI_FIELD_GIVEN];
        SekiGiven entry;
        gboolean done = TRUE;

        while (done && seki_given_next (&rest, &entry)) {
                if (entry.from || seki_span_is (entry.id, call->caller->id))
                        continue;
                const SekiParty *peer = seki_call_peer (call, entry.id);
                guint32 roles = peer != NULL ? peer->roles : 0;
                if (entry.code.data == NULL && (roles & SEKI_ROLE_TRANSFER) != 0)
                        done = transfer_send (peer, subject, news, effects);
                else if (entry.code.data != NULL && (roles & SEKI_ROLE_ACCOUNT) != 0)
                        done = account_send (peer, entry.code, subject, news, effects);
                else
                        done = gone_report (subject, news, effects);
        }
        return done;
}
