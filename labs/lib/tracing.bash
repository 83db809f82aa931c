# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# labs/lib/tracing.bash -- let bats record where a test fails when it fails, not before each command
#
# Bats has a DEBUG trap that records, before each command, where it is, in case that command fails.
# The trap takes more time than most of the commands: a check with it needs twice the CPU time. But
# the ERR trap, which runs only when a command has failed, can record the same.

# trace_failures: call this first in setup().
trace_failures() {
    # Without these functions of bats (1.5 to 1.11 have them), leave its traps as they are.
    declare -F bats_capture_stack_trace bats_error_trap >/dev/null || return 0
    trap - DEBUG
    trap 'record_failure "$?"' ERR
}

# record_failure STATUS: what the ERR trap calls: a command has ended with STATUS, and so the test has
# failed.
record_failure() {
    bats_capture_stack_trace # of our caller, as bats_debug_trap does it
    # shellcheck disable=SC2034 # bats reports it
    BATS_ERROR_STATUS=$1
    bats_error_trap
}

# For the tests without a setup of their own.
setup() {
    trace_failures
}
