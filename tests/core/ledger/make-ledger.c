/* SPDX-License-Identifier: Apache-2.0 */
/* Makes, for verify.py, in an empty folder: lane (a ledger), tiles (its export),
 * ledger.pub (the key, DER), vkey, and proofs: make-ledger FOLDER LEAVES */
#include "keyring/nss.h"
#include "ledger/export.h"
#include "ring.h"

static void
write_text (const char *folder, const char *name, const char *text, gssize len)
{
        g_autofree char *path = g_build_filename (folder, name, NULL);
        g_autoptr (GError) error = NULL;

        g_file_set_contents (path, text, len, &error);
        g_assert_no_error (error);
}

static void
write_proof (const char *folder, SekiTiles *tiles, guint64 index, const char *note)
{
        g_autofree char *name = g_strdup_printf ("%" G_GUINT64_FORMAT ".tlog-proof", index);
        g_autoptr (GByteArray) path = g_byte_array_new ();

        g_assert_true (
                seki_tiles_inclusion (tiles, index, seki_tiles_get_drained (tiles), path, NULL));
        g_autofree char *proof = seki_proof_format (index, (const guint8 (*)[32]) path->data,
                                                    path->len / 32, note);
        write_text (folder, name, proof, -1);
}

int
main (int argc, char **argv)
{
        g_assert_cmpint (argc, ==, 3);
        g_assert_true (seki_nss_init (NULL));
        const char *folder = argv[1];
        guint64 n = g_ascii_strtoull (argv[2], NULL, 10);
        g_autofree char *lane = g_build_filename (folder, "lane", NULL);
        g_autofree char *target = g_build_filename (folder, "tiles", NULL);
        g_autoptr (GError) error = NULL;
        g_autoptr (SekiHash) hash = seki_hash_new ();
        g_autoptr (SekiKeyring) ring = ring_new (folder);
        g_autoptr (SekiTiles) tiles = seki_tiles_open (lane, TRUE, &error);

        g_assert_no_error (error);
        fixture_fill (tiles, hash, n / 2);
        g_assert_true (seki_tiles_drain (tiles, n / 3, NULL));
        fixture_fill (tiles, hash, n);
        ring_drain_and_sign (ring, tiles, 1800000000000000);
        seki_tiles_export (tiles, n, target, &error);
        g_assert_no_error (error);
        SekiSpan key = seki_keyring_get_ledger_key (ring);
        g_autofree char *vkey = seki_checkpoint_vkey (RING_ORIGIN, key),
                        *note = seki_tiles_dup_checkpoint (tiles, NULL);
        write_text (folder, "ledger.pub", (const char *) key.data, (gssize) key.len);
        write_text (folder, "vkey", vkey, -1);
        write_proof (folder, tiles, 0, note);
        write_proof (folder, tiles, n / 2, note);
        write_proof (folder, tiles, n - 1, note);
        return 0;
}
