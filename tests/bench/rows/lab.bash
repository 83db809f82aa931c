# shellcheck shell=bash disable=SC2034
# lab -- what a check costs: in all (at most 10 s), and before its first test (at most 0.5 s), beside what bats alone takes

tools='bats'

setup() {
    export HOME=$PWD
    mkdir -p labs/90-nothing/starter
    cp -R "$top_srcdir/labs/lib" labs
    printf '%s\n' 'title = Nothing' 'minutes = 1' 'check = 1 run: nothing' >labs/90-nothing/lab.conf
    printf '%s\n' 'load ../lib/check' '@test "run: nothing" { true; }' >labs/90-nothing/check.bats
    printf '%s\n' '@test "nothing" { true; }' >nothing.bats
    ipclab start 01 work >/dev/null 2>&1
    cp "$top_srcdir/labs/01-first-segment/solution/note" work
    mkdir none
}

check() {
    [[ $(IPCLAB_LABS=$PWD/labs ipclab check 90 none) == *'all checks pass'* ]] &&
        [[ $(ipclab check 01 work) == *'12 of 14 points'* ]]
}

row 'lab: start-up' 'check of nothing :: env IPCLAB_PROGRESS=progress IPCLAB_LABS=labs ipclab check 90 none' - 'bats nothing.bats'
row 'lab: check of 01' 'ipclab check 01 work :: IPCLAB_PROGRESS=progress ipclab check 01 work || :' - 'bats nothing.bats'
