/* SPDX-License-Identifier: Apache-2.0 */
#include "desk.h"

#include "kernel/reseal.h"
#include "kernel/story.h"

static gboolean
says (Desk *desk, const char *text)
{
        if (strstr (desk->answer->str, text) != NULL)
                return TRUE;
        g_printerr ("answer %u: %s\n", desk->status, desk->answer->str);
        return FALSE;
}

#define TARO \
        "{\"code\":\"120576000000000000001\",\"name\":\"髙橋太郎\",\"kana\":\"タカハシタロウ\"," \
        "\"birth\":\"1980-01-02\"," \
        "\"number\":\"123456789018\",\"address\":\"東京都千代田区\",\"holding\":\"yes\"}"

#define HANA \
        "{\"code\":\"120576000000000000002\",\"name\":\"山田花子\",\"kana\":\"ヤマダハナコ\"," \
        "\"birth\":\"1985-03-04\"," \
        "\"number\":\"987654321093\",\"address\":\"北海道札幌市\",\"holding\":\"yes\"}"

static void
test_register_and_read (void)
{
        Desk *desk = desk_new ("account", "memory");

        desk_take (desk, &desk->office, "account.register",
                   "{\"id\":\"import-0001\",\"records\":[" TARO
                   ",{\"code\":\"120576000000000000002\",\"name\":\"x\",\"kana\":\"x\","
                   "\"number\":\"123456789017\",\"address\":\"x\"}]}");
        g_assert_cmpuint (desk->n_answers, ==, 0);      /* nothing leaves before the commit */
        desk_flush (desk);
        g_assert_cmpuint (desk->n_answers, ==, 1);
        g_assert_cmpuint (desk->status, ==, 200);
        g_assert_true (says (desk, "\"records\":[true,\"number-check-digit\"]"));
        g_assert_cmpuint (desk_leaves (desk), ==, 2);

        desk_take (desk, &desk->office, "account.read",
                   "{\"id\":\"read-0001\",\"purpose\":\"P02\",\"basis\":\"19-10\",\"records\":[{"
                   "\"code\":\"120576000000000000001\"}]}");
        desk_flush (desk);
        g_assert_true (says (desk, "\"number\":\"123456789018\""));
        g_assert_true (says (desk, "髙橋太郎"));
        g_assert_cmpuint (desk_leaves (desk), ==, 3);
        desk_free (desk);
}

static void
test_repeated (void)
{
        Desk *desk = desk_new ("account", "memory");
        g_autofree char *first = NULL;

        desk_take (desk, &desk->office, "account.register",
                   "{\"id\":\"import-0001\",\"records\":[" TARO "]}");
        desk_flush (desk);
        first = g_strdup (desk->answer->str);
        desk_take (desk, &desk->office, "account.register",
                   "{\"id\":\"import-0001\",\"records\":[" TARO "]}");
        desk_flush (desk);
        g_assert_cmpstr (desk->answer->str, ==, first);
        g_assert_cmpuint (desk_leaves (desk), ==, 1);
        desk_take (desk, &desk->office, "account.register",
                   "{\"id\":\"import-0001\",\"purpose\":\"P02\",\"records\":[" TARO "]}");
        desk_flush (desk);
        g_assert_cmpuint (desk->status, ==, 409);
        g_assert_true (says (desk, "message-id-reused"));
        g_assert_cmpuint (desk_leaves (desk), ==, 2);
        desk_free (desk);
}

/* Two messages of one round about one record: the second sees the first. */
static void
test_one_after_the_other (void)
{
        Desk *desk = desk_new ("account", "memory");

        desk_take (desk, &desk->office, "account.register",
                   "{\"id\":\"import-0001\",\"records\":[" TARO "]}");
        desk_take (desk, &desk->office, "account.correct",
                   "{\"id\":\"correct-0001\",\"records\":[{\"code\":\"120576000000000000001\","
                   "\"address\":\"大阪府\"}]}");
        desk_flush (desk);
        g_assert_cmpuint (desk->n_answers, ==, 2);
        g_assert_true (says (desk, "\"records\":[true]"));
        desk_take (desk, &desk->office, "account.read",
                   "{\"id\":\"read-0001\",\"purpose\":\"P02\",\"records\":[{\"code\":"
                   "\"120576000000000000001\"}]}");
        desk_flush (desk);
        g_assert_true (says (desk, "大阪府"));
        g_assert_true (says (desk, "123456789018"));
        desk_free (desk);
}

