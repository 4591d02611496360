/* SPDX-License-Identifier: Apache-2.0 */
/* libcbor's streaming decoder takes items apart; it accepts every well-formed
 * encoding, so the shortest form is judged here on the head byte, before it
 * runs.  Its tree builder (cbor_load) is not used: it allocates by the sender's
 * counts and can not wipe. */
#include "base/cbor.h"
#include "base/text.h"
#include "base/utf8.h"

#include <cbor.h>

#define HEAD_MAX 9

#define FAULT_END N_("it ends too early")
#define FAULT_FORM N_("it is not in the shortest definite form, or holds a tag or a float")
#define FAULT_TYPE N_("another type of value belongs here")
#define FAULT_RANGE N_("the integer is out of range")
#define FAULT_UTF8 N_("the text is not UTF-8 or holds a NUL")
#define FAULT_ORDER N_("the keys of a map are not in order, or one occurs twice")
#define FAULT_COUNT N_("there are more entries than may be")
#define FAULT_DEPTH N_("it is nested more deeply than may be")
#define FAULT_TRAILING N_("more bytes follow where nothing may follow")

/* Writing. */

void
seki_cbor_writer_init (SekiCborWriter *writer, SekiArena *arena)
{
        seki_buffer_init (writer, arena);
}

void
seki_cbor_writer_clear (SekiCborWriter *writer)
{
        seki_buffer_clear (writer);
}

void
seki_cbor_write_uint (SekiCborWriter *writer, guint64 value)
{
        guint8 *out = seki_buffer_reserve (writer, HEAD_MAX);
        if (out != NULL)
                writer->len += cbor_encode_uint (value, out, HEAD_MAX);
}

void
seki_cbor_write_int (SekiCborWriter *writer, gint64 value)
{
        if (value >= 0) {
                seki_cbor_write_uint (writer, (guint64) value);
                return;
        }
        guint8 *out = seki_buffer_reserve (writer, HEAD_MAX);
        if (out != NULL)
                writer->len += cbor_encode_negint (~(guint64) value, out, HEAD_MAX);
}

static void
writer_append (SekiCborWriter *writer, guint8 *out, gsize head, SekiSpan body)
{
        if (body.len > 0)
                memcpy (out + head, body.data, body.len);
        writer->len += head + body.len;
}

void
seki_cbor_write_bytes (SekiCborWriter *writer, SekiSpan bytes)
{
        guint8 *out = bytes.len <= G_MAXSIZE / 4
                ? seki_buffer_reserve (writer, HEAD_MAX + bytes.len) : NULL;
        if (out != NULL)
                writer_append (writer, out, cbor_encode_bytestring_start (bytes.len, out, HEAD_MAX),
                               bytes);
        else
                writer->failed = TRUE;
}

void
seki_cbor_write_text (SekiCborWriter *writer, SekiSpan text)
{
        guint8 *out = text.len <= G_MAXSIZE / 4
                ? seki_buffer_reserve (writer, HEAD_MAX + text.len) : NULL;
        if (out != NULL)
                writer_append (writer, out, cbor_encode_string_start (text.len, out, HEAD_MAX),
                               text);
        else
                writer->failed = TRUE;
}

void
seki_cbor_write_literal (SekiCborWriter *writer, const char *text)
{
        seki_cbor_write_text (writer, seki_span_text (text));
}

void
seki_cbor_write_array (SekiCborWriter *writer, guint64 n_items)
{
        guint8 *out = seki_buffer_reserve (writer, HEAD_MAX);
        if (out != NULL)
                writer->len += cbor_encode_array_start ((size_t) n_items, out, HEAD_MAX);
}

void
seki_cbor_write_map (SekiCborWriter *writer, guint64 n_pairs)
{
        guint8 *out = seki_buffer_reserve (writer, HEAD_MAX);
        if (out != NULL)
                writer->len += cbor_encode_map_start ((size_t) n_pairs, out, HEAD_MAX);
}

void
seki_cbor_write_bool (SekiCborWriter *writer, gboolean value)
{
        guint8 *out = seki_buffer_reserve (writer, HEAD_MAX);
        if (out != NULL)
                writer->len += cbor_encode_bool (value != FALSE, out, HEAD_MAX);
}

void
seki_cbor_write_null (SekiCborWriter *writer)
{
        guint8 *out = seki_buffer_reserve (writer, HEAD_MAX);
        if (out != NULL)
                writer->len += cbor_encode_null (out, HEAD_MAX);
}

