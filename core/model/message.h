/* SPDX-License-Identifier: Apache-2.0 */
/* Messages and answers in deterministic CBOR.
 *
 * A request, sent to the path of its action:
 *   { "id": text, "to": text, "basis": text, "purpose": text,
 *     "records": [ record, ... ], "checkpoint": text }
 * "id" and "records" are required ("records" may be empty); an id has 8 to 64
 * bytes of A-Z a-z 0-9 . _ -; "to", "basis" and "purpose" hold no control
 * characters; a record never holds "given".
 *
 * An answer:
 *   { "id": text, "error": text, "reason": text,
 *     "receipt": { "lane": uint, "leaf": bytes, "index": uint },
 *     "records": [ true | reason-text | record | [ record, ... ], ... ],
 *     "checkpoint": text }
 * "records" stands in the order of the request: true is granted, a text is the
 * reason of a refusal, a map is granted and carries the record, an array of at
 * least two maps carries every record found for the one asked.  "reason" alone
 * refuses the whole message; "error" says that it could not be decided.  Only
 * "id" is always there. */
#pragma once

#include "model/record.h"

G_BEGIN_DECLS

/* Limits (ours), records in number, texts in bytes. */
#define SEKI_MESSAGE_RECORDS_MAX 4096
#define SEKI_MESSAGE_TO_MAX 128
#define SEKI_MESSAGE_BASIS_MAX 1024
#define SEKI_MESSAGE_PURPOSE_MAX 64
#define SEKI_MESSAGE_SENTENCE_MAX 1024          /* an error or a reason of an answer */
#define SEKI_MESSAGE_CHECKPOINT_MAX 16384

typedef struct {
        SekiRecord record;
        SekiNumberKind number;
        const char *fault;      /* NULL, or why the record's own content is refused */
} SekiItem;

/* Everything points into the body or the arena. */
typedef struct {
        SekiSpan id, to, basis, purpose, checkpoint;
        SekiSpan content;       /* read: the map's bytes up to its checkpoint; equal for equal
                                 * messages */
        SekiItem *items;
        gsize n_items;
} SekiMessage;

/* Decodes a request.  Structure that is not canonical, unknown keys, too many
 * records or too large an id is an error for the whole message; content that
 * breaks a field's rule is a fault of that item alone. */
gboolean seki_message_read (SekiSpan body, SekiArena *arena, SekiMessage *out_message,
                            GError **error);

/* Encodes a request from a message; items' faults are ignored, "given" is left
 * out.  The id and at least an empty list of items must be there. */
void seki_message_write (const SekiMessage *message, SekiCborWriter *writer);

/* Place of a leaf: what a receiver of an answer can demand a proof for. */
typedef struct {
        guint16 lane;
        guint64 index;
        guint8 leaf[32];        /* RFC 6962 leaf hash */
} SekiReceipt;

typedef struct SekiVerdictItem SekiVerdictItem;
struct SekiVerdictItem {
        const char *reason;     /* NULL: granted */
        const SekiRecord *record;       /* granted, and given; NULL if none */
        guint32 fields;         /* which fields of record go out */
        SekiVerdictItem *more;  /* a further record given for the same one; NULL if none */
};

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
/* Control characters in an error or a reason become spaces and what is beyond
 * the limit is cut; "given" is left out; items NULL leaves "records" out. */
void seki_answer_write (const SekiAnswer *answer, SekiCborWriter *writer);
/* Reads the array of verdicts alone into out_answer->items. */
gboolean seki_answer_read_items (SekiCborReader *reader, SekiArena *arena, SekiAnswer *out_answer,
                                 GError **error);

G_END_DECLS
