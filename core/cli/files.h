/* SPDX-License-Identifier: Apache-2.0 */
/* Files a command writes for a person: never over another. */
#pragma once

#include "base/bytes.h"

G_BEGIN_DECLS

/* Mode 0600, durable; CONFLICT when there is such a file. */
gboolean seki_file_write_new (const char *path, SekiSpan bytes, GError **error);
/* A file that may hold a private key. */
SekiSecret *seki_file_read_secret (const char *path, gsize limit, GError **error);
/* Text or DER that is no secret; freed with g_free. */
char *seki_file_read (const char *path, gsize limit, gsize *out_len, GError **error);

G_END_DECLS
