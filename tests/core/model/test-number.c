/* SPDX-License-Identifier: Apache-2.0 */
/* Tables: domain.md 2 (Ordinance 85/2014 art. 5, Ordinance 70/2014 art. 2). */
#include "model/number.h"

static const char *
check (const char *number, SekiNumberKind *out_kind)
{
        return seki_number_check (seki_span_text (number), out_kind);
}

static void
test_individual_numbers (void)
{
        static const char *const rows[] = {
                "123456789018", "987654321093", "234567890121", "100000000110", "200000000000",
        };
        for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
                SekiNumberKind kind;
                g_assert_cmpint (seki_number_individual_digit (rows[i]), ==, rows[i][11]);
                g_assert_null (check (rows[i], &kind));
                g_assert_cmpint (kind, ==, SEKI_NUMBER_INDIVIDUAL);
        }
}

static void
test_corporate_numbers (void)
{
        static const char *const rows[] = {
                "7123456789012", "7000012050002", "4011001098993", "7010705000725",
        };
        for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
                SekiNumberKind kind;
                g_assert_cmpint (seki_number_corporate_digit (rows[i] + 1), ==, rows[i][0]);
                g_assert_null (check (rows[i], &kind));
                g_assert_cmpint (kind, ==, SEKI_NUMBER_CORPORATE);
        }
}

/* The ordinance's own words, digit by digit. */
static char
individual_by_definition (const char *base)
{
        guint sum = 0;
        for (guint n = 1; n <= 11; n++) {
                guint p = (guint) (base[11 - n] - '0'), q = n <= 6 ? n + 1 : n - 5;
                sum += p * q;
        }
        return (char) (sum % 11 <= 1 ? '0' : '0' + (11 - sum % 11));
}

static char
corporate_by_definition (const char *base)
{
        guint sum = 0;
        for (guint n = 1; n <= 12; n++)
                sum += (guint) (base[12 - n] - '0') * (n % 2 == 1 ? 1 : 2);
        return (char) ('0' + 9 - sum % 9);
}

static void
test_random_bases_follow_the_ordinances (void)
{
        g_autoptr (GRand) rand = g_rand_new_with_seed (85);
        for (guint i = 0; i < 20000; i++) {
                char base[13] = { 0 };
                for (guint n = 0; n < 12; n++)
                        base[n] = (char) g_rand_int_range (rand, '0', '9' + 1);
                g_assert_cmpint (seki_number_individual_digit (base), ==,
                                 individual_by_definition (base));
                g_assert_cmpint (seki_number_corporate_digit (base), ==,
                                 corporate_by_definition (base));
        }
}

static void
test_wrong_digits_are_found (void)
{
        SekiNumberKind kind;
        char number[] = "123456789018";
        guint missed = 0;
        for (guint at = 0; at < 12; at++)
                for (char digit = '0'; digit <= '9'; digit++) {
                        char kept = number[at];
                        number[at] = digit;
                        missed += digit != kept && check (number, &kind) == NULL;
                        number[at] = kept;
                }
        /* Only what maps remainder 0 and 1 to the same digit can pass: 1.7 % on average. */
        g_assert_cmpuint (missed, <=, 4);
        g_assert_cmpstr (check ("123456789019", &kind), ==, "number-check-digit");
        g_assert_cmpint (kind, ==, SEKI_NUMBER_NONE);
        g_assert_cmpstr (check ("8123456789012", &kind), ==, "number-check-digit");
        g_assert_cmpstr (check ("0000000000000", &kind), ==, "number-check-digit");
}

static void
test_the_reject_list (void)
{
        SekiNumberKind kind;
        g_assert_cmpstr (check ("000000000000", &kind), ==, "number-rejected");
        g_assert_cmpstr (check ("111111111118", &kind), ==, "number-rejected");
        g_assert_cmpstr (check ("9000000000000", &kind), ==, "number-rejected");
        g_assert_cmpint (kind, ==, SEKI_NUMBER_NONE);
        for (char digit = '0'; digit <= '9'; digit++) {
                char number[13];
                memset (number, digit, 11);
                number[11] = seki_number_individual_digit (number);
                number[12] = '\0';
                g_assert_cmpstr (check (number, NULL), ==, "number-rejected");
        }
}

static void
test_other_texts_are_no_numbers (void)
{
        SekiNumberKind kind = SEKI_NUMBER_CORPORATE;
        g_assert_cmpstr (seki_number_check (SEKI_SPAN_NONE, &kind), ==, "number-length");
        g_assert_cmpint (kind, ==, SEKI_NUMBER_NONE);
        g_assert_cmpstr (check ("", NULL), ==, "number-length");
        g_assert_cmpstr (check ("12345678901", NULL), ==, "number-length");
        g_assert_cmpstr (check ("12345678901812", NULL), ==, "number-length");
        g_assert_cmpstr (check ("12345678901x", NULL), ==, "number-digits");
        g_assert_cmpstr (check ("1234-5678-90", NULL), ==, "number-digits");
        g_assert_cmpstr (check ("１２３４", NULL), ==, "number-digits");
        g_assert_cmpstr (seki_number_check (seki_span ("12345678901\0", 12), NULL), ==,
                         "number-digits");
}

static void
test_account_codes (void)
{
        g_assert_null (seki_code_check (seki_span_text ("120576000000000000012")));
        g_assert_cmpstr (seki_code_check (seki_span_text ("12057600000000000001")), ==,
                         "code-length");
        g_assert_cmpstr (seki_code_check (seki_span_text ("1205760000000000000123")), ==,
                         "code-length");
        g_assert_cmpstr (seki_code_check (seki_span_text ("12057600000000000001x")), ==,
                         "code-digits");
        g_assert_cmpstr (seki_code_check (SEKI_SPAN_NONE), ==, "code-length");
}

int
main (int argc, char **argv)
{
        g_test_init (&argc, &argv, NULL);
        g_test_add_func ("/number/individual numbers of the tables pass", test_individual_numbers);
        g_test_add_func ("/number/corporate numbers of the tables pass", test_corporate_numbers);
        g_test_add_func ("/number/check digits follow the ordinances",
                         test_random_bases_follow_the_ordinances);
        g_test_add_func ("/number/wrong digits are found", test_wrong_digits_are_found);
        g_test_add_func ("/number/the reject list is kept", test_the_reject_list);
        g_test_add_func ("/number/other texts are no numbers", test_other_texts_are_no_numbers);
        g_test_add_func ("/number/account codes have 21 digits", test_account_codes);
        return g_test_run ();
}
