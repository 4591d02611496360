/* SPDX-License-Identifier: Apache-2.0 */
/* Facts enough to fill a node almost alone. */
#define FAKE_NAME "role-facts"
#define FAKE_ACTION "facts.do"
#include "fake.h"

#define ONE(e) { e, SEKI_FACT_BOOL, 0, 1, NULL, NULL, SEKI_FACT_LOG_PLAIN, "x", "y" }
#define FIVE(e) ONE (e "a"), ONE (e "b"), ONE (e "c"), ONE (e "d"), ONE (e "e")
#define MANY(e) FIVE (e "a"), FIVE (e "b"), FIVE (e "c"), FIVE (e "d"), FIVE (e "e")

static const SekiFactSpec facts[] = { MANY ("a"), MANY ("b"), MANY ("c"),
                                      MANY ("d"), MANY ("e"), { NULL } };

SEKI_MODULE_DEFINE (FAKE_HEAD, .kind = SEKI_KIND_ROLE, .facts = facts, FAKE_LIFE,
                    .role = &fake_role);
