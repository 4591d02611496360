/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel/reseal.h"

#include "kernel/story.h"
#include "odd.h"

#define MESSAGE_ID "erase-0001"

typedef struct {
        SekiBucket buckets[16];
        guint n;
} Buckets;

static void
note_bucket (const SekiBucket *bucket, gpointer user)
{
        Buckets *buckets = user;

        g_assert_cmpuint (buckets->n, <, G_N_ELEMENTS (buckets->buckets));
        buckets->buckets[buckets->n++] = *bucket;
}

static Buckets
desk_buckets (Desk *desk)
{
        Buckets buckets = { .n = 0 };

        seki_keyring_each_bucket (desk->keyring, note_bucket, &buckets);
        return buckets;
}

static guint
noted (Desk *desk)
{
        guint n = 0;

        for (guint i = 0; i < 16; i++)
                (void) i;
        {
                Buckets buckets = desk_buckets (desk);

                for (guint i = 0; i < buckets.n; i++) {
                        guint8 key[SEKI_NOTED_KEY_LEN] = { 'D' };
                        g_autoptr (GBytes) row = NULL;

                        seki_bucket_write (&buckets.buckets[i], key + 1);
                        row = faulty_get (desk->store, SEKI_SPACE_STATE, key, sizeof key);
                        n += row != NULL;
                }
        }
        return n;
}

static void
reseal (Desk *desk)
{
        g_autoptr (GError) error = NULL;

        seki_reseal_run (&desk->kernel, 8, &error);
        g_assert_no_error (error);
}

static void
story_act (guint64 index, const SekiEntry *entry, gpointer user)
{
        (void) index;
        g_string_append_printf (user, "%.*s ", (int) entry->act.len,
                                (const char *) entry->act.data);
}

static void
assert_story (Desk *desk, guint n, const char *expected)
{
        g_autofree char *code = g_strdup_printf ("1205760%014u", n);
        g_autoptr (GString) story = g_string_new (NULL);
        g_autoptr (GError) error = NULL;

        seki_story_tell (&desk->kernel, seki_span_text (code), story_act, story, &error);
        g_assert_no_error (error);
        g_assert_cmpstr (story->str, ==, expected);
}

static void
assert_readable (Desk *desk, guint from, guint to, const char *id)
{
        for (guint n = from; n < to; n++) {
                g_autofree char *own = g_strdup_printf ("%s-%04u", id, n),
                                *name = g_strdup_printf ("\"name %u\"", n);
                char number[13];

                odd_number (n, number);
                odd_ask (desk, "odd.read", n, own);
                odd_assert_says (desk, name);
                odd_assert_says (desk, number);
        }
}

static GBytes *
key_store (Desk *desk)
{
        g_autofree char *path = g_build_filename (desk->folder, "keys", "store", NULL),
                        *data = NULL;
        gsize len;

        g_assert_true (g_file_get_contents (path, &data, &len, NULL));
        return g_bytes_new_take (g_steal_pointer (&data), len);
}

/* What stands behind the bucket's name in the key store: its wrapped key. */
static GBytes *
wrapped_key (Desk *desk, const SekiBucket *bucket)
{
        g_autoptr (GBytes) store = key_store (desk);
        gsize len;
        const guint8 *data = g_bytes_get_data (store, &len);
        guint8 name[SEKI_BUCKET_LEN];
        const guint8 *at;

        seki_bucket_write (bucket, name);
        at = memmem (data, len, name, sizeof name);
        g_assert_nonnull (at);
        return g_bytes_new (at + sizeof name, 40);
}

static gboolean
key_store_holds (Desk *desk, GBytes *key)
{
        g_autoptr (GBytes) store = key_store (desk);

        return memmem (g_bytes_get_data (store, NULL), g_bytes_get_size (store),
                       g_bytes_get_data (key, NULL), g_bytes_get_size (key)) != NULL;
}

static void
count_ids (SekiSpan key, SekiSpan value, gpointer user)
{
        (void) key;
        *(gsize *) user += value.len / SEKI_ID_LEN;
}

static gsize
members (Desk *desk)
{
        gsize n = 0;

        faulty_each (desk->store, SEKI_SPACE_MEMBER, count_ids, &n);
        return n;
}

static void
assert_generation (Desk *desk, guint32 generation)
{
        Buckets buckets = desk_buckets (desk);

        g_assert_cmpuint (buckets.n, ==, 1);
        g_assert_cmpuint (buckets.buckets[0].generation, ==, generation);
        g_assert_cmpuint (noted (desk), ==, 0);
}

