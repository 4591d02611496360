/* SPDX-License-Identifier: Apache-2.0 */
/* A role that calls itself a policy. */
#define FAKE_NAME "policy-bad-name"
#include "fake.h"

SEKI_MODULE_DEFINE (FAKE_HEAD, .kind = SEKI_KIND_ROLE, FAKE_LIFE, .role = &fake_role);
