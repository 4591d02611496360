/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel/image.h"

#include "base/bytes.h"
#include "base/text.h"
#include "kernel/descriptor.h"
#include "keyring/hash.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef MFD_EXEC                        /* Linux 6.3 */
#define MFD_EXEC 0x0010U
#endif

#define FILE_MAX (G_GUINT64_CONSTANT (256) << 20)
#define DESCRIPTOR_MAX ((gsize) 4 << 20)
#define COPY_STEP 65536
#define SEALS (F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)

struct SekiImage {
        char *path;
        int fd;
        gboolean taken;
        gsize size;
        char digest[2 * SEKI_HASH_LEN + 1];
        SekiArena *arena;
        SekiElf elf;
        gboolean read;
        SekiDescriptor descriptor;
        SekiImageFacts facts;
};

/* The sentence and the system's reason. */
static gboolean
image_fail (GError **error, SekiErrorCode code, const char *sentence)
{
        g_set_error (error, SEKI_ERROR, code, "%s (%s)", sentence, g_strerror (errno));
        return FALSE;
}

static int
source_open (const char *path, GError **error)
{
        /* NONBLOCK, so that a pipe put in the file's place can not hold us. */
        int fd = open (path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
        struct stat status;

        if (fd < 0 && errno == ELOOP)
                image_fail (error, SEKI_ERROR_MODULE,
                            _("It is a symbolic link; name the file itself."));
        else if (fd < 0)
                image_fail (error, errno == ENOENT ? SEKI_ERROR_MISSING : SEKI_ERROR_MODULE,
                            _("It cannot be opened; check the path and who may read it."));
        if (fd < 0)
                return -1;
        if (fstat (fd, &status) == 0 && S_ISREG (status.st_mode))
                return fd;
        close (fd);
        seki_elf_fail (error, _("It is not a regular file; name the .so file of a module."));
        return -1;
}

static gboolean
bytes_write (int fd, const guint8 *data, gsize len)
{
        while (len > 0) {
                gssize n = write (fd, data, len);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n <= 0)
                        return FALSE;
                data += n;
                len -= (gsize) n;
        }
        return TRUE;
}

static gboolean
image_copy (SekiImage *image, int source, GError **error)
{
        g_autofree guint8 *step = g_malloc (COPY_STEP);
        gssize n = 0;

        while ((n = read (source, step, COPY_STEP)) != 0) {
                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return image_fail (error, SEKI_ERROR_MODULE,
                                           _("It cannot be read; check the disk."));
                if ((gsize) n > FILE_MAX - image->size) {
                        g_set_error_literal (error, SEKI_ERROR, SEKI_ERROR_LIMIT,
                                             _("It is larger than 256 MiB; strip its debug "
                                               "information."));
                        return FALSE;
                }
                if (!bytes_write (image->fd, step, (gsize) n))
                        return image_fail (error, SEKI_ERROR_MODULE,
                                           _("There is no memory for a sealed copy of it; free "
                                             "some."));
                image->size += (gsize) n;
        }
        return image->size > 0 ||
               seki_elf_fail (error, _("It is empty; install the module again."));
}

static gboolean
image_fill (SekiImage *image, GError **error)
{
        int source = source_open (image->path, error);
        gboolean copied;

        if (source < 0)
                return FALSE;
        image->fd = memfd_create ("sekisho-module", MFD_ALLOW_SEALING | MFD_CLOEXEC | MFD_EXEC);
        if (image->fd < 0 && errno == EINVAL)
                image->fd = memfd_create ("sekisho-module", MFD_ALLOW_SEALING | MFD_CLOEXEC);
        if (image->fd < 0)
                image_fail (error, SEKI_ERROR_MODULE,
                            _("The system grants no memory file for it; see the sysctl "
                              "vm.memfd_noexec and the limit of open files."));
        copied = image->fd >= 0 && image_copy (image, source, error);
        close (source);
        if (copied && fcntl (image->fd, F_ADD_SEALS, SEALS) != 0)
                return image_fail (error, SEKI_ERROR_MODULE,
                                   _("Its copy in memory cannot be sealed; use a newer kernel."));
        return copied;
}

