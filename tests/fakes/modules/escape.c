/* SPDX-License-Identifier: Apache-2.0 */
/* A summary that would command the terminal it is shown on. */
#define FAKE_NAME "role-escape"
#include "fake.h"

SEKI_EXPORT extern const SekiModule seki_module;
const SekiModule seki_module = {
        .abi = SEKI_ABI,
        .size = sizeof (SekiModule),
        .kind = SEKI_KIND_ROLE,
        .name = FAKE_NAME,
        .version = "1",
        .summary = "A fake \033[2J",
        .provides = fake_provides,
        .needs = fake_needs,
        .wants = fake_wants,
        FAKE_LIFE,
        .role = &fake_role,
};
