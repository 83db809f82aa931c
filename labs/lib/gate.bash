# shellcheck shell=bash
# labs/lib/gate.bash -- let the student's programs make their IPC calls in the order that the check wants
#
# A race that two programs run by themselves is seen now and then; in step, call by call, it is seen always.
#
#   gate_build                          (in setup_file; needs cc)
#   gate_start a ./server board         as student_start, but it stops before each call of labs/lib/gate.c
#   gate_next a                         sets $call: the call it is about to make, or "end" if it has ended
#   gate_go a                           lets it make that call
#   gate_free a                         lets it make that and all further ones

declare -gA gate_at=() gate_go=()
call=

gate_build() {
    cc -O1 -fPIC -shared -o "$IPCLAB_SCRATCH/gate.so" "${BASH_SOURCE[0]%/*}/gate.c" -ldl || return
    in_box mkdir -p /tmp/gate
    in_box tee /tmp/gate/gate.so <"$IPCLAB_SCRATCH/gate.so" >/dev/null
}

# The FIFOs are in a directory of the student's: one in /tmp itself would be refused to anybody but its owner
# (fs.protected_fifos).
gate_start() {
    local name=$1 at go
    shift
    rm -f "/proc/$IPCLAB_BOX/root/tmp/gate/$name".{at,go}
    in_box mkfifo "/tmp/gate/$name.at" "/tmp/gate/$name.go"
    exec {at}<>"/proc/$IPCLAB_BOX/root/tmp/gate/$name.at" {go}<>"/proc/$IPCLAB_BOX/root/tmp/gate/$name.go"
    gate_at[$name]=$at gate_go[$name]=$go
    student_start "$name" env LD_PRELOAD=/tmp/gate/gate.so IPCLAB_GATE="/tmp/gate/$name" "$@"
    # shellcheck disable=SC2004,SC2034 # of labs/lib/box.bash: what messages call it
    student_commands[$name]="$*"
}

# gate_next NAME: fails if the time limit is over, and it has neither come to a call nor ended.
gate_next() {
    local end=$((SECONDS + $(printf '%.0f' "$(box_time)") + 1))
    call=
    while ((SECONDS < end)); do
        if IFS= read -r -t 0.02 call <&"${gate_at[$1]}"; then
            return 0
        elif [[ ! -d /proc/${student_jobs[$1]} ]]; then
            # It may have come to one in the meantime.
            IFS= read -r -t 0.02 call <&"${gate_at[$1]}" || call=end
            return 0
        fi
    done
    return 1
}

gate_go() {
    printf x >&"${gate_go[$1]}"
}

# gate_go_on NAME CALL...: let it go on until it is about to make one of these calls, or ends; see $call.
gate_go_on() {
    local name=$1
    shift
    while gate_next "$name"; do
        [[ $call != end && " $* " != *" $call "* ]] || return 0
        gate_go "$name"
    done
    return 1
}

# Where there is no FIFO, it does not stop; the bytes are for where it has stopped already, or is about to.
gate_free() {
    rm -f "/proc/$IPCLAB_BOX/root/tmp/gate/$1".{at,go}
    printf '%64s' '' >&"${gate_go[$1]}"
}
