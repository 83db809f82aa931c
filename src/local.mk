# SPDX-License-Identifier: MIT
# src/local.mk -- the programs, their library and their completions.

# One line per program: src/NAME/ becomes bin/NAME.  A program cannot be linked as
# src/NAME, because a folder of that name holds its objects.
bin_PROGRAMS += bin/shmcreate
bin_PROGRAMS += bin/shmattach
bin_PROGRAMS += bin/shmstat
bin_PROGRAMS += bin/shmctl-tool
bin_PROGRAMS += bin/semop-tool
bin_PROGRAMS += bin/shmsync
bin_PROGRAMS += bin/interleave

bin_shmcreate_SOURCES = src/shmcreate/main.c
bin_shmattach_SOURCES = src/shmattach/main.c src/shmattach/shmattach.h src/shmattach/actions.c
bin_shmstat_SOURCES = src/shmstat/main.c src/shmstat/shmstat.h src/shmstat/collect.c \
	src/shmstat/columns.c src/shmstat/count.c src/shmstat/detail.c src/shmstat/limits.c
bin_shmctl_tool_SOURCES = src/shmctl-tool/main.c
bin_semop_tool_SOURCES = src/semop-tool/main.c src/semop-tool/semop-tool.h src/semop-tool/create.c \
	src/semop-tool/limits.c src/semop-tool/op.c src/semop-tool/operands.c src/semop-tool/operands.h \
	src/semop-tool/orphans.c src/semop-tool/orphans.h \
	src/semop-tool/rm.c src/semop-tool/run.c src/semop-tool/set.c src/semop-tool/sets.c src/semop-tool/sets.h src/semop-tool/show.c \
	src/semop-tool/waiters.c $(waiters_sources)
bin_shmsync_SOURCES = src/shmsync/main.c src/shmsync/shmsync.h src/shmsync/init.c src/shmsync/lock.c \
	src/shmsync/lock_mutex.c src/shmsync/lock_mutex.h src/shmsync/open.c src/shmsync/open.h \
	src/shmsync/sem.c src/shmsync/stat.c src/shmsync/wait.c src/shmsync/wait_limit.c \
	src/shmsync/wait_limit.h src/shmsync/waiters.c src/shmsync/wake.c $(waiters_sources)

# The subcommand "waiters" of both.
waiters_sources = src/waiters/main.c src/waiters/waiters.h src/waiters/graph.c src/waiters/graph.h \
	src/waiters/list.c src/waiters/list.h src/waiters/mapped.c src/waiters/mapped.h \
	src/waiters/place.c src/waiters/place.h src/waiters/segment.c src/waiters/set.c \
	src/waiters/waiter.c src/waiters/waiter.h

include src/interleave/local.mk

# ipclab is a bash script, which make gives the paths of the installation.  In a build tree,
# it finds the source tree by bin/ipclab.source, which make does not install.
bin_SCRIPTS = bin/ipclab
CLEANFILES += bin/ipclab bin/ipclab.source
EXTRA_DIST += src/ipclab/ipclab.in

ipclabdir = $(pkgdatadir)/ipclab
dist_ipclab_DATA = src/ipclab/doctor.bash src/ipclab/labs.bash src/ipclab/message.bash src/ipclab/packages.bash \
	src/ipclab/new.bash src/ipclab/place.bash src/ipclab/progress.bash src/ipclab/show.bash src/ipclab/work.bash

ipclabcheckdir = $(ipclabdir)/check
dist_ipclabcheck_DATA = src/ipclab/check/check.bash src/ipclab/check/result.jq \
	src/ipclab/check/selftest.bash src/ipclab/check/session.bash
dist_ipclabcheck_SCRIPTS = src/ipclab/check/run-check src/ipclab/check/run-session \
	src/ipclab/check/run-terminals

ipclabformatsdir = $(ipclabcheckdir)/formats
dist_ipclabformats_DATA = src/ipclab/check/formats/gradescope.jq \
	src/ipclab/check/formats/json.jq src/ipclab/check/formats/junit.jq \
	src/ipclab/check/formats/tap.jq src/ipclab/check/formats/text.jq

