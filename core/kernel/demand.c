/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel/demand.h"

#include "base/text.h"
#include "kernel/proofs.h"

#include <inttypes.h>

#define EVERY (1 * (gint64) G_USEC_PER_SEC)       /* between two requests to one peer */
#define LOOK_EVERY (10 * (gint64) G_USEC_PER_SEC) /* for receipts, when nothing moved */
#define RETRY_MOST (300 * (gint64) G_USEC_PER_SEC)
#define ANSWER_WITHIN (60 * (gint64) G_USEC_PER_SEC)
#define IDLE (3600 * (gint64) G_USEC_PER_SEC)

/* What is asked of one peer. */
typedef struct {
        const SekiParty *party;
        gboolean callable;
        guint64 token; /* of the request under way; 0: none */
        SekiProofRequest request;
        SekiCheckpoint old, new; /* known and claimed when it was asked */
        char *note;              /* of new */
        SekiReceipt receipts[SEKI_PROOF_MANY];
        gint64 next, deadline, looked, idle; /* monotonic */
        guint failures;
        gboolean told;   /* the fork is on the ledger */
        char *complaint; /* last logged */
} Ask;

struct SekiDemand {
        const SekiWorkerConfig *config;
        const SekiKernel *kernel;
        SekiPipeline *pipeline;
        SekiQueueSend send;
        gpointer user;
        SekiHash *hash;
        Ask *asks;
        gsize n_asks;
        guint64 last_token;
};

static void
demand_log (SekiDemand *demand, SekiLogLevel level, const char *text)
{
        if (demand->config->log != NULL)
                demand->config->log (demand->config->log_user, level, text);
}

SekiDemand *
seki_demand_new (const SekiWorkerConfig *config, SekiPipeline *pipeline, SekiQueueSend send,
                 gpointer user)
{
        SekiDemand *demand = g_new0 (SekiDemand, 1);
        gint64 now = seki_clock_monotonic (config->kernel->clock);

        *demand = (SekiDemand){ .config = config,
                                .kernel = config->kernel,
                                .pipeline = pipeline,
                                .send = send,
                                .user = user };
        demand->hash = seki_hash_new ();
        demand->asks = g_new0 (Ask, config->n_peers + 1);
        for (gsize i = 0; i < config->n_peers; i++) {
                const SekiPeer *peer = &config->peers[i];
                Ask *ask = &demand->asks[demand->n_asks];

                if (peer->party->kind != SEKI_CALLER_NODE ||
                    !seki_witness_has_key (demand->kernel->witness, peer->party))
                        continue;
                *ask = (Ask){ .party = peer->party, .callable = peer->host != NULL, .idle = now };
                ask->looked = now - LOOK_EVERY;
                ask->told = seki_witness_is_forked (demand->kernel->witness, peer->party);
                demand->n_asks++;
        }
        return demand;
}

void
seki_demand_free (SekiDemand *demand)
{
        if (demand == NULL)
                return;
        for (gsize i = 0; i < demand->n_asks; i++) {
                g_free (demand->asks[i].note);
                g_free (demand->asks[i].complaint);
        }
        seki_hash_free (demand->hash);
        g_free (demand->asks);
        g_free (demand);
}

/* One line for each new state of affairs. */
static void
ask_complain (SekiDemand *demand, Ask *ask, const char *problem)
{
        g_autofree char *line = NULL;

        if (g_strcmp0 (ask->complaint, problem) == 0)
                return;
        g_free (ask->complaint);
        ask->complaint = g_strdup (problem);
        if (problem == NULL)
                return;
        line = g_strdup_printf (_("The ledger of '%s' could not be checked: %s"), ask->party->id,
                                   problem);
        demand_log (demand, SEKI_LOG_WARNING, line);
}

static void
ask_end (SekiDemand *demand, Ask *ask, const char *problem)
{
        gint64 now = seki_clock_monotonic (demand->kernel->clock);

        ask->token = 0;
        g_clear_pointer (&ask->note, g_free);
        ask->failures = problem != NULL ? ask->failures + 1 : 0;
        ask->next = now + MIN (EVERY << MIN (ask->failures, 9), RETRY_MOST);
        ask_complain (demand, ask, problem);
}

/* A fork is put on the ledger and into the journal, once. */
static void
ask_tell_fork (SekiDemand *demand, Ask *ask, const SekiWitnessClaim *claim)
{
        g_autofree char *detail = NULL, *line = NULL;

        if (ask->told)
                return;
        ask->told = TRUE;
        detail = g_strdup_printf ("%s %s known %" PRIu64 " claimed %" PRIu64, ask->party->id,
                                  claim->forked, claim->known.size, claim->claimed.size);
        seki_pipeline_note (demand->pipeline, "witness", seki_span_text (detail), ask->party, NULL,
                            NULL);
        line = g_strdup_printf (_("The ledger of '%s' contradicts what it showed before (%s); "
                                  "nothing is exchanged with it until two persons approve "
                                  "another ledger-key of it in the profile."),
                                ask->party->id, claim->forked);
        demand_log (demand, SEKI_LOG_ERROR, line);
}

