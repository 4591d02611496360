/* SPDX-License-Identifier: Apache-2.0 */
/* sekisho ledger: verified offline, proven and signed by the node. */
#include "base/text.h"
#include "cli/client.h"
#include "cli/compose.h"
#include "cli/files.h"
#include "cli/nouns.h"
#include "cli/print.h"
#include "cli/view.h"
#include "ledger/verify.h"

#include <inttypes.h>

#define KEY_FILE_MAX 4096
#define SHOWN 20

/* DIR itself, or the first lane in it. */
static char *
lane_folder (const char *dir)
{
        g_autofree char *drained = g_build_filename (dir, "drained", NULL);
        g_autofree char *lane = g_build_filename (dir, "0", NULL);

        if (!g_file_test (drained, G_FILE_TEST_EXISTS) && g_file_test (lane, G_FILE_TEST_IS_DIR))
                return g_steal_pointer (&lane);
        return g_strdup (dir);
}

/* A verifier key as text, or the DER of a public key as key init leaves it. */
static GByteArray *
key_parse (const char *bytes, gsize len, GError **error)
{
        g_autoptr (GByteArray) key = g_byte_array_new ();
        g_autofree char *line = g_strstrip (g_strndup (bytes, len));
        char origin[128];

        if (len > 0 && bytes[0] == 0x30)
                g_byte_array_append (key, (const guint8 *) bytes, (guint) len);
        else if (!seki_vkey_parse (line, origin, key, error))
                return NULL;
        return g_steal_pointer (&key);
}

static GByteArray *
key_read (const char *path, GError **error)
{
        gsize len;
        g_autofree char *bytes = seki_file_read (path, KEY_FILE_MAX, &len, error);

        return bytes != NULL ? key_parse (bytes, len, error) : NULL;
}

/* keys/ledger.pub of the data folder that the ledger's folder stands in. */
static char *
key_beside (const char *folder)
{
        g_autofree char *real = g_canonicalize_filename (folder, NULL);

        for (guint i = 0; i < 2; i++) {
                g_autofree char *up = g_path_get_dirname (real);
                g_autofree char *path = g_build_filename (up, "keys", "ledger.pub", NULL);

                if (g_file_test (path, G_FILE_TEST_EXISTS))
                        return g_steal_pointer (&path);
                g_free (real);
                real = g_steal_pointer (&up);
        }
        return NULL;
}

static GByteArray *
key_find (const SekiInvocation *in, const char *folder, GError **error)
{
        const char *given = in->option[SEKI_CLI_KEY];
        g_autofree char *beside = given == NULL ? key_beside (folder) : NULL;

        if (given == NULL && beside == NULL) {
                seki_usage_fail (
                        error,
                        _("The ledger's public key is missing. Give the verifier key that key "
                          "show printed: --key KEY"));
                return NULL;
        }
        if (given != NULL && !g_file_test (given, G_FILE_TEST_EXISTS) &&
            strchr (given, '+') != NULL)
                return key_parse (given, strlen (given), error);
        return key_read (given != NULL ? given : beside, error);
}

static void
verify_progress (guint64 done, guint64 all, gpointer user)
{
        seki_progress_tell (user, done, all);
}

static void
report_compose (const SekiVerifyReport *report, SekiCborWriter *writer)
{
        GVariantDict dict;

        g_variant_dict_init (&dict, NULL);
        g_variant_dict_insert (&dict, "holds", "b", report->holds);
        g_variant_dict_insert (&dict, "lane", "t", (guint64) report->lane);
        g_variant_dict_insert (&dict, "leaves", "t", report->leaves);
        g_variant_dict_insert (&dict, "checkpoint", "t", report->checkpoint_size);
        g_variant_dict_insert (&dict, "undrained", "t", report->undrained);
        g_variant_dict_insert (&dict, "finding", "s", report->finding);
        if (report->first_bad != G_MAXUINT64)
                g_variant_dict_insert (&dict, "first_bad", "t", report->first_bad);
        seki_compose (g_variant_dict_end (&dict), writer);
}

static void
report_print (SekiSpan answer, const SekiVerifyReport *report)
{
        static const SekiColumn columns[] = {
                { "leaves", N_("entries in files") },
                { "checkpoint", N_("covered by the checkpoint") },
                { "undrained", N_("not yet in files") },
                { "first_bad", N_("first bad entry") },
                { NULL }
        };

        seki_show_fields (answer, columns);
        if (report->holds)
                seki_print ("%s\n",
                            _("The ledger holds: nothing was changed, left out or put in."));
        else
                seki_print (_("The ledger does not hold: %s\n"), report->finding);
}

gboolean
seki_ledger_verify (SekiInvocation *in, GError **error)
{
        g_autofree char *folder = lane_folder (in->arguments[0]), *older = NULL;
        g_autoptr (GByteArray) key = key_find (in, folder, error);
        g_auto (SekiBuffer) answer = { 0 };
        SekiVerifyReport report;
        SekiProgress progress;
        gboolean ok, shown;

        if (key == NULL)
                return FALSE;
        if (in->option[SEKI_CLI_CHECKPOINT] != NULL &&
            (older = seki_file_read (in->option[SEKI_CLI_CHECKPOINT], SEKI_NOTE_MAX, NULL,
                                     error)) == NULL)
                return FALSE;
        seki_progress_begin (&progress, _("entries verified:"));
        ok = seki_verify_ledger (folder, seki_span (key->data, key->len), older, verify_progress,
                                 &progress, &report, error);
        seki_progress_end (&progress);
        if (!ok)
                return FALSE;
        in->status = report.holds ? SEKI_EXIT_DONE : SEKI_EXIT_FINDING;
        seki_cbor_writer_init (&answer, NULL);
        report_compose (&report, &answer);
        if (!seki_show_answer (in, seki_cbor_writer_get_span (&answer), &shown, error))
                return FALSE;
        if (!shown)
                report_print (seki_cbor_writer_get_span (&answer), &report);
        return TRUE;
}

