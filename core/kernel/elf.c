/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel/elf.h"

#include "base/text.h"

#include <elf.h>

#if defined (__x86_64__)
#define MACHINE EM_X86_64
#elif defined (__aarch64__)
#define MACHINE EM_AARCH64
#else
#error "admission knows the relocations of x86-64 and AArch64 only"
#endif

#define PAGE 4096u
#define HEADERS_MAX 64u
/* Addresses beyond this do not exist in user space. */
#define ADDRESS_MAX (G_GUINT64_CONSTANT (1) << 47)

gboolean
seki_elf_fail (GError **error, const char *sentence)
{
        g_set_error_literal (error, SEKI_ERROR, SEKI_ERROR_MODULE, sentence);
        return FALSE;
}

static gboolean
file_read (SekiSpan file, guint64 offset, gpointer out, gsize len)
{
        if (offset > file.len || len > file.len - offset)
                return FALSE;
        memcpy (out, file.data + offset, len);
        return TRUE;
}

static gboolean
header_check (const Elf64_Ehdr *header, GError **error)
{
        const guint8 *ident = header->e_ident;

        if (memcmp (ident, ELFMAG, SELFMAG) != 0)
                return seki_elf_fail (error, _("It is not a shared object (ELF); name the .so file "
                                               "of a module."));
        if (ident[EI_CLASS] != ELFCLASS64 || ident[EI_DATA] != ELFDATA2LSB ||
            header->e_machine != MACHINE)
                return seki_elf_fail (error, _("It was built for another kind of machine; get the "
                                               "build for this one."));
        if (ident[EI_VERSION] != EV_CURRENT || header->e_version != EV_CURRENT ||
            (ident[EI_OSABI] != ELFOSABI_SYSV && ident[EI_OSABI] != ELFOSABI_GNU))
                return seki_elf_fail (error, _("It was built for another system; get the build for "
                                               "Linux."));
        if (header->e_type != ET_DYN)
                return seki_elf_fail (error, _("It is a program or an object file, not a shared "
                                               "object; link it with -shared."));
        if (header->e_phentsize != sizeof (Elf64_Phdr) || header->e_phnum == 0 ||
            header->e_phnum > HEADERS_MAX)
                return seki_elf_fail (error, _("Its program headers are damaged; install the "
                                               "module again."));
        return TRUE;
}

/* Segments ascend and share no page, so that an address means one byte. */
static gboolean
segment_add (SekiElf *elf, const Elf64_Phdr *header, GError **error)
{
        SekiElfSegment *segment = &elf->segments[elf->n_segments];
        guint64 end = 0;

        if (elf->n_segments == SEKI_ELF_SEGMENTS)
                return seki_elf_fail (error, _("It has more segments than a module may have; link "
                                               "it anew."));
        if (header->p_offset > elf->file.len || header->p_filesz > elf->file.len - header->p_offset)
                return seki_elf_fail (error, _("It is cut short; install the module again."));
        if (elf->n_segments > 0)
                end = (segment[-1].address + segment[-1].memory + PAGE - 1) & ~(guint64) (PAGE - 1);
        if (header->p_vaddr >= ADDRESS_MAX || header->p_memsz >= ADDRESS_MAX ||
            header->p_filesz > header->p_memsz || (header->p_vaddr & ~(guint64) (PAGE - 1)) < end ||
            (header->p_vaddr - header->p_offset) % PAGE != 0)
                return seki_elf_fail (error, _("Its segments overlap or lie outside the address "
                                               "space; link it anew."));
        if ((header->p_flags & PF_W) != 0 && (header->p_flags & PF_X) != 0)
                return seki_elf_fail (error, _("It has memory that is writable and executable at "
                                               "once; link it without that."));
        *segment = (SekiElfSegment){
                .address = header->p_vaddr, .memory = header->p_memsz,
                .offset = header->p_offset, .bytes = header->p_filesz,
                .code = (header->p_flags & PF_X) != 0, .writable = (header->p_flags & PF_W) != 0,
        };
        elf->n_segments++;
        return TRUE;
}

static gboolean
segments_read (SekiElf *elf, const Elf64_Ehdr *header, Elf64_Phdr *out_dynamic, GError **error)
{
        Elf64_Phdr each;

        out_dynamic->p_type = PT_NULL;
        elf->exec_stack = TRUE;         /* as the loader takes it without a PT_GNU_STACK */
        for (guint i = 0; i < header->e_phnum; i++) {
                if (!file_read (elf->file, header->e_phoff + i * sizeof each, &each, sizeof each))
                        return seki_elf_fail (error,
                                              _("It is cut short; install the module again."));
                if (each.p_type == PT_LOAD && !segment_add (elf, &each, error))
                        return FALSE;
                if (each.p_type == PT_DYNAMIC && out_dynamic->p_type != PT_NULL)
                        return seki_elf_fail (error,
                                              _("It has two dynamic sections; link it anew."));
                if (each.p_type == PT_DYNAMIC)
                        *out_dynamic = each;
                if (each.p_type == PT_GNU_STACK)
                        elf->exec_stack = (each.p_flags & PF_X) != 0;
                elf->relro |= each.p_type == PT_GNU_RELRO;
        }
        if (out_dynamic->p_type == PT_NULL)
                return seki_elf_fail (error, _("It has no dynamic section; link it with -shared."));
        return TRUE;
}

