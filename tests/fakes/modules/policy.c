/* SPDX-License-Identifier: Apache-2.0 */
/* Nothing wrong with it; it adds one fact. */
#include "policy.h"

static const SekiFactSpec facts[] = {
        { "fake_fact", SEKI_FACT_INT, 0, 9, "days", NULL, SEKI_FACT_LOG_PLAIN, "Fake", "偽" },
        { NULL }
};

SEKI_MODULE_DEFINE (
        FAKE_HEAD,
        .kind = SEKI_KIND_POLICY,
        .facts = facts,
        FAKE_LIFE,
        .policy = &fake_policy);
