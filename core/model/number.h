/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers and codes: digits, check digits, the reject list (domain.md 1.3, 2). */
#pragma once

#include <sekisho/record.h>

G_BEGIN_DECLS

/* The reject list: 12 digits whose first eleven are one digit eleven times
 * (000000000000, 111111111118, ...), and 9000000000000, whose twelve are zeros.
 * They pass the check digit and are what people type to get past a form.  No
 * range is reserved, so one of the ten could be somebody's: about 1 chance in
 * 80 for all ten together, with 125 million numbers given out of 10^11.
 * 123456789018 is not on the list.
 *
 * Kind of a well-formed number: 12 digits with the check digit of Ordinance
 * 85/2014 art. 5, or 13 with that of Ordinance 70/2014 art. 2.  Returns NULL,
 * or the id of the reason: "number-length", "number-digits",
 * "number-check-digit", "number-rejected" (on the reject list).  out_kind may
 * be NULL; it is SEKI_NUMBER_NONE when a reason is returned. */
const char *seki_number_check (SekiSpan number, SekiNumberKind *out_kind);

/* Check digit for the digits before or after it; base has 11 or 12 digits. */
char seki_number_individual_digit (const char base[11]);
char seki_number_corporate_digit (const char base[12]);

/* 21 digits.  NULL, "code-length" or "code-digits".  No check digit is known
 * in public (domain.md 1.3). */
const char *seki_code_check (SekiSpan code);

G_END_DECLS
