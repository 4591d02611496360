/* SPDX-License-Identifier: Apache-2.0 */
/* One leaf of the ledger: one act on one record, or one refusal.
 *
 * Nothing in it is personal or outlives its record (D10): the subject is an
 * HMAC under a salt that is sealed with the record, facts stand as a salted
 * digest.  It carries no place of its own, so that workers hash leaves in
 * parallel and the committer only appends. */
#pragma once

#include "base/cbor.h"

G_BEGIN_DECLS

#define SEKI_ENTRY_FORMAT 1
#define SEKI_ENTRY_MAX 1024             /* bytes of one encoded entry */
#define SEKI_ENTRY_RULES 8

/* Deterministic CBOR map with unsigned keys in this order.  Spans whose data is
 * NULL are left out; format, time, act and permitted always stand.  Spans are
 * text unless said otherwise. */
typedef struct {
        guint64 format;                 /* 0  SEKI_ENTRY_FORMAT */
        gint64 time;                    /* 1  microseconds since the epoch */
        SekiSpan act;                   /* 2  "put", "give", "send", "erase", "refuse", ... */
        SekiSpan action;                /* 3  action of the message, "transfer.register" */
        SekiSpan actor;                 /* 4  party id that caused it */
        SekiSpan peer;                  /* 5  party id that data went to or came from */
        SekiSpan message;               /* 6  message id, the same on both nodes */
        SekiSpan subject;               /* 7  32 bytes: HMAC (salt, record id) */
        SekiSpan purpose;               /* 8 */
        SekiSpan basis;                 /* 9  legal basis, as data */
        guint64 permitted;              /* 10 1 permitted, 0 refused */
        SekiSpan reason;                /* 11 of a refusal */
        SekiSpan rules[SEKI_ENTRY_RULES];       /* 12 array of ids of the deciding rules */
        guint n_rules;
        SekiSpan policy;                /* 13 32 bytes: digest of the bundle that decided */
        SekiSpan facts;                 /* 14 32 bytes: salted digest of the sealed facts row */
        guint64 count;                  /* 15 acts that this leaf counts; left out when 1 (or 0) */
        SekiSpan detail;                /* 16 text of node events: digests, versions, counts */
} SekiEntry;

/* The caller sees to SEKI_ENTRY_MAX: what is longer is not read back. */
void seki_entry_write (const SekiEntry *entry, SekiCborWriter *writer);
/* Accepts only the bytes that seki_entry_write makes of out_entry, whose spans
 * are slices of encoded.  SEKI_ERROR_INVALID or SEKI_ERROR_LIMIT. */
gboolean seki_entry_read (SekiSpan encoded, SekiEntry *out_entry, GError **error);

/* One line for a person, without secrets, in the running language; to be freed.
 * Control characters in it are replaced. */
char *seki_entry_describe (const SekiEntry *entry);

G_END_DECLS
