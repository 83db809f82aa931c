# src/local.mk -- the programs, their library and their completions.

# One line per program: src/NAME.c becomes NAME.
bin_PROGRAMS += src/shmcreate
bin_PROGRAMS += src/shmattach
bin_PROGRAMS += src/shmstat
bin_PROGRAMS += src/shmctl-tool
bin_PROGRAMS += src/semop-tool
bin_PROGRAMS += src/shmsync

# A program that is more than one head holds is in several files.
src_shmattach_SOURCES = src/shmattach.c src/shmattach.h src/shmattach-verbs.c
src_shmstat_SOURCES = src/shmstat.c src/shmstat.h \
	src/shmstat-collect.c src/shmstat-columns.c src/shmstat-count.c src/shmstat-detail.c src/shmstat-limits.c
src_semop_tool_SOURCES = src/semop-tool.c src/semop-tool.h \
	src/semop-op.c src/semop-run.c src/semop-set.c src/semop-show.c \
	src/semop-waiters.c $(waiters_sources)
src_shmsync_SOURCES = src/shmsync.c src/shmsync.h src/shmsync-bench.c src/shmsync-init.c src/shmsync-lock.c \
	src/shmsync-open.c src/shmsync-sem.c src/shmsync-stat.c src/shmsync-take.c src/shmsync-wait.c \
	src/shmsync-waiters.c src/shmsync-wake.c \
	$(waiters_sources)

# One list and one graph of who waits for what, whichever of the two is asked.
waiters_sources = src/waiters.c src/waiters.h src/waiters-graph.c src/waiters-segment.c src/waiters-set.c

# ipclab is bash: it needs to know where it is installed, and, in a build, where the
# source tree is. The latter stands in a file beside it, which is not installed.
bin_SCRIPTS = src/ipclab
CLEANFILES += src/ipclab src/ipclab.source
ipclab_parts = \
	src/ipclab.d/check.bash src/ipclab.d/doctor.bash src/ipclab.d/formats.bash \
	src/ipclab.d/grade.bash src/ipclab.d/grade-report.bash src/ipclab.d/gradescope.bash src/ipclab.d/late.bash \
	src/ipclab.d/new.bash src/ipclab.d/package.bash src/ipclab.d/roster.bash src/ipclab.d/similar.bash \
	src/ipclab.d/labs.bash src/ipclab.d/message.bash src/ipclab.d/progress.bash \
	src/ipclab.d/sandbox.bash src/ipclab.d/selftest.bash src/ipclab.d/shell.bash src/ipclab.d/shellrc \
	src/ipclab.d/show.bash src/ipclab.d/work.bash
ipclab_programs = src/ipclab.d/autograder-run src/ipclab.d/autograder-setup src/ipclab.d/box-init src/ipclab.d/inside \
	src/ipclab.d/run-session src/ipclab.d/run-terminals src/ipclab.d/shell-init
EXTRA_DIST += src/ipclab.in
ipclabpartsdir = $(pkgdatadir)/ipclab.d
dist_ipclabparts_DATA = $(ipclab_parts)
dist_ipclabparts_SCRIPTS = $(ipclab_programs)

src/ipclab: src/ipclab.in config.status
	$(AM_V_GEN)$(MKDIR_P) src && sed -e 's|@VERSION[@]|$(PACKAGE_VERSION)|g' -e 's|@bindir[@]|$(bindir)|g' \
		-e 's|@pkgdatadir[@]|$(pkgdatadir)|g' -e 's|@pkglibdir[@]|$(pkglibdir)|g' \
		$(srcdir)/src/ipclab.in >$@.new && chmod +x $@.new && mv -f $@.new $@
	$(AM_V_at)echo '$(abs_top_srcdir)' >$@.source

noinst_LIBRARIES += src/lib/libipclab.a
src_lib_libipclab_a_SOURCES = \
	src/lib/blocked.c src/lib/blocked.h src/lib/blocked_futex.c src/lib/blocked_futex.h \
	src/lib/calls.c src/lib/calls.h src/lib/calls_line.h src/lib/calls_sem.c \
	src/lib/calls_posix.c src/lib/calls_pthread.c src/lib/calls_pthread.h src/lib/calls_shm.c \
	src/lib/child.c src/lib/child.h \
	src/lib/condition.c src/lib/condition.h \
	src/lib/deadline.c src/lib/deadline.h \
	src/lib/dump.c src/lib/dump.h \
	src/lib/explain.c src/lib/explain.h src/lib/explain_rows.h src/lib/explain_sem.c \
	src/lib/explain_posix.c src/lib/explain_pthread.c src/lib/explain_shm.c \
	src/lib/glibc_layout.c src/lib/glibc_layout.h \
	src/lib/guard.c src/lib/guard.h \
	src/lib/hold.c src/lib/hold.h \
	src/lib/limit_table.c src/lib/limit_table.h \
	src/lib/limits.c src/lib/limits.h \
	src/lib/listing.c src/lib/listing.h \
	src/lib/names.c src/lib/names.h \
	src/lib/operand.c src/lib/operand.h \
	src/lib/procfs.c src/lib/procfs.h src/lib/procfs_devices.c src/lib/procfs_file.h \
	src/lib/procfs_maps.c src/lib/procfs_posix.c src/lib/procfs_posix.h src/lib/procfs_process.c \
	src/lib/pshared.c src/lib/pshared.h src/lib/pshared_layout.h src/lib/pshared_lock.c \
	src/lib/pshared_objects.c \
	src/lib/report.c src/lib/report.h \
	src/lib/segment.c src/lib/segment.h src/lib/shm_posix.c src/lib/shm_sysv.c \
	src/lib/semops.c src/lib/semops.h \
	src/lib/semset.c src/lib/semset.h \
	src/lib/sleepers.c src/lib/sleepers.h \
	src/lib/table.c src/lib/table.h \
	src/lib/text.c src/lib/text.h \
	src/lib/transfer.c src/lib/transfer.h \
	src/lib/value.c src/lib/value.h \
	src/lib/waitgraph.c src/lib/waitgraph.h \
	src/lib/waitlist.c src/lib/waitlist.h

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

.PHONY: install-completion uninstall-completion
