#!/usr/bin/env bats
#
# Lab 02: does the list hold offsets, whoever wrote it and wherever it is mapped?

load "$IPCLAB_LIB/check"

# new_segment SIZE: sets $id to a new segment of the student's.
new_segment() {
    id=$(in_box shmcreate "$1")
}

# Two address layouts: in the second the kernel puts mappings near the other end of the address space, so that no two
# programs, one of each, have the segment at the same address. Without -R it would differ nearly always.
here=(setarch --addr-no-randomize)
elsewhere=(setarch --addr-no-randomize --addr-compat-layout)

# hidden_lines: some hundred lines of 0 to about 20 small letters; some come more than once.
hidden_lines() {
    LC_ALL=C awk -v seed="$(random_number $((1 << 28)))" \
        'BEGIN { srand(seed); for (i = 0; i < 4000; i++) printf "%c", 1 + int(255 * rand()) }' | tr '0-9A-C' '\n' | tr -dc 'a-z\n'
}

# decode ID: the list of segment ID, a record a line, by the layout of list.h; fails with a word about what is wrong.
decode() {
    shmattach --read "$1" | od -An -v -tu1 -w1 | LC_ALL=C awk '
        function u32(at) { return b[at] + 256 * (b[at + 1] + 256 * (b[at + 2] + 256 * b[at + 3])) }
        # A user address of 48 bits is easily told from what belongs here: offsets and lengths are small, and text
        # has no zeros.
        function address(at) {
            for (at = 0; at + 8 <= size; at += 4)
                if (!b[at + 6] && !b[at + 7] && b[at + 5] >= 32)
                    return sprintf("; and the eight bytes at %d look like an address, 0x%02x%02x%02x%02x%02x%02x", at,
                        b[at + 5], b[at + 4], b[at + 3], b[at + 2], b[at + 1], b[at])
        }
        function fail(why) { print why address(); failed = 1; exit 1 }
        # The record that "name" says is at "at", of "end" bytes in use.
        function record(name, at, end, i) {
            if (at + 8 > size || at < 8)
                fail(name " is " at ": that leads outside of the records, which lie from 8 to " end)
            if (at % 4) fail(name " is " at ": that is not a multiple of 4")
            if (at + 8 + u32(at + 4) > end)
                fail(name " is " at ": a record of length " sprintf("%.0f", u32(at + 4)) \
                    " there leads outside of the records, which lie from 8 to " end)
            if (seen[at]++) fail("the links go round in a circle: offset " at " comes twice")
            text = ""
            for (i = 0; i < u32(at + 4); i++) text = text sprintf("%c", b[at + 8 + i])
            sum += int((8 + u32(at + 4) + 3) / 4) * 4
            list = list text "\n"
        }
        { b[NR - 1] = $1 + 0 }
        END {
            if (failed) exit 1
            size = NR
            used = u32(0)
            if (used > size) fail("used is " used ", but the segment has " size " bytes")
            sum = 8
            at = u32(4)
            if (at) record("first", at, used)
            while (at && u32(at)) {
                next_at = u32(at)
                record("next of the record at " at, next_at, used)
                at = next_at
            }
            if (sum != (used ? used : 8))
                fail("used is " used ", but the records that the links lead to take " sum " bytes with struct list")
            printf "%s", list
        }'
}

# must_hold FILE SECTION: the list in segment $id is the sorted lines of FILE.
must_hold() {
    local list
    list=$(decode "$id" && echo .) || wrong "after $(shown "$command") the layout is wrong: $list" \
        "every link is an offset from the first byte of the segment, and records as list.h says" "$2"
    LC_ALL=C sort "$1" >"$IPCLAB_SCRATCH/sorted"
    [[ $list == "$(cat "$IPCLAB_SCRATCH/sorted" && echo .)" ]] ||
        wrong "after $(shown "$command") the list has $(compared "${list%.}")" \
            "all lines, each as often as it was added, sorted" "$2"
}

# compared LIST: how LIST differs from what is in the file "sorted".
compared() {
    local first
    first=$(diff --text <(printf '%s' "$1") "$IPCLAB_SCRATCH/sorted" | sed -n 's/^[<>] //p' | head -n 1)
    echo "$(printf '%s' "$1" | wc -l) lines instead of $(wc -l <"$IPCLAB_SCRATCH/sorted")," \
        "and differs at $(shown "$first")"
}

