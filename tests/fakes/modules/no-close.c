/* SPDX-License-Identifier: Apache-2.0 */
/* Can not be closed. */
#define FAKE_NAME "role-no-close"
#include "fake.h"

static void
stop (gpointer self)
{
        void (*right) (gpointer) = fake_close;

        if (right != NULL)
                fake_stop (self);
}

SEKI_MODULE_DEFINE (
        FAKE_HEAD, .kind = SEKI_KIND_ROLE, .open = fake_open, .start = fake_start, .stop = stop,
        .role = &fake_role);
