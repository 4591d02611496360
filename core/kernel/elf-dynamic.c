/* SPDX-License-Identifier: Apache-2.0 */
/* The dynamic section: tables, symbols, relocations. */
#include "kernel/elf.h"

#include "base/text.h"

#include <elf.h>

#ifndef DT_RELR                         /* glibc before 2.36 */
#define DT_RELRSZ 35
#define DT_RELR 36
#define DT_RELRENT 37
#endif

#if defined (__x86_64__)
#define FIX_RELATIVE R_X86_64_RELATIVE
#define FIX_SYMBOL R_X86_64_64
#else
#define FIX_RELATIVE R_AARCH64_RELATIVE
#define FIX_SYMBOL R_AARCH64_ABS64
#endif

#define ENTRIES_MAX 1024u
#define SYMBOLS_MAX (1u << 20)
#define FIXES_MAX (1u << 20)
#define LIBRARIES_MAX 256u
#define PATH_BYTES_MAX 4096u

/* The last entry of a tag wins, as for the loader. */
typedef struct {
        guint64 value[64];              /* by tag; 0: absent */
        guint64 gnu_hash;
        GArray *needed;                 /* guint64: offsets into the strings */
} Tags;

static gboolean
damaged (GError **error)
{
        return seki_elf_fail (error,
                              _("Its dynamic section is damaged; install the module again."));
}

static void
tags_note (SekiElf *elf, Tags *tags, const Elf64_Dyn *entry)
{
        guint64 value = entry->d_un.d_val;

        if (entry->d_tag == DT_NEEDED)
                g_array_append_val (tags->needed, value);
        else if (entry->d_tag >= 0 && entry->d_tag < (gint64) G_N_ELEMENTS (tags->value))
                tags->value[entry->d_tag] = value;
        if (entry->d_tag == DT_GNU_HASH)
                tags->gnu_hash = value;
        if (entry->d_tag == DT_FILTER || entry->d_tag == DT_AUXILIARY || entry->d_tag == DT_AUDIT ||
            entry->d_tag == DT_DEPAUDIT)
                elf->loads_others = TRUE;
        if (entry->d_tag == DT_TEXTREL || (entry->d_tag == DT_FLAGS && (value & DF_TEXTREL) != 0))
                elf->text_relocations = TRUE;
        if (entry->d_tag == DT_BIND_NOW ||
            (entry->d_tag == DT_FLAGS && (value & DF_BIND_NOW) != 0) ||
            (entry->d_tag == DT_FLAGS_1 && (value & DF_1_NOW) != 0))
                elf->now = TRUE;
}

static gboolean
tags_read (SekiElf *elf, Tags *tags, guint64 address, guint64 len, GError **error)
{
        Elf64_Dyn entry;

        for (guint i = 0; i < ENTRIES_MAX && (i + 1) * sizeof entry <= len; i++) {
                if (!seki_elf_read (elf, address + i * sizeof entry, &entry, sizeof entry))
                        return damaged (error);
                if (entry.d_tag == DT_NULL)
                        return tags->needed->len <= LIBRARIES_MAX || damaged (error);
                tags_note (elf, tags, &entry);
        }
        return damaged (error);
}

static gboolean
string_add (SekiElf *elf, GPtrArray *list, guint64 offset, GError **error)
{
        SekiSpan text = SEKI_SPAN_NONE;

        if (offset < elf->strings_len)
                text = seki_elf_text (elf, elf->strings + offset, PATH_BYTES_MAX);
        if (text.data == NULL ||
            !g_utf8_validate ((const char *) text.data, (gssize) text.len, NULL))
                return damaged (error);
        g_ptr_array_add (list, g_strndup ((const char *) text.data, text.len));
        return TRUE;
}

