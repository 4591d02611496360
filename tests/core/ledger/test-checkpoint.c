/* SPDX-License-Identifier: Apache-2.0 */
#include "keyring/nss.h"
#include "ledger/lines.h"
#include "ring.h"

typedef struct {
        char *folder;
        SekiKeyring *ring;
        SekiSpan key;
        SekiCheckpoint checkpoint;
        char *note;
} Desk;

static void
desk_set_up (Desk *desk, gconstpointer data)
{
        (void) data;
        desk->folder = fixture_folder ();
        desk->ring = ring_new (desk->folder);
        desk->key = seki_keyring_get_ledger_key (desk->ring);
        desk->checkpoint = (SekiCheckpoint){ .origin = RING_ORIGIN,
                                             .size = 20852163,
                                             .root = { 9, 8, 7 },
                                             .time = 1795478400123456 };
        desk->note = seki_checkpoint_sign (&desk->checkpoint, desk->ring, NULL);
        g_assert_nonnull (desk->note);
}

static void
desk_tear_down (Desk *desk, gconstpointer data)
{
        (void) data;
        seki_keyring_free (desk->ring);
        fixture_remove (desk->folder);
        g_free (desk->folder);
        g_free (desk->note);
}

static gboolean
holds (Desk *desk, const char *note)
{
        SekiCheckpoint back;
        GError *error = NULL;
        gboolean ok = seki_checkpoint_verify (seki_span_text (note), desk->key, &back, &error);

        g_assert_true (ok == (error == NULL));
        g_clear_error (&error);
        return ok;
}

static void
test_sign_and_verify (Desk *desk, gconstpointer data)
{
        g_autoptr (GError) error = NULL;
        SekiCheckpoint back;

        (void) data;
        g_assert_cmpuint (strlen (desk->note), <=, SEKI_CHECKPOINT_MAX);
        g_assert_true (g_str_has_prefix (
                desk->note, RING_ORIGIN "\n20852163\nCQgHAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
                                        "time 1795478400123456\n\n\xe2\x80\x94 " RING_ORIGIN " "));
        seki_checkpoint_verify (seki_span_text (desk->note), desk->key, &back, &error);
        g_assert_no_error (error);
        g_assert_cmpstr (back.origin, ==, RING_ORIGIN);
        g_assert_cmpuint (back.size, ==, 20852163);
        g_assert_cmpint (back.time, ==, 1795478400123456);
        g_assert_cmpmem (back.root, 32, desk->checkpoint.root, 32);
}

static void
test_every_changed_byte (Desk *desk, gconstpointer data)
{
        gsize len = strlen (desk->note);

        (void) data;
        for (gsize i = 0; i < len; i++) {
                g_autofree char *changed = g_strdup (desk->note);

                changed[i] ^= 1;
                g_assert_false (holds (desk, changed));
        }
        for (gsize cut = 0; cut < len; cut++) {
                g_autofree char *shorter = g_strndup (desk->note, cut);

                g_assert_false (holds (desk, shorter));
        }
}

static void
test_other_key (Desk *desk, gconstpointer data)
{
        g_autofree char *folder = fixture_folder ();
        g_autoptr (SekiKeyring) other = ring_new (folder);
        g_autofree char *note = seki_checkpoint_sign (&desk->checkpoint, other, NULL);
        SekiCheckpoint back;
        GError *error = NULL;

        (void) data;
        g_assert_false (seki_checkpoint_verify (seki_span_text (note), desk->key, &back, &error));
        g_assert_error (error, SEKI_ERROR, SEKI_ERROR_CRYPTO);
        g_clear_error (&error);
        fixture_remove (folder);
}

