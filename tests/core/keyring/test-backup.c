/* SPDX-License-Identifier: Apache-2.0 */
#include "bench.h"

#include <string.h>

#define AAD SEKI_SPAN_LITERAL ("record 1")
#define TEXT SEKI_SPAN_LITERAL ("number part")

typedef struct {
        char *folder, *path, *copy, *restored;
        SekiKeyring *keyring;
        SekiSecret *passphrase, *recovery_key;
        SekiBucket bucket;
        guint8 sealed[64];
        SekiSpan span;
} Desk;

static void
desk_set_up (Desk *desk, gconstpointer data)
{
        g_autofree char *key = NULL;
        SekiSealer *sealer;

        (void) data;
        desk->folder = bench_folder ();
        desk->keyring = bench_keyring (desk->folder, "ring");
        desk->path = bench_path (desk->folder, "ring");
        desk->copy = bench_path (desk->folder, "copy-1");
        desk->restored = bench_path (desk->folder, "restored");
        desk->passphrase = bench_passphrase ("correct horse");
        key = bench_text (desk->folder, "recovery.key");
        desk->recovery_key = bench_passphrase (key);
        desk->bucket = (SekiBucket){ 0, 2028, 1, 1 };
        g_assert_true (seki_keyring_add_bucket (desk->keyring, &desk->bucket, NULL));
        sealer = seki_sealer_new (desk->keyring, 2, NULL);
        g_assert_true (seki_sealer_seal (sealer, &desk->bucket, AAD, TEXT, desk->sealed, NULL));
        desk->span = seki_span (desk->sealed, TEXT.len + SEKI_SEAL_EXTRA);
        seki_sealer_free (sealer);
}

static void
desk_tear_down (Desk *desk, gconstpointer data)
{
        (void) data;
        seki_keyring_free (desk->keyring);
        seki_secret_free (desk->passphrase);
        seki_secret_free (desk->recovery_key);
        g_free (desk->path);
        g_free (desk->copy);
        g_free (desk->restored);
        bench_remove (desk->folder);
}

static void
assert_opens (Desk *desk, SekiKeyring *keyring)
{
        SekiSealer *sealer = seki_sealer_new (keyring, 2, NULL);
        guint8 plain[64];

        g_assert_true (seki_sealer_open (sealer, &desk->bucket, AAD, desk->span, plain, NULL));
        g_assert_cmpmem (plain, TEXT.len, TEXT.data, TEXT.len);
        seki_sealer_free (sealer);
}

static void
test_round (Desk *desk, gconstpointer data)
{
        SekiKeyring *again;
        guint8 a[32], b[32];
        guint64 number = 0;
        GError *error = NULL;

        (void) data;
        seki_keyring_backup (desk->keyring, desk->copy, &number, &error);
        g_assert_no_error (error);
        g_assert_cmpuint (number, ==, 1);
        seki_keyring_restore (desk->restored, desk->copy, desk->recovery_key, desk->passphrase,
                              &error);
        g_assert_no_error (error);
        again = bench_unseal (desk->folder, "restored");
        assert_opens (desk, again);
        for (guint i = 0; i < SEKI_KEY_COUNT; i++) {
                g_assert_true (seki_keyring_get_key (desk->keyring, (SekiKeyName) i, a, NULL));
                g_assert_true (seki_keyring_get_key (again, (SekiKeyName) i, b, NULL));
                g_assert_cmpmem (a, sizeof a, b, sizeof b);
        }
        /* Private keys do not travel: another ledger key, another origin. */
        g_assert_false (seki_span_equal (seki_keyring_get_ledger_key (desk->keyring),
                                         seki_keyring_get_ledger_key (again)));
        /* Numbers go on after the copy's own. */
        g_free (desk->copy);
        desk->copy = bench_path (desk->folder, "copy-2");
        g_assert_true (seki_keyring_backup (again, desk->copy, &number, &error));
        g_assert_cmpuint (number, ==, 2);
        seki_keyring_free (again);
}

