/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel/witness.h"

#include "kernel/upkeep.h"
#include "odd.h"

#define ORIGIN "desk.example/lane/0"

/* The keyring of the first desk signs for a peer; the second desk watches it. */
typedef struct {
        Desk *peer, *desk;
        char *vkey;
        SekiWitnessed witnessed[1];
} Pair;

static Pair *
pair_new (void)
{
        Pair *pair = g_new0 (Pair, 1);
        DeskPlan plan = { .self = &desk_account,
                          .storage = "memory",
                          .module = "role-odd",
                          .policy = "policy-permit" };

        pair->peer = odd_desk ();
        pair->vkey =
                seki_checkpoint_vkey (ORIGIN, seki_keyring_get_ledger_key (pair->peer->keyring));
        pair->witnessed[0] = (SekiWitnessed){ .party = &desk_transfer, .vkey = pair->vkey };
        plan.witnessed = pair->witnessed;
        plan.n_witnessed = 1;
        pair->desk = desk_new_with (&plan);
        return pair;
}

static void
pair_free (Pair *pair)
{
        desk_free (pair->desk);
        desk_free (pair->peer);
        g_free (pair->vkey);
        g_free (pair);
}

static char *
note (Pair *pair, guint64 size, guint8 root, gint64 time)
{
        SekiCheckpoint checkpoint = { .origin = ORIGIN, .size = size, .time = time };
        g_autoptr (GError) error = NULL;
        char *text;

        memset (checkpoint.root, root, 32);
        text = seki_checkpoint_sign (&checkpoint, pair->peer->keyring, &error);
        g_assert_no_error (error);
        return text;
}

static SekiWitnessFinding
look (Pair *pair, guint64 size, guint8 root, gint64 time)
{
        g_autofree char *text = note (pair, size, root, time);
        SekiCheckpoint known, new;

        return seki_witness_look (pair->desk->kernel.witness, &desk_transfer, seki_span_text (text),
                                  &known, &new);
}

static gboolean
take (Pair *pair, guint64 size, guint8 root, gint64 time)
{
        g_autofree char *text = note (pair, size, root, time);

        return seki_witness_take (pair->desk->kernel.witness, &desk_transfer,
                                  seki_span_text (text));
}

static void
test_findings (void)
{
        Pair *pair = pair_new ();

        g_assert_cmpint (look (pair, 10, 1, 1000), ==, SEKI_WITNESS_NEWER);
        g_assert_true (take (pair, 10, 1, 1000));
        g_assert_cmpint (look (pair, 10, 1, 1000), ==, SEKI_WITNESS_SAME);
        g_assert_cmpint (look (pair, 10, 1, 2000), ==, SEKI_WITNESS_SAME);
        g_assert_cmpint (look (pair, 12, 2, 2000), ==, SEKI_WITNESS_NEWER);
        g_assert_cmpint (look (pair, 10, 9, 2000), ==,
                         SEKI_WITNESS_FORKED);                           /* same size, other root */
        g_assert_cmpint (look (pair, 9, 9, 900), ==, SEKI_WITNESS_SAME); /* late */
        g_assert_cmpint (look (pair, 9, 9, 1001), ==, SEKI_WITNESS_FORKED); /* rolled back */
        g_assert_false (seki_witness_is_forked (pair->desk->kernel.witness, &desk_transfer));
        pair_free (pair);
}

/* A late note is none the wiser; what was said last binds, proven or not. */
static void
test_late (void)
{
        Pair *pair = pair_new ();
        g_autofree char *latest = note (pair, 12, 2, 2000);

        g_assert_true (take (pair, 10, 1, 1000));
        g_assert_true (seki_witness_take (pair->desk->kernel.witness, &desk_transfer,
                                          seki_span_text (latest)));
        g_assert_true (take (pair, 10, 1, 1000));
        g_assert_true (take (pair, 11, 7, 1500));
        g_assert_cmpint (look (pair, 12, 9, 2000), ==, SEKI_WITNESS_FORKED);
        g_assert_cmpint (look (pair, 11, 7, 2001), ==, SEKI_WITNESS_FORKED);
        g_assert_cmpint (look (pair, 10, 1, 1000), ==, SEKI_WITNESS_SAME);
        pair_free (pair);
}

