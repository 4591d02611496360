/* SPDX-License-Identifier: Apache-2.0 */
/* Transport: a protocol over a decrypted byte channel.
 *
 * The core ends TLS, knows the peer and owns the channel (D4).  A transport
 * module turns bytes into frames and frames into bytes; it can neither read a
 * key nor name a peer.  All functions of one channel are called on the one
 * thread that owns it. */
#pragma once

#include <sekisho/base.h>

G_BEGIN_DECLS

/* Opaque to modules. */
typedef struct SekiChannel SekiChannel;
typedef struct SekiHost SekiHost;

typedef enum {
        SEKI_CONTENT_CBOR,      /* deterministic CBOR, application/cbor */
        SEKI_CONTENT_JSON,      /* application/json */
} SekiContent;

/* A request or an answer.  status follows RFC 9110 for answers, 0 for requests. */
typedef struct {
        guint64 stream;         /* of the protocol; 0 in send: open a new one as client */
        SekiContent content;
        guint32 status;
        SekiSpan action;        /* requests: the action named by the path, "transfer.register" */
        SekiSpan body;
        guint64 token;          /* client side: chosen by the core, handed back with the answer */
} SekiFrame;

typedef struct {
        gboolean client;        /* this node opened the channel */
        const char *peer;       /* for log lines only */
        gsize max_body;         /* bytes; a longer body is answered 413 and its stream reset */
        guint max_streams;      /* at once */
} SekiChannelInfo;

typedef struct {
        guint64 channels, streams, bytes_in, bytes_out, refused;
} SekiTransportStats;

typedef struct {
        guint32 size;
        guint32 reserved;
        const char *alpn;       /* protocol name for the handshake, "h2" */
        /* A channel is open; returns the session for it, or NULL to refuse it. */
        gpointer (*attach) (gpointer self, SekiChannel *channel, const SekiChannelInfo *info,
                            GError **error);
        /* Decrypted bytes, as they come.  Complete requests and answers leave by
         * host->deliver.  FALSE: the peer broke the protocol; the core closes. */
        gboolean (*bytes) (gpointer session, SekiSpan in, GError **error);
        /* Answers a stream, or opens one (stream 0).  The body is taken over by copy. */
        gboolean (*send) (gpointer session, const SekiFrame *frame, GError **error);
        /* What was written has left; more may be written. */
        void (*writable) (gpointer session);
        /* Ask the peer to open no more streams. */
        void (*drain) (gpointer session);
        /* The channel is gone; frees the session.  Streams without an answer are lost. */
        void (*detach) (gpointer session);
        void (*stats) (gpointer self, SekiTransportStats *out_stats);
} SekiTransportOps;

G_END_DECLS
