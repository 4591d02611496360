/* SPDX-License-Identifier: Apache-2.0 */
/* What is refused at load, where the finding points, and what lint prints. */
#include "modules/policy/kit.h"

#include <unistd.h>

static const char *object;

/* A whole rule with one part replaced. */
#define RULE(parts)                                                                                \
        KIT_HEAD                                                                                   \
        "access.forbid {\n  id = \"A-1\", title = \"t\", clause = \"4.3(1)\",\n" parts "\n}\n"
#define ON "  on = { action = any },\n"
#define WHEN(conditions) RULE (ON "  when = {\n    " conditions " },")

static void
test_schema (void)
{
        g_autoptr (Kit) kit = kit_new (object, NULL, NULL);

        assert_refused (kit, WHEN ("contry = is \"JP\""),
                        "rules.lua:6: there is no field 'contry'; did you mean 'country'?");
        assert_refused (kit, WHEN ("xyzzy = is \"JP\""), "there is no field 'xyzzy'");
        assert_refused (kit, WHEN ("effect = is \"sned\""), "did you mean 'send'?");
        assert_refused (kit, WHEN ("effect = is \"burn\""), "use one of: message, put");
        assert_refused (kit, WHEN ("hour = is \"9\""), "'hour' takes a number");
        assert_refused (kit, WHEN ("hour = is (9.5)"), "write a whole number");
        assert_refused (kit, WHEN ("hour = at_most (24)"),
                        "'hour' goes from 0 to 23, so 24 can not stand here");
        assert_refused (kit, WHEN ("purpose = is (1)"), "'purpose' takes a text");
        assert_refused (kit, WHEN ("purpose = at_most (1)"), "'purpose' takes a text");
        assert_refused (kit, WHEN ("purpose = is \"12345678901234567\""), "shorten it");
        assert_refused (kit, WHEN ("known = is \"yes\""), "write yes or no");
        assert_refused (kit, WHEN ("known = at_least (1)"), "'known' takes yes or no");
        assert_refused (kit, WHEN ("holding = yes"), "write is \"yes\"");
        assert_refused (kit, WHEN ("hour = 9"), "is given a bare value");
        assert_refused (kit, WHEN ("hour = function () end"), "is given a function");
        assert_refused (kit, WHEN ("hour = any"), "'any' is no predicate");
        assert_refused (kit, WHEN ("purpose = is \"Ｐ０１\""), "full-width");
        assert_refused (kit, WHEN ("hour = at_most (days (1))"), "[SK003]");
        assert_refused (kit, WHEN ("batch_size = at_most (days (1))"), "it is not a duration");
        assert_refused (kit, WHEN ("age = at_most (days \"1\")"), "takes one whole number");
        assert_refused (kit, WHEN ("hour = at_most (minutes (90))"), "comes out even");
        assert_refused (kit, WHEN ("seen = at_most (days (1))"), "it is not a duration");
        assert_refused (kit, WHEN ("purpose = same_as \"hour\""), "can not be compared");
        assert_refused (kit, WHEN ("purpose = same_as \"purpose\""), "can not be compared");
        assert_refused (kit, WHEN ("purpose = same_as \"purpos\""), "did you mean 'purpose'?");
        assert_refused (kit, WHEN ("purpose = any_of { same_as \"basis\" }"), "is no predicate");
        assert_refused (kit, WHEN ("purpose = is {}"), "needs a value");
        assert_refused (kit, WHEN ("purpose = one_of {}"), "needs a value");
        assert_refused (kit, WHEN ("hour = between (3)"), "write at_most (n)");
        assert_refused (kit, WHEN ("hour = not_ ()"), "not_ takes one predicate");
        assert_refused (kit, WHEN ("hour = any_of {}"), "any_of needs predicates");
        assert_refused (kit, WHEN ("purpose = is \"a\\0b\""), "is not UTF-8");
        assert_refused (kit, WHEN ("purpose = is \"\\xff\""), "is not UTF-8");
}

