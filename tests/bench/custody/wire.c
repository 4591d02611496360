/* SPDX-License-Identifier: Apache-2.0 */
#include "wire.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { UINT = 0, TEXT = 3, BYTES = 2, ARRAY = 4, MAP = 5, SIMPLE = 7 };
#define TRUE_BYTE 0xf5

static void
put (Bytes *bytes, const void *data, size_t len)
{
        if (bytes->len + len > bytes->size) {
                bytes->size = (bytes->len + len) * 2;
                bytes->data = realloc (bytes->data, bytes->size);
                if (bytes->data == NULL)
                        abort ();
        }
        memcpy (bytes->data + bytes->len, data, len);
        bytes->len += len;
}

static void
put_head (Bytes *bytes, unsigned type, size_t value)
{
        uint8_t head[3] = { (uint8_t) (type << 5) };

        if (value < 24) {
                head[0] |= (uint8_t) value;
                put (bytes, head, 1);
        } else if (value < 256) {
                head[0] |= 24;
                head[1] = (uint8_t) value;
                put (bytes, head, 2);
        } else {
                head[0] |= 25;
                head[1] = (uint8_t) (value >> 8);
                head[2] = (uint8_t) value;
                put (bytes, head, 3);
        }
}

static void
put_text (Bytes *bytes, const char *text)
{
        size_t len = strlen (text);

        put_head (bytes, TEXT, len);
        put (bytes, text, len);
}

static void
put_pair (Bytes *bytes, const char *key, const char *value)
{
        put_text (bytes, key);
        put_text (bytes, value);
}

uint64_t
wire_place (const Wire *wire, const Op *op, uint32_t i)
{
        return op->registers ? op->first + i : person_mix (op->seed + i) % wire->stored;
}

static void
put_person (const Wire *wire, uint64_t place, Bytes *out)
{
        Person person;

        person_make (wire->prefix, place, &person);
        put_head (out, MAP, wire->transfer ? 7 : 6);
        put_pair (out, "code", person.code);
        put_pair (out, "kana", person.kana);
        put_pair (out, "name", person.name);
        put_pair (out, "birth", person.birth);
        put_pair (out, "number", person.number);
        put_pair (out, "address", person.address);
        if (wire->transfer)
                put_pair (out, "holding", "yes");
}

static void
put_code (const Wire *wire, uint64_t place, Bytes *out)
{
        char code[CODE_LEN + 1];

        person_code (wire->prefix, place, code);
        put_head (out, MAP, 1);
        put_pair (out, "code", code);
}

void
wire_write (const Wire *wire, uint64_t number, Op *op, Bytes *bodies)
{
        char id[64];

        snprintf (id, sizeof id, "%s-%010" PRIu64, wire->tag, number);
        op->at = bodies->len;
        put_head (bodies, MAP, op->registers ? 3 : 4);
        put_pair (bodies, "id", id);
        put_pair (bodies, "basis", op->registers ? "Number Act 14" : "Number Act 9(3)");
        if (!op->registers)
                put_pair (bodies, "purpose", "P02");
        put_text (bodies, "records");
        put_head (bodies, ARRAY, op->n);
        for (uint32_t i = 0; i < op->n; i++)
                if (op->registers)
                        put_person (wire, wire_place (wire, op, i), bodies);
                else
                        put_code (wire, wire_place (wire, op, i), bodies);
        op->len = bodies->len - op->at;
}

typedef struct {
        const uint8_t *at, *end;
        bool bad;
} Reader;

static size_t
read_head (Reader *reader, unsigned *out_type)
{
        size_t value, more;

        *out_type = SIMPLE;
        if (reader->at == reader->end) {
                reader->bad = true;
                return 0;
        }
        *out_type = *reader->at >> 5;
        value = *reader->at++ & 31;
        more = value < 24 ? 0 : value < 28 ? (size_t) 1 << (value - 24) : 9;
        if (more > 8 || more > (size_t) (reader->end - reader->at)) {
                reader->bad = true;
                return 0;
        }
        if (more > 0)
                value = 0;
        while (more-- > 0)
                value = value << 8 | *reader->at++;
        return value;
}

