/* SPDX-License-Identifier: Apache-2.0 */
#include "pki.h"

#include "keyring/node.h"
#include "keyring/token.h"

#include <cryptohi.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <secoid.h>
#include <string.h>
#include <unistd.h>

typedef struct {
        char *folder, *path;
        SekiKeyring *keyring;
} Desk;

static void
desk_set_up (Desk *desk, gconstpointer data)
{
        (void) data;
        desk->folder = bench_folder ();
        desk->path = bench_path (desk->folder, "ring");
        desk->keyring = bench_keyring (desk->folder, "ring");
        pki_make (desk->folder, "root root; crl root root.crl");
}

static void
desk_tear_down (Desk *desk, gconstpointer data)
{
        (void) data;
        seki_keyring_free (desk->keyring);
        g_free (desk->path);
        bench_remove (desk->folder);
}

/* Asks, and has the authority issue; gives the chain. */
static char *
desk_issue (Desk *desk, const char *name, gboolean next)
{
        g_autofree char *file = g_strconcat (name, ".csr", NULL), *request = NULL, *leaf = NULL,
                        *root = NULL;
        GError *error = NULL;

        request = seki_keyring_request (desk->keyring, "CN=node,O=関所銀行,C=JP", "node.test", next,
                                        &error);
        g_assert_no_error (error);
        bench_write (desk->folder, file, request, strlen (request));
        bench_shell (
                desk->folder,
                ". ./pki.sh; openssl req -in %s.csr -noout -verify 2>&1 | grep -q 'OK'\n"
                "openssl req -in %s.csr -noout -text | grep -q 'DNS:node.test'\n"
                "openssl req -in %s.csr -noout -subject -nameopt utf8,sname | grep -q '関所銀行'\n"
                "ext \"$node|subjectAltName=DNS:node.test\"; openssl ca -batch -notext -config "
                "root.conf "
                "-in %s.csr -out %s.pem -extfile ext.conf -extensions e -days 30 2>/dev/null",
                name, name, name, name, name);
        file = (g_free (file), g_strconcat (name, ".pem", NULL));
        leaf = bench_text (desk->folder, file);
        root = bench_text (desk->folder, "root.pem");
        return g_strconcat (leaf, root, NULL);
}

/* The key that get_tls gives signs what its certificate verifies. */
static void
assert_usable (Desk *desk, guint8 out_digest[SEKI_HASH_LEN])
{
        SECItem signature = { siBuffer, NULL, 0 };
        SECKEYPublicKey *key;
        SekiNodeTls tls;
        GError *error = NULL;

        seki_keyring_get_tls (desk->keyring, &tls, &error);
        g_assert_no_error (error);
        g_assert_cmpint (tls.chain->len, ==, 2);
        g_assert_cmpint (SEC_SignData (&signature, (const guint8 *) "hello", 5, tls.key,
                                       SEC_OID_ANSIX962_ECDSA_SHA256_SIGNATURE),
                         ==, SECSuccess);
        key = CERT_ExtractPublicKey (tls.certificate);
        g_assert_cmpint (VFY_VerifyData ((const guint8 *) "hello", 5, key, &signature,
                                         SEC_OID_ANSIX962_ECDSA_SHA256_SIGNATURE, NULL),
                         ==, SECSuccess);
        seki_certificate_digest (tls.certificate, out_digest);
        g_assert_cmpuint (tls.generation, ==, seki_keyring_get_tls_generation (desk->keyring));
        SECKEY_DestroyPublicKey (key);
        SECITEM_FreeItem (&signature, PR_FALSE);
        seki_node_tls_clear (&tls);
}

