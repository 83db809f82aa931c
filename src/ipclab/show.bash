# shellcheck shell=bash
# src/ipclab/show.bash -- list, read, hint and solution

# lab_status LAB: new, started or passed.
lab_status() {
    if [[ -n $(recall "$1" passed) ]]; then
        echo passed
    elif [[ -n $(recall "$1" folder) ]]; then
        echo started
    else
        echo new
    fi
}

list_as_json() {
    local lab points comma=
    printf '['
    while read -r lab; do
        points=$(recall "$lab" points)
        printf '%s\n  {"lab": "%s", "title": %s, "status": "%s", "points": %d, "of": %d, "minutes": %d}' "$comma" "$lab" \
            "$(json_string "$(conf "$lab" title)")" "$(lab_status "$lab")" "${points:-0}" "$(total_points "$lab")" \
            "$(conf "$lab" minutes)"
        comma=,
    done < <(all_labs)
    printf '\n]\n'
}

do_list() {
    local lab points
    [[ -n $(all_labs) ]] || die 1 "there are no labs in ${ipclab_labs[*]}"
    [[ -z $opt_json ]] || { list_as_json && return; }
    printf '%-3s %-8s %7s %8s  %s\n' LAB STATUS POINTS MINUTES TITLE
    while read -r lab; do
        points=$(recall "$lab" points)
        printf '%-3s %-8s %7s %8s  %s\n' "${lab%%-*}" "$(lab_status "$lab")" "${points:-0}/$(total_points "$lab")" \
            "$(conf "$lab" minutes)" "$(conf "$lab" title)"
    done < <(all_labs)
}

# pager: standard input, a page at a time on a terminal.
pager() {
    if [[ ! -t 1 ]]; then
        cat
    elif [[ -n ${PAGER-} ]]; then
        LESS=${LESS--R} sh -c "$PAGER"
    elif command -v less >/dev/null; then
        LESS=${LESS--R} less
    else
        more
    fi
}

# render FILE: a sheet, made up for the terminal that is behind the pager, where something is installed that can.
render() {
    local width
    width=$(tput cols 2>/dev/null </dev/tty) || width=80
    ((width <= 88)) || width=88
    if command -v lowdown >/dev/null; then
        lowdown -Tterm --term-width="$width" ${NO_COLOR:+--term-no-colour} "$1" 2>/dev/null || lowdown -Tterm "$1"
    else
        cat -- "$1"
    fi
}

do_read() { # [NN]
    local lab sheet
    choose_lab "${1-}"
    sheet=$(lab_path "$lab")/README.md
    if [[ -t 1 ]]; then render "$sheet" | pager; else cat -- "$sheet"; fi
}

do_hint() { # [NN]
    local lab task shown
    choose_lab "${1-}"
    task=$(recall "$lab" failing)
    if [[ -z $task ]]; then
        [[ -z $(recall "$lab" passed) ]] || die 1 "lab ${lab%%-*}: all checks passed; there is nothing to hint at"
        task=$(lab_tasks "$lab" | head -n 1)
    fi
    shown=$(recall "$lab" "hint.$task")
    ((${shown:=0} >= 3)) || { shown=$((shown + 1)) && remember "$lab" "hint.$task" "$shown"; }
    printf '%s, hint %d of 3:\n' "$task" "$shown"
    lab_hint "$lab" "$task" "$shown"
    ((shown < 3)) || echo "(this is the last; the sheet has the rest: ipclab read ${lab%%-*})"
}

# fill_in FILE: with $(command) in it replaced by what that prints, in an IPC namespace of nobody else's.
fill_in() {
    local wall
    outer_wall
    "${wall[@]}" "$BASH" -c "cat <<ANSWERS
$(<"$1")
ANSWERS"
}

print_solution() { # LAB
    local file
    while IFS= read -r file; do
        printf '==> %s <==\n' "${file##*/solution/}"
        if [[ $file == */answers.txt ]] && can_wall; then fill_in "$file"; else cat -- "$file"; fi
        echo
    done < <(find "$(lab_path "$1")/solution" -type f | sort)
}

do_solution() { # [NN]
    local lab
    choose_lab "${1-}"
    [[ -n $opt_instructor || -n $(recall "$lab" passed) ]] ||
        die 1 "lab ${lab%%-*} has not passed yet: then its solution is yours to compare with" \
            "hint: ipclab hint ${lab%%-*}"
    print_solution "$lab" | pager
}
