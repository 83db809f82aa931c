#!/usr/bin/env bats
#
# Lab 12: does the picture show the screen of a real X server, of any size and depth, and also screens that the format
# allows but that no server creates?
#
# The X server runs outside the box, in namespaces of its own, except the IPC namespace. So the student's program sees
# nothing of the server but its segment. The check paints the screen with starter/paint.c. judge.c creates screens that
# no X server creates, such as those with another byte order.

# shellcheck disable=SC2154 # variables that the libraries set
# shellcheck disable=SC2030,SC2031 # each test runs in a shell of its own

load "$IPCLAB_LIB/check"
load "$IPCLAB_LIB/waiting"

screen="Your turn: screen"
format="Your turn: format"
manners="Your turn: manners"
undo="Your turn: undo"

setup_file() {
    local given=$BATS_TEST_DIRNAME/starter
    cc -O1 -o "$IPCLAB_SCRATCH/judge" "$BATS_TEST_DIRNAME/judge.c"
    cc -D_GNU_SOURCE -O1 -o "$IPCLAB_SCRATCH/paint" "$given/paint.c"
    in_box rm -rf xwd.h paint.c
    in_box tee xwd.h <"$given/xwd.h" >/dev/null
    in_box tee paint.c <"$given/paint.c" >/dev/null
}

teardown() {
    [[ -z ${server-} ]] || end_server
    in_box find . -name '*.ppm' -delete
    clean_up
}

# --- the X server ----------------------------------------------------------------

# start_server WIDTH HEIGHT DEPTH: start Xvfb, and set $server (its PID) and $id. It has a network of its own, so its
# display is :0 whatever else runs here; and a /tmp of its own, so it leaves no files.
start_server() {
    local number=$IPCLAB_SCRATCH/number
    needs_namespaces "an X server with a network of its own"
    rm -f "$number"
    # shellcheck disable=SC2016 # that shell expands it
    unshare --net --mount sh -c 'for place in /tmp /var/lib/xkb; do
            [ ! -d "$place" ] || mount -t tmpfs tmpfs "$place"
        done
        exec Xvfb -displayfd 4 -shmem -noreset -nolisten tcp -screen 0 "$1"' sh "$1x$2x$3" \
        4>"$number" >"$IPCLAB_SCRATCH/server.out" 2>&1 3>&- </dev/null &
    server=$!
    await server_is_ready "$number" || :
    id=$(sed -n 's/^screen 0 shmid //p' "$IPCLAB_SCRATCH/server.out")
    [[ -n $id ]] || {
        echo "the check cannot start Xvfb: $(tail -n 3 "$IPCLAB_SCRATCH/server.out")"
        return 1
    }
}

server_is_ready() {
    [[ -s $1 ]] || ! kill -0 "$server" 2>/dev/null
}

end_server() {
    kill -s KILL "$server"
    wait "$server" 2>/dev/null || :
    server=
}

paint() {
    nsenter --target "$server" --net -- env DISPLAY=:0 "$IPCLAB_SCRATCH/paint" "$@"
}

judge() {
    beside "$IPCLAB_SCRATCH/judge" "$@"
}

# some_rectangles [WIDTH HEIGHT]: set $width and $height, both odd, and larger than WIDTH and HEIGHT (100, 50). Set
# $rectangles: the whole screen, its corners, a white one, and others. They use few colours, so that a colour map has
# room for them.
some_rectangles() {
    local i
    width=$((${1-100} + 1 + RANDOM % 100 * 2)) height=$((${2-50} + 1 + RANDOM % 50 * 2))
    rectangles=("0,0,$width,$height,$(random_colour)" "20,10,30,20,ffffff")
    for i in 1 2 3 4 5; do
        rectangles+=("$((RANDOM % width)),$((RANDOM % height)),$((1 + RANDOM % 60)),$((1 + RANDOM % 30)),$(random_colour)")
    done
    rectangles+=("0,0,1,1,ff0000" "$((width - 1)),0,1,1,00ff00" "0,$((height - 1)),1,1,0000ff"
        "$((width - 1)),$((height - 1)),1,1,$(random_colour)")
}

