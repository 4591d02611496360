/* SPDX-License-Identifier: Apache-2.0 */
/* What rules decide, and how they combine. */
#include "modules/policy/kit.h"

#include <malloc.h>

static const char *object;

#define RULE(kind, id, on, when)                                                                   \
        "access." kind " { id = \"" id "\", title = \"t\", clause = \"4.3(1)\",\n" \
        "on = { " on " }, when = { " when " } }\n"
#define PERMIT(id, on, when) RULE ("permit", id, on, when)
#define FORBID(id, on, when) RULE ("forbid", id, on, when)

static Kit *
kit_with (const char *rules)
{
        Kit *kit = kit_new (object, NULL, NULL);
        g_autofree char *text = g_strconcat (KIT_HEAD, rules, NULL);
        g_autofree char *why = kit_load (kit, text);

        g_assert_cmpstr (why, ==, NULL);
        return kit;
}

static void
test_default (void)
{
        g_autoptr (Kit) kit = kit_with (PERMIT ("A-1", "action = \"account.read\"", ""));

        assert_says (kit, "action=account.read caller=office", "permit A-1");
        assert_says (kit, "action=account.send caller=office", "default");
        assert_says (kit, "action=account.readx caller=office", "default");
}

static void
test_combining (void)
{
        g_autoptr (Kit) kit = kit_with (
                PERMIT ("A-1", "action = any", "known = yes")
                PERMIT ("A-2", "action = \"a.b\"", "")
                PERMIT ("A-3", "action = \"a.b\"", "purpose = is \"P01\"")
                FORBID ("B-1", "action = any", "closed = yes")
                FORBID ("B-2", "action = \"a.b\", caller = \"person\"", "hour = at_least (20)"));

        assert_says (kit, "action=a.b caller=office known=yes closed=no purpose=P01",
                     "permit A-1 A-2 A-3");
        assert_says (kit, "action=a.b caller=office known=no closed=no purpose=P02", "permit A-2");
        assert_says (kit, "action=a.b caller=office known=yes closed=yes purpose=P01",
                     "forbid B-1");
        /* An error beats a permit, a forbid beats an error, and each is of all rules. */
        assert_says (kit, "action=a.b caller=office known=yes closed=no", "error purpose A-3");
        assert_says (kit, "action=a.b caller=office", "error known A-1 A-3 B-1");
        assert_says (kit, "action=a.b caller=person closed=yes", "forbid B-1");
        assert_says (kit, "action=a.b caller=person closed=no known=no purpose=P01",
                     "error hour B-2");
        assert_says (kit, "action=a.b caller=person closed=yes hour=20", "forbid B-1 B-2");
        assert_says (kit, "action=c.d caller=node closed=no known=yes", "permit A-1");
        assert_says (kit, "action=c.d caller=node closed=no known=no", "default");
}

/* A condition that fails settles the rule, wherever it stands among missing ones. */
static void
test_missing (void)
{
        g_autoptr (Kit) kit = kit_with (
                PERMIT ("A-1", "action = any", "")
                FORBID ("B-1", "action = any",
                        "effect = is \"send\", holding = is \"no\", batch_size = at_most (3)"));

        assert_says (kit, "action=a.b caller=office effect=put", "permit A-1");
        assert_says (kit, "action=a.b caller=office effect=send batch_size=9", "permit A-1");
        assert_says (kit, "action=a.b caller=office effect=send batch_size=2", "error holding B-1");
        assert_says (kit, "action=a.b caller=office effect=send holding=no batch_size=2",
                     "forbid B-1");
        assert_says (kit, "action=a.b caller=office batch_size=2 holding=yes", "permit A-1");
}

