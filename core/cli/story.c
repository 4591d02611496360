/* SPDX-License-Identifier: Apache-2.0 */
/* sekisho record story: act by act, and nothing on the node's word alone.  Each
 * act is written again as the entry it claims to be, hashed, and its place
 * proven under the ledger's public key. */
#include "base/text.h"
#include "cli/client.h"
#include "cli/files.h"
#include "cli/nouns.h"
#include "cli/print.h"
#include "cli/view.h"
#include "daemon/map.h"
#include "ledger/checkpoint.h"
#include "ledger/entry.h"

#include <inttypes.h>

typedef struct {
        const char *control;
        SekiSpan key; /* SubjectPublicKeyInfo of the ledger */
        gboolean print;
        guint64 acts, proven;
        GError *error;
} Story;

static void
rule_take (SekiSpan item, gpointer user)
{
        SekiEntry *entry = user;
        SekiCborReader reader;

        seki_cbor_reader_init (&reader, item);
        if (entry->n_rules < SEKI_ENTRY_RULES &&
            seki_cbor_read_text (&reader, &entry->rules[entry->n_rules], NULL))
                entry->n_rules++;
}

static void
entry_read (SekiSpan act, SekiEntry *entry)
{
        *entry = (SekiEntry){
                .format = SEKI_ENTRY_FORMAT,
                .time = seki_view_get_int (act, "time", 0),
                .act = seki_view_get_text (act, "act"),
                .action = seki_view_get_text (act, "action"),
                .actor = seki_view_get_text (act, "actor"),
                .peer = seki_view_get_text (act, "peer"),
                .message = seki_view_get_text (act, "message"),
                .subject = seki_view_get_text (act, "subject"),
                .purpose = seki_view_get_text (act, "purpose"),
                .basis = seki_view_get_text (act, "basis"),
                .permitted = seki_view_get_bool (act, "permitted"),
                .reason = seki_view_get_text (act, "reason"),
                .policy = seki_view_get_text (act, "policy"),
                .facts = seki_view_get_text (act, "facts"),
                .count = (guint64) seki_view_get_int (act, "count", 1),
                .detail = seki_view_get_text (act, "detail"),
        };
        seki_view_each (seki_view_get (act, "rules"), rule_take, entry);
}

/* That just this entry stands at just this place. */
static gboolean
act_prove (Story *story, guint64 index, const SekiEntry *entry)
{
        const SekiArgument arguments[] = { SEKI_ARGUMENT_UINT ("index", index), { NULL } };
        g_autoptr (SekiSecret) answer =
                seki_client_call (story->control, "prove", arguments, &story->error);
        g_autoptr (SekiHash) hash = seki_hash_new ();
        g_auto (SekiBuffer) encoded;
        SekiCheckpoint checkpoint;
        guint64 proven_index;
        guint8 leaf[32];

        seki_cbor_writer_init (&encoded, NULL);
        seki_entry_write (entry, &encoded);
        seki_tree_leaf (hash, seki_cbor_writer_get_span (&encoded), leaf);
        return answer != NULL &&
               seki_proof_verify (seki_view_get_text (seki_secret_get_span (answer), "proof"),
                                  story->key, leaf, &proven_index, &checkpoint, NULL) &&
               proven_index == index;
}

/* Where the peer says it stands: the act matches there by message id and leaf. */
static void
receipt_tell (SekiSpan act, const SekiEntry *entry)
{
        SekiSpan receipt = seki_view_get (act, "receipt");
        g_autofree char *peer = g_strndup ((const char *) entry->peer.data, entry->peer.len);
        SekiSpan leaf;
        char hex[65] = "";

        if (receipt.data == NULL)
                return;
        leaf = seki_view_get_text (receipt, "leaf");
        if (leaf.len == 32)
                seki_hex (leaf.data, 32, hex);
        seki_print (_("          %s confirmed the message: entry %" PRIu64 " of its ledger, leaf "
                                                                           "%.16s…\n"),
                       peer, (guint64) seki_view_get_int (receipt, "index", 0), hex);
}

