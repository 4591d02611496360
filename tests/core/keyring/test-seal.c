/* SPDX-License-Identifier: Apache-2.0 */
#include "bench.h"

#include <pthread.h>
#include <time.h>

#define AAD SEKI_SPAN_LITERAL ("record 17, part 1")
#define TEXT SEKI_SPAN_LITERAL ("123456789018 is nobody's number")

typedef struct {
        char *folder;
        SekiKeyring *keyring;
        SekiSealer *sealer;
        SekiBucket bucket;
        guint8 sealed[256], plain[256];
        SekiSpan span; /* of sealed */
} Desk;

static void
desk_set_up (Desk *desk, gconstpointer data)
{
        (void) data;
        desk->folder = bench_folder ();
        desk->keyring = bench_keyring (desk->folder, "ring");
        desk->sealer = seki_sealer_new (desk->keyring, 4, NULL);
        desk->bucket = (SekiBucket){ 0, 2030, 0, 1 };
        g_assert_true (seki_keyring_add_bucket (desk->keyring, &desk->bucket, NULL));
        g_assert_true (
                seki_sealer_seal (desk->sealer, &desk->bucket, AAD, TEXT, desk->sealed, NULL));
        desk->span = seki_span (desk->sealed, TEXT.len + SEKI_SEAL_EXTRA);
}

static void
desk_tear_down (Desk *desk, gconstpointer data)
{
        (void) data;
        seki_sealer_free (desk->sealer);
        seki_keyring_free (desk->keyring);
        bench_remove (desk->folder);
}

static void
test_round (Desk *desk, gconstpointer data)
{
        guint8 again[256];

        (void) data;
        g_assert_true (
                seki_sealer_open (desk->sealer, &desk->bucket, AAD, desk->span, desk->plain, NULL));
        g_assert_cmpmem (desk->plain, TEXT.len, TEXT.data, TEXT.len);
        g_assert_true (seki_sealer_seal (desk->sealer, &desk->bucket, AAD, TEXT, again, NULL));
        g_assert_cmpint (memcmp (again, desk->sealed, SEKI_SEAL_NONCE), !=, 0);
        g_assert_cmpint (memcmp (again + SEKI_SEAL_NONCE, desk->sealed + SEKI_SEAL_NONCE, TEXT.len),
                         !=, 0);
        /* Nothing at all can be sealed too. */
        g_assert_true (seki_sealer_seal (desk->sealer, &desk->bucket, SEKI_SPAN_NONE,
                                         SEKI_SPAN_NONE, again, NULL));
        g_assert_true (seki_sealer_open (desk->sealer, &desk->bucket, SEKI_SPAN_NONE,
                                         seki_span (again, SEKI_SEAL_EXTRA), desk->plain, NULL));
}

static void
test_later (Desk *desk, gconstpointer data)
{
        (void) data;
        seki_sealer_free (desk->sealer);
        seki_keyring_free (desk->keyring);
        desk->keyring = bench_unseal (desk->folder, "ring");
        desk->sealer = seki_sealer_new (desk->keyring, 4, NULL);
        g_assert_true (
                seki_sealer_open (desk->sealer, &desk->bucket, AAD, desk->span, desk->plain, NULL));
        g_assert_cmpmem (desk->plain, TEXT.len, TEXT.data, TEXT.len);
}

static void
test_broken (Desk *desk, gconstpointer data)
{
        SekiBucket other = { 0, 2030, 1, 1 };
        guint8 zeros[256] = { 0 };
        GError *error = NULL;

        (void) data;
        for (gsize i = 0; i < desk->span.len; i++) {
                desk->sealed[i] ^= 0x10;
                memset (desk->plain, 0xee, sizeof desk->plain);
                g_assert_false (seki_sealer_open (desk->sealer, &desk->bucket, AAD, desk->span,
                                                  desk->plain, &error));
                bench_refused (error, SEKI_ERROR_CRYPTO);
                g_assert_cmpmem (desk->plain, TEXT.len, zeros, TEXT.len);
                desk->sealed[i] ^= 0x10;
        }
        for (gsize len = 0; len < desk->span.len; len++) {
                g_assert_false (seki_sealer_open (desk->sealer, &desk->bucket, AAD,
                                                  seki_span (desk->sealed, len), desk->plain,
                                                  &error));
                bench_refused (error, SEKI_ERROR_CRYPTO);
        }
        g_assert_false (seki_sealer_open (desk->sealer, &desk->bucket,
                                          SEKI_SPAN_LITERAL ("record 18, part 1"), desk->span,
                                          desk->plain, &error));
        bench_refused (error, SEKI_ERROR_CRYPTO);
        g_assert_true (seki_keyring_add_bucket (desk->keyring, &other, NULL));
        g_assert_false (
                seki_sealer_open (desk->sealer, &other, AAD, desk->span, desk->plain, &error));
        bench_refused (error, SEKI_ERROR_CRYPTO);
        /* None of that spoils the context. */
        g_assert_true (
                seki_sealer_open (desk->sealer, &desk->bucket, AAD, desk->span, desk->plain, NULL));
}

