#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# The model agrees with the kernel: thousands of random lists of operations, by
# real processes and by tests/helpers/model, compared after each; and a model
# that is wrong is noticed.

load helpers/common

# The same again: IPCLAB_SEED=N.
setup() {
    trace_failures
    model=$top_srcdir/tests/helpers/model
    seed=${IPCLAB_SEED:-$RANDOM$RANDOM}
}

@test "the model agrees with the kernel after every step" {
    local kind count
    echo "# semop-model: seed $seed (IPCLAB_SEED=$seed makes it again)" >&3
    run "$model" "$seed"
    assert_success
    assert_line --index 0 --regexp '^agreed in [0-9]{4,} steps: '
    # Whatever a call can come to has come, and often.
    for kind in 'done' EAGAIN ERANGE waited 'went on later' ended; do
        [[ $output =~ ([0-9]+)\ $kind ]] || fail "never: $kind"
        count=${BASH_REMATCH[1]}
        ((count >= 20)) || fail "only $count times: $kind"
    done
}

@test "the same seed makes the same steps, another one others" {
    "$model" --steps 300 --trace "$seed" >"$BATS_TEST_TMPDIR/once"
    "$model" --steps 300 --trace "$seed" >"$BATS_TEST_TMPDIR/again"
    run diff "$BATS_TEST_TMPDIR/once" "$BATS_TEST_TMPDIR/again"
    assert_success
    "$model" --steps 300 --trace "$((seed + 1))" >"$BATS_TEST_TMPDIR/other"
    run diff "$BATS_TEST_TMPDIR/once" "$BATS_TEST_TMPDIR/other"
    assert_failure 1
}

# notices WRONG: a model that is wrong in this way is told apart from the kernel,
# with all that is needed to find out why.
notices() {
    run "$model" --wrong "$1" "$seed"
    assert_failure 1
    assert_line --index 0 --regexp "^model and kernel differ, seed $seed, step [0-9]+: "
    assert_line --regexp '^  step [0-9]+: a set of [0-9]+: |^  step [0-9]+: (perl|tool|op|set|main)'
    assert_line --regexp '^  model:  0=[0-9]+\(.*\) [0-9]+ wait$'
    assert_line --regexp '^  kernel: 0=[0-9]+\(.*\) [0-9]+ wait$'
    # Nothing is left of it.
    assert_equal "$(set_ids)" ""
}

@test "a wrong model is noticed: a refused list is half done" {
    notices atomic
}

@test "a wrong model is noticed: IPC_NOWAIT waits" {
    notices nowait
}

@test "a wrong model is noticed: nothing is undone at exit" {
    notices undo
}

@test "a wrong model is noticed: a value that is set keeps what is to be undone" {
    notices clear
}
