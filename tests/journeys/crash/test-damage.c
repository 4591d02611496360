/* SPDX-License-Identifier: Apache-2.0 */
/* What was damaged is refused at the start with every file as it was; what an
 * honest end leaves behind is repaired, and reported. */
#include "crash.h"

#include "core/kernel/odd.h"
#include "ledger/slots.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A desk whose clerk was killed after 60 orders of its second life: what it
 * acknowledged then is in the WAL alone. */
typedef struct {
        Crash *crash;
        char *early;  /* the whole folder after its first life */
        guint before; /* orders of the first life */
} Scene;

static void
run (const char *format, const char *a, const char *b)
{
        g_autofree char *command = g_strdup_printf (format, a, b);
        gint status;

        g_assert_true (g_spawn_command_line_sync (command, NULL, NULL, &status, NULL));
        g_assert_cmpint (status, ==, 0);
}

static char *
copy_of (const char *folder)
{
        char *copy = g_dir_make_tmp ("sekisho-damage-XXXXXX", NULL);

        run ("cp -a %s/. %s", folder, copy);
        return copy;
}

static void
copy_free (char *folder)
{
        run ("rm -rf %s%s", folder, "");
        g_free (folder);
}

static Scene
scene_new (CrashHow how, guint at)
{
        Scene scene = { .crash = crash_new (31) };

        crash_run (scene.crash, CRASH_NEVER, 0, 50);
        scene.before = scene.crash->orders->len;
        scene.early = copy_of (scene.crash->folder);
        crash_run (scene.crash, how, at, 200);
        g_assert_null (scene.crash->why);
        g_assert_cmpuint (scene.crash->acknowledged, >, scene.before);
        return scene;
}

static void
scene_clear (Scene *scene)
{
        copy_free (scene->early);
        crash_free (scene->crash);
}

static gint
names_compare (gconstpointer a, gconstpointer b)
{
        return strcmp (*(const char *const *) a, *(const char *const *) b);
}

/* Names, lengths and digests of everything the ledger rests on. */
static void
digest_folder (const char *folder, const char *name, GString *out)
{
        g_autofree char *path = g_build_filename (folder, name, NULL);
        g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
        GDir *dir = g_dir_open (path, 0, NULL);
        const char *next;

        if (dir == NULL) {
                g_autofree char *data = NULL, *digest = NULL;
                gsize len;

                if (!g_file_get_contents (path, &data, &len, NULL))
                        return;
                digest = g_compute_checksum_for_data (G_CHECKSUM_SHA256, (guchar *) data, len);
                g_string_append_printf (out, "%s %zu %s\n", name, len, digest);
                return;
        }
        while ((next = g_dir_read_name (dir)) != NULL)
                g_ptr_array_add (names, g_build_filename (name, next, NULL));
        g_dir_close (dir);
        g_ptr_array_sort (names, names_compare);
        for (guint i = 0; i < names->len; i++)
                digest_folder (folder, g_ptr_array_index (names, i), out);
}

static char *
digest_of (const char *folder)
{
        GString *out = g_string_new (NULL);

        digest_folder (folder, "head", out);
        digest_folder (folder, "ledger", out);
        digest_folder (folder, "store", out);
        return g_string_free (out, FALSE);
}

/* Refused as damaged, three times over, and not a byte was changed. */
static void
assert_refused (const char *folder, const char *what)
{
        g_autofree char *before = digest_of (folder);

        for (guint i = 0; i < 3; i++) {
                g_autofree char *after = NULL;
                g_autoptr (GError) error = NULL;
                Desk *desk = crash_open (folder, &error);

                if (desk != NULL)
                        g_error ("%s: it was opened", what);
                g_assert_error (error, SEKI_ERROR, SEKI_ERROR_DAMAGED);
                after = digest_of (folder);
                if (strcmp (before, after) != 0)
                        g_error ("%s: files were changed\n%s---\n%s", what, before, after);
                if (i == 0)
                        g_test_message ("%s: %s", what, error->message);
        }
}

