#!/usr/bin/env bats
#
# Lab 02: does the list contain offsets, so that it works wherever it is mapped?

load "$IPCLAB_LIB/check"

# new_segment SIZE: create a segment as the student, and set $id to its id.
new_segment() {
    id=$(in_box shmcreate "$1")
}

# Two address layouts. In the second, the kernel places mappings near the other end of the address space, so that two
# programs, one in each layout, never have the segment at the same address. (Without -R the addresses would nearly
# always differ, but not every time.)
here=(setarch --addr-no-randomize)
elsewhere=(setarch --addr-no-randomize --addr-compat-layout)

# hidden_lines: print a few hundred lines of 0 to about 20 lower-case letters, some of them more than once.
hidden_lines() {
    LC_ALL=C awk -v seed="$(random_number $((1 << 28)))" \
        'BEGIN { srand(seed); for (i = 0; i < 4000; i++) printf "%c", 1 + int(255 * rand()) }' | tr '0-9A-C' '\n' | tr -dc 'a-z\n'
}

# decode ID: print the list in segment ID, one record per line, by the layout of list.h. If the layout is wrong, print
# why and fail.
decode() {
    shmattach --read "$1" | od -An -v -tu1 -w1 | LC_ALL=C awk '
        function u32(at) { return b[at] + 256 * (b[at + 1] + 256 * (b[at + 2] + 256 * b[at + 3])) }
        # A user address of 48 bits is easy to recognise: offsets and lengths are small, and a text contains no zeros.
        function address(at) {
            for (at = 0; at + 8 <= size; at += 4)
                if (!b[at + 6] && !b[at + 7] && b[at + 5] >= 32)
                    return sprintf("; and the eight bytes at %d look like an address, 0x%02x%02x%02x%02x%02x%02x", at,
                        b[at + 5], b[at + 4], b[at + 3], b[at + 2], b[at + 1], b[at])
        }
        function fail(why) { print why address(); failed = 1; exit 1 }
        # Check the record at "at", to which "name" leads; "end" bytes are in use.
        function record(name, at, end, i) {
            if (at + 8 > size || at < 8)
                fail(name " is " at ", outside the records, which lie between 8 and " end)
            if (at % 4) fail(name " is " at ", which is not a multiple of 4")
            if (at + 8 + u32(at + 4) > end)
                fail(name " is " at ", and the record there, of length " sprintf("%.0f", u32(at + 4)) \
                    ", extends outside the records, which lie between 8 and " end)
            if (seen[at]++) fail("the links form a cycle: they lead to offset " at " twice")
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
                fail("used is " used ", but struct list and the records that the links reach take " sum " bytes")
            printf "%s", list
        }'
}

# must_hold FILE SECTION: the list in segment $id must consist of the sorted lines of FILE.
must_hold() {
    local list
    list=$(decode "$id" && echo .) || fail "after $(quoted "$command") the layout is wrong: $list" \
        "every link is an offset from the first byte of the segment, and every record is as in list.h" "$2"
    LC_ALL=C sort "$1" >"$IPCLAB_SCRATCH/sorted"
    [[ $list == "$(cat "$IPCLAB_SCRATCH/sorted" && echo .)" ]] ||
        fail "after $(quoted "$command") the list has $(compared "${list%.}")" \
            "all lines in sorted order, each as many times as the writer added it" "$2"
}

# compared LIST: print how LIST differs from the file "sorted".
compared() {
    local first
    first=$(diff --text <(printf '%s' "$1") "$IPCLAB_SCRATCH/sorted" | sed -n 's/^[<>] //p' | head -n 1)
    echo "$(printf '%s' "$1" | wc -l) lines instead of $(wc -l <"$IPCLAB_SCRATCH/sorted");" \
        "the first difference is $(quoted "$first")"
}

# must_read FILE [WORDS...]: the reader, run by the command WORDS, must print the sorted lines of FILE.
must_read() {
    LC_ALL=C sort "$1" >"$IPCLAB_SCRATCH/sorted"
    student "${@:2}" ./reader "$id"
    must_exit 0 "Your turn: reader"
    # The mark at the end preserves empty lines there.
    [[ "$(cat "$IPCLAB_SCRATCH/last.out" && echo .)" == "$(cat "$IPCLAB_SCRATCH/sorted" && echo .)" ]] ||
        fail "$(quoted "$command") printed $(compared "$(cat "$IPCLAB_SCRATCH/last.out")"$'\n')" \
            "the text of each record and a newline, in the order of the links" "Your turn: reader"
}

# written FILE [WORDS...]: run the writer, by the command WORDS, with FILE as its input; it must succeed.
written() {
    local file=$1
    shift
    student "$@" ./writer "$id" <"$file"
    must_exit 0 "Your turn: writer"
}

# le32 NUMBER: print its four bytes, the lowest first.
le32() {
    # shellcheck disable=SC2059 # the format consists of the bytes
    printf "$(printf '\\x%02x' $(($1 & 255)) $(($1 >> 8 & 255)) $(($1 >> 16 & 255)) $(($1 >> 24 & 255)))"
}

