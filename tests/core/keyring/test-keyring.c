/* SPDX-License-Identifier: Apache-2.0 */
#include "bench.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#define CELL 128
#define BASE_CELLS 6 /* header, recovery, four names */

static const SekiBucket bucket_a = { 0, 2027, 1, 1 }, bucket_b = { 0, 2027, 2, 1 },
                        bucket_c = { 1, 0, 7, 3 };

static void
test_create (void)
{
        char *folder = bench_folder ();
        SekiKeyring *keyring = bench_keyring (folder, "ring");
        g_autofree char *path = bench_path (folder, "ring"),
                        *recovery = bench_text (folder, "recovery.pem");
        g_autoptr (SekiSecret) passphrase = bench_passphrase ("other"),
                               nothing = seki_secret_new (0);
        GError *error = NULL;
        struct stat info;

        g_assert_false (seki_keyring_is_sealed (keyring));
        g_assert_cmpuint (seki_keyring_get_torn (keyring), ==, 0);
        g_assert_cmpuint (seki_keyring_get_ledger_key (keyring).len, ==, 91);
        g_assert_cmpint (g_stat (path, &info), ==, 0);
        g_assert_cmpuint (info.st_mode & 0777, ==, 0700);
        g_assert_false (seki_keyring_create (path, passphrase, recovery, &error));
        bench_refused (error, SEKI_ERROR_CONFLICT);
        seki_keyring_free (keyring);
        g_free (path);
        path = bench_path (folder, "no-passphrase");
        g_assert_false (seki_keyring_create (path, nothing, recovery, &error));
        bench_refused (error, SEKI_ERROR_INVALID);
        g_assert_false (seki_keyring_create (path, passphrase, "not a certificate", &error));
        bench_refused (error, SEKI_ERROR_INVALID);
        bench_shell (folder, "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes "
                             "-keyout k -out ec.pem "
                             "-subj /CN=ec -days 9");
        g_free (recovery);
        recovery = bench_text (folder, "ec.pem");
        g_assert_false (seki_keyring_create (path, passphrase, recovery, &error));
        bench_refused (error, SEKI_ERROR_INVALID);
        bench_remove (folder);
}

static void
test_passphrase (void)
{
        char *folder = bench_folder ();
        SekiKeyring *keyring = bench_keyring (folder, "it's a \\ring\\ [of] <keys>");
        g_autoptr (SekiSecret) wrong = bench_passphrase ("wrong horse"),
                               right = bench_passphrase ("correct horse");
        guint8 key[32];
        GError *error = NULL;

        seki_keyring_seal (keyring);
        g_assert_true (seki_keyring_is_sealed (keyring));
        g_assert_false (seki_keyring_unseal (keyring, wrong, &error));
        bench_refused (error, SEKI_ERROR_CRYPTO);
        g_assert_true (seki_keyring_is_sealed (keyring));
        g_assert_false (seki_keyring_get_key (keyring, SEKI_KEY_HEAD, key, &error));
        bench_refused (error, SEKI_ERROR_SEALED);
        g_assert_true (seki_keyring_unseal (keyring, right, &error));
        g_assert_no_error (error);
        g_assert_true (seki_keyring_get_key (keyring, SEKI_KEY_HEAD, key, &error));
        /* Once more does nothing, even with another passphrase. */
        g_assert_true (seki_keyring_unseal (keyring, wrong, &error));
        seki_keyring_free (keyring);
        bench_remove (folder);
}

static void
test_sealed (void)
{
        char *folder = bench_folder ();
        SekiKeyring *keyring = bench_keyring (folder, "ring");
        g_autoptr (GByteArray) signature = g_byte_array_new ();
        GError *error = NULL;

        g_assert_true (seki_keyring_add_bucket (keyring, &bucket_a, NULL));
        seki_keyring_seal (keyring);
        g_assert_false (seki_keyring_add_bucket (keyring, &bucket_b, &error));
        bench_refused (error, SEKI_ERROR_SEALED);
        g_assert_false (seki_keyring_has_bucket (keyring, &bucket_a));
        g_assert_false (seki_keyring_destroy_bucket (keyring, &bucket_a, &error));
        bench_refused (error, SEKI_ERROR_SEALED);
        g_assert_false (seki_keyring_sign (keyring, SEKI_SPAN_LITERAL ("x"), signature, &error));
        bench_refused (error, SEKI_ERROR_SEALED);
        g_assert_null (seki_keyring_request (keyring, "CN=x", "x.test", FALSE, &error));
        bench_refused (error, SEKI_ERROR_SEALED);
        g_assert_false (seki_keyring_install (keyring, "", &error));
        g_clear_error (&error);
        g_assert_cmpuint (seki_keyring_get_ledger_key (keyring).len, ==, 91);
        seki_keyring_free (keyring);
        bench_remove (folder);
}

