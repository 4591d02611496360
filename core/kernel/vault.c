/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel/vault.h"

#include "base/text.h"
#include "model/fold.h"

#include <pthread.h>

/* Buckets whose contexts one thread keeps: 9.5 KiB each, made when first needed.
 * Making one costs 6 microseconds, as much as the rest of giving a record. */
#define CONTEXTS 1024

typedef struct {
        SekiBucket bucket;
        guint32 used;
} Filling;

/* Room given whose commit has not ended. */
typedef struct {
        SekiBucket bucket;
        guint commits;
} Given;

struct SekiVault {
        SekiKeyring *keyring;
        const SekiStorageOps *storage;
        gpointer storage_self;
        guint16 lane;
        pthread_mutex_t lock;
        GHashTable *filling;            /* year -> Filling */
        GArray *given;                  /* Given; short: what is in flight */
        pthread_cond_t settled;
        SekiBucket retired;             /* generation 0: none */
};

struct SekiHands {
        SekiVault *vault;
        SekiHash *hash;
        SekiSealer *sealer;
        guint8 lookup[32];
        guint8 random[SEKI_HANDS_RANDOM]; /* its last random_left bytes are still to be given */
        gsize random_left;
};

/* The last bucket of each year goes on filling after a restart; not so a
 * generation whose forerunner is still there, because re-sealing will put the
 * survivors into its first places. */
static void
vault_note_bucket (const SekiBucket *bucket, gpointer user)
{
        SekiVault *vault = user;
        Filling *filling;

        if (bucket->lane != vault->lane)
                return;
        filling = g_hash_table_lookup (vault->filling, GUINT_TO_POINTER (bucket->year));
        if (filling == NULL) {
                filling = g_new0 (Filling, 1);
                g_hash_table_insert (vault->filling, GUINT_TO_POINTER (bucket->year), filling);
        }
        if (filling->bucket.generation == 0 || bucket->fill > filling->bucket.fill)
                *filling = (Filling){ .bucket = *bucket };
        else if (bucket->fill == filling->bucket.fill)
                *filling = (Filling){ .bucket = filling->bucket.generation > bucket->generation
                                                        ? filling->bucket
                                                        : *bucket,
                                      .used = SEKI_BUCKET_RECORDS };
}

static gboolean
vault_count_member (SekiSpan key, SekiSpan value, gpointer user)
{
        guint32 *used = user;
        guint32 place = seki_get_be32 (key.data + SEKI_BUCKET_LEN);

        *used = MAX (*used, place + (guint32) (value.len / SEKI_ID_LEN));
        return TRUE;
}

static gboolean
vault_count (SekiVault *vault, Filling *filling, GError **error)
{
        guint8 from[SEKI_MEMBER_KEY_LEN] = { 0 }, to[SEKI_MEMBER_KEY_LEN];

        seki_bucket_write (&filling->bucket, from);
        memcpy (to, from, SEKI_BUCKET_LEN);
        memset (to + SEKI_BUCKET_LEN, 0xff, 4);
        return vault->storage->scan (vault->storage_self, SEKI_SPACE_MEMBER,
                                     seki_span (from, sizeof from), seki_span (to, sizeof to),
                                     vault_count_member, &filling->used, error);
}

SekiVault *
seki_vault_new (SekiKeyring *keyring, const SekiStorageOps *storage, gpointer storage_self,
                guint16 lane, GError **error)
{
        g_autoptr (SekiVault) vault = g_new0 (SekiVault, 1);
        GHashTableIter iter;
        gpointer filling;

        vault->keyring = keyring;
        vault->storage = storage;
        vault->storage_self = storage_self;
        vault->lane = lane;
        pthread_mutex_init (&vault->lock, NULL);
        vault->filling = g_hash_table_new_full (NULL, NULL, NULL, g_free);
        vault->given = g_array_new (FALSE, FALSE, sizeof (Given));
        pthread_cond_init (&vault->settled, NULL);
        seki_keyring_each_bucket (keyring, vault_note_bucket, vault);
        g_hash_table_iter_init (&iter, vault->filling);
        while (g_hash_table_iter_next (&iter, NULL, &filling))
                if (!vault_count (vault, filling, error))
                        return NULL;
        return g_steal_pointer (&vault);
}