static void
ask_send (SekiDemand *demand, Ask *ask)
{
        g_autoptr (SekiArena) arena = seki_arena_new (0);
        g_autoptr (GError) error = NULL;
        gint64 now = seki_clock_monotonic (demand->kernel->clock);
        gboolean consistency = ask->request.kind == SEKI_PROOF_CONSISTENCY;
        SekiCborWriter body;

        ask->request.checkpoint = seki_witness_get_own (demand->kernel->witness, arena);
        ask->token = SEKI_DEMAND_TOKEN | ++demand->last_token;
        ask->deadline = now + ANSWER_WITHIN;
        ask->idle = now;
        seki_cbor_writer_init (&body, arena);
        seki_proof_request_write (&ask->request, &body);
        if (!demand->send (ask->party, ask->token,
                           seki_span_text (consistency ? "ledger.consistency" : "ledger.inclusion"),
                           seki_cbor_writer_get_span (&body), demand->user, &error))
                ask_end (demand, ask, error->message);
}

static void
ask_consistency (SekiDemand *demand, Ask *ask, SekiWitnessClaim *claim)
{
        gboolean claimed = claim->claimed.size > claim->known.size;

        ask->old = claim->known;
        ask->new = claimed ? claim->claimed : claim->known;
        ask->note = claimed ? g_steal_pointer (&claim->note) : NULL;
        ask->request = (SekiProofRequest){ .kind = SEKI_PROOF_CONSISTENCY,
                                           .old = ask->old.size,
                                           .size = ask->new.size };
        ask_send (demand, ask);
}

static gboolean
receipt_found (SekiSpan key, SekiSpan value, gpointer user)
{
        Ask *ask = user;
        gsize n = ask->request.n_indexes;

        (void) value;
        if (!seki_unproven_read (key, &ask->receipts[n]))
                return TRUE;
        ask->request.indexes[n] = ask->receipts[n].index;
        return ++ask->request.n_indexes < SEKI_PROOF_MANY;
}

/* FALSE when no receipt waits that the known checkpoint covers. */
static gboolean
ask_inclusion (SekiDemand *demand, Ask *ask, const SekiWitnessClaim *claim)
{
        const SekiKernel *kernel = demand->kernel;
        guint8 from[SEKI_UNPROVEN_KEY_MAX], to[SEKI_UNPROVEN_KEY_MAX];
        g_autoptr (GError) error = NULL;

        ask->looked = seki_clock_monotonic (kernel->clock);
        ask->old = ask->new = claim->known;
        ask->request = (SekiProofRequest){ .kind = SEKI_PROOF_INCLUSION,
                                           .size = claim->known.size,
                                           .many = TRUE };
        if (!kernel->storage->scan (
                    kernel->storage_self, SEKI_SPACE_STATE,
                    seki_span (from, seki_unproven_bound (ask->party, 0, from)),
                    seki_span (to, seki_unproven_bound (ask->party, claim->known.size, to)),
                    receipt_found, ask, &error))
                ask_end (demand, ask, error->message);
        else if (ask->request.n_indexes > 0)
                ask_send (demand, ask);
        return error != NULL || ask->request.n_indexes > 0;
}

static gboolean
ask_is_idle (const SekiDemand *demand, const Ask *ask, const SekiWitnessClaim *claim, gint64 now)
{
        gint64 interval =
                demand->config->witness_interval > 0 ? demand->config->witness_interval : IDLE;
        gint64 unheard = seki_clock_now (demand->kernel->clock) - claim->heard;

        return now - ask->idle >= interval && (unheard < 0 || unheard >= interval);
}

static void
ask_try (SekiDemand *demand, Ask *ask, gint64 now)
{
        g_auto (SekiWitnessClaim) claim;

        seki_witness_get_claim (demand->kernel->witness, ask->party, &claim);
        if (claim.forked[0] != '\0')
                ask_tell_fork (demand, ask, &claim);
        if (ask->token != 0 && now > ask->deadline)
                ask_end (demand, ask, _("It did not answer in time."));
        if (ask->token != 0 || now < ask->next || !ask->callable || claim.forked[0] != '\0')
                return;
        if (claim.claimed.size > claim.known.size) {
                ask_consistency (demand, ask, &claim);
                return;
        }
        if (claim.any && now - ask->looked >= LOOK_EVERY && ask_inclusion (demand, ask, &claim))
                return;
        if (ask_is_idle (demand, ask, &claim, now))
                ask_consistency (demand, ask, &claim);
}

void
seki_demand_tick (SekiDemand *demand)
{
        gint64 now = seki_clock_monotonic (demand->kernel->clock);

        for (gsize i = 0; i < demand->n_asks; i++)
                ask_try (demand, &demand->asks[i], now);
}

/* answers */

