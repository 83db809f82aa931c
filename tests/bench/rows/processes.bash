# shellcheck shell=bash disable=SC2034
# SPDX-License-Identifier: MIT
# processes -- who has what attached: 200 segments, 300 processes, 3 attaches each
#
# lsof(8) shows a mapped segment as a deleted file, FD "DEL", NODE the id and
# NAME /SYSV and the key.  Asking for nothing else (-d DEL), with no look-up of
# hosts and ports (-n, -P) and no warnings (-w), is the quickest way to it. What
# it does not tell and we do: the address, the protection and the memory used.

tools='lsof'

processes=300

setup() {
    local i key=0x10000 ids=()
    mapfile -t ids < <(for ((i = 1; i <= 200; i++)); do shmcreate --key $((key + i)) 64K || exit 1; done)
    ((${#ids[@]} == 200)) || return 1
    # They stay until nobody has the fifo open for writing, which is as long as
    # this shell lives.
    mkfifo stay ready
    exec {stay}<>stay {ready}<>ready
    for ((i = 0; i < 3 * processes; i += 3)); do
        "$helpers/holder" "${ids[i % 200]}" "${ids[(i + 1) % 200]}" "${ids[(i + 2) % 200]}" \
            <stay >ready {stay}>&- {ready}>&- &
    done
    for ((i = 0; i < processes; i++)); do read -r _ <&"$ready" || return 1; done
}

# Each attach is a line of both, and on each process, which has three, they agree.
check() {
    local ours theirs
    ours=$(shmstat --processes --raw --noheadings --output PID,ID 2>/dev/null | grep -v '^-' | sort)
    theirs=$(lsof -nPw -d DEL -F pi | awk '/^p/ { pid = substr($0, 2) } /^i/ { print pid, substr($0, 2) }' | sort)
    [[ $(wc -l <<<"$ours") == $((3 * processes)) && $ours == "$theirs" ]]
}

row 'who has 200 segments attached' 'shmstat --processes' 0.35 'lsof -nPw -d DEL' - 'lsof -nPw'
