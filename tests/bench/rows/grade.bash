# shellcheck shell=bash disable=SC2034
# SPDX-License-Identifier: MIT
# grade -- the work of 60 students, two at a time beside one after the other
#
# On a machine with fewer than two free CPUs, it cannot be faster. The check is a short one
# (tests/helpers/class.bash),
# and each command runs twice only: it takes half a minute.

tools='parallel bats'
rounds=1 least=2

setup() {
    local i
    # The directory of this subject has no name any more, and work is named; this goes with the namespace, too.
    mount -t tmpfs tmpfs /mnt || return 1
    export IPCLAB_LABS=/mnt/labs
    class=/mnt/class
    . "$top_srcdir/tests/helpers/class.bash" && make_lab || return 1
    for i in {1..30}; do
        add "solution$i" "" solution || return 1
        add "leftover$i" 3 solution wrong/leftover || return 1
    done
}

# graded JOBS: a few of them, and that is as it must be.
graded() {
    ipclab grade 90 --jobs="$1" --out="/mnt/out$1" /mnt/class/*[12] >/dev/null 2>&1 &&
        [[ $(who_failed "/mnt/out$1/grades.csv") == "$(grep '[12],' /mnt/class.truth | sort)" ]]
}

check() {
    graded 1 && graded 2 && cmp -s /mnt/out1/grades.csv /mnt/out2/grades.csv
}

row 'grade 60 submissions' '--jobs=2 :: rm -rf /mnt/out; ipclab grade 90 --jobs=2 --out=/mnt/out /mnt/class/*' 0.588 \
    '--jobs=1 :: rm -rf /mnt/out; ipclab grade 90 --jobs=1 --out=/mnt/out /mnt/class/*'
