/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/keyfile.h"

#include "base/text.h"

#define FILE_MAX (1024 * 1024)

struct SekiKeyFile {
        GPtrArray *groups;
};

static void
key_free (gpointer data)
{
        SekiKey *key = data;

        g_free (key->key);
        g_free (key->value);
        g_free (key);
}

static void
group_free (gpointer data)
{
        SekiGroup *group = data;

        g_free (group->kind);
        g_free (group->name);
        g_ptr_array_unref (group->keys);
        g_free (group);
}

static SekiKeyFile *
key_file_new (void)
{
        SekiKeyFile *file = g_new0 (SekiKeyFile, 1);

        file->groups = g_ptr_array_new_with_free_func (group_free);
        return file;
}

void
seki_key_file_free (SekiKeyFile *file)
{
        if (file == NULL)
                return;
        g_ptr_array_unref (file->groups);
        g_free (file);
}

static gboolean
line_refuse (GError **error, const char *file, guint line, const char *sentence, const char *word)
{
        g_autofree char *text = g_strdup_printf (sentence, word);

        g_set_error (error, SEKI_ERROR, SEKI_ERROR_CONFIG, "%s:%u: %s", file, line, text);
        return FALSE;
}

static SekiGroup *
key_file_find (SekiKeyFile *file, const char *kind, const char *name)
{
        for (guint i = 0; i < file->groups->len; i++) {
                SekiGroup *group = g_ptr_array_index (file->groups, i);

                if (strcmp (group->kind, kind) == 0 && g_strcmp0 (group->name, name) == 0)
                        return group;
        }
        return NULL;
}

static gboolean
word_is_sound (const char *word)
{
        for (; *word != '\0'; word++)
                if (!g_ascii_isalnum (*word) && strchr ("-_.:", *word) == NULL)
                        return FALSE;
        return TRUE;
}

/* "[kind name]" opens a group, or goes on with one that another file opened. */
static SekiGroup *
key_file_group (SekiKeyFile *file, char *text, const char *name_of_file, guint line, GError **error)
{
        gsize len = strlen (text);
        char *space;
        SekiGroup *group;

        if (text[len - 1] != ']') {
                line_refuse (error, name_of_file, line,
                             _("The group '%s' lacks its closing bracket. Write [kind] or [kind "
                                "name]."),
                             text);
                return NULL;
        }
        text[len - 1] = '\0';
        text = g_strstrip (text + 1);
        space = strchr (text, ' ');
        if (space != NULL) {
                *space++ = '\0';
                space = g_strstrip (space);
        }
        if (*text == '\0' || !word_is_sound (text) || (space != NULL && !word_is_sound (space))) {
                line_refuse (error, name_of_file, line,
                             _("'%s' can not be the name of a group. Use letters, digits, '-', "
                                "'_' and '.'."),
                             text);
                return NULL;
        }
        group = key_file_find (file, text, space);
        if (group != NULL && strcmp (group->file, name_of_file) == 0) {
                line_refuse (error, name_of_file, line,
                             _("The group '%s' stands here a second time. Put its keys together."),
                             text);
                return NULL;
        }
        if (group == NULL) {
                group = g_new0 (SekiGroup, 1);
                group->kind = g_strdup (text);
                group->name = g_strdup (space);
                group->keys = g_ptr_array_new_with_free_func (key_free);
                g_ptr_array_add (file->groups, group);
        }
        group->file = name_of_file;
        group->line = line;
        return group;
}

static gboolean
group_set (SekiGroup *group, char *text, const char *file, guint line, GError **error)
{
        char *equals = strchr (text, '=');
        SekiKey *key;

        if (group == NULL)
                return line_refuse (
                        error, file, line,
                        _("'%s' stands before the first group. Write a [group] above it."), text);
        if (equals == NULL)
                return line_refuse (error, file, line,
                                    _("'%s' is neither a group nor a key. Write key = value."),
                                    text);
        *equals = '\0';
        text = g_strstrip (text);
        if (*text == '\0' || !word_is_sound (text))
                return line_refuse (
                        error, file, line,
                        _("'%s' can not be a key. Use letters, digits, '-', '_' and '.'."), text);
        key = (SekiKey *) seki_group_find (group, text);
        if (key != NULL && strcmp (key->file, file) == 0)
                return line_refuse (
                        error, file, line,
                        _("The key '%s' stands here a second time. Keep one of the two."), text);
        if (key == NULL) {
                key = g_new0 (SekiKey, 1);
                key->key = g_strdup (text);
                g_ptr_array_add (group->keys, key);
        }
        g_free (key->value);
        key->value = g_strdup (g_strstrip (equals + 1));
        key->file = file;
        key->line = line;
        return TRUE;
}