/* Opens, holds what was acknowledged, and works on. */
static void
assert_repaired (Crash *crash, char *folder, const char *report)
{
        g_autoptr (GError) error = NULL;
        char *own = crash->folder;
        Desk *desk = crash_open (folder, &error);

        g_assert_no_error (error);
        if (report != NULL)
                g_assert_nonnull (strstr (desk->log->str, report));
        odd_store (desk, 900000, 900001);
        desk_leave (desk);
        crash->folder = folder;
        crash_verify (crash);
        crash->folder = own;
        g_assert_cmpstr (crash->why, ==, NULL);
}

/* The log files of the store, largest first: the one with the second life. */
static char *
wal_of (const char *folder, gsize *out_len)
{
        g_autofree char *store = g_build_filename (folder, "store", NULL);
        GDir *dir = g_dir_open (store, 0, NULL);
        char *best = NULL;
        const char *name;

        *out_len = 0;
        while ((name = g_dir_read_name (dir)) != NULL) {
                g_autofree char *path = g_build_filename (store, name, NULL);
                GStatBuf found;

                if (!g_str_has_suffix (name, ".log") || g_stat (path, &found) != 0 ||
                    (gsize) found.st_size <= *out_len)
                        continue;
                *out_len = (gsize) found.st_size;
                g_free (best);
                best = g_steal_pointer (&path);
        }
        g_dir_close (dir);
        g_assert_nonnull (best);
        return best;
}

static void
file_change (const char *path, gsize keep, gsize flip)
{
        int fd = g_open (path, O_RDWR | O_CLOEXEC, 0);
        guint8 byte;

        g_assert_cmpint (fd, >=, 0);
        if (flip != G_MAXSIZE) {
                g_assert_cmpint (pread (fd, &byte, 1, (off_t) flip), ==, 1);
                byte ^= 0x20;
                g_assert_cmpint (pwrite (fd, &byte, 1, (off_t) flip), ==, 1);
        }
        if (keep != G_MAXSIZE)
                g_assert_cmpint (ftruncate (fd, (off_t) keep), ==, 0);
        close (fd);
}

static void
test_wal_cut (void)
{
        Scene scene = scene_new (CRASH_AFTER, 6);

        for (guint part = 1; part <= 4; part++) {
                g_autofree char *wal = NULL, *what = g_strdup_printf ("WAL cut to %u of 5", part);
                char *folder = copy_of (scene.crash->folder);
                gsize len;

                wal = wal_of (folder, &len);
                file_change (wal, len * part / 5, G_MAXSIZE);
                assert_refused (folder, what);
                copy_free (folder);
        }
        scene_clear (&scene);
}

static void
test_wal_flipped (void)
{
        Scene scene = scene_new (CRASH_AFTER, 6);

        for (guint i = 0; i < 8; i++) {
                g_autofree char *wal = NULL, *what = NULL;
                char *folder = copy_of (scene.crash->folder);
                gsize len, at;

                wal = wal_of (folder, &len);
                at = len / 20 + i * (len * 7 / 10) / 8; /* within what was acknowledged */
                what = g_strdup_printf ("WAL of %zu flipped at %zu", len, at);
                file_change (wal, G_MAXSIZE, at);
                assert_refused (folder, what);
                copy_free (folder);
        }
        scene_clear (&scene);
}