static void
test_final (void)
{
        Desk *desk = odd_desk ();
        g_autoptr (GBytes) key = NULL;
        guint trails;

        odd_store (desk, 1, 9);
        assert_readable (desk, 2, 4, "before");
        trails = faulty_each (desk->store, SEKI_SPACE_FACTS, NULL, NULL);
        key = wrapped_key (desk, &desk_buckets (desk).buckets[0]);
        g_assert_true (key_store_holds (desk, key));
        odd_ask (desk, "odd.erase", 1, MESSAGE_ID);
        odd_assert_says (desk, "[true]");
        g_assert_cmpuint (noted (desk), ==, 1);
        reseal (desk);
        assert_generation (desk, 2);
        g_assert_false (key_store_holds (desk, key));
        g_assert_cmpuint (members (desk), ==, 7);
        /* The row that spoke of the erased alone is gone, those of others are not. */
        g_assert_cmpuint (faulty_each (desk->store, SEKI_SPACE_FACTS, NULL, NULL), ==, trails);
        assert_story (desk, 2, "put give ");
        assert_story (desk, 4, "put ");
        assert_readable (desk, 2, 9, "after");
        odd_ask (desk, "odd.read", 1, "read-00001");
        odd_assert_says (desk, "effect-not-declared");  /* nothing is stored to give */
        desk_free (desk);
}

/* Nothing is left but the ledger, which still holds together. */
static void
test_all_erased (void)
{
        Desk *desk = odd_desk ();
        guint64 leaves;

        odd_store (desk, 1, 3);
        odd_ask (desk, "odd.erase", 1, "erase-0001");
        odd_ask (desk, "odd.erase", 2, "erase-0002");
        reseal (desk);
        g_assert_cmpuint (members (desk), ==, 0);
        g_assert_cmpuint (faulty_each (desk->store, SEKI_SPACE_RECORD, NULL, NULL), ==, 0);
        g_assert_cmpuint (faulty_each (desk->store, SEKI_SPACE_INDEX, NULL, NULL), ==, 0);
        g_assert_cmpuint (faulty_each (desk->store, SEKI_SPACE_FACTS, NULL, NULL), ==, 0);
        leaves = desk_leaves (desk);
        g_assert_cmpuint (leaves, ==, 5);
        desk_close (desk);
        desk_open (desk);
        g_assert_cmpuint (desk_leaves (desk), ==, leaves);
        desk_free (desk);
}

/* A number that was withdrawn goes the same way; so does one that is replaced. */
static void
test_number (void)
{
        Desk *desk = odd_desk ();

        odd_store (desk, 1, 3);
        odd_ask (desk, "odd.drop", 1, "drop-00001");
        reseal (desk);
        assert_generation (desk, 2);
        odd_ask (desk, "odd.read", 1, "read-00001");
        odd_assert_silent (desk, "\"number\"");
        assert_readable (desk, 2, 3, "after");
        desk_free (desk);
}

/* Erased and stored again before the bucket was re-sealed: a member twice. */
static void
test_stored_again (void)
{
        Desk *desk = odd_desk ();

        odd_store (desk, 1, 3);
        odd_ask (desk, "odd.erase", 1, MESSAGE_ID);
        {
                char number[13];
                g_autofree char *record = NULL, *json = NULL;

                odd_number (1, number);
                record = odd_record (1, number);
                json = g_strdup_printf ("{\"id\":\"again-0001\",\"records\":[%s]}", record);
                desk_ask (desk, &desk->office, "odd.store", json);
        }
        g_assert_cmpuint (members (desk), ==, 3);
        reseal (desk);
        assert_generation (desk, 2);
        g_assert_cmpuint (members (desk), ==, 2);
        assert_readable (desk, 1, 3, "after");
        assert_story (desk, 1, "put give ");            /* of its new life only */
        desk_free (desk);
}

/* The process ends at one step of re-sealing; before it is done again further
 * records come in. */
static void
test_crash (gconstpointer data)
{
        FaultyHow how = GPOINTER_TO_UINT (data) & 0xff;
        gboolean restart = GPOINTER_TO_UINT (data) & 0x100;
        Desk *desk = odd_desk ();
        g_autoptr (GBytes) key = NULL;
        g_autoptr (GError) error = NULL;
        Buckets buckets;

        odd_store (desk, 1, 6);
        odd_ask (desk, "odd.erase", 1, MESSAGE_ID);
        key = wrapped_key (desk, &desk_buckets (desk).buckets[0]);
        faulty_arm (desk->store, how, 1, 1);
        g_assert_false (seki_reseal_run (&desk->kernel, 8, &error));
        g_assert_error (error, SEKI_ERROR, SEKI_ERROR_STORAGE);
        g_clear_error (&error);
        g_assert_cmpuint (desk_buckets (desk).n, ==, 2);
        if (restart) {
                desk_close (desk);
                desk_open (desk);
        }
        odd_store (desk, 10, 13);
        assert_readable (desk, 2, 6, "between");
        assert_readable (desk, 10, 13, "between");
        seki_reseal_finish (&desk->kernel, &error);
        g_assert_no_error (error);
        reseal (desk);
        g_assert_false (key_store_holds (desk, key));
        g_assert_cmpuint (noted (desk), ==, 0);
        assert_readable (desk, 2, 6, "after");
        assert_readable (desk, 10, 13, "after");
        /* Whoever came in between is a member like all others: erase one of each. */
        odd_ask (desk, "odd.erase", 2, "erase-0002");
        odd_ask (desk, "odd.erase", 10, "erase-0010");
        reseal (desk);
        assert_readable (desk, 3, 6, "last");
        assert_readable (desk, 11, 13, "last");
        g_assert_cmpuint (members (desk), ==, 5);
        buckets = desk_buckets (desk);
        for (guint i = 0; i < buckets.n; i++)
                g_assert_cmpuint (buckets.buckets[i].generation, >, 1);
        desk_free (desk);
}

