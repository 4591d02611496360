/* SPDX-License-Identifier: Apache-2.0 */
/* Start order: whom a module needs or wants starts before it. */
#include "kernel/admission.h"

#include "base/text.h"

static const SekiAdmission *
admission_at (GPtrArray *list, guint i)
{
        return g_ptr_array_index (list, i);
}

/* The first of list, other than itself, that provides one of features. */
static const SekiAdmission *
provider_find (GPtrArray *list, const SekiAdmission *self, const char *const *features)
{
        for (; *features != NULL; features++)
                for (guint i = 0; i < list->len; i++)
                        if (admission_at (list, i) != self &&
                            seki_admission_provides (admission_at (list, i), *features))
                                return admission_at (list, i);
        return NULL;
}

static gboolean
needs_check (GPtrArray *list, GError **error)
{
        for (guint i = 0; i < list->len; i++) {
                const SekiAdmission *each = admission_at (list, i);

                for (const char *const *need = each->module.needs; *need != NULL; need++) {
                        const char *const one[] = { *need, NULL };

                        if (provider_find (list, each, one) != NULL)
                                continue;
                        g_set_error (error, SEKI_ERROR, SEKI_ERROR_MODULE,
                                     _("The module %s needs %s, which no other module of the "
                                       "profile provides; add one that does."),
                                     each->module.name, *need);
                        return FALSE;
                }
        }
        return TRUE;
}

/* Storage first and transports last, where needs leave it open: who brings work
 * starts when everything else stands. */
static gint
kind_rank (guint32 kind)
{
        static const gint ranks[] = { [SEKI_KIND_STORAGE] = 0,
                                      [SEKI_KIND_POLICY] = 1,
                                      [SEKI_KIND_ROLE] = 2,
                                      [SEKI_KIND_TRANSPORT] = 3 };

        return ranks[kind];
}

static gint
kind_compare (gconstpointer a, gconstpointer b)
{
        const SekiAdmission *const *one = a, *const *other = b;

        return kind_rank ((*one)->module.kind) - kind_rank ((*other)->module.kind);
}

/* The next that waits for nobody pending.  A ring made by wants alone is cut:
 * wants are wishes. */
static guint
pending_next (GPtrArray *pending)
{
        for (guint i = 0; i < pending->len; i++) {
                const SekiAdmission *each = admission_at (pending, i);

                if (provider_find (pending, each, each->module.needs) == NULL &&
                    provider_find (pending, each, each->module.wants) == NULL)
                        return i;
        }
        for (guint i = 0; i < pending->len; i++)
                if (provider_find (pending, admission_at (pending, i),
                                   admission_at (pending, i)->module.needs) == NULL)
                        return i;
        return pending->len;
}

/* Every pending module needs a pending one: walking on must come round. */
static void
ring_fail (GPtrArray *pending, GError **error)
{
        g_autoptr (GPtrArray) walk = g_ptr_array_new ();
        g_autoptr (GString) names = g_string_new (NULL);
        const SekiAdmission *at = admission_at (pending, 0);
        guint start;

        while (!g_ptr_array_find (walk, at, &start)) {
                g_ptr_array_add (walk, (gpointer) at);
                at = provider_find (pending, at, at->module.needs);
        }
        for (guint i = start; i < walk->len; i++)
                g_string_append_printf (names, "%s -> ", admission_at (walk, i)->module.name);
        g_string_append (names, at->module.name);
        g_set_error (error, SEKI_ERROR, SEKI_ERROR_MODULE,
                     _("These modules need each other in a ring, so none can start first: %s. "
                       "Leave one out or get another version of it."),
                     names->str);
}

gboolean
seki_order_resolve (GPtrArray *admissions, GError **error)
{
        g_autoptr (GPtrArray) pending = g_ptr_array_new ();
        g_autoptr (GPtrArray) order = g_ptr_array_new ();

        if (!needs_check (admissions, error))
                return FALSE;
        g_ptr_array_extend (pending, admissions, NULL, NULL);
        g_ptr_array_sort (pending, kind_compare);       /* stable */
        while (pending->len > 0) {
                guint next = pending_next (pending);

                if (next == pending->len) {
                        ring_fail (pending, error);
                        return FALSE;
                }
                g_ptr_array_add (order, g_ptr_array_index (pending, next));
                g_ptr_array_remove_index (pending, next);
        }
        for (guint i = 0; i < order->len; i++)
                admissions->pdata[i] = order->pdata[i];
        return TRUE;
}