/* What could never apply would silently never forbid. */
static void
test_empty (void)
{
        g_autoptr (Kit) kit = kit_new (object, NULL, NULL);

        assert_refused (kit, WHEN ("hour = between (20, 6)"), "can never hold");
        assert_refused (kit, WHEN ("hour = not_ (between (0, 23))"), "can never hold");
        assert_refused (kit,
                        WHEN ("effect = not_one_of { \"message\", \"put\", \"give\", \"send\", "
                              "\"erase\", \"hold\", \"report\" }"),
                        "can never hold");
        assert_refused (kit, WHEN ("known = not_ (any_of { yes, no })"), "can never hold");
        assert_refused (kit, RULE ("on = { action = one_of {} },"), "the rule would never apply");
}

static void
test_rule_parts (void)
{
        g_autoptr (Kit) kit = kit_new (object, NULL, NULL);

        assert_refused (kit, RULE (""), "needs to say what it is for");
        assert_refused (kit, RULE ("on = \"a.b\","), "needs to say what it is for");
        assert_refused (kit, RULE ("on = { acton = \"a.b\" },"),
                        "on has no part 'acton'; did you mean 'action'?");
        assert_refused (kit, RULE ("on = { action = \"read\" },"), "is no action");
        assert_refused (kit, RULE ("on = { action = \"A.b\" },"), "is no action");
        assert_refused (kit, RULE ("on = { action = 3 },"), "takes a text, one_of");
        assert_refused (kit, RULE ("on = { action = any, caller = \"nodde\" },"),
                        "did you mean 'node'?");
        assert_refused (kit, RULE (ON "wehn = {},"),
                        "the rule has no part 'wehn'; did you mean 'when'?");
        assert_refused (kit, RULE (ON "{}, "), "value without a name");
        assert_refused (kit, RULE (ON "when = \"x\","), "'when' takes a table");
        assert_refused (kit, RULE (ON "when = { yes },"), "value without a name");
        assert_refused (kit, RULE (ON "oblige = { audit \"ful\" },"),
                        "there is no obligation 'audit ful'");
        assert_refused (kit, RULE (ON "oblige = { \"audit\" },"), "there is no obligation");
        assert_refused (kit, RULE (ON "check = function (r) return true end,"),
                        "rules.lua:5: functions are not served yet");
        assert_refused (kit, RULE (ON "because = 3,"), "'because' takes a text");
        assert_refused (kit,
                        KIT_HEAD
                        "access.permit { id = \"A-1\", clause = \"6\", on = { action = any } }",
                        "has no title");
        assert_refused (kit,
                        KIT_HEAD
                        "access.permit { title = \"t\", clause = \"6\", on = { action = any } }",
                        "needs an id");
        assert_refused (kit,
                        KIT_HEAD "access.permit { id = \"a-1\", title = \"t\", clause = \"6\", on "
                                 "= { action = any } }",
                        "needs an id");
        assert_refused (kit,
                        KIT_HEAD "access.permit { id = \"A-1\", title = { en = \"t\" }, clause = "
                                 "\"6\", on = { action = any } }",
                        "'title' takes");
        assert_refused (kit,
                        KIT_HEAD "access.permit { id = \"A-1\", title = \"a\\nb\", clause = \"6\", "
                                 "on = { action = any } }",
                        "'title' takes");
        assert_refused (kit, KIT_HEAD "access.permit ()", "with one table");
        assert_refused (kit, KIT_HEAD "access.permit \"x\"", "with one table");
        assert_refused (kit, KIT_HEAD "access.permitt {}",
                        "access has no 'permitt'; did you mean 'permit'?");
}

