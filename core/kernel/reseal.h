/* SPDX-License-Identifier: Apache-2.0 */
/* Re-sealing: how erasing becomes final (D11).  A bucket from which something
 * was erased is noted in SEKI_SPACE_STATE ('D', bucket); its survivors and
 * their trails are sealed anew under the next generation, in one commit with a
 * leaf that says so, and then the old generation's key is destroyed.
 *
 * A crash at any point is made good by doing it again. */
#pragma once

#include "kernel/exchange.h"

G_BEGIN_DECLS

#define SEKI_NOTED_KEY_LEN (1 + SEKI_BUCKET_LEN)

/* Re-seals at most limit noted buckets; one that is being written to waits for
 * the next call.  One thread at a time. */
gboolean seki_reseal_run (const SekiKernel *kernel, guint limit, GError **error);
/* After start, and after a run that failed: destroys old generations whose
 * successor was committed, so that nothing erased stays readable. */
gboolean seki_reseal_finish (const SekiKernel *kernel, GError **error);

/* What exchanges that come upon a bucket under re-sealing wait for. */
void seki_bucket_claim (const SekiBucket *bucket, guint8 out[SEKI_CLAIM_LEN]);

G_END_DECLS
