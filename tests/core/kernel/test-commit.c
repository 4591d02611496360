/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel/commit.h"

#include "bench.h"
#include "keyring/nss.h"
#include "ledger/tree.h"
#include "shelf.h"

#include <signal.h>
#include <sys/resource.h>

/* Queues orders behind a commit that is held up, as others would while one leads. */
typedef struct {
        Bench *bench;
        Order *order;
} Leader;

static gpointer
leader_main (gpointer user)
{
        Leader *leader = user;

        seki_commit_submit (leader->bench->commit, &leader->order->unit);
        return NULL;
}

static void
test_singles_overtake (void)
{
        Bench *bench = bench_new ();
        Leader leader = { bench, order_new (0, 1) };
        pthread_mutex_t hold = PTHREAD_MUTEX_INITIALIZER;
        Order *batch[3], *single[5];
        GThread *thread;

        bench->store->hold = &hold;
        pthread_mutex_lock (&hold);
        thread = g_thread_new ("leader", leader_main, &leader);
        while (g_atomic_int_get (&bench->store->entered) == 0)
                g_usleep (100);
        for (guint i = 0; i < 3; i++) {
                batch[i] = order_new (100 + i, 3000);
                seki_commit_submit (bench->commit, &batch[i]->unit);
        }
        for (guint i = 0; i < 5; i++) {
                single[i] = order_new (200 + i, 1);
                seki_commit_submit (bench->commit, &single[i]->unit);
                g_assert_cmpint (single[i]->done, ==, 0);
        }
        pthread_mutex_unlock (&hold);
        g_thread_join (thread);
        for (guint i = 0; i < 5; i++) {
                bench_assert_kept (bench, single[i]);
                g_assert_cmpuint (single[i]->unit.first, ==, 1 + i);
                g_assert_cmpuint (single[i]->order, <, batch[0]->order);
        }
        for (guint i = 0; i < 3; i++)
                bench_assert_kept (bench, batch[i]);
        /* Three groups of batches: 3,000 leaves each do not go together. */
        g_assert_cmpuint (batch[0]->unit.first, ==, 6);
        g_assert_cmpuint (batch[1]->unit.first, ==, 3006);
        g_assert_cmpuint (batch[2]->unit.first, ==, 6006);
        bench_assert_agreed (bench);
        for (guint i = 0; i < 3; i++)
                order_free (batch[i]);
        for (guint i = 0; i < 5; i++)
                order_free (single[i]);
        order_free (leader.order);
        bench_free (bench);
}

typedef struct {
        guint runs;
        guint64 next;
} Runs;

static void
run_row (SekiSpan key, SekiSpan value, gpointer user)
{
        Runs *runs = user;
        guint64 first = seki_get_be64 (key.data + 2), n = 0;

        for (gsize at = 0; at < value.len; n++)
                at += 2 + (gsize) seki_get_be16 (value.data + at);
        g_assert_cmpuint (first, ==, runs->next);
        g_assert_cmpuint (n, >, 0);
        g_assert_cmpuint (first / 256, ==, (first + n - 1) / 256);
        runs->next = first + n;
        runs->runs++;
}

static void
test_runs_never_cross_a_tile (void)
{
        static const guint sizes[] = { 255, 1, 1, 256, 257, 3, 511, 1000, 2 };
        Bench *bench = bench_new ();
        Runs runs = { 0 };
        guint64 total = 0;

        for (guint i = 0; i < G_N_ELEMENTS (sizes); i++) {
                Order *order = bench_commit (bench, i, sizes[i]);

                bench_assert_kept (bench, order);
                g_assert_cmpuint (order->unit.first, ==, total);
                total += sizes[i];
                order_free (order);
        }
        faulty_each (bench->store, SEKI_SPACE_LEDGER, run_row, &runs);
        g_assert_cmpuint (runs.next, ==, total);
        g_assert_cmpuint (runs.runs, >=, total / 256 + 1);
        bench_assert_agreed (bench);
        bench_free (bench);
}

/* Entries as long as they may be: a run is cut by bytes as well. */
static void
test_long_entries (void)
{
        Bench *bench = bench_new ();
        Order *order = order_new (1, 256);
        g_autofree guint8 *bytes = g_malloc0 (256 * 1024);

        for (guint i = 0; i < 256; i++) {
                bytes[i * 1024] = (guint8) i;
                order->unit.entries[i] = seki_span (bytes + i * 1024, 1024);
                seki_tree_leaf (bench->hash, order->unit.entries[i], order->unit.leaves[i]);
        }
        seki_commit_submit (bench->commit, &order->unit);
        bench_assert_kept (bench, order);
        g_assert_cmpuint (faulty_each (bench->store, SEKI_SPACE_LEDGER, NULL, NULL), ==, 5);
        bench_close (bench);
        bench_open (bench, NULL);
        g_assert_nonnull (bench->commit);
        bench_assert_kept (bench, order);
        order_free (order);
        bench_free (bench);
}

