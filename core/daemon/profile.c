/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/profile.h"

#include "base/text.h"
#include "channel/address.h"
#include "daemon/value.h"

#define ID_MAX 31
#define ID_SIGNS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_."

struct SekiProfile {
        SekiKeyFile *file;
        char *path, *folder;
        char digest[65];
        GPtrArray *memory; /* everything lent that is not in file */
        SekiParty self;
        SekiNodeConfig config;
        GArray *peers;     /* SekiPeer */
        GArray *witnessed; /* SekiWitnessed */
        GArray *persons;   /* SekiPerson */
        GArray *modules;   /* SekiModuleSpec */
        const char *name, *control, *metrics;
        const char *const *authorities;
        const char *const *lists;
};

static const char *
profile_own (SekiProfile *profile, char *text)
{
        g_ptr_array_add (profile->memory, text);
        return text;
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

        return found != NULL ? found->value : seki_profile_find_key (kind, key)->fallback;
}

static gint64
group_number (const SekiGroup *group, const char *kind, const char *key)
{
        return seki_value_number (seki_profile_find_key (kind, key)->type,
                                  group_text (group, kind, key));
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
                        return seki_profile_refuse (
                                error, group->file, group->line,
                                _("'%s' is no role%s. Write transfer, account or issuer."), *names,
                                "");
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
                        return seki_profile_refuse (
                                error, group->file, group->line,
                                _("'%s' is no participant code%s. Write 7 digits."), *code, "");
        return group_roles (profile, group, &party->roles, error);
}

/* Ids stand in the ledger: of 31 letters, digits and signs, and none the node
 * gives itself. */
static gboolean
id_check (const char *id, const char *file, guint line, GError **error)
{
        static const char *const own[] = { "timer", "person", NULL };

        if (*id != '\0' && strlen (id) <= ID_MAX && strspn (id, ID_SIGNS) == strlen (id) &&
            !g_strv_contains (own, id))
                return TRUE;
        return seki_profile_refuse (
                error, file, line,
                _("'%s' can not be an id%s. Use at most 31 letters, digits, '-', '_' and '.'."),
                id, "");
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
        if (!seki_endpoint_parse (key->value, &address, &port)) {
                profile->metrics = profile_path (profile, key->value);
                return TRUE;
        }
        if (!g_str_has_prefix (address, "127.") && strcmp (address, "::1") != 0)
                return seki_profile_refuse (
                        error, key->file, key->line,
                        _("Metrics are not served at '%s': it is not of this machine "
                           "alone%s. Write 127.0.0.1:PORT or a path."),
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
        if (!id_check (profile->self.id, node->file, seki_group_find (node, "id")->line, error))
                return FALSE;
        profile->self.kind = SEKI_CALLER_NODE;
        profile->name = group_text (node, "node", "name");
        config->data = profile_path (profile, group_text (node, "node", "data"));
        config->test = strcmp (group_text (node, "node", "mark"), "test") == 0;
        config->origin = group_text (node, "node", "origin");
        if (config->origin == NULL)
                config->origin =
                        profile_own (profile, g_strdup_printf ("%s/lane/0", profile->name));
        config->n_workers = (guint) group_number (node, "node", "workers");
        seki_endpoint_parse (group_text (node, "node", "listen"), &address, &config->port);
        config->address = profile_own (profile, address);
        profile->control = profile_path (profile, group_text (node, "node", "control"));
        if (profile->control == NULL)
                profile->control =
                        profile_own (profile, g_build_filename (config->data, "control", NULL));
        if (!profile_fill_metrics (profile, node, error))
                return FALSE;
        return profile_fill_party (profile, node, &profile->self, error);
}

static void
profile_fill_limits (SekiProfile *profile)
{
        const SekiGroup *limits = profile_group (profile, "limits");
        SekiNodeConfig *config = &profile->config;

        config->limits.handshake_timeout =
                group_number (limits, "limits", "handshake") * G_USEC_PER_SEC;
        config->limits.idle_timeout = group_number (limits, "limits", "idle") * G_USEC_PER_SEC;
        config->limits.write_timeout = group_number (limits, "limits", "write") * G_USEC_PER_SEC;
        config->limits.max_channels = (guint) group_number (limits, "limits", "channels");
        config->max_streams = (guint) group_number (limits, "limits", "streams");
        config->max_body = (gsize) group_number (limits, "limits", "body");
        config->arena_limit = (gsize) group_number (limits, "limits", "memory");
        config->under_way = (guint) group_number (limits, "limits", "under-way");
        config->refusals = (guint) group_number (limits, "limits", "refusals");
        config->reserve = (guint64) group_number (limits, "limits", "reserve");
        config->retention_years =
                (gint) group_number (profile_group (profile, "retention"), "retention", "years");
}

/* Who calls from where, and whether somebody else is called the same. */
static gboolean
peer_check (SekiProfile *profile, const SekiGroup *group, const SekiPeer *peer, GError **error)
{
        SekiAddress address;

        for (const char *const *from = peer->from; *from != NULL; from++)
                if (!seki_address_parse (*from, &address))
                        return seki_profile_refuse (error, group->file,
                                                    seki_group_find (group, "from")->line,
                                                    _("'%s' is no address and no network%s. Write "
                                                       "192.0.2.7 or 192.0.2.0/24."),
                                                    *from, "");
        if (strcmp (peer->party->id, profile->self.id) == 0)
                return seki_profile_refuse (
                        error, group->file, group->line,
                        _("'%s' is this node itself%s. Give the other institution its own id."),
                        peer->party->id, "");
        for (guint i = 0; i < profile->peers->len; i++)
                if (g_ascii_strcasecmp (g_array_index (profile->peers, SekiPeer, i).name,
                                        peer->name) == 0)
                        return seki_profile_refuse (
                                error, group->file, group->line,
                                _("'%s' and another group have the same name '%s'. A "
                                   "certificate must stand for one."),
                                group->name, peer->name);
        return TRUE;
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
                        seki_endpoint_parse (group_text (group, "peer", "to"), &address,
                                             &peer.port);
                        peer.host = profile_own (profile, address);
                }
                witnessed.vkey = group_text (group, "peer", "ledger-key");
                g_array_append_val (profile->witnessed, witnessed);
        }
        if (!id_check (group->name, group->file, group->line, error) ||
            !peer_check (profile, group, &peer, error))
                return FALSE;
        g_array_append_val (profile->peers, peer);
        return TRUE;
}

