/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"
#include "keyring/nss.h"

#include <glib/gstdio.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <unistd.h>

static SekiTiles *
open_or_fail (const char *folder, gboolean writable)
{
        g_autoptr (GError) error = NULL;
        SekiTiles *tiles = seki_tiles_open (folder, writable, &error);

        g_assert_no_error (error);
        return tiles;
}

static void
drain_or_fail (SekiTiles *tiles, guint64 limit)
{
        g_autoptr (GError) error = NULL;

        seki_tiles_drain (tiles, limit, &error);
        g_assert_no_error (error);
}

static void
tiles_root (SekiTiles *tiles, SekiHash *hash, guint64 size, guint8 out[32])
{
        g_autoptr (GError) error = NULL;
        SekiEdge edge;

        seki_tiles_edge (tiles, size, &edge, &error);
        g_assert_no_error (error);
        g_assert_cmpuint (edge.count, ==, size);
        seki_edge_root (&edge, hash, out);
}

/* Size leaves are there, each with its entry, under the right root. */
static void
assert_whole (SekiTiles *tiles, SekiHash *hash, guint64 size)
{
        g_autofree guint8 *leaves = fixture_leaves (hash, size);
        g_autoptr (GByteArray) entry = g_byte_array_new ();
        guint8 expected[64], leaf[32], root[32];

        g_assert_cmpuint (seki_tiles_get_size (tiles), ==, size);
        for (guint64 i = 0; i < size; i += size < 2000 ? 1 : 97) {
                SekiSpan span = fixture_entry (i, expected);

                g_assert_true (seki_tiles_read_entry (tiles, i, entry, NULL));
                g_assert_cmpmem (entry->data, entry->len, span.data, span.len);
                g_assert_true (seki_tiles_read_leaf (tiles, i, leaf, NULL));
                g_assert_cmpmem (leaf, 32, leaves + 32 * i, 32);
        }
        fixture_root (hash, (const guint8 (*)[32]) leaves, size, expected);
        tiles_root (tiles, hash, size, root);
        g_assert_cmpmem (root, 32, expected, 32);
}

static void
assert_proofs (SekiTiles *tiles, SekiHash *hash, guint64 index, guint64 old, guint64 size)
{
        g_autoptr (GByteArray) path = g_byte_array_new ();
        guint8 leaf[32], root[32], old_root[32];

        tiles_root (tiles, hash, size, root);
        tiles_root (tiles, hash, old, old_root);
        g_assert_true (seki_tiles_read_leaf (tiles, index, leaf, NULL));
        g_assert_true (seki_tiles_inclusion (tiles, index, size, path, NULL));
        g_assert_true (seki_tree_verify_inclusion (
                hash, index, size, leaf, (const guint8 (*)[32]) path->data, path->len / 32, root));
        g_assert_true (seki_tiles_consistency (tiles, old, size, path, NULL));
        g_assert_true (seki_tree_verify_consistency (hash, old, old_root, size, root,
                                                     (const guint8 (*)[32]) path->data,
                                                     path->len / 32));
}

static void
test_grow (void)
{
        g_autofree char *folder = fixture_folder ();
        g_autoptr (SekiHash) hash = seki_hash_new ();
        guint64 seed = 1, size = 0;

        for (guint round = 0; round < 60; round++) {
                g_autoptr (SekiTiles) tiles = open_or_fail (folder, TRUE);

                g_assert_cmpuint (seki_tiles_get_size (tiles), ==, size);
                g_assert_cmpuint (seki_tiles_get_drained (tiles), ==, size);
                fixture_fill (tiles, hash, size + fixture_next (&seed) % 90);
                drain_or_fail (tiles, fixture_next (&seed) % 60);
                fixture_fill (tiles, hash, seki_tiles_get_size (tiles) + fixture_next (&seed) % 40);
                assert_whole (tiles, hash, seki_tiles_get_size (tiles));
                size = seki_tiles_get_drained (tiles);
        }
        g_assert_cmpuint (size, >, 1000);
        fixture_remove (folder);
}

static void
test_every_edge_and_proof (void)
{
        g_autofree char *folder = fixture_folder ();
        g_autoptr (SekiHash) hash = seki_hash_new ();
        g_autoptr (SekiTiles) tiles = open_or_fail (folder, TRUE);
        g_autofree guint8 *leaves = fixture_leaves (hash, 700);
        guint8 root[32], expected[32];

        fixture_fill (tiles, hash, 700);
        drain_or_fail (tiles, 300);
        for (guint64 size = 0; size <= 700; size++) {
                fixture_root (hash, (const guint8 (*)[32]) leaves, size, expected);
                tiles_root (tiles, hash, size, root);
                g_assert_cmpmem (root, 32, expected, 32);
        }
        for (guint64 size = 1; size <= 700; size += size < 270 ? 7 : 43)
                for (guint64 index = 0; index < size; index += 3)
                        assert_proofs (tiles, hash, index, index + 1, size);
        fixture_remove (folder);
}

