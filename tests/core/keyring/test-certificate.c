/* SPDX-License-Identifier: Apache-2.0 */
#include "pki.h"

#include <stdio.h>
#include <time.h>

typedef struct {
        char *folder;
        PkiClock clock;
} Desk;

/* Everything that can be made once. */
static const char script[] =
        "root root; sub middle root; root other; root double root\n"
        "leaf good root \"$node\"; leaf below middle \"$node\"; leaf foreign other \"$node\"; leaf "
        "forged double \"$node\"\n"
        "leaf short root \"$node\" -days 2\n"
        "leaf expired root \"$node\" -startdate 20200101000000Z -enddate 20210101000000Z\n"
        "leaf early root \"$node\" -startdate 20900101000000Z -enddate 20910101000000Z\n"
        "leaf client root 'keyUsage=critical,digitalSignature|extendedKeyUsage=clientAuth'\n"
        "leaf unused root 'keyUsage=critical,digitalSignature'\n"
        "leaf cipher root "
        "'keyUsage=critical,keyEncipherment|extendedKeyUsage=serverAuth,clientAuth'\n"
        "leaf author root \"keyUsage=digitalSignature|extendedKeyUsage=codeSigning\"\n"
        "leaf person root \"$person\"\n"
        "leaf sha1 root \"$node\" -days 30 -md sha1\n"
        "leaf sha384 root \"$node\" -days 30 -md sha384\n"
        "KEY='-algorithm RSA -pkeyopt rsa_keygen_bits:1024' leaf rsa1024 root \"$node\"\n"
        "KEY='-algorithm RSA -pkeyopt rsa_keygen_bits:2048' leaf rsa2048 root \"$node\"\n"
        "KEY='-algorithm EC -pkeyopt ec_paramgen_curve:secp224r1' leaf p224 root \"$node\"\n"
        "KEY='-algorithm EC -pkeyopt ec_paramgen_curve:P-384' leaf p384 root \"$node\"\n"
        "KEY='-algorithm ED25519' leaf ed25519 root \"$node\"\n"
        "leaf authority root \"basicConstraints=critical,CA:TRUE|$node\"\n"
        "leaf noca root \"basicConstraints=critical,CA:FALSE|$node\"; book noca; leaf undernoca "
        "noca \"$node\"\n"
        "leaf unknown root \"$node|1.2.3.4.5=critical,DER:0500\"\n"
        "leaf known root \"$node|1.2.3.4.5=DER:0500|certificatePolicies=critical,1.2.3.4\"\n"
        "leaf revoked root \"$node\"\n"
        "root flat flat "
        "'basicConstraints=critical,CA:TRUE,pathlen:0|keyUsage=critical,keyCertSign,cRLSign'\n"
        "sub flatsub flat; leaf flatleaf flat \"$node\"; leaf flatdeep flatsub \"$node\"\n"
        "sub narrow root 'basicConstraints=critical,CA:TRUE|keyUsage=critical,keyCertSign,cRLSign|"
        "nameConstraints=critical,permitted;DNS:.inside.test'\n"
        "leaf outside narrow \"$node|subjectAltName=DNS:a.outside.test\"\n"
        "leaf inside narrow \"$node|subjectAltName=DNS:a.inside.test\"\n"
        "root mute mute 'basicConstraints=critical,CA:TRUE|keyUsage=critical,keyCertSign'; leaf "
        "muted mute \"$node\"\n"
        "root weak weak 'keyUsage=critical,keyCertSign,cRLSign'\n"
        "leaf names root "
        "\"$node|subjectAltName=DNS:Good.Test,DNS:*.wild.test,IP:127.0.0.1,DNS:second.test\"\n"
        "leaf nul root \"$node|subjectAltName=DER:301282086f6b002e746573748206622e74657374\"\n"
        "revoke revoked root\n"
        "for i in root middle other flat flatsub narrow double; do crl $i $i.crl; done; crl mute "
        "mute.list\n";

static const char trusted[] = "root middle flat flatsub narrow";

static char *shared_folder (void);

static void
desk_set_up (Desk *desk, gconstpointer data)
{
        (void) data;
        desk->folder = shared_folder ();
        pki_clock_init (&desk->clock);
}

