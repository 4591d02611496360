/* SPDX-License-Identifier: Apache-2.0 */
#include "station.h"

#include <glib/gstdio.h>

#define DAY (86400 * (gint64) G_USEC_PER_SEC)
#define SUBJECT "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

/* A desk where statements are handed in. */
typedef struct {
        Station *station;
        SekiTrust *trust;
        char *folder;
        char *paths[8];
        SekiApprover persons[8];
        SekiApprovals approvals;
        SekiApproval last;
        GError *error;
} Desk;

static void
desk_enrol (Desk *desk, const char *id, const char *stem)
{
        gsize n = desk->approvals.n_persons++;
        g_autofree char *name = g_strconcat (stem, ".pem", NULL);

        desk->paths[n] = fake_pki_path (desk->station->pki, name);
        desk->persons[n] = (SekiApprover){ id, desk->paths[n] };
}

static Desk *
desk_new (void)
{
        Desk *desk = g_new0 (Desk, 1);
        g_autofree char *authority = NULL, *list = NULL;
        g_autoptr (GError) error = NULL;

        desk->station = station_new ("test");
        desk->folder = station_file (desk->station, "approvals");
        desk->trust = seki_trust_new (&desk->station->clock);
        authority = fake_pki_read (desk->station->pki, "ca.pem");
        list = fake_pki_crl (desk->station->pki, "ca", -1, 365);
        seki_trust_add_authority (desk->trust, authority, &error);
        g_assert_no_error (error);
        seki_trust_load_crl (desk->trust, seki_span_text (list), &error);
        g_assert_no_error (error);
        desk->approvals = (SekiApprovals){ .folder = desk->folder,
                                           .node = "am1",
                                           .trust = desk->trust,
                                           .clock = &desk->station->clock,
                                           .persons = desk->persons };
        desk_enrol (desk, "alice", "alice");
        desk_enrol (desk, "bob", "bob");
        desk_enrol (desk, "carol", "carol");
        return desk;
}

static void
desk_free (Desk *desk)
{
        g_clear_error (&desk->error);
        for (gsize i = 0; i < desk->approvals.n_persons; i++)
                g_free (desk->paths[i]);
        seki_trust_free (desk->trust);
        station_free (desk->station);
        g_free (desk->folder);
        g_free (desk);
}

static char *
desk_statement (Desk *desk, const char *node)
{
        SekiStatement statement = { .action = SEKI_ACTION_PROFILE, .subject = SUBJECT };

        g_strlcpy (statement.node, node, sizeof statement.node);
        statement.time = seki_clock_now (&desk->station->clock);
        statement.expires = statement.time + 30 * DAY;
        return seki_statement_write (&statement);
}

/* Hands in the text with a signature of one or two persons. */
static gboolean
desk_add (Desk *desk, const char *text, const char *first, const char *second, gboolean alone)
{
        g_autoptr (GByteArray) one = station_sign (desk->station, first, text);
        g_autoptr (GByteArray) two =
                second != NULL ? station_sign (desk->station, second, text) : NULL;
        SekiSpan signatures[2] = { seki_span (one->data, one->len) };

        if (two != NULL)
                signatures[1] = seki_span (two->data, two->len);
        g_clear_error (&desk->error);
        return seki_approval_add (&desk->approvals, seki_span_text (text), signatures,
                                  two != NULL ? 2 : 1, alone, &desk->last, &desk->error);
}

static gboolean
desk_find (Desk *desk)
{
        g_clear_error (&desk->error);
        return seki_approval_find (&desk->approvals, SEKI_ACTION_PROFILE, SUBJECT, &desk->last,
                                   &desk->error);
}

static char *
desk_file (Desk *desk, const char *suffix)
{
        g_autofree char *name = g_strdup_printf ("%s.%s", desk->last.digest, suffix);

        return g_build_filename (desk->folder, name, NULL);
}

static void
test_two (void)
{
        Desk *desk = desk_new ();
        g_autofree char *text = desk_statement (desk, "am1");

        g_assert_false (desk_find (desk));
        g_assert_error (desk->error, SEKI_ERROR, SEKI_ERROR_MISSING);
        g_assert_true (desk_add (desk, text, "alice", "bob", FALSE));
        g_assert_cmpint (desk->last.holds_from, ==, 0);
        g_assert_true (desk_find (desk));
        g_assert_no_error (desk->error);
        g_assert_cmpstr (desk->last.persons[0], ==, "alice");
        g_assert_cmpstr (desk->last.persons[1], ==, "bob");
        g_assert_false (seki_approval_find (&desk->approvals, "other", SUBJECT, &desk->last, NULL));
        desk_free (desk);
}

