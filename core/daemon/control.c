/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/control.h"

#include "base/text.h"

#include <errno.h>
#include <glib-unix.h>
#include <pwd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define CLIENTS_MAX 64
#define IDLE_SECONDS 300

struct SekiControl {
        int fd;
        guint source;
        char *path;
        const SekiLogin *logins;
        const SekiParty *own; /* whom root and the node's account act as, but for the id */
        SekiControlVerb handle;
        gpointer user;
        GPtrArray *clients;
};

/* One connection; it speaks one request at a time. */
typedef struct {
        SekiControl *control; /* NULL once the socket is closed */
        int fd;
        guint in, out, idle;
        SekiParty party;
        char id[64];
        guint8 length[4];
        gsize have;        /* bytes of length and frame read so far */
        SekiSecret *frame; /* under way */
        SekiSecret *reply;
        gsize sent;
        SekiRequest *request; /* being answered */
        guint refs;
} Client;

struct SekiRequest {
        Client *client;
        SekiSecret *frame;
};

static void
client_unref (Client *client)
{
        if (--client->refs > 0)
                return;
        seki_secret_free (client->frame);
        seki_secret_free (client->reply);
        g_free (client);
}

static void
client_close (Client *client)
{
        if (client->fd < 0)
                return;
        g_clear_handle_id (&client->in, g_source_remove);
        g_clear_handle_id (&client->out, g_source_remove);
        g_clear_handle_id (&client->idle, g_source_remove);
        close (client->fd);
        client->fd = -1;
        if (client->control != NULL)
                g_ptr_array_remove_fast (client->control->clients, client);
        client->control = NULL;
        client_unref (client);
}

static gboolean client_read (gint fd, GIOCondition condition, gpointer user);

static gboolean
client_write (gint fd, GIOCondition condition, gpointer user)
{
        Client *client = user;
        SekiSpan reply = seki_secret_get_span (client->reply);
        gssize n = send (fd, reply.data + client->sent, reply.len - client->sent,
                         MSG_NOSIGNAL | MSG_DONTWAIT);

        (void) condition;
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
                return G_SOURCE_CONTINUE;
        if (n < 0) {
                client->out = 0;
                client_close (client);
                return G_SOURCE_REMOVE;
        }
        client->sent += (gsize) n;
        if (client->sent < reply.len)
                return G_SOURCE_CONTINUE;
        g_clear_pointer (&client->reply, seki_secret_free);
        client->out = 0;
        client->in = g_unix_fd_add (client->fd, G_IO_IN | G_IO_HUP, client_read, client);
        return G_SOURCE_REMOVE;
}

static void
request_free (SekiRequest *request)
{
        request->client->request = NULL;
        client_unref (request->client);
        seki_secret_free (request->frame);
        g_free (request);
}

void
seki_request_answer (SekiRequest *request, SekiSpan map)
{
        Client *client = request->client;

        if (client->fd >= 0) {
                client->reply = seki_secret_new (map.len + 4);
                seki_put_be32 (seki_secret_get_data (client->reply), (guint32) map.len);
                memcpy (seki_secret_get_data (client->reply) + 4, map.data, map.len);
                client->sent = 0;
                client->out = g_unix_fd_add (client->fd, G_IO_OUT, client_write, client);
        }
        request_free (request);
}

void
seki_request_refuse (SekiRequest *request, const GError *error)
{
        SekiCborWriter writer;

        seki_cbor_writer_init (&writer, NULL);
        seki_cbor_write_map (&writer, 2);
        seki_cbor_write_literal (&writer, "code");
        seki_cbor_write_int (&writer, error->domain == SEKI_ERROR ? error->code : -1);
        seki_cbor_write_literal (&writer, "error");
        seki_cbor_write_literal (&writer, error->message);
        seki_request_answer (request, seki_cbor_writer_get_span (&writer));
        seki_cbor_writer_clear (&writer);
}

SekiSpan
seki_request_get_body (const SekiRequest *request)
{
        return seki_secret_get_span (request->frame);
}

const SekiParty *
seki_request_get_caller (const SekiRequest *request)
{
        return &request->client->party;
}

gboolean
seki_request_find (const SekiRequest *request, const char *wanted, SekiCborReader *reader)
{
        SekiSpan key = SEKI_SPAN_NONE;
        gsize n;

        seki_cbor_reader_init (reader, seki_request_get_body (request));
        if (!seki_cbor_read_map (reader, 32, &n, NULL))
                return FALSE;
        for (gsize i = 0; i < n; i++) {
                if (!seki_cbor_read_key (reader, &key, NULL))
                        return FALSE;
                if (seki_span_is (key, wanted))
                        return TRUE;
                if (!seki_cbor_skip (reader, 8, NULL))
                        return FALSE;
        }
        return FALSE;
}