static gboolean
profile_add_person (SekiProfile *profile, const SekiGroup *group, GError **error)
{
        SekiPerson person = { .id = group->name,
                              .certificate = profile_path (
                                      profile, group_text (group, "person", "certificate")),
                              .duties = profile_list (profile, group, "duties", FALSE),
                              .login = group_text (group, "person", "login") };

        if (!id_check (group->name, group->file, group->line, error))
                return FALSE;
        g_array_append_val (profile->persons, person);
        return TRUE;
}

/* Keys that are not of the schema are the module's own options. */
static void
profile_add_module (SekiProfile *profile, const SekiGroup *group)
{
        const char **keys = g_new0 (const char *, group->keys->len + 1),
                   **values = g_new0 (const char *, group->keys->len + 1);
        SekiModuleSpec spec = { .name = group->name,
                                .path = profile_path (profile,
                                                      group_text (group, "module", "file")),
                                .digest = group_text (group, "module", "digest"),
                                .number = group_number (group, "module", "number") == 1,
                                .keys = keys,
                                .values = values };
        gsize n = 0;

        g_ptr_array_add (profile->memory, keys);
        g_ptr_array_add (profile->memory, values);
        if (spec.path == NULL) {
                g_autofree char *file = g_strconcat (group->name, ".so", NULL);

                spec.path =
                        profile_own (profile, g_build_filename (SEKISHO_MODULE_FOLDER, file, NULL));
        }
        for (guint i = 0; i < group->keys->len; i++) {
                const SekiKey *key = g_ptr_array_index (group->keys, i);

                if (seki_profile_find_key ("module", key->key) != NULL)
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
                if (!seki_profile_check_group (g_ptr_array_index (groups, i), error))
                        return FALSE;
        for (const char *const *kind = needed; *kind != NULL; kind++)
                if (profile_group (profile, *kind) == NULL)
                        return seki_profile_refuse (
                                error, profile->path, 1,
                                _("The profile lacks the group [%s]%s. Add it."), *kind, "");
        if (!profile_fill_node (profile, error))
                return FALSE;
        profile_fill_limits (profile);
        profile->authorities =
                profile_list (profile, profile_group (profile, "trust"), "authorities", TRUE);
        profile->lists = profile_list (profile, profile_group (profile, "trust"), "lists", TRUE);
        for (guint i = 0; i < groups->len; i++) {
                const SekiGroup *group = g_ptr_array_index (groups, i);

                if (strcmp (group->kind, "peer") == 0 || strcmp (group->kind, "office") == 0) {
                        if (!profile_add_peer (profile, group, error))
                                return FALSE;
                } else if (strcmp (group->kind, "person") == 0) {
                        if (!profile_add_person (profile, group, error))
                                return FALSE;
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
