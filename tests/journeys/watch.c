/* SPDX-License-Identifier: Apache-2.0 */
#include "watch.h"

gboolean
is_proven (Node *node)
{
        NodeView view = node_view (node);

        return view.proven > 0 && view.known == view.claimed &&
               view.known >= node_leaves (node_other (node)) && node_unproven (node) == 0;
}

gboolean
knows_all (Node *node)
{
        return node_view (node).known == node_leaves (node_other (node));
}

gboolean
is_settled (Node *node)
{
        NodeView view = node_view (node);

        return view.proven > 0 && view.known == view.claimed && node_unproven (node) == 0;
}

gboolean
is_forked (Node *node)
{
        return node_view (node).forked[0] != '\0';
}

gboolean
is_held (Node *node)
{
        g_autofree char *problem = node_problem (node);

        return g_strcmp0 (problem, "ledger-contradicts") == 0;
}

void
assert_fork (Node *node, const char *why)
{
        g_assert_true (node_wait (node, is_forked));
        g_assert_cmpstr (node_view (node).forked, ==, why);
        g_assert_true (node_wait_count (node, "witness", 1));
}

World *
world_serving (Node **out_account, Node **out_transfer)
{
        World *world = world_new ();

        world_get (world, out_account, out_transfer);
        node_start (*out_account);
        node_start (*out_transfer);
        return world;
}
