# SPDX-License-Identifier: MIT
# tests/local.mk -- the tests, what they are built from, and the other judges:
# bench, fuzz, lint, coverage.

# --- what make check runs: each line of TAP is one result --------------------

bats_tests =
bats_tests += tests/build.bats
bats_tests += tests/calls.bats
bats_tests += tests/demo.bats
bats_tests += tests/explain.bats
bats_tests += tests/interleave.bats
bats_tests += tests/interleave-calls.bats
bats_tests += tests/interleave-show.bats
bats_tests += tests/interleave-protocols.bats
bats_tests += tests/manual.bats
bats_tests += tests/posix.bats
bats_tests += tests/posix-stat.bats
bats_tests += tests/semop-model.bats
bats_tests += tests/semop-op.bats
bats_tests += tests/semop-tool.bats
bats_tests += tests/semop-waiters.bats
bats_tests += tests/shmattach.bats
bats_tests += tests/shmattach-values.bats
bats_tests += tests/shmcreate.bats
bats_tests += tests/shmctl-tool.bats
bats_tests += tests/shmstat.bats
bats_tests += tests/shmstat-processes.bats
bats_tests += tests/shmsync.bats
bats_tests += tests/shmsync-header.bats
bats_tests += tests/shmsync-waiters.bats
bats_tests += tests/truth.bats
bats_tests += tests/structure.bats

bats_tests += tests/ipclab.bats tests/ipclab-doctor.bats tests/ipclab-sandbox.bats tests/ipclab-terminal.bats
bats_tests += tests/ipclab-walls.bats
class_tests = tests/ipclab-grade.bats tests/ipclab-ssh.bats tests/ipclab-teach.bats
EXTRA_DIST += $(class_tests)

# Unit tests in C: each prints TAP itself.
unit_tests =
unit_tests += tests/calls-test
unit_tests += tests/operand-test
unit_tests += tests/procfs-test
unit_tests += tests/pshared-test
unit_tests += tests/semops-test
unit_tests += tests/text-test
unit_tests += tests/value-test

# Each lab is tried by ipclab selftest, which names it by its lab.conf; LAB_TIMES is how often solution and wrong answers
# are, in a row. They and the grading of a class take the longest; make check TESTS='$(tool_tests)' goes without.
LAB_TESTS = $(class_tests) $(labs:=/lab.conf)
tool_tests = $(bats_tests) $(unit_tests)
LAB_TIMES = 1
LAB_JOBS = 2
TESTS += $(LAB_TESTS) $(tool_tests)
check_PROGRAMS += $(unit_tests)
EXTRA_DIST += $(bats_tests) tests/helpers/model tests/bench tests/fixtures

EXTRA_DIST += tests/tap.h tests/fuzz/fuzz.h tests/fuzz/fuzz-operand.seeds \
	tests/fuzz/fuzz-pshared.seeds tests/fuzz/fuzz-semops.seeds tests/fuzz/fuzz-value.seeds

# --- what the tests use ------------------------------------------------------

check_PROGRAMS += tests/helpers/holder tests/helpers/hostile tests/helpers/in-docker tests/helpers/own-mounts \
	tests/helpers/waiter
EXTRA_DIST += tests/helpers/aged tests/helpers/autograder tests/helpers/class.bash tests/helpers/common.bash tests/helpers/demo \
	tests/helpers/interleavings \
	tests/helpers/isolate tests/helpers/lab.bash tests/helpers/no-namespaces tests/machines

# To be preloaded, so it is a shared object; libtool for one file that is never
# installed would cost more than this rule.  It goes without the sanitizers'
# flags: it is loaded before their run-time, into programs of any kind.
check_DATA += tests/helpers/fault.so
EXTRA_DIST += tests/helpers/fault.c
CLEANFILES += tests/helpers/fault.so
tests/helpers/fault.so: tests/helpers/fault.c config.h
	$(AM_V_CCLD)$(MKDIR_P) tests/helpers && $(CC) $(DEFAULT_INCLUDES) $(AM_CPPFLAGS) $(CPPFLAGS) \
		$(STD_CFLAGS) $(WARN_CFLAGS) $(CFLAGS) -fPIC -shared -o $@ $(srcdir)/tests/helpers/fault.c -ldl

# ThreadSanitizer goes with no other sanitizer, and sees what is compiled with it
# only: so the sources that are tried are compiled here once more.
EXTRA_DIST += tests/pshared-threads.c
CLEANFILES += tests/pshared-threads
if TSAN
check_DATA += tests/pshared-threads
threads_sources = $(srcdir)/tests/pshared-threads.c $(srcdir)/src/lib/pshared/pshared.c $(srcdir)/src/lib/pshared/header.c \
	$(srcdir)/src/lib/pshared/lock.c $(srcdir)/src/lib/pshared/objects.c $(srcdir)/src/lib/proc/stat.c $(srcdir)/src/lib/base/deadline.c $(srcdir)/src/lib/calls/calls.c $(srcdir)/src/lib/calls/calls_pthread.c $(srcdir)/src/lib/calls/trace.c \
	$(srcdir)/src/lib/base/operand.c $(srcdir)/src/lib/base/text.c
