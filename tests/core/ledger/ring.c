/* SPDX-License-Identifier: Apache-2.0 */
#include "ring.h"

SekiKeyring *
ring_new (const char *folder)
{
        static const char *const words[] = {
                "openssl", "req",          "-x509",        "-newkey", "rsa:2048",
                "-nodes",  "-keyout",      "recovery.key", "-out",    "recovery.pem",
                "-subj",   "/CN=recovery", "-days",        "30",      NULL,
        };
        g_autofree char *certificate = g_build_filename (folder, "recovery.pem", NULL);
        g_autofree char *place = g_build_filename (folder, "ring", NULL);
        g_autoptr (SekiSecret) passphrase = seki_secret_new_copy ("correct horse", 13);
        g_autofree char *recovery = NULL, *output = NULL, *problem = NULL;
        g_autoptr (GError) error = NULL;
        int status;

        g_spawn_sync (folder, (char **) words, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, &output,
                      &problem, &status, &error);
        g_assert_no_error (error);
        g_assert_true (g_file_get_contents (certificate, &recovery, NULL, NULL));
        seki_keyring_create (place, passphrase, recovery, &error);
        g_assert_no_error (error);
        SekiKeyring *ring = seki_keyring_open (place, &error);
        g_assert_no_error (error);
        seki_keyring_unseal (ring, passphrase, &error);
        g_assert_no_error (error);
        return ring;
}

char *
ring_sign (SekiKeyring *ring, SekiTiles *tiles, guint64 size, gint64 time)
{
        SekiCheckpoint checkpoint = { .origin = RING_ORIGIN, .size = size, .time = time };
        g_autoptr (SekiHash) hash = seki_hash_new ();
        g_autoptr (GError) error = NULL;
        SekiEdge edge;

        seki_tiles_edge (tiles, size, &edge, &error);
        g_assert_no_error (error);
        seki_edge_root (&edge, hash, checkpoint.root);
        char *note = seki_checkpoint_sign (&checkpoint, ring, &error);
        g_assert_no_error (error);
        return note;
}

void
ring_drain_and_sign (SekiKeyring *ring, SekiTiles *tiles, gint64 time)
{
        g_autoptr (GError) error = NULL;

        seki_tiles_drain (tiles, G_MAXUINT64, &error);
        g_assert_no_error (error);
        g_autofree char *note = ring_sign (ring, tiles, seki_tiles_get_drained (tiles), time);
        seki_tiles_set_checkpoint (tiles, note, &error);
        g_assert_no_error (error);
}