SekiSpan
seki_request_get (const SekiRequest *request, const char *key)
{
        SekiCborReader reader;
        SekiSpan value = SEKI_SPAN_NONE;

        if (!seki_request_find (request, key, &reader))
                return value;
        if (seki_cbor_peek (&reader) == SEKI_CBOR_BYTES)
                seki_cbor_read_bytes (&reader, &value, NULL);
        else if (seki_cbor_peek (&reader) == SEKI_CBOR_TEXT)
                seki_cbor_read_text (&reader, &value, NULL);
        return value;
}

gint64
seki_request_get_int (const SekiRequest *request, const char *key, gint64 fallback)
{
        SekiCborReader reader;
        gint64 value;

        return seki_request_find (request, key, &reader) &&
                               seki_cbor_read_int (&reader, &value, NULL)
                       ? value
                       : fallback;
}

gboolean
seki_request_get_bool (const SekiRequest *request, const char *key)
{
        SekiCborReader reader;
        gboolean value;

        return seki_request_find (request, key, &reader) &&
               seki_cbor_read_bool (&reader, &value, NULL) && value;
}

static void
client_take (Client *client)
{
        SekiRequest *request = g_new0 (SekiRequest, 1);
        g_autoptr (GError) error = NULL;
        SekiCborReader reader;

        request->client = client;
        request->frame = g_steal_pointer (&client->frame);
        client->refs++;
        client->request = request;
        client->have = 0;
        seki_cbor_reader_init (&reader, seki_secret_get_span (request->frame));
        if (seki_cbor_skip (&reader, 8, &error) && seki_cbor_read_end (&reader, &error))
                client->control->handle (request, client->control->user);
        else
                seki_request_refuse (request, error);
}

/* Reads on: first the length, then the frame.  FALSE: nothing more for now. */
static gboolean
client_fill (Client *client, gboolean *out_gone)
{
        guint8 *to = client->have < 4 ? client->length + client->have
                                      : seki_secret_get_data (client->frame) + client->have - 4;
        gsize want = client->have < 4 ? 4 - client->have
                                      : seki_secret_get_size (client->frame) - (client->have - 4);
        gssize n = want == 0 ? 0 : recv (client->fd, to, want, MSG_DONTWAIT);

        if (want > 0 && (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))) {
                *out_gone = TRUE;
                return FALSE;
        }
        if (n < 0)
                return FALSE;
        client->have += (gsize) n;
        if (client->have == 4 && client->frame == NULL) {
                guint32 len = seki_get_be32 (client->length);

                if (len == 0 || len > SEKI_CONTROL_FRAME_MAX) {
                        *out_gone = TRUE;
                        return FALSE;
                }
                client->frame = seki_secret_new (len);
        }
        return TRUE;
}

static gboolean
client_idle (gpointer user)
{
        Client *client = user;

        if (client->request != NULL)
                return G_SOURCE_CONTINUE;
        client->idle = 0;
        client_close (client);
        return G_SOURCE_REMOVE;
}

static gboolean
client_read (gint fd, GIOCondition condition, gpointer user)
{
        Client *client = user;
        gboolean gone = FALSE;

        (void) fd;
        (void) condition;
        while (client->frame == NULL || client->have - 4 < seki_secret_get_size (client->frame)) {
                if (client_fill (client, &gone))
                        continue;
                if (!gone)
                        return G_SOURCE_CONTINUE;
                client->in = 0;
                client_close (client);
                return G_SOURCE_REMOVE;
        }
        client->in = 0;
        client_take (client);
        return G_SOURCE_REMOVE;
}

/* Who is at the other end; FALSE when nobody this node listens to. */
static gboolean
client_identify (Client *client)
{
        struct ucred who;
        socklen_t len = sizeof who;
        const struct passwd *account;

        if (getsockopt (client->fd, SOL_SOCKET, SO_PEERCRED, &who, &len) != 0)
                return FALSE;
        account = getpwuid (who.uid);
        for (const SekiLogin *login = client->control->logins; login->login != NULL; login++)
                if (account != NULL && strcmp (login->login, account->pw_name) == 0) {
                        client->party = *login->party;
                        return TRUE;
                }
        if (who.uid != 0 && who.uid != geteuid ())
                return FALSE;
        g_snprintf (client->id, sizeof client->id, "person:%s",
                    account != NULL ? account->pw_name : "unknown");
        client->party = *client->control->own;
        client->party.id = client->id;
        return TRUE;
}

