/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel/gate.h"

#include "base/cbor.h"
#include "keyring/nss.h"
#include "shelf.h"

/* A policy that does as the test says and remembers what it was asked. */
typedef struct {
        SekiHost host;
        SekiRegistry *registry;
        SekiPlugin *plugin;
        SekiModule module;
        gpointer self;                  /* of the fake whose place we take */
        const SekiModule *fake;
        SekiHash *hash;
        SekiArena *arena;
        SekiContext context;
        SekiDocket docket;

        guint asked, swaps;
        gboolean fails;
        guint8 bundle;                  /* every byte of the digest */
        SekiDecision answer;
        char text[SEKI_FACT_CORE_COUNT][64];    /* as asked last; "" absent */
        gint64 number[SEKI_FACT_CORE_COUNT];
        guint64 present;
} Gate;

static const SekiParty office = { "office:back", SEKI_ROLE_ACCOUNT, SEKI_CALLER_OFFICE, "JP", NULL,
                                  NULL };
static const SekiParty institution = {
        "am1", SEKI_ROLE_ACCOUNT, SEKI_CALLER_NODE, "JP", NULL, NULL
};
static const SekiParty transfer = { "ti", SEKI_ROLE_TRANSFER, SEKI_CALLER_NODE, "US", NULL, NULL };

static gboolean
gate_decide (gpointer self, const SekiFacts *rows, gsize n, SekiDecision *out, GError **error)
{
        Gate *gate = self;

        g_assert_cmpuint (n, ==, 1);
        gate->asked++;
        gate->present = rows->present[0];
        for (guint i = 0; i < SEKI_FACT_CORE_COUNT; i++) {
                gate->text[i][0] = '\0';
                if (seki_facts_has (rows, i) && rows->value[i].text.data != NULL)
                        g_strlcpy (gate->text[i], (const char *) rows->value[i].text.data,
                                   MIN (sizeof gate->text[i], rows->value[i].text.len + 1));
                gate->number[i] = seki_facts_has (rows, i) ? rows->value[i].number : -1;
        }
        if (gate->fails) {
                g_set_error_literal (error, SEKI_ERROR, SEKI_ERROR_MODULE, "no");
                *out = (SekiDecision){ .verdict = SEKI_PERMIT };        /* must not count */
                return FALSE;
        }
        *out = gate->answer;
        if (gate->swaps > 0) {
                gate->swaps--;
                gate->bundle++;         /* swapped while we were at it */
        }
        return TRUE;
}

static gboolean
gate_describe (gpointer self, guint16 rule, SekiRuleInfo *out)
{
        static const char *const ids[2][3] = { { "ACC-010", "ACC-020", "ACC-030" },
                                               { "NEW-010", "NEW-020", "NEW-030" } };

        if (rule > 2)
                return FALSE;
        *out = (SekiRuleInfo){ .id = ids[((Gate *) self)->bundle > 7][rule] };
        return TRUE;
}

static void
gate_digest (gpointer self, guint8 *out)
{
        memset (out, ((Gate *) self)->bundle, 32);
}

static const SekiPolicyOps gate_policy = {
        .size = sizeof (SekiPolicyOps),
        .decide = gate_decide,
        .describe = gate_describe,
        .digest = gate_digest,
};

static gint64
host_now (gpointer core)
{
        (void) core;
        return 0;
}

static void
host_log (gpointer core, SekiLogLevel level, const char *text)
{
        (void) core;
        g_test_message ("%d %s", level, text);
}

static Gate *
gate_new (void)
{
        Gate *gate = g_new0 (Gate, 1);
        g_autoptr (GError) error = NULL;

        gate->host = (SekiHost){ .size = sizeof (SekiHost), .now = host_now, .log = host_log };
        gate->registry = seki_registry_new (&gate->host, "/nonexistent");
        g_assert_true (shelf_admit (gate->registry, "storage", &error));
        g_assert_true (shelf_admit (gate->registry, "policy", &error));
        seki_registry_resolve (gate->registry, seki_gate_core_facts (), &error);
        g_assert_no_error (error);
        seki_registry_open (gate->registry, &error);
        g_assert_no_error (error);
        gate->plugin = seki_registry_get (gate->registry, SEKI_KIND_POLICY, 0);
        gate->fake = gate->plugin->module;
        gate->self = gate->plugin->self;
        gate->module = *gate->fake;
        gate->module.policy = &gate_policy;
        gate->plugin->module = &gate->module;
        gate->plugin->self = gate;
        gate->hash = seki_hash_new ();
        gate->arena = seki_arena_new (0);
        gate->context = (SekiContext){ .action = seki_span_text ("account.read"),
                                       .purpose = seki_span_text ("P02"),
                                       .caller = &office,
                                       .self = &institution,
                                       .test = TRUE,
                                       .batch_size = 3,
                                       .now = G_GINT64_CONSTANT (1764000000000000) };
        gate->answer = (SekiDecision){ .verdict = SEKI_PERMIT,
                                       .ground = SEKI_GROUND_PERMIT,
                                       .n_rules = 2,
                                       .rules = { 1, 2 } };
        seki_docket_init (&gate->docket, &gate->context, gate->registry, gate->hash, gate->arena);
        return gate;
}