# random_colour: print a colour that the screen can display; for any other, the server would use the nearest one. $bits
# contains the numbers of bits of red, green and blue.
bits=888
random_colour() {
    local i most text=''
    for i in 0 1 2; do
        most=$(((1 << ${bits:i:1}) - 1))
        printf -v text '%s%02x' "$text" "$(($(random_number $((most + 1))) * 255 / most))"
    done
    echo "$text"
}

# --- pictures --------------------------------------------------------------------

# must_take FILE SECTION: a new ./screenshot takes a picture of $id.
must_take() {
    student ./screenshot "$id" <<<"$1"
    command="./screenshot $id"
    must_exit 0 "$2"
    must_print "$1" "$2"
}

# fetch FILE: copy what the student's program has written to FILE into the check's own directory.
fetch() {
    in_box timeout "$(box_time)" cat "$1" >"$IPCLAB_SCRATCH/$1" 2>/dev/null || {
        rm -f "$IPCLAB_SCRATCH/$1"
        return 1
    }
}

# must_show FILE BITS OF SECTION: the picture shows what the check has painted.
must_show() {
    local difference
    fetch "$1" || :
    difference=$(judge compare "$IPCLAB_SCRATCH/$1" "$2" "$width" "$height" "${rectangles[@]}") ||
        fail "$(quoted "$command") wrote $1, a picture of $3: $difference" "a picture that shows the screen" "$4"
}

# real DEPTH BITS [WIDTH HEIGHT]: take a picture of a real screen; WIDTH and HEIGHT are as for some_rectangles.
real() {
    bits=$2
    some_rectangles "${@:3}"
    start_server "$width" "$height" "$1"
    paint "${rectangles[@]}"
    must_take a.ppm "$screen"
    must_show a.ppm "$2" "a screen of $width x $height, depth $1" "$screen"
    end_server
}

@test "screen: a real screen, of any size" {
    must_build "$screen"
    real 24 888 640 480
    real 24 888
}

@test "screen: with 16 bits per pixel" {
    real 16 565
    real 15 555
}

@test "screen: with a colour map" {
    real 8 888
}

# crafted BITS WHAT OPTION...: take a picture of a screen that judge.c creates; WHAT describes it.
crafted() {
    bits=$1
    some_rectangles
    id=$(judge craft "${@:3}" "$width" "$height" "${rectangles[@]}")
    in_the_students_hands
    must_take a.ppm "$format"
    must_show a.ppm "$1" "a screen $2" "$format"
    ipcrm -m "$id"
}

# in_the_students_hands: make the student the owner of segment $id.
in_the_students_hands() {
    [[ $IPCLAB_UID == 0 ]] || judge give "$id" "$IPCLAB_UID"
}

@test "format: the header determines where everything is" {
    crafted 888 "whose header has no name after it (header_size 100)" header=100
    crafted 888 "with no colours (ncolors 0)" ncolors=0
    crafted 888 "whose lines are 20 bytes longer than their pixels (bytes_per_line)" pad=20
    crafted 888 "with the masks of red and blue exchanged" red=0xff blue=0xff0000
    crafted 888 "whose colour map has 40 entries" class=3 bpp=8 ncolors=40
}

@test "format: the most significant byte may come first" {
    crafted 888 "with byte_order 1" msb=1
    crafted 565 "with 16 bits per pixel and byte_order 1" msb=1 bpp=16 red=0xf800 green=0x7e0 blue=0x1f pad=2
}

# must_refuse WHAT OPTION...: ./screenshot refuses a segment WHAT.
must_refuse() {
    id=$(judge craft "${@:2}" 16 16)
    in_the_students_hands
    student ./screenshot "$id" <<<no.ppm
    command="./screenshot $id"
    [[ -z $timed_out && $status == 1 && -n $stderr && -z $output ]] ||
        fail "for a segment $1, $(quoted "$command") printed $(quoted "$output") and $(how_it_ended)" \
            "exit status 1, and a message that the segment is not a screen" "$format"
    ! in_box test -e no.ppm || fail "for a segment $1, $(quoted "$command") created a file" "no file" "$format"
    ipcrm -m "$id"
}

