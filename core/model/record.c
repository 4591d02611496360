/* SPDX-License-Identifier: Apache-2.0 */
#include "model/record.h"

#include "base/clock.h"
#include "base/text.h"
#include "base/utf8.h"

#define FAULT_FIELD N_("the field before it is none that a record has")
#define FAULT_GIVEN N_("the field \"given\" is kept by each institution and never sent")

gsize
seki_record_field_limit (SekiField field)
{
        static const guint16 limits[SEKI_FIELD_COUNT] = {
                [SEKI_FIELD_CODE] = 21, [SEKI_FIELD_KANA] = 600, [SEKI_FIELD_NAME] = 600,
                [SEKI_FIELD_BIRTH] = 10, [SEKI_FIELD_GIVEN] = 4096, [SEKI_FIELD_ISSUE] = 12,
                [SEKI_FIELD_CLOSED] = 10, [SEKI_FIELD_HOLDER] = 32, [SEKI_FIELD_NUMBER] = 13,
                [SEKI_FIELD_ADDRESS] = 1200, [SEKI_FIELD_HOLDING] = 3, [SEKI_FIELD_TO_CODE] = 21,
        };
        return (guint) field < SEKI_FIELD_COUNT ? limits[field] : 0;
}

/* Names are of canonical order: by length, then by bytes. */
SekiField
seki_field_from_name (SekiSpan name)
{
        static const struct {
                guint8 first, end;
        } of_length[] = {
                [4] = { SEKI_FIELD_CODE, SEKI_FIELD_BIRTH },
                [5] = { SEKI_FIELD_BIRTH, SEKI_FIELD_CLOSED },
                [6] = { SEKI_FIELD_CLOSED, SEKI_FIELD_ADDRESS },
                [7] = { SEKI_FIELD_ADDRESS, SEKI_FIELD_COUNT },
        };
        if (name.data == NULL || name.len >= G_N_ELEMENTS (of_length))
                return SEKI_FIELD_COUNT;
        guint i = of_length[name.len].first, end = of_length[name.len].end;
        /* Names of one length begin with different letters. */
        while (i < end && *seki_field_name (i) != (char) name.data[0])
                i++;
        return i < end && memcmp (seki_field_name (i), name.data, name.len) == 0 ? i
                                                                                 : SEKI_FIELD_COUNT;
}

static gboolean
record_read (SekiCborReader *reader, gboolean stored, SekiRecord *out_record, GError **error)
{
        SekiSpan key = SEKI_SPAN_NONE;
        gsize n;
        *out_record = (SekiRecord){ 0 };
        if (!seki_cbor_read_map (reader, SEKI_FIELD_COUNT, &n, error))
                return FALSE;
        for (gsize i = 0; i < n; i++) {
                if (!seki_cbor_read_key (reader, &key, error))
                        return FALSE;
                SekiField field = seki_field_from_name (key);
                if (field == SEKI_FIELD_COUNT)
                        return seki_cbor_fail (reader, FAULT_FIELD, error);
                if (field == SEKI_FIELD_GIVEN && !stored)
                        return seki_cbor_fail (reader, FAULT_GIVEN, error);
                if (!seki_cbor_read_text (reader, &out_record->field[field], error))
                        return FALSE;
        }
        return TRUE;
}

gboolean
seki_record_read (SekiCborReader *reader, SekiRecord *out_record, GError **error)
{
        return record_read (reader, FALSE, out_record, error);
}

gboolean
seki_record_read_stored (SekiCborReader *reader, SekiRecord *out_record, GError **error)
{
        return record_read (reader, TRUE, out_record, error);
}

/* The reasons of a text field, in the order of the test. */
typedef struct {
        const char *empty, *too_long, *utf8, *control;
} TextReasons;

static const char *
text_check (SekiSpan text, SekiField field, const TextReasons *reasons)
{
        if (text.len == 0)
                return reasons->empty;
        if (text.len > seki_record_field_limit (field))
                return reasons->too_long;
        SekiUtf8 sound = seki_utf8_scan (text);
        if (sound == SEKI_UTF8_CLEAN)
                return NULL;
        return sound == SEKI_UTF8_BROKEN ? reasons->utf8 : reasons->control;
}

static gboolean
is_upper_alnum (guint8 c)
{
        return g_ascii_isdigit (c) || g_ascii_isupper (c);
}

static gboolean
is_visible (guint8 c)
{
        return c > 0x20 && c < 0x7f;
}

static const char *
form_check (SekiSpan text, SekiField field, gboolean (*allowed) (guint8 c), const char *reason)
{
        if (text.len == 0 || text.len > seki_record_field_limit (field))
                return reason;
        for (gsize i = 0; i < text.len; i++)
                if (!allowed (text.data[i]))
                        return reason;
        return NULL;
}

static const char *
to_code_check (SekiSpan code)
{
        const char *fault = seki_code_check (code);
        if (fault == NULL)
                return NULL;
        return code.len != 21 ? "to_code-length" : "to_code-digits";
}