tests/pshared-threads: $(threads_sources) $(srcdir)/src/lib/pshared/pshared.h $(srcdir)/src/lib/pshared/layout.h config.h
	$(AM_V_CCLD)$(MKDIR_P) tests && $(CC) $(DEFAULT_INCLUDES) $(AM_CPPFLAGS) $(CPPFLAGS) $(STD_CFLAGS) \
		$(WARN_CFLAGS) $(CFLAGS) -fsanitize=thread -o $@ $(threads_sources) $(LIBS)
endif

# --- how they are run --------------------------------------------------------

TEST_EXTENSIONS = .bats .conf
TAP_DRIVER = env AM_TAP_AWK='$(AWK)' $(SHELL) $(top_srcdir)/build-aux/tap-driver.sh
LOG_DRIVER = $(TAP_DRIVER)
BATS_LOG_DRIVER = $(TAP_DRIVER)
# A failing test is told by its own line and need not be told again by bats'
# exit status; isolate bails out for everything that has no line.
AM_BATS_LOG_DRIVER_FLAGS = --ignore-exit
BATS_LOG_COMPILER = $(srcdir)/tests/helpers/isolate
CONF_LOG_DRIVER = $(TAP_DRIVER)
AM_CONF_LOG_DRIVER_FLAGS = --ignore-exit
CONF_LOG_COMPILER = $(srcdir)/tests/helpers/isolate
AM_CONF_LOG_FLAGS = --run ipclab selftest --times=$(LAB_TIMES) --jobs=$(LAB_JOBS)

# Nothing of the user's session may change a result; nor may make's own
# variables reach the makes that the tests run.  A sanitizer's complaint has an
# exit status that none of the programs uses, so no test takes it for a refusal.
TEST_ENVIRONMENT = \
	top_srcdir='$(abs_top_srcdir)'; export top_srcdir; \
	top_builddir='$(abs_top_builddir)'; export top_builddir; \
	PATH='$(abs_top_builddir)/bin':"$$PATH"; export PATH; \
	IPCLAB_VERSION='$(PACKAGE_VERSION)'; export IPCLAB_VERSION; \
	SANITIZERS='$(SANITIZERS)'; export SANITIZERS; \
	ASAN_OPTIONS=exitcode=99:verify_asan_link_order=0; export ASAN_OPTIONS; \
	UBSAN_OPTIONS=exitcode=99:print_stacktrace=1; export UBSAN_OPTIONS; \
	LC_ALL=C.UTF-8; export LC_ALL; \
	unset NO_COLOR PAGER XDG_STATE_HOME XDG_RUNTIME_DIR CONFIGURE_FLAGS MAKEFLAGS MFLAGS MAKELEVEL MAKE_TERMOUT MAKE_TERMERR DESTDIR;
AM_TESTS_ENVIRONMENT = $(TEST_ENVIRONMENT)

# First of all, so that a missing tool is told in plain words and not by tests
# that fail for want of it.
check_DATA += check-tools
check-tools:
	@sh $(srcdir)/bootstrap --missing check

# --- the demo and the benchmark ----------------------------------------------

EXTRA_PROGRAMS = tests/bench/mutex-loop tests/bench/semop-loop tests/bench/shmsync-loop
CLEANFILES += $(EXTRA_PROGRAMS)
tests_bench_semop_loop_LDADD =

demo: all
	@$(TEST_ENVIRONMENT) bash $(srcdir)/tests/helpers/demo

bench: all tests/helpers/holder$(EXEEXT) tests/helpers/waiter$(EXEEXT) tests/bench/mutex-loop$(EXEEXT) \
	tests/bench/semop-loop$(EXEEXT) tests/bench/shmsync-loop$(EXEEXT)
	@sh $(srcdir)/bootstrap --missing bench
	@$(TEST_ENVIRONMENT) bash $(srcdir)/tests/bench/run

# --- fuzzing: configure --enable-fuzzers CC=clang ----------------------------

# Two lines per target; tests/fuzz/NAME.seeds/, if there is one, is where it
# starts from.
fuzz_targets =
fuzz_targets += tests/fuzz/fuzz-operand
tests_fuzz_fuzz_operand_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
fuzz_targets += tests/fuzz/fuzz-pshared
tests_fuzz_fuzz_pshared_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
fuzz_targets += tests/fuzz/fuzz-semops
tests_fuzz_fuzz_semops_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
fuzz_targets += tests/fuzz/fuzz-value
tests_fuzz_fuzz_value_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer

# For all targets together.
FUZZ_SECONDS = 60

