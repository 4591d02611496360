/* SPDX-License-Identifier: Apache-2.0 */
/* Who is kept out, and why: every case ends with its own reason, and nothing
 * reaches the owner of the channels. */
#include "rude.h"

#include "keyring/nss.h"

#define BOTH "clientAuth,serverAuth"
#define GOOD "-tls1_3 -alpn h2"
#define LAX GOOD " -cipher DEFAULT@SECLEVEL=0"   /* openssl itself would not show it */
/* "south.example", NUL, ".evil" as one dNSName */
#define NUL_NAME "DER:30:15:82:13:73:6f:75:74:68:2e:65:78:61:6d:70:6c:65:00:2e:65:76:69:6c"

typedef struct {
        const char *title, *reason;     /* reason NULL: is let in */
        FakeCertificate
                certificate; /* of a client that calls itself south, unless san says otherwise */
        const char *options;            /* of openssl; NULL: GOOD */
        const char *from;               /* NULL: HERE */
        gboolean bare;                  /* shows no certificate */
} Stranger;

typedef struct {
        Town *town;
        const Stranger *stranger;
} Visit;

#define SAN(name) .issuer = "ca", .san = name, .usage = "clientAuth"
#define SOUTH_SAN SAN ("DNS:" SOUTH)

static const Stranger callers[] = {
        { "a good one is let in", NULL, { SOUTH_SAN } },
        { "a good one with another case of letters is let in",
          NULL,
          { SAN ("DNS:South.EXAMPLE") } },
        { "a good one from the other address is let in",
          NULL,
          { SAN ("DNS:" EAST) },
          .from = THERE },
        { "no certificate", SEKI_REFUSAL_NO_CERTIFICATE, { 0 }, .bare = TRUE },
        { "expired", SEKI_REFUSAL_EXPIRED, { SOUTH_SAN, .from = -30, .to = -1 } },
        { "not yet valid", SEKI_REFUSAL_NOT_YET_VALID, { SOUTH_SAN, .from = 1, .to = 30 } },
        { "of a foreign authority",
          SEKI_REFUSAL_UNKNOWN_AUTHORITY,
          { .issuer = "foreign", .san = "DNS:" SOUTH, .usage = BOTH } },
        { "of an authority with our authority's name",
          SEKI_REFUSAL_UNKNOWN_AUTHORITY,
          { .issuer = "twin", .san = "DNS:" SOUTH, .usage = BOTH } },
        { "signed by itself",
          SEKI_REFUSAL_UNKNOWN_AUTHORITY,
          { .san = "DNS:" SOUTH, .usage = BOTH } },
        { "for servers only",
          SEKI_REFUSAL_WRONG_USAGE,
          { .issuer = "ca", .san = "DNS:" SOUTH, .usage = "serverAuth" } },
        { "for code only",
          SEKI_REFUSAL_WRONG_USAGE,
          { .issuer = "ca", .san = "DNS:" SOUTH, .usage = "codeSigning" } },
        { "for anything", SEKI_REFUSAL_WRONG_USAGE, { .issuer = "ca", .san = "DNS:" SOUTH } },
        { "an authority as a leaf", SEKI_REFUSAL_WRONG_USAGE, { SOUTH_SAN, .authority = TRUE } },
        { "of an authority that is a leaf",
          SEKI_REFUSAL_UNKNOWN_AUTHORITY,
          { .issuer = "leaf", .san = "DNS:" SOUTH, .usage = BOTH } },
        { "an unknown name", SEKI_REFUSAL_UNKNOWN_NAME, { SAN ("DNS:west.example") } },
        { "a name below a known one", SEKI_REFUSAL_UNKNOWN_NAME, { SAN ("DNS:a." SOUTH) } },
        { "a wildcard", SEKI_REFUSAL_UNKNOWN_NAME, { SAN ("DNS:*.example") } },
        { "a NUL in the name", SEKI_REFUSAL_UNKNOWN_NAME, { SAN (NUL_NAME) } },
        { "a name that is no DNS name", SEKI_REFUSAL_UNKNOWN_NAME, { SAN ("URI:" SOUTH) } },
        { "no name at all", SEKI_REFUSAL_UNKNOWN_NAME, { .issuer = "ca", .usage = BOTH } },
        { "names of two parties", SEKI_REFUSAL_UNKNOWN_NAME, { SAN ("DNS:" SOUTH ",DNS:" EAST) } },
        { "a key of 1024 bits", SEKI_REFUSAL_WEAK, { SOUTH_SAN, .key = "RSA:1024" }, LAX },
        { "signed with SHA-1", SEKI_REFUSAL_WEAK, { SOUTH_SAN, .digest = "sha1" }, LAX },
        { "a critical extension nobody knows",
          SEKI_REFUSAL_BAD_CERTIFICATE,
          { SOUTH_SAN, .extensions = "1.2.3.4 = critical,ASN1:NULL\n" } },
        { "TLS 1.2", SEKI_REFUSAL_VERSION, { SOUTH_SAN }, "-tls1_2 -alpn h2" },
        { "another protocol", SEKI_REFUSAL_NO_ALPN, { SOUTH_SAN }, "-tls1_3 -alpn http/1.1" },
        { "no protocol", SEKI_REFUSAL_NO_ALPN, { SOUTH_SAN }, "-tls1_3" },
        { "another cipher only",
          SEKI_REFUSAL_NO_CIPHER,
          { SOUTH_SAN },
          GOOD " -ciphersuites TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256" },
        { "another group only", SEKI_REFUSAL_NO_CIPHER, { SOUTH_SAN }, GOOD " -groups P-256" },
        { "the right one from an unknown address",
          SEKI_REFUSAL_WRONG_ADDRESS,
          { SOUTH_SAN },
          NULL,
          "127.0.0.9" },
        { "the right one from another's address",
          SEKI_REFUSAL_WRONG_ADDRESS,
          { SOUTH_SAN },
          NULL,
          THERE },
        { "another's from here", SEKI_REFUSAL_WRONG_ADDRESS, { SAN ("DNS:" EAST) } },
};

