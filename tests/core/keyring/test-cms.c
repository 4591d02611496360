/* SPDX-License-Identifier: Apache-2.0 */
#include "pki.h"

#include <string.h>

#define TEXT SEKI_SPAN_LITERAL ("I approve profile 5b7e of 2026-11-24.\n")

typedef struct {
        char *folder;
        PkiClock clock;
        SekiTrust *trust;
} Desk;

static void
desk_set_up (Desk *desk, gconstpointer data)
{
        (void) data;
        desk->folder = bench_folder ();
        pki_make (desk->folder,
                  "root root; leaf sato root \"$person\"; leaf ito root \"$person\"\n"
                  "leaf node root \"$node\"\n"
                  "root other; leaf mori other \"$person\"\n"
                  "KEY='-algorithm RSA -pkeyopt rsa_keygen_bits:2048'\n"
                  "leaf old root \"$person\" -startdate 20200101000000Z -enddate 20210101000000Z\n"
                  "leaf kato root \"$person\"\n"
                  "crl root root.crl; crl other other.crl\n");
        pki_clock_init (&desk->clock);
        bench_write (desk->folder, "text", TEXT.data, TEXT.len);
        desk->trust = pki_trust (desk->folder, &desk->clock, "root");
}

static void
desk_tear_down (Desk *desk, gconstpointer data)
{
        (void) data;
        seki_trust_free (desk->trust);
        bench_remove (desk->folder);
}

static gboolean
desk_verify (Desk *desk, const char *file, SekiSpan text, CERTCertificate **out_signer,
             GError **error)
{
        g_autoptr (GByteArray) cms = bench_bytes (desk->folder, file);

        return seki_cms_verify (desk->trust, text, seki_span (cms->data, cms->len),
                                SEKI_USAGE_PERSON, out_signer, error);
}

static void
desk_refuse (Desk *desk, const char *file, const char *reason)
{
        GError *error = NULL;

        g_assert_false (desk_verify (desk, file, TEXT, NULL, &error));
        if (strstr (error->message, reason) == NULL)
                g_error ("%s: “%s” does not say “%s”", file, error->message, reason);
        bench_refused (error, SEKI_ERROR_CRYPTO);
}

static void
desk_accept (Desk *desk, const char *file, const char *name)
{
        CERTCertificate *signer = NULL, *wanted = pki_certificate (desk->folder, name);
        guint8 a[SEKI_HASH_LEN], b[SEKI_HASH_LEN];
        GError *error = NULL;

        desk_verify (desk, file, TEXT, &signer, &error);
        g_assert_no_error (error);
        seki_certificate_digest (signer, a);
        seki_certificate_digest (wanted, b);
        g_assert_cmpmem (a, sizeof a, b, sizeof b);
        seki_certificate_free (signer);
        seki_certificate_free (wanted);
        g_assert_false (desk_verify (desk, file, SEKI_SPAN_LITERAL ("I approve everything.\n"),
                                     NULL, &error));
        bench_refused (error, SEKI_ERROR_CRYPTO);
}

static gboolean
desk_sign (Desk *desk, const char *name, const char *key, const char *file, GError **error)
{
        g_autofree char *certificate_file = g_strconcat (name, ".pem", NULL),
                        *key_file = g_strconcat (key, ".key", NULL);
        g_autofree char *certificate = bench_text (desk->folder, certificate_file);
        g_autofree char *key_text = bench_text (desk->folder, key_file);
        g_autoptr (SekiSecret) secret = bench_passphrase (key_text);
        g_autoptr (GByteArray) cms = g_byte_array_new ();

        if (!seki_cms_sign (TEXT, certificate, secret, cms, error))
                return FALSE;
        bench_write (desk->folder, file, cms->data, cms->len);
        return TRUE;
}

