/* SPDX-License-Identifier: Apache-2.0 */
/* Messages in deterministic CBOR, written and read by hand: the client links
 * nothing of the core, so it would notice a fault of the core's codec. */
#pragma once

#include "persons.h"

#include <stdbool.h>

typedef struct {
        uint8_t *data;
        size_t len, size;
} Bytes;

typedef enum { WORK_REGISTER, WORK_PROVIDE, WORK_MIX } Work;

/* What is sent and, by place, what must come back. */
typedef struct {
        bool registers;
        uint64_t seed;  /* provide: picks the places */
        uint64_t first; /* register: the first place */
        uint32_t n;
        size_t at, len; /* of the body, in the bodies of the run */
} Op;

typedef struct {
        const char *prefix; /* participant code */
        const char *tag;    /* makes message ids the run's own */
        bool transfer;      /* transfer.*, not account.* */
        uint64_t stored;    /* places that may be asked for */
} Wire;

uint64_t wire_place (const Wire *wire, const Op *op, uint32_t i);
/* Appends the body of an operation and notes where it is. */
void wire_write (const Wire *wire, uint64_t number, Op *op, Bytes *bodies);
/* NULL when every record was granted and, if asked for, is the one asked for;
 * else what is wrong, in a buffer of the caller's. */
const char *wire_check (const Wire *wire, const Op *op, const uint8_t *answer, size_t len,
                        char *out, size_t size);