static void
test_eviction (Desk *desk, gconstpointer data)
{
        guint8 sealed[20][64], plain[64];
        SekiSpan text = SEKI_SPAN_LITERAL ("twenty buckets");

        (void) data;
        for (guint i = 0; i < 20; i++) {
                SekiBucket bucket = { 3, 2031, i, 1 };

                g_assert_true (seki_keyring_add_bucket (desk->keyring, &bucket, NULL));
                g_assert_true (
                        seki_sealer_seal (desk->sealer, &bucket, AAD, text, sealed[i], NULL));
        }
        for (guint i = 0; i < 200; i++) {
                guint n = i * 7 % 20;
                SekiBucket bucket = { 3, 2031, n, 1 };

                g_assert_true (seki_sealer_open (desk->sealer, &bucket, AAD,
                                                 seki_span (sealed[n], text.len + SEKI_SEAL_EXTRA),
                                                 plain, NULL));
                g_assert_cmpmem (plain, text.len, text.data, text.len);
        }
}

static void
test_destroyed (Desk *desk, gconstpointer data)
{
        SekiSealer *other = seki_sealer_new (desk->keyring, 4, NULL);
        GError *error = NULL;

        (void) data;
        g_assert_true (seki_sealer_open (other, &desk->bucket, AAD, desk->span, desk->plain, NULL));
        g_assert_true (seki_keyring_destroy_bucket (desk->keyring, &desk->bucket, NULL));
        g_assert_false (
                seki_sealer_open (other, &desk->bucket, AAD, desk->span, desk->plain, &error));
        bench_refused (error, SEKI_ERROR_MISSING);
        g_assert_false (
                seki_sealer_seal (desk->sealer, &desk->bucket, AAD, TEXT, desk->sealed, &error));
        bench_refused (error, SEKI_ERROR_MISSING);
        /* The name may be used again, but the old bytes stay closed. */
        g_assert_true (seki_keyring_add_bucket (desk->keyring, &desk->bucket, NULL));
        g_assert_false (
                seki_sealer_open (other, &desk->bucket, AAD, desk->span, desk->plain, &error));
        bench_refused (error, SEKI_ERROR_CRYPTO);
        seki_sealer_free (other);
}

static void
test_sealed (Desk *desk, gconstpointer data)
{
        g_autoptr (SekiSecret) passphrase = bench_passphrase ("correct horse");
        GError *error = NULL;

        (void) data;
        seki_keyring_seal (desk->keyring);
        g_assert_false (seki_sealer_open (desk->sealer, &desk->bucket, AAD, desk->span, desk->plain,
                                          &error));
        bench_refused (error, SEKI_ERROR_SEALED);
        g_assert_true (seki_keyring_unseal (desk->keyring, passphrase, NULL));
        g_assert_true (
                seki_sealer_open (desk->sealer, &desk->bucket, AAD, desk->span, desk->plain, NULL));
}

static void
test_named (Desk *desk, gconstpointer data)
{
        guint8 sealed[256];
        SekiSpan span = seki_span (sealed, TEXT.len + SEKI_SEAL_EXTRA);
        GError *error = NULL;

        (void) data;
        g_assert_true (
                seki_sealer_seal_named (desk->sealer, SEKI_KEY_QUEUE, AAD, TEXT, sealed, NULL));
        g_assert_true (seki_sealer_open_named (desk->sealer, SEKI_KEY_QUEUE, AAD, span, desk->plain,
                                               NULL));
        g_assert_cmpmem (desk->plain, TEXT.len, TEXT.data, TEXT.len);
        g_assert_false (seki_sealer_open_named (desk->sealer, SEKI_KEY_HEAD, AAD, span, desk->plain,
                                                &error));
        bench_refused (error, SEKI_ERROR_CRYPTO);
        g_assert_false (
                seki_sealer_open (desk->sealer, &desk->bucket, AAD, span, desk->plain, &error));
        bench_refused (error, SEKI_ERROR_CRYPTO);
}

typedef struct {
        SekiKeyring *keyring;
        guint lane, n_sealed;
} Hand;

/* Adds, seals, opens and destroys its own buckets; its neighbours' come and go. */
static void *
hand_work (void *user)
{
        Hand *hand = user;
        SekiSealer *sealer = seki_sealer_new (hand->keyring, 3, NULL);
        guint8 sealed[256], plain[256];
        SekiSpan span = seki_span (sealed, TEXT.len + SEKI_SEAL_EXTRA);

        for (guint i = 0; i < 40; i++) {
                SekiBucket bucket = { (guint16) hand->lane, 2029, i, 1 };

                g_assert_true (seki_keyring_add_bucket (hand->keyring, &bucket, NULL));
                for (guint j = 0; j < 50; j++) {
                        g_assert_true (seki_sealer_seal (sealer, &bucket, AAD, TEXT, sealed, NULL));
                        g_assert_true (seki_sealer_open (sealer, &bucket, AAD, span, plain, NULL));
                        g_assert_cmpmem (plain, TEXT.len, TEXT.data, TEXT.len);
                        hand->n_sealed++;
                }
                if (i % 4 != 0)
                        continue;
                g_assert_true (seki_keyring_destroy_bucket (hand->keyring, &bucket, NULL));
                g_assert_false (seki_sealer_open (sealer, &bucket, AAD, span, plain, NULL));
        }
        seki_sealer_free (sealer);
        return NULL;
}