/* A value that its field can not have is no value. */
static void
test_outside_the_schema (void)
{
        g_autoptr (Kit) kit = kit_with (
                PERMIT ("A-1", "action = any", "")
                FORBID ("B-1", "action = any", "hour = not_ (between (8, 19))")
                FORBID ("B-2", "action = any", "effect = not_one_of { \"message\", \"put\" }")
                FORBID ("B-3", "action = any", "purpose = not_one_of { \"P01\" }")
                FORBID ("B-4", "action = any", "known = no"));

        assert_says (kit, "action=a.b caller=office hour=9 effect=put purpose=P01 known=yes",
                     "permit A-1");
        assert_says (kit, "action=a.b caller=office hour=24 effect=put purpose=P01 known=yes",
                     "error hour B-1");
        assert_says (kit, "action=a.b caller=office hour=-1 effect=put purpose=P01 known=yes",
                     "error hour B-1");
        assert_says (kit, "action=a.b caller=office hour=9 effect=burn purpose=P01 known=yes",
                     "error effect B-2");
        assert_says (kit, "action=a.b caller=office hour=9 effect=put "
                     "purpose=P012345678901234 known=yes",
                     "forbid B-3");
        assert_says (kit, "action=a.b caller=office hour=9 effect=put "
                     "purpose=P0123456789012345 known=yes",
                     "error purpose B-3");
        assert_says (kit, "action=a.b caller=office hour=9 effect=put purpose=P01 known=2",
                     "error known B-4");
}

static void
test_missing_keys (void)
{
        g_autoptr (Kit) kit = kit_with (
                PERMIT ("A-1", "action = any", "")
                PERMIT ("A-2", "action = \"a.b\", caller = \"node\"", "")
                FORBID ("B-1", "action = any", "closed = yes"));

        assert_says (kit, "caller=node closed=no", "error action");
        assert_says (kit, "action=a.b closed=no", "error caller");
        assert_says (kit, "action=a.b caller=stranger closed=no", "error caller");
        assert_says (kit, "closed=yes", "forbid B-1");
        assert_says (kit, "action=a.b caller=node closed=no", "permit A-1 A-2");
}

static void
test_keys (void)
{
        g_autoptr (Kit) kit = kit_with (
                PERMIT ("A-1", "action = one_of { \"a.b\", \"c.d\" }, "
                        "caller = one_of { \"node\", \"reply\" }",
                        "")
                PERMIT ("A-2", "caller = \"timer\"", "")
                PERMIT ("A-3", "action = is \"e.f\"", ""));

        assert_says (kit, "action=a.b caller=node", "permit A-1");
        assert_says (kit, "action=c.d caller=reply", "permit A-1");
        assert_says (kit, "action=c.d caller=office", "default");
        assert_says (kit, "action=c.d caller=timer", "permit A-2");
        assert_says (kit, "action=x.y caller=timer", "permit A-2");
        assert_says (kit, "action=e.f caller=timer", "permit A-2 A-3");
}

static const char predicates[] =
        PERMIT ("A-1", "action = \"n.one\"", "hour = is (5)")
        PERMIT ("A-2", "action = \"n.list\"", "hour = one_of { 1, 3, 4, 9 }")
        PERMIT ("A-3", "action = \"n.not\"", "hour = not_one_of { 0, 5, 23 }")
        PERMIT ("A-4", "action = \"n.any\"",
                "hour = any_of { at_most (3), is (10), at_least (20) }")
        PERMIT ("A-5", "action = \"n.none\"",
                "hour = not_ (any_of { at_most (3), not_ (at_most (20)) })")
        PERMIT ("A-6", "action = \"t.not\"", "purpose = not_ (one_of { \"P01\", \"P02\" })")
        PERMIT ("A-7", "action = \"t.any\"",
                "purpose = any_of { is \"P03\", not_one_of { \"P01\", \"P03\" } }")
        PERMIT ("A-8", "action = \"d.age\"", "age = between (minutes (1), days (1))")
        PERMIT ("A-9", "action = \"s.same\"", "caller_role = same_as \"peer_role\"")
        PERMIT ("A-10", "action = \"s.differs\"", "batch_size = not_ (same_as \"age\")")
        PERMIT ("A-11", "action = \"t.time\"", "seen = at_most (-5)");