static void
test_clauses (void)
{
        static const char *const good[] = { "6",        "5.2",       "4.3(4)",
                                            "4.8(1)イ", "4.10(1)ア", "3.1(2)オ" };
        static const char *const bad[] = { "",        "4-3-(4)",    "4.3.(4)", "4.3(4", "4.3（4）",
                                           "4.8(1)a", "4.8(1)アイ", "0.1",     "4.",    "x" };
        g_autoptr (Kit) kit = kit_new (object, NULL, NULL);

        for (guint i = 0; i < G_N_ELEMENTS (good); i++) {
                g_autofree char *rule = g_strdup_printf (
                        KIT_HEAD "access.permit { id = \"A-1\", title = \"t\", clause = \"%s\", "
                                 "on = { action = any } }",
                        good[i]);
                g_autofree char *why = kit_load (kit, rule);
                g_assert_cmpstr (why, ==, NULL);
        }
        for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
                g_autofree char *rule = g_strdup_printf (
                        KIT_HEAD
                        "access.permit { id = \"A-1\", title = \"t\", clause = { \"6\", \"%s\" }, "
                        "on = { action = any } }",
                        bad[i]);
                assert_refused (kit, rule, "is not how a clause is written");
        }
}

static void
test_head (void)
{
        g_autoptr (Kit) kit = kit_new (object, NULL, NULL);

        assert_refused (kit, "", "policy \"1\"");
        assert_refused (kit, "access.permit {}",
                        "rules.lua:1: the first statement must be: policy \"1\"");
        assert_refused (kit, "policy \"2\"\n", "reads policy \"1\" only");
        assert_refused (kit, "policy (1)\n", "reads policy \"1\" only");
        assert_refused (kit, KIT_HEAD KIT_HEAD, "rules.lua:2: policy \"1\" stands twice");
        assert_refused (kit, KIT_HEAD "permit {}", "the rule language has no 'permit'");
        assert_refused (kit, KIT_HEAD "acces.permit {}", "did you mean 'access'?");
        assert_refused (kit, KIT_HEAD "x = 3", "'x' can not be assigned; write 'local'");
        assert_refused (kit, KIT_HEAD "\naccess.permit { id = }", "rules.lua:3:");
        assert_refused (kit, KIT_HEAD "access.permit { hour = １ }", "full-width");
}

/* One bad rule among many: nothing of the bundle runs, the old one goes on. */
static void
test_all_or_nothing (void)
{
        g_autoptr (Kit) kit = kit_new (object, NULL, NULL);
        guint8 before[32], after[32];
        g_autofree char *why = kit_load (kit,
                                         KIT_HEAD "access.permit { id = \"A-1\", title = \"t\", "
                                                  "clause = \"6\", on = { action = any } }");

        g_assert_cmpstr (why, ==, NULL);
        kit->ops->digest (kit->self, before);
        assert_refused (kit,
                        KIT_HEAD "access.permit { id = \"A-2\", title = \"t\", clause = \"6\", on "
                                 "= { action = any } }\n"
                                 "access.forbid { id = \"A-3\", title = \"t\", clause = \"6\", on "
                                 "= { action = any }, when = { hour = is \"x\" } }",
                        "rules.lua:3:");
        kit->ops->digest (kit->self, after);
        g_assert_cmpmem (before, 32, after, 32);
        assert_says (kit, "action=a.b caller=node", "permit A-1");
}

static void
test_folders (void)
{
        g_autoptr (Kit) floor = kit_new (object, NULL, NULL);
        g_autoptr (Kit) kit = kit_new (object, floor->folder, NULL);
        guint8 one[32], two[32];
        gpointer bundle;

#define FILE_RULE(id, kind)                                                                        \
        KIT_HEAD "access." kind " { id = \"" id \
                 "\", title = \"t\", clause = \"6\", on = { action = any } }"
        kit_write (floor, "z.lua", FILE_RULE ("Z-1", "permit"));
        kit_write (kit, "b/site/deep.lua", FILE_RULE ("D-1", "permit"));
        kit_write (kit, "site/a.lua", FILE_RULE ("S-1", "permit"));
        kit_write (kit, ".hidden.lua", "not lua at all");
        kit_write (kit, "notes.txt", "not lua at all");
        kit_start (kit);
        assert_says (kit, "action=a.b caller=node", "permit D-1 S-1 Z-1");
        kit->ops->digest (kit->self, one);
        bundle = kit->ops->prepare (kit->self, kit->folder, NULL);
        kit->ops->swap (kit->self, bundle, NULL);
        kit->ops->digest (kit->self, two);
        g_assert_cmpmem (one, 32, two, 32);
        kit_write (kit, "site/a.lua", FILE_RULE ("S-1", "permit") "\n");
        bundle = kit->ops->prepare (kit->self, NULL, NULL);
        kit->ops->digest (kit->self, two);
        g_assert_cmpmem (one, 32, two, 32);
        g_assert_true (kit->ops->swap (kit->self, bundle, NULL));
        kit->ops->digest (kit->self, two);
        g_assert_cmpint (memcmp (one, two, 32), !=, 0);
        /* The floor's forbid can not be undone from below. */
        kit_write (floor, "z.lua", FILE_RULE ("Z-1", "forbid"));
        bundle = kit->ops->prepare (kit->self, NULL, NULL);
        g_assert_true (kit->ops->swap (kit->self, bundle, NULL));
        assert_says (kit, "action=a.b caller=node", "forbid Z-1");
        g_assert_false (kit->ops->swap (kit->self, bundle, NULL));
}

