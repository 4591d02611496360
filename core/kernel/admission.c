/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel/admission.h"

#include "base/text.h"
#include "kernel/settings.h"

#include <dlfcn.h>
#include <link.h>
#include <unistd.h>

static gboolean
digest_check (SekiAdmission *admission, const SekiModuleSpec *spec, GError **error)
{
        const char *found = seki_image_get_digest (admission->image);
        const char *expected = spec->digest != NULL ? spec->digest : "";

        if (g_ascii_strcasecmp (expected, found) == 0)
                return TRUE;
        g_set_error (error, SEKI_ERROR, SEKI_ERROR_MODULE,
                     _("The file %s is not the one the profile approves for the module %s: its "
                       "SHA-256 is %s, the profile expects \"%s\". If the change was meant, enter "
                       "the new digest and have the profile approved."),
                     spec->path, spec->name, found, expected);
        return FALSE;
}

/* What would weaken every other module of the process. */
static gboolean
facts_check (const SekiModuleSpec *spec, const SekiImageFacts *facts, GError **error)
{
        const char *flaw = NULL;

        if (facts->text_relocations)
                flaw = _("has relocations in its code; compile it with -fPIC");
        else if (facts->exec_stack)
                flaw = _("asks for an executable stack; link it with -z noexecstack");
        else if (facts->exports != 1)
                flaw = _("exports other symbols beside seki_module; compile it with "
                         "-fvisibility=hidden");
        if (flaw != NULL)
                g_set_error (error, SEKI_ERROR, SEKI_ERROR_MODULE, _("The module %s (%s) %s."),
                             spec->name, spec->path, flaw);
        return flaw == NULL;
}

static gboolean
name_check (const SekiModuleSpec *spec, const SekiModule *module, GError **error)
{
        if (g_strcmp0 (spec->name, module->name) == 0)
                return TRUE;
        g_set_error (error, SEKI_ERROR, SEKI_ERROR_MODULE,
                     _("The file %s holds the module %s, not %s; correct the name or the path in "
                       "the profile."),
                     spec->path, module->name, spec->name);
        return FALSE;
}

/* Points the table member at our own copy, of which so far only data is known. */
static void
view_fill (SekiAdmission *admission)
{
        const SekiAction *actions = seki_image_get_actions (admission->image);

        admission->module = *seki_image_get_module (admission->image);
        admission->ops.role.size = seki_image_get_facts (admission->image)->table_size;
        admission->module.role = &admission->ops.role;
        admission->plugin.module = &admission->module;
        if (admission->module.kind == SEKI_KIND_TRANSPORT)
                admission->ops.transport.alpn = seki_image_get_facts (admission->image)->alpn;
        if (admission->module.kind != SEKI_KIND_ROLE)
                return;
        admission->ops.role.actions = actions;
        for (; actions->name != NULL; actions++)
                admission->plugin.loads |= actions->loads;
}

SekiAdmission *
seki_admission_new (const SekiModuleSpec *spec, GError **error)
{
        g_autoptr (SekiAdmission) admission = g_new0 (SekiAdmission, 1);

        admission->image = seki_image_open (spec->path, error);
        if (admission->image == NULL || !digest_check (admission, spec, error))
                return NULL;
        /* A publisher's signature over the digest is checked here, before the
         * bytes are interpreted, once modules are signed. */
        if (!seki_image_read (admission->image, error) ||
            !name_check (spec, seki_image_get_module (admission->image), error) ||
            !facts_check (spec, seki_image_get_facts (admission->image), error))
                return NULL;
        view_fill (admission);
        admission->plugin.number = admission->module.needs_number == 1 && spec->number;
        g_strlcpy (admission->plugin.digest, seki_image_get_digest (admission->image),
                   sizeof admission->plugin.digest);
        admission->keys = g_strdupv ((char **) spec->keys);
        admission->values = g_strdupv ((char **) spec->values);
        return g_steal_pointer (&admission);
}

void
seki_admission_free (SekiAdmission *admission)
{
        if (admission == NULL)
                return;
        seki_admission_close (admission);
        seki_settings_free (admission->settings);
        g_strfreev (admission->keys);
        g_strfreev (admission->values);
        seki_image_free (admission->image);
        g_free (admission);
}

/* The descriptor in memory, where the file says it is. */
static const SekiModule *
object_find (gpointer object, guint64 address)
{
        const SekiModule *module = dlsym (object, "seki_module");
        struct link_map *map = NULL;

        if (module == NULL || dlinfo (object, RTLD_DI_LINKMAP, &map) != 0)
                return NULL;
        return (guintptr) module == (guintptr) map->l_addr + address ? module : NULL;
}

static gboolean
actions_equal (const SekiAction *a, const SekiAction *b)
{
        for (; a != NULL && b != NULL && a->name != NULL && b->name != NULL; a++, b++)
                if (!g_str_equal (a->name, b->name) || a->callers != b->callers ||
                    a->peer_roles != b->peer_roles || a->loads != b->loads ||
                    a->flags != b->flags || a->fields != b->fields)
                        return FALSE;
        return (a == NULL) == (b == NULL) && (a == NULL || a->name == b->name);
}

