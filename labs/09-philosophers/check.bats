#!/usr/bin/env bats
#
# Lab 09: does everybody eat, whatever the order in which they take their forks?
#
# A deadlock and a livelock are made by the check, and are no matter of luck: all philosophers are stopped before each
# call and go on one call each, in turn (lib/gate.bash). Who waits is seen in semop(2), who eats says so
# (lib/turns.bash).

# shellcheck disable=SC2030,SC2031,SC2034,SC2154 # what the libraries have, and what is for them

load "$IPCLAB_LIB/check"
load "$IPCLAB_LIB/waiting"
load "$IPCLAB_LIB/gate"
load "$IPCLAB_LIB/turns"

setup_file() {
    local name
    gate_build
    for name in table.c table.h; do
        in_box rm -rf "$name"
        in_box tee "$name" <"$BATS_TEST_DIRNAME/starter/$name" >/dev/null
    done
}

setup() {
    printf -v key '0x%x' "$((0x1ab0000 + RANDOM))"
    # They live as long as their test, which is long where the machine has much else to do.
    IPCLAB_LIMIT=${IPCLAB_LIMIT:-30}
    program=./table
    section="Your turn: cure"
}

# lay SEATS: a table.
lay() {
    seats=$1
    student "$program" "$key" setup "$seats"
    must_exit 0 "$section"
    at_first=$(values)
}

# The neighbours of a seat, and the forks: I is the one to the left of seat I.
left_of() {
    echo $((($1 + seats - 1) % seats))
}

right_of() {
    echo $((($1 + 1) % seats))
}

# sits SEAT: its philosopher, pSEAT, is hungry.
sits() {
    comes "p$1" eating sit "$1"
}

# fork_values: those of the forks alone.
fork_values() {
    values | cut -d, "-f1-$seats"
}

fork_value() {
    values | cut -d, "-f$(($1 + 1))"
}

# forks_but SEAT: fork_values when he has his two, and all others lie on the table.
forks_but() {
    local i text=
    for ((i = 0; i < seats; i++)); do
        [[ $i == "$1" || $i == "$(right_of "$1")" ]] && text+=,0 || text+=,1
    done
    echo "${text#,}"
}

# --- forks -------------------------------------------------------------------

@test "forks: who eats has both, and lays back both" {
    must_build "Your turn"
    section="Your turn: forks"
    lay 5
    [[ $(fork_values) == 1,1,1,1,1 ]] || wrong "after setup the forks are $(fork_values)" \
        "1,1,1,1,1: all lie on the table" "$section"
    for seat in 0 3 4; do
        sits "$seat"
        must_be_in "p$seat" "nobody else is hungry"
        [[ $(fork_values) == "$(forks_but "$seat")" ]] ||
            wrong "while the philosopher of seat $seat eats, the forks are $(fork_values)" "$(forks_but "$seat")" \
                "$section"
        leaves "p$seat"
        must_be_as_at_first "when the philosopher of seat $seat has left, and nobody is there"
    done
}

@test "forks: neighbours do not eat at the same time" {
    local seat
    section="Your turn: forks"
    lay 5
    for seat in 4 2; do
        sits "$seat"
        must_be_in "p$seat" "nobody else is hungry"
        sits "$(right_of "$seat")"
        must_stay_out "p$(right_of "$seat")" "the neighbour to the left eats"
        leaves "p$seat"
        must_be_in "p$(right_of "$seat")" "the neighbour has left"
        leaves "p$(right_of "$seat")"
    done
    must_be_as_at_first "when all have left"
}

@test "forks: two who are no neighbours do" {
    section="Your turn: forks"
    lay 5
    sits 0
    must_be_in p0 "nobody else is hungry"
    sits 2
    must_be_in p2 "only seat 0 eats, and that is no neighbour"
    leaves p0
    sits 4
    must_be_in p4 "only seat 2 eats, and that is no neighbour"
    leaves p2
    leaves p4
    must_be_as_at_first "when all have left"
}

