/* SPDX-License-Identifier: Apache-2.0 */
/* Flows of the transfer institution; each is a SekiFlow. */
#pragma once

#include <sekisho/sekisho.h>
#include <sekisho/flow.h>

G_BEGIN_DECLS

/* keep.c: what account institutions send of their participants (F2, F3). */
const char *keep_register (const SekiCall *call, guint32 subject, SekiEffects *effects);
const char *keep_correct (const SekiCall *call, guint32 subject, SekiEffects *effects);
const char *keep_withdraw (const SekiCall *call, guint32 subject, SekiEffects *effects);
const char *keep_close (const SekiCall *call, guint32 subject, SekiEffects *effects);

/* provide.c: numbers to those who must file (F7, F8). */
const char *provide_number (const SekiCall *call, guint32 subject, SekiEffects *effects);

/* office.c: the institution's own systems and persons. */
const char *office_holders (const SekiCall *call, guint32 subject, SekiEffects *effects);
const char *office_read (const SekiCall *call, guint32 subject, SekiEffects *effects);
const char *office_find (const SekiCall *call, guint32 subject, SekiEffects *effects);

/* join.c: one person across institutions (F4).  Writes mismatches to the
 * reports; joining itself is the index on the number and changes no record.
 * record is what will be stored.  FALSE when no memory is left. */
gboolean join_report (const SekiCall *call, guint32 subject, const SekiRecord *record,
                      SekiEffects *effects);
/* Whether two records name one person: kana and birth, compared without width,
 * spaces and the kind of kana. */
gboolean join_is_person (const SekiRecord *a, const SekiRecord *b, SekiNumberKind number);

/* forward.c: corrections reach whoever received the record. */
typedef enum {
        FORWARD_CORRECT,
        FORWARD_WITHDRAW,
        FORWARD_CLOSE,
} Forward;

/* Sends the fields of stored to everybody in its given list but the caller. */
gboolean forward_send (const SekiCall *call, guint32 subject, Forward what,
                       const SekiRecord *stored, gboolean number, SekiEffects *effects);

/* Line of a report, kept until somebody reads it. */
void report_line (SekiEffects *effects, guint32 subject, const char *report,
                  const SekiRecord *record, const SekiRecord *other);

G_END_DECLS
