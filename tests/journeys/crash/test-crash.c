/* SPDX-License-Identifier: Apache-2.0 */
/* Kills at random times and at named points; then everything that was
 * acknowledged must be there, once, without manual work. */
#include "crash.h"

#include <stdlib.h>

#define KILLS 50

static void
crash_report (const Crash *crash)
{
        g_test_message ("%u kills: %u acknowledged, %u sent again, %u in doubt, %u lost, %u "
                        "applied twice, %u manual repairs, "
                        "slowest start %u ms",
                        crash->kills, crash->acknowledged, crash->resent, crash->in_doubt,
                        crash->lost, crash->twice, crash->repairs, (guint) (crash->slowest / 1000));
}

static void
test_kills (void)
{
        const char *seed = g_getenv ("SEKI_SEED"), *wanted = g_getenv ("SEKI_KILLS");
        guint kills = wanted != NULL ? (guint) atoi (wanted) : KILLS;
        Crash *crash = crash_new (seed != NULL ? (guint64) atoll (seed) : 20251124);

        for (guint i = 0; crash->kills < kills && i < 2 * kills; i++) {
                CrashHow how = (CrashHow) (i % 3);

                crash_run (crash, how, 1 + crash_random (crash, 8), 60 + crash_random (crash, 60));
                crash_verify (crash);
                if (crash->why != NULL)
                        g_error ("after kill %u: %s", crash->kills, crash->why);
        }
        crash_run (crash, CRASH_NEVER, 0, 10);
        crash_verify (crash);
        crash_report (crash);
        if (crash->why != NULL)
                g_error ("at the end: %s", crash->why);
        g_assert_cmpuint (crash->kills, >=, kills);
        g_assert_cmpuint (crash->acknowledged, ==, crash->orders->len);
        g_assert_cmpuint (crash->resent, >, 0);
        g_assert_cmpuint (crash->in_doubt, >, 0);
        crash_free (crash);
}

/* A store that acknowledges without writing: a harness that does not see this sees nothing. */
static void
test_seen (void)
{
        Crash *crash = crash_new (7);

        crash_run (crash, CRASH_NEVER, 0, 40);
        crash_verify (crash);
        g_assert_null (crash->why);
        crash_run (crash, CRASH_LIE, 3, 60);
        crash_verify (crash);
        g_assert_nonnull (crash->why);
        g_assert_cmpuint (crash->lost + crash->repairs, >, 0);
        g_test_message ("seen: %s", crash->why);
        crash_free (crash);
}

/* An acknowledgement that nobody gave: the journal itself is checked, too. */
static void
test_journal_is_checked (void)
{
        Crash *crash = crash_new (9);
        Order invented = { .id = "order-00000005", .account = 6, .acknowledged = TRUE, .index = 5 };

        crash_run (crash, CRASH_NEVER, 0, 5);
        g_array_append_val (crash->orders, invented);
        crash_verify (crash);
        g_assert_cmpuint (crash->lost, >, 0);
        crash_free (crash);
}

int
main (int argc, char **argv)
{
        g_test_init (&argc, &argv, NULL);
        g_test_add_func ("/crash/kills", test_kills);
        g_test_add_func ("/crash/a lie is seen", test_seen);
        g_test_add_func ("/crash/the journal is checked", test_journal_is_checked);
        return g_test_run ();
}
