# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# src/ipclab/show.bash -- list, read, hint and solution

# lab_status LAB: print new, started or passed.
lab_status() {
    if [[ -n $(progress_get "$1" passed) ]]; then
        echo passed
    elif [[ -n $(progress_get "$1" folder) ]]; then
        echo started
    else
        echo new
    fi
}

# list_rows: print for each lab its name, status, best score, points, minutes and title, separated
# by tabs.
list_rows() {
    local lab points minutes
    while read -r lab; do
        points=$(progress_get "$lab" points)
        minutes=$(conf "$lab" minutes)
        printf '%s\t' "$lab" "$(lab_status "$lab")" "${points:-0}" "$(total_points "$lab")" \
            "${minutes:-0}"
        conf "$lab" title
    done < <(all_labs)
}

list_as_json() {
    require_tools jq
    list_rows | jq -nR '[inputs / "\t" | {lab: .[0], title: .[5], status: .[1],
        points: .[2] | tonumber, of: .[3] | tonumber, minutes: .[4] | tonumber}]'
}

do_list() {
    local lab status points of minutes title columns
    [[ -n $(all_labs) ]] || die 1 "there are no labs in ${ipclab_labs[*]}"
    if [[ -n ${option[json]} ]]; then
        list_as_json
        return
    fi
    # A title ends where the terminal does.
    read_columns 1
    ((columns > 31)) || columns=999
    printf '%-3s %-8s %7s %8s  %s\n' LAB STATUS POINTS MINUTES TITLE
    while IFS=$'\t' read -r lab status points of minutes title; do
        printf '%-3s %-8s %7s %8s  %s\n' "${lab%%-*}" "$status" "$points/$of" "$minutes" "${title:0:columns - 31}"
    done < <(list_rows)
}

# pager: print standard input, on a terminal a page at a time. lowdown and the sheets are in UTF-8,
# whatever the locale is; without one, less would show bytes.
pager() {
    export LESSCHARSET=${LESSCHARSET-utf-8}
    if [[ ! -t 1 ]]; then
        cat
    elif [[ -n ${PAGER-} ]]; then
        LESS=${LESS--R} sh -c "$PAGER"
    elif ! screen_here; then
        cat
    elif command -v less >/dev/null; then
        LESS=${LESS--R} less
    else
        more
    fi
}

# render FILE: format a sheet for the terminal if lowdown is installed.
render() {
    local width
    # Standard output is the pager, so ask the terminal itself for its width.
    width=$(tput cols 2>/dev/null </dev/tty) || width=80
    ((width <= 88)) || width=88
    if command -v lowdown >/dev/null; then
        # Old versions do not know these options.
        lowdown -Tterm --term-width="$width" ${NO_COLOR:+--term-no-colour} "$1" 2>/dev/null ||
            lowdown -Tterm "$1"
    else
        cat -- "$1"
    fi
}

do_read() { # [NN]
    local lab sheet
    choose_lab "${1-}"
    sheet=$(lab_path "$lab")/README.md
    if screen_here; then render "$sheet" | pager; else pager <"$sheet"; fi
}

do_hint() { # [NN]
    local lab task shown
    choose_lab "${1-}"
    task=$(progress_get "$lab" failing)
    if [[ -z $task ]]; then
        [[ -z $(progress_get "$lab" passed) ]] ||
            die 1 "lab ${lab%%-*}: all checks passed, so no hint is left to give"
        task=$(lab_tasks "$lab" | head -n 1)
    fi
    shown=$(progress_get "$lab" "hint.$task")
    if ((${shown:=0} < 3)); then
        shown=$((shown + 1))
        progress_set "$lab" "hint.$task" "$shown"
    fi
    printf '%s, hint %d of 3:\n' "$task" "$shown"
    lab_hint "$lab" "$task" "$shown" | wrap 1
    ((shown < 3)) || echo "(This was the last hint. To read the sheet: ipclab read ${lab%%-*})"
}

# fill_in FILE: print FILE with the output of COMMAND in place of each $(COMMAND). The commands run
# in an IPC namespace of their own or, where none can be made, what they leave is removed.
fill_in() {
    local words text
    text="cat <<ANSWERS
$(<"$1")
ANSWERS"
    if can_wall namespaces; then
        namespaces_command words
        "${words[@]}" "$BASH" -c "$text"
    else
        (note_machine && exec "$IPCLAB_ENTER_BOX" --keep "$BASH" -c "$text" -- \
            "$ipclab_library/sandbox/clear-folder")
    fi
}

print_solution() { # LAB
    local file
    while IFS= read -r file; do
        printf '==> %s <==\n' "${file##*/solution/}"
        if [[ $file == */answers.txt ]]; then
            fill_in "$file"
        else
            cat -- "$file"
        fi
        echo
    done < <(find "$(lab_path "$1")/solution" -type f | sort)
}

do_solution() { # [NN]
    local lab
    choose_lab "${1-}"
    [[ -n ${option[instructor]} || -n $(progress_get "$lab" passed) ]] ||
        die 1 "you have not passed lab ${lab%%-*} yet; after that, you can compare its solution" \
            "hint: ipclab hint ${lab%%-*}"
    print_solution "$lab" | pager
}
