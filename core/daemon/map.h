/* SPDX-License-Identifier: Apache-2.0 */
/* Writes one CBOR map whose keys come in any order; canonical order is made at
 * the end.  What was written is wiped. */
#pragma once

#include "base/cbor.h"

G_BEGIN_DECLS

typedef struct {
        SekiCborWriter values;
        GArray *entries;
} SekiMap;

void seki_map_init (SekiMap *map);
void seki_map_clear (SekiMap *map);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (SekiMap, seki_map_clear)
/* Begins a member; exactly one item is to be written to what this returns before
 * the next begins.  key is constant. */
SekiCborWriter *seki_map_at (SekiMap *map, const char *key);
/* Writes the map and empties it. */
void seki_map_write (SekiMap *map, SekiCborWriter *out);

G_END_DECLS
