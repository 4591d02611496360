/* SPDX-License-Identifier: Apache-2.0 */
/* A role that does each effect when asked to, and each wrong thing by the name
 * of its purpose.
 *
 * Purposes of odd.do: silent, beyond, other-code, code-less, twice, put-erase,
 * erase-twice, erase-nothing, give-nothing, give-stranger, kind, fails, mute,
 * hold, put-nothing, edit, send-self, send-nowhere, send-nothing, report. */
#define FAKE_NAME "role-odd"
#define FAKE_PROVIDES "role-odd"
#include "fake.h"

#define CODE (1u << SEKI_FIELD_CODE)
#define BOTH (SEKI_ACTION_READS | SEKI_ACTION_WRITES)
#define ANY (SEKI_CALLER_OFFICE | SEKI_CALLER_NODE)

static const SekiAction actions[] = {
        { "odd.store", ANY, 0, SEKI_LOAD_CODE | SEKI_LOAD_NUMBER | SEKI_LOAD_PERSON,
          SEKI_ACTION_WRITES, CODE, "Store", "保存" },
        { "odd.drop", ANY, 0, SEKI_LOAD_CODE, SEKI_ACTION_WRITES, CODE, "Drop the number",
          "番号の削除" },
        { "odd.read", ANY, 0, SEKI_LOAD_CODE | SEKI_LOAD_NUMBER, SEKI_ACTION_READS, CODE, "Read",
          "照会" },
        { "odd.erase", ANY, 0, SEKI_LOAD_CODE, SEKI_ACTION_WRITES, CODE, "Erase", "消去" },
        { "odd.send", ANY, 0, SEKI_LOAD_CODE, SEKI_ACTION_WRITES, CODE, "Send", "送付" },
        { "odd.ask", ANY, 0, SEKI_LOAD_CODE, SEKI_ACTION_WRITES, CODE, "Ask", "請求" },
        { "odd.told", SEKI_CALLER_REPLY, 0, SEKI_LOAD_CODE, SEKI_ACTION_WRITES, CODE, "Told",
          "受領" },
        { "odd.both", ANY, 0, SEKI_LOAD_CODE, BOTH, CODE, "Store and read", "保存と照会" },
        { "odd.do", ANY, 0, SEKI_LOAD_CODE, BOTH, 0, "Do", "実行" },
        { "odd.look", ANY, 0, SEKI_LOAD_CODE, SEKI_ACTION_READS, CODE, "Only look", "閲覧のみ" },
        { "odd.write", ANY, 0, SEKI_LOAD_CODE, SEKI_ACTION_WRITES, CODE, "Only write", "書込のみ" },
        { NULL }
};

typedef struct {
        const SekiCall *call;
        SekiEffects *effects;
        guint32 subject;
        const SekiSubject *about;
} Turn;

static void
turn_add (const Turn *turn, SekiEffect effect)
{
        effect.subject = turn->subject;
        turn->effects->add (turn->effects, &effect);
}

static gboolean
turn_is (const Turn *turn, const char *purpose)
{
        return seki_span_is (turn->call->purpose, purpose);
}

static void
turn_put (const Turn *turn, guint32 number)
{
        turn_add (turn, (SekiEffect){ .kind = SEKI_EFFECT_PUT,
                                      .number = number,
                                      .record = turn->about->given });
}

static void
turn_put_code (const Turn *turn, SekiSpan code)
{
        SekiRecord *record = turn->effects->alloc (turn->effects, sizeof *record);

        *record = *turn->about->given;
        record->field[SEKI_FIELD_CODE] = code;
        turn_add (turn, (SekiEffect){ .kind = SEKI_EFFECT_PUT, .record = record });
}

static void
turn_send (const Turn *turn, const char *to, const char *action, const char *reply)
{
        turn_add (turn, (SekiEffect){ .kind = SEKI_EFFECT_SEND,
                                      .to = to,
                                      .action = action,
                                      .reply = reply,
                                      .number = 1 });
}

static void
turn_misput (const Turn *turn)
{
        if (turn_is (turn, "other-code"))
                turn_put_code (turn, seki_span_text ("120576099999999999999"));
        else if (turn_is (turn, "code-less"))
                turn_put_code (turn, SEKI_SPAN_NONE);
        else if (turn_is (turn, "put-nothing"))
                turn_add (turn, (SekiEffect){ .kind = SEKI_EFFECT_PUT });
        else if (turn_is (turn, "edit"))
                turn_put (turn, 77);
        else if (turn_is (turn, "twice") || turn_is (turn, "put-erase"))
                turn_put (turn, SEKI_NUMBER_TAKE);
        if (turn_is (turn, "twice"))
                turn_put (turn, SEKI_NUMBER_DROP);
        for (guint i = 0;
             i < (turn_is (turn, "erase-twice")
                          ? 2
                          : turn_is (turn, "put-erase") || turn_is (turn, "erase-nothing"));
             i++)
                turn_add (turn, (SekiEffect){ .kind = SEKI_EFFECT_ERASE });
}