static void
test_refusals_are_on_the_ledger (void)
{
        Desk *desk = desk_new ("account", "memory");
        g_autofree char *entry = NULL;

        desk_take (desk, &desk->office, "nobody.knows", "{\"id\":\"what-0001\",\"records\":[]}");
        desk_take (desk, desk->peers[0], "account.register",
                   "{\"id\":\"what-0002\",\"records\":[" TARO "]}");
        desk_take (desk, &desk->office, "account.read",
                   "{\"id\":\"read-0001\",\"purpose\":\"P03\",\"records\":[{\"code\":"
                   "\"120576000000000000001\"}]}");
        desk_flush (desk);
        g_assert_cmpuint (desk->n_answers, ==, 3);
        g_assert_cmpuint (desk_leaves (desk), ==, 3);
        entry = desk_entry (desk, 0);
        g_assert_nonnull (strstr (entry, "unknown-action"));
        desk_free (desk);
}

static void
count_bucket (const SekiBucket *bucket, gpointer user)
{
        guint *generations = user;

        generations[MIN (bucket->generation, 3)]++;
}

/* A withdrawn number is gone with the key it was sealed under. */
static void
test_withdrawn_number (void)
{
        Desk *desk = desk_new ("account", "memory");
        guint generations[4] = { 0 };
        g_autoptr (GError) error = NULL;

        desk_take (desk, &desk->office, "account.register",
                   "{\"id\":\"import-0001\",\"records\":[" TARO "," HANA "]}");
        desk_flush (desk);
        g_assert_true (says (desk, "[true,true]"));
        desk_take (desk, &desk->office, "account.withdraw",
                   "{\"id\":\"withdraw-0001\",\"records\":[{\"code\":\"120576000000000000001\"}]}");
        desk_flush (desk);
        g_assert_true (says (desk, "[true]"));
        seki_reseal_run (&desk->kernel, 4, &error);
        g_assert_no_error (error);
        seki_keyring_each_bucket (desk->keyring, count_bucket, generations);
        g_assert_cmpuint (generations[1], ==, 0);
        g_assert_cmpuint (generations[2], ==, 1);
        desk_take (desk, &desk->office, "account.read",
                   "{\"id\":\"read-0001\",\"purpose\":\"P02\",\"records\":[{\"code\":"
                   "\"120576000000000000001\"},"
                   "{\"code\":\"120576000000000000002\"}]}");
        desk_flush (desk);
        g_assert_true (says (desk, "髙橋太郎"));
        g_assert_null (strstr (desk->answer->str, "123456789018"));
        g_assert_true (says (desk, "987654321093"));
        desk_free (desk);
}

static void
story_act (guint64 index, const SekiEntry *entry, gpointer user)
{
        g_string_append_printf (user, "%u:%.*s ", (guint) index, (int) entry->act.len,
                                (const char *) entry->act.data);
}

static void
test_story (void)
{
        Desk *desk = desk_new ("account", "memory");
        g_autoptr (GString) story = g_string_new (NULL);
        g_autoptr (GError) error = NULL;

        desk_take (desk, &desk->office, "account.register",
                   "{\"id\":\"import-0001\",\"records\":[" HANA "," TARO "]}");
        desk_flush (desk);
        desk_take (desk, &desk->office, "account.read",
                   "{\"id\":\"read-0001\",\"purpose\":\"P02\",\"records\":[{\"code\":"
                   "\"120576000000000000001\"}]}");
        desk_take (desk, &desk->office, "account.send",
                   "{\"id\":\"send-0001\",\"purpose\":\"P02\",\"records\":[{\"code\":"
                   "\"120576000000000000001\"}]}");
        desk_flush (desk);
        g_assert_true (says (desk, "[true]"));
        seki_story_tell (&desk->kernel, seki_span_text ("120576000000000000001"), story_act, story,
                         &error);
        g_assert_no_error (error);
        g_assert_cmpstr (story->str, ==, "1:put 2:give 3:put 4:send ");
        g_assert_false (seki_story_tell (&desk->kernel, seki_span_text ("120576000000000000009"),
                                         story_act, story, &error));
        g_assert_error (error, SEKI_ERROR, SEKI_ERROR_MISSING);
        desk_free (desk);
}

