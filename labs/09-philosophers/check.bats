#!/usr/bin/env bats
#
# Lab 09: does every philosopher eat, in whatever order they acquire their forks?
#
# The check does not rely on luck to find a deadlock or a livelock: it stops all philosophers before each IPC call, and
# lets them make one call each, in turn (lib/stepper.bash). A philosopher who waits is blocked in semop(2); a philosopher
# who eats prints that (lib/turns.bash).

# shellcheck disable=SC2030,SC2031,SC2034,SC2154 # variables that the libraries set or read

load "$IPCLAB_LIB/check"
load "$IPCLAB_LIB/waiting"
load "$IPCLAB_LIB/stepper"
load "$IPCLAB_LIB/take-turns"

setup_file() {
    local name
    stepper_build
    for name in table.c table.h; do
        in_box rm -rf "$name"
        in_box tee "$name" <"$BATS_TEST_DIRNAME/starter/$name" >/dev/null
    done
}

setup() {
    trace_failures
    printf -v key '0x%x' "$((0x1ab0000 + RANDOM))"
    # The programs run as long as their test, which takes long on a busy machine.
    IPCLAB_LIMIT=${IPCLAB_LIMIT:-30}
    program=./table
    section="Your turn: cure"
}

# lay SEATS: set up a table.
lay() {
    seats=$1
    student "$program" "$key" setup "$seats"
    must_exit 0 "$section"
    at_first=$(values)
}

# left_of SEAT, right_of SEAT: the neighbouring seats. Fork I is on the left of seat I, fork $(right_of I) on its right.
left_of() {
    echo $((($1 + seats - 1) % seats))
}

right_of() {
    echo $((($1 + 1) % seats))
}

# sits SEAT: the philosopher at SEAT, called pSEAT, gets hungry.
sits() {
    comes "p$1" eating sit "$1"
}

# fork_values: the values of the forks only.
fork_values() {
    values | cut -d, "-f1-$seats"
}

fork_value() {
    values | cut -d, "-f$(($1 + 1))"
}

# forks_but SEAT: the fork_values if SEAT holds both forks, and all others lie on the table.
forks_but() {
    local i text=
    for ((i = 0; i < seats; i++)); do
        [[ $i == "$1" || $i == "$(right_of "$1")" ]] && text+=,0 || text+=,1
    done
    echo "${text#,}"
}

# --- forks -------------------------------------------------------------------

@test "forks: a philosopher who eats holds both, and then puts both back" {
    must_build "Your turn"
    section="Your turn: forks"
    lay 5
    [[ $(fork_values) == 1,1,1,1,1 ]] || fail "after setup, the forks are $(fork_values)" \
        "1,1,1,1,1: all forks lie on the table" "$section"
    for seat in 0 3 4; do
        sits "$seat"
        must_be_in "p$seat" "no other philosopher is hungry"
        [[ $(fork_values) == "$(forks_but "$seat")" ]] ||
            fail "while the philosopher at seat $seat eats, the forks are $(fork_values)" "$(forks_but "$seat")" \
                "$section"
        leaves "p$seat"
        must_be_as_at_first "after the philosopher at seat $seat left an empty table"
    done
}

@test "forks: neighbours do not eat at the same time" {
    local seat
    section="Your turn: forks"
    lay 5
    for seat in 4 2; do
        sits "$seat"
        must_be_in "p$seat" "no other philosopher is hungry"
        sits "$(right_of "$seat")"
        must_stay_out "p$(right_of "$seat")" "the neighbour on the left eats"
        leaves "p$seat"
        must_be_in "p$(right_of "$seat")" "the neighbour has left"
        leaves "p$(right_of "$seat")"
    done
    must_be_as_at_first "after all philosophers left"
}

@test "forks: two who are not neighbours can eat at the same time" {
    section="Your turn: forks"
    lay 5
    sits 0
    must_be_in p0 "no other philosopher is hungry"
    sits 2
    must_be_in p2 "only seat 0 eats, which is not a neighbour"
    leaves p0
    sits 4
    must_be_in p4 "only seat 2 eats, which is not a neighbour"
    leaves p2
    leaves p4
    must_be_as_at_first "after all philosophers left"
}

# --- in step -----------------------------------------------------------------

# The bound: how many calls each philosopher may make in step before the next one eats. It is generous: two forks, a
# waiter and a queue take four calls, and four more to release them. It counts calls, not time, so a slow machine causes
# no false alarm. Philosophers who put a fork back and try again without waiting never eat in step, and so exceed any
# bound.
most_calls=30