static void
test_numbers (Desk *desk, gconstpointer data)
{
        guint64 number = 0;
        GError *error = NULL;

        (void) data;
        for (guint i = 1; i <= 12; i++) {
                g_autofree char *name = g_strdup_printf ("n-%u", i),
                                *path = bench_path (desk->folder, name);

                g_assert_true (seki_keyring_backup (desk->keyring, path, &number, &error));
                g_assert_cmpuint (number, ==, i);
                if (i % 4 != 0)
                        continue;
                seki_keyring_seal (desk->keyring);
                g_assert_true (seki_keyring_unseal (desk->keyring, desk->passphrase, NULL));
                g_assert_true (seki_keyring_destroy_bucket (desk->keyring, &desk->bucket, NULL));
        }
        /* A copy is never overwritten, and the number it would have had is spent. */
        g_assert_true (seki_keyring_backup (desk->keyring, desk->copy, &number, NULL));
        g_assert_false (seki_keyring_backup (desk->keyring, desk->copy, &number, &error));
        bench_refused (error, SEKI_ERROR_CONFLICT);
        g_free (desk->copy);
        desk->copy = bench_path (desk->folder, "copy-2");
        g_assert_true (seki_keyring_backup (desk->keyring, desk->copy, &number, NULL));
        g_assert_cmpuint (number, ==, 15);
}

static void
test_openssl (Desk *desk, gconstpointer data)
{
        guint64 number;
        guint8 key[32];
        g_autoptr (GByteArray) content = NULL, sealed = NULL;

        (void) data;
        g_assert_true (seki_keyring_backup (desk->keyring, desk->copy, &number, NULL));
        bench_shell (desk->folder,
                     "openssl cms -decrypt -binary -inform DER -in copy-1 -inkey recovery.key -out "
                     "content\n"
                     "openssl cms -decrypt -binary -inform DER -in copy-1 -recip recovery.pem "
                     "-inkey recovery.key -out again && cmp content again\n"
                     "openssl cms -cmsout -inform DER -in copy-1 -outform DER -out der && cmp der "
                     "copy-1");
        content = bench_bytes (desk->folder, "content");
        sealed = bench_bytes (desk->folder, "copy-1");
        g_assert_true (seki_keyring_get_key (desk->keyring, SEKI_KEY_LOOKUP, key, NULL));
        g_assert_nonnull (memmem (content->data, content->len, key, sizeof key));
        g_assert_null (memmem (sealed->data, sealed->len, key, sizeof key));
}

static void
test_wrong_key (Desk *desk, gconstpointer data)
{
        g_autofree char *text = NULL;
        g_autoptr (SekiSecret) other = NULL, none = bench_passphrase ("nothing");
        guint64 number;
        GError *error = NULL;

        (void) data;
        g_assert_true (seki_keyring_backup (desk->keyring, desk->copy, &number, NULL));
        bench_shell (desk->folder, "openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 "
                                   "-out other.key 2>/dev/null");
        text = bench_text (desk->folder, "other.key");
        other = bench_passphrase (text);
        g_assert_false (
                seki_keyring_restore (desk->restored, desk->copy, other, desk->passphrase, &error));
        bench_refused (error, SEKI_ERROR_CRYPTO);
        g_assert_false (
                seki_keyring_restore (desk->restored, desk->copy, none, desk->passphrase, &error));
        bench_refused (error, SEKI_ERROR_INVALID);
        g_assert_false (seki_keyring_restore (desk->restored, desk->restored, desk->recovery_key,
                                              desk->passphrase, &error));
        bench_refused (error, SEKI_ERROR_MISSING);
        g_assert_false (seki_keyring_restore (desk->path, desk->copy, desk->recovery_key,
                                              desk->passphrase, &error));
        bench_refused (error, SEKI_ERROR_CONFLICT);
        g_assert_false (g_file_test (desk->restored, G_FILE_TEST_EXISTS));
}