static void
test_install (Desk *desk, gconstpointer data)
{
        g_autofree char *chain = NULL;
        guint8 a[SEKI_HASH_LEN], b[SEKI_HASH_LEN];
        SekiNodeTls tls;
        GError *error = NULL;

        (void) data;
        g_assert_false (seki_keyring_get_tls (desk->keyring, &tls, &error));
        bench_refused (error, SEKI_ERROR_MISSING);
        chain = desk_issue (desk, "node", FALSE);
        seki_keyring_install (desk->keyring, chain, &error);
        g_assert_no_error (error);
        assert_usable (desk, a);
        seki_keyring_free (desk->keyring);
        desk->keyring = bench_unseal (desk->folder, "ring");
        assert_usable (desk, b);
        g_assert_cmpmem (a, sizeof a, b, sizeof b);
}

static void
test_renew (Desk *desk, gconstpointer data)
{
        g_autofree char *first = desk_issue (desk, "first", FALSE), *next = NULL, *again = NULL,
                        *third = NULL;
        guint8 a[SEKI_HASH_LEN], b[SEKI_HASH_LEN];
        guint generation;
        GError *error = NULL;

        (void) data;
        g_assert_true (seki_keyring_install (desk->keyring, first, NULL));
        assert_usable (desk, a);
        generation = seki_keyring_get_tls_generation (desk->keyring);
        next = desk_issue (desk, "next", TRUE);
        /* The old one serves until the new one is installed, also after a start. */
        seki_keyring_free (desk->keyring);
        desk->keyring = bench_unseal (desk->folder, "ring");
        assert_usable (desk, b);
        g_assert_cmpmem (a, sizeof a, b, sizeof b);
        again = seki_keyring_request (desk->keyring, "CN=node", "node.test", TRUE, NULL);
        generation = seki_keyring_get_tls_generation (desk->keyring);
        seki_keyring_install (desk->keyring, next, &error);
        g_assert_no_error (error);
        g_assert_cmpuint (seki_keyring_get_tls_generation (desk->keyring), ==, generation + 1);
        assert_usable (desk, b);
        g_assert_cmpint (memcmp (a, b, sizeof a), !=, 0);
        /* The old key is gone, so is its certificate's use; a further next key works. */
        g_assert_false (seki_keyring_install (desk->keyring, first, &error));
        bench_refused (error, SEKI_ERROR_CRYPTO);
        third = desk_issue (desk, "third", TRUE);
        g_assert_true (seki_keyring_install (desk->keyring, third, NULL));
        assert_usable (desk, a);
}

/* A power cut between the new node.pem and the renaming of its key. */
static void
test_cut_short (Desk *desk, gconstpointer data)
{
        g_autofree char *first = desk_issue (desk, "first", FALSE),
                        *next = desk_issue (desk, "next", TRUE), *third = NULL;
        guint8 a[SEKI_HASH_LEN];

        (void) data;
        g_assert_true (seki_keyring_install (desk->keyring, first, NULL));
        seki_keyring_free (desk->keyring);
        bench_write (desk->folder, "ring/node.pem", next, strlen (next));
        desk->keyring = bench_unseal (desk->folder, "ring");
        assert_usable (desk, a);
        third = desk_issue (desk, "third", TRUE);
        g_assert_true (seki_keyring_install (desk->keyring, third, NULL));
        assert_usable (desk, a);
}

static void
test_refused (Desk *desk, gconstpointer data)
{
        g_autofree char *good = desk_issue (desk, "node", FALSE), *before = NULL, *after = NULL,
                        *foreign = NULL;
        g_autofree char *broken = g_strconcat (good, "-----BEGIN CERTIFICATE-----\nxx", NULL);
        GError *error = NULL;

        (void) data;
        g_assert_true (seki_keyring_install (desk->keyring, good, NULL));
        before = bench_text (desk->folder, "ring/node.pem");
        pki_make (desk->folder, "leaf foreign root \"$node\"");
        foreign = bench_text (desk->folder, "foreign.pem");
        g_assert_false (seki_keyring_install (desk->keyring, foreign, &error));
        bench_refused (error, SEKI_ERROR_CRYPTO);
        g_assert_false (seki_keyring_install (desk->keyring, broken, &error));
        bench_refused (error, SEKI_ERROR_INVALID);
        g_assert_false (seki_keyring_install (desk->keyring, "", &error));
        bench_refused (error, SEKI_ERROR_INVALID);
        after = bench_text (desk->folder, "ring/node.pem");
        g_assert_cmpstr (before, ==, after);
        g_assert_null (seki_keyring_request (desk->keyring, "CN=x", "*.test", FALSE, &error));
        bench_refused (error, SEKI_ERROR_INVALID);
        g_assert_null (seki_keyring_request (desk->keyring, "nothing", "a.test", FALSE, &error));
        bench_refused (error, SEKI_ERROR_INVALID);
}

