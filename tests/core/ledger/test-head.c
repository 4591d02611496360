/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"
#include "keyring/nss.h"
#include "ledger/head.h"

#define LANE 3

typedef struct {
        char *folder, *path;
        guint8 key[32];
} Fixture;

static void
fixture_set_up (Fixture *f, gconstpointer data)
{
        (void) data;
        f->folder = fixture_folder ();
        f->path = g_build_filename (f->folder, "head-3", NULL);
        memset (f->key, 0x5a, sizeof f->key);
}

static void
fixture_tear_down (Fixture *f, gconstpointer data)
{
        (void) data;
        fixture_remove (f->folder);
        g_free (f->folder);
        g_free (f->path);
}

static void
head_write_n (Fixture *f, guint64 n)
{
        g_autoptr (GError) error = NULL;
        g_autoptr (SekiHead) head = seki_head_open (f->path, LANE, f->key, &error);

        g_assert_no_error (error);
        for (guint64 i = 0; i < n; i++) {
                guint8 root[32];

                memset (root, (int) (i + 1), sizeof root);
                seki_head_write (head, 100 * (i + 1), root, (gint64) (7 + i), &error);
                g_assert_no_error (error);
        }
}

static SekiHeadFinding
head_look (Fixture *f, guint16 lane, SekiHeadState *out_state)
{
        g_autoptr (GError) error = NULL;
        SekiHeadFinding finding;

        seki_head_inspect (f->path, lane, f->key, &finding, out_state, &error);
        g_assert_no_error (error);
        return finding;
}

static void
test_alternation (Fixture *f, gconstpointer data)
{
        SekiHeadState state;

        (void) data;
        g_assert_cmpint (head_look (f, LANE, &state), ==, SEKI_HEAD_ABSENT);
        g_assert_false (g_file_test (f->path, G_FILE_TEST_EXISTS));
        head_write_n (f, 0);
        g_assert_cmpint (head_look (f, LANE, &state), ==, SEKI_HEAD_ABSENT);
        g_assert_cmpuint (fixture_length (f->folder, "head-3"), ==, 8192);
        for (guint64 n = 1; n < 9; n++) {
                head_write_n (f, 1);
                g_assert_cmpint (head_look (f, LANE, &state), ==, SEKI_HEAD_SOUND);
                g_assert_cmpuint (state.sequence, ==, n);
                g_assert_cmpuint (state.count, ==, 100);
                g_assert_cmpuint (state.lane, ==, LANE);
                g_assert_cmpint (state.time, ==, 7);
                g_assert_cmpuint (state.root[31], ==, 1);
        }
        head_write_n (f, 3);
        g_assert_cmpint (head_look (f, LANE, &state), ==, SEKI_HEAD_SOUND);
        g_assert_cmpuint (state.count, ==, 300);
        g_assert_cmpuint (state.sequence, ==, 11);
        g_assert_cmpuint (fixture_length (f->folder, "head-3"), ==, 8192);
}

static void
test_every_flipped_byte (Fixture *f, gconstpointer data)
{
        SekiHeadState state;

        (void) data;
        head_write_n (f, 6);
        for (guint which = 0; which < 2; which++)
                for (guint64 at = 0; at < 512; at++) {
                        fixture_flip (f->folder, "head-3", 4096 * which + at);
                        g_assert_cmpint (head_look (f, LANE, &state), ==, SEKI_HEAD_ONE_BAD);
                        /* Write 6 is in slot 0, write 5 in slot 1. */
                        g_assert_cmpuint (state.sequence, ==, which == 0 ? 5 : 6);
                        fixture_flip (f->folder, "head-3", 4096 * which + at);
                }
        g_assert_cmpint (head_look (f, LANE, &state), ==, SEKI_HEAD_SOUND);
}

static void
test_go_on_after_a_bad_slot (Fixture *f, gconstpointer data)
{
        SekiHeadState state;

        (void) data;
        head_write_n (f, 6);
        fixture_flip (f->folder, "head-3", 20);
        head_write_n (f, 1);
        g_assert_cmpint (head_look (f, LANE, &state), ==, SEKI_HEAD_SOUND);
        g_assert_cmpuint (state.sequence, ==, 6);
        g_assert_cmpuint (state.count, ==, 100);
}

static void
test_both_bad (Fixture *f, gconstpointer data)
{
        g_autoptr (GError) error = NULL;
        SekiHeadState state;

        (void) data;
        head_write_n (f, 4);
        fixture_flip (f->folder, "head-3", 60);
        fixture_flip (f->folder, "head-3", 4096 + 4);
        g_assert_cmpint (head_look (f, LANE, &state), ==, SEKI_HEAD_BOTH_BAD);
        g_assert_cmpuint (state.count, ==, 0);
        g_assert_null (seki_head_open (f->path, LANE, f->key, &error));
        g_assert_error (error, SEKI_ERROR, SEKI_ERROR_DAMAGED);
}

static void
test_wrong_key_or_lane (Fixture *f, gconstpointer data)
{
        SekiHeadState state;

        (void) data;
        head_write_n (f, 4);
        g_assert_cmpint (head_look (f, LANE + 1, &state), ==, SEKI_HEAD_BOTH_BAD);
        f->key[31] ^= 1;
        g_assert_cmpint (head_look (f, LANE, &state), ==, SEKI_HEAD_BOTH_BAD);
        f->key[31] ^= 1;
        g_assert_cmpint (head_look (f, LANE, &state), ==, SEKI_HEAD_SOUND);
}

