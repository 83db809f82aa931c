# shellcheck shell=bash disable=SC2034
# SPDX-License-Identifier: MIT
# dump -- bytes as text

tools='hexdump xxd'
memory=128

setup() {
    head -c 64M /dev/urandom >bytes &&
        shmcreate --key 0x1 64M >/dev/null &&
        shmattach --write 0x1 <bytes
}

check() {
    [[ $(shmattach --dump=32M:64K 0x1) == "$(hexdump -C -s 32M -n 64K bytes)" ]]
}

row 'dump 64 MiB of random bytes' 'shmattach --dump 0x1' 0.04 'hexdump -C bytes' 0.35 'xxd bytes'
