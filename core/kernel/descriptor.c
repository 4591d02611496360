/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel/descriptor.h"

#include "base/text.h"
#include "base/utf8.h"
#include "kernel/declaration.h"

#include <inttypes.h>
#include <stddef.h>

#define TEXT_MAX 4096u
#define LIST_MAX 256u
#define TABLE_SIZE_MAX 4096u

typedef struct {
        const SekiElf *elf;
        SekiArena *arena;
} Reader;

#define SLOT(Table, member) offsetof (Table, member)

static const SekiKindShape shapes[] = {
        [SEKI_KIND_ROLE] = {
                .name = "role",
                .size = SLOT (SekiRoleOps, tick) + sizeof (gpointer),
                .functions = { SLOT (SekiRoleOps, handle) },
        },
        [SEKI_KIND_TRANSPORT] = {
                .name = "transport",
                .size = SLOT (SekiTransportOps, stats) + sizeof (gpointer),
                .functions = { SLOT (SekiTransportOps, attach), SLOT (SekiTransportOps, bytes),
                               SLOT (SekiTransportOps, send), SLOT (SekiTransportOps, writable),
                               SLOT (SekiTransportOps, drain), SLOT (SekiTransportOps, detach),
                               SLOT (SekiTransportOps, stats) },
        },
        [SEKI_KIND_STORAGE] = {
                .name = "storage",
                .size = SLOT (SekiStorageOps, load) + sizeof (gpointer),
                .functions = { SLOT (SekiStorageOps, peek), SLOT (SekiStorageOps, commit),
                               SLOT (SekiStorageOps, get_many), SLOT (SekiStorageOps, scan),
                               SLOT (SekiStorageOps, snapshot), SLOT (SekiStorageOps, verify),
                               SLOT (SekiStorageOps, stats), SLOT (SekiStorageOps, compact) },
        },
        [SEKI_KIND_POLICY] = {
                .name = "policy",
                .size = SLOT (SekiPolicyOps, tool) + sizeof (gpointer),
                .functions = { SLOT (SekiPolicyOps, decide), SLOT (SekiPolicyOps, describe),
                               SLOT (SekiPolicyOps, digest), SLOT (SekiPolicyOps, prepare),
                               SLOT (SekiPolicyOps, swap), SLOT (SekiPolicyOps, tool) },
        },
};

const SekiKindShape *
seki_kind_get_shape (guint32 kind)
{
        return kind < G_N_ELEMENTS (shapes) && shapes[kind].name != NULL ? &shapes[kind] : NULL;
}

static gboolean
reader_fail (GError **error, const char *member)
{
        g_set_error (error, SEKI_ERROR, SEKI_ERROR_MODULE,
                     _("The %s of its descriptor cannot be read; the descriptor must be constant "
                       "data that leads into the module's own file."),
                     member);
        return FALSE;
}

/* Room in the arena; the limit is the error. */
static gpointer
reader_alloc (Reader *reader, gsize len, GError **error)
{
        gpointer memory = seki_arena_alloc (reader->arena, len);

        if (memory == NULL)
                g_set_error_literal (error, SEKI_ERROR, SEKI_ERROR_LIMIT,
                                     _("Its descriptor is larger than any module needs; shorten "
                                       "its texts."));
        return memory;
}

/* Follows the text pointer at place; *out_text stays NULL where the pointer is NULL. */
static gboolean
reader_text (Reader *reader, guint64 place, const char *member, const char **out_text,
             GError **error)
{
        guint64 target;
        SekiElfPointer kind = seki_elf_pointer (reader->elf, place, &target);
        SekiSpan text;
        char *copy;

        *out_text = NULL;
        if (kind == SEKI_ELF_NULL)
                return TRUE;
        text = kind == SEKI_ELF_OWN ? seki_elf_text (reader->elf, target, TEXT_MAX)
                                    : SEKI_SPAN_NONE;
        if (text.data == NULL || seki_utf8_scan (text) != SEKI_UTF8_CLEAN)
                return reader_fail (error, member);
        copy = reader_alloc (reader, text.len + 1, error);
        if (copy == NULL)
                return FALSE;
        memcpy (copy, text.data, text.len);
        *out_text = copy;
        return TRUE;
}

/* Follows the pointer at place to a NULL-terminated array of texts; NULL is the empty array. */
static gboolean
reader_list (Reader *reader, guint64 place, const char *member, const char *const **out_list,
             GError **error)
{
        const char *texts[LIST_MAX + 1] = { NULL };
        guint64 target;
        SekiElfPointer kind = seki_elf_pointer (reader->elf, place, &target);
        gsize n = 0;
        const char **copy;

        if (kind != SEKI_ELF_NULL && kind != SEKI_ELF_OWN)
                return reader_fail (error, member);
        for (; kind == SEKI_ELF_OWN && n <= LIST_MAX; n++) {
                if (!reader_text (reader, target + n * 8, member, &texts[n], error))
                        return FALSE;
                if (texts[n] == NULL)
                        break;
        }
        if (n > LIST_MAX)
                return reader_fail (error, member);
        copy = reader_alloc (reader, (n + 1) * sizeof *copy, error);
        if (copy == NULL)
                return FALSE;
        memcpy (copy, texts, n * sizeof *copy);
        *out_list = copy;
        return TRUE;
}

