/* SPDX-License-Identifier: Apache-2.0 */
#include "pki.h"

#include <string.h>

static const char functions[] =
        "key () { openssl genpkey ${KEY:--algorithm EC -pkeyopt ec_paramgen_curve:P-256} -out "
        "$1.key 2>/dev/null; }\n"
        "book () {\n"
        "  : > $1.index; echo 01 > $1.number\n"
        "  printf '%s\\n' '[ca]' 'default_ca=d' '[d]' \"database=$1.index\" \"certificate=$1.pem\" "
        "\"private_key=$1.key\" "
        "    'new_certs_dir=.' 'rand_serial=yes' \"crlnumber=$1.number\" 'default_md=sha256' "
        "'policy=p' "
        "    'unique_subject=no' 'crl_extensions=x' '[p]' 'commonName=supplied' '[x]' "
        "'authorityKeyIdentifier=keyid' "
        "    > $1.conf; }\n"
        "ext () { { echo '[e]'; echo 'subjectKeyIdentifier=hash'; echo \"$1\" | tr '|' '\\n'; } > "
        "ext.conf; }\n"
        "issue () { openssl req -new -key $1.key -subj \"/CN=$4\" -out $1.csr\n"
        "  ext \"$3\"; shift 2; name=$OUT; shift 2\n"
        "  openssl ca -batch -notext -config $BY.conf -in $name.csr -out $name.pem -extfile "
        "ext.conf -extensions e \"$@\" "
        "    2>/dev/null; }\n"
        "root () { key $1; ext "
        "\"${3:-basicConstraints=critical,CA:TRUE|keyUsage=critical,keyCertSign,cRLSign}\"\n"
        "  { echo '[req]'; echo 'distinguished_name=n'; echo '[n]'; cat ext.conf; } > req.conf\n"
        "  openssl req -x509 -new -key $1.key -subj \"/CN=${2:-$1}\" -days 3650 -out $1.pem "
        "-config req.conf -extensions e\n"
        "  book $1; }\n"
        "sub () { key $1; OUT=$1 BY=$2\n"
        "  issue $1 $2 "
        "\"${3:-basicConstraints=critical,CA:TRUE|keyUsage=critical,keyCertSign,cRLSign}\" $1 "
        "-days 1000\n"
        "  book $1; }\n"
        "leaf () { key $1; OUT=$1 BY=$2; n=$1 i=$2 e=\"$3\"; shift 3\n"
        "  [ $# -gt 0 ] || set -- -days 30\n"
        "  issue $n $i \"$e\" $n.test \"$@\"; }\n"
        "revoke () { openssl ca -config $2.conf -revoke $1.pem 2>/dev/null; }\n"
        "crl () { i=$1 f=$2; shift 2; [ $# -gt 0 ] || set -- -crldays 10\n"
        "  openssl ca -config $i.conf -gencrl -out $f \"$@\" 2>/dev/null; }\n"
        "node='keyUsage=critical,digitalSignature|extendedKeyUsage=serverAuth,clientAuth'\n"
        "person='keyUsage=critical,digitalSignature|extendedKeyUsage=emailProtection'\n";

void
pki_make (const char *folder, const char *script)
{
        bench_write (folder, "pki.sh", functions, sizeof functions - 1);
        bench_shell (folder, ". ./pki.sh\n%s", script);
}

CERTCertificate *
pki_certificate (const char *folder, const char *name)
{
        g_autofree char *file = g_strconcat (name, ".pem", NULL);
        g_autofree char *text = bench_text (folder, file);
        GError *error = NULL;
        CERTCertificate *certificate = seki_certificate_new (seki_span_text (text), &error);

        g_assert_no_error (error);
        return certificate;
}

static gint64
clock_now (gpointer self)
{
        return ((PkiClock *) self)->now;
}

void
pki_clock_init (PkiClock *clock)
{
        *clock = (PkiClock){ { clock_now, clock_now, clock }, g_get_real_time () };
}

void
pki_clock_forward (PkiClock *clock, gint64 hours)
{
        clock->now += hours * 3600 * G_USEC_PER_SEC;
}

SekiTrust *
pki_trust (const char *folder, PkiClock *clock, const char *names)
{
        SekiTrust *trust = seki_trust_new (&clock->clock);
        g_auto (GStrv) list = g_strsplit (names, " ", -1);
        GError *error = NULL;

        for (guint i = 0; list[i] != NULL; i++) {
                g_autofree char *file = g_strconcat (list[i], ".pem", NULL),
                                *crl = g_strconcat (list[i], ".crl", NULL);
                g_autofree char *text = bench_text (folder, file), *path = bench_path (folder, crl);

                seki_trust_add_authority (trust, text, &error);
                g_assert_no_error (error);
                if (g_file_test (path, G_FILE_TEST_EXISTS)) {
                        g_autofree char *pem = bench_text (folder, crl);

                        seki_trust_load_crl (trust, seki_span_text (pem), &error);
                        g_assert_no_error (error);
                }
        }
        return trust;
}