static void
test_names (void)
{
        char *folder = bench_folder ();
        SekiKeyring *keyring = bench_keyring (folder, "ring");
        guint8 keys[SEKI_KEY_COUNT][32], again[32];

        for (guint i = 0; i < SEKI_KEY_COUNT; i++) {
                g_assert_true (seki_keyring_get_key (keyring, (SekiKeyName) i, keys[i], NULL));
                for (guint j = 0; j < i; j++)
                        g_assert_cmpint (memcmp (keys[i], keys[j], 32), !=, 0);
        }
        seki_keyring_free (keyring);
        keyring = bench_unseal (folder, "ring");
        for (guint i = 0; i < SEKI_KEY_COUNT; i++) {
                g_assert_true (seki_keyring_get_key (keyring, (SekiKeyName) i, again, NULL));
                g_assert_cmpmem (again, 32, keys[i], 32);
        }
        seki_keyring_free (keyring);
        bench_remove (folder);
}

static void
count_bucket (const SekiBucket *bucket, gpointer user)
{
        guint8 name[SEKI_BUCKET_LEN];

        seki_bucket_write (bucket, name);
        g_byte_array_append (user, name, sizeof name);
}

static void
test_buckets (void)
{
        char *folder = bench_folder ();
        SekiKeyring *keyring = bench_keyring (folder, "ring");
        g_autoptr (GByteArray) seen = g_byte_array_new ();
        SekiBucket bucket;
        GError *error = NULL;

        g_assert_true (seki_keyring_add_bucket (keyring, &bucket_c, NULL));
        g_assert_true (seki_keyring_add_bucket (keyring, &bucket_b, NULL));
        g_assert_true (seki_keyring_add_bucket (keyring, &bucket_a, NULL));
        g_assert_false (seki_keyring_add_bucket (keyring, &bucket_a, &error));
        bench_refused (error, SEKI_ERROR_CONFLICT);
        seki_keyring_free (keyring);
        keyring = bench_unseal (folder, "ring");
        g_assert_true (seki_keyring_has_bucket (keyring, &bucket_a));
        seki_keyring_each_bucket (keyring, count_bucket, seen);
        g_assert_cmpuint (seen->len, ==, 3 * SEKI_BUCKET_LEN);
        seki_bucket_read (seen->data, &bucket);
        g_assert_cmpmem (&bucket, sizeof bucket, &bucket_a, sizeof bucket_a);
        seki_bucket_read (seen->data + 2 * SEKI_BUCKET_LEN, &bucket);
        g_assert_cmpmem (&bucket, sizeof bucket, &bucket_c, sizeof bucket_c);
        seki_keyring_free (keyring);
        bench_remove (folder);
}

static gboolean
holds (GByteArray *bytes, const guint8 *wanted, gsize len)
{
        return memmem (bytes->data, bytes->len, wanted, len) != NULL;
}

