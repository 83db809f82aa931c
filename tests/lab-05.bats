#!/usr/bin/env bats
#
# Lab 05, tried as helpers/lab.bash tries each of them.

load helpers/common
load helpers/lab

@test "lab 05: has all that a lab has" {
    is_complete 05
}

@test "lab 05: the walk-through comes as printed" {
    walk_through 05
}

@test "lab 05: the starter fails" {
    starter_fails 05
}

@test "lab 05: the solution passes" {
    solution_passes 05
}
