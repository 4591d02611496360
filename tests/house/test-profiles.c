/* SPDX-License-Identifier: Apache-2.0 */
/* The example profiles are read as they stand: examples/KIND/profile.conf. */
#include "daemon/profile.h"

#include <stdio.h>

typedef struct {
        const char *kind;
        SekiRoleSet role;
        const char *module;
        gsize peers;                    /* back offices included */
} Example;

static const Example examples[] = {
        { "transfer", SEKI_ROLE_TRANSFER, "role-transfer", 3 },
        { "account", SEKI_ROLE_ACCOUNT, "role-account", 3 },
        { "issuer", SEKI_ROLE_ISSUER, "role-issuer", 2 },
};

static char *
example_path (const Example *example)
{
        return g_build_filename (g_getenv ("SEKI_EXAMPLES"), example->kind, "profile.conf", NULL);
}

static gboolean
profile_names (SekiProfile *profile, const char *module)
{
        gsize n;
        const SekiModuleSpec *modules = seki_profile_get_modules (profile, &n);

        for (gsize i = 0; i < n; i++)
                if (strcmp (modules[i].name, module) == 0)
                        return TRUE;
        return FALSE;
}

static void
examples_are_read (gconstpointer data)
{
        const Example *example = data;
        g_autofree char *path = example_path (example);
        g_autoptr (GError) error = NULL;
        g_autoptr (SekiProfile) profile = seki_profile_read (path, &error);
        gsize n;

        g_assert_no_error (error);
        g_assert_nonnull (profile);
        g_assert_cmpint (seki_profile_get_self (profile)->roles, ==, example->role);
        g_assert_cmpstr (seki_profile_get_self (profile)->country, ==, "JP");
        g_assert_false (seki_profile_is_test (profile));
        seki_profile_get_persons (profile, &n);
        g_assert_cmpuint (n, >=, 3);
        seki_profile_get_peers (profile, &n);
        g_assert_cmpuint (n, ==, example->peers);
        g_assert_true (profile_names (profile, example->module));
        g_assert_true (profile_names (profile, "storage-rocksdb"));
        g_assert_true (profile_names (profile, "policy-lua"));
        g_assert_true (profile_names (profile, "transport-h2"));
}

/* The same text with one letter more is refused and names the place. */
static void
a_slip_is_refused (gconstpointer data)
{
        g_autofree char *path = example_path (data);
        g_autofree char *folder = g_dir_make_tmp ("sekisho-profile-XXXXXX", NULL);
        g_autofree char *copy = g_build_filename (folder, "profile.conf", NULL);
        g_autofree char *text = NULL, *wrong = NULL;
        g_autoptr (GError) error = NULL;
        g_autoptr (SekiProfile) profile = NULL;
        g_auto (GStrv) parts = NULL;

        g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
        parts = g_strsplit (text, "\ncountry = ", 2);
        wrong = g_strjoinv ("\ncountrry = ", parts);
        g_assert_true (g_file_set_contents (copy, wrong, -1, NULL));
        profile = seki_profile_read (copy, &error);
        g_assert_null (profile);
        g_assert_error (error, SEKI_ERROR, SEKI_ERROR_CONFIG);
        g_assert_nonnull (strstr (error->message, "'country'"));
        g_assert_cmpint (remove (copy), ==, 0);
        g_assert_cmpint (remove (folder), ==, 0);
}

int
main (int argc, char **argv)
{
        g_test_init (&argc, &argv, NULL);
        for (gsize i = 0; i < G_N_ELEMENTS (examples); i++) {
                g_autofree char *read = g_strconcat ("/profiles/", examples[i].kind, NULL);
                g_autofree char *slip = g_strconcat (read, "/slip", NULL);

                g_test_add_data_func (read, &examples[i], examples_are_read);
                g_test_add_data_func (slip, &examples[i], a_slip_is_refused);
        }
        return g_test_run ();
}
