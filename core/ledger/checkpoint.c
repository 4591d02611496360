/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/checkpoint.h"

#include "base/text.h"
#include "ledger/lines.h"

#include <inttypes.h>

#define DASH "\xe2\x80\x94 " /* U+2014 and a space begin a signature line */
#define TYPE_ECDSA 0x02
#define KEY_ID_LEN 4

static gboolean
note_fail (GError **error, int code, const char *sentence)
{
        g_set_error (error, SEKI_ERROR, code, _("The checkpoint does not hold: %s."), sentence);
        return FALSE;
}

/* Origin and key name: no spaces of any script, no plus, nothing unseen. */
static gboolean
name_is_valid (SekiSpan name)
{
        if (name.len == 0 || name.len >= sizeof ((SekiCheckpoint *) 0)->origin ||
            !g_utf8_validate_len ((const char *) name.data, name.len, NULL))
                return FALSE;
        g_autofree char *text = g_strndup ((const char *) name.data, name.len);
        for (const char *at = text; *at != '\0'; at = g_utf8_next_char (at)) {
                gunichar c = g_utf8_get_char (at);

                if (c == '+' || g_unichar_isspace (c) || g_unichar_iscntrl (c))
                        return FALSE;
        }
        return TRUE;
}

static gboolean
key_id (SekiSpan public_key, guint8 out[KEY_ID_LEN], GError **error)
{
        g_autoptr (SekiHash) hash = seki_hash_new ();
        guint8 digest[32];

        if (hash == NULL) {
                g_set_error (error, SEKI_ERROR, SEKI_ERROR_CRYPTO, "%s",
                             _("NSS gives no SHA-256. Check the installation of libfreebl3."));
                return FALSE;
        }
        seki_hash_sum (hash, public_key, digest);
        memcpy (out, digest, KEY_ID_LEN);
        return TRUE;
}

/* Verifier keys. */

char *
seki_checkpoint_vkey (const char *origin, SekiSpan public_key)
{
        g_autofree guint8 *typed = g_malloc (1 + public_key.len);
        guint8 id[KEY_ID_LEN];
        char hex[2 * KEY_ID_LEN + 1];

        if (!key_id (public_key, id, NULL))
                return NULL;
        seki_hex (id, sizeof id, hex);
        typed[0] = TYPE_ECDSA;
        memcpy (typed + 1, public_key.data, public_key.len);
        g_autofree char *key = g_base64_encode (typed, 1 + public_key.len);
        return g_strdup_printf ("%s+%s+%s", origin, hex, key);
}

gboolean
seki_vkey_parse (const char *vkey, char out_origin[128], GByteArray *out_public_key, GError **error)
{
        g_auto (GStrv) parts = g_strsplit (vkey, "+", 3);
        guint8 id[KEY_ID_LEN], expected[KEY_ID_LEN];

        if (g_strv_length (parts) != 3 || !name_is_valid (seki_span_text (parts[0])) ||
            strlen (parts[1]) != 2 * KEY_ID_LEN ||
            !seki_unhex (seki_span_text (parts[1]), id, sizeof id) ||
            !seki_line_base64 (seki_span_text (parts[2]), out_public_key) ||
            out_public_key->len < 2 || out_public_key->data[0] != TYPE_ECDSA) {
                g_set_error (error, SEKI_ERROR, SEKI_ERROR_INVALID, "%s",
                             _("This is not the verifier key of an ECDSA ledger. Ask its node for "
                               "NAME+ID+KEY as one line."));
                return FALSE;
        }
        g_byte_array_remove_index (out_public_key, 0);
        if (!key_id (seki_span (out_public_key->data, out_public_key->len), expected, error))
                return FALSE;
        if (memcmp (id, expected, sizeof id) != 0) {
                g_set_error (
                        error, SEKI_ERROR, SEKI_ERROR_INVALID, "%s",
                        _("The verifier key and its id do not belong together. Copy the whole "
                               "line again."));
                return FALSE;
        }
        g_strlcpy (out_origin, parts[0], sizeof ((SekiCheckpoint *) 0)->origin);
        return TRUE;
}

/* Writing. */

char *
seki_checkpoint_text (const SekiCheckpoint *checkpoint, GError **error)
{
        g_autofree char *root = g_base64_encode (checkpoint->root, sizeof checkpoint->root);

        if (!name_is_valid (seki_span_text (checkpoint->origin)) || checkpoint->time < 0) {
                note_fail (error, SEKI_ERROR_INVALID, _("its origin or time can not be written"));
                return NULL;
        }
        return g_strdup_printf ("%s\n%" PRIu64 "\n%s\ntime %" PRId64 "\n", checkpoint->origin,
                                checkpoint->size, root, checkpoint->time);
}

char *
seki_checkpoint_note (const SekiCheckpoint *checkpoint, SekiSpan public_key, SekiSpan signature,
                      GError **error)
{
        g_autofree char *text = seki_checkpoint_text (checkpoint, error);
        g_autofree guint8 *signed_by = g_malloc (KEY_ID_LEN + signature.len);

        if (text == NULL || !key_id (public_key, signed_by, error))
                return NULL;
        memcpy (signed_by + KEY_ID_LEN, signature.data, signature.len);
        g_autofree char *line = g_base64_encode (signed_by, KEY_ID_LEN + signature.len);
        return g_strdup_printf ("%s\n" DASH "%s %s\n", text, checkpoint->origin, line);
}

