/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"
#include "cli/command.h"
#include "cli/language.h"
#include "cli/print.h"
#include "daemon/json.h"
#include "keyring/nss.h"

#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#ifndef SEKISHO_VERSION
#define SEKISHO_VERSION "unknown"
#endif

/* Numbers and passphrases pass through this process: it leaves no core file
 * and nobody may look into it. */
static void
process_close (void)
{
        const struct rlimit none = { 0, 0 };

        setrlimit (RLIMIT_CORE, &none);
        prctl (PR_SET_DUMPABLE, 0, 0, 0, 0);
}

static gboolean
lang_check (const char *lang, GError **error)
{
        if (lang == NULL || g_str_equal (lang, "ja") || g_str_equal (lang, "en"))
                return TRUE;
        return seki_usage_fail (error, _("--lang is ja or en, not “%s”."), lang);
}

static gboolean
command_run (SekiInvocation *in, GError **error)
{
        gboolean ok;

        if (!seki_nss_init (error))
                return FALSE;
        ok = in->command->run (in, error);
        seki_nss_shutdown ();
        return ok;
}

static gboolean
invocation_run (SekiInvocation *in, GError **error)
{
        if (in->option[SEKI_CLI_VERSION] != NULL)
                seki_print ("sekisho %s\n", SEKISHO_VERSION);
        else if (in->option[SEKI_CLI_HELP] != NULL)
                seki_help_print (in->command != NULL ? in->command->noun : in->arguments[0],
                                 in->command != NULL ? in->command->verb : NULL);
        else if (!command_run (in, error))
                return FALSE;
        return seki_print_flush (error);
}

int
main (int argc, char **argv)
{
        g_autoptr (GError) error = NULL;
        SekiInvocation in = { 0 };
        const char *lang = seki_language_find (argc, argv);

        process_close ();
        seki_json_init ();
        seki_language_begin (lang != NULL && (g_str_equal (lang, "ja") || g_str_equal (lang, "en"))
                                     ? lang
                                     : NULL);
        if (lang_check (lang, &error) && seki_invocation_parse (&in, argc, argv, &error) &&
            !invocation_run (&in, &error) && error == NULL)
                in.status = SEKI_EXIT_ERROR;
        seki_invocation_clear (&in);
        if (error == NULL)
                return (int) in.status;
        fflush (stdout);
        fprintf (stderr, "sekisho: %s\n", error->message);
        return (int) seki_exit_of (error);
}
