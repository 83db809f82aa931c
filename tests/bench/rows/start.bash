# shellcheck shell=bash disable=SC2034
# SPDX-License-Identifier: MIT
# start -- what every use of a program costs

tools='ipcs'

row 'start: shmstat' 'shmstat --version' 1.2 'ipcs --version'
row 'start: shmcreate' 'shmcreate --version' 1.2 'ipcs --version'