/* Prints a text of the node's answer as it is: a note or a proof. */
static gboolean
text_show (SekiInvocation *in, SekiSecret *answer, const char *key, GError **error)
{
        SekiSpan map = seki_secret_get_span (answer), text = seki_view_get_text (map, key);
        gboolean shown;

        if (!seki_show_answer (in, map, &shown, error))
                return FALSE;
        if (!shown)
                seki_print ("%.*s", (int) text.len, (const char *) text.data);
        return TRUE;
}

gboolean
seki_ledger_prove (SekiInvocation *in, GError **error)
{
        g_autoptr (SekiSecret) answer = NULL;
        guint64 index;

        if (!g_ascii_string_to_unsigned (in->arguments[0], 10, 0, G_MAXINT64, &index, NULL))
                return seki_usage_fail (error,
                                        _("“%s” is no place in the ledger: a number from 0."),
                                           in->arguments[0]);
        const SekiArgument arguments[] = { SEKI_ARGUMENT_UINT ("index", index), { NULL } };
        answer = seki_client_ask (in, "prove", arguments, error);
        return answer != NULL && text_show (in, answer, "proof", error);
}

gboolean
seki_ledger_checkpoint (SekiInvocation *in, GError **error)
{
        g_autoptr (SekiSecret) answer = seki_client_ask (in, "checkpoint", NULL, error);

        return answer != NULL && text_show (in, answer, "note", error);
}

typedef struct {
        gboolean json;
        GError *error;
} Show;

static void
entry_show_json (guint64 index, const SekiEntry *entry)
{
        g_autofree char *line = seki_entry_describe (entry);
        g_auto (SekiBuffer) answer = { 0 };
        GVariantDict dict;

        g_variant_dict_init (&dict, NULL);
        g_variant_dict_insert (&dict, "index", "t", index);
        g_variant_dict_insert (&dict, "time", "x", entry->time);
        g_variant_dict_insert (&dict, "permitted", "b", entry->permitted != 0);
        g_variant_dict_insert (&dict, "text", "s", line);
        const struct {
                const char *key;
                SekiSpan text;
        } texts[] = { { "act", entry->act },         { "action", entry->action },
                      { "actor", entry->actor },     { "peer", entry->peer },
                      { "message", entry->message }, { "purpose", entry->purpose },
                      { "basis", entry->basis },     { "reason", entry->reason },
                      { "detail", entry->detail } };
        for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
                if (texts[i].text.data != NULL) {
                        g_autofree char *plain = seki_text_plain (texts[i].text);

                        g_variant_dict_insert (&dict, texts[i].key, "s", plain);
                }
        seki_cbor_writer_init (&answer, NULL);
        seki_compose (g_variant_dict_end (&dict), &answer);
        seki_show_json (seki_cbor_writer_get_span (&answer), NULL);
}

static gboolean
entry_show (guint64 index, SekiSpan encoded, gpointer user)
{
        Show *show = user;
        g_autofree char *line = NULL;
        SekiEntry entry;

        if (!seki_entry_read (encoded, &entry, &show->error)) {
                g_prefix_error (&show->error, "%" PRIu64 ": ", index);
                return FALSE;
        }
        if (show->json) {
                entry_show_json (index, &entry);
                return TRUE;
        }
        line = seki_entry_describe (&entry);
        seki_print ("%8" PRIu64 "  %s\n", index, line);
        return TRUE;
}

static gboolean
place_parse (const char *text, guint64 *out_place, GError **error)
{
        return text == NULL ||
               g_ascii_string_to_unsigned (text, 10, 0, G_MAXINT64, out_place, NULL) ||
               seki_usage_fail (error, _("“%s” is no place in the ledger: a number from 0."),
                                          text);
}

gboolean
seki_ledger_show (SekiInvocation *in, GError **error)
{
        g_autofree char *folder = lane_folder (in->arguments[0]);
        g_autoptr (SekiTiles) tiles = NULL;
        Show show = { .json = in->option[SEKI_CLI_JSON] != NULL };
        const char *from_text = in->n_arguments > 1 ? in->arguments[1] : NULL,
                   *to_text = in->n_arguments > 2 ? in->arguments[2] : NULL;
        guint64 end, from, to;

        tiles = seki_tiles_open (folder, FALSE, error);
        if (tiles == NULL)
                return FALSE;
        end = seki_tiles_get_size (tiles);
        from = end > SHOWN ? end - SHOWN : 0;
        if (!place_parse (from_text, &from, error))
                return FALSE;
        to = from_text != NULL && to_text == NULL ? MIN (end, from + SHOWN) : end;
        if (!place_parse (to_text, &to, error))
                return FALSE;
        if (from < MIN (to, end) &&
            !seki_tiles_each (tiles, from, MIN (to, end), entry_show, &show, error))
                return FALSE;
        if (show.error == NULL)
                return TRUE;
        g_propagate_error (error, show.error);
        return FALSE;
}
