# shellcheck shell=bash disable=SC2034
# SPDX-License-Identifier: MIT
# write -- bytes from a file into a segment whose pages are all there already
#
# A file that exists can be written over in two ways: in place, where its pages
# are there as well, and after it was cut to nothing, as the shell's > does it.

tools='cmp'
memory=3072

setup() {
    make_bytes 1024 >bytes &&
        cp bytes file &&
        shmcreate --key 0x1 1G >/dev/null &&
        shmattach --fill=0xff 0x1
}

check() {
    shmattach --write 0x1 <bytes && shmattach --read 0x1 | cmp - bytes
}

row 'write 1 GiB from a file' 'shmattach --write 0x1 <bytes' 1.0 'cat bytes 1<>file' 1.0 'cat bytes >file'
