/* SPDX-License-Identifier: Apache-2.0 */
/* What open, start, stop, peek and the upkeep functions promise. */
#include <glib/gstdio.h>
#include <unistd.h>

#include "modules/storage/kit.h"

static Kit *
started_new (gconstpointer object)
{
        Kit *kit = kit_new (object);

        kit_start (kit);
        return kit;
}

static gboolean
skipped (Kit *kit, const char *feature)
{
        if (kit_has (kit, feature))
                return FALSE;
        g_test_skip ("the module does not provide this");
        return TRUE;
}

static void
assert_value (Kit *kit, SekiSpace space, const char *key, const char *expected)
{
        g_autofree char *value = kit_get (kit, space, key);

        g_assert_cmpstr (value, ==, expected);
}

static void
assert_peek (Kit *kit, const char *expected)
{
        g_autofree char *value = kit_peek (kit, "end");

        g_assert_cmpstr (value, ==, expected);
}

static void
test_descriptor_is_complete (gconstpointer object)
{
        g_autoptr (Kit) kit = kit_new (object);
        const SekiStorageOps *ops = kit->ops;

        g_assert_true (g_str_has_prefix (kit->module->name, "storage-"));
        g_assert_nonnull (kit->module->version);
        g_assert_nonnull (kit->module->summary);
        g_assert_cmpuint (kit->module->needs_number, ==, 0);
        g_assert_true (ops->peek && ops->commit && ops->get_many && ops->scan && ops->snapshot);
        g_assert_true (ops->verify && ops->stats && ops->compact);
        for (const SekiOption *option = kit->module->options;
             option != NULL && option->name != NULL; option++) {
                g_assert_cmpuint (strlen (option->help_en), >, 0);
                g_assert_cmpuint (strlen (option->help_ja), >, 0);
        }
}

static void
test_stop_and_close_are_patient (gconstpointer object)
{
        g_autoptr (Kit) kit = kit_new (object);

        kit->module->close (NULL);
        kit_stop (kit);
        kit_start (kit);
        kit_stop (kit);
        kit_stop (kit);
        kit_reopen (kit);
}

static void
test_nothing_is_served_before_start (gconstpointer object)
{
        g_autoptr (Kit) kit = kit_new (object);
        SekiWrite write = { SEKI_SPACE_RECORD, SEKI_SPAN_LITERAL ("k"), SEKI_SPAN_LITERAL ("v") };
        g_autoptr (GError) error = NULL;

        g_assert_false (kit_commit (kit, &write, 1, SEKI_SPAN_NONE, SEKI_SPAN_NONE, &error));
        g_assert_error (error, SEKI_ERROR, SEKI_ERROR_BUSY);
        kit_start (kit);
        assert_value (kit, SEKI_SPACE_RECORD, "k", NULL);
}

static void
test_open_and_peek_touch_nothing (gconstpointer object)
{
        g_autoptr (Kit) kit = kit_new (object);
        g_autofree char *before = folder_digest (kit->root);
        g_autofree char *after = NULL;

        assert_peek (kit, NULL);
        kit_stop (kit);
        after = folder_digest (kit->root);
        g_assert_cmpstr (after, ==, before);
}

static void
test_peek_after_an_orderly_end (gconstpointer object)
{
        g_autoptr (Kit) kit = started_new (object);
        g_autofree char *before = NULL;
        g_autofree char *after = NULL;

        if (skipped (kit, "durable"))
                return;
        kit_put (kit, SEKI_SPACE_STATE, "end", "7");
        assert_peek (kit, "7");
        kit_reopen (kit);
        before = folder_digest (kit->root);
        assert_peek (kit, "7");
        assert_peek (kit, "7");
        after = folder_digest (kit->root);
        g_assert_cmpstr (after, ==, before);
        kit_start (kit);
        assert_value (kit, SEKI_SPACE_STATE, "end", "7");
}