declare -gA position=()

# arrives NAME: set its position: call (stopped before its next call), blocked (in semop(2)), or ended. Fail while it
# is still running.
arrives() {
    case ${position[$1]-} in
    call | ended) return 0 ;;
    esac
    if stepper_read "$1" 0.005; then
        position[$1]=call
    elif has_ended "$1"; then
        position[$1]=ended
    elif is_blocked "$1"; then
        position[$1]=blocked
    else
        position[$1]=moving
        return 1
    fi
}

all_arrive() {
    local name all=0
    for name in "${!position[@]}"; do arrives "$name" || all=1; done
    return "$all"
}

# at_a_call: set names to the programs that are stopped before a call.
at_a_call() {
    local name
    names=()
    for name in "${!position[@]}"; do
        [[ ${position[$name]} != call ]] || names+=("$name")
    done
}

all_have() {
    [[ " ${position[*]} " != *" moving "* && " ${position[*]} " != *" blocked "* && " ${position[*]} " != *" call "* ]]
}

# A program that was just woken may still look blocked. So conclude that none moves only if all rest, twice.
somebody_moves_or_all_rest() {
    all_arrive || return 1
    at_a_call
    ((${#names[@]} == 0)) && ! all_have || return 0
    all_rest && all_arrive && { at_a_call; true; }
}

# have_eaten: the number of meals so far.
have_eaten() {
    shmattach --read=68:64 "$key" | od -An -v -tu4 | awk '{ for (i = 1; i <= NF; i++) sum += $i } END { print sum + 0 }'
}

# in_step SEATS: all philosophers get hungry at the same moment, for one meal, and make one call each, in turn.
in_step() {
    local i name names=() calls=0 before=0 now
    lay "$1"
    for ((i = 0; i < seats; i++)); do
        stepper_start "p$i" "$program" "$key" sit "$i" 1
        position[p$i]=moving
    done
    until await somebody_moves_or_all_rest && all_have; do
        ((${#names[@]} > 0)) || in_a_circle
        for name in "${names[@]}"; do
            position[$name]=moving
            stepper_go "$name"
            await arrives "$name" || :
        done
        now=$(have_eaten)
        calls=$((now > before ? 0 : calls + 1)) before=$now
        ((calls < most_calls)) || without_end "$now"
    done
    for ((i = 0; i < seats; i++)); do
        student_wait "p$i"
        must_exit 0 "$section"
    done
    must_be_as_at_first "after all $seats philosophers came in step and left"
    semop-tool rm "$key"
    shmctl-tool rm "$key"
    position=()
}

in_a_circle() {
    local eaten
    eaten=$(have_eaten)
    report_on p0
    # shellcheck disable=SC2034 # fail reads them
    timed_out="it waits for ever" stuck=$(semop-tool waiters --deadlock 2>/dev/null) || :
    fail "all $seats philosophers got hungry at the same moment, and made their calls in step; after $eaten meals, \
all who are left wait in semop(2) for ever$(extra_detail)" "all eat, in whatever order they make their calls" "$section"
}

without_end() {
    report_on p0
    fail "all $seats philosophers got hungry at the same moment, and made their calls in step; after $1 meals, each \
made $most_calls calls and none ate: they acquire forks and put them back without end, a livelock" \
        "a philosopher who cannot get the forks waits in semop(2) until they are free" "$section"
}

@test "cure: five philosophers in step all eat" {
    in_step 5
}

@test "cure: three and four philosophers in step all eat" {
    in_step 3
    in_step 4
}

# --- no philosopher starves --------------------------------------------------

# The bound: how many times neighbours who come later may eat before a philosopher who waits. The sheet states this
# number. The check knows which one came later, because it starts the neighbour only when the kernel reports that the
# philosopher sleeps. So a slow machine causes no false alarm; and the check catches each cure that lets the philosopher
# starve, because the neighbours go on until the bound is exceeded.
most=3

# between SEAT: the neighbours of SEAT eat in turn, so that one of them always eats or waits; set $overtaken.
between() {
    local w=p$1 holder other swap
    holder=$(left_of "$1") other=$(right_of "$1")
    (($1 % 2 == 0)) || { swap=$holder holder=$other other=$swap; }
    overtaken=0
    sits "$holder"
    must_be_in "p$holder" "no other philosopher is hungry"
    sits "$1"
    must_stay_out "$w" "a neighbour eats"
    until is_in "$w" || ((overtaken > most)); do
        sits "$other"
        await observe_state "p$other" "$(line "p$other")" || :
        leaves "p$holder"
        await somebody_is_in_or_all_rest "$w" "p$other" || :
        somebody_is_in "$w" "p$other" || waits_for_ever "$w" "the neighbour who ate has left"
        is_in "$w" || overtaken=$((overtaken + 1))
        swap=$holder holder=$other other=$swap
    done
    ((overtaken <= most)) || return 0
    leaves "$w"
    must_be_in "p$holder" "the neighbour has left"
    leaves "p$holder"
}

@test "cure: no philosopher starves between two neighbours" {
    local seat overtaken
    lay 5
    for seat in 0 1 2 3 4; do
        between "$seat"
        report_on "p$seat"
        ((overtaken <= most)) || fail "while $(quoted "$command") waited, the two neighbours ate in turn, so that one \
of them was always eating; $overtaken times a neighbour who came later ate first, and this goes on for ever: \
seat $seat starves" "neighbours who come later eat first at most $most times" "$section"
    done
    must_be_as_at_first "after all philosophers left"
}

# --- by themselves -----------------------------------------------------------

@test "cure: all philosophers eat, again and again" {
    local round
    for round in $(rounds 3); do
        lay 5
        disturbed "$round" many_at_once "all eat 20 times, and then all forks lie on the table" \
            "no philosopher eats while a neighbour eats" "sit 0 20" "sit 1 20" "sit 2 20" "sit 3 20" "sit 4 20"
        [[ $(have_eaten) == 100 ]] || fail "the philosophers ate $(have_eaten) meals" "100 meals" "$section"
        student "$program" "$key" cleanup
        must_exit 0 "$section"
    done
}

# --- questions ---------------------------------------------------------------

# look_at_hand SEAT NEIGHBOUR FORK: while the neighbour eats, the philosopher at SEAT waits. Set $lies to 1 if FORK, the
# other fork of SEAT, lies on the table, to 0 if not.
look_at_hand() {
    sits "$2"
    must_be_in "p$2" "no other philosopher is hungry"
    sits "$1"
    must_stay_out "p$1" "a neighbour eats"
    lies=$(fork_value "$3")
    leaves "p$2"
    must_be_in "p$1" "the neighbour has left"
    leaves "p$1"
}

# see_cure: set $cure to the cure as seen from outside: which fork does each philosopher hold while waiting?
see_cure() {
    local seat lies left=0 right=0 none=0
    lay 5
    for ((seat = 0; seat < seats; seat++)); do
        look_at_hand "$seat" "$(right_of "$seat")" "$seat"
        if ((lies == 0)); then
            left=$((left + 1))
        else
            look_at_hand "$seat" "$(left_of "$seat")" "$(right_of "$seat")"
            ((lies)) && none=$((none + 1)) || right=$((right + 1))
        fi
    done
    case $left,$right,$none in
    0,0,5) cure=at-once seen="no philosopher who waits holds a fork" ;;
    5,0,0 | 0,5,0) cure=waiter seen="all philosophers acquire the fork on the same side first" ;;
    *) cure=order seen="$left philosophers acquire the left fork first, $right the right one" ;;
    esac
}

@test "questions: your cure" {
    local cure seen given
    see_cure
    given=$(answer cure)
    [[ -n $given ]] || must_answer cure "$cure" "" "Questions"
    stderr=''
    [[ $given == "$cure" ]] || fail "answers.txt says $(quoted "cure: $given"), but $seen: this is $cure" \
        "the answer that names your cure" "Questions"
}

@test "questions: deadlock" {
    must_answer circle 5 "the number of processes that semop-tool waiters --deadlock names" "Questions"
    must_answer admits 6 "try it: how many can sit at the table so that one of them always gets both forks?" "Questions"
    must_answer together 3 "each philosopher needs two of the seven forks" "Questions"
    must_answer one no "draw which philosopher waits for which: can this be a cycle?" "Questions"
}

@test "questions: what else can go wrong" {
    must_answer at-once starvation \
        "one of the four words; think of what the neighbours can do while a philosopher waits" "Questions"
    must_answer step livelock "a word from the sheet: see The idea" "Questions"
    must_answer list "$(semop-tool limits --raw --noheadings | awk '$1 == "SEMOPM" { print $2 }')" \
        "SEMOPM of semop-tool limits, on this machine" "Questions"
}