static void
test_damage (Desk *desk, gconstpointer data)
{
        g_autoptr (GByteArray) bytes = NULL;
        guint64 number;

        (void) data;
        g_assert_true (seki_keyring_backup (desk->keyring, desk->copy, &number, NULL));
        bytes = bench_bytes (desk->folder, "copy-1");
        for (guint i = 0; i < bytes->len; i += 1 + i % 5) {
                /* The recipient's name is for people and openssl; it decides nothing. */
                if (i >= 30 && i < 120)
                        continue;
                bytes->data[i] ^= 1;
                bench_write (desk->folder, "copy-1", bytes->data, bytes->len);
                g_assert_false (seki_keyring_restore (desk->restored, desk->copy,
                                                      desk->recovery_key, desk->passphrase, NULL));
                bytes->data[i] ^= 1;
        }
        for (guint len = 0; len < bytes->len; len += 11) {
                bench_write (desk->folder, "copy-1", bytes->data, len);
                g_assert_false (seki_keyring_restore (desk->restored, desk->copy,
                                                      desk->recovery_key, desk->passphrase, NULL));
        }
        g_assert_false (g_file_test (desk->restored, G_FILE_TEST_EXISTS));
}

/* Who can write to the folder must not be able to have the keys sealed to
 * himself. */
static void
test_other_recovery (Desk *desk, gconstpointer data)
{
        guint64 number;
        GError *error = NULL;

        (void) data;
        bench_shell (desk->folder,
                     "openssl req -x509 -newkey rsa:2048 -nodes -keyout x -out ring/recovery.pem "
                     "-subj /CN=recovery -days 9");
        g_assert_false (seki_keyring_backup (desk->keyring, desk->copy, &number, &error));
        bench_refused (error, SEKI_ERROR_DAMAGED);
        g_assert_false (g_file_test (desk->copy, G_FILE_TEST_EXISTS));
        seki_keyring_seal (desk->keyring);
        g_assert_false (seki_keyring_backup (desk->keyring, desk->copy, &number, &error));
        bench_refused (error, SEKI_ERROR_SEALED);
}

/* A destroyed key is not in later copies; earlier ones still hold it, which is
 * why they are numbered and must be attested destroyed. */
static void
test_destroyed (Desk *desk, gconstpointer data)
{
        g_autofree char *later = bench_path (desk->folder, "copy-2");
        SekiKeyring *again;
        guint64 number;

        (void) data;
        g_assert_true (seki_keyring_backup (desk->keyring, desk->copy, &number, NULL));
        g_assert_true (seki_keyring_destroy_bucket (desk->keyring, &desk->bucket, NULL));
        g_assert_true (seki_keyring_backup (desk->keyring, later, &number, NULL));
        g_assert_true (seki_keyring_restore (desk->restored, later, desk->recovery_key,
                                             desk->passphrase, NULL));
        again = bench_unseal (desk->folder, "restored");
        g_assert_false (seki_keyring_has_bucket (again, &desk->bucket));
        seki_keyring_free (again);
        g_free (desk->restored);
        desk->restored = bench_path (desk->folder, "earlier");
        g_assert_true (seki_keyring_restore (desk->restored, desk->copy, desk->recovery_key,
                                             desk->passphrase, NULL));
        again = bench_unseal (desk->folder, "earlier");
        assert_opens (desk, again);
        seki_keyring_free (again);
}

#define ADD(path, test) g_test_add (path, Desk, NULL, desk_set_up, test, desk_tear_down)

int
main (int argc, char **argv)
{
        g_test_init (&argc, &argv, NULL);
        ADD ("/backup/is restored into a new folder", test_round);
        ADD ("/backup/copies are numbered once and for all", test_numbers);
        ADD ("/backup/opens with openssl, and holds keys only inside", test_openssl);
        ADD ("/backup/the wrong key, file or folder", test_wrong_key);
        ADD ("/backup/damage anywhere", test_damage);
        ADD ("/backup/another recovery certificate", test_other_recovery);
        ADD ("/backup/destroyed keys and earlier copies", test_destroyed);
        return bench_run ();
}