static const struct {
        const char *row, *says;
} predicate_cases[] = {
        { "action=n.one caller=node hour=5", "permit A-1" },
        { "action=n.one caller=node hour=6", "default" },
        { "action=n.list caller=node hour=1", "permit A-2" },
        { "action=n.list caller=node hour=2", "default" },
        { "action=n.list caller=node hour=4", "permit A-2" },
        { "action=n.list caller=node hour=9", "permit A-2" },
        { "action=n.list caller=node hour=10", "default" },
        { "action=n.not caller=node hour=0", "default" },
        { "action=n.not caller=node hour=4", "permit A-3" },
        { "action=n.not caller=node hour=5", "default" },
        { "action=n.not caller=node hour=22", "permit A-3" },
        { "action=n.not caller=node hour=23", "default" },
        { "action=n.any caller=node hour=3", "permit A-4" },
        { "action=n.any caller=node hour=4", "default" },
        { "action=n.any caller=node hour=10", "permit A-4" },
        { "action=n.any caller=node hour=23", "permit A-4" },
        { "action=n.none caller=node hour=3", "default" },
        { "action=n.none caller=node hour=4", "permit A-5" },
        { "action=n.none caller=node hour=20", "permit A-5" },
        { "action=n.none caller=node hour=21", "default" },
        { "action=t.not caller=node purpose=P01", "default" },
        { "action=t.not caller=node purpose=P03", "permit A-6" },
        { "action=t.not caller=node purpose=", "permit A-6" },
        { "action=t.any caller=node purpose=P01", "default" },
        { "action=t.any caller=node purpose=P03", "permit A-7" },
        { "action=t.any caller=node purpose=X", "permit A-7" },
        { "action=d.age caller=node age=59", "default" },
        { "action=d.age caller=node age=60", "permit A-8" },
        { "action=d.age caller=node age=86400", "permit A-8" },
        { "action=d.age caller=node age=86401", "default" },
        { "action=s.same caller=node caller_role=issuer peer_role=issuer", "permit A-9" },
        { "action=s.same caller=node caller_role=issuer peer_role=account", "default" },
        { "action=s.same caller=node caller_role=issuer", "error peer_role A-9" },
        { "action=s.same caller=node caller_role=x peer_role=x", "error caller_role A-9" },
        { "action=s.differs caller=node batch_size=7 age=8", "permit A-10" },
        { "action=s.differs caller=node batch_size=7 age=7", "default" },
        { "action=t.time caller=node seen=-5", "permit A-11" },
        { "action=t.time caller=node seen=-4", "default" },
};

static void
test_predicates (void)
{
        g_autoptr (Kit) kit = kit_with (predicates);

        for (guint i = 0; i < G_N_ELEMENTS (predicate_cases); i++)
                assert_says (kit, predicate_cases[i].row, predicate_cases[i].says);
}

/* More texts than a word has bits take the other way through the code. */
static void
test_many_texts (void)
{
        GString *rules = g_string_new (
                "access.permit { id = \"A-1\", title = \"t\", clause = \"6\", "
                "on = { action = any },\n"
                                       "when = { basis = one_of { \"last\"");
        g_autoptr (Kit) kit = NULL;

        for (guint i = 0; i < 300; i += 2)
                g_string_append_printf (rules, ", \"basis-%u\"", i);
        g_string_append (rules, " } } }\n"
                         FORBID ("B-1", "action = any",
                                 "purpose = is \"F\", "
                                 "basis = not_one_of { \"basis-1\", \"basis-2\" }"));
        kit = kit_with (rules->str);
        g_string_free (rules, TRUE);
        for (guint i = 0; i < 300; i++) {
                g_autofree char *row = g_strdup_printf (
                        "action=a.b caller=node purpose=P basis=basis-%u", i);
                g_autofree char *forbid = g_strdup_printf (
                        "action=a.b caller=node purpose=F basis=basis-%u", i);
                assert_says (kit, row, i % 2 == 0 ? "permit A-1" : "default");
                assert_says (kit, forbid,
                     i != 1 && i != 2 ? "forbid B-1" : i == 2 ? "permit A-1" : "default");
        }
        assert_says (kit, "action=a.b caller=node purpose=P basis=last", "permit A-1");
}

static void
test_obligations (void)
{
        g_autoptr (Kit) kit = kit_with (
                "access.permit { id = \"A-1\", title = \"t\", clause = \"6\", "
                "on = { action = \"a.b\" }, oblige = { audit \"full\" } }\n"
                "access.permit { id = \"A-2\", title = \"t\", clause = \"6\", "
                "on = { action = \"a.b\" }, oblige = notify \"officer\" }\n"
                "access.forbid { id = \"B-1\", title = \"t\", clause = \"6\", "
                "on = { action = \"a.b\" },\n"
                "  when = { closed = yes }, oblige = { count \"records\" } }\n");

        g_assert_cmpuint (kit_decide (kit, "action=a.b caller=node closed=no").oblige, ==, 5);
        g_assert_cmpuint (kit_decide (kit, "action=a.b caller=node closed=yes").oblige, ==, 2);
        g_assert_cmpuint (kit_decide (kit, "action=c.d caller=node closed=yes").oblige, ==, 0);
}

