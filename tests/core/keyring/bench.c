/* SPDX-License-Identifier: Apache-2.0 */
#include "bench.h"

#include <glib/gstdio.h>
#include <string.h>

int
bench_run (void)
{
        int result;

        g_assert_true (seki_nss_init (NULL));
        result = g_test_run ();
        if (!seki_nss_shutdown ())
                g_error ("something still holds a key, certificate or slot");
        return result;
}

char *
bench_folder (void)
{
        GError *error = NULL;
        char *folder = g_dir_make_tmp ("sekisho-keyring-XXXXXX", &error);

        g_assert_no_error (error);
        return folder;
}

static void
remove_tree (const char *path)
{
        GDir *dir = g_file_test (path, G_FILE_TEST_IS_SYMLINK) ? NULL : g_dir_open (path, 0, NULL);

        for (const char *name; dir != NULL && (name = g_dir_read_name (dir)) != NULL;) {
                g_autofree char *child = g_build_filename (path, name, NULL);

                remove_tree (child);
        }
        if (dir != NULL)
                g_dir_close (dir);
        g_remove (path);
}

void
bench_remove (char *folder)
{
        remove_tree (folder);
        g_free (folder);
}

char *
bench_path (const char *folder, const char *name)
{
        return g_build_filename (folder, name, NULL);
}

void
bench_shell (const char *folder, const char *format, ...)
{
        g_autofree char *command = NULL, *output = NULL, *problem = NULL;
        const char *words[] = { "/bin/sh", "-ec", NULL, NULL };
        GError *error = NULL;
        int status;
        va_list list;

        va_start (list, format);
        command = g_strdup_vprintf (format, list);
        va_end (list);
        words[2] = command;
        g_spawn_sync (folder, (char **) words, NULL, G_SPAWN_DEFAULT, NULL, NULL, &output, &problem,
                      &status, &error);
        g_assert_no_error (error);
        if (!g_spawn_check_wait_status (status, NULL))
                g_error ("%s\n%s%s", command, output, problem);
}

char *
bench_recovery (const char *folder)
{
        bench_shell (
                folder,
                "openssl req -x509 -newkey rsa:2048 -nodes -keyout recovery.key -out recovery.pem "
                "-subj '/CN=recovery' -days 30");
        return bench_text (folder, "recovery.pem");
}

char *
bench_text (const char *folder, const char *name)
{
        g_autofree char *path = bench_path (folder, name);
        GError *error = NULL;
        char *text = NULL;

        g_file_get_contents (path, &text, NULL, &error);
        g_assert_no_error (error);
        return text;
}

GByteArray *
bench_bytes (const char *folder, const char *name)
{
        g_autofree char *path = bench_path (folder, name);
        GError *error = NULL;
        char *text = NULL;
        gsize len = 0;

        g_file_get_contents (path, &text, &len, &error);
        g_assert_no_error (error);
        return g_byte_array_new_take ((guint8 *) text, len);
}

void
bench_write (const char *folder, const char *name, gconstpointer data, gsize len)
{
        g_autofree char *path = bench_path (folder, name);
        FILE *file = g_fopen (path, "wb");

        /* In place: g_file_set_contents would make another file. */
        g_assert_nonnull (file);
        g_assert_cmpuint (fwrite (data, 1, len, file), ==, len);
        g_assert_cmpint (fclose (file), ==, 0);
}

SekiSecret *
bench_passphrase (const char *text)
{
        return seki_secret_new_copy (text, strlen (text));
}

SekiKeyring *
bench_unseal (const char *folder, const char *name)
{
        g_autofree char *path = bench_path (folder, name);
        g_autoptr (SekiSecret) passphrase = bench_passphrase ("correct horse");
        GError *error = NULL;
        SekiKeyring *keyring = seki_keyring_open (path, &error);

        g_assert_no_error (error);
        seki_keyring_unseal (keyring, passphrase, &error);
        g_assert_no_error (error);
        return keyring;
}

SekiKeyring *
bench_keyring (const char *folder, const char *name)
{
        g_autofree char *path = bench_path (folder, name);
        g_autofree char *recovery = bench_recovery (folder);
        g_autoptr (SekiSecret) passphrase = bench_passphrase ("correct horse");
        GError *error = NULL;

        seki_keyring_create (path, passphrase, recovery, &error);
        g_assert_no_error (error);
        return bench_unseal (folder, name);
}
