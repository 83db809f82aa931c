#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# semop-tool create, set, rm, limits and show: what semget(2) and semctl(2) do to
# a set, that a set is never seen half made, that what is shown is what the
# kernel and its other tools tell, and why a call was refused.  Operations have
# semop-op.bats, those who wait have semop-waiters.bats.

# shellcheck disable=SC2030,SC2031 # each test is a process of its own

load helpers/common

setup() {
    trace_failures
    cd "$BATS_TEST_TMPDIR" || return
    no_such=2000000000 # an id that nothing has
    started=()
}

# Whoever still waits is thrown out with the sets.
teardown() {
    local pid id
    [[ -z ${limits_before-} ]] || echo "$limits_before" >/proc/sys/kernel/sem
    for id in $(set_ids); do ipcrm -s "$id" || :; done
    for pid in "${started[@]}" ${watcher-}; do
        kill -s KILL "$pid" 2>/dev/null || :
        wait "$pid" 2>/dev/null || :
    done
    clean_up
}

# limit NAME VALUE: set this one of kernel.sem for the rest of the test.
limit() {
    local -A are=()
    read -r 'are[SEMMSL]' 'are[SEMMNS]' 'are[SEMOPM]' 'are[SEMMNI]' </proc/sys/kernel/sem
    : "${limits_before:=${are[SEMMSL]} ${are[SEMMNS]} ${are[SEMOPM]} ${are[SEMMNI]}}"
    are[$1]=$2
    (echo "${are[SEMMSL]} ${are[SEMMNS]} ${are[SEMOPM]} ${are[SEMMNI]}" >/proc/sys/kernel/sem) 2>/dev/null ||
        skip "this kernel lets no user namespace set kernel.sem"
}

# need_strace: skips where strace(1) cannot work.
need_strace() {
    "${traced[@]}" -o /dev/null true || skip "this sandbox forbids ptrace(2)"
}

# --- processes ---------------------------------------------------------------