/* One comes after the other; a third is not needed. */
static void
test_one_after_the_other (void)
{
        Desk *desk = desk_new ();
        g_autofree char *text = desk_statement (desk, "am1");

        g_assert_true (desk_add (desk, text, "carol", NULL, FALSE));
        g_assert_cmpint (desk->last.holds_from, ==, G_MAXINT64);
        g_assert_false (desk_find (desk));
        g_assert_error (desk->error, SEKI_ERROR, SEKI_ERROR_MISSING);
        desk->station->offset += 3 * DAY; /* never alone unless announced */
        g_assert_false (desk_find (desk));
        g_assert_true (desk_add (desk, text, "alice", NULL, FALSE));
        g_assert_cmpuint (desk->last.n_persons, ==, 2);
        g_assert_true (desk_find (desk));
        g_assert_false (desk_add (desk, text, "bob", NULL, FALSE));
        g_assert_error (desk->error, SEKI_ERROR, SEKI_ERROR_LIMIT);
        desk_free (desk);
}

static void
test_same_twice (void)
{
        Desk *desk = desk_new ();
        g_autofree char *text = desk_statement (desk, "am1");

        g_assert_false (desk_add (desk, text, "alice", "alice", FALSE));
        g_assert_error (desk->error, SEKI_ERROR, SEKI_ERROR_CONFLICT);
        g_assert_true (desk_add (desk, text, "alice", NULL, FALSE));
        g_assert_false (desk_add (desk, text, "alice", NULL, FALSE));
        g_assert_error (desk->error, SEKI_ERROR, SEKI_ERROR_CONFLICT);
        g_assert_false (desk_find (desk));
        desk_enrol (desk, "alias", "alice"); /* two names, one certificate */
        g_assert_false (desk_add (desk, text, "alice", NULL, FALSE));
        g_assert_false (desk_find (desk));
        desk_free (desk);
}

/* The second file is a copy of the first: still one person. */
static void
test_copied_signature (void)
{
        Desk *desk = desk_new ();
        g_autofree char *text = desk_statement (desk, "am1"), *one = NULL, *two = NULL,
                        *bytes = NULL;
        gsize len;

        g_assert_true (desk_add (desk, text, "alice", NULL, FALSE));
        one = desk_file (desk, "1.p7s");
        two = desk_file (desk, "2.p7s");
        g_assert_true (g_file_get_contents (one, &bytes, &len, NULL));
        g_assert_true (g_file_set_contents (two, bytes, (gssize) len, NULL));
        g_assert_false (desk_find (desk));
        g_assert_cmpuint (desk->last.n_persons, ==, 1);
        desk_free (desk);
}

static void
test_strangers (void)
{
        Desk *desk = desk_new ();
        g_autofree char *text = desk_statement (desk, "am1");

        station_add_person (desk->station, "mallory", 0, 0);
        g_assert_false (desk_add (desk, text, "mallory", "bob", FALSE));
        g_assert_error (desk->error, SEKI_ERROR, SEKI_ERROR_CRYPTO);
        fake_pki_issue (desk->station->pki, "self",
                        &(FakeCertificate){ .usage = "emailProtection" });
        desk_enrol (desk, "self", "self");
        g_assert_false (desk_add (desk, text, "self", NULL, FALSE));
        g_assert_error (desk->error, SEKI_ERROR, SEKI_ERROR_CRYPTO);
        fake_pki_issue (desk->station->pki, "server",
                        &(FakeCertificate){ .issuer = "ca", .usage = "serverAuth" });
        desk_enrol (desk, "server", "server");
        g_assert_false (desk_add (desk, text, "server", NULL, FALSE));
        g_assert_error (desk->error, SEKI_ERROR, SEKI_ERROR_CRYPTO);
        g_assert_false (desk_find (desk));
        desk_free (desk);
}

/* Approved once; a year later one certificate has ended. */
static void
test_expired_certificate (void)
{
        Desk *desk = desk_new ();
        g_autofree char *text = desk_statement (desk, "am1");

        station_add_person (desk->station, "dave", -1, 10);
        desk_enrol (desk, "dave", "dave");
        g_assert_true (desk_add (desk, text, "alice", "dave", FALSE));
        g_assert_true (desk_find (desk));
        desk->station->offset = 11 * DAY;
        g_assert_false (desk_find (desk));
        g_assert_error (desk->error, SEKI_ERROR, SEKI_ERROR_CRYPTO);
        g_assert_cmpuint (desk->last.n_persons, ==, 1);
        g_assert_true (desk_add (desk, text, "carol", NULL, FALSE));
        g_assert_true (desk_find (desk));
        desk_free (desk);
}

static void
test_revoked_certificate (void)
{
        Desk *desk = desk_new ();
        g_autofree char *text = desk_statement (desk, "am1"), *list = NULL;

        g_assert_true (desk_add (desk, text, "alice", "bob", FALSE));
        fake_pki_revoke (desk->station->pki, "ca", "bob");
        list = fake_pki_crl (desk->station->pki, "ca", -1, 365);
        g_assert_true (seki_trust_load_crl (desk->trust, seki_span_text (list), &desk->error));
        g_assert_false (desk_find (desk));
        desk_free (desk);
}

