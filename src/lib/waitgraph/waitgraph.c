/* SPDX-License-Identifier: MIT */
/*
 * waitgraph.c - see waitgraph.h. Processes are the nodes of a directed graph, waits its edges. A
 * depth-first search colours the nodes: an edge that leads to a grey one, which is on the path that
 * is being followed, closes a cycle.
 */
#include "config.h"

#include "lib/waitgraph/waitgraph.h"

#include "lib/base/array.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum colour { WHITE, GREY, BLACK }; /* not seen, on the path, done */

#define NONE SIZE_MAX

/* A process that waits. */
struct node {
    pid_t pid;
    enum colour colour;
    size_t first, last; /* its edges, a list through struct link; NONE when it has none */
};

/* What belongs to the edge of the same index. */
struct link {
    size_t target; /* the holder's node; NONE when the edge leads to no process that waits */
    size_t next;   /* the next edge of the same process, NONE after the last */
};

struct graph {
    struct wait_edge *edges;
    struct link *links;
    size_t edge_count;
    struct node *nodes; /* in order of the processes' first edges */
    size_t node_count, node_capacity;
};

struct search {
    struct graph *graph;
    bool certain_only;
    size_t *path; /* the edges from where the search began to where it is */
    size_t depth, cycles;
    /* Called for each cycle: the edges of the path from index FROM on. May be NULL. */
    void (*found)(const struct search *search, size_t from, void *arg);
    void *arg;
};

/* --- the graph --- */

/* The node of process PID, NONE if it does not wait. */
static size_t find_node(const struct graph *graph, pid_t pid)
{
    for (size_t i = 0; i < graph->node_count; i++)
        if (graph->nodes[i].pid == pid)
            return i;
    return NONE;
}

/* The same, added if there is none yet; NONE with errno ENOMEM. */
static size_t add_node(struct graph *graph, pid_t pid)
{
    const size_t found = find_node(graph, pid);
    if (found != NONE)
        return found;
    if (array_reserve(&graph->nodes, &graph->node_capacity, graph->node_count + 1))
        return NONE;
    graph->nodes[graph->node_count] = (struct node){.pid = pid, .first = NONE, .last = NONE};
    return graph->node_count++;
}

static void append_edge(struct graph *graph, struct node *node, size_t edge)
{
    if (node->last == NONE)
        node->first = edge;
    else
        graph->links[node->last].next = edge;
    node->last = edge;
    graph->links[edge].next = NONE;
}

static void free_graph(struct graph *graph)
{
    free(graph->nodes);
    free(graph->links);
}

/* Returns 0, or -1 with errno ENOMEM; free_graph() in any case. */
static int build_graph(struct graph *graph, struct wait_edge *edges, size_t count)
{
    *graph = (struct graph){.edges = edges, .edge_count = count};
    graph->links = calloc(count + 1, sizeof *graph->links);
    if (!graph->links)
        return -1;
    for (size_t i = 0; i < count; i++) {
        const size_t node = add_node(graph, edges[i].pid);
        if (node == NONE)
            return -1;
        append_edge(graph, &graph->nodes[node], i);
    }
    for (size_t i = 0; i < count; i++)
        graph->links[i].target = find_node(graph, edges[i].holder);
    return 0;
}

/* --- the search --- */

static bool leads_on(const struct search *search, size_t edge)
{
    const struct wait_edge *wait = &search->graph->edges[edge];
    return wait->holder > 0 && wait->alive && (wait->holder != wait->pid || wait->self) &&
           (wait->certain || !search->certain_only) && search->graph->links[edge].target != NONE;
}

/* The path leads to process PID, which is on it: from PID's edge on, the path is a cycle. */
static void close_cycle(struct search *search, pid_t pid)
{
    struct wait_edge *edges = search->graph->edges;
    size_t from = search->depth - 1;
    while (edges[search->path[from]].pid != pid)
        from--;
    for (size_t i = from; i < search->depth; i++)
        edges[search->path[i]].in_cycle = true;
    search->cycles++;
    if (search->found)
        search->found(search, from, search->arg);
}

static void follow(struct search *search, struct node *node)
{
    const struct link *links = search->graph->links;
    node->colour = GREY;
    for (size_t edge = node->first; edge != NONE; edge = links[edge].next) {
        if (!leads_on(search, edge))
            continue;
        struct node *target = &search->graph->nodes[links[edge].target];
        search->path[search->depth++] = edge;
        if (target->colour == GREY)
            close_cycle(search, target->pid);
        else if (target->colour == WHITE)
            follow(search, target);
        search->depth--;
    }
    node->colour = BLACK;
}

/* Searches the graph of these edges as SEARCH says. Returns 0, or -1 with errno ENOMEM. */
static int run(struct search *search, struct wait_edge *edges, size_t count)
{
    struct graph graph;
    search->graph = &graph; // cppcheck-suppress autoVariables ; not used after this function
    search->path = calloc(count + 1, sizeof *search->path);
    const bool good = build_graph(&graph, edges, count) == 0 && search->path;
    for (size_t i = 0; good && i < graph.node_count; i++)
        if (graph.nodes[i].colour == WHITE)
            follow(search, &graph.nodes[i]);
    free_graph(&graph);
    free(search->path);
    return good ? 0 : -1;
}

int waitgraph_find(struct wait_edge *edges, size_t count, bool certain_only, size_t *cycles)
{
    struct search search = {.certain_only = certain_only};
    for (size_t i = 0; i < count; i++)
        edges[i].in_cycle = false;
    const int result = run(&search, edges, count);
    *cycles = search.cycles;
    return result;
}

/* --- as sentences --- */

