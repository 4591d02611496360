/* SPDX-License-Identifier: Apache-2.0 */
/* Small parts of the daemon: maps, expiries, lists and marks, journal, metrics. */
#include "station.h"

#include "daemon/expiry.h"
#include "daemon/lists.h"
#include "daemon/map.h"
#include "daemon/metrics.h"
#include "daemon/reasons.h"

#include <fcntl.h>
#include <unistd.h>

#define DAY (86400 * (gint64) G_USEC_PER_SEC)

static void
test_map (void)
{
        static const guint8 wanted[] = { 0xa3, 0x61, 'b',  2,   0x62, 'a', 'a',
                                         0x81, 3,    0x62, 'a', 'b',  1 };
        g_auto (SekiMap) map;
        g_auto (SekiBuffer) out;

        seki_map_init (&map);
        seki_cbor_writer_init (&out, NULL);
        seki_cbor_write_uint (seki_map_at (&map, "ab"), 1);
        seki_cbor_write_uint (seki_map_at (&map, "b"), 2);
        seki_cbor_write_array (seki_map_at (&map, "aa"), 1);
        seki_cbor_write_uint (&map.values, 3);
        seki_map_write (&map, &out);
        g_assert_cmpmem (out.data, out.len, wanted, sizeof wanted);
        seki_map_write (&map, &out);
        g_assert_cmpuint (out.data[out.len - 1], ==, 0xa0);
}

/* Each stage is told once; a renewed certificate begins anew. */
static void
test_expiries (void)
{
        static const struct {
                gint64 days;
                guint told;
                gint stage;
        } steps[] = { { 0, 0, G_MAXINT }, { 10, 1, 90 }, { 20, 0, 90 }, { 71, 1, 30 }, { 93, 1, 7 },
                      { 94, 0, 7 },       { 99, 1, 1 },  { 100, 1, 0 }, { 101, 0, 0 } };
        int null = open ("/dev/null", O_WRONLY | O_CLOEXEC);
        g_autoptr (SekiJournal) journal = seki_journal_new ("test", null);
        g_autoptr (SekiExpiries) expiries = seki_expiries_new (journal);

        seki_expiries_set (expiries, "certificate", "node", 100 * DAY);
        for (gsize i = 0; i < G_N_ELEMENTS (steps); i++) {
                gint64 now = steps[i].days * DAY + (gint64) i;

                seki_expiries_set (expiries, "certificate", "node", 100 * DAY + (gint64) i);
                g_assert_cmpuint (seki_expiries_check (expiries, now), ==, steps[i].told);
                g_assert_cmpint (
                        seki_expiry_stage (seki_expiries_get (expiries, 0), now), ==,
                        steps[i].stage);
        }
        g_assert_cmpint (seki_expiry_days (seki_expiries_get (expiries, 0), 101 * DAY), ==, -1);
        seki_expiries_set (expiries, "certificate", "node", 130 * DAY);
        g_assert_cmpuint (seki_expiries_check (expiries, 101 * DAY), ==, 1);
        g_assert_cmpuint (seki_expiries_count (expiries), ==, 1);
        seki_expiries_set (expiries, "certificate", "node", 0);
        g_assert_cmpuint (seki_expiries_count (expiries), ==, 0);
        close (null);
}

static void
test_lists (void)
{
        g_autoptr (Station) station = station_new ("test");
        g_autoptr (GError) error = NULL;
        g_autoptr (SekiProfile) profile = seki_profile_read (station->profile, &error);
        g_autoptr (SekiJournal) journal = seki_journal_new ("test", STDERR_FILENO);
        g_autoptr (SekiLists) lists = NULL;
        g_autofree char *path = station_file (station, "ca.crl");
        const SekiListState *state;
        guint generation;
        gsize n;

        g_assert_no_error (error);
        lists = seki_lists_new (profile, &station->clock, journal, &error);
        g_assert_no_error (error);
        state = seki_lists_get (lists, &n);
        g_assert_cmpuint (n, ==, 1);
        g_assert_null (state->problem);
        g_assert_cmpint (state->next_update, >, seki_clock_now (&station->clock) + 29 * DAY);
        generation = seki_trust_get_generation (seki_lists_get_trust (lists));
        g_assert_cmpuint (seki_lists_load (lists, FALSE), ==, 0);
        station_write_list (station);
        g_assert_cmpuint (seki_lists_load (lists, FALSE), ==, 1);
        g_assert_cmpuint (seki_trust_get_generation (seki_lists_get_trust (lists)), >, generation);
        g_assert_cmpuint (seki_lists_load (lists, FALSE), ==, 0);
        g_assert_true (g_file_set_contents (path, "nonsense", -1, NULL));
        g_assert_cmpuint (seki_lists_load (lists, FALSE), ==, 0);
        g_assert_nonnull (state->problem);
        g_assert_cmpint (unlink (path), ==, 0);
        g_assert_cmpuint (seki_lists_load (lists, FALSE), ==, 0);
        station_write_list (station);
        g_assert_cmpuint (seki_lists_load (lists, FALSE), ==, 1);
        g_assert_null (state->problem);
}