gboolean
seki_elf_init (SekiElf *elf, SekiSpan file, GError **error)
{
        Elf64_Ehdr header;
        Elf64_Phdr dynamic;

        *elf = (SekiElf){ .file = file };
        elf->needed = g_ptr_array_new_with_free_func (g_free);
        elf->searched = g_ptr_array_new_with_free_func (g_free);
        if (!file_read (file, 0, &header, sizeof header))
                return seki_elf_fail (error, _("It is not a shared object (ELF); name the .so file "
                                               "of a module."));
        return header_check (&header, error) && segments_read (elf, &header, &dynamic, error) &&
               seki_elf_read_dynamic (elf, dynamic.p_vaddr, dynamic.p_memsz, error);
}

void
seki_elf_clear (SekiElf *elf)
{
        g_clear_pointer (&elf->needed, g_ptr_array_unref);
        g_clear_pointer (&elf->searched, g_ptr_array_unref);
        g_clear_pointer (&elf->fixes, g_free);
}

static const SekiElfSegment *
segment_find (const SekiElf *elf, guint64 address)
{
        for (guint i = 0; i < elf->n_segments; i++)
                if (address >= elf->segments[i].address &&
                    address - elf->segments[i].address < elf->segments[i].memory)
                        return &elf->segments[i];
        return NULL;
}

gboolean
seki_elf_read (const SekiElf *elf, guint64 address, gpointer out, gsize len)
{
        const SekiElfSegment *segment = segment_find (elf, address);
        guint64 skip = segment != NULL ? address - segment->address : 0;
        gsize real;

        if (segment == NULL || len > segment->memory - skip)
                return FALSE;
        real = skip < segment->bytes ? (gsize) MIN (len, segment->bytes - skip) : 0;
        if (real > 0)
                memcpy (out, elf->file.data + segment->offset + skip, real);
        memset ((guint8 *) out + real, 0, len - real);
        return TRUE;
}

SekiSpan
seki_elf_text (const SekiElf *elf, guint64 address, gsize limit)
{
        const SekiElfSegment *segment = segment_find (elf, address);
        guint64 skip = segment != NULL ? address - segment->address : 0;
        const guint8 *start, *end;

        if (segment == NULL || skip >= segment->bytes)
                return SEKI_SPAN_NONE;
        start = elf->file.data + segment->offset + skip;
        end = memchr (start, 0, (gsize) MIN ((guint64) limit + 1, segment->bytes - skip));
        return end != NULL ? seki_span (start, (gsize) (end - start)) : SEKI_SPAN_NONE;
}

gboolean
seki_elf_find (const SekiElf *elf, const char *name, guint64 *out_address, guint64 *out_size)
{
        Elf64_Sym symbol;

        for (guint64 i = 1; i < elf->n_symbols; i++) {
                if (!seki_elf_read (elf, elf->symbols + i * sizeof symbol, &symbol, sizeof symbol))
                        return FALSE;
                if (symbol.st_shndx == SHN_UNDEF || symbol.st_shndx == SHN_ABS ||
                    symbol.st_name >= elf->strings_len ||
                    ELF64_ST_BIND (symbol.st_info) != STB_GLOBAL ||
                    ELF64_ST_TYPE (symbol.st_info) != STT_OBJECT ||
                    ELF64_ST_VISIBILITY (symbol.st_other) != STV_DEFAULT ||
                    !seki_span_is (seki_elf_text (elf, elf->strings + symbol.st_name, 255), name))
                        continue;
                *out_address = symbol.st_value;
                *out_size = symbol.st_size;
                return TRUE;
        }
        return FALSE;
}

static gint
fix_compare (gconstpointer key, gconstpointer item)
{
        const guint64 *place = key;
        const SekiElfFix *fix = item;

        return *place < fix->place ? -1 : *place > fix->place;
}

SekiElfPointer
seki_elf_pointer (const SekiElf *elf, guint64 place, guint64 *out_target)
{
        const SekiElfFix *end = elf->fixes + elf->n_fixes;
        const SekiElfFix *fix = elf->n_fixes == 0 ? NULL :
                bsearch (&place, elf->fixes, elf->n_fixes, sizeof *fix, fix_compare);
        guint64 plain;

        *out_target = 0;
        if (fix == NULL)
                return seki_elf_read (elf, place, &plain, sizeof plain) && plain == 0
                               ? SEKI_ELF_NULL
                               : SEKI_ELF_BAD;
        if ((fix > elf->fixes && fix[-1].place == place) ||
            (fix + 1 < end && fix[1].place == place))
                return SEKI_ELF_BAD;
        if (fix->foreign)
                return SEKI_ELF_FOREIGN;
        *out_target = fix->target;
        return segment_find (elf, fix->target) != NULL ? SEKI_ELF_OWN : SEKI_ELF_BAD;
}

gboolean
seki_elf_is_code (const SekiElf *elf, guint64 address)
{
        const SekiElfSegment *segment = segment_find (elf, address);

        return segment != NULL && segment->code;
}
