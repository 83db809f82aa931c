#!/usr/bin/env bats
#
# Lab 01, tried as helpers/lab.bash tries each of them.

load helpers/common
load helpers/lab

@test "lab 01: has all that a lab has" {
    is_complete 01
}

@test "lab 01: the walk-through comes as printed" {
    walk_through 01
}

@test "lab 01: the starter fails" {
    starter_fails 01
}

@test "lab 01: the solution passes" {
    solution_passes 01
}
