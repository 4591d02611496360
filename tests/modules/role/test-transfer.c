/* SPDX-License-Identifier: Apache-2.0 */
#include "call.h"

#define NONE SEKI_NUMBER_NONE
#define PERSON SEKI_NUMBER_INDIVIDUAL
#define FIRM SEKI_NUMBER_CORPORATE
#define TARO \
        "kana", "ヤマダ タロウ", "name", "山田 太郎", "birth", "1970-04-01", \
        "address", "東京都千代田区1-1"

static Call *
from_bank (const char *action)
{
        return call_new (&transfer_party, &bank_a, SEKI_CALLER_NODE, action);
}

static Call *
from_office (const char *action)
{
        return call_new (&transfer_party, NULL, SEKI_CALLER_OFFICE, action);
}

static void
test_register (void)
{
        g_autoptr (Call) call = from_bank ("transfer.register");

        call_add (call, PERSON, "code", CODE_A, TARO, "holding", "yes", "issue", "7203", NULL);
        call_add (call, NONE, "code", CODE_A2, "name", "A", "address", "B", NULL);
        call_run (call);
        assert_reason (call, 0, "");
        assert_reason (call, 1, "");
        g_assert_cmpuint (call_count (call, SEKI_EFFECT_PUT), ==, 2);
        const SekiEffect *put = call_effect (call, SEKI_EFFECT_PUT, 0);
        g_assert_cmpuint (put->number, ==, SEKI_NUMBER_TAKE);
        assert_field (put->record, "kana", "ヤマダ タロウ");
        assert_field (put->record, "address", "東京都千代田区1-1");
        assert_field (put->record, "holding", NULL); /* no business of the transfer institution */
        assert_field (put->record, "issue", NULL);
        g_assert_cmpuint (call_effect (call, SEKI_EFFECT_PUT, 1)->number, ==, SEKI_NUMBER_KEEP);
        g_assert_cmpuint (call_count (call, SEKI_EFFECT_REPORT), ==, 0);
}

/* One batch, a verdict for each record; the good ones go through. */
static void
test_register_refusals (void)
{
        g_autoptr (Call) call = from_bank ("transfer.register");

        call_add (call, PERSON, "code", CODE_B, TARO, NULL);
        call_add (call, PERSON, "code", CODE_A, TARO, "holding", "no", NULL);
        guint closed = call_add (call, PERSON, "code", CODE_A2, TARO, NULL);
        call_store (call, closed, PERSON, "code", CODE_A2, TARO, "closed", "2026-01-05", NULL);
        call_add (call, PERSON, "code", "123456700000000000099", TARO, NULL);
        call_add (call, PERSON, "code", "123456700000000000099", TARO, NULL);
        call_add (call, PERSON, "code", "123456700000000000088", "name", "A", NULL);
        call_run (call);
        assert_reason (call, 0, "code-foreign");
        assert_reason (call, 1, "no-holding");
        assert_reason (call, 2, "account-closed");
        assert_reason (call, 3, "");
        assert_reason (call, 4, "code-repeated");
        assert_reason (call, 5, "malformed");
        g_assert_cmpuint (call_count (call, SEKI_EFFECT_PUT), ==, 1);
}

static void
test_hostile_fields (void)
{
        g_autofree char *longest = g_strnfill (SEKI_VALUE_BYTES_MAX, 'x');
        g_autofree char *longer = g_strnfill (SEKI_VALUE_BYTES_MAX + 1, 'x');
        g_autoptr (Call) call = from_bank ("transfer.register");

        call_add (call, NONE, "code", "123456700000000000001", "name", longer, "address", "B",
                  NULL);
        call_add (call, NONE, "code", "123456700000000000002", "name", longest, "address", "B",
                  NULL);
        call_add (call, NONE, "code", "123456700000000000003", "name", "", "address", "B", NULL);
        call_add (call, NONE, "code", "1234567", "name", "A", "address", "B", NULL);
        call_add (call, NONE, "code", "", "name", "A", "address", "B", NULL);
        call_add (call, NONE, "name", "A", "address", "B", NULL);
        call_add (call, NONE, "code", "123456700000000000004", "name", "A", "address", "B", "kana",
                  "", NULL);
        call_add (call, NONE, "code", "123456700000000000005", "name", "A", "address", "B",
                  "holding", "maybe", NULL);
        call_add (call, NONE, "code", "123456700000000000006", "name", "A", "address", "B", "given",
                  "bank-b", NULL);
        call_run (call);
        assert_reason (call, 0, "malformed");
        assert_reason (call, 1, "");
        for (guint i = 2; i < 7; i++)
                assert_reason (call, i, "malformed");
        assert_reason (call, 7, "no-holding");
        assert_reason (call, 8, "");
        /* The list never comes from outside. */
        assert_field (call_effect (call, SEKI_EFFECT_PUT, 1)->record, "given", NULL);
}