/* The same signature line over a text that says something else. */
static void
test_changed_text (Desk *desk, gconstpointer data)
{
        const char *line = strstr (desk->note, "\n\n") + 2;
        const SekiCheckpoint signed_one = desk->checkpoint;

        (void) data;
        for (guint i = 0; i < 4; i++) {
                SekiCheckpoint changed = signed_one;

                if (i == 0)
                        changed.size++;
                else if (i == 1)
                        changed.root[31] ^= 1;
                else if (i == 2)
                        changed.time++;
                else
                        changed.origin[0] = 'c';
                g_autofree char *text = seki_checkpoint_text (&changed, NULL);
                g_autofree char *note = g_strdup_printf ("%s\n%s", text, line);
                g_assert_false (holds (desk, note));
        }
}

static void
test_form (Desk *desk, gconstpointer data)
{
        g_autofree char *text = seki_checkpoint_text (&desk->checkpoint, NULL);
        const char *line = strstr (desk->note, "\n\n") + 2;
        g_autofree char *no_blank = g_strconcat (text, line, NULL);
        g_autofree char *no_signature = g_strconcat (text, "\n", NULL);
        g_autofree char *no_newline = g_strndup (desk->note, strlen (desk->note) - 1);
        g_autofree char *hyphen = g_strconcat (text, "\n- ", line + 4, NULL);
        g_autofree char *junk = g_strconcat (desk->note, "junk\n", NULL);
        g_autofree char *control = g_strconcat (text, "\n\xe2\x80\x94 other\t AAAAAAAA\n", line,
                                                NULL);
        g_autofree char *spaced = g_strconcat (text, "\n", line, "\xe2\x80\x94 other AAAA AAAA\n",
                                               NULL);

        (void) data;
        g_assert_false (holds (desk, no_blank));
        g_assert_false (holds (desk, no_signature));
        g_assert_false (holds (desk, no_newline));
        g_assert_false (holds (desk, hyphen));
        g_assert_false (holds (desk, junk));
        g_assert_false (holds (desk, control));
        g_assert_false (holds (desk, spaced));
        g_assert_false (holds (desk, ""));
        g_assert_false (holds (desk, "\n\n"));
}

/* Signed properly, but not a checkpoint. */
static void
test_signed_nonsense (Desk *desk, gconstpointer data)
{
        static const char *const texts[] = {
                RING_ORIGIN "\n020\nCQgHAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\ntime 1\n",
                RING_ORIGIN "\n-1\nCQgHAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\ntime 1\n",
                RING_ORIGIN
                "\n18446744073709551616\nCQgHAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\ntime 1\n",
                RING_ORIGIN "\n20\nCQgHAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==\ntime 1\n",
                RING_ORIGIN "\n20\nCQgHAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB=\ntime 1\n",
                RING_ORIGIN "\n20\nCQgHAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
                RING_ORIGIN "\n20\nCQgHAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\ntime 1\ntime 2\n",
                RING_ORIGIN "\n20\nCQgHAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\ntime -1\n",
                RING_ORIGIN
                "\n20\nCQgHAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\ntime 9223372036854775808\n",
                RING_ORIGIN "\n20\n",
                "a b\n20\nCQgHAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\ntime 1\n",
                "a+b\n20\nCQgHAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\ntime 1\n",
        };

        (void) data;
        for (guint i = 0; i < G_N_ELEMENTS (texts); i++) {
                g_autoptr (GByteArray) signature = g_byte_array_new ();
                g_autoptr (GByteArray) both = g_byte_array_new ();
                g_autoptr (SekiHash) hash = seki_hash_new ();
                guint8 id[32];

                g_assert_true (
                        seki_keyring_sign (desk->ring, seki_span_text (texts[i]), signature, NULL));
                seki_hash_sum (hash, desk->key, id);
                g_byte_array_append (both, id, 4);
                g_byte_array_append (both, signature->data, signature->len);
                g_autofree char *line = g_base64_encode (both->data, both->len);
                g_autofree char *note = g_strdup_printf ("%s\n\xe2\x80\x94 " RING_ORIGIN " %s\n",
                                                         texts[i], line);
                g_assert_false (holds (desk, note));
        }
}

