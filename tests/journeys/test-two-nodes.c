/* SPDX-License-Identifier: Apache-2.0 */
/* The main job between desks: send, join, correct, request, provide, pass, close;
 * then the same over a link that drops, repeats, reorders and delays. */
#include "market.h"

#include "core/kernel/odd.h"

#include <stdlib.h>

#define SEEDS 300

static char *
person (const char *owner, guint n, const char *kana, guint number, const char *address)
{
        char digits[13];

        odd_number (number, digits);
        return g_strdup_printf ("{\"code\":\"%s%014u\",\"name\":\"人 "
                                "%u\",\"kana\":\"%s\",\"birth\":\"1980-01-02\",\"number\":\"%s\","
                                "\"address\":\"%s\",\"holding\":\"yes\"}",
                                owner, n, n, kana, digits, address);
}

static char *
code_of (const char *owner, guint n)
{
        return g_strdup_printf ("%s%014u", owner, n);
}

static void
ask (Market *market, guint desk, const char *action, const char *purpose, const char *to,
     const char *records)
{
        market_ask (market, desk, action, purpose, to, records);
        if (strstr (market->desks[desk]->answer->str, "[true") == NULL)
                g_error ("%s: %s", action, market->desks[desk]->answer->str);
}

static void
assert_field (Market *market, guint desk, const char *code, const char *name, const char *expected)
{
        g_autofree char *value = NULL;

        if (!market_read (market, desk, code))
                g_error ("%s at %u: %s", code, desk, market->desks[desk]->answer->str);
        value = market_field (market, desk, name);
        g_assert_cmpstr (value, ==, expected);
}

static guint
reports (Market *market, guint desk)
{
        return faulty_each (market->desks[desk]->store, SEKI_SPACE_REGISTER, NULL, NULL);
}

static void
test_send_and_correct (void)
{
        Market *market = market_new ();
        g_autofree char *one = person ("1205760", 1, "タロウ", 1, "東京都"),
                        *code = code_of ("1205760", 1);
        g_autofree char *asked = g_strdup_printf ("{\"code\":\"%s\"}", code);
        g_autofree char *moved = g_strdup_printf ("{\"code\":\"%s\",\"address\":\"大阪府\"}", code);
        char number[13];

        odd_number (1, number);
        ask (market, AM1, "account.register", "P02", NULL, one);
        ask (market, AM1, "account.send", "P02", NULL, asked);
        market_settle (market);
        assert_field (market, TI, code, "address", "東京都");
        assert_field (market, TI, code, "number", number);
        ask (market, AM1, "account.correct", "P02", NULL, moved);
        market_settle (market);
        assert_field (market, TI, code, "address", "大阪府");
        assert_field (market, TI, code, "number", number);
        ask (market, AM1, "account.withdraw", "P02", NULL, asked);
        market_settle (market);
        assert_field (market, TI, code, "number", NULL);
        market_assert_ledgers (market);
        market_free (market);
}

/* One person at two institutions: joined by number, kana and birth; what does not
 * agree is reported and nothing is merged. */
static void
test_join (void)
{
        Market *market = market_new ();
        g_autofree char *one = person ("1205760", 1, "タロウ", 1, "東京都"),
                        *same = person ("1205761", 1, "タロウ", 1, "京都府");
        g_autofree char *other = person ("1205761", 2, "ジロウ", 1, "京都府");
        g_autofree char *first = code_of ("1205760", 1), *second = code_of ("1205761", 1),
                        *third = code_of ("1205761", 2);
        g_autofree char *asks[3] = { NULL };

        asks[0] = g_strdup_printf ("{\"code\":\"%s\"}", first);
        asks[1] = g_strdup_printf ("{\"code\":\"%s\"}", second);
        asks[2] = g_strdup_printf ("{\"code\":\"%s\"}", third);
        ask (market, AM1, "account.register", "P02", NULL, one);
        ask (market, AM1, "account.send", "P02", NULL, asks[0]);
        ask (market, AM2, "account.register", "P02", NULL, same);
        ask (market, AM2, "account.send", "P02", NULL, asks[1]);
        market_settle (market);
        g_assert_cmpuint (reports (market, TI), ==, 0);
        ask (market, AM2, "account.register", "P02", NULL, other);
        ask (market, AM2, "account.send", "P02", NULL, asks[2]);
        market_settle (market);
        g_assert_cmpuint (reports (market, TI), >, 0);
        assert_field (market, TI, first, "address", "東京都");
        assert_field (market, TI, second, "address", "京都府");
        assert_field (market, TI, third, "kana", "ジロウ");
        market_assert_ledgers (market);
        market_free (market);
        g_free (asks[1]);
        g_free (asks[2]);
}

