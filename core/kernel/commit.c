/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel/commit.h"

#include "base/text.h"
#include "ledger/tree.h"

#include <pthread.h>
#include <inttypes.h>

#define END_FORMAT 1
#define GROUP_LEAVES 4000 /* a group beyond this holds singles back too long (measured) */
#define RUN_BYTES 65536

struct SekiCommit {
        const SekiStorageOps *storage;
        gpointer storage_self;
        guint16 lane;
        SekiHead *head;
        SekiTiles *tiles;
        const SekiClock *clock;

        pthread_mutex_t lock;           /* guards what follows up to the next comment */
        SekiCommitUnit *first_small, **last_small, *first_large, **last_large;
        gboolean committing, faulted;
        SekiCommitStats stats;
        SekiEdge edge;                  /* end of the last commit */
        gint64 time;

        /* Only who is committing touches these. */
        SekiHash *hash;
        guint8 end[SEKI_END_MAX];       /* as it lies in the store: what the guard expects */
        gsize end_len;
        guint8 tried[SEKI_END_MAX];     /* what the last batch would have made of it */
        gsize tried_len;
        gboolean running;               /* the first look is done */
        gboolean head_behind;           /* the store took a batch whose head was not written */
        GArray *writes;                 /* SekiWrite */
        GByteArray *scratch;            /* runs of entries */
};

void
seki_end_key (guint16 lane, guint8 out[SEKI_END_KEY_LEN])
{
        out[0] = 'L';
        seki_put_be16 (out + 1, lane);
}

gsize
seki_end_write (const SekiEdge *edge, gint64 time, guint8 out[SEKI_END_MAX])
{
        out[0] = END_FORMAT;
        seki_put_be64 (out + 1, (guint64) time);
        return 9 + seki_edge_write (edge, out + 9);
}

gboolean
seki_end_read (SekiSpan value, SekiEdge *out_edge, gint64 *out_time, GError **error)
{
        if (value.len < 9 || value.data[0] != END_FORMAT) {
                g_set_error_literal (
                        error, SEKI_ERROR, SEKI_ERROR_DAMAGED,
                        _("The store's end of the ledger is not in a form this version reads. "
                           "Keep the files and start the version that wrote them."));
                return FALSE;
        }
        *out_time = (gint64) seki_get_be64 (value.data + 1);
        return seki_edge_read (seki_span (value.data + 9, value.len - 9), out_edge, error);
}

void
seki_run_key (guint16 lane, guint64 first, guint8 out[SEKI_RUN_KEY_LEN])
{
        seki_put_be16 (out, lane);
        seki_put_be64 (out + 2, first);
}

static gboolean commit_look (SekiCommit *commit, const guint8 acknowledged[32], GError **error);

SekiCommit *
seki_commit_new (const SekiStorageOps *storage, gpointer storage_self, guint16 lane,
                 const SekiHeadState *state, SekiHead *head, SekiTiles *tiles,
                 const SekiClock *clock, GError **error)
{
        SekiCommit *commit = g_new0 (SekiCommit, 1);

        commit->storage = storage;
        commit->storage_self = storage_self;
        commit->lane = lane;
        commit->head = head;
        commit->tiles = tiles;
        commit->clock = clock;
        commit->edge.count = state->count;
        commit->time = state->time;
        commit->last_small = &commit->first_small;
        commit->last_large = &commit->first_large;
        pthread_mutex_init (&commit->lock, NULL);
        commit->hash = seki_hash_new ();
        commit->writes = g_array_new (FALSE, FALSE, sizeof (SekiWrite));
        commit->scratch = g_byte_array_new ();
        if (commit_look (commit, state->root, error)) {
                commit->running = TRUE;
                return commit;
        }
        seki_commit_free (commit);
        return NULL;
}

void
seki_commit_free (SekiCommit *commit)
{
        if (commit == NULL)
                return;
        g_assert (!commit->committing);
        seki_hash_free (commit->hash);
        g_array_unref (commit->writes);
        g_byte_array_unref (commit->scratch);
        pthread_mutex_destroy (&commit->lock);
        g_free (commit);
}

