/* SPDX-License-Identifier: Apache-2.0 */
/* sekisho import, send, request: a CSV file read twice, once to judge every row
 * and once to send the good ones. */
#include "base/text.h"
#include "cli/sender.h"
#include "cli/client.h"
#include "cli/compose.h"
#include "cli/modules.h"
#include "cli/nouns.h"
#include "cli/print.h"
#include "cli/rejects.h"
#include "cli/view.h"

#include <inttypes.h>

typedef struct {
        SekiInvocation *in;
        SekiProfile *profile;
        SekiModules *modules;
        SekiSheet *sheet;
        SekiRejects *rejects;
        SekiSender *sender;
        SekiProgress progress;
        guint64 rows, taken, wrong, refused;
        GError *error;
} Import;

static gboolean
reject (Import *import, guint64 row, const char *column, const char *reason, GError **error)
{
        const char *help = seki_sheet_fault_help (reason);

        return seki_rejects_add (import->rejects, row, column, reason,
                                 help != NULL
                                 ? _(help) : seki_modules_reason (import->modules, reason), error);
}

/* First reading: nothing is sent. */
static gboolean
row_judge (const SekiSheetRow *row, gpointer user)
{
        Import *import = user;

        import->rows++;
        seki_progress_tell (&import->progress, seki_sheet_get_place (import->sheet),
                            seki_sheet_get_size (import->sheet));
        if (row->fault == NULL)
                return TRUE;
        import->wrong++;
        return reject (import, row->row, row->column, row->fault, &import->error);
}

/* Second reading. */
static gboolean
row_send (const SekiSheetRow *row, gpointer user)
{
        Import *import = user;

        seki_progress_tell (&import->progress, import->taken + import->refused,
                            import->rows - import->wrong);
        return row->fault != NULL || seki_sender_add (import->sender, row, &import->error);
}

static gboolean
verdict_take (const SekiSenderVerdict *verdict, gpointer user, GError **error)
{
        Import *import = user;

        if (verdict->reason == NULL) {
                import->taken++;
                return TRUE;
        }
        import->refused++;
        return reject (import, verdict->row, "", verdict->reason, error);
}

static gboolean
sheet_pass (Import *import, const char *what, SekiSheetEach each, GError **error)
{
        gboolean ok;

        seki_progress_begin (&import->progress, what);
        ok = seki_sheet_read (import->sheet, each, import, error);
        if (ok && import->error == NULL && import->sender != NULL)
                ok = seki_sender_finish (import->sender, error);
        seki_progress_end (&import->progress);
        if (import->error == NULL)
                return ok;
        g_clear_error (error);
        g_propagate_error (error, g_steal_pointer (&import->error));
        return FALSE;
}

/* The same file, sent the same way, makes the same messages. */
static char *
seed_make (Import *import)
{
        char digest[2 * SEKI_HASH_LEN + 1];
        gint64 now = import->in->option[SEKI_CLI_AGAIN] != NULL
                             ? seki_clock_now (seki_clock_system ())
                             : 0;

        seki_hex (seki_sheet_get_digest (import->sheet), SEKI_HASH_LEN, digest);
        return g_strdup_printf ("import 1 %s %d %" PRId64, digest,
                                (int) seki_sheet_get_charset (import->sheet), now);
}

static gboolean
rows_send (Import *import, const char *action, GError **error)
{
        g_autofree char *seed = seed_make (import);
        const char *const *option = import->in->option;
        const SekiSenderSpec spec = { .control = seki_profile_get_control (import->profile),
                                      .action = action,
                                      .to = option[SEKI_CLI_TO],
                                      .purpose = option[SEKI_CLI_PURPOSE],
                                      .basis = option[SEKI_CLI_BASIS],
                                      .seed = seed,
                                      .verdict = verdict_take,
                                      .user = import };
        g_autoptr (SekiSender) sender = seki_sender_new (&spec);
        gboolean ok;

        import->sender = sender;
        ok = sheet_pass (import, _("records sent:"), row_send, error);
        import->sender = NULL;
        return ok;
}