static char *
visit_options (const Visit *visit)
{
        const char *options = visit->stranger->options != NULL ? visit->stranger->options : GOOD;
        if (visit->stranger->bare)
                return g_strdup (options);
        fake_pki_issue (visit->town->pki, "guest", &visit->stranger->certificate);
        return g_strconcat (options, " -cert guest.pem -key guest.key", NULL);
}

static void
test_caller (gconstpointer data)
{
        const Visit *visit = data;
        const char *from = visit->stranger->from != NULL ? visit->stranger->from : HERE;
        g_autoptr (Node) north = node_new (visit->town, TOWN_NORTH, NULL);
        g_autofree char *options = visit_options (visit);

        node_listen (north);
        G_GNUC_UNUSED g_autoptr (Rude) rude = rude_client (north, from, options);
        if (visit->stranger->reason == NULL) {
                town_wait (visit->town, &north->opened, 1);
                return;
        }
        town_wait (visit->town, &north->strangers, 1);
        town_run (visit->town, 20000);
        g_assert_cmpstr (north->reason, ==, visit->stranger->reason);
        g_assert_cmpstr (north->address, ==, from);
        g_assert_cmpuint (north->opened, ==, 0);
        g_assert_cmpuint (north->strangers, ==, 1);
        g_assert_cmpuint (seki_endpoint_count (north->endpoint), ==, 0);
}

#define NORTH_SAN .issuer = "ca", .san = "DNS:" NORTH, .usage = "serverAuth"

/* Whoever answers where north should be. */
static const Stranger answerers[] = {
        { "a good one is talked to", NULL, { NORTH_SAN } },
        { "another institution", SEKI_REFUSAL_WRONG_PARTY,
          { .issuer = "ca", .san = "DNS:" EAST, .usage = "serverAuth" } },
        { "an unknown name", SEKI_REFUSAL_UNKNOWN_NAME,
          { .issuer = "ca", .san = "DNS:west.example", .usage = "serverAuth" } },
        { "expired", SEKI_REFUSAL_EXPIRED, { NORTH_SAN, .from = -30, .to = -1 } },
        { "for clients only", SEKI_REFUSAL_WRONG_USAGE,
          { .issuer = "ca", .san = "DNS:" NORTH, .usage = "clientAuth" } },
        { "of a foreign authority", SEKI_REFUSAL_UNKNOWN_AUTHORITY,
          { .issuer = "foreign", .san = "DNS:" NORTH, .usage = BOTH } },
        { "no protocol", SEKI_REFUSAL_NO_ALPN, { NORTH_SAN }, "-tls1_3" },
        { "TLS 1.2", SEKI_REFUSAL_VERSION, { NORTH_SAN }, "-tls1_2 -alpn h2" },
};

