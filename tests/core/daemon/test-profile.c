/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/profile.h"

#include <glib/gstdio.h>

#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"

/* One group each, so that a test may exchange one. */
#define NODE                                                                          \
        "[node]\nid = am1\nroles = account\nmark = test\ncountry = JP\ndata = data\n" \
        "listen = 127.0.0.1:8443\nname = am1.example\n"
#define TRUST "[trust]\nauthorities = ca.pem\nlists = ca.crl, b.crl\n"
#define RETENTION "[retention]\nyears = 7\n"
#define PEER                                                                                  \
        "[peer ti]\nroles = transfer\ncountry = JP\nname = ti.example\nfrom = 192.0.2.0/24\n" \
        "to = [2001:db8::7]:443\n"

typedef struct {
        char *folder, *path;
} Place;

static void
place_init (Place *place)
{
        place->folder = g_dir_make_tmp ("sekisho-profile-XXXXXX", NULL);
        place->path = g_build_filename (place->folder, "node.conf", NULL);
}

static void
place_clear (Place *place)
{
        g_unlink (place->path);
        g_rmdir (place->folder);
        g_free (place->path);
        g_free (place->folder);
}

static SekiProfile *
place_read (const Place *place, const char *text, GError **error)
{
        g_assert_true (g_file_set_contents (place->path, text, -1, NULL));
        return seki_profile_read (place->path, error);
}

/* line 0: whichever. */
static void
refused (const char *text, guint line, const char *part)
{
        Place place;
        g_autoptr (GError) error = NULL;
        g_autofree char *where = NULL;

        place_init (&place);
        g_assert_null (place_read (&place, text, &error));
        g_assert_error (error, SEKI_ERROR, SEKI_ERROR_CONFIG);
        where = g_strdup_printf ("%s:%u: ", place.path, line);
        if ((line > 0 && !g_str_has_prefix (error->message, where)) ||
            !g_str_has_prefix (error->message, place.path) || strstr (error->message, part) == NULL)
                g_error ("expected line %u, '%s': %s", line, part, error->message);
        place_clear (&place);
}

static void
test_whole (void)
{
        Place place;
        g_autoptr (GError) error = NULL;
        g_autoptr (SekiProfile) profile = NULL;
        g_autofree char *data = NULL, *list = NULL;
        SekiNodeConfig config;
        gsize n;

        place_init (&place);
        profile = place_read (&place,
                              NODE TRUST RETENTION PEER
                              "[office back]\nname = back.example\nfrom = 127.0.0.1\n"
                              "[person alice]\ncertificate = alice.pem\nlogin = alice\n"
                              "[module role-account]\ndigest = " ZEROS
                              "\nnumber = yes\nown = 1\nempty =\n"
                              "[limits]\nbody = 1M\nidle = 2m\n",
                              &error);
        g_assert_no_error (error);
        seki_profile_fill (profile, &config);
        data = g_build_filename (place.folder, "data", NULL);
        list = g_build_filename (place.folder, "b.crl", NULL);
        g_assert_cmpstr (config.data, ==, data);
        g_assert_cmpstr (config.origin, ==, "am1.example/lane/0");
        g_assert_cmpstr (config.address, ==, "127.0.0.1");
        g_assert_cmpuint (config.port, ==, 8443);
        g_assert_true (config.test);
        g_assert_cmpuint (config.max_body, ==, 1024 * 1024);
        g_assert_cmpint (config.limits.idle_timeout, ==, 120 * G_USEC_PER_SEC);
        g_assert_cmpint (config.retention_years, ==, 7);
        g_assert_cmpuint (config.n_peers, ==, 2);
        g_assert_cmpstr (config.peers[0].host, ==, "2001:db8::7");
        g_assert_cmpuint (config.peers[0].port, ==, 443);
        g_assert_cmpstr (config.peers[1].party->id, ==, "office:back");
        g_assert_cmpint (config.peers[1].party->kind, ==, SEKI_CALLER_OFFICE);
        g_assert_cmpuint (config.n_witnessed, ==, 1);
        g_assert_cmpuint (config.n_modules, ==, 1);
        g_assert_true (config.modules[0].number);
        g_assert_cmpstr (config.modules[0].keys[0], ==, "own");
        g_assert_cmpstr (config.modules[0].values[1], ==, "");
        g_assert_null (config.modules[0].keys[2]);
        g_assert_cmpstr (seki_profile_get_lists (profile)[1], ==, list);
        g_assert_cmpstr (seki_profile_get_persons (profile, &n)->login, ==, "alice");
        g_assert_cmpuint (n, ==, 1);
        g_assert_null (seki_profile_get_metrics (profile));
        place_clear (&place);
}

