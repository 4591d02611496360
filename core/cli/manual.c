/* SPDX-License-Identifier: Apache-2.0 */
/* sekisho manual: manual pages and completion, made of the tables alone. */
#include "base/text.h"
#include "cli/nouns.h"
#include "cli/print.h"
#include "daemon/profile.h"

#ifndef SEKISHO_VERSION
#define SEKISHO_VERSION ""
#endif

/* Text of a page in ASCII: no line begins with a control character, no hyphen
 * becomes a dash, and other characters are named. */
static void
roff_print (const char *text)
{
        g_autoptr (GString) out = g_string_new (NULL);

        for (const char *p = text; *p != '\0'; p = g_utf8_next_char (p)) {
                gunichar c = g_utf8_get_char (p);

                if (c == '\\')
                        g_string_append (out, "\\e");
                else if (c == '-')
                        g_string_append (out, "\\-");
                else if ((c == '.' || c == '\'') && out->len == 0)
                        g_string_append_printf (out, "\\&%c", *p);
                else if (c > '~')
                        g_string_append_printf (out, "\\[u%04X]", c);
                else
                        g_string_append_c (out, *p);
        }
        seki_print ("%s\n", out->str);
}

static void
option_print (SekiCliOption option)
{
        const SekiOptionSpec *spec = seki_option_get_spec (option);

        seki_print (".TP\n\\fB\\-\\-");
        for (const char *p = spec->name; *p != '\0'; p++)
                seki_print ("%s%c", *p == '-' ? "\\" : "", *p);
        seki_print ("\\fR%s\\fI%s\\fR\n", spec->value != NULL ? " " : "",
                    spec->value != NULL ? spec->value : "");
        roff_print (_(spec->help));
}

static void
command_print (const SekiCommand *c)
{
        g_autoptr (GString) taken = g_string_new (NULL);

        seki_print (".TP\n\\fBsekisho %s%s%s\\fR \\fI%s\\fR\n", c->noun, c->verb != NULL ? " " : "",
                    c->verb != NULL ? c->verb : "", c->arguments);
        roff_print (_(c->help));
        for (guint i = SEKI_CLI_VERSION + 1; i < SEKI_CLI_OPTION_COUNT; i++)
                if (seki_command_takes (c, i))
                        g_string_append_printf (taken, "%s--%s", taken->len > 0 ? ", " : "",
                                                seki_option_get_spec (i)->name);
        if (taken->len > 0) {
                seki_print (".br\n");
                roff_print (taken->str);
        }
        if (c->text == NULL)
                return;
        seki_print (".IP\n");
        roff_print (_(c->text));
}

gboolean
seki_manual_page (SekiInvocation *in, GError **error)
{
        (void) in;
        (void) error;
        seki_print (".TH SEKISHO 1 \"\" \"sekisho %s\"\n.SH NAME\nsekisho \\- %s\n",
                    SEKISHO_VERSION,
                    _("exchange, keep and account for Specific Personal Information"));
        seki_print (".SH SYNOPSIS\n\\fBsekisho\\fR \\fINOUN\\fR \\fIVERB\\fR [\\fIARGUMENTS\\fR] "
                    "[\\fIOPTIONS\\fR]\n.SH COMMANDS\n");
        for (const SekiCommand *c = seki_command_table (); c->noun != NULL; c++)
                command_print (c);
        seki_print (".SH OPTIONS\n");
        for (guint i = 0; i < SEKI_CLI_OPTION_COUNT; i++)
                option_print (i);
        seki_print (".SH EXIT STATUS\n");
        for (guint i = 0; i < SEKI_EXIT_COUNT; i++) {
                seki_print (".TP\n%u\n", i);
                roff_print (_(seki_exit_get_help (i)));
        }
        seki_print (".SH ENVIRONMENT\n.TP\nSEKISHO_PROFILE\n");
        roff_print (_("the profile, where --profile does not name it"));
        seki_print (".SH SEE ALSO\nsekisho\\-profile(5)\n");
        return TRUE;
}

static void
key_print (const SekiProfileKey *key)
{
        seki_print (".TP\n\\fB%s\\fR%s%s\n", key->key,
                    key->fallback != NULL && key->fallback[0] != '\0' ? " = " : "",
                    key->fallback != NULL ? key->fallback : "");
        roff_print (_(key->help));
        if (key->required)
                roff_print (_("It must be given."));
}

