/* SPDX-License-Identifier: Apache-2.0 */
/* Built against a contract nobody knows yet. */
#define FAKE_NAME "role-wrong-abi"
#include "fake.h"

SEKI_EXPORT extern const SekiModule seki_module;
const SekiModule seki_module = {
        .abi = SEKI_ABI + 1,
        .size = sizeof (SekiModule),
        FAKE_HEAD,
        .kind = SEKI_KIND_ROLE,
        FAKE_LIFE,
        .role = &fake_role,
};
