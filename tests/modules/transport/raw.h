/* SPDX-License-Identifier: Apache-2.0 */
/* Frames made by hand, for peers that do not keep the rules. */
#pragma once

#include "pair.h"

typedef struct {
        guint8 type, flags;
        guint32 stream;
        guint status;           /* HEADERS: of the answer */
        guint32 code;           /* RST_STREAM, GOAWAY */
        gsize len;
} RawFrame;

#define RAW_END_STREAM 0x1
#define RAW_ACK 0x1
#define RAW_END_HEADERS 0x4
#define RAW_PADDED 0x8

enum { RAW_DATA, RAW_HEADERS, RAW_PRIORITY, RAW_RST, RAW_SETTINGS, RAW_PUSH, RAW_PING, RAW_GOAWAY,
       RAW_WINDOW, RAW_CONTINUATION, RAW_PRIORITY_UPDATE = 16 };

/* The client's preface and an empty SETTINGS. */
GByteArray *raw_new (void);
void raw_frame (GByteArray *raw, guint8 type, guint8 flags, guint32 stream, gconstpointer payload,
                gsize len);
void raw_u32 (GByteArray *raw, guint8 type, guint32 stream, guint32 value);
/* One field, never indexed, never compressed. */
void raw_field (GByteArray *block, const char *name, const char *value);
/* The fields of a good request; any of them NULL is left out. */
GByteArray *raw_block (const char *method, const char *path, const char *type);
void raw_headers (GByteArray *raw, guint8 flags, guint32 stream, const GByteArray *block);
/* A complete good request with this body. */
void raw_request (GByteArray *raw, guint32 stream, const char *body);
/* What the other side said; takes it off the wire. */
GArray *raw_frames (SekiChannel *channel);
/* How many frames of a type, and the first of them; out_frame may be NULL. */
guint raw_count (const GArray *frames, guint8 type, RawFrame *out_frame);
/* Sends all and frees. */
gboolean raw_send (SekiChannel *channel, GByteArray *raw, GError **error);