static void
desk_tear_down (Desk *desk, gconstpointer data)
{
        (void) desk;
        (void) data;
}

static void
assert_verdict (SekiTrust *trust, const char *folder, const char *name, SekiUsage usage,
                const char *reason)
{
        CERTCertificate *certificate = pki_certificate (folder, name);
        GError *error = NULL;

        /* Twice: the answer of the cache is the same. */
        for (guint i = 0; i < 2; i++) {
                gboolean ok = seki_trust_verify (trust, certificate, usage, &error);

                if (reason == NULL)
                        g_assert_no_error (error);
                g_assert_cmpint (ok, ==, reason == NULL);
                if (reason == NULL)
                        continue;
                if (strstr (error->message, reason) == NULL)
                        g_error ("%s: “%s” does not say “%s”", name, error->message, reason);
                bench_refused (error, SEKI_ERROR_CRYPTO);
        }
        seki_certificate_free (certificate);
}

static void
test_good (Desk *desk, gconstpointer data)
{
        static const char *const names[] = { "good", "below", "sha384",   "rsa2048",
                                             "p384", "known", "flatleaf", "inside" };
        SekiTrust *trust = pki_trust (desk->folder, &desk->clock, trusted);

        (void) data;
        for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
                assert_verdict (trust, desk->folder, names[i], SEKI_USAGE_SERVER, NULL);
                assert_verdict (trust, desk->folder, names[i], SEKI_USAGE_CLIENT, NULL);
        }
        assert_verdict (trust, desk->folder, "person", SEKI_USAGE_PERSON, NULL);
        assert_verdict (trust, desk->folder, "author", SEKI_USAGE_MODULE, NULL);
        seki_trust_free (trust);
}

static void
test_refused (Desk *desk, gconstpointer data)
{
        static const struct {
                const char *name, *reason;
        } cases[] = {
                { "foreign", "none of the known" },
                { "forged", "none of the known" },
                { "expired", "expired" },
                { "early", "not valid yet" },
                { "unused", "extended key usage" },
                { "cipher", "may not sign" },
                { "author", "extended key usage" },
                { "person", "extended key usage" },
                { "sha1", "SHA-256" },
                { "rsa1024", "2048" },
                { "p224", "P-256" },
                { "ed25519", "P-256" },
                { "authority", "an authority, not" },
                { "root", "an authority, not" },
                { "undernoca", "none of the known" },
                { "unknown", "not understood" },
                { "revoked", "revoked" },
                { "flatdeep", "path length" },
                { "outside", "these names" },
                { "client", "extended key usage" },
        };
        SekiTrust *trust = pki_trust (desk->folder, &desk->clock, trusted);

        (void) data;
        for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
                assert_verdict (trust, desk->folder, cases[i].name, SEKI_USAGE_SERVER,
                                cases[i].reason);
        assert_verdict (trust, desk->folder, "client", SEKI_USAGE_CLIENT, NULL);
        assert_verdict (trust, desk->folder, "good", SEKI_USAGE_PERSON, "extended key usage");
        seki_trust_free (trust);
}

/* Every authority on the path has to be configured, and have its list. */
static void
test_path (Desk *desk, gconstpointer data)
{
        SekiTrust *trust = pki_trust (desk->folder, &desk->clock, "root");
        g_autofree char *middle = bench_text (desk->folder, "middle.pem"),
                        *crl = bench_text (desk->folder, "middle.crl");
        guint generation = seki_trust_get_generation (trust);

        (void) data;
        assert_verdict (trust, desk->folder, "below", SEKI_USAGE_SERVER, "none of the known");
        g_assert_true (seki_trust_add_authority (trust, middle, NULL));
        g_assert_cmpuint (seki_trust_get_generation (trust), ==, generation + 1);
        assert_verdict (trust, desk->folder, "below", SEKI_USAGE_SERVER, "no revocation list");
        g_assert_true (seki_trust_load_crl (trust, seki_span_text (crl), NULL));
        g_assert_cmpuint (seki_trust_get_generation (trust), ==, generation + 2);
        assert_verdict (trust, desk->folder, "below", SEKI_USAGE_SERVER, NULL);
        seki_trust_free (trust);
        /* Without its root an authority in between is no anchor. */
        trust = pki_trust (desk->folder, &desk->clock, "middle");
        assert_verdict (trust, desk->folder, "below", SEKI_USAGE_SERVER, "none of the known");
        seki_trust_free (trust);
}

