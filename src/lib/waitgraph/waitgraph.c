/*
 * waitgraph.c - see waitgraph.h. Depth first, as in the books: an edge that leads back to a process
 * on the path being followed closes a cycle.
 */
#include "config.h"

#include "lib/waitgraph/waitgraph.h"

#include <stdlib.h>
#include <string.h>

enum colour { WHITE, GREY, BLACK }; /* not seen, on the path, done */

struct search {
    struct wait_edge *edges;
    size_t count;
    bool firm_only;
    enum colour *colours; /* of edge i's waiting process, at the first edge of that process */
    size_t *path;         /* edges from the root to here */
    size_t depth, cycles;
    void (*found)(const struct search *search, size_t from, void *arg);
    void *arg;
};

/* The first edge of a process stands for it; COUNT when it waits for nothing. */
static size_t node_of(const struct search *search, pid_t pid)
{
    size_t i = 0;
    while (i < search->count && search->edges[i].pid != pid)
        i++;
    return i;
}

static bool leads_on(const struct search *search, const struct wait_edge *edge)
{
    return edge->holder > 0 && edge->alive && (edge->holder != edge->pid || edge->itself) &&
           (edge->firm || !search->firm_only);
}

/* The edges of the path from where it enters process PID are the cycle. */
static void close_cycle(struct search *search, pid_t pid)
{
    size_t from = search->depth;
    while (from > 0 && search->edges[search->path[from - 1]].pid != pid)
        from--;
    from--;
    for (size_t i = from; i < search->depth; i++)
        search->edges[search->path[i]].in_cycle = true;
    search->cycles++;
    if (search->found)
        search->found(search, from, search->arg);
}

static void follow(struct search *search, size_t node)
{
    const pid_t pid = search->edges[node].pid;
    search->colours[node] = GREY;
    for (size_t i = node; i < search->count; i++) {
        const struct wait_edge *edge = &search->edges[i];
        if (edge->pid != pid || !leads_on(search, edge))
            continue;
        const size_t next = node_of(search, edge->holder);
        if (next == search->count)
            continue;
        search->path[search->depth++] = i;
        if (search->colours[next] == GREY)
            close_cycle(search, edge->holder);
        else if (search->colours[next] == WHITE)
            follow(search, next);
        search->depth--;
    }
    search->colours[node] = BLACK;
}

static size_t run(struct search search)
{
    search.colours = calloc(search.count + 1, sizeof *search.colours);
    search.path = calloc(search.count + 1, sizeof *search.path);
    for (size_t i = 0; search.colours && search.path && i < search.count; i++)
        if (node_of(&search, search.edges[i].pid) == i && search.colours[i] == WHITE)
            follow(&search, i);
    free(search.colours);
    free(search.path);
    return search.cycles;
}

size_t waitgraph_find(struct wait_edge *edges, size_t count, bool firm_only)
{
    for (size_t i = 0; i < count; i++)
        edges[i].in_cycle = false;
    return run((struct search){.edges = edges, .count = count, .firm_only = firm_only});
}

static bool all_firm(const struct search *search, size_t from)
{
    for (size_t i = from; i < search->depth; i++)
        if (!search->edges[search->path[i]].firm)
            return false;
    return true;
}

static void tell_wait(const struct wait_edge *edge, FILE *to)
{
    fprintf(to, "  process %d (%s) waits for ", edge->pid, edge->command);
    if (edge->what)
        fprintf(to, "%s, which process %d %s", edge->what, edge->holder, edge->taken);
    else
        fprintf(to, "its child %d to end", edge->holder);
}

/*
 * "Deadlock:
 *   process 1 (a) waits for semaphore 1 of set 5, which process 2 took last;
 *   process 2 (b) waits for semaphore 0 of set 5, which process 1 took last.
 *   Each waits for the next, ..."
 */
static void tell_cycle(const struct search *search, size_t from, void *arg)
{
    FILE *to = arg;
    const bool sure = all_firm(search, from);
    fputs(sure ? "Deadlock:\n" : "Possible deadlock:\n", to);
    for (size_t i = from; i < search->depth; i++) {
        tell_wait(&search->edges[search->path[i]], to);
        fputs(i + 1 < search->depth ? ";\n" : ".\n", to);
    }
    if (sure && from + 1 == search->depth)
        fputs("  It waits for itself, and can never go on.\n", to);
    else
        fputs(
            sure
                ? "  Each waits for the next, and the last for the first: none of them can go on.\n"
                : "  One of them has a thread that is not blocked, or waits only so long: it may "
                  "still let go.\n",
            to);
}