static void
gate_free (Gate *gate)
{
        gate->plugin->module = gate->fake;
        gate->plugin->self = gate->self;
        seki_registry_free (gate->registry);
        seki_arena_free (gate->arena);
        seki_hash_free (gate->hash);
        g_free (gate);
}

static const SekiRuling *
gate_ask (Gate *gate, const SekiQuestion *question)
{
        gsize place = seki_docket_rule (&gate->docket, question);

        g_assert_cmpuint (place, !=, G_MAXSIZE);
        return &gate->docket.rulings[place];
}

static void
test_facts (void)
{
        Gate *gate = gate_new ();
        SekiQuestion question = { .ask = SEKI_ASK_SEND,
                                  .with_number = 1,
                                  .known = 1,
                                  .number = SEKI_NUMBER_INDIVIDUAL,
                                  .holding = 2,
                                  .to = &transfer };

        gate_ask (gate, &question);
        g_assert_cmpstr (gate->text[SEKI_FACT_ACTION], ==, "account.read");
        g_assert_cmpstr (gate->text[SEKI_FACT_CALLER], ==, "office");
        g_assert_cmpstr (gate->text[SEKI_FACT_CALLER_ROLE], ==, "account");
        g_assert_cmpstr (gate->text[SEKI_FACT_PEER_ROLE], ==, "transfer");
        g_assert_cmpstr (gate->text[SEKI_FACT_EFFECT], ==, "send");
        g_assert_cmpstr (gate->text[SEKI_FACT_PURPOSE], ==, "P02");
        g_assert_cmpstr (gate->text[SEKI_FACT_COUNTRY], ==, "US");
        g_assert_cmpstr (gate->text[SEKI_FACT_MARK], ==, "test");
        g_assert_cmpint (gate->number[SEKI_FACT_BATCH_SIZE], ==, 3);
        /* 1764000000 is 2025-11-24T16:00:00Z: Tuesday 01:00 in Japan. */
        g_assert_cmpint (gate->number[SEKI_FACT_HOUR], ==, 1);
        g_assert_cmpint (gate->number[SEKI_FACT_WEEKDAY], ==, 2);
        g_assert_cmpint (gate->number[SEKI_FACT_WITH_NUMBER], ==, 1);
        g_assert_cmpstr (gate->text[SEKI_FACT_NUMBER_KIND], ==, "individual");
        g_assert_cmpint (gate->number[SEKI_FACT_KNOWN], ==, 1);
        g_assert_cmpstr (gate->text[SEKI_FACT_HOLDING], ==, "yes");
        g_assert_cmpint (gate->number[SEKI_FACT_CLOSED], ==, 0);
        /* What was not said is absent, not empty. */
        g_assert_false (gate->present >> SEKI_FACT_BASIS & 1);
        gate_free (gate);
}

/* Back to the caller: the party is the caller. */
static void
test_facts_of_the_caller (void)
{
        Gate *gate = gate_new ();
        SekiQuestion question = { .ask = SEKI_ASK_GIVE };

        gate->context.caller = &transfer;
        gate->context.test = FALSE;
        gate->context.purpose = SEKI_SPAN_NONE;
        gate_ask (gate, &question);
        g_assert_cmpstr (gate->text[SEKI_FACT_CALLER], ==, "node");
        g_assert_cmpstr (gate->text[SEKI_FACT_CALLER_ROLE], ==, "transfer");
        g_assert_cmpstr (gate->text[SEKI_FACT_PEER_ROLE], ==, "transfer");
        g_assert_cmpstr (gate->text[SEKI_FACT_COUNTRY], ==, "US");
        g_assert_cmpstr (gate->text[SEKI_FACT_MARK], ==, "production");
        g_assert_cmpstr (gate->text[SEKI_FACT_HOLDING], ==, "unknown");
        g_assert_cmpstr (gate->text[SEKI_FACT_NUMBER_KIND], ==, "none");
        g_assert_false (gate->present >> SEKI_FACT_PURPOSE & 1);
        gate_free (gate);
}

/* Equal questions are asked once, every other one again. */
static void
test_memo (void)
{
        Gate *gate = gate_new ();
        guint distinct = 0;

        for (guint round = 0; round < 3; round++)
                for (guint ask = SEKI_ASK_MESSAGE; ask <= SEKI_ASK_REPORT; ask++)
                        for (guint known = 0; known < 2; known++) {
                                SekiQuestion question = { .ask = (guint8) ask,
                                                          .known = (guint8) known };

                                distinct += round == 0;
                                gate_ask (gate, &question);
                        }
        g_assert_cmpuint (gate->asked, ==, distinct);
        g_assert_cmpuint (gate->docket.n_rulings, ==, distinct);
        gate_free (gate);
}

