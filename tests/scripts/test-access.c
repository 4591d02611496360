/* SPDX-License-Identifier: Apache-2.0 */
/* The shipped access rules: each has a case that fires it and one that does
 * not, and the flows of domain 1.2 pass. */
#include "modules/policy/kit.h"

static const char *object, *scripts;

/* What the core knows of every message; a case overrides parts of it. */
#define BASE "country=JP mark=production batch_size=1 hour=10 weekday=2 with_number=no " \
             "number_kind=none known=yes holding=yes closed=no basis=x "
#define OFFICE "caller=office caller_role=none peer_role=none "
#define PERSON "caller=person caller_role=none peer_role=none "
#define ACCOUNT "caller=node caller_role=account peer_role=account "
#define ISSUER "caller=node caller_role=issuer peer_role=issuer "
#define TRANSFER "caller=node caller_role=transfer peer_role=transfer "
#define REPLY "caller=reply caller_role=transfer peer_role=transfer "

typedef struct {
        const char *id, *fires, *not;
} Case;

static const Case cases[] = {
        { "ACC-110", BASE OFFICE "action=account.register effect=put with_number=yes",
          BASE ACCOUNT "action=account.register effect=put" },
        { "ACC-120",
          BASE OFFICE "action=account.send effect=send peer_role=transfer with_number=yes",
          BASE OFFICE "action=account.send effect=erase" },
        { "ACC-130",
          BASE PERSON "action=account.request effect=send peer_role=transfer purpose=P02",
          BASE ACCOUNT "action=account.request effect=message purpose=P02" },
        { "ACC-131", BASE REPLY "action=account.provided effect=put with_number=yes",
          BASE ACCOUNT "action=account.provided effect=put" },
        { "ACC-140",
          BASE OFFICE "action=account.pass effect=send peer_role=account with_number=yes",
          BASE ACCOUNT "action=account.pass effect=message" },
        { "ACC-141", BASE ACCOUNT "action=account.accept effect=put with_number=yes",
          BASE ISSUER "action=account.accept effect=message" },
        { "ACC-150", BASE TRANSFER "action=account.corrected effect=put",
          BASE ISSUER "action=account.corrected effect=message" },
        { "ACC-210", BASE ACCOUNT "action=transfer.register effect=message with_number=yes",
          BASE ISSUER "action=transfer.register effect=message" },
        { "ACC-220", BASE ISSUER "action=transfer.provide effect=give with_number=yes purpose=P02",
          BASE TRANSFER "action=transfer.provide effect=message purpose=P02" },
        { "ACC-230", BASE OFFICE "action=transfer.holders effect=hold",
          BASE ACCOUNT "action=transfer.holders effect=hold" },
        { "ACC-310", BASE OFFICE "action=issuer.request effect=send peer_role=transfer purpose=P12",
          BASE TRANSFER "action=issuer.request effect=message purpose=P12" },
        { "ACC-311", BASE REPLY "action=issuer.provided effect=put with_number=yes",
          BASE TRANSFER "action=issuer.provided effect=put" },
        { "ACC-320", BASE TRANSFER "action=issuer.withdraw effect=put",
          BASE ACCOUNT "action=issuer.withdraw effect=put" },
        { "ACC-330", BASE OFFICE "action=issuer.export effect=give with_number=yes purpose=P01",
          BASE ACCOUNT "action=issuer.export effect=give purpose=P01" },
        { "ACC-400", BASE PERSON "action=transfer.find effect=give with_number=yes purpose=audit",
          BASE ACCOUNT "action=transfer.find effect=message purpose=audit" },
        { "ACC-500", BASE ISSUER "action=ledger.consistency effect=message",
          BASE ISSUER "action=ledger.consistency effect=put" },
        { "ACC-901", BASE ACCOUNT "action=transfer.register effect=message country=US",
          BASE ACCOUNT "action=transfer.register effect=message country=JP" },
        { "ACC-902", BASE ISSUER "action=transfer.provide effect=message purpose=P03",
          BASE ISSUER "action=transfer.provide effect=message purpose=P11" },
        { "ACC-903", BASE OFFICE "action=account.send effect=send with_number=yes peer_role=issuer",
          BASE OFFICE "action=account.send effect=send with_number=yes peer_role=transfer" },
        { "ACC-904",
          BASE OFFICE
          "action=issuer.request effect=send with_number=yes peer_role=transfer purpose=P02",
          BASE OFFICE
          "action=issuer.request effect=send with_number=no peer_role=transfer purpose=P02" },
        { "ACC-905", BASE OFFICE "action=account.pass effect=send with_number=yes peer_role=none",
          BASE OFFICE "action=account.pass effect=send with_number=no peer_role=none" },
        { "ACC-906", BASE OFFICE "action=account.send effect=send peer_role=transfer holding=no",
          BASE OFFICE "action=account.send effect=message holding=no" },
        { "ACC-907",
          BASE ISSUER "action=transfer.provide effect=give with_number=yes purpose=P02 closed=yes",
          BASE ISSUER "action=transfer.provide effect=message purpose=P02 closed=yes" },
        { "ACC-908", BASE PERSON "action=account.read effect=message batch_size=101",
          BASE PERSON "action=account.read effect=message batch_size=100" },
        { "ACC-909",
          BASE ISSUER "action=transfer.provide effect=give purpose=P02 peer_role=transfer",
          BASE ISSUER "action=transfer.provide effect=give purpose=P02 peer_role=issuer" },
        { "ACC-910", BASE ACCOUNT "action=transfer.withdraw effect=erase",
          BASE OFFICE "action=account.withdraw effect=erase" },
};