static void
commit_queue (SekiCommit *commit, SekiCommitUnit *list)
{
        for (SekiCommitUnit *next; list != NULL; list = next) {
                next = list->next;
                list->next = NULL;
                if (list->n_leaves > 1) {
                        *commit->last_large = list;
                        commit->last_large = &list->next;
                } else {
                        *commit->last_small = list;
                        commit->last_small = &list->next;
                }
        }
}

static void
group_take (SekiCommitUnit **first, SekiCommitUnit ***last, SekiCommitUnit ***inout_tail,
            gsize *inout_leaves)
{
        while (*first != NULL &&
               (*inout_leaves == 0 || *inout_leaves + (*first)->n_leaves <= GROUP_LEAVES)) {
                SekiCommitUnit *unit = *first;

                *first = unit->next;
                if (*first == NULL)
                        *last = first;
                unit->next = NULL;
                **inout_tail = unit;
                *inout_tail = &unit->next;
                *inout_leaves += unit->n_leaves;
        }
}

/* The next group: every single waiting, then batches as long as there is room. */
static SekiCommitUnit *
commit_take_group (SekiCommit *commit)
{
        SekiCommitUnit *group = NULL, **tail = &group;
        gsize leaves = 0;

        group_take (&commit->first_small, &commit->last_small, &tail, &leaves);
        group_take (&commit->first_large, &commit->last_large, &tail, &leaves);
        return group;
}

static void
commit_add_write (SekiCommit *commit, guint32 space, SekiSpan key, SekiSpan value)
{
        SekiWrite write = { .space = space, .key = key, .value = value };

        g_array_append_val (commit->writes, write);
}

static void
unit_place (SekiCommit *commit, SekiCommitUnit *unit, guint64 first)
{
        unit->first = first;
        for (gsize i = 0; i < unit->n_rows; i++) {
                SekiCommitRow *row = &unit->rows[i];

                if (row->first_in_key >= 0)
                        seki_put_be64 (row->key + row->first_in_key, first);
                if (row->first_in_value >= 0)
                        seki_put_be64 (row->value + row->first_in_value, first);
                commit_add_write (commit, row->space, seki_span (row->key, row->key_len),
                                  seki_span (row->value, row->value_len));
        }
}

/* A run under construction: offsets into scratch, because scratch may move. */
typedef struct {
        gsize key, start;
        guint64 first;
        gsize n;
} Run;

static void
run_close (GArray *runs, Run *run)
{
        if (run->n > 0)
                g_array_append_val (runs, *run);
        run->n = 0;
}

static void
run_open (SekiCommit *commit, Run *run, guint64 first)
{
        guint8 key[SEKI_RUN_KEY_LEN];

        seki_run_key (commit->lane, first, key);
        *run = (Run){ .key = commit->scratch->len, .first = first };
        g_byte_array_append (commit->scratch, key, sizeof key);
        run->start = commit->scratch->len;
}

/* Entries of the group in runs of at most 256, never across a tile. */
static void
commit_add_runs (SekiCommit *commit, SekiCommitUnit *group, guint64 first)
{
        g_autoptr (GArray) runs = g_array_new (FALSE, FALSE, sizeof (Run));
        Run run = { 0 };
        gsize end;

        g_byte_array_set_size (commit->scratch, 0);
        for (SekiCommitUnit *unit = group; unit != NULL; unit = unit->next)
                for (gsize i = 0; i < unit->n_leaves; i++, first++) {
                        SekiSpan entry = unit->entries[i];
                        guint8 len[2];

                        if (run.n > 0 &&
                            (first % SEKI_RUN_LEAVES == 0 ||
                             commit->scratch->len - run.start + entry.len + 2 > RUN_BYTES))
                                run_close (runs, &run);
                        if (run.n == 0)
                                run_open (commit, &run, first);
                        seki_put_be16 (len, (guint16) entry.len);
                        g_byte_array_append (commit->scratch, len, 2);
                        g_byte_array_append (commit->scratch, entry.data, (guint) entry.len);
                        run.n++;
                }
        run_close (runs, &run);
        for (guint i = 0; i < runs->len; i++) {
                const Run *r = &g_array_index (runs, Run, i);

                end = i + 1 < runs->len ? g_array_index (runs, Run, i + 1).key
                                        : commit->scratch->len;
                commit_add_write (commit, SEKI_SPACE_LEDGER,
                                  seki_span (commit->scratch->data + r->key, SEKI_RUN_KEY_LEN),
                                  seki_span (commit->scratch->data + r->start, end - r->start));
        }
}

