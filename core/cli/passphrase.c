/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/passphrase.h"

#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

/* A line, or all there is; a line end at the end does not count. */
static SekiSecret *
line_read (int fd, GError **error)
{
        g_autoptr (SekiSecret) secret = seki_secret_new (SEKI_PASSPHRASE_MAX + 1);
        guint8 *data = seki_secret_get_data (secret);
        gsize len = 0;

        while (len <= SEKI_PASSPHRASE_MAX) {
                gssize n = read (fd, data + len, 1);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n <= 0 || data[len] == '\n')
                        break;
                len++;
        }
        if (len > 0 && len <= SEKI_PASSPHRASE_MAX) {
                seki_secret_shrink (secret, len);
                return g_steal_pointer (&secret);
        }
        g_set_error (error, SEKI_ERROR, SEKI_ERROR_INVALID,
                     len == 0 ? _("There is no passphrase.")
                              : _("The passphrase is longer than %d bytes."), SEKI_PASSPHRASE_MAX);
        return NULL;
}

/* Until a line was typed; FALSE when a signal came first.  The signals wait
 * meanwhile, so that nobody is left at a terminal that does not echo. */
static gboolean
terminal_wait (int fd, const sigset_t *signals)
{
        int signal_fd = signalfd (-1, signals, SFD_CLOEXEC);
        struct pollfd wait[] = { { fd, POLLIN, 0 }, { signal_fd, POLLIN, 0 } };

        while (poll (wait, 2, -1) < 0 && errno == EINTR)
                ;
        close (signal_fd);
        return wait[1].revents == 0;
}

static SekiSecret *
terminal_read (int fd, const char *question, const sigset_t *signals, GError **error)
{
        SekiSecret *secret = NULL;

        dprintf (fd, "%s", question);
        if (terminal_wait (fd, signals))
                secret = line_read (fd, error);
        else
                g_set_error (error, SEKI_ERROR, SEKI_ERROR_INVALID, _("There is no passphrase."));
        dprintf (fd, "\n");
        return secret;
}

static SekiSecret *
terminal_ask (int fd, const char *question, GError **error)
{
        struct termios before, silent;
        SekiSecret *secret;
        sigset_t signals, mask;

        if (tcgetattr (fd, &before) != 0) {
                g_set_error (error, SEKI_ERROR, SEKI_ERROR_INVALID,
                             _("The terminal can not be asked without echo (%s)."),
                                g_strerror (errno));
                return NULL;
        }
        sigemptyset (&signals);
        sigaddset (&signals, SIGINT);
        sigaddset (&signals, SIGTERM);
        sigaddset (&signals, SIGHUP);
        sigaddset (&signals, SIGTSTP);
        sigprocmask (SIG_BLOCK, &signals, &mask);
        silent = before;
        silent.c_lflag &= ~(tcflag_t) (ECHO | ECHOE | ECHOK | ECHONL);
        silent.c_lflag |= ICANON;
        tcsetattr (fd, TCSAFLUSH, &silent);
        secret = terminal_read (fd, question, &signals, error);
        tcsetattr (fd, TCSAFLUSH, &before);
        sigprocmask (SIG_SETMASK, &mask, NULL);
        return secret;
}

static SekiSecret *
terminal_get (gboolean twice, GError **error)
{
        g_autoptr (SekiSecret) first = NULL, second = NULL;
        int fd = open ("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);

        if (fd < 0) {
                seki_usage_fail (error,
                                 _("There is no terminal to ask for the passphrase. Give it by "
                          "--passphrase-fd N."));
                return NULL;
        }
        first = terminal_ask (fd, twice ? _("New passphrase: ") : _("Passphrase: "), error);
        if (first != NULL && twice)
                second = terminal_ask (fd, _("The same again: "), error);
        close (fd);
        if (first == NULL || (twice && second == NULL))
                return NULL;
        if (twice &&
            !seki_span_equal (seki_secret_get_span (first), seki_secret_get_span (second))) {
                g_set_error (error, SEKI_ERROR, SEKI_ERROR_INVALID,
                             _("The two are not the same. Nothing was done."));
                return NULL;
        }
        return g_steal_pointer (&first);
}

gboolean
seki_passphrase_get_fd (const SekiInvocation *in, int *out_fd, GError **error)
{
        const char *text = in->option[SEKI_CLI_PASSPHRASE_FD];
        guint64 number;

        *out_fd = -1;
        if (text == NULL)
                return TRUE;
        if (!g_ascii_string_to_unsigned (text, 10, 0, 65535, &number, NULL) ||
            fcntl ((int) number, F_GETFD) < 0)
                return seki_usage_fail (error, _("--passphrase-fd %s is no open file descriptor."),
                                                  text);
        *out_fd = (int) number;
        return TRUE;
}

static int
credential_open (void)
{
        const char *folder = g_getenv ("CREDENTIALS_DIRECTORY");
        g_autofree char *path =
                folder != NULL ? g_build_filename (folder, "passphrase", NULL) : NULL;

        return path != NULL ? open (path, O_RDONLY | O_CLOEXEC) : -1;
}

SekiSecret *
seki_passphrase_get (const SekiInvocation *in, gboolean twice, GError **error)
{
        SekiSecret *secret;
        int fd;

        if (!seki_passphrase_get_fd (in, &fd, error))
                return NULL;
        if (fd < 0)
                fd = credential_open ();
        if (fd < 0)
                return terminal_get (twice, error);
        secret = line_read (fd, error);
        close (fd);
        return secret;
}