/* The same again is no change: nothing stored, nobody told, nothing reported. */
static void
test_register_again (void)
{
        g_autoptr (Call) call = from_bank ("transfer.register");

        guint i = call_add (call, PERSON, "code", CODE_A, TARO, NULL);
        call_store (call, i, PERSON, "code", CODE_A, TARO, "given", "maker", NULL);
        call_subject (call, i)->same_number = TRUE;
        call_same (call, i, PERSON, "code", CODE_B, "kana", "スズキ", "birth", "1970-04-01", NULL);
        call_run (call);
        assert_reason (call, 0, "");
        g_assert_cmpuint (call->effects->len, ==, 1);
}

static void
join_case (const char *kana, const char *birth, const char *other_kana, const char *other_birth,
           SekiNumberKind number, gboolean joins)
{
        g_autoptr (Call) call = from_bank ("transfer.register");

        guint i = call_add (call, number, "code", CODE_A, "name", "A", "address", "B", "kana", kana,
                            "birth", birth, NULL);
        call_same (call, i, number, "code", CODE_B, "kana", other_kana, "birth", other_birth,
                   "name", "C", NULL);
        call_run (call);
        assert_reason (call, 0, "");
        g_assert_cmpuint (call_count (call, SEKI_EFFECT_PUT), ==, 1);
        g_assert_cmpuint (call_count (call, SEKI_EFFECT_REPORT), ==, joins ? 0 : 1);
        if (joins)
                return;
        const SekiEffect *report = call_effect (call, SEKI_EFFECT_REPORT, 0);
        g_assert_cmpstr (report->reason, ==, "mismatch");
        assert_field (report->record, "code", CODE_A);
        assert_field (report->other, "code", CODE_B);
        assert_field (report->other, "kana", other_kana);
}

static void
test_join (void)
{
        join_case ("ヤマダ タロウ", "1970-04-01", "ヤマダ タロウ", "1970-04-01", PERSON, TRUE);
        join_case ("ヤマダ タロウ", "1970-04-01", "ﾔﾏﾀﾞﾀﾛｳ", "1970-04-01", PERSON, TRUE);
        join_case ("ヤマダ　タロウ", "1970-04-01", "やまだ たろう", "1970-04-01", PERSON, TRUE);
        join_case ("ショウジ ユー", "1970-04-01", "ｼﾖｳｼﾞ ﾕ-", "1970-04-01", PERSON, TRUE);
        join_case ("ハット", "1970-04-01", "ハツト", "1970-04-01", PERSON, TRUE);
        join_case ("ハット", "1970-04-01", "バット", "1970-04-01", PERSON, FALSE);
        join_case ("ヤマダ タロウ", "1970-04-01", "ヤマダ ジロウ", "1970-04-01", PERSON, FALSE);
        join_case ("ヤマダ タロウ", "1970-04-01", "ヤマダ タロウ", "1970-04-02", PERSON, FALSE);
        join_case ("ヤマダ タロウ", "1970-04-01", "ヤマダ タロウ", NULL, PERSON, FALSE);
        join_case ("ヤマダ タロウ", NULL, "ヤマダ タロウ", NULL, PERSON, FALSE);
        join_case ("ヤマダ タロウ", "1970-04-01", NULL, "1970-04-01", PERSON, FALSE);
        join_case ("セキショ", NULL, "ｾｷｼｮ", NULL, FIRM, TRUE);
        join_case ("セキショ", NULL, "セキ", NULL, FIRM, FALSE);
        join_case ("\xff\xfe", "1970-04-01", "\xff\xfd", "1970-04-01", PERSON, FALSE);
}

static void
test_join_same_person_other_number (void)
{
        g_autoptr (Call) call = from_bank ("transfer.correct");

        guint i = call_add (call, PERSON, "code", CODE_A, TARO, NULL);
        call_store (call, i, NONE, "code", CODE_A, TARO, NULL);
        call_alike (call, i, PERSON, "code", CODE_B, TARO, NULL);
        call_alike (call, i, NONE, "code", CODE_L, TARO, NULL);
        call_run (call);
        assert_reason (call, 0, "");
        g_assert_cmpuint (call_count (call, SEKI_EFFECT_REPORT), ==, 1);
        const SekiEffect *report = call_effect (call, SEKI_EFFECT_REPORT, 0);
        g_assert_cmpstr (report->reason, ==, "mismatch-number");
        assert_field (report->other, "code", CODE_B);
}

