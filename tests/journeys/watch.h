/* SPDX-License-Identifier: Apache-2.0 */
/* What two nodes that are each other's witnesses are waited for. */
#pragma once

#include "node.h"

G_BEGIN_DECLS

gboolean is_proven (Node *node);        /* all of the other's ledger, with every receipt */
gboolean is_settled (Node *node);       /* all that it claimed */
gboolean knows_all (Node *node);        /* all of the other's ledger, proven or not */
gboolean is_forked (Node *node);
gboolean is_held (Node *node);          /* a message waits because of a fork */
void assert_fork (Node *node, const char *why);
/* Both serving. */
World *world_serving (Node **out_account, Node **out_transfer);

G_END_DECLS
