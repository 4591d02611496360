/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel/witness-inner.h"

#include "base/text.h"

SekiWitness *
seki_witness_new (const char *origin, SekiKeyring *keyring, const SekiClock *clock,
                  const SekiWitnessed *peers, gsize n_peers, GError **error)
{
        g_autoptr (SekiWitness) witness = g_new0 (SekiWitness, 1);

        witness->keyring = keyring;
        witness->clock = clock;
        witness->origin = g_strdup (origin);
        pthread_rwlock_init (&witness->lock, NULL);
        witness->peers = g_new0 (SekiWitnessedPeer, n_peers + 1);
        witness->settled = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
        witness->n_peers = n_peers;
        for (gsize i = 0; i < n_peers; i++) {
                SekiWitnessedPeer *peer = &witness->peers[i];

                peer->party = peers[i].party;
                peer->vkey = peers[i].vkey;
                if (peers[i].vkey == NULL)
                        continue;
                peer->key = g_byte_array_new ();
                if (!seki_vkey_parse (peers[i].vkey, peer->origin, peer->key, error)) {
                        g_prefix_error (error, "%s: ", peers[i].party->id);
                        return NULL;
                }
        }
        return g_steal_pointer (&witness);
}

void
seki_witness_free (SekiWitness *witness)
{
        if (witness == NULL)
                return;
        for (gsize i = 0; i < witness->n_peers; i++) {
                g_clear_pointer (&witness->peers[i].key, g_byte_array_unref);
                g_free (witness->peers[i].known.note);
                g_free (witness->peers[i].claimed.note);
        }
        g_ptr_array_unref (witness->settled);
        pthread_rwlock_destroy (&witness->lock);
        g_free (witness->peers);
        g_free (witness->own);
        g_free (witness->origin);
        g_free (witness);
}

gboolean
seki_witness_sign (SekiWitness *witness, guint64 count, const guint8 root[32], char **out_note,
                   GError **error)
{
        SekiCheckpoint checkpoint = {
                .size = count, .time = MAX (seki_clock_now (witness->clock), witness->own_time + 1)
        };
        char *note;

        *out_note = NULL;
        if (witness->own != NULL && witness->own_size == count)
                return TRUE;
        g_strlcpy (checkpoint.origin, witness->origin, sizeof checkpoint.origin);
        memcpy (checkpoint.root, root, 32);
        note = seki_checkpoint_sign (&checkpoint, witness->keyring, error);
        if (note == NULL)
                return FALSE;
        *out_note = g_strdup (note);
        pthread_rwlock_wrlock (&witness->lock);
        g_free (witness->own);
        witness->own = note;
        witness->own_len = strlen (note);
        witness->own_size = count;
        witness->own_time = checkpoint.time;
        pthread_rwlock_unlock (&witness->lock);
        return TRUE;
}

void
seki_witness_resume (SekiWitness *witness, const char *note)
{
        SekiCheckpoint checkpoint;

        if (seki_checkpoint_verify (seki_span_text (note),
                                    seki_keyring_get_ledger_key (witness->keyring), &checkpoint,
                                    NULL))
                witness->own_time = MAX (witness->own_time, checkpoint.time);
}

SekiSpan
seki_witness_get_own (SekiWitness *witness, SekiArena *arena)
{
        SekiSpan note = SEKI_SPAN_NONE;

        pthread_rwlock_rdlock (&witness->lock);
        if (witness->own != NULL)
                note = seki_span (seki_arena_copy (arena, witness->own, witness->own_len),
                                  witness->own_len);
        pthread_rwlock_unlock (&witness->lock);
        return note;
}

static SekiWitnessedPeer *
witness_find (SekiWitness *witness, const SekiParty *party)
{
        for (gsize i = 0; i < witness->n_peers; i++)
                if (strcmp (witness->peers[i].party->id, party->id) == 0)
                        return &witness->peers[i];
        return NULL;
}

/* Does a verified checkpoint contradict one that came before? */
static const char *
noted_contradicts (const SekiNoted *before, const SekiCheckpoint *checkpoint)
{
        if (before->note == NULL || checkpoint->size > before->at.size)
                return NULL;
        if (checkpoint->size == before->at.size)
                return memcmp (checkpoint->root, before->at.root, 32) != 0 ? SEKI_FORK_OTHER_ROOT
                                                                           : NULL;
        /* An older note that was overtaken on the way is none the wiser; a smaller
         * ledger signed later is one that was rolled back. */
        return checkpoint->time > before->at.time ? SEKI_FORK_ROLLED_BACK : NULL;
}

/* Under the lock, as all up to the next comment.  What a peer signed binds it,
 * whether or not it was proven. */
static const char *
peer_contradicts (const SekiWitnessedPeer *peer, const SekiCheckpoint *checkpoint)
{
        const char *why = noted_contradicts (&peer->known, checkpoint);

        return why != NULL ? why : noted_contradicts (&peer->claimed, checkpoint);
}

