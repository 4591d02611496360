/* SPDX-License-Identifier: Apache-2.0 */
/* The file of a module, without running a line of it: a sealed copy in memory,
 * its digest, and its descriptor, read through the file's own relocations.
 *
 * What is hashed, read and later loaded is one memfd that nobody, not even this
 * process, can write to any more; what happens to the file meanwhile does not
 * matter.  One thread at a time.  Needs seki_nss_init. */
#pragma once

#include <sekisho/module.h>

G_BEGIN_DECLS

typedef struct SekiImage SekiImage;

/* Copies, seals and hashes; interprets nothing.  The path itself must not be a
 * symbolic link.  Errors: MISSING, MODULE, LIMIT (256 MiB), CRYPTO. */
SekiImage *seki_image_open (const char *path, GError **error);
void seki_image_free (SekiImage *image);                /* NULL-safe */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SekiImage, seki_image_free)

const char *seki_image_get_path (SekiImage *image);
const char *seki_image_get_digest (SekiImage *image);   /* SHA-256, 64 hex digits */
int seki_image_get_fd (SekiImage *image);               /* the sealed memfd, lent */
int seki_image_take_fd (SekiImage *image);              /* to keep: who loads it never closes it */

/* Interprets the bytes; MODULE says what is wrong with them.  Afterwards the
 * getters below answer; before, they are NULL. */
gboolean seki_image_read (SekiImage *image, GError **error);

/* A copy of the descriptor whose pointers lead into memory of the image; arrays
 * are never NULL; function pointers and the table are.  Valid while the image lives. */
const SekiModule *seki_image_get_module (SekiImage *image);
/* Roles: their actions, ended by a NULL name; NULL for other kinds. */
const SekiAction *seki_image_get_actions (SekiImage *image);

/* What `module inspect` shows of the file itself. */
typedef struct {
        const char *const *libraries;   /* shared libraries it needs, NULL-terminated */
        const char *alpn;               /* transports; NULL for other kinds */
        guint64 address;                /* of the descriptor, relative to where it is loaded */
        guint32 table_size;             /* of its kind's table, as it states it */
        guint exports;                  /* dynamic symbols, names in _ apart; 1 is right */
        gboolean relro, now;            /* the linker's -z relro, -z now */
        gboolean exec_stack, text_relocations;
} SekiImageFacts;

const SekiImageFacts *seki_image_get_facts (SekiImage *image);

G_END_DECLS
