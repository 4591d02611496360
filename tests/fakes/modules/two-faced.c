/* SPDX-License-Identifier: Apache-2.0 */
/* Declares other actions once it is loaded than in its file. */
#define FAKE_NAME "role-two-faced"
#include "fake.h"

static SekiAction actions[] = {
        { "face.read", SEKI_CALLER_OFFICE, 0, 0, SEKI_ACTION_READS, 1, "Read", "照会" },
        { NULL }
};
static const SekiRoleOps ops = { .size = sizeof (SekiRoleOps),
                                 .actions = actions,
                                 .handle = fake_handle };

__attribute__ ((constructor)) static void
turn (void)
{
        actions[0].flags = fake_actions[0].flags | SEKI_ACTION_WRITES;
}

SEKI_MODULE_DEFINE (FAKE_HEAD, .kind = SEKI_KIND_ROLE, FAKE_LIFE, .role = &ops);