void
seki_vault_free (SekiVault *vault)
{
        if (vault == NULL)
                return;
        g_hash_table_unref (vault->filling);
        g_array_unref (vault->given);
        pthread_cond_destroy (&vault->settled);
        pthread_mutex_destroy (&vault->lock);
        g_free (vault);
}

static gboolean
vault_next_bucket (SekiVault *vault, guint16 year, Filling **inout_filling, GError **error)
{
        Filling *filling = *inout_filling;
        SekiBucket next = { .lane = vault->lane, .year = year, .generation = 1 };

        if (filling != NULL)
                next.fill = filling->bucket.fill + 1;
        if (!seki_keyring_add_bucket (vault->keyring, &next, error))
                return FALSE;
        if (filling == NULL) {
                filling = g_new0 (Filling, 1);
                g_hash_table_insert (vault->filling, GUINT_TO_POINTER (year), filling);
        }
        *filling = (Filling){ .bucket = next };
        *inout_filling = filling;
        return TRUE;
}

/* Under the lock; NULL when nothing of the bucket is in flight. */
static Given *
vault_given (SekiVault *vault, const SekiBucket *bucket)
{
        for (guint i = 0; i < vault->given->len; i++)
                if (memcmp (&g_array_index (vault->given, Given, i).bucket, bucket,
                            sizeof *bucket) == 0)
                        return &g_array_index (vault->given, Given, i);
        return NULL;
}

static void
vault_give (SekiVault *vault, const SekiBucket *bucket)
{
        Given *given = vault_given (vault, bucket), first = { *bucket, 1 };

        if (given != NULL)
                given->commits++;
        else
                g_array_append_val (vault->given, first);
}

static gboolean
vault_is_retired (SekiVault *vault, const SekiBucket *bucket)
{
        return memcmp (&vault->retired, bucket, sizeof *bucket) == 0;
}

gboolean
seki_vault_enter (SekiVault *vault, const SekiBucket *bucket)
{
        gboolean ok;

        pthread_mutex_lock (&vault->lock);
        ok = !vault_is_retired (vault, bucket);
        if (ok)
                vault_give (vault, bucket);
        pthread_mutex_unlock (&vault->lock);
        return ok;
}

void
seki_vault_settle (SekiVault *vault, const SekiBucket *bucket)
{
        Given *given;

        pthread_mutex_lock (&vault->lock);
        given = vault_given (vault, bucket);
        if (--given->commits == 0) {
                g_array_remove_index_fast (
                        vault->given, (guint) (given - (Given *) (gpointer) vault->given->data));
                pthread_cond_broadcast (&vault->settled);
        }
        pthread_mutex_unlock (&vault->lock);
}

static struct timespec
deadline_after (gint64 timeout)
{
        struct timespec until;

        clock_gettime (CLOCK_REALTIME, &until);
        timeout += until.tv_nsec / 1000;
        until.tv_sec += timeout / G_USEC_PER_SEC;
        until.tv_nsec = timeout % G_USEC_PER_SEC * 1000;
        return until;
}

gboolean
seki_vault_retire (SekiVault *vault, const SekiBucket *bucket, gint64 timeout)
{
        struct timespec until = deadline_after (timeout);
        Filling *filling;
        gboolean settled;

        pthread_mutex_lock (&vault->lock);
        filling = g_hash_table_lookup (vault->filling, GUINT_TO_POINTER (bucket->year));
        if (filling != NULL && filling->bucket.fill == bucket->fill)
                filling->used = SEKI_BUCKET_RECORDS;
        vault->retired = *bucket;
        while (!(settled = vault_given (vault, bucket) == NULL) &&
               pthread_cond_timedwait (&vault->settled, &vault->lock, &until) == 0)
                continue;
        if (!settled)
                vault->retired = (SekiBucket){ 0 };
        pthread_mutex_unlock (&vault->lock);
        return settled;
}

