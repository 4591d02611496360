/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/slots.h"

#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_LEN (2 * SEKI_SLOT_STEP)

static gboolean
slots_fail (GError **error, const char *sentence, const char *path)
{
        int code = errno;

        g_set_error (error, SEKI_ERROR, SEKI_ERROR_STORAGE, sentence, path, g_strerror (code));
        return FALSE;
}

static gboolean
slot_is_blank (const guint8 data[SEKI_SLOT_LEN])
{
        for (gsize i = 0; i < SEKI_SLOT_LEN; i++)
                if (data[i] != 0)
                        return FALSE;
        return TRUE;
}

static gboolean
slot_read (int fd, guint which, gboolean file_is_empty, SekiSlot *out_slot)
{
        ssize_t got;

        memset (out_slot, 0, sizeof *out_slot);
        do
                got = pread (fd, out_slot->data, SEKI_SLOT_LEN, (off_t) which * SEKI_SLOT_STEP);
        while (got < 0 && errno == EINTR);
        if (got < 0)
                return FALSE;
        if (file_is_empty)
                out_slot->finding = SEKI_SLOT_ABSENT;
        else if (got < SEKI_SLOT_LEN)
                out_slot->finding = SEKI_SLOT_CUT;
        else
                out_slot->finding = slot_is_blank (out_slot->data) ? SEKI_SLOT_BLANK
                                                                   : SEKI_SLOT_WRITTEN;
        return TRUE;
}

gboolean
seki_slots_read (const char *path, SekiSlot out_slots[2], GError **error)
{
        int fd = open (path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
        struct stat stat;

        memset (out_slots, 0, 2 * sizeof *out_slots);
        if (fd < 0 && errno == ENOENT)
                return TRUE;
        if (fd < 0)
                return slots_fail (error, _("%s can not be opened: %s. Check its owner and mode."),
                                   path);
        gboolean ok = fstat (fd, &stat) == 0 &&
                      slot_read (fd, 0, stat.st_size == 0, &out_slots[0]) &&
                      slot_read (fd, 1, stat.st_size == 0, &out_slots[1]);
        if (!ok)
                slots_fail (error, _("%s can not be read: %s. Check the disk."), path);
        close (fd);
        return ok;
}

gboolean
seki_folder_sync (const char *folder, GError **error)
{
        int fd = open (folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        gboolean ok = fd >= 0 && fsync (fd) == 0;

        if (!ok)
                slots_fail (error, _("The folder %s can not be made durable: %s. Check the disk."),
                            folder);
        if (fd >= 0)
                close (fd);
        return ok;
}

/* A file whose making was cut short has no length yet, and is made again. */
static gboolean
slots_prepare (int fd, const char *path, GError **error)
{
        g_autofree char *folder = g_path_get_dirname (path);
        struct stat stat;

        if (fstat (fd, &stat) != 0)
                return slots_fail (error, _("%s can not be read: %s. Check the disk."), path);
        if (stat.st_size >= FILE_LEN)
                return TRUE;
        if ((errno = posix_fallocate (fd, 0, FILE_LEN)) != 0 || fsync (fd) != 0)
                return slots_fail (error, _("%s can not be made: %s. Make room on the disk."),
                                   path);
        return seki_folder_sync (folder, error);
}

int
seki_slots_open (const char *path, GError **error)
{
        int fd = open (path, O_RDWR | O_CREAT | O_DSYNC | O_CLOEXEC | O_NOFOLLOW, 0600);

        if (fd < 0) {
                slots_fail (error, _("%s can not be opened: %s. Check its owner and mode."), path);
                return -1;
        }
        if (!slots_prepare (fd, path, error)) {
                close (fd);
                return -1;
        }
        return fd;
}

gboolean
seki_slots_write (int fd, guint which, const guint8 data[SEKI_SLOT_LEN], GError **error)
{
        ssize_t put;

        do
                put = pwrite (fd, data, SEKI_SLOT_LEN, (off_t) which * SEKI_SLOT_STEP);
        while (put < 0 && errno == EINTR);
        if (put == SEKI_SLOT_LEN)
                return TRUE;
        g_set_error (
                error, SEKI_ERROR, SEKI_ERROR_STORAGE,
                _("The end of the ledger can not be written: %s. Check the disk, then "
                       "start again."),
                put < 0 ? g_strerror (errno) : _("the write was cut short"));
        return FALSE;
}
