/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/profile.h"

#include "base/text.h"
#include "kernel/nearest.h"

#include <arpa/inet.h>
#include <inttypes.h>

struct SekiProfile {
        SekiKeyFile *file;
        char *path, *folder;
        char digest[65];
        GPtrArray *memory;              /* everything lent that is not in file */
        SekiParty self;
        SekiNodeConfig config;
        GArray *peers;                  /* SekiPeer */
        GArray *witnessed;              /* SekiWitnessed */
        GArray *persons;                /* SekiPerson */
        GArray *modules;                /* SekiModuleSpec */
        const char *name, *control, *metrics;
        const char *const *authorities;
        const char *const *lists;
};

static gboolean
key_refuse (GError **error, const char *file, guint line, const char *sentence, const char *a, const char *b)
{
        g_autofree char *text = g_strdup_printf (sentence, a, b);

        g_set_error (error, SEKI_ERROR, SEKI_ERROR_CONFIG, "%s:%u: %s", file, line, text);
        return FALSE;
}

static const char *
profile_own (SekiProfile *profile, char *text)
{
        g_ptr_array_add (profile->memory, text);
        return text;
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
        return strcmp (kind, "person") == 0 || strcmp (kind, "peer") == 0 || strcmp (kind, "office") == 0 ||
               strcmp (kind, "module") == 0;
}

static const SekiProfileKey *
schema_find (const char *group, const char *key)
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

        if (schema_find (group->kind, NULL) != NULL) {
                if (kind_is_named (group->kind) == (group->name != NULL))
                        return TRUE;
                return key_refuse (error, group->file, group->line,
                                   group->name != NULL ? _("The group [%s] takes no name. Remove '%s'.")
                                                       : _("The group [%s] needs a name: write [%s NAME]."),
                                   group->kind, group->name != NULL ? group->name : group->kind);
        }
        for (const SekiProfileKey *k = seki_profile_schema (); k->group != NULL; k++)
                g_ptr_array_add (known, (gpointer) k->group);
        g_ptr_array_add (known, NULL);
        nearest = seki_nearest (group->kind, (const char *const *) known->pdata);
        return key_refuse (error, group->file, group->line,
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
        return key_refuse (error, key->file, key->line,
                           nearest != NULL ? _("There is no key '%s' here. Did you mean '%s'?")
                                           : _("There is no key '%s' in the group [%s]. See: sekisho config schema"),
                           key->key, nearest != NULL ? nearest : group->kind);
}

/* A whole number with one unit letter; -1 if it is none. */
static gint64
number_parse (const char *text, const char *units, const gint64 *factors)
{
        char *end;
        gint64 number = g_ascii_strtoll (text, &end, 10);
        const char *unit;

        if (end == text || number < 0)
                return -1;
        if (*end == '\0')
                return number;
        unit = strchr (units, *end);
        if (*units == '\0' || unit == NULL || end[1] != '\0' || number > G_MAXINT64 / factors[unit - units])
                return -1;
        return number * factors[unit - units];
}

static gint64
value_number (SekiValueType type, const char *text)
{
        static const gint64 sizes[] = { 1024, 1024 * 1024, 1024 * 1024 * 1024 }, seconds[] = { 1, 60, 3600, 86400 };

        switch (type) {
        case SEKI_VALUE_SIZE:
                return number_parse (text, "KMG", sizes);
        case SEKI_VALUE_SECONDS:
                return number_parse (text, "smhd", seconds);
        case SEKI_VALUE_BOOL:
                return strcmp (text, "yes") == 0 ? 1 : strcmp (text, "no") == 0 ? 0 : -1;
        default:
                return number_parse (text, "", NULL);
        }
}

static gboolean
endpoint_parse (const char *text, char **out_address, guint16 *out_port)
{
        const char *colon = strrchr (text, ':');
        g_autofree char *address = colon != NULL ? g_strndup (text, (gsize) (colon - text)) : NULL;
        struct in6_addr parsed;
        guint64 port;

        if (address == NULL || !g_ascii_string_to_unsigned (colon + 1, 10, 0, 65535, &port, NULL))
                return FALSE;
        if (address[0] == '[' && g_str_has_suffix (address, "]")) {
                address[strlen (address) - 1] = '\0';
                memmove (address, address + 1, strlen (address));
                if (inet_pton (AF_INET6, address, &parsed) != 1)
                        return FALSE;
        } else if (inet_pton (AF_INET, address, &parsed) != 1) {
                return FALSE;
        }
        *out_port = (guint16) port;
        if (out_address != NULL)
                *out_address = g_steal_pointer (&address);
        return TRUE;
}

