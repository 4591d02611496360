/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel/reseal.h"

#include "base/text.h"
#include "kernel/story.h"

#include <inttypes.h>
#include <pthread.h>

#define SETTLE_WITHIN (G_USEC_PER_SEC / 5)

/* One bucket on its way to the next generation. */
typedef struct {
        SekiCommitUnit unit;            /* first: done finds the job by it */
        const SekiKernel *kernel;
        SekiHands *hands;
        SekiArena *arena;
        SekiBucket old, next;
        GByteArray *ids;                /* members */
        GArray *rows;                   /* SekiCommitRow */
        GByteArray *claims;
        GHashTable *survivors;          /* ids */
        GHashTable *lives;              /* of the survivors */
        GByteArray *survivor_ids;
        guint64 first_of_row;
        SekiCborWriter trail;
        gsize n_kept;
        GError *error;
        pthread_mutex_t lock;
        pthread_cond_t changed;
        gboolean finished;
} Job;

static guint
id_hash (gconstpointer id)
{
        guint hash;

        memcpy (&hash, id, sizeof hash);
        return hash;
}

static gboolean
id_equal (gconstpointer a, gconstpointer b)
{
        return memcmp (a, b, SEKI_ID_LEN) == 0;
}

static void
job_add_row (Job *job, SekiSpace space, SekiSpan key, SekiSpan value)
{
        SekiCommitRow row = { .space = space,
                              .first_in_key = -1,
                              .first_in_value = -1,
                              .key_len = (guint32) key.len,
                              .value_len = (guint32) value.len };

        row.key = seki_arena_copy (job->arena, key.data, key.len);
        row.value = (guint8 *) value.data;
        g_array_append_val (job->rows, row);
}

static gboolean
member_row (SekiSpan key, SekiSpan value, gpointer user)
{
        Job *job = user;

        g_byte_array_append (job->ids, value.data, (guint) value.len);
        job_add_row (job, SEKI_SPACE_MEMBER, key, SEKI_SPAN_NONE);
        return TRUE;
}

static void
bucket_range (const SekiBucket *bucket, guint8 from[SEKI_BUCKET_LEN],
              guint8 to[SEKI_BUCKET_LEN + 1])
{
        seki_bucket_write (bucket, from);
        memcpy (to, from, SEKI_BUCKET_LEN);
        to[SEKI_BUCKET_LEN] = 0xff;
}

static gboolean
job_scan (Job *job, SekiSpace space, SekiScanFunc row, GError **error)
{
        guint8 from[SEKI_BUCKET_LEN], to[SEKI_BUCKET_LEN + 1];

        bucket_range (&job->old, from, to);
        if (!job->kernel->storage->scan (job->kernel->storage_self, space,
                                         seki_span (from, sizeof from), seki_span (to, sizeof to),
                                         row, job, error))
                return FALSE;
        if (job->error == NULL)
                return TRUE;
        g_propagate_error (error, g_steal_pointer (&job->error));
        return FALSE;
}

/* FALSE: somebody writes to one of the records; nothing is held then. */
static gboolean
job_claim (Job *job)
{
        guint8 key[SEKI_CLAIM_LEN] = { SEKI_INDEX_CODE };

        for (guint at = 0; at < job->ids->len; at += SEKI_ID_LEN) {
                memcpy (key + 1, job->ids->data + at, SEKI_ID_LEN);
                if (!seki_claims_take (job->kernel->claims, key, job))
                        return FALSE;
                g_byte_array_append (job->claims, key, sizeof key);
        }
        return TRUE;
}

static gboolean
job_reseal_record (Job *job, const guint8 *id, SekiSpan value)
{
        SekiSpan number, row;
        guint8 subject[32];
        SekiHeld held;

        if (!seki_hands_open (job->hands, id, value, job->arena, &held, &job->error))
                return FALSE;
        if (memcmp (&held.bucket, &job->old, sizeof held.bucket) != 0)
                return TRUE;            /* it has left the bucket since */
        if (g_hash_table_contains (job->survivors, id))
                return TRUE;            /* erased and stored again: a member twice */
        if (!seki_hands_open_number (job->hands, &held, job->arena, &number, &job->error))
                return FALSE;
        held.bucket = job->next;
        if (!seki_hands_seal (job->hands, &held, &held.record, number, held.kind, SEKI_SPAN_NONE,
                              job->arena, &row, &job->error))
                return FALSE;
        job_add_row (job, SEKI_SPACE_RECORD, seki_span (id, SEKI_ID_LEN), row);
        seki_hands_subject (job->hands, held.salt, id, subject);
        g_hash_table_add (job->survivors, seki_arena_copy (job->arena, id, SEKI_ID_LEN));
        g_hash_table_add (job->lives, seki_arena_copy (job->arena, subject, SEKI_LIFE_LEN));
        g_byte_array_append (job->survivor_ids, id, SEKI_ID_LEN);
        return TRUE;
}