/* One item of an array: its plain members as they are, its pointers followed. */
static gboolean
reader_item (Reader *reader, guint64 address, const SekiDeclarationShape *shape, guint8 *out,
             GError **error)
{
        if (!seki_elf_read (reader->elf, address, out, shape->size))
                return reader_fail (error, shape->member);
        for (const gint16 *at = shape->texts; *at >= 0; at++)
                if (!reader_text (reader, address + (guint64) *at, shape->member,
                                  (const char **) (gpointer) (out + *at), error))
                        return FALSE;
        return shape->list < 0 ||
               reader_list (reader, address + (guint64) shape->list, shape->member,
                            (const char *const **) (gpointer) (out + shape->list), error);
}

/* Follows the pointer at place to an array ended by a NULL name; NULL is the empty array. */
static gboolean
reader_array (Reader *reader, guint64 place, const SekiDeclarationShape *shape,
              gconstpointer *out_array, GError **error)
{
        guint64 target, name;
        SekiElfPointer kind = seki_elf_pointer (reader->elf, place, &target);
        gsize n = 0;
        guint8 *copy;

        if (kind != SEKI_ELF_NULL && kind != SEKI_ELF_OWN)
                return reader_fail (error, shape->member);
        while (kind == SEKI_ELF_OWN && n <= shape->limit &&
               seki_elf_pointer (reader->elf, target + n * shape->size, &name) != SEKI_ELF_NULL)
                n++;
        if (n > shape->limit)
                return reader_fail (error, shape->member);
        copy = reader_alloc (reader, (n + 1) * shape->size, error);
        *out_array = copy;
        for (gsize i = 0; copy != NULL && i < n; i++)
                if (!reader_item (reader, target + i * shape->size, shape, copy + i * shape->size,
                                  error) ||
                    !shape->check (copy + i * shape->size, error))
                        return FALSE;
        return copy != NULL;
}

static gboolean
reader_function (Reader *reader, guint64 place, gboolean needed)
{
        guint64 target;
        SekiElfPointer kind = seki_elf_pointer (reader->elf, place, &target);

        return kind == SEKI_ELF_FOREIGN || (kind == SEKI_ELF_NULL && !needed) ||
               (kind == SEKI_ELF_OWN && seki_elf_is_code (reader->elf, target));
}

static gboolean
descriptor_check_life (const SekiDescriptor *descriptor, Reader *reader, GError **error)
{
        static const guint16 life[] = { SLOT (SekiModule, open), SLOT (SekiModule, start),
                                        SLOT (SekiModule, stop), SLOT (SekiModule, close) };

        for (guint i = 0; i < G_N_ELEMENTS (life); i++)
                if (!reader_function (reader, descriptor->address + life[i], TRUE))
                        return seki_elf_fail (error, _("Its descriptor lacks one of the functions "
                                                       "open, start, stop and close; write all "
                                                       "four."));
        if (!reader_function (reader, descriptor->address + SLOT (SekiModule, probe), FALSE))
                return reader_fail (error, "probe");
        return TRUE;
}

/* The head is read before anything else: what follows depends on it. */
static gboolean
descriptor_read_head (SekiDescriptor *descriptor, const SekiElf *elf, GError **error)
{
        guint64 size;
        SekiModule *module = &descriptor->module;

        if (!seki_elf_find (elf, "seki_module", &descriptor->address, &size) ||
            !seki_elf_read (elf, descriptor->address, module, SLOT (SekiModule, name)))
                return seki_elf_fail (error,
                                      _("It exports no descriptor seki_module; end module.c with "
                                        "SEKI_MODULE_DEFINE."));
        if (module->abi != SEKI_ABI) {
                g_set_error (error, SEKI_ERROR, SEKI_ERROR_MODULE,
                             _("It was built against contract number %u, this node speaks number "
                               "%u; get the module for this node."),
                             module->abi, SEKI_ABI);
                return FALSE;
        }
        if (module->size < SEKI_MODULE_FIRST_SIZE || module->size > TABLE_SIZE_MAX ||
            module->size > size) {
                g_set_error (error, SEKI_ERROR, SEKI_ERROR_MODULE,
                             _("Its descriptor states a size of %u bytes and has %" PRIu64
                               "; at least %zu are needed. Build the module anew."),
                             module->size, size, SEKI_MODULE_FIRST_SIZE);
                return FALSE;
        }
        if (seki_kind_get_shape (module->kind) == NULL || module->threads > SEKI_THREADS_ANY)
                return seki_elf_fail (error, _("Its descriptor names a kind or a threading this "
                                               "node does not know; get the module for this "
                                               "node."));
        return TRUE;
}

typedef struct {
        const char *member;
        guint16 slot;
} Member;

#define MEMBER(name) { #name, SLOT (SekiModule, name) }