static gboolean
strings_read (SekiElf *elf, const Tags *tags, GError **error)
{
        elf->strings = tags->value[DT_STRTAB];
        elf->strings_len = tags->value[DT_STRSZ];
        for (guint i = 0; i < tags->needed->len; i++)
                if (!string_add (elf, elf->needed, g_array_index (tags->needed, guint64, i), error))
                        return FALSE;
        if (tags->value[DT_RPATH] != 0 &&
            !string_add (elf, elf->searched, tags->value[DT_RPATH], error))
                return FALSE;
        return tags->value[DT_RUNPATH] == 0 ||
               string_add (elf, elf->searched, tags->value[DT_RUNPATH], error);
}

/* The dynamic section does not say how many symbols there are: the GNU hash
 * table does, whose last chain ends with the last symbol. */
static gboolean
symbols_count_gnu (const SekiElf *elf, guint64 table, guint64 *out_n)
{
        guint32 head[4], each, last = 0;        /* buckets, first symbol, bloom words, shift */
        guint64 buckets, chains;

        if (!seki_elf_read (elf, table, head, sizeof head) || head[0] > SYMBOLS_MAX ||
            head[1] > SYMBOLS_MAX || head[2] > SYMBOLS_MAX)
                return FALSE;
        buckets = table + sizeof head + (guint64) head[2] * 8;
        chains = buckets + (guint64) head[0] * 4;
        for (guint32 i = 0; i < head[0]; i++) {
                if (!seki_elf_read (elf, buckets + (guint64) i * 4, &each, sizeof each))
                        return FALSE;
                last = MAX (last, each);
        }
        *out_n = head[1];
        if (last < head[1])
                return TRUE;
        for (each = 0; (each & 1) == 0; last++)
                if (last >= SYMBOLS_MAX ||
                    !seki_elf_read (elf, chains + (guint64) (last - head[1]) * 4, &each,
                                    sizeof each))
                        return FALSE;
        *out_n = last;
        return TRUE;
}

static gboolean
symbols_count (const SekiElf *elf, const Tags *tags, guint64 *out_n)
{
        guint32 head[2];                /* buckets, chains */

        if (tags->gnu_hash != 0)
                return symbols_count_gnu (elf, tags->gnu_hash, out_n);
        if (tags->value[DT_HASH] == 0 ||
            !seki_elf_read (elf, tags->value[DT_HASH], head, sizeof head))
                return FALSE;
        *out_n = head[1];
        return head[1] <= SYMBOLS_MAX;
}

static gboolean
symbols_read (SekiElf *elf, const Tags *tags, GError **error)
{
        Elf64_Sym symbol;

        elf->symbols = tags->value[DT_SYMTAB];
        if (!symbols_count (elf, tags, &elf->n_symbols))
                return damaged (error);
        for (guint64 i = 1; i < elf->n_symbols; i++) {
                guint bind;
                char first = '_';

                if (!seki_elf_read (elf, elf->symbols + i * sizeof symbol, &symbol, sizeof symbol))
                        return damaged (error);
                bind = ELF64_ST_BIND (symbol.st_info);
                if (symbol.st_shndx == SHN_UNDEF || bind == STB_LOCAL)
                        continue;
                seki_elf_read (elf, elf->strings + symbol.st_name, &first, 1);
                elf->n_exported += first != '_';
        }
        return TRUE;
}

static gboolean
fixes_add (GArray *fixes, guint64 place, guint64 target, gboolean foreign)
{
        SekiElfFix fix = { .place = place, .target = target, .foreign = foreign };

        if (fixes->len >= FIXES_MAX)
                return FALSE;
        g_array_append_val (fixes, fix);
        return TRUE;
}

