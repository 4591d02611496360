/* SPDX-License-Identifier: Apache-2.0 */
/* Deterministic CBOR (RFC 8949 section 4.2.1), and nothing else: shortest
 * integers and lengths, definite lengths, map keys in bytewise order of their
 * encoding, no duplicates, no tags, no floats.  Reading refuses all else. */
#pragma once

#include "base/buffer.h"

G_BEGIN_DECLS

/* Writes into a growing buffer.  Keys of a map must be written in order; that
 * is the caller's contract, and seki_cbor_check sees a breach. */
typedef SekiBuffer SekiCborWriter;

void seki_cbor_writer_init (SekiCborWriter *writer, SekiArena *arena);
void seki_cbor_writer_clear (SekiCborWriter *writer);   /* wipes, frees if there is no arena */
void seki_cbor_write_uint (SekiCborWriter *writer, guint64 value);
void seki_cbor_write_int (SekiCborWriter *writer, gint64 value);
void seki_cbor_write_bytes (SekiCborWriter *writer, SekiSpan bytes);
void seki_cbor_write_text (SekiCborWriter *writer, SekiSpan text);
void seki_cbor_write_literal (SekiCborWriter *writer, const char *text);
void seki_cbor_write_array (SekiCborWriter *writer, guint64 n_items);
void seki_cbor_write_map (SekiCborWriter *writer, guint64 n_pairs);
void seki_cbor_write_bool (SekiCborWriter *writer, gboolean value);
void seki_cbor_write_null (SekiCborWriter *writer);
void seki_cbor_write_raw (SekiCborWriter *writer, SekiSpan encoded);    /* canonical items */
SekiSpan seki_cbor_writer_get_span (const SekiCborWriter *writer);      /* lent */

/* Reads from bytes that stay with the caller; spans read are slices of them.
 * After the first failure every further read fails with the same error. */
typedef struct {
        const guint8 *data;
        gsize len, pos;
        const char *fault;      /* NULL, or English words for the first failure, which was at pos */
        gboolean limit;         /* that failure was a count over its limit */
} SekiCborReader;

typedef enum {
        SEKI_CBOR_UINT, SEKI_CBOR_NEGATIVE, SEKI_CBOR_BYTES, SEKI_CBOR_TEXT,
        SEKI_CBOR_ARRAY, SEKI_CBOR_MAP, SEKI_CBOR_BOOL, SEKI_CBOR_NULL,
        SEKI_CBOR_END,          /* no more bytes */
        SEKI_CBOR_BAD,          /* not deterministic CBOR */
} SekiCborType;

void seki_cbor_reader_init (SekiCborReader *reader, SekiSpan in);
SekiCborType seki_cbor_peek (const SekiCborReader *reader);
/* Each sets SEKI_ERROR_INVALID, naming the byte offset, and returns FALSE when
 * the next item is not of its type or not canonical. */
gboolean seki_cbor_read_uint (SekiCborReader *reader, guint64 *out_value, GError **error);
gboolean seki_cbor_read_int (SekiCborReader *reader, gint64 *out_value, GError **error);
gboolean seki_cbor_read_bytes (SekiCborReader *reader, SekiSpan *out_bytes, GError **error);
/* Valid UTF-8 without NUL. */
gboolean seki_cbor_read_text (SekiCborReader *reader, SekiSpan *out_text, GError **error);
gboolean seki_cbor_read_bool (SekiCborReader *reader, gboolean *out_value, GError **error);
gboolean seki_cbor_read_null (SekiCborReader *reader, GError **error);
/* At most limit items or pairs; a larger count is SEKI_ERROR_LIMIT. */
gboolean seki_cbor_read_array (SekiCborReader *reader, gsize limit, gsize *out_n, GError **error);
gboolean seki_cbor_read_map (SekiCborReader *reader, gsize limit, gsize *out_n, GError **error);
/* The next key of a map; previous is the key before it (data NULL for the
 * first) and must sort before it, so order and duplicates are checked. */
gboolean seki_cbor_read_key (SekiCborReader *reader, SekiSpan *inout_previous, GError **error);
/* Checks and steps over one item of any kind; arrays and maps at most depth
 * levels deep (0: none).  Deeper is SEKI_ERROR_LIMIT. */
gboolean seki_cbor_skip (SekiCborReader *reader, guint depth, GError **error);
/* Nothing may follow. */
gboolean seki_cbor_read_end (const SekiCborReader *reader, GError **error);
/* Fails the reader at its present place with words of the caller (N_("...")),
 * for content that is sound CBOR but not what it should be.  Returns FALSE. */
gboolean seki_cbor_fail (SekiCborReader *reader, const char *fault, GError **error);

/* Whether the bytes are exactly one canonical item. */
gboolean seki_cbor_check (SekiSpan in, guint depth, GError **error);

G_END_DECLS
