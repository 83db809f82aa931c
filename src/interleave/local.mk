# SPDX-License-Identifier: MIT
# src/interleave/local.mk -- interleave, and the library that it preloads into the programs it runs.

bin_interleave_SOURCES = \
	src/interleave/board.h src/interleave/command.c src/interleave/command.h src/interleave/compile.c \
	src/interleave/compile.h src/interleave/explore.h src/interleave/main.c \
	src/interleave/world/claims.c src/interleave/world/claims.h src/interleave/world/enter.c \
	src/interleave/image.c src/interleave/image.h src/interleave/world/queues.c \
	src/interleave/world/queues.h src/interleave/world/snapshot.c src/interleave/world/snapshot.h \
	src/interleave/world/source.c src/interleave/world/source.h src/interleave/world/world.c \
	src/interleave/world/world.h \
	src/interleave/run/faults.c src/interleave/run/faults.h src/interleave/run/known.c \
	src/interleave/run/known.h src/interleave/run/order.c src/interleave/run/order.h \
	src/interleave/run/outcomes.c src/interleave/run/outcomes.h src/interleave/run/private.c \
	src/interleave/run/private.h src/interleave/run/races.c src/interleave/run/races.h \
	src/interleave/run/rounds.c src/interleave/run/rounds.h src/interleave/run/run.c \
	src/interleave/run/run.h src/interleave/run/spins.c src/interleave/run/spins.h \
	src/interleave/run/start.c src/interleave/run/verdict.c src/interleave/run/verdict.h \
	src/interleave/search/saved.c src/interleave/search/saved.h src/interleave/search/search.c \
	src/interleave/search/search.h src/interleave/search/spent.c src/interleave/search/spent.h \
	src/interleave/show/changes.c src/interleave/show/changes.h src/interleave/show/guess.c \
	src/interleave/show/guess.h src/interleave/show/links.c src/interleave/show/links.h \
	src/interleave/show/played.h src/interleave/show/player.c src/interleave/show/player.h \
	src/interleave/show/show.c src/interleave/show/show.h src/interleave/show/stepper.c \
	src/interleave/show/stepper.h src/interleave/show/words.c src/interleave/show/words.h
bin_interleave_CPPFLAGS = $(AM_CPPFLAGS) -DRUNTIME_FOLDER='"$(pkglibdir)/interleave"'
bin_interleave_LDADD = $(LDADD) $(LIBDW_LIBS)

# The library is loaded into programs of any kind, so it goes without sanitizers; and without the
# inline functions of the headers, which would take the names of those that it defines. Beside it is
# a folder where the linker of gcc -fsanitize=thread finds it under the name that it looks for.
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
		$(STD_CFLAGS) $(WARN_CFLAGS) $(CFLAGS) -D_FORTIFY_SOURCE=0 -D__NO_INLINE__=1 -fPIC -shared -fvisibility=hidden -Wl,-soname,libinterleave.so \
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