/* The lane's end as the store has it. */
typedef struct {
        guint8 bytes[SEKI_END_MAX];
        gsize len;                      /* 0: there is none */
        SekiEdge edge;
        gint64 time;
} End;

static void
end_found (gsize i, SekiSpan value, gpointer user)
{
        End *end = user;

        (void) i;
        if (value.len <= SEKI_END_MAX) {
                memcpy (end->bytes, value.data, value.len);
                end->len = value.len;
        }
}

/* One run of entries, of which the tiles may know a first part. */
static gboolean
catch_up_run (SekiSpan key, SekiSpan value, gpointer user)
{
        SekiCommit *commit = user;
        SekiTiles *tiles = commit->tiles;
        guint64 index = seki_get_be64 (key.data + 2);

        for (gsize at = 0; at + 2 <= value.len; index++) {
                gsize len = seki_get_be16 (value.data + at);
                SekiSpan entry = seki_span (value.data + at + 2, len);
                guint8 leaf[1][32];

                at += 2 + len;
                if (at > value.len || index > seki_tiles_get_size (tiles))
                        break;
                if (index < seki_tiles_get_size (tiles))
                        continue;
                seki_tree_leaf (commit->hash, entry, leaf[0]);
                seki_tiles_add (tiles, &entry, (const guint8 (*)[32]) leaf, 1);
        }
        return TRUE;
}

/* Leaves that the store holds and the tiles do not know yet. */
static gboolean
commit_catch_up (SekiCommit *commit, guint64 count, GError **error)
{
        guint8 from[SEKI_RUN_KEY_LEN], to[SEKI_RUN_KEY_LEN];
        guint64 size = seki_tiles_get_size (commit->tiles);

        if (size < count) {
                seki_run_key (commit->lane, size - size % SEKI_RUN_LEAVES, from);
                seki_run_key (commit->lane, G_MAXUINT64, to);
                if (!commit->storage->scan (commit->storage_self, SEKI_SPACE_LEDGER,
                                            seki_span (from, sizeof from),
                                            seki_span (to, sizeof to), catch_up_run, commit, error))
                        return FALSE;
                size = seki_tiles_get_size (commit->tiles);
        }
        if (size == count)
                return TRUE;
        g_set_error (error, SEKI_ERROR, SEKI_ERROR_DAMAGED,
                     _("The ledger's files and rows hold %" PRIu64 " entries where %" PRIu64
                       " were committed. Stop the node and keep its files."), size, count);
        return FALSE;
}

/* The store's end; of a lane without one, the empty tree's. */
static gboolean
commit_read_end (SekiCommit *commit, End *out_end, GError **error)
{
        guint8 key[SEKI_END_KEY_LEN];
        SekiSpan key_span = seki_span (key, sizeof key);

        *out_end = (End){ 0 };
        seki_end_key (commit->lane, key);
        if (!commit->storage->get_many (commit->storage_self, SEKI_SPACE_STATE, &key_span, 1,
                                        end_found, out_end, error))
                return FALSE;
        return out_end->len == 0 || seki_end_read (seki_span (out_end->bytes, out_end->len),
                                                   &out_end->edge, &out_end->time, error);
}

/* Behind what was acknowledged is loss; once running, an end that is neither the
 * last known nor the one last tried is somebody else's. */
