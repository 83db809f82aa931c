#!/usr/bin/env bats
#
# Lab 03: do the server and its clients find each other, whichever starts first, and never talk to a stranger?
#
# With move.c, the check plays the server for the student's client and the client for the student's server. With
# stepper.bash, it decides when each program makes each call, so that no race here depends on luck.

load "$IPCLAB_LIB/check"
load "$IPCLAB_LIB/stepper"

# As in chat.h.
states=(CHAT_BEING_MADE CHAT_IDLE CHAT_CLAIMED CHAT_REQUEST CHAT_SERVING CHAT_REPLY CHAT_READING CHAT_DONE)
being_made=0 idle=1 claimed=2 request=3 serving=4 reply=5 reading=6 done=7 closed=255
text_at=24

setup_file() {
    local starter=$BATS_TEST_DIRNAME/starter name
    stepper_build
    cc -D_GNU_SOURCE -o "$IPCLAB_SCRATCH/move" "$BATS_TEST_DIRNAME/move.c" "$starter/word.c"
    cc -D_GNU_SOURCE -o "$given_dir/twin" "$starter/twin.c"
    for name in chat.h word.h word.c; do
        in_box rm -rf "$name"
        in_box tee "$name" <"$starter/$name" >/dev/null
    done
}

teardown() {
    clean_up
    in_box rm -rf board other
}

# --- the check as a partner --------------------------------------------------

# key_of PATH: print the key that ftok(3) computes from PATH, as seen in the box, and CHAT_PROJECT.
key_of() {
    in_box shmcreate --calls --open --key="ftok:$1:C" 1 2>&1 | sed -n 's/^ftok.* = //p'
}

word() {
    shmattach --get=u32@0 "$id"
}

in_state() {
    [[ $(word) == "$1" ]]
}

# state: print the name of the state of the chat in segment $id.
state() {
    local word
    word=$(word 2>/dev/null) || word=gone
    if [[ $word == "$closed" ]]; then
        echo CHAT_CLOSED
    else
        echo "${states[word]-$word}"
    fi
}

# identify FILE: write the device and the inode of FILE into the chat in segment $id.
identify() {
    local device inode
    read -r device inode < <(in_box stat -L -c '%d %i' "$1")
    shmattach --set="u64@8=$device" "$id"
    shmattach --set="u64@16=$inode" "$id"
}

# make_chat FILE STATE: create a chat as a server does, and set $id.
make_chat() {
    in_box touch "$1"
    id=$(in_box shmcreate --exclusive --key="$(key_of "$1")" 512)
    [[ $2 == "$being_made" ]] || identify "$1"
    shmattach --set="u32@0=$2" "$id"
}

# move FROM TO: change the word from FROM to TO; fail if it does not become FROM in time.
move() {
    beside "$IPCLAB_SCRATCH/move" "$id" "$1" "$2" "$(box_time)"
}

# put TEXT: write TEXT into the chat. text: print the text of the chat.
put() {
    printf '%s\0' "$1" | shmattach --write="$text_at" "$id"
}

text() {
    shmattach --get="str@$text_at" "$id"
}

# about NAME: let messages refer to the command NAME, which still runs.
about() {
    command=${student_commands[$1]}
    # shellcheck disable=SC2034 # for messages
    stderr=$(head -c 65536 "$IPCLAB_SCRATCH/$1.err" | tr -d '\0')
}

# moved_or_ended NAME FROM TO: try to move for a short time, and set $moved if that worked; succeed then, or if NAME has
# ended.
moved_or_ended() {
    moved=
    if beside "$IPCLAB_SCRATCH/move" "$id" "$2" "$3" 0.2; then
        moved=yes
    else
        ended "$1"
    fi
}

# must_move NAME FROM TO SECTION: wait until command NAME has made the word FROM, and change it to TO.
must_move() {
    local moved=
    await moved_or_ended "$1" "$2" "$3" || :
    # NAME may have changed the word just before it ended.
    [[ -n $moved ]] || beside "$IPCLAB_SCRATCH/move" "$id" "$2" "$3" 0.2 || {
        about "$1"
        fail "$(quoted "$command") did not make the word ${states[$2]}; the word is $(state)" \
            "it makes its next move, as chat.h says" "$4"
    }
}

