/* SPDX-License-Identifier: Apache-2.0 */
/* A work bench of the keyring's tests: a folder that goes away, certificates
 * made with the openssl command, bytes of files to look at and to spoil. */
#pragma once

#include <glib.h>

#include "keyring/keyring.h"

/* Begins NSS, runs the tests, ends NSS; a key or certificate that is still
 * held makes the program fail. */
int bench_run (void);

char *bench_folder (void);                      /* a new one; freed with bench_remove */
void bench_remove (char *folder);
char *bench_path (const char *folder, const char *name);

/* Runs a command of the shell with the folder as its place; must succeed. */
void bench_shell (const char *folder, const char *format, ...) G_GNUC_PRINTF (2, 3);
/* A recovery certificate and its key, recovery.pem and recovery.key. */
char *bench_recovery (const char *folder);

char *bench_text (const char *folder, const char *name);
GByteArray *bench_bytes (const char *folder, const char *name);
void bench_write (const char *folder, const char *name, gconstpointer data, gsize len);

SekiSecret *bench_passphrase (const char *text);
/* A keyring in folder/name under the passphrase "correct horse", unsealed. */
SekiKeyring *bench_keyring (const char *folder, const char *name);
SekiKeyring *bench_unseal (const char *folder, const char *name);

#define bench_refused(error, wanted) \
        G_STMT_START { \
                g_assert_error (error, SEKI_ERROR, wanted); \
                g_assert_cmpstr ((error)->message, !=, ""); \
                g_clear_error (&(error)); \
        } G_STMT_END
