/* SPDX-License-Identifier: Apache-2.0 */
#include "bench.h"

#include "ledger/tree.h"
#include "shelf.h"

static const guint8 head_key[32] = "the key of the head is 32 bytes.";

static gint orders_done;                /* how many units were answered, over all threads */

void
bench_open (Bench *bench, GError **error)
{
        g_autofree char *ledger = g_build_filename (bench->folder, "ledger", NULL);
        SekiHeadFinding finding;
        SekiHeadState state;

        g_assert_true (seki_head_inspect (bench->head_path, 0, head_key, &finding, &state, NULL));
        bench->head = seki_head_open (bench->head_path, 0, head_key, NULL);
        bench->tiles = seki_tiles_open (ledger, TRUE, NULL);
        g_assert_nonnull (bench->head);
        g_assert_nonnull (bench->tiles);
        bench->commit = seki_commit_new (faulty_ops (bench->store), bench->store, 0, &state,
                                         bench->head, bench->tiles, seki_clock_system (), error);
}

void
bench_close (Bench *bench)
{
        g_clear_pointer (&bench->commit, seki_commit_free);
        g_clear_pointer (&bench->tiles, seki_tiles_close);
        g_clear_pointer (&bench->head, seki_head_close);
}

Bench *
bench_new (void)
{
        Bench *bench = g_new0 (Bench, 1);
        g_autoptr (GError) error = NULL;

        bench->folder = shelf_folder_new ();
        bench->head_path = g_build_filename (bench->folder, "head", NULL);
        bench->store = faulty_load (g_getenv ("SEKI_STORAGE_MEMORY"));
        bench->store->keep = TRUE;
        bench->hash = seki_hash_new ();
        bench_open (bench, &error);
        g_assert_no_error (error);
        return bench;
}

void
bench_free (Bench *bench)
{
        bench_close (bench);
        faulty_free (bench->store);
        seki_hash_free (bench->hash);
        shelf_folder_free (bench->folder);
        g_free (bench->head_path);
        g_free (bench);
}

static void
order_done (SekiCommitUnit *unit)
{
        Order *order = (Order *) unit;

        order->order = (guint) g_atomic_int_add (&orders_done, 1);
        g_atomic_int_inc (&order->done);
}

/* Leaves that tell which order and which of its leaves they are. */
Order *
order_new (guint number, guint n_leaves)
{
        Order *order = g_new0 (Order, 1);
        g_autoptr (SekiHash) hash = seki_hash_new ();

        order->bytes = g_malloc0 ((n_leaves + 1) * sizeof *order->bytes);
        order->unit.entries = g_new0 (SekiSpan, n_leaves + 1);
        order->unit.leaves = g_malloc0 ((n_leaves + 1) * 32);
        order->unit.n_leaves = n_leaves;
        for (guint i = 0; i < n_leaves; i++) {
                g_snprintf ((char *) order->bytes[i], 64, "order %u leaf %u", number, i);
                order->unit.entries[i] = seki_span_text ((const char *) order->bytes[i]);
                seki_tree_leaf (hash, order->unit.entries[i], order->unit.leaves[i]);
        }
        g_snprintf ((char *) order->key, sizeof order->key, "r%08u", number);
        order->row = (SekiCommitRow){ .space = SEKI_SPACE_RECORD,
                                      .first_in_key = -1,
                                      .first_in_value = 0,
                                      .key = order->key,
                                      .key_len = 9,
                                      .value = order->value,
                                      .value_len = 8 };
        order->unit.rows = &order->row;
        order->unit.n_rows = 1;
        order->unit.done = order_done;
        return order;
}

void
order_free (Order *order)
{
        g_clear_error (&order->unit.error);
        g_free (order->bytes);
        g_free (order->unit.entries);
        g_free (order->unit.leaves);
        g_free (order);
}

guint64
bench_count (Bench *bench)
{
        guint8 root[32];
        guint64 count;
        gint64 time;

        seki_commit_get_end (bench->commit, &count, root, &time);
        return count;
}

guint64
bench_head_count (Bench *bench)
{
        SekiHeadFinding finding;
        SekiHeadState state;

        g_assert_true (seki_head_inspect (bench->head_path, 0, head_key, &finding, &state, NULL));
        return state.count;
}

/* An acknowledged order is in the store, in the ledger at its place, and under the head. */
void
bench_assert_kept (Bench *bench, Order *order)
{
        g_autoptr (GBytes) row = faulty_get (bench->store, SEKI_SPACE_RECORD, order->key, 9);
        g_autoptr (GByteArray) entry = g_byte_array_new ();
        g_autoptr (GError) error = NULL;

        g_assert_cmpint (order->done, ==, 1);
        g_assert_no_error (order->unit.error);
        g_assert_nonnull (row);
        g_assert_cmpuint (seki_get_be64 (g_bytes_get_data (row, NULL)), ==, order->unit.first);
        for (gsize i = 0; i < order->unit.n_leaves; i++) {
                g_byte_array_set_size (entry, 0);
                seki_tiles_read_entry (bench->tiles, order->unit.first + i, entry, &error);
                g_assert_no_error (error);
                g_assert_cmpmem (entry->data, entry->len, order->unit.entries[i].data,
                                 order->unit.entries[i].len);
        }
        g_assert_cmpuint (order->unit.first + order->unit.n_leaves, <=, bench_head_count (bench));
}

/* Store, tiles and head say the same. */
void
bench_assert_agreed (Bench *bench)
{
        guint8 key[SEKI_END_KEY_LEN], root[32], other[32];
        g_autoptr (GBytes) end = NULL;
        g_autoptr (GError) error = NULL;
        SekiHeadFinding finding;
        SekiHeadState state;
        SekiEdge edge;
        gint64 time;

        seki_end_key (0, key);
        end = faulty_get (bench->store, SEKI_SPACE_STATE, key, sizeof key);
        g_assert_nonnull (end);
        seki_end_read (seki_span (g_bytes_get_data (end, NULL), g_bytes_get_size (end)), &edge,
                       &time, &error);
        g_assert_no_error (error);
        g_assert_true (seki_head_inspect (bench->head_path, 0, head_key, &finding, &state, NULL));
        g_assert_cmpuint (edge.count, ==, state.count);
        g_assert_cmpuint (edge.count, ==, seki_tiles_get_size (bench->tiles));
        seki_edge_root (&edge, bench->hash, root);
        g_assert_cmpmem (root, 32, state.root, 32);
        seki_tiles_edge (bench->tiles, state.count, &edge, &error);
        g_assert_no_error (error);
        seki_edge_root (&edge, bench->hash, other);
        g_assert_cmpmem (root, 32, other, 32);
}

Order *
bench_commit (Bench *bench, guint number, guint n_leaves)
{
        Order *order = order_new (number, n_leaves);

        seki_commit_submit (bench->commit, &order->unit);
        g_assert_cmpint (order->done, ==, 1);
        return order;
}
