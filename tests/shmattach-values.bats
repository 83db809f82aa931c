#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# shmattach and the bytes of a segment: read, written, dumped, filled, and taken
# as numbers.  Judges: cmp, hexdump -C, and perl's pack, which has the machine's
# own types.

# What is in single quotes is for another shell to expand; each test is a
# subshell and means to be one.
# shellcheck disable=SC2016,SC2030,SC2031

load helpers/common

bytes=$TMPDIR/bytes # what a test expects a segment to hold

# random SIZE: as many random bytes, kept in $bytes.
random() {
    head -c "$1" /dev/urandom >"$bytes"
}

# load_bytes: a segment with just the content of $bytes; $id.
load_bytes() {
    id=$(shmcreate --input "$bytes" "$(wc -c <"$bytes")")
}

# same: the whole of the segment $id is what is in $bytes.
same() {
    cmp <(shmattach --read "$id") "$bytes"
}

# patch OFFSET: puts standard input over $bytes there.
patch() {
    dd of="$bytes" bs=1 seek="$1" conv=notrunc status=none
}

# refused [STATUS]: the last run did nothing and said so in one line.
refused() {
    assert_failure "${1-2}"
    assert_output ""
    assert_equal "${#stderr_lines[@]}" 1
    assert_regex "$stderr" "^shmattach: "
}

# on_terminal COMMAND...: what it shows on one, without the returns of the lines.
on_terminal() {
    LC_ALL=C.UTF-8 SHELL=/bin/sh script -qec "$*" /dev/null </dev/null | tr -d '\r'
}

# limited COMMAND...: with no room for a copy of a segment: 8 MiB of data.
limited() {
    if [[ $SANITIZERS == yes ]]; then # their shadow counts as data
        "$@"
    else
        prlimit --data=$((8 << 20)) -- "$@"
    fi
}

# big_size: of a big segment, in bytes: eight times what limited allows.
big_size() {
    echo $((64 << 20))
}

# --- --read ------------------------------------------------------------------

@test "--read: every byte, into a file, a pipe, and behind what a file has" {
    local size out=$BATS_TEST_TMPDIR/out
    for size in 1 15 4095 4096 4097 262143 262145 1000003; do
        random "$size"
        load_bytes
        shmattach --read "$id" >"$out"
        cmp "$out" "$bytes"
        shmattach -r "$id" | cmp - "$bytes"
        { printf head; shmattach --read "$id"; printf tail; } >"$out"
        cmp "$out" <(printf head; cat "$bytes"; printf tail)
    done
}

@test "--read=OFFSET[:LENGTH]: in every way to write them, up to the end" {
    local option offset length
    random 10000
    load_bytes
    while read -r option offset length; do
        shmattach "$option" "$id" | cmp - <(tail -c +$((offset + 1)) "$bytes" | head -c "$length")
    done <<END
--read=0 0 10000
--read=1 1 9999
--read=9999 9999 1
--read=10000 10000 0
--read=0:0 0 0
--read=10000:0 10000 0
--read=5000:0 5000 0
--read=0:10000 0 10000
--read=4095:2 4095 2
--read=0x1000:0x10 4096 16
--read=0xFFF 4095 5905
-r4K:1K 4096 1024
-r=4K:1K 4096 1024
-r=1KiB:2KB 1024 2000
-r=1kb:0X10 1000 16
END
    run shmattach --read=9998 "$id" "$id"
    assert_success
    shmattach --read=9990:5 "$id" "$id" | cmp - <(tail -c 10 "$bytes" | head -c 5; tail -c 10 "$bytes" | head -c 5)
}

@test "--read, --dump and --fill beyond the end, or no range at all: nothing is done" {
    local range small
    random 10000
    load_bytes
    small=$(shmcreate 100)
    for range in 10001 10000:1 9999:2 0:10001 1G 18446744073709551615 18446744073709551616 1:18446744073709551615 \
        0x2711 1x 1:x :1 1: -1 '' 1.5 1:2:3 0x; do
        for option in --read= --dump= --fill=1@; do
            run --separate-stderr shmattach "$option$range" "$id"
            refused
        done
    done
    # One that is too small of several: nothing is done to the others.
    run --separate-stderr shmattach --read=99:2 "$id" "$small"
    refused
    run --separate-stderr shmattach --fill=1@99:2 "$id" "$small"
    refused
    same
}

