/* SPDX-License-Identifier: Apache-2.0 */
#include "store.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <unistd.h>

gboolean
store_check (Store *store, GError **error)
{
        if (store->engine != NULL)
                return TRUE;
        g_set_error (error, SEKI_ERROR, SEKI_ERROR_BUSY,
                     SEKI_TEXT ("The store in %s is not running; start the node and try again."),
                     store->path);
        return FALSE;
}

gboolean
space_check (guint space, GError **error)
{
        if (space < SEKI_SPACE_COUNT)
                return TRUE;
        g_set_error (error, SEKI_ERROR, SEKI_ERROR_INVALID,
                     SEKI_TEXT ("There is no space number %u in a store; use one of SekiSpace."),
                     space);
        return FALSE;
}

/* The C API reports in words; each begins with the name of its status. */
static SekiErrorCode
trouble_code (const char *trouble)
{
        if (strstr (trouble, "lock hold") != NULL || strstr (trouble, "While lock file") != NULL)
                return SEKI_ERROR_BUSY;
        if (g_str_has_prefix (trouble, "Corruption") || strstr (trouble, "No such file") != NULL)
                return SEKI_ERROR_DAMAGED;
        return SEKI_ERROR_STORAGE;
}

gboolean
store_fail (Store *store, char *trouble, GError **error, const char *format, ...)
{
        SekiErrorCode code = trouble_code (trouble);
        va_list arguments;

        va_start (arguments, format);
        g_propagate_error (error, g_error_new_valist (SEKI_ERROR, code, format, arguments));
        va_end (arguments);
        if (code == SEKI_ERROR_DAMAGED)
                store->host->event (store->host->core, "storage.damaged", store->path);
        else if (code == SEKI_ERROR_STORAGE)
                store->host->event (store->host->core, "storage.failed", store->path);
        rocksdb_free (trouble);
        return FALSE;
}

static gboolean
name_is_data (const char *name)
{
        return g_str_has_suffix (name, ".sst") || g_str_has_suffix (name, ".log");
}

gboolean
store_exists (Store *store, gboolean *out_exists, GError **error)
{
        g_autofree char *current = g_build_filename (store->path, "CURRENT", NULL);
        g_autoptr (GDir) folder = NULL;
        const char *name;

        *out_exists = g_file_test (current, G_FILE_TEST_EXISTS);
        if (*out_exists || (folder = g_dir_open (store->path, 0, NULL)) == NULL)
                return TRUE;
        while ((name = g_dir_read_name (folder)) != NULL)
                if (name_is_data (name))
                        return store_fail (store, strdup ("Corruption"), error,
                                           SEKI_TEXT ("The store in %s has data files but no "
                                                      "CURRENT file, which names the valid ones; "
                                                      "leave the folder as it is and restore a "
                                                      "backup into another one."),
                                           store->path);
        return TRUE;
}

char *
store_make_work (Store *store, GError **error)
{
        g_autofree char *folder = g_build_filename (store->work, "XXXXXX", NULL);

        if (g_mkdir_with_parents (store->work, 0700) == 0 && g_mkdtemp (folder) != NULL)
                return g_steal_pointer (&folder);
        g_set_error (error, SEKI_ERROR, SEKI_ERROR_STORAGE,
                     SEKI_TEXT ("No working folder could be made in %s: %s; check its owner and "
                                "the free space."),
                     store->work, g_strerror (errno));
        return NULL;
}

void
folder_remove (const char *path)
{
        GDir *folder = g_dir_open (path, 0, NULL);
        const char *name;

        if (folder == NULL)
                return;
        while ((name = g_dir_read_name (folder)) != NULL) {
                g_autofree char *child = g_build_filename (path, name, NULL);
                if (g_file_test (child, G_FILE_TEST_IS_DIR) &&
                    !g_file_test (child, G_FILE_TEST_IS_SYMLINK))
                        folder_remove (child);
                else
                        g_unlink (child);
        }
        g_dir_close (folder);
        g_rmdir (path);
}
