# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# labs/lib/bounded-buffer.bash -- does a bounded buffer work? For the check.bats of the labs that build
# one, of whatever parts: load "$IPCLAB_LIB/bounded-buffer", after check, stepper and waiting.
#
# The check is itself a producer and a consumer, so it decides the order of events; and it stops the
# student's programs between two calls, where only luck would show a mistake. The check.bats of the lab
# defines:
#
#   $buffer                  the operand of the programs: ./producer "$buffer"
#   new_buffer SLOTS         makes one, without the student's setup
#   values                   prints EMPTY,FULL,MUTEX: "2,0,1"; nothing if they do not exist
#   count_of in|out          prints that number
#   item N                   prints the text in the slot of item N
#   must_be_as_new SLOTS WHEN SECTION    it is as after setup
#   put TEXT..., take        does what a producer and a consumer do
#   hold                     P(MUTEX); then
#   put_held TEXT, take_held do the rest of put and take: P(EMPTY) or P(FULL), the item, V(MUTEX),
#                            V(FULL) or V(EMPTY)
#
# Each test of check.bats is then one of the functions below, under the name in its comment.

# shellcheck disable=SC2154,SC2034 # the other libraries set these, or use them

# extra_detail: for the messages of waiting.bash.
extra_detail() {
    echo "; EMPTY,FULL,MUTEX are $(values)"
}

# must_hold VALUES WHEN SECTION: the semaphores have these values now.
must_hold() {
    local now
    now=$(values)
    [[ $now == "$1" ]] || fail "$2 EMPTY,FULL,MUTEX are ${now:-do not exist}" "$1" "$3"
}

# must_count IN OUT WHEN SECTION
must_count() {
    local now
    now="in $(count_of in), out $(count_of out)"
    [[ $now == "in $1, out $2" ]] || fail "$3 the segment has: $now" "in $1, out $2" "$4"
}

# must_have_items WHEN SECTION TEXT...: the items from number out to in-1 are these.
must_have_items() {
    local when=$1 section=$2 number
    number=$(count_of out)
    shift 2
    for text; do
        [[ $(item "$number") == "$text" ]] ||
            fail "$when item $number, in slot $((number % slots)), is $(quoted "$(item "$number")")" \
                "$(quoted "$text")" "$section"
        number=$((number + 1))
    done
}

# --- setup -------------------------------------------------------------------

# advance NAME STOPS: lets it continue past STOPS stops to the next one; fails if it has ended.
advance() {
    local passed
    for ((passed = 0; passed < $2; passed++)); do
        stepper_next "$1" && [[ $call != end ]] || return 1
        stepper_go "$1"
    done
    stepper_next "$1" && [[ $call != end ]]
}

# must_be_one_of_two WHERE: lets setup a, which was stopped at $call while b ran, continue to its end;
# sets $command to the command of a.
must_be_one_of_two() {
    local how_b=$status how
    stepper_free a
    student_wait a
    how="exited with $status and $how_b"
    [[ $how == "exited with 1 and 0" || $how == "exited with 0 and 1" ]] ||
        fail "of two $(quoted "$command"), where one ran while the other was at the call '$1', they $how" \
            "one succeeds, the other exits with 1" "Your turn: setup"
    must_be_as_new 2 "after two $(quoted "$command"), where one ran while the other was at the call '$1'," \
        "Your turn: setup"
}

# A second setup runs at each stop of the first: as long as the first has made nothing, the second makes
# the buffer; after that it must not.
# two_setups: "setup: two at the same moment"
two_setups() {
    local stops made=''
    for ((stops = 0; stops < 20; stops++)); do
        stepper_start a ./setup "$buffer" 2
        advance a "$stops" || break
        made=$(objects)
        student ./setup "$buffer" 2
        must_end "Your turn: setup"
        must_be_one_of_two "$call"
        clean_up
        [[ -z $made ]] || break
    done
    [[ -n $made ]] || return 0
    stepper_start a ./setup "$buffer" 2
    for ((; stops < 20; stops++)); do
        stepper_go_to a '^after' || break
        [[ $call != end ]] || break
        student ./setup "$buffer" 2
        must_exit 1 "Your turn: setup"
        stepper_go a
    done
    student_wait a
    must_exit 0 "Your turn: setup"
    must_be_as_new 2 "after $(quoted "$command"), while other setups also tried," "Your turn: setup"
}

