/* SPDX-License-Identifier: Apache-2.0 */
#include "shelf.h"

#include "fakes/host.h"
#include "keyring/nss.h"

#include <glib/gstdio.h>

static const SekiFactSpec core_facts[] = {
        { "action", SEKI_FACT_TEXT, 0, 63, NULL, NULL, SEKI_FACT_LOG_PLAIN, "Action", "処理" },
        { "hour", SEKI_FACT_INT, 0, 23, "hours", NULL, SEKI_FACT_LOG_PLAIN, "Hour", "時" },
        { NULL }
};

typedef struct {
        FakeHost *host;
        SekiRegistry *registry;
} Desk;

static void
desk_open (Desk *desk)
{
        desk->host = fake_host_new (NULL);
        desk->registry = seki_registry_new (&desk->host->host, "/data");
}

static void
desk_close (Desk *desk)
{
        seki_registry_free (desk->registry);
        g_assert_null (desk->host->host.schema);
        fake_host_free (desk->host);
}

static void
desk_admit (Desk *desk, const char *fake)
{
        g_autoptr (GError) error = NULL;

        shelf_admit (desk->registry, fake, &error);
        g_assert_no_error (error);
}

/* The names end with NULL. */
static void
desk_admit_all (Desk *desk, const char *const *fakes)
{
        for (; *fakes != NULL; fakes++)
                desk_admit (desk, *fakes);
}

static void
desk_resolve (Desk *desk)
{
        g_autoptr (GError) error = NULL;

        seki_registry_resolve (desk->registry, core_facts, &error);
        g_assert_no_error (error);
}

#define FAKES(...) ((const char *const[]){ __VA_ARGS__, NULL })

/* What the modules told the host, in order, joined by commas. */
static char *
desk_story (Desk *desk)
{
        GString *story = g_string_new (NULL);

        for (guint i = 0; i < desk->host->lines->len; i++) {
                FakeLine *line = g_ptr_array_index (desk->host->lines, i);
                if (strchr (line->text, '=') == NULL)
                        g_string_append_printf (story, "%s%s", story->len > 0 ? ", " : "",
                                                line->text);
        }
        return g_string_free (story, FALSE);
}

static void
assert_unresolved (const char *const *fakes, SekiErrorCode code, const char *part)
{
        g_autoptr (GError) error = NULL;
        Desk desk;

        desk_open (&desk);
        desk_admit_all (&desk, fakes);
        g_assert_false (seki_registry_resolve (desk.registry, core_facts, &error));
        shelf_assert_error (&error, code, part);
        desk_close (&desk);
}

static void
test_life (void)
{
        g_autoptr (GError) error = NULL;
        g_autofree char *story = NULL;
        SekiPlugin *role;
        Desk desk;

        desk_open (&desk);
        desk_admit_all (&desk, FAKES ("role", "policy", "storage"));
        desk_resolve (&desk);
        g_assert_true (seki_registry_open (desk.registry, &error));
        g_assert_true (seki_registry_start (desk.registry, SEKI_KIND_STORAGE, &error));
        g_assert_true (seki_registry_start (desk.registry, 0, &error));
        role = seki_registry_get (desk.registry, SEKI_KIND_ROLE, 0);
        g_assert_nonnull (role->self);
        g_assert_true (role->number);
        g_assert_cmpuint (role->loads, ==, SEKI_LOAD_CODE | SEKI_LOAD_PERSON);
        g_assert_nonnull (role->module->role->handle);
        g_assert_null (role->module->role->tick);
        g_assert_null (seki_registry_get (desk.registry, SEKI_KIND_ROLE, 1));
        g_assert_true (seki_registry_each (desk.registry, 2) == role);
        g_assert_null (seki_registry_each (desk.registry, 3));
        seki_registry_stop (desk.registry);
        seki_registry_stop (desk.registry);
        seki_registry_close (desk.registry);
        seki_registry_close (desk.registry);
        story = desk_story (&desk);
        g_assert_cmpstr (story, ==,
                         "storage-fake open, policy-fake open, role-fake open, storage-fake start, "
                         "policy-fake start, role-fake start, role-fake stop, policy-fake stop, "
                         "storage-fake stop, role-fake close, policy-fake close, storage-fake "
                         "close");
        desk_close (&desk);
}

