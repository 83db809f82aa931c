# labs/local.mk -- the lab sheets: one line per lab, a folder each.

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

# What check.bats begins with, and what the labs disturb schedules with. It is to
# be preloaded, so it is a shared object, made as tests/helpers/fault.so is.
labs_lib = labs/lib/bounded.bash labs/lib/box.bash labs/lib/check.bash labs/lib/gate.bash labs/lib/gate.c \
	labs/lib/step.bash labs/lib/step.c labs/lib/strike.c labs/lib/turns.bash labs/lib/waiting.bash
# What ipclab new begins with, and what tells an instructor which lab fits where.
labs_more = labs/skeleton labs/syllabus.md
EXTRA_DIST += $(labs) $(labs_lib) $(labs_more) labs/lib/perturb.c labs/README.md
CLEANFILES += labs/lib/perturb.so

perturbdir = $(pkglibdir)
perturb_DATA = labs/lib/perturb.so
labs/lib/perturb.so: labs/lib/perturb.c
	$(AM_V_CCLD)$(MKDIR_P) labs/lib && $(CC) $(CPPFLAGS) $(STD_CFLAGS) $(WARN_CFLAGS) $(CFLAGS) \
		-fPIC -shared -o $@ $(srcdir)/labs/lib/perturb.c -ldl -lrt

# A lab is a tree, which automake's own rules would flatten; tar keeps it, and its
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

# All repetitions: a race must be caught every time, also where each CPU has more to do than one check.
check-labs: all $(check_DATA)
	@$(MAKE) $(AM_MAKEFLAGS) check TESTS='$(LAB_TESTS)' LAB_TIMES=20 LAB_JOBS=3

.PHONY: install-labs uninstall-labs check-labs
