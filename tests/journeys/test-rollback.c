/* SPDX-License-Identifier: Apache-2.0 */
/* A node put back with its whole machine, which only its peers can see (D8). */
#include "watch.h"

/* The whole folder of the peer is put back: head, store and ledger agree, and
 * only who saw the later ledger can tell. */
static void
rolled_back (Node *account, Node *transfer, Node *back, Node *caught_by)
{
        guint64 size;

        node_post (account, 1);
        g_assert_true (node_wait (account, node_is_quiet));
        node_stop (back);
        node_save (back, "saved");
        node_start (back);
        size = node_leaves (back);
        for (guint i = 2; i <= 4; i++)
                node_post (account, i);
        world_run (1200 * 1000); /* a checkpoint is signed once a second */
        node_post (account, 5);
        g_assert_true (node_wait (account, node_is_quiet));
        g_assert_true (node_wait (caught_by, is_settled));
        g_assert_cmpuint (node_view (caught_by).known, >, size);
        node_stop (account);
        node_stop (transfer);
        node_restore (back, "saved");
        node_start (account);
        node_start (transfer);
        node_post (account, 9);
        g_assert_true (node_wait (account, is_held));
        assert_fork (caught_by, SEKI_FORK_ROLLED_BACK);
        g_assert_cmpuint (node_queued (account), ==, 1);
        g_assert_false (is_forked (node_other (caught_by)));
        /* Nobody forgets it. */
        node_stop (caught_by);
        node_start (caught_by);
        g_assert_true (is_forked (caught_by));
        g_assert_true (node_wait (account, is_held));
        g_assert_cmpuint (node_count (caught_by, "witness"), ==, 1);
}

static void
test_receiver_rolled_back (void)
{
        Node *account, *transfer;
        g_autoptr (World) world = world_serving (&account, &transfer);

        rolled_back (account, transfer, transfer, account);
}

static void
test_sender_rolled_back (void)
{
        Node *account, *transfer;
        g_autoptr (World) world = world_serving (&account, &transfer);

        rolled_back (account, transfer, account, transfer);
}

/* Put back, and then grown beyond what the other one saw: larger and later, but
 * another ledger. */
static void
test_rewritten (void)
{
        Node *account, *transfer;
        g_autoptr (World) world = world_serving (&account, &transfer);

        node_post (account, 1);
        g_assert_true (node_wait (account, node_is_quiet));
        node_stop (transfer);
        node_save (transfer, "saved");
        node_start (transfer);
        node_post (account, 2);
        node_post (account, 3);
        g_assert_true (node_wait (account, node_is_quiet));
        g_assert_true (node_wait (account, is_proven));
        node_stop (account);
        node_stop (transfer);
        node_restore (transfer, "saved");
        node_start (transfer);
        for (guint i = 0; i < 6; i++)
                node_assert_arrived (transfer, 1);
        node_stop (transfer);
        node_start (account);
        node_start (transfer);
        node_post (account, 4);
        assert_fork (account, SEKI_FORK_NOT_CONSISTENT);
        node_post (account, 5);
        g_assert_true (node_wait (account, is_held));
        g_assert_cmpuint (node_queued (account), >=, 1);
}

/* Who only calls can not be asked: it stays claimed, and a roll-back shows all
 * the same. */
static void
test_not_callable (void)
{
        g_autoptr (World) world = world_new ();
        Node *account, *transfer;
        NodeView view;

        world_get (world, &account, &transfer);
        transfer->peers[0].host = NULL;
        node_start (account);
        node_start (transfer);
        node_post (account, 1);
        g_assert_true (node_wait (account, node_is_quiet));
        node_stop (account);
        node_save (account, "saved");
        node_start (account);
        node_post (account, 2);
        g_assert_true (node_wait (account, node_is_quiet));
        node_stop (account);
        node_start (account);
        node_post (account, 3);
        g_assert_true (node_wait (account, node_is_quiet));
        world_run (2 * G_USEC_PER_SEC);
        view = node_view (transfer);
        g_assert_cmpuint (view.claimed, >, view.known);
        g_assert_cmpint (view.proven, ==, 0);
        node_stop (account);
        node_restore (account, "saved");
        node_start (account);
        node_post (account, 4);
        assert_fork (transfer, SEKI_FORK_ROLLED_BACK);
}

/* A restore on purpose: another origin, accepted with the profile. */
static void
test_new_origin (void)
{
        Node *account, *transfer;
        g_autoptr (World) world = world_serving (&account, &transfer);
        g_autoptr (GByteArray) key = g_byte_array_new ();
        g_autofree char *old = NULL;
        char origin[128];

        rolled_back (account, transfer, transfer, account);
        node_stop (account);
        node_stop (transfer);
        g_assert_true (seki_vkey_parse (transfer->vkey, origin, key, NULL));
        old = transfer->vkey; /* as the other one's profile still has it */
        transfer->vkey =
                seki_checkpoint_vkey ("ti.example/lane/0/second", seki_span (key->data, key->len));
        transfer->config.origin = "ti.example/lane/0/second";
        node_start (transfer);
        node_start (account);
        g_assert_true (node_wait (account, is_held));
        node_stop (account);
        account->witnessed[0].vkey = transfer->vkey;
        account->config.witness_interval = G_USEC_PER_SEC;
        node_start (account);
        g_assert_false (is_forked (account));
        g_assert_true (node_wait (account, node_is_quiet));
        world_run (1200 * 1000);
        node_post (account, 10);
        g_assert_true (node_wait (account, is_proven));
}

int
main (int argc, char **argv)
{
        g_test_init (&argc, &argv, NULL);
        g_test_add_func ("/rollback/a receiver put back is caught", test_receiver_rolled_back);
        g_test_add_func ("/rollback/a sender put back is caught", test_sender_rolled_back);
        g_test_add_func ("/rollback/a ledger written anew is caught", test_rewritten);
        g_test_add_func ("/rollback/a peer that can not be called", test_not_callable);
        g_test_add_func ("/rollback/a new origin is the way out", test_new_origin);
        return g_test_run ();
}