/* Comments and order are not part of it; every value is. */
static void
test_digest (void)
{
        Place place;
        g_autoptr (GError) error = NULL;
        g_autoptr (SekiProfile) a = NULL, b = NULL, c = NULL;

        place_init (&place);
        a = place_read (&place, NODE TRUST RETENTION PEER, &error);
        b = place_read (&place, "# the same\n" RETENTION PEER TRUST NODE, &error);
        c = place_read (&place, NODE TRUST "[retention]\nyears = 8\n" PEER, &error);
        g_assert_no_error (error);
        g_assert_cmpuint (strlen (seki_profile_get_digest (a)), ==, 64);
        g_assert_cmpstr (seki_profile_get_digest (a), ==, seki_profile_get_digest (b));
        g_assert_cmpstr (seki_profile_get_digest (a), !=, seki_profile_get_digest (c));
        place_clear (&place);
}

static void
test_slips (void)
{
        refused ("[nod]\n", 1, "Did you mean [node]?");
        refused ("[quite-something-else]\n", 1, "config schema");
        refused (NODE "colour = red\n" TRUST RETENTION, 9, "'colour'");
        refused (NODE "contry = JP\n" TRUST RETENTION, 9, "Did you mean 'country'?");
        refused ("[node am1]\n", 1, "takes no name");
        refused ("[peer]\n", 1, "needs a name");
        refused (TRUST RETENTION, 1, "lacks the group [node]");
        refused (NODE RETENTION, 1, "lacks the group [trust]");
        refused (NODE TRUST, 1, "lacks the group [retention]");
        refused ("[node]\nid = am1\n" TRUST RETENTION, 1, "lacks the key 'roles'");
        refused (NODE TRUST "[retention]\n", 12, "lacks the key 'years'");
}

static void
test_values (void)
{
        static const struct {
                const char *from, *to, *part;
        } slips[] = {
                { "mark = test", "mark = proof", "'mark' can not be 'proof'" },
                { "country = JP", "country = JPN", "'country'" },
                { "listen = 127.0.0.1:8443", "listen = localhost:8443", "'listen'" },
                { "listen = 127.0.0.1:8443", "listen = 127.0.0.1:65536", "'listen'" },
                { "listen = 127.0.0.1:8443", "listen = 127.0.0.1", "'listen'" },
                { "roles = account", "roles = acount", "'acount' is no role" },
                { "roles = account", "roles =", "'roles'" },
                { "years = 7", "years = 101", "'years'" },
                { "years = 7", "years = -1", "'years'" },
                { "years = 7", "years = 7 years", "'years'" },
                { "years = 7", "years = 99999999999999999999", "'years'" },
                { "years = 7", "years =", "'years'" },
                { "id = am1", "id = am 1", "can not be an id" },
                { "id = am1", "id = timer", "can not be an id" },
                { "id = am1", "id = office:a", "can not be an id" },
                { "id = am1", "id = am1\ncodes = 123456", "no participant code" },
                { "id = am1", "id = am1\ncodes = 12345678", "no participant code" },
                { "id = am1", "id = am1\nworkers = 0", "'workers'" },
                { "id = am1", "id = am1\nmetrics = 192.0.2.1:9100", "of this machine alone" },
                { "from = 192.0.2.0/24", "from = 192.0.2.1/24", "no network" },
                { "from = 192.0.2.0/24", "from = somewhere", "no address" },
                { "[peer ti]", "[peer am1]", "this node itself" },
                { "[peer ti]", "[peer ti:1]", "can not be an id" },
                { "[peer ti]", "[peer a1234567890123456789012345678901]", "can not be an id" },
        };

        for (gsize i = 0; i < G_N_ELEMENTS (slips); i++) {
                g_auto (GStrv) parts = g_strsplit (NODE TRUST RETENTION PEER, slips[i].from, 2);
                g_autofree char *text = g_strjoinv (slips[i].to, parts);

                g_assert_cmpuint (g_strv_length (parts), ==, 2);
                refused (text, 0, slips[i].part);
        }
}

