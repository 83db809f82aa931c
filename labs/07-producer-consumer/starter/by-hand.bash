# by-hand.bash -- for the walk-through: what a producer and a consumer do at the buffer, as shell functions
#
#   $ source by-hand.bash
#
# The key is 0x1ab07, and there are two slots. As in buffer.h, in is at byte 8, out is at byte 16, and the slots, of 64
# bytes each, begin at byte 64.

# insert TEXT: put TEXT into the next slot.
insert() {
    local in
    in=$(shmattach --get=u64@8 0x1ab07)
    shmattach --set=str@$((64 + in % 2 * 64))="$1" 0x1ab07
    shmattach --set=u64@8=$((in + 1)) 0x1ab07
}

# extract: print the text in the slot whose turn it is.
extract() {
    local out
    out=$(shmattach --get=u64@16 0x1ab07)
    shmattach --get=str@$((64 + out % 2 * 64)) 0x1ab07
    shmattach --set=u64@16=$((out + 1)) 0x1ab07
}