static void
test_seventy_thousand (void)
{
        g_autofree char *folder = fixture_folder ();
        g_autoptr (SekiHash) hash = seki_hash_new ();
        g_autoptr (SekiTiles) tiles = open_or_fail (folder, TRUE);
        const guint64 sizes[] = { 1, 255, 256, 257, 65535, 65536, 65537, 69999, 70000 };

        fixture_fill (tiles, hash, 70000);
        assert_whole (tiles, hash, 70000);
        drain_or_fail (tiles, 66000);
        assert_whole (tiles, hash, 70000);
        drain_or_fail (tiles, G_MAXUINT64);
        g_assert_cmpuint (fixture_length (folder, "level-0"), ==, 32 * 70000);
        g_assert_cmpuint (fixture_length (folder, "level-1"), ==, 32 * 273);
        g_assert_cmpuint (fixture_length (folder, "level-2"), ==, 32);
        g_assert_cmpuint (fixture_length (folder, "entries.idx"), ==, 8 * 274);
        for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
                for (guint j = 0; j <= i; j++)
                        assert_proofs (tiles, hash, sizes[j] - 1, sizes[j], sizes[i]);
        g_clear_pointer (&tiles, seki_tiles_close);
        tiles = open_or_fail (folder, FALSE);
        assert_whole (tiles, hash, 70000);
        fixture_remove (folder);
}

static void
test_refusals (void)
{
        g_autofree char *folder = fixture_folder ();
        g_autoptr (SekiHash) hash = seki_hash_new ();
        g_autoptr (SekiTiles) tiles = open_or_fail (folder, TRUE);
        g_autoptr (GByteArray) out = g_byte_array_new ();
        SekiEdge edge;
        GError *error = NULL;

        g_assert_null (seki_tiles_open (folder, TRUE, &error));
        g_assert_error (error, SEKI_ERROR, SEKI_ERROR_BUSY);
        g_clear_error (&error);
        fixture_fill (tiles, hash, 10);
        g_assert_false (seki_tiles_read_entry (tiles, 10, out, &error));
        g_assert_error (error, SEKI_ERROR, SEKI_ERROR_MISSING);
        g_clear_error (&error);
        g_assert_false (seki_tiles_edge (tiles, 11, &edge, NULL));
        g_assert_false (seki_tiles_inclusion (tiles, 5, 5, out, NULL));
        g_assert_false (seki_tiles_inclusion (tiles, 5, 11, out, NULL));
        g_assert_false (seki_tiles_consistency (tiles, 6, 5, out, NULL));
        g_assert_true (seki_tiles_consistency (tiles, 0, 5, out, NULL));
        g_assert_cmpuint (out->len, ==, 0);
        g_autofree char *elsewhere = g_build_filename (folder, "elsewhere", NULL);
        g_assert_null (seki_tiles_open (elsewhere, FALSE, &error));
        g_assert_error (error, SEKI_ERROR, SEKI_ERROR_MISSING);
        g_clear_error (&error);
        g_assert_false (g_file_test (elsewhere, G_FILE_TEST_EXISTS));
        fixture_remove (folder);
}

/* What a drain of [before, after) may leave when it is killed: any length of any
 * file between the two, with the mark as it was. */
typedef struct {
        char *before, *after, *work;
        guint64 n_before, n_after;
} Crash;

static const char *const grown[] = { "entries", "entries.idx", "level-0", "level-1" };

static void
crash_init (Crash *crash, SekiHash *hash, guint64 n_before, guint64 n_after)
{
        crash->before = fixture_folder ();
        crash->after = fixture_folder ();
        crash->work = fixture_folder ();
        crash->n_before = n_before;
        crash->n_after = n_after;
        SekiTiles *tiles = open_or_fail (crash->after, TRUE);
        fixture_fill (tiles, hash, n_before);
        drain_or_fail (tiles, G_MAXUINT64);
        fixture_copy (crash->after, crash->before);
        fixture_fill (tiles, hash, n_after);
        drain_or_fail (tiles, G_MAXUINT64);
        seki_tiles_close (tiles);
}

