/* SPDX-License-Identifier: Apache-2.0 */
#include "channel/bio.h"

#include <errno.h>
#include <netinet/in.h>
#include <nspr.h>
#include <sys/socket.h>
#include <unistd.h>

#define BUFFER_BYTES (17 * 1024) /* a TLS 1.3 record is at most 16,645 bytes (RFC 8446, 5.2) */
#define DRAIN_BYTES (256 * 1024)

typedef struct {
        int fd;
        guint8 *buffer;                 /* NULL while empty */
        gsize begin, end;
        SekiBioStats stats;
} Bio;

static Bio *
bio_of (PRFileDesc *desc)
{
        return (Bio *) desc->secret;
}

static PRInt32
bio_fail (int code)
{
        if (code == EAGAIN || code == EWOULDBLOCK)
                PR_SetError (PR_WOULD_BLOCK_ERROR, code);
        else if (code == ECONNRESET || code == EPIPE)
                PR_SetError (PR_CONNECT_RESET_ERROR, code);
        else
                PR_SetError (PR_IO_ERROR, code);
        return -1;
}

static gssize
bio_fill (Bio *bio)
{
        gssize n;
        if (bio->buffer == NULL)
                bio->buffer = g_try_malloc (BUFFER_BYTES);
        if (bio->buffer == NULL) {
                errno = ENOMEM;
                return -1;
        }
        do
                n = recv (bio->fd, bio->buffer, BUFFER_BYTES, 0);
        while (n < 0 && errno == EINTR);
        bio->begin = 0;
        bio->end = n > 0 ? (gsize) n : 0;
        bio->stats.bytes_in += bio->end;
        return n;
}

static void
bio_release (Bio *bio)
{
        if (bio->begin == bio->end)
                g_clear_pointer (&bio->buffer, g_free);
}

static PRInt32
bio_recv (PRFileDesc *desc, void *out, PRInt32 amount, PRIntn flags,
          PRIntervalTime timeout G_GNUC_UNUSED)
{
        Bio *bio = bio_of (desc);
        if (bio->begin == bio->end) {
                gssize n = bio_fill (bio);
                int code = errno;
                if (n <= 0) {
                        bio_release (bio);
                        return n == 0 ? 0 : bio_fail (code);
                }
        }
        gsize n = MIN ((gsize) amount, bio->end - bio->begin);
        memcpy (out, bio->buffer + bio->begin, n);
        if ((flags & PR_MSG_PEEK) == 0)
                bio->begin += n;
        return (PRInt32) n;
}

static PRInt32
bio_send (PRFileDesc *desc, const void *data, PRInt32 amount, PRIntn flags G_GNUC_UNUSED,
          PRIntervalTime timeout G_GNUC_UNUSED)
{
        Bio *bio = bio_of (desc);
        gssize n;
        do
                n = send (bio->fd, data, (gsize) amount, MSG_NOSIGNAL);
        while (n < 0 && errno == EINTR);
        if (n < 0) {
                bio->stats.blocked += errno == EAGAIN || errno == EWOULDBLOCK;
                return bio_fail (errno);
        }
        bio->stats.bytes_out += (guint64) n;
        return (PRInt32) n;
}

static PRInt32
bio_read (PRFileDesc *desc, void *out, PRInt32 amount)
{
        return bio_recv (desc, out, amount, 0, PR_INTERVAL_NO_TIMEOUT);
}

static PRInt32
bio_write (PRFileDesc *desc, const void *data, PRInt32 amount)
{
        return bio_send (desc, data, amount, 0, PR_INTERVAL_NO_TIMEOUT);
}

static PRInt32
bio_available (PRFileDesc *desc)
{
        return (PRInt32) (bio_of (desc)->end - bio_of (desc)->begin);
}

static PRInt64
bio_available64 (PRFileDesc *desc)
{
        return bio_available (desc);
}

static PRStatus
bio_address (int result, const struct sockaddr_storage *from, PRNetAddr *out_address)
{
        memset (out_address, 0, sizeof *out_address);
        if (result != 0) {
                PR_SetError (PR_NOT_CONNECTED_ERROR, errno);
                return PR_FAILURE;
        }
        if (from->ss_family == AF_INET) {
                const struct sockaddr_in *in = (const struct sockaddr_in *) from;
                out_address->inet.family = PR_AF_INET;
                out_address->inet.port = in->sin_port;
                out_address->inet.ip = in->sin_addr.s_addr;
        } else if (from->ss_family == AF_INET6) {
                const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *) from;
                out_address->ipv6.family = PR_AF_INET6;
                out_address->ipv6.port = in6->sin6_port;
                memcpy (&out_address->ipv6.ip, &in6->sin6_addr, sizeof in6->sin6_addr);
        }
        return PR_SUCCESS;
}

