/* SPDX-License-Identifier: Apache-2.0 */
/* Persons by their place, about 280 bytes each: the same place gives the same
 * person, so nothing has to be kept to check an answer.  Nobody is real. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define PREFIX_LEN 7 /* participant code of the institution */
#define CODE_LEN 21
#define NUMBER_LEN 12

typedef struct {
        char code[CODE_LEN + 1];
        char number[NUMBER_LEN + 1];
        char name[64], kana[96], address[512], birth[16];
} Person;

uint64_t person_mix (uint64_t seed); /* splitmix64 */
void person_code (const char *prefix, uint64_t place, char out[CODE_LEN + 1]);
/* Individual Number with its check digit (Number Act, Ordinance 5 of 2014). */
void person_number (uint64_t place, char out[NUMBER_LEN + 1]);
void person_make (const char *prefix, uint64_t place, Person *out);