@test "format: refuses a segment that is not a screen" {
    must_refuse "of 50 bytes" size=50
    must_refuse "that is full of zeros" w0=0 w1=0 w2=0 w3=0 w4=0 w5=0 w7=0 w11=0 w12=0 w13=0 w19=0
    must_refuse "of another version of the format (6)" w1=6
    must_refuse "of another format (pixmap_format 1)" w2=1
    must_refuse "with 24 bits per pixel" w11=24
    must_refuse "with no points (pixmap_width 0)" w4=0
    must_refuse "whose header is too short (header_size 99)" w0=99
    must_refuse "whose lines are longer than bytes_per_line" w12=60
    must_refuse "that ends one byte before the last line does" size=$((160 + 256 * 12 + 16 * 64 - 1))
}

@test "format: refuses a header with numbers that are too large" {
    must_refuse "whose header is longer than the segment (header_size 4294967040)" w0=0xffffff00
    must_refuse "that claims to have 4294967295 colours" w19=0xffffffff
    must_refuse "that claims to have 0x15555556 colours, whose size needs more than 32 bits" w19=0x15555556
    must_refuse "that claims to have 65536 lines" w5=65536
    must_refuse "that claims to have 65536 lines of 65536 bytes, whose product needs more than 32 bits" \
        w5=65536 w12=65536
    must_refuse "that claims to have lines of 1073741840 points, whose size needs more than 32 bits" w4=0x40000010
}

# --- manners ---------------------------------------------------------------------

@test "manners: attaches for reading only" {
    some_rectangles
    id=$(judge craft mode=0444 "$width" "$height" "${rectangles[@]}")
    in_the_students_hands
    must_take a.ppm "$manners"
    must_show a.ppm 888 "a screen with read permission only" "$manners"
}

# must_be_alone WHEN: only the server is attached.
must_be_alone() {
    local attached
    attached=$(segment_field "$id" nattch)
    ((attached == 1)) || fail "$1, segment $id has NATTCH $attached: the server is attached, and so is \
$(quoted "$command")" "$(quoted "$command") is attached only while it takes a picture" "$manners"
}

# must_have_taken NAME FILE SECTION: the program prints FILE.
must_have_taken() {
    await has_printed_or_ended "$1" "$2" || :
    report_on "$1"
    has_printed "$1" "$2" || {
        student_wait "$1"
        fail "$(quoted "$command") read the line $(quoted "$2"), printed $(quoted "$output") and $(how_it_ended)" \
            "it takes a picture for each line, and prints the line" "$3"
    }
}

has_printed_or_ended() {
    has_printed "$1" "$2" || has_ended "$1"
}

@test "manners: is not attached between two pictures" {
    some_rectangles
    start_server "$width" "$height" 24
    paint "${rectangles[@]}"
    student_start s ./screenshot "$id"
    send_line s one.ppm
    must_have_taken s one.ppm "$manners"
    must_be_alone "between two pictures"
    must_show one.ppm 888 "the screen" "$manners"
    rectangles+=("5,5,9,7,$(random_colour)")
    paint "${rectangles[@]:0-1}"
    send_line s two.ppm
    must_have_taken s two.ppm "$manners"
    must_be_alone "after two pictures"
    must_show two.ppm 888 "the screen, which has changed since the last picture" "$manners"
    end_input s
    student_wait s
    must_exit 0 "$manners"
}