# lay TEXT...: write a list to segment $id, with its records in the given order and its links in sorted order.
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

# must_refuse WHAT: the reader must detect the damage to the list in $id that WHAT describes.
must_refuse() {
    student ./reader "$id"
    must_end "Your turn: reader"
    ((status == 1)) || fail "a list in which $1: $(quoted "$command") $(how_it_ended)" "exit status 1" \
        "Your turn: reader"
    [[ -n $stderr ]] || fail "a list in which $1: $(quoted "$command") printed nothing on standard error" \
        "a message there" "Your turn: reader"
}

@test "writer: lays out the first records as agreed" {
    must_build "Your turn"
    new_segment 5000
    printf 'pear\nfig\napple\n' >"$IPCLAB_SCRATCH/lines"
    written "$IPCLAB_SCRATCH/lines" "${here[@]}"
    must_hold "$IPCLAB_SCRATCH/lines" "Your turn: layout"
    [[ $(objects) == "shm $id" ]] ||
        fail "after $(quoted "$command") these objects exist: $(objects | paste -sd,)" \
            "only segment $id, which the writer was to use" "Your turn: writer"
}

@test "writer: keeps many lines in sorted order" {
    new_segment 40000
    hidden_lines >"$IPCLAB_SCRATCH/lines"
    printf '  two  blanks\n%%s %%d\nGrüße, żółw\nno newline at the end' >>"$IPCLAB_SCRATCH/lines"
    written "$IPCLAB_SCRATCH/lines"
    must_hold <(cat "$IPCLAB_SCRATCH/lines" && echo) "Your turn: writer"
}

@test "writer: adds to a list that another process began elsewhere" {
    local given=$IPCLAB_SCRATCH/lines
    new_segment 40000
    hidden_lines | head -n 50 | tee "$given.all" >"$given"
    written "$given" "${here[@]}"
    hidden_lines | head -n 50 | tee -a "$given.all" >"$given"
    written "$given" "${elsewhere[@]}"
    must_hold "$given.all" "Your turn: writer"
    must_read "$given.all" "${here[@]}"
    must_read "$given.all" "${elsewhere[@]}"
}

@test "writer: fills a segment to the last byte" {
    local given=$IPCLAB_SCRATCH/lines
    new_segment 1000
    # Each record takes twelve bytes. 82 of them fit and leave eight bytes, enough for an empty line.
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

@test "reader: needs only read permission" {
    new_segment 4000
    lay "$(random_word)" "fig"
    shmctl-tool set --mode=0444 "$id"
    student ./reader "$id"
    ((status == 0)) || fail "with a segment that it may only read (mode 444), $(quoted "$command") $(how_it_ended)" \
        "exit status 0: the reader attaches it with SHM_RDONLY, and writes nothing" "Your turn: reader"
}

@test "reader: leaves the list unchanged" {
    local before texts
    texts=("pears" "$(random_word)" "apple")
    new_segment 4000
    lay "${texts[@]}"
    before=$(shmattach --read "$id" | cksum)
    student ./reader "$id"
    [[ -n $(segment_field "$id" size) ]] || fail "after $(quoted "$command") the segment no longer exists" \
        "the reader leaves it for the next reader" "Your turn: reader"
    [[ $(shmattach --read "$id" | cksum) == "$before" ]] ||
        fail "$(quoted "$command") changed bytes of the segment" "a reader changes nothing" \
            "Your turn: reader"
    must_read <(printf '%s\n' "${texts[@]}")
}

@test "reader: refuses a damaged list" {
    new_segment 1000
    lay "pear" "fig" # at 8 and 20
    shmattach --set=u32@8=4294967280 "$id"
    must_refuse "the last link is 4294967280, far outside the segment"
    shmattach --set=u32@8=1000 "$id"
    must_refuse "the last link is 1000, the segment's size"
    shmattach --set=u32@8=996 "$id"
    must_refuse "a record begins 4 bytes before the segment's end"
    shmattach --set=u32@8=20 "$id"
    must_refuse "the links form a cycle"
    shmattach --set=u32@8=0 "$id"
    shmattach --set=u32@12=985 "$id"
    must_refuse "a text extends one byte beyond the segment's end"
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
        "the length in whole pages: the end of the range minus its start" "Questions"
    new_segment 5000
    must_answer rounded "$(shmattach --calls "$id@0x700000001234,rnd" 2>&1 | sed -n 's/^shmat.* = //p')" \
        "the address that shmattach --calls shows for ...@0x700000001234,rnd" "Questions"
}

@test "questions: fork, exec, and a forbidden write" {
    must_answer forked 6 "a child inherits every attachment of its parent, and each counts: see ./demo fork" "Questions"
    must_answer executed 3 "what ./demo fork shows after the child's exec, but with three attachments instead of two" "Questions"
    must_answer signal sigsegv "SIG and the name that kill -l prints: see ./demo write" "Questions"
}

@test "questions: an offset" {
    must_answer apple 32 \
        "start at 8; each record takes 8 bytes and its text, padded to a multiple of 4. Or look with shmattach --dump" "Questions"
}