static void
test_rows_survive_a_restart (gconstpointer object)
{
        g_autoptr (Kit) kit = started_new (object);

        if (skipped (kit, "durable"))
                return;
        for (guint i = 0; i < SEKI_SPACE_COUNT; i++)
                kit_put (kit, i, "k", "v");
        kit_put (kit, SEKI_SPACE_RECORD, "empty", "");
        kit_erase (kit, SEKI_SPACE_QUEUE, "k");
        kit_reopen (kit);
        kit_start (kit);
        for (guint i = 0; i < SEKI_SPACE_COUNT; i++)
                assert_value (kit, i, "k", i == SEKI_SPACE_QUEUE ? NULL : "v");
        assert_value (kit, SEKI_SPACE_RECORD, "empty", "");
}

static void
test_nothing_survives_a_stop (gconstpointer object)
{
        g_autoptr (Kit) kit = started_new (object);

        if (kit_has (kit, "durable")) {
                g_test_skip ("the module is durable");
                return;
        }
        kit_put (kit, SEKI_SPACE_RECORD, "k", "v");
        kit_stop (kit);
        kit_start (kit);
        assert_value (kit, SEKI_SPACE_RECORD, "k", NULL);
}

/* At least what was acknowledged is there, whole, and peek says what start finds. */
static void
test_kill_nine (gconstpointer object)
{
        g_autoptr (Kit) kit = kit_new (object);

        if (skipped (kit, "durable"))
                return;
        for (guint round = 0; round < 4; round++) {
                g_autofree char *before = NULL;
                g_autofree char *after = NULL;
                g_autofree char *end = NULL;
                g_autofree char *row = NULL;
                guint count;
                int fd;
                GPid pid = child_start (object, kit->path, 100000, &fd);
                count = child_wait_for (fd, 20 + 17 * round);
                child_kill (pid);
                close (fd);
                before = folder_digest (kit->root);
                end = kit_peek (kit, "end");
                after = folder_digest (kit->root);
                g_assert_cmpstr (after, ==, before);
                g_assert_nonnull (end);
                g_assert_cmpint (atoi (end), >=, (int) count);
                kit_start (kit);
                assert_value (kit, SEKI_SPACE_STATE, "end", end);
                row = kit_get (kit, SEKI_SPACE_RECORD, end);
                g_assert_cmpstr (row, ==, end);
                kit_reopen (kit);
                folder_remove (kit->path);
        }
}

static void
test_snapshot_is_a_store_of_its_moment (gconstpointer object)
{
        g_autoptr (Kit) kit = started_new (object);
        g_autoptr (Kit) copy = NULL;
        g_autoptr (GError) error = NULL;
        g_autofree char *folder = g_build_filename (kit->root, "copy", NULL);

        if (skipped (kit, "snapshot"))
                return;
        kit_put (kit, SEKI_SPACE_STATE, "end", "1");
        kit_put (kit, SEKI_SPACE_RECORD, "k", "old");
        g_assert_true (kit->ops->snapshot (kit->self, folder, &error));
        g_assert_no_error (error);
        kit_put (kit, SEKI_SPACE_STATE, "end", "2");
        kit_erase (kit, SEKI_SPACE_RECORD, "k");
        copy = kit_new_at (object, folder);
        assert_peek (copy, "1");
        kit_start (copy);
        assert_value (copy, SEKI_SPACE_RECORD, "k", "old");
        kit_put (copy, SEKI_SPACE_RECORD, "mine", "1");
        assert_value (kit, SEKI_SPACE_RECORD, "mine", NULL);
        assert_value (kit, SEKI_SPACE_STATE, "end", "2");
        g_assert_false (kit->ops->snapshot (kit->self, folder, &error));
        g_assert_error (error, SEKI_ERROR, SEKI_ERROR_CONFLICT);
}

