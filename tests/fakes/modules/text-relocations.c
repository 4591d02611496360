/* SPDX-License-Identifier: Apache-2.0 */
/* The loader would have to write into its code. */
#define FAKE_NAME "role-text-relocations"
#include "fake.h"

__asm__ (".text\n.balign 8\n.quad seki_module\n");

SEKI_MODULE_DEFINE (FAKE_HEAD, .kind = SEKI_KIND_ROLE, FAKE_LIFE, .role = &fake_role);
