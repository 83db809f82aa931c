#!/usr/bin/env bats
#
# Lab 07: does every item come through once and in order, does everybody wait who has to, and nobody who has not?
#
# The check is a producer and a consumer itself, by hand, with semop-tool and shmattach: so it decides who comes when. It
# stops the student's programs between two calls (lib/step.bash) where a mistake would be seen only by luck.

# shellcheck disable=SC2154,SC2034 # what the libraries have, and what is for them
# shellcheck disable=SC2030,SC2031 # each test is a shell of its own: what student sets there is for that test

load ../lib/check
load ../lib/gate
load ../lib/step
load ../lib/waiting

setup_file() {
    step_build
    in_box rm -rf buffer.h
    in_box tee buffer.h <"$BATS_TEST_DIRNAME/starter/buffer.h" >/dev/null
}

setup() {
    key=$(printf '0x%x' "$((0x1ab0000 + RANDOM))")
}

# --- the check as setup, producer and consumer -------------------------------

# new_segment, new_set KEY VALUES: the student's own, so that they can be removed.
new_segment() {
    in_box shmcreate --key="$1" "${2-4096}" >/dev/null
}

new_set() {
    in_box semop-tool create --key="$1" --init="${2-0,0,0}" 3 >/dev/null
}

# new_buffer SLOTS: made here, so that no test needs the student's setup but those that are about it.
new_buffer() {
    slots=$1
    new_segment "$key" $((64 + slots * 64))
    shmattach --set="u32@0=$slots" "$key"
    new_set "$key" "$slots,0,1"
}

# operate OPS...: one call after the other; it should never have to wait, and does not for ever.
operate() {
    semop-tool op --timeout="$(box_time)s" "$key" "$@" 2>/dev/null
}

# count_of in|out
count_of() {
    local -A at=([in]=8 [out]=16)
    shmattach --get="u64@${at[$1]}" "$key"
}

# item N: the text in its slot.
item() {
    shmattach --get="str@$((64 + $1 % slots * 64))" "$key"
}

# insert TEXT, extract: what is done between P and V.
insert() {
    local in
    in=$(count_of in)
    shmattach --set="str@$((64 + in % slots * 64))=$1" "$key"
    shmattach --set="u64@8=$((in + 1))" "$key"
}

extract() {
    shmattach --set="u64@16=$(($(count_of out) + 1))" "$key"
}

# put TEXT..., take: as a producer and a consumer do it.
put() {
    local text
    for text; do
        operate 0-1 2-1
        insert "$text"
        operate 2+1,1+1
    done
}

take() {
    operate 1-1 2-1
    extract
    operate 2+1,0+1
}

# --- what there is -----------------------------------------------------------

# values: EMPTY, FULL and MUTEX, "2,0,1"; empty if there is no set.
values() {
    semop-tool show --raw --noheadings -o VALUE "$key" 2>/dev/null | paste -sd,
}

# besides: for the messages of lib/waiting.bash.
besides() {
    echo "; EMPTY,FULL,MUTEX are $(values)"
}

# must_hold VALUES WHEN SECTION: that these are the values now.
must_hold() {
    local now
    now=$(values)
    [[ $now == "$1" ]] || wrong "$2 EMPTY,FULL,MUTEX are ${now:-not there}" "$1" "$3"
}

# must_count IN OUT WHEN SECTION
must_count() {
    local now
    now="in $(count_of in), out $(count_of out)"
    [[ $now == "in $1, out $2" ]] || wrong "$3 the segment has: $now" "in $1, out $2" "$4"
}

# must_have_items WHEN SECTION TEXT...: items out to in-1 are these.
must_have_items() {
    local when=$1 section=$2 number
    number=$(count_of out)
    shift 2
    for text; do
        [[ $(item "$number") == "$text" ]] ||
            wrong "$when item $number, in slot $((number % slots)), is $(shown "$(item "$number")")" "$(shown "$text")" "$section"
        number=$((number + 1))
    done
}

