/* SPDX-License-Identifier: Apache-2.0 */
/* OpenMetrics text over HTTP/1.0, on a socket of the machine or a loopback port.
 * Counts only: no personal data, no names of peers.  Main thread. */
#pragma once

#include "kernel/node.h"

G_BEGIN_DECLS

typedef struct SekiMetrics SekiMetrics;

/* place: the path of a unix socket (mode 0660), or ADDRESS:PORT on loopback.
 * node is lent. */
SekiMetrics *seki_metrics_new (const char *place, SekiNode *node, GError **error);
void seki_metrics_free (SekiMetrics *metrics); /* NULL-safe */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SekiMetrics, seki_metrics_free)
/* The text itself, to be freed. */
char *seki_metrics_write (const SekiNodeStatus *status);

G_END_DECLS
