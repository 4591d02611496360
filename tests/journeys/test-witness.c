/* SPDX-License-Identifier: Apache-2.0 */
/* Two whole nodes as each other's witnesses (D8). */
#include "watch.h"

#include "kernel/proofs.h"

static void
test_proven (void)
{
        Node *account, *transfer;
        g_autoptr (World) world = world_serving (&account, &transfer);
        NodeView view;

        account->config.witness_interval = transfer->config.witness_interval = 2 * G_USEC_PER_SEC;
        for (guint i = 1; i <= 5; i++)
                node_post (account, i);
        g_assert_true (node_wait (account, node_is_quiet));
        g_assert_cmpuint (node_unproven (account), >, 0);
        node_stop (account);
        node_stop (transfer);
        node_start (account);
        node_start (transfer);
        node_post (account, 6);
        g_assert_true (node_wait (account, is_proven));
        g_assert_cmpuint (node_unproven (account), ==, 0);
        view = node_view (transfer);
        g_assert_cmpuint (view.claimed, >, 0);
        g_assert_cmpstr (view.forked, ==, "");
        g_assert_cmpuint (node_count (account, "witness"), ==, 0);
}

/* Nobody has anything to say, and yet each sees the other's ledger. */
static void
test_idle (void)
{
        g_autoptr (World) world = world_new ();
        Node *account, *transfer;

        world_get (world, &account, &transfer);
        account->config.witness_interval = G_USEC_PER_SEC; /* of one side: it tells both */
        node_start (account);
        node_start (transfer);
        node_keep_person (account, 1);
        node_ask (transfer, "transfer.read",
                  "{\"id\":\"read-0001\",\"purpose\":\"P02\",\"records\":[{\"code\":"
                  "\"120576000000000000001\"}]}");
        g_assert_cmpuint (node_leaves (transfer), >, 0);
        g_assert_true (node_wait (account, knows_all));
        g_assert_true (node_wait (transfer, knows_all));
        node_ask (transfer, "transfer.read",
                  "{\"id\":\"read-0002\",\"purpose\":\"P02\",\"records\":[{\"code\":"
                  "\"120576000000000000001\"}]}");
        g_assert_true (node_wait (account, is_proven));
        node_stop (transfer);
        node_start (transfer);
        world_run (2 * G_USEC_PER_SEC);
        g_assert_false (is_forked (account));
        g_assert_false (is_forked (transfer));
}

/* A receipt for a leaf that the peer's ledger does not hold. */
static void
test_not_included (void)
{
        Node *account, *transfer;
        g_autoptr (World) world = world_serving (&account, &transfer);
        const SekiKernel *kernel;
        SekiReceipt receipt = { .index = 0, .leaf = { 1, 2, 3 } };
        guint8 key[SEKI_UNPROVEN_KEY_MAX], value[SEKI_UNPROVEN_VALUE_LEN];
        g_autoptr (GError) error = NULL;
        SekiWrite write = { .space = SEKI_SPACE_STATE };
        SekiBatch batch = { .writes = &write, .n_writes = 1 };

        node_post (account, 1);
        g_assert_true (node_wait (account, node_is_quiet));
        kernel = seki_node_get_kernel (account->node);
        write.key = seki_span (key, seki_unproven_key (&transfer->party, &receipt, key));
        seki_unproven_value (&receipt, 0, value);
        write.value = seki_span (value, sizeof value);
        kernel->storage->commit (kernel->storage_self, 0, &batch, &error);
        g_assert_no_error (error);
        world_run (1200 * 1000);
        node_post (account, 2);
        assert_fork (account, SEKI_FORK_NOT_INCLUDED);
}

typedef struct {
        const char *action, *json;
        guint status;
} Request;

static void
test_serving (void)
{
        static const Request requests[] = {
                { "ledger.consistency", "{\"old\":1,\"new\":3}", 200 },
                { "ledger.consistency", "{\"old\":0,\"new\":0}", 200 },
                { "ledger.consistency", "{\"old\":3,\"new\":3}", 200 },
                { "ledger.consistency", "{\"old\":3,\"new\":2}", 400 },
                { "ledger.consistency", "{\"old\":3,\"new\":1000}", 410 },
                { "ledger.consistency", "{\"new\":1}", 400 },
                { "ledger.consistency", "{\"old\":-1,\"new\":1}", 400 },
                { "ledger.consistency", "{\"old\":1,\"new\":2,\"size\":3}", 400 },
                { "ledger.consistency", "[]", 400 },
                { "ledger.inclusion", "{\"index\":0,\"size\":3}", 200 },
                { "ledger.inclusion", "{\"index\":[0,1,2],\"size\":3}", 200 },
                { "ledger.inclusion", "{\"index\":[],\"size\":3}", 200 },
                { "ledger.inclusion", "{\"index\":3,\"size\":3}", 400 },
                { "ledger.inclusion", "{\"index\":[0,3],\"size\":3}", 400 },
                { "ledger.inclusion", "{\"index\":3,\"size\":1000}", 410 },
                { "ledger.inclusion",
                  "{\"index\":18446744073709551615,\"size\":18446744073709551615}", 400 },
        };
        g_autoptr (World) world = world_new ();
        Node *account = &world->nodes[NODE_ACCOUNT];
        const SekiKernel *kernel;

        node_start (account);
        for (guint i = 1; i <= 4; i++)
                node_keep_person (account, i);
        kernel = seki_node_get_kernel (account->node);
        for (gsize i = 0; i < G_N_ELEMENTS (requests); i++) {
                SekiCborWriter body, answer;
                g_autoptr (GError) error = NULL;
                g_auto (SekiProofAnswer) proof = { 0 };
                guint status;

                seki_cbor_writer_init (&body, NULL);
                seki_cbor_writer_init (&answer, NULL);
                if (!account->config.codec->to_cbor (seki_span_text (requests[i].json), &body,
                                                     &error))
                        g_test_message ("%s: %s", requests[i].json, error->message);
                status = seki_proofs_answer (kernel, &account->office,
                                             seki_span_text (requests[i].action),
                                             seki_cbor_writer_get_span (&body), &answer);
                g_test_message ("%s", requests[i].json);
                g_assert_cmpuint (status, ==, requests[i].status);
                g_assert_true (seki_cbor_check (seki_cbor_writer_get_span (&answer), 4, NULL));
                if (status == 200)
                        g_assert_true (seki_proof_answer_read (
                                seki_cbor_writer_get_span (&answer),
                                strchr (requests[i].json, '[') != NULL, &proof, NULL));
                seki_cbor_writer_clear (&body);
                seki_cbor_writer_clear (&answer);
        }
        g_assert_cmpuint (node_leaves (account), ==, 4);
}

int
main (int argc, char **argv)
{
        g_test_init (&argc, &argv, NULL);
        g_test_add_func ("/witness/checkpoints and receipts are proven", test_proven);
        g_test_add_func ("/witness/checkpoints are exchanged when idle", test_idle);
        g_test_add_func ("/witness/a receipt that is not in the ledger", test_not_included);
        g_test_add_func ("/witness/what is answered to who asks for proofs", test_serving);
        return g_test_run ();
}