size_t waitgraph_tell(struct wait_edge *edges, size_t count, FILE *to)
{
    const size_t sure = waitgraph_find(edges, count, true);
    run((struct search){.edges = edges, .count = count, .found = tell_cycle, .arg = to});
    for (size_t i = 0; i < count; i++)
        if (edges[i].abandoned)
            fprintf(to,
                    "Abandoned:\n  process %d (%s) waits for %s, which process %d %s; that process "
                    "is gone.\n"
                    "  If nobody else will give it back: %s\n",
                    edges[i].pid, edges[i].command, edges[i].what, edges[i].holder, edges[i].taken,
                    edges[i].remedy);
    return sure;
}

/* A string of DOT: quotes and backslashes are escaped, and & which begins a character's name there
 * as in HTML. */
static void put_quoted(const char *text, FILE *to)
{
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            fputc('\\', to);
        fputc(*text, to);
        if (*text == '&')
            fputs("amp;", to);
    }
}

static void draw_process(pid_t pid, const char *command, bool gone, FILE *to)
{
    fprintf(to, "  \"p%d\" [shape=box%s, label=\"%d\\n", pid, gone ? ", style=dashed" : "", pid);
    put_quoted(command, to);
    fputs("\"];\n", to);
}

static void draw_arrow(const char *from, const char *to_name, bool red, const char *style, FILE *to)
{
    fputs("  \"", to);
    put_quoted(from, to);
    fputs("\" -> \"", to);
    put_quoted(to_name, to);
    fprintf(to, "\" [%s%s];\n", style, red ? "color=red, penwidth=2" : "");
}

/* Is it the same thing that both wait for? */
static bool same_thing(const struct wait_edge *a, const struct wait_edge *b)
{
    return a->what && b->what && !strcmp(a->what, b->what);
}

/* Graphviz takes an arrow that is said twice as two: each is drawn at its first. */
static bool said_before(const struct wait_edge *edges, size_t at, bool holder)
{
    for (size_t i = 0; i < at; i++)
        if (same_thing(&edges[i], &edges[at]) &&
            (holder ? edges[i].holder == edges[at].holder : edges[i].tid == edges[at].tid))
            return true;
    return false;
}

/* From a thing to who has it: red if any wait for it is on a cycle through that process. */
static bool holder_is_red(const struct wait_edge *edges, size_t count, const struct wait_edge *edge)
{
    for (size_t i = 0; i < count; i++)
        if (edges[i].in_cycle && same_thing(&edges[i], edge) && edges[i].holder == edge->holder)
            return true;
    return false;
}

static void draw_edge(const struct wait_edge *edges, size_t count, size_t at, FILE *to)
{
    const struct wait_edge *edge = &edges[at];
    char waiter[16], holder[16], thread[40] = "";
    snprintf(waiter, sizeof waiter, "p%d", edge->pid);
    snprintf(holder, sizeof holder, "p%d", edge->holder);
    draw_process(edge->pid, edge->command, false, to);
    if (edge->holder > 0)
        draw_process(edge->holder, edge->holder_command, !edge->alive, to);
    if (!edge->what) {
        draw_arrow(waiter, holder, edge->in_cycle, "style=dotted, label=\"child\" ", to);
        return;
    }
    fputs("  \"", to);
    put_quoted(edge->what, to);
    fputs("\" [shape=ellipse];\n", to);
    /* Each task has an arrow of its own, and says which it is where it is not the process's first.
     */
    if (edge->tid != edge->pid)
        snprintf(thread, sizeof thread, "label=\"thread %d\" ", edge->tid);
    if (!said_before(edges, at, false))
        draw_arrow(waiter, edge->what, edge->in_cycle, thread, to);
    if (edge->holder > 0 && !said_before(edges, at, true))
        draw_arrow(edge->what, holder, holder_is_red(edges, count, edge), "", to);
}

void waitgraph_draw(struct wait_edge *edges, size_t count, FILE *to)
{
    waitgraph_find(edges, count, true);
    fputs("digraph waiters {\n  rankdir=LR;\n  node [fontname=\"sans-serif\"];\n", to);
    for (size_t i = 0; i < count; i++)
        draw_edge(edges, count, i, to);
    fputs("}\n", to);
}