@test "manners: the server is killed, and then the segment is removed" {
    some_rectangles
    start_server "$width" "$height" 24
    paint "${rectangles[@]}"
    student_start s ./screenshot "$id"
    send_line s one.ppm
    must_have_taken s one.ppm "$manners"
    end_server
    send_line s two.ppm
    must_have_taken s two.ppm "$manners"
    must_show two.ppm 888 "the screen of a server that was killed" "$manners"
    ipcrm -m "$id"
    send_line s three.ppm
    end_input s
    student_wait s
    [[ $status == 1 && -n $stderr && $output == $'one.ppm\ntwo.ppm' ]] ||
        fail "the segment was removed before the third picture; $(quoted "$command") printed \
$(quoted "$output") and $(how_it_ended)" "the third picture fails: a message, and exit status 1" "$manners"
}

# --- undo ------------------------------------------------------------------------

# new_mutex: create a set of one semaphore with the value 1, and set $set.
new_mutex() {
    set=$(in_box semop-tool create --init=1 1)
}

value() {
    semop-tool show --raw --noheadings -o VALUE "$set"
}

# must_be VALUE WHEN
must_be() {
    local now
    now=$(value)
    [[ $now == "$1" ]] || fail "$2, the semaphore is $now" "$1" "$undo"
}

# start_held NAME: start a program that stops in the middle of a picture: its file is a FIFO, and no process reads it.
start_held() {
    in_box mkfifo "$1.ppm"
    student_start "$1" ./screenshot -m "$set" "$id"
    send_line "$1" "$1.ppm"
    await is_held "$1" || :
    ! has_ended "$1" || {
        student_wait "$1"
        fail "$(quoted "$command") $(how_it_ended); its file is a FIFO that no process reads yet" \
            "it opens the FIFO, and waits for a reader" "$undo"
    }
}

# is_held NAME: the program waits in open(2) for the other end of a FIFO, or has ended.
is_held() {
    local pid where
    has_ended "$1" && return 0
    pid=$(student_pid "$1") || return 1
    look_where "$pid"
    [[ $where == *wait_for_partner* || $where == *fifo_open* ]]
}

# a_screen: create a screen that does not change, and set $id.
a_screen() {
    some_rectangles
    id=$(judge craft "$width" "$height" "${rectangles[@]}")
    in_the_students_hands
}

@test "undo: one picture at a time" {
    a_screen
    new_mutex
    start_held a
    must_be 0 "while $(quoted "${student_commands[a]}") takes a picture"
    student_start b ./screenshot -m "$set" "$id"
    send_line b b.ppm
    must_wait b b.ppm "another process takes a picture" "$undo"
    fetch a.ppm
    must_proceed a a.ppm "the check has read its FIFO" "$undo"
    must_proceed b b.ppm "the other process has finished its picture" "$undo"
    must_show b.ppm 888 "the screen" "$undo"
    must_be 1 "while both wait for input"
    must_finish a "$undo"
    must_finish b "$undo"
    must_be 1 "after both ended"
}

@test "undo: a killed process releases the semaphore" {
    a_screen
    new_mutex
    start_held a
    must_be 0 "while $(quoted "${student_commands[a]}") takes a picture"
    student_start b ./screenshot -m "$set" "$id"
    send_line b b.ppm
    must_wait b b.ppm "another process takes a picture" "$undo"
    student_kill a
    student_wait a
    must_proceed b b.ppm "the process that took a picture was killed" "$undo"
    must_finish b "$undo"
    must_be 1 "after one was killed and the other ended"
}

@test "questions: the server" {
    must_answer mode 777 "the column perms of ipcs, in the line of the segment of Xvfb" "Questions"
    must_answer line "$((301 * 2 + 2))" "bytes_per_line; Xvfb rounds it up to whole words of 4 bytes" "Questions"
    must_answer width 000003e8 "four bytes, the most significant one first" "Questions"
    must_answer stays yes "see the walk-through" "Questions"
}

@test "questions: failures" {
    must_answer undone 1 "see the walk-through: SEM_UNDO" "Questions"
    must_answer gone einval "see ERRORS in man shmat: no segment has this id" "Questions"
    must_answer mapped "$(getconf PAGESIZE)" "the unit of each mapping: getconf PAGESIZE" "Questions"
}
