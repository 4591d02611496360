/* SPDX-License-Identifier: Apache-2.0 */
/* sekisho config: what a profile may say, and what this one says. */
#include "base/text.h"
#include "cli/client.h"
#include "cli/compose.h"
#include "cli/nouns.h"
#include "cli/print.h"
#include "cli/view.h"

static const char *
type_name (SekiValueType type)
{
        static const char *const names[] = { "text",    "path",   "list",         "integer", "size",
                                             "seconds", "yes-no", "address:port", "word" };

        return (guint) type < G_N_ELEMENTS (names) ? names[type] : "";
}

static GVariant *
key_compose (const SekiProfileKey *key)
{
        GVariantDict dict;

        g_variant_dict_init (&dict, NULL);
        g_variant_dict_insert (&dict, "group", "s", key->group);
        g_variant_dict_insert (&dict, "key", "s", key->key);
        g_variant_dict_insert (&dict, "type", "s", type_name (key->type));
        g_variant_dict_insert (&dict, "required", "b", key->required);
        g_variant_dict_insert (&dict, "help", "s", _(key->help));
        if (key->fallback != NULL)
                g_variant_dict_insert (&dict, "default", "s", key->fallback);
        if (key->max != 0) {
                g_variant_dict_insert (&dict, "min", "x", key->min);
                g_variant_dict_insert (&dict, "max", "x", key->max);
        }
        if (key->values != NULL)
                g_variant_dict_insert (&dict, "values", "^as", key->values);
        return g_variant_dict_end (&dict);
}

gboolean
seki_config_schema (SekiInvocation *in, GError **error)
{
        static const SekiColumn columns[] = {
                { "group", N_("group") },
                { "key", N_("key") },
                { "type", N_("type") },
                { "required", N_("required"), SEKI_SHOW_YES },
                { "default", N_("default") },
                { "help", N_("meaning") },
                { NULL }
        };
        g_auto (SekiBuffer) answer = { 0 };
        GVariantBuilder items;
        GVariantDict dict;
        gboolean shown;

        g_variant_builder_init (&items, G_VARIANT_TYPE ("aa{sv}"));
        for (const SekiProfileKey *key = seki_profile_schema (); key->group != NULL; key++)
                g_variant_builder_add_value (&items, key_compose (key));
        seki_cbor_writer_init (&answer, NULL);
        g_variant_dict_init (&dict, NULL);
        g_variant_dict_insert_value (&dict, "items", g_variant_builder_end (&items));
        seki_compose (g_variant_dict_end (&dict), &answer);
        if (!seki_show_answer (in, seki_cbor_writer_get_span (&answer), &shown, error))
                return FALSE;
        if (!shown)
                seki_show_table (seki_view_get (seki_cbor_writer_get_span (&answer), "items"),
                                 columns, "");
        return TRUE;
}

static GVariant *
group_compose (const SekiGroup *group)
{
        GVariantDict dict, keys;

        g_variant_dict_init (&dict, NULL);
        g_variant_dict_init (&keys, NULL);
        for (guint i = 0; i < group->keys->len; i++) {
                const SekiKey *key = g_ptr_array_index (group->keys, i);

                g_variant_dict_insert (&keys, key->key, "s", key->value);
        }
        g_variant_dict_insert (&dict, "group", "s", group->kind);
        if (group->name != NULL)
                g_variant_dict_insert (&dict, "name", "s", group->name);
        g_variant_dict_insert_value (&dict, "keys", g_variant_dict_end (&keys));
        return g_variant_dict_end (&dict);
}

static gboolean
profile_show_json (SekiProfile *profile, GError **error)
{
        g_autoptr (SekiKeyFile) file = seki_key_file_read (seki_profile_get_path (profile), error);
        g_auto (SekiBuffer) answer = { 0 };
        GVariantBuilder groups;
        GVariantDict dict;
        GPtrArray *all;

        if (file == NULL)
                return FALSE;
        all = seki_key_file_get_groups (file);
        g_variant_builder_init (&groups, G_VARIANT_TYPE ("aa{sv}"));
        for (guint i = 0; i < all->len; i++)
                g_variant_builder_add_value (&groups, group_compose (g_ptr_array_index (all, i)));
        g_variant_dict_init (&dict, NULL);
        g_variant_dict_insert (&dict, "digest", "s", seki_profile_get_digest (profile));
        g_variant_dict_insert_value (&dict, "groups", g_variant_builder_end (&groups));
        seki_cbor_writer_init (&answer, NULL);
        seki_compose (g_variant_dict_end (&dict), &answer);
        return seki_show_json (seki_cbor_writer_get_span (&answer), error);
}

gboolean
seki_config_show (SekiInvocation *in, GError **error)
{
        g_autoptr (SekiProfile) profile = seki_client_profile (in, error);
        g_autofree char *text = profile != NULL ? seki_profile_dup_canonical (profile) : NULL;

        if (profile == NULL)
                return FALSE;
        if (in->option[SEKI_CLI_JSON] != NULL)
                return profile_show_json (profile, error);
        seki_print ("# %s\n%s", seki_profile_get_digest (profile), text);
        return TRUE;
}
