#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# shmstat, but for --processes and --pid (shmstat-processes.bats): each column
# against the neighbours that show the same, columns and formats, filters,
# --detail, --limits, which source is used when another is refused, terminals,
# output that cannot be written, hostile names, command lines.

load helpers/common

# --- what there is -----------------------------------------------------------

# help_columns: every column that "-o help" lists, one a line.
help_columns() {
    shmstat -o help | cut -d ' ' -f 1
}

process_columns=(PID USER PROT ADDRESS COMMAND)

# segment_columns: those that need no --processes, with commas between.
segment_columns() {
    help_columns | grep -vxF "$(printf '%s\n' "${process_columns[@]}")" | paste -sd,
}

# cells LIST [OPTION...]: the cells of these columns as words, no heading.
cells() {
    shmstat -n -r -o "$@"
}

# await_second SECOND: the kernel notes times in whole seconds; comes back when
# that one is over.
await_second() {
    while ((EPOCHSECONDS <= $1)); do sleep 0.05; done
}

# --- a random population, seen by everyone -----------------------------------

# Made once; what shmstat and the others say of it is kept, and it goes before
# the first test begins.  The same again: IPCLAB_SEED=N.
setup_file() {
    local seed=${IPCLAB_SEED:-$RANDOM$RANDOM} BATS_TEST_TMPDIR=$BATS_FILE_TMPDIR
    echo "# shmstat: a population of seed $seed (IPCLAB_SEED=$seed makes it again)" >&3
    populate "$seed"
    take_snapshots
    clean_up
}

# The program that makes it.  It stays, for it is the creator and the last user
# of some; what it prints is what is to be attached, and of that to be removed.
population_program() {
    cat <<'END'
use strict;
use warnings;
use constant { IPC_CREAT => 01000, IPC_EXCL => 02000, SHM_LOCK => 11 };

my ($seed, $count, $users) = @ARGV;
my @creators = $users ? ([0, 0], [1, 1], [2, 65534], [65534, 2]) : ([0, 0]);
my @owners = $users ? ('1', '65534:1', '12345:54321', '4000000000', ':2') : ();
my %size;
srand($seed);
$| = 1;

sub one_in { my ($n) = @_; return rand($n) < 1; }
sub some { my ($n, @of) = @_; return grep { one_in($n) } @of; }

# All times of the kernel are whole seconds: without this they would be one.
sub next_second { my $now = time; select(undef, undef, undef, 0.02) while time == $now; }

# By this process, or by one that is gone afterwards.
sub by_somebody {
    my ($do) = @_;
    return $do->() if one_in(3);
    my $pid = open(my $from, '-|') // die "fork: $!";
    if (!$pid) { print $do->(); exit 0; }
    my $result = <$from>;
    close $from;
    return $result;
}

sub create {
    my ($key, $size, $mode, $who) = @_;
    $) = "$who->[1] $who->[1]" if $users;
    $> = $who->[0];
    my $id = shmget($key, $size, IPC_CREAT | IPC_EXCL | $mode);
    defined $id or die "shmget: $!";
    $> = 0;
    $) = '0 0' if $users;
    return $id + 0;
}

for (1 .. $count) {
    my @wanted = (one_in(3) ? 0 : int(rand(4294967295)) - 2147483648, 1 + int(2 ** rand(22)), int(rand(01000)));
    my $who = $creators[rand @creators];
    my $id = by_somebody(sub { create(@wanted, $who) });
    $size{$id} = $wanted[1];
}
my @ids = sort { $a <=> $b } keys %size;

next_second();
for my $id (some(2, @ids)) {
    my @bytes = map { int(rand($size{$id})) } 1 .. 1 + rand(4);
    by_somebody(sub { shmwrite($id, 'x', $_, 1) or die "shmwrite: $!" for @bytes; return 1; });
}

next_second();
for my $owner (@owners) {
    system('shmctl-tool', 'set', '-u', $owner, some(8, @ids)) == 0 or die;
}
# Few and small, for what an ordinary user may lock is little.
my @locked = (sort { $size{$a} <=> $size{$b} } @ids)[0 .. 7];
defined(shmctl($_, SHM_LOCK, 0)) or die "SHM_LOCK: $!" for @locked;

my @attached = (some(5, @ids), $locked[0], $locked[0]);
my @removed = (some(3, @attached), $locked[0]);
my %once = map { $_ => 1 } @removed;
print 'attach ', join(' ', map { one_in(3) ? "$_,ro" : $_ } @attached, some(2, @attached)),
    ' remove ', join(' ', sort keys %once), "\n";
<STDIN>;
END
}

populate() { # SEED
    local attached removed users=0
    [[ $IPCLAB_NAMESPACE != root ]] || users=1
    population_program >"$BATS_FILE_TMPDIR/population.pl"
    hold_with perl "$BATS_FILE_TMPDIR/population.pl" "$1" 200 "$users"
    [[ $hold_line == 'attach '*' remove '* ]] || fail "no population: $hold_line"
    read -ra removed <<<"${hold_line##* remove }"
    hold_line=${hold_line#attach }
    read -ra attached <<<"${hold_line%% remove *}"
    hold_with "$helpers/holder" "${attached[@]}"
    ipcrm "${removed[@]/#/-m}"
}

# Facts are lines COLUMN<tab>ID<tab>VALUE, sorted; what is not known has none.
# Each source is brought to shmstat's names and notation.
take_snapshots() {
    local all id
    set -o pipefail
    all=$(segment_columns)
    cd "$BATS_FILE_TMPDIR" || return

    shmstat --json --time-format=raw -o "$all" >ours.json
    shmstat --raw --time-format=raw -o "$all" >ours.raw
    shmstat --export --time-format=raw -o "$all" >ours.export
    shmstat --json --time-format=iso -o ID,ATIME,DTIME,CTIME >iso.json
    cp /proc/sysvipc/shm proc.txt
    lsipc -m --bytes --json --numeric-perms --time-format=iso \
        -o KEY,ID,OWNER,PERMS,CUSER,CGROUP,GID,SIZE,NATTCH,STATUS,CPID,LPID,COMMAND,ATTACH,DETACH,CTIME >lsipc.json
    lsipc -m --json -o ID,PERMS >lsipc-perms.json
    ipcs -m >ipcs.txt
    ipcs -m -c >ipcs-c.txt
    ipcs -m -p >ipcs-p.txt
    for id in $(ids); do ipcs -m -i "$id"; done >ipcs-i.txt
    for id in $(ids); do command_line LCOMMAND "$id" "$(kernel_says "$id" lpid)"; done >commands.txt

    local source
    for source in ours proc lsipc ipcs ipcs-c ipcs-p ipcs-i commands; do
        "facts_${source//-/_}" | LC_ALL=C sort -u >"$source"
    done
}

command_line() { # COLUMN ID PID
    [[ ! -r /proc/$3/cmdline ]] ||
        printf '%s\t%s\t%s\n' "$1" "$2" "$(tr '\0' ' ' <"/proc/$3/cmdline" | sed 's/ $//')"
}

facts_of_json() { # FILE ARRAY
    jq -r --arg array "$2" '.[$array][] | .id as $id | to_entries[] | select(.value != null)
        | "\(.key | ascii_upcase)\t\($id)\t\(.value)"' "$1"
}

# Times also as ctime(3) and as ISO 8601 write them, as the neighbours do.
facts_ours() {
    local column id value
    facts_of_json ours.json segments
    facts_of_json ours.json segments | grep -E '^[ADC]TIME' | while IFS=$'\t' read -r column id value; do
        printf '%s/ctime\t%s\t%(%a %b %e %T %Y)T\n' "$column" "$id" "$value"
    done
    facts_of_json iso.json segments | sed -n 's,^\([ADC]TIME\),\1/iso,p'
}

# with_names AWK-PROGRAM FILE: with user(ID) and group(ID) and say(COLUMN, ID, VALUE).
with_names() {
    {
        getent passwd | sed 's/^/u:/'
        getent group | sed 's/^/g:/'
    } | awk -F: '!(($1, $4) in seen) { seen[$1, $4]; print $1, $4, $2 }' >names.txt
    awk '
        function name(kind, id) { return (kind, id) in names ? names[kind, id] : id }
        function user(id) { return name("u", id) }
        function group(id) { return name("g", id) }
        function say(column, id, value) { if (value != "") print column "\t" id "\t" value }
        FILENAME == "names.txt" { names[$1, $2] = $3; next }
        '"$1" names.txt "$2"
}

facts_proc() {
    # shellcheck disable=SC2016 # for awk
    with_names '
        function set(time) { return time > 0 ? time : "" }
        FNR == 1 { next }
        {
            # Negative for the half of all keys; awks differ in what %x makes of that.
            say("KEY", $2, sprintf("0x%08x", ($1 + 4294967296) % 4294967296))
            say("ID", $2, $2)
            say("SEGMENT", $2, $2)
            say("KIND", $2, "sysv")
            mode = sprintf("%04d", $3)
            say("MODE", $2, "0" substr(mode, length(mode) - 2))
            if (length(mode) > 3) {
                status = substr(mode, 1, length(mode) - 3)
                say("STATUS", $2, status == 1 ? "dest" : status == 2 ? "locked" : status == 3 ? "dest,locked" : "")
            }
            say("SIZE", $2, $4)
            say("PAGES", $2, int(($4 + '"$(getconf PAGESIZE)"' - 1) / '"$(getconf PAGESIZE)"'))
            say("CPID", $2, set($5))
            say("LPID", $2, set($6))
            say("NATTCH", $2, $7)
            say("OWNER", $2, user($8))
            say("GROUP", $2, group($9))
            say("CREATOR", $2, user($10))
            say("CGROUP", $2, group($11))
            say("ATIME", $2, set($12))
            say("DTIME", $2, set($13))
            say("CTIME", $2, set($14))
            say("RSS", $2, $15)
            say("SWAP", $2, $16)
        }' proc.txt
}

facts_lsipc() {
    facts_of_json lsipc-perms.json sharedmemory
    facts_of_json lsipc.json sharedmemory >lsipc.txt
    # shellcheck disable=SC2016 # for awk
    with_names '
        BEGIN {
            our["CUSER"] = "CREATOR"; our["COMMAND"] = "CCOMMAND"; our["PERMS"] = "MODE"; our["GID"] = "GROUP"
            our["ATTACH"] = "ATIME/iso"; our["DETACH"] = "DTIME/iso"; our["CTIME"] = "CTIME/iso"
        }
        {
            value = substr($0, length($1) + length($2) + 3)
            if ($1 == "PERMS") value = sprintf("%04d", value)
            if ($1 == "GID") value = group(value)
            if ($1 != "LPID" || value > 0) say($1 in our ? our[$1] : $1, $2, value)
        }' lsipc.txt
}

facts_ipcs() {
    awk '/^0x/ {
        print "KEY\t" $2 "\t" $1; print "ID\t" $2 "\t" $2; print "OWNER\t" $2 "\t" $3
        printf "MODE\t%s\t%04d\n", $2, $4; print "SIZE\t" $2 "\t" $5; print "NATTCH\t" $2 "\t" $6
        if (NF > 6) print "STATUS\t" $2 "\t" $7 (NF > 7 ? "," $8 : "")
    }' ipcs.txt
}

