# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# src/ipclab/grade/names.bash -- names of students and of their files, as text that is safe to show
# and to store
#
# A name may hold any byte except / and NUL. The text of a name is unique: two names never have the
# same text. It is valid UTF-8, without characters that a terminal acts on, so it can be a line of
# the plan, a directory, a cell of grades.csv, and a word on a terminal.

# is_student NAME: NAME can be a student.
# shellcheck disable=SC2034 # for roster.bash
student_rule="use 1 to 200 bytes without / and control characters, not . or - first"
is_student() {
    local LC_ALL=C
    [[ -n $1 && ${#1} -le 200 && $1 != [.-]* && $1 != *[/[:cntrl:]]* ]]
}

# Characters that C.UTF-8 calls printable, but that change how a terminal shows the others: soft
# hyphen, zero width, direction of writing.
invisible=$'\u00ad\u061c\u180e\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e'
invisible+=$'\u2060\u2061\u2062\u2063\u2064\u2066\u2067\u2068\u2069\ufeff'

# escape_bytes TEXT: append each byte of TEXT to $escaped, as %XX.
escape_bytes() {
    local LC_ALL=C i hex
    for ((i = 0; i < ${#1}; i++)); do
        printf -v hex '%%%02X' "'${1:i:1}"
        escaped+=$hex
    done
}

# escape TEXT: write each byte that is not part of a printable character, and %, as %XX.
# Sets: escaped
escape() {
    local LC_ALL=C.UTF-8 i character
    escaped=$1
    [[ $1 == *[!A-Za-z0-9._/\ -]* ]] || return 0
    escaped=
    for ((i = 0; i < ${#1}; i++)); do
        character=${1:i:1}
        if [[ $character == [[:print:]] && $character != [%$invisible] ]]; then
            escaped+=$character
        else
            escape_bytes "$character"
        fi
    done
}

# student_key NAME: find the text that stands for a student: the name of the directory for the
# results, and the name in the reports. It is NAME itself, unless NAME has an odd character, is the
# name of a file that grade writes (on some file systems, case makes no difference), begins with .,
# - or a blank, or ends with a blank.
# Sets: key
student_key() {
    local first escaped LC_ALL=C.UTF-8
    escape "$1"
    key=$escaped
    [[ $key != *' ' ]] || key=${key% }%20
    case ${1,,} in
    grades.csv | summary.txt | grades.csv.new | summary.txt.new | [.\ -]*)
        printf -v first '%%%02X' "'${1:0:1}"
        key=$first${key#?}
        ;;
    esac
    # The hash keeps long names apart; no other text has %~.
    LC_ALL=C
    ((${#key} > 200)) || return 0
    LC_ALL=C.UTF-8
    key=${key:0:45}%~$(printf '%s' "$1" | sha256sum | head -c 16)
}
