/* SPDX-License-Identifier: Apache-2.0 */
#include "link.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define WINDOW (16 * 1024 * 1024)

double
link_now (void)
{
        struct timespec time;

        clock_gettime (CLOCK_MONOTONIC, &time);
        return (double) time.tv_sec + (double) time.tv_nsec * 1e-9;
}

static void __attribute__ ((noreturn)) fail (const char *what, const char *why)
{
        fprintf (stderr, "%s: %s\n", what, why);
        ERR_print_errors_fp (stderr);
        exit (2);
}

SSL_CTX *
link_context (const LinkConfig *config)
{
        SSL_CTX *context = SSL_CTX_new (TLS_client_method ());

        SSL_CTX_set_min_proto_version (context, TLS1_3_VERSION);
        SSL_CTX_set_verify (context, SSL_VERIFY_PEER, NULL);
        SSL_CTX_set_mode (context,
                          SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
        SSL_CTX_set1_groups_list (context, "X25519");
        if (SSL_CTX_load_verify_locations (context, config->authority, NULL) != 1)
                fail (config->authority, "no authority can be read");
        if (SSL_CTX_use_certificate_chain_file (context, config->certificate) != 1 ||
            SSL_CTX_use_PrivateKey_file (context, config->key, SSL_FILETYPE_PEM) != 1)
                fail (config->certificate, "no certificate and key can be read");
        return context;
}

static ssize_t
read_body (nghttp2_session *h2, int32_t id, uint8_t *out, size_t room, uint32_t *flags,
           nghttp2_data_source *source, void *user)
{
        Slot *slot = source->ptr;
        size_t n = slot->len - slot->sent < room ? slot->len - slot->sent : room;

        (void) h2;
        (void) id;
        (void) user;
        memcpy (out, slot->body + slot->sent, n);
        slot->sent += n;
        if (slot->sent == slot->len)
                *flags |= NGHTTP2_DATA_FLAG_EOF;
        return (ssize_t) n;
}

static int
on_header (nghttp2_session *h2, const nghttp2_frame *frame, const uint8_t *name, size_t name_len,
           const uint8_t *value, size_t value_len, uint8_t flags, void *user)
{
        Slot *slot = nghttp2_session_get_stream_user_data (h2, frame->hd.stream_id);

        (void) flags;
        (void) user;
        if (slot != NULL && name_len == 7 && memcmp (name, ":status", 7) == 0 && value_len == 3)
                slot->status = (value[0] - '0') * 100 + (value[1] - '0') * 10 + value[2] - '0';
        return 0;
}

static int
on_data (nghttp2_session *h2, uint8_t flags, int32_t id, const uint8_t *data, size_t len,
         void *user)
{
        Slot *slot = nghttp2_session_get_stream_user_data (h2, id);

        (void) flags;
        (void) user;
        if (slot == NULL)
                return 0;
        if (slot->answer.len + len > slot->answer.size) {
                slot->answer.size = (slot->answer.len + len) * 2;
                slot->answer.data = realloc (slot->answer.data, slot->answer.size);
        }
        memcpy (slot->answer.data + slot->answer.len, data, len);
        slot->answer.len += len;
        return 0;
}

static int
on_stream_close (nghttp2_session *h2, int32_t id, uint32_t code, void *user)
{
        Slot *slot = nghttp2_session_get_stream_user_data (h2, id);
        Link *link = user;

        if (slot == NULL)
                return 0;
        if (code != NGHTTP2_NO_ERROR)
                slot->status = 0;
        link->idle[link->n_idle++] = slot;
        link->config->done (slot, link->config->user);
        return 0;
}

static void
link_start_h2 (Link *link)
{
        nghttp2_session_callbacks *callbacks;
        const nghttp2_settings_entry settings[] = {
                { NGHTTP2_SETTINGS_ENABLE_PUSH, 0 },
                { NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, WINDOW },
        };

        nghttp2_session_callbacks_new (&callbacks);
        nghttp2_session_callbacks_set_on_header_callback (callbacks, on_header);
        nghttp2_session_callbacks_set_on_data_chunk_recv_callback (callbacks, on_data);
        nghttp2_session_callbacks_set_on_stream_close_callback (callbacks, on_stream_close);
        nghttp2_session_client_new (&link->h2, callbacks, link);
        nghttp2_session_callbacks_del (callbacks);
        nghttp2_submit_settings (link->h2, NGHTTP2_FLAG_NONE, settings, 2);
        nghttp2_session_set_local_window_size (link->h2, NGHTTP2_FLAG_NONE, 0, WINDOW);
}

static void
link_connect (Link *link, SSL_CTX *context)
{
        const LinkConfig *config = link->config;
        struct sockaddr_in to = { .sin_family = AF_INET,
                                  .sin_port = htons ((uint16_t) config->port) };
        int one = 1;

        inet_pton (AF_INET, config->address, &to.sin_addr);
        link->fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (connect (link->fd, (struct sockaddr *) &to, sizeof to) != 0)
                fail (config->address, "nobody answers there");
        setsockopt (link->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        link->ssl = SSL_new (context);
        SSL_set_fd (link->ssl, link->fd);
        SSL_set_tlsext_host_name (link->ssl, config->name);
        SSL_set1_host (link->ssl, config->name);
        SSL_set_alpn_protos (link->ssl, (const uint8_t *) "\x02h2", 3);
        if (SSL_connect (link->ssl) != 1)
                fail (config->name, "the handshake failed");
        fcntl (link->fd, F_SETFL, fcntl (link->fd, F_GETFL) | O_NONBLOCK);
}

Link *
link_open (const LinkConfig *config, SSL_CTX *context)
{
        Link *link = calloc (1, sizeof *link);

        link->config = config;
        link->slots = calloc (config->streams, sizeof *link->slots);
        link->idle = calloc (config->streams, sizeof *link->idle);
        for (unsigned i = 0; i < config->streams; i++) {
                link->slots[i].link = link;
                link->idle[link->n_idle++] = &link->slots[i];
        }
        link_connect (link, context);
        link_start_h2 (link);
        link_write (link);
        return link;
}

void
link_close (Link *link)
{
        nghttp2_session_del (link->h2);
        SSL_shutdown (link->ssl);
        SSL_free (link->ssl);
        close (link->fd);
        for (unsigned i = 0; i < link->config->streams; i++)
                free (link->slots[i].answer.data);
        free (link->slots);
        free (link->idle);
        free (link);
}

static nghttp2_nv
field (const char *name, const char *value)
{
        return (nghttp2_nv){ (uint8_t *) (uintptr_t) name, (uint8_t *) (uintptr_t) value,
                             strlen (name), strlen (value), NGHTTP2_NV_FLAG_NONE };
}

void
link_ask (Link *link, uint64_t op, const char *path, const uint8_t *body, size_t len)
{
        Slot *slot = link->idle[--link->n_idle];
        char length[24];
        const nghttp2_nv fields[] = {
                field (":method", "POST"),
                field (":scheme", "https"),
                field (":authority", link->config->name),
                field (":path", path),
                field ("content-type", "application/cbor"),
                field ("content-length", (snprintf (length, sizeof length, "%zu", len), length)),
        };
        nghttp2_data_provider provider = { { .ptr = slot }, read_body };
        Bytes answer = slot->answer;

        answer.len = 0;
        *slot = (Slot){ .link = link,
                        .op = op,
                        .body = body,
                        .len = len,
                        .begun = link_now (),
                        .answer = answer };
        if (nghttp2_submit_request (link->h2, NULL, fields, sizeof fields / sizeof *fields,
                                    &provider, slot) < 0)
                fail (path, "no request can be made");
}

void
link_read (Link *link)
{
        uint8_t in[16384];
        int n;

        while ((n = SSL_read (link->ssl, in, sizeof in)) > 0)
                if (nghttp2_session_mem_recv (link->h2, in, (size_t) n) < 0)
                        fail (link->config->name, "the node broke HTTP/2");
        if (SSL_get_error (link->ssl, n) != SSL_ERROR_WANT_READ)
                fail (link->config->name, "the node closed the connection");
}

static void
link_fill (Link *link)
{
        while (link->out_len < sizeof link->out) {
                size_t room = sizeof link->out - link->out_len, n;

                if (link->chunk_len == 0) {
                        ssize_t got = nghttp2_session_mem_send (link->h2, &link->chunk);

                        if (got <= 0)
                                return;
                        link->chunk_len = (size_t) got;
                }
                n = link->chunk_len < room ? link->chunk_len : room;
                memcpy (link->out + link->out_len, link->chunk, n);
                link->out_len += n;
                link->chunk += n;
                link->chunk_len -= n;
        }
}

void
link_write (Link *link)
{
        for (;;) {
                int n;

                link_fill (link);
                if (link->out_len == 0)
                        return;
                n = SSL_write (link->ssl, link->out, (int) link->out_len);
                if (n <= 0) {
                        if (SSL_get_error (link->ssl, n) != SSL_ERROR_WANT_WRITE)
                                fail (link->config->name, "the node takes nothing more");
                        return;
                }
                memmove (link->out, link->out + n, link->out_len - (size_t) n);
                link->out_len -= (size_t) n;
        }
}

bool
link_wants_write (const Link *link)
{
        return link->out_len > 0;
}