void
seki_cbor_write_raw (SekiCborWriter *writer, SekiSpan encoded)
{
        seki_buffer_append (writer, encoded);
}

SekiSpan
seki_cbor_writer_get_span (const SekiCborWriter *writer)
{
        return seki_buffer_get_span (writer);
}

/* Reading: one item as libcbor hands it over. */

typedef struct {
        guint64 value;          /* integer, count or truth */
        SekiSpan string;
} Item;

static void
on_uint8 (void *item, uint8_t value)
{
        ((Item *) item)->value = value;
}

static void
on_uint16 (void *item, uint16_t value)
{
        ((Item *) item)->value = value;
}

static void
on_uint32 (void *item, uint32_t value)
{
        ((Item *) item)->value = value;
}

static void
on_uint64 (void *item, uint64_t value)
{
        ((Item *) item)->value = value;
}

static void
on_count (void *item, size_t value)
{
        ((Item *) item)->value = value;
}

static void
on_string (void *item, cbor_data data, size_t len)
{
        ((Item *) item)->string = seki_span (data, len);
}

static void
on_bool (void *item, bool value)
{
        ((Item *) item)->value = value;
}

/* What is never canonical was refused on its head byte, but libcbor calls
 * without looking, so every member is set. */
static const struct cbor_callbacks callbacks = {
        .uint8 = on_uint8, .uint16 = on_uint16, .uint32 = on_uint32, .uint64 = on_uint64,
        .negint8 = on_uint8, .negint16 = on_uint16, .negint32 = on_uint32, .negint64 = on_uint64,
        .byte_string = on_string, .string = on_string,
        .array_start = on_count, .map_start = on_count,
        .boolean = on_bool, .null = cbor_null_null_callback,
        .byte_string_start = cbor_null_byte_string_start_callback,
        .string_start = cbor_null_string_start_callback,
        .indef_array_start = cbor_null_indef_array_start_callback,
        .indef_map_start = cbor_null_indef_map_start_callback,
        .indef_break = cbor_null_indef_break_callback,
        .tag = cbor_null_tag_callback,
        .float2 = cbor_null_float2_callback, .float4 = cbor_null_float4_callback,
        .float8 = cbor_null_float8_callback, .undefined = cbor_null_undefined_callback,
};

static gboolean
reader_refuse (const char *fault, gboolean limit, gsize pos, GError **error)
{
        g_set_error (error, SEKI_ERROR, limit ? SEKI_ERROR_LIMIT : SEKI_ERROR_INVALID,
                     _("The encoded message is refused at byte %zu: %s. Ask its "
                       "sender for deterministic CBOR (RFC 8949, 4.2.1) of the agreed shape."),
                     pos, _(fault));
        return FALSE;
}

static gboolean
reader_fail (SekiCborReader *reader, const char *fault, gboolean limit, GError **error)
{
        if (reader->fault == NULL) {
                reader->fault = fault;
                reader->limit = limit;
        }
        return reader_refuse (reader->fault, reader->limit, reader->pos, error);
}

gboolean
seki_cbor_fail (SekiCborReader *reader, const char *fault, GError **error)
{
        return reader_fail (reader, fault, FALSE, error);
}

void
seki_cbor_reader_init (SekiCborReader *reader, SekiSpan in)
{
        *reader = (SekiCborReader){ .data = in.data, .len = in.data != NULL ? in.len : 0 };
}

/* Whether a head that carries its number in further bytes needed to: RFC 8949
 * 4.2.1.  Bytes that are missing are libcbor's to report. */
static gboolean
head_is_shortest (const guint8 *in, gsize left)
{
        switch (in[0] & 31) {
        case 24:
                return left < 2 || in[1] >= 24;
        case 25:
                return left < 3 || in[1] != 0;
        case 26:
                return left < 5 || seki_get_be16 (in + 1) != 0;
        case 27:
                return left < 9 || seki_get_be32 (in + 1) != 0;
        default:
                return FALSE;   /* 28 to 30 are reserved, 31 is indefinite */
        }
}

