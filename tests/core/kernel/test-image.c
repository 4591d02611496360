/* SPDX-License-Identifier: Apache-2.0 */
#include "shelf.h"

#include "keyring/nss.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static void
test_good (void)
{
        g_autoptr (GError) error = NULL;
        g_autofree char *path = shelf_path ("role"), *digest = shelf_digest (path);
        g_autoptr (SekiImage) image = seki_image_open (path, &error);
        const SekiModule *module;
        const SekiAction *actions;

        g_assert_no_error (error);
        g_assert_cmpstr (seki_image_get_digest (image), ==, digest);
        g_assert_null (seki_image_get_module (image));
        g_assert_true (seki_image_read (image, &error));
        module = seki_image_get_module (image);
        g_assert_cmpstr (module->name, ==, "role-fake");
        g_assert_cmpuint (module->kind, ==, SEKI_KIND_ROLE);
        g_assert_cmpuint (module->needs_number, ==, 1);
        g_assert_null (module->open);
        g_assert_null (module->role);
        g_assert_null (module->options[0].name);
        g_assert_null (module->needs[0]);
        g_assert_cmpstr (module->reasons[0].ja, ==, "これは偽物です。別のものを使ってください。");
        g_assert_null (module->reasons[2].id);
        g_assert_cmpstr (module->events[0].name, ==, "fake.event");
        g_assert_cmpstr (module->clauses[0], ==, "4.8(1)ア");
        actions = seki_image_get_actions (image);
        g_assert_cmpstr (actions[1].name, ==, "fake.do-more");
        g_assert_cmpuint (actions[1].loads, ==, SEKI_LOAD_PERSON);
        g_assert_null (actions[2].name);
}

static void
test_facts_of_file (void)
{
        g_autofree char *path = shelf_path ("role"), *extra = shelf_path ("extra-symbol");
        g_autofree char *stack = shelf_path ("exec-stack"), *text = shelf_path ("text-relocations");
        g_autoptr (SekiImage) good = shelf_image (path, NULL),
                              exporting = shelf_image (extra, NULL);
        g_autoptr (SekiImage) stacked = shelf_image (stack, NULL),
                              written = shelf_image (text, NULL);
        const SekiImageFacts *facts = seki_image_get_facts (good);

        g_assert_true (facts->relro);
        g_assert_true (facts->now);
        g_assert_false (facts->exec_stack);
        g_assert_false (facts->text_relocations);
        g_assert_cmpuint (facts->exports, ==, 1);
        g_assert_true (g_strv_contains (facts->libraries, "libglib-2.0.so.0"));
        g_assert_cmpuint (seki_image_get_facts (exporting)->exports, ==, 2);
        g_assert_true (seki_image_get_facts (stacked)->exec_stack);
        g_assert_true (seki_image_get_facts (written)->text_relocations);
}

/* Modules of the house, as they are built. */
static void
test_real (void)
{
        g_autoptr (GError) error = NULL;
        g_autoptr (SekiImage) storage = shelf_image (g_getenv ("SEKI_STORAGE_ROCKSDB"), &error);
        g_autoptr (SekiImage) role = NULL;
        const SekiOption *option;

        g_assert_no_error (error);
        g_assert_cmpstr (seki_image_get_module (storage)->name, ==, "storage-rocksdb");
        option = seki_image_get_module (storage)->options;
        g_assert_cmpstr (option->name, ==, "path");
        g_assert_cmpint (option->type, ==, SEKI_OPTION_PATH);
        g_assert_cmpstr (option->fallback, ==, "store");
        g_assert_true (g_strv_contains (seki_image_get_module (storage)->provides, "durable"));
        g_assert_null (seki_image_get_actions (storage));
        g_assert_cmpuint (seki_image_get_facts (storage)->exports, ==, 1);

        role = shelf_image (g_getenv ("SEKI_ROLE_ACCOUNT"), &error);
        g_assert_no_error (error);
        g_assert_cmpstr (seki_image_get_actions (role)[0].name, ==, "account.register");
        g_assert_cmpuint (seki_image_get_actions (role)[0].callers, ==,
                          SEKI_CALLER_OFFICE | SEKI_CALLER_PERSON);
}

static void
test_old_hash_table (void)
{
        g_autofree char *path = shelf_path ("sysv-hash");
        g_autoptr (SekiImage) image = shelf_image (path, NULL);

        g_assert_nonnull (image);
        g_assert_cmpuint (seki_image_get_facts (image)->exports, ==, 1);
}

static void
test_packed (void)
{
        g_autofree char *path = shelf_path ("packed");
        g_autoptr (SekiImage) image = shelf_image (path, NULL);

        g_assert_nonnull (image);
        g_assert_cmpstr (seki_image_get_module (image)->events[0].label_ja, ==, "発生");
        g_assert_cmpstr (seki_image_get_actions (image)[1].name, ==, "fake.do-more");
}

