/* SPDX-License-Identifier: Apache-2.0 */
/* Receipts of peers: where a message this node sent stands in the peer's
 * ledger, kept in SEKI_SPACE_STATE under 'R' and the keyed digest of peer and
 * message id.  Value: lane BE16, index BE64, leaf hash. */
#pragma once

#include "kernel/exchange.h"

G_BEGIN_DECLS

#define SEKI_RECEIPT_LEN (2 + 8 + 32)

void seki_receipt_key (SekiHash *hash, const guint8 seen[32], SekiSpan peer, SekiSpan message,
                       guint8 out[SEKI_CLAIM_LEN]);
void seki_receipt_write (const SekiReceipt *receipt, guint8 out[SEKI_RECEIPT_LEN]);
gboolean seki_receipt_read (SekiSpan value, SekiReceipt *out_receipt);
/* FALSE when the peer has given none for this message, or it can not be read. */
gboolean seki_receipt_find (const SekiKernel *kernel, SekiSpan peer, SekiSpan message,
                            SekiReceipt *out_receipt);

G_END_DECLS