/* Whether what was loaded says what was read from the bytes. */
static gboolean
loaded_equal (const SekiModule *loaded, const SekiModule *read, const SekiAction *actions,
              guint32 table_size)
{
        return loaded->abi == read->abi && loaded->size == read->size &&
               loaded->kind == read->kind && loaded->threads == read->threads &&
               loaded->needs_number == read->needs_number &&
               g_strcmp0 (loaded->name, read->name) == 0 && loaded->role->size == table_size &&
               (read->kind != SEKI_KIND_ROLE || actions_equal (loaded->role->actions, actions));
}

/* Takes over functions and table; what an older module does not have stays NULL,
 * what a newer one has beyond ours is left out. */
static void
view_load (SekiAdmission *admission, const SekiModule *loaded)
{
        SekiModule *view = &admission->module;

        view->open = loaded->open;
        view->start = loaded->start;
        view->stop = loaded->stop;
        view->close = loaded->close;
        view->probe = loaded->probe;
        switch ((SekiKind) view->kind) {
        case SEKI_KIND_ROLE:
                memcpy (&admission->ops, loaded->role,
                        MIN (loaded->role->size, sizeof (SekiRoleOps)));
                break;
        case SEKI_KIND_TRANSPORT:
                memcpy (&admission->ops, loaded->transport,
                        MIN (loaded->transport->size, sizeof (SekiTransportOps)));
                break;
        case SEKI_KIND_STORAGE:
                memcpy (&admission->ops, loaded->storage,
                        MIN (loaded->storage->size, sizeof (SekiStorageOps)));
                break;
        case SEKI_KIND_POLICY:
                memcpy (&admission->ops, loaded->policy,
                        MIN (loaded->policy->size, sizeof (SekiPolicyOps)));
                break;
        }
}

gboolean
seki_admission_load (SekiAdmission *admission, GError **error)
{
        const SekiImageFacts *facts = seki_image_get_facts (admission->image);
        const SekiModule *loaded;
        g_autofree char *path = NULL;
        gpointer object;

        if (admission->loaded)
                return TRUE;
        /* The process's number and not "self": gdb opens this path, too. */
        path = g_strdup_printf ("/proc/%d/fd/%d", (int) getpid (),
                                seki_image_get_fd (admission->image));
        object = dlopen (path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
        if (object == NULL) {
                g_set_error (error, SEKI_ERROR, SEKI_ERROR_MODULE,
                             _("The module %s cannot be loaded (%s); install the libraries it "
                               "needs."),
                             admission->module.name, dlerror ());
                return FALSE;
        }
        /* The loader knows objects by path: were the descriptor closed and its
         * number used again, the next module would silently be this one. */
        seki_image_take_fd (admission->image);
        loaded = object_find (object, facts->address);
        if (loaded == NULL ||
            !loaded_equal (loaded, seki_image_get_module (admission->image),
                           seki_image_get_actions (admission->image), facts->table_size)) {
                g_set_error (error, SEKI_ERROR, SEKI_ERROR_MODULE,
                             _("The module %s shows another descriptor when loaded than in its "
                               "file; do not use it and ask its publisher."),
                             admission->module.name);
                return FALSE;
        }
        view_load (admission, loaded);
        admission->loaded = TRUE;
        return TRUE;
}

/* Names the module in front of its own words, which it may have forgotten. */
static void
error_name (SekiAdmission *admission, const char *what, GError *cause, GError **error)
{
        if (cause == NULL)
                g_set_error (&cause, SEKI_ERROR, SEKI_ERROR_MODULE, "%s",
                             _("It gave no reason; report this to its publisher."));
        g_prefix_error (&cause, "%s: %s ", admission->module.name, what);
        g_propagate_error (error, cause);
}

gboolean
seki_admission_open (SekiAdmission *admission, const SekiHost *host, GError **error)
{
        GError *cause = NULL;

        if (admission->plugin.self != NULL)
                return TRUE;
        admission->plugin.self = admission->module.open (host, admission->settings, &cause);
        if (admission->plugin.self == NULL)
                error_name (admission, _("The module cannot be opened."), cause, error);
        else
                g_clear_error (&cause);
        return admission->plugin.self != NULL;
}

gboolean
seki_admission_start (SekiAdmission *admission, GError **error)
{
        GError *cause = NULL;

        if (admission->started)
                return TRUE;
        admission->started = admission->module.start (admission->plugin.self, &cause);
        if (!admission->started)
                error_name (admission, _("The module cannot be started."), cause, error);
        else
                g_clear_error (&cause);
        return admission->started;
}

void
seki_admission_stop (SekiAdmission *admission)
{
        if (admission->started)
                admission->module.stop (admission->plugin.self);
        admission->started = FALSE;
}

void
seki_admission_close (SekiAdmission *admission)
{
        seki_admission_stop (admission);
        if (admission->plugin.self != NULL)
                admission->module.close (admission->plugin.self);
        admission->plugin.self = NULL;
}

gboolean
seki_admission_provides (const SekiAdmission *admission, const char *feature)
{
        return g_str_equal (admission->module.name, feature) ||
               g_strv_contains (admission->module.provides, feature);
}