/* Claimed until it is proven. */
static void
test_claimed (void)
{
        Pair *pair = pair_new ();
        SekiWitness *witness = pair->desk->kernel.witness;
        g_autofree char *known = NULL, *latest = note (pair, 12, 2, 2000);
        g_auto (SekiWitnessClaim) claim;

        g_assert_true (take (pair, 10, 1, 1000));
        g_assert_true (seki_witness_take (witness, &desk_transfer, seki_span_text (latest)));
        seki_witness_get_claim (witness, &desk_transfer, &claim);
        g_assert_true (claim.any);
        g_assert_cmpuint (claim.known.size, ==, 10);
        g_assert_cmpstr (claim.note, ==, latest);
        seki_witness_accept (witness, &desk_transfer, seki_span_text (latest), &claim.claimed);
        known = seki_witness_dup_known (witness, &desk_transfer);
        g_assert_cmpstr (known, ==, latest);
        pair_free (pair);
}

/* Who showed a ledger once must go on showing it. */
static void
test_silent (void)
{
        Pair *pair = pair_new ();
        SekiWitness *witness = pair->desk->kernel.witness;

        g_assert_true (seki_witness_take (witness, &desk_transfer, SEKI_SPAN_NONE));
        g_assert_true (take (pair, 10, 1, 1000));
        g_assert_false (seki_witness_take (witness, &desk_transfer, SEKI_SPAN_NONE));
        g_assert_false (seki_witness_is_forked (witness, &desk_transfer));
        g_assert_true (take (pair, 10, 1, 1000));
        pair_free (pair);
}

static void
view_take (const SekiWitnessView *view, gpointer user)
{
        *(SekiWitnessView *) user = *view;
}

/* A new witness over the same rows, perhaps with another key in the profile. */
static SekiWitnessView
reopen (Pair *pair)
{
        SekiKernel *kernel = &pair->desk->kernel;
        SekiWitnessView view;
        g_autoptr (GError) error = NULL;

        seki_witness_save (kernel->witness, kernel, &error);
        g_assert_no_error (error);
        seki_witness_free (kernel->witness);
        kernel->witness = seki_witness_new (ORIGIN, pair->desk->keyring, kernel->clock,
                                            pair->witnessed, 1, &error);
        g_assert_no_error (error);
        seki_witness_load (kernel->witness, kernel, &error);
        g_assert_no_error (error);
        seki_witness_each (kernel->witness, view_take, &view);
        return view;
}

static void
test_rows (void)
{
        Pair *pair = pair_new ();
        SekiWitnessView view = reopen (pair);
        g_autofree char *vkey = NULL;

        g_assert_cmpuint (view.known_size, ==, 0);
        g_assert_true (take (pair, 10, 1, 1000));
        g_assert_true (take (pair, 20, 2, 2000));
        seki_witness_proven (pair->desk->kernel.witness, &desk_transfer);
        view = reopen (pair);
        g_assert_cmpuint (view.known_size, ==, 10);
        g_assert_cmpuint (view.claimed_size, ==, 20);
        g_assert_cmpint (view.known_time, ==, 1000);
        g_assert_cmpint (view.proven, >, 0);
        g_assert_null (view.forked);
        g_assert_false (take (pair, 5, 1, 9000));
        view = reopen (pair);
        g_assert_cmpstr (view.forked, ==, SEKI_FORK_ROLLED_BACK);
        vkey = seki_checkpoint_vkey (ORIGIN "/second",
                                     seki_keyring_get_ledger_key (pair->peer->keyring));
        pair->witnessed[0].vkey = vkey;
        view = reopen (pair);
        g_assert_null (view.forked);
        g_assert_cmpuint (view.known_size, ==, 0);
        view = reopen (pair); /* and the row is now that of the new key */
        g_assert_cmpuint (view.claimed_size, ==, 0);
        pair_free (pair);
}

