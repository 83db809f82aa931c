#!/usr/bin/env bats
#
# Lab 01: does note keep its text in a segment, and nowhere else?

load "$IPCLAB_LIB/check"

key=0x1ab01

setup() {
    trace_failures
    must_be_free "$key" 0x1ab02
}

# noted TEXT: put TEXT, and require exit status 0.
noted() {
    student ./note put "$1"
    must_exit 0 "Your turn: put"
}

# segment_text ID: print the contents of the segment up to the first zero byte.
segment_text() {
    shmattach --get=str@0 "$1"
}

@test "put: creates the segment with the agreed key" {
    noted "$(random_word)"
    segment_of "$key" >/dev/null ||
        fail "after $(quoted "$command") no segment has key $key" "put creates one" "Your turn: put"
    ((($(objects | wc -l)) == 1)) ||
        fail "after $(quoted "$command") these objects exist: $(objects | paste -sd,)" "one segment, and nothing else" "Your turn: put"
}

@test "put: the segment is private and has 4096 bytes" {
    local id
    noted "$(random_word)"
    id=$(segment_of "$key") || fail "no segment has key $key" "put creates one" "Your turn: put"
    [[ $(segment_field "$id" perms) == *600 ]] ||
        fail "the mode of segment $id is $(segment_field "$id" perms)" "600: only its owner may read the note" "Your turn: put"
    [[ $(segment_field "$id" size) == 4096 ]] ||
        fail "segment $id has $(segment_field "$id" size) bytes" "4096" "Your turn: put"
}

@test "put: the text is in the segment, and ends in a zero byte" {
    local text id
    text="$(random_word) and $(random_word)"
    noted "$text"
    id=$(segment_of "$key") || fail "no segment has key $key" "put creates one" "Your turn: put"
    [[ $(segment_text "$id") == "$text" ]] ||
        fail "after $(quoted "$command") the segment contains $(quoted "$(segment_text "$id")")" \
            "the text itself, and a zero byte after its last letter" "Your turn: put"
}

@test "put: a shorter note leaves nothing of a longer one" {
    local short id
    short=$(random_word)
    noted "$(random_word) $(random_word) $(random_word)"
    noted "$short"
    id=$(segment_of "$key") || fail "no segment has key $key" "put creates one" "Your turn: put"
    student ./note get
    must_print "$short" "Your turn: put"
    [[ $(shmattach --read "$id" | tr -d '\0') == "$short" ]] ||
        fail "after the short note, the segment contains $(quoted "$(shmattach --read "$id" | tr '\0' ' ')")" \
            "no byte of the earlier note" "Your turn: put"
}

@test "put: keeps any text unchanged" {
    local text
    # shellcheck disable=SC2016 # the text itself
    for text in "  two  blanks  " '*' 'a\nb\t' '-n' '-e x' '%s%d' '$HOME `id`' "it's \"quoted\"" 'Grüße, żółw, 日本'; do
        noted "$text"
        student ./note get
        must_print "$text" "Your turn: put"
    done
}

@test "get: prints the note in another shell" {
    local text
    text=$(random_word)
    noted "$text"
    student env -C / "$lab_there/note" get
    must_exit 0 "Your turn: get"
    must_print "$text" "Your turn: get"
}

@test "get: without a note it complains and exits with 1" {
    student ./note get
    must_exit 1 "Your turn: get"
    must_complain "Your turn: get"
    must_leave_nothing "Your turn: get"
}

@test "rm: the segment is gone" {
    noted "$(random_word)"
    student ./note rm
    must_exit 0 "Your turn: rm"
    must_leave_nothing "Your turn: rm"
}

@test "rm: leaves other segments alone" {
    local id others=()
    others+=("$(in_box shmcreate 4K)" "$(in_box shmcreate --key=0x1ab02 8K)")
    noted "$(random_word)"
    others+=("$(in_box shmcreate 4K)")
    student ./note rm
    must_exit 0 "Your turn: rm"
    for id in "${others[@]}"; do
        [[ -n $(segment_field "$id" size) ]] ||
            fail "$(quoted "$command") also removed segment $id, which another program created" \
                "it removes only the segment of the note" "Your turn: rm"
    done
    ! segment_of "$key" >/dev/null ||
        fail "after $(quoted "$command") the segment with key $key still exists" "rm removes it" "Your turn: rm"
}

@test "rm: without a note it complains and exits with 1" {
    student ./note rm
    must_exit 1 "Your turn: rm"
    must_complain "Your turn: rm"
}

@test "questions: the page and the key" {
    must_answer page "$(getconf PAGESIZE)" "the number that getconf prints on this machine" "Questions"
    must_answer key "$(in_box shmcreate --key=ftok:/etc/passwd:1 --calls 1 2>&1 >/dev/null | sed -n 's/^ftok.* = //p')" \
        "the key that --calls shows, including the 0x" "Questions"
}

@test "questions: what an id is" {
    must_answer same-id no "the result of an experiment: create, remove, create again, and compare the ids" "Questions"
    must_answer shmat-takes id "the name of the first argument in shmat(2), without the shm" "Questions"
}
