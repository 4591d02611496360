/* SPDX-License-Identifier: Apache-2.0 */
/* sekisho module: what modules are, read from their files. */
#include "base/text.h"
#include "cli/client.h"
#include "cli/compose.h"
#include "cli/nouns.h"
#include "cli/print.h"
#include "cli/view.h"
#include "kernel/image.h"

static const char *
kind_name (guint32 kind)
{
        static const char *const names[] = { "", "role", "transport", "storage", "policy" };

        return kind < G_N_ELEMENTS (names) ? names[kind] : "";
}

static GVariant *
spec_compose (const SekiModuleSpec *spec)
{
        g_autoptr (GError) error = NULL;
        g_autoptr (SekiImage) image = seki_image_open (spec->path, &error);
        GVariantDict dict;
        gboolean same;

        g_variant_dict_init (&dict, NULL);
        g_variant_dict_insert (&dict, "name", "s", spec->name);
        g_variant_dict_insert (&dict, "file", "s", spec->path);
        g_variant_dict_insert (&dict, "number", "b", spec->number);
        same = image != NULL &&
               g_ascii_strcasecmp (seki_image_get_digest (image), spec->digest) == 0;
        g_variant_dict_insert (&dict, "admitted", "b", same);
        if (image != NULL && seki_image_read (image, &error)) {
                const SekiModule *module = seki_image_get_module (image);

                g_variant_dict_insert (&dict, "kind", "s", kind_name (module->kind));
                g_variant_dict_insert (&dict, "version", "s", module->version);
                g_variant_dict_insert (&dict, "digest", "s", seki_image_get_digest (image));
        }
        if (error != NULL)
                g_variant_dict_insert (&dict, "problem", "s", error->message);
        else if (!same)
                g_variant_dict_insert (
                        &dict, "problem", "s",
                        _("The file is not the one whose digest the profile names."));
        return g_variant_dict_end (&dict);
}

gboolean
seki_module_list (SekiInvocation *in, GError **error)
{
        static const SekiColumn columns[] = {
                { "name", N_("module") },
                { "kind", N_("kind") },
                { "version", N_("version") },
                { "admitted", N_("as approved"), SEKI_SHOW_YES },
                { "number", N_("sees numbers"), SEKI_SHOW_YES },
                { "file", N_("file") },
                { "problem", N_("problem") },
                { NULL }
        };
        g_autoptr (SekiProfile) profile = seki_client_profile (in, error);
        const SekiModuleSpec *specs;
        g_auto (SekiBuffer) answer = { 0 };
        GVariantBuilder items;
        GVariantDict dict;
        gboolean shown;
        gsize n;

        if (profile == NULL)
                return FALSE;
        specs = seki_profile_get_modules (profile, &n);
        g_variant_builder_init (&items, G_VARIANT_TYPE ("aa{sv}"));
        for (gsize i = 0; i < n; i++)
                g_variant_builder_add_value (&items, spec_compose (&specs[i]));
        g_variant_dict_init (&dict, NULL);
        g_variant_dict_insert_value (&dict, "items", g_variant_builder_end (&items));
        seki_cbor_writer_init (&answer, NULL);
        seki_compose (g_variant_dict_end (&dict), &answer);
        if (!seki_show_answer (in, seki_cbor_writer_get_span (&answer), &shown, error))
                return FALSE;
        if (!shown)
                seki_show_table (seki_view_get (seki_cbor_writer_get_span (&answer), "items"),
                                 columns, _("The profile names no module."));
        return TRUE;
}

static gboolean
language_is_japanese (void)
{
        for (const char *const *name = g_get_language_names (); *name != NULL; name++)
                if (g_str_has_prefix (*name, "ja") || g_str_has_prefix (*name, "en"))
                        return (*name)[0] == 'j';
        return FALSE;
}

static GVariant *
pair_compose (const char *id, const char *en, const char *ja)
{
        GVariantDict dict;

        g_variant_dict_init (&dict, NULL);
        g_variant_dict_insert (&dict, "id", "s", id);
        g_variant_dict_insert (&dict, "text", "s", language_is_japanese () ? ja : en);
        return g_variant_dict_end (&dict);
}

static GVariant *
reasons_compose (const SekiModule *module)
{
        GVariantBuilder items;

        g_variant_builder_init (&items, G_VARIANT_TYPE ("aa{sv}"));
        for (const SekiReason *reason = module->reasons; reason->id != NULL; reason++)
                g_variant_builder_add_value (&items,
                                             pair_compose (reason->id, reason->en, reason->ja));
        return g_variant_builder_end (&items);
}

static GVariant *
actions_compose (SekiImage *image)
{
        GVariantBuilder items;

        g_variant_builder_init (&items, G_VARIANT_TYPE ("aa{sv}"));
        for (const SekiAction *action = seki_image_get_actions (image);
             action != NULL && action->name != NULL; action++)
                g_variant_builder_add_value (
                        &items, pair_compose (action->name, action->label_en, action->label_ja));
        return g_variant_builder_end (&items);
}