static void
test_refused (void)
{
        static const struct { const char *fake, *part; } cases[] = {
                { "wrong-abi", "number 2, this node speaks number 1" },
                { "short", "states a size" },
                { "boastful", "states a size" },
                { "wrong-kind", "not a whole table of the kind storage" },
                { "no-handle", "not a whole table of the kind role" },
                { "no-close", "open, start, stop and close" },
                { "no-symbol", "no descriptor seki_module" },
                { "bad-name", "policy-bad-name" },
                { "bad-option", "\"depth\"" },
                { "escape", "The summary of its descriptor" },
                { "plain-pointer", "The clauses of its descriptor" },
                { "endless", "The reasons of its descriptor" },
                { "origin", "$ORIGIN" },
        };

        for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
                g_autoptr (GError) error = NULL;
                g_autofree char *path = shelf_path (cases[i].fake);
                g_autoptr (SekiImage) image = shelf_image (path, &error);

                g_assert_null (image);
                g_assert_nonnull (strstr (error->message, path));
                shelf_assert_error (&error, SEKI_ERROR_MODULE, cases[i].part);
        }
}

static void
test_longer (void)
{
        g_autofree char *path = shelf_path ("longer");
        g_autoptr (SekiImage) image = shelf_image (path, NULL);

        g_assert_nonnull (image);
        g_assert_cmpuint (seki_image_get_module (image)->size, >, sizeof (SekiModule));
        g_assert_cmpuint (seki_image_get_facts (image)->table_size, >, sizeof (SekiRoleOps));
}

static void
test_not_a_file (void)
{
        g_autoptr (GError) error = NULL;
        char *folder = shelf_folder_new ();
        g_autofree char *target = shelf_path ("role"),
                        *path = g_build_filename (folder, "x.so", NULL);
        SekiImage *image;

        image = seki_image_open (path, &error);
        g_assert_null (image);
        shelf_assert_error (&error, SEKI_ERROR_MISSING, path);

        g_assert_cmpint (symlink (target, path), ==, 0);
        g_assert_null (seki_image_open (path, &error));
        shelf_assert_error (&error, SEKI_ERROR_MODULE, "symbolic link");
        g_assert_cmpint (unlink (path), ==, 0);

        g_assert_cmpint (mkfifo (path, 0600), ==, 0);
        g_assert_null (seki_image_open (path, &error));
        shelf_assert_error (&error, SEKI_ERROR_MODULE, "not a regular file");
        g_assert_cmpint (unlink (path), ==, 0);

        g_assert_null (seki_image_open (folder, &error));
        shelf_assert_error (&error, SEKI_ERROR_MODULE, "not a regular file");

        shelf_write (path, "", 0);
        g_assert_null (seki_image_open (path, &error));
        shelf_assert_error (&error, SEKI_ERROR_MODULE, "empty");

        shelf_write (path, "#!/bin/sh\n", 10);
        g_assert_null (shelf_image (path, &error));
        shelf_assert_error (&error, SEKI_ERROR_MODULE, "not a shared object");
        shelf_folder_free (folder);
}

static void
test_program (void)
{
        g_autoptr (GError) error = NULL;
        g_autofree char *self = g_file_read_link ("/proc/self/exe", NULL);
        g_autoptr (SekiImage) image = shelf_image (self, &error);

        g_assert_null (image);
        shelf_assert_error (&error, SEKI_ERROR_MODULE, self);
}

static void
test_other_machine (void)
{
        g_autoptr (GError) error = NULL;
        char *folder = shelf_folder_new ();
        g_autofree char *good = shelf_path ("role"),
                        *path = g_build_filename (folder, "x.so", NULL);
        g_autoptr (GBytes) bytes = shelf_read (good);
        g_autofree guint8 *copy =
                g_memdup2 (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));

        copy[18] = 0x15;        /* e_machine: PowerPC */
        shelf_write (path, copy, g_bytes_get_size (bytes));
        g_assert_null (shelf_image (path, &error));
        shelf_assert_error (&error, SEKI_ERROR_MODULE, "another kind of machine");
        shelf_folder_free (folder);
}

static void
test_sealed (void)
{
        g_autofree char *path = shelf_path ("role");
        g_autoptr (SekiImage) image = seki_image_open (path, NULL);
        int fd = seki_image_get_fd (image);
        g_autofree char *name = g_strdup_printf ("/proc/self/fd/%d", fd);
        int again = open (name, O_RDWR | O_CLOEXEC);

        g_assert_cmpint (pwrite (fd, "x", 1, 0), ==, -1);
        g_assert_cmpint (errno, ==, EPERM);
        g_assert_cmpint (ftruncate (fd, 0), ==, -1);
        g_assert_cmpint (errno, ==, EPERM);
        g_assert_cmpint (fcntl (fd, F_ADD_SEALS, F_SEAL_WRITE), ==, -1);
        g_assert_cmpint (again, >=, 0);
        g_assert_cmpint (pwrite (again, "x", 1, 0), ==, -1);
        g_assert_cmpint (errno, ==, EPERM);
        g_assert_cmpint (fcntl (fd, F_GETFD) & FD_CLOEXEC, ==, FD_CLOEXEC);
        close (again);
}

/* Cut anywhere, it is refused or reads as before (what is cut off at the end,
 * the section headers, nobody loads). */
