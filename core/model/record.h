/* SPDX-License-Identifier: Apache-2.0 */
/* Records between bytes and fields: pure functions, no I/O. */
#pragma once

#include "base/cbor.h"
#include "model/number.h"

G_BEGIN_DECLS

/* Longest value of a field in bytes (ours; the notification sets none): code
 * and to_code 21, kana and name 600 (200 characters), birth and closed 10,
 * given 4096, issue 12, holder 32, number 13, address 1200, holding 3. */
gsize seki_record_field_limit (SekiField field);

/* Field of that name, or SEKI_FIELD_COUNT. */
SekiField seki_field_from_name (SekiSpan name);

/* Decodes one record map; spans point into the reader's bytes.  An unknown
 * field, "given", a wrong type or form is SEKI_ERROR_INVALID. */
gboolean seki_record_read (SekiCborReader *reader, SekiRecord *out_record, GError **error);
/* The same for a record of the own store, which may hold "given". */
gboolean seki_record_read_stored (SekiCborReader *reader, SekiRecord *out_record, GError **error);

/* Whether the values keep the rules of their fields, in the order of SekiField:
 * digits, dates, UTF-8 without what seki_utf8_scan calls controls, lengths; a
 * value that is present is not empty.  No field is required here: what an
 * action needs is the role's to say.  NULL, or the id of the first reason
 * ("number-check-digit", "name-too-long", "birth-date", ...), a constant.
 * out_kind is SEKI_NUMBER_NONE unless the number is sound. */
const char *seki_record_check (const SekiRecord *record, SekiNumberKind *out_kind);

/* Writes the fields whose bit is set in fields (1u << SekiField) as a map. */
void seki_record_write (const SekiRecord *record, guint32 fields, SekiCborWriter *writer);

#define SEKI_RECORD_ALL ((1u << SEKI_FIELD_COUNT) - 1)
#define SEKI_RECORD_REST (SEKI_RECORD_ALL & ~(1u << SEKI_FIELD_NUMBER))

/* All reasons the two checks above can give, with sentences; ends with NULL id. */
typedef struct {
        const char *id;
        const char *sentence;   /* English msgid */
} SekiRecordReason;
const SekiRecordReason *seki_record_reasons (void);

G_END_DECLS