static void
test_fork (gconstpointer how)
{
        Pair *pair = pair_new ();
        gboolean rolled = GPOINTER_TO_INT (how);

        g_assert_true (take (pair, 10, 1, 1000));
        g_assert_false (rolled ? take (pair, 8, 1, 5000) : take (pair, 10, 2, 5000));
        g_assert_true (seki_witness_is_forked (pair->desk->kernel.witness, &desk_transfer));
        g_assert_false (take (pair, 20, 3, 9000)); /* and nothing it says afterwards helps */
        pair_free (pair);
}

/* Nobody else's word, no garbled word, and silence is not held against anybody. */
static void
test_invalid (void)
{
        Pair *pair = pair_new ();
        SekiWitness *witness = pair->desk->kernel.witness;
        g_autofree char *text = note (pair, 10, 1, 1000), *other = NULL;
        SekiCheckpoint foreign = { .origin = "other.example/lane/0", .size = 10, .time = 1000 };

        g_assert_false (
                seki_witness_take (witness, &desk_transfer, seki_span_text ("no note at all")));
        text[strlen (ORIGIN) + 1] = '9';
        g_assert_false (seki_witness_take (witness, &desk_transfer, seki_span_text (text)));
        other = seki_checkpoint_sign (&foreign, pair->peer->keyring, NULL);
        g_assert_false (seki_witness_take (witness, &desk_transfer, seki_span_text (other)));
        g_clear_pointer (&other, g_free);
        g_strlcpy (foreign.origin, ORIGIN, sizeof foreign.origin);
        other = seki_checkpoint_sign (&foreign, pair->desk->keyring,
                                      NULL); /* another key, the same in name */
        if (!seki_span_equal (seki_keyring_get_ledger_key (pair->desk->keyring),
                              seki_keyring_get_ledger_key (pair->peer->keyring)))
                g_assert_false (
                        seki_witness_take (witness, &desk_transfer, seki_span_text (other)));
        g_assert_false (seki_witness_is_forked (witness, &desk_transfer));
        g_assert_true (seki_witness_take (witness, &desk_transfer, SEKI_SPAN_NONE));
        g_assert_true (seki_witness_take (witness, &desk_second, seki_span_text ("nobody checks")));
        g_assert_true (take (pair, 10, 1, 1000));
        pair_free (pair);
}

typedef struct {
        Pair *pair;
        char *note;
        gboolean ok;
} Racer;

static gpointer
racer_main (gpointer user)
{
        Racer *racer = user;

        racer->ok = seki_witness_take (racer->pair->desk->kernel.witness, &desk_transfer,
                                       seki_span_text (racer->note));
        return NULL;
}

/* Two contradicting notes at once: one at most goes through, and the fork is seen. */
static void
test_race (void)
{
        Pair *pair = pair_new ();

        for (guint i = 1; i < 60; i++) {
                Racer racers[2] = { { pair, note (pair, i, 1, i * 10), FALSE },
                                    { pair, note (pair, i, 2, i * 10), FALSE } };
                GThread *threads[2];

                for (guint j = 0; j < 2; j++)
                        threads[j] = g_thread_new ("racer", racer_main, &racers[j]);
                for (guint j = 0; j < 2; j++) {
                        g_thread_join (threads[j]);
                        g_free (racers[j].note);
                }
                g_assert_false (racers[0].ok && racers[1].ok);
                g_assert_true (seki_witness_is_forked (pair->desk->kernel.witness, &desk_transfer));
                seki_witness_free (pair->desk->kernel.witness);
                pair->desk->kernel.witness =
                        seki_witness_new (ORIGIN, pair->desk->keyring, pair->desk->kernel.clock,
                                          pair->witnessed, 1, NULL);
        }
        pair_free (pair);
}