static void
record_found (gsize i, SekiSpan value, gpointer user)
{
        Job *job = user;

        if (job->error == NULL)
                job_reseal_record (job, job->ids->data + i * SEKI_ID_LEN, value);
}

static gboolean
job_reseal_records (Job *job, GError **error)
{
        gsize n = job->ids->len / SEKI_ID_LEN;
        g_autofree SekiSpan *keys = g_new (SekiSpan, n + 1);
        guint8 key[SEKI_MEMBER_KEY_LEN] = { 0 };

        for (gsize i = 0; i < n; i++)
                keys[i] = seki_span (job->ids->data + i * SEKI_ID_LEN, SEKI_ID_LEN);
        if (n > 0 && !job->kernel->storage->get_many (job->kernel->storage_self, SEKI_SPACE_RECORD,
                                                      keys, n, record_found, job, error))
                return FALSE;
        if (job->error != NULL) {
                g_propagate_error (error, g_steal_pointer (&job->error));
                return FALSE;
        }
        seki_bucket_write (&job->next, key);
        if (job->survivor_ids->len > 0)
                job_add_row (job, SEKI_SPACE_MEMBER, seki_span (key, sizeof key),
                             seki_span (job->survivor_ids->data, job->survivor_ids->len));
        return TRUE;
}

static void
trail_item (const SekiTrailItem *item, gpointer user)
{
        Job *job = user;

        if (!g_hash_table_contains (job->lives, item->life))
                return;
        seki_cbor_write_raw (&job->trail, item->encoded);
        job->n_kept++;
}

/* Seals what is left of one trail row under the next generation. */
static void
job_add_trail (Job *job, SekiSpan key, SekiSpan head)
{
        guint8 next_key[SEKI_TRAIL_KEY_LEN], *sealed;
        SekiCborWriter plain;
        SekiSpan span;

        seki_cbor_writer_init (&plain, job->arena);
        seki_cbor_write_raw (&plain, head);
        seki_cbor_write_array (&plain, job->n_kept);
        seki_cbor_write_raw (&plain, seki_cbor_writer_get_span (&job->trail));
        span = seki_cbor_writer_get_span (&plain);
        sealed = seki_arena_alloc (job->arena, span.len + SEKI_SEAL_EXTRA);
        memcpy (next_key, key.data, sizeof next_key);
        seki_bucket_write (&job->next, next_key);
        if (seki_sealer_seal (seki_hands_get_sealer (job->hands), &job->next, seki_span ("t", 1),
                              span, sealed, &job->error))
                job_add_row (job, SEKI_SPACE_FACTS, seki_span (next_key, sizeof next_key),
                             seki_span (sealed, span.len + SEKI_SEAL_EXTRA));
}

static gboolean
trail_row (SekiSpan key, SekiSpan value, gpointer user)
{
        Job *job = user;
        guint8 *plain;
        SekiSpan head;

        if (key.len != SEKI_TRAIL_KEY_LEN || value.len < SEKI_SEAL_EXTRA)
                return TRUE;
        plain = seki_arena_alloc (job->arena, value.len - SEKI_SEAL_EXTRA);
        seki_cbor_writer_init (&job->trail, job->arena);
        job->n_kept = 0;
        if (!seki_sealer_open (seki_hands_get_sealer (job->hands), &job->old, seki_span ("t", 1),
                               value, plain, &job->error) ||
            !seki_trail_each (seki_span (plain, value.len - SEKI_SEAL_EXTRA), &head, trail_item,
                              job, &job->error))
                return FALSE;
        job_add_row (job, SEKI_SPACE_FACTS, key, SEKI_SPAN_NONE);
        if (job->n_kept > 0)
                job_add_trail (job, key, head);
        return job->error == NULL;
}

