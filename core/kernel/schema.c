/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel/schema.h"

#include "base/text.h"

typedef struct {
        GPtrArray *fields;              /* const SekiFactSpec * */
        GHashTable *owners;             /* field -> who declared it */
} Numbering;

static gboolean
numbering_add (Numbering *numbering, const SekiFactSpec *facts, const char *owner, GError **error)
{
        for (; facts->name != NULL; facts++) {
                const char *other = g_hash_table_lookup (numbering->owners, facts->name);

                if (other != NULL) {
                        g_set_error (error, SEKI_ERROR, SEKI_ERROR_MODULE,
                                     _("The fact %s is declared by %s and by %s; leave one of the "
                                       "two modules out or get another version of it."),
                                     facts->name, other, owner);
                        return FALSE;
                }
                if (numbering->fields->len == SEKI_FACTS_MAX) {
                        g_set_error (error, SEKI_ERROR, SEKI_ERROR_LIMIT,
                                     _("With %s the modules of the profile declare more than %u "
                                       "facts; load fewer modules."),
                                     owner, (guint) SEKI_FACTS_MAX);
                        return FALSE;
                }
                g_ptr_array_add (numbering->fields, (gpointer) facts);
                g_hash_table_insert (numbering->owners, (gpointer) facts->name, (gpointer) owner);
        }
        return TRUE;
}

GPtrArray *
seki_schema_number (const SekiFactSpec *core_facts, const SekiModule *const *modules,
                    gsize n_modules, GError **error)
{
        g_autoptr (GPtrArray) fields = g_ptr_array_new ();
        g_autoptr (GHashTable) owners = g_hash_table_new (g_str_hash, g_str_equal);
        Numbering numbering = { fields, owners };

        if (!numbering_add (&numbering, core_facts, _("the core"), error))
                return NULL;
        for (gsize i = 0; i < n_modules; i++)
                if (!numbering_add (&numbering, modules[i]->facts, modules[i]->name, error))
                        return NULL;
        return g_steal_pointer (&fields);
}