static gint64
note_time (SekiWitness *witness, SekiKeyring *keyring, guint64 count)
{
        g_autofree char *text = NULL;
        SekiCheckpoint checkpoint;
        guint8 root[32] = { 0 };

        g_assert_true (seki_witness_sign (witness, count, root, &text, NULL));
        g_assert_nonnull (text);
        g_assert_true (seki_checkpoint_verify (
                seki_span_text (text), seki_keyring_get_ledger_key (keyring), &checkpoint, NULL));
        g_assert_cmpuint (checkpoint.size, ==, count);
        return checkpoint.time;
}

/* A clock set back does not make an honest node look rolled back, not even when
 * it was restarted in between. */
static void
test_clock_set_back (void)
{
        Desk *desk = odd_desk ();
        SekiWitness *witness = desk->kernel.witness;
        gint64 first = note_time (witness, desk->keyring, 5), second;
        g_autofree char *last = NULL, *none = NULL;
        guint8 root[32] = { 0 };

        desk->time -= 3600 * (gint64) G_USEC_PER_SEC;
        second = note_time (witness, desk->keyring, 6);
        g_assert_cmpint (second, >, first);
        g_assert_true (seki_witness_sign (witness, 6, root, &none, NULL));
        g_assert_null (none); /* the end did not move */
        g_assert_true (seki_witness_sign (witness, 7, root, &last, NULL));
        seki_witness_free (witness);
        desk->kernel.witness =
                seki_witness_new (ORIGIN, desk->keyring, desk->kernel.clock, NULL, 0, NULL);
        seki_witness_resume (desk->kernel.witness, last);
        g_assert_cmpint (note_time (desk->kernel.witness, desk->keyring, 8), >, second + 1);
        desk_free (desk);
}

/* In the pipeline: whose ledger contradicts is served no more. */
static void
test_refused (void)
{
        Pair *pair = pair_new ();
        g_autofree char *good = note (pair, 10, 1, 1000), *bad = note (pair, 10, 2, 1000);
        const char *notes[] = { good, bad, good };

        for (guint i = 0; i < 3; i++) {
                g_auto (GStrv) lines = g_strsplit (notes[i], "\n", -1);
                g_autofree char *text = g_strjoinv ("\\n", lines),
                                *record = odd_record (i + 1, NULL);
                g_autofree char *body = g_strdup_printf (
                        "{\"id\":\"store-000%u\",\"records\":[%s],\"checkpoint\":\"%s\"}", i,
                        record, text);

                desk_ask (pair->desk, &desk_transfer, "odd.store", body);
                if (i == 0)
                        odd_assert_says (pair->desk, "[true]");
                else
                        odd_assert_says (pair->desk, "ledger-contradicts");
        }
        g_assert_cmpuint (pair->desk->status, ==, 403);
        pair_free (pair);
}

int
main (int argc, char **argv)
{
        g_test_init (&argc, &argv, NULL);
        g_test_add_func ("/witness/what is found", test_findings);
        g_test_add_func ("/witness/a late note", test_late);
        g_test_add_func ("/witness/claimed until it is proven", test_claimed);
        g_test_add_func ("/witness/who falls silent", test_silent);
        g_test_add_func ("/witness/what is known outlives the process", test_rows);
        g_test_add_data_func ("/witness/another root for the same size", GINT_TO_POINTER (FALSE),
                              test_fork);
        g_test_add_data_func ("/witness/a ledger rolled back", GINT_TO_POINTER (TRUE), test_fork);
        g_test_add_func ("/witness/notes that do not hold", test_invalid);
        g_test_add_func ("/witness/two notes at once", test_race);
        g_test_add_func ("/witness/the clock set back", test_clock_set_back);
        g_test_add_func ("/witness/refused at the desk", test_refused);
        return g_test_run ();
}
