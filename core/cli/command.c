/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/command.h"

#include "base/text.h"
#include "kernel/nearest.h"

#include <stdarg.h>

gboolean
seki_usage_fail (GError **error, const char *format, ...)
{
        va_list list;

        va_start (list, format);
        g_autofree char *text = g_strdup_vprintf (format, list);
        va_end (list);
        g_set_error_literal (error, SEKI_USAGE_ERROR, SEKI_EXIT_USAGE, text);
        return FALSE;
}

SekiExit
seki_exit_of (const GError *error)
{
        if (error->domain == SEKI_USAGE_ERROR)
                return SEKI_EXIT_USAGE;
        if (error->domain != SEKI_ERROR)
                return SEKI_EXIT_ERROR;
        switch ((SekiErrorCode) error->code) {
        case SEKI_ERROR_CONFIG:
        case SEKI_ERROR_MODULE:
                return SEKI_EXIT_PROFILE;
        case SEKI_ERROR_PEER:
                return SEKI_EXIT_NO_NODE;
        case SEKI_ERROR_SEALED:
                return SEKI_EXIT_SEALED;
        case SEKI_ERROR_DAMAGED:
                return SEKI_EXIT_DAMAGED;
        case SEKI_ERROR_BUSY:
                return SEKI_EXIT_BUSY;
        case SEKI_ERROR_INVALID:
        case SEKI_ERROR_LIMIT:
        case SEKI_ERROR_CONFLICT:
        case SEKI_ERROR_MISSING:
        case SEKI_ERROR_STORAGE:
        case SEKI_ERROR_CRYPTO:
        default:
                return SEKI_EXIT_ERROR;
        }
}

gboolean
seki_command_takes (const SekiCommand *command, SekiCliOption option)
{
        return option <= SEKI_CLI_VERSION || (command->options >> option & 1) != 0;
}

/* The words of one column of the table that go with noun, each once. */
static GPtrArray *
words_of (const char *noun)
{
        GPtrArray *words = g_ptr_array_new ();

        for (const SekiCommand *c = seki_command_table (); c->noun != NULL; c++) {
                const char *word = noun == NULL                  ? c->noun
                                   : strcmp (c->noun, noun) == 0 ? c->verb
                                                                 : NULL;
                if (word != NULL &&
                    !g_ptr_array_find_with_equal_func (words, word, g_str_equal, NULL))
                        g_ptr_array_add (words, (gpointer) word);
        }
        g_ptr_array_add (words, NULL);
        return words;
}

static gboolean
noun_is_known (const char *noun)
{
        const SekiCommand *c = seki_command_table ();

        while (c->noun != NULL && strcmp (c->noun, noun) != 0)
                c++;
        return c->noun != NULL;
}

static gboolean
noun_unknown (const char *noun, GError **error)
{
        g_autoptr (GPtrArray) nouns = words_of (NULL);
        const char *near = seki_nearest (noun, (const char *const *) nouns->pdata);

        if (near != NULL)
                return seki_usage_fail (error, _("There is no “%s”. Did you mean “%s”?"), noun,
                                                  near);
        return seki_usage_fail (error, _("There is no “%s”. See: sekisho --help"), noun);
}

static gboolean
verb_unknown (const char *noun, const char *verb, GError **error)
{
        g_autoptr (GPtrArray) verbs = words_of (noun);
        const char *near = seki_nearest (verb, (const char *const *) verbs->pdata);

        if (near != NULL)
                return seki_usage_fail (error, _("“%s” has no “%s”. Did you mean “%s”?"), noun,
                                                  verb, near);
        return seki_usage_fail (error, _("“%s” has no “%s”. See: sekisho %s --help"), noun, verb,
                                          noun);
}

/* The command of the first words; how many words name it. */
static const SekiCommand *
command_find (const char *const *words, guint *out_used, GError **error)
{
        for (const SekiCommand *c = seki_command_table (); c->noun != NULL; c++) {
                if (strcmp (c->noun, words[0]) != 0)
                        continue;
                *out_used = c->verb == NULL ? 1 : 2;
                if (c->verb == NULL || (words[1] != NULL && strcmp (c->verb, words[1]) == 0))
                        return c;
        }
        if (!noun_is_known (words[0]))
                noun_unknown (words[0], error);
        else if (words[1] != NULL)
                verb_unknown (words[0], words[1], error);
        else
                seki_usage_fail (error, _("Say what to do with “%s”. See: sekisho %s --help"),
                                           words[0], words[0]);
        return NULL;
}

static gboolean
option_unknown (const char *name, GError **error)
{
        const char *names[SEKI_CLI_OPTION_COUNT + 1] = { NULL }, *near;

        for (guint i = 0; i < SEKI_CLI_OPTION_COUNT; i++)
                names[i] = seki_option_get_spec (i)->name;
        near = seki_nearest (name, names);
        if (near != NULL)
                return seki_usage_fail (error, _("There is no option --%s. Did you mean --%s?"),
                                                  name, near);
        return seki_usage_fail (error, _("There is no option --%s. See: sekisho --help"), name);
}

