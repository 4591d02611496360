/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel/registry.h"

#include "base/text.h"
#include "kernel/admission.h"
#include "kernel/schema.h"
#include "kernel/settings.h"

/* An action under its name, for look-up by a span. */
typedef struct {
        SekiSpan name;
        const SekiAction *action;
        SekiPlugin *role;
} Entry;

struct SekiRegistry {
        SekiHost *host;
        char *data_folder;
        GPtrArray *admissions;          /* SekiAdmission *, in start order once resolved */
        GPtrArray *fields;              /* const SekiFactSpec * */
        SekiSchema schema;
        GHashTable *actions;            /* Entry, its own key */
        GHashTable *reasons;            /* id -> const SekiReason * */
        gboolean resolved, open;
};

static guint
entry_hash (gconstpointer key)
{
        const Entry *entry = key;
        guint hash = 2166136261u;

        for (gsize i = 0; i < entry->name.len; i++)
                hash = (hash ^ entry->name.data[i]) * 16777619u;
        return hash;
}

static gboolean
entry_equal (gconstpointer a, gconstpointer b)
{
        return seki_span_equal (((const Entry *) a)->name, ((const Entry *) b)->name);
}

static SekiAdmission *
registry_at (SekiRegistry *registry, guint n)
{
        return g_ptr_array_index (registry->admissions, n);
}

SekiRegistry *
seki_registry_new (SekiHost *host, const char *data_folder)
{
        SekiRegistry *registry = g_new0 (SekiRegistry, 1);

        registry->host = host;
        registry->data_folder = g_canonicalize_filename (data_folder, NULL);
        registry->admissions =
                g_ptr_array_new_with_free_func ((GDestroyNotify) seki_admission_free);
        registry->actions = g_hash_table_new_full (entry_hash, entry_equal, g_free, NULL);
        registry->reasons = g_hash_table_new (g_str_hash, g_str_equal);
        return registry;
}

void
seki_registry_free (SekiRegistry *registry)
{
        if (registry == NULL)
                return;
        seki_registry_close (registry);
        if (registry->host->schema == &registry->schema)
                registry->host->schema = NULL;
        g_hash_table_unref (registry->actions);
        g_hash_table_unref (registry->reasons);
        g_clear_pointer (&registry->fields, g_ptr_array_unref);
        g_ptr_array_unref (registry->admissions);
        g_free (registry->data_folder);
        g_free (registry);
}

/* Two copies of one file would be two modules with one state between them. */
static gboolean
admission_is_new (SekiRegistry *registry, const SekiAdmission *admission, GError **error)
{
        for (guint i = 0; i < registry->admissions->len; i++) {
                SekiAdmission *other = registry_at (registry, i);

                if (!g_str_equal (other->plugin.digest, admission->plugin.digest) &&
                    !g_str_equal (other->module.name, admission->module.name))
                        continue;
                g_set_error (error, SEKI_ERROR, SEKI_ERROR_MODULE,
                             _("The module %s is admitted already; name it once in the profile."),
                             other->module.name);
                return FALSE;
        }
        return TRUE;
}

gboolean
seki_registry_admit (SekiRegistry *registry, const SekiModuleSpec *spec, GError **error)
{
        g_autoptr (SekiAdmission) admission = NULL;

        g_return_val_if_fail (!registry->resolved, FALSE);
        admission = seki_admission_new (spec, error);
        if (admission == NULL || !admission_is_new (registry, admission, error))
                return FALSE;
        g_ptr_array_add (registry->admissions, g_steal_pointer (&admission));
        return TRUE;
}

static gboolean
kinds_check (SekiRegistry *registry, GError **error)
{
        static const struct {
                guint32 kind;
                const char *sentence;
        } ones[] = {
                { SEKI_KIND_STORAGE,
                  N_("A node has exactly one storage module, this profile names %u; name one.") },
                { SEKI_KIND_POLICY,
                  N_("A node has exactly one policy module, this profile names %u; name one.") },
        };

        for (guint i = 0; i < G_N_ELEMENTS (ones); i++) {
                guint n = 0;

                while (seki_registry_get (registry, ones[i].kind, n) != NULL)
                        n++;
                if (n == 1)
                        continue;
                g_set_error (error, SEKI_ERROR, SEKI_ERROR_CONFIG, _(ones[i].sentence), n);
                return FALSE;
        }
        return TRUE;
}

static gboolean
settings_fill (SekiRegistry *registry, GError **error)
{
        for (guint i = 0; i < registry->admissions->len; i++) {
                SekiAdmission *each = registry_at (registry, i);

                seki_settings_free (each->settings);
                each->settings = seki_settings_new (&each->module, (const char *const *) each->keys,
                                                    (const char *const *) each->values,
                                                    registry->data_folder, error);
                if (each->settings == NULL)
                        return FALSE;
        }
        return TRUE;
}

static gboolean
schema_fill (SekiRegistry *registry, const SekiFactSpec *core_facts, GError **error)
{
        g_autoptr (GPtrArray) modules = g_ptr_array_new ();

        for (guint i = 0; i < registry->admissions->len; i++)
                g_ptr_array_add (modules, &registry_at (registry, i)->module);
        g_clear_pointer (&registry->fields, g_ptr_array_unref);
        registry->fields =
                seki_schema_number (core_facts, (const SekiModule *const *) modules->pdata,
                                    modules->len, error);
        if (registry->fields == NULL)
                return FALSE;
        registry->schema.fields = (const SekiFactSpec *const *) registry->fields->pdata;
        registry->schema.n_fields = registry->fields->len;
        registry->host->schema = &registry->schema;
        return TRUE;
}