static void
test_other_signatures (Desk *desk, gconstpointer data)
{
        const char *line = strstr (desk->note, "\n\n") + 2;
        g_autofree char *text = seki_checkpoint_text (&desk->checkpoint, NULL);
        GString *many = g_string_new (text);

        (void) data;
        g_string_append (many, "\n");
        for (guint i = 0; i < 16; i++)
                g_string_append_printf (many, "\xe2\x80\x94 witness%u.example AAAA%cAAAAAAA\n", i,
                                        'A' + (char) i);
        g_assert_false (holds (desk, many->str));
        /* Another key under our name. */
        g_string_append (many, "\xe2\x80\x94 " RING_ORIGIN " AAAAAAAAAAAAAAAA\n");
        g_assert_false (holds (desk, many->str));
        g_string_append (many, line);
        g_assert_true (holds (desk, many->str));
        g_string_append (many, "\xe2\x80\x94 last.example AAAAAAAAAAA=\n");
        g_assert_true (holds (desk, many->str));
        g_string_append (many, "\xe2\x80\x94 malformed.example AAAAAAAAAAB=\n");
        g_assert_false (holds (desk, many->str));
        g_string_free (many, TRUE);
}

static void
test_too_long (Desk *desk, gconstpointer data)
{
        GString *note = g_string_new (desk->note);

        (void) data;
        while (note->len <= SEKI_NOTE_MAX)
                g_string_append (note, "\xe2\x80\x94 witness.example AAAAAAAAAAAAAAAA\n");
        g_assert_false (holds (desk, note->str));
        /* Back to the last whole line that fits. */
        g_string_truncate (note, SEKI_NOTE_MAX);
        strrchr (note->str, '\n')[1] = '\0';
        g_assert_true (holds (desk, note->str));
        g_string_free (note, TRUE);
}

static void
test_sealed (Desk *desk, gconstpointer data)
{
        GError *error = NULL;

        (void) data;
        seki_keyring_seal (desk->ring);
        g_assert_null (seki_checkpoint_sign (&desk->checkpoint, desk->ring, &error));
        g_assert_error (error, SEKI_ERROR, SEKI_ERROR_SEALED);
        g_clear_error (&error);
}

static void
test_unfit_origins (Desk *desk, gconstpointer data)
{
        static const char *const origins[] = { "", "a b", "a+b", "a\nb", "a\343\200\200b", "\xff" };

        (void) data;
        for (guint i = 0; i < G_N_ELEMENTS (origins); i++) {
                SekiCheckpoint checkpoint = desk->checkpoint;
                GError *error = NULL;

                g_strlcpy (checkpoint.origin, origins[i], sizeof checkpoint.origin);
                g_assert_null (seki_checkpoint_sign (&checkpoint, desk->ring, &error));
                g_assert_error (error, SEKI_ERROR, SEKI_ERROR_INVALID);
                g_clear_error (&error);
        }
}

/* The key and id that C2SP's and Sigstore's tools know for rekor. */
#define REKOR_KEY                                                                                  \
        "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE2G2Y+2tabdTV5BcGiBIx0a9fAFwr" \
        "kBbmLSGtks4L3qX6yYY0zufBnhC8Ur/iy55GhWP/9A/bY2LhC30M9+RYtw=="

static void
test_verifier_keys (Desk *desk, gconstpointer data)
{
        g_autofree char *vkey = seki_checkpoint_vkey (RING_ORIGIN, desk->key);
        g_autoptr (GByteArray) key = g_byte_array_new ();
        g_autoptr (GByteArray) rekor = g_byte_array_new ();
        char origin[128];

        (void) data;
        g_assert_true (seki_vkey_parse (vkey, origin, key, NULL));
        g_assert_cmpstr (origin, ==, RING_ORIGIN);
        g_assert_cmpmem (key->data, key->len, desk->key.data, desk->key.len);
        for (gsize i = 0; vkey[i] != '\0'; i++) {
                g_autofree char *changed = g_strdup (vkey);

                if (i < strlen (RING_ORIGIN))
                        continue; /* the name is not in this type's id */
                changed[i] ^= 1;
                g_assert_false (seki_vkey_parse (changed, origin, key, NULL));
        }
        g_assert_false (seki_vkey_parse ("a+b", origin, key, NULL));
        g_assert_false (seki_vkey_parse ("", origin, key, NULL));
        g_assert_true (seki_line_base64 (seki_span_text (REKOR_KEY), rekor));
        g_autofree char *known = seki_checkpoint_vkey ("rekor.sigstore.dev",
                                                       seki_span (rekor->data, rekor->len));
        g_assert_true (g_str_has_prefix (known, "rekor.sigstore.dev+c0d23d6a+AjBZMBMGByqGSM49"));
}

