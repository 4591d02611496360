/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel/upkeep.h"

#include "kernel/reseal.h"
#include "odd.h"

static void
upkeep_log (gpointer user, SekiLogLevel level, const char *text)
{
        (void) level;
        g_string_append_printf (user, "%s\n", text);
}

static guint
runs (Desk *desk)
{
        return faulty_each (desk->store, SEKI_SPACE_LEDGER, NULL, NULL);
}

static guint64
drained (Desk *desk)
{
        return seki_tiles_get_drained (desk->kernel.tiles);
}

/* Every leaf can be read, from wherever it is. */
static void
assert_whole (Desk *desk)
{
        g_assert_cmpuint (seki_tiles_get_size (desk->kernel.tiles), ==, desk_leaves (desk));
        for (guint64 i = 0; i < desk_leaves (desk); i++)
                g_free (odd_act (desk, i));
}

static SekiUpkeep *
upkeep_start (Desk *desk, GString *log)
{
        g_autoptr (GError) error = NULL;
        SekiUpkeep *upkeep = seki_upkeep_start (&desk->kernel, upkeep_log, log, &error);

        g_assert_no_error (error);
        return upkeep;
}

static void
test_round (void)
{
        Desk *desk = odd_desk ();
        g_autoptr (GString) log = g_string_new (NULL);
        SekiUpkeep *upkeep = upkeep_start (desk, log);
        g_autofree char *note = NULL, *again = NULL;
        g_autoptr (GError) error = NULL;
        SekiCheckpoint checkpoint;

        odd_store (desk, 1, 300);
        g_assert_cmpuint (runs (desk), >=, 2);
        seki_upkeep_run (upkeep, &error);
        g_assert_no_error (error);
        g_assert_cmpuint (drained (desk), ==, 299);
        g_assert_cmpuint (runs (desk), ==, 0);
        note = seki_tiles_dup_checkpoint (desk->kernel.tiles, &error);
        g_assert_nonnull (note);
        g_assert_true (seki_checkpoint_verify (seki_span_text (note),
                                               seki_keyring_get_ledger_key (desk->keyring),
                                               &checkpoint, NULL));
        g_assert_cmpuint (checkpoint.size, ==, 299);
        g_assert_cmpint (seki_upkeep_last (upkeep), >, 0);
        seki_upkeep_run (upkeep, &error);
        again = seki_tiles_dup_checkpoint (desk->kernel.tiles, &error);
        g_assert_cmpstr (note, ==, again);              /* nothing moved, nothing signed */
        assert_whole (desk);
        seki_upkeep_stop (upkeep);
        g_assert_cmpstr (log->str, ==, "");
        desk_free (desk);
}

/* A row whose leaves are only partly in tiles stays. */
static void
test_partly_drained (void)
{
        Desk *desk = odd_desk ();
        g_autoptr (GString) log = g_string_new (NULL);
        g_autoptr (GError) error = NULL;

        odd_store (desk, 1, 201);
        seki_tiles_drain (desk->kernel.tiles, 150, &error);
        g_assert_no_error (error);
        g_assert_cmpuint (drained (desk), ==, 150);
        desk_close (desk);                              /* killed between drain and drop */
        desk_open (desk);
        g_assert_cmpuint (runs (desk), ==, 1);
        assert_whole (desk);
        odd_store (desk, 201, 205);
        {
                SekiUpkeep *upkeep = upkeep_start (desk, log);

                seki_upkeep_run (upkeep, &error);
                g_assert_no_error (error);
                seki_upkeep_stop (upkeep);
        }
        g_assert_cmpuint (runs (desk), ==, 0);
        desk_close (desk);
        desk_open (desk);
        assert_whole (desk);
        desk_free (desk);
}

/* Dropping fails: drained, not dropped; the next round and a restart both cope. */
static void
test_drop_fails (void)
{
        Desk *desk = odd_desk ();
        g_autoptr (GString) log = g_string_new (NULL);
        SekiUpkeep *upkeep = upkeep_start (desk, log);
        g_autoptr (GError) error = NULL;

        odd_store (desk, 1, 11);
        faulty_arm (desk->store, FAULTY_NOT_LANDED, 1, 1000);
        g_assert_false (seki_upkeep_run (upkeep, &error));
        g_assert_error (error, SEKI_ERROR, SEKI_ERROR_STORAGE);
        g_clear_error (&error);
        g_assert_cmpuint (drained (desk), ==, 10);
        g_assert_cmpuint (runs (desk), ==, 1);
        faulty_arm (desk->store, FAULTY_NOT_LANDED, 0, 0);
        seki_upkeep_stop (upkeep);
        desk_close (desk);
        desk_open (desk);
        assert_whole (desk);
        upkeep = upkeep_start (desk, log);
        seki_upkeep_run (upkeep, &error);
        g_assert_no_error (error);
        g_assert_cmpuint (runs (desk), ==, 0);
        assert_whole (desk);
        seki_upkeep_stop (upkeep);
        desk_free (desk);
}

static void
old_generation (const SekiBucket *bucket, gpointer user)
{
        *(guint *) user += bucket->generation == 1;
}

/* A re-sealing that landed with an error: the old key goes in the next round. */
static void
test_unfinished_reseal (void)
{
        Desk *desk = odd_desk ();
        g_autoptr (GString) log = g_string_new (NULL);
        SekiUpkeep *upkeep = upkeep_start (desk, log);
        g_autoptr (GError) error = NULL;
        guint old = 0;

        odd_store (desk, 1, 4);
        seki_upkeep_run (upkeep, &error);
        odd_ask (desk, "odd.erase", 1, "erase-0001");
        faulty_arm (desk->store, FAULTY_LANDED, 1, 1);
        for (guint i = 0; i < 3; i++)
                seki_upkeep_run (upkeep, NULL);
        seki_keyring_each_bucket (desk->keyring, old_generation, &old);
        g_assert_cmpuint (old, ==, 0);
        odd_ask (desk, "odd.read", 2, "read-00002");
        odd_assert_says (desk, "name 2");
        seki_upkeep_stop (upkeep);
        desk_free (desk);
}

/* The thread itself, beside a desk that works: all is drained when it stops. */
static void
test_thread (void)
{
        Desk *desk = odd_desk ();
        g_autoptr (GString) log = g_string_new (NULL);
        SekiUpkeep *upkeep = upkeep_start (desk, log);

        for (guint i = 0; i < 40; i++) {
                odd_store (desk, 1 + i * 10, 11 + i * 10);
                if (i % 10 == 5)
                        seki_upkeep_run (upkeep, NULL);
        }
        seki_upkeep_stop (upkeep);
        g_assert_cmpuint (drained (desk), ==, 400);
        g_assert_cmpuint (runs (desk), ==, 0);
        assert_whole (desk);
        g_assert_cmpstr (log->str, ==, "");
        desk_free (desk);
}

int
main (int argc, char **argv)
{
        g_test_init (&argc, &argv, NULL);
        g_test_add_func ("/upkeep/a round", test_round);
        g_test_add_func ("/upkeep/partly drained", test_partly_drained);
        g_test_add_func ("/upkeep/rows that can not be dropped", test_drop_fails);
        g_test_add_func ("/upkeep/a re-sealing left unfinished", test_unfinished_reseal);
        g_test_add_func ("/upkeep/the thread", test_thread);
        return g_test_run ();
}
