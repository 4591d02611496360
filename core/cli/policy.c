/* SPDX-License-Identifier: Apache-2.0 */
/* sekisho policy: the tools of the policy module, on files alone. */
#include "base/text.h"
#include "cli/client.h"
#include "cli/modules.h"
#include "cli/nouns.h"
#include "cli/print.h"

static gboolean
tool_run (SekiInvocation *in, SekiRegistry *registry, const char *const *argv, GError **error)
{
        SekiPlugin *policy = seki_registry_get (registry, SEKI_KIND_POLICY, 0);
        SekiReport report = { 0 };

        if (policy == NULL || policy->module->policy->tool == NULL) {
                g_set_error (error, SEKI_ERROR, SEKI_ERROR_MISSING,
                             _("The policy module of this profile has no such tool."));
                return FALSE;
        }
        if (!policy->module->policy->tool (policy->self, argv, &report, error))
                return FALSE;
        if (report.text != NULL)
                seki_print ("%s", report.text);
        g_free (report.text);
        in->status = report.status == 0 ? SEKI_EXIT_DONE : SEKI_EXIT_FINDING;
        return TRUE;
}

gboolean
seki_policy_lint (SekiInvocation *in, GError **error)
{
        g_autoptr (SekiProfile) profile = seki_client_profile (in, error);
        g_autoptr (SekiModules) modules =
                profile != NULL ? seki_modules_new (profile, error) : NULL;
        g_autoptr (GPtrArray) argv = g_ptr_array_new ();

        if (modules == NULL || !seki_registry_open (seki_modules_get_registry (modules), error))
                return FALSE;
        g_ptr_array_add (argv, (gpointer) "lint");
        for (guint i = 0; i < in->n_arguments; i++)
                g_ptr_array_add (argv, (gpointer) in->arguments[i]);
        if (in->option[SEKI_CLI_JSON] != NULL)
                g_ptr_array_add (argv, (gpointer) "--json");
        g_ptr_array_add (argv, NULL);
        return tool_run (in, seki_modules_get_registry (modules), (const char *const *) argv->pdata,
                         error);
}
