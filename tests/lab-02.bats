#!/usr/bin/env bats
#
# Lab 02, tried as helpers/lab.bash tries each of them.

load helpers/common
load helpers/lab

@test "lab 02: has all that a lab has" {
    is_complete 02
}

@test "lab 02: the walk-through comes as printed" {
    walk_through 02
}

@test "lab 02: the starter fails" {
    starter_fails 02
}

@test "lab 02: the solution passes" {
    solution_passes 02
}
