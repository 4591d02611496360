/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/metrics.h"

#include "base/text.h"
#include "channel/address.h"

#include <errno.h>
#include <glib-unix.h>
#include <inttypes.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define CLIENTS_MAX 16
#define REQUEST_MAX 4096
#define PATIENCE 5 /* seconds for one request and its answer */

struct SekiMetrics {
        SekiNode *node;
        char *path; /* of the socket; NULL: a port */
        int fd;
        guint source;
        GPtrArray *clients;
};

typedef struct {
        SekiMetrics *metrics;
        int fd;
        guint io, patience;
        char request[REQUEST_MAX + 1];
        gsize len;
        char *answer;
        gsize sent;
} Client;

static void
client_close (Client *client)
{
        g_clear_handle_id (&client->io, g_source_remove);
        g_clear_handle_id (&client->patience, g_source_remove);
        g_ptr_array_remove_fast (client->metrics->clients, client);
        close (client->fd);
        g_free (client->answer);
        g_free (client);
}

static gboolean
client_lost_patience (gpointer user)
{
        Client *client = user;

        client->patience = 0;
        client_close (client);
        return G_SOURCE_REMOVE;
}

static void
metric_write (GString *out, const char *name, const char *type, const char *help, const char *unit,
              guint64 value)
{
        gboolean counter = strcmp (type, "counter") == 0;

        g_string_append_printf (out, "# TYPE sekisho_%s %s\n", name, type);
        if (unit != NULL)
                g_string_append_printf (out, "# UNIT sekisho_%s %s\n", name, unit);
        g_string_append_printf (out, "# HELP sekisho_%s %s\n", name, help);
        g_string_append_printf (out, "sekisho_%s%s %" PRIu64 "\n", name, counter ? "_total" : "",
                                value);
}

static void
time_write (GString *out, const char *name, const char *help, gint64 time)
{
        g_string_append_printf (
                out, "# TYPE sekisho_%s gauge\n# UNIT sekisho_%s seconds\n# HELP sekisho_%s %s\n",
                name, name, name, help);
        g_string_append_printf (out, "sekisho_%s %" PRId64 ".%06" PRId64 "\n", name,
                                time / G_USEC_PER_SEC, time % G_USEC_PER_SEC);
}

char *
seki_metrics_write (const SekiNodeStatus *status)
{
        const SekiCommitStats *commit = &status->commit;
        GString *out = g_string_new (NULL);

        metric_write (out, "serving", "gauge", "Whether the node is unsealed and serves.", NULL,
                      status->state == SEKI_NODE_SERVING);
        metric_write (out, "faulted", "gauge", "Whether the last commit failed.", NULL,
                      status->faulted);
        metric_write (out, "ledger_leaves", "gauge", "Leaves on the ledger.", NULL, status->leaves);
        metric_write (out, "ledger_drained_leaves", "gauge", "Leaves that are in tiles.", NULL,
                      status->drained);
        time_write (out, "last_commit_seconds", "Time of the last commit.", status->last_commit);
        time_write (out, "last_checkpoint_seconds", "Time of the last signed checkpoint.",
                    status->last_checkpoint);
        metric_write (out, "commit_groups", "counter", "Groups committed.", NULL, commit->groups);
        metric_write (out, "commit_units", "counter",
                      "Exchanges committed; divided by the groups it is the size of a group.", NULL,
                      commit->units);
        metric_write (out, "commit_leaves", "counter", "Leaves committed.", NULL, commit->leaves);
        metric_write (out, "commit_largest_group", "gauge", "Exchanges in the largest group.", NULL,
                      commit->largest);
        time_write (out, "commit_busy_seconds", "Time spent committing since the start.",
                    commit->busy);
        metric_write (out, "channels", "gauge", "Open channels.", NULL, status->channels);
        metric_write (out, "requests", "counter", "Messages that came over channels.", NULL,
                      status->requests);
        metric_write (out, "answers", "counter", "Answers that left over channels.", NULL,
                      status->answers);
        metric_write (out, "errors", "counter", "Messages that could not be read.", NULL,
                      status->errors);
        metric_write (out, "strangers", "counter",
                      "Connections turned away before a peer was known.", NULL, status->strangers);
        metric_write (out, "storage_disk_bytes", "gauge", "Size of the store.", "bytes",
                      status->storage.bytes_on_disk);
        metric_write (out, "storage_memory_bytes", "gauge", "Memory the store may use.", "bytes",
                      status->storage.bytes_in_memory);
        metric_write (out, "storage_rows", "gauge", "Rows in the store, estimated.", NULL,
                      status->storage.rows_estimated);
        if (status->state == SEKI_NODE_SERVING && status->storage.bytes_free != G_MAXUINT64)
                metric_write (out, "storage_free_bytes", "gauge", "Room left where the store lies.",
                              "bytes", status->storage.bytes_free);
        g_string_append (out, "# EOF\n");
        return g_string_free (out, FALSE);
}

static char *
http_answer (const char *status, const char *type, const char *body)
{
        return g_strdup_printf ("HTTP/1.0 %s\r\nContent-Type: %s\r\nContent-Length: "
                                "%zu\r\nConnection: close\r\n\r\n%s",
                                status, type, strlen (body), body);
}

static char *
client_reply (const Client *client)
{
        g_autofree char *text = NULL;
        SekiNodeStatus status;

        if (!g_str_has_prefix (client->request, "GET "))
                return http_answer ("405 Method Not Allowed", "text/plain", "GET /metrics\n");
        if (!g_str_has_prefix (client->request, "GET /metrics ") &&
            !g_str_has_prefix (client->request, "GET / "))
                return http_answer ("404 Not Found", "text/plain", "GET /metrics\n");
        seki_node_get_status (client->metrics->node, &status);
        text = seki_metrics_write (&status);
        return http_answer ("200 OK", "application/openmetrics-text; version=1.0.0; charset=utf-8",
                            text);
}