static gboolean
action_add (SekiRegistry *registry, SekiAdmission *role, const SekiAction *action, GError **error)
{
        Entry *entry = g_new0 (Entry, 1);
        const Entry *other;

        entry->name = seki_span_text (action->name);
        entry->action = action;
        entry->role = &role->plugin;
        other = g_hash_table_lookup (registry->actions, entry);
        if (other == NULL)
                return g_hash_table_add (registry->actions, entry);
        g_free (entry);
        g_set_error (error, SEKI_ERROR, SEKI_ERROR_MODULE,
                     _("The action %s is declared by %s and by %s; leave one of the two modules "
                       "out."),
                     action->name, other->role->module->name, role->module.name);
        return FALSE;
}

static gboolean
actions_fill (SekiRegistry *registry, GError **error)
{
        SekiPlugin *role;

        g_hash_table_remove_all (registry->actions);
        for (guint n = 0; (role = seki_registry_get (registry, SEKI_KIND_ROLE, n)) != NULL; n++)
                for (const SekiAction *action = role->module->role->actions; action->name != NULL;
                     action++)
                        if (!action_add (registry, (SekiAdmission *) role, action, error))
                                return FALSE;
        return TRUE;
}

static void
reasons_fill (SekiRegistry *registry)
{
        for (guint i = 0; i < registry->admissions->len; i++)
                for (const SekiReason *reason = registry_at (registry, i)->module.reasons;
                     reason->id != NULL; reason++)
                        if (!g_hash_table_contains (registry->reasons, reason->id))
                                g_hash_table_insert (registry->reasons, (gpointer) reason->id,
                                                     (gpointer) reason);
}

gboolean
seki_registry_resolve (SekiRegistry *registry, const SekiFactSpec *core_facts, GError **error)
{
        g_return_val_if_fail (!registry->resolved, FALSE);
        if (!kinds_check (registry, error) || !seki_order_resolve (registry->admissions, error) ||
            !settings_fill (registry, error) || !schema_fill (registry, core_facts, error) ||
            !actions_fill (registry, error))
                return FALSE;
        reasons_fill (registry);
        registry->resolved = TRUE;
        return TRUE;
}

static gboolean
modules_load (SekiRegistry *registry, GError **error)
{
        for (guint i = 0; i < registry->admissions->len; i++)
                if (!seki_admission_load (registry_at (registry, i), error))
                        return FALSE;
        return actions_fill (registry, error);
}

gboolean
seki_registry_open (SekiRegistry *registry, GError **error)
{
        g_return_val_if_fail (registry->resolved, FALSE);
        if (!modules_load (registry, error))
                return FALSE;
        for (guint i = 0; i < registry->admissions->len; i++)
                if (!seki_admission_open (registry_at (registry, i), registry->host, error)) {
                        seki_registry_close (registry);
                        return FALSE;
                }
        registry->open = TRUE;
        return TRUE;
}

gboolean
seki_registry_start (SekiRegistry *registry, guint32 kind, GError **error)
{
        g_return_val_if_fail (registry->open, FALSE);
        for (guint i = 0; i < registry->admissions->len; i++) {
                SekiAdmission *each = registry_at (registry, i);

                if ((kind == 0 || kind == each->module.kind) &&
                    !seki_admission_start (each, error)) {
                        seki_registry_close (registry);
                        return FALSE;
                }
        }
        return TRUE;
}

void
seki_registry_stop (SekiRegistry *registry)
{
        for (guint i = registry->admissions->len; i > 0; i--)
                seki_admission_stop (registry_at (registry, i - 1));
}

void
seki_registry_close (SekiRegistry *registry)
{
        seki_registry_stop (registry);
        for (guint i = registry->admissions->len; i > 0; i--)
                seki_admission_close (registry_at (registry, i - 1));
        registry->open = FALSE;
}

SekiPlugin *
seki_registry_get (SekiRegistry *registry, guint32 kind, guint n)
{
        for (guint i = 0; i < registry->admissions->len; i++)
                if (registry_at (registry, i)->module.kind == kind && n-- == 0)
                        return &registry_at (registry, i)->plugin;
        return NULL;
}

SekiPlugin *
seki_registry_each (SekiRegistry *registry, guint n)
{
        return n < registry->admissions->len ? &registry_at (registry, n)->plugin : NULL;
}

const SekiAction *
seki_registry_find_action (SekiRegistry *registry, SekiSpan name, SekiPlugin **out_role)
{
        Entry key = { .name = name };
        const Entry *entry = g_hash_table_lookup (registry->actions, &key);

        if (out_role != NULL)
                *out_role = entry != NULL ? entry->role : NULL;
        return entry != NULL ? entry->action : NULL;
}

const SekiSchema *
seki_registry_get_schema (SekiRegistry *registry)
{
        return &registry->schema;
}

void
seki_registry_add_reasons (SekiRegistry *registry, const SekiReason *reasons)
{
        for (; reasons->id != NULL; reasons++)
                g_hash_table_replace (registry->reasons, (gpointer) reasons->id,
                                      (gpointer) reasons);
}

static gboolean
language_is_japanese (void)
{
        for (const char *const *name = g_get_language_names (); *name != NULL; name++) {
                if (g_str_has_prefix (*name, "ja"))
                        return TRUE;
                if (g_str_has_prefix (*name, "en"))
                        return FALSE;
        }
        return FALSE;
}

const char *
seki_registry_reason (SekiRegistry *registry, const char *id)
{
        const SekiReason *reason = g_hash_table_lookup (registry->reasons, id);

        if (reason == NULL)
                return id;
        return language_is_japanese () ? reason->ja : reason->en;
}
