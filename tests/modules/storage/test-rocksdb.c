/* SPDX-License-Identifier: Apache-2.0 */
/* What damage does to the RocksDB module's own files. */
#include <glib/gstdio.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "modules/storage/kit.h"

#define COMMITS 50

/* A store whose rows are all in the log, as a power cut leaves it. */
static Kit *
cut_short_new (gconstpointer object)
{
        Kit *kit = kit_new (object);
        int fd;
        GPid pid = child_start (object, kit->path, COMMITS, &fd);

        child_wait_for (fd, COMMITS);
        child_kill (pid);
        close (fd);
        return kit;
}

static void
flip_bit (const char *file, goffset at)
{
        FILE *stream = g_fopen (file, "r+b");
        int byte;

        g_assert_nonnull (stream);
        fseek (stream, at, SEEK_SET);
        byte = fgetc (stream);
        fseek (stream, at, SEEK_SET);
        fputc (byte ^ 1, stream);
        fclose (stream);
}

static goffset
file_size (const char *file)
{
        GStatBuf info;

        g_assert_cmpint (g_stat (file, &info), ==, 0);
        return info.st_size;
}

/* Peek changes nothing, and says what a start would then find. */
static int
assert_peek_is_honest (Kit *kit)
{
        g_autofree char *before = folder_digest (kit->root);
        g_autofree char *peeked = kit_peek (kit, "end");
        g_autofree char *after = folder_digest (kit->root);
        g_autofree char *found = NULL;

        g_assert_cmpstr (after, ==, before);
        kit_start (kit);
        found = kit_get (kit, SEKI_SPACE_STATE, "end");
        g_assert_cmpstr (found, ==, peeked);
        return peeked != NULL ? atoi (peeked) : 0;
}

static void
test_sound_log (gconstpointer object)
{
        g_autoptr (Kit) kit = cut_short_new (object);

        g_assert_cmpint (assert_peek_is_honest (kit), ==, COMMITS);
}

static void
test_torn_tail (gconstpointer object)
{
        g_autoptr (Kit) kit = cut_short_new (object);
        g_autofree char *log = folder_find (kit->path, ".log");

        g_assert_cmpint (truncate (log, file_size (log) - 9), ==, 0);
        g_assert_cmpint (assert_peek_is_honest (kit), ==, COMMITS - 1);
        kit_put (kit, SEKI_SPACE_STATE, "end", "repaired");
        kit_reopen (kit);
        kit_start (kit);
        g_free (log);
        log = kit_get (kit, SEKI_SPACE_STATE, "end");
        g_assert_cmpstr (log, ==, "repaired");
}

/* Point-in-time recovery forgives this silently; only the head can tell. */
static void
test_flipped_log (gconstpointer object)
{
        g_autoptr (Kit) kit = cut_short_new (object);
        g_autofree char *log = folder_find (kit->path, ".log");
        int end;

        flip_bit (log, file_size (log) / 2);
        end = assert_peek_is_honest (kit);
        g_assert_cmpint (end, >, COMMITS / 4);
        g_assert_cmpint (end, <, COMMITS * 3 / 4);
        g_test_message ("peek after the flip: %d of %d", end, COMMITS);
}

static void
test_lost_log (gconstpointer object)
{
        g_autoptr (Kit) kit = cut_short_new (object);
        g_autofree char *log = folder_find (kit->path, ".log");

        g_unlink (log);
        g_assert_cmpint (assert_peek_is_honest (kit), ==, 0);
}

static void
assert_unreadable (Kit *kit)
{
        g_autofree char *before = folder_digest (kit->path);
        g_autofree char *after = NULL;
        g_autoptr (GError) error = NULL;

        g_assert_false (kit->ops->peek (kit->self, SEKI_SPAN_LITERAL ("end"), NULL, NULL, &error));
        g_assert_error (error, SEKI_ERROR, SEKI_ERROR_DAMAGED);
        g_assert_nonnull (strstr (error->message, kit->path));
        after = folder_digest (kit->path);
        g_assert_cmpstr (after, ==, before);
        g_clear_error (&error);
        g_assert_false (kit->module->start (kit->self, &error));
        g_assert_error (error, SEKI_ERROR, SEKI_ERROR_DAMAGED);
        g_assert_cmpuint (fake_host_count_events (kit->fake, "storage.damaged"), ==, 2);
}

static void
test_lost_current (gconstpointer object)
{
        g_autoptr (Kit) kit = cut_short_new (object);
        g_autofree char *current = g_build_filename (kit->path, "CURRENT", NULL);

        g_unlink (current);
        assert_unreadable (kit);
}