static void
test_threads (Desk *desk, gconstpointer data)
{
        pthread_t threads[4];
        Hand hands[4];

        (void) data;
        for (guint i = 0; i < 4; i++) {
                hands[i] = (Hand){ desk->keyring, 10 + i, 0 };
                g_assert_cmpint (pthread_create (&threads[i], NULL, hand_work, &hands[i]), ==, 0);
        }
        for (guint i = 0; i < 4; i++) {
                pthread_join (threads[i], NULL);
                g_assert_cmpuint (hands[i].n_sealed, ==, 2000);
        }
        for (guint i = 0; i < 4; i++)
                for (guint j = 0; j < 40; j++) {
                        SekiBucket bucket = { (guint16) (10 + i), 2029, j, 1 };

                        g_assert_cmpint (seki_keyring_has_bucket (desk->keyring, &bucket), ==,
                                         j % 4 != 0);
                }
}

static gint64
thread_ns (void)
{
        struct timespec time;

        clock_gettime (CLOCK_THREAD_CPUTIME_ID, &time);
        return time.tv_sec * G_GINT64_CONSTANT (1000000000) + time.tv_nsec;
}

#define ROUNDS 200000

static void
test_speed (Desk *desk, gconstpointer data)
{
        guint8 plain[256] = { 1 }, sealed[256 + SEKI_SEAL_EXTRA];
        SekiBucket buckets[16];
        gint64 start;

        (void) data;
        if (!g_test_perf ()) {
                g_test_skip ("run with -m perf");
                return;
        }
        start = thread_ns ();
        for (guint i = 0; i < ROUNDS; i++)
                g_assert_true (seki_sealer_seal (desk->sealer, &desk->bucket, AAD,
                                                 seki_span (plain, 256), sealed, NULL));
        g_test_message ("seal 256 bytes, warm: %.0f ns", (double) (thread_ns () - start) / ROUNDS);
        start = thread_ns ();
        for (guint i = 0; i < ROUNDS; i++)
                g_assert_true (seki_sealer_open (desk->sealer, &desk->bucket, AAD,
                                                 seki_span (sealed, sizeof sealed), plain, NULL));
        g_test_message ("open 256 bytes, warm: %.0f ns", (double) (thread_ns () - start) / ROUNDS);
        for (guint i = 0; i < 16; i++) {
                buckets[i] = (SekiBucket){ 9, 2029, i, 1 };
                g_assert_true (seki_keyring_add_bucket (desk->keyring, &buckets[i], NULL));
        }
        start = thread_ns ();
        for (guint i = 0; i < ROUNDS / 10; i++)
                g_assert_true (seki_sealer_seal (desk->sealer, &buckets[i % 16], AAD,
                                                 seki_span (plain, 256), sealed, NULL));
        g_test_message ("seal 256 bytes, cold context: %.0f ns",
                        (double) (thread_ns () - start) / (ROUNDS / 10));
}

static void
test_speed_sign (Desk *desk, gconstpointer data)
{
        g_autoptr (GByteArray) signature = g_byte_array_new ();
        gint64 start;

        (void) data;
        if (!g_test_perf ()) {
                g_test_skip ("run with -m perf");
                return;
        }
        start = thread_ns ();
        for (guint i = 0; i < 1000; i++) {
                g_byte_array_set_size (signature, 0);
                g_assert_true (seki_keyring_sign (desk->keyring, TEXT, signature, NULL));
        }
        g_test_message ("sign: %.0f us", (double) (thread_ns () - start) / 1e6);
        start = thread_ns ();
        for (guint i = 0; i < 1000; i++)
                g_assert_true (seki_verify (seki_keyring_get_ledger_key (desk->keyring), TEXT,
                                            seki_span (signature->data, signature->len)));
        g_test_message ("verify: %.0f us", (double) (thread_ns () - start) / 1e6);
}

#define ADD(path, test) g_test_add (path, Desk, NULL, desk_set_up, test, desk_tear_down)

int
main (int argc, char **argv)
{
        g_test_init (&argc, &argv, NULL);
        ADD ("/seal/opens again, with a new nonce each time", test_round);
        ADD ("/seal/opens after the keyring was closed", test_later);
        ADD ("/seal/any change is refused and gives nothing", test_broken);
        ADD ("/seal/more buckets than contexts", test_eviction);
        ADD ("/seal/a destroyed key is gone from every sealer", test_destroyed);
        ADD ("/seal/a sealed keyring closes every sealer", test_sealed);
        ADD ("/seal/named secrets", test_named);
        ADD ("/seal/four threads add, seal and destroy", test_threads);
        ADD ("/seal/speed", test_speed);
        ADD ("/seal/speed of signing", test_speed_sign);
        return bench_run ();
}
