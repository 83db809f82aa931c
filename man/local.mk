# SPDX-License-Identifier: MIT
# man/local.mk -- the manual: mdoc pages, installed as they stand.

dist_man_MANS += man/ipclab.7
dist_man_MANS += man/shmcreate.1
dist_man_MANS += man/shmattach.1
dist_man_MANS += man/shmstat.1
dist_man_MANS += man/shmctl-tool.1
dist_man_MANS += man/semop-tool.1
dist_man_MANS += man/shmsync.1
dist_man_MANS += man/interleave.1
dist_man_MANS += man/ipclab.1
dist_man_MANS += man/ipclab-lab.5

# For man in a build that is not installed: MANPATH=build/man: (README.md).
all-local: man/man.stamp
man/man.stamp: man/local.mk
	$(AM_V_GEN)for page in $(dist_man_MANS); do \
		$(MKDIR_P) "man/man$${page##*.}" \
			&& ln -sf '$(abs_top_srcdir)'/"$$page" "man/man$${page##*.}/" || exit; \
	done; : >$@
CLEANFILES += man/man.stamp
