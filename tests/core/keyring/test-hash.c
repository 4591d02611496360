/* SPDX-License-Identifier: Apache-2.0 */
#include "bench.h"

#include "keyring/hash.h"

static void
assert_hex (const guint8 *digest, const char *wanted)
{
        char text[2 * SEKI_HASH_LEN + 1];

        seki_hex (digest, SEKI_HASH_LEN, text);
        g_assert_cmpstr (text, ==, wanted);
}

/* FIPS 180-4 examples. */
static void
test_sum (void)
{
        g_autoptr (SekiHash) hash = seki_hash_new ();
        guint8 out[SEKI_HASH_LEN];

        seki_hash_sum (hash, SEKI_SPAN_LITERAL (""), out);
        assert_hex (out, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        seki_hash_sum (hash, SEKI_SPAN_LITERAL ("abc"), out);
        assert_hex (out, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        seki_hash_sum (
                hash,
                SEKI_SPAN_LITERAL ("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
                out);
        assert_hex (out, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

static void
test_million (void)
{
        g_autoptr (SekiHash) hash = seki_hash_new ();
        guint8 out[SEKI_HASH_LEN], block[1000];

        memset (block, 'a', sizeof block);
        seki_hash_begin (hash);
        for (guint i = 0; i < 1000; i++)
                seki_hash_add (hash, block, sizeof block);
        seki_hash_end (hash, out);
        assert_hex (out, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

static void
assert_mac (const char *key_hex, const char *data_hex, const char *wanted)
{
        g_autoptr (SekiHash) hash = seki_hash_new ();
        guint8 key[64], data[256], out[SEKI_HASH_LEN];
        gsize key_len = strlen (key_hex) / 2, data_len = strlen (data_hex) / 2;
        SekiSpan parts[2];

        g_assert_true (seki_unhex (seki_span_text (key_hex), key, key_len));
        g_assert_true (seki_unhex (seki_span_text (data_hex), data, data_len));
        parts[0] = seki_span (data, data_len);
        seki_hash_mac (hash, seki_span (key, key_len), parts, 1, out);
        assert_hex (out, wanted);
        for (gsize cut = 0; cut <= data_len; cut++) {
                parts[0] = seki_span (data, cut);
                parts[1] = seki_span (data + cut, data_len - cut);
                seki_hash_mac (hash, seki_span (key, key_len), parts, 2, out);
                assert_hex (out, wanted);
        }
}

/* RFC 4231, cases 1 to 4 (5 truncates; 6 and 7 have keys beyond 64 bytes). */
static void
test_mac (void)
{
        assert_mac ("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "4869205468657265",
                    "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
        assert_mac ("4a656665", "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
                    "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
        assert_mac ("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
                    "dddddddddddddddddddddddddddddddddddddddddddddddddd"
                    "dddddddddddddddddddddddddddddddddddddddddddddddddd",
                    "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
        assert_mac ("0102030405060708090a0b0c0d0e0f10111213141516171819",
                    "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd"
                    "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd",
                    "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b");
}

static void
test_random (void)
{
        guint8 a[32] = { 0 }, b[32] = { 0 };

        g_assert_true (seki_nss_random (a, sizeof a));
        g_assert_true (seki_nss_random (b, sizeof b));
        g_assert_cmpint (memcmp (a, b, sizeof a), !=, 0);
}

int
main (int argc, char **argv)
{
        g_test_init (&argc, &argv, NULL);
        g_test_add_func ("/hash/sum", test_sum);
        g_test_add_func ("/hash/a million letters in pieces", test_million);
        g_test_add_func ("/hash/mac of RFC 4231, cut anywhere", test_mac);
        g_test_add_func ("/hash/random bytes differ", test_random);
        return bench_run ();
}