static void
test_correct_reaches_receivers (void)
{
        g_autoptr (Call) call =
                call_new (&transfer_party, &listed, SEKI_CALLER_NODE, "transfer.correct");

        guint i = call_add (call, PERSON, "code", CODE_L, "address", "大阪市", NULL);
        call_store (call, i, PERSON, "code", CODE_L, TARO, "given",
                    "maker,listed,gone,brewer,<bank-b,bank-a", NULL);
        call_run (call);
        assert_reason (call, 0, "");
        const SekiEffect *put = call_effect (call, SEKI_EFFECT_PUT, 0);
        g_assert_cmpuint (put->number, ==, SEKI_NUMBER_TAKE);
        assert_field (put->record, "address", "大阪市");
        assert_field (put->record, "name", "山田 太郎");
        assert_field (put->record, "given", "maker,listed,gone,brewer,<bank-b,bank-a");
        g_assert_cmpuint (call_count (call, SEKI_EFFECT_SEND), ==, 2);
        const SekiEffect *sent = call_sent (call, "maker");
        g_assert_cmpstr (sent->action, ==, "issuer.correct");
        g_assert_cmpuint (sent->number, ==, 1);
        assert_field (sent->record, "address", "大阪市");
        g_assert_cmpstr (call_sent (call, "brewer")->action, ==, "issuer.correct");
        /* One has left the profile, one is entitled to nothing under this code. */
        g_assert_cmpuint (call_count (call, SEKI_EFFECT_REPORT), ==, 2);
        g_assert_cmpstr (call_effect (call, SEKI_EFFECT_REPORT, 0)->reason, ==, "receiver-gone");
}

/* A receiver that owns the code got it as account institution (F8). */
static void
test_correct_reaches_account (void)
{
        static const char *const both[] = { "1234567", "5555555", NULL };
        g_autoptr (Call) call = from_bank ("transfer.correct");

        call->caller.codes = both;
        guint i = call_add (call, NONE, "code", CODE_L, "name", "山田 花子", NULL);
        call_store (call, i, PERSON, "code", CODE_L, TARO, "given", "listed", NULL);
        call_run (call);
        g_assert_cmpstr (call_sent (call, "listed")->action, ==, "account.corrected");
        g_assert_cmpuint (call_sent (call, "listed")->number, ==, 0); /* it did not change */
}

static void
test_withdraw (void)
{
        g_autoptr (Call) call = from_bank ("transfer.withdraw");

        guint i = call_add (call, NONE, "code", CODE_A, NULL);
        call_store (call, i, PERSON, "code", CODE_A, TARO, "given", "maker,brewer", NULL);
        i = call_add (call, NONE, "code", CODE_A2, NULL);
        call_store (call, i, NONE, "code", CODE_A2, TARO, "given", "maker", NULL);
        call_run (call);
        assert_reason (call, 0, "");
        assert_reason (call, 1, "");
        g_assert_cmpuint (call_count (call, SEKI_EFFECT_PUT), ==, 1);
        g_assert_cmpuint (call_effect (call, SEKI_EFFECT_PUT, 0)->number, ==, SEKI_NUMBER_DROP);
        g_assert_cmpuint (call_count (call, SEKI_EFFECT_SEND), ==, 2);
        const SekiEffect *sent = call_sent (call, "brewer");
        g_assert_cmpstr (sent->action, ==, "issuer.withdraw");
        g_assert_cmpuint (sent->number, ==, 0);
        assert_field (sent->record, "name", NULL);
}

