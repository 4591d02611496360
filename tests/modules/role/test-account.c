/* SPDX-License-Identifier: Apache-2.0 */
#include "account.h"

static Call *
from_office (const char *action)
{
        return call_new (&bank_a, NULL, SEKI_CALLER_OFFICE, action);
}

/* A call on one record that is stored with a number. */
static Call *
known_call (Call *call, const char *given)
{
        guint i = call_add (call, NONE, "code", CODE_A, NULL);
        call_store (call, i, PERSON, "code", CODE_A, TARO, "holding", "yes", "given", given, NULL);
        return call;
}

static void
test_register (void)
{
        g_autoptr (Call) call = from_office ("account.register");

        call_add (call, PERSON, "code", CODE_A, TARO, "holding", "yes", "to_code", CODE_B, NULL);
        call_add (call, NONE, "code", CODE_A2, "name", "A", "address", "B", NULL);
        call_add (call, PERSON, "code", CODE_B, TARO, NULL);
        call_add (call, PERSON, "code", CODE_A2, TARO, NULL);
        call_add (call, PERSON, "code", "123456700000000000099", "name", "A", NULL);
        guint closed = call_add (call, PERSON, "code", "123456700000000000088", TARO, NULL);
        call_store (call, closed, PERSON, "code", "123456700000000000088", TARO, "closed",
                    "2026-01-01", NULL);
        call_run (call);
        assert_reason (call, 0, "");
        assert_reason (call, 1, "");
        assert_reason (call, 2, "code-foreign");
        assert_reason (call, 3, "code-repeated");
        assert_reason (call, 4, "malformed");
        assert_reason (call, 5, "account-closed");
        const SekiEffect *put = call_effect (call, SEKI_EFFECT_PUT, 0);
        g_assert_cmpuint (put->number, ==, SEKI_NUMBER_TAKE);
        assert_field (put->record, "holding", "yes");
        assert_field (put->record, "to_code", NULL);
        g_assert_cmpuint (call_effect (call, SEKI_EFFECT_PUT, 1)->number, ==, SEKI_NUMBER_KEEP);
        g_assert_cmpuint (call_count (call, SEKI_EFFECT_SEND), ==, 0);
}

/* A second import of the same file tells the receivers what changed, and only that. */
static void
test_register_again (void)
{
        g_autoptr (Call) call = from_office ("account.register");

        for (guint k = 0; k < 2; k++) {
                const char *code = k == 0 ? CODE_A : CODE_A2;
                guint i = call_add (call, PERSON, "code", code, "name", "山田 太郎", "address",
                                    "大阪市", "holding", "no", NULL);
                call_store (call, i, PERSON, "code", code, "name", "山田 太郎", "address",
                            k == 0 ? "大阪市" : "京都市", "holding", "yes", "given", "transfer",
                            NULL);
                call_subject (call, i)->same_number = TRUE;
        }
        call_run (call);
        g_assert_cmpuint (call_count (call, SEKI_EFFECT_PUT), ==, 2);
        assert_field (call_effect (call, SEKI_EFFECT_PUT, 0)->record, "holding", "no");
        g_assert_cmpuint (call_effect (call, SEKI_EFFECT_PUT, 1)->number, ==, SEKI_NUMBER_KEEP);
        g_assert_cmpuint (call_count (call, SEKI_EFFECT_SEND), ==, 1);
        assert_field (call_sent (call, "transfer")->record, "code", CODE_A2);
}