/* Who forgets to let go before sealing gets a key that signs nothing. */
static void
test_sealed_meanwhile (Desk *desk, gconstpointer data)
{
        g_autofree char *chain = desk_issue (desk, "node", FALSE);
        g_autoptr (SekiSecret) passphrase = bench_passphrase ("correct horse");
        SECItem signature = { siBuffer, NULL, 0 };
        guint8 digest[SEKI_HASH_LEN];
        SekiNodeTls tls;

        (void) data;
        g_assert_true (seki_keyring_install (desk->keyring, chain, NULL));
        g_assert_true (seki_keyring_get_tls (desk->keyring, &tls, NULL));
        seki_keyring_seal (desk->keyring);
        g_assert_cmpint (SEC_SignData (&signature, (const guint8 *) "hello", 5, tls.key,
                                       SEC_OID_ANSIX962_ECDSA_SHA256_SIGNATURE),
                         !=, SECSuccess);
        seki_node_tls_clear (&tls);
        g_assert_true (seki_keyring_unseal (desk->keyring, passphrase, NULL));
        assert_usable (desk, digest);
}

static void
assert_unextractable (SECKEYPrivateKey *key)
{
        static const CK_ATTRIBUTE_TYPE kinds[] = { CKA_EXTRACTABLE, CKA_SENSITIVE };

        for (guint i = 0; i < G_N_ELEMENTS (kinds); i++) {
                SECItem value = { siBuffer, NULL, 0 };

                g_assert_cmpint (PK11_ReadRawAttribute (PK11_TypePrivKey, key, kinds[i], &value),
                                 ==, SECSuccess);
                g_assert_cmpuint (value.len, ==, 1);
                g_assert_cmpuint (value.data[0], ==, i);
                SECITEM_FreeItem (&value, PR_FALSE);
        }
        SECItem value = { siBuffer, NULL, 0 };
        g_assert_cmpint (PK11_ReadRawAttribute (PK11_TypePrivKey, key, CKA_VALUE, &value), ==,
                         SECFailure);
        g_assert_null (PK11_ExportDERPrivateKeyInfo (key, NULL));
}

static void
test_unextractable (Desk *desk, gconstpointer data)
{
        g_autoptr (SekiSecret) passphrase = bench_passphrase ("correct horse");
        g_autofree char *chain = desk_issue (desk, "node", FALSE);
        static const char *const labels[] = { SEKI_TOKEN_LEDGER, SEKI_TOKEN_TLS };
        SekiFolder folder = { open (desk->path, O_RDONLY | O_DIRECTORY), desk->path };
        SekiToken *token;
        PK11SymKey *master;
        SekiNodeTls tls;

        (void) data;
        g_assert_true (seki_keyring_install (desk->keyring, chain, NULL));
        g_assert_true (seki_keyring_get_tls (desk->keyring, &tls, NULL));
        assert_unextractable (tls.key);
        seki_node_tls_clear (&tls);
        seki_keyring_seal (desk->keyring);
        token = seki_token_open (folder, passphrase, NULL);
        for (guint i = 0; i < G_N_ELEMENTS (labels); i++) {
                SECKEYPrivateKey *key = seki_token_find_key (token, labels[i], NULL);

                assert_unextractable (key);
                SECKEY_DestroyPrivateKey (key);
        }
        master = seki_token_find_master (token, NULL);
        g_assert_cmpint (PK11_ExtractKeyValue (master), ==, SECFailure);
        PK11_FreeSymKey (master);
        seki_token_close (token);
        close (folder.fd);
}