static void
test_own (Desk *desk, gconstpointer data)
{
        static const char *const names[] = { "sato", "kato" };
        GError *error = NULL;

        (void) data;
        for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
                desk_sign (desk, names[i], names[i], "cms", &error);
                g_assert_no_error (error);
                desk_accept (desk, "cms", names[i]);
                bench_shell (desk->folder,
                             "openssl cms -verify -inform DER -in cms -content text -binary "
                             "-CAfile root.pem -out out && cmp out text\n"
                             "openssl cms -cmsout -inform DER -in cms -outform DER -out again && "
                             "cmp cms again");
        }
        g_assert_false (desk_sign (desk, "sato", "ito", "cms", &error));
        bench_refused (error, SEKI_ERROR_CRYPTO);
}

static void
test_theirs (Desk *desk, gconstpointer data)
{
        (void) data;
        bench_shell (desk->folder, "openssl cms -sign -in text -binary -outform DER -md sha256 "
                                   "-signer sato.pem -inkey sato.key -out a\n"
                                   "openssl cms -sign -in text -binary -outform DER -md sha512 "
                                   "-signer kato.pem -inkey kato.key -out b\n"
                                   "openssl cms -sign -in text -binary -outform DER -keyid -signer "
                                   "sato.pem -inkey sato.key -out c\n");
        desk_accept (desk, "a", "sato");
        desk_accept (desk, "b", "kato");
        desk_accept (desk, "c", "sato");
}

static void
test_refused (Desk *desk, gconstpointer data)
{
        (void) data;
        bench_shell (desk->folder,
                     "s='openssl cms -sign -in text -binary -outform DER'\n"
                     "$s -signer sato.pem -inkey sato.key -nodetach -out embedded\n"
                     "$s -signer sato.pem -inkey sato.key -signer ito.pem -inkey ito.key -out two\n"
                     "$s -signer sato.pem -inkey sato.key -noattr -out bare\n"
                     "$s -signer sato.pem -inkey sato.key -nocerts -out unnamed\n"
                     "$s -signer sato.pem -inkey sato.key -md sha1 -out sha1\n"
                     "$s -signer mori.pem -inkey mori.key -out foreign\n"
                     "$s -signer node.pem -inkey node.key -out usage\n"
                     "openssl cms -data_create -in text -outform DER -out data\n"
                     "openssl cms -sign -in text -binary -outform DER -econtent_type 1.2.3.4 "
                     "-signer sato.pem "
                     "-inkey sato.key -out type\n");
        desk_refuse (desk, "embedded", "detached");
        desk_refuse (desk, "two", "exactly one signer");
        desk_refuse (desk, "bare", "no signed attributes");
        desk_refuse (desk, "unnamed", "not in it");
        desk_refuse (desk, "sha1", "SHA-256");
        desk_refuse (desk, "foreign", "none of the known");
        desk_refuse (desk, "usage", "extended key usage");
        desk_refuse (desk, "data", "no signature in CMS");
        desk_refuse (desk, "type", "plain data");
        desk_refuse (desk, "text", "no signature in CMS");
}

static guint8 *
bytes_find (GByteArray *bytes, const char *hex)
{
        guint8 wanted[32];
        gsize len = strlen (hex) / 2;
        guint8 *found;

        g_assert_true (seki_unhex (seki_span_text (hex), wanted, len));
        found = memmem (bytes->data, bytes->len, wanted, len);
        g_assert_nonnull (found);
        return found;
}

/* A signature that says it was made on 2020-06-01.  openssl has no switch for
 * that, so one it made now gets another time, and a new signature over it; with
 * RSA nothing changes its length. */
static void
desk_sign_in_the_past (Desk *desk, const char *name, const char *file)
{
        g_autoptr (GByteArray) cms = NULL, attributes = NULL, signature = NULL;
        guint8 *start;
        guint len;

        bench_shell (desk->folder,
                     "openssl cms -sign -in text -binary -outform DER -nosmimecap -signer %s.pem "
                     "-inkey %s.key -out now",
                     name, name);
        cms = bench_bytes (desk->folder, "now");
        memcpy (bytes_find (cms, "06092a864886f70d010905310f170d") + 15, "200601000000Z", 13);
        /* The type of the content is the first attribute. */
        start = bytes_find (cms, "301806092a864886f70d010903") - 2;
        g_assert_cmpuint (start[0], ==, 0xa0);
        len = 2 + start[1];
        attributes = g_byte_array_new ();
        g_byte_array_append (attributes, start, len);
        attributes->data[0] = 0x31;
        bench_write (desk->folder, "attributes", attributes->data, len);
        bench_shell (desk->folder, "openssl dgst -sha256 -sign %s.key -out raw attributes", name);
        signature = bench_bytes (desk->folder, "raw");
        memcpy (cms->data + cms->len - signature->len, signature->data, signature->len);
        bench_write (desk->folder, file, cms->data, cms->len);
}

