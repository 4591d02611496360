/* SPDX-License-Identifier: Apache-2.0 */
#include "channel/listener.h"

#include "base/text.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define BACKLOG 512
#define ACCEPTS_PER_TURN 64

struct SekiListener {
        SekiEndpoint *endpoint;
        SekiWatch *watch;
        int fd;
        gboolean stuck;                 /* no descriptor was free */
};

static void
socket_prepare (int fd)
{
        int yes = 1;
        setsockopt (fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        setsockopt (fd, SOL_SOCKET, SO_KEEPALIVE, &yes, sizeof yes);
}

static gboolean
listener_is_full (SekiEndpoint *endpoint, const char *address)
{
        guint here = GPOINTER_TO_UINT (g_hash_table_lookup (endpoint->unfinished, address));
        return endpoint->n_channels >= endpoint->limits.max_channels ||
               endpoint->n_unfinished >= endpoint->limits.max_handshakes ||
               here >= MAX (endpoint->limits.max_handshakes / 8, 1);
}

/* What needs no handshake to be refused. */
static const char *
listener_refuses (SekiEndpoint *endpoint, const SekiAddress *from, const char *address)
{
        if (!seki_peers_know (endpoint->peers, from))
                return SEKI_REFUSAL_WRONG_ADDRESS;
        return listener_is_full (endpoint, address) ? SEKI_REFUSAL_TOO_MANY : NULL;
}

static void
listener_take (SekiListener *listener, int fd, const struct sockaddr *name)
{
        SekiEndpoint *endpoint = listener->endpoint;
        SekiAddress from;
        char address[SEKI_ADDRESS_TEXT] = "";
        const char *reason = SEKI_REFUSAL_WRONG_ADDRESS;
        if (seki_address_read (name, &from)) {
                seki_address_write (&from, address);
                reason = listener_refuses (endpoint, &from, address);
        }
        if (reason != NULL) {
                close (fd);
                seki_endpoint_turn_away (endpoint, address, reason);
                return;
        }
        socket_prepare (fd);
        SekiChannel *channel = seki_channel_new (endpoint, fd, &from, NULL, NULL);
        if (channel != NULL)
                seki_endpoint_count_handshake (endpoint, channel, TRUE);
        else
                seki_endpoint_turn_away (endpoint, address, SEKI_REFUSAL_TOO_MANY);
}

/* FALSE when nobody is waiting, or nobody can be let in. */
static gboolean
listener_accept (SekiListener *listener)
{
        struct sockaddr_storage from;
        socklen_t len = sizeof from;
        int fd = accept4 (listener->fd, (struct sockaddr *) &from, &len,
                          SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0)
                listener_take (listener, fd, (struct sockaddr *) &from);
        else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
                listener->stuck = TRUE;
        return fd >= 0 || errno == ECONNABORTED || errno == EINTR || errno == EPROTO;
}

static void
listener_event (guint32 events G_GNUC_UNUSED, gpointer user)
{
        SekiListener *listener = user;
        guint n = 0;
        listener->stuck = FALSE;
        while (n < ACCEPTS_PER_TURN && listener_accept (listener))
                n++;
        if (n == ACCEPTS_PER_TURN)
                seki_watch_again (listener->watch, EPOLLIN);
}

void
seki_listener_retry (SekiListener *listener)
{
        if (listener->stuck)
                seki_watch_again (listener->watch, EPOLLIN);
}

static gboolean
listener_bind (int fd, const SekiAddress *address, guint16 *inout_port)
{
        struct sockaddr_storage name;
        socklen_t len = seki_address_to_socket (address, *inout_port, &name);
        int yes = 1;
        if (setsockopt (fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) != 0 ||
            setsockopt (fd, SOL_SOCKET, SO_REUSEPORT, &yes, sizeof yes) != 0 ||
            (address->family == AF_INET6 &&
             setsockopt (fd, IPPROTO_IPV6, IPV6_V6ONLY, &yes, sizeof yes) != 0) ||
            bind (fd, (struct sockaddr *) &name, len) != 0 || listen (fd, BACKLOG) != 0 ||
            getsockname (fd, (struct sockaddr *) &name, &len) != 0)
                return FALSE;
        *inout_port =
                g_ntohs (address->family == AF_INET ? ((struct sockaddr_in *) &name)->sin_port
                                                    : ((struct sockaddr_in6 *) &name)->sin6_port);
        return TRUE;
}

SekiListener *
seki_listener_new (SekiEndpoint *endpoint, const SekiAddress *address, guint16 port,
                   guint16 *out_port, GError **error)
{
        int fd = socket (address->family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        *out_port = port;
        if (fd < 0 || !listener_bind (fd, address, out_port)) {
                char text[SEKI_ADDRESS_TEXT];
                seki_address_write (address, text);
                g_set_error (error, SEKI_ERROR, SEKI_ERROR_CONFIG,
                             _("The node cannot listen at %s port %u (%s); choose an address of "
                                "this machine and "
                                "a free port."),
                             text, port, g_strerror (errno));
                if (fd >= 0)
                        close (fd);
                return NULL;
        }
        SekiListener *listener = g_new0 (SekiListener, 1);
        listener->endpoint = endpoint;
        listener->fd = fd;
        listener->watch = seki_loop_watch (endpoint->loop, fd, listener_event, listener, error);
        if (listener->watch == NULL)
                g_clear_pointer (&listener, seki_listener_free);
        return listener;
}

void
seki_listener_free (SekiListener *listener)
{
        if (listener == NULL)
                return;
        seki_watch_free (listener->watch);
        close (listener->fd);
        g_free (listener);
}

int
seki_socket_connect (const SekiAddress *address, guint16 port)
{
        struct sockaddr_storage name;
        socklen_t len = seki_address_to_socket (address, port, &name);
        int fd = socket (address->family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (fd < 0)
                return -1;
        socket_prepare (fd);
        if (connect (fd, (struct sockaddr *) &name, len) == 0 || errno == EINPROGRESS)
                return fd;
        int code = errno;
        close (fd);
        errno = code;
        return -1;
}
