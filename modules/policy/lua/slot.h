/* SPDX-License-Identifier: Apache-2.0 */
/* The place of the running bundle: readers never wait, one pointer is swapped.
 *
 * Readers count themselves in and out of one of two phases, striped by thread
 * so that they do not share a cache line.  Who swaps turns the phase and waits
 * for both to run empty; nobody can then still hold the old bundle. */
#pragma once

#include "bundle.h"

#include <pthread.h>
#include <stdatomic.h>

G_BEGIN_DECLS

#define SLOT_STRIPES 32u

typedef struct {
        _Alignas (64) atomic_uint readers[2];
} SlotStripe;

typedef struct {
        SlotStripe stripes[SLOT_STRIPES];
        _Alignas (64) _Atomic (Bundle *) current;
        atomic_uint phase;
        pthread_mutex_t writer;
} Slot;

Slot *slot_new (void);
/* Frees the running bundle too. */
void slot_free (Slot *slot);

/* Lends the running bundle, NULL before the first swap, until slot_leave with
 * the same ticket on the same thread. */
const Bundle *slot_enter (Slot *slot, guint *out_ticket);
void slot_leave (Slot *slot, guint ticket);

/* Takes next and gives back the one before, which no reader holds any more. */
Bundle *slot_swap (Slot *slot, Bundle *next);

G_END_DECLS