static void
test_proofs (Desk *desk, gconstpointer data)
{
        g_autofree char *lane = g_build_filename (desk->folder, "lane", NULL);
        g_autoptr (SekiTiles) tiles = seki_tiles_open (lane, TRUE, NULL);
        g_autoptr (SekiHash) hash = seki_hash_new ();
        g_autoptr (GByteArray) path = g_byte_array_new ();
        g_autoptr (GByteArray) back = g_byte_array_new ();
        g_autofree char *note = NULL, *note_back = NULL;
        SekiCheckpoint checkpoint;
        guint8 leaf[32];
        guint64 index;

        (void) data;
        fixture_fill (tiles, hash, 300);
        note = ring_sign (desk->ring, tiles, 300, 5);
        g_assert_true (seki_tiles_inclusion (tiles, 123, 300, path, NULL));
        g_autofree char *proof = seki_proof_format (123, (const guint8 (*)[32]) path->data,
                                                    path->len / 32, note);
        g_assert_true (g_str_has_prefix (proof, "c2sp.org/tlog-proof@v1\nindex 123\n"));
        g_assert_true (seki_proof_parse (seki_span_text (proof), &index, back, &note_back, NULL));
        g_assert_cmpuint (index, ==, 123);
        g_assert_cmpmem (path->data, path->len, back->data, back->len);
        g_assert_cmpstr (note, ==, note_back);
        g_assert_true (seki_tiles_read_leaf (tiles, 123, leaf, NULL));
        g_assert_true (seki_proof_verify (seki_span_text (proof), desk->key, leaf, &index,
                                          &checkpoint, NULL));
        g_assert_cmpuint (checkpoint.size, ==, 300);
        leaf[0] ^= 1;
        g_assert_false (seki_proof_verify (seki_span_text (proof), desk->key, leaf, &index,
                                           &checkpoint, NULL));
        leaf[0] ^= 1;
        for (gsize i = 0; proof[i] != '\0'; i++) {
                proof[i] ^= 1;
                g_assert_false (seki_proof_verify (seki_span_text (proof), desk->key, leaf, &index,
                                                   &checkpoint, NULL));
                proof[i] ^= 1;
        }
        g_autofree char *extra = g_strconcat ("c2sp.org/tlog-proof@v1\nextra aGVsbG8=\n",
                                              strchr (proof, '\n') + 1, NULL);
        g_assert_true (seki_proof_verify (seki_span_text (extra), desk->key, leaf, &index,
                                          &checkpoint, NULL));
}

#define ADD(title, function)                                                                       \
        g_test_add ("/ledger/checkpoint/" title, Desk, NULL, desk_set_up, function, desk_tear_down)

int
main (int argc, char **argv)
{
        g_test_init (&argc, &argv, NULL);
        g_assert_true (seki_nss_init (NULL));
        ADD ("sign and verify", test_sign_and_verify);
        ADD ("every changed byte", test_every_changed_byte);
        ADD ("other key", test_other_key);
        ADD ("changed text", test_changed_text);
        ADD ("form", test_form);
        ADD ("signed nonsense", test_signed_nonsense);
        ADD ("signatures of others", test_other_signatures);
        ADD ("too long", test_too_long);
        ADD ("sealed", test_sealed);
        ADD ("unfit origins", test_unfit_origins);
        ADD ("verifier keys", test_verifier_keys);
        ADD ("proofs", test_proofs);
        int result = g_test_run ();
        g_assert_true (seki_nss_shutdown ());
        return result;
}
