#!/usr/bin/env bats
#
# Lab 03, tried as helpers/lab.bash tries each of them.

load helpers/common
load helpers/lab

@test "lab 03: has all that a lab has" {
    is_complete 03
}

@test "lab 03: the walk-through comes as printed" {
    walk_through 03
}

@test "lab 03: the starter fails" {
    starter_fails 03
}

@test "lab 03: the solution passes" {
    solution_passes 03
}