static void
test_answerer (gconstpointer data)
{
        const Visit *visit = data;
        Town *town = visit->town;
        g_autoptr (Node) south = node_new (town, TOWN_SOUTH, NULL);
        g_autofree char *options = visit_options (visit);
        G_GNUC_UNUSED g_autoptr (Rude) rude = rude_server (town, TOWN_NORTH, options);

        node_call (south, TOWN_NORTH);
        if (visit->stranger->reason == NULL) {
                town_wait (town, &south->opened, 1);
                return;
        }
        town_wait (town, &south->closed, 1);
        g_assert_cmpstr (south->why, ==, visit->stranger->reason);
        g_assert_cmpstr (south->reason, ==, visit->stranger->reason);
        g_assert_cmpuint (south->opened, ==, 0);
}

/* A node that no longer is welcome hears so in the channel it had opened. */
static void
test_refused_by_peer (gconstpointer data)
{
        Town *town = (Town *) data;
        g_autoptr (Node) north = node_new (town, TOWN_NORTH, NULL),
                         south = node_new (town, TOWN_SOUTH, NULL);
        SekiPeer kept = town->peer[TOWN_SOUTH];
        static const char *const elsewhere[] = { "192.0.2.1", HERE "/32", NULL };

        town->peer[TOWN_SOUTH].from = NULL;
        g_clear_pointer (&north, node_free);
        north = node_new (town, TOWN_NORTH, NULL);
        town->peer[TOWN_SOUTH] = kept;
        town->peer[TOWN_EAST].from = elsewhere;
        node_listen (north);
        node_call (south, TOWN_NORTH);
        town_wait (town, &south->closed, 1);
        town_wait (town, &north->strangers, 1);
        g_assert_cmpstr (north->reason, ==, SEKI_REFUSAL_WRONG_ADDRESS);
}

static void
test_revoked (gconstpointer data)
{
        Town *town = (Town *) data;
        g_autoptr (Node) north = node_new (town, TOWN_NORTH, NULL);

        fake_pki_issue (town->pki, "guest", &(FakeCertificate){ SOUTH_SAN });
        fake_pki_revoke (town->pki, "ca", "guest");
        node_load_list (north, 0, 0);
        node_listen (north);
        G_GNUC_UNUSED g_autoptr (Rude) rude =
                rude_client (north, HERE, GOOD " -cert guest.pem -key guest.key");
        town_wait (town, &north->strangers, 1);
        g_assert_cmpstr (north->reason, ==, SEKI_REFUSAL_REVOKED);
}

static void
test_no_list (gconstpointer data)
{
        Town *town = (Town *) data;
        town->lists = FALSE;
        g_autoptr (Node) north = node_new (town, TOWN_NORTH, NULL);
        town->lists = TRUE;

        fake_pki_issue (town->pki, "guest", &(FakeCertificate){ SOUTH_SAN });
        node_listen (north);
        G_GNUC_UNUSED g_autoptr (Rude) rude =
                rude_client (north, HERE, GOOD " -cert guest.pem -key guest.key");
        town_wait (town, &north->strangers, 1);
        g_assert_cmpstr (north->reason, ==, SEKI_REFUSAL_CRL_MISSING);
}

/* The list was fresh when it was loaded; forty days later it is not. */
static void
test_stale_list (gconstpointer data)
{
        Town *town = (Town *) data;
        g_autoptr (Node) north = node_new (town, TOWN_NORTH, NULL);

        fake_pki_issue (town->pki, "guest", &(FakeCertificate){ SOUTH_SAN });
        node_listen (north);
        town->days = 40;
        G_GNUC_UNUSED g_autoptr (Rude) rude =
                rude_client (north, HERE, GOOD " -cert guest.pem -key guest.key");
        town_wait (town, &north->strangers, 1);
        town->days = 0;
        g_assert_cmpstr (north->reason, ==, SEKI_REFUSAL_CRL_STALE);
}

