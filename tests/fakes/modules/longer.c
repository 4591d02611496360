/* SPDX-License-Identifier: Apache-2.0 */
/* Nothing wrong with it: built against a later header of the same number, in
 * which descriptor and table have grown. */
#define FAKE_NAME "role-longer"
#include "fake.h"

typedef struct {
        SekiRoleOps now;
        void (*later) (gpointer self);
} LaterOps;

typedef struct {
        SekiModule now;
        void (*later) (gpointer self);
        const char *motto;
} LaterModule;

static void
later (gpointer self G_GNUC_UNUSED)
{
}

static const LaterOps ops = {
        .now = { .size = sizeof (LaterOps), .actions = fake_actions, .handle = fake_handle },
        .later = later,
};

SEKI_EXPORT extern const LaterModule seki_module;
const LaterModule seki_module = {
        .now = { .abi = SEKI_ABI,
                 .size = sizeof (LaterModule),
                 FAKE_HEAD,
                 .kind = SEKI_KIND_ROLE,
                 FAKE_LIFE,
                 .role = &ops.now },
        .later = later,
        .motto = "later",
};
