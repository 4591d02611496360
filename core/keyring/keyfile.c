/* SPDX-License-Identifier: Apache-2.0 */
#include "keyring/keyfile.h"

#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

gboolean
seki_keyfile_fail (SekiFolder folder, const char *name, GError **error)
{
        int code = errno;

        g_set_error (error, SEKI_ERROR, code == ENOENT ? SEKI_ERROR_MISSING : SEKI_ERROR_STORAGE,
                     _("“%s/%s” cannot be read or written: %s."), folder.path, name,
                     g_strerror (code));
        return FALSE;
}

static gboolean
keyfile_read_all (int fd, guint8 *out, gsize len)
{
        for (gsize done = 0; done < len;) {
                gssize n = pread (fd, out + done, len - done, (off_t) done);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n == 0)
                        errno = EIO;
                if (n <= 0)
                        return FALSE;
                done += (gsize) n;
        }
        return TRUE;
}

gboolean
seki_keyfile_write_all (int fd, const guint8 *data, gsize len, goffset at)
{
        while (len > 0) {
                gssize n = pwrite (fd, data, len, at);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n <= 0)
                        return FALSE;
                data += n;
                at += n;
                len -= (gsize) n;
        }
        return TRUE;
}

static SekiSecret *
keyfile_read_fd (int fd, gsize limit)
{
        struct stat info;
        SekiSecret *text;

        if (fstat (fd, &info) != 0)
                return NULL;
        if (!S_ISREG (info.st_mode) || info.st_size < 0 || (guint64) info.st_size > limit) {
                errno = EFBIG;
                return NULL;
        }
        text = seki_secret_new ((gsize) info.st_size + 1);
        if (!keyfile_read_all (fd, seki_secret_get_data (text), (gsize) info.st_size)) {
                seki_secret_free (text);
                return NULL;
        }
        seki_secret_shrink (text, (gsize) info.st_size);
        return text;
}

SekiSecret *
seki_keyfile_read (SekiFolder folder, const char *name, gsize limit, GError **error)
{
        int fd = openat (folder.fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
        SekiSecret *text = fd >= 0 ? keyfile_read_fd (fd, limit) : NULL;

        if (text == NULL)
                seki_keyfile_fail (folder, name, error);
        if (fd >= 0)
                close (fd);
        return text;
}

gboolean
seki_keyfile_exists (SekiFolder folder, const char *name)
{
        struct stat info;

        return fstatat (folder.fd, name, &info, AT_SYMLINK_NOFOLLOW) == 0;
}

gboolean
seki_keyfile_sync_folder (SekiFolder folder, GError **error)
{
        return fsync (folder.fd) == 0 || seki_keyfile_fail (folder, ".", error);
}

gboolean
seki_keyfile_write (SekiFolder folder, const char *name, SekiSpan data, GError **error)
{
        int fd = openat (folder.fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
                         0600);
        gboolean ok;

        if (fd < 0)
                return seki_keyfile_fail (folder, name, error);
        ok = seki_keyfile_write_all (fd, data.data, data.len, 0) && fsync (fd) == 0;
        if (!ok)
                seki_keyfile_fail (folder, name, error);
        close (fd);
        return ok;
}

gboolean
seki_keyfile_replace (SekiFolder folder, const char *name, SekiSpan data, GError **error)
{
        g_autofree char *next = g_strconcat (name, ".new", NULL);

        if (!seki_keyfile_write (folder, next, data, error))
                return FALSE;
        if (renameat (folder.fd, next, folder.fd, name) != 0)
                return seki_keyfile_fail (folder, name, error);
        return seki_keyfile_sync_folder (folder, error);
}

static gboolean
keyfile_overwrite (int fd, off_t len)
{
        static const guint8 zeros[4096];

        for (off_t at = 0; at < len; at += (off_t) sizeof zeros)
                if (!seki_keyfile_write_all (fd, zeros,
                                             (gsize) MIN ((off_t) sizeof zeros, len - at), at))
                        return FALSE;
        return fsync (fd) == 0;
}

static gboolean
keyfile_is_same (SekiFolder folder, const char *other, const struct stat *info)
{
        struct stat live;

        return other != NULL && fstatat (folder.fd, other, &live, AT_SYMLINK_NOFOLLOW) == 0 &&
               live.st_dev == info->st_dev && live.st_ino == info->st_ino;
}

gboolean
seki_keyfile_wipe (SekiFolder folder, const char *name, const char *other, GError **error)
{
        int fd = openat (folder.fd, name, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
        struct stat info;
        gboolean ok;

        if (fd < 0 && errno == ENOENT)
                return TRUE;
        if (fd < 0)
                return seki_keyfile_fail (folder, name, error);
        ok = fstat (fd, &info) == 0 &&
             (keyfile_is_same (folder, other, &info) || keyfile_overwrite (fd, info.st_size)) &&
             unlinkat (folder.fd, name, 0) == 0 && fsync (folder.fd) == 0;
        if (!ok)
                seki_keyfile_fail (folder, name, error);
        close (fd);
        return ok;
}
