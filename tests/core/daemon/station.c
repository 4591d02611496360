/* SPDX-License-Identifier: Apache-2.0 */
#include "station.h"

#include "daemon/lists.h"

#include <arpa/inet.h>
#include <glib/gstdio.h>
#include <sys/socket.h>
#include <unistd.h>

static gint64
station_now (gpointer self)
{
        return g_get_real_time () + ((Station *) self)->offset;
}

static gint64
station_monotonic (gpointer self)
{
        (void) self;
        return g_get_monotonic_time ();
}

char *
station_file (Station *station, const char *name)
{
        return g_build_filename (station->folder, name, NULL);
}

static void
station_write (Station *station, const char *name, const char *text)
{
        g_autofree char *path = station_file (station, name);
        g_autoptr (GError) error = NULL;

        g_file_set_contents (path, text, -1, &error);
        g_assert_no_error (error);
}

/* One that was free a moment ago. */
static guint16
free_port (void)
{
        struct sockaddr_in address = { .sin_family = AF_INET,
                                       .sin_addr = { htonl (INADDR_LOOPBACK) } };
        socklen_t len = sizeof address;
        int fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

        g_assert_cmpint (bind (fd, (const struct sockaddr *) &address, len), ==, 0);
        g_assert_cmpint (getsockname (fd, (struct sockaddr *) &address, &len), ==, 0);
        close (fd);
        return ntohs (address.sin_port);
}

Station *
station_new (const char *mark)
{
        Station *station = g_new0 (Station, 1);
        gboolean test = strcmp (mark, "test") == 0;

        station->pki = fake_pki_new ();
        station->folder = fake_pki_path (station->pki, "station");
        station->more = g_string_new (NULL);
        station->port = free_port ();
        station->clock = (SekiClock){ station_now, station_monotonic, station };
        g_mkdir_with_parents (station->folder, 0700);
        station->profile = station_file (station, "profile.conf");
        fake_pki_issue (station->pki, "ca",
                        &(FakeCertificate){ .authority = TRUE,
                                            .name = test ? "ca/O=sekisho\ttest" : "ca" });
        fake_pki_issue (station->pki, "recovery", &(FakeCertificate){ .key = "RSA:2048" });
        station_write_list (station);
        station_add_person (station, "alice", 0, 0);
        station_add_person (station, "bob", 0, 0);
        station_add_person (station, "carol", 0, 0);
        station_write_profile (station, mark);
        return station;
}

void
station_free (Station *station)
{
        fake_pki_free (station->pki);
        g_string_free (station->more, TRUE);
        g_free (station->profile);
        g_free (station->folder);
        g_free (station);
}

void
station_write_list (Station *station)
{
        g_autofree char *list = fake_pki_crl (station->pki, "ca", -1, 0);

        station_write (station, "ca.crl", list);
}

void
station_add_person (Station *station, const char *id, gint from, gint to)
{
        fake_pki_issue (
                station->pki, id,
                &(FakeCertificate){
                        .issuer = "ca", .usage = "emailProtection", .from = from, .to = to });
        g_string_append_printf (station->more, "[person %s]\ncertificate = ../%s.pem\n", id, id);
}

/* "KIND-NAME" as meson built it, with its digest. */
static void
profile_add_module (GString *text, const char *name, const char *options)
{
        g_auto (GStrv) parts = g_strsplit (name, "-", 2);
        g_autofree char *file = g_strconcat (name, ".so", NULL);
        g_autofree char *path =
                g_build_filename (g_getenv ("SEKISHO_MODULES"), parts[0], parts[1], file, NULL);
        g_autofree char *bytes = NULL, *digest = NULL;
        g_autoptr (GError) error = NULL;
        gsize len;

        g_file_get_contents (path, &bytes, &len, &error);
        g_assert_no_error (error);
        digest = g_compute_checksum_for_data (G_CHECKSUM_SHA256, (const guchar *) bytes, len);
        g_string_append_printf (text, "[module %s]\nfile = %s\ndigest = %s\n%s", name, path, digest,
                                options);
}