static void
test_not_landed (void)
{
        Bench *bench = bench_new ();
        Order *first = bench_commit (bench, 1, 2), *lost, *again;

        faulty_arm (bench->store, FAULTY_NOT_LANDED, 1, 1);
        lost = bench_commit (bench, 2, 3);
        g_assert_error (lost->unit.error, SEKI_ERROR, SEKI_ERROR_STORAGE);
        g_assert_true (seki_commit_is_faulted (bench->commit));
        g_assert_null (faulty_get (bench->store, SEKI_SPACE_RECORD, lost->key, 9));
        g_assert_cmpuint (bench_count (bench), ==, 2);
        again = bench_commit (bench, 3, 1);
        bench_assert_kept (bench, first);
        bench_assert_kept (bench, again);
        g_assert_cmpuint (again->unit.first, ==, 2);
        g_assert_false (seki_commit_is_faulted (bench->commit));
        bench_assert_agreed (bench);
        order_free (first);
        order_free (lost);
        order_free (again);
        bench_free (bench);
}

/* The very first commit after a start may fail too. */
static void
test_first_fails (void)
{
        Bench *bench = bench_new ();
        Order *lost, *again;

        faulty_arm (bench->store, FAULTY_NOT_LANDED, 1, 1);
        lost = bench_commit (bench, 1, 1);
        g_assert_error (lost->unit.error, SEKI_ERROR, SEKI_ERROR_STORAGE);
        g_assert_true (seki_commit_is_faulted (bench->commit));
        again = bench_commit (bench, 2, 1);
        bench_assert_kept (bench, again);
        g_assert_cmpuint (again->unit.first, ==, 0);
        order_free (lost);
        order_free (again);
        bench_free (bench);
}

/* Landed, and said it failed: what the next commit finds is taken in. */
static void
test_landed_with_an_error (void)
{
        Bench *bench = bench_new ();
        Order *lost, *next;
        g_autoptr (GBytes) row = NULL;

        faulty_arm (bench->store, FAULTY_LANDED, 1, 1);
        lost = bench_commit (bench, 1, 300);
        g_assert_error (lost->unit.error, SEKI_ERROR, SEKI_ERROR_STORAGE);
        g_assert_cmpuint (bench_head_count (bench), ==, 0);
        next = bench_commit (bench, 2, 1);
        bench_assert_kept (bench, next);
        g_assert_cmpuint (next->unit.first, ==, 300);
        row = faulty_get (bench->store, SEKI_SPACE_RECORD, lost->key, 9);
        g_assert_nonnull (row);
        g_assert_cmpuint (seki_tiles_get_size (bench->tiles), ==, 301);
        bench_assert_agreed (bench);
        order_free (lost);
        order_free (next);
        bench_free (bench);
}

/* Landed with an error, and then reading fails too, several times over. */
static void
test_look_fails (void)
{
        Bench *bench = bench_new ();
        Order *lost, *blind, *next;

        faulty_arm (bench->store, FAULTY_LANDED, 1, 1);
        lost = bench_commit (bench, 1, 2);
        for (guint i = 0; i < 3; i++) {
                bench->store->reads_fail = 1;
                blind = bench_commit (bench, 10 + i, 1);
                g_assert_error (blind->unit.error, SEKI_ERROR, SEKI_ERROR_STORAGE);
                g_assert_true (seki_commit_is_faulted (bench->commit));
                order_free (blind);
        }
        next = bench_commit (bench, 2, 1);
        bench_assert_kept (bench, next);
        g_assert_cmpuint (next->unit.first, ==, 2);
        bench_assert_agreed (bench);
        order_free (lost);
        order_free (next);
        bench_free (bench);
}

