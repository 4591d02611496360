/* SPDX-License-Identifier: Apache-2.0 */
/* Flows of the account management institution; each is a SekiFlow unless said otherwise. */
#pragma once

#include <sekisho/sekisho.h>
#include <sekisho/flow.h>

G_BEGIN_DECLS

/* own.c: what the institution's own systems and persons say of its participants. */
const char *own_register (const SekiCall *call, guint32 subject, SekiEffects *effects);
const char *own_correct (const SekiCall *call, guint32 subject, SekiEffects *effects);
const char *own_withdraw (const SekiCall *call, guint32 subject, SekiEffects *effects);
const char *own_close (const SekiCall *call, guint32 subject, SekiEffects *effects);
const char *own_read (const SekiCall *call, guint32 subject, SekiEffects *effects);

/* send.c: to and from the transfer institution (F2, F3, F8). */
const char *send_register (const SekiCall *call, guint32 subject, SekiEffects *effects);
const char *send_request (const SekiCall *call, guint32 subject, SekiEffects *effects);
const char *send_provided (const SekiCall *call, guint32 subject, SekiEffects *effects);

/* pass.c: to and from another account institution (F9). */
const char *pass_send (const SekiCall *call, guint32 subject, SekiEffects *effects);
const char *pass_accept (const SekiCall *call, guint32 subject, SekiEffects *effects);

/* source.c: changes from the institution that once gave us the record. */
const char *source_corrected (const SekiCall *call, guint32 subject, SekiEffects *effects);
const char *source_withdrawn (const SekiCall *call, guint32 subject, SekiEffects *effects);
const char *source_closed (const SekiCall *call, guint32 subject, SekiEffects *effects);

/* record.c: what the flows share. */

/* What is kept of what the own systems say. */
#define RECORD_KEPT (SEKI_PERSON_FIELDS | SEKI_BIT (SEKI_FIELD_HOLDING))

/* SEKI_GRANTED, "code-foreign", or "code-unknown" for a record not kept here. */
const char *record_own_fault (const SekiCall *call, const SekiSubject *subject);
const char *record_known_fault (const SekiCall *call, const SekiSubject *subject);

/* Whether the message brings a number that is not the one kept. */
gboolean record_has_new_number (const SekiSubject *subject);

/* Takes over a record another institution keeps of our participant: fills what
 * is absent here, changes nothing that is not; a SekiFlow. */
const char *record_adopt (const SekiCall *call, guint32 subject, SekiEffects *effects);

/* Stores the record without its number and tells the receivers. */
const char *record_withdraw (const SekiCall *call, guint32 subject, SekiEffects *effects);

/* Stores the closing date of the message and tells the receivers. */
const char *record_close (const SekiCall *call, guint32 subject, SekiEffects *effects);

/* forward.c: corrections reach whoever received the record. */
typedef enum {
        FORWARD_CORRECT,
        FORWARD_WITHDRAW,
        FORWARD_CLOSE,
} Forward;

/* What is sent on: the record as it will be stored, and what is known of its number then. */
typedef struct {
        Forward what;
        const SekiRecord *record;
        gboolean has_number;
        gboolean new_number;
} ForwardNews;

/* FALSE when no memory is left. */
gboolean forward_send (const SekiCall *call, guint32 subject, const ForwardNews *news,
                       SekiEffects *effects);

G_END_DECLS