static void
test_more_rules_than_places (void)
{
        GString *rules = g_string_new (NULL);
        g_autoptr (Kit) kit = NULL;
        SekiDecision decision;

        for (guint i = 0; i < 12; i++)
                g_string_append_printf (rules, PERMIT ("A-%02u", "action = any", ""), 11 - i);
        kit = kit_with (rules->str);
        g_string_free (rules, TRUE);
        decision = kit_decide (kit, "action=a.b caller=node");
        g_assert_cmpuint (decision.n_rules, ==, 12);
        assert_says (kit, "action=a.b caller=node",
                     "permit A-00 A-01 A-02 A-03 A-04 A-05 A-06 A-07");
}

static void
test_describe (void)
{
        g_autoptr (Kit) kit = kit_with (
                "access.permit { id = \"A-1\", title = { ja = \"照会\", en = \"Reading\" },\n"
                "  clause = { \"4.4(4)\", \"4.8(1)ア\" }, on = { action = any } }\n");
        SekiRuleInfo info;

        g_assert_true (kit->ops->describe (kit->self, 0, &info));
        g_assert_cmpstr (info.id, ==, "A-1");
        g_assert_cmpstr (info.title, ==, "Reading");
        g_assert_cmpstr (info.clauses[1], ==, "4.8(1)ア");
        g_assert_null (info.clauses[2]);
        g_assert_false (kit->ops->describe (kit->self, 1, &info));
        g_assert_false (kit->ops->describe (kit->self, 0xffff, &info));
}

static void
test_no_allocation (void)
{
        g_autoptr (Kit) kit = kit_with (
                PERMIT ("A-1", "action = \"a.b\"", "hour = one_of { 1, 3 }, purpose = is \"P01\"")
                                        FORBID ("B-1", "action = any",
                                                "country = not_one_of { \"JP\" }"));
        SekiDecision decisions[4];
        SekiFacts rows[4];
        Row row;

        row_parse (&row, "action=a.b caller=node hour=3 purpose=P01 country=JP");
        for (guint i = 0; i < 4; i++)
                rows[i] = row.facts;
        struct mallinfo2 before = mallinfo2 ();
        for (guint i = 0; i < 1000; i++)
                g_assert_true (kit->ops->decide (kit->self, rows, 4, decisions, NULL));
        struct mallinfo2 after = mallinfo2 ();
        g_assert_cmpuint (before.uordblks, ==, after.uordblks);
        for (guint i = 0; i < 4; i++)
                g_assert_cmpuint (decisions[i].verdict, ==, SEKI_PERMIT);
        row_clear (&row);
}

int
main (int argc, char **argv)
{
        g_test_init (&argc, &argv, NULL);
        object = argv[1];
        g_test_add_func ("/policy-lua/decide/what no rule permits is denied", test_default);
        g_test_add_func ("/policy-lua/decide/forbid beats error beats permit", test_combining);
        g_test_add_func ("/policy-lua/decide/a missing fact of an applicable rule denies",
                         test_missing);
        g_test_add_func ("/policy-lua/decide/a value outside the schema denies",
                         test_outside_the_schema);
        g_test_add_func ("/policy-lua/decide/without action or caller nothing is permitted",
                         test_missing_keys);
        g_test_add_func ("/policy-lua/decide/rules are found by action and caller", test_keys);
        g_test_add_func ("/policy-lua/decide/each predicate holds where it says", test_predicates);
        g_test_add_func ("/policy-lua/decide/hundreds of texts on one field", test_many_texts);
        g_test_add_func ("/policy-lua/decide/obligations of all determining rules",
                         test_obligations);
        g_test_add_func ("/policy-lua/decide/more rules than a decision names",
                         test_more_rules_than_places);
        g_test_add_func ("/policy-lua/decide/a rule describes itself", test_describe);
        g_test_add_func ("/policy-lua/decide/nothing is allocated", test_no_allocation);
        return g_test_run ();
}
