/* SPDX-License-Identifier: Apache-2.0 */
#include "keyring/nss.h"
#include "ledger/verify.h"
#include "ring.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <unistd.h>

#define LEAVES 1000

typedef struct {
        char *folder, *lane, *work, *older;
        SekiKeyring *ring;
        SekiSpan key;
        SekiHash *hash;
} Desk;

static void
desk_set_up (Desk *desk, gconstpointer data)
{
        (void) data;
        desk->folder = fixture_folder ();
        desk->lane = g_build_filename (desk->folder, "lane", NULL);
        desk->work = g_build_filename (desk->folder, "work", NULL);
        desk->ring = ring_new (desk->folder);
        desk->key = seki_keyring_get_ledger_key (desk->ring);
        desk->hash = seki_hash_new ();
        SekiTiles *tiles = seki_tiles_open (desk->lane, TRUE, NULL);
        fixture_fill (tiles, desk->hash, LEAVES / 2);
        ring_drain_and_sign (desk->ring, tiles, 1);
        desk->older = seki_tiles_dup_checkpoint (tiles, NULL);
        fixture_fill (tiles, desk->hash, LEAVES);
        ring_drain_and_sign (desk->ring, tiles, 2);
        seki_tiles_close (tiles);
        fixture_copy (desk->lane, desk->work);
}

static void
desk_tear_down (Desk *desk, gconstpointer data)
{
        (void) data;
        seki_hash_free (desk->hash);
        seki_keyring_free (desk->ring);
        fixture_remove (desk->folder);
        g_free (desk->folder);
        g_free (desk->lane);
        g_free (desk->work);
        g_free (desk->older);
}

static SekiVerifyReport
verify (Desk *desk, const char *older)
{
        g_autoptr (GError) error = NULL;
        SekiVerifyReport report;

        seki_verify_ledger (desk->work, desk->key, older, NULL, NULL, &report, &error);
        g_assert_no_error (error);
        g_assert_true (report.holds == (report.finding[0] == '\0'));
        g_assert_true (g_utf8_validate (report.finding, -1, NULL));
        return report;
}

static void
count_up (guint64 done, guint64 all, gpointer user)
{
        guint64 *last = user;

        g_assert_cmpuint (done, >=, *last);
        g_assert_cmpuint (all, ==, LEAVES);
        *last = done;
}

static void
test_holds (Desk *desk, gconstpointer data)
{
        SekiVerifyReport report = verify (desk, desk->older);
        guint64 done = 0;

        (void) data;
        g_assert_true (report.holds);
        g_assert_cmpuint (report.leaves, ==, LEAVES);
        g_assert_cmpuint (report.checkpoint_size, ==, LEAVES);
        g_assert_cmpuint (report.undrained, ==, 0);
        g_assert_cmpuint (report.first_bad, ==, G_MAXUINT64);
        g_assert_cmpuint (report.lane, ==, 7);
        g_assert_true (
                seki_verify_ledger (desk->work, desk->key, NULL, count_up, &done, &report, NULL));
        g_assert_cmpuint (done, ==, LEAVES);
}

/* Every kind of file; where a leaf can be named it is named. */
static void
test_flipped_bytes (Desk *desk, gconstpointer data)
{
        static const char *const names[] = { "entries", "entries.idx", "level-0", "level-1",
                                             "checkpoint" };
        guint64 seed = 9;

        (void) data;
        for (guint i = 0; i < G_N_ELEMENTS (names); i++)
                for (guint round = 0; round < 40; round++) {
                        guint64 at = fixture_next (&seed) % fixture_length (desk->work, names[i]);

                        fixture_flip (desk->work, names[i], at);
                        SekiVerifyReport report = verify (desk, NULL);
                        g_assert_false (report.holds);
                        if (strcmp (names[i], "level-0") == 0)
                                g_assert_cmpuint (report.first_bad, ==, at / 32);
                        else if (strcmp (names[i], "level-1") == 0)
                                g_assert_cmpuint (report.first_bad, ==, at / 32 * 256);
                        else if (strcmp (names[i], "entries.idx") == 0)
                                g_assert_cmpuint (report.first_bad, ==, at / 8 * 256);
                        else if (strcmp (names[i], "entries") == 0)
                                g_assert_cmpuint (report.first_bad, <, LEAVES);
                        fixture_flip (desk->work, names[i], at);
                }
        g_assert_true (verify (desk, NULL).holds);
}