/* An exchange that has room in the bucket, or reads from it, is waited for. */
static void
test_in_flight (gconstpointer action)
{
        Desk *desk = odd_desk ();
        g_autofree char *record = odd_record (3, NULL), *other = odd_record (2, NULL);
        gboolean reads = strcmp (action, "odd.read") == 0;
        g_autofree char *json = g_strdup_printf ("{\"id\":\"flight-001\",\"records\":[%s]}",
                                                 reads ? other : record);

        odd_store (desk, 1, 3);
        odd_ask (desk, "odd.erase", 1, MESSAGE_ID);
        desk_take (desk, &desk->office, action, json);
        reseal (desk);
        g_assert_cmpuint (desk_buckets (desk).n, ==, 1);
        g_assert_cmpuint (noted (desk), ==, 1);
        desk_flush (desk);
        odd_assert_says (desk, reads ? "name 2" : "[true]");
        reseal (desk);
        g_assert_cmpuint (noted (desk), ==, 0);
        assert_readable (desk, 2, 3, "after");
        assert_story (desk, 2, reads ? "put give give " : "put give ");
        desk_free (desk);
}

static gpointer
reseal_thread (gpointer user)
{
        reseal (user);
        return NULL;
}

/* Exchanges that come upon the bucket while it is re-sealed wait, and then see
 * the record under its new key; nothing they did is lost from its story. */
static void
test_meanwhile (void)
{
        Desk *desk = odd_desk ();
        pthread_mutex_t hold = PTHREAD_MUTEX_INITIALIZER;
        GThread *thread;
        guint before;

        odd_store (desk, 1, 4);
        odd_ask (desk, "odd.erase", 1, MESSAGE_ID);
        pthread_mutex_lock (&hold);
        g_atomic_int_set (&desk->store->entered, 0);
        desk->store->hold = &hold;
        thread = g_thread_new ("reseal", reseal_thread, desk);
        while (g_atomic_int_get (&desk->store->entered) == 0)
                g_usleep (100);
        before = desk->n_answers;
        desk_take (desk, &desk->office, "odd.read",
                   "{\"id\":\"read-00002\",\"records\":[{\"code\":\"120576000000000000002\"}]}");
        desk_take (desk, &desk->office, "odd.both",
                   "{\"id\":\"both-00003\",\"records\":[{\"code\":\"120576000000000000003\"}]}");
        desk_flush (desk);
        g_assert_cmpuint (desk->n_answers, ==, before);
        pthread_mutex_unlock (&hold);
        for (guint i = 0; i < 5000 && desk->n_answers < before + 2; i++) {
                desk_flush (desk);
                g_usleep (1000);
        }
        g_thread_join (thread);
        desk->store->hold = NULL;
        g_assert_cmpuint (desk->n_answers, ==, before + 2);
        odd_assert_says (desk, "\"number\"");
        assert_generation (desk, 2);
        assert_story (desk, 2, "put give ");
        assert_story (desk, 3, "put put give ");
        desk_free (desk);
}

int
main (int argc, char **argv)
{
        g_test_init (&argc, &argv, NULL);
        g_test_add_func ("/reseal/erasing is final", test_final);
        g_test_add_func ("/reseal/all of a bucket", test_all_erased);
        g_test_add_func ("/reseal/a number", test_number);
        g_test_add_func ("/reseal/stored again meanwhile", test_stored_again);
        g_test_add_data_func ("/reseal/ends before its commit",
                              GUINT_TO_POINTER (FAULTY_NOT_LANDED | 0x100), test_crash);
        g_test_add_data_func ("/reseal/ends after its commit",
                              GUINT_TO_POINTER (FAULTY_LANDED | 0x100), test_crash);
        g_test_add_data_func ("/reseal/fails before its commit",
                              GUINT_TO_POINTER (FAULTY_NOT_LANDED), test_crash);
        g_test_add_data_func ("/reseal/fails after its commit", GUINT_TO_POINTER (FAULTY_LANDED),
                              test_crash);
        g_test_add_data_func ("/reseal/waits for who has room", "odd.store", test_in_flight);
        g_test_add_data_func ("/reseal/waits for who reads", "odd.read", test_in_flight);
        g_test_add_func ("/reseal/others wait meanwhile", test_meanwhile);
        return g_test_run ();
}
