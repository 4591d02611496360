/* SPDX-License-Identifier: Apache-2.0 */
/* Any call at all: the law's limits hold, memory may run out anywhere, and
 * call_run's own checks hold.  A failure repeats with --seed. */
#include "call.h"

static const char *const codes[] = { CODE_A, CODE_A, CODE_A2, CODE_B, CODE_B,
                                     CODE_L, CODE_L, "12",    "",     NULL };
static const char *const to_codes[] = { CODE_B, CODE_A2, CODE_L, NULL, NULL, NULL, "1" };
static const char *const issues[] = { "7203", "6758", "2501", "8306", NULL, NULL };
static const char *const purposes[] = { "P01", "P02", "P02", "P12", "P03", "", NULL };
static const char *const holdings[] = { "yes", "yes", "no", NULL, NULL, NULL };
static const char *const givens[] = { "transfer",
                                      "maker,bank-b:" CODE_B ",<bank-b",
                                      "<transfer,listed:" CODE_L,
                                      "<bank-b,<treasury,gone,maker,,:,<",
                                      "bank-a,listed,brewer",
                                      NULL };
static const char *const receivers[] = { "transfer", "treasury", "bank-b", "nobody", NULL, NULL };
static const char *const kept_kanas[] = { "ヤマダ", "ﾔﾏﾀﾞ", "\xff",
                                          NULL }; /* nothing empty was ever stored */
static const char *const kanas[] = { "ヤマダ", "ﾔﾏﾀﾞ", "\xff", "ヤマダ", "ﾔﾏﾀﾞ", "", NULL };

#define PICK(list) ((list)[g_test_rand_int_range (0, G_N_ELEMENTS (list))])
#define CHANCE(n) (g_test_rand_int_range (0, (n)) == 0)

static SekiNumberKind
random_number (void)
{
        return g_test_rand_int_range (SEKI_NUMBER_NONE, SEKI_NUMBER_CORPORATE + 1);
}

static void
random_subject (Call *call)
{
        const char *code = PICK (codes);
        SekiNumberKind number = random_number (), kept = random_number ();
        guint i = call_add (call, number, "code", code, "kana", PICK (kanas), "name",
                            CHANCE (8) ? NULL : "山田", "address", "B", "holding", PICK (holdings),
                            "issue", PICK (issues), "to_code", PICK (to_codes), "closed",
                            CHANCE (4) ? NULL : "2026-03-31", NULL);
        SekiSubject *subject = call_subject (call, i);

        subject->holds = CHANCE (2);
        if (call->caller.kind == SEKI_CALLER_REPLY && CHANCE (4))
                subject->verdict = CHANCE (2) ? "not-holder" : NULL;
        if (CHANCE (4) || code == NULL)
                return;
        call_store (call, i, kept, "code", code, "kana", PICK (kept_kanas), "name", "山田",
                    "address", "C", "given", PICK (givens), "holding", CHANCE (2) ? "yes" : NULL,
                    "issue", PICK (issues), "closed", CHANCE (4) ? "2026-01-01" : NULL, NULL);
        call_subject (call, i)->same_number =
                number != SEKI_NUMBER_NONE && number == kept && CHANCE (2);
        for (guint k = 0; number != SEKI_NUMBER_NONE && k < 2; k++)
                if (CHANCE (2))
                        call_same (call, i, number, "code", CODE_B, "kana", PICK (kanas), NULL);
        if (CHANCE (2))
                call_alike (call, i, random_number (), "code", CODE_B, "kana", PICK (kanas), NULL);
}

static Call *
random_call (void)
{
        static const char *const roles[] = { "account", "transfer", "issuer" };
        static const SekiParty *const selves[] = { &listed, &bank_a, &transfer_party, &maker };
        static const SekiParty *const callers[] = { &transfer_party, &treasury_party, &bank_b,
                                                    &bank_a,         &maker,          &brewer,
                                                    &listed };
        const SekiAction *actions = role_module (PICK (roles))->role->actions;
        const SekiAction *provide = role_module ("transfer")->role->actions;
        guint n = 0;

        while (strcmp (provide->name, "transfer.provide") != 0)
                provide++;
        while (actions[n].name != NULL)
                n++;
        const SekiAction *action = &actions[g_test_rand_int_range (0, (gint) n)];
        if (CHANCE (4))
                action = provide;
        SekiCallerSet kind = 1u << g_test_rand_int_range (0, 5);
        if (!CHANCE (4))
                kind = action->callers & ~(guint32) SEKI_CALLER_PERSON;
        gboolean node = (kind & (SEKI_CALLER_NODE | SEKI_CALLER_REPLY)) != 0;
        const char *role = action->name;
        const SekiParty *self =
                g_str_has_prefix (role, "transfer.")
                        ? selves[2]
                        : selves[g_str_has_prefix (role, "issuer.") ? (CHANCE (2) ? 3 : 0)
                                                                    : CHANCE (2)];
        const SekiParty *caller = PICK (callers);
        Call *call = call_new (self,
                               node && caller != self ? caller
                               : node                 ? &bank_b
                                                      : NULL,
                               kind, action->name);

        call_set_purpose (call, PICK (purposes));
        call_set_to (call, PICK (receivers));
        call_set_treasury (call, CHANCE (2));
        for (gint k = g_test_rand_int_range (0, 6); k > 0; k--)
                random_subject (call);
        return call;
}

