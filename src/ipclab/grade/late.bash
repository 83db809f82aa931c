# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# src/ipclab/grade/late.bash -- deduct points from late work, by a rule of one line
#
#   late = 10% per day, 5 days
#
# Each day that has begun since the deadline costs 10% of the points; work that is more than 5 days
# late gets none. Work that comes in the second of the deadline is in time, and work that is exactly
# 5 days late is not more than 5 days late.

# The rule, and the deadline in seconds since 1970 ("" for none).
late_percent=0 late_period=0 late_most='' deadline=''

# seconds_in UNIT: print the seconds in an hour, a day or a week; UNIT may be plural.
seconds_in() {
    case $1 in
    hour*) echo 3600 ;;
    day*) echo 86400 ;;
    week*) echo 604800 ;;
    esac
}

# read_late_rule RULE: parse RULE. Returns 1 if it is invalid.
# Sets: late_percent (0-100, for each period that has begun), late_period (its seconds), late_most
# (the seconds after which work gets no points, or "")
read_late_rule() {
    local unit='(hour|day|week)' pattern
    pattern="^([0-9]{1,3})% *per +$unit(, *([0-9]{1,4}) +${unit}s?)?\$"
    [[ $1 =~ $pattern ]] || return 1
    late_percent=$((10#${BASH_REMATCH[1]})) late_most=
    late_period=$(seconds_in "${BASH_REMATCH[2]}")
    [[ -z ${BASH_REMATCH[3]} ]] ||
        late_most=$((10#${BASH_REMATCH[4]} * $(seconds_in "${BASH_REMATCH[5]}")))
    ((late_percent <= 100))
}

# late_off SECONDS: print the percentage (0-100) that work loses if it is SECONDS late.
late_off() {
    local begun off=0
    if (($1 > 0)) && [[ -n $late_most ]] && (($1 > late_most)); then
        off=100
    elif (($1 > 0 && late_period)); then
        begun=$((($1 + late_period - 1) / late_period))
        off=$((begun * late_percent))
    fi
    echo $((off < 100 ? off : 100))
}

# epoch TIME: print TIME as seconds since 1970. Returns 1 if it is invalid.
#
# TIME is a date with a time of day in ISO 8601, in the local time zone unless it names another, or
# @SECONDS since 1970. date(1) accepts less, and guesses the rest.
epoch() {
    local day='[0-9]{4}-[0-9]{2}-[0-9]{2}' time='[0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]+)?)?'
    local zone='(Z|UTC|[+-][0-9]{2}(:?[0-9]{2})?)' pattern
    pattern="^(@[0-9]+|${day}[T ]$time( ?$zone)?)\$"
    [[ $1 =~ $pattern ]] && date -d "$1" +%s 2>/dev/null
}

# How messages describe an invalid TIME and an invalid RULE.
# shellcheck disable=SC2034 # for roster.bash and package.bash, too
time_rule="use a time such as 2026-11-20 23:59, or 2026-11-20 23:59 +01:00 with a time zone"
late_rule="use a rule such as '10% per day, 5 days'"

# choose_late LAB: read the deadline and the rule, from the options or lab.conf. Exits if one is
# invalid.
# Sets: deadline, late_percent, late_period, late_most
choose_late() {
    local rule=${option[late]:-$(conf "$1" late)}
    deadline=
    [[ -z $rule ]] || read_late_rule "$rule" ||
        usage_error "invalid late rule '$(printable "$rule")': $late_rule"
    [[ -z ${option[late]} || -n ${option[deadline]} ]] || usage_error "--late needs --deadline"
    [[ -z ${option[deadline]} ]] || deadline=$(epoch "${option[deadline]}") ||
        usage_error "invalid time '$(printable "${option[deadline]}")': $time_rule"
}

# newest_file FOLDER: print file: and the modification time of its newest file, in seconds since
# 1970; nothing if it has no file. The student can set this time, so reports say where it is from.
newest_file() {
    find "$1" -type f -printf '%T@\n' 2>/dev/null | sort -n | sed -n '$s/^\([^.]*\).*/file:\1/p'
}