facts_ipcs_c() {
    awk '/^[0-9]/ {
        print "CREATOR\t" $1 "\t" $3; print "CGROUP\t" $1 "\t" $4; print "OWNER\t" $1 "\t" $5; print "GROUP\t" $1 "\t" $6
    }' ipcs-c.txt
}

facts_ipcs_p() {
    awk '/^[0-9]/ { print "CPID\t" $1 "\t" $3; if ($4) print "LPID\t" $1 "\t" $4 }' ipcs-p.txt
}

# Lines of NAME=VALUE with tabs between.
facts_ipcs_i() {
    # shellcheck disable=SC2016 # for awk
    with_names '
        BEGIN {
            our["access_perms"] = "MODE"; our["bytes"] = "SIZE"; our["lpid"] = "LPID"; our["cpid"] = "CPID"
            our["nattch"] = "NATTCH"; our["uid"] = "OWNER"; our["gid"] = "GROUP"; our["cuid"] = "CREATOR"
            our["cgid"] = "CGROUP"; our["att_time"] = "ATIME/ctime"; our["det_time"] = "DTIME/ctime"
            our["change_time"] = "CTIME/ctime"
        }
        /shmid=/ { sub(/.*shmid=/, ""); id = $1; next }
        {
            count = split($0, pairs, "\t")
            for (i = 1; i <= count; i++) {
                at = index(pairs[i], "=")
                field = substr(pairs[i], 1, at - 1)
                value = substr(pairs[i], at + 1)
                sub(/ +$/, "", value)
                if (!(field in our) || value == "Not set" || (field == "lpid" && value == 0)) continue
                if (field ~ /uid/) value = user(value)
                if (field ~ /gid/) value = group(value)
                if (field == "access_perms") value = sprintf("%04d", value)
                say(our[field], id, value)
            }
        }' ipcs-i.txt
}

facts_commands() {
    cat commands.txt
}

facts_about() { # COLUMN SOURCE...
    grep -h "^$1"$'\t' "${@:2}"
}

# agree COLUMN SOURCE...: shmstat says of each segment in COLUMN what each SOURCE says.
agree() {
    local source
    cd "$BATS_FILE_TMPDIR" || return
    for source in "${@:2}"; do
        facts_about "$1" "$source" >"$BATS_TEST_TMPDIR/theirs" || fail "$source says nothing about $1"
        facts_about "$1" ours >"$BATS_TEST_TMPDIR/ours" || :
        run diff "$BATS_TEST_TMPDIR/theirs" "$BATS_TEST_TMPDIR/ours"
        ((status == 0)) || fail "$source (<) and shmstat (>) differ about $1, for one:"$'\n'"$(head -n 20 <<<"$output")"
    done
}