static SekiWitnessFinding
peer_compare (const SekiWitnessedPeer *peer, const SekiCheckpoint *checkpoint)
{
        if (strcmp (checkpoint->origin, peer->origin) != 0)
                return SEKI_WITNESS_INVALID;
        if (peer_contradicts (peer, checkpoint) != NULL)
                return SEKI_WITNESS_FORKED;
        return peer->known.note == NULL || checkpoint->size > peer->known.at.size
                       ? SEKI_WITNESS_NEWER
                       : SEKI_WITNESS_SAME;
}

static void
peer_fork (SekiWitnessedPeer *peer, const char *why)
{
        if (peer->forked[0] != '\0')
                return;
        g_strlcpy (peer->forked, why, sizeof peer->forked);
        peer->dirty = TRUE;
}

static void
noted_set (SekiNoted *noted, SekiSpan note, const SekiCheckpoint *at)
{
        g_free (noted->note);
        noted->note = g_strndup ((const char *) note.data, note.len);
        noted->at = *at;
}

static void
noted_clear (SekiNoted *noted)
{
        g_clear_pointer (&noted->note, g_free);
        noted->at = (SekiCheckpoint){ .size = 0 };
}

static void
peer_accept (SekiWitnessedPeer *peer, SekiSpan note, const SekiCheckpoint *checkpoint)
{
        const char *why = peer_contradicts (peer, checkpoint);

        if (why != NULL) { /* another thread saw one that contradicts it meanwhile */
                peer_fork (peer, why);
                return;
        }
        if (peer->known.note != NULL && checkpoint->size <= peer->known.at.size)
                return;
        noted_set (&peer->known, note, checkpoint);
        if (peer->claimed.note != NULL && peer->claimed.at.size <= checkpoint->size)
                noted_clear (&peer->claimed);
        peer->dirty = TRUE;
}

static void
peer_claim (SekiWitnessedPeer *peer, SekiSpan note, const SekiCheckpoint *checkpoint)
{
        const char *why = peer_contradicts (peer, checkpoint);

        if (why != NULL)
                peer_fork (peer, why);
        else if (peer->known.note == NULL)
                peer_accept (peer, note, checkpoint);
        else if (checkpoint->size > MAX (peer->known.at.size, peer->claimed.at.size)) {
                noted_set (&peer->claimed, note, checkpoint);
                peer->dirty = TRUE;
        }
}

static gboolean
peer_shows_again (const SekiWitnessedPeer *peer, SekiSpan note)
{
        return (peer->known.note != NULL && seki_span_is (note, peer->known.note)) ||
               (peer->claimed.note != NULL && seki_span_is (note, peer->claimed.note));
}

/* These take the lock. */
SekiWitnessFinding
seki_witness_look (SekiWitness *witness, const SekiParty *party, SekiSpan note,
                   SekiCheckpoint *out_known, SekiCheckpoint *out_new)
{
        SekiWitnessedPeer *peer = witness_find (witness, party);
        SekiWitnessFinding finding;
        gboolean again;

        if (peer == NULL || peer->key == NULL || note.data == NULL)
                return SEKI_WITNESS_SAME;
        pthread_rwlock_rdlock (&witness->lock);
        again = peer_shows_again (peer, note);
        *out_known = peer->known.at;
        pthread_rwlock_unlock (&witness->lock);
        if (again)
                return SEKI_WITNESS_SAME;
        if (!seki_checkpoint_verify (note, seki_span (peer->key->data, peer->key->len), out_new,
                                     NULL))
                return SEKI_WITNESS_INVALID;
        pthread_rwlock_rdlock (&witness->lock);
        finding = peer_compare (peer, out_new);
        pthread_rwlock_unlock (&witness->lock);
        return finding;
}

void
seki_witness_accept (SekiWitness *witness, const SekiParty *party, SekiSpan note,
                     const SekiCheckpoint *checkpoint)
{
        SekiWitnessedPeer *peer = witness_find (witness, party);

        if (peer == NULL)
                return;
        pthread_rwlock_wrlock (&witness->lock);
        peer_accept (peer, note, checkpoint);
        pthread_rwlock_unlock (&witness->lock);
}

char *
seki_witness_dup_known (SekiWitness *witness, const SekiParty *party)
{
        SekiWitnessedPeer *peer = witness_find (witness, party);
        char *note = NULL;

        pthread_rwlock_rdlock (&witness->lock);
        if (peer != NULL)
                note = g_strdup (peer->known.note);
        pthread_rwlock_unlock (&witness->lock);
        return note;
}

