/* SPDX-License-Identifier: Apache-2.0 */
/* Demand: asks each peer that can be called to prove what it claims (D8): that
 * its newest checkpoint continues the one known, and that its receipts stand in
 * it; hourly when idle it only shows the own checkpoint and sees the peer's.
 *
 * At most one request to each peer is under way, and at most one a second; who
 * does not answer is asked again later and later.  A peer without an address
 * stays claimed.  On the thread of worker 0. */
#pragma once

#include "kernel/queue.h"
#include "kernel/witness.h"
#include "kernel/worker.h"

G_BEGIN_DECLS

#define SEKI_DEMAND_TOKEN (G_GUINT64_CONSTANT (1) << 63) /* set in every token of a demand */

typedef struct SekiDemand SekiDemand;

/* config outlives it; pipeline notes forks on the ledger. */
SekiDemand *seki_demand_new (const SekiWorkerConfig *config, SekiPipeline *pipeline,
                             SekiQueueSend send, gpointer user);
void seki_demand_free (SekiDemand *demand);
void seki_demand_tick (SekiDemand *demand);
void seki_demand_answered (SekiDemand *demand, guint64 token, guint status, SekiSpan body);
void seki_demand_lost (SekiDemand *demand, const SekiParty *peer);

G_END_DECLS