static gboolean
value_is_sound (const SekiProfileKey *schema, const char *text)
{
        gint64 number;
        guint16 port;

        switch (schema->type) {
        case SEKI_VALUE_TEXT:
                return strlen (text) >= (gsize) schema->min && strlen (text) <= (gsize) schema->max;
        case SEKI_VALUE_PATH:
                return *text != '\0';
        case SEKI_VALUE_LIST:
                return *text != '\0' || schema->min == 0;
        case SEKI_VALUE_ENDPOINT:
                return endpoint_parse (text, NULL, &port);
        case SEKI_VALUE_WORD:
                return g_strv_contains (schema->values, text);
        case SEKI_VALUE_BOOL:
                return value_number (schema->type, text) >= 0;
        default:
                number = value_number (schema->type, text);
                return number >= schema->min && number <= schema->max;
        }
}

static gboolean
group_check (const SekiGroup *group, GError **error)
{
        if (!group_check_name (group, error))
                return FALSE;
        for (guint i = 0; i < group->keys->len; i++) {
                const SekiKey *key = g_ptr_array_index (group->keys, i);
                const SekiProfileKey *schema = schema_find (group->kind, key->key);

                if (schema == NULL && !kind_is_open (group->kind))
                        return key_unknown (group, key, error);
                if (schema != NULL && !value_is_sound (schema, key->value))
                        return key_refuse (error, key->file, key->line,
                                           _("'%s' can not be '%s'. See the key in: sekisho config schema"), key->key, key->value);
        }
        for (const SekiProfileKey *k = seki_profile_schema (); k->group != NULL; k++)
                if (strcmp (k->group, group->kind) == 0 && k->required && seki_group_find (group, k->key) == NULL)
                        return key_refuse (error, group->file, group->line, _("The group [%s] lacks the key '%s'. Add it."),
                                           group->kind, k->key);
        return TRUE;
}

static const SekiGroup *
profile_group (SekiProfile *profile, const char *kind)
{
        GPtrArray *groups = seki_key_file_get_groups (profile->file);

        for (guint i = 0; i < groups->len; i++)
                if (strcmp (((SekiGroup *) g_ptr_array_index (groups, i))->kind, kind) == 0)
                        return g_ptr_array_index (groups, i);
        return NULL;
}

/* The value as written, its fallback, or NULL. */
static const char *
group_text (const SekiGroup *group, const char *kind, const char *key)
{
        const SekiKey *found = group != NULL ? seki_group_find (group, key) : NULL;

        return found != NULL ? found->value : schema_find (kind, key)->fallback;
}

static gint64
group_number (const SekiGroup *group, const char *kind, const char *key)
{
        return value_number (schema_find (kind, key)->type, group_text (group, kind, key));
}

static const char *
profile_path (SekiProfile *profile, const char *text)
{
        if (text == NULL || g_path_is_absolute (text))
                return text;
        return profile_own (profile, g_build_filename (profile->folder, text, NULL));
}

static const char *const *
profile_list (SekiProfile *profile, const SekiGroup *group, const char *key, gboolean paths)
{
        const char *text = group_text (group, group->kind, key);
        g_auto (GStrv) parts = g_strsplit (text != NULL ? text : "", ",", -1);
        const char **list = g_new0 (const char *, g_strv_length (parts) + 1);
        gsize n = 0;

        g_ptr_array_add (profile->memory, list);
        for (guint i = 0; parts[i] != NULL; i++) {
                const char *part = g_strstrip (parts[i]);

                if (*part == '\0')
                        continue;
                part = profile_own (profile, g_strdup (part));
                list[n++] = paths ? profile_path (profile, part) : part;
        }
        return list;
}

