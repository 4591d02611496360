/* SPDX-License-Identifier: Apache-2.0 */
/* A bundle is swapped under load: every decision is of one bundle, whole. */
#include "modules/policy/kit.h"

#include <pthread.h>
#include <stdatomic.h>

static const char *object;

#define ROWS 16

typedef struct {
        Kit *kit;
        atomic_bool done;
        atomic_uint decided, mixed;
} Load;

static gpointer
reader (gpointer data)
{
        Load *load = data;
        SekiDecision decisions[ROWS];
        SekiFacts rows[ROWS];
        Row row;

        row_parse (&row, "action=a.b caller=node purpose=P01");
        for (guint i = 0; i < ROWS; i++)
                rows[i] = row.facts;
        while (!atomic_load (&load->done)) {
                g_assert_true (
                        load->kit->ops->decide (load->kit->self, rows, ROWS, decisions, NULL));
                for (guint i = 1; i < ROWS; i++)
                        load->mixed += decisions[i].ground != decisions[0].ground;
                load->decided += ROWS;
        }
        row_clear (&row);
        return NULL;
}

static void
test_swap_under_load (void)
{
        g_autoptr (Kit) kit = kit_new (object, NULL, NULL);
        Load load = { .kit = kit };
        pthread_t threads[3];

#define ONE(kind)                                                                                  \
        KIT_HEAD "access." kind " { id = \"A-1\", title = \"t\", clause = \"6\",\n"                \
                 "on = { action = any }, when = { purpose = is \"P01\" } }"
        kit_write (kit, "rules.lua", ONE ("permit"));
        kit_start (kit);
        for (guint i = 0; i < 3; i++)
                g_assert_cmpint (pthread_create (&threads[i], NULL, reader, &load), ==, 0);
        for (guint i = 0; i < 200; i++) {
                gpointer bundle;
                kit_write (kit, "rules.lua", i % 2 == 0 ? ONE ("forbid") : ONE ("permit"));
                bundle = kit->ops->prepare (kit->self, NULL, NULL);
                g_assert_true (kit->ops->swap (kit->self, bundle, NULL));
                assert_says (kit, "action=a.b caller=node purpose=P01",
                             i % 2 == 0 ? "forbid A-1" : "permit A-1");
        }
        atomic_store (&load.done, TRUE);
        for (guint i = 0; i < 3; i++)
                pthread_join (threads[i], NULL);
        g_assert_cmpuint (load.decided, >, 0);
        g_assert_cmpuint (load.mixed, ==, 0);
}

static void
test_prepare_again (void)
{
        g_autoptr (Kit) kit = kit_new (object, NULL, NULL);
        gpointer first, second;

        kit_write (kit, "rules.lua", ONE ("permit"));
        first = kit->ops->prepare (kit->self, NULL, NULL);
        second = kit->ops->prepare (kit->self, NULL, NULL);
        g_assert_nonnull (first);
        g_assert_true (kit->ops->swap (kit->self, second, NULL));
        g_assert_false (kit->ops->swap (kit->self, second, NULL));
        g_assert_nonnull (kit->ops->prepare (kit->self, NULL, NULL));
}

int
main (int argc, char **argv)
{
        g_test_init (&argc, &argv, NULL);
        object = argv[1];
        g_test_add_func ("/policy-lua/swap/no decision is lost or half of each",
                         test_swap_under_load);
        g_test_add_func ("/policy-lua/swap/what was prepared and not taken is dropped",
                         test_prepare_again);
        return g_test_run ();
}
