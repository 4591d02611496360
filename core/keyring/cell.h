/* SPDX-License-Identifier: Apache-2.0 */
/* The cells a key store is made of; their form stands in store.h. */
#pragma once

#include "keyring/store.h"

G_BEGIN_DECLS

#define SEKI_STORE_FORMAT 1u
#define SEKI_CELL_BOUND 24      /* bytes of an entry that are associated data */
#define SEKI_CELL_SEALED (SEKI_SEAL_EXTRA + SEKI_AEAD_KEY)

gboolean seki_cell_is_zero (const guint8 *data, gsize len);

/* A header that follows old, or a first one if old is NULL, and its key, which
 * is to be cleared in any case. */
gboolean seki_cell_make_header (PK11SymKey *master, const guint8 *old,
                                guint8 header[SEKI_STORE_CELL], SekiAead *out_key, GError **error);
/* FALSE when the first cell is no header of any format. */
gboolean seki_cell_read_header (SekiSpan file, guint32 *out_format);
/* NULL if it does not hold */
PK11SymKey *seki_cell_unwrap_key (PK11SymKey *master, const guint8 *header);

gboolean seki_cell_seal (SekiAead *key, const guint8 *header, guint32 position,
                         const SekiStoreSecret *secret, guint8 *cell, GError **error);
/* FALSE when anything in the cell does not hold; secret is then zeros. */
gboolean seki_cell_open (SekiAead *key, const guint8 *header, guint32 position, const guint8 *cell,
                         SekiStoreSecret *out);
/* The same from what is kept of a cell in memory. */
gboolean seki_cell_open_sealed (SekiAead *key, const guint8 *header, const SekiStoreId *id,
                                guint32 position, const guint8 *sealed, guint8 out[SEKI_AEAD_KEY],
                                GError **error);

G_END_DECLS
