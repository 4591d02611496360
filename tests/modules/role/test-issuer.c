/* SPDX-License-Identifier: Apache-2.0 */
#include "call.h"

#define NONE SEKI_NUMBER_NONE
#define PERSON SEKI_NUMBER_INDIVIDUAL
#define TARO \
        "kana", "ヤマダ タロウ", "name", "山田 太郎", "birth", "1970-04-01", \
        "address", "東京都千代田区1-1"

static Call *
from_office (const char *action)
{
        Call *call = call_new (&maker, NULL, SEKI_CALLER_OFFICE, action);
        call_set_purpose (call, "P02");
        return call;
}

static Call *
from_transfer (const char *action)
{
        return call_new (&maker, &transfer_party, SEKI_CALLER_NODE, action);
}

static void
test_request (void)
{
        g_autoptr (Call) call = from_office ("issuer.request");

        call_add (call, NONE, "code", CODE_A, "issue", "7203", "holder", "123456789", "name", "A",
                  NULL);
        call_add (call, NONE, "code", CODE_B, "issue", "6758", NULL);
        call_store (call, 1, PERSON, "code", CODE_B, TARO, "issue", "6758", "given", "<transfer",
                    NULL);
        call_add (call, NONE, "code", CODE_L, "issue", "2501", NULL);
        call_add (call, NONE, "code", CODE_A2, NULL);
        call_add (call, NONE, "code", CODE_A, "issue", "6758", NULL);
        call_run (call);
        assert_reason (call, 0, "");
        assert_reason (call, 1, "");
        assert_reason (call, 2, "issue-foreign");
        assert_reason (call, 3, "malformed");
        assert_reason (call, 4, "code-repeated");
        /* What was asked is remembered; the second is known already. */
        g_assert_cmpuint (call_count (call, SEKI_EFFECT_PUT), ==, 1);
        const SekiEffect *put = call_effect (call, SEKI_EFFECT_PUT, 0);
        g_assert_cmpuint (put->number, ==, SEKI_NUMBER_KEEP);
        assert_field (put->record, "issue", "7203");
        assert_field (put->record, "holder", "123456789");
        assert_field (put->record, "name", NULL);
        g_assert_cmpuint (call_count (call, SEKI_EFFECT_SEND), ==, 2);
        const SekiEffect *sent = call_effect (call, SEKI_EFFECT_SEND, 0);
        g_assert_cmpstr (sent->to, ==, "transfer");
        g_assert_cmpstr (sent->action, ==, "transfer.provide");
        g_assert_cmpstr (sent->reply, ==, "issuer.provided");
        g_assert_cmpuint (sent->number, ==, 0);
        assert_field (sent->record, "code", CODE_A);
        assert_field (sent->record, "issue", "7203");
        assert_field (sent->record, "holder", NULL);
}

static void
request_case (const char *purpose, const char *to, gboolean treasury, const char *reason)
{
        g_autoptr (Call) call = from_office ("issuer.request");

        call_set_purpose (call, purpose);
        call_set_to (call, to);
        call_set_treasury (call, treasury);
        call_add (call, NONE, "code", CODE_A, "issue", "7203", NULL);
        call_run (call);
        assert_reason (call, 0, reason);
        g_assert_cmpuint (call_count (call, SEKI_EFFECT_SEND), ==, reason[0] == '\0' ? 1 : 0);
}

static void
test_request_refusals (void)
{
        request_case ("P11", NULL, FALSE, "");
        request_case ("P02", "treasury", TRUE, "");
        request_case ("P13", NULL, FALSE, "purpose-unlisted");
        request_case (NULL, NULL, FALSE, "purpose-unlisted");
        request_case ("P02", NULL, TRUE, "receiver-unnamed");
        request_case ("P02", "treasury", FALSE, "receiver-unknown");
        request_case ("P02", "bank-a", FALSE, "receiver-unknown");
}

