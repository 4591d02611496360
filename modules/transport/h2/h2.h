/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of transport-h2 share.
 *
 * A session belongs to the thread that owns its channel; only the counters of
 * the module are touched by several. */
#pragma once

#include <nghttp2/nghttp2.h>
#include <sekisho/module.h>

/* The largest plaintext of one TLS record: frames are gathered up to this. */
#define H2_OUTPUT_SIZE 16384
#define H2_FRAME_HEAD 9
#define H2_ACTION_MAX 64
/* What a client is told when an answer will not come: no status of RFC 9110. */
#define H2_STATUS_LOST 599

/* Bytes of a message; may bear numbers, so every copy is wiped before it is freed. */
typedef struct {
        guint8 *data;
        gsize len, size;
} H2Body;

/* Frames that cost the receiver more than the sender, counted per second. */
typedef enum {
        H2_CLASS_PING,
        H2_CLASS_SETTINGS,
        H2_CLASS_RESET,         /* RST_STREAM, and what makes us send one */
        H2_CLASS_EMPTY,         /* DATA without data that ends nothing */
        H2_CLASS_WINDOW,
        H2_CLASS_PRIORITY,
        H2_CLASS_OTHER,         /* CONTINUATION, GOAWAY, PUSH_PROMISE, types not known */
        H2_CLASSES,
        H2_CLASS_NONE = H2_CLASSES,
} H2Class;

typedef struct {
        const guint32 *limits;          /* per class */
        gint64 now;                     /* microseconds */
        gint64 second;                  /* the one that count is for */
        guint32 count[H2_CLASSES], before[H2_CLASSES];
        guint32 left;                   /* payload bytes to pass over */
        guint8 preface;                 /* bytes of the client's preface still to come */
        guint8 have;                    /* bytes of head */
        guint8 head[H2_FRAME_HEAD];
        gboolean pad_due;               /* the next byte says how much of the frame is padding */
        gboolean over;                  /* a limit was passed; stays set */
} H2Meter;

typedef struct {
        const SekiHost *host;
        nghttp2_session_callbacks *callbacks;
        nghttp2_option *option;
        gsize header_list, inbound, outbound;
        guint32 stream_window, connection_window;
        guint32 limits[H2_CLASSES];
        gint64 request_time;            /* microseconds */
        guint64 channels, streams, bytes_in, bytes_out, refused;        /* atomic */
} H2Module;

typedef enum {
        H2_READING,             /* server: the request is not complete */
        H2_REFUSED,             /* server: answered here, the core never sees it */
        H2_DELIVERED,           /* server: the core has it and owes an answer */
        H2_ANSWERING,           /* server: the answer is on its way */
        H2_ASKING,              /* client: no answer yet */
        H2_DONE,                /* client: the core has the answer */
} H2State;

/* What the header fields of a message said. */
typedef enum {
        H2_SEEN_POST = 1 << 0,
        H2_SEEN_SCHEME = 1 << 1,
        H2_SEEN_ACTION = 1 << 2,
        H2_SEEN_TYPE = 1 << 3,          /* a content-type, whichever */
        H2_SEEN_CONTENT = 1 << 4,       /* one of ours */
        H2_SEEN_CODING = 1 << 5,        /* compressed or the like */
        H2_SEEN_LONG = 1 << 6,          /* announces more than max_body */
        H2_SEEN_HOST = 1 << 7,
        H2_SEEN_WEIRD = 1 << 8,
        H2_SEEN_HUGE = 1 << 9,          /* more than header_list */
} H2Seen;

typedef struct {
        GList link;
        gint32 id;
        H2State state;
        gboolean orphan;                /* the peer gave up, the core still owes an answer */
        gint64 since;
        gsize header_bytes;
        guint seen;                     /* H2Seen */
        guint32 status;                 /* client */
        SekiContent content;
        guint64 token;
        H2Body in, out;
        gsize sent;
        char action[H2_ACTION_MAX + 1];
} H2Stream;

typedef struct {
        H2Module *module;
        SekiChannel *channel;
        nghttp2_session *h2;
        char *peer;
        gboolean client;
        gsize max_body;
        guint max_streams;
        GQueue streams;                 /* of H2Stream, oldest first */
        gsize in_bytes, out_bytes;      /* of bodies held */
        H2Meter meter;
        /* Frames gathered for the channel: [start, end) of output. */
        guint8 *output;
        gsize start, end;
        const guint8 *chunk;            /* of nghttp2, not yet gathered */
        gsize chunk_len;
        gint64 since, checked;
        guint hold;                     /* calls of ours on the stack */
        gboolean busy;                  /* inside nghttp2: it must not be entered again */
        gboolean blocked, closed, detached, draining, broken, settled;
} H2Session;

/* body.c */
gboolean h2_body_append (H2Body *body, const guint8 *data, gsize len, gsize max);
void h2_body_clear (H2Body *body);

/* meter.c */
void h2_meter_init (H2Meter *meter, const guint32 *limits, gboolean server);
gboolean h2_meter_feed (H2Meter *meter, SekiSpan in, gint64 now);
void h2_meter_hit (H2Meter *meter, H2Class class);

/* header.c */
gboolean h2_action_is_valid (SekiSpan action);
int h2_header (H2Session *session, H2Stream *stream, SekiSpan name, SekiSpan value);
guint h2_header_verdict (const H2Session *session, const H2Stream *stream);

/* stream.c */
H2Stream *h2_stream_new (H2Session *session, gint32 id, H2State state);
H2Stream *h2_stream_find (H2Session *session, gint32 id);
void h2_stream_free (H2Session *session, H2Stream *stream);
int h2_stream_refuse (H2Session *session, H2Stream *stream, guint status);
int h2_stream_refused (H2Session *session, H2Stream *stream);
int h2_stream_append (H2Session *session, H2Stream *stream, SekiSpan data);
int h2_stream_end (H2Session *session, H2Stream *stream);
void h2_stream_close (H2Session *session, H2Stream *stream);
gboolean h2_stream_answer (H2Session *session, const SekiFrame *frame, GError **error);
gboolean h2_stream_ask (H2Session *session, const SekiFrame *frame, GError **error);

/* output.c */
ssize_t h2_output_read (nghttp2_session *h2, gint32 id, guint8 *buffer, gsize length,
                        guint32 *flags, nghttp2_data_source *source, gpointer user);
int h2_output_data (nghttp2_session *h2, nghttp2_frame *frame, const guint8 *head, gsize length,
                    nghttp2_data_source *source, gpointer user);
void h2_output_pump (H2Session *session);
void h2_output_clear (H2Session *session);

/* session.c */
void h2_session_callbacks (nghttp2_session_callbacks *callbacks);
void h2_fail (GError **error, SekiErrorCode code, const char *sentence);
void h2_count (guint64 *counter, gint64 by);
gpointer h2_attach (gpointer self, SekiChannel *channel, const SekiChannelInfo *info,
                    GError **error);
gboolean h2_bytes (gpointer data, SekiSpan in, GError **error);
gboolean h2_send (gpointer data, const SekiFrame *frame, GError **error);
void h2_writable (gpointer data);
void h2_drain (gpointer data);
void h2_detach (gpointer data);
