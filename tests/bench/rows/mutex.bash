# shellcheck shell=bash disable=SC2034
# mutex -- locking and unlocking a mutex in a segment that nobody else wants
#
# It never comes to a system call, so what is beside the two calls of the C
# library shows; a pair of semop(2) is two system calls.

pairs=1000000

setup() {
    shmcreate -k 0x1 4K >/dev/null && shmsync init 0x1 mutex:m >/dev/null && semop-tool create -k 0x1 --init 1 1 >/dev/null
}

# All come to an end, and leave it unlocked; and it is this mutex that they lock.
check() {
    shmsync bench --pairs 10 0x1 m >/dev/null && "$mutex_loop" 0x1 "$offset" 10 && "$semop_loop" 0x1 10 &&
        [[ $(shmsync stat -n -o STATE 0x1 m 2>/dev/null) == unlocked ]] &&
        [[ $(shmsync stat -n -r -o OFFSET 0x1 m 2>/dev/null) == "$offset" ]]
}

offset=1088
mutex_loop=$top_builddir/tests/bench/mutex-loop
semop_loop=$top_builddir/tests/bench/semop-loop

row "$pairs lock and unlock" "shmsync bench --pairs $pairs 0x1 m" 1.1 "loop in C :: $mutex_loop 0x1 $offset $pairs" \
    0.1 "semop in C :: $semop_loop 0x1 $pairs"