/* While the head can not be written nothing is acknowledged; then all is made good. */
static void
test_head_fails (void)
{
        Bench *bench = bench_new ();
        Order *first = bench_commit (bench, 1, 1), *lost, *still, *next;
        struct rlimit old, tight = { 0 };

        signal (SIGXFSZ, SIG_IGN);
        g_assert_cmpint (getrlimit (RLIMIT_FSIZE, &old), ==, 0);
        tight.rlim_max = old.rlim_max;
        g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &tight), ==, 0);
        lost = bench_commit (bench, 2, 5);
        still = bench_commit (bench, 3, 1);
        g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &old), ==, 0);
        g_assert_nonnull (lost->unit.error);
        g_assert_nonnull (still->unit.error);
        g_assert_true (seki_commit_is_faulted (bench->commit));
        g_assert_cmpuint (bench_head_count (bench), ==, 1);
        g_assert_cmpuint (bench_count (bench), ==, 1);
        g_assert_cmpuint (seki_tiles_get_size (bench->tiles), <=, 6);
        next = bench_commit (bench, 4, 1);
        bench_assert_kept (bench, first);
        bench_assert_kept (bench, next);
        g_assert_cmpuint (next->unit.first, ==, 6);
        bench_assert_agreed (bench);
        order_free (first);
        order_free (lost);
        order_free (still);
        order_free (next);
        bench_free (bench);
}

/* A restart in each of these states. */
static void
test_restart (gconstpointer how)
{
        Bench *bench = bench_new ();
        Order *first = bench_commit (bench, 1, 300), *lost, *next;
        g_autoptr (GError) error = NULL;
        gboolean landed = GPOINTER_TO_UINT (how) == FAULTY_LANDED;

        seki_tiles_drain (bench->tiles, 200, &error);
        g_assert_no_error (error);
        faulty_arm (bench->store, GPOINTER_TO_UINT (how), 1, 1);
        lost = bench_commit (bench, 2, 7);
        g_assert_nonnull (lost->unit.error);
        bench_close (bench);
        bench_open (bench, &error);
        g_assert_no_error (error);
        g_assert_cmpuint (bench_count (bench), ==, landed ? 307 : 300);
        bench_assert_agreed (bench);
        next = bench_commit (bench, 3, 1);
        bench_assert_kept (bench, first);
        bench_assert_kept (bench, next);
        bench_assert_agreed (bench);
        order_free (first);
        order_free (lost);
        order_free (next);
        bench_free (bench);
}

/* An end that neither we nor our last try made: nothing goes on. */
static void
test_foreign (void)
{
        Bench *bench = bench_new ();
        Order *first = bench_commit (bench, 1, 1), *lost, *next;

        faulty_arm (bench->store, FAULTY_FOREIGN, 1, 1);
        lost = bench_commit (bench, 2, 1);
        g_assert_error (lost->unit.error, SEKI_ERROR, SEKI_ERROR_CONFLICT);
        g_assert_null (faulty_get (bench->store, SEKI_SPACE_RECORD, lost->key, 9));
        next = bench_commit (bench, 3, 1);
        g_assert_error (next->unit.error, SEKI_ERROR, SEKI_ERROR_DAMAGED);
        g_assert_cmpuint (bench_head_count (bench), ==, 1);
        g_assert_true (seki_commit_is_faulted (bench->commit));
        order_free (first);
        order_free (lost);
        order_free (next);
        bench_free (bench);
}

/* A store that lies is one that lost what was acknowledged. */
static void
test_lie_is_seen (void)
{
        Bench *bench = bench_new ();
        Order *first = bench_commit (bench, 1, 1), *lost;
        g_autoptr (GError) error = NULL;

        faulty_arm (bench->store, FAULTY_LIE, 1, 1);
        lost = bench_commit (bench, 2, 1);
        g_assert_no_error (lost->unit.error);   /* it was told it is there */
        bench_close (bench);
        bench_open (bench, &error);
        g_assert_error (error, SEKI_ERROR, SEKI_ERROR_DAMAGED);
        g_assert_null (bench->commit);
        order_free (first);
        order_free (lost);
        bench_free (bench);
}

static void
replace_run (SekiSpan key, SekiSpan value, gpointer user)
{
        g_autofree guint8 *other = g_memdup2 (value.data, value.len);

        other[value.len - 1] ^= 1;
        faulty_set (user, SEKI_SPACE_LEDGER, key.data, key.len, other, value.len);
}

