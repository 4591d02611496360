/* SPDX-License-Identifier: Apache-2.0 */
/* policy-bench MODULE [RULES]: one JSON line with the cost of a decision and
 * of a load.  Five rules are for each action, two of them for any. */
#include "modules/policy/kit.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define PER_ACTION 3u
#define FOR_ANY 2u
#define ROWS 1000u
#define ROUNDS 9u

static gint64
cpu_ns (void)
{
        struct timespec now;

        clock_gettime (CLOCK_THREAD_CPUTIME_ID, &now);
        return now.tv_sec * G_GINT64_CONSTANT (1000000000) + now.tv_nsec;
}

/* Files of a hundred rules. */
static void
write_rules (Kit *kit, guint n)
{
        GString *text = g_string_new (KIT_HEAD);

        for (guint i = 0; i < n; i++) {
                gboolean any =
                        i < FOR_ANY; /* the rest in full buckets, so that only their number grows */
                g_autofree char *verb = g_strdup_printf ("%u", (i - FOR_ANY) / PER_ACTION);
                g_string_append_printf (
                        text,
                        "access.%s { id = \"R-%05u\", title = \"t\", clause = \"4.3(1)\", on = { "
                        "action = %s%s%s },\n"
                        "  when = { %s, batch_size = at_most (%u), hour = any_of { between (7, "
                        "20), is (22) } } }\n",
                        any || i % 3 == 0 ? "forbid" : "permit", i, any ? "any" : "\"role.verb-",
                        any ? "" : verb, any ? "" : "\"",
                        any ? "country = not_one_of { \"JP\" }"
                            : "purpose = one_of { \"P01\", \"P02\", \"P08\" }, known = yes",
                        1000 + i);
                if (i % 100 == 99 || i + 1 == n) {
                        g_autofree char *name = g_strdup_printf ("r%05u.lua", i);
                        kit_write (kit, name, text->str);
                        g_string_assign (text, KIT_HEAD);
                }
        }
        g_string_free (text, TRUE);
}

static gint
time_compare (gconstpointer a, gconstpointer b)
{
        return (*(const gint64 *) a > *(const gint64 *) b) -
               (*(const gint64 *) a < *(const gint64 *) b);
}

static double
decide_ns (Kit *kit, Row *rows, gsize per_call)
{
        g_autofree SekiFacts *facts = g_new (SekiFacts, ROWS);
        g_autofree SekiDecision *decisions = g_new (SekiDecision, ROWS);
        guint n = kit_schema ()->n_fields;
        g_autofree SekiFact *values = g_new (SekiFact, ROWS * n);
        gint64 rounds[ROUNDS];

        /* Rows as close together as the node keeps them. */
        for (guint i = 0; i < ROWS; i++) {
                facts[i] = rows[i].facts;
                facts[i].value = memcpy (&values[i * n], rows[i].value, n * sizeof *values);
        }
        for (guint r = 0; r < ROUNDS; r++) {
                gint64 start = cpu_ns ();
                for (guint k = 0; k < 20; k++)
                        for (guint i = 0; i < ROWS; i += per_call)
                                if (!kit->ops->decide (kit->self, &facts[i], per_call,
                                                       &decisions[i], NULL))
                                        abort ();
                rounds[r] = cpu_ns () - start;
        }
        qsort (rounds, ROUNDS, sizeof *rounds, time_compare);
        return rounds[ROUNDS / 2] / (20.0 * ROWS);
}

int
main (int argc, char **argv)
{
        guint n = argc > 2 ? (guint) atoi (argv[2]) : 1000;
        g_autoptr (Kit) kit = kit_new (argv[1], NULL, NULL);
        g_autofree Row *rows = g_new (Row, ROWS);
        double load;
        gint64 start;

        write_rules (kit, n);
        start = cpu_ns ();
        kit_start (kit);
        load = (cpu_ns () - start) / 1e6;
        for (guint i = 0; i < ROWS; i++) {
                g_autofree char *row = g_strdup_printf (
                        "action=role.verb-%u caller=%s purpose=%s country=JP known=%s "
                        "batch_size=%u hour=%u effect=put",
                        i * 7 % MAX ((n - FOR_ANY) / PER_ACTION, 1), i % 2 ? "node" : "office",
                        i % 4 ? "P02" : "P03", i % 5 ? "yes" : "no", i * 11 % 2000, i % 24);
                row_parse (&rows[i], row);
        }
        printf ("{\"bench\":\"policy\",\"rules\":%u,\"decide_ns\":%.1f,\"decide_ns_one_row_per_"
                "call\":%.1f,\"load_ms\":%.1f}\n",
                n, decide_ns (kit, rows, ROWS), decide_ns (kit, rows, 1), load);
        for (guint i = 0; i < ROWS; i++)
                row_clear (&rows[i]);
        return 0;
}