static gboolean
key_file_add (SekiKeyFile *file, const char *text, const char *name, GError **error)
{
        g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
        SekiGroup *group = NULL;

        name = g_intern_string (name);
        if (!g_utf8_validate (text, -1, NULL))
                return line_refuse (error, name, 1,
                                    _("The file is not UTF-8%s. Save it as UTF-8."), "");
        for (guint i = 0; lines[i] != NULL; i++) {
                char *line = g_strstrip (lines[i]);

                if (*line == '\0' || *line == '#' || *line == ';')
                        continue;
                if (*line == '[') {
                        if ((group = key_file_group (file, line, name, i + 1, error)) == NULL)
                                return FALSE;
                } else if (!group_set (group, line, name, i + 1, error)) {
                        return FALSE;
                }
        }
        return TRUE;
}

static gboolean
key_file_load (SekiKeyFile *file, const char *path, GError **error)
{
        g_autofree char *text = NULL;
        g_autoptr (GError) own = NULL;
        gsize len;

        if (!g_file_get_contents (path, &text, &len, &own)) {
                g_set_error (error, SEKI_ERROR, SEKI_ERROR_CONFIG,
                             _("The profile can not be read: %s"), own->message);
                return FALSE;
        }
        if (len > FILE_MAX || strlen (text) != len)
                return line_refuse (
                        error, path, 1,
                        _("The file is no profile%s: it is too long or holds NUL bytes."), "");
        return key_file_add (file, text, path, error);
}

static gint
path_compare (gconstpointer a, gconstpointer b)
{
        return strcmp (*(const char *const *) a, *(const char *const *) b);
}

static GPtrArray *
drop_ins (const char *path)
{
        g_autofree char *folder = g_path_get_dirname (path),
                        *conf = g_build_filename (folder, "conf.d", NULL);
        GPtrArray *paths = g_ptr_array_new_with_free_func (g_free);
        g_autoptr (GDir) dir = g_dir_open (conf, 0, NULL);
        const char *name;

        while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
                if (g_str_has_suffix (name, ".conf") && name[0] != '.')
                        g_ptr_array_add (paths, g_build_filename (conf, name, NULL));
        g_ptr_array_sort (paths, path_compare);
        return paths;
}

SekiKeyFile *
seki_key_file_read (const char *path, GError **error)
{
        g_autoptr (SekiKeyFile) file = key_file_new ();
        g_autoptr (GPtrArray) more = drop_ins (path);

        if (!key_file_load (file, path, error))
                return NULL;
        for (guint i = 0; i < more->len; i++)
                if (!key_file_load (file, g_ptr_array_index (more, i), error))
                        return NULL;
        return g_steal_pointer (&file);
}

SekiKeyFile *
seki_key_file_parse (const char *text, const char *name, GError **error)
{
        g_autoptr (SekiKeyFile) file = key_file_new ();

        return key_file_add (file, text, name, error) ? g_steal_pointer (&file) : NULL;
}

GPtrArray *
seki_key_file_get_groups (SekiKeyFile *file)
{
        return file->groups;
}

const SekiKey *
seki_group_find (const SekiGroup *group, const char *key)
{
        for (guint i = 0; i < group->keys->len; i++)
                if (strcmp (((SekiKey *) g_ptr_array_index (group->keys, i))->key, key) == 0)
                        return g_ptr_array_index (group->keys, i);
        return NULL;
}

char *
seki_key_file_canonical (SekiKeyFile *file)
{
        g_autoptr (GPtrArray) lines = g_ptr_array_new_with_free_func (g_free);

        for (guint i = 0; i < file->groups->len; i++) {
                const SekiGroup *group = g_ptr_array_index (file->groups, i);

                for (guint j = 0; j < group->keys->len; j++) {
                        const SekiKey *key = g_ptr_array_index (group->keys, j);

                        g_ptr_array_add (lines,
                                         g_strdup_printf ("%s%s%s.%s = %s", group->kind,
                                                          group->name != NULL ? " " : "",
                                                          group->name != NULL ? group->name : "",
                                                          key->key, key->value));
                }
        }
        g_ptr_array_sort (lines, path_compare);
        g_ptr_array_add (lines, g_strdup (""));
        g_ptr_array_add (lines, NULL);
        return g_strjoinv ("\n", (char **) lines->pdata);
}