static void
test_correct (void)
{
        g_autoptr (Call) call = from_office ("account.correct");

        call_set_treasury (call, TRUE);
        call_add (call, NONE, "code", CODE_A, "address", "大阪市", NULL);
        call_store (call, 0, PERSON, "code", CODE_A, TARO, "holding", "yes", "given",
                    "transfer,treasury,bank-b:" CODE_B ",<listed,gone", NULL);
        call_run (call);
        assert_reason (call, 0, "");
        const SekiEffect *put = call_effect (call, SEKI_EFFECT_PUT, 0);
        g_assert_cmpuint (put->number, ==, SEKI_NUMBER_KEEP);
        assert_field (put->record, "address", "大阪市");
        assert_field (put->record, "kana", "ヤマダ タロウ");
        assert_field (put->record, "given", "transfer,treasury,bank-b:" CODE_B ",<listed,gone");

        g_assert_cmpuint (call_count (call, SEKI_EFFECT_SEND), ==, 3);
        g_assert_cmpstr (call_sent (call, "treasury")->action, ==, "transfer.correct");
        const SekiEffect *sent = call_sent (call, "transfer");
        g_assert_cmpuint (sent->number, ==, 1); /* F4 joins by number, kana and birth together */
        assert_field (sent->record, "name", "山田 太郎");
        assert_field (sent->record, "address", "大阪市");
        assert_field (sent->record, "holding", NULL);
        sent = call_sent (call, "bank-b");
        g_assert_cmpstr (sent->action, ==, "account.corrected");
        g_assert_cmpuint (sent->number, ==, 0); /* the number did not change */
        assert_field (sent->record, "code", CODE_B);
        g_assert_cmpuint (call_count (call, SEKI_EFFECT_REPORT), ==, 1);
        g_assert_cmpstr (call_effect (call, SEKI_EFFECT_REPORT, 0)->reason, ==, "receiver-gone");
}

static void
test_correct_number (void)
{
        g_autoptr (Call) call = from_office ("account.correct");

        call_add (call, PERSON, "code", CODE_A, NULL);
        call_store (call, 0, PERSON, "code", CODE_A, TARO, "given",
                    "<listed,transfer,bank-b:" CODE_B, NULL);
        call_add (call, PERSON, "code", CODE_A2, NULL);
        call_store (call, 1, PERSON, "code", CODE_A2, TARO, "given", "<transfer", NULL);
        call_subject (call, 1)->same_number = TRUE;
        call_run (call);
        const SekiEffect *put = call_effect (call, SEKI_EFFECT_PUT, 0);
        g_assert_cmpuint (put->number, ==, SEKI_NUMBER_TAKE);
        /* The participant notified it here: who gave the record before corrects it no more. */
        assert_field (put->record, "given", "transfer,bank-b:" CODE_B);
        g_assert_cmpuint (call_sent (call, "transfer")->number, ==, 1);
        g_assert_cmpuint (call_sent (call, "bank-b")->number, ==, 1);
        put = call_effect (call, SEKI_EFFECT_PUT, 1);
        g_assert_cmpuint (put->number, ==, SEKI_NUMBER_KEEP);
        assert_field (put->record, "given", NULL);
}

/* A correction may be said again because a receiver refused it the first time. */
static void
test_correct_again (void)
{
        g_autoptr (Call) call = from_office ("account.correct");

        call_add (call, NONE, "code", CODE_A, "address", "東京都千代田区1-1", NULL);
        call_store (call, 0, NONE, "code", CODE_A, TARO, "given", "transfer", NULL);
        call_add (call, NONE, "code", CODE_A2, "holding", "no", NULL);
        call_store (call, 1, PERSON, "code", CODE_A2, TARO, "given", "transfer", NULL);
        call_run (call);
        g_assert_cmpuint (call_count (call, SEKI_EFFECT_PUT), ==,
                          1); /* of the holding, which nobody else is told */
        g_assert_cmpuint (call_sent (call, "transfer")->subject, ==, 0);
        g_assert_cmpuint (call_sent (call, "transfer")->number, ==, 0);
}

