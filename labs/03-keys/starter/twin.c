/*
 * twin.c - create another file with the same key. For the walk-through: you write nothing here.
 *
 *   $ ./twin FILE NEW
 *
 * ftok(3) takes 16 bits of the inode number, so about one in 65,536 files of the same file system
 * has the same key. twin creates and removes files until one fits. This works on a tmpfs, such as
 * /dev/shm and often /tmp, which numbers its files consecutively. It does not work on a file system
 * that reuses the number of a removed file for the next one.
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
    fprintf(stderr, "twin: %s: found no file with the same key; try it in /dev/shm\n", argv[2]);
    return 1;
}
