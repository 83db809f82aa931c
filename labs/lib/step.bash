# shellcheck shell=bash
# labs/lib/step.bash -- as gate.bash, but before and after each call of the student's programs, and with what it does
#
# For what goes wrong between two calls: a program that has given something back and still uses it. load "$IPCLAB_LIB/step"
# after gate; step_build takes the place of gate_build, and all else is that of gate.bash:
#
#   step_build                          (in setup_file; needs cc)
#   gate_start a ./consumer 0x1ab07     stops before and after each call of labs/lib/step.c
#   gate_next a                         sets $call: "before semop 1-1", "after semop 1-1", ... or "end"
#   gate_go a                           lets it go on until the next one

step_build() {
    cc -O1 -fPIC -shared -o "$IPCLAB_SCRATCH/gate.so" "${BASH_SOURCE[0]%/*}/step.c" -ldl || return
    in_box mkdir -p /tmp/gate
    in_box tee /tmp/gate/gate.so <"$IPCLAB_SCRATCH/gate.so" >/dev/null
}

# step_to NAME REGEX: let it go on until it has stopped where $call fits, or ends; see $call. Fails if the time is over.
step_to() {
    # shellcheck disable=SC2154 # that of gate.bash
    while gate_next "$1"; do
        [[ $call != end && ! $call =~ $2 ]] || return 0
        gate_go "$1"
    done
    return 1
}
