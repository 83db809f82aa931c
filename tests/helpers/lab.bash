# shellcheck shell=bash
# tests/helpers/lab.bash -- solve labs, as a student would

# fill_in_answers FILE: $(command) in it is replaced by what that prints, in an IPC namespace of nobody else's.
fill_in_answers() {
    printf '%s\n' "$(unshare --ipc "$BASH" -c "cat <<ANSWERS
$(<"$1")
ANSWERS")" >"$1"
}