# serve NAME REPLY: answer the request of client NAME, which must be $said.
serve() {
    must_move "$1" "$request" "$serving" "Your turn: client"
    about "$1"
    [[ $(text) == "$said" ]] || fail "the request of $(quoted "$command") is $(quoted "$(text)")" "$(quoted "$said")" \
        "Your turn: client"
    put "$2"
    move "$serving" "$reply"
    must_move "$1" "$done" "$idle" "Your turn: client"
}

# ask NAME TEXT REPLY: send TEXT to server NAME, which must answer REPLY.
ask() {
    must_move "$1" "$idle" "$claimed" "Your turn: server"
    put "$2"
    move "$claimed" "$request"
    must_move "$1" "$reply" "$reading" "Your turn: server"
    about "$1"
    [[ $(text) == "$3" ]] || fail "the reply of $(quoted "$command") to $(quoted "$2") is $(quoted "$(text)")" \
        "$(quoted "$3")" "Your turn: server"
    move "$reading" "$done"
}

# --- what the student's programs do ------------------------------------------

ended() {
    [[ ! -d /proc/${student_jobs[$1]} ]]
}

# find_chat FILE: set $id to the segment with the key of FILE.
find_chat() {
    local key
    key=$(key_of "$1")
    [[ -n $key ]] && id=$(segment_of "$key")
}

# serves FILE: whether a segment with the key of FILE exists and its chat is idle; sets $id.
serves() {
    find_chat "$1" && in_state "$idle"
}

serves_or_ended() {
    serves "$2" || ended "$1"
}

# must_serve NAME FILE: wait until server NAME is ready.
must_serve() {
    await serves_or_ended "$1" "$2" || :
    if serves "$2"; then
        about "$1"
    elif ended "$1"; then
        student_wait "$1"
        fail "$(quoted "$command") $(how_it_ended)" "it serves until a client sends quit" "Your turn: server"
    else
        about "$1"
        fail "after $(quoted "$command") these objects exist: $(objects | paste -sd,)" \
            "a segment with the key of $2, $(key_of "$2"), whose word is CHAT_IDLE" "Your turn: server"
    fi
}

# start_server NAME FILE
start_server() {
    student_start "$1" ./server "$2"
    must_serve "$1" "$2"
}

# go_on NAME CALL...: as stepper_go_until, but print a message if the time is up.
go_on() {
    stepper_go_until "$@" || {
        about "$1"
        fail "$(quoted "$command") neither ended nor made any of these calls: ${*:2}" \
            "it looks with shmget, sleeps after each try, and waits with word_move" "Your turn: client"
    }
}

# must_not_have_ended NAME WHAT EXPECTED: fail if $call says that command NAME has ended.
must_not_have_ended() {
    [[ $call == end ]] || return 0
    student_wait "$1"
    fail "$2: $(quoted "$command") $(how_it_ended)" "$3" "Your turn: client"
}

backwards() {
    rev <<<"$1"
}