char *
seki_checkpoint_sign (const SekiCheckpoint *checkpoint, SekiKeyring *keyring, GError **error)
{
        g_autofree char *text = seki_checkpoint_text (checkpoint, error);
        g_autoptr (GByteArray) signature = g_byte_array_new ();

        if (text == NULL || !seki_keyring_sign (keyring, seki_span_text (text), signature, error))
                return NULL;
        return seki_checkpoint_note (checkpoint, seki_keyring_get_ledger_key (keyring),
                                     seki_span (signature->data, signature->len), error);
}

/* Reading. */

/* Splits at the last empty line; the text keeps its last newline. */
static gboolean
note_split (SekiSpan note, SekiSpan *out_text, SekiSpan *out_signatures)
{
        if (note.len > SEKI_NOTE_MAX ||
            !g_utf8_validate_len ((const char *) note.data, note.len, NULL))
                return FALSE;
        for (gsize i = 0; i < note.len; i++)
                if (note.data[i] < 0x20 && note.data[i] != '\n')
                        return FALSE;
        for (gsize i = note.len; i >= 2; i--) {
                if (note.data[i - 1] != '\n' || note.data[i - 2] != '\n')
                        continue;
                *out_text = seki_span (note.data, i - 1);
                *out_signatures = seki_span (note.data + i, note.len - i);
                return out_signatures->len > 0;
        }
        return FALSE;
}

/* Exactly one extension line is the time; others are passed over. */
static gboolean
text_parse_extensions (SekiSpan text, gint64 *out_time)
{
        SekiSpan line, rest;
        guint n_times = 0;
        guint64 time = 0;

        while (seki_line_next (&text, &line)) {
                if (line.len == 0)
                        return FALSE;
                if (!seki_line_after (line, "time ", &rest))
                        continue;
                if (!seki_line_number (rest, &time) || time > G_MAXINT64)
                        return FALSE;
                n_times++;
        }
        *out_time = (gint64) time;
        return n_times == 1;
}

static gboolean
text_parse (SekiSpan text, SekiCheckpoint *out_checkpoint)
{
        SekiSpan origin, size, root;

        if (!seki_line_next (&text, &origin) || !name_is_valid (origin) ||
            !seki_line_next (&text, &size) || !seki_line_number (size, &out_checkpoint->size) ||
            !seki_line_next (&text, &root) || !seki_line_hash (root, out_checkpoint->root) ||
            !text_parse_extensions (text, &out_checkpoint->time))
                return FALSE;
        memcpy (out_checkpoint->origin, origin.data, origin.len);
        out_checkpoint->origin[origin.len] = '\0';
        return TRUE;
}

/* "— NAME BASE64": name, key id and signature. */
static gboolean
signature_parse (SekiSpan line, SekiSpan *out_name, GByteArray *out_signature)
{
        SekiSpan rest;

        if (!seki_line_after (line, DASH, &rest) || rest.len == 0)
                return FALSE;
        const guint8 *space = memchr (rest.data, ' ', rest.len);
        if (space == NULL || space == rest.data)
                return FALSE;
        *out_name = seki_span (rest.data, (gsize) (space - rest.data));
        return seki_line_base64 (seki_span (space + 1, rest.len - out_name->len - 1),
                                 out_signature) &&
               out_signature->len > KEY_ID_LEN;
}

static gboolean
signatures_verify (SekiSpan text, SekiSpan signatures, const char *origin, SekiSpan public_key,
                   GError **error)
{
        g_autoptr (GByteArray) signature = g_byte_array_new ();
        guint8 id[KEY_ID_LEN];
        SekiSpan line, name;
        guint n_good = 0;

        if (!key_id (public_key, id, error))
                return FALSE;
        while (signatures.len > 0) {
                if (!seki_line_next (&signatures, &line) ||
                    !signature_parse (line, &name, signature))
                        return note_fail (error, SEKI_ERROR_INVALID,
                                          _("a signature line is malformed"));
                if (!seki_span_is (name, origin) || memcmp (signature->data, id, KEY_ID_LEN) != 0)
                        continue;
                /* Others by the same key are passed over, as sumdb's note package does. */
                if (n_good == 0 && !seki_verify (public_key, text,
                                                 seki_span (signature->data + KEY_ID_LEN,
                                                            signature->len - KEY_ID_LEN)))
                        return note_fail (error, SEKI_ERROR_CRYPTO,
                                          _("its signature is not of this key and text"));
                n_good++;
        }
        return n_good > 0 ||
               note_fail (error, SEKI_ERROR_CRYPTO, _("it is not signed with this key"));
}

gboolean
seki_checkpoint_verify (SekiSpan note, SekiSpan public_key, SekiCheckpoint *out_checkpoint,
                        GError **error)
{
        SekiSpan text, signatures;

        memset (out_checkpoint, 0, sizeof *out_checkpoint);
        if (!note_split (note, &text, &signatures) || !text_parse (text, out_checkpoint))
                return note_fail (error, SEKI_ERROR_INVALID, _("it is malformed"));
        return signatures_verify (text, signatures, out_checkpoint->origin, public_key, error);
}
