/* SPDX-License-Identifier: Apache-2.0 */
/* Quotas of peers that are who they say (D21): how many of a peer's messages
 * may be under way, and how many of them may be refused in a minute, so that
 * nobody fills the ledger with refusals.  One thread's. */
#pragma once

#include "base/clock.h"

G_BEGIN_DECLS

typedef struct SekiQuota SekiQuota;

typedef enum {
        SEKI_QUOTA_FREE,
        SEKI_QUOTA_UNDER_WAY,   /* too many at once */
        SEKI_QUOTA_REFUSED,     /* too many refused within a minute */
} SekiQuotaFinding;

/* 0 in either limit: no limit. */
SekiQuota *seki_quota_new (const SekiClock *clock, guint under_way, guint refusals);
void seki_quota_free (SekiQuota *quota);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SekiQuota, seki_quota_free)
/* A message of the peer came; when it may pass it must leave later. */
SekiQuotaFinding seki_quota_enter (SekiQuota *quota, gconstpointer peer);
void seki_quota_leave (SekiQuota *quota, gconstpointer peer, gboolean refused);

G_END_DECLS