static void
act_tell (SekiSpan act, gpointer user)
{
        Story *story = user;
        guint64 index = (guint64) seki_view_get_int (act, "index", 0);
        g_autofree char *line = NULL;
        SekiEntry entry;
        gboolean proven;

        if (story->error != NULL)
                return;
        entry_read (act, &entry);
        proven = act_prove (story, index, &entry);
        story->acts++;
        story->proven += proven;
        if (!story->print)
                return;
        line = seki_entry_describe (&entry);
        seki_print ("%8" PRIu64 "  %s  [%s]\n", index, line,
                    proven ? _("proven") : _("NOT PROVEN"));
        receipt_tell (act, &entry);
}

/* The key the node was made with, from its own folder, not from its answer. */
static GByteArray *
ledger_key (SekiProfile *profile, GError **error)
{
        g_autofree char *path =
                g_build_filename (seki_profile_get_data (profile), "keys", "ledger.pub", NULL);
        gsize len;
        g_autofree char *der = seki_file_read (path, 4096, &len, error);

        return der != NULL ? g_byte_array_append (g_byte_array_new (), (const guint8 *) der,
                                                  (guint) len)
                           : NULL;
}

static gboolean
story_show_json (const Story *story, SekiSpan answer, GError **error)
{
        g_auto (SekiBuffer) encoded;
        g_auto (SekiMap) map;

        seki_cbor_writer_init (&encoded, NULL);
        seki_map_init (&map);
        seki_cbor_write_raw (seki_map_at (&map, "acts"), seki_view_get (answer, "acts"));
        seki_cbor_write_raw (seki_map_at (&map, "note"), seki_view_get (answer, "note"));
        seki_cbor_write_uint (seki_map_at (&map, "proven"), story->proven);
        seki_map_write (&map, &encoded);
        return seki_show_json (seki_cbor_writer_get_span (&encoded), error);
}

static gboolean
story_finish (SekiInvocation *in, Story *story, SekiSpan answer, GError **error)
{
        if (story->error != NULL) {
                g_propagate_error (error, story->error);
                return FALSE;
        }
        in->status = story->proven == story->acts ? SEKI_EXIT_DONE : SEKI_EXIT_DAMAGED;
        if (!story->print)
                return story_show_json (story, answer, error);
        if (story->proven == story->acts)
                seki_print (P_ ("%" PRIu64 " act, proven under the ledger's signed checkpoint.\n",
                                "%" PRIu64 " acts, each proven under the ledger's signed "
                                           "checkpoint.\n", (gulong) story->acts), story->acts);
        else
                seki_print (
                        _("Only %" PRIu64 " of %" PRIu64 " acts are proven: verify the ledger.\n"),
                           story->proven, story->acts);
        return TRUE;
}

gboolean
seki_record_story (SekiInvocation *in, GError **error)
{
        g_autoptr (SekiProfile) profile = seki_client_profile (in, error);
        g_autoptr (GByteArray) key = profile != NULL ? ledger_key (profile, error) : NULL;
        const SekiArgument arguments[] = { SEKI_ARGUMENT_TEXT ("code", in->arguments[0]),
                                           { NULL } };
        g_autoptr (SekiSecret) answer = NULL;
        Story story = { .print = in->option[SEKI_CLI_JSON] == NULL };

        if (key == NULL)
                return FALSE;
        story.control = seki_profile_get_control (profile);
        story.key = seki_span (key->data, key->len);
        answer = seki_client_call (story.control, "story", arguments, error);
        if (answer == NULL)
                return FALSE;
        seki_view_each (seki_view_get (seki_secret_get_span (answer), "acts"), act_tell, &story);
        return story_finish (in, &story, seki_secret_get_span (answer), error);
}
