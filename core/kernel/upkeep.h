/* SPDX-License-Identifier: Apache-2.0 */
/* Upkeep: the ledger thread.  Once a second it drains committed leaves into
 * tiles, drops their rows from storage and signs a checkpoint (D8, D9). */
#pragma once

#include "kernel/exchange.h"

G_BEGIN_DECLS

typedef struct SekiUpkeep SekiUpkeep;

SekiUpkeep *seki_upkeep_start (const SekiKernel *kernel,
                               void (*log) (gpointer user, SekiLogLevel level, const char *text),
                               gpointer log_user, GError **error);
/* Drains what is left and joins the thread. */
void seki_upkeep_stop (SekiUpkeep *upkeep);
/* One round now; any thread. */
gboolean seki_upkeep_run (SekiUpkeep *upkeep, GError **error);
gint64 seki_upkeep_last (SekiUpkeep *upkeep);   /* time of the last checkpoint; 0: none */

G_END_DECLS
