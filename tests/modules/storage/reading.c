/* SPDX-License-Identifier: Apache-2.0 */
/* What get_many and scan promise. */
#include <pthread.h>

#include "modules/storage/kit.h"

static Kit *
started_new (gconstpointer object)
{
        Kit *kit = kit_new (object);

        kit_start (kit);
        return kit;
}

static void
note_index (gsize i, SekiSpan value, gpointer user)
{
        g_string_append_printf (user, "%" G_GSIZE_FORMAT "=%.*s ", i, (int) value.len,
                                (const char *) value.data);
}

static void
test_get_many_in_order_without_the_absent (gconstpointer object)
{
        g_autoptr (Kit) kit = started_new (object);
        const SekiSpan keys[] = { SEKI_SPAN_LITERAL ("c"), SEKI_SPAN_LITERAL ("x"),
                                  SEKI_SPAN_LITERAL ("a"), SEKI_SPAN_LITERAL ("c"),
                                  SEKI_SPAN_LITERAL ("b") };
        GString *text = g_string_new (NULL);

        kit_put (kit, SEKI_SPACE_RECORD, "a", "1");
        kit_put (kit, SEKI_SPACE_RECORD, "b", "");
        kit_put (kit, SEKI_SPACE_RECORD, "c", "3");
        g_assert_true (kit->ops->get_many (kit->self, SEKI_SPACE_RECORD, keys, G_N_ELEMENTS (keys),
                                           note_index, text, NULL));
        g_assert_cmpstr (text->str, ==, "0=3 2=1 3=3 4= ");
        g_assert_true (
                kit->ops->get_many (kit->self, SEKI_SPACE_RECORD, NULL, 0, note_index, text, NULL));
        g_string_free (text, TRUE);
}

static void
check_index (gsize i, SekiSpan value, gpointer user)
{
        g_autofree char *expected = g_strdup_printf ("%04u", (guint) i * 2);
        guint *found = user;

        g_assert_true (seki_span_is (value, expected));
        g_assert_cmpuint (i, ==, (*found)++);
}

static void
test_get_a_thousand (gconstpointer object)
{
        g_autoptr (Kit) kit = started_new (object);
        g_autofree SekiWrite *writes = g_new (SekiWrite, 2000);
        g_autofree SekiSpan *keys = g_new (SekiSpan, 1000);
        char texts[2000][8];
        guint found = 0;

        for (guint i = 0; i < 2000; i++) {
                g_snprintf (texts[i], sizeof texts[i], "%04u", i);
                writes[i] = (SekiWrite) { SEKI_SPACE_RECORD, seki_span_text (texts[i]),
                                          seki_span_text (texts[i]) };
        }
        g_assert_true (kit_commit (kit, writes, 2000, SEKI_SPAN_NONE, SEKI_SPAN_NONE, NULL));
        for (guint i = 0; i < 1000; i++)
                keys[i] = writes[2 * i].key;
        g_assert_true (kit->ops->get_many (kit->self, SEKI_SPACE_RECORD, keys, 1000, check_index,
                                           &found, NULL));
        g_assert_cmpuint (found, ==, 1000);
}

static void
assert_range (Kit *kit, const char *from, const char *to, const char *expected)
{
        g_autofree char *rows =
                kit_range (kit, SEKI_SPACE_QUEUE, seki_span_text (from), seki_span_text (to));

        g_assert_cmpstr (rows, ==, expected);
}

static void
test_scan_bounds (gconstpointer object)
{
        g_autoptr (Kit) kit = started_new (object);

        kit_put (kit, SEKI_SPACE_QUEUE, "c", "3");
        kit_put (kit, SEKI_SPACE_QUEUE, "ab", "2");
        kit_put (kit, SEKI_SPACE_QUEUE, "a", "1");
        kit_put (kit, SEKI_SPACE_QUEUE, "\xff", "4");
        kit_put (kit, SEKI_SPACE_INDEX, "b", "elsewhere");
        assert_range (kit, NULL, NULL, "a=1 ab=2 c=3 \xff=4");
        assert_range (kit, "", NULL, "a=1 ab=2 c=3 \xff=4");
        assert_range (kit, "a", "c", "a=1 ab=2");
        assert_range (kit, "aa", "d", "ab=2 c=3");
        assert_range (kit, NULL, "ab", "a=1");
        assert_range (kit, "d", NULL, "\xff=4");
        assert_range (kit, "c", "c", "");
        assert_range (kit, "c", "a", "");
        assert_range (kit, NULL, "", "");
        kit_erase (kit, SEKI_SPACE_QUEUE, "ab");
        assert_range (kit, "a", "d", "a=1 c=3");
}

static gboolean
stop_at_second (SekiSpan key, SekiSpan value, gpointer user)
{
        (void) key;
        (void) value;
        return ++*(guint *) user < 2;
}

static void
test_scan_ends_early (gconstpointer object)
{
        g_autoptr (Kit) kit = started_new (object);
        g_autoptr (GError) error = NULL;
        guint rows = 0;

        for (char key[] = "a"; key[0] <= 'f'; key[0]++)
                kit_put (kit, SEKI_SPACE_RECORD, key, "v");
        g_assert_true (kit->ops->scan (kit->self, SEKI_SPACE_RECORD, SEKI_SPAN_NONE, SEKI_SPAN_NONE,
                                       stop_at_second, &rows, &error));
        g_assert_no_error (error);
        g_assert_cmpuint (rows, ==, 2);
}