/* The limits of domain.md 1.1 and 1.2, said a second time and in other words. */
static void
check_provision (Call *call, guint i, SekiSpan purpose, SekiRecord given)
{
        const SekiSubject *subject = call_subject (call, i);
        const SekiParty *caller = call->call.caller;

        g_assert_true (caller->kind == SEKI_CALLER_NODE);
        g_assert_true (seki_span_is (purpose, "P01") || seki_span_is (purpose, "P02") ||
                       seki_span_is (purpose, "P12"));
        if (given.field[SEKI_FIELD_ISSUE].data != NULL)
                g_assert_true ((caller->roles & SEKI_ROLE_ISSUER) != 0 && subject->holds &&
                               seki_party_owns_issue (caller, given.field[SEKI_FIELD_ISSUE]));
        else
                g_assert_true ((caller->roles & SEKI_ROLE_ACCOUNT) != 0 &&
                               seki_party_owns_code (caller, given.field[SEKI_FIELD_CODE]));
        g_assert_true (subject->stored.record != NULL &&
                       subject->stored.number != SEKI_NUMBER_NONE);
}

static SekiRecord
record_keep (const SekiRecord *record, GPtrArray *texts)
{
        SekiRecord kept = *record;
        for (guint f = 0; f < SEKI_FIELD_COUNT; f++)
                if (kept.field[f].data != NULL) {
                        char *text =
                                g_strndup ((const char *) kept.field[f].data, kept.field[f].len);
                        g_ptr_array_add (texts, text);
                        kept.field[f].data = (const guint8 *) text;
                }
        return kept;
}

/* Numbers leave an account institution only for a transfer institution or the owner of the code. */
static void
check_numbers_sent (Call *call)
{
        for (guint k = 0; k < call_count (call, SEKI_EFFECT_SEND); k++) {
                const SekiEffect *sent = call_effect (call, SEKI_EFFECT_SEND, k);
                for (const SekiParty *const *p = call->call.peers; sent->number && *p != NULL; p++)
                        if (strcmp ((*p)->id, sent->to) == 0 &&
                            g_str_has_prefix (call->call.action->name, "account."))
                                g_assert_true (((*p)->roles & SEKI_ROLE_TRANSFER) != 0 ||
                                               seki_party_owns_code (
                                                       *p, sent->record->field[SEKI_FIELD_CODE]));
        }
}

static guint granted, provided;

static void
random_once (void)
{
        g_autoptr (Call) call = random_call ();
        g_autoptr (GPtrArray) texts = g_ptr_array_new_with_free_func (g_free);
        g_autoptr (GArray) given = g_array_new (FALSE, FALSE, sizeof (SekiRecord));
        SekiRecord purpose = { { call->call.purpose } };

        purpose = record_keep (&purpose, texts);
        for (guint i = 0; i < call->subjects->len; i++) {
                SekiRecord kept = record_keep (call_subject (call, i)->given, texts);
                g_array_append_val (given, kept);
        }
        if (!call_run_with (call, CHANCE (3) ? g_test_rand_int_range (0, 12) : -1))
                return;
        check_numbers_sent (call);
        for (guint i = 0; i < call->subjects->len; i++) {
                if (call_reason (call, i)[0] != '\0')
                        continue;
                granted++;
                if (strcmp (call->call.action->name, "transfer.provide") != 0)
                        continue;
                provided++;
                check_provision (call, i, purpose.field[0], g_array_index (given, SekiRecord, i));
        }
}

static void
test_random (void)
{
        for (guint k = 0; k < 20000; k++)
                random_once ();
        g_test_message ("%u records granted, %u of them provided", granted, provided);
        g_assert_cmpuint (granted, >, 1000); /* or the test would prove nothing */
        g_assert_cmpuint (provided, >, 50);
}

int
main (int argc, char **argv)
{
        g_test_init (&argc, &argv, NULL);
        g_test_add_func ("/role/the law's limits hold whatever is called", test_random);
        return g_test_run ();
}
