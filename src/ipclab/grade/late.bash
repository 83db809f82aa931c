# shellcheck shell=bash
# src/ipclab/grade/late.bash -- what late work loses, by a rule of one line
#
#   late = 10% per day, 5 days
#
# Each day that has begun since the deadline takes 10% of the points; what is more than 5 days late has none. What comes at
# the very second of the deadline is in time, and what is 5 days late to the second is not more than that.

late_percent=0 late_period=0 late_most='' deadline=''

# seconds_in UNIT: hour, day or week, or several of them.
seconds_in() {
    case $1 in
    hour*) echo 3600 ;;
    day*) echo 86400 ;;
    week*) echo 604800 ;;
    esac
}

# read_late_rule RULE: set late_percent (0-100, for each late_period seconds that have begun) and late_most (seconds after
# which nothing counts; empty if that never comes); fails if it is no such rule.
read_late_rule() {
    [[ $1 =~ ^([0-9]{1,3})%\ *per\ +(hour|day|week)(,\ *([0-9]{1,4})\ +(hour|day|week)s?)?$ ]] || return 1
    late_percent=$((10#${BASH_REMATCH[1]})) late_most=
    late_period=$(seconds_in "${BASH_REMATCH[2]}")
    [[ -z ${BASH_REMATCH[3]} ]] || late_most=$((10#${BASH_REMATCH[4]} * $(seconds_in "${BASH_REMATCH[5]}")))
    ((late_percent <= 100))
}

# late_off SECONDS: how many percent of the points that is late so many seconds loses (0-100); what is in time, none.
late_off() {
    local begun off
    (($1 > 0)) || { echo 0 && return; }
    [[ -z $late_most ]] || (($1 <= late_most)) || { echo 100 && return; }
    ((late_period)) || { echo 0 && return; }
    begun=$((($1 + late_period - 1) / late_period))
    off=$((begun * late_percent))
    echo $((off < 100 ? off : 100))
}

# The times that are understood: a date with a time of day, as ISO 8601 writes it, in the time zone here unless it names its
# own; or @SECONDS since 1970. What date(1) guesses from less would be wrong sooner or later.
time_pattern='^(@[0-9]+|[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]+)?)?( ?(Z|UTC|[+-][0-9]{2}(:?[0-9]{2})?))?)$'

# epoch TIME: as seconds since 1970; fails if it is not such a time.
epoch() {
    [[ $1 =~ $time_pattern ]] && date -d "$1" +%s 2>/dev/null
}

# choose_late LAB: set $deadline (seconds since 1970, or empty) and the rule, from the options and lab.conf.
# shellcheck disable=SC2034 # for grade
choose_late() {
    local rule=${option[late]:-$(conf "$1" late)}
    deadline=
    [[ -z $rule ]] || read_late_rule "$rule" ||
        usage_error "$(printable "$rule"): a rule for late work is like '10% per day, 5 days'"
    [[ -z ${option[late]} || -n ${option[deadline]} ]] || usage_error "--late needs a --deadline"
    [[ -z ${option[deadline]} ]] || deadline=$(epoch "${option[deadline]}") ||
        usage_error "$(printable "${option[deadline]}"): a time is like 2026-11-20 23:59, with +01:00 behind it for a time zone"
}

# newest_file FOLDER: when the newest file in it was last written, in seconds since 1970; nothing if there is none.
newest_file() {
    find "$1" -type f -printf '%T@\n' 2>/dev/null | sort -n | sed -n '$s/[.].*//p'
}
