/* SPDX-License-Identifier: Apache-2.0 */
/* Two whole nodes over TLS: what becomes of a message on the line between them. */
#include "node.h"

#define MANY 40

static void
test_send (void)
{
        g_autoptr (World) world = world_new ();
        Node *account, *transfer;

        world_get (world, &account, &transfer);
        node_start (account);
        node_start (transfer);
        node_post (account, 1);
        g_assert_true (node_wait (account, node_is_quiet));
        g_assert_true (node_wait_count (account, "receipt", 1));
        g_assert_true (node_wait_count (transfer, "put", 1));
        g_assert_cmpuint (node_status (transfer).requests, ==, 1);
        g_assert_cmpuint (node_status (transfer).channels, ==, 1);
        node_assert_arrived (transfer, 1);
}

static void
test_seal (void)
{
        g_autoptr (World) world = world_new ();
        g_autoptr (GError) error = NULL;
        Node *account, *transfer;

        world_get (world, &account, &transfer);
        node_start (account);
        node_start (transfer);
        node_post (account, 1);
        g_assert_true (node_wait (account, node_is_quiet));
        seki_node_seal (transfer->node);
        g_assert_cmpint (node_status (transfer).state, ==, SEKI_NODE_SEALED);
        g_assert_null (seki_node_get_kernel (transfer->node));
        g_assert_false (seki_node_take (transfer->node, &transfer->office,
                                        seki_span_text ("transfer.read"), SEKI_SPAN_NONE, NULL,
                                        NULL, &error));
        g_assert_error (error, SEKI_ERROR, SEKI_ERROR_SEALED);
        g_clear_error (&error);
        g_assert_false (seki_node_note (transfer->node, "note", "x", NULL, &error));
        g_assert_error (error, SEKI_ERROR, SEKI_ERROR_SEALED);
        g_clear_error (&error);
        seki_node_refresh (transfer->node);
        node_unseal (transfer, PASSPHRASE, &error);
        g_assert_no_error (error);
        node_assert_arrived (transfer, 1);
        node_post (account, 2);
        g_assert_true (node_wait (account, node_is_quiet));
        node_assert_arrived (transfer, 2);
}

static void
test_passphrase (void)
{
        g_autoptr (World) world = world_new ();
        g_autoptr (GError) error = NULL;
        Node *account = &world->nodes[NODE_ACCOUNT];

        node_open (account);
        g_assert_cmpint (node_status (account).state, ==, SEKI_NODE_SEALED);
        g_assert_false (node_unseal (account, "incorrect horse", &error));
        g_assert_error (error, SEKI_ERROR, SEKI_ERROR_CRYPTO);
        g_clear_error (&error);
        g_assert_cmpint (node_status (account).state, ==, SEKI_NODE_SEALED);
        node_unseal (account, PASSPHRASE, &error);
        g_assert_no_error (error);
        g_assert_cmpint (node_status (account).state, ==, SEKI_NODE_SERVING);
        node_keep_person (account, 1);
        node_stop (account);
        node_start (account);
        g_assert_cmpuint (node_leaves (account), ==, 1);
}

/* A port that is taken: the node says so, stays sealed, and may try again. */
static void
test_port_taken (void)
{
        g_autoptr (World) world = world_new ();
        g_autoptr (GError) error = NULL;
        Node *account, *transfer;

        world_get (world, &account, &transfer);
        account->config.address = "192.0.2.1"; /* of no interface here */
        node_open (account);
        g_assert_false (node_unseal (account, PASSPHRASE, &error));
        g_test_message ("%s", error->message);
        g_assert_cmpint (node_status (account).state, ==, SEKI_NODE_STOPPED);
        g_assert_cmpstr (node_status (account).problem, !=, "");
        g_clear_error (&error);
        account->config.address = "127.0.0.1";
        node_unseal (account, PASSPHRASE, &error);
        g_assert_no_error (error);
        node_keep_person (account, 1);
}