static void
test_cut_files (Desk *desk, gconstpointer data)
{
        static const char *const names[] = { "entries", "entries.idx", "level-0", "level-1",
                                             "drained" };

        (void) data;
        for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
                fixture_cut (desk->work, names[i], fixture_length (desk->work, names[i]) / 30);
                SekiVerifyReport report = verify (desk, NULL);
                g_assert_false (report.holds);
                fixture_copy (desk->lane, desk->work);
        }
}

static void
bytes_at (const char *folder, const char *name, guint64 at, guint8 *data, gsize len, gboolean put)
{
        g_autofree char *path = g_build_filename (folder, name, NULL);
        int fd = open (path, O_RDWR);

        g_assert_cmpint (put ? pwrite (fd, data, len, (off_t) at)
                             : pread (fd, data, len, (off_t) at),
                         ==, (gssize) len);
        close (fd);
}

static void
test_swapped_tiles (Desk *desk, gconstpointer data)
{
        guint8 first[8192], second[8192];

        (void) data;
        bytes_at (desk->work, "level-0", 0, first, sizeof first, FALSE);
        bytes_at (desk->work, "level-0", 8192, second, sizeof second, FALSE);
        bytes_at (desk->work, "level-0", 0, second, sizeof second, TRUE);
        bytes_at (desk->work, "level-0", 8192, first, sizeof first, TRUE);
        g_assert_cmpuint (verify (desk, NULL).first_bad, ==, 0);
        bytes_at (desk->work, "level-1", 0, first, 32, FALSE);
        bytes_at (desk->work, "level-1", 32, first + 32, 32, FALSE);
        fixture_copy (desk->lane, desk->work);
        bytes_at (desk->work, "level-1", 0, first + 32, 32, TRUE);
        bytes_at (desk->work, "level-1", 32, first, 32, TRUE);
        g_assert_cmpuint (verify (desk, NULL).first_bad, ==, 0);
}

/* Somebody rewrites an entry and everything above it but can not sign. */
static void
test_rewritten (Desk *desk, gconstpointer data)
{
        g_autofree char *fresh = g_build_filename (desk->folder, "fresh", NULL);
        g_autofree char *note = g_build_filename (desk->lane, "checkpoint", NULL);
        g_autofree char *text = NULL;
        SekiTiles *tiles = seki_tiles_open (fresh, TRUE, NULL);
        SekiSpan entry = SEKI_SPAN_LITERAL ("nothing ever happened");
        guint8 leaf[1][32];

        (void) data;
        fixture_fill (tiles, desk->hash, 700);
        seki_tree_leaf (desk->hash, entry, leaf[0]);
        seki_tiles_add (tiles, &entry, (const guint8 (*)[32]) leaf, 1);
        fixture_fill (tiles, desk->hash, LEAVES);
        g_assert_true (seki_tiles_drain (tiles, G_MAXUINT64, NULL));
        g_assert_true (g_file_get_contents (note, &text, NULL, NULL));
        g_assert_true (seki_tiles_set_checkpoint (tiles, text, NULL));
        seki_tiles_close (tiles);
        fixture_copy (fresh, desk->work);
        g_assert_false (verify (desk, NULL).holds);
        fixture_remove (fresh);
}

static void
test_undrained (Desk *desk, gconstpointer data)
{
        SekiTiles *tiles = seki_tiles_open (desk->work, TRUE, NULL);

        (void) data;
        fixture_fill (tiles, desk->hash, LEAVES + 30);
        g_autofree char *note = ring_sign (desk->ring, tiles, LEAVES + 30, 3);
        g_assert_true (seki_tiles_drain (tiles, 10, NULL));
        g_assert_true (seki_tiles_set_checkpoint (tiles, note, NULL));
        /* The folder is in use meanwhile. */
        SekiVerifyReport report = verify (desk, NULL);
        g_assert_false (report.holds);
        g_assert_cmpuint (report.leaves, ==, LEAVES + 10);
        g_assert_cmpuint (report.undrained, ==, 20);
        g_assert_cmpuint (report.first_bad, ==, G_MAXUINT64);
        g_assert_true (seki_tiles_drain (tiles, 25, NULL));
        g_assert_true (verify (desk, desk->older).holds);
        fixture_fill (tiles, desk->hash, LEAVES + 400);
        g_assert_true (seki_tiles_drain (tiles, G_MAXUINT64, NULL));
        report = verify (desk, desk->older);
        g_assert_true (report.holds);
        g_assert_cmpuint (report.leaves, ==, LEAVES + 400);
        seki_tiles_close (tiles);
}