static void
test_actions (void)
{
        g_autoptr (GError) error = NULL;
        SekiPlugin *role = NULL;
        const SekiAction *before, *after;
        Desk desk;

        desk_open (&desk);
        desk_admit_all (&desk, FAKES ("role", "policy", "storage", "role-early"));
        desk_resolve (&desk);
        before = seki_registry_find_action (desk.registry, SEKI_SPAN_LITERAL ("early.do"), &role);
        g_assert_cmpstr (before->name, ==, "early.do");
        g_assert_cmpstr (role->module->name, ==, "role-early");
        g_assert_null (role->module->role->handle);
        g_assert_true (seki_registry_open (desk.registry, &error));
        after = seki_registry_find_action (desk.registry, SEKI_SPAN_LITERAL ("early.do"), NULL);
        g_assert_true (after == role->module->role->actions);
        g_assert_null (
                seki_registry_find_action (desk.registry, SEKI_SPAN_LITERAL ("early.d"), &role));
        g_assert_null (role);
        g_assert_null (seki_registry_find_action (desk.registry, SEKI_SPAN_NONE, &role));
        desk_close (&desk);
}

static void
test_order (void)
{
        Desk desk;
        static const char *const wanted[] = { "storage-fake", "policy-fake", "role-early",
                                              "role-late" };

        desk_open (&desk);
        desk_admit_all (&desk, FAKES ("role-late", "policy", "role-early", "storage"));
        desk_resolve (&desk);
        for (guint i = 0; i < G_N_ELEMENTS (wanted); i++)
                g_assert_cmpstr (seki_registry_each (desk.registry, i)->module->name, ==,
                                 wanted[i]);
        desk_close (&desk);
}

static void
test_wishes (void)
{
        Desk desk;

        desk_open (&desk);
        desk_admit_all (&desk, FAKES ("role-hopeful", "policy", "storage"));
        desk_resolve (&desk);
        desk_close (&desk);

        desk_open (&desk);
        desk_admit_all (&desk, FAKES ("role-hopeful", "role-early", "policy", "storage"));
        desk_resolve (&desk);
        g_assert_cmpstr (seki_registry_each (desk.registry, 2)->module->name, ==, "role-early");
        desk_close (&desk);

        desk_open (&desk);
        desk_admit_all (&desk, FAKES ("wish-a", "wish-b", "policy", "storage"));
        desk_resolve (&desk);
        g_assert_cmpstr (seki_registry_each (desk.registry, 3)->module->name, ==, "role-wish-b");
        desk_close (&desk);
}

static void
test_needs (void)
{
        assert_unresolved (FAKES ("storage", "policy", "role-late"), SEKI_ERROR_MODULE,
                           "role-late needs dawn");
        assert_unresolved (FAKES ("storage", "policy", "role-lonely"), SEKI_ERROR_MODULE,
                           "role-lonely needs company");
        assert_unresolved (FAKES ("storage", "policy", "ring-a", "ring-b", "ring-c"),
                           SEKI_ERROR_MODULE,
                           "role-ring-a -> role-ring-b -> role-ring-c -> role-ring-a");
}

static void
test_kinds (void)
{
        assert_unresolved (FAKES ("policy", "role"), SEKI_ERROR_CONFIG,
                           "storage module, this profile names 0");
        assert_unresolved (FAKES ("storage", "role"), SEKI_ERROR_CONFIG,
                           "policy module, this profile names 0");
        assert_unresolved (FAKES ("storage", "policy", "policy-second"), SEKI_ERROR_CONFIG,
                           "policy module, this profile names 2");
}

