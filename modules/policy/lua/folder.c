/* SPDX-License-Identifier: Apache-2.0 */
#include "folder.h"
#include "rule.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static void
source_free (gpointer data)
{
        Source *source = data;

        g_free (source->path);
        g_free (source->name);
        g_free (source->bytes);
        g_free (source);
}

GPtrArray *
sources_new (void)
{
        return g_ptr_array_new_with_free_func (source_free);
}

static void
say_unread (Check *check, const char *path, const char *format)
{
        Source source = { .path = (char *) path, .bytes = (char *) "" };
        Check here = { check->schema, check->findings, &source, NULL, 0 };

        check_say (&here, "SK035", 0, NULL, NULL, "%s", format);
}

/* The file whole, NULL and a finding if it is not a plain file of a sane size. */
static char *
source_read (Check *check, const char *path, gsize *out_len)
{
        int fd = open (path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
        g_autofree char *bytes = NULL;
        struct stat about;
        gssize n = 1;

        if (fd < 0 || fstat (fd, &about) != 0 || !S_ISREG (about.st_mode) ||
            about.st_size > SOURCE_BYTES_MAX) {
                say_unread (check, path, fd < 0 && errno != ELOOP
                            ? SEKI_TEXT ("the file can not be opened; see to its permissions")
                            : SEKI_TEXT ("a rule file is a plain file of at most 256 KiB, no link; "
                                         "put such a file here"));
                if (fd >= 0)
                        close (fd);
                return NULL;
        }
        bytes = g_malloc (SOURCE_BYTES_MAX + 2);
        for (*out_len = 0; n > 0 && *out_len <= SOURCE_BYTES_MAX; *out_len += (gsize) MAX (n, 0))
                n = read (fd, bytes + *out_len, SOURCE_BYTES_MAX + 1 - *out_len);
        close (fd);
        bytes[MIN (*out_len, SOURCE_BYTES_MAX + 1)] = '\0';
        if (n < 0 || *out_len > SOURCE_BYTES_MAX)
                say_unread (check, path,
                            SEKI_TEXT ("the file can not be read whole; see to the disk and "
                                       "write to it no more"));
        else if (strlen (bytes) != *out_len || !g_utf8_validate (bytes, -1, NULL))
                say_unread (check, path,
                            SEKI_TEXT ("the file is not UTF-8 text; save it as UTF-8 Lua source"));
        else
                return g_realloc (g_steal_pointer (&bytes), *out_len + 1);
        return NULL;
}

static guint8
layer_of (const char *name, guint8 layer)
{
        if (g_str_has_prefix (name, "floor/"))
                return LAYER_FLOOR;
        if (g_str_has_prefix (name, "institution/"))
                return LAYER_INSTITUTION;
        if (g_str_has_prefix (name, "site/"))
                return LAYER_SITE;
        return layer;
}

static void
source_add (Check *check, const char *path, const char *name, guint8 layer, GPtrArray *sources)
{
        g_autofree char *bytes = NULL;
        gsize len = 0, total = 0;
        Source *source;

        for (guint i = 0; i < sources->len; i++)
                total += ((Source *) sources->pdata[i])->len;
        if (sources->len >= FOLDER_FILES_MAX || total > FOLDER_BYTES_MAX) {
                if (sources->len == FOLDER_FILES_MAX || total > FOLDER_BYTES_MAX)
                        say_unread (
                                check, path,
                                SEKI_TEXT (
                                        "there are more than 10000 rule files or 64 MiB of them; "
                                        "join rules"));
                return;
        }
        bytes = source_read (check, path, &len);
        if (bytes == NULL)
                return;
        source = g_new0 (Source, 1);
        source->path = g_strdup (path);
        source->name = g_strdup (name);
        source->layer = layer_of (name, layer);
        source->bytes = g_steal_pointer (&bytes);
        source->len = len;
        g_ptr_array_add (sources, source);
}

static gint
name_compare (gconstpointer a, gconstpointer b)
{
        return strcmp (*(const char *const *) a, *(const char *const *) b);
}

/* Names in a folder, sorted, without hidden ones; NULL and a finding if it can not be read. */
static GPtrArray *
folder_list (Check *check, const char *path)
{
        GDir *dir = g_dir_open (path, 0, NULL);
        GPtrArray *names;
        const char *name;

        if (dir == NULL) {
                say_unread (check, path,
                            SEKI_TEXT ("the folder can not be read; name one that is there and "
                                       "see to its permissions"));
                return NULL;
        }
        names = g_ptr_array_new_with_free_func (g_free);
        while ((name = g_dir_read_name (dir)) != NULL)
                if (name[0] != '.')
                        g_ptr_array_add (names, g_strdup (name));
        g_dir_close (dir);
        g_ptr_array_sort (names, name_compare);
        return names;
}

static void
folder_walk (Check *check, const char *path, const char *prefix, guint depth, guint8 layer,
             GPtrArray *sources)
{
        g_autoptr (GPtrArray) names = folder_list (check, path);
        struct stat about;

        for (guint i = 0; names != NULL && i < names->len; i++) {
                g_autofree char *child = g_build_filename (path, names->pdata[i], NULL);
                g_autofree char *name = g_strconcat (prefix, names->pdata[i], NULL);
                g_autofree char *below = g_strconcat (name, "/", NULL);
                gboolean folder = lstat (child, &about) == 0 && S_ISDIR (about.st_mode);
                if (folder && depth < FOLDER_DEPTH_MAX)
                        folder_walk (check, child, below, depth + 1, layer, sources);
                else if (folder)
                        say_unread (check, child,
                                    SEKI_TEXT ("the folder lies too deep; put rules at most "
                                               "eight folders down"));
                else if (g_str_has_suffix (name, ".lua"))
                        source_add (check, child, name, layer, sources);
        }
}

void
folder_read (Check *check, const char *path, guint8 layer, GPtrArray *sources)
{
        g_autofree char *name = g_path_get_basename (path);

        if (g_str_has_suffix (path, ".lua") && !g_file_test (path, G_FILE_TEST_IS_DIR))
                source_add (check, path, name, layer, sources);
        else
                folder_walk (check, path, "", 0, layer, sources);
}

void
folder_digest (const GPtrArray *sources, guint8 *out_digest)
{
        g_autoptr (GChecksum) sum = g_checksum_new (G_CHECKSUM_SHA256);
        gsize len = 32;

        for (guint i = 0; i < sources->len; i++) {
                const Source *source = sources->pdata[i];
                guint64 size = GUINT64_TO_BE ((guint64) source->len);
                g_checksum_update (sum, &source->layer, 1);
                g_checksum_update (sum, (const guchar *) source->name,
                                   (gssize) strlen (source->name) + 1);
                g_checksum_update (sum, (const guchar *) &size, sizeof size);
                g_checksum_update (sum, (const guchar *) source->bytes, (gssize) source->len);
        }
        g_checksum_get_digest (sum, out_digest, &len);
}