ipclabsandboxdir = $(ipclabdir)/sandbox
dist_ipclabsandbox_DATA = src/ipclab/sandbox/apparmor-profile src/ipclab/sandbox/folder.bash \
	src/ipclab/sandbox/memory.bash src/ipclab/sandbox/namespaces.bash src/ipclab/sandbox/sandbox.bash \
	src/ipclab/sandbox/shell.bash src/ipclab/sandbox/shellrc src/ipclab/sandbox/situation.bash \
	src/ipclab/sandbox/walls.bash
dist_ipclabsandbox_SCRIPTS = src/ipclab/sandbox/clear-folder src/ipclab/sandbox/sandbox-init \
	src/ipclab/sandbox/shell-init

ipclabgradedir = $(ipclabdir)/grade
dist_ipclabgrade_DATA = src/ipclab/grade/grade.bash src/ipclab/grade/grade-report.bash \
	src/ipclab/grade/grades.jq src/ipclab/grade/judged.jq src/ipclab/grade/keep.bash \
	src/ipclab/grade/late.bash src/ipclab/grade/names.bash src/ipclab/grade/package.bash \
	src/ipclab/grade/refuse.bash src/ipclab/grade/roster.awk src/ipclab/grade/roster.bash \
	src/ipclab/grade/similar.bash src/ipclab/grade/summary.jq
dist_ipclabgrade_SCRIPTS = src/ipclab/grade/autograder-run src/ipclab/grade/autograder-setup

bin/ipclab: src/ipclab/ipclab.in config.status
	$(AM_V_GEN)$(MKDIR_P) bin && sed -e 's|@VERSION[@]|$(PACKAGE_VERSION)|g' -e 's|@bindir[@]|$(bindir)|g' \
		-e 's|@pkgdatadir[@]|$(pkgdatadir)|g' -e 's|@pkglibdir[@]|$(pkglibdir)|g' \
		$(srcdir)/src/ipclab/ipclab.in >$@.new && chmod +x $@.new && mv -f $@.new $@
	$(AM_V_at)echo '$(abs_top_srcdir)' >$@.source

# Where AppArmor keeps user namespaces from programs without a profile, say how ipclab gets one. Only
# the administrator loads it.
offer-profile:
	@if test -z '$(DESTDIR)' && grep -qs 1 /proc/sys/kernel/apparmor_restrict_unprivileged_userns; then \
		echo 'AppArmor keeps user namespaces from ipclab. To allow it alone to create them:'; \
		echo "  '$(bindir)/ipclab' doctor --apparmor | sudo tee /etc/apparmor.d/ipclab >/dev/null"; \
		echo '  sudo apparmor_parser --replace /etc/apparmor.d/ipclab'; fi
INSTALL_HOOKS += offer-profile

include src/lib/local.mk

# One completion script serves all programs.  bash-completion loads the file that
# is named as the command, so it goes in as the first program's, and every other
# program's name is a link to it.
COMPLETION_SCRIPT = src/completion/ipclab.bash
EXTRA_DIST += $(COMPLETION_SCRIPT)

install-completion:
	@$(MKDIR_P) '$(DESTDIR)$(bashcompletiondir)'
	@first=; cd '$(DESTDIR)$(bashcompletiondir)' && for program in $(bin_PROGRAMS) $(bin_SCRIPTS); do \
		name=`basename $$program $(EXEEXT)`; rm -f $$name; \
		if test -n "$$first"; then $(LN_S) $$first $$name || exit 1; else first=$$name; \
		$(INSTALL_DATA) $(abs_top_srcdir)/$(COMPLETION_SCRIPT) $$name || exit 1; fi; done

uninstall-completion:
	@for program in $(bin_PROGRAMS) $(bin_SCRIPTS); do \
		rm -f '$(DESTDIR)$(bashcompletiondir)'/`basename $$program $(EXEEXT)`; done

if COMPLETION
INSTALL_HOOKS += install-completion
UNINSTALL_HOOKS += uninstall-completion
endif

.PHONY: offer-profile install-completion uninstall-completion
