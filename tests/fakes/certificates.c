/* SPDX-License-Identifier: Apache-2.0 */
#include "fakes/certificates.h"

#include <glib/gstdio.h>
#include <stdarg.h>
#include <string.h>

struct FakePki {
        char *folder;
};

FakePki *
fake_pki_new (void)
{
        g_autoptr (GError) error = NULL;
        FakePki *pki = g_new0 (FakePki, 1);
        pki->folder = g_dir_make_tmp ("sekisho-pki-XXXXXX", &error);
        g_assert_no_error (error);
        return pki;
}

static void
remove_tree (const char *path)
{
        const char *name;
        gboolean link = g_file_test (path, G_FILE_TEST_IS_SYMLINK);
        GDir *dir = link ? NULL : g_dir_open (path, 0, NULL);
        while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
                g_autofree char *child = g_build_filename (path, name, NULL);
                remove_tree (child);
        }
        g_clear_pointer (&dir, g_dir_close);
        g_remove (path);
}

void
fake_pki_free (FakePki *pki)
{
        remove_tree (pki->folder);
        g_free (pki->folder);
        g_free (pki);
}

char *
fake_pki_path (FakePki *pki, const char *name)
{
        return g_build_filename (pki->folder, name, NULL);
}

char *
fake_pki_read (FakePki *pki, const char *name)
{
        g_autofree char *path = fake_pki_path (pki, name);
        g_autoptr (GError) error = NULL;
        char *text = NULL;
        g_file_get_contents (path, &text, NULL, &error);
        g_assert_no_error (error);
        return text;
}

static void
pki_write (FakePki *pki, const char *name, const char *text)
{
        g_autofree char *path = fake_pki_path (pki, name);
        g_autoptr (GError) error = NULL;
        g_file_set_contents (path, text, -1, &error);
        g_assert_no_error (error);
}

/* Runs openssl in the folder; the arguments are one text without quotes; a
 * tab stands for a space within one. */
static void G_GNUC_PRINTF (2, 3)
pki_openssl (FakePki *pki, const char *format, ...)
{
        g_autoptr (GError) error = NULL;
        g_autofree char *output = NULL;
        gint status = 0;
        va_list list;
        va_start (list, format);
        g_autofree char *rest = g_strdup_vprintf (format, list);
        va_end (list);
        g_autofree char *line = g_strconcat ("openssl ", rest, NULL);
        g_auto (GStrv) argv = g_strsplit (line, " ", -1);

        for (char **arg = argv; *arg != NULL; arg++)
                g_strdelimit (*arg, "\t", ' ');
        g_spawn_sync (pki->folder, argv, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_STDOUT_TO_DEV_NULL,
                      NULL, NULL, NULL, &output, &status, &error);
        g_assert_no_error (error);
        if (!g_spawn_check_wait_status (status, NULL))
                g_error ("%s: %s", line, output);
}

static char *
day (gint from_now)
{
        g_autoptr (GDateTime) now = g_date_time_new_now_utc ();
        g_autoptr (GDateTime) then = g_date_time_add_days (now, from_now);
        return g_date_time_format (then, "%Y%m%d%H%M%SZ");
}

/* What "openssl ca" keeps for one authority. */
static void
pki_found_authority (FakePki *pki, const char *stem)
{
        g_autofree char *config = g_strdup_printf (
                "[ca]\ndefault_ca = own\n[own]\nnew_certs_dir = .\ndatabase = %s.index\nserial = "
                "%s.serial\n"
                "crlnumber = %s.crlnumber\ncertificate = %s.pem\nprivate_key = %s.key\ndefault_md "
                "= sha256\n"
                "default_crl_days = 30\npolicy = any\nunique_subject = no\ncrl_extensions = list\n"
                "[any]\ncommonName = supplied\norganizationName = optional\n"
                "[list]\nauthorityKeyIdentifier = keyid\n",
                stem, stem, stem, stem, stem);
        g_autofree char *name = g_strconcat (stem, ".cnf", NULL);
        g_autofree char *index = g_strconcat (stem, ".index", NULL);
        g_autofree char *serial = g_strconcat (stem, ".serial", NULL);
        g_autofree char *crlnumber = g_strconcat (stem, ".crlnumber", NULL);
        g_autofree char *first = g_strdup_printf ("%08X00", g_random_int_range (1, G_MAXINT));
        pki_write (pki, name, config);
        pki_write (pki, index, "");
        pki_write (pki, serial, first);
        pki_write (pki, crlnumber, "01");
}

