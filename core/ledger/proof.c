/* SPDX-License-Identifier: Apache-2.0 */
/* C2SP tlog-proof: index, path and checkpoint of one leaf, as text. */
#include "base/text.h"
#include "ledger/checkpoint.h"
#include "ledger/lines.h"

#include <inttypes.h>

#define FIRST_LINE "c2sp.org/tlog-proof@v1"
#define PATH_MAX_HASHES 64

char *
seki_proof_format (guint64 index, const guint8 (*path)[32], gsize n_path, const char *note)
{
        GString *text = g_string_new (FIRST_LINE "\n");

        g_string_append_printf (text, "index %" PRIu64 "\n", index);
        for (gsize i = 0; i < n_path; i++) {
                g_autofree char *hash = g_base64_encode (path[i], 32);

                g_string_append_printf (text, "%s\n", hash);
        }
        g_string_append_printf (text, "\n%s", note);
        return g_string_free (text, FALSE);
}

/* The lines up to the empty one. */
static gboolean
path_parse (SekiSpan *inout_text, GByteArray *out_path)
{
        SekiSpan line;
        guint8 hash[32];

        g_byte_array_set_size (out_path, 0);
        while (seki_line_next (inout_text, &line)) {
                if (line.len == 0)
                        return TRUE;
                if (out_path->len == 32 * PATH_MAX_HASHES || !seki_line_hash (line, hash))
                        return FALSE;
                g_byte_array_append (out_path, hash, sizeof hash);
        }
        return FALSE;
}

static gboolean
proof_parse (SekiSpan text, guint64 *out_index, GByteArray *out_path, SekiSpan *out_note)
{
        g_autoptr (GByteArray) unused = g_byte_array_new ();
        SekiSpan line, rest;

        if (text.len > SEKI_NOTE_MAX || !seki_line_next (&text, &line) ||
            !seki_span_is (line, FIRST_LINE) || !seki_line_next (&text, &line))
                return FALSE;
        if (seki_line_after (line, "extra ", &rest) &&
            (!seki_line_base64 (rest, unused) || !seki_line_next (&text, &line)))
                return FALSE;
        if (!seki_line_after (line, "index ", &rest) || !seki_line_number (rest, out_index) ||
            !path_parse (&text, out_path))
                return FALSE;
        *out_note = text;
        return text.len > 0 && memchr (text.data, '\0', text.len) == NULL;
}

gboolean
seki_proof_parse (SekiSpan text, guint64 *out_index, GByteArray *out_path, char **out_note,
                  GError **error)
{
        SekiSpan note;

        if (!proof_parse (text, out_index, out_path, &note)) {
                g_set_error (
                        error, SEKI_ERROR, SEKI_ERROR_INVALID, "%s",
                        _("This is not a proof of the form c2sp.org/tlog-proof@v1. "
                               "Ask for it again."));
                return FALSE;
        }
        *out_note = g_strndup ((const char *) note.data, note.len);
        return TRUE;
}

gboolean
seki_proof_verify (SekiSpan text, SekiSpan public_key, const guint8 leaf[32], guint64 *out_index,
                   SekiCheckpoint *out_checkpoint, GError **error)
{
        g_autoptr (GByteArray) path = g_byte_array_new ();
        g_autoptr (SekiHash) hash = seki_hash_new ();
        g_autofree char *note = NULL;

        if (!seki_proof_parse (text, out_index, path, &note, error) ||
            !seki_checkpoint_verify (seki_span_text (note), public_key, out_checkpoint, error))
                return FALSE;
        if (hash != NULL && seki_tree_verify_inclusion (hash, *out_index, out_checkpoint->size,
                                                        leaf, (const guint8 (*)[32]) path->data,
                                                        path->len / 32, out_checkpoint->root))
                return TRUE;
        g_set_error (
                error, SEKI_ERROR, SEKI_ERROR_CRYPTO, "%s",
                _("The proof does not lead from this entry to the checkpoint. Ask for it again."));
        return FALSE;
}
