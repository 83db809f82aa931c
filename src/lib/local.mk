# SPDX-License-Identifier: MIT
# src/lib/local.mk -- libipclab.a: what the programs share.  The folders are its
# floors, ground first: a folder uses those listed before it, never one after it.

noinst_LIBRARIES += src/lib/libipclab.a
src_lib_libipclab_a_SOURCES =
src_lib_libipclab_a_SOURCES += \
	src/lib/base/array.c \
	src/lib/base/array.h \
	src/lib/base/condition.c \
	src/lib/base/condition.h \
	src/lib/base/deadline.c \
	src/lib/base/deadline.h \
	src/lib/base/names.c \
	src/lib/base/names.h \
	src/lib/base/operand.c \
	src/lib/base/operand.h \
	src/lib/base/text.c \
	src/lib/base/text.h \
	src/lib/base/value.c \
	src/lib/base/value.h
src_lib_libipclab_a_SOURCES += \
	src/lib/calls/call_list.h \
	src/lib/calls/calls.c \
	src/lib/calls/calls.h \
	src/lib/calls/calls_posix.c \
	src/lib/calls/calls_posix.h \
	src/lib/calls/calls_pthread.c \
	src/lib/calls/calls_pthread.h \
	src/lib/calls/calls_sem.c \
	src/lib/calls/calls_sem.h \
	src/lib/calls/calls_shm.c \
	src/lib/calls/calls_shm.h \
	src/lib/calls/calls_sysv.c \
	src/lib/calls/calls_sysv.h \
	src/lib/calls/trace.c \
	src/lib/calls/trace.h
src_lib_libipclab_a_SOURCES += \
	src/lib/run/bus_error.c \
	src/lib/run/bus_error.h \
	src/lib/run/child.c \
	src/lib/run/child.h \
	src/lib/run/create.c \
	src/lib/run/create.h \
	src/lib/run/guard.c \
	src/lib/run/guard.h \
	src/lib/run/hold.c \
	src/lib/run/hold.h \
	src/lib/run/signals.c \
	src/lib/run/signals.h
src_lib_libipclab_a_SOURCES += \
	src/lib/sysv/sysv.c \
	src/lib/sysv/sysv.h
src_lib_libipclab_a_SOURCES += \
	src/lib/trace/json.c \
	src/lib/trace/json.h \
	src/lib/trace/keys.c \
	src/lib/trace/keys.h \
	src/lib/trace/layout.c \
	src/lib/trace/layout.h \
	src/lib/trace/lines.c \
	src/lib/trace/lines.h \
	src/lib/trace/svg.c \
	src/lib/trace/svg.h \
	src/lib/trace/trace.c \
	src/lib/trace/trace.h \
	src/lib/trace/width.c \
	src/lib/trace/width.h
src_lib_libipclab_a_SOURCES += \
	src/lib/segment/dump.c \
	src/lib/segment/dump.h \
	src/lib/segment/limits.c \
	src/lib/segment/limits.h \
	src/lib/segment/segment.c \
	src/lib/segment/segment.h \
	src/lib/segment/shm_posix.c \
	src/lib/segment/shm_sysv.c \
	src/lib/segment/transfer.c \
	src/lib/segment/transfer.h
src_lib_libipclab_a_SOURCES += \
	src/lib/sem/semops.c \
	src/lib/sem/semops.h \
	src/lib/sem/semset.c \
	src/lib/sem/semset.h \
	src/lib/sem/set_operand.c \
	src/lib/sem/set_operand.h
src_lib_libipclab_a_SOURCES += \
	src/lib/proc/attaches.c \
	src/lib/proc/attaches.h \
	src/lib/proc/devices.c \
	src/lib/proc/devices.h \
	src/lib/proc/call.c \
	src/lib/proc/call.h \
	src/lib/proc/futex.c \
	src/lib/proc/futex.h \
	src/lib/proc/maps.c \
	src/lib/proc/maps.h \
	src/lib/proc/posix.c \
	src/lib/proc/posix.h \
	src/lib/proc/process.c \
	src/lib/proc/process.h \
	src/lib/proc/procfs.c \
	src/lib/proc/procfs.h \
	src/lib/proc/stat.c \
	src/lib/proc/stat.h \
	src/lib/proc/tree.c \
	src/lib/proc/tree.h \
	src/lib/proc/waiter.h \
	src/lib/proc/waiters.c \
	src/lib/proc/waiters.h
src_lib_libipclab_a_SOURCES += \
	src/lib/pshared/glibc_layout.c \
	src/lib/pshared/glibc_layout.h \
	src/lib/pshared/header.c \
	src/lib/pshared/layout.h \
	src/lib/pshared/lock.c \
	src/lib/pshared/objects.c \
	src/lib/pshared/pshared.c \
	src/lib/pshared/pshared.h \
	src/lib/pshared/owner.c \
	src/lib/pshared/owner.h \
	src/lib/pshared/waiters.c \
	src/lib/pshared/waiters.h
src_lib_libipclab_a_SOURCES += \
	src/lib/waitgraph/waitgraph.c \
	src/lib/waitgraph/waitgraph.h \
	src/lib/waitgraph/waitlist.c \
	src/lib/waitgraph/waitlist.h
src_lib_libipclab_a_SOURCES += \
	src/lib/explain/address.c \
	src/lib/explain/address.h \
	src/lib/explain/any.c \
	src/lib/explain/explain.c \
	src/lib/explain/explain.h \
	src/lib/explain/explanation.h \
	src/lib/explain/facts.c \
	src/lib/explain/facts.h \
	src/lib/explain/huge.c \
	src/lib/explain/huge.h \
	src/lib/explain/posix.c \
	src/lib/explain/pthread.c \
	src/lib/explain/rows.h \
	src/lib/explain/sem.c \
	src/lib/explain/shm.c
src_lib_libipclab_a_SOURCES += \
	src/lib/cli/limit_table.c \
	src/lib/cli/limit_table.h \
	src/lib/cli/listing.c \
	src/lib/cli/listing.h \
	src/lib/cli/options.c \
	src/lib/cli/options.h \
	src/lib/cli/report.c \
	src/lib/cli/report.h \
	src/lib/cli/segment_io.c \
	src/lib/cli/segment_io.h \
	src/lib/cli/subcommand.c \
	src/lib/cli/subcommand.h \
	src/lib/cli/table.c \
	src/lib/cli/table.h \
	src/lib/cli/usage.c \
	src/lib/cli/usage.h
