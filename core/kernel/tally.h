/* SPDX-License-Identifier: Apache-2.0 */
/* How many acts of each kind became durable since start; for status, metrics
 * and nobody's decision.  Any thread. */
#pragma once

#include <sekisho/base.h>
#include <stdatomic.h>

G_BEGIN_DECLS

typedef enum {
        SEKI_ACT_PUT, SEKI_ACT_GIVE, SEKI_ACT_SEND, SEKI_ACT_ERASE, SEKI_ACT_HOLD, SEKI_ACT_RELEASE, SEKI_ACT_REPORT,
        SEKI_ACT_REFUSE, SEKI_ACT_KEEP, SEKI_ACT_COUNT
} SekiAct;

static inline const char *
seki_act_name (SekiAct act)
{
        static const char *const names[SEKI_ACT_COUNT] = {
                "put", "give", "send", "erase", "hold", "release", "report", "refuse", "keep",
        };
        return names[act];
}

typedef struct {
        _Atomic guint64 acts[SEKI_ACT_COUNT];
} SekiTally;

G_END_DECLS
