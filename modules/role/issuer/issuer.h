/* SPDX-License-Identifier: Apache-2.0 */
/* Flows of the issuer; each is a SekiFlow unless said otherwise. */
#pragma once

#include <sekisho/sekisho.h>
#include <sekisho/flow.h>

G_BEGIN_DECLS

/* request.c: numbers of own holders from the transfer institution (F7). */
const char *request_send (const SekiCall *call, guint32 subject, SekiEffects *effects);
const char *request_provided (const SekiCall *call, guint32 subject, SekiEffects *effects);

/* keep.c: changes from the transfer institution that gave the record. */
const char *keep_correct (const SekiCall *call, guint32 subject, SekiEffects *effects);
const char *keep_withdraw (const SekiCall *call, guint32 subject, SekiEffects *effects);
const char *keep_close (const SekiCall *call, guint32 subject, SekiEffects *effects);

/* read.c: for the reports that must be filed (F11). */
const char *read_record (const SekiCall *call, guint32 subject, SekiEffects *effects);
const char *read_export (const SekiCall *call, guint32 subject, SekiEffects *effects);

/* Whether a record is kept here as that of a holder of an own issue.  A node
 * with other roles keeps other records too; those are no business of the issuer.
 * Not a flow. */
gboolean request_is_own (const SekiCall *call, const SekiStored *stored);

G_END_DECLS
