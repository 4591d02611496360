/* SPDX-License-Identifier: Apache-2.0 */
/* sekisho record: one record, its life, and records that do not fit together. */
#include "base/text.h"
#include "cli/sender.h"
#include "cli/client.h"
#include "cli/modules.h"
#include "cli/nouns.h"
#include "cli/print.h"
#include "cli/view.h"
#include "daemon/map.h"

#include <stdio.h>

typedef struct {
        SekiInvocation *in;
        SekiModules *modules;
        gboolean given;
} Reading;

static const char *
field_label (SekiField field)
{
        /* In the order of SekiField. */
        /* clang-format off */
        static const char *const labels[SEKI_FIELD_COUNT] = {
                N_("account code"), N_("reading"), N_("name"), N_("birth date"),
                N_("given to"), N_("issue"), N_("closed on"), N_("shareholder number"),
                N_("number"), N_("address"), N_("holding"), N_("account code at the receiver"),
        };
        /* clang-format on */

        return _(labels[field]);
}

/* Lines of a record in memory that wipes. */
static void
record_write (const SekiRecord *record, guint32 fields, SekiBuffer *out)
{
        gsize width = 0;

        for (guint i = 0; i < SEKI_FIELD_COUNT; i++)
                if (record->field[i].data != NULL)
                        width = MAX (width, seki_text_width (field_label (i)) + 2);
        for (guint i = 0; i < SEKI_FIELD_COUNT; i++) {
                const char *label = field_label (i);

                if (record->field[i].data == NULL)
                        continue;
                seki_buffer_append (out, seki_span_text (label));
                for (gsize at = seki_text_width (label); at < width; at++)
                        seki_buffer_append (out, seki_span_text (" "));
                seki_buffer_append (
                        out, (fields >> i & 1) != 0
                                     ? record->field[i]
                                     : seki_span_text (_("(kept back; --with-number shows it)")));
                seki_buffer_append (out, seki_span_text ("\n"));
        }
}

static gboolean
record_print (const SekiInvocation *in, const SekiRecord *record, GError **error)
{
        guint32 fields =
                in->option[SEKI_CLI_WITH_NUMBER] != NULL ? SEKI_RECORD_ALL : SEKI_RECORD_REST;
        g_auto (SekiBuffer) out, encoded;
        gboolean ok = TRUE;

        seki_buffer_init (&out, NULL);
        seki_cbor_writer_init (&encoded, NULL);
        seki_record_write (record, fields, &encoded);
        if (in->option[SEKI_CLI_JSON] != NULL)
                ok = seki_show_json (seki_cbor_writer_get_span (&encoded), error);
        else
                record_write (record, fields, &out);
        return ok && seki_print_secret (seki_buffer_get_span (&out), error);
}

static gboolean
verdict_show (const SekiSenderVerdict *verdict, gpointer user, GError **error)
{
        Reading *reading = user;

        if (verdict->record != NULL)
                return record_print (reading->in, verdict->record, error);
        reading->in->status = SEKI_EXIT_FINDING;
        fprintf (stderr, "sekisho: %s (%s)\n",
                 seki_modules_reason (reading->modules,
                                      verdict->reason != NULL ? verdict->reason : "code-unknown"),
                 verdict->reason != NULL ? verdict->reason : "code-unknown");
        return TRUE;
}

gboolean
seki_record_show (SekiInvocation *in, GError **error)
{
        g_autoptr (SekiProfile) profile = seki_client_profile (in, error);
        g_autoptr (SekiModules) modules =
                profile != NULL ? seki_modules_new (profile, error) : NULL;
        g_autofree char *action =
                modules != NULL ? seki_client_action (in, profile, "read", error) : NULL;
        Reading reading = { .in = in, .modules = modules };
        g_autoptr (SekiSender) sender = NULL;
        SekiSheetRow row = { .row = 1 };

        if (action == NULL)
                return FALSE;
        if (in->option[SEKI_CLI_PURPOSE] == NULL)
                return seki_usage_fail (
                        error, _("Say what it is for: --purpose CODE. The ledger notes it."));
        const SekiSenderSpec spec = { .control = seki_profile_get_control (profile),
                                      .action = action,
                                      .purpose = in->option[SEKI_CLI_PURPOSE],
                                      .basis = in->option[SEKI_CLI_BASIS],
                                      .verdict = verdict_show,
                                      .user = &reading };
        sender = seki_sender_new (&spec);
        row.record.field[SEKI_FIELD_CODE] = seki_span_text (in->arguments[0]);
        return seki_sender_add (sender, &row, error) && seki_sender_finish (sender, error);
}

