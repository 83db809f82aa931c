# shellcheck shell=bash disable=SC2034
# SPDX-License-Identifier: MIT
# sets -- 4,000 semaphore sets of one semaphore each

tools='ipcs lsipc'

setup() {
    perl -e 'for my $i (1 .. 4000) { defined semget(0x10000 + $i, 1, 01600) or die "semget: $!\n" }'
}

check() {
    [[ $(semop-tool show --noheadings | wc -l) == 4000 ]] &&
        [[ $(ipcs -s | grep -c '^0x') == 4000 ]] &&
        [[ $(lsipc -s --noheadings | wc -l) == 4000 ]]
}

row 'list 4,000 sets' 'semop-tool show' 0.55 'ipcs -s' - 'lsipc -s'