static void
test_close (void)
{
        g_autoptr (Call) call = from_bank ("transfer.close");

        guint i = call_add (call, NONE, "code", CODE_A, "closed", "2026-03-31", NULL);
        call_store (call, i, PERSON, "code", CODE_A, TARO, "given", "maker", NULL);
        i = call_add (call, NONE, "code", CODE_A2, "closed", "2026-03-31", NULL);
        call_store (call, i, PERSON, "code", CODE_A2, TARO, "closed", "2026-03-31", "given",
                    "maker", NULL);
        call_run (call);
        g_assert_cmpuint (call_count (call, SEKI_EFFECT_PUT), ==, 1);
        g_assert_cmpuint (call_effect (call, SEKI_EFFECT_PUT, 0)->number, ==, SEKI_NUMBER_KEEP);
        g_assert_cmpuint (call_effect (call, SEKI_EFFECT_PUT, 0)->subject, ==, 0);
        assert_field (call_effect (call, SEKI_EFFECT_PUT, 0)->record, "closed", "2026-03-31");
        g_assert_cmpstr (call_sent (call, "maker")->action, ==, "issuer.close");
        assert_field (call_sent (call, "maker")->record, "closed", "2026-03-31");
        assert_field (call_sent (call, "maker")->record, "name", NULL);
}

static void
test_changes_of_strangers (void)
{
        static const char *const actions[] = { "transfer.correct", "transfer.withdraw",
                                               "transfer.close" };

        for (guint k = 0; k < G_N_ELEMENTS (actions); k++) {
                g_autoptr (Call) call = from_bank (actions[k]);
                guint i = call_add (call, NONE, "code", CODE_B, "name", "A", "closed", "2026-03-31",
                                    NULL);
                call_store (call, i, PERSON, "code", CODE_B, TARO, NULL);
                call_add (call, NONE, "code", CODE_A, "name", "A", "closed", "2026-03-31", NULL);
                call_run (call);
                assert_reason (call, 0, "code-foreign");
                assert_reason (call, 1, "code-unknown");
        }
}

static Call *
provide_call (const SekiParty *caller, const char *purpose, const char *code, const char *issue)
{
        Call *call = call_new (&transfer_party, caller, SEKI_CALLER_NODE, "transfer.provide");

        call_set_purpose (call, purpose);
        call_add (call, NONE, "code", code, "issue", issue, NULL);
        call_store (call, 0, PERSON, "code", code, TARO, NULL);
        call_subject (call, 0)->holds = TRUE;
        return call;
}

static void
test_provide_issuer (void)
{
        static const char *const listed_purposes[] = { "P01", "P02", "P08", "P10", "P11", "P12" };

        for (guint k = 0; k < G_N_ELEMENTS (listed_purposes); k++) {
                g_autoptr (Call) call = provide_call (&maker, listed_purposes[k], CODE_B, "7203");
                call_run (call);
                assert_reason (call, 0, "");
                g_assert_cmpuint (call_effect (call, SEKI_EFFECT_GIVE, 0)->number, ==, 1);
                const SekiEffect *put = call_effect (call, SEKI_EFFECT_PUT, 0);
                g_assert_cmpuint (put->number, ==, SEKI_NUMBER_KEEP);
                assert_field (put->record, "given", "maker");
                assert_field (put->record, "name", "山田 太郎");
                assert_field (put->record, "issue", NULL); /* it is in the holder reference */
        }
}

static void
test_provide_again (void)
{
        g_autoptr (Call) call = provide_call (&maker, "P02", CODE_A, "7203");

        call_store (call, 0, PERSON, "code", CODE_A, TARO, "given", "brewer,maker", NULL);
        guint i = call_add (call, NONE, "code", CODE_B, "issue", "7203", NULL);
        call_store (call, i, PERSON, "code", CODE_B, TARO, "given", "brewer,<maker", NULL);
        call_subject (call, i)->holds = TRUE;
        call_run (call);
        g_assert_cmpuint (call_count (call, SEKI_EFFECT_GIVE), ==, 2);
        g_assert_cmpuint (call_count (call, SEKI_EFFECT_PUT), ==, 1);
        assert_field (call_effect (call, SEKI_EFFECT_PUT, 0)->record, "given",
                      "brewer,<maker,maker");
}

/* One account under two issues is two requests; twice the same is one too many. */
static void
test_provide_two_issues (void)
{
        g_autoptr (Call) call = provide_call (&maker, "P02", CODE_A, "7203");

        for (guint k = 0; k < 2; k++) {
                guint i = call_add (call, NONE, "code", CODE_A, "issue", "6758", NULL);
                call_store (call, i, PERSON, "code", CODE_A, TARO, NULL);
                call_subject (call, i)->holds = TRUE;
        }
        call_run (call);
        assert_reason (call, 0, "");
        assert_reason (call, 1, "");
        assert_reason (call, 2, "code-repeated");
}