static SekiCborType
head_type (const guint8 *in, gsize left)
{
        static const SekiCborType types[] = {
                SEKI_CBOR_UINT, SEKI_CBOR_NEGATIVE, SEKI_CBOR_BYTES, SEKI_CBOR_TEXT,
                SEKI_CBOR_ARRAY, SEKI_CBOR_MAP, SEKI_CBOR_BAD, SEKI_CBOR_BAD,
        };
        if (G_UNLIKELY (in[0] == 0xf4 || in[0] == 0xf5))
                return SEKI_CBOR_BOOL;
        if (G_UNLIKELY (in[0] == 0xf6))
                return SEKI_CBOR_NULL;
        if ((in[0] & 31) >= 24 && !head_is_shortest (in, left))
                return SEKI_CBOR_BAD;
        return types[in[0] >> 5];
}

SekiCborType
seki_cbor_peek (const SekiCborReader *reader)
{
        if (reader->fault != NULL)
                return SEKI_CBOR_BAD;
        if (reader->pos >= reader->len)
                return SEKI_CBOR_END;
        return head_type (reader->data + reader->pos, reader->len - reader->pos);
}

static const char *
type_fault (SekiCborType found)
{
        return found == SEKI_CBOR_END ? FAULT_END : found == SEKI_CBOR_BAD ? FAULT_FORM
                : FAULT_TYPE;
}

/* Decodes the next item, which must be of that type, without stepping over it;
 * returns its length, 0 after a failure. */
static inline gsize
reader_decode (SekiCborReader *reader, SekiCborType type, Item *item, GError **error)
{
        SekiCborType found = seki_cbor_peek (reader);
        if (G_UNLIKELY (found != type)) {
                reader_fail (reader, type_fault (found), FALSE, error);
                return 0;
        }
        struct cbor_decoder_result result =
                cbor_stream_decode (reader->data + reader->pos, reader->len - reader->pos,
                                    &callbacks, item);
        if (G_UNLIKELY (result.status != CBOR_DECODER_FINISHED)) {
                reader_fail (reader, FAULT_END, FALSE, error);
                return 0;
        }
        return result.read;
}

gboolean
seki_cbor_read_uint (SekiCborReader *reader, guint64 *out_value, GError **error)
{
        Item item;
        gsize len = reader_decode (reader, SEKI_CBOR_UINT, &item, error);
        if (len == 0)
                return FALSE;
        reader->pos += len;
        *out_value = item.value;
        return TRUE;
}

gboolean
seki_cbor_read_int (SekiCborReader *reader, gint64 *out_value, GError **error)
{
        Item item;
        gboolean negative = seki_cbor_peek (reader) == SEKI_CBOR_NEGATIVE;
        gsize len = reader_decode (reader, negative ? SEKI_CBOR_NEGATIVE : SEKI_CBOR_UINT, &item,
                                   error);
        if (len == 0)
                return FALSE;
        if (item.value > G_MAXINT64)
                return reader_fail (reader, FAULT_RANGE, FALSE, error);
        reader->pos += len;
        *out_value = negative ? -1 - (gint64) item.value : (gint64) item.value;
        return TRUE;
}

gboolean
seki_cbor_read_bytes (SekiCborReader *reader, SekiSpan *out_bytes, GError **error)
{
        Item item;
        gsize len = reader_decode (reader, SEKI_CBOR_BYTES, &item, error);
        if (len == 0)
                return FALSE;
        reader->pos += len;
        *out_bytes = item.string;
        return TRUE;
}

gboolean
seki_cbor_read_text (SekiCborReader *reader, SekiSpan *out_text, GError **error)
{
        Item item;
        gsize len = reader_decode (reader, SEKI_CBOR_TEXT, &item, error);
        if (len == 0)
                return FALSE;
        if (seki_utf8_scan (item.string) == SEKI_UTF8_BROKEN)
                return reader_fail (reader, FAULT_UTF8, FALSE, error);
        reader->pos += len;
        *out_text = item.string;
        return TRUE;
}

gboolean
seki_cbor_read_bool (SekiCborReader *reader, gboolean *out_value, GError **error)
{
        Item item;
        gsize len = reader_decode (reader, SEKI_CBOR_BOOL, &item, error);
        if (len == 0)
                return FALSE;
        reader->pos += len;
        *out_value = item.value != 0;
        return TRUE;
}

gboolean
seki_cbor_read_null (SekiCborReader *reader, GError **error)
{
        Item item;
        gsize len = reader_decode (reader, SEKI_CBOR_NULL, &item, error);
        reader->pos += len;
        return len != 0;
}