@test "what does not fit is refused before the first segment is attached: no time of attach, no last user" {
    local what small
    id=$(shmcreate 64)
    small=$(shmcreate 8)
    for what in --read=9:1 --dump=8:1 --fill=1@9 --write=9 --get=u8@8 --set=u64@8=1 --increment=u16@8 --set=str@0=eight...; do
        [[ $what == --write* ]] || { run --separate-stderr shmattach "$what" "$id" "$small" && refused; }
        run --separate-stderr shmattach "$what" "$small" </dev/null
        refused
        assert_equal "$what $(kernel_says "$id" atime) $(kernel_says "$small" lpid)" "$what 0 0"
    done
    # What is refused for its value needs the value.
    shmattach --set=u8@1=255 "$id"
    run --separate-stderr shmattach --increment=u8@1 "$id"
    refused
}

@test "--read and --dump: a full disk and a closed standard output are told, exit 1" {
    local mode
    random 100000
    load_bytes
    for mode in --read --dump; do
        run --separate-stderr bash -c 'shmattach "$1" "$2" >/dev/full' bash "$mode" "$id"
        refused 1
        assert_regex "$stderr" "No space left on device$"
        run --separate-stderr bash -c 'shmattach "$1" "$2" >&-' bash "$mode" "$id"
        refused 1
        assert_regex "$stderr" "Bad file descriptor$"
    done
    run --separate-stderr bash -c 'shmattach --get=u8@0 "$1" >/dev/full' bash "$id"
    refused 1
}

@test "--read and --dump: a reader that goes ends them without a word" {
    local mode
    random 4194304 # more than a pipe can hold
    load_bytes
    for mode in --read --dump; do
        run --separate-stderr bash -c 'shmattach "$1" "$2" | head -c 1 >/dev/null; exit "${PIPESTATUS[0]}"' \
            bash "$mode" "$id"
        assert_failure 141
        assert_equal "$stderr" ""
        run --separate-stderr env --ignore-signal=PIPE bash -c \
            'shmattach "$1" "$2" | head -c 1 >/dev/null; exit "${PIPESTATUS[0]}"' bash "$mode" "$id"
        assert_failure 1
        assert_equal "$mode: $stderr" "$mode: "
    done
}