static void
test_groups (void)
{
        refused (NODE TRUST RETENTION PEER "[office back]\nname = TI.example\nfrom = 127.0.0.1\n",
                 20, "the same name");
        refused (NODE TRUST RETENTION "[office back]\nname = b.example\n", 14, "'from'");
        refused (NODE TRUST RETENTION "[module role-account]\n", 14, "'digest'");
        refused (NODE TRUST RETENTION "[module role-account]\ndigest = abc\n", 15, "'digest'");
        refused (NODE TRUST RETENTION "[module a]\ndigest = " ZEROS "\nnumber = true\n", 16,
                 "'number'");
        refused (NODE TRUST RETENTION "[person alice]\n", 14, "'certificate'");
        refused (NODE TRUST RETENTION "[person person]\ncertificate = a.pem\n", 14,
                 "can not be an id");
        refused (NODE TRUST RETENTION "[limits]\nbody = 1T\n", 15, "'body'");
        refused (NODE TRUST RETENTION "[limits]\nbody = 1\n", 15, "'body'");
        refused (NODE TRUST RETENTION "[limits]\nidle = 2 m\n", 15, "'idle'");
        refused (NODE TRUST RETENTION "[limits]\nhandshake = 2m\n", 15, "'handshake'");
}

static void
test_metrics (void)
{
        Place place;
        g_autoptr (GError) error = NULL;
        g_autoptr (SekiProfile) port = NULL, path = NULL;
        g_autofree char *wanted = NULL;

        place_init (&place);
        port = place_read (&place, NODE "metrics = 127.0.0.1:9100\n" TRUST RETENTION, &error);
        path = place_read (&place, NODE "metrics = m\n" TRUST RETENTION, &error);
        g_assert_no_error (error);
        wanted = g_build_filename (place.folder, "m", NULL);
        g_assert_cmpstr (seki_profile_get_metrics (port), ==, "127.0.0.1:9100");
        g_assert_cmpstr (seki_profile_get_metrics (path), ==, wanted);
        place_clear (&place);
}

/* Fallbacks must themselves be sound, and every key must have its help. */
static void
test_schema (void)
{
        for (const SekiProfileKey *key = seki_profile_schema (); key->group != NULL; key++) {
                g_assert_nonnull (key->help);
                g_assert_false (key->required && key->fallback != NULL);
                for (const SekiProfileKey *other = key + 1; other->group != NULL; other++)
                        g_assert_false (strcmp (key->group, other->group) == 0 &&
                                        strcmp (key->key, other->key) == 0);
        }
}

int
main (int argc, char **argv)
{
        g_test_init (&argc, &argv, NULL);
        g_test_add_func ("/profile/a whole one", test_whole);
        g_test_add_func ("/profile/digest", test_digest);
        g_test_add_func ("/profile/slips name place and nearest", test_slips);
        g_test_add_func ("/profile/values", test_values);
        g_test_add_func ("/profile/groups", test_groups);
        g_test_add_func ("/profile/metrics", test_metrics);
        g_test_add_func ("/profile/schema", test_schema);
        return g_test_run ();
}
