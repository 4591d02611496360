/* SPDX-License-Identifier: Apache-2.0 */
/* Who was turned away before it could say who it is: counted per address and
 * reason, so that a flood costs memory and ledger leaves with a bound (D21).
 * Any thread. */
#pragma once

#include <sekisho/base.h>

G_BEGIN_DECLS

typedef struct SekiStrangers SekiStrangers;

SekiStrangers *seki_strangers_new (void);
void seki_strangers_free (SekiStrangers *strangers);
void seki_strangers_count (SekiStrangers *strangers, const char *address, const char *reason);
/* Since the beginning. */
guint64 seki_strangers_total (SekiStrangers *strangers);
/* Empties the table, calling each address, reason and count.  Beyond 1,024
 * pairs between two calls, further ones are counted as address "other". */
void seki_strangers_take (SekiStrangers *strangers,
                          void (*each) (const char *address, const char *reason, guint64 count,
                                        gpointer user),
                          gpointer user);

G_END_DECLS
