/* SPDX-License-Identifier: Apache-2.0 */
/* Rows in key order, in memory that is wiped when it is given back.
 *
 * A row never changes once it is made, so readers take references under the
 * lock and hand the rows over outside it: a callback may commit. */
#pragma once

#include <sekisho/sekisho.h>

typedef struct {
        guint refs;             /* by atomic operations */
        gboolean present;       /* FALSE: the row stands for the erasure of its key */
        gsize key_len, value_len;
        guint8 bytes[];         /* key, then value */
} Row;

/* NULL when there is no memory. */
Row *row_new (SekiSpan key, SekiSpan value);
Row *row_ref (Row *row);
void row_unref (gpointer row);
SekiSpan row_key (const Row *row);
SekiSpan row_value (const Row *row);

/* Map from key to row; owns its references. */
GTree *rows_new (void);
/* Takes the row: it is put, or its key erased. */
void rows_take (GTree *rows, Row *row);
/* A reference to the row under a key; NULL if absent. */
Row *rows_ref (GTree *rows, SekiSpan key);
/* References to the rows with from <= key < to, in order. */
GPtrArray *rows_ref_range (GTree *rows, SekiSpan from, SekiSpan to);