/* The issuer asks for its holder, hears of the correction, and of the close. */
static void
test_request (void)
{
        Market *market = market_new ();
        g_autofree char *one = person ("1205760", 1, "タロウ", 1, "東京都"),
                        *code = code_of ("1205760", 1);
        g_autofree char *asked = g_strdup_printf ("{\"code\":\"%s\"}", code);
        g_autofree char *holding =
                g_strdup_printf ("{\"code\":\"%s\",\"issue\":\"JP1234567890\"}", code);
        g_autofree char *foreign =
                g_strdup_printf ("{\"code\":\"%s\",\"issue\":\"JP0000000000\"}", code);
        g_autofree char *moved = g_strdup_printf ("{\"code\":\"%s\",\"address\":\"大阪府\"}", code);
        g_autofree char *closed =
                g_strdup_printf ("{\"code\":\"%s\",\"closed\":\"2025-11-30\"}", code);
        char number[13];

        odd_number (1, number);
        ask (market, AM1, "account.register", "P02", NULL, one);
        ask (market, AM1, "account.send", "P02", NULL, asked);
        ask (market, TI, "transfer.holders", "P02", NULL, holding);
        market_settle (market);
        g_assert_null (
                strstr (market_ask (market, IS1, "issuer.request", "P02", NULL, foreign), "[true"));
        g_assert_null (
                strstr (market_ask (market, IS1, "issuer.request", "P03", NULL, holding), "[true"));
        ask (market, IS1, "issuer.request", "P02", NULL, holding);
        market_settle (market);
        assert_field (market, IS1, code, "number", number);
        ask (market, AM1, "account.correct", "P02", NULL, moved);
        market_settle (market);
        assert_field (market, IS1, code, "address", "大阪府");
        ask (market, AM1, "account.close", "P02", NULL, closed);
        market_settle (market);
        assert_field (market, TI, code, "closed", "2025-11-30");
        assert_field (market, IS1, code, "closed", "2025-11-30");
        market_assert_ledgers (market);
        market_free (market);
}

/* F8 and F9: a number asked back, and a record passed on an account transfer. */
static void
test_pass (void)
{
        Market *market = market_new ();
        g_autofree char *one = person ("1205760", 1, "タロウ", 1, "東京都"),
                        *code = code_of ("1205760", 1);
        g_autofree char *theirs = code_of ("1205761", 9),
                        *asked = g_strdup_printf ("{\"code\":\"%s\"}", code);
        g_autofree char *passed =
                g_strdup_printf ("{\"code\":\"%s\",\"to_code\":\"%s\"}", code, theirs);
        g_autofree char *moved = g_strdup_printf ("{\"code\":\"%s\",\"address\":\"大阪府\"}", code);
        char number[13];

        odd_number (1, number);
        ask (market, AM1, "account.register", "P02", NULL, one);
        ask (market, AM1, "account.send", "P02", NULL, asked);
        market_settle (market);
        ask (market, AM1, "account.pass", "P02", "am2", passed);
        market_settle (market);
        assert_field (market, AM2, theirs, "number", number);
        assert_field (market, AM2, theirs, "name", "人 1");
        ask (market, AM1, "account.correct", "P02", NULL, moved);
        market_settle (market);
        assert_field (market, AM2, theirs, "address", "大阪府");
        assert_field (market, TI, code, "address", "大阪府");
        ask (market, AM1, "account.request", "P02", NULL, asked);
        market_settle (market);
        assert_field (market, AM1, code, "number", number);
        market_assert_ledgers (market);
        market_free (market);
}

/* One schedule: an institution's day with its own accounts, over a link that does
 * what the seed says. */
typedef struct {
        Market *market;
        guint base;                     /* of the account numbers of this seed */
} Day;

static void
day_some_steps (Day *day)
{
        for (guint i = market_random (day->market, 6); i > 0; i--)
                market_step (day->market);
}

static void
day_ask (Day *day, const char *action, const char *to, const char *record)
{
        market_ask (day->market, AM1, action, "P02", to, record);
        g_assert_cmpuint (day->market->desks[AM1]->status, ==, 200);
        day_some_steps (day);
}

