/* SPDX-License-Identifier: Apache-2.0 */
/* The groups and keys a profile may have, checked against the schema. */
#include "daemon/value.h"

#include "base/text.h"
#include "kernel/nearest.h"

gboolean
seki_profile_refuse (GError **error, const char *file, guint line, const char *sentence,
                     const char *a, const char *b)
{
        g_autofree char *text = g_strdup_printf (sentence, a, b);

        g_set_error (error, SEKI_ERROR, SEKI_ERROR_CONFIG, "%s:%u: %s", file, line, text);
        return FALSE;
}

/* A module's group holds its options besides the keys of the schema. */
static gboolean
kind_is_open (const char *kind)
{
        return strcmp (kind, "module") == 0;
}

static gboolean
kind_is_named (const char *kind)
{
        return strcmp (kind, "person") == 0 || strcmp (kind, "peer") == 0 ||
               strcmp (kind, "office") == 0 || strcmp (kind, "module") == 0;
}

const SekiProfileKey *
seki_profile_find_key (const char *group, const char *key)
{
        for (const SekiProfileKey *k = seki_profile_schema (); k->group != NULL; k++)
                if (strcmp (k->group, group) == 0 && (key == NULL || strcmp (k->key, key) == 0))
                        return k;
        return NULL;
}

static gboolean
group_check_name (const SekiGroup *group, GError **error)
{
        g_autoptr (GPtrArray) known = g_ptr_array_new ();
        const char *nearest;

        if (seki_profile_find_key (group->kind, NULL) != NULL) {
                if (kind_is_named (group->kind) == (group->name != NULL))
                        return TRUE;
                return seki_profile_refuse (
                        error, group->file, group->line,
                        group->name != NULL ? _("The group [%s] takes no name. Remove '%s'.")
                                            : _("The group [%s] needs a name: write [%s NAME]."),
                        group->kind, group->name != NULL ? group->name : group->kind);
        }
        for (const SekiProfileKey *k = seki_profile_schema (); k->group != NULL; k++)
                g_ptr_array_add (known, (gpointer) k->group);
        g_ptr_array_add (known, NULL);
        nearest = seki_nearest (group->kind, (const char *const *) known->pdata);
        return seki_profile_refuse (
                error, group->file, group->line,
                nearest != NULL ? _("No profile has a group [%s]. Did you mean [%s]?")
                                : _("No profile has a group [%s]. See: sekisho config schema%s"),
                group->kind, nearest != NULL ? nearest : "");
}

static gboolean
key_unknown (const SekiGroup *group, const SekiKey *key, GError **error)
{
        g_autoptr (GPtrArray) known = g_ptr_array_new ();
        const char *nearest;

        for (const SekiProfileKey *k = seki_profile_schema (); k->group != NULL; k++)
                if (strcmp (k->group, group->kind) == 0)
                        g_ptr_array_add (known, (gpointer) k->key);
        g_ptr_array_add (known, NULL);
        nearest = seki_nearest (key->key, (const char *const *) known->pdata);
        return seki_profile_refuse (
                error, key->file, key->line,
                nearest != NULL
                        ? _("There is no key '%s' here. Did you mean '%s'?")
                        : _("There is no key '%s' in the group [%s]. See: sekisho config schema"),
                key->key, nearest != NULL ? nearest : group->kind);
}

gboolean
seki_profile_check_group (const SekiGroup *group, GError **error)
{
        if (!group_check_name (group, error))
                return FALSE;
        for (guint i = 0; i < group->keys->len; i++) {
                const SekiKey *key = g_ptr_array_index (group->keys, i);
                const SekiProfileKey *schema = seki_profile_find_key (group->kind, key->key);

                if (schema == NULL && !kind_is_open (group->kind))
                        return key_unknown (group, key, error);
                if (schema != NULL && !seki_value_is_sound (schema, key->value))
                        return seki_profile_refuse (
                                error, key->file, key->line,
                                _("'%s' can not be '%s'. See the key in: sekisho config schema"),
                                key->key, key->value);
        }
        for (const SekiProfileKey *k = seki_profile_schema (); k->group != NULL; k++)
                if (strcmp (k->group, group->kind) == 0 && k->required &&
                    seki_group_find (group, k->key) == NULL)
                        return seki_profile_refuse (
                                error, group->file, group->line,
                                _("The group [%s] lacks the key '%s'. Add it."), group->kind,
                                k->key);
        return TRUE;
}