static gboolean
reader_read_count (SekiCborReader *reader, SekiCborType type, gsize limit, gsize *out_n,
                   GError **error)
{
        Item item;
        gsize len = reader_decode (reader, type, &item, error);
        if (len == 0)
                return FALSE;
        if (item.value > limit)
                return reader_fail (reader, FAULT_COUNT, TRUE, error);
        reader->pos += len;
        *out_n = (gsize) item.value;
        return TRUE;
}

gboolean
seki_cbor_read_array (SekiCborReader *reader, gsize limit, gsize *out_n, GError **error)
{
        return reader_read_count (reader, SEKI_CBOR_ARRAY, limit, out_n, error);
}

gboolean
seki_cbor_read_map (SekiCborReader *reader, gsize limit, gsize *out_n, GError **error)
{
        return reader_read_count (reader, SEKI_CBOR_MAP, limit, out_n, error);
}

gboolean
seki_cbor_read_key (SekiCborReader *reader, SekiSpan *inout_previous, GError **error)
{
        Item item;
        SekiSpan previous = *inout_previous;
        gsize len = reader_decode (reader, SEKI_CBOR_TEXT, &item, error);
        if (len == 0)
                return FALSE;
        if (seki_utf8_scan (item.string) == SEKI_UTF8_BROKEN)
                return reader_fail (reader, FAULT_UTF8, FALSE, error);
        /* In the shortest form a longer text has a greater head, so length decides first. */
        if (previous.data != NULL &&
            (previous.len > item.string.len ||
             (previous.len == item.string.len &&
              memcmp (previous.data, item.string.data, previous.len) >= 0)))
                return reader_fail (reader, FAULT_ORDER, FALSE, error);
        reader->pos += len;
        *inout_previous = item.string;
        return TRUE;
}

static gboolean
reader_skip_leaf (SekiCborReader *reader, SekiCborType type, GError **error)
{
        SekiSpan text;
        Item item;
        if (type == SEKI_CBOR_TEXT)
                return seki_cbor_read_text (reader, &text, error);
        if (type == SEKI_CBOR_END || type == SEKI_CBOR_BAD)
                type = SEKI_CBOR_NULL;  /* neither is one: the decoder tells why */
        gsize len = reader_decode (reader, type, &item, error);
        reader->pos += len;
        return len != 0;
}

/* No encoding is a prefix of another, so the shorter span decides nothing. */
static gboolean
encoding_follows (SekiSpan previous, SekiSpan key)
{
        return previous.data == NULL ||
                memcmp (previous.data, key.data, MIN (previous.len, key.len)) < 0;
}

static gboolean
reader_skip_pair (SekiCborReader *reader, guint depth, SekiSpan *inout_previous, GError **error)
{
        gsize start = reader->pos;
        if (!seki_cbor_skip (reader, depth, error))
                return FALSE;
        SekiSpan key = seki_span (reader->data + start, reader->pos - start);
        if (!encoding_follows (*inout_previous, key)) {
                reader->pos = start;
                return reader_fail (reader, FAULT_ORDER, FALSE, error);
        }
        *inout_previous = key;
        return seki_cbor_skip (reader, depth, error);
}

gboolean
seki_cbor_skip (SekiCborReader *reader, guint depth, GError **error)
{
        SekiCborType type = seki_cbor_peek (reader);
        SekiSpan previous = SEKI_SPAN_NONE;
        gsize n;
        if (type != SEKI_CBOR_ARRAY && type != SEKI_CBOR_MAP)
                return reader_skip_leaf (reader, type, error);
        if (depth == 0)
                return reader_fail (reader, FAULT_DEPTH, TRUE, error);
        if (!reader_read_count (reader, type, G_MAXSIZE, &n, error))
                return FALSE;
        gboolean sound = TRUE;
        for (gsize i = 0; i < n && sound; i++)
                sound = type == SEKI_CBOR_ARRAY ? seki_cbor_skip (reader, depth - 1, error)
                        : reader_skip_pair (reader, depth - 1, &previous, error);
        return sound;
}

gboolean
seki_cbor_read_end (const SekiCborReader *reader, GError **error)
{
        if (reader->fault != NULL)
                return reader_refuse (reader->fault, reader->limit, reader->pos, error);
        if (reader->pos < reader->len)
                return reader_refuse (FAULT_TRAILING, FALSE, reader->pos, error);
        return TRUE;
}

gboolean
seki_cbor_check (SekiSpan in, guint depth, GError **error)
{
        SekiCborReader reader;
        seki_cbor_reader_init (&reader, in);
        return seki_cbor_skip (&reader, depth, error) && seki_cbor_read_end (&reader, error);
}
