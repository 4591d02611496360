/* SPDX-License-Identifier: Apache-2.0 */
/* JSON at the edge, CBOR inside: the same values, byte for byte the same texts.
 * Objects become maps with keys in canonical order, integers integers, byte
 * strings lower-case hexadecimal.  Duplicate keys, fractions and NUL are refused. */
#pragma once

#include "kernel/worker.h"

G_BEGIN_DECLS

/* Once per process, before any other use of jansson: its memory wipes itself. */
void seki_json_init (void);

gboolean seki_json_to_cbor (SekiSpan json, SekiCborWriter *out_cbor, GError **error);
/* Writes JSON text through the writer's raw bytes. */
gboolean seki_json_from_cbor (SekiSpan cbor, SekiCborWriter *out_json, GError **error);

extern const SekiCodec seki_json_codec;

G_END_DECLS