static const char *
field_check (SekiField field, SekiSpan value, SekiNumberKind *out_kind)
{
        static const TextReasons kana =
                { "kana-empty", "kana-too-long", "kana-utf8", "kana-control" };
        static const TextReasons name =
                { "name-empty", "name-too-long", "name-utf8", "name-control" };
        static const TextReasons address =
                { "address-empty", "address-too-long", "address-utf8", "address-control" };
        switch (field) {
        case SEKI_FIELD_CODE:
                return seki_code_check (value);
        case SEKI_FIELD_KANA:
                return text_check (value, field, &kana);
        case SEKI_FIELD_NAME:
                return text_check (value, field, &name);
        case SEKI_FIELD_BIRTH:
                return seki_date_is_valid (value) ? NULL : "birth-date";
        case SEKI_FIELD_GIVEN:
                return form_check (value, field, is_visible, "given-form");
        case SEKI_FIELD_ISSUE:
                return form_check (value, field, is_upper_alnum, "issue-form");
        case SEKI_FIELD_CLOSED:
                return seki_date_is_valid (value) ? NULL : "closed-date";
        case SEKI_FIELD_HOLDER:
                return form_check (value, field, is_visible, "holder-form");
        case SEKI_FIELD_NUMBER:
                return seki_number_check (value, out_kind);
        case SEKI_FIELD_ADDRESS:
                return text_check (value, field, &address);
        case SEKI_FIELD_HOLDING:
                if (seki_span_is (value, "yes") || seki_span_is (value, "no"))
                        return NULL;
                return "holding-form";
        case SEKI_FIELD_TO_CODE:
                return to_code_check (value);
        case SEKI_FIELD_COUNT:
        default:
                return NULL;
        }
}

const char *
seki_record_check (const SekiRecord *record, SekiNumberKind *out_kind)
{
        SekiNumberKind unused;
        out_kind = out_kind != NULL ? out_kind : &unused;
        *out_kind = SEKI_NUMBER_NONE;
        const char *first = NULL;
        for (guint i = 0; i < SEKI_FIELD_COUNT && first == NULL; i++)
                if (record->field[i].data != NULL)
                        first = field_check (i, record->field[i], out_kind);
        return first;
}

void
seki_record_write (const SekiRecord *record, guint32 fields, SekiCborWriter *writer)
{
        guint n = 0;
        for (guint i = 0; i < SEKI_FIELD_COUNT; i++)
                n += (fields >> i & 1) != 0 && record->field[i].data != NULL;
        seki_cbor_write_map (writer, n);
        for (guint i = 0; i < SEKI_FIELD_COUNT; i++)
                if ((fields >> i & 1) != 0 && record->field[i].data != NULL) {
                        seki_cbor_write_literal (writer, seki_field_name (i));
                        seki_cbor_write_text (writer, record->field[i]);
                }
}

const SekiRecordReason *
seki_record_reasons (void)
{
        static const SekiRecordReason reasons[] = {
                { "code-length", N_("The account code does not have 21 digits.") },
                { "code-digits", N_("The account code holds something other than digits.") },
                { "kana-empty", N_("The reading is empty. Leave it out if it is not known.") },
                { "kana-too-long", N_("The reading is longer than 600 bytes.") },
                { "kana-utf8", N_("The reading is not UTF-8.") },
                { "kana-control",
                  N_("The reading holds a control character or turns the writing direction.") },
                { "name-empty", N_("The name is empty. Leave it out if it is not known.") },
                { "name-too-long", N_("The name is longer than 600 bytes.") },
                { "name-utf8", N_("The name is not UTF-8.") },
                { "name-control",
                  N_("The name holds a control character or turns the writing direction.") },
                { "birth-date",
                  N_("The date of birth is not a date of the calendar, written YYYY-MM-DD.") },
                { "given-form",
                  N_("The list of institutions that received the record is damaged.") },
                { "issue-form", N_("The issue is not 1 to 12 capital letters and digits.") },
                { "closed-date",
                  N_("The date of closing is not a date of the calendar, written YYYY-MM-DD.") },
                { "holder-form",
                  N_("The shareholder number is not 1 to 32 letters, digits or signs.") },
                { "number-length",
                  N_("The number has neither 12 digits (Individual) nor 13 (Corporate).") },
                { "number-digits", N_("The number holds something other than digits.") },
                { "number-check-digit",
                  N_("The check digit of the number is wrong. Compare it with the papers shown.") },
                { "number-rejected",
                  N_("The number is one that people make up. Ask for the true one.") },
                { "address-empty", N_("The address is empty. Leave it out if it is not known.") },
                { "address-too-long", N_("The address is longer than 1200 bytes.") },
                { "address-utf8", N_("The address is not UTF-8.") },
                { "address-control",
                  N_("The address holds a control character or turns the writing direction.") },
                { "holding-form", N_("Whether there is a holding is neither \"yes\" nor \"no\".") },
                { "to_code-length",
                  N_("The account code at the receiver does not have 21 digits.") },
                { "to_code-digits",
                  N_("The account code at the receiver holds something other than digits.") },
                { NULL, NULL },
        };
        return reasons;
}