/* One number under two codes: a search gives both, and the ledger says so twice. */
static void
test_find_gives_all (void)
{
        Desk *desk = desk_new ("transfer", "memory");
        guint64 before;

        desk_take (desk, desk->peers[1], "transfer.register",
                   "{\"id\":\"register-1\",\"purpose\":\"P02\",\"records\":[" TARO "]}");
        desk_flush (desk);
        g_assert_true (says (desk, "\"records\":[true]"));
        desk_take (desk, desk->peers[1], "transfer.register",
                   "{\"id\":\"register-2\",\"purpose\":\"P02\",\"records\":["
                   "{\"code\":\"120576000000000000007\",\"name\":\"高橋太郎\","
                   "\"kana\":\"タカハシタロウ\",\"birth\":\"1980-01-02\","
                   "\"number\":\"123456789018\",\"address\":\"東京都\",\"holding\":\"yes\"}]}");
        desk_flush (desk);
        g_assert_true (says (desk, "\"records\":[true]"));
        before = desk_leaves (desk);
        desk_take (desk, &desk->office, "transfer.find",
                   "{\"id\":\"find-0001\",\"purpose\":\"P02\","
                   "\"records\":[{\"number\":\"123456789018\"}]}");
        desk_flush (desk);
        g_assert_true (says (desk, "120576000000000000001"));
        g_assert_true (says (desk, "120576000000000000007"));
        g_assert_cmpuint (desk_leaves (desk) - before, ==, 2);
        desk_free (desk);
}

/* What is left of the disk is the ledger's: writes are refused there, then nothing is taken. */
static void
test_disk (void)
{
        Desk *desk = desk_new ("account", "memory");
        SekiTally tally = { .disk = SEKI_DISK_RESERVED };

        desk->kernel.tally = &tally;
        desk_take (desk, &desk->office, "account.register",
                   "{\"id\":\"import-0001\",\"records\":[" TARO "]}");
        desk_flush (desk);
        g_assert_cmpuint (desk->status, ==, 507);
        g_assert_true (says (desk, "disk-reserved"));
        g_assert_cmpuint (desk_leaves (desk), ==, 1);
        tally.disk = SEKI_DISK_FULL;
        desk_take (desk, &desk->office, "account.register",
                   "{\"id\":\"import-0002\",\"records\":[" TARO "]}");
        desk_flush (desk);
        g_assert_cmpuint (desk->status, ==, 503);
        g_assert_cmpuint (desk_leaves (desk), ==, 1);
        tally.disk = SEKI_DISK_FREE;
        desk_take (desk, &desk->office, "account.register",
                   "{\"id\":\"import-0001\",\"records\":[" TARO "]}");
        desk_flush (desk);
        g_assert_true (says (desk, "[true]"));
        desk_free (desk);
}

int
main (int argc, char **argv)
{
        g_test_init (&argc, &argv, NULL);
        g_test_add_func ("/exchange/register and read", test_register_and_read);
        g_test_add_func ("/exchange/a repeated message is answered as before", test_repeated);
        g_test_add_func ("/exchange/two messages about one record", test_one_after_the_other);
        g_test_add_func ("/exchange/a withdrawn number is gone with its key",
                         test_withdrawn_number);
        g_test_add_func ("/exchange/the story of a record", test_story);
        g_test_add_func ("/exchange/a search gives every match", test_find_gives_all);
        g_test_add_func ("/exchange/a disk nearly full", test_disk);
        g_test_add_func ("/exchange/refusals are on the ledger", test_refusals_are_on_the_ledger);
        return g_test_run ();
}
