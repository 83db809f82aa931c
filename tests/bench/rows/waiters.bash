# shellcheck shell=bash disable=SC2034
# SPDX-License-Identifier: MIT
# waiters -- who is blocked: 500 of 1,500 processes
#
# No other program tells; ps(1) reads as many processes and shows at least where
# in the kernel each sleeps.

tools='ps'

blocked=500
others=1000

# All stay until nobody has the fifo open for writing, which is as long as this
# shell lives, or until the semaphore is given, which is never.
setup() {
    local i set
    set=$(semop-tool create --key 0x1 --init 0 1) || return 1
    mkfifo stay
    exec {stay}<>stay
    for ((i = 0; i < others; i++)); do
        (exec {stay}>&-; exec cat) <stay >/dev/null &
    done
    "$helpers/waiter" --fork "$blocked" "$set" 0-1 {stay}>&- &
    until [[ $(semop-tool show --raw -n -o NCNT "$set") == "$blocked" ]]; do :; done
}

check() {
    [[ $(semop-tool waiters --raw -n | wc -l) == "$blocked" ]]
}

row "who is blocked: $blocked of $((blocked + others))" 'semop-tool waiters' - 'ps -eLo pid,tid,user,wchan:32,args'