static void
test_provide_account (void)
{
        g_autoptr (Call) call = provide_call (&bank_a, "P10", CODE_A, NULL);

        call_subject (call, 0)->holds = FALSE;
        call_run (call);
        assert_reason (call, 0, "");
        assert_field (call_effect (call, SEKI_EFFECT_PUT, 0)->record, "given", "bank-a");
}

static void
provide_refused (const SekiParty *caller, const char *purpose, const char *code, const char *issue,
                 gboolean holds, const char *reason)
{
        g_autoptr (Call) call = provide_call (caller, purpose, code, issue);

        call_subject (call, 0)->holds = holds;
        call_run (call);
        assert_reason (call, 0, reason);
        g_assert_cmpuint (call->effects->len, ==, 1);
}

static void
test_provide_refusals (void)
{
        provide_refused (&maker, NULL, CODE_A, "7203", TRUE, "purpose-unlisted");
        provide_refused (&maker, "", CODE_A, "7203", TRUE, "purpose-unlisted");
        provide_refused (&maker, "P03", CODE_A, "7203", TRUE, "purpose-unlisted");
        provide_refused (&maker, "P14", CODE_A, "7203", TRUE, "purpose-unlisted");
        provide_refused (&maker, "P021", CODE_A, "7203", TRUE, "purpose-unlisted");
        provide_refused (&bank_a, "P09", CODE_A, NULL, TRUE, "purpose-unlisted");
        provide_refused (&maker, "P02", CODE_A, "2501", TRUE, "issue-foreign");
        provide_refused (&maker, "P02", CODE_A, "7203", FALSE, "not-holder");
        provide_refused (&maker, "P02", CODE_A, NULL, TRUE, "issue-missing");
        provide_refused (&bank_a, "P02", CODE_A, "7203", TRUE, "wrong-caller");
        provide_refused (&bank_a, "P02", CODE_B, NULL, TRUE, "code-foreign");
        provide_refused (&listed, "P02", CODE_A, "7203", TRUE, "issue-foreign");
        provide_refused (&listed, "P02", CODE_A, NULL, TRUE, "code-foreign");
}

static void
test_provide_records_refused (void)
{
        g_autoptr (Call) call =
                call_new (&transfer_party, &maker, SEKI_CALLER_NODE, "transfer.provide");

        call_set_purpose (call, "P02");
        call_add (call, NONE, "code", CODE_A, "issue", "7203", NULL);
        call_add (call, NONE, "code", CODE_A2, "issue", "7203", NULL);
        call_store (call, 1, NONE, "code", CODE_A2, TARO, NULL);
        call_add (call, NONE, "code", CODE_B, "issue", "7203", NULL);
        call_store (call, 2, PERSON, "code", CODE_B, TARO, "closed", "2026-01-01", NULL);
        for (guint i = 0; i < 3; i++)
                call_subject (call, i)->holds = TRUE;
        call_run (call);
        assert_reason (call, 0, "code-unknown");
        assert_reason (call, 1, "number-missing");
        assert_reason (call, 2, "account-closed");
}

/* Who may not ask learns nothing of what is kept. */
static void
test_provide_tells_strangers_nothing (void)
{
        for (guint known = 0; known < 2; known++) {
                g_autoptr (Call) call = provide_call (&maker, "P02", CODE_A, "7203");
                call_subject (call, 0)->holds = FALSE;
                if (!known)
                        call_subject (call, 0)->stored.record = NULL;
                call_run (call);
                assert_reason (call, 0, "not-holder");
        }
}

static void
test_holders (void)
{
        g_autoptr (Call) call = from_office ("transfer.holders");

        call_add (call, NONE, "code", CODE_A, "issue", "7203", NULL);
        call_add (call, NONE, "code", CODE_A, "issue", "6758", "holding", "yes", NULL);
        call_add (call, NONE, "code", CODE_A, "issue", "2501", "holding", "no", NULL);
        call_add (call, NONE, "code", CODE_B, "issue", "2501", "holding", "no", NULL);
        call_add (call, NONE, "code", CODE_B, "issue", "7203", "holding", "yes", NULL);
        call_add (call, NONE, "code", CODE_B, "issue", "7203", "holding", "no", NULL);
        call_add (call, NONE, "code", CODE_B, NULL);
        call_subject (call, 2)->holds = TRUE;
        call_subject (call, 4)->holds = TRUE;
        call_run (call);
        g_assert_cmpuint (call_count (call, SEKI_EFFECT_HOLD), ==, 2);
        g_assert_cmpuint (call_count (call, SEKI_EFFECT_RELEASE), ==, 1);
        g_assert_cmpuint (call_effect (call, SEKI_EFFECT_RELEASE, 0)->subject, ==, 2);
        assert_reason (call, 3, "");
        assert_reason (call, 4, "");
        assert_reason (call, 5, "code-repeated");
        assert_reason (call, 6, "malformed");
}