# six: run six clients at once. Each must get its own reply, and the numbers must be 1 to 6.
six() {
    local i said=() numbers=()
    start_server s board
    for i in {1..6}; do
        said[i]=$(random_word)
        student_start "c$i" ./client board "${said[i]}" 100
    done
    for i in {1..6}; do
        student_wait "c$i"
        must_exit 0 "Your turn"
        [[ ${output#* } == "$(backwards "${said[i]}")" ]] ||
            fail "one of six clients, $(quoted "$command"), printed $(quoted "$output")" \
                "a number and $(backwards "${said[i]}")" "Your turn"
        numbers+=("${output%% *}")
    done
    [[ $(printf '%s\n' "${numbers[@]}" | sort -n | xargs) == "1 2 3 4 5 6" ]] ||
        fail "the replies to six clients have these numbers: ${numbers[*]}" "each number from 1 to 6 once" "Your turn"
    student ./client board quit
    must_print "7 bye" "Your turn"
    student_wait s
    must_exit 0 "Your turn"
    must_leave_nothing "Your turn"
}

# --- the server --------------------------------------------------------------

@test "server: creates the file and the segment with its key" {
    must_build "Your turn"
    start_server s board
    [[ $(objects) == "shm $id" ]] || fail "after $(quoted "$command") these objects exist: $(objects | paste -sd,)" \
        "one segment" "Your turn: server"
    [[ $(segment_field "$id" size) == 512 && $(segment_field "$id" perms) == *600 ]] ||
        fail "the segment has $(segment_field "$id" size) bytes and the mode $(segment_field "$id" perms)" \
            "sizeof(struct chat), which is 512, and mode 600" "Your turn: server"
}

@test "server: leaves an existing file unchanged" {
    local before after
    in_box bash -c 'echo "what others wrote" >board'
    before=$(in_box stat -c "inode %i" board && in_box cat board)
    start_server s board
    ask s quit "1 bye"
    student_wait s
    after=$(in_box stat -c "inode %i" board && in_box timeout 2 head -c 65536 board) || :
    [[ $before == "$after" ]] ||
        fail "board was $(quoted "$before"), and after $(quoted "$command") it is $(quoted "$after")" \
            "the same file with the same content: another inode gives another key" "Your turn: file"
}

@test "server: fills in the segment before it opens the chat" {
    local device inode found
    in_box touch board
    read -r device inode < <(in_box stat -L -c '%d %i' board)
    stepper_start s ./server board
    go_on s wake
    about s
    [[ $call == wake ]] && find_chat board ||
        fail "$(quoted "$command") ended, or created another segment" "it creates the segment with its key" \
            "Your turn: server"
    found="device is $(shmattach --get=u64@8 "$id") and inode is $(shmattach --get=u64@16 "$id")"
    [[ $(state) == CHAT_IDLE && $found == "device is $device and inode is $inode" ]] ||
        fail "$(quoted "$command") made the word of the chat $(state) when $found" \
            "CHAT_IDLE only after device is $device and inode is $inode, as stat(2) reports for board" "Your turn: server"
}

@test "server: answers requests and counts them" {
    local said long
    start_server s board
    said=$(random_word)
    ask s "$said" "1 $(backwards "$said")"
    ask s "a b  %s%n" "2 n%s%  b a"
    ask s "" "3 "
    long=$(printf "$said%.0s" {1..50})
    ask s "$long" "4 $(backwards "$long")"
    said=$(random_word)
    ask s "$said" "5 $(backwards "$said")"
}

@test "server: ends on quit and leaves nothing behind" {
    start_server s board
    ask s "quiet" "1 teiuq"
    ask s "quit" "2 bye"
    student_wait s
    must_exit 0 "Your turn: server"
    must_leave_nothing "Your turn: server"
    in_box test -e board || fail "after $(quoted "$command") the file board no longer exists" "no program removes it" "Your turn: file"
}

@test "server: refuses to start beside another server" {
    local first
    start_server s board
    ask s "one" "1 eno"
    first=$id
    stepper_start t ./server board
    go_on t wait
    about t
    [[ $call == end ]] || fail "a second $(quoted "$command") also waits for requests" \
        "it prints a message and exits with status 1, because the first one serves" "Your turn: server"
    student_wait t
    must_exit 1 "Your turn: server"
    must_complain "Your turn: server"
    [[ $(segment_of "$(key_of board)") == "$first" ]] ||
        fail "after a second $(quoted "$command") the segment of the first one no longer exists" \
            "a second server changes nothing" "Your turn: server"
    ask s "two" "2 owt"
}

# in_step NAME...: let the commands make one call each in turn, while the others stand still, until each of them ends
# or waits. Set at[NAME] to "end" or "wait".
in_step() {
    local name
    for name; do
        stepper_next "$name" || return 1
        at[$name]=$call
    done
    for _ in {1..30}; do
        for name; do
            [[ ${at[$name]} != end && ${at[$name]} != wait ]] || continue
            stepper_go "$name"
            # The command has made its call when it is about to make the next one.
            stepper_next "$name" || return 1
            at[$name]=$call
        done
    done
}

@test "server: exactly one serves if two start at the same moment" {
    local -A at=()
    local winner=a loser=b
    in_box touch board
    stepper_start a ./server board
    stepper_start b ./server board
    in_step a b || :
    about a
    [[ ${at[a]}${at[b]} != waitwait ]] ||
        fail "two servers made their calls in turn, and both wait for requests; objects: $(objects | paste -sd,)" \
            "one serves, and the other exits with 1: looking and then creating is not one step" "Your turn: server"
    [[ ${at[a]} == wait ]] || winner=b loser=a
    [[ ${at[a]}${at[b]} == *wait* ]] ||
        fail "two servers made their calls in turn; one is now at: ${at[a]}, the other at: ${at[b]}" \
            "one waits for requests" "Your turn: server"
    stepper_free "$winner"
    stepper_free "$loser"
    student_wait "$loser"
    must_exit 1 "Your turn: server"
    must_serve "$winner" board
    ask "$winner" "one" "1 eno"
}

# --- the client --------------------------------------------------------------

@test "client: sends a request and prints the reply" {
    local said answer
    make_chat board "$idle"
    said="$(random_word)  %s $(random_word)" answer="7 $(random_word)"
    student_start c ./client board "$said" 100
    serve c "$answer"
    student_wait c
    must_exit 0 "Your turn: client"
    must_print "$answer" "Your turn: client"
    student ./client board "$(printf 'x%.0s' {1..401})"
    must_exit 2 "Your turn: client"
    [[ $(state) == CHAT_IDLE ]] || fail "after a TEXT of 401 bytes the word of the chat is $(state)" \
        "CHAT_IDLE, as before" "Your turn: client"
}

@test "client: waits for a server that starts later" {
    local said
    said=$(random_word)
    stepper_start c ./client board "$said" 100
    go_on c shmget
    must_not_have_ended c "no server was running yet" "it waits for one"
    in_box test -e board || fail "the file board did not exist when $(quoted "$command") looked for the segment" \
        "the client creates the file if it starts first" "Your turn: file"
    for _ in 1 2 3; do
        stepper_go c
        go_on c shmget sleep wait
        must_not_have_ended c "no server was running yet" "it looks again until its SECONDS are up"
        about c
        [[ $call != shmget ]] || fail "when $(quoted "$command") had found no server, it looked again at once" \
            "it sleeps some milliseconds after each try: busy waiting takes the CPU from other processes" "Your turn: client"
        stepper_go c
        go_on c shmget
        must_not_have_ended c "no server was running yet" "it looks again until its SECONDS are up"
    done
    make_chat board "$idle"
    stepper_free c
    serve c "1 found"
    student_wait c
    must_print "1 found" "Your turn: client"
}

@test "client: waits until the chat is ready" {
    local said
    said=$(random_word)
    make_chat board "$being_made"
    stepper_start c ./client board "$said" 100
    go_on c wait
    must_not_have_ended c "the server had created the segment but not filled it in" \
        "it waits until the word is CHAT_IDLE"
    stepper_free c
    identify board
    move "$being_made" "$idle"
    serve c "1 ready"
    student_wait c
    must_print "1 ready" "Your turn: client"
}

@test "client: gives up in time if there is no server" {
    # shellcheck disable=SC2034 # for box_time: many times the SECONDS of the client
    local IPCLAB_LIMIT=5
    stepper_start c ./client board "hello" 0.2
    go_on c shmget
    must_not_have_ended c "no server was running" "it looks for the segment"
    stepper_free c
    student_wait c
    must_exit 1 "Your turn: client"
    must_complain "Your turn: client"
    must_leave_nothing "Your turn: client"
}

# requests SECONDS: start client c with SECONDS, and let it run until it has made its request; fail if it ends before.
requests() {
    make_chat board "$idle"
    stepper_start c ./client board "hello" "$1"
    go_on c wake
    until in_state "$request" || [[ $call == end ]]; do
        stepper_go c
        go_on c wake
    done
    [[ $call != end ]]
}

# On a busy machine, the client may use up its SECONDS before it makes its request; so try again with more.
@test "client: withdraws a request that gets no reply" {
    local seconds
    for seconds in 0.5 4; do
        ! requests "$seconds" || break
        [[ $seconds == 4 ]] || clean_up
    done
    must_not_have_ended c "the chat was idle" "it makes its request"
    stepper_free c
    student_wait c
    must_exit 1 "Your turn: client"
    must_complain "Your turn: client"
    [[ $(state) == CHAT_IDLE ]] || fail "$(quoted "$command") gave up, and the word of the chat is $(state)" \
        "CHAT_IDLE: no server had begun with the request, so the client withdraws it and others get their turn" \
        "Your turn: client"
}

@test "client: goes on to the next server" {
    local said old
    said=$(random_word)
    make_chat board "$claimed"
    old=$id
    stepper_start c ./client board "$said" 100
    go_on c wait
    must_not_have_ended c "it was another client's turn" "it waits for its own"
    # The old server ends, and a new one starts.
    ipcrm -m "$old"
    make_chat board "$idle"
    stepper_free c
    beside "$IPCLAB_SCRATCH/move" "$old" "$claimed" "$closed" 0
    serve c "1 next"
    student_wait c
    must_print "1 next" "Your turn: client"
}

asked_or_ended() {
    in_state "$request" || ended "$1"
}

# In /dev/shm, because a tmpfs numbers its files one after the other, as twin.c needs; the work folder may lie on a disk.
@test "client: sends nothing to the server of another file" {
    local file=/dev/shm/board.$RANDOM
    in_box touch "$file"
    in_box "$given_there/twin" "$file" "$file.twin" || skip "could not create two files with the same key"
    make_chat "$file.twin" "$idle"
    stepper_start c ./client "$file" "secret" 100
    go_on c shmat
    must_not_have_ended c "a segment with its key existed" "it attaches the segment, to see which file it belongs to"
    stepper_free c
    await asked_or_ended c || :
    [[ $(state) != CHAT_REQUEST ]] || {
        about c
        fail "$(quoted "$command") sent $(quoted "$(text)") to the server of another file, which has the same key" \
            "it compares device and inode with those of its own file" "Your turn: client"
    }
    student_wait c
    must_exit 1 "Your turn: client"
    must_complain "Your turn: client"
    [[ $(state) == CHAT_IDLE ]] || fail "after $(quoted "$command") the word of the other file's chat is $(state)" \
        "CHAT_IDLE, as before" "Your turn: client"
}

# --- both --------------------------------------------------------------------

@test "chat: the client starts first" {
    local said
    said=$(random_word)
    student_start c ./client board "$said" 100
    await in_box test -e board || :
    student_start s ./server board
    student_wait c
    must_exit 0 "Your turn"
    must_print "1 $(backwards "$said")" "Your turn"
}

@test "chat: six clients at once" {
    local round
    for round in $(rounds 2); do
        disturbed "$round" six
    done
}

@test "questions: keys" {
    must_answer key "$(key_of /etc/passwd)" "the key that --calls shows, including the 0x" "Questions"
    must_answer twin "$(($(stat -c %i /etc/passwd) + 65536))" \
        "ftok takes 16 bits of the inode number, so the next one that fits is larger by 2 to the 16th" "Questions"
    must_answer replaced no "the result of an experiment: shmcreate --calls before and after" "Questions"
    must_answer linked yes "the result of an experiment: do the names lead to different inodes?" "Questions"
}

@test "questions: errors" {
    must_answer private 0x00000000 "the value that ipcs -m shows in the column key" "Questions"
    must_answer taken eexist "a name from the section ERRORS in man shmget" "Questions"
    must_answer larger einval "a name from the section ERRORS in man shmget" "Questions"
}
