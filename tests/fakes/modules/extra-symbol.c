/* SPDX-License-Identifier: Apache-2.0 */
/* Exports a second symbol. */
#define FAKE_NAME "role-extra-symbol"
#include "fake.h"

SEKI_EXPORT extern const int role_extra;
const int role_extra = 1;

SEKI_MODULE_DEFINE (FAKE_HEAD, .kind = SEKI_KIND_ROLE, FAKE_LIFE, .role = &fake_role);
