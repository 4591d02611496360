/* SPDX-License-Identifier: Apache-2.0 */
/* Lacks the one function a role is for. */
#define FAKE_NAME "role-no-handle"
#include "fake.h"

static const SekiRoleOps ops = { .size = sizeof (SekiRoleOps), .actions = fake_actions };

SEKI_MODULE_DEFINE (FAKE_HEAD, .kind = SEKI_KIND_ROLE, FAKE_LIFE, .role = &ops);