static gboolean
commit_judge_end (SekiCommit *commit, const End *end, GError **error)
{
        SekiSpan found = seki_span (end->bytes, end->len);

        if (end->edge.count < commit->edge.count) {
                g_set_error (error, SEKI_ERROR, SEKI_ERROR_DAMAGED,
                             _("The store holds %" PRIu64 " ledger entries where %" PRIu64
                               " were acknowledged. Stop the node and keep its files."),
                             end->edge.count, commit->edge.count);
                return FALSE;
        }
        if (!commit->running || seki_span_equal (found, seki_span (commit->end, commit->end_len)) ||
            seki_span_equal (found, seki_span (commit->tried, commit->tried_len)))
                return TRUE;
        g_set_error_literal (error, SEKI_ERROR, SEKI_ERROR_DAMAGED,
                             _("The store's end of the ledger was moved by somebody else. "
                               "Stop the node, keep its files and see who writes to the store."));
        return FALSE;
}

/* The leaves must lead to the root of count. */
static gboolean
commit_check_root (SekiCommit *commit, guint64 count, const guint8 root[32], GError **error)
{
        SekiEdge edge;
        guint8 found[32];

        if (count == 0)
                return TRUE;
        if (!seki_tiles_edge (commit->tiles, count, &edge, error))
                return FALSE;
        seki_edge_root (&edge, commit->hash, found);
        if (memcmp (found, root, 32) == 0)
                return TRUE;
        g_set_error (error, SEKI_ERROR, SEKI_ERROR_DAMAGED,
                     _("The ledger's entries do not lead to the root that was committed at entry "
                        "%" PRIu64 ". Stop the node and keep its files."),
                     count);
        return FALSE;
}

/* After a failure, or at first: what did the store keep?  Either the end we
 * know, or the one we last tried to write; then the head is written after it. */
static gboolean
commit_look (SekiCommit *commit, const guint8 acknowledged[32], GError **error)
{
        guint8 root[32];
        End end;

        if (!commit_read_end (commit, &end, error) || !commit_judge_end (commit, &end, error) ||
            !commit_catch_up (commit, end.edge.count, error))
                return FALSE;
        seki_edge_root (&end.edge, commit->hash, root);
        if (acknowledged != NULL &&
            (!commit_check_root (commit, commit->edge.count, acknowledged, error) ||
             !commit_check_root (commit, end.edge.count, root, error)))
                return FALSE;
        if ((end.edge.count > commit->edge.count || commit->head_behind) &&
            !seki_head_write (commit->head, end.edge.count, root, end.time, error))
                return FALSE;
        memcpy (commit->end, end.bytes, end.len);
        commit->end_len = end.len;
        commit->head_behind = FALSE;
        pthread_mutex_lock (&commit->lock);
        commit->edge = end.edge;
        commit->time = MAX (commit->time, end.time);
        pthread_mutex_unlock (&commit->lock);
        return TRUE;
}

static gboolean
commit_write_batch (SekiCommit *commit, const SekiEdge *edge, gint64 time, GError **error)
{
        guint8 key[SEKI_END_KEY_LEN];
        SekiBatch batch = { 0 };

        seki_end_key (commit->lane, key);
        commit->tried_len = seki_end_write (edge, time, commit->tried);
        commit_add_write (commit, SEKI_SPACE_STATE, seki_span (key, sizeof key),
                          seki_span (commit->tried, commit->tried_len));
        batch.writes = (const SekiWrite *) commit->writes->data;
        batch.n_writes = commit->writes->len;
        batch.guard = seki_span (key, sizeof key);
        batch.expected =
                commit->end_len > 0 ? seki_span (commit->end, commit->end_len) : SEKI_SPAN_NONE;
        if (!commit->storage->commit (commit->storage_self, commit->lane, &batch, error))
                return FALSE;
        memcpy (commit->end, commit->tried, commit->tried_len);
        commit->end_len = commit->tried_len;
        return TRUE;
}

static void
commit_feed_tiles (SekiCommit *commit, SekiCommitUnit *group)
{
        for (SekiCommitUnit *unit = group; unit != NULL; unit = unit->next)
                seki_tiles_add (commit->tiles, unit->entries, (const guint8 (*)[32]) unit->leaves,
                                unit->n_leaves);
}

