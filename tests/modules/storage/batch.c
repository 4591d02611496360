/* SPDX-License-Identifier: Apache-2.0 */
/* What commit promises. */
#include <pthread.h>

#include "modules/storage/kit.h"

#define PUT(space, key, value) { space, SEKI_SPAN_LITERAL (key), SEKI_SPAN_LITERAL (value) }
#define ERASE(space, key) { space, SEKI_SPAN_LITERAL (key), SEKI_SPAN_NONE }

static Kit *
started_new (gconstpointer object)
{
        Kit *kit = kit_new (object);

        kit_start (kit);
        return kit;
}

static void
assert_value (Kit *kit, SekiSpace space, const char *key, const char *expected)
{
        g_autofree char *value = kit_get (kit, space, key);

        g_assert_cmpstr (value, ==, expected);
}

static void
assert_refused (Kit *kit, const SekiWrite *writes, gsize n, SekiSpan guard, SekiSpan expected,
                int code)
{
        g_autoptr (GError) error = NULL;
        gboolean done = kit_commit (kit, writes, n, guard, expected, &error);

        g_assert_false (done);
        g_assert_error (error, SEKI_ERROR, code);
        g_assert_cmpuint (strlen (error->message), >, 20);
}

static void
test_one_batch_over_all_spaces (gconstpointer object)
{
        g_autoptr (Kit) kit = started_new (object);
        SekiWrite writes[SEKI_SPACE_COUNT];
        gboolean done;

        for (guint i = 0; i < SEKI_SPACE_COUNT; i++)
                writes[i] = (SekiWrite) { SEKI_SPACE_COUNT - 1 - i, SEKI_SPAN_LITERAL ("k"),
                                          SEKI_SPAN_LITERAL ("v") };
        done = kit_commit (kit, writes, SEKI_SPACE_COUNT, SEKI_SPAN_NONE, SEKI_SPAN_NONE, NULL);
        g_assert_true (done);
        for (guint i = 0; i < SEKI_SPACE_COUNT; i++)
                assert_value (kit, i, "k", "v");
        assert_value (kit, SEKI_SPACE_RECORD, "other", NULL);
}

static void
test_spaces_do_not_mix (gconstpointer object)
{
        g_autoptr (Kit) kit = started_new (object);

        kit_put (kit, SEKI_SPACE_RECORD, "k", "record");
        kit_put (kit, SEKI_SPACE_INDEX, "k", "index");
        kit_erase (kit, SEKI_SPACE_INDEX, "k");
        assert_value (kit, SEKI_SPACE_RECORD, "k", "record");
        assert_value (kit, SEKI_SPACE_INDEX, "k", NULL);
}

static void
test_later_write_wins (gconstpointer object)
{
        g_autoptr (Kit) kit = started_new (object);
        const SekiWrite writes[] = {
                PUT (SEKI_SPACE_RECORD, "b", "first"), PUT (SEKI_SPACE_RECORD, "a", "first"),
                ERASE (SEKI_SPACE_RECORD, "c"),        ERASE (SEKI_SPACE_RECORD, "b"),
                PUT (SEKI_SPACE_RECORD, "a", "last"),  PUT (SEKI_SPACE_RECORD, "c", "back"),
        };

        kit_put (kit, SEKI_SPACE_RECORD, "c", "old");
        g_assert_true (kit_commit (kit, writes, G_N_ELEMENTS (writes), SEKI_SPAN_NONE,
                                   SEKI_SPAN_NONE, NULL));
        assert_value (kit, SEKI_SPACE_RECORD, "a", "last");
        assert_value (kit, SEKI_SPACE_RECORD, "b", NULL);
        assert_value (kit, SEKI_SPACE_RECORD, "c", "back");
}

static void
test_later_write_wins_in_a_long_batch (gconstpointer object)
{
        g_autoptr (Kit) kit = started_new (object);
        g_autofree SekiWrite *writes = g_new (SekiWrite, 3000);
        guint8 keys[3000], values[3000];

        for (guint i = 0; i < 3000; i++) {
                keys[i] = 'a' + i * 7 % 10;
                values[i] = '0' + i / 300;
                writes[i] = (SekiWrite){ SEKI_SPACE_RECORD, { &keys[i], 1 }, { &values[i], 1 } };
        }
        g_assert_true (kit_commit (kit, writes, 3000, SEKI_SPAN_NONE, SEKI_SPAN_NONE, NULL));
        for (char key[] = "a"; key[0] <= 'j'; key[0]++)
                assert_value (kit, SEKI_SPACE_RECORD, key, "9");
}

