# shellcheck shell=bash
# labs/lib/bounded.bash -- does a bounded buffer do what it has to? For the check.bats of the labs that make one, whatever it
# is made of: load "$IPCLAB_LIB/bounded", after check, gate, step and waiting.
#
# The check is a producer and a consumer itself, so it decides who comes when; and it stops the student's programs between
# two calls, where a mistake would be seen only by luck. What that takes in this lab, its check.bats says:
#
#   $buffer                  what the programs are told: ./producer "$buffer"
#   new_buffer SLOTS         makes one, not by the student's setup
#   values                   EMPTY,FULL,MUTEX as they are: "2,0,1"; empty if they are not there
#   count_of in|out          that number
#   item N                   the text in the slot of item N
#   must_be_as_new SLOTS WHEN SECTION    it is as after setup
#   put TEXT..., take        as a producer and a consumer do it
#   hold                     P(MUTEX); then
#   put_held TEXT, take_held what is left of put and take: P(EMPTY) or P(FULL), the item, V(MUTEX), V(FULL) or V(EMPTY)
#
# Each test of check.bats is then one of the functions below, under the name that its comment has.

# shellcheck disable=SC2154,SC2034 # what the other libraries have, and what is for them

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

# --- setup -------------------------------------------------------------------

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
# two_setups: "setup: two at the same moment"
two_setups() {
    local stops made=''
    for ((stops = 0; stops < 20; stops++)); do
        gate_start a ./setup "$buffer" 2
        advance a "$stops" || break
        made=$(objects)
        student ./setup "$buffer" 2
        must_end "Your turn: setup"
        must_be_one_of_two "$call"
        clean_up
        [[ -z $made ]] || break
    done
    [[ -n $made ]] || return 0
    gate_start a ./setup "$buffer" 2
    for ((; stops < 20; stops++)); do
        step_to a '^after' || break
        [[ $call != end ]] || break
        student ./setup "$buffer" 2
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

# must_not_have_failed NAME WHEN
must_not_have_failed() {
    has_ended "$1" || return 0
    wait "${student_jobs[$1]}" && return 0
    student_wait "$1"
    wrong "$(shown "$command") came $2: it $(how_it_ended)" \
        "it waits until setup is through: the semaphores have no values before the segment is filled in" "Your turn: setup"
}

# At each step of setup comes another producer. It says that there is no buffer, and asks again; or waits for semaphores.
# nobody_meets_it_half_made: "setup: no process uses a half-made buffer"
nobody_meets_it_half_made() {
    local names=() name
    gate_start s ./setup "$buffer" 9
    while step_to s '^after' && [[ $call != end ]]; do
        name=p${#names[@]}
        student_start "$name" ./producer "$buffer"
        names+=("$name")
        tell "$name" "$name"
        await has_met "$name" || :
        must_not_have_failed "$name" "when setup was right $call"
        [[ -z $(student_output "$name") ]] || break
        gate_go s
    done
    gate_free s
    student_wait s
    must_exit 0 "Your turn: setup"
    for name in "${names[@]}"; do tell_end "$name"; done
    await have_ended_or_rest "${names[@]}" || :
    # One that has failed may be why others wait.
    for name in "${names[@]}"; do must_not_have_failed "$name" "while setup was at work"; done
    for name in "${names[@]}"; do
        student_wait "$name"
        must_exit 0 "Your turn: setup"
    done
    must_count "${#names[@]}" 0 "after ${#names[@]} producers of one item each, some of which came before setup was through," \
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
    [[ $(values) != 3,0,1 ]] || wrong "after a producer of two items EMPTY,FULL,MUTEX are 3,0,1: when it ended, what it \
had done to them was undone (SEM_UNDO)" "1,2,1: the items are there, whoever has put them in" "Your turn: producer"
    must_hold 1,2,1 "after a producer of two items, which has ended," "Your turn: producer"
    take
    student ./producer "$buffer" <<<"third"$'\n'"fourth"
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

# producer_waits: "producer: sleeps until a slot is free, without the mutex"
producer_waits() {
    new_buffer 1
    put first
    student_start a ./producer "$buffer"
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

# producer_needs_the_mutex: "producer: uses the buffer only with the mutex"
producer_needs_the_mutex() {
    new_buffer 4
    hold
    student_start a ./producer "$buffer"
    tell a mine
    must_wait a "0 mine" "another process has the mutex" "Your turn: producer"
    must_count 0 0 "while another process has the mutex," "Your turn: producer"
    put_held other
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
# counted_is_there: "producer: whenever the mutex is free, each counted item is in its slot"
counted_is_there() {
    new_buffer 3
    gate_start a ./producer "$buffer"
    tell a mine
    while step_to a '^after sem' && [[ $call != end ]]; do
        if [[ $(values) == *,1 && $(count_of in) == 1 ]]; then
            look_at a
            [[ $(item 0) == mine ]] || wrong "$(shown "$command") has just done '${call#after }'; the mutex is 1, in \
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
    [[ $(values) != 0,3,1 ]] || wrong "after a consumer of two items EMPTY,FULL,MUTEX are 0,3,1: when it ended, what it \
had done to them was undone (SEM_UNDO)" "2,1,1: the items are gone, whoever has taken them" "Your turn: consumer"
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
    look_at a
    must_leave_mutex "Your turn: consumer" producer
    must_hold 2,0,1 "while $(shown "$command") waits," "Your turn: consumer"
    put first
    must_get_on a "0 first" "an item has been put in" "Your turn: consumer"
    must_finish a "Your turn: consumer"
}

# consumer_needs_the_mutex: "consumer: uses the buffer only with the mutex"
consumer_needs_the_mutex() {
    new_buffer 3
    put first second third
    hold
    student_start a ./consumer "$buffer" 1
    must_wait a "0 first" "another process has the mutex" "Your turn: consumer"
    must_count 3 0 "while another process has the mutex," "Your turn: consumer"
    take_held
    must_say a "1 second" "another one took item 0 while it waited for the mutex$(besides)" "Your turn: consumer"
    must_finish a "Your turn: consumer"
    must_count 3 2 "after that" "Your turn: consumer"
}

# Two slots, two items: the student's consumer takes the first. As soon as it has given back the mutex another consumer
# takes the second, and a producer gets the slot that has become free; all of them by the rules.
# copied_before: "consumer: copies the item before releasing anything"
copied_before() {
    new_buffer 2
    put first second
    gate_start a ./consumer "$buffer" 1
    while step_to a '^after sem' && [[ $call != end ]]; do
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
    for name in c1 c2 c3; do student_start "$name" ./consumer "$buffer" 20; done
    for name in p1 p2 p3; do
        student_start "$name" ./producer "$buffer"
        for number in {1..20}; do tell "$name" "$((RANDOM * 100 + number)) $number $name"; done
        tell_end "$name"
    done
    student ./setup "$buffer" 2
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

# every_item_once: "together: every item once, and in order"
every_item_once() {
    local seed
    for seed in $(rounds 2); do
        disturbed "$seed" many
        clean_up
    done
}