# --- in step -----------------------------------------------------------------

# The bound: how many calls each may make in step until the next one of them eats. It is generous: two forks, a waiter
# and a queue are four calls, and as many to give them back; and it is one of calls and not of time, so there is no
# false alarm on a slow machine. Whoever lays back and tries again without having waited never eats in step, and
# passes any bound.
most_calls=30

declare -gA position=()

# arrives NAME: set its position: gate (stopped before its next call), blocked (in semop(2)), or ended. Fails if it is
# on its way.
arrives() {
    case ${position[$1]-} in
    gate | ended) return 0 ;;
    esac
    if IFS= read -r -t 0.005 call <&"${gate_at[$1]}"; then
        position[$1]=gate
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

# at_the_gate: set names to those who are.
at_the_gate() {
    local name
    names=()
    for name in "${!position[@]}"; do
        [[ ${position[$name]} != gate ]] || names+=("$name")
    done
}

all_have() {
    [[ " ${position[*]} " != *" moving "* && " ${position[*]} " != *" blocked "* && " ${position[*]} " != *" gate "* ]]
}

# One who has been woken may still look blocked: so nobody moves only when all rest, twice over.
somebody_moves_or_all_rest() {
    all_arrive || return 1
    at_the_gate
    ((${#names[@]} == 0)) && ! all_have || return 0
    all_rest && all_arrive && { at_the_gate; true; }
}

# have_eaten: how many meals there were.
have_eaten() {
    shmattach --read=68:64 "$key" | od -An -v -tu4 | awk '{ for (i = 1; i <= NF; i++) sum += $i } END { print sum + 0 }'
}

# in_step SEATS: all come at the same moment for one meal, and go on one call each, in turn.
in_step() {
    local i name names=() calls=0 before=0 now
    lay "$1"
    for ((i = 0; i < seats; i++)); do
        gate_start "p$i" "$program" "$key" sit "$i" 1
        position[p$i]=moving
    done
    until await somebody_moves_or_all_rest && all_have; do
        ((${#names[@]} > 0)) || in_a_circle
        for name in "${names[@]}"; do
            position[$name]=moving
            gate_go "$name"
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
    must_be_as_at_first "when all $seats have come in step, and have left"
    semop-tool rm "$key"
    shmctl-tool rm "$key"
    position=()
}

in_a_circle() {
    local eaten
    eaten=$(have_eaten)
    look_at p0
    # shellcheck disable=SC2034 # for wrong
    timed_out="it waits for ever" stuck=$(semop-tool waiters --deadlock 2>/dev/null) || :
    wrong "all $seats came at the same moment, and went on in step, one call each: $eaten have eaten, and now those \
who are left wait in semop(2) for ever$(besides)" "whatever the order of their calls, all eat" "$section"
}

without_end() {
    look_at p0
    wrong "all $seats came at the same moment, and went on in step, one call each: after $most_calls calls of each \
nobody else has eaten ($1 before): they take forks and lay them back again without end: a livelock" \
        "who does not get his forks waits in semop(2) until they are there" "$section"
}

@test "cure: five come in step, and all eat" {
    in_step 5
}

@test "cure: three and four come in step, and all eat" {
    in_step 3
    in_step 4
}

# --- nobody starves ----------------------------------------------------------

# The bound: how often a neighbour who comes later may eat before one who waits. The sheet has the number. Who came
# later is known: the check tells him to come when the kernel has said that the other one sleeps. So there is no false
# alarm, however slow the machine is; and a cure that lets him starve is caught, for the neighbours go on until then.
most=3

# between SEAT: his neighbours eat in turn, so that one of them always does or waits; sets $overtaken.
between() {
    local w=p$1 holder other swap
    holder=$(left_of "$1") other=$(right_of "$1")
    (($1 % 2 == 0)) || { swap=$holder holder=$other other=$swap; }
    overtaken=0
    sits "$holder"
    must_be_in "p$holder" "nobody else is hungry"
    sits "$1"
    must_stay_out "$w" "a neighbour eats"
    until is_in "$w" || ((overtaken > most)); do
        sits "$other"
        await settle "p$other" "$(line "p$other")" || :
        leaves "p$holder"
        await somebody_is_in_or_all_rest "$w" "p$other" || :
        somebody_is_in "$w" "p$other" || waits_for_ever "$w" "the one who ate has left"
        is_in "$w" || overtaken=$((overtaken + 1))
        swap=$holder holder=$other other=$swap
    done
    ((overtaken <= most)) || return 0
    leaves "$w"
    must_be_in "p$holder" "the neighbour has left"
    leaves "p$holder"
}

@test "cure: nobody starves between his neighbours" {
    local seat overtaken
    lay 5
    for seat in 0 1 2 3 4; do
        between "$seat"
        look_at "p$seat"
        ((overtaken <= most)) || wrong "while $(shown "$command") waited, his two neighbours ate in turn, so that one \
of them always did; $overtaken times one who came later ate before him, and so it goes on: he starves" \
            "of those who come later, at most $most eat before one who waits" "$section"
    done
    must_be_as_at_first "when all have left"
}

# --- by themselves -----------------------------------------------------------

@test "cure: all dine, again and again" {
    local round
    for round in $(rounds 3); do
        lay 5
        disturbed "$round" many_at_once "all eat 20 times, and all forks lie on the table then" \
            "nobody eats while his neighbour does" "sit 0 20" "sit 1 20" "sit 2 20" "sit 3 20" "sit 4 20"
        [[ $(have_eaten) == 100 ]] || wrong "of 100 meals $(have_eaten) were counted" "100" "$section"
        student "$program" "$key" cleanup
        must_exit 0 "$section"
    done
}

# --- questions ---------------------------------------------------------------

# look_at_hand SEAT NEIGHBOUR FORK: while the neighbour eats, the philosopher of SEAT waits; set $lies to whether
# FORK, the other one of his, lies on the table: 1 or 0.
look_at_hand() {
    sits "$2"
    must_be_in "p$2" "nobody else is hungry"
    sits "$1"
    must_stay_out "p$1" "a neighbour eats"
    lies=$(fork_value "$3")
    leaves "p$2"
    must_be_in "p$1" "the neighbour has left"
    leaves "p$1"
}

# see_cure: set $cure to which it is, as it looks from outside: what has each of them in his hand while he waits?
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
    0,0,5) cure=at-once seen="nobody who waits has a fork" ;;
    5,0,0 | 0,5,0) cure=waiter seen="all of them take the fork of the same side first" ;;
    *) cure=order seen="$left of them take the left fork first, $right the right one" ;;
    esac
}

@test "questions: your cure" {
    local cure seen given
    see_cure
    given=$(answer cure)
    [[ -n $given ]] || must_answer cure "$cure" "" "Questions"
    stderr=''
    [[ $given == "$cure" ]] || wrong "answers.txt says $(shown "cure: $given"), but $seen: that is $cure" \
        "that answer which your cure is" "Questions"
}

@test "questions: circles" {
    must_answer circle 5 "how many processes semop-tool waiters --deadlock names" "Questions"
    must_answer admits 6 "try it: how many may sit, so that one of them always gets both forks?" "Questions"
    must_answer together 3 "each needs two forks, and there are seven" "Questions"
    must_answer one no "draw it: who waits for whom, and can it be a circle?" "Questions"
}

@test "questions: what else can go wrong" {
    must_answer at-once starvation "one of the four words; see what his neighbours can do while he waits" "Questions"
    must_answer step livelock "a word of the sheet: see The idea" "Questions"
    must_answer list "$(semop-tool limits --raw --noheadings | awk '$1 == "SEMOPM" { print $2 }')" \
        "SEMOPM of semop-tool limits, on this machine" "Questions"
}
