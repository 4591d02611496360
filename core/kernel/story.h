/* SPDX-License-Identifier: Apache-2.0 */
/* The life of one record, act by act, from the sealed trails that lead from it
 * to its leaves (D10).  Once the record is erased its bucket's key is gone and
 * with it every trail: the ledger still verifies, the story can not be told. */
#pragma once

#include "kernel/exchange.h"

G_BEGIN_DECLS

/* Calls each act in the order of the ledger.  SEKI_ERROR_MISSING when nothing
 * is stored under the code.  Any thread. */
gboolean seki_story_tell (const SekiKernel *kernel, SekiSpan code,
                          void (*act) (guint64 index, const SekiEntry *entry, gpointer user),
                          gpointer user, GError **error);

/* One trail row, opened: [ salt, [ facts, ... ], [ [ leaf, life, ruling ], ... ] ]. */
typedef struct {
        guint32 leaf;                   /* counted from the first of the row's key */
        const guint8 *life;             /* SEKI_LIFE_LEN, in the plain text */
        guint32 ruling;
        SekiSpan encoded;
} SekiTrailItem;

/* Steps through the items of an opened row; head is what stands before them. */
gboolean seki_trail_each (SekiSpan plain, SekiSpan *out_head,
                          void (*each) (const SekiTrailItem *item, gpointer user), gpointer user,
                          GError **error);

G_END_DECLS
