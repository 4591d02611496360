/* SPDX-License-Identifier: Apache-2.0 */
#include "desk.h"

static gboolean
says (Desk *desk, const char *text)
{
        if (strstr (desk->answer->str, text) != NULL)
                return TRUE;
        g_printerr ("answer %u: %s\n", desk->status, desk->answer->str);
        return FALSE;
}

#define TARO "{\"code\":\"120576000000000000001\",\"name\":\"髙橋太郎\",\"kana\":\"タカハシタロウ\",\"birth\":\"1980-01-02\"," \
             "\"number\":\"123456789018\",\"address\":\"東京都千代田区\",\"holding\":\"yes\"}"

static void
test_register_and_read (void)
{
        Desk *desk = desk_new ("account", "memory");

        desk_take (desk, &desk->office, "account.register",
                   "{\"id\":\"import-0001\",\"records\":[" TARO ",{\"code\":\"120576000000000000002\",\"name\":\"x\",\"kana\":\"x\","
                   "\"number\":\"123456789017\",\"address\":\"x\"}]}");
        g_assert_cmpuint (desk->n_answers, ==, 0);      /* nothing leaves before the commit */
        desk_flush (desk);
        g_assert_cmpuint (desk->n_answers, ==, 1);
        g_assert_cmpuint (desk->status, ==, 200);
        g_assert_true (says (desk, "\"records\":[true,\"number-check-digit\"]"));
        g_assert_cmpuint (desk_leaves (desk), ==, 2);

        desk_take (desk, &desk->office, "account.read",
                   "{\"id\":\"read-0001\",\"purpose\":\"P02\",\"basis\":\"19-10\",\"records\":[{\"code\":\"120576000000000000001\"}]}");
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

        desk_take (desk, &desk->office, "account.register", "{\"id\":\"import-0001\",\"records\":[" TARO "]}");
        desk_flush (desk);
        first = g_strdup (desk->answer->str);
        desk_take (desk, &desk->office, "account.register", "{\"id\":\"import-0001\",\"records\":[" TARO "]}");
        desk_flush (desk);
        g_assert_cmpstr (desk->answer->str, ==, first);
        g_assert_cmpuint (desk_leaves (desk), ==, 1);
        desk_take (desk, &desk->office, "account.register", "{\"id\":\"import-0001\",\"purpose\":\"P02\",\"records\":[" TARO "]}");
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

        desk_take (desk, &desk->office, "account.register", "{\"id\":\"import-0001\",\"records\":[" TARO "]}");
        desk_take (desk, &desk->office, "account.correct",
                   "{\"id\":\"correct-0001\",\"records\":[{\"code\":\"120576000000000000001\",\"address\":\"大阪府\"}]}");
        desk_flush (desk);
        g_assert_cmpuint (desk->n_answers, ==, 2);
        g_assert_true (says (desk, "\"records\":[true]"));
        desk_take (desk, &desk->office, "account.read",
                   "{\"id\":\"read-0001\",\"purpose\":\"P02\",\"records\":[{\"code\":\"120576000000000000001\"}]}");
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
        desk_take (desk, desk->peers[0], "account.register", "{\"id\":\"what-0002\",\"records\":[" TARO "]}");
        desk_take (desk, &desk->office, "account.read",
                   "{\"id\":\"read-0001\",\"purpose\":\"P03\",\"records\":[{\"code\":\"120576000000000000001\"}]}");
        desk_flush (desk);
        g_assert_cmpuint (desk->n_answers, ==, 3);
        g_assert_cmpuint (desk_leaves (desk), ==, 3);
        entry = desk_entry (desk, 0);
        g_assert_nonnull (strstr (entry, "unknown-action"));
        desk_free (desk);
}

int
main (int argc, char **argv)
{
        g_test_init (&argc, &argv, NULL);
        g_test_add_func ("/exchange/register and read", test_register_and_read);
        g_test_add_func ("/exchange/a repeated message is answered as before", test_repeated);
        g_test_add_func ("/exchange/two messages about one record", test_one_after_the_other);
        g_test_add_func ("/exchange/refusals are on the ledger", test_refusals_are_on_the_ledger);
        return g_test_run ();
}