static SekiCliOption
option_find (const char *name, gsize len)
{
        for (guint i = 0; i < SEKI_CLI_OPTION_COUNT; i++) {
                const char *known = seki_option_get_spec (i)->name;
                if (strlen (known) == len && strncmp (known, name, len) == 0)
                        return i;
        }
        return SEKI_CLI_OPTION_COUNT;
}

/* Takes --name, --name=value or --name value at *inout_at. */
static gboolean
option_take (SekiInvocation *in, int argc, char **argv, int *inout_at, GError **error)
{
        const char *name = argv[*inout_at] + 2, *equals = strchr (name, '=');
        gsize len = equals != NULL ? (gsize) (equals - name) : strlen (name);
        SekiCliOption option = option_find (name, len);
        g_autofree char *word = g_strndup (name, len);

        if (option == SEKI_CLI_OPTION_COUNT)
                return option_unknown (word, error);
        if (in->option[option] != NULL)
                return seki_usage_fail (error, _("The option --%s is given twice. Give it once."),
                                                  word);
        if (seki_option_get_spec (option)->value == NULL) {
                if (equals != NULL)
                        return seki_usage_fail (error, _("The option --%s takes no value."), word);
                in->option[option] = "";
                return TRUE;
        }
        if (equals == NULL && *inout_at + 1 >= argc)
                return seki_usage_fail (error, _("The option --%s needs a value: --%s %s"), word,
                                                  word, seki_option_get_spec (option)->value);
        in->option[option] = equals != NULL ? equals + 1 : argv[++*inout_at];
        return TRUE;
}

/* How many arguments a pattern like "A [B]" or "PATH..." stands for. */
static void
arguments_bounds (const char *pattern, guint *out_least, guint *out_most)
{
        g_auto (GStrv) words = g_strsplit (pattern, " ", -1);

        *out_least = *out_most = 0;
        for (guint i = 0; words[i] != NULL; i++) {
                if (words[i][0] == '\0')
                        continue;
                *out_least += words[i][0] != '[';
                *out_most = g_str_has_suffix (words[i], "...") ? G_MAXUINT : *out_most + 1;
        }
}

static gboolean
invocation_check (SekiInvocation *in, GError **error)
{
        const SekiCommand *c = in->command;
        const char *space = c->verb != NULL ? " " : "", *verb = c->verb != NULL ? c->verb : "";
        guint least, most;

        for (guint i = 0; i < SEKI_CLI_OPTION_COUNT; i++)
                if (in->option[i] != NULL && !seki_command_takes (c, i))
                        return seki_usage_fail (
                                error,
                                _("sekisho %s%s%s takes no --%s. See: sekisho %s%s%s --help"),
                                   c->noun, space, verb, seki_option_get_spec (i)->name, c->noun,
                                   space, verb);
        if (in->option[SEKI_CLI_HELP] != NULL)
                return TRUE;
        arguments_bounds (c->arguments, &least, &most);
        if (in->n_arguments >= least && in->n_arguments <= most)
                return TRUE;
        return seki_usage_fail (error, _("Write: sekisho %s%s%s %s"), c->noun, space, verb,
                                          c->arguments);
}

gboolean
seki_invocation_parse (SekiInvocation *in, int argc, char **argv, GError **error)
{
        g_autoptr (GPtrArray) words = g_ptr_array_new ();
        g_autoptr (GError) problem = NULL;
        gboolean literal = FALSE;
        guint used = 0;

        *in = (SekiInvocation){ 0 };
        for (int i = 1; i < argc; i++) {
                if (literal || strncmp (argv[i], "--", 2) != 0)
                        g_ptr_array_add (words, argv[i]);
                else if (argv[i][2] == '\0')
                        literal = TRUE;
                else if (!option_take (in, argc, argv, &i, error))
                        return FALSE;
        }
        g_ptr_array_add (words, NULL);
        in->arguments = (const char *const *) g_ptr_array_steal (words, NULL);
        if (in->option[SEKI_CLI_VERSION] != NULL ||
            (in->option[SEKI_CLI_HELP] != NULL && in->arguments[0] == NULL))
                return TRUE;
        if (in->arguments[0] == NULL)
                return seki_usage_fail (error, _("Say what to do. See: sekisho --help"));
        in->command = command_find (in->arguments, &used, &problem);
        if (in->command == NULL && in->option[SEKI_CLI_HELP] != NULL && in->arguments[1] == NULL &&
            noun_is_known (in->arguments[0]))
                return TRUE;
        if (in->command == NULL) {
                g_propagate_error (error, g_steal_pointer (&problem));
                return FALSE;
        }
        memmove ((gpointer) in->arguments, in->arguments + used,
                 (g_strv_length ((char **) in->arguments) + 1 - used) * sizeof *in->arguments);
        in->n_arguments = g_strv_length ((char **) in->arguments);
        return invocation_check (in, error);
}

void
seki_invocation_clear (SekiInvocation *in)
{
        g_clear_pointer ((gpointer *) &in->arguments, g_free);
}
