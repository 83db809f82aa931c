#!/usr/bin/env bats
#
# Lab 06, tried as helpers/lab.bash tries each of them.

load helpers/common
load helpers/lab

@test "lab 06: has all that a lab has" {
    is_complete 06
}

@test "lab 06: the walk-through comes as printed" {
    walk_through 06
}

@test "lab 06: the starter fails" {
    starter_fails 06
}

@test "lab 06: the solution passes" {
    solution_passes 06
}