static void
test_truncated (void)
{
        char *folder = shelf_folder_new ();
        g_autofree char *good = shelf_path ("role"),
                        *path = g_build_filename (folder, "x.so", NULL);
        g_autoptr (GBytes) bytes = shelf_read (good);
        gsize len = g_bytes_get_size (bytes);
        guint refused = 0;

        for (gsize cut = 1; cut < len; cut += cut < 1024 ? 7 : 97) {
                g_autoptr (GError) error = NULL;
                g_autoptr (SekiImage) image = NULL;

                shelf_write (path, g_bytes_get_data (bytes, NULL), cut);
                image = shelf_image (path, &error);
                g_assert_true ((image == NULL) == (error != NULL));
                refused += image == NULL;
                if (image != NULL)
                        g_assert_cmpstr (seki_image_get_module (image)->name, ==, "role-fake");
                if (cut < 8192)
                        g_assert_null (image);
        }
        g_assert_cmpuint (refused, >, 150);
        shelf_folder_free (folder);
}

/* Reads everything a descriptor leads to. */
static gsize
module_weigh (SekiImage *image)
{
        const SekiModule *m = seki_image_get_module (image);
        const SekiAction *action = seki_image_get_actions (image);
        gsize n = strlen (m->name) + strlen (m->version) + strlen (m->summary);

        for (guint i = 0; m->reasons[i].id != NULL; i++)
                n += strlen (m->reasons[i].id) + strlen (m->reasons[i].en) +
                     strlen (m->reasons[i].ja);
        for (guint i = 0; m->events[i].name != NULL; i++)
                n += strlen (m->events[i].name);
        for (guint i = 0; m->options[i].name != NULL; i++)
                n += strlen (m->options[i].name);
        for (; action != NULL && action->name != NULL; action++)
                n += strlen (action->name) + strlen (action->label_ja);
        return n + g_strv_length ((char **) m->needs) + g_strv_length ((char **) m->clauses);
}

static void
bytes_spoil (GRand *rand, guint8 *bytes, gsize len)
{
        static const guint8 favourites[] = { 0, 1, 0x7f, 0x80, 0xff };
        gsize range = g_rand_boolean (rand) ? MIN (len, 1024) : len;

        for (gint i = g_rand_int_range (rand, 1, 8); i > 0; i--) {
                gsize at = (gsize) g_rand_int_range (rand, 0, (gint32) range);
                bytes[at] =
                        g_rand_boolean (rand)
                                ? (guint8) g_rand_int (rand)
                                : favourites[g_rand_int_range (rand, 0, G_N_ELEMENTS (favourites))];
        }
}

static void
test_mutated (void)
{
        char *folder = shelf_folder_new ();
        g_autofree char *good = shelf_path ("role"),
                        *path = g_build_filename (folder, "x.so", NULL);
        g_autoptr (GBytes) bytes = shelf_read (good);
        gsize len = g_bytes_get_size (bytes);
        guint32 seed = (guint32) g_test_rand_int ();
        g_autoptr (GRand) rand = g_rand_new_with_seed (seed);
        guint refused = 0, taken = 0;

        g_test_message ("seed %u", seed);
        for (guint round = 0; round < 3000; round++) {
                g_autoptr (GError) error = NULL;
                g_autoptr (SekiImage) image = NULL;
                g_autofree guint8 *copy = g_memdup2 (g_bytes_get_data (bytes, NULL), len);

                bytes_spoil (rand, copy, len);
                shelf_write (path, copy, len);
                image = shelf_image (path, &error);
                if (image != NULL)
                        g_assert_cmpuint (module_weigh (image), >, 0);
                else
                        g_assert_true (g_utf8_validate (error->message, -1, NULL));
                *(image != NULL ? &taken : &refused) += 1;
        }
        g_assert_cmpuint (refused, >, 300);
        g_assert_cmpuint (taken, >, 300);
        shelf_folder_free (folder);
}

int
main (int argc, char **argv)
{
        int status;

        g_test_init (&argc, &argv, NULL);
        g_assert_true (seki_nss_init (NULL));
        g_test_add_func ("/image/a good module is read without being loaded", test_good);
        g_test_add_func ("/image/how the file was linked is known", test_facts_of_file);
        g_test_add_func ("/image/modules of the house are read", test_real);
        g_test_add_func ("/image/symbols are counted by the old hash table too",
                         test_old_hash_table);
        g_test_add_func ("/image/packed relocations are followed", test_packed);
        g_test_add_func ("/image/each defect is refused by name", test_refused);
        g_test_add_func ("/image/a longer descriptor of the same number is read", test_longer);
        g_test_add_func ("/image/links, pipes, folders and empty files are refused",
                         test_not_a_file);
        g_test_add_func ("/image/a program is no module", test_program);
        g_test_add_func ("/image/a file for another machine is refused", test_other_machine);
        g_test_add_func ("/image/the copy can not be written to", test_sealed);
        g_test_add_func ("/image/a file cut anywhere does no harm", test_truncated);
        g_test_add_func ("/image/changed bytes do no harm", test_mutated);
        status = g_test_run ();
        g_assert_true (seki_nss_shutdown ());
        return status;
}