# must_be_as_new SLOTS WHEN SECTION: there is a segment and a set, as after setup.
must_be_as_new() {
    local id now
    id=$(segment_of "$key") || wrong "$2 there is no segment with the key $key" "one with that key" "$3"
    now="$(segment_field "$id" size) bytes, mode $(segment_field "$id" perms | tail -c 4)"
    [[ $now == "$((64 + $1 * 64)) bytes, mode 600" ]] ||
        wrong "$2 the segment has $now" "$((64 + $1 * 64)) bytes, mode 600" "$3"
    now=$(shmattach --get=u32@0 "$key")
    [[ $now == "$1" ]] || wrong "$2 the segment has slots $now" "slots $1" "$3"
    must_hold "$1,0,1" "$2" "$3"
    must_count 0 0 "$2" "$3"
}

# --- setup -------------------------------------------------------------------

@test "setup: makes a segment and three semaphores" {
    must_build "Your turn: setup"
    student ./setup "$key" 3
    must_exit 0 "Your turn: setup"
    must_print "" "Your turn: setup"
    must_be_as_new 3 "after $(shown "$command")" "Your turn: setup"
    [[ $(objects | wc -l) == 2 ]] || wrong "after $(shown "$command") there is: $(objects | paste -sd,)" \
        "a segment and a set" "Your turn: setup"
}

# must_refuse WHAT LEFT: with WHAT there, setup complains, and there is what was there before.
must_refuse() {
    local before
    before=$(objects | paste -sd,)
    student ./setup "$key" 2
    must_exit 1 "Your turn: setup"
    must_complain "Your turn: setup"
    [[ $(objects | paste -sd,) == "$before" ]] ||
        wrong "there was $1 ($before); after $(shown "$command") there is: $(objects | paste -sd,)" \
            "what was there stays, and nothing is left besides" "Your turn: setup"
}

@test "setup: leaves alone what is there already" {
    new_buffer 2
    put "$(random_word)"
    must_refuse "a buffer of this key"
    must_hold 1,1,1 "there was a buffer with one item; after $(shown "$command")" "Your turn: setup"
    must_count 1 0 "there was a buffer with one item; after $(shown "$command")" "Your turn: setup"
    shmctl-tool rm "$key" 2>/dev/null
    must_refuse "a set of this key"
    semop-tool rm "$key" 2>/dev/null
    new_segment "$key"
    must_refuse "a segment of this key"
}

# advance NAME STOPS: let it go on, past so many stops, to the next one; fails if it has ended.
advance() {
    local passed
    for ((passed = 0; passed < $2; passed++)); do
        gate_next "$1" && [[ $call != end ]] || return 1
        gate_go "$1"
    done
    gate_next "$1" && [[ $call != end ]]
}

# must_be_one_of_two WHERE: setup a, which was stopped at $call when b ran, goes on to its end; sets $command to a's.
must_be_one_of_two() {
    local how_b=$status how
    gate_free a
    student_wait a
    how="exited with $status and $how_b"
    [[ $how == "exited with 1 and 0" || $how == "exited with 0 and 1" ]] ||
        wrong "of two $(shown "$command"), where one ran while the other was at the call '$1', they $how" \
            "one succeeds, the other exits with 1" "Your turn: setup"
    must_be_as_new 2 "after two $(shown "$command"), where one ran while the other was at the call '$1'," "Your turn: setup"
}

# Wherever the one is, the other comes: as long as the one has made nothing, the other makes the buffer, and later not.
@test "setup: two at the same moment" {
    local stops made=''
    for ((stops = 0; stops < 20; stops++)); do
        gate_start a ./setup "$key" 2
        advance a "$stops" || break
        made=$(objects)
        student ./setup "$key" 2
        must_end "Your turn: setup"
        must_be_one_of_two "$call"
        clean_up
        [[ -z $made ]] || break
    done
    [[ -n $made ]] || return 0
    gate_start a ./setup "$key" 2
    for ((; stops < 20; stops++)); do
        step_to a '^after' || break
        [[ $call != end ]] || break
        student ./setup "$key" 2
        must_exit 1 "Your turn: setup"
        gate_go a
    done
    student_wait a
    must_exit 0 "Your turn: setup"
    must_be_as_new 2 "after $(shown "$command"), while which others tried, too," "Your turn: setup"
}

