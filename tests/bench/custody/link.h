/* SPDX-License-Identifier: Apache-2.0 */
/* One connection: HTTP/2 over mutual TLS 1.3, driven by epoll. */
#pragma once

#include "wire.h"

#include <nghttp2/nghttp2.h>
#include <openssl/ssl.h>

typedef struct Link Link;

/* A request under way. */
typedef struct {
        Link *link;
        uint64_t op; /* index in the run */
        const uint8_t *body;
        size_t len, sent;
        double begun;
        int status;
        Bytes answer;
} Slot;

typedef struct {
        const char *address; /* numeric */
        unsigned port;
        const char *name;                          /* in the node's certificate */
        const char *authority, *certificate, *key; /* PEM files */
        unsigned streams;
        /* Called when an answer is complete (status 0: the stream was lost). */
        void (*done) (Slot *slot, void *user);
        void *user;
} LinkConfig;

struct Link {
        const LinkConfig *config;
        int fd;
        SSL *ssl;
        nghttp2_session *h2;
        Slot *slots;
        Slot **idle;
        unsigned n_idle;
        uint8_t out[16384];
        size_t out_len, chunk_len;
        const uint8_t *chunk;
};

double link_now (void); /* seconds, monotonic */
SSL_CTX *link_context (const LinkConfig *config);
Link *link_open (const LinkConfig *config, SSL_CTX *context);
void link_close (Link *link);
/* Begins a request on an idle slot; there must be one. */
void link_ask (Link *link, uint64_t op, const char *path, const uint8_t *body, size_t len);
void link_read (Link *link);  /* everything that has come */
void link_write (Link *link); /* everything that may go */
bool link_wants_write (const Link *link);
