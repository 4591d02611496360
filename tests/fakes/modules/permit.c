/* SPDX-License-Identifier: Apache-2.0 */
/* A policy that permits everything but the purpose "denied". */
#define FAKE_NAME "policy-permit"
#define FAKE_PROVIDES "policy"
#include "policy.h"

typedef struct {
        Fake fake;                      /* first: what fake_open and fake_close know */
} Permit;

static gboolean
permit_decide (gpointer self, const SekiFacts *rows, gsize n, SekiDecision *out,
               GError **error G_GNUC_UNUSED)
{
        const SekiSchema *schema = ((Permit *) self)->fake.host->schema;

        for (gsize i = 0; i < n; i++) {
                out[i] = (SekiDecision){ .verdict = SEKI_PERMIT,
                                         .ground = SEKI_GROUND_PERMIT,
                                         .n_rules = 1 };
                for (guint f = 0; f < schema->n_fields; f++)
                        if (strcmp (schema->fields[f]->name, "purpose") == 0 &&
                            seki_facts_has (&rows[i], f) &&
                            seki_span_is (rows[i].value[f].text, "denied"))
                                out[i] = (SekiDecision){ .verdict = SEKI_DENY,
                                                         .ground = SEKI_GROUND_FORBID };
        }
        return TRUE;
}

static gboolean
permit_describe (gpointer self G_GNUC_UNUSED, guint16 rule G_GNUC_UNUSED, SekiRuleInfo *out)
{
        static const char *const none[] = { NULL };

        *out = (SekiRuleInfo){ .id = "FAK-001", .title = "all", .clauses = none };
        return TRUE;
}

static const SekiPolicyOps permit_policy = {
        .size = sizeof (SekiPolicyOps),
        .decide = permit_decide, .describe = permit_describe, .digest = none_digest,
        .prepare = none_prepare, .swap = none_swap, .tool = none_tool,
};

SEKI_MODULE_DEFINE (
        FAKE_HEAD,
        .kind = SEKI_KIND_POLICY,
        FAKE_LIFE,
        .policy = &permit_policy);