static void
ask_fork (SekiDemand *demand, Ask *ask, const char *why)
{
        seki_witness_fork (demand->kernel->witness, ask->party, why);
        ask_end (demand, ask, NULL);
}

static void
ask_check_consistency (SekiDemand *demand, Ask *ask, const SekiProofAnswer *answer)
{
        SekiWitness *witness = demand->kernel->witness;

        if (ask->note != NULL) {
                if (!seki_tree_verify_consistency (demand->hash, ask->old.size, ask->old.root,
                                                   ask->new.size, ask->new.root,
                                                   (const guint8 (*)[32]) answer->hashes->data,
                                                   answer->lens[0])) {
                        ask_fork (demand, ask, SEKI_FORK_NOT_CONSISTENT);
                        return;
                }
                seki_witness_accept (witness, ask->party, seki_span_text (ask->note), &ask->new);
                seki_witness_proven (witness, ask->party);
                ask->looked -= LOOK_EVERY; /* it may cover receipts */
        }
        ask_end (demand, ask, NULL);
}

static gboolean
receipts_hold (SekiDemand *demand, const Ask *ask, const SekiProofAnswer *answer)
{
        const guint8 (*path)[32] = (const guint8 (*)[32]) answer->hashes->data;

        for (gsize i = 0; i < answer->n; i++) {
                if (!seki_tree_verify_inclusion (demand->hash, ask->receipts[i].index,
                                                 ask->old.size, ask->receipts[i].leaf, path,
                                                 answer->lens[i], ask->old.root))
                        return FALSE;
                path += answer->lens[i];
        }
        return TRUE;
}

static void
ask_check_inclusion (SekiDemand *demand, Ask *ask, const SekiProofAnswer *answer)
{
        SekiWitness *witness = demand->kernel->witness;
        guint8 key[SEKI_UNPROVEN_KEY_MAX];

        if (answer->n != ask->request.n_indexes) {
                ask_end (demand, ask, _("It did not prove as many receipts as it was asked for."));
                return;
        }
        if (!receipts_hold (demand, ask, answer)) {
                ask_fork (demand, ask, SEKI_FORK_NOT_INCLUDED);
                return;
        }
        for (gsize i = 0; i < answer->n; i++)
                seki_witness_settle (
                        witness,
                        seki_span (key, seki_unproven_key (ask->party, &ask->receipts[i], key)));
        seki_witness_proven (witness, ask->party);
        if (answer->n == SEKI_PROOF_MANY)
                ask->looked -= LOOK_EVERY - 2 * EVERY; /* more may wait; these are erased by then */
        ask_end (demand, ask, NULL);
}

/* The peer refuses to prove: because it is not what it was, or we are not. */
static void
ask_refused (SekiDemand *demand, Ask *ask, guint status, SekiSpan body)
{
        g_autoptr (SekiArena) arena = seki_arena_new (0);
        g_autofree char *problem = NULL;
        SekiAnswer answer = { 0 };

        if (status == SEKI_PROOF_GONE) {
                ask_fork (demand, ask, SEKI_FORK_GONE);
                return;
        }
        if (body.len > 0)
                seki_answer_read (body, arena, &answer, NULL);
        if (g_strcmp0 (answer.reason, "ledger-contradicts") == 0)
                problem = g_strdup (_("It says that this node's ledger contradicts what it showed "
                                      "before. Do not go on: two persons must look into it."));
        else
                problem = g_strdup_printf (_("It answered %u. %s"), status,
                                           answer.error != NULL ? answer.error : "");
        ask_end (demand, ask, problem);
}

void
seki_demand_answered (SekiDemand *demand, guint64 token, guint status, SekiSpan body)
{
        g_auto (SekiProofAnswer) answer = { 0 };
        g_autoptr (GError) error = NULL;
        Ask *ask = NULL;

        for (gsize i = 0; i < demand->n_asks; i++)
                if (demand->asks[i].token == token)
                        ask = &demand->asks[i];
        if (ask == NULL)
                return;
        if (status != 200) {
                ask_refused (demand, ask, status, body);
                return;
        }
        if (!seki_proof_answer_read (body, ask->request.many, &answer, &error)) {
                ask_end (demand, ask, error->message);
                return;
        }
        if (!seki_witness_take (demand->kernel->witness, ask->party, answer.checkpoint)) {
                ask_end (demand, ask, _("Its checkpoint does not hold."));
                return;
        }
        if (ask->request.kind == SEKI_PROOF_CONSISTENCY)
                ask_check_consistency (demand, ask, &answer);
        else
                ask_check_inclusion (demand, ask, &answer);
}

void
seki_demand_lost (SekiDemand *demand, const SekiParty *peer)
{
        for (gsize i = 0; i < demand->n_asks; i++)
                if (demand->asks[i].party == peer && demand->asks[i].token != 0)
                        ask_end (demand, &demand->asks[i],
                                 _("The connection was lost before it answered."));
}