static gboolean
client_write (gint fd, GIOCondition condition, gpointer user)
{
        Client *client = user;
        gsize left = strlen (client->answer) - client->sent;
        gssize n = send (fd, client->answer + client->sent, left, MSG_NOSIGNAL | MSG_DONTWAIT);

        (void) condition;
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
                return G_SOURCE_CONTINUE;
        client->sent += (gsize) MAX (n, 0);
        if (n > 0 && (gsize) n < left)
                return G_SOURCE_CONTINUE;
        client->io = 0;
        client_close (client);
        return G_SOURCE_REMOVE;
}

static gboolean
client_read (gint fd, GIOCondition condition, gpointer user)
{
        Client *client = user;
        gssize n =
                recv (fd, client->request + client->len, REQUEST_MAX - client->len, MSG_DONTWAIT);

        (void) condition;
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
                return G_SOURCE_CONTINUE;
        client->io = 0;
        if (n <= 0) {
                client_close (client);
                return G_SOURCE_REMOVE;
        }
        client->len += (gsize) n;
        client->request[client->len] = '\0';
        if (strstr (client->request, "\r\n\r\n") != NULL)
                client->answer = client_reply (client);
        else if (client->len == REQUEST_MAX)
                client->answer = http_answer ("400 Bad Request", "text/plain", "too long\n");
        client->io = g_unix_fd_add (fd, client->answer != NULL ? G_IO_OUT : G_IO_IN,
                                    client->answer != NULL ? client_write : client_read, client);
        return G_SOURCE_REMOVE;
}

static gboolean
metrics_accept (gint fd, GIOCondition condition, gpointer user)
{
        SekiMetrics *metrics = user;
        int accepted = accept4 (fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        Client *client;

        (void) condition;
        if (accepted < 0)
                return G_SOURCE_CONTINUE;
        if (metrics->clients->len == CLIENTS_MAX) {
                close (accepted);
                return G_SOURCE_CONTINUE;
        }
        client = g_new0 (Client, 1);
        client->metrics = metrics;
        client->fd = accepted;
        client->io = g_unix_fd_add (accepted, G_IO_IN | G_IO_HUP, client_read, client);
        client->patience = g_timeout_add_seconds (PATIENCE, client_lost_patience, client);
        g_ptr_array_add (metrics->clients, client);
        return G_SOURCE_CONTINUE;
}

static gboolean
bind_path (SekiMetrics *metrics, const char *path)
{
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        mode_t mask;
        int bound;

        if (g_strlcpy (address.sun_path, path, sizeof address.sun_path) >=
            sizeof address.sun_path) {
                errno = ENAMETOOLONG;
                return FALSE;
        }
        metrics->fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        unlink (path);
        mask = umask (0117);
        bound = bind (metrics->fd, (const struct sockaddr *) &address, sizeof address);
        umask (mask);
        if (bound != 0)
                return FALSE;
        metrics->path = g_strdup (path);
        return TRUE;
}

/* "127.0.0.1:9100", "[::1]:9100"; the profile saw to it that it is loopback. */
static gboolean
bind_port (SekiMetrics *metrics, const char *place)
{
        const char *colon = strrchr (place, ':');
        g_autofree char *text = g_strndup (place, (gsize) (colon - place));
        struct sockaddr_storage to;
        SekiAddress address;
        socklen_t len;
        const int yes = 1;

        if (text[0] == '[' && g_str_has_suffix (text, "]")) {
                text[strlen (text) - 1] = '\0';
                memmove (text, text + 1, strlen (text));
        }
        errno = EINVAL;
        if (!seki_address_parse (text, &address))
                return FALSE;
        len = seki_address_to_socket (&address, (guint16) g_ascii_strtoull (colon + 1, NULL, 10),
                                      &to);
        metrics->fd = socket (to.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        return metrics->fd >= 0 &&
               setsockopt (metrics->fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) == 0 &&
               bind (metrics->fd, (const struct sockaddr *) &to, len) == 0;
}

SekiMetrics *
seki_metrics_new (const char *place, SekiNode *node, GError **error)
{
        g_autoptr (SekiMetrics) metrics = g_new0 (SekiMetrics, 1);

        metrics->node = node;
        metrics->fd = -1;
        metrics->clients = g_ptr_array_new ();
        if (!(strchr (place, '/') != NULL ? bind_path (metrics, place)
                                          : bind_port (metrics, place)) ||
            listen (metrics->fd, 8) != 0) {
                g_set_error (error, SEKI_ERROR, SEKI_ERROR_CONFIG,
                             _("Metrics can not be served at '%s' (%s). Change [node] metrics."),
                             place, g_strerror (errno));
                return NULL;
        }
        metrics->source = g_unix_fd_add (metrics->fd, G_IO_IN, metrics_accept, metrics);
        return g_steal_pointer (&metrics);
}

void
seki_metrics_free (SekiMetrics *metrics)
{
        if (metrics == NULL)
                return;
        g_clear_handle_id (&metrics->source, g_source_remove);
        while (metrics->clients->len > 0)
                client_close (g_ptr_array_index (metrics->clients, 0));
        g_ptr_array_unref (metrics->clients);
        if (metrics->fd >= 0)
                close (metrics->fd);
        if (metrics->path != NULL)
                unlink (metrics->path);
        g_free (metrics->path);
        g_free (metrics);
}
