/* SPDX-License-Identifier: Apache-2.0 */
/* A role's table in a descriptor that says it is a storage. */
#define FAKE_NAME "storage-wrong-kind"
#include "fake.h"

SEKI_MODULE_DEFINE (FAKE_HEAD, .kind = SEKI_KIND_STORAGE, FAKE_LIFE, .role = &fake_role);
