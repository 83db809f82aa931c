# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# Completion for the programs of ipclab in bash.
#
# It reads the options from each program's --help, and segments from shmstat, so
# it need not change when they do.  If bash-completion is installed, it loads this
# file on demand; the file uses none of its functions, because their names differ
# between versions.

# _ipclab_options PROGRAM [SUBCOMMAND]: its long options, one a line, with a = if
# a value is required.
_ipclab_options() {
    "$@" --help 2>/dev/null | sed -n '/^ *-/p' | grep -oE -e '--[a-z][a-z-]*=?' | sort -u
}

# _ipclab_values PROGRAM OPTION: the values of OPTION, if --help prints OPTION=this|that.
_ipclab_values() {
    "$1" --help 2>/dev/null | sed -n "s/.*$2=\\([a-z]*|[a-z|]*\\).*/\\1/p" | tr '|' '\n'
}

# _ipclab_subcommands PROGRAM: its subcommands, if it has any.
_ipclab_subcommands() {
    case $1 in
    shmctl-tool) echo 'stat set lock unlock resize rm' ;;
    semop-tool) echo 'create op run show waiters set rm limits' ;;
    shmsync) echo 'init lock wait signal broadcast post down rdlock wrlock arrive stat waiters destroy' ;;
    ipclab) echo 'list start read shell check hint reset solution doctor' \
            'grade similar package new selftest' ;;
    esac
}

# _ipclab_operands PROGRAM SUBCOMMAND: the ids and names, or the labs, that it
# accepts.  A name that the shell would split or expand is left out.
_ipclab_operands() {
    case $1:$2 in
    shmcreate:* | semop-tool:create | semop-tool:limits | ipclab:list | ipclab:doctor | ipclab:new) ;;
    ipclab:*) ipclab list 2>/dev/null | sed -n 's/^\([0-9][0-9]\) .*/\1/p' ;;
    semop-tool:*) semop-tool show --raw --noheadings -o ID 2>/dev/null ;;
    shmctl-tool:resize) shmstat --posix --raw --noheadings -o SEGMENT 2>/dev/null | grep -v '[^[:alnum:]/._-]' ;;
    *) shmstat --raw --noheadings -o SEGMENT 2>/dev/null | grep -v '[^[:alnum:]/._-]' ;;
    esac
}

# _ipclab_subcommand: the subcommand that is on the command line, if any.
_ipclab_subcommand() {
    local i
    for ((i = 1; i < COMP_CWORD; i++)); do
        [[ ${COMP_WORDS[i]} == -* ]] || { echo "${COMP_WORDS[i]}" && return; }
    done
}

_ipclab() {
    local program=${1##*/} cur=${COMP_WORDS[COMP_CWORD]} option=${COMP_WORDS[COMP_CWORD - 1]} i words subcommand=
    COMPREPLY=()

    # bash splits --input=FILE into three words.
    if [[ $cur == = ]]; then
        cur=
    elif [[ $option == = ]] && ((COMP_CWORD > 1)); then
        option=${COMP_WORDS[COMP_CWORD - 2]}
    fi

    # After --, any command.
    for ((i = 1; i < COMP_CWORD; i++)); do
        if [[ ${COMP_WORDS[i]} == -- ]]; then
            if ((i == COMP_CWORD - 1)); then
                mapfile -t COMPREPLY < <(compgen -c -- "$cur")
            else
                compopt -o default 2>/dev/null
            fi
            return
        fi
    done

    case $program:$option in
    interleave:--input | interleave:--save | interleave:--svg | interleave:-[io] | interleave:replay | \
        shmcreate:--input | shmcreate:-i | ipclab:--csv | ipclab:--out)
        compopt -o filenames 2>/dev/null
        mapfile -t COMPREPLY < <(compgen -f -- "$cur")
        return
        ;;
    *:--how | *:--time-format | ipclab:--format)
        mapfile -t COMPREPLY < <(compgen -W "$(_ipclab_values "$1" "$option")" -- "$cur")
        return
        ;;
    shmstat:--user | shmstat:-u | *-tool:--owner | *-tool:-u)
        mapfile -t COMPREPLY < <(compgen -u -- "$cur")
        return
        ;;
    esac

    # interleave takes programs and their words.
    if [[ $program == interleave && $cur != -* ]]; then
        compopt -o default 2>/dev/null
        words=:::
        ((COMP_CWORD > 1)) || words='cc replay'
        mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur"; compgen -c -- "$cur")
        return
    fi

    words=$(_ipclab_subcommands "$program")
    [[ -z $words ]] || subcommand=$(_ipclab_subcommand)
    if [[ $cur == -* ]]; then
        words=$(_ipclab_options "$1" ${subcommand:+"$subcommand"})
    elif [[ -z $words || -n $subcommand ]]; then
        words=$(_ipclab_operands "$program" "$subcommand")
    fi
    case $program:$subcommand in # or a FILE
    semop-tool:run | ipclab:grade | ipclab:similar | ipclab:package | ipclab:selftest)
        compopt -o default 2>/dev/null
        ;;
    esac
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
    [[ ${COMPREPLY[0]-} != *= ]] || compopt -o nospace 2>/dev/null
}

complete -F _ipclab ipclab shmcreate shmattach shmstat shmctl-tool semop-tool shmsync interleave