# has_met NAME: it has come to the half-made buffer: it says so, waits, or has ended.
has_met() {
    [[ -s $IPCLAB_SCRATCH/$1.err ]] || is_blocked "$1" || has_ended "$1" || [[ -n $(student_output "$1") ]]
}

# have_ended_or_rest NAME...
have_ended_or_rest() {
    local name
    for name; do has_ended "$name" || all_rest || return 1; done
}

# must_not_have_failed NAME WHERE
must_not_have_failed() {
    has_ended "$1" || return 0
    wait "${student_jobs[$1]}" && return 0
    student_wait "$1"
    wrong "$(shown "$command") came when setup was right $2: it $(how_it_ended)" \
        "it waits until setup is through: the semaphores have no values before the segment is filled in" "Your turn: setup"
}

# At each step of setup comes another producer. It says that there is no buffer, and asks again; or waits for semaphores.
@test "setup: nobody meets it half made" {
    local names=() name
    gate_start s ./setup "$key" 9
    while step_to s '^after' && [[ $call != end ]]; do
        name=p${#names[@]}
        student_start "$name" ./producer "$key"
        names+=("$name")
        tell "$name" "$name"
        await has_met "$name" || :
        must_not_have_failed "$name" "$call"
        [[ -z $(student_output "$name") ]] || break
        gate_go s
    done
    gate_free s
    student_wait s
    must_exit 0 "Your turn: setup"
    for name in "${names[@]}"; do tell_end "$name"; done
    await have_ended_or_rest "${names[@]}" || :
    # One that has failed may be why others wait.
    for name in "${names[@]}"; do must_not_have_failed "$name" "at one of its calls"; done
    for name in "${names[@]}"; do
        student_wait "$name"
        must_exit 0 "Your turn: setup"
    done
    must_count "${#names[@]}" 0 "after ${#names[@]} producers of one item each, some of which came before setup was through," \
        "Your turn: setup"
    must_hold "$((9 - ${#names[@]})),${#names[@]},1" "after the same" "Your turn: setup"
}

# --- producer ----------------------------------------------------------------

@test "producer: puts its lines in, where the others are" {
    local word
    word=$(random_word)
    new_buffer 3
    student ./producer "$key" <<<"$word"$'\n'"two  words"
    must_exit 0 "Your turn: producer"
    must_print "0 $word"$'\n'"1 two  words" "Your turn: producer"
    must_count 2 0 "after a producer of two items" "Your turn: producer"
    must_have_items "after a producer of two items" "Your turn: producer" "$word" "two  words"
    [[ $(values) != 3,0,1 ]] || wrong "after a producer of two items EMPTY,FULL,MUTEX are 3,0,1: when it ended, what it \
had done to them was undone (SEM_UNDO)" "1,2,1: the items are there, whoever has put them in" "Your turn: producer"
    must_hold 1,2,1 "after a producer of two items, which has ended," "Your turn: producer"
    take
    student ./producer "$key" <<<"third"$'\n'"fourth"
    must_exit 0 "Your turn: producer"
    must_print $'2 third\n3 fourth' "Your turn: producer"
    must_have_items "after another producer" "Your turn: producer" "two  words" third fourth
    must_hold 0,3,1 "after another producer, which has filled the buffer," "Your turn: producer"
}

# must_leave_mutex SECTION WHO: while the one that was looked at last waits, others can come to the buffer.
must_leave_mutex() {
    [[ $(values) == *,*,0 ]] || return 0
    wrong "$(shown "$command") waits, and the mutex is 0: the $2 who could wake it waits for the mutex. That is a deadlock \
(EMPTY,FULL,MUTEX are $(values))" "whoever waits has not got the mutex: it stays 1" "$1"
}

@test "producer: waits for an empty slot, asleep, and without the mutex" {
    new_buffer 1
    put first
    student_start a ./producer "$key"
    tell a second
    must_wait a "1 second" "all slots are full" "Your turn: producer"
    look_at a
    must_leave_mutex "Your turn: producer" consumer
    must_hold 0,1,1 "while $(shown "$command") waits," "Your turn: producer"
    take
    must_get_on a "1 second" "an item has been taken" "Your turn: producer"
    must_have_items "after that" "Your turn: producer" second
    must_finish a "Your turn: producer"
}

# waits_for_mutex NAME: for nothing else.
waits_for_mutex() {
    [[ $(semop-tool waiters --raw --noheadings -o PID,STUCK 2>/dev/null) == "$(student_pid "$1") 2-1"* ]]
}

@test "producer: nobody is at the buffer without the mutex" {
    new_buffer 4
    operate 2-1
    student_start a ./producer "$key"
    tell a mine
    must_wait a "0 mine" "another process has the mutex" "Your turn: producer"
    waits_for_mutex a || { look_at a && wrong "the mutex is 0, and $(shown "$command") waits for another semaphore$(besides)" \
        "it waits for the mutex: there are empty slots" "Your turn: producer"; }
    must_count 0 0 "while another process has the mutex," "Your turn: producer"
    operate 0-1
    insert other
    operate 2+1,1+1
    await has_got_on a || :
    must_have_items "$(shown "${student_commands[a]}") waited for the mutex while another one put an item in: after that" \
        "Your turn: producer" other mine
    must_say a "1 mine" "the mutex has been given back" "Your turn: producer"
    must_finish a "Your turn: producer"
}

# must_say NAME LINE WHY SECTION: as must_get_on, but it may print another line, and that is told.
must_say() {
    await has_got_on "$1" || :
    look_at "$1"
    [[ -z $output || $output == "$2" ]] || wrong "$(shown "$command") printed $(shown "$output"), although $3" "$(shown "$2")" "$4"
    must_get_on "$@"
}

has_got_on() {
    [[ -n $(student_output "$1") ]] || has_ended "$1" || all_rest
}

# In each state where others may look, all that has been counted is there.
@test "producer: what is counted is in its slot, whenever the mutex is free" {
    new_buffer 3
    gate_start a ./producer "$key"
    tell a mine
    while step_to a '^after semop' && [[ $call != end ]]; do
        if [[ $(values) == *,1 && $(count_of in) == 1 ]]; then
            look_at a
            [[ $(item 0) == mine ]] || wrong "$(shown "$command") has just done 'semop ${call##* }'; the mutex is 1, in \
is 1, and item 0 is $(shown "$(item 0)")" "$(shown mine): the mutex is given back when the item is in its slot" "Your turn: producer"
            put other
            break
        fi
        gate_go a
    done
    gate_free a
    must_say a "0 mine" "there was an empty slot, and the other producer came after it" "Your turn: producer"
    must_finish a "Your turn: producer"
    must_hold 1,2,1 "after two producers of one item each" "Your turn: producer"
}

# --- consumer ----------------------------------------------------------------

@test "consumer: takes the items out, in their order" {
    local word
    word=$(random_word)
    new_buffer 3
    put "$word" "two  words" third
    student ./consumer "$key" 2
    must_exit 0 "Your turn: consumer"
    must_print "0 $word"$'\n'"1 two  words" "Your turn: consumer"
    must_count 3 2 "after a consumer of two of three items" "Your turn: consumer"
    [[ $(values) != 0,3,1 ]] || wrong "after a consumer of two items EMPTY,FULL,MUTEX are 0,3,1: when it ended, what it \
had done to them was undone (SEM_UNDO)" "2,1,1: the items are gone, whoever has taken them" "Your turn: consumer"
    must_hold 2,1,1 "after a consumer of two of three items, which has ended," "Your turn: consumer"
    put fourth
    student ./consumer "$key" 2
    must_exit 0 "Your turn: consumer"
    must_print $'2 third\n3 fourth' "Your turn: consumer"
    must_hold 3,0,1 "after another consumer, which has emptied the buffer," "Your turn: consumer"
}

@test "consumer: waits for an item, asleep, and without the mutex" {
    new_buffer 2
    student_start a ./consumer "$key" 1
    must_wait a "0 " "the buffer is empty" "Your turn: consumer"
    look_at a
    must_leave_mutex "Your turn: consumer" producer
    must_hold 2,0,1 "while $(shown "$command") waits," "Your turn: consumer"
    put first
    must_get_on a "0 first" "an item has been put in" "Your turn: consumer"
    must_finish a "Your turn: consumer"
}

@test "consumer: nobody is at the buffer without the mutex" {
    new_buffer 3
    put first second third
    operate 2-1
    student_start a ./consumer "$key" 1
    must_wait a "0 first" "another process has the mutex" "Your turn: consumer"
    waits_for_mutex a || { look_at a && wrong "the mutex is 0, and $(shown "$command") waits for another semaphore$(besides)" \
        "it waits for the mutex: there are items" "Your turn: consumer"; }
    must_count 3 0 "while another process has the mutex," "Your turn: consumer"
    operate 1-1
    extract
    operate 2+1,0+1
    must_say a "1 second" "another one took item 0 while it waited for the mutex$(besides)" "Your turn: consumer"
    must_finish a "Your turn: consumer"
    must_count 3 2 "after that" "Your turn: consumer"
}

# Two slots, two items: the student's consumer takes the first. As soon as it has given back the mutex another consumer
# takes the second, and a producer gets the slot that has become free; all of them by the rules.
@test "consumer: has copied the item before it gives anything back" {
    new_buffer 2
    put first second
    gate_start a ./consumer "$key" 1
    while step_to a '^after semop' && [[ $call != end ]]; do
        if [[ $(values) == *,1 && $(count_of out) == 1 ]]; then
            take
            put third
            break
        fi
        gate_go a
    done
    gate_free a
    must_say a "0 first" "that is what it took: when it gave back the mutex another consumer took item 1, and a producer put \
'third' in the next slot" "Your turn: consumer"
    must_finish a "Your turn: consumer"
}

# --- all together ------------------------------------------------------------

# sum: of the second words of the lines.
sum() {
    awk '{ sum += $2 } END { print sum + 0 }'
}

# Three producers, three consumers, two slots; all of them are there before the buffer is.
many() {
    local name number put taken
    for name in c1 c2 c3; do student_start "$name" ./consumer "$key" 20; done
    for name in p1 p2 p3; do
        student_start "$name" ./producer "$key"
        for number in {1..20}; do tell "$name" "$((RANDOM * 100 + number)) $number $name"; done
        tell_end "$name"
    done
    student ./setup "$key" 2
    must_exit 0 "Your turn: together"
    for name in p1 p2 p3 c1 c2 c3; do
        student_wait "$name"
        must_exit 0 "Your turn: together"
        sort -c -n <<<"$output" 2>/dev/null ||
            wrong "the numbers that $(shown "$command") printed do not grow: $(cut -d' ' -f1 <<<"$output" | xargs)" \
                "each item has a greater number than the one before" "Your turn: together"
        [[ $name != p* ]] || [[ $(cut -d' ' -f3- <<<"$output") == "$(seq -f "%g $name" 20)" ]] ||
            wrong "$(shown "$command") printed other lines than it read, or in another order" \
                "each line that it read, with its number" "Your turn: together"
    done
    put=$(cat "$IPCLAB_SCRATCH"/p[123].out | sort -n) taken=$(cat "$IPCLAB_SCRATCH"/c[123].out | sort -n)
    must_match "$put" "$taken"
    must_hold 2,0,1 "after 60 items went in and out" "Your turn: together"
}

# must_match PUT TAKEN: what three producers have printed is what three consumers have; and its numbers are 0 to 59.
must_match() {
    command="three producers, three consumers, 60 items" stderr=''
    [[ $(sum <<<"$1") == "$(sum <<<"$2")" ]] ||
        wrong "$command: the sum of what was put in is $(sum <<<"$1"), of what was taken out $(sum <<<"$2")" \
            "the same sum" "Your turn: together"
    [[ $1 == "$2" ]] || wrong "$command: what was put in (<) is not what was taken out (>): $(diff <(echo "$1") <(echo "$2") |
        grep '^[<>]' | head -n 4 | paste -sd';')" "each item once, with its number" "Your turn: together"
    [[ $(cut -d' ' -f1 <<<"$1") == "$(seq 0 59)" ]] ||
        wrong "$command: their numbers are $(cut -d' ' -f1 <<<"$1" | xargs)" "0 to 59, each once" "Your turn: together"
}

