/* SPDX-License-Identifier: Apache-2.0 */
#include "call.h"

#include <dlfcn.h>

static const char *const codes_a[] = { "1234567", NULL };
static const char *const codes_b[] = { "7654321", NULL };
static const char *const codes_l[] = { "5555555", NULL };
static const char *const issues_m[] = { "7203", "6758", NULL };
static const char *const issues_w[] = { "2501", NULL };
static const char *const issues_l[] = { "8306", NULL };

const SekiParty transfer_party = { .id = "transfer", .roles = SEKI_ROLE_TRANSFER, .country = "JP" };
const SekiParty treasury_party = { .id = "treasury", .roles = SEKI_ROLE_TRANSFER, .country = "JP" };
const SekiParty bank_a = {
        .id = "bank-a", .roles = SEKI_ROLE_ACCOUNT, .country = "JP", .codes = codes_a
};
const SekiParty bank_b = {
        .id = "bank-b", .roles = SEKI_ROLE_ACCOUNT, .country = "JP", .codes = codes_b
};
const SekiParty maker = {
        .id = "maker", .roles = SEKI_ROLE_ISSUER, .country = "JP", .issues = issues_m
};
const SekiParty brewer = {
        .id = "brewer", .roles = SEKI_ROLE_ISSUER, .country = "JP", .issues = issues_w
};
const SekiParty listed = { .id = "listed",
                           .roles = SEKI_ROLE_ISSUER | SEKI_ROLE_ACCOUNT,
                           .country = "JP",
                           .codes = codes_l,
                           .issues = issues_l };

static const SekiParty *const peers_one[] = { &transfer_party, &bank_a, &bank_b, &maker,
                                              &brewer,         &listed, NULL };
static const SekiParty *const peers_two[] = { &transfer_party, &bank_a, &bank_b,         &maker,
                                              &brewer,         &listed, &treasury_party, NULL };

static const char *const role_names[] = { "account", "transfer", "issuer" };

/* Reasons given so far, by the module that gave them. */
GHashTable *
seen_reasons (void)
{
        static GHashTable *seen;
        if (seen == NULL)
                seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
        return seen;
}