void
seki_vault_release (SekiVault *vault, const SekiBucket *bucket)
{
        pthread_mutex_lock (&vault->lock);
        if (vault_is_retired (vault, bucket))
                vault->retired = (SekiBucket){ 0 };
        pthread_mutex_unlock (&vault->lock);
}

gboolean
seki_vault_reserve (SekiVault *vault, guint16 year, guint n, SekiBucket *out_bucket,
                    guint32 *out_place, GError **error)
{
        Filling *filling;
        gboolean ok = TRUE;

        g_assert (n <= SEKI_BUCKET_RECORDS);
        pthread_mutex_lock (&vault->lock);
        filling = g_hash_table_lookup (vault->filling, GUINT_TO_POINTER (year));
        if (filling == NULL || filling->used + n > SEKI_BUCKET_RECORDS ||
            !seki_keyring_has_bucket (vault->keyring, &filling->bucket))
                ok = vault_next_bucket (vault, year, &filling, error);
        if (ok) {
                *out_bucket = filling->bucket;
                *out_place = filling->used;
                filling->used += n;
                vault_give (vault, out_bucket);
        }
        pthread_mutex_unlock (&vault->lock);
        return ok;
}

SekiHands *
seki_hands_new (SekiVault *vault, GError **error)
{
        g_autoptr (SekiHands) hands = g_new0 (SekiHands, 1);

        hands->vault = vault;
        hands->hash = seki_hash_new ();
        hands->sealer = seki_sealer_new (vault->keyring, CONTEXTS, error);
        if (hands->sealer == NULL ||
            !seki_keyring_get_key (vault->keyring, SEKI_KEY_LOOKUP, hands->lookup, error))
                return NULL;
        return g_steal_pointer (&hands);
}

void
seki_hands_free (SekiHands *hands)
{
        if (hands == NULL)
                return;
        seki_sealer_free (hands->sealer);
        seki_hash_free (hands->hash);
        seki_wipe (hands->lookup, sizeof hands->lookup);
        seki_wipe (hands->random, sizeof hands->random);
        g_free (hands);
}

SekiHash *
seki_hands_get_hash (SekiHands *hands)
{
        return hands->hash;
}

SekiSealer *
seki_hands_get_sealer (SekiHands *hands)
{
        return hands->sealer;
}

/* What was given is not kept. */
gboolean
seki_hands_random (SekiHands *hands, gpointer out, gsize len)
{
        guint8 *at;

        g_assert (len <= sizeof hands->random);
        if (hands->random_left < len) {
                hands->random_left = 0;
                if (!seki_nss_random (hands->random, sizeof hands->random))
                        return FALSE;
                hands->random_left = sizeof hands->random;
        }
        at = hands->random + sizeof hands->random - hands->random_left;
        memcpy (out, at, len);
        seki_wipe (at, len);
        hands->random_left -= len;
        return TRUE;
}

void
seki_hands_index (SekiHands *hands, SekiIndex index, const SekiSpan *parts, gsize n_parts,
                  guint8 out[SEKI_ID_LEN])
{
        SekiSpan all[8];
        gsize n = 0;
        guint8 kind = (guint8) index, mac[SEKI_HASH_LEN];

        g_assert (n_parts <= 3);
        all[n++] = seki_span (&kind, 1);
        for (gsize i = 0; i < n_parts; i++) {
                all[n++] = parts[i];
                all[n++] = seki_span ("", 1);
        }
        seki_hash_mac (hands->hash, seki_span (hands->lookup, sizeof hands->lookup), all, n, mac);
        memcpy (out, mac, SEKI_ID_LEN);
}

gboolean
seki_hands_person (SekiHands *hands, const SekiRecord *record, SekiArena *arena,
                   guint8 out[SEKI_ID_LEN])
{
        SekiSpan parts[3] = {
                seki_fold (record->field[SEKI_FIELD_NAME], arena),
                seki_fold (record->field[SEKI_FIELD_KANA], arena),
                record->field[SEKI_FIELD_BIRTH],
        };

        if (parts[0].data == NULL || parts[1].data == NULL || parts[2].data == NULL)
                return FALSE;
        seki_hands_index (hands, SEKI_INDEX_PERSON, parts, 3, out);
        return TRUE;
}