typedef struct {
        SekiBuffer items;
        guint64 n;
        SekiSpan last; /* key of the last item */
} Reports;

static void
report_collect (SekiSpan item, gpointer user)
{
        Reports *reports = user;

        seki_buffer_append (&reports->items, item);
        reports->n++;
        reports->last = seki_view_get_text (item, "key");
}

/* Page by page until there are no more. */
static gboolean
reports_collect (SekiInvocation *in, Reports *reports, GError **error)
{
        g_autoptr (SekiSecret) page = NULL;
        gboolean more;

        do {
                const SekiArgument arguments[] = { SEKI_ARGUMENT_BYTES ("after", reports->last),
                                                   { NULL } };
                g_autoptr (SekiSecret) next =
                        seki_client_ask (in, "reports", reports->n > 0 ? arguments : NULL, error);

                if (next == NULL)
                        return FALSE;
                g_clear_pointer (&page, seki_secret_free);
                page = g_steal_pointer (&next);
                more = seki_view_get_bool (seki_secret_get_span (page), "more");
                if (seki_view_each (seki_view_get (seki_secret_get_span (page), "items"),
                                    report_collect, reports) == 0)
                        more = FALSE;
        } while (more);
        return TRUE;
}

static void
report_print (SekiSpan item, gpointer user)
{
        SekiSpan other = seki_view_get (item, "other");
        g_autofree char *time = seki_show_value (seki_view_get (item, "time"), SEKI_SHOW_TIME);
        g_autofree char *key = seki_show_value (seki_view_get (item, "key"), SEKI_SHOW_PLAIN);
        g_autofree char *reason = seki_show_value (seki_view_get (item, "reason"), SEKI_SHOW_PLAIN);
        g_autofree char *code = seki_show_value (
                seki_view_get (seki_view_get (item, "record"), "code"), SEKI_SHOW_PLAIN);
        g_autofree char *other_code =
                seki_show_value (seki_view_get (other, "code"), SEKI_SHOW_PLAIN);

        (void) user;
        seki_print ("%s  %s  %s  %s  %s\n", key, time, reason, code, other_code);
}

gboolean
seki_record_reports (SekiInvocation *in, GError **error)
{
        Reports reports = { .n = 0 };
        g_auto (SekiBuffer) items = { 0 };
        g_auto (SekiMap) map;
        gboolean ok, shown;

        seki_map_init (&map);
        seki_buffer_init (&reports.items, NULL);
        ok = reports_collect (in, &reports, error);
        seki_cbor_writer_init (&items, NULL);
        seki_cbor_write_array (seki_map_at (&map, "items"), reports.n);
        seki_cbor_write_raw (&map.values, seki_buffer_get_span (&reports.items));
        seki_map_write (&map, &items);
        seki_buffer_clear (&reports.items);
        if (!ok || !seki_show_answer (in, seki_cbor_writer_get_span (&items), &shown, error))
                return FALSE;
        if (!shown && reports.n == 0)
                seki_print ("%s\n", _("Nothing is reported."));
        else if (!shown)
                seki_view_each (seki_view_get (seki_cbor_writer_get_span (&items), "items"),
                                report_print, NULL);
        return TRUE;
}

gboolean
seki_record_settle (SekiInvocation *in, GError **error)
{
        g_auto (SekiBuffer) keys;
        g_autoptr (SekiSecret) answer = NULL;

        seki_cbor_writer_init (&keys, NULL);
        seki_cbor_write_array (&keys, in->n_arguments);
        for (guint i = 0; i < in->n_arguments; i++) {
                gsize len = strlen (in->arguments[i]) / 2;
                g_autofree guint8 *bytes = g_malloc0 (len + 1);

                if (len > 256 || !seki_unhex (seki_span_text (in->arguments[i]), bytes, len))
                        return seki_usage_fail (
                                error,
                                _("“%s” is no key of a report. See: sekisho record reports"),
                                   in->arguments[i]);
                seki_cbor_write_bytes (&keys, seki_span (bytes, len));
        }
        const SekiArgument arguments[] = { { .key = "keys",
                                             .type = SEKI_CBOR_ARRAY,
                                             .span = seki_cbor_writer_get_span (&keys) },
                                           { NULL } };
        answer = seki_client_ask (in, "reports.clear", arguments, error);
        return answer != NULL;
}