static void
test_provided (void)
{
        g_autoptr (Call) call =
                call_new (&maker, &transfer_party, SEKI_CALLER_REPLY, "issuer.provided");

        call_add (call, PERSON, "code", CODE_A, TARO, NULL);
        call_store (call, 0, NONE, "code", CODE_A, "issue", "7203", "holder", "123456789", NULL);
        call_add (call, PERSON, "code", CODE_B, TARO, NULL);
        call_store (call, 1, PERSON, "code", CODE_B, TARO, "issue", "7203", "given", "<transfer",
                    NULL);
        call_subject (call, 1)->same_number = TRUE;
        call_run (call);
        assert_reason (call, 0, "");
        assert_reason (call, 1, "");
        g_assert_cmpuint (call_count (call, SEKI_EFFECT_PUT), ==, 1);
        const SekiEffect *put = call_effect (call, SEKI_EFFECT_PUT, 0);
        g_assert_cmpuint (put->number, ==, SEKI_NUMBER_TAKE);
        assert_field (put->record, "name", "山田 太郎");
        assert_field (put->record, "issue", "7203");
        assert_field (put->record, "holder", "123456789");
        assert_field (put->record, "given", "<transfer");
}

/* What nobody asked for is not kept (Number Act art. 20). */
static void
test_provided_refusals (void)
{
        g_autoptr (Call) call =
                call_new (&maker, &transfer_party, SEKI_CALLER_REPLY, "issuer.provided");

        call_add (call, PERSON, "code", CODE_A, TARO, NULL);
        call_add (call, PERSON, "code", CODE_A2, TARO, NULL);
        call_store (call, 1, PERSON, "code", CODE_A2, TARO,
                    NULL); /* of another role of this node */
        call_add (call, NONE, "code", CODE_B, TARO, NULL);
        call_store (call, 2, NONE, "code", CODE_B, "issue", "7203", NULL);
        call_add (call, NONE, "code", CODE_L, NULL);
        call_store (call, 3, NONE, "code", CODE_L, "issue", "7203", NULL);
        call_subject (call, 3)->verdict = "not-holder";
        call_run (call);
        assert_reason (call, 0, "not-requested");
        assert_reason (call, 1, "not-requested");
        assert_reason (call, 2, "number-missing");
        assert_reason (call, 3, "peer-refused");
}

static void
test_changes (void)
{
        static const char *const actions[] = { "issuer.correct", "issuer.withdraw",
                                               "issuer.close" };
        static const SekiNumberEdit edits[] = { SEKI_NUMBER_TAKE, SEKI_NUMBER_DROP,
                                                SEKI_NUMBER_KEEP };

        for (guint k = 0; k < G_N_ELEMENTS (actions); k++) {
                g_autoptr (Call) call = from_transfer (actions[k]);
                call_add (call, k == 0 ? PERSON : NONE, "code", CODE_A, "name", "X", "closed",
                          "2026-03-31", NULL);
                call_store (call, 0, PERSON, "code", CODE_A, TARO, "issue", "7203", "given",
                            "<transfer", NULL);
                call_run (call);
                assert_reason (call, 0, "");
                const SekiEffect *put = call_effect (call, SEKI_EFFECT_PUT, 0);
                g_assert_cmpuint (put->number, ==, edits[k]);
                assert_field (put->record, "name", k == 0 ? "X" : "山田 太郎");
                assert_field (put->record, "closed", k == 2 ? "2026-03-31" : NULL);
                assert_field (put->record, "issue", "7203");
        }
}

static void
test_changes_of_nothing (void)
{
        static const char *const actions[] = { "issuer.correct", "issuer.withdraw",
                                               "issuer.close" };

        for (guint k = 0; k < G_N_ELEMENTS (actions); k++) {
                g_autoptr (Call) call = from_transfer (actions[k]);
                call_add (call, NONE, "code", CODE_A, "name", "山田 太郎", "closed", "2026-03-31",
                          NULL);
                call_store (call, 0, NONE, "code", CODE_A, TARO, "issue", "7203", "given",
                            "<transfer", "closed", "2026-03-31", NULL);
                call_run (call);
                assert_reason (call, 0, "");
                g_assert_cmpuint (call->effects->len, ==, 1);
        }
}