/* Identity, part and format are bound to each sealed part: neither can be
 * moved to another record, nor one part stand in for the other. */
#define PART_NUMBER 'n'
#define PART_REST 'r'
#define AAD_LEN (SEKI_ID_LEN + 2)

static SekiSpan
part_aad (const guint8 id[SEKI_ID_LEN], guint8 part, guint8 out[AAD_LEN])
{
        memcpy (out, id, SEKI_ID_LEN);
        out[SEKI_ID_LEN] = part;
        out[SEKI_ID_LEN + 1] = SEKI_RECORD_FORMAT;
        return seki_span (out, AAD_LEN);
}

#define ROW_HEAD (1 + SEKI_BUCKET_LEN + 1)

static gsize
row_number_len (guint8 kind)
{
        switch (kind) {
        case SEKI_NUMBER_INDIVIDUAL:
                return 12 + SEKI_SEAL_EXTRA;
        case SEKI_NUMBER_CORPORATE:
                return 13 + SEKI_SEAL_EXTRA;
        default:
                return 0;
        }
}

static gboolean
row_damaged (GError **error)
{
        g_set_error_literal (error, SEKI_ERROR, SEKI_ERROR_DAMAGED,
                             _("A stored record is not in the form it was written in. "
                               "Stop the node, keep its files and restore from a backup."));
        return FALSE;
}

gboolean
seki_row_get_bucket (SekiSpan row, SekiBucket *out_bucket)
{
        if (row.len < ROW_HEAD || row.data[0] != SEKI_RECORD_FORMAT)
                return FALSE;
        seki_bucket_read (row.data + 1, out_bucket);
        return TRUE;
}

gboolean
seki_hands_open (SekiHands *hands, const guint8 id[SEKI_ID_LEN], SekiSpan row, SekiArena *arena,
                 SekiHeld *out_held, GError **error)
{
        guint8 aad[AAD_LEN], *plain;
        SekiCborReader reader;
        SekiSpan rest;
        gsize number_len;

        if (row.len < ROW_HEAD || row.data[0] != SEKI_RECORD_FORMAT ||
            row.data[ROW_HEAD - 1] > SEKI_NUMBER_CORPORATE)
                return row_damaged (error);
        number_len = row_number_len (row.data[ROW_HEAD - 1]);
        if (row.len < ROW_HEAD + number_len + SEKI_SEAL_EXTRA + SEKI_SALT_LEN)
                return row_damaged (error);

        memcpy (out_held->id, id, SEKI_ID_LEN);
        seki_bucket_read (row.data + 1, &out_held->bucket);
        out_held->kind = row.data[ROW_HEAD - 1];
        out_held->sealed_number =
                seki_span (seki_arena_copy (arena, row.data + ROW_HEAD, number_len), number_len);
        rest = seki_span (row.data + ROW_HEAD + number_len, row.len - ROW_HEAD - number_len);
        plain = seki_arena_alloc (arena, rest.len - SEKI_SEAL_EXTRA);
        if (plain == NULL || (number_len > 0 && out_held->sealed_number.data == NULL)) {
                g_set_error_literal (error, SEKI_ERROR, SEKI_ERROR_LIMIT,
                                     _("The message needs more memory than one message may. Send "
                                        "fewer records at once."));
                return FALSE;
        }
        if (!seki_sealer_open (hands->sealer, &out_held->bucket, part_aad (id, PART_REST, aad),
                               rest, plain, error))
                return FALSE;
        memcpy (out_held->salt, plain, SEKI_SALT_LEN);
        seki_cbor_reader_init (&reader, seki_span (plain + SEKI_SALT_LEN,
                                                   rest.len - SEKI_SEAL_EXTRA - SEKI_SALT_LEN));
        return seki_record_read_stored (&reader, &out_held->record, error);
}

