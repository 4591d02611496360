/* SPDX-License-Identifier: Apache-2.0 */
/* Looking at a module's files from outside, and killing its process. */
#include <glib/gstdio.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "modules/storage/kit.h"

/* Paths of all that is under a folder, sorted. */
static GPtrArray *
folder_list (const char *folder)
{
        g_autoptr (GPtrArray) waiting = g_ptr_array_new_with_free_func (g_free);
        GPtrArray *list = g_ptr_array_new_with_free_func (g_free);

        g_ptr_array_add (waiting, g_strdup (folder));
        while (waiting->len > 0) {
                g_autofree char *path = g_ptr_array_steal_index (waiting, waiting->len - 1);
                g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
                const char *name;
                while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
                        char *child = g_build_filename (path, name, NULL);
                        g_ptr_array_add (list, child);
                        if (g_file_test (child, G_FILE_TEST_IS_DIR))
                                g_ptr_array_add (waiting, g_strdup (child));
                }
        }
        return list;
}

static int
path_compare (gconstpointer a, gconstpointer b)
{
        return strcmp (*(const char *const *) a, *(const char *const *) b);
}

guint
folder_count (const char *folder, const char *needle)
{
        g_autoptr (GPtrArray) list = folder_list (folder);
        guint count = 0;

        for (guint i = 0; i < list->len; i++) {
                g_autofree char *bytes = NULL;
                gsize len = 0;
                const char *at;
                if (!g_file_get_contents (list->pdata[i], &bytes, &len, NULL))
                        continue;
                for (at = bytes;
                     (at = memmem (at, bytes + len - at, needle, strlen (needle))) != NULL; at++)
                        count++;
        }
        return count;
}

char *
folder_digest (const char *folder)
{
        g_autoptr (GPtrArray) list = folder_list (folder);
        g_autoptr (GChecksum) digest = g_checksum_new (G_CHECKSUM_SHA256);

        g_ptr_array_sort (list, path_compare);
        g_ptr_array_add (list, g_strdup (folder));
        for (guint i = 0; i < list->len; i++) {
                g_autofree char *bytes = NULL;
                g_autofree char *line = NULL;
                GStatBuf info = { 0 };
                gsize len = 0;
                if (g_lstat (list->pdata[i], &info) == 0 &&
                    g_file_get_contents (list->pdata[i], &bytes, &len, NULL))
                        g_checksum_update (digest, (const guchar *) bytes, len);
                line = g_strdup_printf ("%s %o %ld %ld.%09ld\n", (char *) list->pdata[i],
                                        info.st_mode, (long) info.st_size,
                                        (long) info.st_mtim.tv_sec, info.st_mtim.tv_nsec);
                g_checksum_update (digest, (const guchar *) line, -1);
        }
        return g_strdup (g_checksum_get_string (digest));
}

char *
folder_find (const char *folder, const char *suffix)
{
        g_autoptr (GPtrArray) list = folder_list (folder);
        char *found = NULL;
        goffset size = -1;

        for (guint i = 0; i < list->len; i++) {
                GStatBuf info;
                if (!g_str_has_suffix (list->pdata[i], suffix) ||
                    g_stat (list->pdata[i], &info) != 0 || info.st_size <= size)
                        continue;
                size = info.st_size;
                g_free (found);
                found = g_strdup (list->pdata[i]);
        }
        return found;
}

void
folder_remove (const char *folder)
{
        g_autoptr (GPtrArray) list = folder_list (folder);

        g_ptr_array_sort (list, path_compare);
        for (guint i = list->len; i > 0; i--)
                g_remove (list->pdata[i - 1]);
        g_rmdir (folder);
}

GPid
child_start (const char *object, const char *path, guint n, int *out_fd)
{
        g_autofree char *self = g_file_read_link ("/proc/self/exe", NULL);
        g_autofree char *count = g_strdup_printf ("%u", n);
        char *argv[] = { self, (char *) "--child", (char *) object, (char *) path, count, NULL };
        g_autoptr (GError) error = NULL;
        GPid pid = 0;

        g_spawn_async_with_pipes (NULL, argv, NULL, G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, &pid,
                                  NULL, out_fd, NULL, &error);
        g_assert_no_error (error);
        return pid;
}

guint
child_wait_for (int fd, guint n)
{
        guint count = 0, digits = 0;
        char c;

        while (count < n && read (fd, &c, 1) == 1) {
                if (g_ascii_isdigit (c)) {
                        digits = digits * 10 + (c - '0');
                } else {
                        count = digits;
                        digits = 0;
                }
        }
        g_assert_cmpuint (count, >=, n);
        return count;
}

void
child_kill (GPid pid)
{
        kill (pid, SIGKILL);
        g_assert_cmpint (waitpid (pid, NULL, 0), ==, pid);
        g_spawn_close_pid (pid);
}

/* Ends without stop, as a process that was killed would.  The padding makes a
 * log longer than the blocks an engine may write it in. */
int
child_main (const char *object, const char *path, guint n)
{
        Kit *kit = kit_new_at (object, path);
        g_autofree char *padding = g_strnfill (4000, 'p');

        kit_start (kit);
        for (guint i = 1; i <= n; i++) {
                g_autofree char *text = g_strdup_printf ("%06u", i);
                SekiWrite writes[] = {
                        { SEKI_SPACE_RECORD, seki_span_text (text), seki_span_text (text) },
                        { SEKI_SPACE_FACTS, seki_span_text (text), seki_span_text (padding) },
                        { SEKI_SPACE_STATE, SEKI_SPAN_LITERAL ("end"), seki_span_text (text) },
                };
                g_autofree char *line = g_strdup_printf ("%u\n", i);
                if (!kit_commit (kit, writes, G_N_ELEMENTS (writes), SEKI_SPAN_NONE, SEKI_SPAN_NONE,
                                 NULL) ||
                    write (STDOUT_FILENO, line, strlen (line)) < 0)
                        _exit (1);
        }
        _exit (0);
}
