# shellcheck shell=bash disable=SC2034,SC2016
# SPDX-License-Identifier: MIT
# semop -- P and V on a semaphore that nobody else wants
#
# Each pair is two calls of semop(2); run reads its 2,000,000 lists from a file.

tools='perl /usr/bin/python3'

pairs=1000000

setup() {
    semop-tool create --key 0x1 --init 1 1 >/dev/null &&
        yes $'0-1\n0+1' | head -n $((2 * pairs)) >lists &&
        /usr/bin/python3 -c 'import sysv_ipc'
}

# Whatever was taken was given back, and by whom shows that it was operated at all.
check() {
    local each
    for each in 'semop-tool op 0x1 0-1 0+1' "$loop 0x1 1" "$perl_once" "$python_once"; do
        semop-tool set 0x1 0=5 && sh -c "$each" && [[ $(semop-tool show -n -r -o VALUE 0x1) == 5 ]] || return 1
    done
    semop-tool set 0x1 0=1
}

loop=$top_builddir/tests/bench/semop-loop
perl_start='use IPC::Semaphore; my $s = IPC::Semaphore->new(1, 0, 0);'
perl_pair='$s->op(0, -1, 0); $s->op(0, 1, 0);'
python_start='import sysv_ipc; s = sysv_ipc.Semaphore(1)'
perl_once="perl -e \"${perl_start//\$/\\\$} ${perl_pair//\$/\\\$}\""
python_once="/usr/bin/python3 -c \"$python_start; s.acquire(); s.release()\""
perl_loop="perl -e \"${perl_start//\$/\\\$} for (1 .. $pairs) { ${perl_pair//\$/\\\$} }\""
python_loop="/usr/bin/python3 -c \"$python_start
for i in range($pairs): s.acquire(); s.release()\""

row "$pairs P and V" "semop-tool op --repeat $pairs 0x1 0-1 0+1" 1.05 "loop in C :: $loop 0x1 $pairs" \
    0.55 "loop in perl :: $perl_loop" - "loop in python3 :: $python_loop"
row "$pairs P and V, run FILE" 'semop-tool run 0x1 lists' 1.15 "loop in C :: $loop 0x1 $pairs" \
    0.55 "loop in perl :: $perl_loop"
row 'one P and V, whole process' 'semop-tool op 0x1 0-1 0+1' 0.15 "perl :: $perl_once" 0.15 "python3 :: $python_once"