@test "agreement: the population has what makes columns differ" {
    local column
    cd "$BATS_FILE_TMPDIR" || return
    run awk 'NR > 1' proc.txt
    assert_equal "${#lines[@]}" 200
    for column in KEY SIZE MODE RSS NATTCH STATUS CPID LPID LCOMMAND ATIME; do
        run sort -u <(facts_about "$column" proc commands | cut -f3)
        ((${#lines[@]} > 1)) || fail "$column is the same everywhere"
    done
    for column in ATIME DTIME LPID CCOMMAND STATUS; do
        run facts_about "$column" ours
        ((${#lines[@]} > 0 && ${#lines[@]} < 200)) || fail "$column is known of ${#lines[@]}"
    done
    run cut -f3 <(facts_about STATUS ours)
    assert_line dest
    assert_line locked
    assert_line dest,locked
    # A column that shows another time, or owner for creator, must not pass.
    run diff <(facts_about ATIME ours | cut -f2-) <(facts_about DTIME ours | cut -f2-)
    assert_failure
    run diff <(facts_about ATIME ours | cut -f2-) <(facts_about CTIME ours | cut -f2-)
    assert_failure
    if [[ $IPCLAB_NAMESPACE == root ]]; then
        for column in OWNER GROUP CREATOR; do
            run sort -u <(facts_about "$column" proc | cut -f3)
            assert [ "${#lines[@]}" -ge 3 ]
        done
        run diff <(facts_about OWNER proc | cut -f2-) <(facts_about CREATOR proc | cut -f2-)
        assert_failure
    fi
}

@test "agreement: no column goes unchecked" {
    local column
    for column in $(segment_columns | tr , ' '); do
        [[ $column != NAME ]] || continue   # of POSIX objects alone: posix.bats
        [[ $column != REMOVE ]] || continue # the test after these
        # shellcheck disable=SC2016 # a name, not its value
        run grep -q "agree $column [a-z]" "$BATS_TEST_FILENAME"
        assert_success
    done
}

@test "agreement: KEY" { agree KEY proc lsipc ipcs; }
@test "agreement: ID" { agree ID proc lsipc ipcs; }
@test "agreement: OWNER" { agree OWNER proc lsipc ipcs ipcs-c ipcs-i; }
@test "agreement: GROUP" { agree GROUP proc lsipc ipcs-c ipcs-i; }
@test "agreement: CREATOR" { agree CREATOR proc lsipc ipcs-c ipcs-i; }
@test "agreement: CGROUP, the creator's group" { agree CGROUP proc lsipc ipcs-c ipcs-i; }
@test "agreement: PERMS" { agree PERMS lsipc; }
@test "agreement: KIND, SEGMENT" { agree KIND proc && agree SEGMENT proc; }
@test "agreement: MODE" { agree MODE proc lsipc ipcs ipcs-i; }
@test "agreement: SIZE" { agree SIZE proc lsipc ipcs ipcs-i; }
@test "agreement: PAGES" { agree PAGES proc; }
@test "agreement: RSS" { agree RSS proc; }
@test "agreement: SWAP" { agree SWAP proc; }
@test "agreement: NATTCH" { agree NATTCH proc lsipc ipcs ipcs-i; }
@test "agreement: STATUS" { agree STATUS proc lsipc ipcs; }
@test "agreement: CPID" { agree CPID proc lsipc ipcs-p ipcs-i; }
@test "agreement: CCOMMAND" { agree CCOMMAND lsipc; }
@test "agreement: LPID" { agree LPID proc lsipc ipcs-p ipcs-i; }
@test "agreement: LCOMMAND" { agree LCOMMAND commands; }
@test "agreement: ATIME" { agree ATIME proc && agree ATIME/iso lsipc && agree ATIME/ctime ipcs-i; }
@test "agreement: DTIME" { agree DTIME proc && agree DTIME/iso lsipc && agree DTIME/ctime ipcs-i; }
@test "agreement: CTIME" { agree CTIME proc && agree CTIME/iso lsipc && agree CTIME/ctime ipcs-i; }

@test "REMOVE: the command only for what no process has attached and whose creator is gone" {
    local id
    id=$(shmcreate 4K)
    run shmstat -n -r -o ID,REMOVE "$id"
    assert_output "$id ipcrm\\x20-m\\x20$id"
    hold "$id"
    run shmstat -n -r -o ID,REMOVE "$id"
    assert_output "$id -"
    let_go
    # shellcheck disable=SC2016 # for perl
    hold_with perl -e '$| = 1; print "ready ", shmget(0x4d2, 4096, 01600), "\n"; <STDIN>'
    run shmstat -n -r -o ID,REMOVE "${hold_line#ready }"
    assert_output "${hold_line#ready } -"
}

@test "agreement: segments come in the order of the kernel's table" {
    run jq '.segments[].id' "$BATS_FILE_TMPDIR/ours.json"
    assert_output "$(awk 'NR > 1 { print $2 }' "$BATS_FILE_TMPDIR/proc.txt")"
}

@test "agreement: --raw says what --json says, and every line has the same number of words" {
    cd "$BATS_FILE_TMPDIR" || return
    run awk '{ print NF }' ours.raw
    assert_equal "$(sort -u <<<"$output")" "$(segment_columns | tr , '\n' | wc -l)"
    awk '
        NR == 1 { for (i = 1; i <= NF; i++) { name[i] = $i; if ($i == "ID") id = i }; next }
        { for (i = 1; i <= NF; i++) if ($i != "-") print name[i] "\t" $id "\t" $i }' ours.raw |
        sed 's/\\x20/ /g' | LC_ALL=C sort >"$BATS_TEST_TMPDIR/raw"
    run diff <(grep -v /ctime ours | grep -v /iso) "$BATS_TEST_TMPDIR/raw"
    assert_success
}

@test "agreement: --export, evaluated by the shell, says what --json says" {
    local column line columns
    cd "$BATS_FILE_TMPDIR" || return
    IFS=, read -ra columns <<<"$(segment_columns)"
    (
        while IFS= read -r line; do
            eval "$line"
            for column in "${columns[@]}"; do
                # shellcheck disable=SC2153 # ID comes from eval
                [[ -z ${!column} ]] || printf '%s\t%s\t%s\n' "$column" "$ID" "${!column}"
            done
        done <ours.export
    ) | LC_ALL=C sort >"$BATS_TEST_TMPDIR/export"
    run diff <(grep -v /ctime ours | grep -v /iso) "$BATS_TEST_TMPDIR/export"
    assert_success
}

# --- columns -----------------------------------------------------------------

@test "columns: by default KEY, ID, OWNER, PERMS, SIZE, NATTCH, STATUS" {
    local id
    id=$(shmcreate -k 0x4d2 -m 0640 64K)
    shmctl-tool lock "$id"
    hold "$id"
    run shmstat
    assert_success
    assert_equal "${#lines[@]}" 2
    assert_equal "$(xargs <<<"${lines[0]}")" "KEY ID OWNER PERMS SIZE NATTCH STATUS"
    assert_equal "$(xargs <<<"${lines[1]}")" "0x000004d2 $id root rw-r----- 64K 1 locked"
}

@test "columns: -o takes a list in any case and keeps its order" {
    local id
    id=$(shmcreate -m 0640 4K)
    run shmstat -r -o size,Id,PERMS
    assert_success
    assert_line --index 0 "SIZE ID PERMS"
    assert_line --index 1 "4096 $id rw-r-----"
    run shmstat -r --output=mode
    assert_output $'MODE\n0640'
}

@test "columns: -o +LIST adds to the default ones" {
    shmcreate 4K
    run shmstat -r -o +mode,PAGES
    assert_success
    assert_line --index 0 "KEY ID OWNER PERMS SIZE NATTCH STATUS MODE PAGES"
}

@test "columns: every one that -o help lists is accepted, alone and with all others" {
    local column
    shmcreate 4K
    assert [ "$(help_columns | wc -l)" -ge 26 ]
    for column in $(help_columns); do
        run shmstat -p -n -r -o "$column" --pid=$$
        assert_success
    done
    run shmstat -p -r -o "$(help_columns | paste -sd,)"
    assert_success
    assert_line --index 0 "$(help_columns | paste -sd' ')"
}

@test "columns: -o help lists every one" {
    local column
    shmcreate 4K
    for column in $(shmstat --detail --json | jq -r '.segments[0] | keys[] | ascii_upcase'); do
        run help_columns
        assert_line "$column"
    done
}

@test "columns: unknown, empty and -p's own without -p are refused" {
    local list
    for list in nosuch ID,nosuch "" + "," "ID," ,ID ID,,SIZE "ID SIZE" "${process_columns[@]}"; do
        run --separate-stderr shmstat -o "$list"
        assert_equal "$status" 2
        assert_output ""
        assert_equal "${#stderr_lines[@]}" 1
    done
}

# --- formats -----------------------------------------------------------------

@test "--json: numbers are numbers, mode is a string, what is not known is null" {
    shmcreate -k 0x4d2 -m 0640 64K
    shmstat --json -o "$(segment_columns)" >"$BATS_TEST_TMPDIR/json"
    run jq -r '.segments[0] | to_entries[] | "\(.key) \(.value | type)"' "$BATS_TEST_TMPDIR/json"
    assert_success
    local column type
    while read -r column type; do
        assert_line "$column $type"
    done <<'END'
key string
id number
owner string
group string
creator string
perms string
mode string
size number
pages number
rss number
swap number
nattch number
status null
cpid number
ccommand null
lpid null
lcommand null
atime null
dtime null
ctime string
remove string
END
    run jq -c '.segments[0] | [.key, .mode, .perms, .size]' "$BATS_TEST_TMPDIR/json"
    assert_output '["0x000004d2","0640","rw-r-----",65536]'
}

@test "--json --time-format=raw: times are numbers" {
    local id
    id=$(shmcreate 4K)
    run bash -c 'shmstat -J --time-format=raw -o CTIME | jq -c .segments[0].ctime'
    assert_output "$(kernel_says "$id" ctime)"
}

@test "--json: a column asked for twice is there once, for a name twice is no JSON object" {
    shmcreate 4K
    run bash -c 'shmstat -J -o ID,id,+ID 2>/dev/null || shmstat -J -o ID,id'
    assert_success
    assert_equal "$(grep -c '"id"' <<<"$output")" 1
}

@test "--raw: an empty cell is a dash, so that words can be counted" {
    local id
    id=$(shmcreate 4K)
    run shmstat --raw -o ID,STATUS,LPID,LCOMMAND,ATIME,SIZE
    assert_success
    assert_output "ID STATUS LPID LCOMMAND ATIME SIZE"$'\n'"$id - - - - 4096"
}

@test "--export: one line of KEY=\"value\" for each segment, empty ones too" {
    local id
    id=$(shmcreate -k 0x4d2 4K)
    run shmstat --export -o KEY,ID,STATUS,SIZE
    assert_success
    assert_output "KEY=\"0x000004d2\" ID=\"$id\" STATUS=\"\" SIZE=\"4096\""
}

@test "--noheadings: in the table and in raw lines" {
    local id
    id=$(shmcreate 4K)
    run shmstat -n -o ID
    assert_output "$id"
    run shmstat --noheadings --raw -o ID
    assert_output "$id"
}

@test "sizes: for people, in powers of 1024 with one decimal that is cut" {
    local size shown
    while read -r size shown; do
        shmcreate "$size" >"$BATS_TEST_TMPDIR/id"
        run shmstat -n -o SIZE "$(<"$BATS_TEST_TMPDIR/id")"
        assert_output --regexp "^ *${shown//./\\.}\$"
    done <<'END'
1 1
1023 1023
1024 1K
1025 1.0K
1536 1.5K
1945 1.8K
2047 1.9K
65536 64K
1048575 1023.9K
1048576 1M
1572864 1.5M
9437184 9M
END
}

@test "sizes: exact with --bytes, and wherever a program reads" {
    local id option
    id=$(shmcreate 1536)
    for option in --bytes -b --raw --json --export; do
        run shmstat -o SIZE,RSS "$option" "$id"
        assert_success
        assert_output --regexp '\b1536\b'
    done
}

# timeless: standard input without what changes meanwhile: processes of other users, and ages.
timeless() {
    sed 's/: [0-9]* process/: N process/; s/([0-9]*s ago)/(ago)/'
}

@test "long options mean the same as the short ones" {
    local id short long
    id=$(shmcreate -k 0x4d2 4K)
    while read -r short long; do
        assert_equal "$(shmstat "$short" "$id" 2>&1 | timeless)" "$(shmstat "$long" "$id" 2>&1 | timeless)"
        assert [ -n "$(shmstat "$long" "$id" 2>/dev/null)" ]
    done <<'END'
-J --json
-r --raw
-e --export
-n --noheadings
-b --bytes
-d --detail
-p --processes
-oID --output=ID
-u0 --user=0
END
    assert_equal "$(shmstat -l)" "$(shmstat --limits)"
}

# --- times -------------------------------------------------------------------

@test "--time-format: short, full, iso, raw" {
    local id created hour
    id=$(shmcreate 4K)
    created=$(kernel_says "$id" ctime)
    # A zone in which it is noon, so that today cannot end meanwhile.
    hour=$(TZ=UTC0 date -d "@$created" +%-H)
    # shellcheck disable=SC2030,SC2031 # each test is a process of its own
    local -x TZ=NOON$((hour - 12))
    local format notation
    while read -r format notation; do
        run shmstat -n -o CTIME --time-format="$format" "$id"
        assert_success
        assert_output "$(date -d "@$created" "+${notation/_/ }")"
    done <<'END'
short %T
full %F_%T%:z
iso %FT%T%:z
raw %s
END
    run shmstat -n -o CTIME "$id"
    assert_output "$(date -d "@$created" +%T)"
}

@test "--time-format=iso: the zone is the reader's, half hours too" {
    local id created
    id=$(shmcreate 4K)
    created=$(kernel_says "$id" ctime)
    # shellcheck disable=SC2030,SC2031 # each test is a process of its own
    local -x TZ='<+0530>-5:30'
    run shmstat -n -o CTIME --time-format=iso "$id"
    assert_output "$(date -d "@$created" +%FT%T)+05:30"
    TZ='<-03>3'
    run shmstat -n -o CTIME --time-format=iso "$id"
    assert_output "$(date -d "@$created" +%FT%T)-03:00"
}

@test "--time-format: a time that never was is empty" {
    local id format
    id=$(shmcreate 4K)
    for format in short full iso raw; do
        run shmstat -r -n -o ATIME,DTIME --time-format="$format" "$id"
        assert_output "- -"
    done
}

# --- which segments ----------------------------------------------------------

@test "operands: ids, keys and ftok:PATH, in the order given" {
    local a b c
    a=$(shmcreate 4K)
    b=$(shmcreate -k 0x4d2 8K)
    touch "$BATS_TEST_TMPDIR/file"
    c=$(shmcreate -k "ftok:$BATS_TEST_TMPDIR/file:7" 12K)
    shmcreate 16K
    run shmstat -n -r -o ID "ftok:$BATS_TEST_TMPDIR/file:7" 0x4d2 "$a"
    assert_success
    assert_output "$c"$'\n'"$b"$'\n'"$a"
    run shmstat -n -r -o ID -- "$b"
    assert_output "$b"
}

@test "operands: RSS and SWAP are those of the segments named" {
    local a b
    a=$(shmcreate 64K)
    b=$(shmcreate 64K)
    shmcreate 64K
    printf x | shmattach -w=8192 "$b"
    run shmstat -n -r -o ID,RSS,SWAP "$b" "$a"
    assert_success
    assert_output "$b $(kernel_says "$b" rss) 0"$'\n'"$a 0 0"
    assert [ "$(kernel_says "$b" rss)" -gt 0 ]
}

@test "operands: one that does not exist is told, the rest is shown, exit status 1" {
    local a b
    a=$(shmcreate 4K)
    b=$(shmcreate 8K)
    run --separate-stderr shmstat -n -r -o ID "$a" 9999 0x999 "ftok:$BATS_TEST_TMPDIR/none" "$b"
    assert_equal "$status" 1
    assert_output "$a"$'\n'"$b"
    assert_regex "$stderr" 'shmstat: 9999: shmctl: EINVAL: '
    assert_regex "$stderr" 'shmstat: 0x999: shmget: ENOENT: '
    assert_regex "$stderr" 'shmstat: ftok:[^ ]*/none: ftok: ENOENT: '
}

@test "--user: by name, by number" {
    local a b
    a=$(shmcreate 4K)
    b=$(shmcreate 8K)
    run cells ID --user=root
    assert_output "$a"$'\n'"$b"
    run cells ID -u 0
    assert_output "$a"$'\n'"$b"
    run shmstat -n -u 4000000000
    assert_success
    assert_output ""
}

@test "--user: somebody else's" {
    need_second_user
    local a b
    a=$(shmcreate 4K)
    b=$(shmcreate 8K)
    shmctl-tool set -u 65534 "$b"
    run cells ID -u 65534
    assert_output "$b"
    run cells ID -u "$(id -nu 65534)"
    assert_output "$b"
    run cells ID -u root
    assert_output "$a"
}

@test "--user: it is the owner that counts, not the creator" {
    need_second_user
    local id
    id=$(shmcreate 4K)
    shmctl-tool set -u 65534 "$id"
    run shmstat -n -u root -o CREATOR
    assert_output ""
    run cells CREATOR -u 65534
    assert_output root
}

# make_one_and_stay: prints the id of a segment whose creator stays until its input ends.
make_one_and_stay() {
    # shellcheck disable=SC2016 # for perl
    hold_with perl -e '$| = 1; print shmget(0, 4096, 01600), "\n"; <STDIN>'
}

@test "--orphans: attached by nobody and the creator is gone" {
    local orphan attached
    orphan=$(shmcreate 4K)
    attached=$(shmcreate 8K)
    hold "$attached"
    make_one_and_stay
    run ids
    assert_equal "${#lines[@]}" 3
    run cells ID --orphans
    assert_success
    assert_output "$orphan"

    let_go
    run cells ID --orphans
    assert_output "$orphan"$'\n'"$hold_line"
}

@test "--orphans: a creator that has ended but was not waited for is gone" {
    # shellcheck disable=SC2016 # for perl
    hold_with perl -e '
        $| = 1; pipe(my $from, my $to);
        my $child = fork;
        if (!$child) { syswrite $to, shmget(0, 4096, 01600); exit }
        close $to; my $id = <$from>;
        1 until `ps -o state= -p $child` =~ /Z/;
        print "$id\n"; <STDIN>'
    run cells ID --orphans
    assert_output "$hold_line"
}

@test "--orphans: by default with REMOVE, whose commands work" {
    local orphan attached
    orphan=$(shmcreate 4K)
    shmcreate 4K
    attached=$(shmcreate 8K)
    hold "$attached"
    run shmstat --orphans
    assert_success
    assert_line --index 0 --regexp ' REMOVE$'
    assert_line --regexp " ipcrm -m $orphan\$"

    run bash -c 'set -o pipefail; shmstat --orphans --noheadings --output=REMOVE | sh'
    assert_success
    assert_output ""
    run ids
    assert_output "$attached"
}

# need_processes_of_our_own: a PID namespace; only an ordinary user can be without.
need_processes_of_our_own() {
    unshare --pid --fork --mount-proc true 2>/dev/null || [[ $IPCLAB_NAMESPACE == root ]] ||
        skip "needs a PID namespace of its own, and this user may not mount its /proc"
}

@test "--orphans: a creator of another PID namespace is not called gone" {
    need_processes_of_our_own
    local id
    id=$(shmcreate 4K)
    run cells ID --orphans
    assert_output "$id"
    run --separate-stderr unshare --pid --fork --mount-proc shmstat -n --orphans
    assert_success
    assert_output ""
    assert_equal "$stderr" "shmstat: 1 segment may be an orphan and is not listed: it is not known whether the creator lives (in another PID namespace)"
    run unshare --pid --fork --mount-proc shmstat -n -r -o ID,CPID,CCOMMAND
    assert_output "$id - -"
}

# with_reused_pid LIST: makes a segment and touches it, each by a process that
# ends; gives the PIDs of both to later processes; prints shmstat's LIST.  In a
# PID namespace, where one can say which PID is the next.
with_reused_pid() {
    need_processes_of_our_own
    [[ -e /proc/sys/kernel/ns_last_pid ]] || skip "this kernel cannot be told the next PID (CONFIG_CHECKPOINT_RESTORE)"
    # shellcheck disable=SC2016 # for that bash
    run unshare --pid --fork --mount-proc bash -c '
        again() { # PID
            echo $(($1 - 1)) >/proc/sys/kernel/ns_last_pid
            sleep infinity &
            (($! == $1)) || echo "PID $1 was not given again"
        }
        id=$(shmcreate 4K)
        echo x | shmattach -w "$id"
        read -r cpid lpid < <(shmstat -n -r -o CPID,LPID "$id")
        # A start is known to the second and to the tick; be clearly later.
        now=$EPOCHSECONDS
        while ((EPOCHSECONDS < now + 4)); do sleep 0.05; done
        again "$cpid"; again "$lpid"
        shmstat -n -r -o "$1" --orphans
        kill %1 %2
        ipcrm -m "$id"
    ' bash "$1"
}

@test "--orphans: a later process with the creator's PID is not the creator" {
    with_reused_pid ID,CCOMMAND
    assert_success
    assert_output --regexp '^[0-9]+ -$'
}

@test "LCOMMAND: a later process with the last user's PID is not the last user" {
    with_reused_pid LCOMMAND
    assert_success
    assert_equal "$output" "-"
}

@test "--older-than: since the last detach, or else since its creation; never what is attached" {
    local unused used attached
    unused=$(shmcreate 4K)
    attached=$(shmcreate 8K)
    used=$(shmcreate 12K)
    hold "$attached"
    await_second "$((EPOCHSECONDS + 1))"
    run cells ID --older-than=1h
    assert_output ""

    # Used within this second or the one before, also when it has been looked at.
    for _ in {1..100}; do
        shmattach "$used"
        run cells ID --older-than=1
        ((EPOCHSECONDS - $(kernel_says "$used" dtime) > 1)) || break
    done
    assert_output "$unused"

    await_second "$(($(kernel_says "$used" dtime) + 1))"
    run cells ID --older-than=1s
    assert_output "$unused"$'\n'"$used"
    run cells ID --older-than=1000ms --orphans "$used"
    assert_output "$used"
}

@test "the clock was set back: what is in the future proves nothing" {
    local id
    id=$(shmcreate 4K)
    IPCLAB_TIME_STEP=-7200 LD_PRELOAD=$fault_library run shmstat -d "$id"
    assert_line --regexp '^  last change +[-0-9]+ [0-9:]+[+0-9:-]+ \((in 2h|in 119m)\)$'
    assert_line --regexp '^  created by +[0-9]+ \((gone|not known: the clock was set, so its start proves nothing)\)$'
    # A process that lives, and the time of the object does not fit to it.
    # shellcheck disable=SC2016 # for perl
    hold_with perl -e '$| = 1; print "ready ", shmget(0x4d2, 4096, 01600), "\n"; <STDIN>'
    IPCLAB_TIME_STEP=-7200 LD_PRELOAD=$fault_library run --separate-stderr shmstat --orphans -n -r -o KEY
    refute_output --partial 0x000004d2
}

# Since Linux 6.7 /proc/sysvipc/shm has the resident bytes of huge pages times the pages in one.
@test "RSS of a segment in huge pages: what is more than its size is divided" {
    local huge ratio id
    unshare --mount true 2>/dev/null || skip "needs a mount namespace of its own"
    huge=$(awk '/^Hugepagesize:/ { print $2 * 1024 }' /proc/meminfo)
    [[ -n $huge ]] || skip "this kernel has no huge pages (Hugepagesize in /proc/meminfo)"
    ratio=$((huge / $(getconf PAGESIZE)))
    id=$(shmcreate $((2 * huge)))
    rss_as() { # BYTES: RSS where the kernel says that number
        awk -v id="$id" -v rss="$1" '$2 == id { $15 = rss } 1' /proc/sysvipc/shm >shm
        # shellcheck disable=SC2016 # for the other shell
        unshare --mount bash -c 'mount --bind shm /proc/sysvipc/shm && shmstat --bytes -n -r -o RSS "$1"' - "$id"
    }
    assert_equal "$(rss_as "$huge")" "$huge"
    assert_equal "$(rss_as $((huge * ratio)))" "$huge"
    assert_equal "$(rss_as $((2 * huge * ratio)))" $((2 * huge))
    assert_equal "$(rss_as $((3 * huge * ratio)))" "-"
}

# --- everything about one ----------------------------------------------------

@test "--detail: every fact, in words" {
    local id holder_name
    id=$(shmcreate -k 0x4d2 -m 0640 64K)
    shmctl-tool lock "$id"
    printf x | shmattach -w "$id"
    hold "$id@0x700000000000,ro"
    holder_name="$holder (shmattach --hold $id@0x700000000000,ro)"
    when() { printf '%(%F %T)T' "$(kernel_says "$id" "$1")"; }

    run --separate-stderr shmstat --detail "$id"
    assert_success
    # The zone and the age go to "...".
    output=$(sed -E 's/[+-][0-9:]{5,6} \([0-9]+s ago\)$/.../' <<<"$output")
    local page
    page=$(getconf PAGESIZE)
    assert_output "$(cat <<END
segment $id
  key             0x000004d2
  owner           root:root (0:0)
  creator         root:root (0:0)
  permissions     0640: owner read and write, group read, others nothing
  size            64 KiB (65536 bytes, $((65536 / page)) pages of $page)
  in memory       $((page / 1024)) KiB
  in swap         0 bytes
  status          locked: kept out of swap
  created by      $(kernel_says "$id" cpid) (gone)
  last used by    $holder_name
  last attach     $(when atime)...
  last detach     $(when dtime)...
  last change     $(when ctime)...
  attaches        1
    attached by   $holder_name
      mapped      at 0x700000000000-0x700000010000 r--, 0 bytes in its page tables
END
)"
    let_go
    run shmstat --detail "$id"
    assert_line "  removed by      ipcrm -m $id"
    # shellcheck disable=SC2016 # for perl
    hold_with perl -e '$| = 1; print "ready ", shmget(0, 4096, 0600), "\n"; <STDIN>'
    run shmstat --detail "${hold_line#ready }"
    assert_line "  orphan          no: its creator is alive"
}

@test "what processes of another PID namespace have attached is counted, with the reason" {
    need_processes_of_our_own
    local id elsewhere=(unshare --pid --fork --mount-proc)
    id=$(shmcreate 4K)
    shmcreate -n /demo 4K
    hold_with "${elsewhere[@]}" shmattach --hold "$id" /demo
    run --separate-stderr "${elsewhere[@]}" shmstat -p -n -r -o ID,NATTCH,PID --sysv
    assert_output "$id 1 -"
    assert_equal "$stderr" "shmstat: 1 attach is not shown: of processes in another PID namespace, or that came or went meanwhile"
    run "${elsewhere[@]}" shmstat -d "$id"
    assert_line "  attaches        1"
    assert_line "    not seen      1 (in another PID namespace)"
    run "${elsewhere[@]}" shmstat -d /demo
    assert_line "  attaches        0 at least"
    assert_line "    not seen      perhaps more: in another PID namespace"
    assert_line --regexp '^  orphan +(no: a process has it open|not known: )'
    refute_line --partial "removed by"
    run "${elsewhere[@]}" shmstat --orphans --posix -n
    refute_output --partial /demo
    let_go
    run "${elsewhere[@]}" shmstat -d "$id"
    assert_line "  orphan          not known: in another PID namespace"
}

@test "--detail: what never was, and what is removed, is said so" {
    local id
    id=$(shmcreate -k 0x4d2 1)
    run shmstat --detail "$id"
    assert_line --regexp '^ +last attach +never$'
    assert_line --regexp '^ +last detach +never$'
    assert_line --regexp '^ +attaches +0$'
    assert_line --regexp '^ +size +1 byte \(1 bytes?, 1 page of [0-9]+\)$'
    refute_line --regexp '^ +status'

    hold "$id"
    ipcrm -m "$id"
    run --separate-stderr shmstat --detail "$id"
    assert_line --regexp '^ +status +removed \(dest\)'
    assert_line --regexp '^ +key +0x00000000 '
    assert_line --regexp '^ +attaches +1$'
}

@test "--detail: the permissions in words" {
    local id mode words
    id=$(shmcreate 4K)
    while read -r mode words; do
        shmctl-tool set -m "$mode" "$id"
        run shmstat --detail "$id"
        assert_line --regexp "^ +permissions +$mode: $words\$"
    done <<'END'
0000 owner nothing, group nothing, others nothing
0111 owner nothing, group nothing, others nothing
0420 owner read, group write, others nothing
0246 owner write, group read, others read and write
0777 owner read and write, group read and write, others read and write
END
}

@test "--detail: all segments without operands, a blank line between; unknown ones are told" {
    local a b
    a=$(shmcreate 4K)
    b=$(shmcreate 8K)
    run --separate-stderr shmstat --detail
    assert_success
    assert_equal "$(grep -n '^segment\|^$' <<<"$output" | cut -d: -f2 | paste -sd,)" "segment $a,,segment $b"
    run --separate-stderr shmstat --detail 9999 "$b"
    assert_equal "$status" 1
    assert_line --index 0 "segment $b"
    assert_regex "$stderr" 9999
}

@test "--detail: with --json every column, for programs" {
    shmcreate 4K
    run bash -c 'shmstat --detail --json 2>/dev/null | jq -r ".segments[0] | keys_unsorted | join(\",\") | ascii_upcase"'
    assert_success
    assert_output "$(segment_columns)"
}

# --- limits ------------------------------------------------------------------

# limits_say: "RESOURCE LIMIT USED PERCENT" of each limit, as words.
limits_say() {
    shmstat --limits --raw --noheadings | cut -d' ' -f1-4
}

@test "--limits: what the kernel allows, for people and for programs" {
    run limits_say
    assert_success
    assert_line "SHMMNI $(</proc/sys/kernel/shmmni) 0 0.00"
    assert_line "SHMMAX $(</proc/sys/kernel/shmmax) 0 0.00"
    assert_line "SHMALL $(</proc/sys/kernel/shmall) 0 0.00"
    assert_line "shm_rmid_forced $(</proc/sys/kernel/shm_rmid_forced) - -"

    run shmstat --limits
    assert_success
    assert_line --index 0 --regexp '^RESOURCE +LIMIT +USED +PERCENT +DESCRIPTION$'
    assert_line --regexp "^SHMMNI +$(</proc/sys/kernel/shmmni) +0 +0\.00% "
}

@test "--limits: what is in use" {
    local page limit
    page=$(getconf PAGESIZE)
    shmcreate 1
    shmcreate $((3 * page + 1))
    shmcreate $((2 * page))
    limit=$(</proc/sys/kernel/shmmni)
    run limits_say
    assert_line --regexp "^SHMMNI $limit 3 $(awk "BEGIN { printf \"%.2f\", 300 / $limit }")\$"
    assert_line --regexp "^SHMMAX [0-9]+ $((3 * page + 1)) "
    assert_line --regexp "^SHMALL [0-9]+ 7 "
    # The neighbours count the same.
    assert_equal "$(awk '$1 == "SHMALL" { print $3 }' <<<"$output")" \
        "$(ipcs -m -u | awk '/^pages allocated/ { print $3 }')"
    assert_equal "$(awk '$1 == "SHMMNI" { print $3 }' <<<"$output")" \
        "$(ipcs -m -u | awk '/^segments allocated/ { print $3 }')"
    run shmstat --limits
    assert_line --regexp "^SHMALL .* $((7 * page / 1024))K "
    run shmstat --limits --bytes
    assert_line --regexp "^SHMALL .* $((7 * page)) "
}

@test "--limits: a change shows, in the namespace where it was made" {
    # shellcheck disable=SC2016 # for that bash
    unshare --ipc bash -c '[[ -w /proc/sys/kernel/shmmni ]]' || skip "this user may not change limits"
    # shellcheck disable=SC2016 # for that bash
    run unshare --ipc bash -c '
        cd /proc/sys/kernel
        echo 40 >shmmni; echo $((1 << 20)) >shmmax; echo 1000 >shmall
        hold=$(shmcreate 256K); shmcreate 4K >/dev/null
        shmstat -l -r -n | cut -d" " -f1-4
        shmstat -l
        echo 1 >shm_rmid_forced
        shmstat -l -r -n | cut -d" " -f1-4'
    assert_success
    local pages=$((262144 / $(getconf PAGESIZE) + 1))
    assert_line "SHMMNI 40 2 5.00"
    assert_line "SHMMAX 1048576 262144 25.00"
    assert_line "SHMALL 1000 $pages $(awk "BEGIN { printf \"%.2f\", $pages / 10 }")"
    assert_line "shm_rmid_forced 0 - -"
    assert_line --regexp "^SHMMAX +1M +256K +25\.00% "
    assert_line "shm_rmid_forced 1 - -"
    run limits_say
    refute_line --regexp '^SHMMNI 40 '
}

@test "--limits: a limit that is as good as none is said so, but not to programs" {
    [[ $(</proc/sys/kernel/shmmax) == 18446744073692774399 ]] || skip "this machine has set a SHMMAX of its own"
    run shmstat --limits
    assert_line --regexp '^SHMMAX +none '
    run shmstat --limits --bytes
    assert_line --regexp '^SHMMAX +18446744073692774399 '
}

@test "--limits: a limit in pages whose bytes are more than a number holds is not shown as a small one" {
    # shellcheck disable=SC2016 # for that bash
    unshare --ipc bash -c '[[ -w /proc/sys/kernel/shmall ]]' || skip "this user may not change limits"
    # Some distributions set this one: 2^60 pages.
    run unshare --ipc bash -c 'echo 1152921504606846976 >/proc/sys/kernel/shmall; shmstat -l; shmstat -l -r'
    assert_line --regexp '^SHMALL +(none|[0-9.]+[EZ]) '
    assert_line --regexp '^SHMALL 1152921504606846976 '
}

@test "--limits: huge pages, each size" {
    local dir kib name total free
    run limits_say
    assert_success
    for dir in /sys/kernel/mm/hugepages/hugepages-*kB; do
        [[ -d $dir ]] || continue
        kib=${dir##*-}
        kib=${kib%kB}
        name=huge_$((kib))K
        ((kib % 1024)) || name=huge_$((kib / 1024))M
        ((kib % 1048576)) || name=huge_$((kib / 1048576))G
        total=$(<"$dir/nr_hugepages")
        free=$(<"$dir/free_hugepages")
        assert_line --regexp "^$name $total $((total - free)) "
    done
    assert_equal "$(grep -c '^huge_' <<<"$output" || :)" \
        "$(find /sys/kernel/mm/hugepages -name 'hugepages-*' 2>/dev/null | wc -l)"
}

@test "--limits: the number of the IPC namespace" {
    local number
    number=$(readlink /proc/self/ns/ipc)
    number=${number//[!0-9]/}
    run limits_say
    assert_line "ipc_namespace $number - -"
    run unshare --ipc bash -c 'readlink /proc/self/ns/ipc; shmstat -l -r -n'
    assert_equal "$(sed -n 's/^ipc_namespace \([0-9]*\) .*/ipc:[\1]/p' <<<"$output")" "${lines[0]}"
    refute_line --regexp "^ipc_namespace $number "
}

@test "--limits: as JSON with numbers, and for the shell" {
    shmcreate 4K
    shmstat --limits --json >"$BATS_TEST_TMPDIR/json"
    run jq -r '.limits[] | "\(.resource) \(.limit | type) \(.used | type) \(.percent | type)"' "$BATS_TEST_TMPDIR/json"
    assert_success
    assert_line "SHMMNI number number number"
    assert_line "SHMALL number number number"
    assert_line "shm_rmid_forced number null null"
    assert_line "ipc_namespace number null null"
    # jq's own numbers are not exact enough to compare these.
    run grep -A1 '"SHMMAX"' "$BATS_TEST_TMPDIR/json"
    assert_output --partial "\"limit\": $(</proc/sys/kernel/shmmax),"

    eval "$(shmstat --limits --export | grep '^RESOURCE="SHMMNI"')"
    # shellcheck disable=SC2153 # they come from eval
    assert_equal "$RESOURCE $LIMIT $USED" "SHMMNI $(</proc/sys/kernel/shmmni) 1"
}

@test "--limits: where the calls are refused, what /proc says" {
    local fault reference
    shmcreate 10000
    reference=$(shmstat -l -r)
    for fault in shmctl:IPC_INFO=EPERM shmctl:SHM_INFO=EPERM shmctl=ENOSYS; do
        run with_fault "$fault" shmstat -l -r
        assert_success
        assert_output "$reference"
    done
}

# --- nothing there -----------------------------------------------------------

@test "no segments: the heading says so; nothing without headings" {
    local option
    run shmstat
    assert_success
    assert_output "KEY ID OWNER PERMS SIZE NATTCH STATUS"
    run shmstat --raw
    assert_output "KEY ID OWNER PERMS SIZE NATTCH STATUS"
    for option in -n -nr -e -ne -d; do
        run --separate-stderr shmstat "$option"
        assert_success
        assert_output ""
    done
    run --separate-stderr shmstat -p
    assert_success
    assert_output --regexp '^KEY +ID .* COMMAND$'
}

@test "no segments: valid JSON" {
    local options
    for options in -J "-J -n" "-J -p" "-J -d" "-J --orphans"; do
        # shellcheck disable=SC2086 # words
        run --separate-stderr shmstat $options
        assert_success
        assert_equal "$(jq -c . <<<"$output")" '{"segments":[]}'
    done
}

# --- where one source is refused, the other is used --------------------------

# some_segments: one of each sort that a source could lose.
some_segments() {
    local id
    id=$(shmcreate -k 0x4d2 -m 0 64K)
    printf x | shmattach -w=5000 "$id"
    shmcreate -k 0xfffffff0 -m 0777 1
    shmctl-tool lock 0xfffffff0
    id=$(shmcreate 10000)
    hold "$id"
    ipcrm -m "$id"
}

# everything [COMMAND...]: all that shmstat knows of all segments, on COMMAND's
# standard output.
everything() {
    "$@" shmstat --json --time-format=raw -o "$(segment_columns)"
}

# hide_proc COMMAND...: where /proc/sysvipc is empty.
hide_proc() {
    # shellcheck disable=SC2016 # for that bash
    unshare --mount bash -c 'mount -t tmpfs none /proc/sysvipc && exec "$@"' bash "$@"
}

@test "fallback: where shmctl refuses the list, it comes from /proc/sysvipc/shm, complete" {
    local fault reference
    some_segments
    reference=$(everything)
    assert_equal "$(jq '.segments | length' <<<"$reference")" 3
    for fault in shmctl:SHM_INFO={EPERM,EACCES,ENOSYS,EINVAL} shmctl:SHM_STAT_ANY={EINVAL,EPERM,ENOSYS} \
        shmctl={EPERM,ENOSYS}; do
        run --separate-stderr everything with_fault "$fault"
        assert_success
        assert_output "$reference"
        assert_equal "$stderr" ""
        # That it was refused, and so the other source was asked.
        run --separate-stderr with_fault "$fault" shmstat --calls
        assert_regex "$stderr" "= -1 ${fault#*=} "
    done
}

@test "fallback: also where every SHM_STAT_ANY is answered with EACCES" {
    local reference
    some_segments
    reference=$(everything)
    run --separate-stderr everything with_fault shmctl:SHM_STAT_ANY=EACCES
    assert_success
    assert_output "$reference"
}

@test "fallback: without /proc/sysvipc the list comes from shmctl, complete but for RSS and SWAP" {
    local reference
    some_segments
    reference=$(everything | jq '.segments[] |= (.rss = null | .swap = null)')
    run hide_proc cat /proc/sysvipc/shm
    assert_failure
    everything hide_proc >"$BATS_TEST_TMPDIR/json"
    run jq . "$BATS_TEST_TMPDIR/json"
    assert_success
    assert_output "$reference"

    run hide_proc shmstat -n -r -o ID,RSS 0x4d2
    assert_success
    assert_output --regexp '^[0-9]+ -$'
}

@test "fallback: before Linux 4.17 and without /proc/sysvipc, by SHM_STAT" {
    local reference
    some_segments
    reference=$(hide_proc shmstat)
    run --separate-stderr hide_proc env IPCLAB_FAULT=shmctl:SHM_STAT_ANY=EINVAL LD_PRELOAD="$fault_library" shmstat
    assert_success
    assert_output "$reference"
    assert_equal "${#lines[@]}" 4
}

@test "fallback: before Linux 4.17 what one may not read is hidden, and that is said" {
    need_second_user
    local id
    shmcreate -m 0600 4K
    shmcreate -m 0600 4K
    id=$(shmcreate -m 0644 4K)
    install -m 755 "$fault_library" "$TMPDIR/fault.so"
    as_nobody true # to have the programs copied
    run --separate-stderr hide_proc env IPCLAB_FAULT=shmctl:SHM_STAT_ANY=EINVAL \
        setpriv --reuid=65534 --regid=65534 --clear-groups env LD_PRELOAD="$TMPDIR/fault.so" \
        "$TMPDIR/bin/shmstat" -n -r -o ID
    assert_success
    assert_output "$id"
    assert_regex "$stderr" '^shmstat: this kernel hides 2 segments from you'
}

@test "fallback: where all is refused, exit status 1 and the reason" {
    local error
    shmcreate 4K
    for error in EPERM ENOSYS EACCES; do
        run --separate-stderr hide_proc env IPCLAB_FAULT="shmctl=$error" LD_PRELOAD="$fault_library" shmstat -n
        assert_equal "$status" 1
        assert_output ""
        assert_regex "${stderr_lines[0]}" "^shmstat: segments: shmctl: $error: "
        assert_equal "$(grep -c '^shmstat' <<<"$stderr")" 1
    done
    run --separate-stderr hide_proc env IPCLAB_FAULT=shmctl=ENOSYS LD_PRELOAD="$fault_library" shmstat -l
    assert_equal "$status" 1
    assert_regex "${stderr_lines[0]}" '^shmstat: limits: shmctl: ENOSYS: '
}

# --- another user ------------------------------------------------------------

@test "as nobody: all segments are seen, also those that may not be read" {
    need_second_user
    local a b
    a=$(shmcreate -k 0x4d2 -m 0600 4K)
    b=$(shmcreate -m 0 8K)
    printf x | shmattach -w "$b"
    run --separate-stderr as_nobody shmstat -n -r -o ID,OWNER,MODE,SIZE,RSS
    assert_success
    assert_output "$a root 0600 4096 0"$'\n'"$b root 0000 8192 $(kernel_says "$b" rss)"
    assert_equal "$stderr" ""
    run --separate-stderr as_nobody shmstat -n -r -o ID "$b" 0x4d2
    assert_success
    assert_output "$b"$'\n'"$a"
    run --separate-stderr as_nobody shmstat -d "$a"
    assert_success
    assert_line "segment $a"
}

# --- terminals ---------------------------------------------------------------

# on_terminal COLUMNS COMMAND: COMMAND's output on a terminal so wide, where
# lines end with a carriage return; a command of the shell.
on_terminal() {
    TERM=${TERM_TYPE-xterm} script -qefc "stty cols $1 rows 24; $2" /dev/null </dev/null
}

escape=$'\e'

@test "no terminal: no escape sequences" {
    local options
    shmcreate 4K
    for options in "" -J -r -e -d -l -p "--watch=0.01 --count=3"; do
        # shellcheck disable=SC2086 # words
        TERM=xterm run --separate-stderr shmstat $options
        assert_success
        refute_output --partial "$escape"
        assert [ -n "$output" ]
    done
}

@test "terminal: a plain list has no escape sequences either" {
    shmcreate 4K
    run on_terminal 80 shmstat
    assert_success
    refute_output --partial "$escape"
    assert_output --partial "KEY"
}

@test "terminal: a command line is cut where the screen ends, and whole in a pipe" {
    local line
    # shellcheck disable=SC2016 # for perl
    hold_with perl -e '$| = 1; print shmget(0, 4096, 01600), "\n"; <STDIN>' "$(printf 'word%.0s ' {1..30})"
    run on_terminal 40 "shmstat -o ID,SIZE,CCOMMAND"
    assert_success
    assert_equal "${#lines[@]}" 2
    for line in "${lines[@]}"; do
        line=${line%$'\r'}
        assert [ "${#line}" -le 40 ]
    done
    assert_line --index 1 --partial perl
    run shmstat -o ID,SIZE,CCOMMAND
    assert_output --partial "$(printf 'word%.0s ' {1..30})"
}

# --- again and again ---------------------------------------------------------

@test "--watch --count=N in a pipe: N blocks with a blank line between" {
    local id
    id=$(shmcreate 4K)
    run shmstat --watch=0.01 --count=3 -r -o ID
    assert_success
    assert_equal "$(grep -c '^ID$' <<<"$output")" 3
    assert_equal "$(grep -c "^$id\$" <<<"$output")" 3
    run shmstat --watch=0.01 --count=3 -o ID
    assert_output "ID"$'\n'"$id"$'\n\n'"ID"$'\n'"$id"$'\n\n'"ID"$'\n'"$id"
    run bash -c 'shmstat --watch=0.01 --count=3 -J -o ID | jq -c .segments[0].id'
    assert_output "$id"$'\n'"$id"$'\n'"$id"
}

@test "--watch --count=1 does not wait" {
    run timeout 60 shmstat --watch=1h --count=1
    assert_success
}

@test "--watch in a pipe: each block is there when it is made, and shows what is then" {
    local id line blocks=0
    id=$(shmcreate -m 0600 4K)
    exec {watch}< <(exec shmstat --watch=0.02 -n -o MODE 3>&-)
    read -r line <&"$watch"
    assert_equal "$line" 0600
    shmctl-tool set -m 0640 "$id"
    while [[ $line != 0640 ]]; do
        IFS= read -r line <&"$watch"
        ((++blocks < 2000)) || fail "the change never came"
    done
    kill "$!"
    wait "$!" || :
    exec {watch}<&-
}

@test "--watch: ends quietly when nobody reads any more" {
    shmcreate 4K
    run --separate-stderr timeout 60 bash -c 'shmstat --watch=0.01 | head -n 1'
    assert_success
    assert_output --partial KEY
    assert_equal "$stderr" ""
}

# watch_terminal OPTION...: shmstat --watch on a terminal, until the test ends.
watch_terminal() {
    local input
    exec {terminal}< <(
        # Or the holders would not end before it does.
        for input in "${hold_inputs[@]}"; do exec {input}>&-; done
        exec env TERM=xterm script -qefc \
            "stty cols 80 rows 24; exec shmstat --watch=0.05 $*" /dev/null </dev/null 2>&1 3>&-
    )
    watcher=$!
    frame=
    frames=0
}

# SIGKILL, for script may be writing what nobody reads; shmstat ends with its terminal.
teardown() {
    if [[ -n ${watcher-} ]]; then
        kill -s KILL "$watcher" 2>/dev/null || :
        wait "$watcher" 2>/dev/null || :
    fi
    clean_up
}

# next_frame: the screen up to its last "erase below" (ESC [ J) into $frame.
next_frame() {
    ((++frames < 1000)) || fail "what was waited for never came"
    # shellcheck disable=SC2034 # J is no variable
    IFS= read -r -d J frame <&"$terminal" || fail "no more screens"
    frame=${frame//$'\r'/}
}

# settle REGEX: reads on until a screen is like that and has no marks; what was
# marked on the way, but for empty cells and branches, goes to $marks.  A change
# may take two screens: the lists of segments and of processes are not of one moment.
settle() {
    marks=
    until next_frame; [[ $frame =~ $1 && -z $(marked) ]]; do
        marks+=$(marked | grep -vE '^$|[├└]' || :)$'\n'
    done
    marks=$(sort <<<"$marks" | xargs)
}

# marked: the cells of $frame that are in reverse, one a line.
marked() {
    grep -oP '\x1b\[7m\K[^\x1b]*' <<<"$frame" | sed 's/^ *//; s/ *$//' || :
}

@test "--watch on a terminal: paints over, marks what changed, once" {
    local a b c
    a=$(shmcreate -m 0600 4K)
    b=$(shmcreate -m 0600 8K)
    watch_terminal -o KEY,ID,MODE,SIZE
    next_frame
    assert_regex "$frame" "^$escape\[HKEY +ID +MODE SIZE"
    assert_equal "$(marked)" ""
    next_frame
    assert_equal "$(marked)" ""

    shmctl-tool set -m 0640 "$b"
    settle 0640
    assert_equal "$marks" 0640
    # A new one is marked whole; one that goes marks nothing.
    c=$(shmcreate -m 0606 12K)
    settle 0606
    assert_equal "$marks" "$(printf '%s\n' 0x00000000 "$c" 0606 12K | sort | xargs)"
    ipcrm -m "$a"
    settle "SIZE[^0]+0x00000000 +$b "
    assert_equal "$marks" ""
}

@test "--watch on a terminal: why a segment is no longer there is not painted over" {
    local id
    id=$(shmcreate 4K)
    watch_terminal "$id"
    next_frame
    refute_regex "$frame" shmctl
    ipcrm -m "$id"
    settle "shmstat: $id: shmctl: EI[A-Z]+: "
}

@test "--watch on a terminal: what changed is marked whichever columns are chosen" {
    local a b
    a=$(shmcreate -m 0600 4K)
    b=$(shmcreate -m 0600 8K)
    watch_terminal -o MODE,OWNER,SIZE
    next_frame
    shmctl-tool set -m 0640 "$b"
    settle 0640
    assert_equal "$marks" 0640
    ipcrm -m "$a"
    settle "SIZE[^0]+0640 "
    assert_equal "$marks" ""
}

@test "--watch on a terminal, with processes: only what changed is marked" {
    local a b first
    a=$(shmcreate 4K)
    b=$(shmcreate 8K)
    hold "$b"
    first=$holder
    watch_terminal -p -o KEY,ID,NATTCH,PID,PROT
    settle " $first "
    assert_equal "$marks" ""
    # One that comes, above another: its segment's count, and all of its own row.
    hold "$a,ro"
    settle " $a +1 .*$holder .* $b "
    assert_equal "$marks" "$(printf '%s\n' 1 "$holder" r-- | sort | xargs)"
    hold "$b"
    settle " $b +2 .*$holder "
    assert_equal "$marks" "$(printf '%s\n' 2 "$holder" rw- | sort | xargs)"
    # One that goes, above another.
    let_go "$first"
    settle " $b +1 [^├]*└[^├└]*$holder "
    assert_equal "$marks" 1
}

@test "--watch on a terminal: what the screen has no room for is counted" {
    local i
    for ((i = 0; i < 30; i++)); do shmcreate 4K >/dev/null; done
    watch_terminal -o ID
    next_frame
    assert_equal "$(grep -c . <<<"$frame")" 24 # with the erase below it
    assert_regex "$frame" "^$escape\\[HID"
    assert_regex "$frame" $'\n'"\\(9 more lines\\)"
    # With room for all of them, all are there.
    for i in $(ids | tail -n +23); do ipcrm -m "$i"; done
    until next_frame; [[ $frame != *more* ]]; do :; done
    assert_equal "$(grep -c . <<<"$frame")" 24
}

@test "--watch on a terminal: NO_COLOR paints over but marks nothing" {
    local id
    id=$(shmcreate -m 0600 4K)
    export NO_COLOR=1
    watch_terminal -o ID,MODE
    next_frame
    assert_regex "$frame" "^$escape\[HID"
    shmctl-tool set -m 0640 "$id"
    until [[ $frame == *0640* ]]; do
        next_frame
        refute_regex "$frame" "$escape\[[0-9;]*m"
    done
}

@test "--watch on a dumb terminal: one block after another, no escape sequences" {
    shmcreate 4K
    TERM_TYPE=dumb run on_terminal 80 "shmstat --watch=0.01 --count=3 -o ID"
    assert_success
    refute_output --partial "$escape"
    assert_equal "$(grep -c ID <<<"$output")" 3
}

# --- output that cannot be written -------------------------------------------

@test "standard output is full or closed: exit status 1 and a message, in every form" {
    local options
    shmcreate 4K
    # shellcheck disable=SC2086 # words
    for options in "" -J -r -e -d -l "-l -J" -p "--watch=0.01 --count=2" "--watch=0.01" --help --version; do
        run --separate-stderr timeout 60 bash -c "shmstat $options >/dev/full"
        assert_equal "$status" 1
        assert_regex "$stderr" 'shmstat: standard output: write: No space left on device'
        run --separate-stderr timeout 60 bash -c "shmstat $options >&-"
        assert_equal "$status" 1
        assert_regex "$stderr" 'shmstat: standard output: write: '
    done
}

@test "a closed standard output is no error when there is nothing to say" {
    run --separate-stderr bash -c 'shmstat -n >&-'
    assert_success
    assert_equal "$stderr" ""
}

# --- hostile names -----------------------------------------------------------

# A title for the terminal, a bell, lines, quotes for every reader, an ISO 8859
# byte, a cut off character, C1 and direction controls.
hostile=$'\e]0;title\a\e[31m\n\r\t"\'\\`touch evil`$(touch evil) \xe4 \xf0\x9f \xc2\x9b31m \u202e\u2028\x7f'

# be_hostile: a creator and last user of a segment whose arguments and name are
# that; and in whose path it is.
be_hostile() {
    local program=$BATS_TEST_TMPDIR/$hostile
    cp "$(command -v perl)" "$program"
    # shellcheck disable=SC2016 # for perl
    hold_with "$program" -e '
        $| = 1; my $id = shmget(0, 4096, 01600); shmwrite($id, "x", 0, 1); print "$id\n"; <STDIN>' "$hostile"
}

# harmless: standard input is UTF-8 of printable characters and newlines only.
harmless() {
    perl -0777 -ne '
        utf8::decode($_) or die "not UTF-8\n";
        /([^\n\P{Cc}]|[\p{Bidi_Control}\x{2028}\x{2029}])/ and die sprintf("U+%04X is in it\n", ord $1);'
}

@test "hostile names: nothing of them reaches the terminal as it is, in any format or locale" {
    local options locale
    be_hostile
    for locale in C.UTF-8 C; do
        for options in "" -J -r -e -b; do
            # shellcheck disable=SC2086 # words
            LC_ALL=$locale timeout 60 shmstat $options -o ID,CCOMMAND,LCOMMAND,CGROUP >"$BATS_TEST_TMPDIR/out"
            run harmless <"$BATS_TEST_TMPDIR/out"
            assert_success
            run cat "$BATS_TEST_TMPDIR/out"
            assert_output --partial 033
        done
        LC_ALL=$locale shmstat -d >"$BATS_TEST_TMPDIR/out"
        run harmless <"$BATS_TEST_TMPDIR/out"
        assert_success
        run cat "$BATS_TEST_TMPDIR/out"
        assert_output --partial 033
    done
    run bash -c 'shmstat -r -o ID,CCOMMAND,LCOMMAND,SIZE | wc -lw | xargs'
    assert_output "2 8"
}

@test "hostile names: JSON is valid and says what was there" {
    be_hostile
    run bash -c 'shmstat -J -o ID,CCOMMAND,LCOMMAND | jq -r .segments[0].ccommand'
    assert_success
    # As ls -b writes it.
    # shellcheck disable=SC2016 # nothing of it is to expand
    assert_output --partial '\033]0;title\007\033[31m\012\015\011"'
    # shellcheck disable=SC2016
    assert_output --partial '\\`touch evil`$(touch evil) \344 \360\237 \302\23331m \342\200\256\342\200\250\177'
}

@test "hostile names: --export can be evaluated" {
    # shellcheck disable=SC2034 # what is evaluated sets all four
    local line ID CCOMMAND LCOMMAND SIZE
    be_hostile
    cd "$BATS_TEST_TMPDIR" || return
    line=$(shmstat -e -o ID,CCOMMAND,LCOMMAND,SIZE)
    eval "$line"
    assert_equal "$ID $SIZE" "$hold_line 4096"
    assert_regex "$CCOMMAND" touch
    assert [ ! -e evil ]
}

@test "hostile operands: messages are safe to print" {
    local operand
    for operand in "$hostile" "ftok:/$hostile" "ftok:$hostile"; do
        run --separate-stderr shmstat "$operand"
        assert_failure
        run harmless <<<"$stderr"
        assert_success
    done
    run --separate-stderr shmstat -o "$hostile"
    assert_equal "$status" 2
    run harmless <<<"$stderr"
    assert_success
    run --separate-stderr shmstat "--$hostile"
    assert_equal "$status" 2
    run harmless <<<"$stderr"
    assert_success
}

@test "hostile operands: notes are safe to print, too" {
    local file
    file=$BATS_TEST_TMPDIR/$(tr -d / <<<"$hostile")
    head -c 5000 /dev/zero >"$file"
    shmcreate -k "ftok:$file:A" 4K
    run --separate-stderr shmcreate -k "ftok:$file:A" 4K
    assert_success
    assert_regex "$stderr" "this key already names"
    run harmless <<<"$stderr"
    assert_success
    run --separate-stderr shmcreate -i "$file" 4K
    assert_failure 1
    assert_regex "$stderr" "904 bytes did not fit"
    run harmless <<<"$stderr"
    assert_success
    run --separate-stderr shmattach --write "ftok:$file:A" <"$file"
    assert_failure 1
    assert_regex "$stderr" "did not fit"
    run harmless <<<"$stderr"
    assert_success
}

# --- command lines -----------------------------------------------------------

@test "--help: fits a screen, ends with an example that works" {
    local line
    run --separate-stderr shmstat --help
    assert_success
    assert_equal "$stderr" ""
    assert [ "${#lines[@]}" -gt 10 ]
    assert [ "$(wc -l <<<"$output")" -le 24 ]
    for line in "${lines[@]}"; do
        assert [ "${#line}" -le 80 ]
    done
    line=${lines[-1]}
    assert_regex "$line" '^Example: shmstat '
    run bash -c "${line#Example: }"
    assert_success
}

@test "--version" {
    run --separate-stderr shmstat --version
    assert_success
    assert_output "shmstat (ipclab) $IPCLAB_VERSION"
    assert_equal "$stderr" ""
}

@test "--calls: each call on standard error, the same result on standard output" {
    local id plain
    id=$(shmcreate 4K)
    plain=$(shmstat)
    run --separate-stderr shmstat --calls
    assert_success
    assert_output "$plain"
    assert_regex "${stderr_lines[0]}" '^shmctl\(0, SHM_INFO, \{.*used_ids=1.*\}\) = [0-9]+$'
    assert_regex "$stderr" $'\nshmctl\([0-9]+, SHM_STAT_ANY, \{.*shm_segsz=4096.*\}\) = '"$id"
    run --separate-stderr shmstat --calls "$id"
    assert_regex "$stderr" "^shmctl\($id, IPC_STAT, \{"
    run --separate-stderr shmstat --calls 9999
    assert_equal "$status" 1
    assert_regex "$stderr" 'shmctl\(9999, IPC_STAT, .*\) = -1 EINVAL '
}

@test "bad command lines: exit status 2, one line that names it, nothing done" {
    local line
    shmcreate 4K
    while IFS= read -r line; do
        # shellcheck disable=SC2086 # words
        run --separate-stderr shmstat $line
        assert_equal "$status: $line" "2: $line"
        assert_output ""
        assert_equal "${#stderr_lines[@]}: $line" "1: $line"
        assert_regex "$stderr" '^shmstat: .+: .'
    done <<'END'
--nosuch
-z
-pz
--json=yes
-o
--output
-o nosuch
--pid
--pid=0
--pid=-1
--pid=x
--pid=1x
--pid=4194305
--user
--user=no-such-user
--user=4294967295
--user=-1
--older-than
--older-than=x
--older-than=-1
--older-than=1w
--watch=x
--watch=-1
--count=2
--watch --count=0
--watch --count=x
--watch --count=-1
--time-format
--time-format=x
-l 5
-l -p
-l --pid=1
-l --user=0
-l --orphans
-l --older-than=1h
-l -d
-l -o ID
-d -o ID
1x
-- -1
05
0x
0x1ffffffff
ftok:
--sysv --posix
--posix /name
--limits --posix
/na/me
nosuch
END
    run --separate-stderr shmstat ""
    assert_equal "$status" 2
    assert_equal "${#stderr_lines[@]}" 1
}
