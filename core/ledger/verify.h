/* SPDX-License-Identifier: Apache-2.0 */
/* Offline verification of a ledger folder with the node's public key alone. */
#pragma once

#include "ledger/checkpoint.h"
#include "ledger/tiles.h"

G_BEGIN_DECLS

typedef struct {
        guint16 lane;                   /* of the origin "NODE/lane/N"; 0 if it names none */
        guint64 leaves;                 /* in tiles */
        guint64 checkpoint_size;
        guint64 undrained;              /* leaves the checkpoint covers that are not yet in tiles */
        guint64 first_bad;              /* leaf, or first leaf of a bad tile; G_MAXUINT64: none or
                                         * not known */
        gboolean holds;
        char finding[256];              /* a sentence; "" when it holds */
} SekiVerifyReport;

/* Rehashes every entry and tile, recomputes the root, checks it against the
 * folder's checkpoint, and against an older one if given (note text) whose
 * leaves must be the first of these.  Reads every file once and in order, in
 * memory that does not grow; touches nothing, so the folder may be in use.
 *
 * While leaves are undrained the checkpoint's root can not be recomputed, and
 * the ledger does not hold yet.  Leaves beyond the checkpoint are checked
 * against their tiles only.  FALSE only when it could not be carried out. */
gboolean seki_verify_ledger (const char *folder, SekiSpan public_key, const char *older_note,
                             void (*progress) (guint64 done, guint64 all, gpointer user),
                             gpointer user, SekiVerifyReport *out_report, GError **error);

G_END_DECLS
