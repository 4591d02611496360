/* SPDX-License-Identifier: Apache-2.0 */
/* A real keyring, and checkpoints of real tiles signed with it. */
#pragma once

#include "fixture.h"
#include "ledger/checkpoint.h"

#define RING_ORIGIN "bank.sekisho/lane/7"

/* In folder/ring, unsealed; needs the openssl command. */
SekiKeyring *ring_new (const char *folder);
/* The note of the first size leaves, to be freed. */
char *ring_sign (SekiKeyring *ring, SekiTiles *tiles, guint64 size, gint64 time);
/* Drains all, and leaves the checkpoint in the folder. */
void ring_drain_and_sign (SekiKeyring *ring, SekiTiles *tiles, gint64 time);
