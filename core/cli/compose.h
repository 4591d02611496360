/* SPDX-License-Identifier: Apache-2.0 */
/* Answers of commands that need no node, in the form the node's own have. */
#pragma once

#include "base/cbor.h"

G_BEGIN_DECLS

/* Maps (a{sv}, keys brought into canonical order), arrays, texts, integers and
 * booleans; takes a floating value.  Never for secrets: a GVariant does not wipe. */
void seki_compose (GVariant *value, SekiCborWriter *writer);

G_END_DECLS