/* Where the loader points a place to; FALSE if the relocation itself is damaged. */
static gboolean
fix_target (const SekiElf *elf, const Elf64_Rela *rela, guint64 *out_target, gboolean *out_foreign)
{
        guint64 type = ELF64_R_TYPE (rela->r_info), number = ELF64_R_SYM (rela->r_info);
        Elf64_Sym symbol = { 0 };

        *out_target = (guint64) rela->r_addend;
        *out_foreign = type != FIX_RELATIVE;
        if (type != FIX_SYMBOL)
                return TRUE;
        if (number >= elf->n_symbols ||
            !seki_elf_read (elf, elf->symbols + number * sizeof symbol, &symbol, sizeof symbol))
                return FALSE;
        *out_foreign = symbol.st_shndx == SHN_UNDEF || symbol.st_shndx == SHN_ABS;
        *out_target += symbol.st_value;
        return TRUE;
}

static gboolean
fixes_read_rela (const SekiElf *elf, const Tags *tags, GArray *fixes)
{
        guint64 table = tags->value[DT_RELA], n = tags->value[DT_RELASZ] / sizeof (Elf64_Rela);
        Elf64_Rela each;
        guint64 target;
        gboolean foreign;

        for (guint64 i = 0; i < n; i++)
                if (!seki_elf_read (elf, table + i * sizeof each, &each, sizeof each) ||
                    !fix_target (elf, &each, &target, &foreign) ||
                    !fixes_add (fixes, each.r_offset, target, foreign))
                        return FALSE;
        return TRUE;
}

/* The target stands at the place itself. */
static gboolean
fixes_add_in_place (const SekiElf *elf, GArray *fixes, guint64 place)
{
        guint64 target;

        return seki_elf_read (elf, place, &target, sizeof target) &&
               fixes_add (fixes, place, target, FALSE);
}

/* Packed relative relocations: an even word is a place, an odd one 63 bits for
 * the places after it. */
static gboolean
fixes_read_relr (const SekiElf *elf, const Tags *tags, GArray *fixes)
{
        guint64 table = tags->value[DT_RELR], n = tags->value[DT_RELRSZ] / 8, next = 0;

        for (guint64 i = 0; i < n; i++) {
                guint64 word;

                if (!seki_elf_read (elf, table + i * 8, &word, sizeof word))
                        return FALSE;
                if ((word & 1) == 0) {
                        if (!fixes_add_in_place (elf, fixes, word))
                                return FALSE;
                        next = word + 8;
                        continue;
                }
                for (guint bit = 1; bit < 64; bit++)
                        if ((word >> bit & 1) != 0 &&
                            !fixes_add_in_place (elf, fixes, next + (bit - 1) * 8))
                                return FALSE;
                next += 63 * 8;
        }
        return TRUE;
}

static gint
fix_order (gconstpointer a, gconstpointer b)
{
        const SekiElfFix *one = a, *other = b;

        return one->place < other->place ? -1 : one->place > other->place;
}

static gboolean
fixes_read (SekiElf *elf, const Tags *tags, GError **error)
{
        GArray *fixes = g_array_new (FALSE, FALSE, sizeof (SekiElfFix));
        gboolean read =
                (tags->value[DT_RELAENT] == 0 || tags->value[DT_RELAENT] == sizeof (Elf64_Rela)) &&
                (tags->value[DT_RELRENT] == 0 || tags->value[DT_RELRENT] == 8) &&
                tags->value[DT_REL] == 0 && fixes_read_rela (elf, tags, fixes) &&
                fixes_read_relr (elf, tags, fixes);

        g_array_sort (fixes, fix_order);
        elf->n_fixes = fixes->len;
        elf->fixes = (SekiElfFix *) (gpointer) g_array_free (fixes, FALSE);
        return read || seki_elf_fail (error, _("Its relocations are damaged or too many; install "
                                               "the module again."));
}

gboolean
seki_elf_read_dynamic (SekiElf *elf, guint64 address, guint64 len, GError **error)
{
        Tags tags = { .needed = g_array_new (FALSE, FALSE, sizeof (guint64)) };
        gboolean read = tags_read (elf, &tags, address, len, error) &&
                        strings_read (elf, &tags, error) && symbols_read (elf, &tags, error) &&
                        fixes_read (elf, &tags, error);

        g_array_unref (tags.needed);
        return read;
}
