/* SPDX-License-Identifier: Apache-2.0 */
/* Small files of one folder: read whole, replaced atomically, overwritten
 * before they go.  dir is a descriptor of the folder, folder its name for
 * messages. */
#pragma once

#include "base/bytes.h"

G_BEGIN_DECLS

typedef struct {
        int fd;                 /* of the folder */
        const char *path;       /* lent */
} SekiFolder;

/* At most limit bytes; SEKI_ERROR_MISSING when there is no such file.  A NUL
 * that is not counted follows the data. */
SekiSecret *seki_keyfile_read (SekiFolder folder, const char *name, gsize limit, GError **error);
/* NAME.new, fsync, rename, fsync of the folder. */
gboolean seki_keyfile_replace (SekiFolder folder, const char *name, SekiSpan data, GError **error);
/* Writes and fsyncs a new file, mode 0600; no rename. */
gboolean seki_keyfile_write (SekiFolder folder, const char *name, SekiSpan data, GError **error);
/* Overwrites the bytes in place, fsyncs, unlinks, fsyncs the folder.  Only
 * unlinks when other is another name of the same file.  TRUE when there is no
 * such file.  What a file system or a disk keeps of its own accord (snapshots,
 * journals, spare blocks) is out of reach: the key store must not lie on a
 * volume with snapshots. */
gboolean seki_keyfile_wipe (SekiFolder folder, const char *name, const char *other, GError **error);
gboolean seki_keyfile_exists (SekiFolder folder, const char *name);
gboolean seki_keyfile_sync_folder (SekiFolder folder, GError **error);
/* pwrite of everything, whatever signals come. */
gboolean seki_keyfile_write_all (int fd, const guint8 *data, gsize len, goffset at);
/* Sets SEKI_ERROR_STORAGE from errno; always FALSE. */
gboolean seki_keyfile_fail (SekiFolder folder, const char *name, GError **error);

G_END_DECLS