static void
test_ids_are_unique (void)
{
        g_autoptr (Kit) kit = kit_new (object, NULL, NULL);
        g_autoptr (GError) error = NULL;

        kit_write (kit, "a.lua", FILE_RULE ("S-1", "permit"));
        kit_write (kit, "b.lua", "\n" FILE_RULE ("S-1", "permit"));
        g_assert_null (kit->ops->prepare (kit->self, NULL, &error));
        g_assert_error (error, SEKI_ERROR, SEKI_ERROR_CONFIG);
        g_assert_nonnull (strstr (error->message, "b.lua:3: the id 'S-1' is taken by"));
        g_assert_nonnull (strstr (error->message, "a.lua:2"));
}

static void
test_files (void)
{
        g_autoptr (Kit) kit = kit_new (object, NULL, NULL);
        g_autofree char *big = g_strnfill (300 * 1024, '\n');
        g_autofree char *link = g_build_filename (kit->folder, "l.lua", NULL);
        g_autofree char *report = NULL;
        gint status;

        kit_write (kit, "big.lua", big);
        kit_write_bytes (kit, "byte.lua", KIT_HEAD "--\xff\n", -1);
        kit_write_bytes (kit, "nul.lua", KIT_HEAD "\0x", sizeof KIT_HEAD + 1);
        kit_write (kit, "compiled.lua", "\x1bLua");
        g_assert_cmpint (symlink ("/etc/passwd", link), ==, 0);
        kit_write (kit, "1/2/3/4/5/6/7/8/9/deep.lua", "x");
        report = kit_lint (kit, FALSE, &status);
        g_assert_cmpint (status, ==, 2);
        g_assert_nonnull (
                strstr (report, "big.lua:0: a rule file is a plain file of at most 256 KiB"));
        g_assert_nonnull (strstr (report, "byte.lua:0: the file is not UTF-8 text"));
        g_assert_nonnull (strstr (report, "nul.lua:0: the file is not UTF-8 text"));
        g_assert_nonnull (strstr (report, "SK034"));
        g_assert_nonnull (strstr (report, "l.lua:0: a rule file is a plain file"));
        g_assert_nonnull (strstr (report, "the folder lies too deep"));
        g_assert_null (strstr (report, "root:"));
}

