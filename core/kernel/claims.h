/* SPDX-License-Identifier: Apache-2.0 */
/* Claims: what exchanges in flight are about to write.  An exchange that needs
 * a key another one holds waits until that one is committed, so that a decision
 * never rests on a row that is changing.  Any thread. */
#pragma once

#include <sekisho/base.h>

G_BEGIN_DECLS

#define SEKI_CLAIM_LEN 17               /* kind, then 16 bytes */

typedef struct SekiClaims SekiClaims;

SekiClaims *seki_claims_new (void);
void seki_claims_free (SekiClaims *claims);
/* Takes the key for owner.  TRUE when it is now, or was already, the owner's. */
gboolean seki_claims_take (SekiClaims *claims, const guint8 key[SEKI_CLAIM_LEN],
                           gconstpointer owner);
/* Gives back n keys of SEKI_CLAIM_LEN bytes each, those that are the owner's. */
void seki_claims_release (SekiClaims *claims, const guint8 *keys, gsize n, gconstpointer owner);
/* Calls wake once when key is given back, on the releasing thread; at once, on
 * this one, when nobody holds it any more.  wake must not come back here. */
void seki_claims_wait (SekiClaims *claims, const guint8 key[SEKI_CLAIM_LEN],
                       void (*wake) (gpointer user), gpointer user);
/* After it returned user is not called any more. */
void seki_claims_forget (SekiClaims *claims, gpointer user);

G_END_DECLS