static gboolean
group_roles (SekiProfile *profile, const SekiGroup *group, SekiRoleSet *out_roles, GError **error)
{
        const char *const *names = profile_list (profile, group, "roles", FALSE);
        guint roles = 0;

        for (; *names != NULL; names++) {
                if (strcmp (*names, "transfer") == 0)
                        roles |= SEKI_ROLE_TRANSFER;
                else if (strcmp (*names, "account") == 0)
                        roles |= SEKI_ROLE_ACCOUNT;
                else if (strcmp (*names, "issuer") == 0)
                        roles |= SEKI_ROLE_ISSUER;
                else
                        return key_refuse (error, group->file, group->line,
                                           _("'%s' is no role%s. Write transfer, account or issuer."), *names, "");
        }
        *out_roles = roles;
        return TRUE;
}

static gboolean
profile_fill_party (SekiProfile *profile, const SekiGroup *group, SekiParty *party, GError **error)
{
        party->country = group_text (group, group->kind, "country");
        party->codes = profile_list (profile, group, "codes", FALSE);
        party->issues = profile_list (profile, group, "issues", FALSE);
        for (const char *const *code = party->codes; *code != NULL; code++)
                if (strlen (*code) != 7 || strspn (*code, "0123456789") != 7)
                        return key_refuse (error, group->file, group->line, _("'%s' is no participant code%s. Write 7 digits."), *code, "");
        return group_roles (profile, group, &party->roles, error);
}

/* A path, or an address of this machine that no other one reaches. */
static gboolean
profile_fill_metrics (SekiProfile *profile, const SekiGroup *node, GError **error)
{
        const SekiKey *key = seki_group_find (node, "metrics");
        g_autofree char *address = NULL;
        guint16 port;

        if (key == NULL)
                return TRUE;
        if (!endpoint_parse (key->value, &address, &port)) {
                profile->metrics = profile_path (profile, key->value);
                return TRUE;
        }
        if (!g_str_has_prefix (address, "127.") && strcmp (address, "::1") != 0)
                return key_refuse (error, key->file, key->line,
                                   _("Metrics are not served at '%s': it is not of this machine alone%s. Write 127.0.0.1:PORT or a path."),
                                   key->value, "");
        profile->metrics = key->value;
        return TRUE;
}

static gboolean
profile_fill_node (SekiProfile *profile, GError **error)
{
        const SekiGroup *node = profile_group (profile, "node");
        SekiNodeConfig *config = &profile->config;
        char *address;

        profile->self.id = group_text (node, "node", "id");
        profile->self.kind = SEKI_CALLER_NODE;
        profile->name = group_text (node, "node", "name");
        config->data = profile_path (profile, group_text (node, "node", "data"));
        config->test = strcmp (group_text (node, "node", "mark"), "test") == 0;
        config->origin = group_text (node, "node", "origin");
        if (config->origin == NULL)
                config->origin = profile_own (profile, g_strdup_printf ("%s/lane/0", profile->name));
        config->n_workers = (guint) group_number (node, "node", "workers");
        endpoint_parse (group_text (node, "node", "listen"), &address, &config->port);
        config->address = profile_own (profile, address);
        profile->control = profile_path (profile, group_text (node, "node", "control"));
        if (profile->control == NULL)
                profile->control = profile_own (profile, g_build_filename (config->data, "control", NULL));
        if (!profile_fill_metrics (profile, node, error))
                return FALSE;
        return profile_fill_party (profile, node, &profile->self, error);
}

static void
profile_fill_limits (SekiProfile *profile)
{
        const SekiGroup *limits = profile_group (profile, "limits");
        SekiNodeConfig *config = &profile->config;

        config->limits.handshake_timeout = group_number (limits, "limits", "handshake") * G_USEC_PER_SEC;
        config->limits.idle_timeout = group_number (limits, "limits", "idle") * G_USEC_PER_SEC;
        config->limits.write_timeout = group_number (limits, "limits", "write") * G_USEC_PER_SEC;
        config->limits.max_channels = (guint) group_number (limits, "limits", "channels");
        config->max_streams = (guint) group_number (limits, "limits", "streams");
        config->max_body = (gsize) group_number (limits, "limits", "body");
        config->arena_limit = (gsize) group_number (limits, "limits", "memory");
        config->retention_years = (gint) group_number (profile_group (profile, "retention"), "retention", "years");
}

