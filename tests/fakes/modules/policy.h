/* SPDX-License-Identifier: Apache-2.0 */
/* A policy table that could not decide anything. */
#pragma once

#include "fake.h"

static gboolean
none_decide (gpointer self G_GNUC_UNUSED, const SekiFacts *rows G_GNUC_UNUSED,
             gsize n G_GNUC_UNUSED, SekiDecision *out G_GNUC_UNUSED, GError **error G_GNUC_UNUSED)
{
        return FALSE;
}

static gboolean
none_describe (gpointer self G_GNUC_UNUSED, guint16 rule G_GNUC_UNUSED,
               SekiRuleInfo *out G_GNUC_UNUSED)
{
        return FALSE;
}

static void
none_digest (gpointer self G_GNUC_UNUSED, guint8 *out)
{
        memset (out, 0, 32);
}

static gpointer
none_prepare (gpointer self G_GNUC_UNUSED, const char *folder G_GNUC_UNUSED,
              GError **error G_GNUC_UNUSED)
{
        return NULL;
}

static gboolean
none_swap (gpointer self G_GNUC_UNUSED, gpointer bundle G_GNUC_UNUSED, GError **error G_GNUC_UNUSED)
{
        return FALSE;
}

static gboolean
none_tool (gpointer self G_GNUC_UNUSED, const char *const *argv G_GNUC_UNUSED,
           SekiReport *out G_GNUC_UNUSED, GError **error G_GNUC_UNUSED)
{
        return FALSE;
}

static const SekiPolicyOps fake_policy = {
        .size = sizeof (SekiPolicyOps),
        .decide = none_decide, .describe = none_describe, .digest = none_digest,
        .prepare = none_prepare, .swap = none_swap, .tool = none_tool,
};