/* Looks at the very file the store lay in, through a descriptor from before. */
static void
test_destroy (void)
{
        char *folder = bench_folder ();
        SekiKeyring *keyring = bench_keyring (folder, "ring");
        g_autofree char *path = bench_path (folder, "ring/store"),
                        *old = bench_path (folder, "ring/store.old");
        g_autoptr (GByteArray) before = NULL, after = NULL;
        guint8 wrapped[60], head[32], again[32], left[4096];
        int fd = open (path, O_RDONLY);
        gssize n;

        g_assert_true (seki_keyring_add_bucket (keyring, &bucket_a, NULL));
        g_assert_true (seki_keyring_add_bucket (keyring, &bucket_b, NULL));
        g_assert_true (seki_keyring_get_key (keyring, SEKI_KEY_HEAD, head, NULL));
        before = bench_bytes (folder, "ring/store");
        g_assert_cmpuint (before->len, ==, (BASE_CELLS + 2) * CELL);
        memcpy (wrapped, before->data + BASE_CELLS * CELL + 24, sizeof wrapped);
        g_assert_true (seki_keyring_destroy_bucket (keyring, &bucket_a, NULL));
        g_assert_false (seki_keyring_has_bucket (keyring, &bucket_a));
        g_assert_true (seki_keyring_has_bucket (keyring, &bucket_b));
        after = bench_bytes (folder, "ring/store");
        g_assert_true (holds (before, wrapped, sizeof wrapped));
        g_assert_false (holds (after, wrapped, sizeof wrapped));
        g_assert_cmpuint (after->len, ==, (BASE_CELLS + 1) * CELL);
        n = pread (fd, left, sizeof left, 0);
        g_assert_cmpint (n, ==, (gssize) before->len);
        for (gssize i = 0; i < n; i++)
                g_assert_cmpuint (left[i], ==, 0);
        close (fd);
        g_assert_false (g_file_test (old, G_FILE_TEST_EXISTS));
        /* What is not there is passed over; the rest is usable, also later. */
        g_assert_true (seki_keyring_destroy_bucket (keyring, &bucket_a, NULL));
        g_assert_true (seki_keyring_add_bucket (keyring, &bucket_c, NULL));
        seki_keyring_free (keyring);
        keyring = bench_unseal (folder, "ring");
        g_assert_false (seki_keyring_has_bucket (keyring, &bucket_a));
        g_assert_true (seki_keyring_has_bucket (keyring, &bucket_b));
        g_assert_true (seki_keyring_has_bucket (keyring, &bucket_c));
        g_assert_true (seki_keyring_get_key (keyring, SEKI_KEY_HEAD, again, NULL));
        g_assert_cmpmem (again, 32, head, 32);
        seki_keyring_free (keyring);
        bench_remove (folder);
}

/* The states a power cut can leave: both names on the old file, and the old
 * one still whole beside the new one. */
static void
test_cut_short (void)
{
        char *folder = bench_folder ();
        SekiKeyring *keyring = bench_keyring (folder, "ring");
        g_autofree char *path = bench_path (folder, "ring/store"),
                        *old = bench_path (folder, "ring/store.old");
        g_autoptr (GByteArray) bytes = NULL;
        guint8 left[CELL];
        int fd;

        seki_keyring_free (keyring);
        g_assert_cmpint (link (path, old), ==, 0);
        keyring = bench_unseal (folder, "ring");
        g_assert_false (g_file_test (old, G_FILE_TEST_EXISTS));
        seki_keyring_free (keyring);
        bytes = bench_bytes (folder, "ring/store");
        bench_write (folder, "ring/store.old", bytes->data, bytes->len);
        bench_write (folder, "ring/store.new", bytes->data, 300);
        fd = open (old, O_RDONLY);
        keyring = bench_unseal (folder, "ring");
        g_assert_false (g_file_test (old, G_FILE_TEST_EXISTS));
        g_assert_cmpint (pread (fd, left, sizeof left, 0), ==, sizeof left);
        for (gsize i = 0; i < sizeof left; i++)
                g_assert_cmpuint (left[i], ==, 0);
        close (fd);
        seki_keyring_free (keyring);
        bench_remove (folder);
}

static void
test_many_destroyed (void)
{
        char *folder = bench_folder ();
        SekiKeyring *keyring = bench_keyring (folder, "ring");
        SekiBucket buckets[40];
        GError *error = NULL;

        for (guint i = 0; i < G_N_ELEMENTS (buckets); i++) {
                buckets[i] = (SekiBucket){ 0, 2026, i, 1 };
                g_assert_true (seki_keyring_add_bucket (keyring, &buckets[i], NULL));
        }
        seki_keyring_destroy_buckets (keyring, buckets, 39, &error);
        g_assert_no_error (error);
        for (guint i = 0; i < 39; i++)
                g_assert_false (seki_keyring_has_bucket (keyring, &buckets[i]));
        g_assert_true (seki_keyring_has_bucket (keyring, &buckets[39]));
        seki_keyring_free (keyring);
        bench_remove (folder);
}

/* Unsealing checks every cell, but PBKDF2 makes each try cost milliseconds:
 * three flips per byte position would not tell more than one. */