/* Ordinary flows, message first and then each effect the roles make of it. */
static const struct {
        const char *action, *who, *effects;
} flows[] = {
        { "account.register", OFFICE "with_number=yes ", "message put" },
        { "account.correct", OFFICE "", "message put report send:transfer send:account" },
        { "account.withdraw", PERSON "", "message put send:transfer send:account" },
        { "account.close", OFFICE "", "message put send:transfer" },
        { "account.send", OFFICE "", "message send:transfer put" },
        { "account.request", OFFICE "purpose=P02 ", "message send:transfer" },
        { "account.provided", REPLY "", "message put" },
        { "account.pass", OFFICE "", "message send:account put" },
        { "account.accept", ACCOUNT "with_number=yes ", "message put" },
        { "account.read", PERSON "purpose=x ", "message give" },
        { "account.corrected", TRANSFER "", "message put" },
        { "account.withdrawn", ACCOUNT "", "message put" },
        { "account.closed", TRANSFER "", "message put" },
        { "transfer.register", ACCOUNT "with_number=yes ", "message put report" },
        { "transfer.correct", ACCOUNT "with_number=yes ",
          "message put report send:issuer send:account" },
        { "transfer.withdraw", ACCOUNT "", "message put send:issuer report" },
        { "transfer.close", ACCOUNT "", "message put send:issuer" },
        { "transfer.provide", ISSUER "purpose=P02 with_number=yes ", "message give put" },
        { "transfer.provide", ACCOUNT "purpose=P10 with_number=yes ", "message give put" },
        { "transfer.holders", OFFICE "", "message hold" },
        { "transfer.read", PERSON "purpose=x ", "message give" },
        { "transfer.find", OFFICE "purpose=x with_number=yes ", "message give" },
        { "issuer.request", OFFICE "purpose=P01 ", "message put send:transfer" },
        { "issuer.provided", REPLY "with_number=yes ", "message put" },
        { "issuer.correct", TRANSFER "", "message put" },
        { "issuer.withdraw", TRANSFER "", "message put" },
        { "issuer.close", TRANSFER "", "message put" },
        { "issuer.read", OFFICE "purpose=P02 ", "message give" },
        { "issuer.export", OFFICE "purpose=P02 with_number=yes ", "message give" },
        { "ledger.consistency", ACCOUNT "", "message" },
        { "ledger.inclusion", ISSUER "", "message" },
        { "ledger.checkpoint", TRANSFER "", "message" },
};

static gboolean
decision_names (Kit *kit, const char *row, const char *id)
{
        g_autofree char *said = kit_say (kit, row);
        g_auto (GStrv) words = g_strsplit (said, " ", -1);

        return strcmp (words[0], "error") != 0 && g_strv_contains ((const char *const *) words, id);
}

static void
test_cases (void)
{
        g_autoptr (Kit) kit = kit_new (object, NULL, scripts);

        kit_start (kit);
        for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
                if (!decision_names (kit, cases[i].fires, cases[i].id))
                        g_error ("%s does not fire on: %s", cases[i].id, cases[i].fires);
                if (decision_names (kit, cases[i].not, cases[i].id))
                        g_error ("%s fires on: %s", cases[i].id, cases[i].not);
        }
}

static void
test_every_rule_has_a_case (void)
{
        g_autoptr (Kit) kit = kit_new (object, NULL, scripts);
        SekiRuleInfo info;
        guint n = 0;

        kit_start (kit);
        for (; kit->ops->describe (kit->self, (guint16) n, &info); n++) {
                gboolean found = FALSE;
                for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
                        found |= strcmp (cases[i].id, info.id) == 0;
                if (!found)
                        g_error ("no case for %s", info.id);
                g_assert_nonnull (info.clauses[0]);
                g_assert_nonnull (info.title);
        }
        g_assert_cmpuint (n, ==, G_N_ELEMENTS (cases));
}

