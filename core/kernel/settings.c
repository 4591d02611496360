/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel/settings.h"

#include "base/text.h"
#include "base/utf8.h"
#include "kernel/nearest.h"

#include <errno.h>
#include <inttypes.h>

/* Whole numbers with one of units behind, whose factors are in factors. */
static gboolean
number_parse (const char *text, const char *units, const gint64 *factors, gint64 *out_number)
{
        const char *digits = text[0] == '-' ? text + 1 : text, *unit;
        gint64 number, factor = 1;
        char *end;

        if (!g_ascii_isdigit (digits[0]))
                return FALSE;
        errno = 0;
        number = g_ascii_strtoll (text, &end, 10);
        if (errno != 0)
                return FALSE;
        if (*end != '\0') {
                unit = strchr (units, *end);
                if (unit == NULL || end[1] != '\0')
                        return FALSE;
                factor = factors[unit - units];
        }
        return !__builtin_mul_overflow (number, factor, out_number);
}

/* The number of a text by its option's type; TEXT and PATH have none. */
static gboolean
value_parse (const SekiOption *option, const char *text, gint64 *out_number)
{
        static const gint64 sizes[] = { 1 << 10, 1 << 20, 1 << 30 },
                            times[] = { 1, 60, 3600, 86400 };
        gboolean read = FALSE;

        *out_number = 0;
        switch (option->type) {
        case SEKI_OPTION_TEXT:
        case SEKI_OPTION_PATH:
                return seki_utf8_scan (seki_span_text (text)) == SEKI_UTF8_CLEAN;
        case SEKI_OPTION_BOOL:
                *out_number = g_str_equal (text, "yes");
                return *out_number == 1 || g_str_equal (text, "no");
        case SEKI_OPTION_INT:
                read = number_parse (text, "", NULL, out_number);
                break;
        case SEKI_OPTION_SIZE:
                read = number_parse (text, "KMG", sizes, out_number);
                break;
        case SEKI_OPTION_SECONDS:
                read = number_parse (text, "smhd", times, out_number);
                break;
        }
        return read && *out_number >= option->min && *out_number <= option->max;
}

static void
value_fail (const SekiModule *module, const SekiOption *option, const char *text, GError **error)
{
        static const char *const forms[] = {
                [SEKI_OPTION_TEXT] = N_("text in UTF-8 without control characters"),
                [SEKI_OPTION_PATH] = N_("a path in UTF-8 without control characters"),
                [SEKI_OPTION_INT] = N_("a whole number"),
                [SEKI_OPTION_SIZE] = N_("bytes, with K, M or G"),
                [SEKI_OPTION_SECONDS] = N_("a time, with s, m, h or d"),
                [SEKI_OPTION_BOOL] = N_("yes or no"),
        };

        if (option->type == SEKI_OPTION_TEXT || option->type == SEKI_OPTION_PATH ||
            option->type == SEKI_OPTION_BOOL)
                g_set_error (error, SEKI_ERROR, SEKI_ERROR_CONFIG,
                             _("The setting %s of the module %s must be %s, not \"%s\"; change it "
                               "in the profile."),
                             option->name, module->name, _(forms[option->type]), text);
        else
                g_set_error (error, SEKI_ERROR, SEKI_ERROR_CONFIG,
                             _("The setting %s of the module %s must be %s, from %" PRId64
                               " to %" PRId64 ", not \"%s\"; change it in the profile."),
                             option->name, module->name, _(forms[option->type]), option->min,
                             option->max, text);
}

static gboolean
setting_fill (SekiSetting *setting, const SekiModule *module, const SekiOption *option,
              const char *text, const char *folder, GError **error)
{
        setting->name = option->name;
        if (text == NULL) {
                g_set_error (error, SEKI_ERROR, SEKI_ERROR_CONFIG,
                             _("The module %s needs the setting %s; give it in the profile."),
                             module->name, option->name);
                return FALSE;
        }
        if (!value_parse (option, text, &setting->number)) {
                value_fail (module, option, text, error);
                return FALSE;
        }
        setting->text = option->type == SEKI_OPTION_PATH && text[0] != '\0'
                                ? g_canonicalize_filename (text, folder)
                                : g_strdup (text);
        return TRUE;
}

static void
key_fail (const SekiModule *module, const char *key, GError **error)
{
        g_autoptr (GPtrArray) names = g_ptr_array_new ();
        const char *nearest;

        for (const SekiOption *option = module->options; option->name != NULL; option++)
                g_ptr_array_add (names, (gpointer) option->name);
        g_ptr_array_add (names, NULL);
        nearest = seki_nearest (key, (const char *const *) names->pdata);
        if (nearest != NULL)
                g_set_error (error, SEKI_ERROR, SEKI_ERROR_CONFIG,
                             _("The module %s has no setting %s. Did you mean %s?"), module->name,
                             key, nearest);
        else
                g_set_error (error, SEKI_ERROR, SEKI_ERROR_CONFIG,
                             _("The module %s has no setting %s; see `sekisho module inspect` for "
                               "those it has."),
                             module->name, key);
}

static gboolean
keys_check (const SekiModule *module, const char *const *keys, GError **error)
{
        for (gsize i = 0; keys != NULL && keys[i] != NULL; i++) {
                const SekiOption *option = module->options;

                while (option->name != NULL && !g_str_equal (option->name, keys[i]))
                        option++;
                if (option->name == NULL) {
                        key_fail (module, keys[i], error);
                        return FALSE;
                }
                for (gsize j = 0; j < i; j++)
                        if (g_str_equal (keys[i], keys[j])) {
                                g_set_error (error, SEKI_ERROR, SEKI_ERROR_CONFIG,
                                             _("The setting %s of the module %s is given twice; "
                                               "keep one."),
                                             keys[i], module->name);
                                return FALSE;
                        }
        }
        return TRUE;
}

static const char *
keys_find (const char *const *keys, const char *const *values, const SekiOption *option)
{
        for (gsize i = 0; keys != NULL && keys[i] != NULL; i++)
                if (g_str_equal (keys[i], option->name))
                        return values[i];
        return option->fallback;
}

SekiSetting *
seki_settings_new (const SekiModule *module, const char *const *keys, const char *const *values,
                   const char *folder, GError **error)
{
        g_autoptr (SekiSetting) settings = NULL;
        gsize n = 0;

        if (!keys_check (module, keys, error))
                return NULL;
        while (module->options[n].name != NULL)
                n++;
        settings = g_new0 (SekiSetting, n + 1);
        for (gsize i = 0; i < n; i++) {
                const SekiOption *option = &module->options[i];

                if (!setting_fill (&settings[i], module, option, keys_find (keys, values, option),
                                   folder, error))
                        return NULL;
        }
        return g_steal_pointer (&settings);
}

void
seki_settings_free (SekiSetting *settings)
{
        for (gsize i = 0; settings != NULL && settings[i].name != NULL; i++)
                g_free ((gpointer) settings[i].text);
        g_free (settings);
}