static void
test_damage (void)
{
        char *folder = bench_folder ();
        SekiKeyring *keyring = bench_keyring (folder, "ring");
        g_autofree char *path = bench_path (folder, "ring");
        g_autoptr (SekiSecret) passphrase = bench_passphrase ("correct horse");
        g_autoptr (GByteArray) bytes = NULL, after = NULL;
        GError *error = NULL;

        g_assert_true (seki_keyring_add_bucket (keyring, &bucket_a, NULL));
        seki_keyring_free (keyring);
        bytes = bench_bytes (folder, "ring/store");
        for (gsize i = 0; i < bytes->len; i++) {
                bytes->data[i] ^= (guint8) (1u << (i % 8));
                bench_write (folder, "ring/store", bytes->data, bytes->len);
                keyring = seki_keyring_open (path, &error);
                if (keyring != NULL)
                        g_assert_false (seki_keyring_unseal (keyring, passphrase, &error));
                g_assert_nonnull (strstr (error->message, "ring/store"));
                bench_refused (error, SEKI_ERROR_DAMAGED);
                seki_keyring_free (keyring);
                after = bench_bytes (folder, "ring/store");
                g_assert_cmpmem (after->data, after->len, bytes->data, bytes->len);
                g_clear_pointer (&after, g_byte_array_unref);
                bytes->data[i] ^= (guint8) (1u << (i % 8));
        }
        bench_write (folder, "ring/store", bytes->data, bytes->len);
        seki_keyring_free (bench_unseal (folder, "ring"));
        bench_remove (folder);
}

/* Cells exchanged, doubled, or taken from another store. */
static void
test_moved_cells (void)
{
        char *folder = bench_folder ();
        SekiKeyring *keyring = bench_keyring (folder, "ring");
        g_autoptr (SekiSecret) passphrase = bench_passphrase ("correct horse");
        g_autoptr (GByteArray) bytes = NULL;
        guint8 *cells;
        GError *error = NULL;

        g_assert_true (seki_keyring_add_bucket (keyring, &bucket_a, NULL));
        g_assert_true (seki_keyring_add_bucket (keyring, &bucket_b, NULL));
        bytes = bench_bytes (folder, "ring/store");
        cells = bytes->data + BASE_CELLS * CELL;
        memcpy (cells, cells + CELL, CELL);
        bench_write (folder, "ring/store", bytes->data, bytes->len);
        seki_keyring_seal (keyring);
        g_assert_false (seki_keyring_unseal (keyring, passphrase, &error));
        bench_refused (error, SEKI_ERROR_DAMAGED);
        /* Cut back to the header. */
        bench_write (folder, "ring/store", bytes->data, CELL);
        g_assert_false (seki_keyring_unseal (keyring, passphrase, &error));
        bench_refused (error, SEKI_ERROR_DAMAGED);
        seki_keyring_free (keyring);
        bench_remove (folder);
}

static void
test_revived_cell (void)
{
        char *folder = bench_folder ();
        SekiKeyring *keyring = bench_keyring (folder, "ring");
        g_autoptr (SekiSecret) passphrase = bench_passphrase ("correct horse");
        g_autoptr (GByteArray) before = NULL, after = NULL;
        GError *error = NULL;

        g_assert_true (seki_keyring_add_bucket (keyring, &bucket_a, NULL));
        before = bench_bytes (folder, "ring/store");
        g_assert_true (seki_keyring_destroy_bucket (keyring, &bucket_a, NULL));
        after = bench_bytes (folder, "ring/store");
        g_byte_array_append (after, before->data + BASE_CELLS * CELL, CELL);
        bench_write (folder, "ring/store", after->data, after->len);
        seki_keyring_seal (keyring);
        g_assert_false (seki_keyring_unseal (keyring, passphrase, &error));
        bench_refused (error, SEKI_ERROR_DAMAGED);
        seki_keyring_free (keyring);
        bench_remove (folder);
}