static gboolean
descriptor_read_texts (SekiDescriptor *descriptor, Reader *reader, GError **error)
{
        static const Member texts[] = { MEMBER (name), MEMBER (version), MEMBER (summary) };
        static const Member lists[] = { MEMBER (provides), MEMBER (needs), MEMBER (wants),
                                        MEMBER (clauses) };
        guint8 *out = (guint8 *) &descriptor->module;

        for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
                if (!reader_text (reader, descriptor->address + texts[i].slot, texts[i].member,
                                  (const char **) (gpointer) (out + texts[i].slot), error))
                        return FALSE;
        for (guint i = 0; i < G_N_ELEMENTS (lists); i++)
                if (!reader_list (reader, descriptor->address + lists[i].slot, lists[i].member,
                                  (const char *const **) (gpointer) (out + lists[i].slot), error))
                        return FALSE;
        return TRUE;
}

static gboolean
descriptor_read_arrays (SekiDescriptor *descriptor, Reader *reader, GError **error)
{
        static const struct {
                guint16 slot;
                const SekiDeclarationShape *shape;
        } arrays[] = {
                { SLOT (SekiModule, options), &seki_option_shape },
                { SLOT (SekiModule, facts), &seki_fact_shape },
                { SLOT (SekiModule, events), &seki_event_shape },
                { SLOT (SekiModule, reasons), &seki_reason_shape },
        };
        guint8 *out = (guint8 *) &descriptor->module;

        for (guint i = 0; i < G_N_ELEMENTS (arrays); i++)
                if (!reader_array (reader, descriptor->address + arrays[i].slot, arrays[i].shape,
                                   (gconstpointer *) (gpointer) (out + arrays[i].slot), error))
                        return FALSE;
        return seki_elf_read (reader->elf, descriptor->address + SLOT (SekiModule, needs_number),
                              &descriptor->module.needs_number, sizeof (guint32)) ||
               reader_fail (error, "needs_number");
}

static gboolean
descriptor_check_name (const SekiModule *module, GError **error)
{
        const char *kind = seki_kind_get_shape (module->kind)->name;
        gsize len = strlen (kind);

        if (module->name == NULL || module->version == NULL || module->summary == NULL)
                return seki_elf_fail (error, _("Its descriptor lacks its name, version or summary; "
                                               "write all three."));
        if (strncmp (module->name, kind, len) == 0 && module->name[len] == '-' &&
            seki_name_is_valid (module->name, "-", 63))
                return TRUE;
        g_set_error (error, SEKI_ERROR, SEKI_ERROR_MODULE,
                     _("Its descriptor is of the kind %s and names itself \"%s\"; the name must be "
                       "%s-NAME in small letters, digits and hyphens."),
                     kind, module->name, kind);
        return FALSE;
}

/* The union does not say which table is set: its size and where its pointers lead do. */
static gboolean
descriptor_read_table (SekiDescriptor *descriptor, Reader *reader, GError **error)
{
        const SekiKindShape *shape = seki_kind_get_shape (descriptor->module.kind);
        guint64 table;
        gboolean fits =
                seki_elf_pointer (reader->elf, descriptor->address + SLOT (SekiModule, role),
                                  &table) == SEKI_ELF_OWN &&
                seki_elf_read (reader->elf, table, &descriptor->table_size, sizeof (guint32)) &&
                descriptor->table_size >= shape->size && descriptor->table_size <= TABLE_SIZE_MAX;

        for (const guint16 *slot = shape->functions; fits && *slot != 0; slot++)
                fits = reader_function (reader, table + *slot, TRUE);
        if (!fits) {
                g_set_error (error, SEKI_ERROR, SEKI_ERROR_MODULE,
                             _("Its table is not a whole table of the kind %s; fill every function "
                               "the contract demands and check .kind."),
                             shape->name);
                return FALSE;
        }
        if (descriptor->module.kind == SEKI_KIND_ROLE)
                return reader_array (reader, table + SLOT (SekiRoleOps, actions),
                                     &seki_action_shape, (gconstpointer *) &descriptor->actions,
                                     error);
        if (descriptor->module.kind != SEKI_KIND_TRANSPORT)
                return TRUE;
        if (!reader_text (reader, table + SLOT (SekiTransportOps, alpn), "alpn", &descriptor->alpn,
                          error))
                return FALSE;
        return descriptor->alpn != NULL || reader_fail (error, "alpn");
}

gboolean
seki_descriptor_read (SekiDescriptor *descriptor, const SekiElf *elf, SekiArena *arena,
                      GError **error)
{
        Reader reader = { .elf = elf, .arena = arena };

        memset (descriptor, 0, sizeof *descriptor);
        return descriptor_read_head (descriptor, elf, error) &&
               descriptor_read_texts (descriptor, &reader, error) &&
               descriptor_read_arrays (descriptor, &reader, error) &&
               descriptor_check_name (&descriptor->module, error) &&
               descriptor_check_life (descriptor, &reader, error) &&
               descriptor_read_table (descriptor, &reader, error);
}