static void
test_ruling (void)
{
        Gate *gate = gate_new ();
        SekiQuestion question = { .ask = SEKI_ASK_PUT },
                     other = { .ask = SEKI_ASK_PUT, .closed = 1 };
        SekiRuling first, second;
        SekiCborReader reader;
        gsize n;

        gate->bundle = 5;
        first = *gate_ask (gate, &question);
        g_assert_cmpuint (first.decision.verdict, ==, SEKI_PERMIT);
        g_assert_cmpuint (first.n_rules, ==, 2);
        g_assert_true (seki_span_is (first.rules[0], "ACC-020"));
        g_assert_true (seki_span_is (first.rules[1], "ACC-030"));
        g_assert_cmpuint (first.policy[0], ==, 5);
        second = *gate_ask (gate, &other);
        g_assert_cmpint (memcmp (first.digest, second.digest, 32), !=, 0);
        seki_cbor_reader_init (&reader, first.encoded);
        g_assert_true (seki_cbor_read_map (&reader, SEKI_FACT_CORE_COUNT, &n, NULL));
        g_assert_cmpuint (n, ==, SEKI_FACT_CORE_COUNT - 1);     /* all but the basis */
        gate_free (gate);
}

/* The digest is salted: the same facts in another message can not be matched. */
static void
test_salt (void)
{
        Gate *gate = gate_new ();
        SekiQuestion question = { .ask = SEKI_ASK_PUT };
        SekiRuling first = *gate_ask (gate, &question), second;

        gate->context.salt[3] = 9;
        seki_docket_init (&gate->docket, &gate->context, gate->registry, gate->hash, gate->arena);
        second = *gate_ask (gate, &question);
        g_assert_true (seki_span_equal (first.encoded, second.encoded));
        g_assert_cmpint (memcmp (first.digest, second.digest, 32), !=, 0);
        gate_free (gate);
}

static void
test_failing_policy (void)
{
        Gate *gate = gate_new ();
        SekiQuestion question = { .ask = SEKI_ASK_GIVE };
        const SekiRuling *ruling;

        gate->fails = TRUE;
        ruling = gate_ask (gate, &question);
        g_assert_cmpuint (ruling->decision.verdict, ==, SEKI_DENY);
        g_assert_cmpuint (ruling->decision.ground, ==, SEKI_GROUND_ERROR);
        g_assert_cmpuint (ruling->n_rules, ==, 0);
        gate_free (gate);
}

/* A bundle swapped in mid-question: digest and rules of the one that decided. */
static void
test_swap (void)
{
        Gate *gate = gate_new ();
        SekiQuestion question = { .ask = SEKI_ASK_GIVE };
        const SekiRuling *ruling;

        gate->bundle = 7;
        gate->swaps = 2;
        ruling = gate_ask (gate, &question);
        g_assert_cmpuint (gate->asked, ==, 3);
        g_assert_cmpuint (ruling->policy[0], ==, 9);
        g_assert_cmpuint (ruling->n_rules, ==, 2);
        g_assert_true (seki_span_is (ruling->rules[0], "NEW-020"));
        gate_free (gate);
}

/* More rules than are named, and one nobody can describe. */
static void
test_many_rules (void)
{
        Gate *gate = gate_new ();
        SekiQuestion question = { .ask = SEKI_ASK_GIVE };
        const SekiRuling *ruling;

        gate->answer = (SekiDecision){ .ground = SEKI_GROUND_FORBID,
                                       .n_rules = 300,
                                       .rules = { 0, 99, 2 } };
        ruling = gate_ask (gate, &question);
        g_assert_cmpuint (ruling->decision.verdict, ==, SEKI_DENY);
        g_assert_cmpuint (ruling->n_rules, ==, SEKI_DECISION_RULES - 1);
        gate_free (gate);
}

static void
test_no_memory (void)
{
        Gate *gate = gate_new ();
        SekiArena *tight = seki_arena_new (2000);
        gsize place = 0;

        seki_docket_init (&gate->docket, &gate->context, gate->registry, gate->hash, tight);
        for (guint i = 0; i < 40 && place != G_MAXSIZE; i++) {
                SekiQuestion question = { .ask = (guint8) (i % 7),
                                          .holding = (guint8) (i / 7 % 3),
                                          .closed = i > 20 };

                place = seki_docket_rule (&gate->docket, &question);
        }
        g_assert_cmpuint (place, ==, G_MAXSIZE);
        seki_arena_free (tight);
        gate_free (gate);
}

int
main (int argc, char **argv)
{
        int status;

        g_test_init (&argc, &argv, NULL);
        g_assert_true (seki_nss_init (NULL));
        g_test_add_func ("/gate/facts", test_facts);
        g_test_add_func ("/gate/facts of the caller", test_facts_of_the_caller);
        g_test_add_func ("/gate/equal questions are asked once", test_memo);
        g_test_add_func ("/gate/what is kept of a ruling", test_ruling);
        g_test_add_func ("/gate/the digest of the facts is salted", test_salt);
        g_test_add_func ("/gate/a policy that fails denies", test_failing_policy);
        g_test_add_func ("/gate/a bundle swapped in between", test_swap);
        g_test_add_func ("/gate/many rules", test_many_rules);
        g_test_add_func ("/gate/no memory left", test_no_memory);
        status = g_test_run ();
        g_assert_true (seki_nss_shutdown ());
        return status;
}