/* Institutions and back-office systems: whoever may open a channel. */
static gboolean
profile_add_peer (SekiProfile *profile, const SekiGroup *group, GError **error)
{
        gboolean office = strcmp (group->kind, "office") == 0;
        SekiParty *party = g_new0 (SekiParty, 1);
        SekiPeer peer = { .party = party, .name = group_text (group, group->kind, "name") };
        SekiWitnessed witnessed = { .party = party };
        char *address = NULL;

        g_ptr_array_add (profile->memory, party);
        peer.from = profile_list (profile, group, "from", FALSE);
        if (office) {
                *party = profile->self;
                party->roles = 0;
                party->id = profile_own (profile, g_strconcat ("office:", group->name, NULL));
                party->kind = SEKI_CALLER_OFFICE;
        } else {
                party->id = group->name;
                party->kind = SEKI_CALLER_NODE;
                if (!profile_fill_party (profile, group, party, error))
                        return FALSE;
                if (group_text (group, "peer", "to") != NULL) {
                        endpoint_parse (group_text (group, "peer", "to"), &address, &peer.port);
                        peer.host = profile_own (profile, address);
                }
                witnessed.vkey = group_text (group, "peer", "ledger-key");
                g_array_append_val (profile->witnessed, witnessed);
        }
        g_array_append_val (profile->peers, peer);
        return TRUE;
}

static void
profile_add_person (SekiProfile *profile, const SekiGroup *group)
{
        SekiPerson person = { .id = group->name, .certificate = profile_path (profile, group_text (group, "person", "certificate")),
                              .duties = profile_list (profile, group, "duties", FALSE),
                              .login = group_text (group, "person", "login") };

        g_array_append_val (profile->persons, person);
}

/* Keys that are not of the schema are the module's own options. */
static void
profile_add_module (SekiProfile *profile, const SekiGroup *group)
{
        const char **keys = g_new0 (const char *, group->keys->len + 1), **values = g_new0 (const char *, group->keys->len + 1);
        SekiModuleSpec spec = { .name = group->name, .path = profile_path (profile, group_text (group, "module", "file")),
                                .digest = group_text (group, "module", "digest"),
                                .number = group_number (group, "module", "number") == 1, .keys = keys, .values = values };
        gsize n = 0;

        g_ptr_array_add (profile->memory, keys);
        g_ptr_array_add (profile->memory, values);
        if (spec.path == NULL) {
                g_autofree char *file = g_strconcat (group->name, ".so", NULL);

                spec.path = profile_own (profile, g_build_filename (SEKISHO_MODULE_FOLDER, file, NULL));
        }
        for (guint i = 0; i < group->keys->len; i++) {
                const SekiKey *key = g_ptr_array_index (group->keys, i);

                if (schema_find ("module", key->key) != NULL)
                        continue;
                keys[n] = key->key;
                values[n++] = key->value;
        }
        g_array_append_val (profile->modules, spec);
}

static gboolean
profile_interpret (SekiProfile *profile, GError **error)
{
        static const char *const needed[] = { "node", "trust", "retention", NULL };
        GPtrArray *groups = seki_key_file_get_groups (profile->file);

        for (guint i = 0; i < groups->len; i++)
                if (!group_check (g_ptr_array_index (groups, i), error))
                        return FALSE;
        for (const char *const *kind = needed; *kind != NULL; kind++)
                if (profile_group (profile, *kind) == NULL)
                        return key_refuse (error, profile->path, 1, _("The profile lacks the group [%s]%s. Add it."), *kind, "");
        if (!profile_fill_node (profile, error))
                return FALSE;
        profile_fill_limits (profile);
        profile->authorities = profile_list (profile, profile_group (profile, "trust"), "authorities", TRUE);
        profile->lists = profile_list (profile, profile_group (profile, "trust"), "lists", TRUE);
        for (guint i = 0; i < groups->len; i++) {
                const SekiGroup *group = g_ptr_array_index (groups, i);

                if (strcmp (group->kind, "peer") == 0 || strcmp (group->kind, "office") == 0) {
                        if (!profile_add_peer (profile, group, error))
                                return FALSE;
                } else if (strcmp (group->kind, "person") == 0) {
                        profile_add_person (profile, group);
                } else if (strcmp (group->kind, "module") == 0) {
                        profile_add_module (profile, group);
                }
        }
        return TRUE;
}

