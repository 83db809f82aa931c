#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# The house: which folder includes which, that no two files include each other, and that functions
# and files stay small.  src/README.md has the floors, in a line that this reads.

load helpers/common

# What a screen and a head hold, in lines.
longest_function=60
longest_file=450

setup_file() {
    cd "$top_srcdir" || return
    find src -name '*.[ch]' | sort >"$BATS_FILE_TMPDIR/files"
}

# includes: "FILE HEADER" of each header of ours that a file of src includes.
includes() {
    (cd "$top_srcdir/src" && grep -rE --include='*.[ch]' '^# *include "' . |
        sed -n 's/^\.\/\([^:]*\):# *include "\(.*\)"$/\1 \2/p' | grep -v ' config\.h$' | sort)
}

# floor_rows: "FOLDER NUMBER", the ground floor first; folders with one number are beside each other.
floor_rows() {
    sed -n 's/^    \(base <.* < cli\)$/lib \1/p; s/^    \(world <.* < show\)$/interleave \1/p' \
        "$top_srcdir/src/README.md" |
        awk '{ top = $1; sub(/^[a-z]+ /, ""); floors = split($0, floor, " < ")
            for (i = 1; i <= floors; i++) { n = split(floor[i], names, ", ")
                for (j = 1; j <= n; j++) print top "/" names[j], i } }'
}

# wrong_arrows: "FILE includes HEADER" where the header is not in the file's own folder and not on a
# lower floor.  Programs stand above the library and include no other program, except waiters; interleave
# has floors of its own.
wrong_arrows() {
    includes | awk '
        function folder(path) { sub(/\/[^\/]*$/, "", path); return path }
        function top(path) { sub(/\/.*/, "", path); return path }
        FNR == NR { floor[$1] = $2; next }
        {
            from = folder($1); to = folder($2)
            # A program may have folders, which know its headers.
            if (from == to || index(from, to "/") == 1 || (to == "waiters" && !(from in floor))) next
            # What a program includes of itself: main.c its folders, and they lower ones.
            if (index(to, from "/") == 1) next
            if (!(to in floor) || (top(from) != top(to) && top(to) == "interleave") ||
                ((from in floor) && top(from) == top(to) && floor[from] <= floor[to])) print $1 " includes " $2
        }' <(floor_rows) -
}

# circles: what tsort(1) says of two files that use each other: a.c includes b.h and b.c includes a.h,
# or headers include each other.  A header without a .c is a set of types, and no file uses it back.
circles() {
    includes | awk '
        FNR == NR { exists[$1]; next }
        $1 ~ /\.h$/ { print $1, $2 }
        {
            user = $1; sub(/\.[ch]$/, "", user)
            used = $2; sub(/\.h$/, "", used)
            if (user != used && ((user ".c") in exists) && ((used ".c") in exists)) print user, used
        }' <(cd "$top_srcdir/src" && find . -name '*.[ch]' -printf '%P\n') - |
        tsort 2>&1 >/dev/null | grep -v 'contains a loop' || :
}

# long_functions LINES FILE...: "FILE: NAME has N lines".
long_functions() {
    awk -v most="$1" '
        FNR == 1 { start = 0 }
        /^[a-zA-Z_].*\(/ { head = FNR; name = $0; sub(/\(.*/, "", name); sub(/.*[ *]/, "", name) }
        /^{$/ { start = head }
        /^}$/ && start { if (FNR - start + 1 > most) print FILENAME ": " name " has " FNR - start + 1 " lines"; start = 0 }
    ' "${@:2}"
}

@test "floors: every folder of the library has one" {
    run floor_rows
    assert_output
    assert_equal "$(floor_rows | cut -d' ' -f1 | sort)" \
        "$(cd "$top_srcdir/src" && printf '%s\n' lib/*/ interleave/*/ | grep -v /runtime/ | sed 's|/$||' | sort)"
}

@test "floors: no folder includes one above it, or beside it" {
    assert_equal "$(wrong_arrows)" ""
}

@test "no two files include each other" {
    assert_equal "$(circles)" ""
}

@test "no function of C is longer than $longest_function lines" {
    cd "$top_srcdir"
    mapfile -t files < <(cat "$BATS_FILE_TMPDIR/files"; find tests labs/lib -name '*.[ch]')
    assert_equal "$(long_functions "$longest_function" "${files[@]}")" ""
}

@test "no file of C or bash is longer than $longest_file lines" {
    cd "$top_srcdir"
    mapfile -t files < <(cat "$BATS_FILE_TMPDIR/files"; find src/ipclab labs/lib -type f)
    run awk -v most="$longest_file" 'FNR == most + 1 { print FILENAME }' "${files[@]}"
    assert_output ""
}

@test "every file of ours names its licence in its first lines" {
    cd "$top_srcdir"
    mapfile -t files < <(find src man tests labs/lib -type f \
        \( -path 'src/ipclab/*' -o -name '*.[ch157]' -o -name '*.bats' -o -name '*.bash' -o -name '*.mk' \))
    run awk 'FNR == 1 { licensed = 0 } /SPDX-License-Identifier: MIT/ { licensed = 1 }
        FNR == 3 && !licensed { print FILENAME }' "${files[@]}"
    assert_output ""
}

# assumed_pages FOLDER: "FILE:LINE:TEXT" where an answer or a calculation takes a page for one of 4096
# bytes.  It may have 16 or 64 KiB.  That a segment has 4096 bytes is no such thing.
assumed_pages() {
    grep -rnE -e '^[a-z-]+: *(4096|4 ?K(iB)?)$' -e '[/%*] *4096' -e '\<(4095|0xfff)\>' -e 'SHMLBA.*4096' "$1" || :
}

@test "no lab and no manual page takes a page for one of 4096 bytes" {
    cd "$top_srcdir"
    assert_equal "$(assumed_pages labs; assumed_pages man)" ""
    mkdir "$BATS_TEST_TMPDIR/labs"
    printf '%s\n' 'page: 4096' 'n = (size + 4095) & ~4095;' 'the segment has 4096 bytes' >"$BATS_TEST_TMPDIR/labs/text"
    assert_equal "$(assumed_pages "$BATS_TEST_TMPDIR/labs" | wc -l)" 2
}

@test "these tests see an arrow that runs up, a circle, and a long function" {
    local top_srcdir=$BATS_TEST_TMPDIR BATS_FILE_TMPDIR=$BATS_TEST_TMPDIR
    mkdir -p "$top_srcdir"/src/lib/{base,calls,cli}
    cd "$top_srcdir"
    echo '    base < calls < cli' >src/README.md
    echo '#include "lib/cli/report.h"' >src/lib/base/text.c
    echo '#include "lib/calls/b.h"' >src/lib/calls/a.c
    echo '#include "lib/calls/a.h"' >src/lib/calls/b.c
    touch src/lib/calls/{a,b}.h
    { echo 'int f(void)'; echo '{'; yes ';' | head -n 70; echo '}'; } >src/lib/cli/long.c
    assert_equal "$(wrong_arrows)" "lib/base/text.c includes lib/cli/report.h"
    run circles
    assert_line --partial "lib/calls/a"
    assert_equal "$(long_functions 60 src/lib/cli/long.c)" "src/lib/cli/long.c: f has 73 lines"
}