static void
flow_try (Kit *kit, guint i, const char *effect)
{
        g_auto (GStrv) parts = g_strsplit (effect, ":", 2);
        g_autofree char *row = g_strdup_printf (
                BASE "%saction=%s effect=%s%s%s%s", flows[i].who, flows[i].action, parts[0],
                parts[1] != NULL ? " peer_role=" : "", parts[1] != NULL ? parts[1] : "",
                parts[1] != NULL && strstr (flows[i].action, "request") == NULL ? " with_number=yes"
                                                                                : "");
        g_autofree char *said = kit_say (kit, row);

        if (!g_str_has_prefix (said, "permit"))
                g_error ("%s: %s", row, said);
}

static void
test_flows (void)
{
        g_autoptr (Kit) kit = kit_new (object, NULL, scripts);

        kit_start (kit);
        for (guint i = 0; i < G_N_ELEMENTS (flows); i++) {
                g_auto (GStrv) effects = g_strsplit (flows[i].effects, " ", -1);
                for (guint e = 0; effects[e] != NULL; e++)
                        flow_try (kit, i, effects[e]);
        }
}

/* Whatever is asked from abroad, by nobody, or for nothing is refused. */
static void
test_refusals (void)
{
        g_autoptr (Kit) kit = kit_new (object, NULL, scripts);

        kit_start (kit);
        for (guint i = 0; i < G_N_ELEMENTS (flows); i++) {
                g_autofree char *abroad = g_strdup_printf (BASE
                                                           "%saction=%s effect=message country=KR",
                                                           flows[i].who, flows[i].action);
                g_autofree char *nowhere = g_strdup_printf (
                        "%saction=%s effect=message purpose=P02 batch_size=1", flows[i].who,
                        flows[i].action);
                g_autofree char *timer = g_strdup_printf (
                        BASE "caller=timer action=%s effect=erase purpose=P02", flows[i].action);
                assert_says (kit, abroad, "forbid ACC-901");
                assert_says (kit, nowhere, "error country ACC-901");
                assert_says (kit, timer, "default");
        }
        assert_says (kit, BASE ISSUER "action=transfer.provide effect=message",
                     "error purpose ACC-902");
        assert_says (kit, BASE OFFICE "action=account.unheard effect=message", "default");
}

static void
test_lint_is_clean (void)
{
        g_autoptr (Kit) kit = kit_new (object, NULL, scripts);
        const char *argv[] = { "lint", scripts, NULL };
        g_autoptr (GError) error = NULL;
        SekiReport report;

        g_assert_true (kit->ops->tool (kit->self, argv, &report, &error));
        g_assert_cmpstr (report.text, ==, "");
        g_assert_cmpint (report.status, ==, 0);
        g_free (report.text);
}

/* One file, one rule, and the clauses of its first lines are those of the rule. */
static void
test_files (void)
{
        g_autoptr (GDir) dir = g_dir_open (scripts, 0, NULL);
        const char *name;

        g_assert_nonnull (dir);
        while ((name = g_dir_read_name (dir)) != NULL) {
                g_autofree char *path = g_build_filename (scripts, name, NULL);
                g_autofree char *text = NULL;
                const char *rule;
                g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
                g_assert_nonnull (strstr (text, "\n-- clause: "));
                rule = strstr (text, "\naccess.");
                if (rule == NULL)
                        g_error ("%s holds no rule", name);
                g_assert_null (strstr (rule + 1, "\naccess."));
                g_assert_nonnull (strstr (rule, "ja = "));
                g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
                g_assert_cmpuint (g_strv_length (lines), <=, 60);
                for (guint i = 1; g_str_has_prefix (lines[i], "-- clause: "); i++) {
                        g_autofree char *clause = g_strdup_printf (
                                "\"%s\"", lines[i] + strlen ("-- clause: "));
                        g_assert_nonnull (strstr (rule, clause));
                }
        }
}

int
main (int argc, char **argv)
{
        g_test_init (&argc, &argv, NULL);
        object = argv[1];
        scripts = argv[2];
        g_test_add_func ("/scripts/access/each rule fires where it should and not elsewhere",
                         test_cases);
        g_test_add_func ("/scripts/access/each rule has its case", test_every_rule_has_a_case);
        g_test_add_func ("/scripts/access/the ordinary flows pass", test_flows);
        g_test_add_func ("/scripts/access/what must be refused is", test_refusals);
        g_test_add_func ("/scripts/access/lint finds nothing", test_lint_is_clean);
        g_test_add_func ("/scripts/access/files are in order", test_files);
        return g_test_run ();
}
