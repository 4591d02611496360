/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/command.h"

#include "base/text.h"
#include "cli/print.h"

static void
usage_print (const SekiCommand *c)
{
        seki_print ("sekisho %s%s%s%s%s\n", c->noun, c->verb != NULL ? " " : "",
                    c->verb != NULL ? c->verb : "", c->arguments[0] != '\0' ? " " : "",
                    c->arguments);
}

static void
option_print (SekiCliOption option)
{
        const SekiOptionSpec *spec = seki_option_get_spec (option);
        g_autofree char *left =
                g_strdup_printf ("--%s%s%s", spec->name, spec->value != NULL ? " " : "",
                                 spec->value != NULL ? spec->value : "");

        seki_print ("  ");
        seki_print_cell (left, 26);
        seki_print ("%s\n", _(spec->help));
}

static void
command_print (const SekiCommand *c)
{
        usage_print (c);
        seki_print ("\n%s\n", _(c->help));
        if (c->text != NULL)
                seki_print ("\n%s\n", _(c->text));
        seki_print ("\n%s\n", _("Options:"));
        for (guint i = SEKI_CLI_VERSION + 1; i < SEKI_CLI_OPTION_COUNT; i++)
                if (seki_command_takes (c, i))
                        option_print (i);
        for (guint i = 0; i <= SEKI_CLI_VERSION; i++)
                option_print (i);
}

static void
line_print (const SekiCommand *c)
{
        g_autofree char *left = g_strdup_printf ("%s%s%s%s%s", c->noun, c->verb != NULL ? " " : "",
                                                 c->verb != NULL ? c->verb : "",
                                                 c->arguments[0] != '\0' ? " " : "", c->arguments);

        seki_print ("  ");
        seki_print_cell (left, 34);
        seki_print ("%s\n", _(c->help));
}

static void
overview_print (const char *noun)
{
        seki_print ("sekisho %s\n\n", noun != NULL ? noun : _("NOUN VERB [ARGUMENTS] [OPTIONS]"));
        for (const SekiCommand *c = seki_command_table (); c->noun != NULL; c++)
                if (noun == NULL || strcmp (c->noun, noun) == 0)
                        line_print (c);
        seki_print ("\n%s\n", _("Options of every command:"));
        for (guint i = 0; i <= SEKI_CLI_VERSION; i++)
                option_print (i);
        if (noun != NULL)
                return;
        seki_print ("\n%s\n", _("Exit status:"));
        for (guint i = 0; i < SEKI_EXIT_COUNT; i++)
                seki_print ("  %u  %s\n", i, _(seki_exit_get_help (i)));
}

void
seki_help_print (const char *noun, const char *verb)
{
        for (const SekiCommand *c = seki_command_table (); noun != NULL && c->noun != NULL; c++)
                if (strcmp (c->noun, noun) == 0 && g_strcmp0 (c->verb, verb) == 0) {
                        command_print (c);
                        return;
                }
        overview_print (noun);
}