SekiProfile *
seki_profile_read (const char *path, GError **error)
{
        g_autoptr (SekiProfile) profile = g_new0 (SekiProfile, 1);
        g_autofree char *canonical = NULL, *digest = NULL;

        profile->path = g_canonicalize_filename (path, NULL);
        profile->folder = g_path_get_dirname (profile->path);
        profile->memory = g_ptr_array_new_with_free_func (g_free);
        profile->peers = g_array_new (FALSE, FALSE, sizeof (SekiPeer));
        profile->witnessed = g_array_new (FALSE, FALSE, sizeof (SekiWitnessed));
        profile->persons = g_array_new (FALSE, FALSE, sizeof (SekiPerson));
        profile->modules = g_array_new (FALSE, FALSE, sizeof (SekiModuleSpec));
        profile->file = seki_key_file_read (path, error);
        if (profile->file == NULL || !profile_interpret (profile, error))
                return NULL;
        canonical = seki_key_file_canonical (profile->file);
        digest = g_compute_checksum_for_string (G_CHECKSUM_SHA256, canonical, -1);
        g_strlcpy (profile->digest, digest, sizeof profile->digest);
        return g_steal_pointer (&profile);
}

void
seki_profile_free (SekiProfile *profile)
{
        if (profile == NULL)
                return;
        g_clear_pointer (&profile->file, seki_key_file_free);
        g_ptr_array_unref (profile->memory);
        g_array_unref (profile->peers);
        g_array_unref (profile->witnessed);
        g_array_unref (profile->persons);
        g_array_unref (profile->modules);
        g_free (profile->path);
        g_free (profile->folder);
        g_free (profile);
}

const char *
seki_profile_get_path (SekiProfile *profile)
{
        return profile->path;
}

const char *
seki_profile_get_id (SekiProfile *profile)
{
        return profile->self.id;
}

const char *
seki_profile_get_data (SekiProfile *profile)
{
        return profile->config.data;
}

const char *
seki_profile_get_control (SekiProfile *profile)
{
        return profile->control;
}

const char *
seki_profile_get_metrics (SekiProfile *profile)
{
        return profile->metrics;
}

const char *
seki_profile_get_name (SekiProfile *profile)
{
        return profile->name;
}

const SekiParty *
seki_profile_get_self (SekiProfile *profile)
{
        return &profile->self;
}

gboolean
seki_profile_is_test (SekiProfile *profile)
{
        return profile->config.test;
}

const SekiPeer *
seki_profile_get_peers (SekiProfile *profile, gsize *out_n)
{
        *out_n = profile->peers->len;
        return (const SekiPeer *) profile->peers->data;
}

const SekiPerson *
seki_profile_get_persons (SekiProfile *profile, gsize *out_n)
{
        *out_n = profile->persons->len;
        return (const SekiPerson *) profile->persons->data;
}

const SekiModuleSpec *
seki_profile_get_modules (SekiProfile *profile, gsize *out_n)
{
        *out_n = profile->modules->len;
        return (const SekiModuleSpec *) profile->modules->data;
}

const char *const *
seki_profile_get_authorities (SekiProfile *profile)
{
        return profile->authorities;
}

const char *const *
seki_profile_get_lists (SekiProfile *profile)
{
        return profile->lists;
}

const char *
seki_profile_get_digest (SekiProfile *profile)
{
        return profile->digest;
}

char *
seki_profile_dup_canonical (SekiProfile *profile)
{
        return seki_key_file_canonical (profile->file);
}

void
seki_profile_fill (SekiProfile *profile, SekiNodeConfig *config)
{
        *config = profile->config;
        config->self = &profile->self;
        config->peers = seki_profile_get_peers (profile, &config->n_peers);
        config->witnessed = (const SekiWitnessed *) profile->witnessed->data;
        config->n_witnessed = profile->witnessed->len;
        config->modules = seki_profile_get_modules (profile, &config->n_modules);
}