static void
day_change (Day *day, guint n)
{
        g_autofree char *code = code_of ("1205760", n),
                        *asked = g_strdup_printf ("{\"code\":\"%s\"}", code);
        g_autofree char *moved = g_strdup_printf ("{\"code\":\"%s\",\"address\":\"町 %u\"}", code,
                                                  market_random (day->market, 1000));
        g_autofree char *passed =
                g_strdup_printf ("{\"code\":\"%s\",\"to_code\":\"1205761%014u\"}", code, n);
        g_autofree char *holding =
                g_strdup_printf ("{\"code\":\"%s\",\"issue\":\"JP1234567890\"}", code);
        g_autofree char *new_number = person ("1205760", n, "タロウ", n + 500000, "新しい町");

        switch (market_random (day->market, 6)) {
        case 0:
                day_ask (day, "account.withdraw", NULL, asked);
                return;
        case 1:
                day_ask (day, "account.pass", "am2", passed);
                return;
        case 2:
                market_ask (day->market, IS1, "issuer.request", "P02", NULL, holding);
                day_some_steps (day);
                return;
        case 3:
                day_ask (day, "account.register", NULL, new_number);
                return;
        default:
                day_ask (day, "account.correct", NULL, moved);
        }
}

/* At the end all who have the record say the same as who keeps it. */
static void
day_assert_agreed (Day *day, guint n)
{
        static const char *const names[] = { "address", "number", "name" };
        g_autofree char *code = code_of ("1205760", n), *theirs = code_of ("1205761", n);

        for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
                g_autofree char *own = NULL, *at_transfer = NULL, *at_second = NULL;

                g_assert_true (market_read (day->market, AM1, code));
                own = market_field (day->market, AM1, names[i]);
                g_assert_true (market_read (day->market, TI, code));
                at_transfer = market_field (day->market, TI, names[i]);
                g_assert_cmpstr (own, ==, at_transfer);
                if (!market_read (day->market, AM2, theirs))
                        continue;
                at_second = market_field (day->market, AM2, names[i]);
                g_assert_cmpstr (own, ==, at_second);
        }
}

static void
day_run (Market *market, guint seed)
{
        Day day = { market, seed * 10 };

        market->seed = seed;
        market->wild = TRUE;
        for (guint n = day.base; n < day.base + 2; n++) {
                g_autofree char *one = person ("1205760", n, "タロウ", n, "東京都"),
                                *code = code_of ("1205760", n);
                g_autofree char *asked = g_strdup_printf ("{\"code\":\"%s\"}", code);
                g_autofree char *holding =
                        g_strdup_printf ("{\"code\":\"%s\",\"issue\":\"JP1234567890\"}", code);

                day_ask (&day, "account.register", NULL, one);
                day_ask (&day, "account.send", NULL, asked);
                market_ask (market, TI, "transfer.holders", "P02", NULL, holding);
        }
        for (guint i = 0; i < 4; i++)
                day_change (&day, day.base + market_random (market, 2));
        market_settle (market);
        market->wild = FALSE;
        market_settle (market);
        for (guint n = day.base; n < day.base + 2; n++)
                day_assert_agreed (&day, n);
}

static void
print_seed (const char *domain, GLogLevelFlags level, const char *text, gpointer user)
{
        g_printerr ("seed %u\n", *(guint *) user);
        g_log_default_handler (domain, level, text, NULL);
}

static void
test_wild (void)
{
        Market *market = market_new ();
        const char *only = g_getenv ("SEKI_SEED");
        guint seed = only != NULL ? (guint) atoi (only) : 1, last = only != NULL ? seed : SEEDS;

        g_log_set_default_handler (print_seed, &seed);
        for (; seed <= last; seed++) {
                g_test_message ("seed %u (SEKI_SEED=%u replays it alone)", seed, seed);
                day_run (market, seed);
                if (seed % 25 == 0)
                        market_assert_ledgers (market);
        }
        market_assert_ledgers (market);
        g_log_set_default_handler (g_log_default_handler, NULL);
        if (only == NULL) {
                g_assert_cmpuint (market->dropped, >, SEEDS);
                g_assert_cmpuint (market->repeated, >, SEEDS);
                g_assert_cmpuint (market->same_receipts, >, SEEDS);
                g_assert_cmpuint (market->restarts, >, SEEDS / 10);
        }
        g_test_message ("exactly once: %u schedules, %u delivered, %u dropped, %u repeated, %u "
                        "restarts, %u receipts repeated",
                        SEEDS, market->delivered, market->dropped, market->repeated,
                        market->restarts, market->same_receipts);
        market_free (market);
}

int
main (int argc, char **argv)
{
        g_test_init (&argc, &argv, NULL);
        g_test_add_func ("/market/send and correct", test_send_and_correct);
        g_test_add_func ("/market/join", test_join);
        g_test_add_func ("/market/request, provide, close", test_request);
        g_test_add_func ("/market/pass and ask back", test_pass);
        g_test_add_func ("/market/a wild link", test_wild);
        return g_test_run ();
}