static void
test_read (void)
{
        g_autoptr (Call) call =
                call_new (&transfer_party, NULL, SEKI_CALLER_PERSON, "transfer.read");

        call_set_purpose (call, "aggregation");
        call_add (call, NONE, "code", CODE_A, NULL);
        call_store (call, 0, PERSON, "code", CODE_A, TARO, NULL);
        call_add (call, NONE, "code", CODE_B, NULL);
        call_run (call);
        g_assert_cmpuint (call_effect (call, SEKI_EFFECT_GIVE, 0)->number, ==, 1);
        assert_reason (call, 1, "code-unknown");
}

static void
test_find (void)
{
        g_autoptr (Call) call = from_office ("transfer.find");

        call_set_purpose (call, "audit");
        call_add (call, PERSON, NULL, NULL);
        call_same (call, 0, PERSON, "code", CODE_A, TARO, NULL);
        call_same (call, 0, PERSON, "code", CODE_B, TARO, NULL);
        call_add (call, PERSON, NULL, NULL);
        call_add (call, NONE, NULL, NULL);
        call_run (call);
        assert_reason (call, 0, "");
        g_assert_cmpuint (call_count (call, SEKI_EFFECT_GIVE), ==, 2);
        g_assert_true (call_effect (call, SEKI_EFFECT_GIVE, 1)->other ==
                       call_subject (call, 0)->same[1].record);
        assert_reason (call, 1, "number-unknown");
        assert_reason (call, 2, "malformed");
}

static void
test_read_says_why (void)
{
        static const char *const actions[] = { "transfer.read", "transfer.find" };

        for (guint k = 0; k < G_N_ELEMENTS (actions); k++) {
                g_autoptr (Call) call = from_office (actions[k]);
                call_add (call, PERSON, "code", CODE_A, NULL);
                call_store (call, 0, PERSON, "code", CODE_A, TARO, NULL);
                call_same (call, 0, PERSON, "code", CODE_B, TARO, NULL);
                call_run (call);
                assert_reason (call, 0, "purpose-missing");
        }
}

int
main (int argc, char **argv)
{
        g_test_init (&argc, &argv, NULL);
        g_test_add_func ("/transfer/a participant is registered", test_register);
        g_test_add_func ("/transfer/each record of a batch has its verdict",
                         test_register_refusals);
        g_test_add_func ("/transfer/hostile fields are refused", test_hostile_fields);
        g_test_add_func ("/transfer/the same again changes nothing", test_register_again);
        g_test_add_func ("/transfer/one number, one person, or a report", test_join);
        g_test_add_func ("/transfer/one person, two numbers is reported",
                         test_join_same_person_other_number);
        g_test_add_func ("/transfer/a correction reaches every receiver",
                         test_correct_reaches_receivers);
        g_test_add_func ("/transfer/a correction reaches the account's own institution",
                         test_correct_reaches_account);
        g_test_add_func ("/transfer/a wrong number is withdrawn everywhere", test_withdraw);
        g_test_add_func ("/transfer/a closing is passed on once", test_close);
        g_test_add_func ("/transfer/strangers change nothing", test_changes_of_strangers);
        g_test_add_func ("/transfer/an issuer gets its holders' numbers", test_provide_issuer);
        g_test_add_func ("/transfer/who received is noted once", test_provide_again);
        g_test_add_func ("/transfer/two issues are two requests", test_provide_two_issues);
        g_test_add_func ("/transfer/an account institution gets its participants' numbers",
                         test_provide_account);
        g_test_add_func ("/transfer/the law's limits refuse", test_provide_refusals);
        g_test_add_func ("/transfer/what is not kept is not given", test_provide_records_refused);
        g_test_add_func ("/transfer/strangers learn nothing", test_provide_tells_strangers_nothing);
        g_test_add_func ("/transfer/holders are remembered and forgotten", test_holders);
        g_test_add_func ("/transfer/a record is read", test_read);
        g_test_add_func ("/transfer/records are found by number", test_find);
        g_test_add_func ("/transfer/a reader says why", test_read_says_why);
        add_common_tests ("transfer");
        return g_test_run ();
}
