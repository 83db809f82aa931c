# shellcheck shell=bash disable=SC2034
# SPDX-License-Identifier: MIT
# posix -- the same command on a POSIX object and on a System V segment
#
# The peer is ours too: what is measured is that neither kind costs more.  What a command costs as a whole is mostly its
# start, so the bytes are there to show what is behind it.

memory=512

setup() {
    make_bytes 64 >bytes &&
        shmcreate --key 0x1 64M >/dev/null && shmcreate --name /object 64M >/dev/null &&
        shmattach --write 0x1 <bytes && shmattach --write /object <bytes
}

check() {
    shmattach --read 0x1 | cmp - bytes && shmattach --read /object | cmp - bytes
}

pair() {
    row "$1" "shmattach $2 /object${3-}" 1.1 "shmattach $2 0x1${3-}"
}

pair 'attach, detach' ''
pair 'read 64 MiB' --read ' >/dev/null'
pair 'write 64 MiB' --write ' <bytes'
pair 'fill 64 MiB' --fill=1
pair 'dump 1 MiB' --dump=0:1M
pair 'get a number' --get=u64@8
pair 'set a number' --set=u64@8=1
pair '10,000,000 increments' '--increment=u64@8 --times=10000000'
