/* SPDX-License-Identifier: Apache-2.0 */
#include "modules/policy/kit.h"

static const char *object;

static void
test_denies (void)
{
        g_autoptr (Kit) kit = kit_new (object, NULL, NULL);
        g_autoptr (GError) error = NULL;
        const char *argv[] = { "lint", NULL };
        SekiReport report;
        guint8 digest[32] = { 0 };

        kit_start (kit);
        assert_says (kit, "action=account.read caller=office effect=message", "default");
        assert_says (kit, "", "default");
        kit->ops->digest (kit->self, digest);
        g_assert_cmpuint (digest[0], ==, 0xe3);
        g_assert_null (kit->ops->prepare (kit->self, kit->folder, &error));
        g_assert_error (error, SEKI_ERROR, SEKI_ERROR_MODULE);
        g_clear_error (&error);
        g_assert_false (kit->ops->swap (kit->self, NULL, &error));
        g_assert_error (error, SEKI_ERROR, SEKI_ERROR_MODULE);
        g_clear_error (&error);
        g_assert_false (kit->ops->tool (kit->self, argv, &report, &error));
        g_assert_error (error, SEKI_ERROR, SEKI_ERROR_MODULE);
}

int
main (int argc, char **argv)
{
        g_test_init (&argc, &argv, NULL);
        object = argv[1];
        g_test_add_func ("/policy-deny/everything is denied", test_denies);
        return g_test_run ();
}
