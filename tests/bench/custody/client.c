/* SPDX-License-Identifier: Apache-2.0 */
/* Loads one node and prints one JSON line.  All bodies are made before the
 * clock starts, all connections are open by then, every answer is checked.
 *
 *   client --connect ADDRESS:PORT --name DNS --authority PEM --certificate PEM --key PEM
 *          --work register|provide|mix --shape conn16|stream16|batch1000
 *          --n RECORDS [--first PLACE] [--stored RECORDS] [--prefix CODE] [--tag TEXT] [--transfer]
 *          [--connections N] [--streams N] [--batch N] [--idle N] */
#include "link.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>

typedef struct {
        const char *name;
        unsigned connections, streams, batch;
} Shape;

static const Shape shapes[] = { { "conn16", 16, 1, 1 },
                                { "stream16", 1, 16, 1 },
                                { "batch1000", 4, 1, 1000 } };
static const char *const works[] = { "register", "provide", "mix" };

typedef struct {
        LinkConfig link;
        Wire wire;
        Shape shape;
        Work work;
        uint64_t n, first;
        unsigned idle; /* connections that only stay open */
        Link **links;
        int epoll;
        Op *ops;
        uint64_t n_ops, next, done, failed;
        Bytes bodies;
        float *latencies;
        double last;
} Run;

static void __attribute__ ((noreturn)) usage (const char *why)
{
        fprintf (stderr, "client: %s; how it is called stands at the head of client.c\n", why);
        exit (2);
}

static int
word_of (const char *text, const char *const *words, size_t stride, size_t n, const char *why)
{
        for (size_t i = 0; i < n; i++)
                if (strcmp (text, *(const char *const *) ((const char *) words + i * stride)) == 0)
                        return (int) i;
        usage (why);
}

static void
run_set_address (Run *run, char *text)
{
        char *colon = strrchr (text, ':');

        if (colon == NULL)
                usage ("--connect takes ADDRESS:PORT");
        *colon = '\0';
        run->link.address = text;
        run->link.port = (unsigned) atoi (colon + 1);
}

static void
run_set (Run *run, int option, char *value)
{
        switch (option) {
        case 'c':
                run_set_address (run, value);
                break;
        case 'n':
                run->link.name = value;
                break;
        case 'a':
                run->link.authority = value;
                break;
        case 'C':
                run->link.certificate = value;
                break;
        case 'k':
                run->link.key = value;
                break;
        case 'w':
                run->work = (Work) word_of (value, works, sizeof *works, 3, "no such work");
                break;
        case 's':
                run->shape = shapes[word_of (value, &shapes[0].name, sizeof *shapes, 3,
                                             "no such shape")];
                break;
        case 'N':
                run->n = strtoull (value, NULL, 10);
                break;
        case 'f':
                run->first = strtoull (value, NULL, 10);
                break;
        case 'S':
                run->wire.stored = strtoull (value, NULL, 10);
                break;
        case 'p':
                run->wire.prefix = value;
                break;
        case 't':
                run->wire.tag = value;
                break;
        case 'T':
                run->wire.transfer = true;
                break;
        case 'x':
                run->shape.connections = (unsigned) atoi (value);
                break;
        case 'y':
                run->shape.streams = (unsigned) atoi (value);
                break;
        case 'b':
                run->shape.batch = (unsigned) atoi (value);
                break;
        case 'i':
                run->idle = (unsigned) atoi (value);
                break;
        default:
                usage ("unknown option");
        }
}

static void
run_read_options (Run *run, int argc, char **argv)
{
        static const struct option options[] = {
                { "connect", 1, NULL, 'c' },   { "name", 1, NULL, 'n' },
                { "authority", 1, NULL, 'a' }, { "certificate", 1, NULL, 'C' },
                { "key", 1, NULL, 'k' },       { "work", 1, NULL, 'w' },
                { "shape", 1, NULL, 's' },     { "n", 1, NULL, 'N' },
                { "first", 1, NULL, 'f' },     { "stored", 1, NULL, 'S' },
                { "prefix", 1, NULL, 'p' },    { "tag", 1, NULL, 't' },
                { "transfer", 0, NULL, 'T' },  { "connections", 1, NULL, 'x' },
                { "streams", 1, NULL, 'y' },   { "batch", 1, NULL, 'b' },
                { "idle", 1, NULL, 'i' },      { NULL, 0, NULL, 0 },
        };
        int option;

        while ((option = getopt_long (argc, argv, "", options, NULL)) != -1)
                run_set (run, option, optarg);
        if (run->link.address == NULL || run->link.name == NULL || run->link.authority == NULL ||
            run->link.certificate == NULL || run->link.key == NULL || run->n == 0)
                usage ("--connect, --name, --authority, --certificate, --key and --n are needed");
        if (run->work != WORK_REGISTER && run->wire.stored == 0)
                usage ("--stored says how many records may be asked for");
        if (strlen (run->wire.prefix) != PREFIX_LEN || run->shape.batch < 1 ||
            run->shape.batch > 4096)
                usage ("a prefix has 7 digits, a batch 1 to 4,096 records");
}

static bool
op_registers (Work work, uint64_t number)
{
        return work == WORK_REGISTER || (work == WORK_MIX && person_mix (number) % 5 == 0);
}

static void
run_write_bodies (Run *run)
{
        uint64_t first = run->first;

        run->n_ops = (run->n + run->shape.batch - 1) / run->shape.batch;
        run->ops = calloc (run->n_ops, sizeof *run->ops);
        run->latencies = calloc (run->n_ops, sizeof *run->latencies);
        for (uint64_t i = 0; i < run->n_ops; i++) {
                Op *op = &run->ops[i];

                op->registers = op_registers (run->work, i);
                op->n = run->shape.batch;
                op->first = first;
                op->seed = person_mix (run->first + i) & UINT64_C (0xffffffffffff);
                first += op->registers ? op->n : 0;
                wire_write (&run->wire, i, op, &run->bodies);
        }
}