static void
pki_write_extensions (FakePki *pki, const char *stem, const FakeCertificate *certificate)
{
        g_autofree char *name = g_strconcat (stem, ".ext", NULL);
        GString *text = g_string_new ("subjectKeyIdentifier = hash\n");
        g_string_append (text, certificate->authority
                                       ? "basicConstraints = critical,CA:TRUE\nkeyUsage = "
                                         "critical,keyCertSign,cRLSign\n"
                                       : "basicConstraints = critical,CA:FALSE\nkeyUsage = "
                                         "critical,digitalSignature\n");
        if (certificate->issuer != NULL)
                g_string_append (text, "authorityKeyIdentifier = keyid\n");
        if (certificate->san != NULL)
                g_string_append_printf (text, "subjectAltName = %s\n", certificate->san);
        if (certificate->usage != NULL)
                g_string_append_printf (text, "extendedKeyUsage = %s\n", certificate->usage);
        if (certificate->extensions != NULL)
                g_string_append (text, certificate->extensions);
        pki_write (pki, name, text->str);
        g_string_free (text, TRUE);
}

static void
pki_request (FakePki *pki, const char *stem, const FakeCertificate *certificate)
{
        const char *key = certificate->key != NULL ? certificate->key : "EC:P-256";
        const char *option =
                g_str_has_prefix (key, "RSA") ? "rsa_keygen_bits" : "ec_paramgen_curve";
        g_auto (GStrv) parts = g_strsplit (key, ":", 2);
        const char *name = certificate->name != NULL ? certificate->name : stem;
        g_autofree char *csr = g_strconcat (stem, ".csr", NULL);
        if (certificate->request != NULL) {
                pki_write (pki, csr, certificate->request);
                return;
        }
        pki_openssl (pki, "genpkey -algorithm %s -pkeyopt %s:%s -out %s.key", parts[0], option,
                     parts[1], stem);
        pki_openssl (pki, "req -new -key %s.key -subj /CN=%s -out %s", stem, name, csr);
}

void
fake_pki_issue (FakePki *pki, const char *stem, const FakeCertificate *certificate)
{
        gboolean usual = certificate->from == 0 && certificate->to == 0;
        g_autofree char *from = day (usual ? -1 : certificate->from);
        g_autofree char *to = day (usual ? 365 : certificate->to);
        g_autofree char *self = g_strdup_printf ("-selfsign -keyfile %s.key", stem);
        const char *digest = certificate->digest != NULL ? certificate->digest : "sha256";
        const char *issuer = certificate->issuer != NULL ? certificate->issuer : stem;

        if (certificate->authority || certificate->issues || certificate->issuer == NULL)
                pki_found_authority (pki, stem);
        pki_request (pki, stem, certificate);
        pki_write_extensions (pki, stem, certificate);
        pki_openssl (pki,
                     "ca -batch -notext -config %s.cnf -md %s -startdate %s -enddate %s -extfile "
                     "%s.ext"
                     " -in %s.csr -out %s.pem%s%s",
                     issuer, digest, from, to, stem, stem, stem,
                     certificate->issuer == NULL ? " " : "",
                     certificate->issuer == NULL ? self : "");
}

void
fake_pki_revoke (FakePki *pki, const char *authority, const char *stem)
{
        pki_openssl (pki, "ca -config %s.cnf -revoke %s.pem", authority, stem);
}

char *
fake_pki_crl (FakePki *pki, const char *authority, gint from, gint to)
{
        g_autofree char *last = day (from);
        g_autofree char *next = day (to != 0 ? to : 30);
        g_autofree char *name = g_strconcat (authority, ".crl", NULL);
        pki_openssl (pki, "ca -config %s.cnf -gencrl -crl_lastupdate %s -crl_nextupdate %s -out %s",
                     authority, last, next, name);
        return fake_pki_read (pki, name);
}