static void
test_same_action (void)
{
        assert_unresolved (FAKES ("storage", "policy", "role", "role-again"), SEKI_ERROR_MODULE,
                           "fake.do is declared by role-fake and by role-again");
}

static void
test_schema (void)
{
        static const SekiFactSpec clashing[] = { { "fake_fact", SEKI_FACT_BOOL, 0, 1, NULL, NULL,
                                                   SEKI_FACT_LOG_PLAIN, "x", "y" },
                                                 { NULL } };
        SekiFactSpec many[5] = { { 0 } };
        g_autoptr (GError) error = NULL;
        const SekiSchema *schema;
        Desk desk;

        desk_open (&desk);
        desk_admit_all (&desk, FAKES ("facts", "policy", "storage"));
        g_assert_false (seki_registry_resolve (desk.registry, clashing, &error));
        shelf_assert_error (&error, SEKI_ERROR_MODULE,
                            "fake_fact is declared by the core and by policy-fake");
        for (guint i = 0; i < 4; i++)
                many[i] = core_facts[0];
        many[1].name = "b";
        many[2].name = "c";
        many[3].name = NULL;
        /* 125 of the role, 1 of the policy, 3 of the core. */
        g_assert_false (seki_registry_resolve (desk.registry, many, &error));
        shelf_assert_error (&error, SEKI_ERROR_LIMIT, "role-facts");
        desk_resolve (&desk);
        schema = seki_registry_get_schema (desk.registry);
        g_assert_true (schema == desk.host->host.schema);
        g_assert_cmpuint (schema->n_fields, ==, SEKI_FACTS_MAX);
        g_assert_cmpstr (schema->fields[1]->name, ==, "hour");
        g_assert_cmpstr (schema->fields[2]->name, ==, "fake_fact");
        g_assert_cmpstr (schema->fields[3]->name, ==, "aaa");
        g_assert_cmpstr (schema->fields[127]->name, ==, "eee");
        desk_close (&desk);
}

/* An error names what was expected and what was found. */
static void
test_digest (void)
{
        g_autoptr (GError) error = NULL;
        g_autofree char *path = shelf_path ("role"), *digest = shelf_digest (path),
                        *other = g_strdup (digest);
        g_autofree char *upper = g_ascii_strup (digest, -1);
        SekiModuleSpec spec = { .name = "role-fake", .path = path, .digest = other };
        Desk desk;

        desk_open (&desk);
        other[63] = other[63] == '0' ? '1' : '0';
        g_assert_false (seki_registry_admit (desk.registry, &spec, &error));
        g_assert_nonnull (strstr (error->message, other));
        shelf_assert_error (&error, SEKI_ERROR_MODULE, digest);
        spec.digest = NULL;
        g_assert_false (seki_registry_admit (desk.registry, &spec, &error));
        shelf_assert_error (&error, SEKI_ERROR_MODULE, digest);
        spec.digest = upper;
        g_assert_true (seki_registry_admit (desk.registry, &spec, &error));
        g_assert_false (seki_registry_each (desk.registry, 0)->number);
        g_assert_false (seki_registry_admit (desk.registry, &spec, &error));
        shelf_assert_error (&error, SEKI_ERROR_MODULE, "admitted already");
        desk_close (&desk);
}

/* The digest is looked at before the bytes mean anything. */
static void
test_digest_first (void)
{
        g_autoptr (GError) error = NULL;
        g_autofree char *path = shelf_path ("wrong-abi");
        SekiModuleSpec spec = { .name = "role-wrong-abi", .path = path, .digest = "00" };
        Desk desk;

        desk_open (&desk);
        g_assert_false (seki_registry_admit (desk.registry, &spec, &error));
        shelf_assert_error (&error, SEKI_ERROR_MODULE, "expects \"00\"");
        desk_close (&desk);
}