static void
test_past (Desk *desk, gconstpointer data)
{
        (void) data;
        desk_sign_in_the_past (desk, "kato", "good");
        desk_sign_in_the_past (desk, "old", "expired");
        bench_shell (desk->folder, "openssl cms -cmsout -print -inform DER -in expired | "
                                   "grep -q 'Jun  1 00:00:00 2020'");
        desk_accept (desk, "good", "kato");
        desk_refuse (desk, "expired", "expired");
        pki_clock_forward (&desk->clock, 24 * 31);
        desk_refuse (desk, "good", "expired");
}

static void
test_revoked (Desk *desk, gconstpointer data)
{
        g_autofree char *crl = NULL;

        (void) data;
        bench_shell (desk->folder, "openssl cms -sign -in text -binary -outform DER -signer "
                                   "sato.pem -inkey sato.key -out good\n"
                                   ". ./pki.sh; revoke sato root; crl root next.crl");
        desk_accept (desk, "good", "sato");
        crl = bench_text (desk->folder, "next.crl");
        g_assert_true (seki_trust_load_crl (desk->trust, seki_span_text (crl), NULL));
        desk_refuse (desk, "good", "revoked");
}

static void
test_changed (Desk *desk, gconstpointer data)
{
        g_autoptr (GByteArray) cms = NULL;
        guint accepted = 0;

        (void) data;
        g_assert_true (desk_sign (desk, "sato", "sato", "cms", NULL));
        cms = bench_bytes (desk->folder, "cms");
        for (guint i = 0; i < cms->len; i++) {
                cms->data[i] ^= 1;
                accepted += (guint) seki_cms_verify (desk->trust, TEXT,
                                                     seki_span (cms->data, cms->len),
                                                     SEKI_USAGE_PERSON, NULL, NULL);
                cms->data[i] ^= 1;
                g_assert_false (seki_cms_verify (desk->trust, TEXT, seki_span (cms->data, i),
                                                 SEKI_USAGE_PERSON, NULL, NULL));
        }
        /* The version numbers and the outer list of digests decide nothing. */
        g_assert_cmpuint (accepted, <, 20);
        g_test_message ("%u of %u single bits outside what is signed change nothing", accepted,
                        cms->len);
}

static void
test_keys (Desk *desk, gconstpointer data)
{
        g_autofree char *certificate = bench_text (desk->folder, "sato.pem");
        g_autoptr (SekiSecret) none = bench_passphrase ("nothing"), garbage = NULL;
        g_autoptr (GByteArray) cms = g_byte_array_new ();
        GError *error = NULL;

        (void) data;
        garbage = bench_passphrase (
                "-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n");
        g_assert_false (seki_cms_sign (TEXT, certificate, none, cms, &error));
        bench_refused (error, SEKI_ERROR_INVALID);
        g_assert_false (seki_cms_sign (TEXT, certificate, garbage, cms, &error));
        bench_refused (error, SEKI_ERROR_CRYPTO);
}

#define ADD(path, test) g_test_add (path, Desk, NULL, desk_set_up, test, desk_tear_down)

int
main (int argc, char **argv)
{
        g_test_init (&argc, &argv, NULL);
        ADD ("/cms/own signatures, read by openssl", test_own);
        ADD ("/cms/signatures of openssl", test_theirs);
        ADD ("/cms/refused ones, each for its reason", test_refused);
        ADD ("/cms/a signing time of the past does not help", test_past);
        ADD ("/cms/a revoked signer", test_revoked);
        ADD ("/cms/any change", test_changed);
        ADD ("/cms/keys that are none", test_keys);
        return bench_run ();
}