/* Looks for 32 bytes, kept masked, in all memory that can be written. */
static guint
count_in_memory (const guint8 masked[32])
{
        g_autofree char *maps = NULL;
        g_auto (GStrv) lines = NULL;
        int memory = open ("/proc/self/mem", O_RDONLY);
        guint found = 0;

        g_assert_true (g_file_get_contents ("/proc/self/maps", &maps, NULL, NULL));
        lines = g_strsplit (maps, "\n", -1);
        for (guint i = 0; lines[i] != NULL; i++) {
                guint64 start, end;
                char rights[5];
                guint8 window[4096 + 31];

                if (sscanf (lines[i], "%" G_GINT64_MODIFIER "x-%" G_GINT64_MODIFIER "x %4s", &start,
                            &end, rights) != 3 ||
                    rights[0] != 'r' || rights[1] != 'w' || end - start > 256u << 20)
                        continue;
                for (guint64 at = start; at < end; at += 4096) {
                        gssize n = pread (memory, window, sizeof window, (off_t) at);

                        for (gssize j = 0; j + 32 <= n; j++) {
                                guint same = 0;

                                while (same < 32 && window[j + same] == (masked[same] ^ 0x5a))
                                        same++;
                                found += same == 32;
                        }
                        memset (window, 0, sizeof window);
                }
        }
        close (memory);
        return found;
}

static void
test_wiped (Desk *desk, gconstpointer data)
{
        SekiBucket bucket = { 0, 2030, 1, 1 };
        SekiSealer *sealer = seki_sealer_new (desk->keyring, 4, NULL);
        g_autoptr (SekiHash) hash = seki_hash_new ();
        SekiSpan label = SEKI_SPAN_LITERAL ("sekisho seal 1");
        guint8 sealed[64], named[32], derived[32];

        (void) data;
        g_assert_true (seki_keyring_add_bucket (desk->keyring, &bucket, NULL));
        g_assert_true (seki_sealer_seal (sealer, &bucket, SEKI_SPAN_NONE, SEKI_SPAN_LITERAL ("x"),
                                         sealed, NULL));
        g_assert_true (seki_sealer_seal_named (sealer, SEKI_KEY_QUEUE, SEKI_SPAN_NONE,
                                               SEKI_SPAN_LITERAL ("x"), sealed, NULL));
        g_assert_true (seki_keyring_get_key (desk->keyring, SEKI_KEY_QUEUE, named, NULL));
        seki_hash_mac (hash, seki_span (named, 32), &label, 1, derived);
        for (guint i = 0; i < 32; i++) {
                named[i] ^= 0x5a;
                derived[i] ^= 0x5a;
        }
        g_assert_cmpuint (count_in_memory (derived), >, 0);
        seki_keyring_seal (desk->keyring);
        g_assert_cmpuint (count_in_memory (derived), ==, 0);
        g_assert_cmpuint (count_in_memory (named), ==, 0);
        seki_sealer_free (sealer);
}

#define ADD(path, test) g_test_add (path, Desk, NULL, desk_set_up, test, desk_tear_down)

int
main (int argc, char **argv)
{
        g_test_init (&argc, &argv, NULL);
        ADD ("/node/a certificate is asked for, installed and used", test_install);
        ADD ("/node/the next key takes over from the old", test_renew);
        ADD ("/node/a renewal cut short is finished", test_cut_short);
        ADD ("/node/refused ones leave all as it was", test_refused);
        ADD ("/node/a key outlives no sealing", test_sealed_meanwhile);
        ADD ("/node/no key leaves the token", test_unextractable);
        ADD ("/node/sealing leaves no key in memory", test_wiped);
        return bench_run ();
}
