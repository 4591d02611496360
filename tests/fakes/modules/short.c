/* SPDX-License-Identifier: Apache-2.0 */
/* Its descriptor says it ends before the table. */
#define FAKE_NAME "role-short"
#include "fake.h"

SEKI_EXPORT extern const SekiModule seki_module;
const SekiModule seki_module = {
        .abi = SEKI_ABI,
        .size = offsetof (SekiModule, role),
        FAKE_HEAD,
        .kind = SEKI_KIND_ROLE,
        FAKE_LIFE,
        .role = &fake_role,
};
