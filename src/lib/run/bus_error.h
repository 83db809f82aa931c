/* SPDX-License-Identifier: MIT */
/*
 * bus_error.h - a SIGBUS from mapped memory, explained.
 *
 * A huge page that is not reserved can be missing when it is touched, and so can a page beyond the
 * end of an object that another process has truncated. The kernel then sends SIGBUS, whose default
 * action ends the program with a bare "Bus error".
 */
#ifndef IPCLAB_BUS_ERROR_H
#define IPCLAB_BUS_ERROR_H

#include <stdbool.h>
#include <stdint.h>

/* Room for each of the two texts of a bus_explainer. */
#define BUS_TEXT_SIZE 512

/*
 * Writes to WHY and HINT (BUS_TEXT_SIZE bytes each) why there is no page at ADDRESS, if it knows.
 * ARG is what catch_bus_error() was given.
 */
typedef void bus_explainer(const void *arg, uintptr_t address, char *why, char *hint);

/*
 * From now on a SIGBUS prints "PROGRAM: SIGBUS: why" and "hint: ..." on standard error and ends the
 * program with status 1; the exit detaches everything. PROGRAM and ARG must live as long.
 */
void catch_bus_error(const char *program, bus_explainer *explain, const void *arg);

/*
 * Calls READER(ARG), which reads memory that may lack pages, and nothing else: a SIGBUS leaves it
 * in the middle, so it must hold no lock, no memory and no stream. Returns true if it came to its
 * end; false after a SIGBUS, with the address that has no page in *ADDRESS. The handler of before
 * is back afterwards. For one thread at a time; not to be nested.
 */
bool bus_try(void (*reader)(void *arg), void *arg, uintptr_t *address);

#endif
