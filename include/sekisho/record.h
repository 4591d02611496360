/* SPDX-License-Identifier: Apache-2.0 */
/* A record: what is known of one participant under one account code. */
#pragma once

#include <sekisho/base.h>

G_BEGIN_DECLS

/* The fields of a record.  On the wire a record is a map from these names to
 * UTF-8 text, kept exactly as given: nothing is normalised, folded or trimmed
 * (domain.md 1.3).  Order here is the order of the canonical encoding. */
typedef enum {
        SEKI_FIELD_CODE,        /* "code"     account code, 21 digits, first the institution's 7 */
        SEKI_FIELD_KANA,        /* "kana"     reading */
        SEKI_FIELD_NAME,        /* "name"     name as the register has it */
        SEKI_FIELD_BIRTH,       /* "birth"    YYYY-MM-DD; absent for a corporation */
        SEKI_FIELD_GIVEN,       /* "given"    institutions that received the record or gave it, see
                                 *            effects.h; stored only, refused on the wire */
        SEKI_FIELD_ISSUE,       /* "issue"    securities code of an issue, 1 to 12 of A-Z 0-9 */
        SEKI_FIELD_CLOSED,      /* "closed"   YYYY-MM-DD on which the account was closed */
        SEKI_FIELD_HOLDER,      /* "holder"   shareholder number at the registry administrator */
        SEKI_FIELD_NUMBER,      /* "number"   Individual (12) or Corporate (13) Number */
        SEKI_FIELD_ADDRESS,     /* "address"  address as the register has it */
        SEKI_FIELD_HOLDING,     /* "holding"  "yes", "no": has a balance, by the own system */
        SEKI_FIELD_TO_CODE,     /* "to_code"  account code at the receiver (account transfer) */
        SEKI_FIELD_COUNT
} SekiField;

typedef struct {
        SekiSpan field[SEKI_FIELD_COUNT];       /* data NULL: absent */
} SekiRecord;

/* What may be known of a number by those who may not see it. */
typedef enum {
        SEKI_NUMBER_NONE = 0,
        SEKI_NUMBER_INDIVIDUAL,
        SEKI_NUMBER_CORPORATE,
} SekiNumberKind;

static inline const char *
seki_field_name (SekiField field)
{
        static const char *const names[SEKI_FIELD_COUNT] = {
                "code", "kana", "name", "birth", "given", "issue", "closed", "holder",
                "number", "address", "holding", "to_code",
        };
        return (guint) field < SEKI_FIELD_COUNT ? names[field] : NULL;
}

/* The purposes for which a number may travel on this channel: the items of
 * Income Tax Act art. 225(1) that the notification's system serves
 * (domain.md 3.1).  The legal basis itself travels as text, never as a
 * constant, because article numbers move. */
static inline gboolean
seki_purpose_is_listed (SekiSpan purpose)
{
        static const char *const listed[] = { "P01", "P02", "P08", "P10", "P11", "P12" };
        for (guint i = 0; i < G_N_ELEMENTS (listed); i++)
                if (seki_span_is (purpose, listed[i]))
                        return TRUE;
        return FALSE;
}

G_END_DECLS
