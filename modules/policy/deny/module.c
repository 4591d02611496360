/* SPDX-License-Identifier: Apache-2.0 */
/* Denies everything: for tests, and for a node that must not serve yet. */
#include <sekisho/sekisho.h>

/* SHA-256 of nothing: the digest of a bundle without rules. */
static const guint8 digest_of_nothing[32] = {
        0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4,
        0xc8, 0x99, 0x6f, 0xb9, 0x24, 0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b,
        0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55,
};

static const SekiOption options[] = { { NULL } };

/* It has no state; something has to be handed back. */
static gpointer
deny_open (const SekiHost *host G_GNUC_UNUSED, const SekiSetting *settings G_GNUC_UNUSED,
           GError **error G_GNUC_UNUSED)
{
        return (gpointer) options;
}

static gboolean
deny_start (gpointer self G_GNUC_UNUSED, GError **error G_GNUC_UNUSED)
{
        return TRUE;
}

static void
deny_stop (gpointer self G_GNUC_UNUSED)
{
}

static gboolean
deny_decide (gpointer self G_GNUC_UNUSED, const SekiFacts *rows G_GNUC_UNUSED, gsize n,
             SekiDecision *out_decisions, GError **error G_GNUC_UNUSED)
{
        for (gsize i = 0; i < n; i++)
                out_decisions[i] = (SekiDecision){ .verdict = SEKI_DENY, .missing = 0xffff };
        return TRUE;
}

static gboolean
deny_describe (gpointer self G_GNUC_UNUSED, guint16 rule G_GNUC_UNUSED,
               SekiRuleInfo *out_info G_GNUC_UNUSED)
{
        return FALSE;
}

static void
deny_digest (gpointer self G_GNUC_UNUSED, guint8 *out_digest)
{
        memcpy (out_digest, digest_of_nothing, sizeof digest_of_nothing);
}

static gboolean
deny_refuse (GError **error)
{
        g_set_error (error, SEKI_ERROR, SEKI_ERROR_MODULE,
                     SEKI_TEXT ("policy-deny has no rules and no tools; load policy-lua instead"));
        return FALSE;
}

static gpointer
deny_prepare (gpointer self G_GNUC_UNUSED, const char *folder G_GNUC_UNUSED, GError **error)
{
        deny_refuse (error);
        return NULL;
}

static gboolean
deny_swap (gpointer self G_GNUC_UNUSED, gpointer bundle G_GNUC_UNUSED, GError **error)
{
        return deny_refuse (error);
}

static gboolean
deny_tool (gpointer self G_GNUC_UNUSED, const char *const *argv G_GNUC_UNUSED,
           SekiReport *out_report G_GNUC_UNUSED, GError **error)
{
        return deny_refuse (error);
}

static const char *const provides[] = { "policy", NULL };
static const char *const nothing[] = { NULL };
static const char *const clauses[] = { "4.3(1)", NULL };
static const SekiFactSpec facts[] = { { NULL } };
static const SekiEventSpec events[] = { { NULL } };
static const SekiReason reasons[] = { { NULL } };

static const SekiPolicyOps ops = {
        .size = sizeof (SekiPolicyOps),
        .decide = deny_decide,
        .describe = deny_describe,
        .digest = deny_digest,
        .prepare = deny_prepare,
        .swap = deny_swap,
        .tool = deny_tool,
};

SEKI_MODULE_DEFINE (
        .kind = SEKI_KIND_POLICY,
        .threads = SEKI_THREADS_ANY,
        .name = "policy-deny",
        .version = "0.1.0",
        .summary = "Denies everything",
        .provides = provides,
        .needs = nothing,
        .wants = nothing,
        .options = options,
        .clauses = clauses,
        .facts = facts,
        .events = events,
        .reasons = reasons,
        .open = deny_open,
        .start = deny_start,
        .stop = deny_stop,
        .close = deny_stop,
        .policy = &ops);