static void
test_authorities (Desk *desk, gconstpointer data)
{
        SekiTrust *trust = seki_trust_new (&desk->clock.clock);
        g_autofree char *leaf = bench_text (desk->folder, "good.pem"),
                        *weak = bench_text (desk->folder, "weak.pem");
        g_autofree char *root = bench_text (desk->folder, "root.pem"),
                        *both = g_strconcat (root, leaf, NULL);
        GError *error = NULL;

        (void) data;
        g_assert_false (seki_trust_add_authority (trust, leaf, &error));
        bench_refused (error, SEKI_ERROR_CRYPTO);
        g_assert_false (seki_trust_add_authority (trust, weak, &error));
        bench_refused (error, SEKI_ERROR_CRYPTO);
        g_assert_false (seki_trust_add_authority (trust, "", &error));
        bench_refused (error, SEKI_ERROR_INVALID);
        g_assert_false (seki_trust_add_authority (trust, both, &error));
        bench_refused (error, SEKI_ERROR_CRYPTO);
        assert_verdict (trust, desk->folder, "good", SEKI_USAGE_SERVER, "none of the known");
        seki_trust_free (trust);
}

/* The authority of one node is not the other's, though NSS has one table. */
static void
test_two_nodes (Desk *desk, gconstpointer data)
{
        SekiTrust *one = pki_trust (desk->folder, &desk->clock, "root"),
                  *two = pki_trust (desk->folder, &desk->clock, "other");

        (void) data;
        assert_verdict (one, desk->folder, "good", SEKI_USAGE_SERVER, NULL);
        assert_verdict (one, desk->folder, "foreign", SEKI_USAGE_SERVER, "none of the known");
        assert_verdict (two, desk->folder, "good", SEKI_USAGE_SERVER, "none of the known");
        assert_verdict (two, desk->folder, "foreign", SEKI_USAGE_SERVER, NULL);
        seki_trust_free (one);
        seki_trust_free (two);
        /* Two roots of one name: the signature tells them apart. */
        one = pki_trust (desk->folder, &desk->clock, "double root");
        assert_verdict (one, desk->folder, "good", SEKI_USAGE_SERVER, NULL);
        assert_verdict (one, desk->folder, "forged", SEKI_USAGE_SERVER, NULL);
        assert_verdict (one, desk->folder, "revoked", SEKI_USAGE_SERVER, "revoked");
        seki_trust_free (one);
}

static void
assert_crl_refused (SekiTrust *trust, const char *folder, const char *file, const char *reason)
{
        g_autofree char *text = bench_text (folder, file);
        guint generation = seki_trust_get_generation (trust);
        GError *error = NULL;

        g_assert_false (seki_trust_load_crl (trust, seki_span_text (text), &error));
        if (strstr (error->message, reason) == NULL)
                g_error ("%s: “%s” does not say “%s”", file, error->message, reason);
        g_clear_error (&error);
        g_assert_cmpuint (seki_trust_get_generation (trust), ==, generation);
}

