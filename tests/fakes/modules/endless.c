/* SPDX-License-Identifier: Apache-2.0 */
/* An array without an end. */
#define FAKE_NAME "role-endless"
#include "fake.h"

#define FOUR(e) { e "a", "x", "y" }, { e "b", "x", "y" }, { e "c", "x", "y" }, { e "d", "x", "y" }
#define MANY(e) FOUR (e "a"), FOUR (e "b"), FOUR (e "c"), FOUR (e "d")
#define MORE(e) MANY (e "a"), MANY (e "b"), MANY (e "c"), MANY (e "d"), MANY (e "e")

static const SekiReason reasons[] = {
        MORE ("a"), MORE ("b"), MORE ("c"), MORE ("d"), MORE ("e"), MORE ("f"), MORE ("g"), { NULL }
};

SEKI_MODULE_DEFINE (FAKE_HEAD, .kind = SEKI_KIND_ROLE, .reasons = reasons, FAKE_LIFE,
                    .role = &fake_role);