static gboolean
control_accept (gint fd, GIOCondition condition, gpointer user)
{
        SekiControl *control = user;
        Client *client;
        int accepted = accept4 (fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

        (void) condition;
        if (accepted < 0)
                return G_SOURCE_CONTINUE;
        client = g_new0 (Client, 1);
        client->refs = 1;
        client->control = control;
        client->fd = accepted;
        g_ptr_array_add (control->clients, client);
        if (control->clients->len > CLIENTS_MAX || !client_identify (client)) {
                client_close (client);
                return G_SOURCE_CONTINUE;
        }
        client->in = g_unix_fd_add (accepted, G_IO_IN | G_IO_HUP, client_read, client);
        client->idle = g_timeout_add_seconds (IDLE_SECONDS, client_idle, client);
        return G_SOURCE_CONTINUE;
}

static gboolean
address_fill (const char *path, struct sockaddr_un *address, GError **error)
{
        memset (address, 0, sizeof *address);
        address->sun_family = AF_UNIX;
        if (g_strlcpy (address->sun_path, path, sizeof address->sun_path) <
            sizeof address->sun_path)
                return TRUE;
        g_set_error (error, SEKI_ERROR, SEKI_ERROR_CONFIG,
                     _("The path of the control socket '%s' is too long. Set a shorter one under "
                        "[node] control."),
                     path);
        return FALSE;
}

/* Binds before anybody may connect: the mask keeps others out from the start. */
static gboolean
control_bind (SekiControl *control, GError **error)
{
        struct sockaddr_un address;
        mode_t mask;
        int bound;

        if (!address_fill (control->path, &address, error))
                return FALSE;
        control->fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        unlink (control->path);
        mask = umask (0117);
        bound = bind (control->fd, (const struct sockaddr *) &address, sizeof address);
        umask (mask);
        if (bound == 0 && listen (control->fd, 16) == 0)
                return TRUE;
        g_set_error (error, SEKI_ERROR, SEKI_ERROR_CONFIG,
                     _("The control socket '%s' can not be opened (%s). Check the folder and its "
                        "owner."),
                     control->path, g_strerror (errno));
        return FALSE;
}

SekiControl *
seki_control_new (const char *path, const SekiLogin *logins, const SekiParty *own,
                  SekiControlVerb handle, gpointer user, GError **error)
{
        g_autoptr (SekiControl) control = g_new0 (SekiControl, 1);

        control->fd = -1;
        control->path = g_strdup (path);
        control->logins = logins;
        control->own = own;
        control->handle = handle;
        control->user = user;
        control->clients = g_ptr_array_new ();
        if (!control_bind (control, error))
                return NULL;
        control->source = g_unix_fd_add (control->fd, G_IO_IN, control_accept, control);
        return g_steal_pointer (&control);
}

void
seki_control_free (SekiControl *control)
{
        if (control == NULL)
                return;
        g_clear_handle_id (&control->source, g_source_remove);
        while (control->clients->len > 0)
                client_close (g_ptr_array_index (control->clients, 0));
        g_ptr_array_unref (control->clients);
        if (control->fd >= 0) {
                close (control->fd);
                unlink (control->path);
        }
        g_free (control->path);
        g_free (control);
}

static gboolean
call_transfer (int fd, guint8 *data, gsize len, gboolean out)
{
        for (gsize done = 0; done < len;) {
                gssize n = out ? send (fd, data + done, len - done, MSG_NOSIGNAL)
                               : recv (fd, data + done, len - done, 0);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n <= 0)
                        return FALSE;
                done += (gsize) n;
        }
        return TRUE;
}

static SekiSecret *
call_exchange (int fd, SekiSpan request)
{
        g_autoptr (SekiSecret) out = seki_secret_new (request.len + 4), in = NULL;
        guint8 length[4];

        seki_put_be32 (seki_secret_get_data (out), (guint32) request.len);
        memcpy (seki_secret_get_data (out) + 4, request.data, request.len);
        if (!call_transfer (fd, seki_secret_get_data (out), request.len + 4, TRUE) ||
            !call_transfer (fd, length, 4, FALSE) ||
            seki_get_be32 (length) > SEKI_CONTROL_FRAME_MAX)
                return NULL;
        in = seki_secret_new (seki_get_be32 (length));
        return call_transfer (fd, seki_secret_get_data (in), seki_get_be32 (length), FALSE)
                       ? g_steal_pointer (&in)
                       : NULL;
}

SekiSecret *
seki_control_call (const char *path, SekiSpan request, GError **error)
{
        struct sockaddr_un address;
        SekiSecret *answer = NULL;
        int fd;

        if (!address_fill (path, &address, error))
                return NULL;
        fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (connect (fd, (const struct sockaddr *) &address, sizeof address) != 0)
                g_set_error (error, SEKI_ERROR, SEKI_ERROR_PEER,
                             _("No node answers at '%s' (%s). Start it with sekisho run, as its "
                                "own account or root."),
                             path, g_strerror (errno));
        else if ((answer = call_exchange (fd, request)) == NULL)
                g_set_error (error, SEKI_ERROR, SEKI_ERROR_PEER,
                             _("The node at '%s' ended the connection. Look at its journal."),
                             path);
        close (fd);
        return answer;
}