/* The whole folder put back to an earlier day, signature and all. */
static void
test_rolled_back (Desk *desk, gconstpointer data)
{
        g_autofree char *path = g_build_filename (desk->lane, "checkpoint", NULL);
        g_autofree char *later = NULL;
        g_autofree char *fresh = g_build_filename (desk->folder, "fresh", NULL);
        SekiTiles *tiles = seki_tiles_open (fresh, TRUE, NULL);

        (void) data;
        g_assert_true (g_file_get_contents (path, &later, NULL, NULL));
        fixture_fill (tiles, desk->hash, 600);
        ring_drain_and_sign (desk->ring, tiles, 1);
        seki_tiles_close (tiles);
        fixture_remove (desk->work);
        fixture_copy (fresh, desk->work);
        g_assert_true (verify (desk, NULL).holds);
        g_assert_true (verify (desk, desk->older).holds);
        SekiVerifyReport report = verify (desk, later);
        g_assert_false (report.holds);
        g_assert_cmpuint (report.first_bad, ==, 600);
        fixture_remove (fresh);
}

/* A second history, signed with the same key, longer than the first. */
static void
test_forked (Desk *desk, gconstpointer data)
{
        g_autofree char *fresh = g_build_filename (desk->folder, "fresh", NULL);
        SekiTiles *tiles = seki_tiles_open (fresh, TRUE, NULL);
        SekiSpan entry = SEKI_SPAN_LITERAL ("another history");
        guint8 leaf[1][32];

        (void) data;
        seki_tree_leaf (desk->hash, entry, leaf[0]);
        seki_tiles_add (tiles, &entry, (const guint8 (*)[32]) leaf, 1);
        fixture_fill (tiles, desk->hash, LEAVES + 1);
        ring_drain_and_sign (desk->ring, tiles, 9);
        seki_tiles_close (tiles);
        fixture_remove (desk->work);
        fixture_copy (fresh, desk->work);
        g_assert_true (verify (desk, NULL).holds);
        g_assert_false (verify (desk, desk->older).holds);
        fixture_remove (fresh);
}

static void
test_other_findings (Desk *desk, gconstpointer data)
{
        g_autofree char *path = g_build_filename (desk->work, "checkpoint", NULL);
        g_autofree char *nowhere = g_build_filename (desk->folder, "nowhere", NULL);
        g_autofree guint8 *other = g_memdup2 (desk->key.data, desk->key.len);
        SekiVerifyReport report;
        GError *error = NULL;

        (void) data;
        g_assert_false (verify (desk, "not a checkpoint").holds);
        other[desk->key.len - 1] ^= 1;
        g_assert_true (seki_verify_ledger (desk->work, seki_span (other, desk->key.len), NULL, NULL,
                                           NULL, &report, NULL));
        g_assert_false (report.holds);
        g_unlink (path);
        report = verify (desk, NULL);
        g_assert_false (report.holds);
        g_assert_cmpuint (report.leaves, ==, LEAVES);
        g_assert_false (seki_verify_ledger (nowhere, desk->key, NULL, NULL, NULL, &report, &error));
        g_assert_error (error, SEKI_ERROR, SEKI_ERROR_MISSING);
        g_clear_error (&error);
}

#define ADD(title, function)                                                                       \
        g_test_add ("/ledger/verify/" title, Desk, NULL, desk_set_up, function, desk_tear_down)

int
main (int argc, char **argv)
{
        g_test_init (&argc, &argv, NULL);
        g_assert_true (seki_nss_init (NULL));
        ADD ("a sound ledger holds", test_holds);
        ADD ("flipped bytes of every kind of file", test_flipped_bytes);
        ADD ("cut files", test_cut_files);
        ADD ("swapped tiles", test_swapped_tiles);
        ADD ("an entry rewritten with all above it", test_rewritten);
        ADD ("undrained leaves", test_undrained);
        ADD ("put back to an earlier day", test_rolled_back);
        ADD ("a second history", test_forked);
        ADD ("other findings", test_other_findings);
        int result = g_test_run ();
        g_assert_true (seki_nss_shutdown ());
        return result;
}
