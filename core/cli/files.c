/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/files.h"

#include "base/text.h"
#include "keyring/keyfile.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

gboolean
seki_file_write_new (const char *path, SekiSpan bytes, GError **error)
{
        int fd = open (path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
        gboolean ok =
                fd >= 0 && seki_keyfile_write_all (fd, bytes.data, bytes.len, 0) && fsync (fd) == 0;
        int why = errno;

        if (fd >= 0)
                close (fd);
        if (ok)
                return TRUE;
        if (fd >= 0)
                unlink (path);
        if (fd < 0 && why == EEXIST)
                g_set_error (error, SEKI_ERROR, SEKI_ERROR_CONFLICT,
                             _("“%s” is there already and is not overwritten. Name another file."),
                                path);
        else
                g_set_error (error, SEKI_ERROR, SEKI_ERROR_STORAGE,
                             _("“%s” can not be written (%s)."), path, g_strerror (why));
        return FALSE;
}

static gboolean
file_fail (const char *path, int why, GError **error)
{
        g_set_error (error, SEKI_ERROR, SEKI_ERROR_MISSING,
                     _("“%s” can not be read (%s)."), path,
                        why == EFBIG ? _("too long") : g_strerror (why));
        return FALSE;
}

SekiSecret *
seki_file_read_secret (const char *path, gsize limit, GError **error)
{
        g_autoptr (SekiSecret) secret = NULL;
        int fd = open (path, O_RDONLY | O_CLOEXEC);
        struct stat info;
        gsize len = 0;

        if (fd < 0 || fstat (fd, &info) != 0 || info.st_size < 0 || (gsize) info.st_size > limit) {
                file_fail (path, fd < 0 ? errno : EFBIG, error);
                if (fd >= 0)
                        close (fd);
                return NULL;
        }
        secret = seki_secret_new ((gsize) info.st_size);
        for (gssize n = 1; n > 0 && len < (gsize) info.st_size; len += (gsize) MAX (n, 0))
                n = read (fd, seki_secret_get_data (secret) + len, (gsize) info.st_size - len);
        close (fd);
        seki_secret_shrink (secret, len);
        return g_steal_pointer (&secret);
}

char *
seki_file_read (const char *path, gsize limit, gsize *out_len, GError **error)
{
        g_autoptr (SekiSecret) secret = seki_file_read_secret (path, limit, error);
        gsize len;
        char *copy;

        if (secret == NULL)
                return NULL;
        len = seki_secret_get_size (secret);
        copy = g_malloc0 (len + 1);
        memcpy (copy, seki_secret_get_data (secret), len);
        if (out_len != NULL)
                *out_len = len;
        return copy;
}
