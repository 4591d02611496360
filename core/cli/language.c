/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/language.h"

#include <langinfo.h>
#include <libintl.h>
#include <locale.h>
#include <string.h>

#ifndef LOCALEDIR
#define LOCALEDIR "/usr/share/locale"
#endif

/* In the tree where it was built the program stands in core/cli, translations in po. */
static char *
folder_beside_program (void)
{
        g_autofree char *program = g_file_read_link ("/proc/self/exe", NULL);
        g_autofree char *folder = program != NULL ? g_path_get_dirname (program) : NULL;

        if (folder == NULL || !g_str_has_suffix (folder, "/core/cli"))
                return NULL;
        return g_build_filename (folder, "..", "..", "po", NULL);
}

/* gettext looks at LANGUAGE only under a locale other than C; C.UTF-8 is there
 * without being installed. */
static void
locale_want (const char *lang)
{
        g_setenv ("LANGUAGE", lang, TRUE);
        if (g_str_equal (lang, "ja") && setlocale (LC_MESSAGES, "ja_JP.UTF-8") != NULL)
                return;
        setlocale (LC_MESSAGES, "C.UTF-8");
}

/* The environment names Japanese, but setlocale may know no such locale. */
static gboolean
environment_is_japanese (void)
{
        static const char *const names[] = { "LC_ALL", "LC_MESSAGES", "LANG" };

        for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
                const char *value = g_getenv (names[i]);

                if (value != NULL && value[0] != '\0')
                        return g_str_has_prefix (value, "ja");
        }
        return FALSE;
}

void
seki_language_begin (const char *lang)
{
        const char *language = g_getenv ("LANGUAGE"), *folder = g_getenv ("SEKISHO_LOCALEDIR");
        g_autofree char *beside = folder_beside_program ();

        if (setlocale (LC_CTYPE, "") == NULL || strcmp (nl_langinfo (CODESET), "UTF-8") != 0)
                setlocale (LC_CTYPE, "C.UTF-8");
        if (lang != NULL)
                locale_want (lang);
        else if (setlocale (LC_MESSAGES, "") == NULL && environment_is_japanese ())
                locale_want (language != NULL && language[0] != '\0' ? language : "ja");
        bindtextdomain ("sekisho", folder != NULL ? folder : beside != NULL ? beside : LOCALEDIR);
        bind_textdomain_codeset ("sekisho", "UTF-8");
        textdomain ("sekisho");
}

const char *
seki_language_find (int argc, char **argv)
{
        for (int i = 1; i < argc && strcmp (argv[i], "--") != 0; i++) {
                if (g_str_has_prefix (argv[i], "--lang="))
                        return argv[i] + strlen ("--lang=");
                if (strcmp (argv[i], "--lang") == 0 && i + 1 < argc)
                        return argv[i + 1];
        }
        return NULL;
}