gboolean
seki_hands_open_number (SekiHands *hands, SekiHeld *held, SekiArena *arena, SekiSpan *out_number,
                        GError **error)
{
        guint8 aad[AAD_LEN], *plain;

        *out_number = SEKI_SPAN_NONE;
        if (held->kind == SEKI_NUMBER_NONE)
                return TRUE;
        if (held->record.field[SEKI_FIELD_NUMBER].data != NULL) {
                *out_number = held->record.field[SEKI_FIELD_NUMBER];
                return TRUE;
        }
        plain = seki_arena_alloc (arena, held->sealed_number.len - SEKI_SEAL_EXTRA);
        if (plain == NULL) {
                g_set_error_literal (error, SEKI_ERROR, SEKI_ERROR_LIMIT,
                                     _("The message needs more memory than one message may. Send "
                                        "fewer records at once."));
                return FALSE;
        }
        if (!seki_sealer_open (hands->sealer, &held->bucket, part_aad (held->id, PART_NUMBER, aad),
                               held->sealed_number, plain, error))
                return FALSE;
        *out_number = seki_span (plain, held->sealed_number.len - SEKI_SEAL_EXTRA);
        return TRUE;
}

/* Seals the rest: salt and map, from a scratch buffer in the arena. */
static gboolean
row_seal_rest (SekiHands *hands, const SekiHeld *held, const SekiRecord *record, SekiArena *arena,
               SekiSpan *out_plain)
{
        SekiCborWriter writer;

        (void) hands;
        seki_cbor_writer_init (&writer, arena);
        seki_cbor_write_raw (&writer, seki_span (held->salt, SEKI_SALT_LEN));
        seki_record_write (record, SEKI_RECORD_REST, &writer);
        *out_plain = seki_cbor_writer_get_span (&writer);
        return !writer.failed;
}

gboolean
seki_hands_seal (SekiHands *hands, const SekiHeld *held, const SekiRecord *record, SekiSpan number,
                 SekiNumberKind kind, SekiSpan kept, SekiArena *arena, SekiSpan *out_row,
                 GError **error)
{
        SekiSpan plain = SEKI_SPAN_NONE;
        guint8 aad[AAD_LEN], *row;
        gsize number_len = row_number_len (kind), len;

        if (!row_seal_rest (hands, held, record, arena, &plain) ||
            (row = seki_arena_alloc (arena, len = ROW_HEAD + number_len + plain.len +
                                                  SEKI_SEAL_EXTRA)) == NULL) {
                g_set_error_literal (error, SEKI_ERROR, SEKI_ERROR_LIMIT,
                                     _("The message needs more memory than one message may. Send "
                                        "fewer records at once."));
                return FALSE;
        }
        row[0] = SEKI_RECORD_FORMAT;
        seki_bucket_write (&held->bucket, row + 1);
        row[ROW_HEAD - 1] = (guint8) kind;
        if (number.data != NULL) {
                g_assert (number.len + SEKI_SEAL_EXTRA == number_len);
                if (!seki_sealer_seal (hands->sealer, &held->bucket,
                                       part_aad (held->id, PART_NUMBER, aad), number,
                                       row + ROW_HEAD, error))
                        return FALSE;
        } else if (number_len > 0) {
                g_assert (kept.len == number_len);
                memcpy (row + ROW_HEAD, kept.data, number_len);
        }
        if (!seki_sealer_seal (hands->sealer, &held->bucket, part_aad (held->id, PART_REST, aad),
                               plain, row + ROW_HEAD + number_len, error))
                return FALSE;
        *out_row = seki_span (row, len);
        return TRUE;
}

void
seki_hands_subject (SekiHands *hands, const guint8 salt[SEKI_SALT_LEN],
                    const guint8 id[SEKI_ID_LEN], guint8 out[32])
{
        SekiSpan part = seki_span (id, SEKI_ID_LEN);

        seki_hash_mac (hands->hash, seki_span (salt, SEKI_SALT_LEN), &part, 1, out);
}