if FUZZERS
noinst_PROGRAMS = $(fuzz_targets)
fuzz: $(noinst_PROGRAMS)
	@set -e; set -- $(noinst_PROGRAMS); each=$$(($(FUZZ_SECONDS) / $$#)); \
	for target; do \
		seeds=$(srcdir)/$$target.seeds; test -d $$seeds || seeds=; \
		$(MKDIR_P) $$target.corpus; \
		echo "$$target: $$each seconds"; \
		./$$target -max_total_time=$$each -artifact_prefix=$$target- -print_final_stats=1 \
			$$target.corpus $$seeds >$$target.log 2>&1 || { tail -n 40 $$target.log; exit 1; }; \
		sed -n 's/^stat::number_of_executed_units: */  inputs tried: /p' $$target.log; \
	done
	@$(MAKE) fuzz-lines
else
fuzz:
	@echo "fuzzing needs a build of its own: configure CC=clang --enable-fuzzers" >&2; exit 1
endif

# Random command lines for every program, best in a build with sanitizers; others each time, unless FUZZ_SEED is given.
FUZZ_LINES = 20000
FUZZ_SEED =
EXTRA_DIST += tests/fuzz/command-lines
fuzz-lines: all
	@$(TEST_ENVIRONMENT) $(srcdir)/tests/fuzz/command-lines $(FUZZ_LINES) $(FUZZ_SEED)

# --- lint: any output is a failure -------------------------------------------

lint: lint-shell lint-man lint-c lint-labs lint-format lint-words

EXTRA_DIST += .clang-format .codespellrc tests/links tests/words tests/words.allow tests/words.deny

# Every file that begins as a shell or bats script, and every file that is only sourced, but not the
# starters, which are incomplete, and not the wrong answers.
lint-shell:
	@sh $(srcdir)/bootstrap --missing lint
	@cd $(srcdir) && find bootstrap .ci src tests labs -type f ! -path '*/wrong/*' ! -path '*/starter/*' -exec awk \
		'FNR == 1 { if (/^#!.*[\/ ](sh|bash|bats)$$/ || FILENAME ~ /\.bash$$/ || /^# shellcheck shell=/) print FILENAME; nextfile }' {} + \
		| xargs -n 8 -P "$$(nproc)" shellcheck

# Whether another page is installed on this machine says nothing about ours.
lint-man:
	@sh $(srcdir)/bootstrap --missing lint
	@cd $(srcdir) && ! mandoc -T lint -W style $(dist_man_MANS) 2>&1 \
		| grep -v -e 'referenced manual not found' -e 'outdated mandoc\.db'

CPPCHECK = cppcheck --quiet --std=c11 --language=c --error-exitcode=1 --inline-suppr \
	--enable=warning,performance,portability --suppress=missingIncludeSystem \
	--suppress=normalCheckLevelMaxBranches -D_GNU_SOURCE

lint-c:
	@sh $(srcdir)/bootstrap --missing lint
	@cd $(srcdir) && $(CPPCHECK) -I src src tests labs/lib

# Students learn from the C of the labs.  The starters compile without warnings, too.
lint-labs:
	@sh $(srcdir)/bootstrap --missing lint
	@cd $(srcdir) && $(CPPCHECK) $(labs:=/*.c) $(labs:=/solution) $(labs:=/starter)
	@cd $(srcdir) && status=0 && for file in $(labs:=/solution/*.c) $(labs:=/starter/*.c); do \
		test ! -e $$file || $(CC) $(STD_CFLAGS) -D_GNU_SOURCE= -Wall -Wextra -Werror -fsyntax-only \
			-I $$(dirname $$file)/../starter $$file || status=1; done; exit $$status

# clang-format cannot break a string, so the length of lines is a check of its own.
lint-format:
	@sh $(srcdir)/bootstrap --missing lint
	@cd $(srcdir) && find src tests labs -name '*.[ch]' | xargs clang-format --dry-run -Werror
	@cd $(srcdir) && ! find src tests labs -type f ! -path '*/wrong/*' \( -name '*.[ch]' -o -name '*.bash' \
		-o -path 'src/ipclab/*' \) | xargs awk '{ most = FILENAME ~ /\.[ch]$$/ ? 100 : 120 } \
			{ line = $$0; gsub(/[\200-\277]/, "", line) } length(line) > most { print FILENAME ":" FNR ": longer than " most " columns" }' | grep .

lint-words:
	@sh $(srcdir)/bootstrap --missing lint
	@$(srcdir)/tests/words
	@$(srcdir)/tests/links
	@cd $(srcdir) && codespell README.md NEWS man src labs tests bootstrap

# --- coverage: configure --enable-coverage -----------------------------------

GCOV = gcov
coverage:
	@test -n '$(COVERAGE_CFLAGS)' || { \
		echo "coverage needs a build of its own: configure --enable-coverage" >&2; exit 1; }
	@find src -name '*.gcda' -exec rm -f {} +
	@$(MAKE) $(AM_MAKEFLAGS) check
	@find src -name '*.gcda' -exec $(GCOV) --no-output --relative-only --source-prefix '$(abs_top_srcdir)' {} + \
		| awk -F "'" '/^File/ { file = $$2 } \
			/^Lines executed/ && file { sub(/^Lines executed:/, ""); print file ": " $$0; file = "" }'

clean-local:
	@find . \( -name '*.gcda' -o -name '*.gcno' \) -exec rm -f {} +
	@rm -rf tests/fuzz/*.corpus man/man[0-9]
	@rm -f tests/fuzz/*.log

.PHONY: check-tools demo bench fuzz fuzz-lines lint lint-shell lint-man lint-c lint-labs lint-format lint-words coverage