gboolean
seki_manual_profile (SekiInvocation *in, GError **error)
{
        const char *group = "";

        (void) in;
        (void) error;
        seki_print (".TH SEKISHO\\-PROFILE 5 \"\" \"sekisho %s\"\n.SH NAME\nsekisho\\-profile \\- "
                    "%s\n.SH DESCRIPTION\n",
                    SEKISHO_VERSION, _("what one node is made of"));
        roff_print (_("A profile is a file of groups in brackets and lines “key = value”; # "
                      "begins a comment. Files conf.d/*.conf beside it "
                      "are read after it, in the order of their names, and may set a key anew. Of "
                      "person, peer, office and module there "
                      "may be several: [peer am1]. A [module NAME] also takes the options that "
                      "sekisho module inspect shows."));
        for (const SekiProfileKey *key = seki_profile_schema (); key->group != NULL; key++) {
                if (strcmp (group, key->group) != 0)
                        seki_print (".SH [%s]\n", key->group);
                group = key->group;
                key_print (key);
        }
        seki_print (".SH SEE ALSO\nsekisho(1)\n");
        return TRUE;
}

static void
completion_words (const char *noun)
{
        const char *last = "";

        for (const SekiCommand *c = seki_command_table (); c->noun != NULL; c++) {
                const char *word = noun == NULL                                     ? c->noun
                                   : strcmp (noun, c->noun) == 0 && c->verb != NULL ? c->verb
                                                                                    : NULL;

                if (word != NULL && strcmp (word, last) != 0)
                        seki_print ("%s%s", last[0] != '\0' ? " " : "", word);
                last = word != NULL ? word : last;
        }
}

static void
completion_options (const SekiCommand *c)
{
        seki_print ("                '%s%s%s') options=\"", c->noun, c->verb != NULL ? " " : "",
                    c->verb != NULL ? c->verb : "");
        for (guint i = 0; i < SEKI_CLI_OPTION_COUNT; i++)
                if (seki_command_takes (c, i))
                        seki_print ("%s--%s", i > 0 ? " " : "", seki_option_get_spec (i)->name);
        seki_print ("\" ;;\n");
}

/* Options whose value is a file are told by the name of the value. */
static void
completion_values (void)
{
        gboolean first = TRUE;

        seki_print ("        case $before in\n                ");
        for (guint i = 0; i < SEKI_CLI_OPTION_COUNT; i++) {
                const SekiOptionSpec *spec = seki_option_get_spec (i);

                if (spec->value == NULL ||
                    (strcmp (spec->value, "FILE") != 0 && strcmp (spec->value, "MAP") != 0))
                        continue;
                seki_print ("%s--%s", first ? "" : "|", spec->name);
                first = FALSE;
        }
        seki_print (
                ") COMPREPLY=($(compgen -f -- \"$word\")); return ;;\n"
                "                --lang) COMPREPLY=($(compgen -W 'ja en' -- \"$word\")); return "
                ";;\n"
                "                --charset) COMPREPLY=($(compgen -W 'utf-8 cp932' -- \"$word\")); "
                "return ;;\n"
                "                --role) COMPREPLY=($(compgen -W 'transfer account issuer' -- "
                "\"$word\")); return ;;\n"
                "        esac\n");
}

gboolean
seki_manual_completion (SekiInvocation *in, GError **error)
{
        const char *last = "";

        (void) in;
        (void) error;
        seki_print (
                "# bash completion of sekisho; made from its table of commands\n_sekisho ()\n{\n"
                "        local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}\n"
                "        local noun=${COMP_WORDS[1]} verb=${COMP_WORDS[2]} verbs= options=\n");
        completion_values ();
        seki_print ("        case $noun in\n");
        for (const SekiCommand *c = seki_command_table (); c->noun != NULL; c++) {
                if (strcmp (c->noun, last) != 0 && c->verb != NULL) {
                        seki_print ("                %s) verbs=\"", c->noun);
                        completion_words (c->noun);
                        seki_print ("\" ;;\n");
                }
                last = c->noun;
        }
        seki_print ("        esac\n        [[ -z $verbs ]] && verb=\n        case \"$noun${verb:+ "
                    "$verb}\" in\n");
        for (const SekiCommand *c = seki_command_table (); c->noun != NULL; c++)
                completion_options (c);
        seki_print ("        esac\n        if (( COMP_CWORD == 1 )); then\n                "
                    "COMPREPLY=($(compgen -W \"");
        completion_words (NULL);
        seki_print (
                "\" -- \"$word\"))\n        elif [[ $word == -* ]]; then\n"
                "                COMPREPLY=($(compgen -W \"$options\" -- \"$word\"))\n"
                "        elif (( COMP_CWORD == 2 )) && [[ -n $verbs ]]; then\n"
                "                COMPREPLY=($(compgen -W \"$verbs\" -- \"$word\"))\n        else\n"
                "                COMPREPLY=($(compgen -f -- \"$word\"))\n        fi\n}\n"
                "complete -o filenames -F _sekisho sekisho\n");
        return TRUE;
}