static void
crash_clear (Crash *crash)
{
        fixture_remove (crash->before);
        fixture_remove (crash->after);
        fixture_remove (crash->work);
        g_free (crash->before);
        g_free (crash->after);
        g_free (crash->work);
}

static void
crash_set_mark (Crash *crash)
{
        g_autofree char *old = g_build_filename (crash->before, "drained", NULL);
        g_autofree char *work = g_build_filename (crash->work, "drained", NULL);
        g_autofree char *data = NULL;
        gsize len;

        g_assert_true (g_file_get_contents (old, &data, &len, NULL));
        g_assert_true (g_file_set_contents (work, data, (gssize) len, NULL));
}

static void
crash_assert_mended (Crash *crash, SekiHash *hash, guint64 at_most)
{
        SekiTiles *tiles = open_or_fail (crash->work, TRUE);
        guint64 size = seki_tiles_get_size (tiles);

        g_assert_cmpuint (size, >=, crash->n_before);
        g_assert_cmpuint (size, <=, MIN (at_most, crash->n_after));
        assert_whole (tiles, hash, size);
        g_assert_cmpuint (fixture_length (crash->work, "level-0"), ==, 32 * size);
        g_assert_cmpuint (fixture_length (crash->work, "level-1"), ==, 32 * (size / 256));
        g_assert_cmpuint (fixture_length (crash->work, "entries.idx"), ==,
                          8 * ((size + 255) / 256));
        fixture_fill (tiles, hash, crash->n_after + 5);
        drain_or_fail (tiles, G_MAXUINT64);
        seki_tiles_close (tiles);
        tiles = open_or_fail (crash->work, FALSE);
        assert_whole (tiles, hash, crash->n_after + 5);
        seki_tiles_close (tiles);
}

static void
test_killed_at_any_length (void)
{
        g_autoptr (SekiHash) hash = seki_hash_new ();
        const guint64 from[] = { 0, 3, 255, 256, 500 };
        guint64 seed = 7;

        for (guint f = 0; f < G_N_ELEMENTS (from); f++) {
                Crash crash;

                crash_init (&crash, hash, from[f], from[f] + 270);
                for (guint round = 0; round < 40; round++) {
                        guint64 at_most = G_MAXUINT64;

                        fixture_copy (crash.after, crash.work);
                        crash_set_mark (&crash);
                        for (guint i = 0; i < G_N_ELEMENTS (grown); i++) {
                                guint64 low = fixture_length (crash.before, grown[i]);
                                guint64 high = fixture_length (crash.after, grown[i]);
                                guint64 len = low + fixture_next (&seed) % (high - low + 1);

                                fixture_cut (crash.work, grown[i], len);
                                if (i == 2)
                                        at_most = len / 32;
                        }
                        crash_assert_mended (&crash, hash, at_most);
                }
                crash_clear (&crash);
        }
}

/* File systems may leave zeros or old bytes where a length was kept. */
static void
test_killed_with_garbage (void)
{
        g_autoptr (SekiHash) hash = seki_hash_new ();
        guint64 seed = 11;
        Crash crash;

        crash_init (&crash, hash, 200, 600);
        for (guint round = 0; round < 60; round++) {
                fixture_copy (crash.after, crash.work);
                crash_set_mark (&crash);
                const char *name = grown[round % G_N_ELEMENTS (grown)];
                guint64 low = fixture_length (crash.before, name),
                        high = fixture_length (crash.after, name);
                guint64 at = low + fixture_next (&seed) % (high - low);

                if (round % 3 == 0) {
                        fixture_cut (crash.work, name, at);
                        fixture_cut (crash.work, name, high); /* zeros */
                } else {
                        fixture_flip (crash.work, name, at);
                }
                crash_assert_mended (&crash, hash, crash.n_after);
        }
        crash_clear (&crash);
}

/* A torn mark: the other slot is one drain behind, and nothing is lost. */
static void
test_torn_mark (void)
{
        g_autoptr (SekiHash) hash = seki_hash_new ();
        Crash crash;

        crash_init (&crash, hash, 300, 900);
        for (guint64 at = 0; at < 2 * 4096; at += at % 4096 < 120 ? 1 : 131) {
                fixture_copy (crash.after, crash.work);
                fixture_flip (crash.work, "drained", at);
                SekiTiles *tiles = open_or_fail (crash.work, TRUE);
                assert_whole (tiles, hash, 900);
                seki_tiles_close (tiles);
        }
        fixture_copy (crash.after, crash.work);
        fixture_flip (crash.work, "drained", 0);
        fixture_flip (crash.work, "drained", 4096);
        GError *error = NULL;
        g_assert_null (seki_tiles_open (crash.work, TRUE, &error));
        g_assert_error (error, SEKI_ERROR, SEKI_ERROR_DAMAGED);
        g_clear_error (&error);
        crash_clear (&crash);
}