static void
job_done (SekiCommitUnit *unit)
{
        Job *job = (Job *) unit;

        pthread_mutex_lock (&job->lock);
        job->finished = TRUE;
        pthread_cond_signal (&job->changed);
        pthread_mutex_unlock (&job->lock);
}

static void
job_fill_leaf (Job *job, SekiSpan *entry, guint8 (*leaf)[32])
{
        g_autofree char *detail = g_strdup_printf (
                "bucket %u/%u/%u generation %u to %u, %u of %u records kept", job->old.lane,
                job->old.year, job->old.fill, job->old.generation, job->next.generation,
                job->survivor_ids->len / SEKI_ID_LEN, job->ids->len / SEKI_ID_LEN);
        SekiEntry what = { .format = SEKI_ENTRY_FORMAT,
                           .time = seki_clock_now (job->kernel->clock),
                           .permitted = 1,
                           .count = 1 };
        SekiCborWriter writer;

        what.act = seki_span_text ("reseal");
        what.action = seki_span_text ("node");
        what.actor = seki_span_text ("timer");
        what.detail = seki_span_text (detail);
        seki_cbor_writer_init (&writer, job->arena);
        seki_entry_write (&what, &writer);
        *entry = seki_cbor_writer_get_span (&writer);
        seki_tree_leaf (seki_hands_get_hash (job->hands), *entry, *leaf);
}

static gboolean
job_commit (Job *job, GError **error)
{
        guint8 noted[SEKI_NOTED_KEY_LEN] = { 'D' }, leaf[1][32];
        SekiSpan entry;

        seki_bucket_write (&job->old, noted + 1);
        job_add_row (job, SEKI_SPACE_STATE, seki_span (noted, sizeof noted), SEKI_SPAN_NONE);
        job_fill_leaf (job, &entry, &leaf[0]);
        job->unit.rows = (SekiCommitRow *) job->rows->data;
        job->unit.n_rows = job->rows->len;
        job->unit.entries = &entry;
        job->unit.leaves = leaf;
        job->unit.n_leaves = 1;
        job->unit.done = job_done;
        seki_commit_submit (job->kernel->commit, &job->unit);
        pthread_mutex_lock (&job->lock);
        while (!job->finished)
                pthread_cond_wait (&job->changed, &job->lock);
        pthread_mutex_unlock (&job->lock);
        if (job->unit.error == NULL)
                return TRUE;
        g_propagate_error (error, g_steal_pointer (&job->unit.error));
        return FALSE;
}

/* The key of the next generation first, the death of the old one last. */
static gboolean
job_run (Job *job, GError **error)
{
        SekiKeyring *keyring = job->kernel->keyring;

        if (!job_scan (job, SEKI_SPACE_MEMBER, member_row, error))
                return FALSE;
        if (!job_claim (job))
                return TRUE;
        if (!seki_keyring_has_bucket (keyring, &job->next) &&
            !seki_keyring_add_bucket (keyring, &job->next, error))
                return FALSE;
        return job_reseal_records (job, error) &&
               job_scan (job, SEKI_SPACE_FACTS, trail_row, error) && job_commit (job, error) &&
               seki_keyring_destroy_bucket (keyring, &job->old, error);
}

static gboolean
bucket_reseal (const SekiKernel *kernel, const SekiBucket *bucket, GError **error)
{
        Job job = { .kernel = kernel, .old = *bucket, .next = *bucket };
        gboolean ok;

        job.next.generation++;
        job.hands = seki_hands_new (kernel->vault, error);
        if (job.hands == NULL)
                return FALSE;
        job.arena = seki_arena_new (0);
        job.ids = g_byte_array_new ();
        job.claims = g_byte_array_new ();
        job.survivor_ids = g_byte_array_new ();
        job.rows = g_array_new (FALSE, FALSE, sizeof (SekiCommitRow));
        job.survivors = g_hash_table_new (id_hash, id_equal);
        job.lives = g_hash_table_new (id_hash, id_equal);
        pthread_mutex_init (&job.lock, NULL);
        pthread_cond_init (&job.changed, NULL);
        ok = job_run (&job, error);
        seki_claims_release (kernel->claims, job.claims->data, job.claims->len / SEKI_CLAIM_LEN,
                             &job);
        pthread_mutex_destroy (&job.lock);
        pthread_cond_destroy (&job.changed);
        g_hash_table_unref (job.survivors);
        g_hash_table_unref (job.lives);
        g_array_unref (job.rows);
        g_byte_array_unref (job.survivor_ids);
        g_byte_array_unref (job.claims);
        g_byte_array_unref (job.ids);
        seki_arena_free (job.arena);
        seki_hands_free (job.hands);
        return ok;
}