static void
test_lint (void)
{
        g_autoptr (Kit) kit = kit_new (object, NULL, NULL);
        g_autofree char *text = NULL, *json = NULL, *clean = NULL;
        gint status;

        kit_write (kit, "a.lua",
                   KIT_HEAD
                   "access.permit {\n  id = \"A-1\", title = \"t\",\n  on = { action = any },\n"
                   "  when = { contry = is \"JP\",\n    hour = at_least (0),\n    efect = is "
                   "\"put\" },\n}\n");
        text = kit_lint (kit, FALSE, &status);
        g_assert_cmpint (status, ==, 2);
        g_assert_nonnull (strstr (text, "SK001 "));
        g_assert_nonnull (strstr (text, "a.lua:5: there is no field 'contry'"));
        g_assert_nonnull (strstr (text, "a.lua:6: the condition on 'hour' always holds"));
        g_assert_nonnull (
                strstr (text, "a.lua:7: there is no field 'efect'; did you mean 'effect'?"));
        g_assert_nonnull (strstr (text, "SK020"));
        json = kit_lint (kit, TRUE, &status);
        g_assert_nonnull (strstr (json, "\"line\":5,\"column\":12,\"rule\":\"A-1\""));
        g_assert_nonnull (strstr (json, "\"fix\":\"country\""));
        g_assert_true (g_str_has_prefix (json, "[{") && g_str_has_suffix (json, "}]\n"));
        kit_write (kit, "a.lua", FILE_RULE ("S-1", "permit"));
        clean = kit_lint (kit, FALSE, &status);
        g_assert_cmpint (status, ==, 0);
        g_assert_cmpstr (clean, ==, "");
}

static void
test_life (void)
{
        g_autoptr (Kit) kit = kit_new (object, NULL, NULL);
        g_autoptr (GError) error = NULL;
        const char *unknown[] = { "lnt", NULL };
        const char *bare[] = { "lint", NULL };
        SekiReport report;
        SekiDecision decision;
        guint8 digest[32];
        SekiRuleInfo info;
        Row row;

        row_parse (&row, "action=a.b caller=node");
        memset (&decision, 0xff, sizeof decision);
        g_assert_false (kit->ops->decide (kit->self, &row.facts, 1, &decision, &error));
        g_assert_error (error, SEKI_ERROR, SEKI_ERROR_MODULE);
        g_assert_cmpuint (decision.verdict, ==, SEKI_DENY);
        g_assert_false (kit->ops->describe (kit->self, 0, &info));
        kit->ops->digest (kit->self, digest);
        g_clear_error (&error);
        g_assert_false (kit->ops->tool (kit->self, unknown, &report, &error));
        g_assert_error (error, SEKI_ERROR, SEKI_ERROR_MISSING);
        g_clear_error (&error);
        g_assert_false (kit->ops->tool (kit->self, bare, &report, &error));
        g_assert_error (error, SEKI_ERROR, SEKI_ERROR_INVALID);
        g_clear_error (&error);
        /* An empty folder is a bundle that denies. */
        kit_start (kit);
        assert_says (kit, "action=a.b caller=node", "default");
        g_assert_false (kit->ops->swap (kit->self, NULL, &error));
        g_assert_error (error, SEKI_ERROR, SEKI_ERROR_INVALID);
        g_clear_error (&error);
        g_assert_null (kit->ops->prepare (kit->self, "/nowhere/at/all", &error));
        g_assert_error (error, SEKI_ERROR, SEKI_ERROR_CONFIG);
        row_clear (&row);
        kit->module->close (NULL);
}

int
main (int argc, char **argv)
{
        g_test_init (&argc, &argv, NULL);
        object = argv[1];
        g_test_add_func ("/policy-lua/load/conditions are checked against the schema", test_schema);
        g_test_add_func ("/policy-lua/load/a condition that can never hold is refused", test_empty);
        g_test_add_func ("/policy-lua/load/parts of a rule are checked", test_rule_parts);
        g_test_add_func ("/policy-lua/load/clauses have one form", test_clauses);
        g_test_add_func ("/policy-lua/load/the head and the words of a file", test_head);
        g_test_add_func ("/policy-lua/load/one bad rule leaves the old bundle running",
                         test_all_or_nothing);
        g_test_add_func ("/policy-lua/load/floor, institution and site are one bundle",
                         test_folders);
        g_test_add_func ("/policy-lua/load/an id stands once in all files", test_ids_are_unique);
        g_test_add_func ("/policy-lua/load/files that are no rule files", test_files);
        g_test_add_func ("/policy-lua/load/lint prints all findings", test_lint);
        g_test_add_func ("/policy-lua/load/before start and with wrong calls", test_life);
        return g_test_run ();
}
