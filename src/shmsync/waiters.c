/*
 * shmsync-waiters.c - shmsync waiters: who is blocked on which object, who holds it, and whether
 * for ever. It is one with semop-tool waiters: waiters.c does it.
 */
#include "config.h"

#include "shmsync/shmsync.h"
#include "waiters/waiters.h"

static const char help[] =
    "Usage: shmsync waiters [options] [SEGMENT...]\n"
    "List every task (thread) that is blocked on an object, of all segments or these.\n"
    "\n"
    "  -o, --output=[+]LIST  PID TID USER COMMAND SEGMENT OBJECT KIND OWNER OTID\n"
    "                        OSTATE OCOMMAND: OWNER is the process that holds it,\n"
    "                        OTID its thread, OSTATE alive or gone\n"
    "      --deadlock        tell who waits for whom in a circle (exit 3), and what\n"
    "                        the dead have left held; exit 0 if there is no circle\n"
    "      --graph           the same as a picture, in the language of dot(1)\n"
    "      --set=SET         also who waits on this semaphore set (see semop-tool\n"
    "                        waiters, which has the columns of those)\n"
    "  -J, --json  -r, --raw  -e, --export  -n, --noheadings\n"
    "      --watch[=SECONDS] again and again (2 s), changes marked; --count=N: N\n"
    "                        times\n"
    "      --calls, --help\n"
    "\n"
    "The owner of a mutex is exact; see shmsync(1) for what is not known.\n"
    "\n"
    "Example: shmsync waiters --deadlock --set=7 5\n";

int shmsync_waiters(int argc, char *argv[])
{
    return waiters_main(argc, argv, help, "segment");
}