static void
assert_not_admitted (const char *fake, const char *part)
{
        g_autoptr (GError) error = NULL;
        Desk desk;

        desk_open (&desk);
        g_assert_false (shelf_admit (desk.registry, fake, &error));
        shelf_assert_error (&error, SEKI_ERROR_MODULE, part);
        g_assert_null (seki_registry_each (desk.registry, 0));
        desk_close (&desk);
}

static void
test_unsafe (void)
{
        assert_not_admitted ("text-relocations", "relocations in its code");
        assert_not_admitted ("exec-stack", "executable stack");
        assert_not_admitted ("extra-symbol", "other symbols");
        assert_not_admitted ("wrong-abi", "contract number 2");
        assert_not_admitted ("short", "states a size");
}

static void
test_name (void)
{
        g_autoptr (GError) error = NULL;
        g_autofree char *path = shelf_path ("role"), *digest = shelf_digest (path);
        SekiModuleSpec spec = { .name = "role-account", .path = path, .digest = digest };
        Desk desk;

        desk_open (&desk);
        g_assert_false (seki_registry_admit (desk.registry, &spec, &error));
        shelf_assert_error (&error, SEKI_ERROR_MODULE,
                            "holds the module role-fake, not role-account");
        desk_close (&desk);
}

static void
test_no_code_before_open (void)
{
        g_autoptr (GError) error = NULL;
        char *folder = shelf_folder_new ();
        g_autofree char *mark = g_build_filename (folder, "mark", NULL),
                        *path = shelf_path ("marker");
        g_autofree char *digest = shelf_digest (path);
        SekiModuleSpec wrong = { .name = "role-marker", .path = path, .digest = "00" };
        SekiModuleSpec misnamed = { .name = "role-other", .path = path, .digest = digest };
        Desk desk;

        g_setenv ("SEKI_FAKE_MARKER", mark, TRUE);
        desk_open (&desk);
        g_assert_false (seki_registry_admit (desk.registry, &wrong, NULL));
        g_assert_false (seki_registry_admit (desk.registry, &misnamed, NULL));
        desk_admit_all (&desk, FAKES ("marker", "storage"));
        g_assert_false (seki_registry_resolve (desk.registry, core_facts, NULL));
        desk_admit (&desk, "policy");
        desk_resolve (&desk);
        g_assert_false (g_file_test (mark, G_FILE_TEST_EXISTS));
        g_assert_true (seki_registry_open (desk.registry, &error));
        g_assert_true (g_file_test (mark, G_FILE_TEST_EXISTS));
        g_unsetenv ("SEKI_FAKE_MARKER");
        desk_close (&desk);
        shelf_folder_free (folder);
}

/* What is put in the file's place after the check is never looked at. */
static void
test_swapped (void)
{
        g_autoptr (GError) error = NULL;
        char *folder = shelf_folder_new ();
        g_autofree char *mark = g_build_filename (folder, "mark", NULL),
                        *path = g_build_filename (folder, "x.so", NULL);
        g_autofree char *good = shelf_path ("role"), *evil = shelf_path ("marker"),
                        *digest = shelf_digest (good);
        g_autoptr (GBytes) good_bytes = shelf_read (good), evil_bytes = shelf_read (evil);
        SekiModuleSpec spec = { .name = "role-fake", .path = path, .digest = digest };
        Desk desk;

        g_setenv ("SEKI_FAKE_MARKER", mark, TRUE);
        shelf_write (path, g_bytes_get_data (good_bytes, NULL), g_bytes_get_size (good_bytes));
        desk_open (&desk);
        g_assert_true (seki_registry_admit (desk.registry, &spec, &error));
        shelf_write (path, g_bytes_get_data (evil_bytes, NULL), g_bytes_get_size (evil_bytes));
        desk_admit_all (&desk, FAKES ("storage", "policy"));
        desk_resolve (&desk);
        g_assert_true (seki_registry_open (desk.registry, &error));
        g_assert_true (seki_registry_start (desk.registry, 0, &error));
        g_assert_true (fake_host_has_line (desk.host, "role-fake start"));
        g_assert_false (g_file_test (mark, G_FILE_TEST_EXISTS));
        g_unsetenv ("SEKI_FAKE_MARKER");
        desk_close (&desk);
        shelf_folder_free (folder);
}

