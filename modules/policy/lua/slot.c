/* SPDX-License-Identifier: Apache-2.0 */
#include "slot.h"

#include <sched.h>

Slot *
slot_new (void)
{
        Slot *slot = g_aligned_alloc0 (1, sizeof *slot, 64);

        pthread_mutex_init (&slot->writer, NULL);
        return slot;
}

void
slot_free (Slot *slot)
{
        if (slot == NULL)
                return;
        bundle_free (atomic_load (&slot->current));
        pthread_mutex_destroy (&slot->writer);
        g_aligned_free (slot);
}

static guint
stripe_of_thread (void)
{
        guint64 self = (guint64) (gsize) pthread_self ();

        return (guint) ((self >> 6) * G_GUINT64_CONSTANT (0x9e3779b97f4a7c15) >> 59) % SLOT_STRIPES;
}

const Bundle *
slot_enter (Slot *slot, guint *out_ticket)
{
        guint stripe = stripe_of_thread ();
        guint phase = atomic_load (&slot->phase) & 1;

        atomic_fetch_add (&slot->stripes[stripe].readers[phase], 1);
        *out_ticket = stripe * 2 + phase;
        return atomic_load (&slot->current);
}

void
slot_leave (Slot *slot, guint ticket)
{
        atomic_fetch_sub (&slot->stripes[ticket / 2].readers[ticket & 1], 1);
}

static void
phase_wait (Slot *slot, guint phase)
{
        for (guint i = 0; i < SLOT_STRIPES; i++)
                while (atomic_load (&slot->stripes[i].readers[phase]) != 0)
                        sched_yield ();
}

Bundle *
slot_swap (Slot *slot, Bundle *next)
{
        Bundle *before;
        guint phase;

        pthread_mutex_lock (&slot->writer);
        before = atomic_exchange (&slot->current, next);
        phase = atomic_load (&slot->phase) & 1;
        phase_wait (slot, 1 - phase);
        atomic_store (&slot->phase, 1 - phase);
        phase_wait (slot, phase);
        pthread_mutex_unlock (&slot->writer);
        return before;
}