static gboolean
summary_show (Import *import, GError **error)
{
        const guint64 rejected = seki_rejects_get_count (import->rejects);
        g_auto (SekiBuffer) answer = { 0 };
        GVariantDict dict;
        gboolean shown;

        g_variant_dict_init (&dict, NULL);
        g_variant_dict_insert (&dict, "rows", "t", import->rows);
        g_variant_dict_insert (&dict, "taken", "t", import->taken);
        g_variant_dict_insert (&dict, "wrong", "t", import->wrong);
        g_variant_dict_insert (&dict, "refused", "t", import->refused);
        if (rejected > 0)
                g_variant_dict_insert (&dict, "rejects", "s",
                                       seki_rejects_get_path (import->rejects));
        seki_cbor_writer_init (&answer, NULL);
        seki_compose (g_variant_dict_end (&dict), &answer);
        import->in->status = rejected > 0 ? SEKI_EXIT_FINDING : SEKI_EXIT_DONE;
        if (!seki_show_answer (import->in, seki_cbor_writer_get_span (&answer), &shown, error) ||
            shown)
                return shown;
        seki_print (_("Of %" PRIu64 " rows %" PRIu64 " were taken, %" PRIu64
                      " break a rule, %" PRIu64 " were refused.\n"),
                       import->rows, import->taken, import->wrong, import->refused);
        if (rejected > 0)
                seki_print (_("Why stands in “%s”.\n"), seki_rejects_get_path (import->rejects));
        return TRUE;
}

/* What the action needs of every row; an action nobody has is an error. */
static gboolean
action_find (Import *import, const char *name, guint32 *out_required, GError **error)
{
        SekiPlugin *role;
        const SekiAction *action = seki_registry_find_action (
                seki_modules_get_registry (import->modules), seki_span_text (name), &role);

        if (action == NULL)
                return seki_usage_fail (
                        error,
                        _("No module of this profile has the action “%s”. See: sekisho module "
                          "inspect FILE"),
                           name);
        if ((action->callers & SEKI_CALLER_PERSON) == 0)
                return seki_usage_fail (error, _("“%s” is not for persons; other nodes send it."),
                                                  name);
        *out_required = action->fields;
        return TRUE;
}

static gboolean
import_run (Import *import, const char *action, const char *path, GError **error)
{
        SekiInvocation *in = import->in;
        SekiSheetSpec spec = { 0 };
        g_autoptr (SekiSheet) sheet = NULL;
        g_autoptr (SekiRejects) rejects = seki_rejects_new (in->option[SEKI_CLI_REJECTS], path);
        gboolean ok;

        if (!action_find (import, action, &spec.required, error))
                return FALSE;
        import->sheet = sheet = seki_sheet_open (path, in->option[SEKI_CLI_CHARSET], &spec, error);
        import->rejects = rejects;
        if (sheet == NULL || !sheet_pass (import, _("bytes checked:"), row_judge, error))
                return FALSE;
        ok = import->rows == import->wrong || rows_send (import, action, error);
        return seki_rejects_finish (rejects, ok ? error : NULL) && ok &&
               summary_show (import, error);
}

/* The profile, the modules, and then one action. */
static gboolean
import_begin (SekiInvocation *in, Import *import, GError **error)
{
        *import = (Import){ .in = in };
        import->profile = seki_client_profile (in, error);
        if (import->profile != NULL)
                import->modules = seki_modules_new (import->profile, error);
        return import->modules != NULL;
}

static void
import_end (Import *import)
{
        seki_modules_free (import->modules);
        seki_profile_free (import->profile);
}

gboolean
seki_import_run (SekiInvocation *in, GError **error)
{
        Import import;
        gboolean ok = import_begin (in, &import, error) &&
                      import_run (&import, in->arguments[0], in->arguments[1], error);

        import_end (&import);
        return ok;
}

gboolean
seki_send_run (SekiInvocation *in, GError **error)
{
        Import import;
        gboolean ok = import_begin (in, &import, error) &&
                      import_run (&import, "account.send", in->arguments[0], error);

        import_end (&import);
        return ok;
}

gboolean
seki_request_run (SekiInvocation *in, GError **error)
{
        Import import;
        g_autofree char *action = NULL;
        gboolean ok;

        ok = import_begin (in, &import, error) &&
             (action = seki_client_action (in, import.profile, "request", error)) != NULL &&
             import_run (&import, action, in->arguments[0], error);
        import_end (&import);
        return ok;
}