static void
test_damaged_manifest (gconstpointer object)
{
        g_autoptr (Kit) kit = cut_short_new (object);
        g_autofree char *current = g_build_filename (kit->path, "CURRENT", NULL);
        g_autofree char *name = NULL;
        g_autofree char *manifest = NULL;

        g_assert_true (g_file_get_contents (current, &name, NULL, NULL));
        manifest = g_build_filename (kit->path, g_strstrip (name), NULL);
        flip_bit (manifest, file_size (manifest) / 2);
        assert_unreadable (kit);
}

/* The files as a power cut would leave them, while the store runs on. */
static void
files_copy (const char *from, const char *to)
{
        g_autoptr (GDir) folder = g_dir_open (from, 0, NULL);
        const char *name;

        g_assert_cmpint (g_mkdir (to, 0700), ==, 0);
        while ((name = g_dir_read_name (folder)) != NULL) {
                g_autofree char *source = g_build_filename (from, name, NULL);
                g_autofree char *target = g_build_filename (to, name, NULL);
                g_autofree char *bytes = NULL;
                gsize len = 0;
                g_assert_true (g_file_get_contents (source, &bytes, &len, NULL));
                g_assert_true (g_file_set_contents (target, bytes, len, NULL));
        }
}

/* One space is in tables, another only in the log.  A log that breaks off
 * before the tables were written can not come from a power cut. */
static void
test_tables_ahead_of_log (gconstpointer object)
{
        g_autoptr (Kit) kit = kit_new (object);
        g_autoptr (Kit) copy = NULL;
        g_autofree char *folder = g_build_filename (kit->root, "copy", NULL);
        g_autofree char *value = g_strnfill (1 << 20, 'v');
        g_autofree char *log = NULL;

        fake_settings_free (kit->settings);
        kit->settings = fake_settings_new (kit->module->options, "path", kit->path, "write-memory",
                                           "8M", NULL);
        kit_reopen (kit);
        kit_start (kit);
        for (char key[] = "a"; key[0] <= 'n'; key[0]++) {
                kit_put (kit, SEKI_SPACE_STATE, "end", key);
                kit_put (kit, SEKI_SPACE_RECORD, key, value);
                if ((log = folder_find (kit->path, ".sst")) != NULL)
                        break;
        }
        g_usleep (300 * 1000);
        files_copy (kit->path, folder);
        g_free (log);
        log = folder_find (folder, ".log");
        flip_bit (log, 2000);
        copy = kit_new_at (object, folder);
        assert_unreadable (copy);
}

/* A store with one table file of some hundred KiB, still running. */
static Kit *
filled_new (gconstpointer object)
{
        Kit *kit = kit_new (object);
        g_autofree char *value = g_strnfill (400, 'v');

        kit_start (kit);
        for (guint i = 0; i < 20; i++) {
                SekiWrite writes[50];
                char keys[50][8];
                for (guint j = 0; j < 50; j++) {
                        g_snprintf (keys[j], sizeof keys[j], "%05u", i * 50 + j);
                        writes[j] = (SekiWrite) { SEKI_SPACE_RECORD, seki_span_text (keys[j]),
                                                  seki_span_text (value) };
                }
                g_assert_true (kit_commit (kit, writes, 50, SEKI_SPAN_NONE, SEKI_SPAN_NONE, NULL));
        }
        kit_reopen (kit);
        kit_start (kit);
        return kit;
}

static gboolean
any_row (SekiSpan key, SekiSpan value, gpointer user)
{
        (void) key;
        (void) value;
        (void) user;
        return TRUE;
}

/* Rows and index sit in the first nine tenths; the running engine has it all
 * in its caches, so only a reading of the files can tell. */
static void
test_flipped_table (gconstpointer object)
{
        g_autoptr (Kit) kit = filled_new (object);
        g_autofree char *table = folder_find (kit->path, ".sst");
        goffset size = file_size (table);

        g_assert_cmpint (size, >, 400000);
        g_assert_true (kit->ops->scan (kit->self, SEKI_SPACE_RECORD, SEKI_SPAN_NONE, SEKI_SPAN_NONE,
                                       any_row, NULL, NULL));
        g_assert_true (kit->ops->verify (kit->self, NULL));
        for (guint tenth = 0; tenth < 9; tenth++) {
                g_autoptr (GError) error = NULL;
                flip_bit (table, size * tenth / 10 + 100);
                g_assert_false (kit->ops->verify (kit->self, &error));
                g_assert_error (error, SEKI_ERROR, SEKI_ERROR_DAMAGED);
                flip_bit (table, size * tenth / 10 + 100);
        }
        g_assert_true (kit->ops->verify (kit->self, NULL));
        g_assert_cmpuint (fake_host_count_events (kit->fake, "storage.damaged"), ==, 9);
}

