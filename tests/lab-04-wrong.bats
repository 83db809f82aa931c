#!/usr/bin/env bats
#
# Lab 04: that each typical wrong answer is caught, and told by its mistake.

load helpers/common
load helpers/lab

@test "lab 04: each wrong answer fails, with its words" {
    wrong_answers_fail 04
}
