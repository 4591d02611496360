/* SPDX-License-Identifier: Apache-2.0 */
/* What the ledger costs; one JSON line per figure.  Usage: ledger-bench [LEAVES] */
#include "keyring/nss.h"
#include "ledger/head.h"
#include "ledger/tiles.h"

#include <glib/gstdio.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define ENTRY_LEN 230 /* of a typical entry */
#define GROUP 64      /* leaves that one commit adds */
#define ROUNDS 5

static double
now (clockid_t clock)
{
        struct timespec t;

        clock_gettime (clock, &t);
        return (double) t.tv_sec + (double) t.tv_nsec / 1e9;
}

static int
compare (gconstpointer a, gconstpointer b)
{
        double x = *(const double *) a, y = *(const double *) b;

        return x < y ? -1 : x > y;
}

static void
report (const char *what, const char *unit, double *values)
{
        qsort (values, ROUNDS, sizeof *values, compare);
        printf ("{\"bench\":\"ledger\",\"what\":\"%s\",\"unit\":\"%s\","
                "\"median\":%.2f,\"min\":%.2f,\"max\":%.2f}\n",
                what, unit, values[ROUNDS / 2], values[0], values[ROUNDS - 1]);
}

static void
bench_hash (SekiHash *hash, guint64 n)
{
        double leaf_ns[ROUNDS], edge_ns[ROUNDS];
        guint8 entry[ENTRY_LEN] = { 0 }, leaf[32], root[32];

        for (guint round = 0; round < ROUNDS; round++) {
                SekiEdge edge = { 0 };
                double start = now (CLOCK_THREAD_CPUTIME_ID);

                for (guint64 i = 0; i < n; i++) {
                        seki_put_be64 (entry, i);
                        seki_tree_leaf (hash, seki_span (entry, sizeof entry), leaf);
                }
                double middle = now (CLOCK_THREAD_CPUTIME_ID);
                for (guint64 i = 0; i < n; i++)
                        seki_edge_add (&edge, hash, leaf);
                leaf_ns[round] = (middle - start) * 1e9 / (double) n;
                edge_ns[round] = (now (CLOCK_THREAD_CPUTIME_ID) - middle) * 1e9 / (double) n;
                seki_edge_root (&edge, hash, root);
        }
        report ("leaf hash of 230 bytes", "ns", leaf_ns);
        report ("edge add", "ns", edge_ns);
}

static void
bench_tiles (SekiHash *hash, const char *folder, guint64 n)
{
        double add_ns[ROUNDS], drain_rate[ROUNDS], prove_us[ROUNDS], edge_us[ROUNDS];
        g_autoptr (SekiTiles) tiles = seki_tiles_open (folder, TRUE, NULL);
        g_autoptr (GByteArray) path = g_byte_array_new ();
        guint8 bytes[GROUP][ENTRY_LEN] = { 0 }, leaves[GROUP][32];
        SekiSpan entries[GROUP];

        g_assert_nonnull (tiles);
        for (guint i = 0; i < GROUP; i++) {
                seki_put_be64 (bytes[i], i);
                entries[i] = seki_span (bytes[i], ENTRY_LEN);
                seki_tree_leaf (hash, entries[i], leaves[i]);
        }
        for (guint round = 0; round < ROUNDS; round++) {
                double start = now (CLOCK_MONOTONIC);

                for (guint64 i = 0; i < n; i += GROUP)
                        seki_tiles_add (tiles, entries, (const guint8 (*)[32]) leaves, GROUP);
                double middle = now (CLOCK_MONOTONIC);
                g_assert_true (seki_tiles_drain (tiles, G_MAXUINT64, NULL));
                add_ns[round] = (middle - start) * 1e9 / (double) n;
                drain_rate[round] = (double) n / (now (CLOCK_MONOTONIC) - middle);

                guint64 size = seki_tiles_get_size (tiles);
                start = now (CLOCK_MONOTONIC);
                for (guint i = 0; i < 200; i++)
                        g_assert_true (
                                seki_tiles_inclusion (tiles, size * i / 200, size - i, path, NULL));
                prove_us[round] = (now (CLOCK_MONOTONIC) - start) * 1e6 / 200;
                start = now (CLOCK_MONOTONIC);
                for (guint i = 0; i < 200; i++) {
                        SekiEdge edge;

                        g_assert_true (seki_tiles_edge (tiles, size - i, &edge, NULL));
                }
                edge_us[round] = (now (CLOCK_MONOTONIC) - start) * 1e6 / 200;
        }
        report ("add to tail", "ns", add_ns);
        report ("drain", "leaves/s", drain_rate);
        report ("inclusion proof", "us", prove_us);
        report ("edge at a size", "us", edge_us);
}

static void
bench_head (const char *folder)
{
        g_autofree char *path = g_build_filename (folder, "head", NULL);
        double us[ROUNDS], cpu_us[ROUNDS];
        guint8 key[32] = { 1 }, root[32] = { 2 };
        g_autoptr (SekiHead) head = seki_head_open (path, 0, key, NULL);

        g_assert_nonnull (head);
        for (guint round = 0; round < ROUNDS; round++) {
                double start = now (CLOCK_MONOTONIC), cpu = now (CLOCK_THREAD_CPUTIME_ID);

                for (guint i = 0; i < 400; i++)
                        g_assert_true (seki_head_write (head, i, root, 0, NULL));
                us[round] = (now (CLOCK_MONOTONIC) - start) * 1e6 / 400;
                cpu_us[round] = (now (CLOCK_THREAD_CPUTIME_ID) - cpu) * 1e6 / 400;
        }
        report ("head write", "us", us);
        report ("head write, cpu", "us", cpu_us);
}

static void
folder_remove (const char *folder)
{
        GDir *dir = g_dir_open (folder, 0, NULL);
        const char *name;

        while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
                g_autofree char *path = g_build_filename (folder, name, NULL);

                g_unlink (path);
        }
        g_clear_pointer (&dir, g_dir_close);
        g_rmdir (folder);
}

int
main (int argc, char **argv)
{
        guint64 n = argc > 1 ? g_ascii_strtoull (argv[1], NULL, 10) : 200000;
        g_autofree char *folder = g_dir_make_tmp ("ledger-bench-XXXXXX", NULL);

        n = MAX (n / GROUP, 16) * GROUP;
        if (folder == NULL || !seki_nss_init (NULL))
                return 1;
        g_autoptr (SekiHash) hash = seki_hash_new ();
        bench_hash (hash, n);
        bench_tiles (hash, folder, n);
        bench_head (folder);
        folder_remove (folder);
        return 0;
}