/* Below the mark nothing is mended and nothing is touched. */
static void
test_damage_is_not_cut (void)
{
        g_autoptr (SekiHash) hash = seki_hash_new ();
        Crash crash;

        crash_init (&crash, hash, 600, 900);
        for (guint i = 0; i < G_N_ELEMENTS (grown); i++) {
                guint64 lengths[G_N_ELEMENTS (grown)];
                GError *error = NULL;

                for (guint cut = 1; cut < 40; cut += 6) {
                        fixture_copy (crash.after, crash.work);
                        guint64 len = fixture_length (crash.after, grown[i]);
                        fixture_cut (crash.work, grown[i], len - MIN (len, cut));
                        for (guint j = 0; j < G_N_ELEMENTS (grown); j++)
                                lengths[j] = fixture_length (crash.work, grown[j]);
                        for (guint writable = 0; writable < 2; writable++) {
                                g_assert_null (
                                        seki_tiles_open (crash.work, (gboolean) writable, &error));
                                g_assert_error (error, SEKI_ERROR, SEKI_ERROR_DAMAGED);
                                g_clear_error (&error);
                        }
                        for (guint j = 0; j < G_N_ELEMENTS (grown); j++)
                                g_assert_cmpuint (lengths[j], ==,
                                                  fixture_length (crash.work, grown[j]));
                }
        }
        fixture_copy (crash.after, crash.work);
        g_autofree char *mark = g_build_filename (crash.work, "drained", NULL);
        g_unlink (mark);
        g_assert_null (seki_tiles_open (crash.work, TRUE, NULL));
        g_assert_null (seki_tiles_open (crash.work, FALSE, NULL));
        crash_clear (&crash);
}

static void
test_reading_touches_nothing (void)
{
        g_autoptr (SekiHash) hash = seki_hash_new ();
        Crash crash;

        crash_init (&crash, hash, 300, 700);
        fixture_copy (crash.after, crash.work);
        crash_set_mark (&crash);
        fixture_cut (crash.work, "level-0", 32 * 400 + 5);
        SekiTiles *tiles = open_or_fail (crash.work, FALSE);
        assert_whole (tiles, hash, 300);
        g_assert_false (seki_tiles_drain (tiles, 1, NULL));
        seki_tiles_close (tiles);
        g_assert_cmpuint (fixture_length (crash.work, "level-0"), ==, 32 * 400 + 5);
        g_assert_cmpuint (fixture_length (crash.work, "entries"), ==,
                          fixture_length (crash.after, "entries"));
        crash_clear (&crash);
}

/* A reader beside one that adds and one that drains. */
typedef struct {
        SekiTiles *tiles;
        atomic_bool done;
        guint64 read;
} Shared;

static gboolean
entry_is_right (guint64 index, SekiSpan entry, gpointer user)
{
        guint64 *next = user;
        guint8 expected[64];
        SekiSpan span = fixture_entry (index, expected);

        g_assert_cmpuint (index, ==, *next);
        g_assert_cmpmem (entry.data, entry.len, span.data, span.len);
        (*next)++;
        return TRUE;
}

static gpointer
read_along (gpointer user)
{
        Shared *shared = user;
        g_autoptr (SekiHash) hash = seki_hash_new ();
        guint64 seed = 3;

        while (!atomic_load (&shared->done)) {
                guint64 size = seki_tiles_get_size (shared->tiles);

                if (size < 2)
                        continue;
                guint64 index = fixture_next (&seed) % size;
                assert_proofs (shared->tiles, hash, index, index + 1, size);
                guint64 next = index, to = MIN (size, index + 600);
                g_assert_true (
                        seki_tiles_each (shared->tiles, index, to, entry_is_right, &next, NULL));
                g_assert_cmpuint (next, ==, to);
                shared->read++;
        }
        return NULL;
}

static gpointer
drain_along (gpointer user)
{
        Shared *shared = user;
        guint64 seed = 5;

        while (!atomic_load (&shared->done))
                drain_or_fail (shared->tiles, 1 + fixture_next (&seed) % 700);
        return NULL;
}