static void
test_two_faced (void)
{
        g_autoptr (GError) error = NULL;
        Desk desk;

        desk_open (&desk);
        desk_admit_all (&desk, FAKES ("two-faced", "storage", "policy"));
        desk_resolve (&desk);
        g_assert_false (seki_registry_open (desk.registry, &error));
        shelf_assert_error (&error, SEKI_ERROR_MODULE, "role-two-faced shows another descriptor");
        desk_close (&desk);
}

static void
test_longer (void)
{
        g_autoptr (GError) error = NULL;
        SekiPlugin *role;
        Desk desk;

        desk_open (&desk);
        desk_admit_all (&desk, FAKES ("longer", "storage", "policy"));
        desk_resolve (&desk);
        g_assert_true (seki_registry_open (desk.registry, &error));
        role = seki_registry_get (desk.registry, SEKI_KIND_ROLE, 0);
        g_assert_true (role->module->role->handle (role->self, NULL, NULL, NULL));
        g_assert_null (role->module->role->tick);
        desk_close (&desk);
}

static void
test_open_fails (void)
{
        g_autoptr (GError) error = NULL;
        g_autofree char *story = NULL;
        Desk desk;

        desk_open (&desk);
        desk_admit_all (&desk, FAKES ("open-fails", "storage", "policy"));
        desk_resolve (&desk);
        g_assert_false (seki_registry_open (desk.registry, &error));
        shelf_assert_error (&error, SEKI_ERROR_CONFIG,
                            "role-open-fails: The module cannot be opened. The fake has no ink.");
        story = desk_story (&desk);
        g_assert_cmpstr (story, ==,
                         "storage-fake open, policy-fake open, policy-fake close, storage-fake "
                         "close");
        desk_close (&desk);
}

static void
test_start_fails (void)
{
        g_autoptr (GError) error = NULL;
        g_autofree char *story = NULL;
        Desk desk;

        desk_open (&desk);
        desk_admit_all (&desk, FAKES ("start-fails", "storage", "policy"));
        desk_resolve (&desk);
        g_assert_true (seki_registry_open (desk.registry, &error));
        fake_host_reset (desk.host);
        g_assert_false (seki_registry_start (desk.registry, 0, &error));
        shelf_assert_error (&error, SEKI_ERROR_MODULE,
                            "role-start-fails: The module cannot be started. It gave no");
        story = desk_story (&desk);
        g_assert_cmpstr (story, ==,
                         "storage-fake start, policy-fake start, policy-fake stop, storage-fake "
                         "stop, role-start-fails close, policy-fake close, storage-fake close");
        desk_close (&desk);
}

/* Two nodes in one process load the same files and do not share a module's state. */
static void
test_two_nodes (void)
{
        g_autoptr (GError) error = NULL;
        Desk desks[2];

        for (guint i = 0; i < 2; i++) {
                desk_open (&desks[i]);
                desk_admit_all (&desks[i], FAKES ("role", "storage", "policy"));
                desk_resolve (&desks[i]);
                g_assert_true (seki_registry_open (desks[i].registry, &error));
        }
        g_assert_true (
                seki_registry_get (desks[0].registry, SEKI_KIND_ROLE, 0)->module->role->actions !=
                seki_registry_get (desks[1].registry, SEKI_KIND_ROLE, 0)->module->role->actions);
        desk_close (&desks[1]);
        g_assert_cmpuint (desks[0].host->lines->len, >, 0);
        desk_close (&desks[0]);
}