static void
test_changes_of_strangers (void)
{
        static const char *const actions[] = { "issuer.correct", "issuer.withdraw",
                                               "issuer.close" };

        for (guint k = 0; k < G_N_ELEMENTS (actions); k++) {
                g_autoptr (Call) call =
                        call_new (&maker, &treasury_party, SEKI_CALLER_NODE, actions[k]);
                call_add (call, NONE, "code", CODE_A, "name", "X", "closed", "2026-03-31", NULL);
                call_store (call, 0, PERSON, "code", CODE_A, TARO, "issue", "7203", "given",
                            "<transfer", NULL);
                call_add (call, NONE, "code", CODE_A2, "name", "X", "closed", "2026-03-31", NULL);
                call_add (call, NONE, "code", CODE_B, "name", "X", "closed", "2026-03-31", NULL);
                call_store (call, 2, PERSON, "code", CODE_B, TARO, "issue", "2501", "given",
                            "<treasury", NULL);
                call_run (call);
                assert_reason (call, 0, "not-source");
                assert_reason (call, 1, "code-unknown");
                assert_reason (call, 2, "code-unknown");
        }
}

static void
test_read (void)
{
        static const char *const actions[] = { "issuer.read", "issuer.export" };

        for (guint k = 0; k < G_N_ELEMENTS (actions); k++) {
                g_autoptr (Call) call = from_office (actions[k]);
                call_add (call, NONE, "code", CODE_A, "issue", "7203", NULL);
                call_store (call, 0, PERSON, "code", CODE_A, TARO, "issue", "7203", "closed",
                            "2026-03-31", NULL);
                call_add (call, NONE, "code", CODE_A2, NULL);
                call_store (call, 1, PERSON, "code", CODE_A2, TARO, NULL);
                call_add (call, NONE, "code", CODE_B, "issue", "2501", NULL);
                call_store (call, 2, PERSON, "code", CODE_B, TARO, "issue", "7203", NULL);
                call_add (call, NONE, "code", CODE_L, NULL);
                call_store (call, 3, NONE, "code", CODE_L, "issue", "7203", NULL);
                call_run (call);
                assert_reason (call, 0, ""); /* the report is due after the account was closed */
                g_assert_cmpuint (call_effect (call, SEKI_EFFECT_GIVE, 0)->number, ==, 1);
                assert_reason (call, 1, "code-unknown");
                assert_reason (call, 2, "issue-foreign");
                assert_reason (call, 3, k == 0 ? "" : "number-missing");
        }
}

static void
test_read_says_why (void)
{
        static const char *const actions[] = { "issuer.read", "issuer.export" };

        for (guint k = 0; k < G_N_ELEMENTS (actions); k++) {
                g_autoptr (Call) call = from_office (actions[k]);
                call_set_purpose (call, "P07");
                call_add (call, NONE, "code", CODE_A, NULL);
                call_store (call, 0, PERSON, "code", CODE_A, TARO, "issue", "7203", NULL);
                call_run (call);
                assert_reason (call, 0, "purpose-unlisted");
        }
}

int
main (int argc, char **argv)
{
        g_test_init (&argc, &argv, NULL);
        g_test_add_func ("/issuer/numbers of own holders are requested", test_request);
        g_test_add_func ("/issuer/a request names purpose and receiver", test_request_refusals);
        g_test_add_func ("/issuer/a number that was asked for is kept", test_provided);
        g_test_add_func ("/issuer/a number nobody asked for is not kept", test_provided_refusals);
        g_test_add_func ("/issuer/changes from the transfer institution are kept", test_changes);
        g_test_add_func ("/issuer/a change of nothing stores nothing", test_changes_of_nothing);
        g_test_add_func ("/issuer/strangers change nothing", test_changes_of_strangers);
        g_test_add_func ("/issuer/records of own holders are read", test_read);
        g_test_add_func ("/issuer/a reader says why", test_read_says_why);
        add_common_tests ("issuer");
        return g_test_run ();
}
