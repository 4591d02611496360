/* SPDX-License-Identifier: Apache-2.0 */
/* What an export says when it can not be made; what it holds is read by other
 * means, in verify.py. */
#include "fixture.h"
#include "keyring/nss.h"
#include "ledger/export.h"

typedef struct {
        char *lane, *target;
        SekiHash *hash;
} Desk;

static void
desk_set_up (Desk *desk, gconstpointer data)
{
        (void) data;
        desk->lane = fixture_folder ();
        desk->target = fixture_folder ();
        desk->hash = seki_hash_new ();
        SekiTiles *tiles = seki_tiles_open (desk->lane, TRUE, NULL);
        fixture_fill (tiles, desk->hash, 700);
        g_assert_true (seki_tiles_drain (tiles, G_MAXUINT64, NULL));
        seki_tiles_close (tiles);
}

static void
desk_tear_down (Desk *desk, gconstpointer data)
{
        (void) data;
        fixture_remove (desk->lane);
        fixture_remove (desk->target);
        seki_hash_free (desk->hash);
        g_free (desk->lane);
        g_free (desk->target);
}

static gint
export_error (Desk *desk, guint64 size)
{
        g_autoptr (SekiTiles) tiles = seki_tiles_open (desk->lane, FALSE, NULL);
        g_autoptr (GError) error = NULL;

        g_assert_nonnull (tiles);
        return seki_tiles_export (tiles, size, desk->target, &error) ? -1 : error->code;
}

static void
test_grows (Desk *desk, gconstpointer data)
{
        (void) data;
        fixture_remove (desk->target);
        g_assert_cmpint (export_error (desk, 0), ==, -1);
        g_assert_true (g_file_test (desk->target, G_FILE_TEST_IS_DIR));
        g_assert_cmpint (export_error (desk, 300), ==, -1);
        g_assert_cmpuint (fixture_length (desk->target, "tile/0/000"), ==, 8192);
        g_assert_cmpuint (fixture_length (desk->target, "tile/0/001.p/44"), ==, 32 * 44);
        g_assert_cmpuint (fixture_length (desk->target, "tile/1/000.p/1"), ==, 32);
        g_assert_cmpint (export_error (desk, 700), ==, -1);
        g_assert_cmpuint (fixture_length (desk->target, "tile/0/001"), ==, 8192);
        g_assert_cmpuint (fixture_length (desk->target, "tile/1/000.p/2"), ==, 64);
        g_assert_cmpuint (fixture_length (desk->target, "tile/entries/002.p/188"), >, 188 * 22);
}

static void
test_too_many (Desk *desk, gconstpointer data)
{
        (void) data;
        g_assert_cmpint (export_error (desk, 701), ==, SEKI_ERROR_MISSING);
}

static void
test_damaged (Desk *desk, gconstpointer data)
{
        (void) data;
        fixture_flip (desk->lane, "entries", 50);
        g_assert_cmpint (export_error (desk, 700), ==, SEKI_ERROR_DAMAGED);
        fixture_flip (desk->lane, "entries", 50);
        fixture_flip (desk->lane, "level-0", 9000);
        g_assert_cmpint (export_error (desk, 700), ==, SEKI_ERROR_DAMAGED);
}

static void
test_no_room (Desk *desk, gconstpointer data)
{
        g_autofree char *file = g_build_filename (desk->target, "tile", NULL);

        (void) data;
        g_assert_true (g_file_set_contents (file, "in the way", -1, NULL));
        g_assert_cmpint (export_error (desk, 700), ==, SEKI_ERROR_STORAGE);
}

#define ADD(title, function)                                                                       \
        g_test_add ("/ledger/export/" title, Desk, NULL, desk_set_up, function, desk_tear_down)

int
main (int argc, char **argv)
{
        g_test_init (&argc, &argv, NULL);
        g_assert_true (seki_nss_init (NULL));
        ADD ("a later export adds", test_grows);
        ADD ("more than there is", test_too_many);
        ADD ("a damaged ledger", test_damaged);
        ADD ("no room", test_no_room);
        int result = g_test_run ();
        g_assert_true (seki_nss_shutdown ());
        return result;
}