static gboolean
has_problem (Node *node)
{
        g_autofree char *problem = node_problem (node);

        return problem != NULL;
}

static void
test_down_and_back (void)
{
        g_autoptr (World) world = world_new ();
        Node *account, *transfer;

        world_get (world, &account, &transfer);
        node_start (account);
        node_post (account, 1);
        node_post (account, 2);
        g_assert_true (node_wait (account, has_problem));
        g_assert_cmpuint (node_queued (account), ==, 2);
        node_start (transfer);
        g_assert_true (node_wait (account, node_is_quiet));
        g_assert_true (node_wait_count (transfer, "put", 2));
        /* The line is open; now it breaks under the node. */
        node_stop (transfer);
        node_post (account, 3);
        g_assert_true (node_wait (account, has_problem));
        node_start (transfer);
        g_assert_true (node_wait (account, node_is_quiet));
        node_assert_arrived (transfer, 3);
}

static void
test_restart_with_waiting (void)
{
        g_autoptr (World) world = world_new ();
        Node *account, *transfer;

        world_get (world, &account, &transfer);
        node_start (account);
        for (guint i = 1; i <= 3; i++)
                node_post (account, i);
        node_stop (account);
        node_start (account);
        g_assert_cmpuint (node_queued (account), ==, 3);
        node_start (transfer);
        g_assert_true (node_wait (account, node_is_quiet));
        for (guint i = 1; i <= 3; i++)
                node_assert_arrived (transfer, i);
        g_assert_true (node_wait_count (account, "receipt", 3));
        g_assert_true (node_wait_count (transfer, "put", 3));
}

/* Stops whichever node again and again while messages are under way: each
 * arrives once, and both ledgers say so. */
static void
stop_amid (Node *account, Node *transfer, Node *stopped)
{
        for (guint i = 1; i <= MANY; i++)
                node_post (account, i);
        node_start (transfer);
        for (guint round = 0; round < 4; round++) {
                world_run (g_random_int_range (0, 30000));
                node_stop (stopped);
                node_start (stopped);
        }
        g_assert_true (node_wait (account, node_is_quiet));
        g_assert_true (node_wait_count (account, "receipt", MANY));
        g_assert_true (node_wait_count (transfer, "put", MANY));
        node_assert_arrived (transfer, 1);
        node_assert_arrived (transfer, MANY);
}

static void
test_stop_receiver (void)
{
        g_autoptr (World) world = world_new ();
        Node *account, *transfer;

        world_get (world, &account, &transfer);
        node_start (account);
        stop_amid (account, transfer, transfer);
}

static void
test_stop_sender (void)
{
        g_autoptr (World) world = world_new ();
        Node *account, *transfer;

        world_get (world, &account, &transfer);
        node_start (account);
        stop_amid (account, transfer, account);
}

static void
test_two_workers (void)
{
        g_autoptr (World) world = world_new ();
        Node *account, *transfer;

        world_get (world, &account, &transfer);
        account->config.n_workers = transfer->config.n_workers = 2;
        node_start (account);
        stop_amid (account, transfer, transfer);
        node_stop (account);
        node_stop (transfer);
}

int
main (int argc, char **argv)
{
        g_test_init (&argc, &argv, NULL);
        g_test_add_func ("/lines/a message reaches the other institution", test_send);
        g_test_add_func ("/lines/sealed and unsealed again", test_seal);
        g_test_add_func ("/lines/a wrong passphrase", test_passphrase);
        g_test_add_func ("/lines/an address that is not there", test_port_taken);
        g_test_add_func ("/lines/the peer is down and comes back", test_down_and_back);
        g_test_add_func ("/lines/messages wait through a restart", test_restart_with_waiting);
        g_test_add_func ("/lines/the receiver stops amid messages", test_stop_receiver);
        g_test_add_func ("/lines/the sender stops amid messages", test_stop_sender);
        g_test_add_func ("/lines/two workers", test_two_workers);
        return g_test_run ();
}