static void
test_erasing (gconstpointer object)
{
        g_autoptr (Kit) kit = started_new (object);

        kit_put (kit, SEKI_SPACE_RECORD, "k", "v");
        kit_erase (kit, SEKI_SPACE_RECORD, "k");
        kit_erase (kit, SEKI_SPACE_RECORD, "k");
        kit_erase (kit, SEKI_SPACE_RECORD, "never there");
        assert_value (kit, SEKI_SPACE_RECORD, "k", NULL);
        kit_put (kit, SEKI_SPACE_RECORD, "k", "again");
        assert_value (kit, SEKI_SPACE_RECORD, "k", "again");
}

static void
test_empty_value_is_present (gconstpointer object)
{
        g_autoptr (Kit) kit = started_new (object);
        const SekiWrite change[] = { PUT (SEKI_SPACE_RECORD, "x", "1") };

        kit_put (kit, SEKI_SPACE_RECORD, "k", "");
        assert_value (kit, SEKI_SPACE_RECORD, "k", "");
        kit_put (kit, SEKI_SPACE_STATE, "end", "");
        assert_refused (kit, change, 1, SEKI_SPAN_LITERAL ("end"), SEKI_SPAN_NONE,
                        SEKI_ERROR_CONFLICT);
        g_assert_true (kit_commit (kit, change, 1, SEKI_SPAN_LITERAL ("end"),
                                   SEKI_SPAN_LITERAL (""), NULL));
}

static void
test_empty_batch (gconstpointer object)
{
        g_autoptr (Kit) kit = started_new (object);

        g_assert_true (kit_commit (kit, NULL, 0, SEKI_SPAN_NONE, SEKI_SPAN_NONE, NULL));
        g_assert_true (kit_commit (kit, NULL, 0, SEKI_SPAN_LITERAL ("end"), SEKI_SPAN_NONE, NULL));
        assert_refused (kit, NULL, 0, SEKI_SPAN_LITERAL ("end"), SEKI_SPAN_LITERAL ("1"),
                        SEKI_ERROR_CONFLICT);
}

static void
test_guard (gconstpointer object)
{
        g_autoptr (Kit) kit = started_new (object);
        const SekiSpan end = SEKI_SPAN_LITERAL ("end");
        const SekiWrite first[] = { PUT (SEKI_SPACE_STATE, "end", "1"),
                                    PUT (SEKI_SPACE_RECORD, "a", "1") };
        const SekiWrite second[] = { PUT (SEKI_SPACE_STATE, "end", "2"),
                                     PUT (SEKI_SPACE_RECORD, "a", "2"),
                                     PUT (SEKI_SPACE_LEDGER, "l", "2") };

        assert_refused (kit, first, 2, end, SEKI_SPAN_LITERAL ("0"), SEKI_ERROR_CONFLICT);
        assert_value (kit, SEKI_SPACE_RECORD, "a", NULL);
        g_assert_true (kit_commit (kit, first, 2, end, SEKI_SPAN_NONE, NULL));
        assert_refused (kit, second, 3, end, SEKI_SPAN_NONE, SEKI_ERROR_CONFLICT);
        assert_refused (kit, second, 3, end, SEKI_SPAN_LITERAL ("11"), SEKI_ERROR_CONFLICT);
        assert_refused (kit, second, 3, end, SEKI_SPAN_LITERAL ("2"), SEKI_ERROR_CONFLICT);
        assert_value (kit, SEKI_SPACE_RECORD, "a", "1");
        assert_value (kit, SEKI_SPACE_LEDGER, "l", NULL);
        g_assert_true (kit_commit (kit, second, 3, end, SEKI_SPAN_LITERAL ("1"), NULL));
        assert_value (kit, SEKI_SPACE_STATE, "end", "2");
        assert_value (kit, SEKI_SPACE_LEDGER, "l", "2");
}

static void
test_bounds (gconstpointer object)
{
        g_autoptr (Kit) kit = started_new (object);
        const gsize limit = (gsize) 16 << 20;
        g_autofree guint8 *bytes = g_malloc0 (limit + 1);
        SekiWrite writes[] = { PUT (SEKI_SPACE_RECORD, "good", "1"),
                               PUT (SEKI_SPACE_RECORD, "k", "1") };

        writes[1].key = seki_span (bytes, 0);
        assert_refused (kit, writes, 2, SEKI_SPAN_NONE, SEKI_SPAN_NONE, SEKI_ERROR_INVALID);
        writes[1].key = seki_span (bytes, 129);
        assert_refused (kit, writes, 2, SEKI_SPAN_NONE, SEKI_SPAN_NONE, SEKI_ERROR_LIMIT);
        assert_refused (kit, writes, 1, seki_span (bytes, 129), SEKI_SPAN_NONE, SEKI_ERROR_LIMIT);
        writes[1].key = seki_span (bytes, 128);
        writes[1].value = seki_span (bytes, limit + 1);
        assert_refused (kit, writes, 2, SEKI_SPAN_NONE, SEKI_SPAN_NONE, SEKI_ERROR_LIMIT);
        writes[1].space = SEKI_SPACE_COUNT;
        writes[1].value.len = 1;
        assert_refused (kit, writes, 2, SEKI_SPAN_NONE, SEKI_SPAN_NONE, SEKI_ERROR_INVALID);
        assert_value (kit, SEKI_SPACE_RECORD, "good", NULL);
        writes[1].space = SEKI_SPACE_RECORD;
        writes[1].value.len = limit;
        g_assert_true (kit_commit (kit, writes, 2, SEKI_SPAN_NONE, SEKI_SPAN_NONE, NULL));
        assert_value (kit, SEKI_SPACE_RECORD, "good", "1");
}

