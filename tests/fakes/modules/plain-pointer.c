/* SPDX-License-Identifier: Apache-2.0 */
/* A pointer that the loader would leave as it is: a number, not an address. */
#define FAKE_NAME "role-plain-pointer"
#include "fake.h"

SEKI_MODULE_DEFINE (FAKE_HEAD, .kind = SEKI_KIND_ROLE, .clauses = (const char *const *) 0x1000,
                    FAKE_LIFE, .role = &fake_role);
