# shellcheck shell=bash disable=SC2034
# SPDX-License-Identifier: MIT
# list -- nearly as many segments as a namespace holds by default (SHMMNI: 4096)
#
# ipcs(1) has no raw lines and no JSON, so there its table is the measure.

tools='ipcs lsipc'

setup() {
    make_segments 4000
}

check() {
    [[ $(shmstat --noheadings | wc -l) == 4000 ]] &&
        [[ $(shmstat --json | jq '.segments | length') == 4000 ]] &&
        [[ $(ipcs -m | grep -c '^0x') == 4000 ]] &&
        [[ $(lsipc -m --noheadings | wc -l) == 4000 ]]
}

row 'list 4,000 segments' 'shmstat' 0.55 'ipcs -m' 0.42 'lsipc -m'
row 'list 4,000, --raw' 'shmstat --raw' 0.30 'ipcs -m' - 'lsipc -m --raw'
row 'list 4,000, --json' 'shmstat --json' 0.42 'ipcs -m' - 'lsipc -m --json'