static bool all_certain(const struct search *search, size_t from)
{
    for (size_t i = from; i < search->depth; i++)
        if (!search->graph->edges[search->path[i]].certain)
            return false;
    return true;
}

static void print_wait(const struct wait_edge *edge, FILE *to)
{
    fprintf(to, "  process %d (%s) waits for ", edge->pid, edge->command);
    if (edge->what)
        fprintf(to, "%s, which process %d %s", edge->what, edge->holder, edge->relation);
    else
        fprintf(to, "its child %d to end", edge->holder);
}

/*
 * "Deadlock:
 *   process 1 (a) waits for semaphore 1 of set 5, which process 2 operated on last;
 *   process 2 (b) waits for semaphore 0 of set 5, which process 1 operated on last.
 *   Each waits for the next, ..."
 */
static void print_cycle(const struct search *search, size_t from, void *arg)
{
    FILE *to = arg;
    const bool certain = all_certain(search, from);
    fputs(certain ? "Deadlock:\n" : "Possible deadlock:\n", to);
    for (size_t i = from; i < search->depth; i++) {
        print_wait(&search->graph->edges[search->path[i]], to);
        fputs(i + 1 < search->depth ? ";\n" : ".\n", to);
    }
    if (certain && from + 1 == search->depth)
        fputs("  It waits for itself and can never continue.\n", to);
    else if (certain)
        fputs("  Each waits for the next, and the last for the first: none of them can continue.\n",
              to);
    else
        fputs("  One of them has a thread that is not blocked, or a timeout: it may still release "
              "what the others wait for.\n",
              to);
}

/* Is edge I about the same thing as edge K, which is abandoned? */
static bool same_abandoned(const struct wait_edge *edges, size_t i, size_t k)
{
    return edges[i].abandoned && !strcmp(edges[i].what, edges[k].what);
}

/* Prints the thing that edge I waits for once, however many tasks wait for it. */
static void print_abandoned(const struct wait_edge *edges, size_t count, size_t i, FILE *to)
{
    const struct wait_edge *edge = &edges[i];
    size_t others = 0;
    for (size_t k = 0; k < count; k++) {
        if (k < i && same_abandoned(edges, k, i))
            return;
        others += k > i && same_abandoned(edges, k, i);
    }
    fprintf(to, "Abandoned:\n  process %d (%s)", edge->pid, edge->command);
    if (others)
        fprintf(to, " and %zu other task%s wait", others, others == 1 ? "" : "s");
    else
        fputs(" waits", to);
    if (edge->holder)
        fprintf(to, " for %s, which process %d %s; that process is gone.\n", edge->what,
                edge->holder, edge->relation);
    else
        fprintf(to,
                " for %s, which no process can release: each that has the segment attached waits "
                "for it.\n",
                edge->what);
    if (*edge->remedy)
        fprintf(to, "  If no other process will release it: %s\n", edge->remedy);
}

int waitgraph_print(struct wait_edge *edges, size_t count, FILE *to, size_t *deadlocks)
{
    struct search all = {.found = print_cycle, .arg = to};
    if (waitgraph_find(edges, count, true, deadlocks) || run(&all, edges, count))
        return -1;
    for (size_t i = 0; i < count; i++)
        if (edges[i].abandoned)
            print_abandoned(edges, count, i, to);
    return 0;
}

/* --- as a picture --- */

/* Prints a string of DOT: escapes quotes and backslashes, and the & which begins a character's name
 * there as in HTML. */
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

/* Do both wait for the same thing? */
static bool same_thing(const struct wait_edge *a, const struct wait_edge *b)
{
    return a->what && b->what && !strcmp(a->what, b->what);
}

/* Graphviz draws an arrow twice that is printed twice, so each is printed with the first edge that
 * has it. Has an edge before INDEX the same arrow, to the holder or from the task? */
static bool is_drawn(const struct wait_edge *edges, size_t index, bool to_holder)
{
    for (size_t i = 0; i < index; i++)
        if (same_thing(&edges[i], &edges[index]) &&
            (to_holder ? edges[i].holder == edges[index].holder : edges[i].tid == edges[index].tid))
            return true;
    return false;
}

/* The arrow from a thing to its holder is red if any wait for the thing is on a cycle through that
 * process. */
static bool holder_is_red(const struct wait_edge *edges, size_t count, const struct wait_edge *edge)
{
    for (size_t i = 0; i < count; i++)
        if (edges[i].in_cycle && same_thing(&edges[i], edge) && edges[i].holder == edge->holder)
            return true;
    return false;
}

static void draw_edge(const struct wait_edge *edges, size_t count, size_t index, FILE *to)
{
    const struct wait_edge *edge = &edges[index];
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
    /* Each task has an arrow of its own, labelled where it is not the process's first thread. */
    if (edge->tid != edge->pid)
        snprintf(thread, sizeof thread, "label=\"thread %d\" ", edge->tid);
    if (!is_drawn(edges, index, false))
        draw_arrow(waiter, edge->what, edge->in_cycle, thread, to);
    if (edge->holder > 0 && !is_drawn(edges, index, true))
        draw_arrow(edge->what, holder, holder_is_red(edges, count, edge), "", to);
}

int waitgraph_draw(struct wait_edge *edges, size_t count, FILE *to)
{
    size_t cycles;
    if (waitgraph_find(edges, count, true, &cycles))
        return -1;
    fputs("digraph waiters {\n  rankdir=LR;\n  node [fontname=\"sans-serif\"];\n", to);
    for (size_t i = 0; i < count; i++)
        draw_edge(edges, count, i, to);
    fputs("}\n", to);
    return 0;
}
