/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers and codes: digits, check digits, the reject list (domain.md 1.3, 2). */
#pragma once

#include <sekisho/record.h>

G_BEGIN_DECLS

/* Kind of a well-formed number: 12 digits with the check digit of Ordinance
 * 85/2014 art. 5, or 13 with that of Ordinance 70/2014 art. 2.  Returns NULL,
 * or the id of the reason: "number-length", "number-digits",
 * "number-check-digit", "number-rejected" (on the reject list). */
const char *seki_number_check (SekiSpan number, SekiNumberKind *out_kind);

/* Check digit for the digits before or after it; base has 11 or 12 digits. */
char seki_number_individual_digit (const char base[11]);
char seki_number_corporate_digit (const char base[12]);

/* 21 digits.  NULL, "code-length" or "code-digits". */
const char *seki_code_check (SekiSpan code);

G_END_DECLS
