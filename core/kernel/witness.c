/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel/witness.h"

#include "base/text.h"

#include <pthread.h>

typedef struct {
        const SekiParty *party;
        GByteArray *key;                /* public key; NULL: not known */
        char origin[128];
        char *note;                     /* latest accepted */
        SekiCheckpoint known;
        gboolean forked;
} Witnessed;

struct SekiWitness {
        SekiKeyring *keyring;
        const SekiClock *clock;
        char *origin;
        pthread_rwlock_t lock;          /* guards what follows */
        char *own;
        gsize own_len;
        guint64 own_size;
        gint64 own_time;                /* of the last signed, by this process or one before */
        Witnessed *peers;
        gsize n_peers;
};

SekiWitness *
seki_witness_new (const char *origin, SekiKeyring *keyring, const SekiClock *clock, const SekiWitnessed *peers, gsize n_peers,
                  GError **error)
{
        g_autoptr (SekiWitness) witness = g_new0 (SekiWitness, 1);

        witness->keyring = keyring;
        witness->clock = clock;
        witness->origin = g_strdup (origin);
        pthread_rwlock_init (&witness->lock, NULL);
        witness->peers = g_new0 (Witnessed, n_peers + 1);
        witness->n_peers = n_peers;
        for (gsize i = 0; i < n_peers; i++) {
                Witnessed *peer = &witness->peers[i];

                peer->party = peers[i].party;
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
                g_free (witness->peers[i].note);
        }
        pthread_rwlock_destroy (&witness->lock);
        g_free (witness->peers);
        g_free (witness->own);
        g_free (witness->origin);
        g_free (witness);
}

gboolean
seki_witness_sign (SekiWitness *witness, guint64 count, const guint8 root[32], char **out_note, GError **error)
{
        SekiCheckpoint checkpoint = { .size = count, .time = MAX (seki_clock_now (witness->clock), witness->own_time + 1) };
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

        if (seki_checkpoint_verify (seki_span_text (note), seki_keyring_get_ledger_key (witness->keyring), &checkpoint, NULL))
                witness->own_time = MAX (witness->own_time, checkpoint.time);
}

SekiSpan
seki_witness_get_own (SekiWitness *witness, SekiArena *arena)
{
        SekiSpan note = SEKI_SPAN_NONE;

        pthread_rwlock_rdlock (&witness->lock);
        if (witness->own != NULL)
                note = seki_span (seki_arena_copy (arena, witness->own, witness->own_len), witness->own_len);
        pthread_rwlock_unlock (&witness->lock);
        return note;
}

static Witnessed *
witness_find (SekiWitness *witness, const SekiParty *party)
{
        for (gsize i = 0; i < witness->n_peers; i++)
                if (strcmp (witness->peers[i].party->id, party->id) == 0)
                        return &witness->peers[i];
        return NULL;
}

/* Under the lock: does a verified checkpoint contradict the known one? */
static SekiWitnessFinding
witnessed_compare (const Witnessed *peer, const SekiCheckpoint *checkpoint)
{
        if (strcmp (checkpoint->origin, peer->origin) != 0)
                return SEKI_WITNESS_INVALID;
        if (peer->note == NULL)
                return SEKI_WITNESS_NEWER;
        if (checkpoint->size == peer->known.size)
                return memcmp (checkpoint->root, peer->known.root, 32) == 0 ? SEKI_WITNESS_SAME : SEKI_WITNESS_FORKED;
        if (checkpoint->size > peer->known.size)
                return SEKI_WITNESS_NEWER;
        /* An older note that was overtaken on the way is none the wiser; a smaller
         * ledger signed later is one that was rolled back. */
        return checkpoint->time > peer->known.time ? SEKI_WITNESS_FORKED : SEKI_WITNESS_SAME;
}

SekiWitnessFinding
seki_witness_look (SekiWitness *witness, const SekiParty *party, SekiSpan note, SekiCheckpoint *out_known,
                   SekiCheckpoint *out_new)
{
        Witnessed *peer = witness_find (witness, party);
        SekiWitnessFinding finding;
        gboolean equal;

        if (peer == NULL || peer->key == NULL || note.data == NULL)
                return SEKI_WITNESS_SAME;
        pthread_rwlock_rdlock (&witness->lock);
        equal = peer->note != NULL && seki_span_is (note, peer->note);
        *out_known = peer->known;
        pthread_rwlock_unlock (&witness->lock);
        if (equal)
                return SEKI_WITNESS_SAME;
        if (!seki_checkpoint_verify (note, seki_span (peer->key->data, peer->key->len), out_new, NULL))
                return SEKI_WITNESS_INVALID;
        pthread_rwlock_rdlock (&witness->lock);
        finding = witnessed_compare (peer, out_new);
        pthread_rwlock_unlock (&witness->lock);
        return finding;
}

/* Under the lock, where it was found to be newer. */
static void
witnessed_accept (Witnessed *peer, SekiSpan note, const SekiCheckpoint *checkpoint)
{
        g_free (peer->note);
        peer->note = g_strndup ((const char *) note.data, note.len);
        peer->known = *checkpoint;
}

void
seki_witness_accept (SekiWitness *witness, const SekiParty *party, SekiSpan note, const SekiCheckpoint *checkpoint)
{
        Witnessed *peer = witness_find (witness, party);

        if (peer == NULL)
                return;
        pthread_rwlock_wrlock (&witness->lock);
        switch (witnessed_compare (peer, checkpoint)) {
        case SEKI_WITNESS_NEWER:
                witnessed_accept (peer, note, checkpoint);
                break;
        case SEKI_WITNESS_FORKED:       /* another thread took one that contradicts it meanwhile */
                peer->forked = TRUE;
                break;
        default:
                break;
        }
        pthread_rwlock_unlock (&witness->lock);
}

char *
seki_witness_dup_known (SekiWitness *witness, const SekiParty *party)
{
        Witnessed *peer = witness_find (witness, party);
        char *note = NULL;

        pthread_rwlock_rdlock (&witness->lock);
        if (peer != NULL)
                note = g_strdup (peer->note);
        pthread_rwlock_unlock (&witness->lock);
        return note;
}

void
seki_witness_set_forked (SekiWitness *witness, const SekiParty *party)
{
        Witnessed *peer = witness_find (witness, party);

        pthread_rwlock_wrlock (&witness->lock);
        if (peer != NULL)
                peer->forked = TRUE;
        pthread_rwlock_unlock (&witness->lock);
}

gboolean
seki_witness_is_forked (SekiWitness *witness, const SekiParty *party)
{
        Witnessed *peer = witness_find (witness, party);
        gboolean forked;

        pthread_rwlock_rdlock (&witness->lock);
        forked = peer != NULL && peer->forked;
        pthread_rwlock_unlock (&witness->lock);
        return forked;
}

gboolean
seki_witness_take (SekiWitness *witness, const SekiParty *party, SekiSpan note)
{
        SekiCheckpoint known, new;

        if (seki_witness_is_forked (witness, party))
                return FALSE;
        switch (seki_witness_look (witness, party, note, &known, &new)) {
        case SEKI_WITNESS_NEWER:
                seki_witness_accept (witness, party, note, &new);
                return !seki_witness_is_forked (witness, party);
        case SEKI_WITNESS_INVALID:
                return FALSE;           /* else who was rolled back had only to garble its note */
        case SEKI_WITNESS_FORKED:
                seki_witness_set_forked (witness, party);
                return FALSE;
        default:
                return TRUE;
        }
}
