# man/local.mk -- the manual: mdoc pages, installed as they stand.

dist_man_MANS += man/ipclab.7
dist_man_MANS += man/shmcreate.1
dist_man_MANS += man/shmattach.1
dist_man_MANS += man/shmstat.1
dist_man_MANS += man/shmctl-tool.1
dist_man_MANS += man/semop-tool.1
dist_man_MANS += man/shmsync.1
dist_man_MANS += man/ipclab.1
dist_man_MANS += man/ipclab-lab.5
