# shellcheck shell=bash
# labs/04-lifetime/sweep.bash -- create the segments that sweep finds, and check which of them it has removed
#
# check.bats sets the variable sweeping, a heading of the sheet.

# sweep ARG...: run the student's sweep as on a machine on which ipclab is not installed.
sweep() {
    # Outside an IPC namespace, it would remove the orphans that the machine has.
    needs_namespaces "an IPC namespace, because sweep removes every orphan of its user"
    student env PATH=/usr/bin:/bin ./sweep "$@"
    command="./sweep $*"
}

# sweep_all: run sweep with SECONDS 0, so that the age of a segment does not matter.
sweep_all() {
    sweep 0
    must_end "$sweeping"
}

exists() {
    [[ -n $(segment_field "$1" size) ]]
}

# must_go ID...: sweep must have removed and printed exactly these, with exit status 0. Call must_stay before it.
must_go() {
    local id said
    for id; do
        ! exists "$id" || fail "$(quoted "$command") left segment $id: $(described "$id")" \
            "it removes this segment, which is an orphan" "$sweeping"
    done
    must_exit 0 "$sweeping"
    said=$(printf '%s\n' "$@" | sort -n)
    [[ $(sort -n <<<"$output") == "$said" ]] || fail "$(quoted "$command") printed $(quoted "$output")" \
        "$(quoted "$said"): the id of each segment that it removed" "$sweeping"
}

described() {
    echo "mode $(segment_field "$1" perms), nattch $(segment_field "$1" nattch), creator $(segment_field "$1" cpid)"
}

# must_stay ID WHY
must_stay() {
    exists "$1" || fail "$(quoted "$command") removed segment $1" "sweep leaves it alone: $2" "$sweeping"
}

# orphan [OPTION...]: create an orphan with shmcreate in the box, and print its id.
orphan() {
    in_box shmcreate "$@" 4K
}

# hold NAME ID: start NAME, a process that attaches segment ID and stays.
hold() {
    student_start "$1" shmattach --hold "$2"
    await held "$1"
}

held() {
    [[ -n $(student_output "$1") ]]
}

# living_creator: start NAME, a process that creates a segment, does not attach it, prints its id, and stays.
living_creator() {
    in_box cc -x c -o "$tmp_there/creator" - <<'C'
#include <stdio.h>
#include <sys/ipc.h>
#include <sys/shm.h>
int main(void)
{
    printf("%d\n", shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0600));
    fflush(stdout);
    return getchar() != EOF;
}
C
    student_start "$1" "$tmp_there/creator"
    await held "$1"
}
