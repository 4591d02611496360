/* SPDX-License-Identifier: Apache-2.0 */
/* A role is not trusted: what it may not do is refused, whatever it says. */
#include "odd.h"

static guint
rows (Desk *desk, SekiSpace space)
{
        return faulty_each (desk->store, space, NULL, NULL);
}

/* One wrong effect of the role on a stored and on an unknown account. */
static void
odd_do (Desk *desk, const char *purpose, const char *record)
{
        static guint number;
        g_autofree char *json =
                g_strdup_printf ("{\"id\":\"do-%08u\",\"purpose\":\"%s\",\"records\":[%s]}",
                                 number++, purpose, record);

        desk_ask (desk, &desk->office, "odd.do", json);
}

static void
test_misbehaves (gconstpointer data)
{
        g_auto (GStrv) what = g_strsplit (data, " ", 3);        /* purpose, known or new, reason */
        Desk *desk = odd_desk ();
        g_autofree char *known = odd_record (1, NULL), *new = odd_record (2, "123456789018");
        guint records, index, members;
        guint64 leaves;

        odd_store (desk, 1, 2);
        records = rows (desk, SEKI_SPACE_RECORD);
        index = rows (desk, SEKI_SPACE_INDEX);
        members = rows (desk, SEKI_SPACE_MEMBER);
        leaves = desk_leaves (desk);
        odd_do (desk, what[0], strcmp (what[1], "known") == 0 ? known : new);
        odd_assert_says (desk, what[2]);
        odd_assert_silent (desk, "[true");
        g_assert_cmpuint (rows (desk, SEKI_SPACE_RECORD), ==, records);
        g_assert_cmpuint (rows (desk, SEKI_SPACE_INDEX), ==, index);
        g_assert_cmpuint (rows (desk, SEKI_SPACE_MEMBER), ==, members);
        g_assert_cmpuint (rows (desk, SEKI_SPACE_QUEUE), ==, 0);
        g_assert_cmpuint (rows (desk, SEKI_SPACE_REGISTER), ==, 0);
        g_assert_cmpuint (desk_leaves (desk), ==, leaves + 1);  /* the refusal itself */
        odd_ask (desk, "odd.read", 1, "read-00001");
        odd_assert_says (desk, "name 1");
        odd_assert_says (desk, "\"number\"");
        desk_free (desk);
}

/* Neither decided nor done, and the node goes on; nothing waits for ever. */
static void
test_fails (void)
{
        Desk *desk = odd_desk ();
        g_autofree char *record = odd_record (1, "123456789018");

        odd_do (desk, "fails", record);
        g_assert_cmpuint (desk->status, ==, 503);
        odd_assert_says (desk, "does not feel like it");
        odd_do (desk, "mute", record);
        g_assert_cmpuint (desk->status, ==, 503);
        g_assert_cmpuint (desk->n_answers, ==, 2);
        g_assert_cmpuint (rows (desk, SEKI_SPACE_RECORD), ==, 0);
        odd_store (desk, 1, 3);
        desk_free (desk);
}

/* Flags: who only reads may not write, who only writes may not give. */
static void
test_flags (void)
{
        Desk *desk = odd_desk ();

        odd_store (desk, 1, 2);
        odd_ask (desk, "odd.look", 1, "look-00001");
        odd_assert_says (desk, "effect-not-declared");
        odd_ask (desk, "odd.write", 1, "write-0001");
        odd_assert_says (desk, "effect-not-declared");
        odd_assert_silent (desk, "name 1");
        desk_free (desk);
}

/* The gate has the last word on every effect. */
static void
test_denied (void)
{
        Desk *desk = odd_desk ();
        g_autofree char *record = odd_record (1, "123456789018");
        g_autofree char *json = g_strdup_printf (
                "{\"id\":\"store-0001\",\"purpose\":\"denied\",\"records\":[%s]}", record);

        desk_ask (desk, &desk->office, "odd.store", json);
        odd_assert_says (desk, "policy-refused");
        g_assert_cmpuint (rows (desk, SEKI_SPACE_RECORD), ==, 0);
        g_assert_cmpuint (desk_leaves (desk), ==, 1);
        desk_free (desk);
}