static void
test_withdraw (void)
{
        g_autoptr (Call) call =
                known_call (from_office ("account.withdraw"), "transfer,bank-b:" CODE_B);

        call_add (call, NONE, "code", CODE_A2, NULL);
        call_store (call, 1, NONE, "code", CODE_A2, TARO, NULL);
        call_run (call);
        g_assert_cmpuint (call_effect (call, SEKI_EFFECT_PUT, 0)->number, ==, SEKI_NUMBER_DROP);
        assert_field (call_effect (call, SEKI_EFFECT_PUT, 0)->record, "name", "山田 太郎");
        g_assert_cmpstr (call_sent (call, "transfer")->action, ==, "transfer.withdraw");
        assert_field (call_sent (call, "transfer")->record, "name", NULL);
        g_assert_cmpstr (call_sent (call, "bank-b")->action, ==, "account.withdrawn");
        assert_field (call_sent (call, "bank-b")->record, "code", CODE_B);
        assert_reason (call, 1, "number-missing");
}

/* An account closed here is not closed where the record was passed to. */
static void
test_close (void)
{
        g_autoptr (Call) call = from_office ("account.close");

        call_add (call, NONE, "code", CODE_A, "closed", "2026-03-31", NULL);
        call_store (call, 0, PERSON, "code", CODE_A, TARO, "given", "transfer,bank-b:" CODE_B,
                    NULL);
        call_run (call);
        assert_field (call_effect (call, SEKI_EFFECT_PUT, 0)->record, "closed", "2026-03-31");
        g_assert_cmpuint (call_count (call, SEKI_EFFECT_SEND), ==, 1);
        g_assert_cmpstr (call_sent (call, "transfer")->action, ==, "transfer.close");
        assert_field (call_sent (call, "transfer")->record, "closed", "2026-03-31");
        g_assert_cmpuint (call_sent (call, "transfer")->number, ==, 0);
}

/* Every action of the own office speaks of own, known records only. */
static void
test_own_refusals (void)
{
        static const char *const actions[] = { "account.correct", "account.withdraw",
                                               "account.close",   "account.read",
                                               "account.send",    "account.pass" };

        for (guint k = 0; k < G_N_ELEMENTS (actions); k++) {
                g_autoptr (Call) call = from_office (actions[k]);
                call_set_purpose (call, "P02");
                call_set_to (call, k == 5 ? "bank-b" : NULL);
                call_add (call, NONE, "code", CODE_B, "closed", "2026-01-01", "to_code", CODE_B,
                          NULL);
                call_store (call, 0, PERSON, "code", CODE_B, TARO, "holding", "yes", NULL);
                call_add (call, NONE, "code", CODE_A, "closed", "2026-01-01", "to_code", CODE_B,
                          NULL);
                call_run (call);
                assert_reason (call, 0, "code-foreign");
                assert_reason (call, 1, "code-unknown");
        }
}

static void
test_read (void)
{
        g_autoptr (Call) call = known_call (from_office ("account.read"), NULL);

        call_set_purpose (call, "P02");
        call_add (call, NONE, "code", CODE_A2, NULL);
        call_store (call, 1, NONE, "code", CODE_A2, TARO, NULL);
        call_run (call);
        g_assert_cmpuint (call_effect (call, SEKI_EFFECT_GIVE, 0)->number, ==, 1);
        g_assert_cmpuint (call_effect (call, SEKI_EFFECT_GIVE, 1)->number, ==, 0);

        g_autoptr (Call) other = known_call (from_office ("account.read"), NULL);
        call_set_purpose (other, "P03");
        call_run (other);
        assert_reason (other, 0, "purpose-unlisted");
}

static void
test_send (void)
{
        g_autoptr (Call) call = known_call (from_office ("account.send"), "bank-b:" CODE_B);

        call_set_treasury (call, TRUE);
        call_run (call);
        assert_reason (call, 0, "");
        g_assert_cmpuint (call_count (call, SEKI_EFFECT_SEND), ==, 2);
        const SekiEffect *sent = call_sent (call, "transfer");
        g_assert_cmpstr (sent->action, ==, "transfer.register");
        g_assert_cmpuint (sent->number, ==, 1);
        assert_field (sent->record, "kana", "ヤマダ タロウ");
        assert_field (sent->record, "holding", "yes");
        call_sent (call, "treasury");
        assert_field (call_effect (call, SEKI_EFFECT_PUT, 0)->record, "given",
                      "bank-b:" CODE_B ",transfer,treasury");
}