static void
test_torn (void)
{
        char *folder = bench_folder ();
        SekiKeyring *keyring = bench_keyring (folder, "ring");
        g_autoptr (GByteArray) whole = NULL;
        gsize acknowledged;

        g_assert_true (seki_keyring_add_bucket (keyring, &bucket_a, NULL));
        acknowledged = (BASE_CELLS + 1) * CELL;
        g_assert_true (seki_keyring_add_bucket (keyring, &bucket_b, NULL));
        seki_keyring_free (keyring);
        whole = bench_bytes (folder, "ring/store");
        g_assert_cmpuint (whole->len, ==, acknowledged + CELL);
        for (gsize tail = 0; tail <= CELL; tail++) {
                /* The last length is a cell the disk never filled. */
                if (tail == CELL)
                        memset (whole->data + acknowledged, 0, CELL);
                bench_write (folder, "ring/store", whole->data, acknowledged + tail);
                keyring = bench_unseal (folder, "ring");
                g_assert_cmpuint (seki_keyring_get_torn (keyring), ==, tail);
                g_assert_true (seki_keyring_has_bucket (keyring, &bucket_a));
                g_assert_false (seki_keyring_has_bucket (keyring, &bucket_b));
                g_assert_true (seki_keyring_add_bucket (keyring, &bucket_c, NULL));
                seki_keyring_free (keyring);
                keyring = bench_unseal (folder, "ring");
                g_assert_cmpuint (seki_keyring_get_torn (keyring), ==, 0);
                g_assert_true (seki_keyring_has_bucket (keyring, &bucket_c));
                seki_keyring_free (keyring);
        }
        bench_remove (folder);
}

static void
test_two_rings (void)
{
        char *folder = bench_folder ();
        SekiKeyring *one = bench_keyring (folder, "one"), *two = bench_keyring (folder, "two");
        g_autofree char *path = bench_path (folder, "one");
        g_autoptr (SekiSecret) passphrase = bench_passphrase ("correct horse");
        g_autoptr (GByteArray) signature = g_byte_array_new (), bytes = NULL;
        g_autoptr (SekiKeyring) third = NULL;
        SekiSpan text = SEKI_SPAN_LITERAL ("one");
        guint8 a[32], b[32];
        GError *error = NULL;

        g_assert_true (seki_keyring_get_key (one, SEKI_KEY_LOOKUP, a, NULL));
        g_assert_true (seki_keyring_get_key (two, SEKI_KEY_LOOKUP, b, NULL));
        g_assert_cmpint (memcmp (a, b, sizeof a), !=, 0);
        g_assert_true (seki_keyring_sign (one, text, signature, NULL));
        g_assert_true (seki_verify (seki_keyring_get_ledger_key (one), text,
                                    seki_span (signature->data, signature->len)));
        g_assert_false (seki_verify (seki_keyring_get_ledger_key (two), text,
                                     seki_span (signature->data, signature->len)));
        /* One at a time holds the same ring. */
        third = seki_keyring_open (path, NULL);
        g_assert_false (seki_keyring_unseal (third, passphrase, &error));
        bench_refused (error, SEKI_ERROR_BUSY);
        /* Sealing one leaves the other. */
        seki_keyring_seal (one);
        g_assert_true (seki_keyring_get_key (two, SEKI_KEY_LOOKUP, b, NULL));
        g_assert_true (seki_keyring_unseal (third, passphrase, &error));
        seki_keyring_seal (third);
        /* Another ring's store does not open. */
        bytes = bench_bytes (folder, "two/store");
        bench_write (folder, "one/store", bytes->data, bytes->len);
        g_assert_false (seki_keyring_unseal (one, passphrase, &error));
        bench_refused (error, SEKI_ERROR_DAMAGED);
        seki_keyring_free (one);
        seki_keyring_free (two);
        bench_remove (folder);
}

static void
test_reopen (void)
{
        char *folder = bench_folder ();
        SekiKeyring *keyring = bench_keyring (folder, "ring");
        g_autoptr (SekiSecret) passphrase = bench_passphrase ("correct horse");
        GError *error = NULL;

        /* NSS has about a hundred slots for databases: each must come back. */
        for (guint i = 0; i < 130; i++) {
                seki_keyring_seal (keyring);
                seki_keyring_unseal (keyring, passphrase, &error);
                g_assert_no_error (error);
        }
        seki_keyring_free (keyring);
        bench_remove (folder);
}

