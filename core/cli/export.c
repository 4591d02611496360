/* SPDX-License-Identifier: Apache-2.0 */
/* sekisho export: a report with numbers, row by row, from the institution's own
 * map of columns. */
#include "base/text.h"
#include "cli/client.h"
#include "cli/compose.h"
#include "cli/modules.h"
#include "cli/nouns.h"
#include "cli/print.h"
#include "cli/rejects.h"
#include "cli/reportfile.h"
#include "cli/sender.h"
#include "cli/view.h"

#include <inttypes.h>

typedef struct {
        SekiInvocation *in;
        SekiProfile *profile;
        SekiModules *modules;
        SekiReportFile *file;
        SekiRejects *rejects;
        SekiSheet *sheet;
        SekiSender *sender;
        SekiProgress progress;
        guint64 rows, written;
        GError *error; /* of a callback */
} Export;

static void
export_clear (Export *export)
{
        seki_sheet_free (export->sheet);
        seki_rejects_free (export->rejects);
        seki_report_file_free (export->file);
        seki_modules_free (export->modules);
        seki_profile_free (export->profile);
        g_clear_error (&export->error);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Export, export_clear)

static gboolean
reject (Export *export, guint64 row, const char *column, const char *reason, GError **error)
{
        const char *help = seki_sheet_fault_help (reason);

        return seki_rejects_add (export->rejects, row, column, reason,
                                 help != NULL
                                 ? _(help) : seki_modules_reason (export->modules, reason), error);
}

/* A character the report can not hold; the row is named once per character. */
static void
loss_take (guint64 row, const char *column, gunichar character, gpointer user)
{
        Export *export = user;
        g_autofree char *sentence =
                g_strdup_printf (_("The report's character set has no U+%04X."), character);

        if (export->error == NULL)
                seki_rejects_add (export->rejects, row, column, "not-writable", sentence,
                                  &export->error);
}

static gboolean
verdict_write (const SekiSenderVerdict *verdict, gpointer user, GError **error)
{
        Export *export = user;
        gboolean written = FALSE;

        if (verdict->record == NULL)
                return reject (export, verdict->row, "",
                               verdict->reason != NULL ? verdict->reason : "code-unknown", error);
        if (!seki_report_file_add (export->file, verdict->row, verdict->record, verdict->inputs,
                                   &written, error))
                return FALSE;
        export->written += written;
        if (export->error == NULL)
                return TRUE;
        g_propagate_error (error, g_steal_pointer (&export->error));
        return FALSE;
}

static gboolean
row_take (const SekiSheetRow *row, gpointer user)
{
        Export *export = user;

        export->rows++;
        seki_progress_tell (&export->progress, seki_sheet_get_place (export->sheet),
                            seki_sheet_get_size (export->sheet));
        if (row->fault != NULL)
                return reject (export, row->row, row->column, row->fault, &export->error);
        return seki_sender_add (export->sender, row, &export->error);
}

static gboolean
rows_write (Export *export, const char *action, GError **error)
{
        const char *const *option = export->in->option;
        const SekiSenderSpec spec = { .control = seki_profile_get_control (export->profile),
                                      .action = action,
                                      .purpose = option[SEKI_CLI_PURPOSE],
                                      .basis = option[SEKI_CLI_BASIS],
                                      .n_inputs = g_strv_length (
                                              (char **) seki_report_file_get_inputs (export->file)),
                                      .verdict = verdict_write,
                                      .user = export };
        g_autoptr (SekiSender) sender = seki_sender_new (&spec);
        gboolean ok;

        export->sender = sender;
        seki_progress_begin (&export->progress, _("bytes read:"));
        ok = seki_sheet_read (export->sheet, row_take, export, error) && export->error == NULL &&
             seki_sender_finish (sender, error);
        seki_progress_end (&export->progress);
        export->sender = NULL;
        if (export->error == NULL)
                return ok;
        g_clear_error (error);
        g_propagate_error (error, g_steal_pointer (&export->error));
        return FALSE;
}

static gboolean
summary_show (Export *export, GError **error)
{
        guint64 rejected = seki_rejects_get_count (export->rejects);
        g_auto (SekiBuffer) answer = { 0 };
        GVariantDict dict;
        gboolean shown;

        g_variant_dict_init (&dict, NULL);
        g_variant_dict_insert (&dict, "rows", "t", export->rows);
        g_variant_dict_insert (&dict, "written", "t", export->written);
        if (rejected > 0)
                g_variant_dict_insert (&dict, "rejects", "s",
                                       seki_rejects_get_path (export->rejects));
        seki_cbor_writer_init (&answer, NULL);
        seki_compose (g_variant_dict_end (&dict), &answer);
        export->in->status = export->written < export->rows ? SEKI_EXIT_FINDING : SEKI_EXIT_DONE;
        if (!seki_show_answer (export->in, seki_cbor_writer_get_span (&answer), &shown, error) ||
            shown)
                return shown;
        seki_print (_("Of %" PRIu64 " rows %" PRIu64 " stand in the report.\n"), export->rows,
                       export->written);
        if (rejected > 0)
                seki_print (_("Why the others do not stands in “%s”.\n"),
                               seki_rejects_get_path (export->rejects));
        return TRUE;
}

static gboolean
export_run (Export *export, const char *output, GError **error)
{
        SekiInvocation *in = export->in;
        g_autofree char *action = seki_client_action (in, export->profile, "export", error);
        SekiSheetSpec spec = { .required = 1u << SEKI_FIELD_CODE };
        gboolean ok;

        if (action == NULL)
                return FALSE;
        export->rejects = seki_rejects_new (in->option[SEKI_CLI_REJECTS], output);
        export->file = seki_report_file_new (in->option[SEKI_CLI_COLUMNS], output,
                                             in->option[SEKI_CLI_RECIPIENT_COPY] != NULL, loss_take,
                                             export, error);
        if (export->file == NULL)
                return FALSE;
        spec.inputs = seki_report_file_get_inputs (export->file);
        export->sheet =
                seki_sheet_open (in->arguments[0], in->option[SEKI_CLI_CHARSET], &spec, error);
        ok = export->sheet != NULL && rows_write (export, action, error) &&
             seki_report_file_finish (export->file, error);
        return seki_rejects_finish (export->rejects, ok ? error : NULL) && ok &&
               summary_show (export, error);
}

gboolean
seki_export_run (SekiInvocation *in, GError **error)
{
        g_auto (Export) export = { .in = in };

        if (in->option[SEKI_CLI_COLUMNS] == NULL)
                return seki_usage_fail (
                        error, _("Say which map of columns the report has: --columns MAP"));
        if (in->option[SEKI_CLI_OUTPUT] == NULL)
                return seki_usage_fail (error, _("Say where the report goes: --output FILE"));
        if (in->option[SEKI_CLI_PURPOSE] == NULL)
                return seki_usage_fail (
                        error, _("Say what it is for: --purpose CODE. The ledger notes it."));
        export.profile = seki_client_profile (in, error);
        if (export.profile == NULL ||
            (export.modules = seki_modules_new (export.profile, error)) == NULL)
                return FALSE;
        return export_run (&export, in->option[SEKI_CLI_OUTPUT], error);
}