static void
test_lists (Desk *desk, gconstpointer data)
{
        char *folder = bench_folder ();
        SekiTrust *trust;
        g_autofree char *next = NULL;
        g_autoptr (GByteArray) der = NULL;

        (void) data;
        pki_make (
                folder,
                "root r; root s; leaf a r \"$node\"; crl r one.list; crl s s.list\n"
                "crl r stale.list -crl_lastupdate 20200101000000Z -crl_nextupdate 20200201000000Z\n"
                "crl r future.list -crl_lastupdate 20900101000000Z -crl_nextupdate "
                "20910101000000Z\n"
                "crl r sha1.list -crldays 10 -md sha1\n"
                "echo 'issuingDistributionPoint=critical,@i' >> r.conf; printf "
                "'[i]\\nonlyuser=TRUE\\n' >> r.conf\n"
                "crl r part.list\n"
                "sed -i '/issuingDist/d' r.conf; openssl ca -config r.conf -revoke a.pem "
                "2>/dev/null\n"
                "crl r two.list; openssl crl -in two.list -outform DER -out two.der\n");
        pki_clock_init (&desk->clock);  /* not before what was just made */
        trust = pki_trust (folder, &desk->clock, "r");
        assert_verdict (trust, folder, "a", SEKI_USAGE_SERVER, "no revocation list");
        assert_crl_refused (trust, folder, "stale.list", "out of date");
        assert_crl_refused (trust, folder, "future.list", "to come");
        assert_crl_refused (trust, folder, "s.list", "not signed by any known");
        assert_crl_refused (trust, folder, "sha1.list", "SHA-256");
        assert_crl_refused (trust, folder, "part.list", "complete");
        assert_crl_refused (trust, folder, "a.pem", "no revocation list");
        assert_verdict (trust, folder, "a", SEKI_USAGE_SERVER, "no revocation list");
        next = bench_text (folder, "one.list");
        g_assert_true (seki_trust_load_crl (trust, seki_span_text (next), NULL));
        assert_verdict (trust, folder, "a", SEKI_USAGE_SERVER, NULL);
        /* A list at run time takes effect on who is known already. */
        der = bench_bytes (folder, "two.der");
        for (guint i = 0; i < der->len; i += 7) {
                der->data[i] ^= 4;
                g_assert_false (seki_trust_load_crl (trust, seki_span (der->data, der->len), NULL));
                der->data[i] ^= 4;
        }
        g_assert_true (seki_trust_load_crl (trust, seki_span (der->data, der->len), NULL));
        assert_verdict (trust, folder, "a", SEKI_USAGE_SERVER, "revoked");
        assert_crl_refused (trust, folder, "one.list", "older");
        assert_verdict (trust, folder, "a", SEKI_USAGE_SERVER, "revoked");
        seki_trust_free (trust);
        bench_remove (folder);
}

/* An authority that may not sign lists can not have any. */
static void
test_mute (Desk *desk, gconstpointer data)
{
        SekiTrust *trust = pki_trust (desk->folder, &desk->clock, "mute");

        (void) data;
        assert_crl_refused (trust, desk->folder, "mute.list", "not signed by any known");
        assert_verdict (trust, desk->folder, "muted", SEKI_USAGE_SERVER, "no revocation list");
        seki_trust_free (trust);
}

/* Who was verified once is not verified for ever. */
static void
test_time_goes_on (Desk *desk, gconstpointer data)
{
        SekiTrust *trust = pki_trust (desk->folder, &desk->clock, "root");

        (void) data;
        assert_verdict (trust, desk->folder, "short", SEKI_USAGE_SERVER, NULL);
        assert_verdict (trust, desk->folder, "good", SEKI_USAGE_SERVER, NULL);
        pki_clock_forward (&desk->clock, 49);
        assert_verdict (trust, desk->folder, "short", SEKI_USAGE_SERVER, "expired");
        assert_verdict (trust, desk->folder, "good", SEKI_USAGE_SERVER, NULL);
        pki_clock_forward (&desk->clock, 24 * 9);
        assert_verdict (trust, desk->folder, "good", SEKI_USAGE_SERVER, "out of date");
        pki_clock_forward (&desk->clock, -24 * 9);
        assert_verdict (trust, desk->folder, "good", SEKI_USAGE_SERVER, NULL);
        pki_clock_forward (&desk->clock, -24 * 30);
        assert_verdict (trust, desk->folder, "good", SEKI_USAGE_SERVER, "not valid yet");
        seki_trust_free (trust);
}

static void
test_names (Desk *desk, gconstpointer data)
{
        CERTCertificate *certificate = pki_certificate (desk->folder, "names"),
                        *nul = pki_certificate (desk->folder, "nul");
        CERTCertificate *none = pki_certificate (desk->folder, "good");
        g_auto (GStrv) names = seki_certificate_names (certificate),
                       plain = seki_certificate_names (nul);
        g_auto (GStrv) nothing = seki_certificate_names (none);

        (void) data;
        g_assert_cmpuint (g_strv_length (names), ==, 2);
        g_assert_cmpstr (names[0], ==, "dns:good.test");
        g_assert_cmpstr (names[1], ==, "dns:second.test");
        g_assert_cmpuint (g_strv_length (plain), ==, 1);
        g_assert_cmpstr (plain[0], ==, "dns:b.test");
        g_assert_cmpuint (g_strv_length (nothing), ==, 0);
        g_assert_false (seki_dns_is_plain (seki_span ("a\0b", 3)));
        g_assert_false (seki_dns_is_plain (seki_span_text ("*.test")));
        g_assert_false (seki_dns_is_plain (seki_span_text ("")));
        g_assert_true (seki_dns_is_plain (seki_span_text ("a-1.b_2.test")));
        seki_certificate_free (certificate);
        seki_certificate_free (nul);
        seki_certificate_free (none);
}