void
station_write_profile (Station *station, const char *mark)
{
        GString *text = g_string_new (NULL);
        g_autofree char *rules = g_strdup_printf ("rules = %s\n", g_getenv ("SEKISHO_SCRIPTS"));

        g_string_append_printf (
                text,
                "[node]\nid = am1\nroles = account\nmark = %s\ncountry = JP\ndata = data\n"
                "listen = 127.0.0.1:%u\n"
                "name = " STATION_NAME "\ncodes = 1205760\nmetrics = data/metrics\n"
                "[peer ti]\nroles = transfer\ncountry = JP\nname = ti.example\n"
                "to = 127.0.0.1:1\n"
                "[peer mirror]\nroles = account\ncountry = JP\nname = " STATION_NAME
                "\nfrom = 127.0.0.1\nto = 127.0.0.1:%u\n"
                "[trust]\nauthorities = ../ca.pem\nlists = ca.crl\n[retention]\nyears = 7\n%s",
                mark, station->port, station->port, station->more->str);
        if (g_getenv ("SEKISHO_MODULES") != NULL) {
                profile_add_module (text, "storage-rocksdb", "path = store\n");
                profile_add_module (text, "policy-lua", rules);
                profile_add_module (text, "role-account", "number = yes\n");
                profile_add_module (text, "transport-h2", "");
        }
        station_write (station, "profile.conf", text->str);
        g_string_free (text, TRUE);
}

void
station_make_keys (Station *station)
{
        g_autofree char *keys = station_file (station, "data/keys"),
                        *recovery = fake_pki_read (station->pki, "recovery.pem");
        g_autofree char *request = NULL, *certificate = NULL;
        g_autoptr (SekiSecret) passphrase =
                seki_secret_new_copy (STATION_PASSPHRASE, strlen (STATION_PASSPHRASE));
        g_autoptr (SekiKeyring) keyring = NULL;
        g_autoptr (GError) error = NULL;

        g_mkdir_with_parents (keys, 0700);
        seki_keyring_create (keys, passphrase, recovery, &error);
        g_assert_no_error (error);
        keyring = seki_keyring_open (keys, &error);
        g_assert_no_error (error);
        seki_keyring_unseal (keyring, passphrase, &error);
        g_assert_no_error (error);
        request = seki_keyring_request (keyring, "CN=node", STATION_NAME, FALSE, &error);
        g_assert_no_error (error);
        fake_pki_issue (station->pki, "node",
                        &(FakeCertificate){ .issuer = "ca",
                                            .san = "DNS:" STATION_NAME,
                                            .usage = "clientAuth,serverAuth",
                                            .request = request });
        certificate = fake_pki_read (station->pki, "node.pem");
        seki_keyring_install (keyring, certificate, &error);
        g_assert_no_error (error);
}

GByteArray *
station_sign (Station *station, const char *person, const char *text)
{
        g_autofree char *pem_name = g_strconcat (person, ".pem", NULL),
                        *key_name = g_strconcat (person, ".key", NULL);
        g_autofree char *pem = fake_pki_read (station->pki, pem_name),
                        *key = fake_pki_read (station->pki, key_name);
        g_autoptr (SekiSecret) secret = seki_secret_new_copy (key, strlen (key) + 1);
        GByteArray *cms = g_byte_array_new ();
        g_autoptr (GError) error = NULL;

        seki_secret_shrink (secret, strlen (key));
        seki_cms_sign (seki_span_text (text), pem, secret, cms, &error);
        g_assert_no_error (error);
        return cms;
}

void
station_approve (Station *station, const char *first, const char *second)
{
        g_autoptr (GError) error = NULL;
        g_autoptr (SekiProfile) profile = seki_profile_read (station->profile, &error);
        g_autoptr (SekiJournal) journal = seki_journal_new ("test", 2);
        g_autoptr (SekiLists) lists = NULL;
        g_autoptr (SekiConsent) consent = NULL;
        g_autoptr (GByteArray) one = NULL, two = NULL;
        g_autofree char *text = NULL;
        SekiSpan signatures[2];
        SekiApproval approval;

        g_assert_no_error (error);
        station->offset += G_USEC_PER_SEC; /* another statement than the last one */
        lists = seki_lists_new (profile, &station->clock, journal, &error);
        g_assert_no_error (error);
        consent = seki_consent_new (profile, seki_lists_get_trust (lists), &station->clock);
        text = seki_consent_statement (consent);
        one = station_sign (station, first, text);
        two = station_sign (station, second, text);
        signatures[0] = seki_span (one->data, one->len);
        signatures[1] = seki_span (two->data, two->len);
        seki_approval_add (seki_consent_get_approvals (consent), seki_span_text (text), signatures,
                           2, FALSE, &approval, &error);
        g_assert_no_error (error);
        g_assert_cmpuint (approval.n_persons, ==, 2);
}
