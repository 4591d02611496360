/* SPDX-License-Identifier: Apache-2.0 */
/* Messages and answers in deterministic CBOR.
 *
 * A request, sent to the path of its action:
 *   { "id": text, "to": text, "basis": text, "purpose": text,
 *     "records": [ record, ... ], "checkpoint": text }
 * "id" and "records" are required; an id has 8 to 64 bytes of A-Z a-z 0-9 . _ -
 *
 * An answer:
 *   { "id": text, "error": text, "reason": text,
 *     "receipt": { "lane": uint, "leaf": bytes, "index": uint },
 *     "records": [ true | reason-text | record, ... ], "checkpoint": text }
 * "records" stands in the order of the request: true is granted, a text is the
 * reason of a refusal, a map is granted and carries the record.  "reason" alone
 * refuses the whole message; "error" says that it could not be decided. */
#pragma once

#include "model/record.h"

G_BEGIN_DECLS

#define SEKI_MESSAGE_RECORDS_MAX 4096   /* in one message */

typedef struct {
        SekiRecord record;
        SekiNumberKind number;
        const char *fault;      /* NULL, or why the record's own content is refused */
} SekiItem;

/* Everything points into the body or the arena. */
typedef struct {
        SekiSpan id, to, basis, purpose, checkpoint;
        SekiItem *items;
        gsize n_items;
} SekiMessage;

/* Decodes a request.  Structure that is not canonical, unknown keys, too many
 * records or too large an id is an error for the whole message; content that
 * breaks a field's rule is a fault of that item alone. */
gboolean seki_message_read (SekiSpan body, SekiArena *arena, SekiMessage *out_message, GError **error);

/* Encodes a request from a message; items' faults are ignored. */
void seki_message_write (const SekiMessage *message, SekiCborWriter *writer);

/* Place of a leaf: what a receiver of an answer can demand a proof for. */
typedef struct {
        guint16 lane;
        guint64 index;
        guint8 leaf[32];        /* RFC 6962 leaf hash */
} SekiReceipt;

typedef struct {
        const char *reason;     /* NULL: granted */
        const SekiRecord *record;       /* granted, and given; NULL if none */
        guint32 fields;         /* which fields of record go out */
} SekiVerdictItem;

typedef struct {
        SekiSpan id, checkpoint;
        const char *error, *reason;     /* NULL if not so */
        gboolean has_receipt;
        SekiReceipt receipt;
        SekiVerdictItem *items;
        gsize n_items;
} SekiAnswer;

/* Reading points reasons of items to constants or arena texts. */
gboolean seki_answer_read (SekiSpan body, SekiArena *arena, SekiAnswer *out_answer, GError **error);
void seki_answer_write (const SekiAnswer *answer, SekiCborWriter *writer);

G_END_DECLS
