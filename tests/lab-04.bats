#!/usr/bin/env bats
#
# Lab 04, tried as helpers/lab.bash tries each of them.

load helpers/common
load helpers/lab

@test "lab 04: has all that a lab has" {
    is_complete 04
}

@test "lab 04: the walk-through comes as printed" {
    walk_through 04
}

@test "lab 04: the starter fails" {
    starter_fails 04
}

@test "lab 04: the solution passes" {
    solution_passes 04
}
