# shellcheck shell=bash disable=SC2034
# SPDX-License-Identifier: MIT
# list-posix -- 2,000 POSIX objects beside 2,000 segments
#
# Two commands list both otherwise: lsipc(1) the segments, and ls(1) the files that objects are. Neither
# tells who has an object; shmstat counts that for NATTCH, in /proc, and does not where NATTCH is not shown.

tools='lsipc perl'

setup() {
    make_segments 2000 &&
        perl -e 'for my $i (1 .. 2000) {
            my $file;
            open $file, ">", "/dev/shm/object$i" and truncate $file, 4096 * (1 + $i * 7919 % 4096) or die "$!\n"
        }'
}

check() {
    [[ $(shmstat --noheadings | wc -l) == 4000 ]] &&
        [[ $(shmstat --noheadings --posix | wc -l) == 2000 ]] &&
        [[ $(lsipc -m --noheadings | wc -l) == 2000 ]] &&
        [[ $(find /dev/shm -type f | wc -l) == 2000 ]]
}

row 'list 2,000 segments, 2,000 objects' 'shmstat' 0.6 'lsipc, ls :: lsipc -m; ls -l /dev/shm'
row '... without NATTCH' 'shmstat -o SEGMENT,OWNER,PERMS,SIZE' 0.6 'lsipc, ls :: lsipc -m; ls -l /dev/shm'