/* Rows that do not lead to the acknowledged root are refused, the head as it was. */
static void
test_rows_replaced (void)
{
        Bench *bench = bench_new ();
        Order *first = bench_commit (bench, 1, 3), *lost;
        g_autoptr (GError) error = NULL;
        g_autoptr (GBytes) before = NULL, after = NULL;

        faulty_arm (bench->store, FAULTY_LANDED, 1, 1);
        lost = bench_commit (bench, 2, 1);
        bench_close (bench);
        before = shelf_read (bench->head_path);
        faulty_each (bench->store, SEKI_SPACE_LEDGER, replace_run, bench->store);
        bench_open (bench, &error);
        g_assert_error (error, SEKI_ERROR, SEKI_ERROR_DAMAGED);
        after = shelf_read (bench->head_path);
        g_assert_true (g_bytes_equal (before, after));
        order_free (first);
        order_free (lost);
        bench_free (bench);
}

#define THREADS 4
#define ROUNDS 150

typedef struct {
        Bench *bench;
        guint number;
        Order *orders[ROUNDS];
} Client;

static gpointer
client_main (gpointer user)
{
        Client *client = user;

        for (guint i = 0; i < ROUNDS; i += 3) {
                for (guint j = 0; j < 3; j++) {
                        client->orders[i + j] =
                                order_new (client->number * ROUNDS + i + j, i % 5 == 4 ? 40 : 1);
                        if (j > 0)
                                client->orders[i + j - 1]->unit.next = &client->orders[i + j]->unit;
                }
                seki_commit_submit (client->bench->commit, &client->orders[i]->unit);
                for (guint j = 0; j < 3; j++)
                        while (g_atomic_int_get (&client->orders[i + j]->done) == 0)
                                g_usleep (50);
        }
        return NULL;
}

static gpointer
reader_main (gpointer user)
{
        Bench *bench = user;
        guint64 last = 0;

        for (guint i = 0; i < 400; i++) {
                guint64 count = bench_count (bench);

                g_assert_cmpuint (count, >=, last);
                last = count;
                seki_commit_is_faulted (bench->commit);
                g_usleep (200);
        }
        return NULL;
}

/* Threads hand in lists while the store fails now and then, in either way. */
static void
test_threads (void)
{
        Bench *bench = bench_new ();
        Client *clients = g_new0 (Client, THREADS);
        GThread *threads[THREADS + 1];
        guint kept = 0, failed = 0;

        faulty_arm (bench->store, FAULTY_LANDED, 20, 2);
        for (guint i = 0; i < THREADS; i++) {
                clients[i].bench = bench;
                clients[i].number = i;
                threads[i] = g_thread_new ("client", client_main, &clients[i]);
        }
        threads[THREADS] = g_thread_new ("reader", reader_main, bench);
        for (guint i = 0; i <= THREADS; i++)
                g_thread_join (threads[i]);
        for (guint i = 0; i < THREADS * ROUNDS; i++) {
                Order *order = clients[i / ROUNDS].orders[i % ROUNDS];

                if (order->unit.error == NULL)
                        bench_assert_kept (bench, order);
                order->unit.error == NULL ? kept++ : failed++;
                order_free (order);
        }
        g_assert_cmpuint (failed, >, 0);
        g_assert_cmpuint (kept, >, THREADS * ROUNDS / 2);
        bench_assert_agreed (bench);
        g_free (clients);
        bench_free (bench);
}

int
main (int argc, char **argv)
{
        int status;
        g_autoptr (GError) error = NULL;

        g_test_init (&argc, &argv, NULL);
        g_assert_true (seki_nss_init (&error));
        g_test_add_func ("/commit/singles overtake batches", test_singles_overtake);
        g_test_add_func ("/commit/runs never cross a tile", test_runs_never_cross_a_tile);
        g_test_add_func ("/commit/the longest entries", test_long_entries);
        g_test_add_func ("/commit/a batch that did not land", test_not_landed);
        g_test_add_func ("/commit/the first batch did not land", test_first_fails);
        g_test_add_func ("/commit/a batch that landed with an error", test_landed_with_an_error);
        g_test_add_func ("/commit/reading fails as well", test_look_fails);
        g_test_add_func ("/commit/the head can not be written", test_head_fails);
        g_test_add_data_func ("/commit/restart, not landed", GUINT_TO_POINTER (FAULTY_NOT_LANDED),
                              test_restart);
        g_test_add_data_func ("/commit/restart, landed", GUINT_TO_POINTER (FAULTY_LANDED),
                              test_restart);
        g_test_add_func ("/commit/somebody else moved the end", test_foreign);
        g_test_add_func ("/commit/a store that lies is found out", test_lie_is_seen);
        g_test_add_func ("/commit/rows that were replaced", test_rows_replaced);
        g_test_add_func ("/commit/threads", test_threads);
        status = g_test_run ();
        g_assert_true (seki_nss_shutdown ());
        return status;
}