/* A store of an earlier day under today's head; no store; no head. */
static void
test_store_behind (void)
{
        Scene scene = scene_new (CRASH_AFTER, 6);
        char *folder = copy_of (scene.crash->folder);

        run ("rm -rf %s/store%s", folder, "");
        assert_refused (folder, "no store");
        run ("cp -a %s/store %s/store", scene.early, folder);
        assert_refused (folder, "store of an earlier day");
        copy_free (folder);
        folder = copy_of (scene.crash->folder);
        run ("rm -f %s/head%s", folder, "");
        assert_refused (folder, "no head");
        copy_free (folder);
        /* Head and store of an earlier day, but not the ledger's files. */
        folder = copy_of (scene.crash->folder);
        {
                g_autoptr (GError) error = NULL;
                Desk *desk = crash_open (folder, &error);

                g_assert_no_error (error);
                seki_tiles_drain (desk->kernel.tiles, G_MAXUINT64, &error);
                desk_leave (desk);
        }
        run ("rm -rf %s/store %s/head", folder, folder);
        run ("cp -a %s/store %s/store", scene.early, folder);
        run ("cp -a %s/head %s/head", scene.early, folder);
        assert_refused (folder, "head and store of an earlier day");
        copy_free (folder);
        scene_clear (&scene);
}

static void
slot_spoil (const char *folder, guint slot)
{
        g_autofree char *head = g_build_filename (folder, "head", NULL);

        file_change (head, G_MAXSIZE, slot * (gsize) SEKI_SLOT_STEP + 30);
}

static guint64
slot_sequence (const char *folder, guint slot)
{
        g_autofree char *head = g_build_filename (folder, "head", NULL), *data = NULL;
        gsize len;

        g_assert_true (g_file_get_contents (head, &data, &len, NULL));
        return seki_get_be64 ((const guint8 *) data + slot * (gsize) SEKI_SLOT_STEP + 4);
}

static void
test_slots (void)
{
        Scene scene = scene_new (CRASH_AFTER, 6);
        guint newer =
                slot_sequence (scene.crash->folder, 1) > slot_sequence (scene.crash->folder, 0);
        char *folder = copy_of (scene.crash->folder);

        slot_spoil (folder, 0);
        slot_spoil (folder, 1);
        assert_refused (folder, "two bad slots");
        copy_free (folder);
        for (guint slot = 0; slot < 2; slot++) {
                folder = copy_of (scene.crash->folder);
                slot_spoil (folder, slot);
                assert_repaired (scene.crash, folder, "slot");
                copy_free (folder);
        }
        /* The newer slot is gone and the store is behind the other. */
        folder = copy_of (scene.crash->folder);
        slot_spoil (folder, newer);
        run ("rm -rf %s/store%s", folder, "");
        run ("cp -a %s/store %s/store", scene.early, folder);
        assert_refused (folder, "one bad slot, store behind the other");
        copy_free (folder);
        scene_clear (&scene);
}

/* The batch in flight was torn: nobody was told of it, so it is no loss. */
static void
test_torn_tail (void)
{
        Scene scene = scene_new (CRASH_AFTER, 6);
        gsize len;

        for (guint i = 0; i < 4; i++) {
                char *folder = copy_of (scene.crash->folder);
                g_autofree char *wal = wal_of (folder, &len);

                file_change (wal, len - 1 - i * 40, G_MAXSIZE);
                assert_repaired (scene.crash, folder, NULL);
                copy_free (folder);
        }
        scene_clear (&scene);
}

/* Files of the ledger shorter than their mark: refused before the store is touched. */
static void
test_tiles (void)
{
        Scene scene = scene_new (CRASH_AFTER, 6);
        static const char *const names[] = { "entries", "level-0" };

        for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
                char *folder = copy_of (scene.crash->folder);
                g_autofree char *path = g_build_filename (folder, "ledger", "0", names[i], NULL);

                file_change (path, 100, G_MAXSIZE);
                assert_refused (folder, names[i]);
                copy_free (folder);
        }
        scene_clear (&scene);
}

int
main (int argc, char **argv)
{
        g_test_init (&argc, &argv, NULL);
        g_test_add_func ("/damage/a WAL that was cut", test_wal_cut);
        g_test_add_func ("/damage/a byte of the WAL", test_wal_flipped);
        g_test_add_func ("/damage/a store behind its head", test_store_behind);
        g_test_add_func ("/damage/slots of the head", test_slots);
        g_test_add_func ("/damage/an honest torn tail", test_torn_tail);
        g_test_add_func ("/damage/files of the ledger", test_tiles);
        return g_test_run ();
}