/* A writer that is let loose by the first row of a scan. */
typedef struct {
        Kit *kit;
        pthread_t thread;
        GString *seen;
} Reader;

static void *
writer_run (gpointer data)
{
        Kit *kit = data;
        const SekiWrite writes[] = {
                { SEKI_SPACE_RECORD, SEKI_SPAN_LITERAL ("b"), SEKI_SPAN_LITERAL ("new") },
                { SEKI_SPACE_RECORD, SEKI_SPAN_LITERAL ("c"), SEKI_SPAN_NONE },
                { SEKI_SPACE_RECORD, SEKI_SPAN_LITERAL ("d"), SEKI_SPAN_LITERAL ("new") },
        };

        g_assert_true (kit_commit (kit, writes, G_N_ELEMENTS (writes), SEKI_SPAN_NONE,
                                   SEKI_SPAN_NONE, NULL));
        return NULL;
}

/* A module may make the writer wait for the scan, hence the bounded patience. */
static gboolean
write_then_note (SekiSpan key, SekiSpan value, gpointer user)
{
        Reader *reader = user;

        if (reader->seen->len == 0) {
                g_assert_cmpint (pthread_create (&reader->thread, NULL, writer_run, reader->kit),
                                 ==, 0);
                g_usleep (200 * 1000);
        }
        g_string_append_printf (reader->seen, "%.*s=%.*s ", (int) key.len, (const char *) key.data,
                                (int) value.len, (const char *) value.data);
        return TRUE;
}

static void
test_scan_shows_one_moment (gconstpointer object)
{
        g_autoptr (Kit) kit = started_new (object);
        g_autofree char *after = NULL;
        Reader reader = { .kit = kit, .seen = g_string_new (NULL) };

        if (kit->module->threads != SEKI_THREADS_ANY) {
                g_test_skip ("the module takes one caller at a time");
                g_string_free (reader.seen, TRUE);
                return;
        }
        for (char key[] = "a"; key[0] <= 'c'; key[0]++)
                kit_put (kit, SEKI_SPACE_RECORD, key, "old");
        g_assert_true (kit->ops->scan (kit->self, SEKI_SPACE_RECORD, SEKI_SPAN_NONE, SEKI_SPAN_NONE,
                                       write_then_note, &reader, NULL));
        pthread_join (reader.thread, NULL);
        g_assert_cmpstr (reader.seen->str, ==, "a=old b=old c=old ");
        after = kit_range (kit, SEKI_SPACE_RECORD, SEKI_SPAN_NONE, SEKI_SPAN_NONE);
        g_assert_cmpstr (after, ==, "a=old b=new d=new");
        g_string_free (reader.seen, TRUE);
}

typedef struct {
        Kit *kit;
        gint done;
} Pairs;

static void *
pairs_run (gpointer data)
{
        Pairs *pairs = data;

        for (guint i = 0; i < 100; i++) {
                g_autofree char *text = g_strdup_printf ("%u", i);
                SekiWrite writes[] = {
                        { SEKI_SPACE_RECORD, SEKI_SPAN_LITERAL ("left"), seki_span_text (text) },
                        { SEKI_SPACE_RECORD, SEKI_SPAN_LITERAL ("right"), seki_span_text (text) },
                };
                g_assert_true (
                        kit_commit (pairs->kit, writes, 2, SEKI_SPAN_NONE, SEKI_SPAN_NONE, NULL));
        }
        g_atomic_int_set (&pairs->done, 1);
        return NULL;
}

static gboolean
collect_value (SekiSpan key, SekiSpan value, gpointer user)
{
        (void) key;
        g_ptr_array_add (user, g_strndup ((const char *) value.data, value.len));
        return TRUE;
}

static void
test_batches_are_seen_whole (gconstpointer object)
{
        g_autoptr (Kit) kit = started_new (object);
        Pairs pairs = { kit, 0 };
        pthread_t thread;

        if (kit->module->threads != SEKI_THREADS_ANY) {
                g_test_skip ("the module takes one caller at a time");
                return;
        }
        g_assert_cmpint (pthread_create (&thread, NULL, pairs_run, &pairs), ==, 0);
        while (!g_atomic_int_get (&pairs.done)) {
                g_autoptr (GPtrArray) values = g_ptr_array_new_with_free_func (g_free);
                g_assert_true (kit->ops->scan (kit->self, SEKI_SPACE_RECORD, SEKI_SPAN_NONE,
                                               SEKI_SPAN_NONE, collect_value, values, NULL));
                if (values->len == 0)
                        continue;
                g_assert_cmpuint (values->len, ==, 2);
                g_assert_cmpstr (values->pdata[0], ==, values->pdata[1]);
        }
        pthread_join (thread, NULL);
}

void
add_read_tests (const char *object)
{
        g_test_add_data_func ("/storage/read/get many, in order, without the absent", object,
                              test_get_many_in_order_without_the_absent);
        g_test_add_data_func ("/storage/read/get a thousand", object, test_get_a_thousand);
        g_test_add_data_func ("/storage/read/scan keeps its bounds", object, test_scan_bounds);
        g_test_add_data_func ("/storage/read/scan ends early", object, test_scan_ends_early);
        g_test_add_data_func ("/storage/read/scan shows one moment", object,
                              test_scan_shows_one_moment);
        g_test_add_data_func ("/storage/read/batches are seen whole", object,
                              test_batches_are_seen_whole);
}
