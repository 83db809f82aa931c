# SPDX-License-Identifier: MIT
# labs/local.mk -- the labs: one line per lab, a folder each.

labs =
labs += labs/01-first-segment
labs += labs/02-mapping
labs += labs/03-keys
labs += labs/04-lifetime
labs += labs/05-lost-update
labs += labs/06-semaphores
labs += labs/07-producer-consumer
labs += labs/08-readers-writers
labs += labs/09-philosophers
labs += labs/10-condition
labs += labs/11-posix
labs += labs/12-screen

# The libraries of the labs' check.bats, and perturb.c, which disturbs schedules. The checks preload
# it, so it is a shared object, built as tests/helpers/fault.so is.
labs_lib = labs/lib/bounded-buffer.bash labs/lib/box.bash labs/lib/box-folder.bash \
	labs/lib/box-namespaces.bash labs/lib/check.bash labs/lib/inject-signal.c \
	labs/lib/preload.h labs/lib/stepper.bash labs/lib/stepper.c labs/lib/take-turns.bash \
	labs/lib/tracing.bash labs/lib/waiting.bash
# The skeleton of ipclab new, and the map from courses to labs.
labs_more = labs/skeleton labs/syllabus.md
EXTRA_DIST += $(labs) $(labs_lib) $(labs_more) labs/lib/perturb.c labs/README.md $(enter_box)
CLEANFILES += labs/lib/perturb.so labs/lib/enter-box

perturbdir = $(pkglibdir)
perturb_DATA = labs/lib/perturb.so
labs/lib/perturb.so: labs/lib/perturb.c labs/lib/preload.h
	$(AM_V_CCLD)$(MKDIR_P) labs/lib && $(CC) $(CPPFLAGS) $(STD_CFLAGS) $(WARN_CFLAGS) $(CFLAGS) \
		-fPIC -shared -o $@ $(srcdir)/labs/lib/perturb.c -ldl -lrt

# What box.bash enters the box with. Without sanitizers: it runs under the limits of student code.
perturb_SCRIPTS = labs/lib/enter-box
enter_box_sources = src/ipclab/sandbox/enter-box.c src/ipclab/sandbox/folder.c src/ipclab/sandbox/keep.c \
	src/ipclab/sandbox/student.c
enter_box = $(enter_box_sources) src/ipclab/sandbox/folder.h src/ipclab/sandbox/keep.h src/ipclab/sandbox/student.h
labs/lib/enter-box: $(enter_box)
	$(AM_V_CCLD)$(MKDIR_P) labs/lib && $(CC) $(CPPFLAGS) $(STD_CFLAGS) $(WARN_CFLAGS) $(HARDEN_CFLAGS) $(CFLAGS) \
		-I $(srcdir)/src $(HARDEN_LDFLAGS) $(LDFLAGS) -o $@ $(enter_box_sources:%=$(srcdir)/%)

# A lab is a tree, which automake's own rules would flatten; tar keeps it, with its
# modes.
install-labs:
	@$(MKDIR_P) '$(DESTDIR)$(pkgdatadir)/labs'
	@cd $(srcdir)/labs && tar -cf - README.md $(labs_lib:labs/%=%) $(labs_more:labs/%=%) $(labs:labs/%=%) \
		| tar -C '$(DESTDIR)$(pkgdatadir)/labs' --no-same-owner -xf -
	@chmod -R u+w,go+rX '$(DESTDIR)$(pkgdatadir)/labs'

uninstall-labs:
	@rm -rf '$(DESTDIR)$(pkgdatadir)/labs'
	@rmdir '$(DESTDIR)$(pkgdatadir)' 2>/dev/null || :

INSTALL_HOOKS += install-labs
UNINSTALL_HOOKS += uninstall-labs

# All repetitions: a check must catch a race every time, also when each CPU runs more than one check.
check-labs: all $(check_DATA)
	@$(MAKE) $(AM_MAKEFLAGS) check TESTS='$(LAB_TESTS)' LAB_TIMES=20 LAB_JOBS=3

.PHONY: install-labs uninstall-labs check-labs
