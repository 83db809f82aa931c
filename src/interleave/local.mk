# SPDX-License-Identifier: MIT
# src/interleave/local.mk -- interleave, and the library that it preloads into the programs it runs.

bin_interleave_SOURCES = src/interleave/main.c src/interleave/board.h src/interleave/claims.c \
	src/interleave/claims.h src/interleave/command.c src/interleave/command.h src/interleave/compile.c src/interleave/compile.h src/interleave/enter.c \
	src/interleave/explore.h src/interleave/faults.c \
	src/interleave/faults.h src/interleave/image.c src/interleave/image.h src/interleave/known.c src/interleave/known.h src/interleave/outcomes.c \
	src/interleave/outcomes.h src/interleave/private.c src/interleave/private.h src/interleave/rounds.c \
	src/interleave/rounds.h src/interleave/changes.c src/interleave/changes.h src/interleave/links.c \
	src/interleave/links.h src/interleave/played.h src/interleave/player.c src/interleave/player.h \
	src/interleave/stepper.c src/interleave/stepper.h src/interleave/guess.c \
	src/interleave/guess.h src/interleave/words.c src/interleave/words.h src/interleave/order.c \
	src/interleave/order.h src/interleave/queues.c src/interleave/queues.h src/interleave/races.c \
	src/interleave/races.h src/interleave/run.c src/interleave/run.h src/interleave/saved.c \
	src/interleave/saved.h src/interleave/search.c src/interleave/search.h src/interleave/show.c \
	src/interleave/show.h src/interleave/snapshot.c \
	src/interleave/snapshot.h src/interleave/spins.c src/interleave/spins.h src/interleave/source.c src/interleave/source.h src/interleave/spent.c \
	src/interleave/spent.h src/interleave/start.c \
	src/interleave/verdict.c src/interleave/verdict.h src/interleave/world.c \
	src/interleave/world.h
bin_interleave_CPPFLAGS = $(AM_CPPFLAGS) -DRUNTIME_FOLDER='"$(pkglibdir)/interleave"'
bin_interleave_LDADD = $(LDADD) $(LIBDW_LIBS)

# The library is loaded into programs of any kind, so it goes without sanitizers. Beside it lies a
# folder where the linker of gcc -fsanitize=thread finds it under the name that it looks for.
runtime_sources = src/interleave/runtime/access.c src/interleave/runtime/bytes.c src/interleave/runtime/clock.c \
	src/interleave/runtime/direct.c \
	src/interleave/runtime/execute.c src/interleave/runtime/files.c src/interleave/runtime/gate.c src/interleave/runtime/locks.c src/interleave/runtime/memory.c \
	src/interleave/runtime/process.c src/interleave/runtime/pshared.c src/interleave/runtime/queues.c \
	src/interleave/runtime/regions.c src/interleave/runtime/signals.c src/interleave/runtime/sleepers.c src/interleave/runtime/sysv.c \
	src/interleave/runtime/threads.c
runtime_headers = src/interleave/runtime/runtime.h src/interleave/board.h src/interleave/image.h
EXTRA_DIST += $(runtime_sources) $(runtime_headers)
# What the library shares with the program that preloads it.
runtime_shared = src/interleave/image.c

runtimedir = $(pkglibdir)/interleave
runtime_DATA = src/interleave/runtime/libinterleave.so
CLEANFILES += $(runtime_DATA) src/interleave/runtime/tsan/libtsan.so
src/interleave/runtime/libinterleave.so: $(runtime_sources) $(runtime_shared) $(runtime_headers) config.h
	$(AM_V_CCLD)$(MKDIR_P) src/interleave/runtime/tsan && $(CC) $(DEFAULT_INCLUDES) $(AM_CPPFLAGS) $(CPPFLAGS) \
		$(STD_CFLAGS) $(WARN_CFLAGS) $(CFLAGS) -fPIC -shared -fvisibility=hidden -Wl,-soname,libinterleave.so \
		-o $@ $(runtime_sources:%=$(srcdir)/%) $(runtime_shared:%=$(srcdir)/%) -ldl && \
		ln -sf ../libinterleave.so src/interleave/runtime/tsan/libtsan.so

install-runtime:
	@$(MKDIR_P) '$(DESTDIR)$(runtimedir)/tsan' && \
		ln -sf ../libinterleave.so '$(DESTDIR)$(runtimedir)/tsan/libtsan.so'

uninstall-runtime:
	@rm -rf '$(DESTDIR)$(runtimedir)/tsan'; rmdir '$(DESTDIR)$(runtimedir)' 2>/dev/null || :

INSTALL_HOOKS += install-runtime
UNINSTALL_HOOKS += uninstall-runtime
.PHONY: install-runtime uninstall-runtime