static void
turn_misgive (const Turn *turn)
{
        static const SekiRecord stranger = { { { NULL, 0 } } };

        if (turn_is (turn, "give-nothing"))
                turn_add (turn, (SekiEffect){ .kind = SEKI_EFFECT_GIVE });
        else if (turn_is (turn, "give-stranger"))
                turn_add (turn, (SekiEffect){ .kind = SEKI_EFFECT_GIVE, .other = &stranger });
        else if (turn_is (turn, "hold"))
                turn_add (turn, (SekiEffect){ .kind = SEKI_EFFECT_HOLD });
        else if (turn_is (turn, "kind"))
                turn_add (turn, (SekiEffect){ .kind = 99 });
        else if (turn_is (turn, "send-self"))
                turn_send (turn, turn->call->self->id, "odd.store", NULL);
        else if (turn_is (turn, "send-nowhere"))
                turn_send (turn, "nobody", "odd.store", NULL);
        else if (turn_is (turn, "send-nothing"))
                turn_send (turn, "ti", NULL, NULL);
        else if (turn_is (turn, "report"))
                turn_add (turn, (SekiEffect){ .kind = SEKI_EFFECT_REPORT });
}

static void
turn_do (Turn *turn)
{
        turn_misput (turn);
        turn_misgive (turn);
        if (turn_is (turn, "beyond")) {
                turn->subject += 1000;
                turn_put (turn, SEKI_NUMBER_TAKE);
                turn->subject -= 1000;
        }
}

static void
turn_act (Turn *turn)
{
        const char *verb = turn->call->action->name + 4;

        if (strcmp (verb, "store") == 0 || strcmp (verb, "look") == 0 || strcmp (verb, "told") == 0)
                turn_put (turn, SEKI_NUMBER_TAKE);
        else if (strcmp (verb, "drop") == 0)
                turn_put (turn, SEKI_NUMBER_DROP);
        else if (strcmp (verb, "read") == 0 || strcmp (verb, "write") == 0)
                turn_add (turn, (SekiEffect){ .kind = SEKI_EFFECT_GIVE, .number = 1 });
        else if (strcmp (verb, "erase") == 0)
                turn_add (turn, (SekiEffect){ .kind = SEKI_EFFECT_ERASE });
        else if (strcmp (verb, "send") == 0)
                turn_send (turn, "ti", "transfer.register", NULL);
        else if (strcmp (verb, "ask") == 0)
                turn_send (turn, "ti", "odd.read",
                           turn_is (turn, "lost") ? "odd.nothing" : "odd.told");
        else if (strcmp (verb, "both") == 0) {
                turn_put (turn, SEKI_NUMBER_KEEP);
                turn_add (turn, (SekiEffect){ .kind = SEKI_EFFECT_GIVE, .number = 1 });
        } else
                turn_do (turn);
}

static gboolean
odd_handle (gpointer self G_GNUC_UNUSED, const SekiCall *call, SekiEffects *effects, GError **error)
{
        Turn turn = { .call = call, .effects = effects };

        if (turn_is (&turn, "mute"))
                return FALSE;
        if (turn_is (&turn, "fails")) {
                g_set_error_literal (error, SEKI_ERROR, SEKI_ERROR_MODULE,
                                     "This role does not feel like it.");
                return FALSE;
        }
        for (guint32 i = 0; i < call->n_subjects; i++) {
                turn.subject = i;
                turn.about = &call->subjects[i];
                turn_act (&turn);
                if (!turn_is (&turn, "silent"))
                        turn_add (&turn, (SekiEffect){ .kind = SEKI_EFFECT_ANSWER,
                                                       .verdict = SEKI_PERMIT,
                                                       .reason = "" });
        }
        return TRUE;
}

static const SekiRoleOps odd_role = { .size = sizeof (SekiRoleOps),
                                      .actions = actions,
                                      .handle = odd_handle };

SEKI_MODULE_DEFINE (
        FAKE_HEAD,
        .kind = SEKI_KIND_ROLE,
        FAKE_LIFE,
        .role = &odd_role);
