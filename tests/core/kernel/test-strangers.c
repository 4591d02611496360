/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel/strangers.h"

typedef struct {
        guint pairs;
        guint64 sum, other;
} Taken;

static void
take (const char *address, const char *reason, guint64 count, gpointer user)
{
        Taken *taken = user;

        g_assert_cmpuint (strlen (reason), >, 0);
        taken->pairs++;
        taken->sum += count;
        if (strcmp (address, "other") == 0)
                taken->other += count;
}

static void
test_counted (void)
{
        SekiStrangers *strangers = seki_strangers_new ();
        Taken taken = { 0 };

        seki_strangers_count (strangers, "192.0.2.1", "no-certificate");
        seki_strangers_count (strangers, "192.0.2.1", "no-certificate");
        seki_strangers_count (strangers, "192.0.2.1", "expired");
        seki_strangers_count (strangers, "2001:db8::1", "a reason of words");
        seki_strangers_take (strangers, take, &taken);
        g_assert_cmpuint (taken.pairs, ==, 3);
        g_assert_cmpuint (taken.sum, ==, 4);
        taken = (Taken){ 0 };
        seki_strangers_take (strangers, take, &taken);
        g_assert_cmpuint (taken.pairs, ==, 0);
        g_assert_cmpuint (seki_strangers_total (strangers), ==, 4);
        seki_strangers_free (strangers);
}

/* A flood from everywhere costs 1,024 pairs and one for each reason beyond. */
static void
test_bounded (void)
{
        SekiStrangers *strangers = seki_strangers_new ();
        Taken taken = { 0 };

        for (guint i = 0; i < 20000; i++) {
                g_autofree char *address = g_strdup_printf ("198.51.%u.%u", i / 256 % 256, i % 256);

                seki_strangers_count (strangers, address, i % 2 ? "expired" : "unknown");
        }
        seki_strangers_take (strangers, take, &taken);
        g_assert_cmpuint (taken.pairs, ==, 1024 + 2);
        g_assert_cmpuint (taken.sum, ==, 20000);
        g_assert_cmpuint (taken.other, ==, 20000 - 1024);
        seki_strangers_count (strangers, "192.0.2.9", "expired");
        taken = (Taken){ 0 };
        seki_strangers_take (strangers, take, &taken);
        g_assert_cmpuint (taken.other, ==, 0);          /* room again */
        g_assert_cmpuint (seki_strangers_total (strangers), ==, 20001);
        seki_strangers_free (strangers);
}

static gpointer
count_many (gpointer user)
{
        for (guint i = 0; i < 5000; i++)
                seki_strangers_count (user, "192.0.2.1", i % 3 ? "expired" : "unknown");
        return NULL;
}

static void
test_threads (void)
{
        SekiStrangers *strangers = seki_strangers_new ();
        Taken taken = { 0 };
        GThread *threads[3];

        for (guint i = 0; i < 3; i++)
                threads[i] = g_thread_new ("count", count_many, strangers);
        for (guint i = 0; i < 20; i++)
                seki_strangers_take (strangers, take, &taken);
        for (guint i = 0; i < 3; i++)
                g_thread_join (threads[i]);
        seki_strangers_take (strangers, take, &taken);
        g_assert_cmpuint (taken.sum, ==, 15000);
        seki_strangers_free (strangers);
}

int
main (int argc, char **argv)
{
        g_test_init (&argc, &argv, NULL);
        g_test_add_func ("/strangers/counted per address and reason", test_counted);
        g_test_add_func ("/strangers/a flood is bounded", test_bounded);
        g_test_add_func ("/strangers/threads", test_threads);
        return g_test_run ();
}
