# shellcheck shell=bash disable=SC2034
# SPDX-License-Identifier: MIT
# remove -- make a segment and remove it: two programs from start to end
#
# ipcmk(1) prints a sentence; what is behind its last blank is the id.

tools='ipcmk ipcrm'

check() {
    local each
    for each in "$ours" "$theirs"; do
        sh -c "$each" && [[ $(ipcs -m | grep -c '^0x') == 0 ]] || return 1
    done
}

# shellcheck disable=SC2016 # for the shell that is measured
ours='id=$(shmcreate 4096); shmctl-tool rm "$id"' theirs='id=$(ipcmk -M 4096); ipcrm -m "${id##* }"'
row 'create and remove one segment' "$ours" 1.0 "ipcmk, ipcrm :: $theirs"
