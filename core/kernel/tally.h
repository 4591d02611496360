/* SPDX-License-Identifier: Apache-2.0 */
/* How many acts of each kind became durable since start, and how much disk is
 * left.  Any thread. */
#pragma once

#include <sekisho/base.h>
#include <stdatomic.h>

G_BEGIN_DECLS

typedef enum {
        SEKI_ACT_PUT,
        SEKI_ACT_GIVE,
        SEKI_ACT_SEND,
        SEKI_ACT_ERASE,
        SEKI_ACT_HOLD,
        SEKI_ACT_RELEASE,
        SEKI_ACT_REPORT,
        SEKI_ACT_REFUSE,
        SEKI_ACT_KEEP,
        SEKI_ACT_COUNT
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
        _Atomic int disk;               /* a SekiDisk, looked at once a second */
} SekiTally;

/* How much of the disk is left (D21). */
typedef enum {
        SEKI_DISK_FREE,
        SEKI_DISK_RESERVED,     /* what is left is kept for the ledger: nothing new is stored */
        SEKI_DISK_FULL,         /* less than half of the reserve is left: nothing is taken at all */
} SekiDisk;

G_END_DECLS