# start COMMAND...: in the background, deaf to nothing.  $pid; what it says goes
# to out.N and err.N, N counting from 0.
start() {
    local n=${#started[@]}
    env --default-signal "$@" </dev/null >"out.$n" 2>"err.$n" 3>&- &
    pid=$!
    started+=("$pid")
}

# ends STATUS PID: that process ends with that status.
ends() {
    local status=0
    wait "$2" || status=$?
    assert_equal "status $status of process $2" "status $1 of process $2"
}

# await TEXT COMMAND...: until the COMMAND prints it.
await() {
    local said end=$((SECONDS + 60))
    until said=$("${@:2}") && [[ $said == "$1" ]]; do
        ((SECONDS < end)) || fail "${*:2}: never said $1, but $said"
    done
}

# --- what the kernel has -----------------------------------------------------

# values SET: of all its semaphores, by the kernel's own account.
values() {
    perl -MIPC::SysV=GETALL -e 'semctl($ARGV[0], 0, GETALL, my $all = "") or die "$!\n"; print "@{[unpack q(S*), $all]}\n"' "$1"
}

# table_says SET COLUMN: what /proc/sysvipc/sem has in that column: key semid
# perms nsems uid gid cuid cgid otime ctime.
table_says() {
    awk -v id="$1" -v name="$2" '
        NR == 1 { for (i = 1; i <= NF; i++) if ($i == name) column = i }
        NR > 1 && $2 == id { print $column }' /proc/sysvipc/sem
}

# waiting SET SEM: "NCNT ZCNT" of it.
waiting() {
    ipcs -s -i "$1" | awk -v sem="$2" '$1 == "semnum" { on = 1; next } on && $1 == sem { print $3, $4 }'
}

# half_made KEY NSEMS: $half is a new set that nobody has operated on.
half_made() {
    half=$(perl -e 'my $id = semget(oct $ARGV[0], $ARGV[1], 01600); defined $id or die "$!\n"; print $id' "$1" "$2")
}

# operate SET SEM N [FLAGS]: a semop(2) of another program.
operate() {
    perl -e 'my $set = shift; semop($set, pack "Sss", @ARGV[0, 1], $ARGV[2] // 0) or die "$!\n"' "$@"
}

# --- what is said ------------------------------------------------------------

# tool ARGUMENT...: it works, and says nothing on standard error.
tool() {
    run --separate-stderr semop-tool "$@"
    assert_success
    assert_equal "$stderr" ""
}

# create ARGUMENT...: it works and prints a bare id, now in $id.
create() {
    run --separate-stderr semop-tool create "$@"
    assert_success
    assert_output --regexp '^[0-9]+$'
    id=$output
}

# assert_quiet: nothing on standard error.
assert_quiet() {
    assert_equal "$stderr" ""
}

# assert_says TEXT: standard error is this, no more.
assert_says() {
    assert_equal "$stderr" "$1"
}

# refused COMMAND...: exit 1 with one refusal; $said is what is said, from the
# operand on, $hint what to do; no set is made, changed or removed.
refused() {
    local before
    before=$(</proc/sysvipc/sem)
    run --separate-stderr "$@"
    assert_failure 1
    # shellcheck disable=SC2154 # set by run
    said=${stderr_lines[0]#semop-tool: }
    hint=${stderr_lines[1]-}
    [[ -z $hint || $hint == 'hint: '* ]] || fail "no hint: $hint"
    hint=${hint#hint: }
    assert [ "${#stderr_lines[@]}" -le 2 ]
    assert_equal "$(</proc/sysvipc/sem)" "$before"
}

# assert_said TEXT, assert_hint TEXT
assert_said() {
    assert_equal "$said" "$1"
}
assert_hint() {
    assert_equal "$hint" "$1"
}

# refuses_each SUBCOMMAND: the lines of standard input, "ARGUMENTS | WHAT: RULE",
# are wrong: one line that begins with WHAT: RULE, exit 2, and nothing is done.
refuses_each() {
    local words rule before
    before=$(</proc/sysvipc/sem)
    while IFS='|' read -r words rule; do
        words=${words%"${words##*[! ]}"}
        run --separate-stderr eval "semop-tool $1 $words"
        assert_equal "$words: $status" "$words: 2"
        assert_equal "$words: $output" "$words: "
        assert_equal "$words: ${#stderr_lines[@]} line" "$words: 1 line"
        [[ $stderr == "semop-tool: ${rule# }"* ]] || fail "$words: $stderr"
        assert_equal "$words: $(</proc/sysvipc/sem)" "$words: $before"
    done
}

# --- the command line --------------------------------------------------------

@test "--help: of the program and of each subcommand fits a screen and ends with an example" {
    local subcommand
    for subcommand in "" create op run show waiters set rm limits; do
        # shellcheck disable=SC2086 # may be none
        tool $subcommand --help
        assert [ "${#lines[@]}" -gt 3 ]
        assert [ "$(wc -l <<<"$output")" -le 24 ]
        assert_equal "$(awk 'length > 80' <<<"$output")" ""
        assert_regex "${lines[0]}" "^Usage: semop-tool ${subcommand:-SUBCOMMAND}"
        assert_regex "${lines[-1]}" "^Example: .*semop-tool ${subcommand:-op}"
    done
}

@test "--help: each subcommand is listed, and each of its options is taken" {
    local subcommand option
    semop-tool --help >all
    for subcommand in create op run show waiters set rm limits; do
        grep -qE "^  $subcommand( |$)" all
        for option in $(semop-tool "$subcommand" --help | grep -oE -e '--[a-z][a-z-]*' | sort -u); do
            # Taken, and then the rest is wrong.
            run --separate-stderr semop-tool "$subcommand" "$option" '#' '#'
            [[ $option == --help || $option == --version ]] || assert_failure 2
            refute_regex "$stderr" "no such option"
        done
    done
}

@test "--help and --version: full standard output is an error" {
    local option
    tool --version
    assert_output "semop-tool (ipclab) $IPCLAB_VERSION"
    tool show --version
    assert_output "semop-tool (ipclab) $IPCLAB_VERSION"
    for option in --help --version "create --help" "limits --version"; do
        run --separate-stderr bash -c "semop-tool $option >/dev/full"
        assert_failure 1
        assert_says "semop-tool: standard output: write: No space left on device"
    done
}

@test "a wrong command line: one line that names what is wrong, exit 2, nothing done" {
    local set
    set=$(semop-tool create -k 0x4d2 --init 1,2,3 3)
    refuses_each "" <<END
                          | missing operand SUBCOMMAND
bogus                     | bogus: no such subcommand
CREATE 3                  | CREATE: no such subcommand
--bogus                   | --bogus: no such option
-k                        | -k: no such option
create                    | missing operand NSEMS
create -k 5               | missing operand NSEMS
create 3 4                | 4: unexpected operand
create x                  | x: invalid NSEMS
create -- -3              | -3: invalid NSEMS
create 3x                 | 3x: invalid NSEMS
create 2147483648         | 2147483648: invalid NSEMS
create ''                 | : invalid NSEMS
create -q 3               | -q: no such option
create 3 --all=1          | --all=1: no such option
create -k                 | -k: this option needs an argument
create 3 --init           | --init: this option needs an argument
create -k /name 3         | /name: a key is
create -k xyz 3           | xyz: a key is
create -k ftok: 3         | ftok:: ftok: needs a path
create -m 1000 3          | 1000: a mode is octal
create -m u=r 3           | u=r: a mode is octal
create -t 5x 3            | 5x: a duration is
create -t -1 3            | -1: a duration is
create --init 32768 3     | 32768: values are numbers from 0 to 32767
create --init -1 3        | -1: values are numbers
create --init '' 3        | : values are numbers
create --init 1,,2 3      | 1,,2: values are numbers
create --init 1,2, 3      | 1,2,: values are numbers
create --init ,1,2 3      | ,1,2: values are numbers
create --init 1,a,2 3     | 1,a,2: values are numbers
create --init '1, 2,3' 3  | 1, 2,3: values are numbers
create --init 99999999999 3 | 99999999999: values are numbers
create --init 1,2 3       | --init: needs one value for all semaphores, or NSEMS values
create --init 1,2,3,4 3   | --init: needs one value for all semaphores, or NSEMS values
create --init 1,2 1       | --init: needs one value for all semaphores, or NSEMS values
create -o 3               | --open: needs a key
create -o -k 0 3          | --open: needs a key
create -o -x -k 0x4d2 3   | --open: mutually exclusive with --exclusive
set                       | missing operand SET
set $set                  | set: nothing to set
set /name 0=1             | /name: a set is an id
set x 0=1                 | x: a set is an id
set $set 0                | 0: a setting is SEM=VALUE
set $set =1               | =1: a setting is SEM=VALUE
set $set 0=               | 0=: a setting is SEM=VALUE
set $set 0=-1             | 0=-1: a setting is SEM=VALUE
set $set 0=32768          | 0=32768: a setting is SEM=VALUE
set $set 65536=1          | 65536=1: a setting is SEM=VALUE
set $set a=1              | a=1: a setting is SEM=VALUE
set $set 0=1=2            | 0=1=2: a setting is SEM=VALUE
set $set 0=9 0-1          | 0-1: a setting is SEM=VALUE
set $set --all 1,2        | --all: needs as many values
set $set --all 1,2,3,4    | --all: needs as many values
set $set --all 1,2,x      | 1,2,x: values are numbers
set $set --all 1,2,32768  | 1,2,32768: values are numbers
set $set -m 8             | 8: a mode is octal
set $set -u no-such-user  | no-such-user: no such user
set $set -u 0:no-such     | 0:no-such: no such group
set $set -u :             | :: an owner is OWNER
rm                        | missing operand SET
rm /name                  | /name: a set is an id
rm $set x                 | x: a set is an id
rm -f $set                | -f: no such option
limits $set               | $set: unexpected operand
limits -o RESOURCE        | -o: not valid with limits
limits --count=2          | --count: only valid with --watch
limits --time-format=x    | x: a time format is
show /name                | /name: a set is an id
show -o NOSUCH            | NOSUCH: -o takes names of columns
show -o VALUE             | VALUE: -o takes names of columns
show -o KEY $set          | KEY: -o takes names of columns
show -o KEY,,ID           | KEY,,ID: -o takes names of columns
show -o ''                | : -o takes names of columns
show --count=2            | --count: only valid with --watch
show --watch=x            | x: a duration is
show --watch --count=0    | 0: invalid count: use 1 to
show --time-format=iso8601 | iso8601: a time format is
show --orphans $set       | --orphans: not valid with SET
show -u root $set         | --user: not valid with SET
show --older-than=1h $set | --older-than: not valid with SET
END
    assert_equal "$(values "$set")" "1 2 3"
}

@test "a wrong command line: the message names the very word and the rule that it broke" {
    local set
    set=$(semop-tool create --init 1,2,3 3)
    refuses_each "" <<END
set $set 3=1        | 3=1: the set has 3 semaphores, numbered from 0
set $set 0=9 5=2    | 5=2: the set has 3 semaphores, numbered from 0
show $set 0x0       | 0x0: key 0 is IPC_PRIVATE
show 05             | 05: an id is a decimal number
show 0x123456789    | 0x123456789: a key is 0x and one to eight
show ftok:          | ftok:: ftok: needs a path
show ftok:/:999     | ftok:/:999: PROJ, after the last colon, is
show --json=x       | --json=x: this option takes no argument
show --json -e      | --export: use one of --json, --raw and --export
END
    assert_equal "$(values "$set")" "1 2 3"
    set=$(semop-tool create 1)
    refuses_each "" <<END
set $set 1=1        | 1=1: the set has 1 semaphore, numbered from 0
END
}

# --- create ------------------------------------------------------------------

@test "create: prints the bare id of a new set, all zero, and nothing else" {
    create 3
    assert_quiet
    assert_equal "$(set_ids)" "$id"
    assert_equal "$(table_says "$id" key) $(table_says "$id" perms) $(table_says "$id" nsems)" "0 600 3"
    assert_equal "$(values "$id")" "0 0 0"
    assert_equal "$(ipcs -s | awk -v id="$id" '$2 == id { print $4, $5 }')" "600 3"
}

@test "create: stdin and stderr may be closed" {
    run bash -c 'semop-tool create 1 <&- 2>&-'
    assert_success
    assert_equal "$(set_ids)" "$output"
}

@test "create --init: one value for all, or one each; and it has been operated on" {
    local init nsems expected
    while read -r init nsems expected; do
        create --init "$init" "$nsems"
        assert_quiet
        assert_equal "--init $init: $(values "$id")" "--init $init: $expected"
        assert_not_equal "--init $init: otime $(table_says "$id" otime)" "--init $init: otime 0"
    done <<'END'
7 3 7 7 7
0 2 0 0
1 1 1
0 1 0
32767 1 32767
32767 2 32767 32767
1,0,8 3 1 0 8
0,5 2 0 5
0,32767,1 3 0 32767 1
01 2 1 1
END
    # The last one counts; the default is 0.
    create --init 1,2,3 --init 4 2
    assert_equal "$(values "$id")" "4 4"
    create 2
    assert_equal "$(values "$id")" "0 0"
    assert_not_equal "$(table_says "$id" otime)" 0
}

@test "create --init: sets of many semaphores" {
    create --init "$(seq -s, 1 1000)" 1000
    assert_equal "$(values "$id")" "$(seq -s' ' 1 1000)"
    create --init 3 32000
    assert_equal "$(table_says "$id" nsems)" 32000
    assert_equal "$(values "$id" | tr ' ' '\n' | sort | uniq -c | xargs)" "32000 3"
}

@test "create -k: hexadecimal, decimal, ftok; 0 and none are IPC_PRIVATE" {
    local row
    touch file
    # The kernel prints keys as signed numbers.
    for row in '-k 0x4d2:1234' '-k 1235:1235' '--key=0x7fffffff:2147483647' '-k 0xffffffff:-1' '-k 0:0' '-k 0x0:0' ':0'; do
        eval "create ${row%:*} 1"
        assert_quiet
        assert_equal "$row $(table_says "$id" key)" "$row ${row##*:}"
    done
    create -k ftok:file:Q 1
    assert_equal "$(table_says "$id" key)" \
        "$(perl -MIPC::SysV=ftok -e 'print unpack "l", pack "L", ftok("file", ord "Q") & 0xffffffff')"
    refused semop-tool create -k ftok:none 1
    assert_said "ftok:none: ftok: ENOENT: ftok makes the key from the device and inode of none: No such file or directory"
}

@test "create -m: exactly these permissions, whatever the umask" {
    local mode
    umask 077
    for mode in 0 0600 640 0777 222; do
        create -m "$mode" 1
        assert_equal "$mode $(printf '%o' "0$(table_says "$id" perms)")" "$mode $(printf '%o' "0$mode")"
    done
    umask 000
    create 1
    assert_equal "$(table_says "$id" perms)" 600
}

@test "create -m: also without the owner's read or write permission, which initialising needs" {
    need_second_user
    local mode
    for mode in 400 200 040 000; do
        run --separate-stderr as_nobody semop-tool create --calls -m "$mode" --init 0,5 2
        assert_success
        id=$output
        assert_equal "$(table_says "$id" perms) $(values "$id")" "$((8#$mode > 0 ? 10#$mode : 0)) 0 5"
        assert_not_equal "$(table_says "$id" otime)" 0
    done
}

@test "create: a key that names a set opens it, says so, and leaves its values" {
    local first
    create -k 0x4d2 --init 1,2,3 3
    first=$id
    operate "$id" 2 -1
    create -k 0x4d2 --init 9 3
    assert_equal "$id" "$first"
    assert_says "semop-tool: 0x4d2: this key already names set $first, which was opened"
    create -k 1234 1 # as few as one likes
    assert_equal "$id" "$first"
    create -k 0x4d2 0
    assert_equal "$id" "$first"
    assert_equal "$(values "$first")" "1 2 2"
    assert_equal "$(set_ids)" "$first"
}

@test "create --open: opens without a word, and never creates" {
    local first
    refused semop-tool create -o -k 0x4d2 3
    assert_said "0x4d2: semget: ENOENT: no semaphore set has key 0x000004d2"
    assert_hint "list the sets with semop-tool show, or create one: semop-tool create -k 0x4d2 NSEMS"
    create -k 0x4d2 --init 5 3
    first=$id
    for nsems in 0 1 3; do
        create --open --key 0x4d2 "$nsems"
        assert_quiet
        assert_equal "$id" "$first"
    done
    assert_equal "$(values "$first")" "5 5 5"
}

@test "create --exclusive: fails where the key names a set, and leaves it" {
    create -x -k 0x4d2 --init 5 3
    assert_quiet
    refused semop-tool create -x -k 0x4d2 --init 6 3
    assert_said "0x4d2: semget: EEXIST: this key already names set $id (3 semaphores, owner root)"
    assert_hint "leave out IPC_EXCL (--exclusive) to open it, or remove it first: ipcrm -s $id"
    assert_equal "$(values "$id")" "5 5 5"
    ipcrm -s "$id"
    create -x -k 0x4d2 1
    refused semop-tool create -x -k 0x4d2 1
    assert_said "0x4d2: semget: EEXIST: this key already names set $id (1 semaphore, owner root)"
    # IPC_PRIVATE names none.
    create -x 1
    create -x -k 0 1
}

# --- create: never half made -------------------------------------------------

# crowd COUNT COMMAND...: so many processes at once, each of which runs the
# COMMAND and at once looks at the set of key 0x4d2.  Their findings, a line each:
# status, the id printed, the id of the key, values, "ready" if sem_otime is not 0.
crowd() {
    # shellcheck disable=SC2016 # for perl
    perl -MIPC::Semaphore -e '
        my ($count, @command) = @ARGV;
        pipe my $gate, my $holder or die;
        for my $i (1 .. $count) {
            next if fork;
            close $holder;
            sysread $gate, my $none, 1; # until all are there
            my $id = qx(@command 2>err.$i);
            my $status = $? >> 8;
            chomp $id;
            my $set = IPC::Semaphore->new(0x4d2, 0, 0) or die "$!\n";
            my @values = $set->getall;
            my $stat = $set->stat;
            open my $found, ">", "found.$i" or die;
            print $found "$status $id ", $set->id, " @values ", $stat->otime ? "ready" : "not ready", "\n";
            exit;
        }
        close $gate;
        close $holder;
        1 while wait > 0' "$@"
    cat found.*
    rm found.*
}

@test "create: 100 at once on one key get one set, and none sees it half made" {
    local id
    for _ in 1 2 3; do
        crowd 100 semop-tool create -k 0x4d2 --init 7 3 >all
        id=$(set_ids)
        assert_regex "$id" '^[0-9]+$'
        run uniq -c all
        assert_output --regexp "^ *100 0 $id $id 7 7 7 ready\$"
        # One made it; the others say that they opened it.
        run cat err.*
        assert_equal "${#lines[@]}" 99
        assert_equal "$(sort -u <<<"$output")" "semop-tool: 0x4d2: this key already names set $id, which was opened"
        ipcrm -s "$id"
    done
}

@test "create --exclusive: of 100 at once exactly one wins" {
    local id
    crowd 100 semop-tool create -x -k 0x4d2 --init 7 3 >all
    id=$(set_ids)
    assert_regex "$id" '^[0-9]+$'
    assert_equal "$(cut -d' ' -f1,2 all | sort | uniq -c | sed 's/^ *//; s/ *$//' | sort)" "1 0 $id"$'\n'"99 1"
    assert_equal "$(grep -l 'semget: EEXIST: this key already names set' err.* | wc -l)" 99
}

# frozen CALL ARGUMENT...: semop-tool create, stopped as it comes back from CALL.
# $pid is strace's, which passes the end on; $creator its own.  Set $half exists.
frozen() {
    start "${traced[@]}" -o /dev/null -e "trace=$1" -e "inject=$1:signal=STOP:when=1" semop-tool create "${@:2}"
    await t state_of_child "$pid"
    creator=$(pgrep -P "$pid" -x semop-tool)
    half=$(set_ids)
}

# state_of_child PID: of its child, in the kernel's letter; T is stopped.
state_of_child() {
    local child
    child=$(pgrep -P "$1" -x semop-tool) || return 0
    sed 's/.*) \(.\).*/\l\1/' "/proc/$child/stat" 2>/dev/null || :
}

# opener ARGUMENT...: semop-tool create that comes upon a set that is not ready;
# it is waiting when this comes back, for it has looked three times.  $pid.
opener() {
    local line seen=0
    rm -f calls
    mkfifo calls
    env --default-signal semop-tool create --calls "$@" </dev/null >opened 2>calls 3>&- &
    pid=$!
    started+=("$pid")
    exec {calls}<calls
    while ((seen < 3)); do
        IFS= read -r -t 60 line <&"$calls" || fail "it does not wait: create $*: $(<opened)"
        [[ $line != *"IPC_STAT, "*" sem_otime=0, "* ]] || ((++seen))
    done
}

# opener_ends STATUS: and $opener_said is what it said but for the calls.
opener_ends() {
    opener_said=$(grep -v '^sem[a-z]*(' <&"$calls" || :)
    exec {calls}<&-
    ends "$1" "$pid"
}

@test "create: between its calls the set exists and is not ready; an opener waits until it is" {
    need_strace
    local call seen creating
    for call in semget semctl; do # before the values are set, and behind
        frozen "$call" -k 0x4d2 --init 7 3
        creating=$pid
        seen=$(values "$half")
        [[ $call != semget ]] || assert_equal "$seen" "0 0 0"
        assert_equal "$(table_says "$half" otime)" 0

        run --separate-stderr semop-tool create -k 0x4d2 --init 9 --timeout=0.05 3
        assert_failure 124
        assert_output ""
        assert_says "semop-tool: 0x4d2: set $half exists, but its creator did not initialise it in time (sem_otime is 0)"

        opener -k 0x4d2 --init 9 3
        kill -s CONT "$creator"
        opener_ends 0
        assert_equal "$(<opened)" "$half"
        assert_equal "$opener_said" "semop-tool: 0x4d2: this key already names set $half, which was opened"
        assert_equal "$(values "$half")" "7 7 7"
        ends 0 "$creating"
        ipcrm -s "$half"
    done
}

@test "create --open: a set that nobody has operated on: exit 124 when the time is over" {
    local option
    half_made 0x4d2 3
    for option in --open ""; do
        # shellcheck disable=SC2086 # may be none
        run --separate-stderr semop-tool create $option -k 0x4d2 -t 50ms 3
        assert_failure 124
        assert_output ""
        assert_says "semop-tool: 0x4d2: set $half exists, but its creator did not initialise it in time (sem_otime is 0)"
    done
    assert_equal "$(set_ids)" "$half"
    # ipcmk, which only creates, makes such sets.
    ipcmk -S 2 >/dev/null
    half=$(set_ids | grep -vx "$half")
    run --separate-stderr semop-tool create --open -t 0 -k "$(semop-tool show -n -r -o KEY | tail -n 1)" 2
    assert_failure 124
    assert_regex "$stderr" ": set $half exists, but its creator did not initialise it in time"
}

@test "create --open: goes on when somebody has performed the first operation" {
    half_made 0x4d2 3
    opener --open -k 0x4d2 3
    semop-tool set "$half" --all 4,5,6 # is no operation
    assert_equal "$(table_says "$half" otime)" 0
    operate "$half" 0 1
    opener_ends 0
    assert_equal "$opener_said" ""
    assert_equal "$(<opened)" "$half"
    assert_equal "$(values "$half")" "5 5 6"
}

@test "create: a set that is removed while it waits is made anew; --open says that it is gone" {
    half_made 0x4d2 3
    opener -k 0x4d2 --init 9 3
    ipcrm -s "$half"
    opener_ends 0
    assert_equal "$opener_said" ""
    assert_equal "$(<opened)" "$(set_ids)"
    assert_not_equal "$(set_ids)" "$half"
    assert_equal "$(values "$(set_ids)")" "9 9 9"
    ipcrm -s "$(set_ids)"

    half_made 0x4d2 3
    opener --open -k 0x4d2 3
    ipcrm -s "$half"
    opener_ends 1
    assert_equal "$(<opened)" ""
    assert_regex "$opener_said" "^semop-tool: 0x4d2: semctl: E[A-Z]+: .*set $half"
    assert_equal "$(set_ids)" ""
}

@test "create: where initialising is refused, nothing is left" {
    local fault
    for fault in semctl:SETALL=ENOMEM semctl:SETALL=EACCES semop=ENOMEM semop=EIDRM semctl:IPC_SET=EPERM; do
        run --separate-stderr with_fault "$fault" semop-tool create -k 0x4d2 -m 0400 --init 1 3
        assert_failure 1
        assert_output ""
        assert_regex "${stderr_lines[0]}" "^semop-tool: 0x4d2: ${fault%%[:=]*}: ${fault#*=}: "
        assert_equal "$fault: $(set_ids)" "$fault: "
    done
}

# --- create: signals, standard output ----------------------------------------

@test "create: SIGINT, SIGTERM and the like in the middle of its calls leave nothing" {
    need_strace
    local call signal
    for call in semget semctl semop,semtimedop; do
        for signal in INT TERM HUP QUIT; do
            start "${traced[@]}" -o /dev/null -e "trace=$call" -e "inject=$call:signal=$signal:when=1" \
                semop-tool create -k 0x4d2 3
            ends $((128 + $(kill -l "$signal"))) "$pid"
            assert_equal "$call $signal: $(set_ids)$(cat out.* err.*)" "$call $signal: "
        done
    done
}

# full_pipe NAME: a FIFO with no room left.
full_pipe() {
    mkfifo "$1"
    exec {pipe}<>"$1"
    dd if=/dev/zero of="$1" bs=1 count=$((1 << 20)) oflag=nonblock 2>/dev/null || :
    dd if=/dev/zero of="$1" bs=4096 count=1000 oflag=nonblock 2>/dev/null || :
}

# in_write PID: "yes" when it waits in the kernel with an initialised set.
in_write() {
    [[ $(table_says "$(set_ids)" otime) == [1-9]* && $(sed 's/.*) //' "/proc/$1/stat") == S* ]] && echo yes
}

@test "create: SIGINT and SIGTERM before the id is out leave nothing; an opened set stays" {
    local signal id
    full_pipe out
    for signal in INT TERM HUP; do
        env --default-signal semop-tool create 3 </dev/null >out 2>err 3>&- &
        pid=$!
        started+=("$pid")
        await yes in_write "$pid"
        kill -s "$signal" "$pid"
        ends $((128 + $(kill -l "$signal"))) "$pid"
        assert_equal "$signal: $(set_ids)$(<err)" "$signal: "
    done
    id=$(semop-tool create -k 0x4d2 3)
    env --default-signal semop-tool create -o -k 0x4d2 3 </dev/null >out 2>err 3>&- &
    pid=$!
    started+=("$pid")
    await yes in_write "$pid"
    kill -s TERM "$pid"
    ends 143 "$pid"
    assert_equal "$(set_ids)" "$id"
    exec {pipe}>&-
}

@test "create: SIGINT and SIGTERM end it while it waits for another to initialise" {
    local signal
    half_made 0x4d2 3
    for signal in INT TERM; do
        opener -k 0x4d2 3
        kill -s "$signal" "$pid"
        opener_ends $((128 + $(kill -l "$signal")))
        assert_equal "$signal: $(<opened)$opener_said" "$signal: "
        assert_equal "$(set_ids)" "$half"
    done
}

@test "create: standard output full or closed: exit 1, a message, and nothing is left" {
    local id
    run --separate-stderr bash -c "semop-tool create 3 >/dev/full"
    assert_failure 1
    assert_says "semop-tool: standard output: write: No space left on device"
    assert_equal "$(set_ids)" ""
    run --separate-stderr bash -c "semop-tool create 3 >&-"
    assert_failure 1
    assert_says "semop-tool: standard output: write: Bad file descriptor"
    assert_equal "$(set_ids)" ""
    # One that was opened stays.
    id=$(semop-tool create -k 0x4d2 3)
    run --separate-stderr bash -c "semop-tool create -o -k 0x4d2 3 >/dev/full"
    assert_failure 1
    assert_equal "$(set_ids)" "$id"
}

@test "create: a pipe that nobody reads: nothing is left" {
    local reader writer status=0
    mkfifo pipe
    exec {reader}<>pipe
    exec {writer}>pipe
    exec {reader}<&-
    env --default-signal semop-tool create 3 1>&"$writer" 2>err || status=$?
    assert_equal "$((status - 128)) $(set_ids)$(<err)" "$(kill -l PIPE) "
    status=0
    env --ignore-signal=PIPE semop-tool create 3 1>&"$writer" 2>err || status=$?
    assert_equal "$status $(set_ids)$(<err)" "1 semop-tool: standard output: write: Broken pipe"
    exec {writer}>&-
}

# --- set ---------------------------------------------------------------------

@test "set SEM=VALUE: some, in any order, any set; the others stay" {
    touch file
    create -k ftok:file --init 1,2,3 3
    tool set "$id" 1=9
    assert_output ""
    assert_equal "$(values "$id")" "1 9 3"
    tool set ftok:file 2=0 0=32767
    assert_equal "$(values "$id")" "32767 9 0"
    tool set "$(semop-tool show -n -r -o KEY)" 1=5 1=6 # the last one counts
    assert_equal "$(values "$id")" "32767 6 0"
    tool set -- "$id" 0=0
    assert_equal "$(values "$id")" "0 6 0"
}

@test "set --all: all at once; SEM=VALUE on top of it" {
    create --init 1 3
    tool set "$id" --all 4,0,32767
    assert_equal "$(values "$id")" "4 0 32767"
    tool set --all=1,2,3 "$id" 1=9
    assert_equal "$(values "$id")" "1 9 3"
    create --init 1 1
    tool set "$id" --all 7
    assert_equal "$(values "$id")" 7
}

@test "set --mode, --owner: one changes, the others stay" {
    create -k 0x4d2 -m 0600 --init 5 1
    tool set -m 0640 "$id"
    assert_equal "$(table_says "$id" perms)" 640
    tool set --mode 0 0x4d2
    assert_equal "$(table_says "$id" perms)" 0
    assert_equal "$(table_says "$id" uid) $(table_says "$id" gid)" "$(id -u) $(id -g)"
    assert_equal "$(values "$id")" 5
    need_second_user
    tool set -u nobody "$id"
    assert_equal "$(table_says "$id" uid) $(table_says "$id" gid) $(table_says "$id" perms)" "65534 0 0"
    tool set --owner :1234 "$id"
    assert_equal "$(table_says "$id" uid) $(table_says "$id" gid)" "65534 1234"
    tool set -u 54321:54322 -m 606 "$id" 0=6
    assert_equal "$(table_says "$id" uid) $(table_says "$id" gid) $(table_says "$id" perms)" "54321 54322 606"
    assert_equal "$(values "$id")" 6
    assert_equal "$(table_says "$id" cuid)" "$(id -u)"
}

@test "set: wakes who can go on now, and it is no operation" {
    local before
    half_made 0 2
    semop-tool set "$half" 0=0
    assert_equal "$(table_says "$half" otime)" 0
    start semop-tool op "$half" 0-3
    await "1 0" waiting "$half" 0
    tool set "$half" 0=2
    assert_equal "$(waiting "$half" 0)" "1 0"
    tool set "$half" 0=5
    ends 0 "$pid"
    assert_equal "$(values "$half")" "2 0"
    start semop-tool op "$half" 0=0
    await "0 1" waiting "$half" 0
    tool set "$half" --all 0,0
    ends 0 "$pid"
}

# undoer: holds one of semaphore 0 of $id, to be undone at its end.
undoer() {
    # shellcheck disable=SC2016 # for perl
    hold_with perl -MIPC::SysV=SEM_UNDO -e '$| = 1; semop($ARGV[0], pack "sss", 0, -1, SEM_UNDO) or die; print "ready\n"; <STDIN>' "$id"
}

@test "set: what others would undo for that semaphore is forgotten, for others not" {
    create --init 3 2
    undoer
    assert_equal "$(values "$id")" "2 3"
    tool set "$id" 1=7
    let_go
    assert_equal "$(values "$id")" "3 7" # undone
    undoer
    tool set "$id" 0=5
    let_go
    assert_equal "$(values "$id")" "5 7"
    undoer
    tool set "$id" --all 8,9
    let_go
    assert_equal "$(values "$id")" "8 9"
}

# --- rm ----------------------------------------------------------------------

@test "rm: removes each, by id, key and ftok, in silence" {
    local a b c d
    touch file
    a=$(semop-tool create 1) b=$(semop-tool create -k 0x4d2 1) c=$(semop-tool create -k ftok:file:7 1)
    d=$(semop-tool create -m 0 1)
    tool rm "$a"
    assert_output ""
    assert_equal "$(set_ids | xargs)" "$b $c $d"
    tool rm 0x4d2 ftok:file:7 "$d"
    assert_output ""
    assert_equal "$(set_ids)" ""
}

@test "rm: goes on behind one that is refused, and tells of each; exit 1" {
    local a b
    a=$(semop-tool create 1) b=$(semop-tool create 1)
    run --separate-stderr semop-tool rm "$no_such" "$a" 0x99 "$a" "$b"
    assert_failure 1
    assert_output ""
    assert_equal "$(set_ids)" ""
    assert_equal "$(grep '^semop-tool' <<<"$stderr" | cut -d: -f2-4)" " $no_such: semctl: EINVAL
 0x99: semget: ENOENT
 $a: semctl: EINVAL"
}

@test "rm: says how many waiters it threw out, and they are told" {
    create --init 0,1 2
    start semop-tool op "$id" 0-1
    await "1 0" waiting "$id" 0
    run --separate-stderr semop-tool rm "$id"
    assert_success
    assert_output ""
    assert_says "semop-tool: $id: removed; 1 waiting task failed with EIDRM"
    ends 1 "$pid"
    assert_regex "$(<err.0)" "^semop-tool: 0-1: semop: EIDRM: set $id was removed while this process waited"

    create -k 0x4d2 --init 0,1 2
    start semop-tool op "$id" 0-1
    start semop-tool op "$id" 0-1,1-1
    start semop-tool op "$id" 1=0
    await "2 0" waiting "$id" 0
    await "0 1" waiting "$id" 1
    run --separate-stderr semop-tool rm 0x4d2
    assert_success
    assert_says "semop-tool: 0x4d2: removed; 3 waiting tasks failed with EIDRM"
    for pid in "${started[@]:1}"; do ends 1 "$pid"; done
}

# --- limits ------------------------------------------------------------------

# limit_says RESOURCE FIELD: of --json. jq 1.7 prints a number as it is written, unless it has reckoned with it.
limit_says() {
    semop-tool limits --json | jq -r --arg name "$1" ".limits[] | select(.resource == \$name) | .$2 | if type == \"number\" then . + 0 else . end"
}

@test "limits: are those of /proc/sys/kernel/sem, and what is in use is counted" {
    local semmsl semmns semopm semmni
    semop-tool create 7
    semop-tool create -m 0 30
    half_made 0x4d2 5
    semop-tool rm 0x4d2
    read -r semmsl semmns semopm semmni </proc/sys/kernel/sem
    run semop-tool limits --json
    assert_success
    assert_equal "$(jq -c '[.limits[] | [.resource, .limit, .used]] | .[:5]' <<<"$output")" \
        "[[\"SEMMNI\",$semmni,2],[\"SEMMNS\",$semmns,37],[\"SEMMSL\",$semmsl,null],[\"SEMOPM\",$semopm,null],[\"SEMVMX\",32767,null]]"
    assert_equal "$(limit_says ipc_namespace limit)" "$(readlink /proc/self/ns/ipc | tr -dc 0-9)"
    # Beside lsipc (whose count of semaphores is not that of its own list).
    assert_equal "$(jq -r '.limits[] | select(.resource | startswith("SEM")) | "\(.resource) \(.limit)"' <<<"$output" | sort)" \
        "$(lsipc -g --json --bytes | jq -r '.[][] | select(.resource | startswith("SEM")) | "\(.resource) \(.limit)"' | sort)"
    assert_equal "$(limit_says SEMMNI used)" "$(lsipc -g --json | jq -r '.[][] | select(.resource == "SEMMNI").used')"
    assert_equal "$(limit_says SEMMNS used)" "$(lsipc -s --json | jq '[.semaphores[].nsems | tonumber] | add')"
}

@test "limits: follow what root sets; percent" {
    limit SEMMNI 8
    limit SEMMNS 1000
    limit SEMMSL 250
    limit SEMOPM 32
    semop-tool create 125
    semop-tool create 125
    assert_equal "$(semop-tool limits --json | jq -c '[.limits[].limit] | .[:5]')" "[8,1000,250,32,32767]"
    assert_equal "$(limit_says SEMMNI percent) $(limit_says SEMMNS percent) $(limit_says SEMMSL percent)" "25 25 null"
    tool limits
    assert_output --regexp "SEMMNI +8 +2 +25\.00% "
    tool limits -n -e
    assert_line --partial 'RESOURCE="SEMMNS" LIMIT="1000" USED="250" PERCENT="25.00"'
    tool limits -n -r
    assert_line --regexp '^SEMOPM 32 - - '
}

@test "limits --watch --count: so many times" {
    run semop-tool limits --watch=0.01 --count=3
    assert_success
    assert_equal "$(grep -c '^RESOURCE ' <<<"$output") $(grep -c '^SEMMNI ' <<<"$output")" "3 3"
}

@test "limits: where a call is refused, from /proc and by counting" {
    local reference fault
    semop-tool create 7
    semop-tool create -m 0 30
    reference=$(semop-tool limits --json)
    for fault in semctl:IPC_INFO=EPERM semctl:SEM_INFO=ENOSYS semctl:IPC_INFO=ENOSYS,semctl:SEM_INFO=EPERM semctl=ENOSYS; do
        run --separate-stderr with_fault "$fault" semop-tool limits --json
        assert_success
        assert_output "$reference"
        assert_quiet
    done
    run --separate-stderr hide_proc env IPCLAB_FAULT=semctl=ENOSYS LD_PRELOAD="$fault_library" semop-tool limits
    assert_failure 1
    assert_regex "${stderr_lines[0]}" '^semop-tool: limits: semctl: ENOSYS: '
}

# --- show: beside the kernel and other tools ---------------------------------

# population COUNT: random sets, made and operated on by perl; those of a process
# with the same seed are the same.
population() {
    : "${SEED:=$RANDOM$RANDOM}"
    echo "SEED=$SEED"
    # shellcheck disable=SC2016 # for perl
    perl -MIPC::Semaphore -MIPC::SysV=IPC_CREAT,IPC_EXCL,IPC_PRIVATE -e '
        my ($seed, $count, $root) = @ARGV;
        srand $seed;
        for (1 .. $count) {
            my $key = rand() < 0.4 ? IPC_PRIVATE : int(rand 2 ** 32) - 2 ** 31;
            my $n = rand() < 0.2 ? 1 : 1 + int rand 12;
            my $set = IPC::Semaphore->new($key, $n, IPC_CREAT | IPC_EXCL | 0600) or die "$key: $!\n";
            rand() < 0.8 and $set->setall(map { int rand(rand() < 0.3 ? 32768 : 3) } 1 .. $n);
            rand() < 0.5 and !fork and do { $set->op(int rand $n, 1, 0); exit };
            my %new = (mode => int rand 01000);
            rand() < 0.5 and $root and @new{qw(uid gid)} = ((0, 1, 33, 1234, 65534, 4294967294)[rand 6], (0, 5, 1234)[rand 3]);
            $set->set(%new); # what it returns means nothing
        }
        1 while wait > 0;
        # Some are removed, so that ids and the places of the table differ.
        for (`cat /proc/sysvipc/sem`) { /^ *\S+ +(\d+)/ and rand() < 0.2 and semctl $1, 0, 0, 0 }
        ' "$SEED" "$(($1 * 5 / 4))" "$([[ $IPCLAB_NAMESPACE != root ]] || echo yes)"
}

# by_kernel: key, id, owner, group, creator, mode, nsems, otime, ctime of each set,
# from /proc/sysvipc/sem, names looked up by perl.
by_kernel() {
    # shellcheck disable=SC2016 # for perl
    perl -ane '
        next if $. == 1;
        my ($key, $id, $perms, $n, $uid, $gid, $cuid, $cgid, $otime, $ctime) = @F;
        my $user = sub { getpwuid($_[0]) // $_[0] };
        printf "0x%08x %d %s %s %s 0%03o %d %s %d\n", $key & 0xffffffff, $id, $user->($uid), getgrgid($gid) // $gid,
            $user->($cuid), oct $perms, $n, $otime || "-", $ctime' /proc/sysvipc/sem
}

@test "show: 100 random sets: every column is what /proc/sysvipc/sem has" {
    population 100
    assert [ "$(set_ids | wc -l)" -gt 60 ]
    tool show -n -r --time-format=raw -o KEY,ID,OWNER,GROUP,CREATOR,MODE,NSEMS,OTIME,CTIME
    assert_equal "$(sort -n -k2 <<<"$output")" "$(by_kernel | sort -n -k2)"
    # PERMS is MODE as ls has it.
    while read -r perms mode; do
        touch file
        chmod "$mode" file
        assert_equal "$mode $perms" "$mode $(stat -c %A file | cut -c2-)"
    done < <(semop-tool show -n -r -o PERMS,MODE | sort -u)
}

@test "show: 100 random sets: agrees with ipcs -s and lsipc -s" {
    population 100
    assert_equal "$(semop-tool show -n -r -o KEY,ID,OWNER,MODE,NSEMS | sed 's/ 0\([0-7]*\) / \1 /' | sort -n -k2)" \
        "$(ipcs -s | awk '/^0x/ { print $1, $2, $3, sprintf("%03d", $4), $5 }' | sort -n -k2)"
    assert_equal "$(semop-tool show --json --time-format=iso -o KEY,ID,OWNER,CREATOR,PERMS,NSEMS,OTIME,CTIME |
        jq -r '.sets[] | [.key, .id, .owner, .creator, .perms, .nsems, .otime, .ctime] | join(" ")' | sort -n -k2)" \
        "$(lsipc -s --json --time-format=iso -o KEY,ID,OWNER,CUSER,PERMS,NSEMS,OTIME,CTIME |
            jq -r '.semaphores[] | [.key, .id, .owner, .cuser, .perms, .nsems, .otime, .ctime] | join(" ")' | sort -n -k2)"
}

@test "show SET...: 100 random sets: each semaphore is what ipcs -s -i and perl have" {
    local id ids waited
    population 100
    mapfile -t ids < <(set_ids)
    # Some are waited for.
    waited=${ids[3]}
    semop-tool set "$waited" 0=0
    start semop-tool op "$waited" 0-1
    start semop-tool op "$waited" 0-1
    await "2 0" waiting "$waited" 0
    waited=${ids[7]}
    semop-tool set "$waited" 0=1
    start semop-tool op "$waited" 0=0
    await "0 1" waiting "$waited" 0

    tool show -n -r -o ID,SEM,VALUE,NCNT,ZCNT,LPID "${ids[@]}"
    for id in "${ids[@]}"; do
        ipcs -s -i "$id" | awk -v id="$id" '$1 == "semnum" { on = 1; next } on && NF == 5 { print id, $1, $2, $3, $4, $5 ? $5 : "-" }'
    done >by_ipcs
    assert_equal "$output" "$(<by_ipcs)"
    # shellcheck disable=SC2016 # for perl
    perl -MIPC::Semaphore -e '
        for my $id (@ARGV) {
            my $set = bless \$id, "IPC::Semaphore";
            printf "%d %d %d %d %d %s\n", $id, $_, $set->getval($_), $set->getncnt($_), $set->getzcnt($_), $set->getpid($_) || "-"
                for 0 .. $set->stat->nsems - 1;
        }' "${ids[@]}" >by_perl
    assert_equal "$output" "$(<by_perl)"
    assert_equal "$(awk '$4 == 2 || $5 == 1' by_perl | wc -l)" 2
}

# --- show: columns, formats --------------------------------------------------

@test "show: without sets a heading, or valid JSON" {
    tool show
    assert_output "KEY ID OWNER PERMS NSEMS OTIME CTIME"
    tool show -n
    assert_output ""
    tool show --json
    assert_equal "$(jq -c . <<<"$output")" '{"sets":[]}'
    tool show --export
    assert_output ""
    run --separate-stderr semop-tool show --orphans --json
    assert_success
    assert_equal "$(jq -c . <<<"$output")" '{"sets":[]}'
}

@test "show: default columns of sets and of semaphores; -n leaves the heading out" {
    local a
    a=$(semop-tool create --init 1,0 2)
    id=$(semop-tool create -k 0x4d2 1)
    tool show
    assert_output --regexp "^KEY +ID +OWNER PERMS +NSEMS OTIME +CTIME"
    assert_line --regexp "^0x000004d2 +$id +root +rw------- +1 [0-9:]+ +[0-9:]+\$"
    assert_equal "${#lines[@]}" 3
    tool show -n
    assert_equal "${#lines[@]}" 2
    refute_output --partial KEY
    tool show "$a"
    assert_regex "${lines[0]}" "^SEM VALUE NCNT ZCNT +LPID LCOMMAND"
    assert_regex "${lines[1]}" "^ +0 +1 +0 +0 +[0-9]+"
    assert_equal "${#lines[@]}" 3
    tool show -n "$a"
    assert_equal "${#lines[@]}" 2
    # With several, whose each is.
    tool show 0x4d2 "$a"
    assert_regex "${lines[0]}" "^ID +SEM VALUE NCNT ZCNT +LPID LCOMMAND"
    assert_regex "${lines[1]}" "^ *$id +0 +0 "
    assert_regex "${lines[2]}" "^ *$a +0 +1 "
    assert_regex "${lines[3]}" "^ *$a +1 +0 "
}

@test "show --json: numbers are numbers, all else is text, what is not known is null" {
    half_made 0x4d2 2
    run semop-tool show --json -o KEY,ID,OWNER,GROUP,CREATOR,PERMS,MODE,NSEMS,OTIME,CTIME,WAITING,REMOVE
    assert_success
    assert_equal "$(jq -c '.sets[0] | map_values(type)' <<<"$output")" \
        '{"key":"string","id":"number","owner":"string","group":"string","creator":"string","perms":"string","mode":"string","nsems":"number","otime":"null","ctime":"string","waiting":"number","remove":"null"}'
    assert_equal "$(jq -c '.sets[0] | [.key, .id, .mode, .nsems, .waiting, .remove]' <<<"$output")" \
        "[\"0x000004d2\",$half,\"0600\",2,0,null]"
    run semop-tool show --json "$half"
    assert_equal "$(jq -c '.semaphores[] | map_values(type)' <<<"$output")" \
        "$(yes '{"sem":"number","value":"number","ncnt":"number","zcnt":"number","lpid":"null","lcommand":"null"}' | head -n 2)"
    operate "$half" 1 3
    run semop-tool show --json -o ID,SEM,VALUE,LPID "$half"
    assert_equal "$(jq -c '.semaphores[1] | [.id, .sem, .value, (.lpid | type)]' <<<"$output")" "[$half,1,3,\"number\"]"
}

@test "show --raw, --export: one line each, by name, nothing left empty" {
    half_made 0x4d2 1
    tool show -r -o ID,KEY,OTIME,WAITING
    assert_output "ID KEY OTIME WAITING"$'\n'"$half 0x000004d2 - 0"
    tool show -e -o ID,KEY,OTIME,WAITING
    assert_output "ID=\"$half\" KEY=\"0x000004d2\" OTIME=\"\" WAITING=\"0\""
    tool show -n -r "$half"
    assert_output "0 0 0 0 - -"
    tool show -e -o VALUE,LPID "$half"
    assert_output 'VALUE="0" LPID=""'
}

@test "show -o: any order, any case; + adds to the default" {
    id=$(semop-tool create -k 0x4d2 3)
    tool show -n -r -o nsems,Id,KEY
    assert_output "3 $id 0x000004d2"
    tool show -n -r -o id,nsems,ID # there once
    assert_output "$id 3"
    tool show -r -o +MODE
    assert_line --index 0 "KEY ID OWNER PERMS NSEMS OTIME CTIME MODE"
    tool show -r -o +id "$id"
    assert_line --index 0 "SEM VALUE NCNT ZCNT LPID LCOMMAND ID"
}

@test "show --time-format" {
    local otime ctime
    id=$(semop-tool create 1)
    otime=$(table_says "$id" otime)
    ctime=$(table_says "$id" ctime)
    tool show -n -r --time-format=raw -o OTIME,CTIME
    assert_output "$otime $ctime"
    TZ=UTC-3 tool show -n -r --time-format=iso -o OTIME
    assert_output "$(TZ=UTC-3 date -d "@$otime" +%FT%T%:z)"
    TZ=UTC-3 tool show -n --time-format=full -o OTIME
    assert_output "$(TZ=UTC-3 date -d "@$otime" '+%F %T%:z')"
}

@test "show: WAITING counts who waits, on any semaphore, for more and for zero" {
    id=$(semop-tool create --init 0,1 2)
    tool show -n -r -o WAITING
    assert_output 0
    start semop-tool op "$id" 0-1
    start semop-tool op "$id" 0-5
    start semop-tool op "$id" 1=0
    await "2 0" waiting "$id" 0
    await "0 1" waiting "$id" 1
    tool show -n -r -o WAITING
    assert_output 3
    tool show -n -r -o SEM,NCNT,ZCNT "$id"
    assert_output "0 2 0"$'\n'"1 0 1"
}

@test "show: LPID and LCOMMAND tell the last operator of each semaphore, while it lives" {
    id=$(semop-tool create --init 1 2)
    # shellcheck disable=SC2016 # for perl
    hold_with perl -e '$| = 1; semop($ARGV[0], pack "sss", 1, 1, 0) or die; print "ready\n"; <STDIN>' "$id" $'a\nb\e[7m'
    tool show -n -e -o SEM,LPID,LCOMMAND "$id"
    [[ ${lines[1]} == "SEM=\"1\" LPID=\"$holder\" LCOMMAND=\"perl -e "*" $id "* ]] || fail "${lines[1]}"
    refute_output --partial $'\e'
    assert_equal "$(semop-tool show --json "$id" | jq -r '.semaphores[1].lcommand' | tail -c 15)" ' a\012b\033[7m'
    let_go
    tool show -n -r -o LPID,LCOMMAND "$id"
    assert_line --index 1 "$holder -"
}

@test "show SET...: one that is refused is told, the others are shown, exit 1" {
    id=$(semop-tool create --init 4 1)
    run --separate-stderr semop-tool show -n -r -o ID,VALUE "$no_such" "$id" 0x99
    assert_failure 1
    assert_output "$id 4"
    assert_equal "$(grep '^semop-tool' <<<"$stderr" | cut -d: -f2-4)" " $no_such: semctl: EINVAL
 0x99: semget: ENOENT"
}

@test "show: as nobody: all sets are seen, semaphores only where they may be read" {
    need_second_user
    local a b
    a=$(semop-tool create -k 0x4d2 -m 0600 --init 5 2)
    b=$(semop-tool create -m 0604 --init 6 1)
    run --separate-stderr as_nobody semop-tool show -n -r -o ID,OWNER,MODE,NSEMS,WAITING
    assert_success
    assert_output "$a root 0600 2 -"$'\n'"$b root 0604 1 0"
    assert_quiet
    run --separate-stderr as_nobody semop-tool show -n -r -o VALUE "$b" "$a"
    assert_failure 1
    assert_output 6
    assert_equal "${stderr_lines[0]}" "semop-tool: $a: semctl: EACCES: set $a belongs to root:root with mode 0600, which grants nobody (others) no access; the call needs read access"
    assert_equal "${stderr_lines[1]}" "hint: root can grant it: semop-tool set -m MODE $a"
}

# --- show: orphans -----------------------------------------------------------

# orphan_ids: what --orphans lists as orphans; likely_ids: and as likely.
orphan_ids() {
    semop-tool show --orphans -n -r -o ID,ORPHAN 2>/dev/null | awk '$2 == "yes" { print $1 }' | xargs
}

likely_ids() {
    semop-tool show --orphans -n -r -o ID,ORPHAN 2>/dev/null | awk '$2 == "likely" { print $1 }' | xargs
}

# An uid that nobody has a process of.
stranger=54321

# of_stranger [ARGUMENT...]: $id is a new set of that user's, whose operators are gone.
of_stranger() {
    id=$(semop-tool create "$@" 2)
    semop-tool set -u "$stranger" "$id"
}

@test "show --orphans: of a user with no process, operators gone, nobody waiting" {
    need_second_user
    local mine untouched
    mine=$(semop-tool create 1) # root has processes
    of_stranger --init 1
    half_made 0x4d2 1
    untouched=$half # nobody ever operated on it
    semop-tool set -u "$stranger" "$untouched"
    ! is_contained || untouched= # a process outside may be about to
    run --separate-stderr semop-tool show --orphans
    assert_success
    assert_regex "${lines[0]}" "^KEY +ID +OWNER +PERMS +NSEMS +OTIME +CTIME +ORPHAN +REMOVE"
    assert_equal "$(orphan_ids)" "$id${untouched:+ $untouched}"
    assert_equal "$(likely_ids)" "$mine"
    # Before it there may be a line of the set that is not listed.
    assert_equal "$(tail -n 1 <<<"$stderr")" \
        "semop-tool: the kernel records only the last operator of a semaphore: another program may still use these sets"
    # The commands work, and remove no more.
    semop-tool show --orphans -n -o REMOVE 2>/dev/null | grep . >commands
    assert_equal "$(<commands)" "ipcrm -s $id"${untouched:+$'\n'"ipcrm -s $untouched"}
    bash -eu commands
    [[ -n $untouched ]] || semop-tool rm "$half"
    assert_equal "$(set_ids)" "$mine"
    assert_equal "$(orphan_ids)" ""
}

@test "show --orphans: not while somebody waits" {
    need_second_user
    of_stranger --init 0
    assert_equal "$(orphan_ids)" "$id"
    start semop-tool op "$id" 1-1
    await "1 0" waiting "$id" 1
    assert_equal "$(orphan_ids)" ""
    kill -s TERM "$pid"
    ends 143 "$pid"
    assert_equal "$(orphan_ids)" "$id"
    semop-tool set "$id" 0=1
    start semop-tool op "$id" 0=0
    await "0 1" waiting "$id" 0
    assert_equal "$(orphan_ids)" ""
}

@test "show --orphans: not while a last operator of any semaphore lives" {
    need_second_user
    of_stranger --init 1
    # shellcheck disable=SC2016 # for perl
    hold_with perl -e '$| = 1; semop($ARGV[0], pack "sss", 1, 1, 0) or die; print "ready\n"; <STDIN>' "$id"
    assert_equal "$(orphan_ids)" ""
    operate "$id" 1 1 # another is the last one now
    assert_equal "$(orphan_ids)" "$id"
    let_go
    assert_equal "$(orphan_ids)" "$id"
}

@test "show --orphans: likely, without a command, while the owner has a process" {
    need_second_user
    of_stranger
    # shellcheck disable=SC2016 # for perl
    hold_with setpriv --reuid="$stranger" --clear-groups perl -e '$| = 1; print "ready\n"; <STDIN>'
    assert_equal "$(orphan_ids)" ""
    assert_equal "$(likely_ids)" "$id"
    assert_equal "$(semop-tool show --orphans -n -r -o ID,REMOVE 2>/dev/null)" "$id -"
    let_go
    assert_equal "$(orphan_ids)" "$id"
    assert_equal "$(likely_ids)" ""
}

@test "show --orphans: a set whose last operator is in another PID namespace is not called one" {
    need_second_user
    of_stranger --init 1
    # shellcheck disable=SC2016 # for perl
    hold_with perl -e '$| = 1; for (0, 1) { semop($ARGV[0], pack "sss", $_, 1, 0) or die } print "ready\n"; <STDIN>' "$id"
    run --separate-stderr unshare --pid --fork --mount-proc semop-tool show -n -r -o LPID "$id"
    assert_output "-"$'\n'"-" # it is not to be seen there
    run unshare --pid --fork --mount-proc semop-tool show --orphans -n -r -o ID
    assert_success
    refute_line "$id"
}

@test "show --user: the sets that a user owns; --older-than: those that no task waits for" {
    need_second_user
    local mine waited
    mine=$(semop-tool create --init 1 1)
    waited=$(semop-tool create --init 0 1)
    of_stranger --init 1
    start semop-tool op "$waited" 0-1
    await "1 0" waiting "$waited" 0
    run cells -u "$stranger"
    assert_output "$id"
    run cells --user=root
    assert_output "$mine"$'\n'"$waited"
    run cells --older-than=1h
    assert_output ""
    until ((EPOCHSECONDS - $(kernel_ctime "$id") > 1)); do :; done
    run cells --older-than=1s
    assert_output "$mine"$'\n'"$id"
    run cells --older-than=1s -u "$stranger" --orphans
    assert_output "$id"
    run semop-tool show --orphans "$id"
    assert_failure 2
    assert_output "semop-tool: --orphans: not valid with SET: it selects from all sets"
}

# cells OPTION...: the ids of the sets that are listed.
cells() {
    semop-tool show "$@" -n -r -o ID 2>/dev/null
}

kernel_ctime() {
    awk -v id="$1" '$2 == id { print $10 }' /proc/sysvipc/sem
}

@test "show -o LPID,LSTATE: the last operators, and whether one lives" {
    need_second_user
    local id
    id=$(semop-tool create --init 1 3)
    operate "$id" 0 1
    assert_equal "$(semop-tool show -n -r -o LSTATE)" gone
    # shellcheck disable=SC2016 # for perl
    hold_with perl -e '$| = 1; for (1, 2) { semop($ARGV[0], pack "sss", $_, 1, 0) or die } print "ready\n"; <STDIN>' "$id"
    assert_regex "$(semop-tool show -n -r -o LPID,LSTATE)" "^[0-9]+,$holder alive\$"
    run unshare --pid --fork --mount-proc semop-tool show -n -r -o LPID,LSTATE
    assert_output "- -"
    let_go
    assert_equal "$(semop-tool show -n -r -o LSTATE)" gone
}

# --- show: again and again ---------------------------------------------------

@test "show --watch --count=N in a pipe: N blocks with a blank line between" {
    id=$(semop-tool create --init 4 1)
    run semop-tool show --watch=0.01 --count=3 -o ID
    assert_output "ID"$'\n'"$id"$'\n\n'"ID"$'\n'"$id"$'\n\n'"ID"$'\n'"$id"
    run semop-tool show --watch=0.01 --count=2 -n -o VALUE "$id"
    # The width of the column without a heading is libsmartcols' own affair.
    assert_output --regexp $'^ *4\n\n *4$'
    run bash -c "semop-tool show --watch=0.01 --count=3 -J -o ID | jq -c .sets[0].id"
    assert_output "$id"$'\n'"$id"$'\n'"$id"
    run timeout 60 semop-tool show --watch=1h --count=1
    assert_success
}

@test "show --watch in a pipe: each block is there when it is made, and shows what is then" {
    local line blocks=0
    id=$(semop-tool create --init 1 1)
    exec {watch}< <(exec semop-tool show --watch=0.02 -n -r -o VALUE "$id" 3>&-)
    watcher=$!
    read -r line <&"$watch"
    assert_equal "$line" 1
    operate "$id" 0 6
    while [[ $line != 7 ]]; do
        read -r line <&"$watch"
        ((++blocks < 2000)) || fail "the change never came"
    done
    kill "$watcher"
    wait "$watcher" || :
    exec {watch}<&-
}

@test "show --watch: ends quietly when nobody reads any more" {
    semop-tool create 1
    run --separate-stderr timeout 60 bash -c 'semop-tool show --watch=0.01 | head -n 1'
    assert_success
    assert_output --partial KEY
    assert_quiet
}

# watch_terminal ARGUMENT...: semop-tool show --watch on a terminal, until the test ends.
watch_terminal() {
    exec {terminal}< <(exec env TERM=xterm script -qefc \
        "stty cols 80 rows 24; exec semop-tool show --watch=0.05 $*" /dev/null </dev/null 2>&1 3>&-)
    watcher=$!
    frames=0
}

# next_frame: the screen up to its last "erase below" (ESC [ J) into $frame.
next_frame() {
    ((++frames < 1000)) || fail "what was waited for never came"
    # shellcheck disable=SC2034 # J is no variable
    IFS= read -r -d J frame <&"$terminal" || fail "no more screens"
    frame=${frame//$'\r'/}
}

# marked: the cells of $frame that are in reverse, in one line.
marked() {
    grep -oP '\x1b\[7m\K[^\x1b]*' <<<"$frame" | xargs || :
}

# settle REGEX: reads on until a screen is like that; what was marked there
# goes to $marks.
settle() {
    until next_frame && [[ $frame =~ $1 ]]; do :; done
    marks=$(marked)
}

@test "show --watch on a terminal: paints over, marks what changed, once" {
    local a b
    a=$(semop-tool create -m 0600 1)
    b=$(semop-tool create -m 0600 1)
    watch_terminal -o KEY,ID,MODE,NSEMS
    next_frame
    assert_regex "$frame" "^"$'\e'"\[HKEY +ID +MODE NSEMS"
    assert_equal "$(marked)" ""
    semop-tool set -m 0640 "$b"
    settle 0640
    assert_equal "$marks" 0640
    next_frame
    assert_equal "$(marked)" ""
    ipcrm -s "$a"
    settle "NSEMS[^0]+0x00000000 +$b "
    assert_equal "$marks" ""
}

@test "show --watch on a terminal: what changed is marked whichever columns are chosen" {
    local a b
    a=$(semop-tool create -m 0600 1)
    b=$(semop-tool create -m 0600 2)
    watch_terminal -o MODE,OWNER,NSEMS
    next_frame
    semop-tool set -m 0640 "$b"
    settle 0640
    assert_equal "$marks" 0640
    ipcrm -s "$a"
    settle "NSEMS[^0]+0640 "
    assert_equal "$marks" ""
}

@test "show SET... --watch on a terminal: of several sets only what changed is marked" {
    local a b
    a=$(semop-tool create --init 11,12 2)
    b=$(semop-tool create --init 13,14 2)
    watch_terminal "-o ID,SEM,VALUE $a $b"
    next_frame
    semop-tool set "$b" 1=23
    settle " 23"
    assert_equal "$marks" 23
    ipcrm -s "$a"
    settle "$b +0 +13[^0-9]+$b +1 +23"
    until [[ $frame != *" 11"* ]]; do next_frame; done
    assert_equal "$(marked)" ""
}

# --- show: where one source is refused, another is used ----------------------

# hide_proc COMMAND...: where /proc/sysvipc is empty, and kernel.sem too.
hide_proc() {
    # shellcheck disable=SC2016 # for that bash
    unshare --mount bash -c 'mount -t tmpfs none /proc/sysvipc && mount --bind /dev/null /proc/sys/kernel/sem && exec "$@"' bash "$@"
}

# everything COMMAND...: all that show knows of all sets, by way of COMMAND.
everything() {
    "$@" semop-tool show --json --time-format=raw -o KEY,ID,OWNER,GROUP,CREATOR,MODE,NSEMS,OTIME,CTIME
}

# some_sets: one of each sort that a source could lose.
some_sets() {
    semop-tool create -k 0x4d2 -m 0 3 >/dev/null
    semop-tool create -k 0xfffffff0 -m 0777 1 >/dev/null
    half_made 0x4d3 30
}

@test "show: where semctl refuses the list, it comes from /proc/sysvipc/sem, complete" {
    local fault reference
    some_sets
    reference=$(everything env)
    assert_equal "$(jq '.sets | length' <<<"$reference")" 3
    for fault in semctl:SEM_INFO={EPERM,EACCES,ENOSYS,EINVAL} semctl:SEM_STAT_ANY={EINVAL,EPERM,ENOSYS,EACCES} semctl={EPERM,ENOSYS}; do
        run --separate-stderr everything with_fault "$fault"
        assert_success
        assert_output "$reference"
        assert_quiet
        # That it was refused, and so the other source was asked.
        run --separate-stderr with_fault "$fault" semop-tool show --calls
        assert_regex "$stderr" "= -1 ${fault#*=} "
    done
}

@test "show: without /proc/sysvipc the list comes from semctl, also before Linux 4.17" {
    local reference
    some_sets
    reference=$(everything env)
    run hide_proc cat /proc/sysvipc/sem
    assert_failure
    run --separate-stderr everything hide_proc
    assert_success
    assert_output "$reference"
    run --separate-stderr everything hide_proc env IPCLAB_FAULT=semctl:SEM_STAT_ANY=EINVAL LD_PRELOAD="$fault_library"
    assert_success
    assert_output "$reference"
}

@test "show: before Linux 4.17 what one may not read is hidden, and that is said" {
    need_second_user
    semop-tool create -m 0600 1
    semop-tool create -m 0600 1
    id=$(semop-tool create -m 0644 1)
    install -m 755 "$fault_library" "$TMPDIR/fault.so"
    as_nobody true # to have the programs copied
    run --separate-stderr hide_proc env IPCLAB_FAULT=semctl:SEM_STAT_ANY=EINVAL \
        setpriv --reuid=65534 --regid=65534 --clear-groups env LD_PRELOAD="$TMPDIR/fault.so" \
        "$TMPDIR/bin/semop-tool" show -n -r -o ID
    assert_success
    assert_output "$id"
    assert_regex "$stderr" '^semop-tool: 2 sets are hidden'
}

@test "show: where all is refused, exit status 1 and the reason" {
    local error
    semop-tool create 1
    for error in EPERM ENOSYS EACCES; do
        run --separate-stderr hide_proc env IPCLAB_FAULT="semctl=$error" LD_PRELOAD="$fault_library" semop-tool show -n
        assert_failure 1
        assert_output ""
        assert_regex "${stderr_lines[0]}" "^semop-tool: sets: semctl: $error: "
        assert_equal "$(grep -c '^semop-tool' <<<"$stderr")" 1
    done
}

# --- why semget(2) was refused -----------------------------------------------

@test "semget EACCES: caller, owner, mode, and what was asked for" {
    need_second_user
    create -k 0x4d2 -m 0640 3
    refused as_nobody semop-tool create -k 0x4d2 3
    assert_said "0x4d2: semget: EACCES: set $id belongs to root:root with mode 0640, which grants nobody (others) no access; the call requested 0600"
    assert_hint "root can grant more: semop-tool set -m MODE $id"
    refused as_nobody semop-tool create --open -m 0004 -k 0x4d2 3
    assert_said "0x4d2: semget: EACCES: set $id belongs to root:root with mode 0640, which grants nobody (others) no access; the call requested 0004"
    semop-tool set -m 0646 "$id"
    run as_nobody semop-tool create -k 0x4d2 3
    assert_success
    # --open asks for no more than is needed.
    semop-tool set -m 0 "$id"
    run --separate-stderr as_nobody semop-tool create --open -k 0x4d2 0
    assert_success
    assert_output "$id"
}

@test "semget EEXIST: the set went in the meantime" {
    refused with_fault semget=EEXIST semop-tool create -x -k 0x4d2 3
    assert_said "0x4d2: semget: EEXIST: the set with this key has just been removed"
    assert_hint "try again"
}

@test "semget EINVAL: more than SEMMSL, more than the set has, none at all" {
    refused semop-tool create 0
    assert_said "0: semget: EINVAL: a new set needs at least 1 semaphore, but 0 were requested"
    assert_hint "give an NSEMS of at least 1; 0 only opens an existing set"
    create -k 0x4d2 3
    refused semop-tool create -k 0x4d2 4
    assert_said "0x4d2: semget: EINVAL: set $id has 3 semaphores, but 4 were requested"
    assert_hint "a set never grows: request at most as many, or remove it first: ipcrm -s $id"
    refused semop-tool create --open -k 0x4d2 4
    assert_said "0x4d2: semget: EINVAL: set $id has 3 semaphores, but 4 were requested"
    refused semop-tool create "$(($(cut -f1 /proc/sys/kernel/sem) + 1))"
    assert_regex "$said" ": semget: EINVAL: $(($(cut -f1 /proc/sys/kernel/sem) + 1)) semaphores exceed SEMMSL, the limit for one set: $(cut -f1 /proc/sys/kernel/sem)\$"
    limit SEMMSL 5
    refused semop-tool create 6
    assert_said "6: semget: EINVAL: 6 semaphores exceed SEMMSL, the limit for one set: 5"
    assert_hint "request fewer, or raise the first number of kernel.sem as root: sysctl kernel.sem"
    create 5
}

@test "semget EINVAL: a million semaphores and more cost no memory first" {
    [[ $SANITIZERS == no ]] || skip "the sanitizers' own memory passes the limit"
    run --separate-stderr bash -c 'ulimit -S -v 524288 && semop-tool create --init 1 2147483647'
    assert_regex "$stderr" 'semop-tool: 2147483647: (semget: EINVAL: 2147483647 semaphores exceed SEMMSL|invalid NSEMS: )'
}

@test "semget ENOENT: the key" {
    refused semop-tool show 0xfffffffe
    assert_said "0xfffffffe: semget: ENOENT: no semaphore set has key 0xfffffffe"
    assert_hint "list the sets with semop-tool show, or create one: semop-tool create -k 0xfffffffe NSEMS"
    refused semop-tool set 0x4d2 0=1
    assert_said "0x4d2: semget: ENOENT: no semaphore set has key 0x000004d2"
    refused semop-tool rm 0x4d2
    assert_said "0x4d2: semget: ENOENT: no semaphore set has key 0x000004d2"
}

@test "semget ENOMEM: what is free" {
    refused with_fault semget=ENOMEM semop-tool create 3
    assert_regex "$said" "^3: semget: ENOMEM: the kernel has no memory left for this: [0-9.]+ (KiB|MiB|GiB|TiB) are available\$"
    assert_hint "check the memory limit of the control group: it includes the kernel memory of sets and undo lists"
}

@test "semget ENOSPC: SEMMNI, its value and use" {
    create 1
    semop-tool create 1
    limit SEMMNI 2
    refused semop-tool create 1
    assert_said "1: semget: ENOSPC: SEMMNI is reached: 2 of 2 allowed sets exist"
    assert_hint "remove the orphans that semop-tool show --orphans lists, or raise the limit as root: sysctl kernel.sem"
    refused semop-tool create -k 0x4d2 1
    assert_said "0x4d2: semget: ENOSPC: SEMMNI is reached: 2 of 2 allowed sets exist"
    ipcrm -s "$id"
    create 1
}

@test "semget ENOSPC: SEMMNS, its value and use, and what was asked for" {
    create 3
    semop-tool create 5
    limit SEMMNS 10
    refused semop-tool create 3
    assert_said "3: semget: ENOSPC: SEMMNS would be exceeded: 8 of 10 allowed semaphores are in use, and the call requests 3"
    assert_hint "remove the orphans that semop-tool show --orphans lists, or raise the limit as root: sysctl kernel.sem"
    semop-tool create 2
    refused semop-tool create 1
    assert_said "1: semget: ENOSPC: SEMMNS would be exceeded: 10 of 10 allowed semaphores are in use, and the call requests 1"
    ipcrm -s "$id"
    semop-tool create 3
}

@test "semget, semctl ENOSYS, EFAULT and what no manual page has" {
    local subcommand
    refused with_fault semget=ENOSYS semop-tool create 3
    assert_said "3: semget: ENOSYS: this kernel or sandbox has no System V IPC"
    assert_hint "check whether the kernel has CONFIG_SYSVIPC (zgrep SYSVIPC /proc/config.gz) and whether seccomp filters calls (grep Seccomp /proc/self/status)"
    create 3
    refused with_fault semctl:GETVAL=ENOSYS semop-tool show "$id"
    assert_said "$id: semctl: ENOSYS: this kernel or sandbox has no System V IPC"
    refused with_fault semctl:IPC_STAT=EFAULT semop-tool show "$id"
    assert_said "$id: semctl: EFAULT: the program passed a buffer outside its memory, which is a bug in the program"
    refused with_fault semget=EIO semop-tool create 3
    assert_said "3: semget: EIO: Input/output error"
    assert_hint "semget(2) does not document this error; a security module or a sandbox may have caused it"
}

# --- why semctl(2) was refused -----------------------------------------------

@test "semctl EACCES: reading needs read, changing a value needs write" {
    need_second_user
    create -m 0644 --init 1 2
    refused as_nobody semop-tool set "$id" 0=5
    assert_said "$id: semctl: EACCES: set $id belongs to root:root with mode 0644, which grants nobody (others) read access only; the call needs write access"
    assert_hint "root can grant it: semop-tool set -m MODE $id"
    refused as_nobody semop-tool set "$id" --all 5,5
    assert_said "$id: semctl: EACCES: set $id belongs to root:root with mode 0644, which grants nobody (others) read access only; the call needs write access"
    semop-tool set -m 0602 "$id"
    refused as_nobody semop-tool show "$id"
    assert_said "$id: semctl: EACCES: set $id belongs to root:root with mode 0602, which grants nobody (others) write access only; the call needs read access"
    assert_equal "$(values "$id")" "1 1"
    run as_nobody semop-tool set "$id" 0=5
    assert_success
    semop-tool set -m 0604 "$id"
    run as_nobody semop-tool show -n -r -o VALUE "$id"
    assert_output $'5\n1'
}

@test "semctl EPERM: only owner, creator and root remove and change" {
    need_second_user
    create -m 0666 1
    refused as_nobody semop-tool rm "$id"
    assert_said "$id: semctl: EPERM: set $id belongs to root and was created by root; nobody is neither"
    assert_hint "root can remove it"
    refused as_nobody semop-tool set -m 0600 "$id"
    assert_said "$id: semctl: EPERM: set $id belongs to root and was created by root; nobody is neither"
    assert_hint "root can change it"
    semop-tool set -u 1234 "$id"
    refused as_nobody semop-tool rm "$id"
    assert_said "$id: semctl: EPERM: set $id belongs to 1234 and was created by root; nobody is neither"
    assert_hint "1234 or root can remove it"
    # The owner may, whoever created it.
    semop-tool set -u nobody "$id"
    run as_nobody semop-tool set -m 0 "$id"
    assert_success
    run as_nobody semop-tool rm "$id"
    assert_success
}

@test "semctl EINVAL: no such set, or one that has gone" {
    local subcommand later
    for subcommand in "show $no_such" "set $no_such 0=1" "set -m 0600 $no_such" "rm $no_such"; do
        # shellcheck disable=SC2086 # words
        refused semop-tool $subcommand
        assert_said "$no_such: semctl: EINVAL: there is no semaphore set $no_such"
        assert_hint "list the sets with semop-tool show"
    done
    # Its place in the table is another's: it has existed.  Not the first set, whose number may be drawn (age_ids).
    semop-tool rm "$(semop-tool create 1)"
    create 1
    # Until its place, which is the id's low 15 bits, has a set again.
    # shellcheck disable=SC2016 # for perl
    later=$(perl -e '
        for (1 .. 40000) {
            semctl $later // $ARGV[0], 0, 0, 0;
            $later = semget 0, 1, 01600;
            last if ($later & 32767) == ($ARGV[0] & 32767);
        }
        print $later' "$id")
    refused semop-tool show "$id"
    assert_said "$id: semctl: EINVAL: set $id was removed; set $later now uses its slot in the table"
    # An error that should not be.
    refused with_fault semctl:GETVAL=EINVAL semop-tool show "$later"
    assert_said "$later: semctl: EINVAL: this kernel does not know the command, or the command does not apply to this set"
}

@test "semctl EIDRM: removed between two calls" {
    create 1
    refused with_fault semctl:GETVAL=EIDRM semop-tool show "$id"
    assert_said "$id: semctl: EIDRM: set $id was removed"
    assert_hint "list the sets with semop-tool show"
    refused with_fault semctl:IPC_RMID=EIDRM semop-tool rm "$id"
    assert_said "$id: semctl: EIDRM: set $id was removed"
}

@test "semctl ERANGE: which semaphore, which value, SEMVMX" {
    create 2
    refused with_fault semctl:SETVAL=ERANGE semop-tool set "$id" 1=5
    assert_said "$id: semctl: ERANGE: semaphore 1 cannot be set to 5: values range from 0 to SEMVMX, 32767"
    refused with_fault semctl:SETALL=ERANGE semop-tool set "$id" --all 1,5
    assert_said "$id: semctl: ERANGE: one of the values is outside the range from 0 to SEMVMX, 32767"
}

# --- --calls -----------------------------------------------------------------

@test "--calls: what each subcommand did, structs and lists spelt out" {
    run --separate-stderr semop-tool create --calls -k 0x4d2 --init 1,0,8 -m 0640 3
    id=$output
    assert_says "semget(0x4d2, 3, IPC_CREAT|IPC_EXCL|0640) = $id
semctl($id, 0, SETALL, [0, 0, 8]) = 0
semop($id, [{sem_num=0, sem_op=1, sem_flg=IPC_NOWAIT}], 1) = 0"
    run --separate-stderr semop-tool --calls create 1
    assert_says "semget(IPC_PRIVATE, 1, IPC_CREAT|0600) = $output
semctl($output, 0, SETALL, [0]) = 0
semop($output, [{sem_num=0, sem_op=0, sem_flg=IPC_NOWAIT}], 1) = 0"
    run --separate-stderr semop-tool show --calls -n -o VALUE "$id"
    assert_equal "${stderr_lines[0]}" "semctl($id, 0, IPC_STAT, {sem_perm={__key=0x4d2, uid=$(id -u), gid=$(id -g), cuid=$(id -u), cgid=$(id -g), mode=0640, __seq=$((id >> 15))}, sem_otime=$(table_says "$id" otime), sem_ctime=$(table_says "$id" ctime), sem_nsems=3}) = 0"
    assert_equal "${stderr_lines[9]}" "semctl($id, 2, GETVAL) = 8"
    run --separate-stderr semop-tool set --calls -m 0600 -u 0:0 "$id" 1=3 --all 4,5,6
    assert_equal "$(tail -n 3 <<<"$stderr")" "semctl($id, 0, IPC_SET, {sem_perm={uid=0, gid=0, mode=0600}}) = 0
semctl($id, 0, SETALL, [4, 5, 6]) = 0
semctl($id, 1, SETVAL, 3) = 0"
    run --separate-stderr semop-tool rm --calls "$id" "$no_such"
    assert_regex "$stderr" "semctl\($id, 0, IPC_RMID\) = 0"
    assert_regex "$stderr" "semctl\($no_such, 0, IPC_STAT, 0x[0-9a-f]+\) = -1 EINVAL \(Invalid argument\)"
}

# alike: standard input's calls in one form, whoever printed them: structs and
# the addresses of buffers left out, no permissions written the same, no padding.
# The C library may make a semop(2) a semtimedop(2) without a time.
alike() {
    sed -nE -e 's/ +=/ =/
        s/\{.*\}/{...}/
        s/^(semctl\([0-9]+, [0-9]+, [A-Z_]+), (0x[0-9a-f]+|NULL|\[[0-9, ]*\]|\{\.\.\.\}|[0-9]+)\)/\1)/
        s/^semtimedop(\(.*), NULL\)/semop\1)/
        s/\|000\)/)/
        s/\|0000\)/)/
        s/, 000\)/, 0000)/
        s/ \(INJECTED\)//
        /^sem(get|op|timedop|ctl)\(/p'
}