static void
test_flipped_table_is_not_read (gconstpointer object)
{
        g_autoptr (Kit) kit = filled_new (object);
        g_autofree char *table = folder_find (kit->path, ".sst");
        g_autoptr (GError) error = NULL;

        kit_stop (kit);
        flip_bit (table, file_size (table) / 2);
        kit_reopen (kit);
        kit_start (kit);
        g_assert_false (kit->ops->scan (kit->self, SEKI_SPACE_RECORD, SEKI_SPAN_NONE,
                                        SEKI_SPAN_NONE, any_row, NULL, &error));
        g_assert_error (error, SEKI_ERROR, SEKI_ERROR_DAMAGED);
}

/* After a failed write the log's end is not known: nothing more is taken. */
static void
kit_put_refused (Kit *kit)
{
        const SekiWrite write = { SEKI_SPACE_STATE, SEKI_SPAN_LITERAL ("k"),
                                  SEKI_SPAN_LITERAL ("v") };
        g_autoptr (GError) error = NULL;

        g_assert_false (kit_commit (kit, &write, 1, SEKI_SPAN_NONE, SEKI_SPAN_NONE, &error));
        g_assert_error (error, SEKI_ERROR, SEKI_ERROR_STORAGE);
}

/* A child whose files may not grow past a size, as on a full disk. */
static int
full_disk_main (const char *object, const char *path)
{
        struct rlimit limit;
        Kit *kit = kit_new_at (object, path);
        g_autofree char *value = g_strnfill (100 * 1000, 'v');
        g_autoptr (GError) error = NULL;
        guint acked = 0;

        kit_start (kit);
        signal (SIGXFSZ, SIG_IGN);
        g_assert_cmpint (getrlimit (RLIMIT_FSIZE, &limit), ==, 0);
        limit.rlim_cur = 1 << 20;
        g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &limit), ==, 0);
        for (; error == NULL && acked < 100; acked += error == NULL) {
                g_autofree char *text = g_strdup_printf ("%u", acked + 1);
                SekiWrite writes[] = {
                        { SEKI_SPACE_RECORD, seki_span_text (text), seki_span_text (value) },
                        { SEKI_SPACE_STATE, SEKI_SPAN_LITERAL ("end"), seki_span_text (text) },
                };
                kit_commit (kit, writes, 2, SEKI_SPAN_NONE, SEKI_SPAN_NONE, &error);
        }
        g_assert_error (error, SEKI_ERROR, SEKI_ERROR_STORAGE);
        g_assert_cmpuint (fake_host_count_events (kit->fake, "storage.failed"), ==, 1);
        limit.rlim_cur = limit.rlim_max;
        g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &limit), ==, 0);
        kit_put_refused (kit);
        _exit (acked);
}

/* What was acknowledged before the disk was full is there; one more may be. */
static void
test_full_disk (gconstpointer object)
{
        g_autoptr (Kit) kit = kit_new (object);
        g_autofree char *self = g_file_read_link ("/proc/self/exe", NULL);
        char *argv[] = { self, (char *) "--full-disk", (char *) object, kit->path, NULL };
        int status = 0, acked, end;

        g_assert_true (g_spawn_sync (NULL, argv, NULL, 0, NULL, NULL, NULL, NULL, &status, NULL));
        g_assert_true (WIFEXITED (status));
        acked = WEXITSTATUS (status);
        g_assert_cmpint (acked, >=, 3);
        g_assert_cmpint (acked, <, 20);
        end = assert_peek_is_honest (kit);
        g_assert_cmpint (end, >=, acked);
        g_assert_cmpint (end, <=, acked + 1);
        g_test_message ("acknowledged %d, found %d", acked, end);
}

static void
test_two_nodes_on_one_folder (gconstpointer object)
{
        g_autoptr (Kit) kit = kit_new (object);
        g_autoptr (Kit) other = kit_new_at (object, kit->path);
        g_autoptr (GError) error = NULL;
        g_autofree char *end = NULL;

        kit_start (kit);
        kit_put (kit, SEKI_SPACE_STATE, "end", "1");
        g_assert_false (other->module->start (other->self, &error));
        g_assert_error (error, SEKI_ERROR, SEKI_ERROR_BUSY);
        end = kit_peek (other, "end");
        g_assert_cmpstr (end, ==, "1");
}

static void
test_folder_is_private_and_tidy (gconstpointer object)
{
        g_autoptr (Kit) kit = filled_new (object);
        g_autofree char *work = g_build_filename (kit->path, "work", NULL);
        g_autofree char *log = NULL;
        GStatBuf info;

        g_assert_true (kit->ops->verify (kit->self, NULL));
        kit_put (kit, SEKI_SPACE_STATE, "end", "1");
        kit_stop (kit);
        g_assert_cmpint (g_stat (kit->path, &info), ==, 0);
        g_assert_cmpuint (info.st_mode & 0777, ==, 0700);
        g_assert_false (g_file_test (work, G_FILE_TEST_EXISTS));
        log = folder_find (kit->path, ".log");
        g_assert_cmpint (log != NULL ? file_size (log) : 0, ==, 0);
}