/* One message must not change one record twice: both would rest on what was. */
static void
test_same_record_twice (void)
{
        Desk *desk = odd_desk ();
        g_autofree char *first = odd_record (1, "123456789018"),
                        *second = odd_record (1, "987654321093");
        g_autofree char *json =
                g_strdup_printf ("{\"id\":\"store-0001\",\"records\":[%s,%s]}", first, second);

        desk_ask (desk, &desk->office, "odd.store", json);
        odd_assert_says (desk, "[true,\"code-repeated\"]");
        odd_ask (desk, "odd.read", 1, "read-00001");
        odd_assert_says (desk, "123456789018");
        g_assert_cmpuint (rows (desk, SEKI_SPACE_INDEX), ==, 2);        /* one number, one person */
        desk_free (desk);
}

/* Granted without an effect: still a leaf, hence a receipt. */
static void
test_nothing_to_do (void)
{
        Desk *desk = odd_desk ();
        g_autofree char *record = odd_record (1, NULL), *act = NULL;

        odd_do (desk, "well", record);
        odd_assert_says (desk, "[true]");
        odd_assert_says (desk, "\"receipt\"");
        act = odd_act (desk, 0);
        g_assert_cmpstr (act, ==, "keep");
        desk_free (desk);
}

/* Without enough memory the message is refused, and the next one is not. */
static void
test_memory (void)
{
        DeskPlan plan = { .self = &desk_account,
                          .storage = "memory",
                          .module = "role-odd",
                          .policy = "policy-permit" };
        Desk *desk;

        for (gsize limit = 2000; limit < 40000; limit += 333) {
                plan.arena_limit = limit;
                desk = desk_new_with (&plan);
                odd_ask (desk, "odd.store", 1, "store-0001");
                if (desk->status != 200) {
                        g_assert_cmpuint (desk->status, ==, 400);
                        g_assert_cmpuint (rows (desk, SEKI_SPACE_RECORD), ==, 0);
                } else {
                        odd_assert_says (desk, "[true]");
                        limit = 40000;
                }
                g_assert_cmpuint (desk->n_answers, ==, 1);
                desk_free (desk);
        }
}

/* A basis that would not fit a leaf refuses the message, not the node. */
static void
test_long_basis (void)
{
        Desk *desk = odd_desk ();
        g_autofree char *basis = g_strnfill (1000, 'b'), *record = odd_record (1, NULL);
        g_autofree char *json = g_strdup_printf (
                "{\"id\":\"store-0001\",\"basis\":\"%s\",\"records\":[%s]}", basis, record);

        desk_ask (desk, &desk->office, "odd.store", json);
        g_assert_cmpuint (desk->status, ==, 400);
        odd_assert_says (desk, "malformed-message");
        g_assert_cmpuint (desk_leaves (desk), ==, 1);
        desk_free (desk);
}

int
main (int argc, char **argv)
{
        static const char *const wrong[] = {
                "silent known not-answered",
                "beyond known effect-not-declared",
                "other-code known effect-not-declared",
                "other-code new effect-not-declared",
                "code-less new effect-not-declared",
                "put-nothing known effect-not-declared",
                "edit known effect-not-declared",
                "twice known effect-not-declared",
                "twice new effect-not-declared",
                "put-erase known effect-not-declared",
                "put-erase new effect-not-declared",
                "erase-twice known effect-not-declared",
                "erase-nothing new effect-not-declared",
                "give-nothing new effect-not-declared",
                "give-stranger known effect-not-declared",
                "give-stranger new effect-not-declared",
                "kind known effect-not-declared",
                "hold known effect-not-declared",
                "send-self known unknown-institution",
                "send-nowhere known unknown-institution",
                "send-nothing known effect-not-declared",
                "report known effect-not-declared",
                "denied known policy-refused",
        };

        g_test_init (&argc, &argv, NULL);
        for (guint i = 0; i < G_N_ELEMENTS (wrong); i++) {
                g_autofree char *path = g_strdup_printf ("/effects/refused/%s", wrong[i]);

                g_test_add_data_func (path, wrong[i], test_misbehaves);
        }
        g_test_add_func ("/effects/a role that fails", test_fails);
        g_test_add_func ("/effects/flags of the action", test_flags);
        g_test_add_func ("/effects/the gate has the last word", test_denied);
        g_test_add_func ("/effects/one record twice in a message", test_same_record_twice);
        g_test_add_func ("/effects/nothing to do", test_nothing_to_do);
        g_test_add_func ("/effects/no memory left", test_memory);
        g_test_add_func ("/effects/a long legal basis", test_long_basis);
        return g_test_run ();
}