@test "together: every item once, and in order" {
    local seed
    for seed in $(rounds 2); do
        disturbed "$seed" many
        clean_up
    done
}

# In a shell of its own, because nsenter(1), which is the parent otherwise, stops when its child does.
# must_not_be_disturbed PROGRAM LINE [COUNT]: it waits; it is stopped and continued; it waits on, and does its work when it can.
must_not_be_disturbed() {
    local pid
    # shellcheck disable=SC2016 # for the other shell
    student_start a bash -c '"$@"; exit' a "./$1" "$key" ${3:+"$3"}
    tell a new
    await is_anybody_waiting || { look_at a && wrong "$(shown "./$1 $key") does not wait in semop(2)$(besides)" \
        "it waits there" "Your turn: together"; }
    pid=$(semop-tool waiters --raw --noheadings -o PID)
    kill -s STOP "$pid"
    await is_stopped "$pid"
    kill -s CONT "$pid"
    await settled_again a || :
    if ! is_anybody_waiting; then
        tell_end a
        student_wait a
        command="./$1 $key"
        wrong "$(shown "$command") was stopped (as by ^Z) and continued (fg) while it waited, and $(how_it_ended)" \
            "it waits on" "Your turn: together"
    fi
    if [[ $1 == producer ]]; then take; else put new; fi
    must_get_on a "$2" "it was stopped and continued, and then what it waited for was there" "Your turn: together"
    tell_end a
    student_wait a
    must_exit 0 "Your turn: together"
}

