# src/ipclab/grade/roster.awk -- a roster as CSV becomes lines that bash can read
#
# Of each line below the heading its number and what is in the columns student, folder and
# submitted, with the character 1F between. Quotes are as RFC 4180 has them, but for newlines in
# them; blanks around a field do not count. (Not jq, which has no letters but those of UTF-8, and a
# path may have any byte: LC_ALL=C.)
#
# Exit status: 0 done; 1 it is no roster, and standard error says why.

function fail(message) {
    print message >"/dev/stderr"
    exit 1
}

# split_line(LINE): into field[1..]; how many; 0 if a quote is not closed.
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
        fail("its first line must name the columns student and folder")
    next
}

{ printf "%d\037%s\037%s\037%s\n", NR, value("student"), value("folder"), value("submitted") }
