/*
 * twin.c - makes another file of the same key. For the walk-through: nothing to do here.
 *
 *   $ ./twin FILE NEW
 *
 * ftok(3) takes 16 bits of the inode number, so one file in 65,536 of the same file system will do.
 * A tmpfs, as /dev/shm and often /tmp are, numbers its files one after the other: there it makes
 * and removes files until one fits. A file system that gives the number of a removed file to the
 * next one never gets there.
 */
#include <stdio.h>
#include <sys/ipc.h>
#include <sys/stat.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    key_t key;
    if (argc != 3) {
        fprintf(stderr, "usage: twin FILE NEW\n");
        return 2;
    }
    key = ftok(argv[1], 1);
    if (key == -1) {
        perror(argv[1]);
        return 1;
    }
    for (long tries = 0; tries < 140000; tries++) {
        if (mknod(argv[2], S_IFREG | 0600, 0)) {
            perror(argv[2]);
            return 1;
        }
        if (ftok(argv[2], 1) == key)
            return 0;
        unlink(argv[2]);
    }
    fprintf(stderr, "twin: %s: no file of the same key came; try it in /dev/shm\n", argv[2]);
    return 1;
}