static void
test_snapshot_refused_says_why (gconstpointer object)
{
        g_autoptr (Kit) kit = started_new (object);
        g_autoptr (GError) error = NULL;
        g_autofree char *folder = g_build_filename (kit->root, "copy", NULL);

        if (kit_has (kit, "snapshot")) {
                g_test_skip ("the module makes snapshots");
                return;
        }
        g_assert_false (kit->ops->snapshot (kit->self, folder, &error));
        g_assert_error (error, SEKI_ERROR, SEKI_ERROR_MISSING);
        g_assert_false (g_file_test (folder, G_FILE_TEST_EXISTS));
}

#define MARKER "marker-of-a-person-who-left"

static void
test_compaction_drives_erased_bytes_out (gconstpointer object)
{
        g_autoptr (Kit) kit = started_new (object);
        g_autoptr (GError) error = NULL;

        if (skipped (kit, "durable"))
                return;
        for (guint i = 0; i < 200; i++) {
                g_autofree char *key = g_strdup_printf ("%03u", i);
                kit_put (kit, SEKI_SPACE_RECORD, key, i % 2 != 0 ? MARKER : "a person who stays");
        }
        kit_reopen (kit);
        kit_start (kit);
        g_assert_cmpuint (folder_count (kit->path, MARKER), >=, 100);
        kit_put (kit, SEKI_SPACE_MEMBER, "elsewhere", "keeps a log alive");
        kit_put (kit, SEKI_SPACE_RECORD, "short-lived", MARKER);
        for (guint i = 1; i < 200; i += 2) {
                g_autofree char *key = g_strdup_printf ("%03u", i);
                kit_erase (kit, SEKI_SPACE_RECORD, key);
        }
        kit_erase (kit, SEKI_SPACE_RECORD, "short-lived");
        g_assert_cmpuint (folder_count (kit->path, MARKER), >=, 100);
        g_assert_true (kit->ops->compact (kit->self, SEKI_SPACE_RECORD, SEKI_SPAN_NONE,
                                          SEKI_SPAN_NONE, &error));
        g_assert_no_error (error);
        g_assert_cmpuint (folder_count (kit->path, MARKER), ==, 0);
        assert_value (kit, SEKI_SPACE_RECORD, "001", NULL);
        assert_value (kit, SEKI_SPACE_RECORD, "002", "a person who stays");
        assert_value (kit, SEKI_SPACE_MEMBER, "elsewhere", "keeps a log alive");
}

static void
test_compaction_of_a_range (gconstpointer object)
{
        g_autoptr (Kit) kit = started_new (object);

        kit_put (kit, SEKI_SPACE_RECORD, "a", "1");
        kit_put (kit, SEKI_SPACE_RECORD, "b", "2");
        kit_erase (kit, SEKI_SPACE_RECORD, "a");
        g_assert_true (kit->ops->compact (kit->self, SEKI_SPACE_RECORD, SEKI_SPAN_LITERAL ("a"),
                                          SEKI_SPAN_LITERAL ("b"), NULL));
        assert_value (kit, SEKI_SPACE_RECORD, "a", NULL);
        assert_value (kit, SEKI_SPACE_RECORD, "b", "2");
}

static void
assert_load_refused (Kit *kit, const SekiWrite *rows, gsize n)
{
        g_autoptr (GError) error = NULL;

        g_assert_false (kit->ops->load (kit->self, SEKI_SPACE_INDEX, rows, n, &error));
        g_assert_nonnull (error);
}