const SekiModule *
role_module (const char *role)
{
        g_autofree char *upper = g_ascii_strup (role, -1);
        g_autofree char *variable = g_strconcat ("SEKI_ROLE_", upper, NULL);
        const char *path = g_getenv (variable);

        g_assert_nonnull (path);
        void *library = dlopen (path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
        if (library == NULL)
                g_error ("%s", dlerror ());
        const SekiModule *module = dlsym (library, "seki_module");
        g_assert_nonnull (module);
        return module;
}

static const SekiAction *
module_action (const SekiModule *module, const char *name)
{
        for (const SekiAction *a = module->role->actions; a->name != NULL; a++)
                if (strcmp (a->name, name) == 0)
                        return a;
        return NULL;
}

static const SekiModule *
action_module (const char *name)
{
        for (guint i = 0; i < G_N_ELEMENTS (role_names); i++) {
                g_autofree char *prefix = g_strconcat (role_names[i], ".", NULL);
                if (g_str_has_prefix (name, prefix))
                        return role_module (role_names[i]);
        }
        g_error ("%s names no role", name);
}

Call *
call_new (const SekiParty *self, const SekiParty *caller, SekiCallerSet kind, const char *action)
{
        static const SekiParty office = { .id = "office:front" };
        Call *call = g_new0 (Call, 1);

        call->module = action_module (action);
        call->caller = caller != NULL ? *caller : office;
        call->caller.kind = kind;
        call->subjects = g_array_new (FALSE, TRUE, sizeof (SekiSubject));
        call->effects = g_array_new (FALSE, TRUE, sizeof (SekiEffect));
        call->codes = g_ptr_array_new_with_free_func (g_free);
        call->texts = g_ptr_array_new_with_free_func (g_free);
        call->blocks = g_ptr_array_new_with_free_func (g_free);
        call->allocations = -1;
        call->call.action = module_action (call->module, action);
        g_assert_nonnull (call->call.action);
        call->call.caller = &call->caller;
        call->call.self = self;
        call->call.peers = peers_one;
        call->call.now = 1767225600000000;
        return call;
}

void
call_free (Call *call)
{
        for (guint i = 0; i < call->subjects->len; i++) {
                SekiSubject *subject = call_subject (call, i);
                g_free ((gpointer) subject->same);
                g_free ((gpointer) subject->alike);
        }
        g_array_unref (call->subjects);
        g_array_unref (call->effects);
        g_ptr_array_unref (call->codes);
        g_ptr_array_unref (call->texts);
        g_ptr_array_unref (call->blocks);
        g_free (call);
}

/* Text lent to the role; overwritten after the call. */
static SekiSpan
call_lend (Call *call, const char *text)
{
        if (text == NULL)
                return SEKI_SPAN_NONE;
        char *copy = g_strdup (text);
        g_ptr_array_add (call->texts, copy);
        return seki_span_text (copy);
}

void
call_set_purpose (Call *call, const char *purpose)
{
        call->call.purpose = call_lend (call, purpose);
}

void
call_set_to (Call *call, const char *id)
{
        call->call.to = call_lend (call, id);
}

void
call_set_treasury (Call *call, gboolean known)
{
        call->call.peers = known ? peers_two : peers_one;
}

SekiSubject *
call_subject (Call *call, guint i)
{
        return &g_array_index (call->subjects, SekiSubject, i);
}

static SekiField
field_named (const char *name)
{
        for (guint f = 0; f < SEKI_FIELD_COUNT; f++)
                if (strcmp (seki_field_name (f), name) == 0)
                        return f;
        g_error ("%s names no field", name);
}

static SekiRecord *
call_record (Call *call, va_list fields)
{
        SekiRecord *record = g_new0 (SekiRecord, 1);
        const char *name;

        g_ptr_array_add (call->blocks, record);
        while ((name = va_arg (fields, const char *)) != NULL)
                record->field[field_named (name)] = call_lend (call, va_arg (fields, const char *));
        return record;
}

guint
call_add (Call *call, SekiNumberKind number, ...)
{
        SekiSubject subject = { .number = number };
        va_list fields;

        va_start (fields, number);
        SekiRecord *given = call_record (call, fields);
        va_end (fields);
        subject.given = given;
        if (call->caller.kind == SEKI_CALLER_REPLY)
                subject.verdict = "";
        g_array_append_val (call->subjects, subject);
        SekiSpan code = given->field[SEKI_FIELD_CODE];
        g_ptr_array_add (call->codes,
                         code.data != NULL ? g_strndup ((const char *) code.data, code.len) : NULL);
        return call->subjects->len - 1;
}

void
call_store (Call *call, guint i, SekiNumberKind number, ...)
{
        va_list fields;

        va_start (fields, number);
        call_subject (call, i)->stored = (SekiStored){ call_record (call, fields), number };
        va_end (fields);
}

static const SekiStored *
stored_append (const SekiStored *list, gsize n, const SekiRecord *record, SekiNumberKind number)
{
        SekiStored *longer = g_renew (SekiStored, (SekiStored *) list, n + 1);
        longer[n] = (SekiStored){ record, number };
        return longer;
}

void
call_same (Call *call, guint i, SekiNumberKind number, ...)
{
        SekiSubject *subject = call_subject (call, i);
        va_list fields;

        va_start (fields, number);
        subject->same =
                stored_append (subject->same, subject->n_same, call_record (call, fields), number);
        subject->n_same++;
        va_end (fields);
}

void
call_alike (Call *call, guint i, SekiNumberKind number, ...)
{
        SekiSubject *subject = call_subject (call, i);
        va_list fields;

        va_start (fields, number);
        subject->alike = stored_append (subject->alike, subject->n_alike,
                                        call_record (call, fields), number);
        subject->n_alike++;
        va_end (fields);
}

typedef struct {
        SekiEffects table;
        Call *call;
} Sink;

static gpointer
sink_alloc (SekiEffects *effects, gsize size)
{
        Call *call = ((Sink *) effects)->call;
        if (call->allocations == 0)
                return NULL;
        if (call->allocations > 0)
                call->allocations--;
        gpointer block = g_malloc0 (size);
        g_ptr_array_add (call->blocks, block);
        return block;
}

static void
sink_add (SekiEffects *effects, const SekiEffect *effect)
{
        g_array_append_vals (((Sink *) effects)->call->effects, effect, 1);
}

gboolean
call_handle (Call *call, GError **error)
{
        Sink sink = { { sink_alloc, sink_add }, call };
        gpointer self = call->module->open (NULL, NULL, NULL);

        g_assert_nonnull (self);
        g_array_set_size (call->effects, 0);
        call->call.subjects = (const SekiSubject *) (gpointer) call->subjects->data;
        call->call.n_subjects = call->subjects->len;
        gboolean done = call->module->role->handle (self, &call->call, &sink.table, error);
        call->module->close (self);
        return done;
}

static void
call_overwrite (Call *call)
{
        for (guint i = 0; i < call->texts->len; i++)
                memset (call->texts->pdata[i], '#', strlen (call->texts->pdata[i]));
}

static const SekiParty *
call_peer (Call *call, const char *id)
{
        for (const SekiParty *const *p = call->call.peers; *p != NULL; p++)
                if (strcmp ((*p)->id, id) == 0)
                        return *p;
        return NULL;
}

static void
check_send (Call *call, const SekiEffect *effect)
{
        const SekiParty *peer = call_peer (call, effect->to);
        const SekiModule *module = action_module (effect->action);
        const SekiAction *action = module_action (module, effect->action);

        g_assert_nonnull (peer);
        g_assert_nonnull (action);
        g_assert_true (peer != call->call.self);
        g_assert_cmpuint (peer->roles & module->role->role, !=, 0);
        g_assert_cmpuint (action->callers & SEKI_CALLER_NODE, !=, 0);
        g_assert_cmpuint (call->call.self->roles & action->peer_roles, !=, 0);
        g_assert_true (seki_record_is_sound (effect->record, action->fields));
        g_assert_false (seki_record_has (effect->record, SEKI_FIELD_GIVEN));
        g_assert_false (seki_record_has (effect->record, SEKI_FIELD_NUMBER));
        if (effect->reply != NULL) {
                const SekiAction *reply = module_action (call->module, effect->reply);
                g_assert_nonnull (reply);
                g_assert_cmpuint (reply->callers, ==, SEKI_CALLER_REPLY);
                g_assert_cmpuint (peer->roles & reply->peer_roles, !=, 0);
        }
}

static void
check_give (Call *call, const SekiEffect *effect)
{
        const SekiSubject *subject = call_subject (call, effect->subject);
        const SekiStored *given = effect->other == NULL ? &subject->stored : NULL;

        for (gsize k = 0; given == NULL && k < subject->n_same; k++)
                if (subject->same[k].record == effect->other)
                        given = &subject->same[k];
        g_assert_nonnull (given);
        g_assert_nonnull (given->record);
        g_assert_cmpuint (effect->number, ==, given->number != SEKI_NUMBER_NONE);
        g_assert_cmpuint (call->call.purpose.len, >, 0);
        g_assert_cmpuint (call->call.action->flags & SEKI_ACTION_READS, !=, 0);
}

static void
check_put (Call *call, const SekiEffect *effect)
{
        const SekiSubject *subject = call_subject (call, effect->subject);

        assert_field (effect->record, "code", g_ptr_array_index (call->codes, effect->subject));
        g_assert_false (seki_record_has (effect->record, SEKI_FIELD_NUMBER));
        if (effect->number == SEKI_NUMBER_TAKE)
                g_assert_cmpuint (subject->number, !=, SEKI_NUMBER_NONE);
}

static void
check_reason (Call *call, const SekiEffect *effect)
{
        g_assert_cmpuint (effect->verdict == SEKI_PERMIT, ==, effect->reason[0] == '\0');
        if (effect->verdict == SEKI_PERMIT)
                return;
        for (const SekiReason *r = call->module->reasons; r->id != NULL; r++)
                if (strcmp (r->id, effect->reason) == 0) {
                        g_hash_table_add (seen_reasons (), g_strdup (effect->reason));
                        return;
                }
        g_error ("%s gives the reason %s, which it does not declare", call->module->name,
                 effect->reason);
}

static void
check_effect (Call *call, const SekiEffect *effect)
{
        g_assert_cmpuint (effect->subject, <, call->subjects->len);
        if (effect->kind == SEKI_EFFECT_ANSWER)
                check_reason (call, effect);
        else
                assert_reason (call, effect->subject, ""); /* nothing beside a refusal */
        if (effect->kind == SEKI_EFFECT_SEND)
                check_send (call, effect);
        if (effect->kind == SEKI_EFFECT_GIVE)
                check_give (call, effect);
        if (effect->kind == SEKI_EFFECT_PUT)
                check_put (call, effect);
        if (effect->kind >= SEKI_EFFECT_PUT && effect->kind <= SEKI_EFFECT_ERASE)
                g_assert_cmpuint (call->call.action->flags & SEKI_ACTION_WRITES, !=, 0);
}

static void
check_effects (Call *call)
{
        for (guint i = 0; i < call->effects->len; i++)
                check_effect (call, &g_array_index (call->effects, SekiEffect, i));
        for (guint i = 0; i < call->subjects->len; i++)
                g_assert_nonnull (call_reason (call, i));
        g_assert_cmpuint (call_count (call, SEKI_EFFECT_ANSWER), ==, call->subjects->len);
}

gboolean
call_run_with (Call *call, gint n)
{
        g_autoptr (GError) error = NULL;

        call->allocations = n;
        if (call_handle (call, &error)) {
                g_assert_no_error (error);
                call_overwrite (call);
                check_effects (call);
                return TRUE;
        }
        g_assert_error (error, SEKI_ERROR, SEKI_ERROR_LIMIT);
        return FALSE;
}

/* With less memory than it needs the call fails as a whole; first it is tried
 * with every amount that is too little. */
void
call_run (Call *call)
{
        gint n = 0;

        while (!call_run_with (call, n))
                n++;
        g_assert_cmpint (call->allocations, ==, 0);     /* it needed them all, not one less */
}

const char *
call_reason (Call *call, guint i)
{
        for (guint k = 0; k < call->effects->len; k++) {
                const SekiEffect *effect = &g_array_index (call->effects, SekiEffect, k);
                if (effect->kind == SEKI_EFFECT_ANSWER && effect->subject == i)
                        return effect->reason;
        }
        return NULL;
}

guint
call_count (Call *call, SekiEffectKind kind)
{
        guint n = 0;
        for (guint k = 0; k < call->effects->len; k++)
                n += g_array_index (call->effects, SekiEffect, k).kind == kind;
        return n;
}

const SekiEffect *
call_effect (Call *call, SekiEffectKind kind, guint n)
{
        for (guint k = 0; k < call->effects->len; k++) {
                const SekiEffect *effect = &g_array_index (call->effects, SekiEffect, k);
                if (effect->kind == kind && n-- == 0)
                        return effect;
        }
        g_assert_not_reached ();
}

const SekiEffect *
call_sent (Call *call, const char *to)
{
        const SekiEffect *found = NULL;
        for (guint k = 0; k < call_count (call, SEKI_EFFECT_SEND); k++) {
                const SekiEffect *effect = call_effect (call, SEKI_EFFECT_SEND, k);
                if (strcmp (effect->to, to) != 0)
                        continue;
                g_assert_null (found);
                found = effect;
        }
        g_assert_nonnull (found);
        return found;
}

void
assert_field (const SekiRecord *record, const char *name, const char *value)
{
        SekiSpan span = record->field[field_named (name)];
        g_autofree char *text =
                span.data != NULL ? g_strndup ((const char *) span.data, span.len) : NULL;

        g_assert_cmpstr (text, ==, value);
}

void
assert_reason (Call *call, guint i, const char *reason)
{
        g_assert_cmpstr (call_reason (call, i), ==, reason);
}