static void
run_next (Run *run, Link *link)
{
        const Op *op;
        const char *path;

        if (run->next == run->n_ops || link->n_idle == 0)
                return;
        op = &run->ops[run->next];
        if (run->wire.transfer)
                path = op->registers ? "/v1/transfer.register" : "/v1/transfer.provide";
        else
                path = op->registers ? "/v1/account.register" : "/v1/account.read";
        link_ask (link, run->next++, path, run->bodies.data + op->at, op->len);
}

static void
run_done (Slot *slot, void *user)
{
        Run *run = user;
        double now = link_now ();
        char text[512], status[32];
        const char *wrong = NULL;

        run->latencies[slot->op] = (float) (now - slot->begun);
        run->last = now;
        if (slot->answer.len > 0)
                wrong = wire_check (&run->wire, &run->ops[slot->op], slot->answer.data,
                                    slot->answer.len, text, sizeof text);
        if (wrong == NULL && (slot->status != 200 || slot->answer.len == 0)) {
                snprintf (status, sizeof status, "status %d", slot->status);
                wrong = status;
        }
        if (wrong != NULL && run->failed++ < 3)
                fprintf (stderr, "client: request %" PRIu64 ": %s (status %d)\n", slot->op, wrong,
                         slot->status);
        run->done++;
        run_next (run, slot->link);
}

static void
run_watch (Run *run, Link *link, int how, bool writing)
{
        struct epoll_event event = { .events = EPOLLIN | (writing ? EPOLLOUT : 0),
                                     .data.ptr = link };

        epoll_ctl (run->epoll, how, link->fd, &event);
}

static void
run_open (Run *run)
{
        unsigned n = run->shape.connections + run->idle;
        SSL_CTX *context = link_context (&run->link);

        run->link.streams = run->shape.streams;
        run->link.done = run_done;
        run->link.user = run;
        run->epoll = epoll_create1 (EPOLL_CLOEXEC);
        run->links = calloc (n, sizeof *run->links);
        for (unsigned i = 0; i < n; i++) {
                run->links[i] = link_open (&run->link, context);
                run_watch (run, run->links[i], EPOLL_CTL_ADD, false);
        }
        SSL_CTX_free (context);
}

static void
run_go (Run *run)
{
        struct epoll_event events[64];

        for (unsigned stream = 0; stream < run->shape.streams; stream++)
                for (unsigned i = 0; i < run->shape.connections; i++)
                        run_next (run, run->links[i]);
        for (unsigned i = 0; i < run->shape.connections; i++) {
                link_write (run->links[i]);
                run_watch (run, run->links[i], EPOLL_CTL_MOD, link_wants_write (run->links[i]));
        }
        while (run->done < run->n_ops) {
                int n = epoll_wait (run->epoll, events, 64, 60000);

                if (n == 0) {
                        fprintf (stderr, "client: no answer for a minute\n");
                        exit (1);
                }
                for (int i = 0; i < n; i++) {
                        Link *link = events[i].data.ptr;
                        bool wrote = (events[i].events & EPOLLOUT) != 0;

                        link_read (link);
                        link_write (link);
                        if (wrote != link_wants_write (link))
                                run_watch (run, link, EPOLL_CTL_MOD, !wrote);
                }
        }
}

static double
cpu_seconds (void)
{
        struct rusage usage;

        getrusage (RUSAGE_SELF, &usage);
        return (double) (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
               (double) (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6;
}

static int
float_compare (const void *a, const void *b)
{
        float x = *(const float *) a, y = *(const float *) b;

        return (x > y) - (x < y);
}

static void
run_print (Run *run, double seconds, double cpu)
{
        uint64_t n = run->n_ops * run->shape.batch, registered = 0;

        for (uint64_t i = 0; i < run->n_ops; i++)
                registered += run->ops[i].registers ? run->ops[i].n : 0;
        qsort (run->latencies, run->n_ops, sizeof *run->latencies, float_compare);
        printf ("{\"work\":\"%s\",\"shape\":\"%s\",\"index\":%s,\"n\":%" PRIu64
                ",\"registered\":%" PRIu64 ",\"seconds\":%.3f,\"per_second\":%.0f,\"p50_ms\":%.3f,"
                "\"p99_ms\":%.3f,\"client_cpu_seconds\":%.3f"
                ",\"body_bytes\":%.0f,\"failed\":%" PRIu64 "}\n",
                works[run->work], run->shape.name, run->wire.transfer ? "true" : "false", n,
                registered, seconds, (double) n / seconds,
                (double) run->latencies[run->n_ops / 2] * 1e3,
                (double) run->latencies[run->n_ops * 99 / 100] * 1e3, cpu,
                (double) run->bodies.len / (double) n, run->failed);
}

int
main (int argc, char **argv)
{
        Run run = { .wire = { .prefix = "1205760", .tag = "bench" }, .shape = shapes[0] };
        double begun, cpu;

        run_read_options (&run, argc, argv);
        run_write_bodies (&run);
        run_open (&run);
        cpu = cpu_seconds ();
        begun = link_now ();
        run_go (&run);
        run_print (&run, run.last - begun, cpu_seconds () - cpu);
        for (unsigned i = 0; i < run.shape.connections + run.idle; i++)
                link_close (run.links[i]);
        free (run.links);
        free (run.ops);
        free (run.latencies);
        free (run.bodies.data);
        return run.failed > 0 ? 1 : 0;
}