static void
test_readers_beside_writers (void)
{
        g_autofree char *folder = fixture_folder ();
        g_autoptr (SekiHash) hash = seki_hash_new ();
        Shared shared = { .tiles = open_or_fail (folder, TRUE) };
        pthread_t reader, drainer;

        pthread_create (&reader, NULL, read_along, &shared);
        pthread_create (&drainer, NULL, drain_along, &shared);
        for (guint64 n = 0; n < 20000; n += 40) {
                fixture_fill (shared.tiles, hash, n);
                g_usleep (300);
        }
        atomic_store (&shared.done, TRUE);
        pthread_join (reader, NULL);
        pthread_join (drainer, NULL);
        g_assert_cmpuint (shared.read, >, 0);
        drain_or_fail (shared.tiles, G_MAXUINT64);
        assert_whole (shared.tiles, hash, seki_tiles_get_size (shared.tiles));
        seki_tiles_close (shared.tiles);
        fixture_remove (folder);
}

/* The same with a process that is really killed, again and again. */
static void
drain_until_killed (const char *folder, guint64 seed)
{
        g_autoptr (SekiHash) hash = seki_hash_new ();
        SekiTiles *tiles = seki_tiles_open (folder, TRUE, NULL);

        while (tiles != NULL) {
                fixture_fill (tiles, hash,
                              seki_tiles_get_size (tiles) + fixture_next (&seed) % 400);
                if (!seki_tiles_drain (tiles, 1 + fixture_next (&seed) % 500, NULL))
                        break;
        }
        _exit (1);
}

static void
test_killed_processes (void)
{
        g_autofree char *folder = fixture_folder ();
        g_autoptr (SekiHash) hash = seki_hash_new ();
        guint64 seed = 23, size = 0;

        for (guint round = 0; round < 25; round++) {
                pid_t child = fork ();
                int status;

                if (child == 0)
                        drain_until_killed (folder, seed + round);
                g_usleep (2000 + fixture_next (&seed) % 15000);
                kill (child, SIGKILL);
                g_assert_cmpint (waitpid (child, &status, 0), ==, child);
                g_assert_true (WIFSIGNALED (status));
                SekiTiles *tiles = open_or_fail (folder, TRUE);
                g_assert_cmpuint (seki_tiles_get_size (tiles), >=, size);
                size = seki_tiles_get_size (tiles);
                assert_whole (tiles, hash, size);
                seki_tiles_close (tiles);
        }
        g_assert_cmpuint (size, >, 1000);
        fixture_remove (folder);
}

static void
test_checkpoint_file (void)
{
        g_autofree char *folder = fixture_folder ();
        g_autoptr (SekiTiles) tiles = open_or_fail (folder, TRUE);
        g_autoptr (GError) error = NULL;

        g_assert_null (seki_tiles_dup_checkpoint (tiles, &error));
        g_assert_no_error (error);
        g_assert_true (seki_tiles_set_checkpoint (tiles, "first, and longer\n", NULL));
        g_assert_true (seki_tiles_set_checkpoint (tiles, "second\n", NULL));
        g_autofree char *note = seki_tiles_dup_checkpoint (tiles, NULL);
        g_assert_cmpstr (note, ==, "second\n");
        fixture_remove (folder);
}

int
main (int argc, char **argv)
{
        g_test_init (&argc, &argv, NULL);
        g_assert_true (seki_nss_init (NULL));
        g_test_add_func ("/ledger/tiles/grow over many openings", test_grow);
        g_test_add_func ("/ledger/tiles/every edge and proof", test_every_edge_and_proof);
        g_test_add_func ("/ledger/tiles/seventy thousand leaves", test_seventy_thousand);
        g_test_add_func ("/ledger/tiles/refusals", test_refusals);
        g_test_add_func ("/ledger/tiles/killed at any length of any file",
                         test_killed_at_any_length);
        g_test_add_func ("/ledger/tiles/killed processes", test_killed_processes);
        g_test_add_func ("/ledger/tiles/killed and left with garbage", test_killed_with_garbage);
        g_test_add_func ("/ledger/tiles/a torn mark loses nothing", test_torn_mark);
        g_test_add_func ("/ledger/tiles/damage is reported and not cut", test_damage_is_not_cut);
        g_test_add_func ("/ledger/tiles/reading touches nothing", test_reading_touches_nothing);
        g_test_add_func ("/ledger/tiles/readers beside writers", test_readers_beside_writers);
        g_test_add_func ("/ledger/tiles/checkpoint is replaced whole", test_checkpoint_file);
        int result = g_test_run ();
        g_assert_true (seki_nss_shutdown ());
        return result;
}
