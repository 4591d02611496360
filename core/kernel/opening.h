/* SPDX-License-Identifier: Apache-2.0 */
/* Opening a ledger (D7): head, store and tiles are compared before a byte of
 * them is written; only then the store is started and the committer made.
 *
 * head   at or past the last acknowledged batch -> sound, at most the one batch
 *        in flight lies beyond and is taken in
 *        behind it, of another history, gone, both slots bad -> SEKI_ERROR_DAMAGED
 *        and every file is as it was */
#pragma once

#include "kernel/exchange.h"

G_BEGIN_DECLS

typedef struct {
        const char *data;               /* folder with head and ledger/LANE */
        void (*log) (gpointer user, SekiLogLevel level,
                     const char *text); /* NULL: nobody listens */
        gpointer log_user;
} SekiOpening;

/* kernel: clock, keyring (unsealed), registry (open, storage not started) and
 * lane are set; storage, tiles and commit are filled in.  On error too what was
 * opened is closed by seki_opening_undo. */
gboolean seki_opening_run (const SekiOpening *opening, SekiKernel *kernel, SekiHead **out_head,
                           GError **error);
/* Closes committer, tiles and head; the store stays with the registry. */
void seki_opening_undo (SekiKernel *kernel, SekiHead **inout_head);

G_END_DECLS