static GVariant *
options_compose (const SekiModule *module)
{
        GVariantBuilder items;

        g_variant_builder_init (&items, G_VARIANT_TYPE ("aa{sv}"));
        for (const SekiOption *option = module->options; option->name != NULL; option++) {
                GVariantDict dict;

                g_variant_dict_init (&dict, NULL);
                g_variant_dict_insert (&dict, "id", "s", option->name);
                g_variant_dict_insert (&dict, "text", "s",
                                       language_is_japanese () ? option->help_ja : option->help_en);
                g_variant_dict_insert (&dict, "reloadable", "b", option->reloadable);
                if (option->fallback != NULL)
                        g_variant_dict_insert (&dict, "default", "s", option->fallback);
                g_variant_builder_add_value (&items, g_variant_dict_end (&dict));
        }
        return g_variant_builder_end (&items);
}

static void
facts_compose (SekiImage *image, GVariantDict *dict)
{
        const SekiImageFacts *facts = seki_image_get_facts (image);

        g_variant_dict_insert (dict, "libraries", "^as", facts->libraries);
        g_variant_dict_insert (dict, "exports", "x", (gint64) facts->exports);
        g_variant_dict_insert (dict, "relro", "b", facts->relro);
        g_variant_dict_insert (dict, "now", "b", facts->now);
        g_variant_dict_insert (dict, "exec_stack", "b", facts->exec_stack);
        g_variant_dict_insert (dict, "text_relocations", "b", facts->text_relocations);
        if (facts->alpn != NULL)
                g_variant_dict_insert (dict, "alpn", "s", facts->alpn);
}

static GVariant *
image_compose (SekiImage *image)
{
        const SekiModule *module = seki_image_get_module (image);
        GVariantDict dict;

        g_variant_dict_init (&dict, NULL);
        g_variant_dict_insert (&dict, "name", "s", module->name);
        g_variant_dict_insert (&dict, "kind", "s", kind_name (module->kind));
        g_variant_dict_insert (&dict, "version", "s", module->version);
        g_variant_dict_insert (&dict, "summary", "s", module->summary);
        g_variant_dict_insert (&dict, "digest", "s", seki_image_get_digest (image));
        g_variant_dict_insert (&dict, "abi", "x", (gint64) module->abi);
        g_variant_dict_insert (&dict, "needs_number", "b", module->needs_number != 0);
        g_variant_dict_insert (&dict, "provides", "^as", module->provides);
        g_variant_dict_insert (&dict, "needs", "^as", module->needs);
        g_variant_dict_insert (&dict, "wants", "^as", module->wants);
        g_variant_dict_insert (&dict, "clauses", "^as", module->clauses);
        g_variant_dict_insert_value (&dict, "options", options_compose (module));
        g_variant_dict_insert_value (&dict, "reasons", reasons_compose (module));
        g_variant_dict_insert_value (&dict, "actions", actions_compose (image));
        facts_compose (image, &dict);
        return g_variant_dict_end (&dict);
}

static void
list_print (SekiSpan answer, const char *key, const char *title)
{
        static const SekiColumn columns[] = {
                { "id", N_("name") },
                { "default", N_("default") },
                { "text", N_("meaning") },
                { NULL }
        };
        SekiSpan items = seki_view_get (answer, key);

        if (items.len <= 1)
                return;
        seki_print ("\n%s\n", title);
        seki_show_table (items, columns, "");
}

static void
inspect_print (SekiSpan answer)
{
        static const SekiColumn columns[] = {
                { "name", N_("module") },
                { "kind", N_("kind") },
                { "version", N_("version") },
                { "summary", N_("summary") },
                { "digest", N_("digest") },
                { "abi", N_("contract") },
                { "needs_number", N_("wants to see numbers"), SEKI_SHOW_YES },
                { "provides", N_("provides") },
                { "needs", N_("needs") },
                { "wants", N_("wants") },
                { "clauses", N_("serves clauses") },
                { "alpn", N_("protocol") },
                { "libraries", N_("libraries") },
                { "exports", N_("exported symbols") },
                { "relro", "RELRO", SEKI_SHOW_YES },
                { "now", "BIND_NOW", SEKI_SHOW_YES },
                { "exec_stack", N_("executable stack"), SEKI_SHOW_YES },
                { NULL }
        };

        seki_show_fields (answer, columns);
        list_print (answer, "options", _("Options:"));
        list_print (answer, "actions", _("Actions:"));
        list_print (answer, "reasons", _("Reasons of refusals:"));
}

gboolean
seki_module_inspect (SekiInvocation *in, GError **error)
{
        g_autoptr (SekiImage) image = seki_image_open (in->arguments[0], error);
        g_auto (SekiBuffer) answer = { 0 };
        gboolean shown;

        if (image == NULL || !seki_image_read (image, error))
                return FALSE;
        seki_cbor_writer_init (&answer, NULL);
        seki_compose (image_compose (image), &answer);
        if (!seki_show_answer (in, seki_cbor_writer_get_span (&answer), &shown, error))
                return FALSE;
        if (!shown)
                inspect_print (seki_cbor_writer_get_span (&answer));
        return TRUE;
}