typedef struct {
        Kit *kit;
        pthread_barrier_t *line;
        char name;
        guint won, lost;
} Rival;

/* Reads the end, tries to move it by one, and notes its own row on success. */
static void *
rival_run (gpointer data)
{
        Rival *rival = data;

        pthread_barrier_wait (rival->line);
        while (rival->won < 50) {
                g_autofree char *end = kit_get (rival->kit, SEKI_SPACE_STATE, "end");
                g_autofree char *next = g_strdup_printf ("%d", end != NULL ? atoi (end) + 1 : 1);
                g_autofree char *row = g_strdup_printf ("%c%04u", rival->name, rival->won);
                g_autoptr (GError) error = NULL;
                SekiWrite writes[] = {
                        { SEKI_SPACE_LEDGER, seki_span_text (next), seki_span_text (row) },
                        { SEKI_SPACE_STATE, SEKI_SPAN_LITERAL ("end"), seki_span_text (next) },
                };
                if (kit_commit (rival->kit, writes, 2, SEKI_SPAN_LITERAL ("end"),
                                seki_span_text (end), &error)) {
                        rival->won++;
                } else {
                        g_assert_error (error, SEKI_ERROR, SEKI_ERROR_CONFLICT);
                        rival->lost++;
                }
        }
        return NULL;
}


static gboolean
count_row (SekiSpan key, SekiSpan value, gpointer user)
{
        (void) key;
        (void) value;
        ++*(guint *) user;
        return TRUE;
}

static void
test_rivals_for_one_guard (gconstpointer object)
{
        g_autoptr (Kit) kit = started_new (object);
        pthread_barrier_t line;
        Rival rivals[4];
        pthread_t threads[4];
        guint rows = 0;

        if (kit->module->threads != SEKI_THREADS_ANY) {
                g_test_skip ("the module takes one caller at a time");
                return;
        }
        pthread_barrier_init (&line, NULL, 4);
        for (guint i = 0; i < 4; i++) {
                rivals[i] = (Rival){ kit, &line, 'a' + i, 0, 0 };
                g_assert_cmpint (pthread_create (&threads[i], NULL, rival_run, &rivals[i]), ==, 0);
        }
        for (guint i = 0; i < 4; i++)
                pthread_join (threads[i], NULL);
        pthread_barrier_destroy (&line);
        assert_value (kit, SEKI_SPACE_STATE, "end", "200");
        g_assert_true (kit->ops->scan (kit->self, SEKI_SPACE_LEDGER, SEKI_SPAN_NONE, SEKI_SPAN_NONE,
                                       count_row, &rows, NULL));
        g_assert_cmpuint (rows, ==, 200);
        g_test_message ("lost races: %u",
                        rivals[0].lost + rivals[1].lost + rivals[2].lost + rivals[3].lost);
}

void
add_batch_tests (const char *object)
{
        g_test_add_data_func ("/storage/batch/one batch over all spaces", object,
                              test_one_batch_over_all_spaces);
        g_test_add_data_func ("/storage/batch/spaces do not mix", object, test_spaces_do_not_mix);
        g_test_add_data_func ("/storage/batch/the later write wins", object, test_later_write_wins);
        g_test_add_data_func ("/storage/batch/also in a long batch", object,
                              test_later_write_wins_in_a_long_batch);
        g_test_add_data_func ("/storage/batch/erasing", object, test_erasing);
        g_test_add_data_func ("/storage/batch/an empty value is present", object,
                              test_empty_value_is_present);
        g_test_add_data_func ("/storage/batch/an empty batch", object, test_empty_batch);
        g_test_add_data_func ("/storage/batch/the guard holds or nothing is written", object,
                              test_guard);
        g_test_add_data_func ("/storage/batch/bounds", object, test_bounds);
        g_test_add_data_func ("/storage/batch/rivals for one guard", object,
                              test_rivals_for_one_guard);
}