static void
test_send_to_one (void)
{
        g_autoptr (Call) call = known_call (from_office ("account.send"), "treasury");

        call_set_treasury (call, TRUE);
        call_set_to (call, "treasury");
        call_run (call);
        g_assert_cmpuint (call_count (call, SEKI_EFFECT_SEND), ==, 1);
        call_sent (call, "treasury");
        g_assert_cmpuint (call_count (call, SEKI_EFFECT_PUT), ==, 0); /* nothing changed */
}

static void
send_case (const char *said, const char *stored, const char *closed, const char *to,
           const char *reason)
{
        g_autoptr (Call) call = from_office ("account.send");

        call_set_to (call, to);
        call_add (call, NONE, "code", CODE_A, "holding", said, NULL);
        call_store (call, 0, NONE, "code", CODE_A, TARO, "holding", stored, "closed", closed, NULL);
        call_run (call);
        assert_reason (call, 0, reason);
        if (reason[0] != '\0') {
                g_assert_cmpuint (call->effects->len, ==, 1);
                return;
        }
        g_assert_cmpuint (call_sent (call, "transfer")->number, ==, 0);
        assert_field (call_effect (call, SEKI_EFFECT_PUT, 0)->record, "holding", "yes");
}

static void
test_send_holding (void)
{
        send_case (NULL, "yes", NULL, NULL, "");
        send_case ("yes", "no", NULL, NULL, "");
        send_case ("yes", NULL, NULL, "transfer", "");
        send_case (NULL, "no", NULL, NULL, "no-holding");
        send_case (NULL, NULL, NULL, NULL, "no-holding");
        send_case ("no", "yes", NULL, NULL, "no-holding");
        send_case ("YES", "yes", NULL, NULL, "no-holding");
        send_case ("", "yes", NULL, NULL, "malformed");
        send_case ("yes", "yes", "2026-01-01", NULL, "account-closed");
        send_case ("yes", "yes", NULL, "treasury", "receiver-unknown");
        send_case ("yes", "yes", NULL, "bank-b", "receiver-unknown");
        send_case ("yes", "yes", NULL, "", "receiver-unknown");
}

static void
request_case (const char *code, const char *purpose, const char *to, gboolean treasury,
              const char *reason)
{
        g_autoptr (Call) call = from_office ("account.request");

        call_set_purpose (call, purpose);
        call_set_to (call, to);
        call_set_treasury (call, treasury);
        call_add (call, NONE, "code", code, "name", "A", NULL);
        call_run (call);
        assert_reason (call, 0, reason);
        g_assert_cmpuint (call_count (call, SEKI_EFFECT_SEND), ==, reason[0] == '\0' ? 1 : 0);
        if (reason[0] != '\0')
                return;
        const SekiEffect *sent = call_sent (call, to != NULL ? to : "transfer");
        g_assert_cmpstr (sent->action, ==, "transfer.provide");
        g_assert_cmpstr (sent->reply, ==, "account.provided");
        g_assert_cmpuint (sent->number, ==, 0);
        assert_field (sent->record, "name", NULL);
}

static void
test_request (void)
{
        request_case (CODE_A, "P02", NULL, FALSE, "");
        request_case (CODE_A, "P12", "treasury", TRUE, "");
        request_case (CODE_A, "P02", NULL, TRUE, "receiver-unnamed");
        request_case (CODE_A, "P02", "maker", FALSE, "receiver-unknown");
        request_case (CODE_B, "P02", NULL, FALSE, "code-foreign");
        request_case (CODE_A, "P04", NULL, FALSE, "purpose-unlisted");
        request_case (CODE_A, NULL, NULL, FALSE, "purpose-unlisted");
}

