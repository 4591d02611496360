/* SPDX-License-Identifier: Apache-2.0 */
/* Module files for the tests of admission, and a folder to spoil them in. */
#pragma once

#include "kernel/image.h"
#include "kernel/registry.h"

G_BEGIN_DECLS

/* Of a fake without its ".so"; free with g_free. */
char *shelf_path (const char *fake);

/* A fresh folder, removed with what is in it. */
char *shelf_folder_new (void);
void shelf_folder_free (char *folder);

/* Reads a file whole; writes one whole; both abort the test if they can not. */
GBytes *shelf_read (const char *path);
void shelf_write (const char *path, gconstpointer data, gsize len);

/* SHA-256 of a file as hex; free with g_free. */
char *shelf_digest (const char *path);

/* Opens and reads; NULL with the error. */
SekiImage *shelf_image (const char *path, GError **error);

/* Admits a fake under its own descriptor's name and digest. */
gboolean shelf_admit (SekiRegistry *registry, const char *fake, GError **error);
gboolean shelf_admit_with (SekiRegistry *registry, const char *fake, const char *const *keys,
                           const char *const *values, GError **error);

/* The error is of this code and its message has this part in it; clears it. */
void shelf_assert_error (GError **error, SekiErrorCode code, const char *part);

G_END_DECLS
