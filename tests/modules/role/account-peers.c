/* SPDX-License-Identifier: Apache-2.0 */
#include "account.h"

static Call *
from_office (const char *action)
{
        return call_new (&bank_a, NULL, SEKI_CALLER_OFFICE, action);
}

static Call *
from_node (const SekiParty *caller, const char *action)
{
        return call_new (&bank_a, caller, SEKI_CALLER_NODE, action);
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
test_pass (void)
{
        g_autoptr (Call) call = from_office ("account.pass");

        call_set_to (call, "bank-b");
        call_add (call, NONE, "code", CODE_A, "to_code", CODE_B, NULL);
        call_store (call, 0, PERSON, "code", CODE_A, TARO, "holding", "yes", "given", "transfer",
                    NULL);
        call_run (call);
        const SekiEffect *sent = call_sent (call, "bank-b");
        g_assert_cmpstr (sent->action, ==, "account.accept");
        g_assert_cmpuint (sent->number, ==, 1);
        assert_field (sent->record, "code", CODE_B);
        assert_field (sent->record, "name", "山田 太郎");
        assert_field (sent->record, "holding", NULL);
        assert_field (call_effect (call, SEKI_EFFECT_PUT, 0)->record, "given",
                      "transfer,bank-b:" CODE_B);
}

static void
pass_case (const char *to, const char *to_code, const char *closed, const char *reason)
{
        g_autoptr (Call) call = from_office ("account.pass");

        call_set_to (call, to);
        call_add (call, NONE, "code", CODE_A, "to_code", to_code, NULL);
        call_store (call, 0, PERSON, "code", CODE_A, TARO, "closed", closed, NULL);
        call_run (call);
        assert_reason (call, 0, reason);
}

static void
test_pass_refusals (void)
{
        pass_case (NULL, CODE_B, NULL, "receiver-unknown");
        pass_case ("nobody", CODE_B, NULL, "receiver-unknown");
        pass_case ("transfer", CODE_B, NULL, "receiver-unknown");
        pass_case ("maker", CODE_B, NULL, "receiver-unknown");
        pass_case ("bank-a", CODE_A2, NULL, "receiver-unknown"); /* ourselves */
        pass_case ("bank-b", CODE_L, NULL, "to-code-foreign");
        pass_case ("bank-b", CODE_A2, NULL, "to-code-foreign");
        pass_case ("bank-b", NULL, NULL, "malformed");
        pass_case ("bank-b", CODE_B, "2026-01-01", "account-closed");
}

static void
test_accept (void)
{
        g_autoptr (Call) call = from_node (&bank_b, "account.accept");

        call_add (call, PERSON, "code", CODE_A, TARO, NULL);
        /* Opened here before: own data stays, the number is taken. */
        call_add (call, PERSON, "code", CODE_A2, TARO, NULL);
        call_store (call, 1, NONE, "code", CODE_A2, "name", "山田 たろう", "address", "大阪市",
                    NULL);
        /* Only a gap is filled: the number is ours. */
        call_add (call, PERSON, "code", "123456700000000000099", TARO, NULL);
        call_store (call, 2, PERSON, "code", "123456700000000000099", "name", "A", "address", "B",
                    NULL);
        call_subject (call, 2)->same_number = TRUE;
        call_add (call, PERSON, "code", "123456700000000000088", TARO, NULL);
        call_store (call, 3, PERSON, "code", "123456700000000000088", TARO, NULL);
        call_add (call, PERSON, "code", CODE_B, TARO, NULL);
        call_add (call, PERSON, "code", "123456700000000000077", TARO, NULL);
        call_store (call, 5, PERSON, "code", "123456700000000000077", TARO, "closed", "2026-01-01",
                    NULL);
        call_run (call);
        for (guint i = 0; i < 3; i++)
                assert_reason (call, i, "");
        const SekiEffect *put = call_effect (call, SEKI_EFFECT_PUT, 0);
        g_assert_cmpuint (put->number, ==, SEKI_NUMBER_TAKE);
        assert_field (put->record, "given", "<bank-b");
        put = call_effect (call, SEKI_EFFECT_PUT, 1);
        g_assert_cmpuint (put->number, ==, SEKI_NUMBER_TAKE);
        assert_field (put->record, "name", "山田 たろう");
        assert_field (put->record, "given", "<bank-b");
        put = call_effect (call, SEKI_EFFECT_PUT, 2);
        g_assert_cmpuint (put->number, ==, SEKI_NUMBER_KEEP);
        assert_field (put->record, "kana", "ヤマダ タロウ");
        assert_field (put->record, "given", NULL);
        assert_reason (call, 3, "number-differs");
        assert_reason (call, 4, "code-foreign");
        assert_reason (call, 5, "account-closed");
}

static void
test_corrected (void)
{
        g_autoptr (Call) call = from_node (&bank_b, "account.corrected");

        call_add (call, PERSON, "code", CODE_A, "address", "大阪市", NULL);
        call_store (call, 0, PERSON, "code", CODE_A, TARO, "given",
                    "<bank-b,transfer,bank-b:" CODE_B ",listed:" CODE_L, NULL);
        call_run (call);
        const SekiEffect *put = call_effect (call, SEKI_EFFECT_PUT, 0);
        g_assert_cmpuint (put->number, ==, SEKI_NUMBER_TAKE);
        assert_field (put->record, "address", "大阪市");
        g_assert_cmpuint (call_count (call, SEKI_EFFECT_SEND), ==, 2); /* not back to who said it */
        g_assert_cmpstr (call_sent (call, "transfer")->action, ==, "transfer.correct");
        g_assert_cmpuint (call_sent (call, "listed")->number, ==, 1);
        assert_field (call_sent (call, "listed")->record, "code", CODE_L);
}

/* The transfer institution joins by the number too, so it always gets it; others need not. */
static void
test_corrected_name (void)
{
        g_autoptr (Call) call = from_node (&bank_b, "account.corrected");

        for (guint i = 0; i < 2; i++) {
                const char *code = i == 0 ? CODE_A : CODE_A2;
                const char *given = i == 0 ? "<bank-b,transfer,listed:" CODE_L : "<bank-b,transfer";
                call_add (call, NONE, "code", code, "name", "山田 花子", NULL);
                call_store (call, i, i == 0 ? PERSON : NONE, "code", code, TARO, "given", given,
                            NULL);
        }
        call_run (call);
        g_assert_cmpuint (call_count (call, SEKI_EFFECT_PUT), ==, 2);
        g_assert_cmpuint (call_effect (call, SEKI_EFFECT_PUT, 0)->number, ==, SEKI_NUMBER_KEEP);
        g_assert_cmpuint (call_count (call, SEKI_EFFECT_SEND), ==, 3);
        g_assert_cmpuint (call_effect (call, SEKI_EFFECT_SEND, 0)->number, ==, 1);
        g_assert_cmpuint (call_sent (call, "listed")->number, ==, 0);
        g_assert_cmpuint (call_effect (call, SEKI_EFFECT_SEND, 2)->number, ==, 0); /* has none */
}

/* Records passed in a circle come to rest: a change that changes nothing ends there. */
static void
test_circle_ends (void)
{
        static const char *const actions[] = { "account.corrected", "account.withdrawn" };

        for (guint k = 0; k < G_N_ELEMENTS (actions); k++) {
                g_autoptr (Call) call = from_node (&bank_b, actions[k]);
                call_add (call, k == 0 ? PERSON : NONE, "code", CODE_A, TARO, NULL);
                call_store (call, 0, k == 0 ? PERSON : NONE, "code", CODE_A, TARO, "given",
                            "<bank-b,transfer", NULL);
                call_subject (call, 0)->same_number = k == 0;
                call_run (call);
                assert_reason (call, 0, "");
                g_assert_cmpuint (call->effects->len, ==, 1);
        }
}

static void
test_withdrawn (void)
{
        g_autoptr (Call) call =
                known_call (from_node (&bank_b, "account.withdrawn"), "<bank-b,transfer");

        call_run (call);
        g_assert_cmpuint (call_effect (call, SEKI_EFFECT_PUT, 0)->number, ==, SEKI_NUMBER_DROP);
        g_assert_cmpstr (call_sent (call, "transfer")->action, ==, "transfer.withdraw");
}

static void
test_closed (void)
{
        g_autoptr (Call) call = from_node (&transfer_party, "account.closed");

        call_set_treasury (call, TRUE);
        call_add (call, NONE, "code", CODE_A, "closed", "2026-03-31", NULL);
        call_store (call, 0, PERSON, "code", CODE_A, TARO, "given", "<transfer,treasury,transfer",
                    NULL);
        call_add (call, NONE, "code", CODE_A2, "closed", "2026-03-31", NULL);
        call_store (call, 1, PERSON, "code", CODE_A2, TARO, "closed", "2026-03-30", "given",
                    "<transfer,treasury", NULL);
        call_run (call);
        assert_reason (call, 0, "");
        assert_reason (call, 1, "");
        g_assert_cmpuint (call_count (call, SEKI_EFFECT_PUT), ==, 1);
        assert_field (call_effect (call, SEKI_EFFECT_PUT, 0)->record, "closed", "2026-03-31");
        g_assert_cmpuint (call_count (call, SEKI_EFFECT_SEND), ==, 1);
        g_assert_cmpstr (call_sent (call, "treasury")->action, ==, "transfer.close");
}

/* From outside, only who gave a record may change it. */
static void
test_sources_only (void)
{
        static const char *const actions[] = { "account.corrected", "account.withdrawn",
                                               "account.closed" };

        for (guint k = 0; k < G_N_ELEMENTS (actions); k++) {
                g_autoptr (Call) call = from_node (&transfer_party, actions[k]);
                call_add (call, NONE, "code", CODE_A, "name", "X", "closed", "2026-03-31", NULL);
                call_store (call, 0, PERSON, "code", CODE_A, TARO, "given",
                            "transfer,<bank-b,<transfer2", NULL);
                call_add (call, NONE, "code", CODE_A2, "name", "X", "closed", "2026-03-31", NULL);
                call_add (call, NONE, "code", CODE_B, "name", "X", "closed", "2026-03-31", NULL);
                call_store (call, 2, PERSON, "code", CODE_B, TARO, "given", "<transfer", NULL);
                call_run (call);
                assert_reason (call, 0, "not-source");
                assert_reason (call, 1, "code-unknown");
                assert_reason (call, 2, "code-foreign");
        }
}

void
add_peer_tests (void)
{
        g_test_add_func ("/account/a record is passed on", test_pass);
        g_test_add_func ("/account/a record goes to the code's own institution",
                         test_pass_refusals);
        g_test_add_func ("/account/a record is accepted, own data stays", test_accept);
        g_test_add_func ("/account/a received record is corrected and passed on", test_corrected);
        g_test_add_func ("/account/a received name is corrected", test_corrected_name);
        g_test_add_func ("/account/a circle comes to rest", test_circle_ends);
        g_test_add_func ("/account/a received number is withdrawn", test_withdrawn);
        g_test_add_func ("/account/a received account is closed", test_closed);
        g_test_add_func ("/account/only who gave a record changes it", test_sources_only);
}
