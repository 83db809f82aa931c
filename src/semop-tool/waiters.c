/*
 * semop-waiters.c - semop-tool waiters: who is blocked on which semaphore by which operation, and
 * whether for ever. It is one with shmsync waiters: waiters.c does it.
 */
#include "config.h"

#include "semop-tool/semop-tool.h"
#include "waiters/waiters.h"

static const char help[] =
    "Usage: semop-tool waiters [options] [SET...]\n"
    "List every task (thread) that is blocked in semop(2), on all sets or on these.\n"
    "\n"
    "  -o, --output=[+]LIST  PID TID USER COMMAND SET OPS STUCK VALUE LPID LSTATE\n"
    "                        LCOMMAND: OPS is the list it waits with, STUCK the\n"
    "                        operation that cannot proceed, VALUE that semaphore's,\n"
    "                        LPID who operated on it last, LSTATE alive or gone\n"
    "      --deadlock        tell who waits for whom in a circle (exit 3), and what\n"
    "                        the dead have left taken; exit 0 if there is no circle\n"
    "      --graph           the same as a picture, in the language of dot(1)\n"
    "      --segment=SEGMENT also who waits for objects in it (see shmsync waiters,\n"
    "                        which has the columns of those)\n"
    "  -J, --json  -r, --raw  -e, --export  -n, --noheadings\n"
    "      --watch[=SECONDS] again and again (2 s), changes marked; --count=N: N\n"
    "                        times\n"
    "      --calls, --help\n"
    "\n"
    "The kernel does not record who holds a semaphore, only who operated on it last;\n"
    "see semop-tool(1) for when that misleads.\n"
    "\n"
    "Example: semop-tool waiters --graph | dot -Tsvg >waiters.svg\n";

int semop_waiters(int argc, char *argv[])
{
    return waiters_main(argc, argv, help, "set");
}
