/* SPDX-License-Identifier: Apache-2.0 */
/* Nothing wrong with it; name, needs and wants come from the build. */
#include "fake.h"

static const SekiReason reasons[] = {
        { "fake-reason", "This is a fake; use another.", "これは偽物です。別のものを使ってください。" },
        { "shared-reason", FAKE_NAME " speaks.", FAKE_NAME "が話します。" },
        { NULL }
};
static const SekiEventSpec events[] = { { "fake.event", "It happened", "発生" }, { NULL } };
static const char *const clauses[] = { "4.8(1)ア", NULL };

SEKI_MODULE_DEFINE (
        FAKE_HEAD,
        .kind = SEKI_KIND_ROLE,
        .reasons = reasons,
        .events = events,
        .clauses = clauses,
        .needs_number = 1,
        FAKE_LIFE,
        .role = &fake_role);