static void
test_expired_statement (void)
{
        Desk *desk = desk_new ();
        g_autofree char *text = desk_statement (desk, "am1"), *future = NULL;

        g_assert_true (desk_add (desk, text, "alice", "bob", FALSE));
        desk->station->offset = 31 * DAY;
        g_assert_false (desk_find (desk));
        g_assert_error (desk->error, SEKI_ERROR, SEKI_ERROR_LIMIT);
        g_assert_false (desk_add (desk, text, "carol", NULL, FALSE));
        g_assert_error (desk->error, SEKI_ERROR, SEKI_ERROR_LIMIT);
        future = desk_statement (desk, "am1");
        desk->station->offset = 0;
        g_assert_false (desk_add (desk, future, "alice", "bob", FALSE));
        g_assert_error (desk->error, SEKI_ERROR, SEKI_ERROR_LIMIT);
        desk_free (desk);
}

static void
test_other_node (void)
{
        Desk *desk = desk_new ();
        g_autofree char *text = desk_statement (desk, "am2");

        g_assert_false (desk_add (desk, text, "alice", "bob", FALSE));
        g_assert_error (desk->error, SEKI_ERROR, SEKI_ERROR_CONFLICT);
        desk->approvals.node = "am2";
        g_assert_true (desk_add (desk, text, "alice", "bob", FALSE));
        desk->approvals.node = "am1"; /* the files were carried over */
        g_assert_false (desk_find (desk));
        g_assert_error (desk->error, SEKI_ERROR, SEKI_ERROR_CONFLICT);
        desk_free (desk);
}

/* One digit of the subject is changed in the file; then it is renamed to fit. */
static void
test_tampered (void)
{
        Desk *desk = desk_new ();
        g_autofree char *text = desk_statement (desk, "am1"), *path = NULL;
        char digest[65], before[65];

        g_assert_true (desk_add (desk, text, "alice", "bob", FALSE));
        path = desk_file (desk, "stmt");
        g_strlcpy (before, desk->last.digest, sizeof before);
        strstr (text, "subject 9")[8] = '8';
        g_assert_true (g_file_set_contents (path, text, -1, NULL));
        g_assert_false (desk_find (desk));
        g_assert_error (desk->error, SEKI_ERROR, SEKI_ERROR_CRYPTO);
        g_clear_error (&desk->error);
        seki_statement_digest (seki_span_text (text), digest);
        for (guint i = 0; i < 3; i++) {
                static const char *const suffixes[] = { "stmt", "1.p7s", "2.p7s" };
                g_autofree char *from =
                        g_strdup_printf ("%s/%s.%s", desk->folder, before, suffixes[i]);
                g_autofree char *to =
                        g_strdup_printf ("%s/%s.%s", desk->folder, digest, suffixes[i]);

                g_assert_cmpint (g_rename (from, to), ==, 0);
        }
        g_assert_false (seki_approval_find (
                &desk->approvals, SEKI_ACTION_PROFILE,
                "8"
                "f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
                &desk->last, &desk->error));
        g_assert_error (desk->error, SEKI_ERROR, SEKI_ERROR_CRYPTO);
        desk_free (desk);
}

static void
test_alone (void)
{
        Desk *desk = desk_new ();
        g_autofree char *text = desk_statement (desk, "am1");

        g_assert_true (desk_add (desk, text, "alice", NULL, TRUE));
        g_assert_cmpint (desk->last.holds_from, >, seki_clock_now (&desk->station->clock));
        g_assert_false (desk_find (desk));
        g_assert_error (desk->error, SEKI_ERROR, SEKI_ERROR_BUSY);
        desk->station->offset = DAY - 60 * (gint64) G_USEC_PER_SEC;
        g_assert_false (desk_find (desk));
        g_assert_error (desk->error, SEKI_ERROR, SEKI_ERROR_BUSY);
        desk->station->offset = DAY;
        g_assert_true (desk_find (desk));
        g_assert_cmpuint (desk->last.n_persons, ==, 1);
        g_assert_cmpint (desk->last.announced, !=, 0);
        /* The clock goes back behind the announcement: it does not count. */
        desk->station->offset = -DAY / 2;
        g_assert_false (desk_find (desk));
        desk_free (desk);
}