/* Both halves of a torn slot: the new beginning with the old end, at every length. */
static void
test_torn_slot (Fixture *f, gconstpointer data)
{
        g_autofree char *old = NULL;
        SekiHeadState state;
        gsize len;

        (void) data;
        head_write_n (f, 4);
        g_assert_true (g_file_get_contents (f->path, &old, &len, NULL));
        head_write_n (f, 1);
        for (gsize torn = 5; torn < 100; torn += 3) {
                g_autofree char *now = NULL;

                g_assert_true (g_file_get_contents (f->path, &now, &len, NULL));
                g_autofree char *mixed = g_memdup2 (now, len);
                memcpy (mixed + 4096 + torn, old + 4096 + torn, 512 - torn);
                gboolean same = memcmp (mixed, now, len) == 0, none = memcmp (mixed, old, len) == 0;
                g_assert_true (g_file_set_contents (f->path, mixed, (gssize) len, NULL));
                g_assert_cmpint (head_look (f, LANE, &state), ==,
                                 same || none ? SEKI_HEAD_SOUND : SEKI_HEAD_ONE_BAD);
                g_assert_cmpuint (state.sequence, ==, same ? 5 : 4);
                g_assert_true (g_file_set_contents (f->path, now, (gssize) len, NULL));
        }
}

static void
test_first_write_torn (Fixture *f, gconstpointer data)
{
        SekiHeadState state;

        (void) data;
        head_write_n (f, 1);
        g_assert_cmpint (head_look (f, LANE, &state), ==, SEKI_HEAD_SOUND);
        fixture_flip (f->folder, "head-3", 4096 + 25);
        g_assert_cmpint (head_look (f, LANE, &state), ==, SEKI_HEAD_ONE_BAD);
        g_assert_cmpuint (state.sequence, ==, 0);
        head_write_n (f, 1);
        g_assert_cmpint (head_look (f, LANE, &state), ==, SEKI_HEAD_SOUND);
        g_assert_cmpuint (state.sequence, ==, 1);
}

/* Neither zeros nor a slot of an earlier day pass for sound. */
static void
test_blanked_and_replayed (Fixture *f, gconstpointer data)
{
        g_autofree char *old = NULL, *now = NULL, *mixed = NULL;
        SekiHeadState state;
        gsize len;

        (void) data;
        head_write_n (f, 5);
        g_assert_true (g_file_get_contents (f->path, &old, &len, NULL));
        head_write_n (f, 5);
        g_assert_true (g_file_get_contents (f->path, &now, &len, NULL));
        for (guint which = 0; which < 2; which++) {
                g_free (mixed);
                mixed = g_memdup2 (now, len);
                memset (mixed + 4096 * which, 0, 512);
                g_assert_true (g_file_set_contents (f->path, mixed, (gssize) len, NULL));
                g_assert_cmpint (head_look (f, LANE, &state), ==, SEKI_HEAD_ONE_BAD);
                g_assert_cmpuint (state.sequence, ==, which == 0 ? 9 : 10);
                memcpy (mixed + 4096 * which, old + 4096 * which, 512);
                g_assert_true (g_file_set_contents (f->path, mixed, (gssize) len, NULL));
                g_assert_cmpint (head_look (f, LANE, &state), ==, SEKI_HEAD_ONE_BAD);
                memcpy (mixed + 4096 * which, now + 4096 * (1 - which), 512);
                g_assert_true (g_file_set_contents (f->path, mixed, (gssize) len, NULL));
                g_assert_cmpint (head_look (f, LANE, &state), ==, SEKI_HEAD_ONE_BAD);
        }
}

static void
test_cut_file (Fixture *f, gconstpointer data)
{
        SekiHeadState state;

        (void) data;
        head_write_n (f, 6);
        fixture_cut (f->folder, "head-3", 4096 + 300);
        g_assert_cmpint (head_look (f, LANE, &state), ==, SEKI_HEAD_ONE_BAD);
        g_assert_cmpuint (state.sequence, ==, 6);
        fixture_cut (f->folder, "head-3", 100);
        g_assert_cmpint (head_look (f, LANE, &state), ==, SEKI_HEAD_BOTH_BAD);
        fixture_cut (f->folder, "head-3", 0);
        g_assert_cmpint (head_look (f, LANE, &state), ==, SEKI_HEAD_ABSENT);
}

#define ADD(title, function)                                                                       \
        g_test_add ("/ledger/head/" title, Fixture, NULL, fixture_set_up, function,                \
                    fixture_tear_down)

int
main (int argc, char **argv)
{
        g_test_init (&argc, &argv, NULL);
        g_assert_true (seki_nss_init (NULL));
        ADD ("slots take turns", test_alternation);
        ADD ("every flipped byte is seen", test_every_flipped_byte);
        ADD ("go on after a bad slot", test_go_on_after_a_bad_slot);
        ADD ("both slots bad", test_both_bad);
        ADD ("wrong key or lane", test_wrong_key_or_lane);
        ADD ("a torn slot", test_torn_slot);
        ADD ("the first write torn", test_first_write_torn);
        ADD ("blanked and replayed slots", test_blanked_and_replayed);
        ADD ("a cut file", test_cut_file);
        int result = g_test_run ();
        g_assert_true (seki_nss_shutdown ());
        return result;
}