/* One batch, one head.  Called by the one thread that is committing. */
static gboolean
commit_group (SekiCommit *commit, SekiCommitUnit *group, SekiEdge *out_edge, gint64 *out_time,
              GError **error)
{
        SekiEdge edge = commit->edge;
        guint8 root[32];
        gint64 time = MAX (seki_clock_now (commit->clock), commit->time + 1);
        guint64 first = edge.count;

        g_array_set_size (commit->writes, 0);
        for (SekiCommitUnit *unit = group; unit != NULL; unit = unit->next) {
                unit_place (commit, unit, first);
                first += unit->n_leaves;
                for (gsize i = 0; i < unit->n_leaves; i++)
                        seki_edge_add (&edge, commit->hash, unit->leaves[i]);
        }
        commit_add_runs (commit, group, commit->edge.count);
        if (!commit_write_batch (commit, &edge, time, error))
                return FALSE;
        commit->head_behind = TRUE;
        seki_edge_root (&edge, commit->hash, root);
        if (!seki_head_write (commit->head, edge.count, root, time, error))
                return FALSE;
        commit->head_behind = FALSE;
        commit_feed_tiles (commit, group);
        *out_edge = edge;
        *out_time = time;
        return TRUE;
}

static void
group_finish (SekiCommitUnit *group, const GError *error)
{
        for (SekiCommitUnit *next; group != NULL; group = next) {
                next = group->next;
                if (error != NULL)
                        group->error = g_error_copy (error);
                group->done (group);
        }
}

static void
stats_add (SekiCommitStats *stats, const SekiCommitUnit *group, gint64 busy)
{
        guint64 units = 0;

        for (const SekiCommitUnit *unit = group; unit != NULL; unit = unit->next) {
                units++;
                stats->leaves += unit->n_leaves;
        }
        stats->groups++;
        stats->units += units;
        stats->largest = MAX (stats->largest, units);
        stats->busy += busy;
}

static void
commit_run_group (SekiCommit *commit, SekiCommitUnit *group)
{
        g_autoptr (GError) error = NULL;
        SekiEdge edge = commit->edge;
        gint64 time = commit->time, begin = seki_clock_monotonic (commit->clock);
        gboolean ok = (!commit->faulted || commit_look (commit, NULL, &error)) &&
                      commit_group (commit, group, &edge, &time, &error);

        pthread_mutex_lock (&commit->lock);
        commit->faulted = !ok;
        if (ok) {
                commit->edge = edge;
                commit->time = time;
                stats_add (&commit->stats, group, seki_clock_monotonic (commit->clock) - begin);
        }
        pthread_mutex_unlock (&commit->lock);
        group_finish (group, error);
}

void
seki_commit_submit (SekiCommit *commit, SekiCommitUnit *list)
{
        SekiCommitUnit *group;

        pthread_mutex_lock (&commit->lock);
        commit_queue (commit, list);
        if (commit->committing) {
                pthread_mutex_unlock (&commit->lock);
                return;
        }
        commit->committing = TRUE;
        while ((group = commit_take_group (commit)) != NULL) {
                pthread_mutex_unlock (&commit->lock);
                commit_run_group (commit, group);
                pthread_mutex_lock (&commit->lock);
        }
        commit->committing = FALSE;
        pthread_mutex_unlock (&commit->lock);
}

void
seki_commit_get_end (SekiCommit *commit, guint64 *out_count, guint8 out_root[32], gint64 *out_time)
{
        g_autoptr (SekiHash) hash = seki_hash_new ();
        SekiEdge edge;

        pthread_mutex_lock (&commit->lock);
        edge = commit->edge;
        *out_time = commit->time;
        pthread_mutex_unlock (&commit->lock);
        *out_count = edge.count;
        seki_edge_root (&edge, hash, out_root);
}

void
seki_commit_get_stats (SekiCommit *commit, SekiCommitStats *out_stats)
{
        pthread_mutex_lock (&commit->lock);
        *out_stats = commit->stats;
        pthread_mutex_unlock (&commit->lock);
}

gboolean
seki_commit_is_faulted (SekiCommit *commit)
{
        gboolean faulted;

        pthread_mutex_lock (&commit->lock);
        faulted = commit->faulted;
        pthread_mutex_unlock (&commit->lock);
        return faulted;
}