#define MARKER "marker-of-a-person-who-left"

static void
compact_at_first (gsize i, SekiSpan value, gpointer user)
{
        Kit *kit = user;

        (void) value;
        if (i > 0)
                return;
        kit_erase (kit, SEKI_SPACE_RECORD, "who left");
        g_assert_true (kit->ops->compact (kit->self, SEKI_SPACE_RECORD, SEKI_SPAN_NONE,
                                          SEKI_SPAN_NONE, NULL));
}

/* The moment of a long get holds erased rows in the lowest level, which an
 * ordinary compaction would then leave alone. */
static void
test_reader_holds_bytes_back (gconstpointer object)
{
        g_autoptr (Kit) kit = kit_new (object);
        SekiSpan keys[300];

        kit_start (kit);
        kit_put (kit, SEKI_SPACE_RECORD, "who left", MARKER);
        kit_put (kit, SEKI_SPACE_RECORD, "who stays", "v");
        for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
                keys[i] = SEKI_SPAN_LITERAL ("who stays");
        g_assert_true (kit->ops->get_many (kit->self, SEKI_SPACE_RECORD, keys, G_N_ELEMENTS (keys),
                                           compact_at_first, kit, NULL));
        g_assert_cmpuint (folder_count (kit->path, MARKER), ==, 1);
        g_assert_true (kit->ops->compact (kit->self, SEKI_SPACE_RECORD, SEKI_SPAN_NONE,
                                          SEKI_SPAN_NONE, NULL));
        g_assert_cmpuint (folder_count (kit->path, MARKER), ==, 0);
}

static void
test_evidence (gconstpointer object)
{
        g_autoptr (Kit) kit = filled_new (object);
        SekiEvidence evidence = { 0 };
        g_autoptr (GError) error = NULL;

        g_assert_true (kit->module->probe (kit->self, "4.9(1)", &evidence, NULL));
        g_assert_true (evidence.holds);
        g_assert_false (kit->module->probe (kit->self, "9.9", &evidence, &error));
        g_assert_error (error, SEKI_ERROR, SEKI_ERROR_MISSING);
}

int
main (int argc, char **argv)
{
        if (argc == 5 && g_str_equal (argv[1], "--child"))
                return child_main (argv[2], argv[3], atoi (argv[4]));
        if (argc == 4 && g_str_equal (argv[1], "--full-disk"))
                return full_disk_main (argv[2], argv[3]);
        g_test_init (&argc, &argv, NULL);
        if (argc != 2)
                g_error ("usage: test-rocksdb storage-rocksdb.so");
        g_test_add_data_func ("/rocksdb/a sound log is read to its end", argv[1], test_sound_log);
        g_test_add_data_func ("/rocksdb/a torn tail is repaired", argv[1], test_torn_tail);
        g_test_add_data_func ("/rocksdb/a flipped bit in the log shows as an earlier end", argv[1],
                              test_flipped_log);
        g_test_add_data_func ("/rocksdb/a lost log shows as an earlier end", argv[1],
                              test_lost_log);
        g_test_add_data_func ("/rocksdb/a lost CURRENT file is damage, not a new store", argv[1],
                              test_lost_current);
        g_test_add_data_func ("/rocksdb/a damaged manifest is damage", argv[1],
                              test_damaged_manifest);
        g_test_add_data_func ("/rocksdb/tables ahead of the log are damage", argv[1],
                              test_tables_ahead_of_log);
        g_test_add_data_func ("/rocksdb/verify finds a flipped bit behind the caches", argv[1],
                              test_flipped_table);
        g_test_add_data_func ("/rocksdb/a flipped block is not handed over", argv[1],
                              test_flipped_table_is_not_read);
        g_test_add_data_func ("/rocksdb/a full disk", argv[1], test_full_disk);
        g_test_add_data_func ("/rocksdb/two nodes on one folder", argv[1],
                              test_two_nodes_on_one_folder);
        g_test_add_data_func ("/rocksdb/the folder is private and tidy", argv[1],
                              test_folder_is_private_and_tidy);
        g_test_add_data_func ("/rocksdb/a reader holds erased bytes back, the next compaction does "
                              "not",
                              argv[1], test_reader_holds_bytes_back);
        g_test_add_data_func ("/rocksdb/evidence for a clause", argv[1], test_evidence);
        return g_test_run ();
}