settled_again() {
    is_anybody_waiting || has_ended "$1"
}

@test "together: a stop and a continue do not disturb those who wait" {
    new_buffer 1
    must_not_be_disturbed consumer "0 new" 1
    put old
    must_not_be_disturbed producer "2 new"
    must_hold 0,1,1 "after that" "Your turn: together"
}

# --- cleanup -----------------------------------------------------------------

@test "cleanup: removes both, or what there is" {
    new_buffer 2
    new_segment $((key + 1))
    new_set $((key + 1))
    student ./cleanup "$key"
    must_exit 0 "Your turn: cleanup"
    [[ $(objects | wc -l) == 2 && -z $(values) ]] && ! segment_of "$key" >/dev/null ||
        wrong "there was a buffer, and a segment and a set of another key; after $(shown "$command") there is: \
$(objects | paste -sd,)" "the other segment and the other set" "Your turn: cleanup"
    student ./cleanup "$key"
    must_exit 1 "Your turn: cleanup"
    must_complain "Your turn: cleanup"
    ipcrm -S $((key + 1)) -M $((key + 1))
    new_segment "$key"
    student ./cleanup "$key"
    must_exit 0 "Your turn: cleanup"
    must_leave_nothing "Your turn: cleanup"
    new_set "$key"
    student ./cleanup "$key"
    must_exit 0 "Your turn: cleanup"
    must_leave_nothing "Your turn: cleanup"
}