/* An announcement dated before its statement, one that is no time, none at all. */
static void
test_false_announcement (void)
{
        static const char *const texts[] = { "2020-01-01T00:00:00+09:00", "yesterday", "" };
        Desk *desk = desk_new ();
        g_autofree char *text = desk_statement (desk, "am1"), *path = NULL;

        g_assert_true (desk_add (desk, text, "alice", NULL, TRUE));
        path = desk_file (desk, "announced");
        desk->station->offset = 2 * DAY;
        g_assert_true (desk_find (desk));
        for (guint i = 0; i < G_N_ELEMENTS (texts); i++) {
                g_assert_true (g_file_set_contents (path, texts[i], -1, NULL));
                g_assert_false (desk_find (desk));
        }
        g_unlink (path);
        g_assert_false (desk_find (desk));
        desk_free (desk);
}

/* One bad statement in the folder does not hide a good one. */
static void
test_among_others (void)
{
        Desk *desk = desk_new ();
        g_autofree char *text = desk_statement (desk, "am1"), *other = NULL, *junk = NULL;

        g_assert_true (desk_add (desk, text, "alice", NULL, FALSE));
        desk->station->offset += G_USEC_PER_SEC;
        other = desk_statement (desk, "am1");
        g_assert_true (desk_add (desk, other, "bob", "carol", FALSE));
        junk = g_build_filename (desk->folder, "junk.stmt", NULL);
        g_assert_true (g_file_set_contents (junk, "junk", -1, NULL));
        g_assert_true (desk_find (desk));
        g_assert_cmpstr (desk->last.persons[0], ==, "bob");
        desk_free (desk);
}

static void
not_read (const char *text)
{
        SekiStatement statement;
        g_autoptr (GError) error = NULL;

        g_assert_false (seki_statement_read (seki_span_text (text), &statement, &error));
        g_assert_error (error, SEKI_ERROR, SEKI_ERROR_INVALID);
}

#define TIMES "time 2026-11-24T09:00:00+09:00\nexpires 2027-11-24T09:00:00+09:00\n"
#define HEAD "sekisho approval 1\nnode am1\naction profile\nsubject "

static void
test_text (void)
{
        SekiStatement statement;
        g_autofree char *again = NULL, *longer = g_strnfill (SEKI_STATEMENT_MAX, 'a');
        g_autoptr (GError) error = NULL;

        g_assert_true (
                seki_statement_read (seki_span_text (HEAD SUBJECT "\n" TIMES), &statement, &error));
        g_assert_no_error (error);
        g_assert_cmpstr (statement.node, ==, "am1");
        g_assert_cmpstr (statement.subject, ==, SUBJECT);
        again = seki_statement_write (&statement);
        g_assert_cmpstr (again, ==, HEAD SUBJECT "\n" TIMES);
        not_read ("");
        not_read (HEAD SUBJECT "\n");
        not_read (HEAD SUBJECT "\n" TIMES "\n");
        not_read (HEAD SUBJECT "\r\n" TIMES);
        not_read (HEAD "abc\n" TIMES);
        not_read ("sekisho approval 2\nnode am1\naction profile\nsubject " SUBJECT "\n" TIMES);
        not_read ("sekisho approval 1\nnode a b\naction profile\nsubject " SUBJECT "\n" TIMES);
        not_read ("sekisho approval 1\nnode \naction profile\nsubject " SUBJECT "\n" TIMES);
        not_read (HEAD SUBJECT "\ntime 2026-11-24T00:00:00Z\nexpires 2027-11-24T09:00:00+09:00\n");
        not_read (HEAD SUBJECT
                  "\ntime 2027-11-24T09:00:00+09:00\nexpires 2026-11-24T09:00:00+09:00\n");
        not_read (longer);
        g_assert_false (seki_statement_read (
                seki_span (HEAD SUBJECT "\n" TIMES, sizeof HEAD SUBJECT TIMES + 1), &statement,
                NULL));
}

int
main (int argc, char **argv)
{
        int status;

        g_test_init (&argc, &argv, NULL);
        g_assert_true (seki_nss_init (NULL));
        g_test_add_func ("/approval/the text has one spelling", test_text);
        g_test_add_func ("/approval/two persons", test_two);
        g_test_add_func ("/approval/one after the other", test_one_after_the_other);
        g_test_add_func ("/approval/the same person twice", test_same_twice);
        g_test_add_func ("/approval/a copied signature", test_copied_signature);
        g_test_add_func ("/approval/strangers", test_strangers);
        g_test_add_func ("/approval/an expired certificate", test_expired_certificate);
        g_test_add_func ("/approval/a revoked certificate", test_revoked_certificate);
        g_test_add_func ("/approval/an expired statement", test_expired_statement);
        g_test_add_func ("/approval/another node", test_other_node);
        g_test_add_func ("/approval/a changed statement", test_tampered);
        g_test_add_func ("/approval/one alone after a day", test_alone);
        g_test_add_func ("/approval/a false announcement", test_false_announcement);
        g_test_add_func ("/approval/among others", test_among_others);
        status = g_test_run ();
        g_assert_true (seki_nss_shutdown ());
        return status;
}
