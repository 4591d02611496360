/* SPDX-License-Identifier: Apache-2.0 */
/* What holds for every role. */
#include "call.h"

static void
test_no_records (gconstpointer role)
{
        const SekiModule *module = role_module (role);

        for (const SekiAction *a = module->role->actions; a->name != NULL; a++) {
                g_autoptr (Call) call = call_new (&bank_a, NULL, SEKI_CALLER_OFFICE, a->name);
                call_run (call);
                g_assert_cmpuint (call->effects->len, ==, 0);
        }
}

/* Whoever calls without being named by the action is refused, whatever is sent. */
static void
test_wrong_callers (gconstpointer role)
{
        static const SekiCallerSet kinds[] = { SEKI_CALLER_NODE, SEKI_CALLER_OFFICE,
                                               SEKI_CALLER_PERSON, SEKI_CALLER_TIMER,
                                               SEKI_CALLER_REPLY };
        static const SekiParty *const callers[] = { &transfer_party, &bank_a, &maker };

        for (const SekiAction *a = role_module (role)->role->actions; a->name != NULL; a++)
                for (guint k = 0; k < G_N_ELEMENTS (kinds); k++)
                        for (guint c = 0; c < G_N_ELEMENTS (callers); c++) {
                                gboolean node =
                                        (kinds[k] & (SEKI_CALLER_NODE | SEKI_CALLER_REPLY)) != 0;
                                if ((a->callers & kinds[k]) != 0 &&
                                    (!node || (a->peer_roles & callers[c]->roles) != 0))
                                        continue;
                                g_autoptr (Call) call =
                                        call_new (&listed, callers[c], kinds[k], a->name);
                                call_set_purpose (call, "P02");
                                call_add (call, SEKI_NUMBER_INDIVIDUAL, "code", CODE_L, "name", "x",
                                          NULL);
                                call_run (call);
                                assert_reason (call, 0, "wrong-caller");
                        }
}

static void
test_unknown_action (gconstpointer role)
{
        static const SekiAction action = { .name = "nobody.does", .callers = SEKI_CALLER_OFFICE };
        g_autofree char *any = g_strconcat (role, ".read", NULL);
        g_autoptr (Call) call = call_new (&listed, NULL, SEKI_CALLER_OFFICE, any);
        g_autoptr (GError) error = NULL;

        call->call.action = &action;
        g_assert_false (call_handle (call, &error));
        g_assert_error (error, SEKI_ERROR, SEKI_ERROR_INVALID);
        g_assert_cmpuint (call->effects->len, ==, 0);
}

/* What the core checks before it loads the module. */
static void
test_descriptor (gconstpointer role)
{
        const SekiModule *module = role_module (role);
        g_autofree char *name = g_strconcat ("role-", role, NULL);

        g_assert_cmpuint (module->abi, ==, SEKI_ABI);
        g_assert_cmpuint (module->size, ==, sizeof (SekiModule));
        g_assert_cmpuint (module->kind, ==, SEKI_KIND_ROLE);
        g_assert_cmpuint (module->threads, ==, SEKI_THREADS_ANY);
        g_assert_cmpuint (module->needs_number, ==, 0);
        g_assert_cmpuint (module->role->size, ==, sizeof (SekiRoleOps));
        g_assert_cmpstr (module->name, ==, name);
        for (const SekiReason *r = module->reasons; r->id != NULL; r++) {
                g_assert_cmpuint (strlen (r->id), <=, 47);
                g_assert_true (g_str_has_suffix (r->en, ".") && g_str_has_suffix (r->ja, "。"));
        }
        for (const SekiAction *a = module->role->actions; a->name != NULL; a++)
                g_assert_true (g_utf8_validate (a->label_ja, -1, NULL) && a->label_en[0] != '\0');
}

static void
test_page (gconstpointer role)
{
        const SekiModule *module = role_module (role);
        g_autofree char *page = NULL;

        g_assert_true (g_file_get_contents (g_getenv ("SEKI_ACTIONS_PAGE"), &page, NULL, NULL));
        for (const SekiAction *a = module->role->actions; a->name != NULL; a++) {
                g_autofree char *row = g_strconcat ("| `", a->name, "` |", NULL);
                g_assert_nonnull (strstr (page, row));
        }
        for (const SekiReason *r = module->reasons; r->id != NULL; r++) {
                g_autofree char *row = g_strconcat ("`", r->id, "`", NULL);
                g_assert_nonnull (strstr (page, row));
        }
}

static void
test_all_reasons_seen (gconstpointer role)
{
        for (const SekiReason *r = role_module (role)->reasons; r->id != NULL; r++)
                if (!g_hash_table_contains (seen_reasons (), r->id))
                        g_error ("no test made %s give the reason %s", (const char *) role, r->id);
}

void
add_common_tests (const char *role)
{
        g_test_add_data_func ("/role/the descriptor is whole", role, test_descriptor);
        g_test_add_data_func ("/role/no records, no effects", role, test_no_records);
        g_test_add_data_func ("/role/callers the action does not name are refused", role,
                              test_wrong_callers);
        g_test_add_data_func ("/role/an action of nobody is an error", role, test_unknown_action);
        g_test_add_data_func ("/role/every action and reason is on the page", role, test_page);
        g_test_add_data_func ("/role/every declared reason was given", role, test_all_reasons_seen);
}
