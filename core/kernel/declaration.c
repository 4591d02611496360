/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel/declaration.h"

#include "base/text.h"

#include <stddef.h>

#define CALLERS_KNOWN                                                                              \
        (SEKI_CALLER_NODE | SEKI_CALLER_OFFICE | SEKI_CALLER_PERSON | SEKI_CALLER_TIMER |          \
         SEKI_CALLER_REPLY)
#define LOADS_KNOWN (SEKI_LOAD_CODE | SEKI_LOAD_NUMBER | SEKI_LOAD_HOLDER | SEKI_LOAD_PERSON)
#define FLAGS_KNOWN (SEKI_ACTION_READS | SEKI_ACTION_WRITES | SEKI_ACTION_NUMBER)

gboolean
seki_name_is_valid (const char *name, const char *joints, gsize limit)
{
        gsize len = name != NULL ? strlen (name) : 0;

        if (len == 0 || len > limit || !g_ascii_islower (name[0]))
                return FALSE;
        for (gsize i = 1; i < len; i++)
                if (!g_ascii_islower (name[i]) && !g_ascii_isdigit (name[i]) &&
                    strchr (joints, name[i]) == NULL)
                        return FALSE;
        return TRUE;
}

static gboolean
item_fail (GError **error, const char *what, const char *name)
{
        g_set_error (error, SEKI_ERROR, SEKI_ERROR_MODULE,
                     _("It declares the %s \"%s\" with a name, type, range or text that the "
                       "contract does not allow; see include/sekisho."),
                     what, name);
        return FALSE;
}

static gboolean
option_check (gconstpointer item, GError **error)
{
        const SekiOption *option = item;
        gboolean ranged = option->type == SEKI_OPTION_INT || option->type == SEKI_OPTION_SIZE ||
                          option->type == SEKI_OPTION_SECONDS;

        return (seki_name_is_valid (option->name, "-", 47) && option->type <= SEKI_OPTION_BOOL &&
                (!ranged || option->min <= option->max) && option->help_en != NULL &&
                option->help_ja != NULL) ||
               item_fail (error, "option", option->name);
}

static gboolean
fact_check (gconstpointer item, GError **error)
{
        const SekiFactSpec *fact = item;
        gboolean ranged = fact->type == SEKI_FACT_INT || fact->type == SEKI_FACT_TIME;

        return (seki_name_is_valid (fact->name, "_", 31) && fact->type <= SEKI_FACT_TIME &&
                fact->log <= SEKI_FACT_LOG_NEVER && (!ranged || fact->min <= fact->max) &&
                (fact->type != SEKI_FACT_ENUM || fact->values[0] != NULL) &&
                (fact->type != SEKI_FACT_TEXT || fact->max > 0) && fact->label_en != NULL &&
                fact->label_ja != NULL) ||
               item_fail (error, "fact", fact->name);
}

static gboolean
event_check (gconstpointer item, GError **error)
{
        const SekiEventSpec *event = item;

        return (seki_name_is_valid (event->name, ".-_", 47) && event->label_en != NULL &&
                event->label_ja != NULL) ||
               item_fail (error, "event", event->name);
}

static gboolean
reason_check (gconstpointer item, GError **error)
{
        const SekiReason *reason = item;

        return (seki_name_is_valid (reason->id, "-", 47) && reason->en != NULL &&
                reason->ja != NULL) ||
               item_fail (error, "reason", reason->id);
}

/* An unknown bit would be a promise the core does not keep. */
static gboolean
action_check (gconstpointer item, GError **error)
{
        const SekiAction *action = item;

        return (seki_name_is_valid (action->name, ".-", 63) && strchr (action->name, '.') != NULL &&
                action->callers != 0 && (action->callers & ~(guint32) CALLERS_KNOWN) == 0 &&
                (action->loads & ~(guint32) LOADS_KNOWN) == 0 &&
                (action->flags & ~(guint32) FLAGS_KNOWN) == 0 &&
                (action->fields >> SEKI_FIELD_COUNT) == 0 && action->label_en != NULL &&
                action->label_ja != NULL) ||
               item_fail (error, "action", action->name);
}

#define AT(Type, member) ((gint16) offsetof (Type, member))

const SekiDeclarationShape seki_option_shape = {
        "options", sizeof (SekiOption), 128,
        { AT (SekiOption, name), AT (SekiOption, fallback), AT (SekiOption, help_en),
          AT (SekiOption, help_ja), -1 },
        -1, option_check
};
const SekiDeclarationShape seki_fact_shape = {
        "facts", sizeof (SekiFactSpec), SEKI_FACTS_MAX,
        { AT (SekiFactSpec, name), AT (SekiFactSpec, unit), AT (SekiFactSpec, label_en),
          AT (SekiFactSpec, label_ja), -1 },
        AT (SekiFactSpec, values), fact_check
};
const SekiDeclarationShape seki_event_shape = {
        "events", sizeof (SekiEventSpec), 256,
        { AT (SekiEventSpec, name), AT (SekiEventSpec, label_en), AT (SekiEventSpec, label_ja),
          -1 },
        -1, event_check
};
const SekiDeclarationShape seki_reason_shape = {
        "reasons", sizeof (SekiReason), 512,
        { AT (SekiReason, id), AT (SekiReason, en), AT (SekiReason, ja), -1 },
        -1, reason_check
};
const SekiDeclarationShape seki_action_shape = {
        "actions", sizeof (SekiAction), 256,
        { AT (SekiAction, name), AT (SekiAction, label_en), AT (SekiAction, label_ja), -1 },
        -1, action_check
};
