# shellcheck shell=bash disable=SC2034
# SPDX-License-Identifier: MIT
# lab -- what a check costs: before its first test, at most half a second, and in all, at most ten seconds for each lab

tools='bats'

# Each takes seconds, so few runs of it have to do.
least=5

# Absolute paths are needed, and nothing leads to the current directory.
place=/dev/shm/labs
export HOME=$place IPCLAB_PROGRESS=$place/progress

solutions() {
    sed -n 's|^labs += labs/||p' "$top_srcdir/labs/local.mk"
}

setup() {
    local lab
    # shellcheck source=tests/helpers/lab.bash
    source "$top_srcdir/tests/helpers/lab.bash"
    mkdir -p "$place/labs/90-nothing" "$place/none"
    printf '%s\n' 'title = Nothing' 'minutes = 1' 'check = 1 run: nothing' >"$place/labs/90-nothing/lab.conf"
    # shellcheck disable=SC2016 # for bats to expand
    printf '%s\n' 'load "$IPCLAB_LIB/check"' '@test "run: nothing" { true; }' >"$place/labs/90-nothing/check.bats"
    for lab in $(solutions); do
        cp -R "$top_srcdir/labs/$lab/solution" "$place/$lab" && chmod -R u+w "$place/$lab" || return
        fill_in_answers "$place/$lab/answers.txt" || return
    done
}

row 'lab: start-up' "check of nothing :: env IPCLAB_LABS=$place/labs ipclab check 90 $place/none" 1 \
    'half a second :: sleep 0.5'
for lab in $(solutions); do
    row "lab: check of ${lab%%-*}" "check :: ipclab check $lab $place/$lab" 10 'one second :: sleep 1'
done
