/* SPDX-License-Identifier: Apache-2.0 */
#include "shelf.h"

#include <glib/gstdio.h>

char *
shelf_path (const char *fake)
{
        g_autofree char *file = g_strconcat (fake, ".so", NULL);

        g_assert_nonnull (g_getenv ("SEKI_FAKES"));
        return g_build_filename (g_getenv ("SEKI_FAKES"), file, NULL);
}

char *
shelf_folder_new (void)
{
        char *folder = g_dir_make_tmp ("sekisho-XXXXXX", NULL);

        g_assert_nonnull (folder);
        return folder;
}

void
shelf_folder_free (char *folder)
{
        g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
        const char *name;

        while ((name = g_dir_read_name (dir)) != NULL) {
                g_autofree char *path = g_build_filename (folder, name, NULL);
                g_unlink (path);
        }
        g_rmdir (folder);
        g_free (folder);
}

GBytes *
shelf_read (const char *path)
{
        char *data;
        gsize len;

        g_assert_true (g_file_get_contents (path, &data, &len, NULL));
        return g_bytes_new_take (data, len);
}

void
shelf_write (const char *path, gconstpointer data, gsize len)
{
        FILE *file = g_fopen (path, "wb");

        g_assert_nonnull (file);
        g_assert_cmpuint (fwrite (data, 1, len, file), ==, len);
        g_assert_cmpint (fclose (file), ==, 0);
}

char *
shelf_digest (const char *path)
{
        g_autoptr (GBytes) bytes = shelf_read (path);

        return g_compute_checksum_for_bytes (G_CHECKSUM_SHA256, bytes);
}

SekiImage *
shelf_image (const char *path, GError **error)
{
        g_autoptr (SekiImage) image = seki_image_open (path, error);

        if (image == NULL || !seki_image_read (image, error))
                return NULL;
        return g_steal_pointer (&image);
}

gboolean
shelf_admit_with (SekiRegistry *registry, const char *fake, const char *const *keys,
                  const char *const *values, GError **error)
{
        g_autofree char *path = shelf_path (fake), *digest = shelf_digest (path);
        g_autoptr (SekiImage) image = shelf_image (path, error);
        SekiModuleSpec spec = {
                .path = path, .digest = digest, .number = TRUE, .keys = keys, .values = values
        };

        if (image == NULL)
                return FALSE;
        spec.name = seki_image_get_module (image)->name;
        return seki_registry_admit (registry, &spec, error);
}

gboolean
shelf_admit (SekiRegistry *registry, const char *fake, GError **error)
{
        return shelf_admit_with (registry, fake, NULL, NULL, error);
}

void
shelf_assert_error (GError **error, SekiErrorCode code, const char *part)
{
        g_assert_error (*error, SEKI_ERROR, (gint) code);
        if (strstr ((*error)->message, part) == NULL)
                g_error ("\"%s\" is not in: %s", part, (*error)->message);
        g_clear_error (error);
}
