/* SPDX-License-Identifier: Apache-2.0 */
#include "load.h"

#include "folder.h"

gboolean
lint_run (const SekiSchema *schema, const char *const *argv, SekiReport *out_report, GError **error)
{
        g_autoptr (Findings) findings = findings_new ();
        g_autoptr (GPtrArray) sources = sources_new ();
        g_autoptr (GPtrArray) rules = NULL;
        Check check = { schema, findings, NULL, NULL, 0 };
        gboolean json = g_strv_contains (argv, "--json");
        guint n_paths = 0;

        for (guint i = 1; argv[i] != NULL; i++) {
                if (g_str_equal (argv[i], "--json"))
                        continue;
                folder_read (&check, argv[i], LAYER_INSTITUTION, sources);
                n_paths++;
        }
        if (n_paths == 0) {
                g_set_error (
                        error, SEKI_ERROR, SEKI_ERROR_INVALID,
                        SEKI_TEXT (
                                "lint needs rule files or folders; write lint PATH... [--json]"));
                return FALSE;
        }
        rules = load_rules (schema, sources, findings, error);
        if (rules == NULL)
                return FALSE;
        out_report->text = findings_print (findings, json);
        out_report->status = findings->n_errors > 0 ? 2 : findings->list->len > 0 ? 1 : 0;
        return TRUE;
}