static const uint8_t *
read_text (Reader *reader, size_t *out_len)
{
        unsigned type;
        const uint8_t *text;

        *out_len = read_head (reader, &type);
        text = reader->at;
        if (type != TEXT || *out_len > (size_t) (reader->end - reader->at)) {
                reader->bad = true;
                *out_len = 0;
                return text;
        }
        reader->at += *out_len;
        return text;
}

static void
skip (Reader *reader, unsigned depth)
{
        unsigned type;
        size_t value = read_head (reader, &type);

        if ((type == TEXT || type == BYTES) && value <= (size_t) (reader->end - reader->at))
                reader->at += value;
        else if (type == TEXT || type == BYTES || depth == 0)
                reader->bad |= type != UINT && type != SIMPLE;
        else if (type == ARRAY || type == MAP)
                for (size_t i = 0; i < value * (type == MAP ? 2 : 1) && !reader->bad; i++)
                        skip (reader, depth - 1);
}

static bool
text_is (const uint8_t *text, size_t len, const char *wanted)
{
        return len == strlen (wanted) && memcmp (text, wanted, len) == 0;
}

/* The record given must be the one asked for, with its number. */
static bool
record_is (Reader *reader, const Wire *wire, uint64_t place)
{
        char code[CODE_LEN + 1], number[NUMBER_LEN + 1];
        unsigned type, found = 0;
        size_t n = read_head (reader, &type);

        person_code (wire->prefix, place, code);
        person_number (place, number);
        for (size_t i = 0; i < n && !reader->bad; i++) {
                size_t key_len, len;
                const uint8_t *key = read_text (reader, &key_len),
                              *value = read_text (reader, &len);

                found |= text_is (key, key_len, "code") && text_is (value, len, code) ? 1 : 0;
                found |= text_is (key, key_len, "number") && text_is (value, len, number) ? 2 : 0;
                found |= text_is (key, key_len, "address") && len > 0 ? 4 : 0;
        }
        return !reader->bad && found == 7;
}

static const char *
check_records (Reader *reader, const Wire *wire, const Op *op, char *out, size_t size)
{
        unsigned type;
        size_t n = read_head (reader, &type), len;

        if (type != ARRAY || n != op->n)
                return "the answer has another number of records";
        for (uint32_t i = 0; i < n; i++) {
                unsigned kind = reader->at < reader->end ? *reader->at >> 5 : SIMPLE;

                if (kind == TEXT) {
                        const uint8_t *reason = read_text (reader, &len);

                        snprintf (out, size, "refused: %.*s", (int) len, (const char *) reason);
                        return out;
                }
                if (op->registers && (reader->at == reader->end || *reader->at++ != TRUE_BYTE))
                        return "a record was not granted";
                if (!op->registers &&
                    (kind != MAP || !record_is (reader, wire, wire_place (wire, op, i))))
                        return "a record is not the one asked for";
        }
        return NULL;
}

const char *
wire_check (const Wire *wire, const Op *op, const uint8_t *answer, size_t len, char *out,
            size_t size)
{
        Reader reader = { answer, answer + len, false };
        unsigned type;
        size_t n = read_head (&reader, &type), text_len;
        bool seen = false;

        if (type != MAP)
                return "the answer is no map";
        while (n-- > 0 && !reader.bad) {
                const uint8_t *key = read_text (&reader, &text_len);

                if (text_is (key, text_len, "error") || text_is (key, text_len, "reason")) {
                        const uint8_t *text = read_text (&reader, &text_len);

                        snprintf (out, size, "%.*s", (int) text_len, (const char *) text);
                        return out;
                }
                if (!text_is (key, text_len, "records")) {
                        skip (&reader, 4);
                        continue;
                }
                const char *wrong = check_records (&reader, wire, op, out, size);

                if (wrong != NULL)
                        return wrong;
                seen = true;
        }
        return reader.bad || reader.at != reader.end ? "the answer is not CBOR"
               : seen                                ? NULL
                                                     : "there are no verdicts";
}
