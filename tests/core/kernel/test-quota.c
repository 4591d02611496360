/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel/quota.h"

static gint64
time_get (gpointer self)
{
        return *(gint64 *) self;
}

static void
test_under_way (void)
{
        gint64 time = 0;
        const SekiClock clock = { .now = time_get, .monotonic = time_get, .self = &time };
        g_autoptr (SekiQuota) quota = seki_quota_new (&clock, 2, 0);
        const char *a = "a", *b = "b";

        g_assert_cmpint (seki_quota_enter (quota, a), ==, SEKI_QUOTA_FREE);
        g_assert_cmpint (seki_quota_enter (quota, a), ==, SEKI_QUOTA_FREE);
        g_assert_cmpint (seki_quota_enter (quota, a), ==, SEKI_QUOTA_UNDER_WAY);
        g_assert_cmpint (seki_quota_enter (quota, b), ==, SEKI_QUOTA_FREE);
        seki_quota_leave (quota, a, FALSE);
        g_assert_cmpint (seki_quota_enter (quota, a), ==, SEKI_QUOTA_FREE);
}

static void
test_refused (void)
{
        gint64 time = 1000;
        const SekiClock clock = { .now = time_get, .monotonic = time_get, .self = &time };
        g_autoptr (SekiQuota) quota = seki_quota_new (&clock, 0, 3);
        const char *a = "a", *b = "b";

        for (guint i = 0; i < 3; i++) {
                g_assert_cmpint (seki_quota_enter (quota, a), ==, SEKI_QUOTA_FREE);
                seki_quota_leave (quota, a, TRUE);
        }
        g_assert_cmpint (seki_quota_enter (quota, a), ==, SEKI_QUOTA_REFUSED);
        g_assert_cmpint (seki_quota_enter (quota, b), ==, SEKI_QUOTA_FREE);
        time += 59 * G_USEC_PER_SEC;
        g_assert_cmpint (seki_quota_enter (quota, a), ==, SEKI_QUOTA_REFUSED);
        time += 2 * G_USEC_PER_SEC;
        g_assert_cmpint (seki_quota_enter (quota, a), ==, SEKI_QUOTA_FREE);
}

/* Refusals count within a minute, not for ever. */
static void
test_refused_seldom (void)
{
        gint64 time = 1000;
        const SekiClock clock = { .now = time_get, .monotonic = time_get, .self = &time };
        g_autoptr (SekiQuota) quota = seki_quota_new (&clock, 0, 2);
        const char *a = "a";

        for (guint i = 0; i < 10; i++) {
                g_assert_cmpint (seki_quota_enter (quota, a), ==, SEKI_QUOTA_FREE);
                seki_quota_leave (quota, a, TRUE);
                time += 61 * G_USEC_PER_SEC;
        }
}

int
main (int argc, char **argv)
{
        g_test_init (&argc, &argv, NULL);
        g_test_add_func ("/quota/messages under way", test_under_way);
        g_test_add_func ("/quota/refusals in a minute", test_refused);
        g_test_add_func ("/quota/refusals now and then", test_refused_seldom);
        return g_test_run ();
}