# has_met NAME: it has found the half-made buffer: it prints something, waits, or has ended.
has_met() {
    [[ -s $IPCLAB_SCRATCH/$1.err ]] || is_blocked "$1" || has_ended "$1" || [[ -n $(student_output "$1") ]]
}

# have_ended_or_rest NAME...
have_ended_or_rest() {
    local name
    for name; do has_ended "$name" || all_rest || return 1; done
}

# must_not_have_failed NAME WHEN
must_not_have_failed() {
    has_ended "$1" || return 0
    wait "${student_jobs[$1]}" && return 0
    student_wait "$1"
    fail "$(quoted "$command") started $2: it $(how_it_ended)" \
        "it waits until setup is complete: the semaphores get their values after the segment is filled in" \
            "Your turn: setup"
}

# Another producer starts at each step of setup. It reports that there is no buffer, and tries again; or
# it waits for the semaphores.
# nobody_meets_it_half_made: "setup: no process uses a half-made buffer"
nobody_meets_it_half_made() {
    local names=() name
    stepper_start s ./setup "$buffer" 9
    while stepper_go_to s '^after' && [[ $call != end ]]; do
        name=p${#names[@]}
        student_start "$name" ./producer "$buffer"
        names+=("$name")
        send_line "$name" "$name"
        await has_met "$name" || :
        must_not_have_failed "$name" "when setup was right $call"
        [[ -z $(student_output "$name") ]] || break
        stepper_go s
    done
    stepper_free s
    student_wait s
    must_exit 0 "Your turn: setup"
    for name in "${names[@]}"; do end_input "$name"; done
    await have_ended_or_rest "${names[@]}" || :
    # Others may wait because one has failed.
    for name in "${names[@]}"; do must_not_have_failed "$name" "while setup was running"; done
    for name in "${names[@]}"; do
        student_wait "$name"
        must_exit 0 "Your turn: setup"
    done
    must_count "${#names[@]}" 0 \
        "after ${#names[@]} producers of one item each, some of which started before setup was complete," \
        "Your turn: setup"
    must_hold "$((9 - ${#names[@]})),${#names[@]},1" "after the same" "Your turn: setup"
}

# --- producer ----------------------------------------------------------------

# puts_its_lines_in: "producer: puts its lines in, after the items of others"
puts_its_lines_in() {
    local word
    word=$(random_word)
    new_buffer 3
    student ./producer "$buffer" <<<"$word"$'\n'"two  words"
    must_exit 0 "Your turn: producer"
    must_print "0 $word"$'\n'"1 two  words" "Your turn: producer"
    must_count 2 0 "after a producer of two items" "Your turn: producer"
    must_have_items "after a producer of two items" "Your turn: producer" "$word" "two  words"
    [[ $(values) != 3,0,1 ]] || fail "after a producer of two items EMPTY,FULL,MUTEX are 3,0,1: when it ended, the \
kernel undid its operations (SEM_UNDO)" "1,2,1: the items are there, and stay when their producer ends" \
        "Your turn: producer"
    must_hold 1,2,1 "after a producer of two items, which has ended," "Your turn: producer"
    take
    student ./producer "$buffer" <<<"third"$'\n'"fourth"
    must_exit 0 "Your turn: producer"
    must_print $'2 third\n3 fourth' "Your turn: producer"
    must_have_items "after another producer" "Your turn: producer" "two  words" third fourth
    must_hold 0,3,1 "after another producer, which has filled the buffer," "Your turn: producer"
}

# must_leave_mutex SECTION WHO: while the program of report_on waits, others can use the buffer.
must_leave_mutex() {
    [[ $(values) == *,*,0 ]] || return 0
    fail "$(quoted "$command") waits, and the mutex is 0: the $2 that could wake it waits for the mutex. That is a \
deadlock (EMPTY,FULL,MUTEX are $(values))" "a waiter does not hold the mutex: it stays 1" "$1"
}

# producer_waits: "producer: sleeps until a slot is free, without the mutex"
producer_waits() {
    new_buffer 1
    put first
    student_start a ./producer "$buffer"
    send_line a second
    must_wait a "1 second" "all slots are full" "Your turn: producer"
    report_on a
    must_leave_mutex "Your turn: producer" consumer
    must_hold 0,1,1 "while $(quoted "$command") waits," "Your turn: producer"
    take
    must_proceed a "1 second" "a consumer has taken an item" "Your turn: producer"
    must_have_items "after that" "Your turn: producer" second
    must_finish a "Your turn: producer"
}

# producer_needs_the_mutex: "producer: uses the buffer only with the mutex"
producer_needs_the_mutex() {
    new_buffer 4
    hold
    student_start a ./producer "$buffer"
    send_line a mine
    must_wait a "0 mine" "another process holds the mutex" "Your turn: producer"
    must_count 0 0 "while another process holds the mutex," "Your turn: producer"
    put_held other
    await has_proceeded a || :
    must_have_items \
        "$(quoted "${student_commands[a]}") waited for the mutex while another process put an item in: after that" \
        "Your turn: producer" other mine
    must_say a "1 mine" "the mutex is free again" "Your turn: producer"
    must_finish a "Your turn: producer"
}

# must_say NAME LINE WHY SECTION: as must_proceed; if it prints another line, the message quotes it.
must_say() {
    await has_proceeded "$1" || :
    report_on "$1"
    [[ -z $output || $output == "$2" ]] || fail \
        "$(quoted "$command") printed $(quoted "$output"), although $3" "$(quoted "$2")" "$4"
    must_proceed "$@"
}

has_proceeded() {
    [[ -n $(student_output "$1") ]] || has_ended "$1" || all_rest
}

# In each state in which other processes may look, every counted item is in its slot.
# counted_is_there: "producer: whenever the mutex is free, each counted item is in its slot"
counted_is_there() {
    new_buffer 3
    stepper_start a ./producer "$buffer"
    send_line a mine
    while stepper_go_to a '^after sem' && [[ $call != end ]]; do
        if [[ $(values) == *,1 && $(count_of in) == 1 ]]; then
            report_on a
            [[ $(item 0) == mine ]] || fail "$(quoted "$command") has just done '${call#after }'; the mutex is 1, in \
is 1, and item 0 is $(quoted "$(item 0)")" \
                "$(quoted mine): the producer releases the mutex after the item is in its slot" \
                "Your turn: producer"
            put other
            break
        fi
        stepper_go a
    done
    stepper_free a
    must_say a "0 mine" "a slot was empty, and the other producer came after it" "Your turn: producer"
    must_finish a "Your turn: producer"
    must_hold 1,2,1 "after two producers of one item each" "Your turn: producer"
}

# --- consumer ----------------------------------------------------------------

# takes_the_items_out: "consumer: takes the items out in order"
takes_the_items_out() {
    local word
    word=$(random_word)
    new_buffer 3
    put "$word" "two  words" third
    student ./consumer "$buffer" 2
    must_exit 0 "Your turn: consumer"
    must_print "0 $word"$'\n'"1 two  words" "Your turn: consumer"
    must_count 3 2 "after a consumer of two of three items" "Your turn: consumer"
    [[ $(values) != 0,3,1 ]] || fail "after a consumer of two items EMPTY,FULL,MUTEX are 0,3,1: when it ended, the \
kernel undid its operations (SEM_UNDO)" "2,1,1: the items are gone, and stay so when their consumer ends" \
        "Your turn: consumer"
    must_hold 2,1,1 "after a consumer of two of three items, which has ended," "Your turn: consumer"
    put fourth
    student ./consumer "$buffer" 2
    must_exit 0 "Your turn: consumer"
    must_print $'2 third\n3 fourth' "Your turn: consumer"
    must_hold 3,0,1 "after another consumer, which has emptied the buffer," "Your turn: consumer"
}

# consumer_waits: "consumer: sleeps until there is an item, without the mutex"
consumer_waits() {
    new_buffer 2
    student_start a ./consumer "$buffer" 1
    must_wait a "0 " "the buffer is empty" "Your turn: consumer"
    report_on a
    must_leave_mutex "Your turn: consumer" producer
    must_hold 2,0,1 "while $(quoted "$command") waits," "Your turn: consumer"
    put first
    must_proceed a "0 first" "a producer has put an item in" "Your turn: consumer"
    must_finish a "Your turn: consumer"
}

# consumer_needs_the_mutex: "consumer: uses the buffer only with the mutex"
consumer_needs_the_mutex() {
    new_buffer 3
    put first second third
    hold
    student_start a ./consumer "$buffer" 1
    must_wait a "0 first" "another process holds the mutex" "Your turn: consumer"
    must_count 3 0 "while another process holds the mutex," "Your turn: consumer"
    take_held
    must_say a "1 second" "another consumer took item 0 while it waited for the mutex$(extra_detail)" \
        "Your turn: consumer"
    must_finish a "Your turn: consumer"
    must_count 3 2 "after that" "Your turn: consumer"
}

# Two slots, two items: the student's consumer takes the first. As soon as it has released the mutex,
# another consumer takes the second, and a producer gets the free slot; all of them follow the rules.
# copied_before: "consumer: copies the item before releasing anything"
copied_before() {
    new_buffer 2
    put first second
    stepper_start a ./consumer "$buffer" 1
    while stepper_go_to a '^after sem' && [[ $call != end ]]; do
        if [[ $(values) == *,1 && $(count_of out) == 1 ]]; then
            take
            put third
            break
        fi
        stepper_go a
    done
    stepper_free a
    must_say a "0 first" "that is the item it took: when it released the mutex, another consumer took item 1, and a \
producer put 'third' in the next slot" "Your turn: consumer"
    must_finish a "Your turn: consumer"
}

# --- all together ------------------------------------------------------------

# sum: prints the sum of the second words of all lines.
sum() {
    awk '{ sum += $2 } END { print sum + 0 }'
}

# Three producers, three consumers, two slots; all of them start before the buffer exists.
many() {
    local name number put taken
    for name in c1 c2 c3; do student_start "$name" ./consumer "$buffer" 20; done
    for name in p1 p2 p3; do
        student_start "$name" ./producer "$buffer"
        for number in {1..20}; do send_line "$name" "$((RANDOM * 100 + number)) $number $name"; done
        end_input "$name"
    done
    student ./setup "$buffer" 2
    must_exit 0 "Your turn: together"
    for name in p1 p2 p3 c1 c2 c3; do
        student_wait "$name"
        must_exit 0 "Your turn: together"
        sort -c -n <<<"$output" 2>/dev/null ||
            fail "the numbers that $(quoted "$command") printed do not increase: $(cut -d' ' -f1 <<<"$output" |
                xargs)" \
                "each item has a greater number than the one before" "Your turn: together"
        [[ $name != p* ]] || [[ $(cut -d' ' -f3- <<<"$output") == "$(seq -f "%g $name" 20)" ]] ||
            fail "$(quoted "$command") printed other lines than it read, or in another order" \
                "each line that it read, with its number" "Your turn: together"
    done
    put=$(cat "$IPCLAB_SCRATCH"/p[123].out | sort -n) taken=$(cat "$IPCLAB_SCRATCH"/c[123].out | sort -n)
    must_match "$put" "$taken"
    must_hold 2,0,1 "after 60 items went in and out" "Your turn: together"
}

# must_match PUT TAKEN: three producers and three consumers have printed the same lines, with the numbers
# 0 to 59.
must_match() {
    command="three producers, three consumers, 60 items" stderr=''
    [[ $(sum <<<"$1") == "$(sum <<<"$2")" ]] ||
        fail "$command: the items put in add up to $(sum <<<"$1"), those taken out to $(sum <<<"$2")" \
            "the same sum" "Your turn: together"
    [[ $1 == "$2" ]] || fail \
        "$command: the items put in (<) are not those taken out (>): $(diff <(echo "$1") <(echo "$2") |
        grep '^[<>]' | head -n 4 | paste -sd';')" "each item once, with its number" "Your turn: together"
    [[ $(cut -d' ' -f1 <<<"$1") == "$(seq 0 59)" ]] ||
        fail "$command: their numbers are $(cut -d' ' -f1 <<<"$1" | xargs)" "0 to 59, each once" "Your turn: together"
}

# every_item_once: "together: every item once, and in order"
every_item_once() {
    local seed
    for seed in $(rounds 2); do
        disturbed "$seed" many
        clean_up
    done
}