static void
test_load (gconstpointer object)
{
        g_autoptr (Kit) kit = started_new (object);
        g_autoptr (GError) error = NULL;
        SekiWrite rows[] = {
                { SEKI_SPACE_INDEX, SEKI_SPAN_LITERAL ("a"), SEKI_SPAN_LITERAL ("1") },
                { SEKI_SPACE_INDEX, SEKI_SPAN_LITERAL ("b"), SEKI_SPAN_LITERAL ("") },
                { SEKI_SPACE_INDEX, SEKI_SPAN_LITERAL ("c"), SEKI_SPAN_LITERAL ("3") },
        };
        g_autofree char *range = NULL;

        if (kit->ops->load == NULL) {
                g_test_skip ("the module leaves loading to commit");
                return;
        }
        g_assert_true (kit->ops->load (kit->self, SEKI_SPACE_INDEX, rows, 0, &error));
        g_assert_true (kit->ops->load (kit->self, SEKI_SPACE_INDEX, rows, 3, &error));
        g_assert_no_error (error);
        kit_put (kit, SEKI_SPACE_INDEX, "b", "changed");
        kit_put (kit, SEKI_SPACE_INDEX, "bb", "new");
        if (kit_has (kit, "durable")) {
                kit_reopen (kit);
                kit_start (kit);
        }
        range = kit_range (kit, SEKI_SPACE_INDEX, SEKI_SPAN_NONE, SEKI_SPAN_NONE);
        g_assert_cmpstr (range, ==, "a=1 b=changed bb=new c=3");
        rows[1].key = SEKI_SPAN_LITERAL ("z");
        assert_load_refused (kit, rows, 3);
        rows[1].key = SEKI_SPAN_LITERAL ("b");
        rows[1].value = SEKI_SPAN_NONE;
        assert_load_refused (kit, rows, 3);
}

static void
test_figures (gconstpointer object)
{
        g_autoptr (Kit) kit = started_new (object);
        SekiStorageStats stats;

        for (char key[] = "a"; key[0] <= 'j'; key[0]++)
                kit_put (kit, SEKI_SPACE_RECORD, key, "v");
        kit->ops->stats (kit->self, &stats);
        g_assert_cmpuint (stats.rows_estimated, ==, 10);
        g_assert_cmpuint (stats.bytes_in_memory, >, 0);
        g_assert_cmpuint (stats.bytes_free, >, 0);
        if (kit_has (kit, "durable"))
                g_assert_cmpuint (stats.bytes_on_disk, >, 0);
}

static void
test_verify_a_sound_store (gconstpointer object)
{
        g_autoptr (Kit) kit = started_new (object);
        g_autoptr (GError) error = NULL;

        kit_put (kit, SEKI_SPACE_RECORD, "k", "v");
        g_assert_true (kit->ops->verify (kit->self, &error));
        g_assert_no_error (error);
        assert_value (kit, SEKI_SPACE_RECORD, "k", "v");
        g_assert_cmpuint (kit->fake->events->len, ==, 0);
}

void
add_life_tests (const char *object)
{
        g_test_add_data_func ("/storage/life/the descriptor is complete", object,
                              test_descriptor_is_complete);
        g_test_add_data_func ("/storage/life/stop and close are patient", object,
                              test_stop_and_close_are_patient);
        g_test_add_data_func ("/storage/life/nothing is served before start", object,
                              test_nothing_is_served_before_start);
        g_test_add_data_func ("/storage/life/open and peek touch nothing", object,
                              test_open_and_peek_touch_nothing);
        g_test_add_data_func ("/storage/life/peek after an orderly end", object,
                              test_peek_after_an_orderly_end);
        g_test_add_data_func ("/storage/life/rows survive a restart", object,
                              test_rows_survive_a_restart);
        g_test_add_data_func ("/storage/life/nothing survives a stop", object,
                              test_nothing_survives_a_stop);
        g_test_add_data_func ("/storage/life/kill -9", object, test_kill_nine);
        g_test_add_data_func ("/storage/life/a snapshot is a store of its moment", object,
                              test_snapshot_is_a_store_of_its_moment);
        g_test_add_data_func ("/storage/life/a snapshot refused says why", object,
                              test_snapshot_refused_says_why);
        g_test_add_data_func ("/storage/life/compaction drives erased bytes out", object,
                              test_compaction_drives_erased_bytes_out);
        g_test_add_data_func ("/storage/life/compaction of a range", object,
                              test_compaction_of_a_range);
        g_test_add_data_func ("/storage/life/load", object, test_load);
        g_test_add_data_func ("/storage/life/figures", object, test_figures);
        g_test_add_data_func ("/storage/life/verify a sound store", object,
                              test_verify_a_sound_store);
}
