/* SPDX-License-Identifier: Apache-2.0 */
#include "fakes/settings.h"

#include <dlfcn.h>

static gint64
unit_of (SekiOptionType type, const char *suffix)
{
        static const struct { SekiOptionType type; const char *suffix; gint64 factor; } units[] = {
                { SEKI_OPTION_SIZE, "K", 1 << 10 }, { SEKI_OPTION_SIZE, "M", 1 << 20 },
                { SEKI_OPTION_SIZE, "G", 1 << 30 }, { SEKI_OPTION_SECONDS, "s", 1 },
                { SEKI_OPTION_SECONDS, "m", 60 },   { SEKI_OPTION_SECONDS, "h", 3600 },
                { SEKI_OPTION_SECONDS, "d", 86400 },
        };

        if (*suffix == '\0')
                return 1;
        for (guint i = 0; i < G_N_ELEMENTS (units); i++)
                if (units[i].type == type && g_str_equal (units[i].suffix, suffix))
                        return units[i].factor;
        g_error ("no such unit: %s", suffix);
}

static gint64
number_of (const SekiOption *option, const char *text)
{
        gint64 number;
        char *end;

        if (option->type == SEKI_OPTION_TEXT || option->type == SEKI_OPTION_PATH)
                return 0;
        if (option->type == SEKI_OPTION_BOOL) {
                g_assert_true (g_str_equal (text, "yes") || g_str_equal (text, "no"));
                return g_str_equal (text, "yes");
        }
        number = g_ascii_strtoll (text, &end, 10);
        g_assert_true (end != text);
        number *= unit_of (option->type, end);
        g_assert_cmpint (number, >=, option->min);
        g_assert_cmpint (number, <=, option->max);
        return number;
}

static void
settings_set (SekiSetting *settings, const SekiOption *options, const char *name, const char *text)
{
        for (gsize i = 0; options[i].name != NULL; i++)
                if (g_str_equal (options[i].name, name)) {
                        g_free ((char *) settings[i].text);
                        settings[i].text = g_strdup (text);
                        settings[i].number = number_of (&options[i], text);
                        return;
                }
        g_error ("no such option: %s", name);
}

SekiSetting *
fake_settings_new (const SekiOption *options, ...)
{
        static const SekiOption none = { NULL };
        SekiSetting *settings;
        const char *name;
        gsize n = 0;
        va_list pairs;

        options = options != NULL ? options : &none;
        while (options[n].name != NULL)
                n++;
        settings = g_new0 (SekiSetting, n + 1);
        for (gsize i = 0; i < n; i++) {
                settings[i].name = options[i].name;
                if (options[i].fallback != NULL)
                        settings_set (settings, options, options[i].name, options[i].fallback);
        }
        va_start (pairs, options);
        while ((name = va_arg (pairs, const char *)) != NULL)
                settings_set (settings, options, name, va_arg (pairs, const char *));
        va_end (pairs);
        for (gsize i = 0; i < n; i++)
                g_assert_nonnull (settings[i].text);
        return settings;
}

void
fake_settings_free (SekiSetting *settings)
{
        for (gsize i = 0; settings != NULL && settings[i].name != NULL; i++)
                g_free ((char *) settings[i].text);
        g_free (settings);
}

const SekiModule *
fake_module_load (const char *path)
{
        gpointer object = dlopen (path, RTLD_NOW | RTLD_LOCAL);
        const SekiModule *module;

        if (object == NULL)
                g_error ("%s", dlerror ());
        module = dlsym (object, "seki_module");
        g_assert_nonnull (module);
        g_assert_cmpuint (module->abi, ==, SEKI_ABI);
        g_assert_cmpuint (module->size, ==, sizeof (SekiModule));
        return module;
}
