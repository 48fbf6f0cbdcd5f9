/* init.c: the first and only process of the emulated machine: runs programs, says how they ended.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Each line of /programs is a command, its words parted by blanks. What run.py is to understand
 * begins with "emulated: "; all else is what programs print. It never ends, since a kernel without
 * its first process panics: run.py ends the emulator when it has read "emulated: end". */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LINE = 16384, WORDS = 32 }; /* a list of a CPU's features takes 2000 characters */

/* "model name : X" and "flags : .." of the first CPU, as the kernel sees them: it leaves out what
 * it will not let programs use. */
static void show_cpu(char *line) {
    FILE *f = fopen("/proc/cpuinfo", "r");
    while (f != NULL && fgets(line, LINE, f) != NULL && line[0] != '\n') {
        const char *value = strchr(line, ':');
        if (value == NULL)
            continue;
        if (strncmp(line, "model name", 10) == 0)
            printf("emulated: model%s", value + 1);
        if (strncmp(line, "flags", 5) == 0)
            printf("emulated: flags%s", value + 1);
    }
    if (f != NULL)
        fclose(f);
    fflush(stdout);
}

static int run(char *command) {
    char *words[WORDS + 1] = {NULL};
    int count = 0, status = 0;
    for (char *word = strtok(command, " \n"); word != NULL && count < WORDS;
         word = strtok(NULL, " \n"))
        words[count++] = word;
    if (count == 0)
        return 0;
    pid_t child = fork();
    if (child == 0) {
        execv(words[0], words);
        perror(words[0]);
        _exit(127);
    }
    if (child < 0 || waitpid(child, &status, 0) != child)
        return 126;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int main(void) {
    static char line[LINE];
    mkdir("/proc", 0755);
    if (mount("proc", "/proc", "proc", 0, NULL) != 0)
        perror("mount /proc");
    show_cpu(line);
    setenv("OMP_WAIT_POLICY", "passive", 1); /* all threads share one CPU: who spins keeps it */
    FILE *programs = fopen("/programs", "r");
    while (programs != NULL && fgets(line, sizeof line, programs) != NULL) {
        printf("emulated: run %s", line);
        fflush(stdout);
        printf("emulated: exit %d\n", run(line));
        fflush(stdout);
    }
    printf("emulated: end\n");
    fflush(stdout);
    for (;;)
        pause();
}
