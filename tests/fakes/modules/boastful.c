/* SPDX-License-Identifier: Apache-2.0 */
/* Its descriptor says it is longer than it is. */
#define FAKE_NAME "role-boastful"
#include "fake.h"

SEKI_EXPORT extern const SekiModule seki_module;
const SekiModule seki_module = {
        .abi = SEKI_ABI,
        .size = sizeof (SekiModule) + 8,
        FAKE_HEAD,
        .kind = SEKI_KIND_ROLE,
        FAKE_LIFE,
        .role = &fake_role,
};
