# SPDX-License-Identifier: MIT
# src/ipclab/grade/roster.awk -- parse a roster, which is CSV, into lines that bash can read
#
# For each line below the heading, print its number and the columns student, folder and submitted,
# separated by the character 1F. Quotes follow RFC 4180, but no field contains a newline. Blanks
# around a field are ignored. This is awk in the C locale, not jq, because a path may contain any
# byte, and jq replaces those that are not UTF-8.
#
# Exit status: 0 success; 1 the file is not a roster, and a message is on standard error.

function fail(message) {
    print message >"/dev/stderr"
    exit 1
}

# split_line(line): split line into field[1], ... Returns their number, or 0 if a quote is not
# closed.
function split_line(line,    n, c, i, quoted) {
    n = 1
    delete field
    field[1] = ""
    for (i = 1; i <= length(line); i++) {
        c = substr(line, i, 1)
        if (quoted && c == "\"" && substr(line, i + 1, 1) == "\"") {
            field[n] = field[n] c
            i++
        } else if (c == "\"") quoted = !quoted
        else if (c == "," && !quoted) field[++n] = ""
        else field[n] = field[n] c
    }
    for (i = 1; i <= n; i++) gsub(/^[ \t]+|[ \t]+$/, "", field[i])
    return quoted ? 0 : n
}

function value(name) {
    return name in column ? field[column[name]] : ""
}

{ sub(/\r$/, "") }

NR == 1 { sub(/^\357\273\277/, "") } # the byte order mark

/^[ \t]*$/ { next }

{
    count = split_line($0)
    if (!count) fail("line " NR ": a quote is not closed")
}

!heading {
    heading = NR
    for (i = 1; i <= count; i++) column[tolower(field[i])] = i
    if (!("student" in column) || !("folder" in column))
        fail("the first line must name the columns student and folder")
    next
}

{ printf "%d\037%s\037%s\037%s\n", NR, value("student"), value("folder"), value("submitted") }