@test "cleanup: whoever waits is told" {
    new_buffer 1
    student_start c ./consumer "$key"
    must_wait c "0 " "the buffer is empty" "Your turn: cleanup"
    student ./cleanup "$key"
    must_exit 0 "Your turn: cleanup"
    student_wait c
    must_exit 1 "Your turn: cleanup"
    must_complain "Your turn: cleanup"
    must_leave_nothing "Your turn: cleanup"
}

# --- questions ---------------------------------------------------------------

@test "questions: counts" {
    must_answer values 5,0,1 "what semop-tool show says after ./setup KEY 5, in the order of buffer.h" "Questions"
    must_answer least 1 "5, less one for each process that has taken something and has not given back the other yet" "Questions"
    must_answer lost 4 "5, less what is neither EMPTY nor FULL any more" "Questions"
    must_answer pages $(((64 + 1000 * 64 + $(getconf PAGESIZE) - 1) / $(getconf PAGESIZE))) \
        "the size in bytes, by getconf PAGESIZE, rounded up" "Questions"
}

@test "questions: rules" {
    must_answer deadlock full "the one of the two words in which buffer_put waits" "Questions"
    must_answer undo 2 "the one that is given back by whoever has taken it" "Questions"
    must_answer needed no "a look at which of the numbers in and out each of them writes" "Questions"
}
