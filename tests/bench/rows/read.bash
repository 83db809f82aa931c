# shellcheck shell=bash disable=SC2034
# SPDX-License-Identifier: MIT
# read -- the bytes of a segment, into a pipe with the same reader for both

tools='cmp'
memory=2048

setup() {
    make_bytes 1024 >bytes &&
        shmcreate --key 0x1 1G >/dev/null &&
        shmattach --write 0x1 <bytes
}

check() {
    shmattach --read 0x1 | cmp - bytes
}

row 'read 1 GiB into a pipe' 'shmattach --read 0x1 | cat >/dev/null' 0.8 'cat bytes | cat >/dev/null'