/* The mark of the profile against that of its authority, in both ways. */
static void
test_marks (void)
{
        static const char *const marks[] = { "test", "production" };

        for (guint i = 0; i < 4; i++) {
                g_autoptr (Station) station = station_new (marks[i % 2]);
                g_autoptr (SekiJournal) journal = seki_journal_new ("test", STDERR_FILENO);
                g_autoptr (SekiProfile) profile = NULL;
                g_autoptr (SekiLists) lists = NULL;
                g_autoptr (GError) error = NULL;

                station_write_profile (station, marks[i / 2]);
                profile = seki_profile_read (station->profile, &error);
                g_assert_no_error (error);
                lists = seki_lists_new (profile, &station->clock, journal, &error);
                if (i % 2 == i / 2)
                        g_assert_no_error (error);
                else
                        g_assert_error (error, SEKI_ERROR, SEKI_ERROR_CONFIG);
        }
}

/* One line whatever the text holds. */
static void
test_journal (void)
{
        g_autoptr (SekiJournal) journal = NULL;
        char text[256] = "";
        int fds[2];

        g_assert_cmpint (pipe (fds), ==, 0);
        journal = seki_journal_new ("am1", fds[1]);
        seki_journal_say (journal, SEKI_LOG_WARNING, "expiry", "one\ntwo");
        seki_journal_log (journal, SEKI_LOG_INFO, "three");
        close (fds[1]);
        g_assert_cmpint (read (fds[0], text, sizeof text - 1), >, 0);
        g_assert_nonnull (strstr (text, " am1 warning [expiry]: one two\n"));
        g_assert_nonnull (strstr (text, " am1 info: three\n"));
        close (fds[0]);
}

static void
test_metrics (void)
{
        SekiNodeStatus status = { .state = SEKI_NODE_SERVING,
                                  .leaves = 7,
                                  .last_commit = 1500000,
                                  .commit = { .groups = 2, .units = 6, .largest = 4 },
                                  .storage = { .bytes_free = G_MAXUINT64 } };
        g_autofree char *text = seki_metrics_write (&status);
        g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

        g_assert_nonnull (strstr (text, "# TYPE sekisho_commit_units counter\n"));
        g_assert_nonnull (strstr (text, "\nsekisho_commit_units_total 6\n"));
        g_assert_nonnull (strstr (text, "\nsekisho_commit_largest_group 4\n"));
        g_assert_nonnull (strstr (text, "\nsekisho_ledger_leaves 7\n"));
        g_assert_nonnull (strstr (text, "\nsekisho_last_commit_seconds 1.500000\n"));
        g_assert_null (strstr (text, "storage_free"));
        g_assert_true (g_str_has_suffix (text, "\n# EOF\n"));
        for (char **line = lines; *line != NULL && **line != '\0'; line++)
                g_assert_true (g_str_has_prefix (*line, "# ") ||
                               g_str_has_prefix (*line, "sekisho_"));
}

static void
test_reasons (void)
{
        g_autofree SekiReason *reasons = seki_reasons_new ();
        g_autoptr (GHashTable) ids = g_hash_table_new (g_str_hash, g_str_equal);

        for (const SekiReason *reason = reasons; reason->id != NULL; reason++) {
                g_assert_true (g_hash_table_add (ids, (gpointer) reason->id));
                g_assert_cmpuint (strlen (reason->id), <, 48);
                g_assert_cmpuint (strlen (reason->en), >, 10);
                g_assert_cmpuint (strlen (reason->ja), >, 10);
        }
        g_assert_true (g_hash_table_contains (ids, "policy-refused"));
        g_assert_true (g_hash_table_contains (ids, "number-check-digit"));
}

int
main (int argc, char **argv)
{
        int status;

        g_test_init (&argc, &argv, NULL);
        g_assert_true (seki_nss_init (NULL));
        g_test_add_func ("/parts/map", test_map);
        g_test_add_func ("/parts/expiries", test_expiries);
        g_test_add_func ("/parts/lists", test_lists);
        g_test_add_func ("/parts/marks", test_marks);
        g_test_add_func ("/parts/journal", test_journal);
        g_test_add_func ("/parts/metrics", test_metrics);
        g_test_add_func ("/parts/reasons", test_reasons);
        status = g_test_run ();
        g_assert_true (seki_nss_shutdown ());
        return status;
}
