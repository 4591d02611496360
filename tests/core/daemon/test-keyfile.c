/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/keyfile.h"

#include <glib/gstdio.h>

static void
parse_refused (const char *text, const char *place, const char *part)
{
        g_autoptr (GError) error = NULL;
        g_autoptr (SekiKeyFile) file = seki_key_file_parse (text, "node.conf", &error);

        g_assert_null (file);
        g_assert_error (error, SEKI_ERROR, SEKI_ERROR_CONFIG);
        if (!g_str_has_prefix (error->message, place) || strstr (error->message, part) == NULL)
                g_error ("%s", error->message);
}

static void
test_groups (void)
{
        g_autoptr (GError) error = NULL;
        g_autoptr (SekiKeyFile) file =
                seki_key_file_parse ("# a comment\n; another\n\n"
                                     "[node]\n  id = am1 \nname=a = b\nempty =\n"
                                     "[peer ti.1]\r\nid = 2\r\n",
                                     "node.conf", &error);
        GPtrArray *groups;
        const SekiGroup *group;

        g_assert_no_error (error);
        groups = seki_key_file_get_groups (file);
        g_assert_cmpuint (groups->len, ==, 2);
        group = g_ptr_array_index (groups, 0);
        g_assert_cmpstr (group->kind, ==, "node");
        g_assert_null (group->name);
        g_assert_cmpuint (group->line, ==, 4);
        g_assert_cmpstr (seki_group_find (group, "id")->value, ==, "am1");
        g_assert_cmpstr (seki_group_find (group, "name")->value, ==, "a = b");
        g_assert_cmpstr (seki_group_find (group, "empty")->value, ==, "");
        g_assert_cmpuint (seki_group_find (group, "name")->line, ==, 6);
        g_assert_null (seki_group_find (group, "nothing"));
        group = g_ptr_array_index (groups, 1);
        g_assert_cmpstr (group->kind, ==, "peer");
        g_assert_cmpstr (group->name, ==, "ti.1");
        g_assert_cmpstr (seki_group_find (group, "id")->value, ==, "2");
}

static void
test_refusals (void)
{
        parse_refused ("id = 1\n", "node.conf:1: ", "before the first group");
        parse_refused ("[node]\nid\n", "node.conf:2: ", "neither a group nor a key");
        parse_refused ("[node]\nid = 1\n\nid = 2\n",
                       "node.conf:4: ", "'id' stands here a second time");
        parse_refused ("[node]\n[peer a]\n[node]\n",
                       "node.conf:3: ", "'node' stands here a second time");
        parse_refused ("[peer a]\n[peer a]\n", "node.conf:2: ", "second time");
        parse_refused ("[node\n", "node.conf:1: ", "closing bracket");
        parse_refused ("[]\n", "node.conf:1: ", "can not be the name");
        parse_refused ("[peer a b]\n", "node.conf:1: ", "can not be the name");
        parse_refused ("[peer \xe3\x81\x82]\n", "node.conf:1: ", "can not be the name");
        parse_refused ("[node]\n = 1\n", "node.conf:2: ", "can not be a key");
        parse_refused ("[node]\na b = 1\n", "node.conf:2: ", "can not be a key");
        parse_refused ("[node]\nid = \xff\n", "node.conf:1: ", "not UTF-8");
}

static char *
write_file (const char *folder, const char *name, const char *text, gssize len)
{
        char *path = g_build_filename (folder, name, NULL);

        g_assert_true (g_file_set_contents (path, text, len, NULL));
        return path;
}

/* A drop-in sets keys anew and adds groups; two in the order of their names. */
static void
test_drop_ins (void)
{
        g_autofree char *folder = g_dir_make_tmp ("sekisho-keyfile-XXXXXX", NULL);
        g_autofree char *conf = g_build_filename (folder, "conf.d", NULL);
        g_autofree char *main_file =
                write_file (folder, "node.conf", "[node]\nid = 1\nname = a\n", -1);
        g_autofree char *first = NULL, *second = NULL, *other = NULL, *canonical = NULL;
        g_autoptr (GError) error = NULL;
        g_autoptr (SekiKeyFile) file = NULL;

        g_mkdir (conf, 0700);
        second = write_file (conf, "20-b.conf", "[node]\nid = 3\n[peer x]\nto = 9\n", -1);
        first = write_file (conf, "10-a.conf", "[node]\nid = 2\n", -1);
        other = write_file (conf, "30-c.conf~", "nonsense\n", -1);
        file = seki_key_file_read (main_file, &error);
        g_assert_no_error (error);
        canonical = seki_key_file_canonical (file);
        g_assert_cmpstr (canonical, ==, "node.id = 3\nnode.name = a\npeer x.to = 9\n");
        g_clear_pointer (&file, seki_key_file_free);
        g_assert_true (g_file_set_contents (first, "[node]\nid = 2\nid = 3\n", -1, NULL));
        file = seki_key_file_read (main_file, &error);
        g_assert_error (error, SEKI_ERROR, SEKI_ERROR_CONFIG);
        g_assert_true (g_str_has_prefix (error->message, first));
        g_unlink (first);
        g_unlink (second);
        g_unlink (other);
        g_unlink (main_file);
        g_rmdir (conf);
        g_rmdir (folder);
}

static void
test_files (void)
{
        g_autofree char *folder = g_dir_make_tmp ("sekisho-keyfile-XXXXXX", NULL);
        g_autofree char *path = write_file (folder, "node.conf", "[node]\nid\0 = 1\n", 15);
        g_autoptr (GError) error = NULL;
        g_autofree char *large = g_strnfill (1024 * 1024 + 1, '#');

        g_assert_null (seki_key_file_read (path, &error));
        g_assert_nonnull (strstr (error->message, "NUL"));
        g_clear_error (&error);
        g_assert_true (g_file_set_contents (path, large, -1, NULL));
        g_assert_null (seki_key_file_read (path, &error));
        g_assert_nonnull (strstr (error->message, "too long"));
        g_clear_error (&error);
        g_unlink (path);
        g_assert_null (seki_key_file_read (path, &error));
        g_assert_error (error, SEKI_ERROR, SEKI_ERROR_CONFIG);
        g_rmdir (folder);
}

int
main (int argc, char **argv)
{
        g_test_init (&argc, &argv, NULL);
        g_test_add_func ("/keyfile/groups and keys", test_groups);
        g_test_add_func ("/keyfile/refusals name file and line", test_refusals);
        g_test_add_func ("/keyfile/drop-ins", test_drop_ins);
        g_test_add_func ("/keyfile/files that are none", test_files);
        return g_test_run ();
}