/* Only after sealing: what is mapped and hashed here is what will be loaded. */
static gboolean
image_hash (SekiImage *image, GError **error)
{
        g_autoptr (SekiHash) hash = seki_hash_new ();
        guint8 digest[SEKI_HASH_LEN];
        gpointer map = mmap (NULL, image->size, PROT_READ, MAP_PRIVATE, image->fd, 0);

        if (map == MAP_FAILED)
                return image_fail (error, SEKI_ERROR_MODULE,
                                   _("There is no memory to read it; free some."));
        image->elf.file = seki_span (map, image->size);
        if (hash == NULL) {
                g_set_error_literal (error, SEKI_ERROR, SEKI_ERROR_CRYPTO,
                                     _("Its digest cannot be computed: the cryptographic library "
                                       "NSS refuses. Check that libnss3 is installed whole."));
                return FALSE;
        }
        seki_hash_sum (hash, image->elf.file, digest);
        seki_hex (digest, sizeof digest, image->digest);
        return TRUE;
}

SekiImage *
seki_image_open (const char *path, GError **error)
{
        g_autoptr (SekiImage) image = g_new0 (SekiImage, 1);

        image->path = g_strdup (path);
        image->fd = -1;
        image->arena = seki_arena_new (DESCRIPTOR_MAX);
        if (image_fill (image, error) && image_hash (image, error))
                return g_steal_pointer (&image);
        g_prefix_error (error, _("The module file %s cannot be used. "), path);
        return NULL;
}

void
seki_image_free (SekiImage *image)
{
        if (image == NULL)
                return;
        g_free ((gpointer) image->facts.libraries);
        seki_elf_clear (&image->elf);
        if (image->elf.file.data != NULL)
                munmap ((gpointer) image->elf.file.data, image->elf.file.len);
        if (image->fd >= 0 && !image->taken)
                close (image->fd);
        seki_arena_free (image->arena);
        g_free (image->path);
        g_free (image);
}

/* A path of its own would lead to code that no digest covers, and $ORIGIN leads
 * nowhere from a memory file. */
static gboolean
libraries_check (const SekiElf *elf, GError **error)
{
        gboolean sound = !elf->loads_others;

        for (guint i = 0; sound && i < elf->needed->len; i++)
                sound = strpbrk (g_ptr_array_index (elf->needed, i), "/$") == NULL;
        for (guint i = 0; sound && i < elf->searched->len; i++) {
                g_auto (GStrv) folders = g_strsplit (g_ptr_array_index (elf->searched, i), ":", -1);

                for (char **folder = folders; sound && *folder != NULL; folder++)
                        sound = (*folder)[0] == '/' && strchr (*folder, '$') == NULL;
        }
        return sound ||
               seki_elf_fail (error,
                              _("It brings libraries of its own ($ORIGIN, a relative path, a path "
                                "in DT_NEEDED, a filter), which the digest does not cover; link "
                                "them statically."));
}

static gboolean
image_interpret (SekiImage *image, GError **error)
{
        SekiElf *elf = &image->elf;

        if (!seki_elf_init (elf, elf->file, error) || !libraries_check (elf, error) ||
            !seki_descriptor_read (&image->descriptor, elf, image->arena, error))
                return FALSE;
        g_ptr_array_add (elf->needed, NULL);
        image->facts = (SekiImageFacts){
                .alpn = image->descriptor.alpn,
                .address = image->descriptor.address,
                .table_size = image->descriptor.table_size,
                .exports = elf->n_exported,
                .relro = elf->relro,
                .now = elf->now,
                .exec_stack = elf->exec_stack,
                .text_relocations = elf->text_relocations,
        };
        image->facts.libraries =
                g_memdup2 (elf->needed->pdata, elf->needed->len * sizeof (gpointer));
        return TRUE;
}

gboolean
seki_image_read (SekiImage *image, GError **error)
{
        if (image->read)
                return TRUE;
        seki_elf_clear (&image->elf);
        image->read = image_interpret (image, error);
        if (!image->read)
                g_prefix_error (error, _("The module file %s cannot be used. "), image->path);
        return image->read;
}

const char *
seki_image_get_path (SekiImage *image)
{
        return image->path;
}

const char *
seki_image_get_digest (SekiImage *image)
{
        return image->digest;
}

int
seki_image_get_fd (SekiImage *image)
{
        return image->fd;
}

int
seki_image_take_fd (SekiImage *image)
{
        image->taken = TRUE;
        return image->fd;
}

const SekiModule *
seki_image_get_module (SekiImage *image)
{
        return image->read ? &image->descriptor.module : NULL;
}

const SekiAction *
seki_image_get_actions (SekiImage *image)
{
        return image->read ? image->descriptor.actions : NULL;
}

const SekiImageFacts *
seki_image_get_facts (SekiImage *image)
{
        return image->read ? &image->facts : NULL;
}