# witnessed ARGUMENT...: --calls and strace must tell the same; after a refusal
# strace also sees the calls that only explain it, so what is compared ends there.
witnessed() {
    local count
    "${traced[@]}" -o witness -e trace=semget,semop,semtimedop,semctl semop-tool --calls "$@" >/dev/null 2>stated || :
    alike <stated >stated.alike
    count=$(wc -l <stated.alike)
    assert [ "$count" -gt 0 ]
    if grep -q "^semop-tool: .*: sem[a-z]*: " stated; then
        alike <witness | head -n "$count" >witness.alike
    else
        alike <witness >witness.alike
    fi
    assert_equal "$*"$'\n'"$(<stated.alike)" "$*"$'\n'"$(<witness.alike)"
    cat stated.alike >>all
}

@test "--calls: strace sees the same calls, flags and results" {
    need_strace
    local row word
    id=$(semop-tool create -k 0x4d1 --init 2 3)
    while read -r row <&4; do
        eval "witnessed $row"
    done 4<<END
create --init 1,2 2
create -x -m 0 1
create -k 0x4d2 --init 5 3
create -k 0x4d2 3
create -k 0x4d2 -x 3
create -k 0x4d2 4
create -o -k 0x4d2 0
create -o -k 0xffffffff -m 0600 0
create 0
op $id 0-1
op $id 0-1u,1+2n 2=0n
op -n $id 0-32767
op -t 1h $id 1-1,1+1 0+1u
op -t 0 $id 0-32767
op --repeat 3 $id 0+1,0-1
op $id 0-1,1-1 2-1u -- true
op $no_such 0-1
show
show $id 0x4d2
show $no_such
show -o WAITING
set $id 0=1 2=3
set $id --all 1,2,3
set $id -m 0640 -u $(id -u)
set 0x4d2 0=1
limits
rm 0x4d2
rm 0x4d2 $id
END
    # Nothing that the program can call was left out (SEM_STAT has its own test).
    for word in semget semop semtimedop 'semctl.*'{IPC_STAT,IPC_SET,IPC_RMID,IPC_INFO,SEM_INFO,SEM_STAT_ANY,GETVAL,GETNCNT,GETZCNT,GETPID,SETVAL,SETALL} \
        IPC_PRIVATE IPC_CREAT IPC_EXCL; do
        assert_regex "$(<all)" "$word"
    done
}
