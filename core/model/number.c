/* SPDX-License-Identifier: Apache-2.0 */
#include "model/number.h"

static gboolean
digits_only (SekiSpan text)
{
        for (gsize i = 0; i < text.len; i++)
                if (!g_ascii_isdigit (text.data[i]))
                        return FALSE;
        return TRUE;
}

static gboolean
digits_are_one (const guint8 *digits, gsize n)
{
        for (gsize i = 1; i < n; i++)
                if (digits[i] != digits[0])
                        return FALSE;
        return TRUE;
}

char
seki_number_individual_digit (const char base[11])
{
        static const guint8 weights[11] = { 6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2 };
        guint sum = 0;
        for (guint i = 0; i < 11; i++)
                sum += (guint) (base[i] - '0') * weights[i];
        return (char) (sum % 11 <= 1 ? '0' : '0' + 11 - sum % 11);
}

char
seki_number_corporate_digit (const char base[12])
{
        guint sum = 0;
        for (guint i = 0; i < 12; i++)
                sum += (guint) (base[i] - '0') * (i % 2 == 0 ? 2 : 1);
        return (char) ('9' - sum % 9);
}

static const char *
individual_check (const guint8 *digits)
{
        if (seki_number_individual_digit ((const char *) digits) != (char) digits[11])
                return "number-check-digit";
        return digits_are_one (digits, 11) ? "number-rejected" : NULL;
}

static const char *
corporate_check (const guint8 *digits)
{
        if (seki_number_corporate_digit ((const char *) digits + 1) != (char) digits[0])
                return "number-check-digit";
        return digits[1] == '0' && digits_are_one (digits + 1, 12) ? "number-rejected" : NULL;
}

const char *
seki_number_check (SekiSpan number, SekiNumberKind *out_kind)
{
        SekiNumberKind unused;
        out_kind = out_kind != NULL ? out_kind : &unused;
        *out_kind = SEKI_NUMBER_NONE;
        if (number.data == NULL || (number.len != 12 && number.len != 13))
                return "number-length";
        if (!digits_only (number))
                return "number-digits";
        const char *fault = number.len == 12 ? individual_check (number.data)
                : corporate_check (number.data);
        if (fault == NULL)
                *out_kind = number.len == 12 ? SEKI_NUMBER_INDIVIDUAL : SEKI_NUMBER_CORPORATE;
        return fault;
}

const char *
seki_code_check (SekiSpan code)
{
        if (code.data == NULL || code.len != 21)
                return "code-length";
        return digits_only (code) ? NULL : "code-digits";
}