/* A number used again for another memory file must not bring the old module back. */
static void
test_loaded_again (void)
{
        g_autoptr (GError) error = NULL;
        static const char *const roles[] = { "role", "role-early", "role-again", "longer" };

        for (guint i = 0; i < G_N_ELEMENTS (roles); i++) {
                Desk desk;

                desk_open (&desk);
                desk_admit_all (&desk, FAKES (roles[i], "storage", "policy"));
                desk_resolve (&desk);
                g_assert_true (seki_registry_open (desk.registry, &error));
                desk_close (&desk);
        }
}

static void
test_reasons (void)
{
        static const SekiReason core[] = {
                { "fake-reason", "The core speaks.", "中核が話します。" }, { NULL }
        };
        Desk desk;

        desk_open (&desk);
        desk_admit_all (&desk, FAKES ("role", "role-early", "storage", "policy"));
        desk_resolve (&desk);
        g_setenv ("LANGUAGE", "en", TRUE);
        g_assert_cmpstr (seki_registry_reason (desk.registry, "shared-reason"), ==,
                         "role-fake speaks.");
        g_assert_cmpstr (seki_registry_reason (desk.registry, "unheard-of"), ==, "unheard-of");
        g_assert_cmpstr (seki_registry_reason (desk.registry, "fake-reason"), ==,
                         "This is a fake; use another.");
        seki_registry_add_reasons (desk.registry, core);
        g_assert_cmpstr (seki_registry_reason (desk.registry, "fake-reason"), ==,
                         "The core speaks.");
        g_setenv ("LANGUAGE", "ja:en", TRUE);
        g_assert_cmpstr (seki_registry_reason (desk.registry, "fake-reason"), ==, "中核が話します。");
        g_setenv ("LANGUAGE", "de:en:ja", TRUE);
        g_assert_cmpstr (seki_registry_reason (desk.registry, "fake-reason"), ==,
                         "The core speaks.");
        desk_close (&desk);
}

int
main (int argc, char **argv)
{
        int status;

        g_setenv ("LANGUAGE", "en", TRUE);
        g_test_init (&argc, &argv, NULL);
        g_assert_true (seki_nss_init (NULL));
        g_test_add_func ("/registry/modules open and start in order and stop in reverse",
                         test_life);
        g_test_add_func ("/registry/an action is found with its role", test_actions);
        g_test_add_func ("/registry/who is needed starts first", test_order);
        g_test_add_func ("/registry/who is wanted starts first if it is there", test_wishes);
        g_test_add_func ("/registry/missing needs and rings name the modules", test_needs);
        g_test_add_func ("/registry/one storage and one policy", test_kinds);
        g_test_add_func ("/registry/two roles may not share an action", test_same_action);
        g_test_add_func ("/registry/facts are numbered, unique and bounded", test_schema);
        g_test_add_func ("/registry/a file with another digest is refused", test_digest);
        g_test_add_func ("/registry/the digest is looked at first", test_digest_first);
        g_test_add_func ("/registry/unsafe files are refused", test_unsafe);
        g_test_add_func ("/registry/a file under another name is refused", test_name);
        g_test_add_func ("/registry/no code runs before all are admitted and resolved",
                         test_no_code_before_open);
        g_test_add_func ("/registry/a file swapped after the check is not loaded", test_swapped);
        g_test_add_func ("/registry/a descriptor that changes when loaded is refused",
                         test_two_faced);
        g_test_add_func ("/registry/a longer descriptor works", test_longer);
        g_test_add_func ("/registry/a failing open closes those before", test_open_fails);
        g_test_add_func ("/registry/a failing start closes those before", test_start_fails);
        g_test_add_func ("/registry/two nodes in one process", test_two_nodes);
        g_test_add_func ("/registry/nodes one after another load their own modules",
                         test_loaded_again);
        g_test_add_func ("/registry/reasons speak the running language", test_reasons);
        status = g_test_run ();
        g_assert_true (seki_nss_shutdown ());
        return status;
}