void
seki_bucket_claim (const SekiBucket *bucket, guint8 out[SEKI_CLAIM_LEN])
{
        memset (out, 0, SEKI_CLAIM_LEN);
        out[0] = 'B';
        seki_bucket_write (bucket, out + 1);
}

/* Who comes upon the bucket in the meantime waits for its claim. */
static gboolean
bucket_retire (const SekiKernel *kernel, const SekiBucket *bucket, GError **error)
{
        guint8 claim[SEKI_CLAIM_LEN];
        gboolean ok = TRUE;

        seki_bucket_claim (bucket, claim);
        if (!seki_claims_take (kernel->claims, claim, bucket))
                return TRUE;
        if (seki_vault_retire (kernel->vault, bucket, SETTLE_WITHIN)) {
                ok = bucket_reseal (kernel, bucket, error);
                seki_vault_release (kernel->vault, bucket);
        }
        seki_claims_release (kernel->claims, claim, 1, bucket);
        return ok;
}

typedef struct {
        GArray *buckets;
        guint limit;
} Noted;

static gboolean
noted_row (SekiSpan key, SekiSpan value, gpointer user)
{
        Noted *noted = user;
        SekiBucket bucket;

        (void) value;
        if (key.len != SEKI_NOTED_KEY_LEN)
                return TRUE;
        seki_bucket_read (key.data + 1, &bucket);
        g_array_append_val (noted->buckets, bucket);
        return noted->buckets->len < noted->limit;
}

gboolean
seki_reseal_run (const SekiKernel *kernel, guint limit, GError **error)
{
        g_autoptr (GArray) buckets = g_array_new (FALSE, FALSE, sizeof (SekiBucket));
        Noted noted = { .buckets = buckets, .limit = limit };

        if (!kernel->storage->scan (kernel->storage_self, SEKI_SPACE_STATE, seki_span ("D", 1),
                                    seki_span ("E", 1), noted_row, &noted, error))
                return FALSE;
        for (guint i = 0; i < buckets->len; i++) {
                const SekiBucket *bucket = &g_array_index (buckets, SekiBucket, i);

                if (!bucket_retire (kernel, bucket, error))
                        return FALSE;
        }
        return TRUE;
}

static void
bucket_collect (const SekiBucket *bucket, gpointer user)
{
        g_array_append_val ((GArray *) user, *bucket);
}

static gboolean
member_seen (SekiSpan key, SekiSpan value, gpointer user)
{
        (void) key;
        (void) value;
        *(gboolean *) user = TRUE;
        return FALSE;
}

static gboolean
bucket_has_successor (const GArray *buckets, const SekiBucket *bucket)
{
        for (guint i = 0; i < buckets->len; i++) {
                const SekiBucket *other = &g_array_index (buckets, SekiBucket, i);

                if (other->lane == bucket->lane && other->year == bucket->year &&
                    other->fill == bucket->fill && other->generation > bucket->generation)
                        return TRUE;
        }
        return FALSE;
}

gboolean
seki_reseal_finish (const SekiKernel *kernel, GError **error)
{
        g_autoptr (GArray) buckets = g_array_new (FALSE, FALSE, sizeof (SekiBucket));
        guint8 from[SEKI_BUCKET_LEN], to[SEKI_BUCKET_LEN + 1];

        seki_keyring_each_bucket (kernel->keyring, bucket_collect, buckets);
        for (guint i = 0; i < buckets->len; i++) {
                const SekiBucket *bucket = &g_array_index (buckets, SekiBucket, i);
                gboolean used = FALSE;

                if (bucket->lane != kernel->lane || !bucket_has_successor (buckets, bucket))
                        continue;
                bucket_range (bucket, from, to);
                if (!kernel->storage->scan (kernel->storage_self, SEKI_SPACE_MEMBER,
                                            seki_span (from, sizeof from),
                                            seki_span (to, sizeof to), member_seen, &used, error))
                        return FALSE;
                if (!used && !seki_keyring_destroy_bucket (kernel->keyring, bucket, error))
                        return FALSE;
        }
        return TRUE;
}
