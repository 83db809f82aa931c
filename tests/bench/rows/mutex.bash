# shellcheck shell=bash disable=SC2034
# SPDX-License-Identifier: MIT
# mutex -- locking and unlocking a mutex in a segment, uncontended
#
# Neither makes a system call, so every instruction that shmsync adds to the two
# calls of the C library shows; a pair of semop(2) is two system calls.

pairs=1000000

setup() {
    shmcreate -k 0x1 4K >/dev/null && shmsync init 0x1 mutex:m >/dev/null &&
        semop-tool create -k 0x1 --init 1 1 >/dev/null
}

# Each loop ends and leaves the mutex unlocked, and all of them lock the same one.
check() {
    "$shmsync_loop" 0x1 m 10 >/dev/null && "$mutex_loop" 0x1 "$offset" 10 && "$semop_loop" 0x1 10 &&
        [[ $(shmsync stat -n -o STATE 0x1 m 2>/dev/null) == unlocked ]] &&
        [[ $(shmsync stat -n -r -o OFFSET 0x1 m 2>/dev/null) == "$offset" ]]
}

offset=1088
mutex_loop=$top_builddir/tests/bench/mutex-loop
shmsync_loop=$top_builddir/tests/bench/shmsync-loop
semop_loop=$top_builddir/tests/bench/semop-loop

row "$pairs lock and unlock" "loop of shmsync :: $shmsync_loop 0x1 m $pairs" 1.1 \
    "loop in C :: $mutex_loop 0x1 $offset $pairs" \
    0.1 "semop in C :: $semop_loop 0x1 $pairs"