static Call *
from_reply (const SekiParty *caller)
{
        return call_new (&bank_a, caller, SEKI_CALLER_REPLY, "account.provided");
}

static void
test_provided (void)
{
        g_autoptr (Call) call = from_reply (&transfer_party);

        call_add (call, PERSON, "code", CODE_A, TARO, "issue", "7203", NULL);
        call_store (call, 0, NONE, "code", CODE_A, "name", "山田 たろう", "given", "transfer",
                    NULL);
        call_add (call, PERSON, "code", CODE_A2, TARO, NULL);
        call_run (call);
        const SekiEffect *put = call_effect (call, SEKI_EFFECT_PUT, 0);
        g_assert_cmpuint (put->number, ==, SEKI_NUMBER_TAKE);
        assert_field (put->record, "name", "山田 たろう"); /* the participant's own word stays */
        assert_field (put->record, "kana", "ヤマダ タロウ");
        assert_field (put->record, "given", "transfer,<transfer");
        assert_field (put->record, "issue", NULL);
        assert_field (call_effect (call, SEKI_EFFECT_PUT, 1)->record, "given", "<transfer");
}

static void
test_provided_refusals (void)
{
        g_autoptr (Call) call = from_reply (&transfer_party);

        call_add (call, PERSON, "code", CODE_B, TARO, NULL);
        call_add (call, NONE, "code", CODE_A, NULL);
        call_subject (call, 1)->verdict = "number-missing";
        call_add (call, NONE, "code", "123456700000000000077", TARO, NULL);
        call_add (call, PERSON, "code", CODE_A2, TARO, NULL);
        call_store (call, 3, PERSON, "code", CODE_A2, TARO, NULL);
        call_add (call, PERSON, "code", "123456700000000000099", TARO, NULL);
        call_store (call, 4, PERSON, "code", "123456700000000000099", TARO, NULL);
        call_subject (call, 4)->same_number = TRUE;
        call_add (call, PERSON, "code", "123456700000000000088", TARO, NULL);
        call_subject (call, 5)->verdict = NULL;
        call_run (call);
        assert_reason (call, 0, "code-foreign");
        assert_reason (call, 1, "peer-refused");
        assert_reason (call, 2, "number-missing");
        assert_reason (call, 3, "number-differs");
        assert_reason (call, 4, "");
        assert_reason (call, 5, "peer-refused");
        g_assert_cmpuint (call_count (call, SEKI_EFFECT_PUT), ==, 0);
}

int
main (int argc, char **argv)
{
        g_test_init (&argc, &argv, NULL);
        g_test_add_func ("/account/a participant is registered", test_register);
        g_test_add_func ("/account/a second import tells what changed", test_register_again);
        g_test_add_func ("/account/a correction reaches every receiver", test_correct);
        g_test_add_func ("/account/a corrected number is ours", test_correct_number);
        g_test_add_func ("/account/a correction may be said again", test_correct_again);
        g_test_add_func ("/account/a wrong number is withdrawn everywhere", test_withdraw);
        g_test_add_func ("/account/a closing stays with the account", test_close);
        g_test_add_func ("/account/only own and known records", test_own_refusals);
        g_test_add_func ("/account/a record is read for a purpose", test_read);
        g_test_add_func ("/account/a record is sent to all transfer institutions", test_send);
        g_test_add_func ("/account/a record is sent to the one named", test_send_to_one);
        g_test_add_func ("/account/nobody without a holding is sent", test_send_holding);
        g_test_add_func ("/account/numbers of own participants are requested", test_request);
        g_test_add_func ("/account/a provided number is kept", test_provided);
        g_test_add_func ("/account/an answer is taken with care", test_provided_refusals);
        add_peer_tests ();
        add_common_tests ("account");
        return g_test_run ();
}
