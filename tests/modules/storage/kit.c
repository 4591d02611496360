/* SPDX-License-Identifier: Apache-2.0 */
#include "modules/storage/kit.h"

static SekiSetting *
settings_for (const SekiModule *module, const char *path)
{
        for (const SekiOption *option = module->options; option != NULL && option->name != NULL;
             option++)
                if (g_str_equal (option->name, "path"))
                        return fake_settings_new (module->options, "path", path, NULL);
        return fake_settings_new (module->options, NULL);
}

static void
kit_open (Kit *kit)
{
        g_autoptr (GError) error = NULL;

        kit->self = kit->module->open (&kit->fake->host, kit->settings, &error);
        g_assert_no_error (error);
        g_assert_nonnull (kit->self);
}

Kit *
kit_new_at (const char *object, const char *path)
{
        Kit *kit = g_new0 (Kit, 1);

        kit->module = fake_module_load (object);
        g_assert_cmpuint (kit->module->kind, ==, SEKI_KIND_STORAGE);
        kit->ops = kit->module->storage;
        g_assert_cmpuint (kit->ops->size, ==, sizeof (SekiStorageOps));
        kit->fake = fake_host_new (NULL);
        kit->path = g_strdup (path);
        kit->settings = settings_for (kit->module, kit->path);
        kit_open (kit);
        return kit;
}

Kit *
kit_new (const char *object)
{
        g_autofree char *root = g_dir_make_tmp ("sekisho-kit-XXXXXX", NULL);
        g_autofree char *path = NULL;
        Kit *kit;

        g_assert_nonnull (root);
        path = g_build_filename (root, "store", NULL);
        kit = kit_new_at (object, path);
        kit->root = g_steal_pointer (&root);
        return kit;
}

void
kit_free (Kit *kit)
{
        if (kit == NULL)
                return;
        kit_stop (kit);
        kit->module->close (kit->self);
        if (kit->root != NULL)
                folder_remove (kit->root);
        fake_settings_free (kit->settings);
        fake_host_free (kit->fake);
        g_free (kit->root);
        g_free (kit->path);
        g_free (kit);
}

void
kit_start (Kit *kit)
{
        g_autoptr (GError) error = NULL;
        gboolean started = kit->module->start (kit->self, &error);

        g_assert_no_error (error);
        g_assert_true (started);
}

void
kit_stop (Kit *kit)
{
        kit->module->stop (kit->self);
}

void
kit_reopen (Kit *kit)
{
        kit_stop (kit);
        kit->module->close (kit->self);
        kit_open (kit);
}

gboolean
kit_has (const Kit *kit, const char *feature)
{
        return kit->module->provides != NULL && g_strv_contains (kit->module->provides, feature);
}

gboolean
kit_commit (Kit *kit, const SekiWrite *writes, gsize n_writes, SekiSpan guard, SekiSpan expected,
            GError **error)
{
        SekiBatch batch = { writes, n_writes, guard, expected };

        return kit->ops->commit (kit->self, 0, &batch, error);
}

static void
kit_write (Kit *kit, SekiSpace space, SekiSpan key, SekiSpan value)
{
        SekiWrite write = { space, key, value };
        g_autoptr (GError) error = NULL;
        gboolean done = kit_commit (kit, &write, 1, SEKI_SPAN_NONE, SEKI_SPAN_NONE, &error);

        g_assert_no_error (error);
        g_assert_true (done);
}

void
kit_put (Kit *kit, SekiSpace space, const char *key, const char *value)
{
        kit_write (kit, space, seki_span_text (key), seki_span_text (value));
}

void
kit_erase (Kit *kit, SekiSpace space, const char *key)
{
        kit_write (kit, space, seki_span_text (key), SEKI_SPAN_NONE);
}

static void
keep_text (gsize i, SekiSpan value, gpointer user)
{
        char **text = user;

        g_assert_cmpuint (i, ==, 0);
        g_assert_null (*text);
        g_assert_nonnull (value.data);
        *text = g_strndup ((const char *) value.data, value.len);
}

char *
kit_get (Kit *kit, SekiSpace space, const char *key)
{
        SekiSpan span = seki_span_text (key);
        g_autoptr (GError) error = NULL;
        char *text = NULL;
        gboolean done = kit->ops->get_many (kit->self, space, &span, 1, keep_text, &text, &error);

        g_assert_no_error (error);
        g_assert_true (done);
        return text;
}

char *
kit_peek (Kit *kit, const char *key)
{
        g_autoptr (GError) error = NULL;
        char *text = NULL;
        gboolean done = kit->ops->peek (kit->self, seki_span_text (key), keep_text, &text, &error);

        g_assert_no_error (error);
        g_assert_true (done);
        return text;
}

static gboolean
append_row (SekiSpan key, SekiSpan value, gpointer user)
{
        GString *text = user;

        g_assert_nonnull (value.data);
        g_string_append_printf (text, "%s%.*s=%.*s", text->len > 0 ? " " : "", (int) key.len,
                                (const char *) key.data, (int) value.len,
                                (const char *) value.data);
        return TRUE;
}

char *
kit_range (Kit *kit, SekiSpace space, SekiSpan from, SekiSpan to)
{
        GString *text = g_string_new (NULL);
        g_autoptr (GError) error = NULL;
        gboolean done = kit->ops->scan (kit->self, space, from, to, append_row, text, &error);

        g_assert_no_error (error);
        g_assert_true (done);
        return g_string_free (text, FALSE);
}
