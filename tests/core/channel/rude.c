/* SPDX-License-Identifier: Apache-2.0 */
#include "rude.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static Rude *
rude_start (FakePki *pki, const char *line)
{
        g_autoptr (GError) error = NULL;
        g_autofree char *folder = fake_pki_path (pki, ".");
        g_auto (GStrv) argv = g_strsplit (line, " ", -1);
        Rude *rude = g_new0 (Rude, 1);
        g_spawn_async_with_pipes (folder, argv, NULL,
                                  G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD |
                                          (g_test_verbose () ? 0 : G_SPAWN_STDERR_TO_DEV_NULL),
                                  NULL, NULL, &rude->pid, &rude->in, &rude->out, NULL, &error);
        g_assert_no_error (error);
        fcntl (rude->out, F_SETFL, O_NONBLOCK);
        return rude;
}

Rude *
rude_client (Node *listener, const char *from, const char *options)
{
        g_autofree char *line = g_strdup_printf ("openssl s_client -connect " HERE
                                                 ":%u -bind %s:0 -CAfile ca.pem %s",
                                                 listener->port, from, options);
        return rude_start (listener->town->pki, line);
}

static guint16
free_port (void)
{
        struct sockaddr_in name = { .sin_family = AF_INET };
        socklen_t len = sizeof name;
        int fd = socket (AF_INET, SOCK_STREAM, 0);
        inet_pton (AF_INET, HERE, &name.sin_addr);
        g_assert_cmpint (bind (fd, (struct sockaddr *) &name, len), ==, 0);
        g_assert_cmpint (getsockname (fd, (struct sockaddr *) &name, &len), ==, 0);
        close (fd);
        return ntohs (name.sin_port);
}

Rude *
rude_server (Town *town, guint party, const char *options)
{
        guint16 port = free_port ();
        g_autofree char *line =
                g_strdup_printf ("openssl s_server -accept " HERE ":%u -CAfile ca.pem %s", port,
                                 options);
        Rude *rude = rude_start (town->pki, line);
        for (guint i = 0; i < 200 && !rude_says (rude, "ACCEPT"); i++)
                g_usleep (20000);
        town->peer[party].port = port;
        return rude;
}

gboolean
rude_says (Rude *rude, const char *text)
{
        char output[65536];
        gssize n = read (rude->out, output, sizeof output - 1);
        output[MAX (n, 0)] = '\0';
        return strstr (output, text) != NULL;
}

void
rude_free (Rude *rude)
{
        kill (rude->pid, SIGKILL);
        waitpid (rude->pid, NULL, 0);
        close (rude->in);
        close (rude->out);
        g_free (rude);
}

int
rude_socket (Node *listener, const char *from)
{
        struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons (listener->port) };
        struct sockaddr_in own = { .sin_family = AF_INET };
        int fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        inet_pton (AF_INET, HERE, &to.sin_addr);
        inet_pton (AF_INET, from, &own.sin_addr);
        g_assert_cmpint (bind (fd, (struct sockaddr *) &own, sizeof own), ==, 0);
        g_assert_cmpint (connect (fd, (struct sockaddr *) &to, sizeof to), ==, 0);
        return fd;
}