static void
test_read (Desk *desk, gconstpointer data)
{
        CERTCertificate *certificate = pki_certificate (desk->folder, "short"), *again;
        g_autoptr (GByteArray) der = NULL;
        guint8 a[SEKI_HASH_LEN], b[SEKI_HASH_LEN];
        gint64 now = g_get_real_time ();
        GError *error = NULL;

        (void) data;
        bench_shell (desk->folder,
                     "openssl x509 -in short.pem -outform DER -out short.der\n"
                     "openssl crl2pkcs7 -nocrl -certfile short.pem -outform DER -out short.p7");
        der = bench_bytes (desk->folder, "short.der");
        again = seki_certificate_new (seki_span (der->data, der->len), &error);
        g_assert_no_error (error);
        seki_certificate_digest (certificate, a);
        seki_certificate_digest (again, b);
        g_assert_cmpmem (a, sizeof a, b, sizeof b);
        g_assert_cmpint (seki_certificate_seconds_left (again, now), >, 47 * 3600);
        g_assert_cmpint (seki_certificate_seconds_left (again, now), <=, 48 * 3600);
        g_assert_cmpint (seki_certificate_seconds_left (again, now + 49 * G_TIME_SPAN_HOUR), <, 0);
        seki_certificate_free (again);
        g_byte_array_append (der, (const guint8 *) "", 1);
        for (guint len = 0; len <= der->len; len++)
                if (len != der->len - 1)
                        g_assert_null (seki_certificate_new (seki_span (der->data, len), NULL));
        g_byte_array_unref (der);
        der = bench_bytes (desk->folder, "short.p7");
        g_assert_null (seki_certificate_new (seki_span (der->data, der->len), &error));
        bench_refused (error, SEKI_ERROR_INVALID);
        seki_certificate_free (certificate);
}

static void
test_speed (Desk *desk, gconstpointer data)
{
        SekiTrust *trust = pki_trust (desk->folder, &desk->clock, "root");
        CERTCertificate *certificate = pki_certificate (desk->folder, "good");
        gint64 start;

        (void) data;
        if (!g_test_perf ()) {
                g_test_skip ("run with -m perf");
        } else {
                start = g_get_monotonic_time ();
                for (guint i = 0; i < 20000; i++)
                        g_assert_true (
                                seki_trust_verify (trust, certificate, SEKI_USAGE_SERVER, NULL));
                g_test_message ("known peer: %.2f us",
                                (double) (g_get_monotonic_time () - start) / 20000);
        }
        seki_certificate_free (certificate);
        seki_trust_free (trust);
}

static char *
shared_folder (void)
{
        static char *folder;

        if (folder == NULL) {
                folder = bench_folder ();
                pki_make (folder, script);
        }
        return folder;
}

#define ADD(path, test) g_test_add (path, Desk, NULL, desk_set_up, test, desk_tear_down)

int
main (int argc, char **argv)
{
        int result;

        g_test_init (&argc, &argv, NULL);
        ADD ("/certificate/good ones", test_good);
        ADD ("/certificate/refused ones, each for its reason", test_refused);
        ADD ("/certificate/authorities in between are configured", test_path);
        ADD ("/certificate/what may be an authority", test_authorities);
        ADD ("/certificate/two nodes in one process", test_two_nodes);
        ADD ("/certificate/revocation lists", test_lists);
        ADD ("/certificate/an authority that signs no lists", test_mute);
        ADD ("/certificate/time goes on behind the cache", test_time_goes_on);
        ADD ("/certificate/names", test_names);
        ADD ("/certificate/reading", test_read);
        ADD ("/certificate/speed", test_speed);
        result = bench_run ();
        bench_remove (shared_folder ());
        return result;
}