@test "--read on a terminal: nothing that the terminal would obey" {
    local put shown
    id=$(shmcreate 4K)
    # What is put there, as printf has it, and what is seen of it.
    while read -r put shown; do
        shmattach --fill=0 "$id"
        # shellcheck disable=SC2059 # it is a format
        printf "$put" | shmattach --write "$id"
        run on_terminal "shmattach --read=0:$(printf '%b' "$put" | wc -c) $id"
        assert_output "$shown"
    done <<'END'
hello hello
\033[31mred\033[m \033[31mred\033[m
a\\b a\\b
\a\b\r\x7f \007\010\015\177
caf\xc3\xa9 café
\xff\xc3. \377\303.
\xe2\x80\xae. \342\200\256.
a\0b a\000b
\0\0\0\0\0\0\0\0 \000\000\000\000\000\000\000\000
\0\0\0\0\0\0\0\0\0 [9 NUL bytes]
END
    printf 'a\tb\n\nc\n' | shmattach --write "$id"
    run on_terminal "shmattach --read $id"
    assert_output $'a\tb\n\nc\n[4089 NUL bytes]'
    # Beyond a piece of the printer's own: a character must not be cut.
    yes é | tr -d '\n' | head -c 4001 | tail -c 4000 >"$bytes"
    shmattach --write "$id" <"$bytes"
    run on_terminal "shmattach --read=0:4000 $id"
    assert_output "\\251$(tail -c +2 "$bytes" | head -c 3998)\\303"
}

@test "--read: a large segment takes no memory beyond the mapping" {
    local size
    size=$(big_size)
    id=$(shmcreate --noreserve "$size")
    shmattach --set=u8@$((size - 1))=1 "$id"
    limited shmattach --read "$id" | tail -c 3 | cmp - <(printf '\0\0\1')
    run limited shmattach --dump "$id"
    assert_success
    assert_line --index 1 '*'
    assert_line --index 2 --regexp '00 01  \|\.{16}\|$'
    assert_line --index 3 "$(printf '%08x' "$size")"
    assert_equal "$(limited shmattach --get=str@0 "$id")" ""
    # All of it as one string: no NUL before the last byte.
    shmattach --fill=x@0:$((size - 1)) "$id"
    assert_equal "$(limited shmattach --get=str@0 "$id" | wc -c)" $((size + 1))
}

@test "offsets above 4 GiB" {
    local base=$((5 << 30)) file=$BATS_TEST_TMPDIR/sparse
    id=$(shmcreate --noreserve $((base + 100)))
    printf 'far away, far away, far away, far away' | shmattach --write="$base" "$id"
    truncate -s $((base + 100)) "$file"
    printf 'far away, far away, far away, far away' | dd of="$file" bs=1 seek="$base" conv=notrunc status=none
    assert_equal "$(shmattach --read=$((base + 10)):8 "$id")" "far away"
    for range in "$base 100" "$((base - 48)) 148" "$((base - 3)) 90" "$(((1 << 32) - 8)) 16"; do
        diff <(shmattach --dump="${range/ /:}" "$id") <(hexdump -C -s "${range% *}" -n "${range#* }" "$file")
    done
    shmattach --set=u64@$((base + 8))=18446744073709551615 "$id"
    run shmattach --get=u64@0x140000008 "$id"
    assert_output 18446744073709551615
    # The same place, cut to 32 bits, is untouched.
    run shmattach --get=u64@0x40000008 "$id"
    assert_output 0
}

# --- --write -----------------------------------------------------------------

@test "--write: from a file, a pipe, slowly, or nothing; what is around it stays" {
    local offset size out=$BATS_TEST_TMPDIR/in
    while read -r offset size; do
        random 10000
        load_bytes
        head -c "$size" /dev/urandom >"$out"
        shmattach --write="$offset" "$id" <"$out"
        patch "$offset" <"$out"
        same
        tac -s x "$out" | head -c "$size" >"$out.2"
        # shellcheck disable=SC2002 # it is to be a pipe
        cat "$out.2" | shmattach "-w=$offset" "$id"
        patch "$offset" <"$out.2"
        same
    done <<END
0 1
0 0
0 10000
1 9999
9999 1
10000 0
4095 2
5000 4097
END
    {
        printf one
        until [[ $(shmattach --read=5:3 "$id") == one ]]; do :; done
        printf two
    } | shmattach -w5 "$id"
    printf onetwo | patch 5
    same
    id=$(shmcreate 1000000)
    random 1000000
    dd if="$bytes" bs=12345 status=none | shmattach --write "$id"
    same
}

@test "--write: what does not fit is counted, exit 1, and the rest is written" {
    local in=$BATS_TEST_TMPDIR/in
    id=$(shmcreate 1000)
    head -c 5000 /dev/urandom >"$in"
    says() {
        assert_failure 1
        assert_output ""
        assert_equal "$stderr" "shmattach: $id: $1 bytes did not fit; the first $2 were written"
    }
    run --separate-stderr shmattach --write "$id" <"$in"
    says 4000 1000
    head -c 1000 "$in" >"$bytes"
    same
    run --separate-stderr bash -c 'tac -s x "$2" | shmattach --write=10 "$1"' bash "$id" "$in"
    says 4010 990
    # shellcheck disable=SC2094 # dd reads what is to be skipped
    run --separate-stderr bash -c '{ dd bs=100 count=1 of=/dev/null status=none; shmattach --write=900 "$1"; } <"$2"' \
        bash "$id" "$in"
    says 4800 100
    tac -s x "$in" | head -c 890 | patch 10
    tail -c +101 "$in" | head -c 100 | patch 900
    same
    run --separate-stderr shmattach --write=1000 "$id" <"$in"
    says 5000 0
    same

    # A file's size tells; a pipe has to be read, and is so far only.
    truncate -s 100M "$in"
    run --separate-stderr shmattach --write "$id" <"$in"
    says 104856600 1000
    run --separate-stderr bash -c 'cat "$2" | shmattach --write "$1"' bash "$id" "$in"
    says "more than 67108864" 1000
    run --separate-stderr timeout 60 shmattach --write "$id" </dev/zero
    says "more than 67108864" 1000
}

@test "--write: an input that cannot be read is reported" {
    random 100
    load_bytes
    run --separate-stderr shmattach --write "$id" </
    refused 1
    assert_regex "$stderr" "Is a directory$"
    run --separate-stderr bash -c 'shmattach --write "$1" <&-' bash "$id"
    refused 1
    assert_regex "$stderr" "Bad file descriptor$"
    for offset in 101 1G -1 '' 0:5 x; do
        run --separate-stderr shmattach --write="$offset" "$id" <<<input
        refused
    done
    same
}

# --- --dump ------------------------------------------------------------------

# dumps_like_hexdump [OFFSET LENGTH]: of $bytes in $id.
dumps_like_hexdump() {
    if (($#)); then
        diff <(shmattach --dump="$1:$2" "$id") <(hexdump -C -s "$1" -n "$2" "$bytes")
    else
        diff <(shmattach --dump "$id") <(hexdump -C "$bytes")
    fi
}

# runs SEED SIZE: bytes in runs of equal and of nearly equal lines, that begin
# and end anywhere.
runs() {
    perl -e 'srand shift; my $size = shift; my $out = ""; my @kinds = ("\0" x 16, "A" x 16, join("", map chr, 65 .. 80));
        while (length $out < $size) {
            my $kind = int rand 5;
            my $line = $kind < 3 ? $kinds[$kind] : join "", map { chr rand 256 } 1 .. 1 + rand 16;
            $out .= $line x (1 + rand 6);
        }
        print substr $out, 0, $size' "$@"
}

@test "--dump is hexdump -C: every byte there is, and lines of every length" {
    local size
    perl -e 'print map chr, 0 .. 255' >"$bytes"
    load_bytes
    dumps_like_hexdump
    for ((size = 0; size <= 50; size++)); do dumps_like_hexdump 3 "$size"; done
    for size in 1 15 16 17 4095 4096 4097 300001; do
        random "$size"
        load_bytes
        dumps_like_hexdump
    done
}

@test "--dump is hexdump -C: equal lines at the start, in the middle, at the end" {
    local first second third
    for first in 0 1 3; do
        for second in 0 1 3; do
            for third in 0 15 16 17 40; do
                runs=$(printf "%$((first * 16))s" "")$(printf "%$((second * 16))s" "" | tr ' ' b)
                printf '%s%s' "$runs" "$(printf "%${third}s" "" | tr ' ' b)" >"$bytes"
                [[ -s $bytes ]] || continue
                load_bytes
                dumps_like_hexdump || fail "$first $second $third"
            done
        done
    done
}

@test "--dump is hexdump -C: random content, sizes, offsets and lengths" {
    local seed=$RANDOM round size offset
    for ((round = 0; round < 30; round++)); do
        size=$((1 + RANDOM % 20000))
        ((round % 2)) || size=$((size / 16 * 16 + 16))
        runs $((seed + round)) "$size" >"$bytes"
        load_bytes
        dumps_like_hexdump || fail "runs $((seed + round)) $size"
        offset=$((RANDOM % size))
        dumps_like_hexdump "$offset" $((RANDOM % (size - offset + 1))) || fail "runs $((seed + round)) $size, $offset"
        shmctl-tool rm "$id"
    done
}

@test "--dump: what fills several buffers" {
    runs 1 3000000 >"$bytes"
    load_bytes
    dumps_like_hexdump
    dumps_like_hexdump 7 2999900
    run bash -c 'shmattach --dump "$1" >"$2" && shmattach --dump=0:20 "$1" "$1" >>"$2"' bash "$id" "$BATS_TEST_TMPDIR/out"
    diff "$BATS_TEST_TMPDIR/out" <(hexdump -C "$bytes"; hexdump -C -n 20 "$bytes"; hexdump -C -n 20 "$bytes")
}

# --- --fill ------------------------------------------------------------------

@test "--fill: the byte, where it is to be, and nothing else" {
    local what byte offset length
    random 10000
    load_bytes
    while read -r what byte offset length; do
        shmattach --fill="$what" "$id"
        perl -e 'print chr(shift) x shift' "$byte" "$length" | patch "$offset"
        same || fail "$what"
    done <<END
7@0:0 7 0 0
7@9999 7 9999 1
7@10000 7 10000 0
x@4095:2 120 4095 2
@@5:1 64 5 1
255@0x10:0x10 255 16 16
0xff@1K:1K 255 1024 1024
0x0@8K 0 8192 1808
-@0:3 45 0 3
=@3:3 61 3 3
255 255 0 10000
0 0 0 10000
END
    shmattach -f 9@1:2 "$id" "$id"
    shmattach -f=8@2:1 "$id"
    printf '\11\10' | patch 1
    same
    for what in '' 256 -1 0x100 0x xy 1@ 1@x é 1@0:10001; do
        run --separate-stderr shmattach --fill="$what" "$id"
        refused
    done
    same
}

# --- --get and --set ---------------------------------------------------------

@test "--get and --set: every type at its extremes, as the machine stores it" {
    local type pack value bad
    random 64
    load_bytes
    while read -r type pack value; do
        shmattach --set="$type@16=$value" "$id"
        perl -e 'print pack shift, shift' "$pack" "$value" | patch 16
        same || fail "$type $value"
        assert_equal "$type $(shmattach -g "$type@16" "$id")" "$type $value"
    done <<END
u8 C 0
u8 C 255
u16 S 65535
u32 L 4294967295
u64 Q 18446744073709551615
i8 c -128
i8 c 127
i16 s -32768
i16 s 32767
i32 l -2147483648
i32 l 2147483647
i64 q -9223372036854775808
i64 q 9223372036854775807
f32 f 0.1
f32 f -1.5
f32 f 1e-45
f32 f inf
f64 d 0.1
f64 d -0
f64 d 1.7976931348623157e+308
f64 d 5e-324
f64 d -inf
END
    # Other ways to write a value.
    while read -r type value bad; do
        shmattach -s="$type@0x20=$value" "$id"
        assert_equal "$type $value $(shmattach --get="$type@32" "$id")" "$type $value $bad"
    done <<END
u8 0xff 255
u64 0XFFFFFFFFFFFFFFFF 18446744073709551615
i8 -0x80 -128
u8 -0 0
u32 007 7
f64 .5 0.5
f64 1e3 1000
f32 10 10
f64 0x1p3 8
f64 1e-400 0
f64 nan nan
f32 3.4028235e+38 3.4028235e+38
f32 3.4028234e38 3.4028235e+38
f32 16777217 16777216
f32 1.00000005960464477626 1.0000001
END
}

@test "--get: reals in the shortest form that reads back the same" {
    local f32 f64 round
    id=$(shmcreate 64)
    for ((round = 0; round < 30; round++)); do
        random 16
        shmattach --write "$id" <"$bytes"
        f32=$(shmattach --get=f32@4 "$id")
        f64=$(shmattach --get=f64@8 "$id")
        [[ $f32$f64 != *nan* ]] || continue
        shmattach --fill=0 "$id"
        shmattach --set="f32@4=$f32" "$id"
        shmattach --set="f64@8=$f64" "$id"
        cmp <(shmattach --read=4:12 "$id") <(tail -c 12 "$bytes") || fail "$f32 $f64"
    done
}

@test "--get and --set: text, with its NUL" {
    random 64
    load_bytes
    shmattach --set=str@3="a=b, c@d" "$id"
    printf 'a=b, c@d\0' | patch 3
    same
    assert_equal "$(shmattach --get=str@3 "$id")" "a=b, c@d"
    shmattach --set=str@63= "$id" # a NUL alone, the last byte
    printf '\0' | patch 63
    same
    assert_equal "$(shmattach --get=str@63 "$id")" ""
    # Without a NUL it ends with the segment.
    shmattach --fill=z "$id"
    assert_equal "$(shmattach --get=str@60 "$id")" zzzz
    run on_terminal "shmattach --get=str@60 $id"
    assert_output zzzz
    shmattach --set="str@0=$(printf '\033[2J')" "$id"
    run on_terminal "shmattach --get=str@0 $id"
    assert_output '\033[2J'
    # Where nothing is mapped behind it, a look beyond the end would be the last.
    id=$(shmcreate "$(getconf PAGE_SIZE)")
    shmattach --fill=z "$id"
    assert_equal "$(shmattach --get=str@0 "$id@0x10000000" | wc -c)" $(($(getconf PAGE_SIZE) + 1))
}

@test "values that are misaligned, out of range or out of place: nothing is touched" {
    local small what
    random 100
    load_bytes
    small=$(shmcreate 8)
    for what in u16@1 i32@2 u64@4 f32@1 f64@12 u8@100 u16@100 u32@100 u64@96 f64@1G str@100 str@101 u8@-1 u8@ @0 u8 '' \
        u7@0 U8@0 u8@0x u8@18446744073709551616 u8@18446744073709551615 u64@18446744073709551608 u8@0@0; do
        for option in "--get=$what" "--set=$what=1" "--increment=$what"; do
            run --separate-stderr shmattach "$option" "$id"
            refused
        done
    done
    for what in u8@0=256 u8@0=-1 u16@0=65536 u32@0=4294967296 u64@0=18446744073709551616 u64@0=0x10000000000000000 \
        i8@0=128 i8@0=-129 i16@0=32768 i32@0=-2147483649 i64@0=9223372036854775808 i64@0=-9223372036854775809 \
        f32@0=1e39 f64@0=1e309 u8@0= u8@0=x u8@0=+1 u8@0=' 1' u8@0=1.5 u8@0=1x u8@0=0x u8@0=--1 u8@0=1=1 f64@0= \
        f64@0=1,5 f64@0=infinity f64@0=nan0 f64@0=' 1' f64@0=1x u8@0 "str@98=ab" "str@0=$(printf '%100s' "")"; do
        run --separate-stderr shmattach --set="$what" "$id"
        refused
    done
    same
    # One that is too small of several: the others are untouched.
    shmattach --fill=0 "$id" "$small"
    run --separate-stderr shmattach --set=u64@8=1 "$id" "$small"
    refused
    run --separate-stderr shmattach --increment=u64@8 "$id" "$small"
    refused
    shmattach --set=u8@0=255 "$small"
    run --separate-stderr shmattach --increment=u8@0 "$id" "$small"
    refused
    assert_equal "$(shmattach --get=u64@8 "$id") $(shmattach --get=u8@0 "$id" "$small" | xargs)" "0 0 255"
}

# --- --increment -------------------------------------------------------------

@test "--increment: every type, up to its greatest value and not beyond" {
    local type from times to how
    while read -r type from times to; do
        for how in plain atomic; do
            random 64
            load_bytes
            shmattach --set="$type@8=$from" "$id"
            shmattach --read=0:64 "$id" >"$bytes"
            # One too many is refused before the first is done.
            if [[ $type != f* ]]; then
                run --separate-stderr shmattach --increment="$type@8" --times=$((times + 1)) --how=$how "$id"
                refused
                same
            fi
            run --separate-stderr shmattach --increment="$type@8" --times="$times" --how="$how" "$id"
            assert_success
            assert_output "$to"
            assert_equal "$stderr" ""
            shmattach --set="$type@8=$from" "$id" # what is around it is as it was
            same
        done
    done <<END
u8 0 255 255
u16 65000 535 65535
u32 4294967290 5 4294967295
u64 18446744073709551610 5 18446744073709551615
i8 -128 255 127
i16 -5 32772 32767
i32 2147483640 7 2147483647
i64 9223372036854775800 7 9223372036854775807
f32 -1.5 3 1.5
f64 0.25 1000000 1000000.25
END
    id=$(shmcreate 64)
    run shmattach -i u32@0 "$id"
    assert_output 1
    run shmattach -i=u32@0 --times=40000000 "$id"
    assert_output 40000001
    run --separate-stderr shmattach --increment=str@0 "$id"
    refused
    run --separate-stderr shmattach --increment=u32@0 --times=9223372036854775807 "$id"
    refused
    # One segment twice is incremented twice as often.
    id=$(shmcreate 64)
    run --separate-stderr shmattach --increment=u8@0 --times=128 "$id" "$id"
    refused
    assert_equal "$(shmattach --get=u8@0 "$id")" 0
    run shmattach --increment=u8@0 --times=127 "$id" "$id"
    assert_output 127$'\n'254
}

@test "--how=atomic: what several do at once is all done" {
    local type times each pids
    while read -r type times; do
        id=$(shmcreate 4K)
        pids=()
        for each in 1 2 3 4; do
            shmattach --increment="$type@64" --times="$times" --how=atomic "$id" >/dev/null 3>&- &
            pids+=($!)
        done
        for each in "${pids[@]}"; do wait "$each"; done
        assert_equal "$type $(shmattach --get="$type@64" "$id" | xargs printf %.0f)" "$type $((4 * times))"
    done <<END
u8 60
i16 8000
u32 1000000
i32 1000000
u64 1000000
f32 4000000
f64 1000000
END
}

# Two increment at once, one on its own makes what it says. The loss is the
# machine's own doing, so it is waited for: each round lets the second begin while
# the first, which has said so, is at work. For this test to fail wrongly, the
# two would have to miss each other in twenty rounds, each of a good part of a
# second; with a single processor, every switch between them that falls between
# a load and its store loses a whole time slice's worth.
@test "--how=plain, the default: two at once lose updates, one alone loses none" {
    local times=100000000 round sum=0
    id=$(shmcreate 4K)
    run shmattach --increment=u64@0 --times=$times --how=plain "$id"
    assert_output $times
    for ((round = 0; round < 20; round++)); do
        shmattach --set=u64@0=0 "$id"
        shmattach --increment=u64@0 --times=$times "$id" >/dev/null 3>&- &
        until (($(shmattach --get=u64@0 "$id"))); do :; done
        shmattach --increment=u64@0 --times=$times --how=plain "$id" >/dev/null
        wait $!
        sum=$(shmattach --get=u64@0 "$id")
        ((sum == 2 * times)) || break
    done
    assert [ "$sum" -lt $((2 * times)) ]
    assert [ "$sum" -ge 2 ]
}

# --- huge pages with nothing behind them -------------------------------------

@test "a huge page that is not there: explained, exit 1; or given, if one is free" {
    local page pool mode given=no
    page=$(awk '/^Hugepagesize/ { print $2 }' /proc/meminfo)
    [[ -n $page ]] || skip "this kernel has no huge pages"
    pool=/sys/kernel/mm/hugepages/hugepages-${page}kB
    # Before the first touch, which would take the page.
    if (($(<"$pool/free_hugepages") > $(<"$pool/resv_hugepages") || $(<"$pool/nr_overcommit_hugepages"))); then
        given=yes
    fi
    run --separate-stderr shmcreate --huge --noreserve "${page}K"
    [[ $stderr != *EPERM* ]] || skip "only root (CAP_IPC_LOCK) may have huge pages"
    assert_success
    id=$output
    for mode in --get=u8@0 --set=u8@0=1 --increment=u8@0 --fill=1 --read=0:4 --write --dump=0:4; do
        run --separate-stderr shmattach "$mode" "$id" <<<input
        if [[ $given == yes ]]; then
            assert_success
            assert_equal "$mode: $stderr" "$mode: "
        else
            assert_failure 1
            assert_output ""
            assert_regex "$mode: $stderr" "^$mode: shmattach: .*(SIGBUS|EFAULT): the kernel has no page for this"
        fi
        assert_equal "$mode $(kernel_says "$id" nattch)" "$mode 0"
    done
}
