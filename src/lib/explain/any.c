/* SPDX-License-Identifier: MIT */
/*
 * any.c - explains the failures that belong to no kind of object: of ftok(3), and those that any
 * call can return.
 */
#include "config.h"

#include "lib/explain/rows.h"

#include "lib/explain/facts.h"
#include "lib/base/text.h"

#include <errno.h>
#include <string.h>

static void ftok_failed(const struct failed_call *failed, struct explanation *e)
{
    char path[256];
    explain_reason(e, "ftok makes the key from the device and inode of %s: %s",
                   text_safe(path, sizeof path, failed->path, strlen(failed->path)),
                   strerror(failed->error));
    explain_hint(e,
                 "name an existing file in directories that you may search; ftok(3) creates none");
}

static void any_enosys(const struct failed_call *failed, struct explanation *e)
{
    (void)failed;
    explain_reason(e, "this kernel or sandbox has no System V IPC");
    explain_hint(e, "check whether the kernel has CONFIG_SYSVIPC (zgrep SYSVIPC /proc/config.gz) "
                    "and whether seccomp filters calls (grep Seccomp /proc/self/status)");
}

static void any_efault(const struct failed_call *failed, struct explanation *e)
{
    (void)failed;
    explain_reason(e,
                   "the program passed a buffer outside its memory, which is a bug in the program");
    explain_hint(e, "please report the bug");
}

static void any_error(const struct failed_call *failed, struct explanation *e)
{
    explain_reason(e, "%s", strerror(failed->error));
    explain_hint(
        e, "%s(%d) does not document this error; a security module or a sandbox may have caused it",
        calls_name(failed->call), calls_section(failed->call));
}

const struct explain_row explain_any_rows[] = {
    {CALL_FTOK, 0, ftok_failed},
    {CALL_NONE, EFAULT, any_efault},
    {CALL_NONE, ENOSYS, any_enosys},
    {CALL_NONE, 0, any_error},
    {CALL_NONE, 0, NULL},
};