# must_read FILE [WORDS...]: the reader prints the lines of FILE, sorted.
must_read() {
    LC_ALL=C sort "$1" >"$IPCLAB_SCRATCH/sorted"
    student "${@:2}" ./reader "$id"
    must_exit 0 "Your turn: reader"
    # With a mark at the end, for empty lines there count, too.
    [[ "$(cat "$IPCLAB_SCRATCH/last.out" && echo .)" == "$(cat "$IPCLAB_SCRATCH/sorted" && echo .)" ]] ||
        wrong "$(shown "$command") printed $(compared "$(cat "$IPCLAB_SCRATCH/last.out")"$'\n')" \
            "the text of each record and a newline, in the order of the links" "Your turn: reader"
}

# written FILE [WORDS...]: the lines of FILE were added, all is well.
written() {
    local file=$1
    shift
    student "$@" ./writer "$id" <"$file"
    must_exit 0 "Your turn: writer"
}

# le32 NUMBER: its four bytes, the lowest first.
le32() {
    # shellcheck disable=SC2059 # the format is made of the bytes
    printf "$(printf '\\x%02x' $(($1 & 255)) $(($1 >> 8 & 255)) $(($1 >> 16 & 255)) $(($1 >> 24 & 255)))"
}

# lay TEXT...: a list in segment $id, its records in memory in the order given, its links in sorted order.
lay() {
    local LC_ALL=C at=8 link=4 offsets=() texts=("$@") text i
    for text; do
        offsets+=("$at")
        { le32 0 && le32 "${#text}" && printf '%s' "$text"; } | shmattach --write="$at" "$id"
        at=$((at + (8 + ${#text} + 3) / 4 * 4))
    done
    while read -r i; do
        shmattach --set="u32@$link=${offsets[i]}" "$id"
        link=${offsets[i]}
    done < <(for i in "${!texts[@]}"; do printf '%s\t%s\n' "${texts[i]}" "$i"; done | sort | cut -f 2)
    shmattach --set="u32@0=$at" "$id"
}

# must_refuse WHAT: the reader sees that the list in $id is damaged as WHAT says.
must_refuse() {
    student ./reader "$id"
    must_end "Your turn: reader"
    ((status == 1)) || wrong "a list in which $1: $(shown "$command") $(how_it_ended)" "exit status 1" \
        "Your turn: reader"
    [[ -n $stderr ]] || wrong "a list in which $1: $(shown "$command") said nothing on standard error" \
        "a message there" "Your turn: reader"
}

@test "writer: the first records, laid out as agreed" {
    must_build "Your turn"
    new_segment 5000
    printf 'pear\nfig\napple\n' >"$IPCLAB_SCRATCH/given"
    written "$IPCLAB_SCRATCH/given" "${here[@]}"
    must_hold "$IPCLAB_SCRATCH/given" "Your turn: layout"
    [[ $(objects) == "shm $id" ]] ||
        wrong "after $(shown "$command") there is: $(objects | paste -sd,)" \
            "the segment that was given, nothing else" "Your turn: writer"
}

@test "writer: many lines, in sorted order" {
    new_segment 40000
    hidden_lines >"$IPCLAB_SCRATCH/given"
    printf '  two  blanks\n%%s %%d\nGrüße, żółw\nno newline at the end' >>"$IPCLAB_SCRATCH/given"
    written "$IPCLAB_SCRATCH/given"
    must_hold <(cat "$IPCLAB_SCRATCH/given" && echo) "Your turn: writer"
}

@test "writer: adds to a list that another process began elsewhere" {
    local given=$IPCLAB_SCRATCH/given
    new_segment 40000
    hidden_lines | head -n 50 | tee "$given.all" >"$given"
    written "$given" "${here[@]}"
    hidden_lines | head -n 50 | tee -a "$given.all" >"$given"
    written "$given" "${elsewhere[@]}"
    must_hold "$given.all" "Your turn: writer"
    must_read "$given.all" "${here[@]}"
    must_read "$given.all" "${elsewhere[@]}"
}

@test "writer: a full segment, to the last byte" {
    local given=$IPCLAB_SCRATCH/given
    new_segment 1000
    # Twelve bytes each: 82 of them fit, and then eight bytes are left, enough for an empty line.
    seq -f 'w%03.0f' 100 -1 1 >"$given"
    student ./writer "$id" <"$given"
    must_exit 1 "Your turn: writer"
    must_complain "Your turn: writer"
    must_hold <(head -n 82 "$given") "Your turn: writer"
    student ./writer "$id" <<<""
    must_exit 0 "Your turn: writer"
    must_hold <(head -n 82 "$given" && echo) "Your turn: writer"
    student ./writer "$id" <<<""
    must_exit 1 "Your turn: writer"
    must_hold <(head -n 82 "$given" && echo) "Your turn: writer"
}

@test "writer: without a segment it complains and exits with 1" {
    student ./writer 123456 <<<"word"
    must_exit 1 "Your turn: writer"
    must_complain "Your turn: writer"
}

@test "reader: prints a list in the order of its links" {
    local texts
    texts=("pear" "$(random_word)" "" "figs" "$(random_word)$(random_word)" "" "apple" "Zebra" "figs" "%s%n")
    new_segment 4000
    must_read /dev/null
    lay "${texts[@]}"
    must_read <(printf '%s\n' "${texts[@]}")
}

@test "reader: needs no more than the permission to read" {
    new_segment 4000
    lay "$(random_word)" "fig"
    shmctl-tool set --mode=0444 "$id"
    student ./reader "$id"
    ((status == 0)) || wrong "a segment that one may only read (mode 444): $(shown "$command") $(how_it_ended)" \
        "exit status 0: the reader attaches it with SHM_RDONLY, and writes nothing" "Your turn: reader"
}

@test "reader: the list stays as it was" {
    local before texts
    texts=("pears" "$(random_word)" "apple")
    new_segment 4000
    lay "${texts[@]}"
    before=$(shmattach --read "$id" | cksum)
    student ./reader "$id"
    [[ -n $(segment_field "$id" size) ]] || wrong "after $(shown "$command") the segment is gone" \
        "it stays for the next reader" "Your turn: reader"
    [[ $(shmattach --read "$id" | cksum) == "$before" ]] ||
        wrong "after $(shown "$command") other bytes are in the segment than before" "a reader changes nothing" \
            "Your turn: reader"
    must_read <(printf '%s\n' "${texts[@]}")
}

@test "reader: a damaged list is refused" {
    new_segment 1000
    lay "pear" "fig" # at 8 and 20
    shmattach --set=u32@8=4294967280 "$id"
    must_refuse "the last link is 4294967280, far outside"
    shmattach --set=u32@8=1000 "$id"
    must_refuse "the last link is 1000, the segment's size"
    shmattach --set=u32@8=996 "$id"
    must_refuse "a record begins 4 bytes before the segment's end"
    shmattach --set=u32@8=20 "$id"
    must_refuse "the links go round in a circle"
    shmattach --set=u32@8=0 "$id"
    shmattach --set=u32@12=985 "$id"
    must_refuse "a text goes one byte beyond the segment's end"
    shmattach --set=u32@12=4294967292 "$id"
    must_refuse "a text has 4294967292 bytes"
}

@test "reader: without a segment it complains and exits with 1" {
    student ./reader 123456
    must_exit 1 "Your turn: reader"
    must_complain "Your turn: reader"
}

@test "questions: length and address of a mapping" {
    local page
    page=$(getconf PAGESIZE)
    must_answer mapped "$(((5000 + page - 1) / page * page))" \
        "whole pages: the end of the line's range less its beginning" "Questions"
    new_segment 5000
    must_answer rounded "$(shmattach --calls "$id@0x700000001234,rnd" 2>&1 | sed -n 's/^shmat.* = //p')" \
        "what shmattach --calls shows for ...@0x700000001234,rnd" "Questions"
}

@test "questions: fork, exec, and a forbidden write" {
    must_answer forked 6 "a child has every attachment of its parent, too: see ./demo fork" "Questions"
    must_answer executed 3 "what ./demo fork shows after the child's exec, with three instead of two" "Questions"
    must_answer signal sigsegv "its name, as kill -l 11 prints it with SIG before: see ./demo write" "Questions"
}

@test "questions: an offset" {
    must_answer apple 32 \
        "count from 8, 8 bytes and the text for each, up to a multiple of 4; or look with shmattach --dump" "Questions"
}