/* NSS takes a socket with a peer's name for a connected one. */
static PRStatus
bio_getpeername (PRFileDesc *desc, PRNetAddr *out_address)
{
        struct sockaddr_storage from;
        socklen_t len = sizeof from;
        return bio_address (getpeername (bio_of (desc)->fd, (struct sockaddr *) &from, &len), &from,
                            out_address);
}

static PRStatus
bio_getsockname (PRFileDesc *desc, PRNetAddr *out_address)
{
        struct sockaddr_storage from;
        socklen_t len = sizeof from;
        return bio_address (getsockname (bio_of (desc)->fd, (struct sockaddr *) &from, &len), &from,
                            out_address);
}

static PRStatus
bio_getsocketoption (PRFileDesc *desc G_GNUC_UNUSED, PRSocketOptionData *option)
{
        if (option->option != PR_SockOpt_Nonblocking) {
                PR_SetError (PR_INVALID_ARGUMENT_ERROR, 0);
                return PR_FAILURE;
        }
        option->value.non_blocking = PR_TRUE;
        return PR_SUCCESS;
}

/* Options are set where the socket is made. */
static PRStatus
bio_setsocketoption (PRFileDesc *desc G_GNUC_UNUSED, const PRSocketOptionData *option G_GNUC_UNUSED)
{
        return PR_SUCCESS;
}

static PRInt16
bio_poll (PRFileDesc *desc, PRInt16 in_flags, PRInt16 *out_flags)
{
        const Bio *bio = bio_of (desc);
        *out_flags = bio->begin < bio->end ? PR_POLL_READ : 0;
        return in_flags;
}

static PRStatus
bio_shutdown (PRFileDesc *desc, PRIntn how)
{
        static const int hows[] = { SHUT_RD, SHUT_WR, SHUT_RDWR };
        if (how < 0 || how > 2 || shutdown (bio_of (desc)->fd, hows[how]) != 0) {
                PR_SetError (PR_NOT_CONNECTED_ERROR, errno);
                return PR_FAILURE;
        }
        return PR_SUCCESS;
}

/* Bytes left unread at close turn it into a reset, and a reset can overtake
 * the alert that tells the peer why. */
static void
bio_drain (int fd)
{
        guint8 scrap[4096];
        gsize seen = 0;
        gssize n;
        shutdown (fd, SHUT_WR);
        while (seen < DRAIN_BYTES && (n = recv (fd, scrap, sizeof scrap, MSG_DONTWAIT)) > 0)
                seen += (gsize) n;
}

static PRStatus
bio_close (PRFileDesc *desc)
{
        Bio *bio = bio_of (desc);
        if (bio->fd >= 0) {
                bio_drain (bio->fd);
                close (bio->fd);
        }
        g_free (bio->buffer);
        g_free (bio);
        desc->secret = NULL;
        desc->dtor (desc);
        return PR_SUCCESS;
}

typedef struct {
        PRDescIdentity identity;
        PRIOMethods methods;
} BioLayer;

/* NSPR wants one table and one identity for all descriptors of the process;
 * written once, read ever after. */
static const BioLayer *
bio_layer (void)
{
        static BioLayer layer;
        static gsize ready;
        if (g_once_init_enter (&ready)) {
                layer.identity = PR_GetUniqueIdentity ("sekisho");
                layer.methods = *PR_GetDefaultIOMethods ();
                layer.methods.close = bio_close;
                layer.methods.read = bio_read;
                layer.methods.write = bio_write;
                layer.methods.available = bio_available;
                layer.methods.available64 = bio_available64;
                layer.methods.shutdown = bio_shutdown;
                layer.methods.recv = bio_recv;
                layer.methods.send = bio_send;
                layer.methods.poll = bio_poll;
                layer.methods.getsockname = bio_getsockname;
                layer.methods.getpeername = bio_getpeername;
                layer.methods.getsocketoption = bio_getsocketoption;
                layer.methods.setsocketoption = bio_setsocketoption;
                g_once_init_leave (&ready, 1);
        }
        return &layer;
}

PRFileDesc *
seki_bio_new (int fd)
{
        const BioLayer *layer = bio_layer ();
        PRFileDesc *desc = PR_CreateIOLayerStub (layer->identity, &layer->methods);
        if (desc == NULL) {
                if (fd >= 0)
                        close (fd);
                return NULL;
        }
        Bio *bio = g_new0 (Bio, 1);
        bio->fd = fd;
        desc->secret = (PRFilePrivate *) bio;
        return desc;
}

void
seki_bio_get_stats (PRFileDesc *top, SekiBioStats *out_stats)
{
        PRFileDesc *desc = PR_GetIdentitiesLayer (top, bio_layer ()->identity);
        *out_stats = desc != NULL ? bio_of (desc)->stats : (SekiBioStats){ 0 };
}
