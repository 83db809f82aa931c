# shellcheck shell=bash
# labs/04-lifetime/sweep.bash -- the population that sweep finds, and what must have become of it
#
# check.bats has what is said to the student: sweeping.

# sweep ARG...: as on a machine where nothing of ipclab is installed.
sweep() {
    student env PATH=/usr/bin:/bin ./sweep "$@"
    command="./sweep $*"
}

# sweep_all: everything that is an orphan is so for 0 seconds.
sweep_all() {
    sweep 0
    must_end "$sweeping"
}

exists() {
    [[ -n $(segment_field "$1" size) ]]
}

# must_go ID...: these are gone, the exit status is 0, and nothing else is said to be gone. To be said after must_stay.
must_go() {
    local id said
    for id; do
        ! exists "$id" || wrong "$(shown "$command") left segment $id: $(described "$id")" \
            "it is an orphan, and goes" "$sweeping"
    done
    must_exit 0 "$sweeping"
    said=$(printf '%s\n' "$@" | sort -n)
    [[ $(sort -n <<<"$output") == "$said" ]] || wrong "$(shown "$command") printed $(shown "$output")" \
        "$(shown "$said"): the id of each segment that it removed" "$sweeping"
}

described() {
    echo "mode $(segment_field "$1" perms), attached $(segment_field "$1" nattch) times, creator $(segment_field "$1" cpid)"
}

# must_stay ID WHY
must_stay() {
    exists "$1" || wrong "$(shown "$command") removed segment $1" "it stays: $2" "$sweeping"
}

# orphan [OPTION...]: one that shmcreate made in the box, and has left.
orphan() {
    in_box shmcreate "$@" 4K
}

# hold NAME ID: attached, by a process that stays.
hold() {
    student_start "$1" shmattach --hold "$2"
    await held "$1"
}

held() {
    [[ -n $(student_output "$1") ]]
}

# living_creator: start NAME, a process that creates a segment, does not attach it, prints its id, and stays.
living_creator() {
    in_box cc -x c -o /tmp/creator - <<'C'
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
    student_start "$1" /tmp/creator
    await held "$1"
}