/* A list that runs out ends the channels that hang on it. */
static void
test_list_runs_out (gconstpointer data)
{
        Town *town = (Town *) data;
        SekiChannelLimits limits = { .verify_interval = 200000 };
        g_autoptr (Node) north = node_new (town, TOWN_NORTH, &limits);

        fake_pki_issue (town->pki, "guest", &(FakeCertificate){ SOUTH_SAN });
        node_listen (north);
        G_GNUC_UNUSED g_autoptr (Rude) rude =
                rude_client (north, HERE, GOOD " -cert guest.pem -key guest.key");
        town_wait (town, &north->opened, 1);
        town_run (town, 500000);
        g_assert_cmpuint (north->closed, ==, 0);
        town->days = 40;
        town_wait (town, &north->closed, 1);
        town->days = 0;
        g_assert_cmpstr (north->why, ==, SEKI_REFUSAL_CRL_STALE);
}

/* No ticket leaves, so there is nothing to resume with. */
static void
test_no_tickets (gconstpointer data)
{
        Town *town = (Town *) data;
        g_autoptr (Node) north = node_new (town, TOWN_NORTH, NULL);
        g_autofree char *session = fake_pki_path (town->pki, "session");

        fake_pki_issue (town->pki, "guest", &(FakeCertificate){ SOUTH_SAN });
        node_listen (north);
        G_GNUC_UNUSED g_autoptr (Rude) rude =
                rude_client (north, HERE, GOOD " -sess_out session -cert guest.pem -key guest.key");
        town_wait (town, &north->opened, 1);
        g_assert_cmpint (seki_channel_write (north->channel, SEKI_SPAN_LITERAL ("hello")), ==, 5);
        town_run (town, 500000);
        g_assert_true (rude_says (rude, "hello"));
        g_assert_false (g_file_test (session, G_FILE_TEST_EXISTS));
}

static gpointer
add (const char *path, const char *title, Town *town, const Stranger *stranger)
{
        g_autofree char *name = g_strconcat (path, title, NULL);
        Visit *visit = g_new (Visit, 1);
        *visit = (Visit){ town, stranger };
        g_test_add_data_func (name, visit, path[1] == 'c' ? test_caller : test_answerer);
        return visit;
}

static Town *
begin (void)
{
        Town *town = town_new ();
        fake_pki_issue (town->pki, "foreign", &(FakeCertificate){ .authority = TRUE });
        fake_pki_issue (town->pki, "twin", &(FakeCertificate){ .authority = TRUE, .name = "ca" });
        fake_pki_issue (town->pki, "leaf", &(FakeCertificate){ SOUTH_SAN, .issues = TRUE });
        return town;
}

int
main (int argc, char **argv)
{
        g_autoptr (GPtrArray) visits = g_ptr_array_new_with_free_func (g_free);
        g_test_init (&argc, &argv, NULL);
        g_assert_true (seki_nss_init (NULL));
        Town *town = begin ();
        for (gsize i = 0; i < G_N_ELEMENTS (callers); i++)
                g_ptr_array_add (visits, add ("/callers/", callers[i].title, town, &callers[i]));
        for (gsize i = 0; i < G_N_ELEMENTS (answerers); i++)
                g_ptr_array_add (visits,
                                 add ("/answerers/", answerers[i].title, town, &answerers[i]));
        g_test_add_data_func ("/callers/revoked", town, test_revoked);
        g_test_add_data_func ("/callers/no list", town, test_no_list);
        g_test_add_data_func ("/callers/a stale list", town, test_stale_list);
        g_test_add_data_func ("/callers/a list that runs out ends the channel", town,
                              test_list_runs_out);
        g_test_add_data_func ("/callers/nothing to resume with", town, test_no_tickets);
        g_test_add_data_func ("/callers/the refused hears so", town, test_refused_by_peer);
        int result = g_test_run ();
        town_free (town);
        g_assert_true (seki_nss_shutdown ());
        return result;
}