void
seki_witness_fork (SekiWitness *witness, const SekiParty *party, const char *why)
{
        SekiWitnessedPeer *peer = witness_find (witness, party);

        if (peer == NULL)
                return;
        pthread_rwlock_wrlock (&witness->lock);
        peer_fork (peer, why);
        pthread_rwlock_unlock (&witness->lock);
}

void
seki_witness_set_forked (SekiWitness *witness, const SekiParty *party)
{
        seki_witness_fork (witness, party, SEKI_FORK_NOT_CONSISTENT);
}

gboolean
seki_witness_is_forked (SekiWitness *witness, const SekiParty *party)
{
        SekiWitnessedPeer *peer = witness_find (witness, party);
        gboolean forked;

        pthread_rwlock_rdlock (&witness->lock);
        forked = peer != NULL && peer->forked[0] != '\0';
        pthread_rwlock_unlock (&witness->lock);
        return forked;
}

gboolean
seki_witness_has_key (SekiWitness *witness, const SekiParty *party)
{
        SekiWitnessedPeer *peer = witness_find (witness, party);

        return peer != NULL && peer->key != NULL;
}

/* Notes what a look found; FALSE: nothing is exchanged with the party. */
static gboolean
witness_learn (SekiWitness *witness, SekiWitnessedPeer *peer, SekiSpan note,
               SekiWitnessFinding finding, const SekiCheckpoint *new)
{
        gboolean ok;

        pthread_rwlock_wrlock (&witness->lock);
        if (finding == SEKI_WITNESS_NEWER || finding == SEKI_WITNESS_FORKED)
                peer_claim (peer, note, new);
        /* Who was rolled back had else only to show none, or a garbled one. */
        ok = peer->forked[0] == '\0' && finding != SEKI_WITNESS_INVALID &&
             (note.data != NULL || peer->known.note == NULL);
        if (ok && note.data != NULL)
                peer->heard = seki_clock_now (witness->clock);
        pthread_rwlock_unlock (&witness->lock);
        return ok;
}

gboolean
seki_witness_take (SekiWitness *witness, const SekiParty *party, SekiSpan note)
{
        SekiWitnessedPeer *peer = witness_find (witness, party);
        SekiCheckpoint known, new = { .size = 0 };
        SekiWitnessFinding finding;

        if (peer == NULL || peer->key == NULL)
                return peer == NULL || !seki_witness_is_forked (witness, party);
        finding = seki_witness_look (witness, party, note, &known, &new);
        return witness_learn (witness, peer, note, finding, &new);
}

void
seki_witness_get_claim (SekiWitness *witness, const SekiParty *party, SekiWitnessClaim *out_claim)
{
        SekiWitnessedPeer *peer = witness_find (witness, party);

        *out_claim = (SekiWitnessClaim){ .any = FALSE };
        if (peer == NULL)
                return;
        pthread_rwlock_rdlock (&witness->lock);
        out_claim->any = peer->known.note != NULL;
        out_claim->known = peer->known.at;
        out_claim->claimed = peer->claimed.at;
        out_claim->note = g_strdup (peer->claimed.note);
        g_strlcpy (out_claim->forked, peer->forked, sizeof out_claim->forked);
        out_claim->heard = peer->heard;
        pthread_rwlock_unlock (&witness->lock);
}

void
seki_witness_claim_clear (SekiWitnessClaim *claim)
{
        g_clear_pointer (&claim->note, g_free);
}

void
seki_witness_proven (SekiWitness *witness, const SekiParty *party)
{
        SekiWitnessedPeer *peer = witness_find (witness, party);

        if (peer == NULL)
                return;
        pthread_rwlock_wrlock (&witness->lock);
        peer->proven = seki_clock_now (witness->clock);
        peer->dirty = TRUE;
        pthread_rwlock_unlock (&witness->lock);
}

void
seki_witness_settle (SekiWitness *witness, SekiSpan key)
{
        pthread_rwlock_wrlock (&witness->lock);
        g_ptr_array_add (witness->settled, g_bytes_new (key.data, key.len));
        pthread_rwlock_unlock (&witness->lock);
}

void
seki_witness_each (SekiWitness *witness, void (*each) (const SekiWitnessView *, gpointer),
                   gpointer user)
{
        pthread_rwlock_rdlock (&witness->lock);
        for (gsize i = 0; i < witness->n_peers; i++) {
                const SekiWitnessedPeer *peer = &witness->peers[i];
                SekiWitnessView view = { .party = peer->party,
                                         .demanded = peer->key != NULL,
                                         .proven = peer->proven,
                                         .known_size = peer->known.at.size,
                                         .known_time = peer->known.at.time,
                                         .heard = peer->heard };

                view.claimed_size = MAX (peer->known.at.size, peer->claimed.at.size);
                view.forked = peer->forked[0] != '\0' ? peer->forked : NULL;
                each (&view, user);
        }
        pthread_rwlock_unlock (&witness->lock);
}
