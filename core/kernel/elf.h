/* SPDX-License-Identifier: Apache-2.0 */
/* A shared object as bytes, seen as the loader sees it: program headers and
 * the dynamic section only, never section headers.
 *
 * The bytes may be hostile.  Every read is bounded, every count has a limit,
 * and what the loader could see otherwise than we do (overlapping segments, a
 * pointer it would not adjust) is refused.  64 bits, little-endian, this
 * machine's architecture (System V gABI; psABI of x86-64 and AArch64). */
#pragma once

#include <sekisho/base.h>

G_BEGIN_DECLS

#define SEKI_ELF_SEGMENTS 16

/* A run of addresses and the bytes of the file behind it; beyond the bytes it reads as zero. */
typedef struct {
        guint64 address, memory;        /* start and length when loaded */
        guint64 offset, bytes;          /* start and length in the file; bytes <= memory */
        gboolean code, writable;
} SekiElfSegment;

/* The place of a pointer that the loader fills in. */
typedef struct {
        guint64 place;
        guint64 target;
        gboolean foreign;               /* into another library, or of a type not followed here */
} SekiElfFix;

typedef struct {
        SekiSpan file;                  /* lent; outlives this */
        SekiElfSegment segments[SEKI_ELF_SEGMENTS];
        guint n_segments;
        guint64 strings, strings_len;
        guint64 symbols, n_symbols;
        SekiElfFix *fixes;              /* ascending by place */
        gsize n_fixes;
        GPtrArray *needed;              /* char *: DT_NEEDED */
        GPtrArray *searched;            /* char *: DT_RPATH and DT_RUNPATH */
        guint n_exported;               /* symbols others can see, the toolchain's (_...) apart */
        gboolean exec_stack, relro, now, text_relocations;
        gboolean loads_others;          /* DT_FILTER, DT_AUXILIARY, DT_AUDIT */
} SekiElf;

/* SEKI_ERROR_MODULE with a sentence that says what is wrong with the file. */
gboolean seki_elf_init (SekiElf *elf, SekiSpan file, GError **error);
void seki_elf_clear (SekiElf *elf);

/* Copies memory as it is before relocation; FALSE outside the segments. */
gboolean seki_elf_read (const SekiElf *elf, guint64 address, gpointer out, gsize len);
/* The text at address in the file, without its NUL; absent if it is longer than limit. */
SekiSpan seki_elf_text (const SekiElf *elf, guint64 address, gsize limit);
/* The variable of this name that the file exports. */
gboolean seki_elf_find (const SekiElf *elf, const char *name, guint64 *out_address,
                        guint64 *out_size);

typedef enum {
        SEKI_ELF_NULL,
        SEKI_ELF_OWN,           /* into this file */
        SEKI_ELF_FOREIGN,       /* into another library */
        SEKI_ELF_BAD,           /* the loader would leave something that is no address */
} SekiElfPointer;

/* What the loader will put at place. */
SekiElfPointer seki_elf_pointer (const SekiElf *elf, guint64 place, guint64 *out_target);
/* Whether an address is inside an executable segment. */
gboolean seki_elf_is_code (const SekiElf *elf, guint64 address);

/* elf-dynamic.c: the second half of init. */
gboolean seki_elf_read_dynamic (SekiElf *elf, guint64 address, guint64 len, GError **error);
/* Sets SEKI_ERROR_MODULE; returns FALSE. */
gboolean seki_elf_fail (GError **error, const char *sentence);

G_END_DECLS
