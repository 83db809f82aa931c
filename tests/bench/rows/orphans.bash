# shellcheck shell=bash disable=SC2034
# SPDX-License-Identifier: MIT
# orphans -- which of 2,000 sets no process needs, beside 200 processes
#
# No other program tells. To know, semop-tool asks the kernel for the last operator of every semaphore, and
# /proc once for the users who run processes; the plain list does neither.

sets=2000
others=200

# The others stay until nobody has the fifo open for writing, which is as long as this shell lives.
setup() {
    local i
    perl -e 'for my $i (1 .. $ARGV[0]) {
        my $set = semget(0x10000 + $i, 1, 01600) // die "semget: $!\n";
        semop($set, pack("s3", 0, 1, 0)) or die "semop: $!\n"
    }' "$sets"
    mkfifo stay
    exec {stay}<>stay
    for ((i = 0; i < others; i++)); do
        (exec {stay}>&-; exec cat) <stay >/dev/null &
    done
}

check() {
    [[ $(semop-tool show --orphans --noheadings 2>/dev/null | wc -l) == "$sets" ]]
}

row "orphans among 2,000 sets" 'semop-tool show --orphans 2>/dev/null' 3 'semop-tool show'