static void
test_sign (void)
{
        char *folder = bench_folder ();
        SekiKeyring *keyring = bench_keyring (folder, "ring");
        g_autoptr (GByteArray) signature = g_byte_array_new ();
        SekiSpan key = seki_keyring_get_ledger_key (keyring),
                 text = SEKI_SPAN_LITERAL ("a checkpoint\n");

        g_assert_true (seki_keyring_sign (keyring, text, signature, NULL));
        g_assert_true (seki_verify (key, text, seki_span (signature->data, signature->len)));
        g_assert_false (seki_verify (key, SEKI_SPAN_LITERAL ("a checkpoinT\n"),
                                     seki_span (signature->data, signature->len)));
        for (guint i = 0; i < signature->len; i++) {
                signature->data[i] ^= 1;
                g_assert_false (
                        seki_verify (key, text, seki_span (signature->data, signature->len)));
                signature->data[i] ^= 1;
                g_assert_false (seki_verify (key, text, seki_span (signature->data, i)));
        }
        bench_write (folder, "text", text.data, text.len);
        bench_write (folder, "signature", signature->data, signature->len);
        bench_shell (folder, "openssl dgst -sha256 -verify ring/ledger.pub -keyform DER -signature "
                             "signature text");
        seki_keyring_free (keyring);
        bench_remove (folder);
}

static void
test_public_half (void)
{
        char *folder = bench_folder ();
        SekiKeyring *keyring = bench_keyring (folder, "ring");
        g_autoptr (SekiSecret) passphrase = bench_passphrase ("correct horse");
        g_autofree char *path = bench_path (folder, "ring");
        g_autoptr (GByteArray) bytes = bench_bytes (folder, "ring/ledger.pub");
        GError *error = NULL;

        seki_keyring_free (keyring);
        bytes->data[bytes->len - 1] ^= 1;
        bench_write (folder, "ring/ledger.pub", bytes->data, bytes->len);
        keyring = seki_keyring_open (path, NULL);
        g_assert_false (seki_keyring_unseal (keyring, passphrase, &error));
        bench_refused (error, SEKI_ERROR_DAMAGED);
        seki_keyring_free (keyring);
        bench_remove (folder);
}

static void
test_speed (void)
{
        char *folder;
        SekiKeyring *keyring;
        SekiBucket bucket = { 0, 2026, 0, 1 };
        gint64 start;

        if (!g_test_perf ()) {
                g_test_skip ("run with -m perf");
                return;
        }
        folder = bench_folder ();
        keyring = bench_keyring (folder, "ring");
        start = g_get_monotonic_time ();
        for (; bucket.fill < 25000; bucket.fill++)
                g_assert_true (seki_keyring_add_bucket (keyring, &bucket, NULL));
        g_test_message ("add a bucket: %.0f us",
                        (double) (g_get_monotonic_time () - start) / 25000);
        seki_keyring_free (keyring);
        start = g_get_monotonic_time ();
        keyring = bench_unseal (folder, "ring");
        g_test_message ("unseal with 25000: %" G_GINT64_FORMAT " us",
                        g_get_monotonic_time () - start);
        start = g_get_monotonic_time ();
        bucket.fill = 17;
        g_assert_true (seki_keyring_destroy_bucket (keyring, &bucket, NULL));
        g_test_message ("destroy one of 25000: %" G_GINT64_FORMAT " us",
                        g_get_monotonic_time () - start);
        seki_keyring_free (keyring);
        bench_remove (folder);
}

int
main (int argc, char **argv)
{
        g_test_init (&argc, &argv, NULL);
        g_test_add_func ("/keyring/is made once, with an RSA recovery certificate", test_create);
        g_test_add_func ("/keyring/the wrong passphrase leaves it sealed", test_passphrase);
        g_test_add_func ("/keyring/a sealed one gives no key", test_sealed);
        g_test_add_func ("/keyring/named secrets stay and differ", test_names);
        g_test_add_func ("/keyring/buckets stay and come in order", test_buckets);
        g_test_add_func ("/keyring/a destroyed key is in no byte", test_destroy);
        g_test_add_func ("/keyring/a destruction cut short is finished", test_cut_short);
        g_test_add_func ("/keyring/many are destroyed in one rewrite", test_many_destroyed);
        g_test_add_func ("/keyring/a flipped byte anywhere is damage", test_damage);
        g_test_add_func ("/keyring/moved and missing cells are damage", test_moved_cells);
        g_test_add_func ("/keyring/a destroyed cell put back is damage", test_revived_cell);
        g_test_add_func ("/keyring/a torn tail of any length is left out", test_torn);
        g_test_add_func ("/keyring/two in one process stay apart", test_two_rings);
        g_test_add_func ("/keyring/opens again and again", test_reopen);
        g_test_add_func ("/keyring/signs what others verify", test_sign);
        g_test_add_func ("/keyring/another public half is damage", test_public_half);
        g_test_add_func ("/keyring/speed", test_speed);
        return bench_run ();
}
