#define _GNU_SOURCE
#include "posix.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *const step_names[] = {"start the child", "give the child its pipes",
                                         "execute the command"};

struct child_report { int step; int error; };

static void fail(int pipe_end, int step) {
  struct child_report report = {step, errno};
  ssize_t ignored = write(pipe_end, &report, sizeof report);
  (void)ignored;
  _exit(127);
}

static void shut(int *descriptor) {
  if (*descriptor >= 0) close(*descriptor);
  *descriptor = -1;
}

// A pipe whose ends are above the standard descriptors, which may be closed here.
static int open_pipe(int ends[2]) {
  int low[2];
  if (pipe2(low, O_CLOEXEC) != 0) return errno;
  int error = 0;
  for (int i = 0; i < 2; i++) {
    ends[i] = fcntl(low[i], F_DUPFD_CLOEXEC, 3);
    if (ends[i] < 0 && !error) error = errno;
  }
  close(low[0]);
  close(low[1]);
  return error;
}

int blackbox_spawn_on_pipes(char *const argv[], pid_t *child, int ends[3],
                            const char **failed_step) {
  // Standard input, output, error, and the report of a failed exec: [0] is read, [1] is written.
  int pipes[4][2] = {{-1, -1}, {-1, -1}, {-1, -1}, {-1, -1}};
  int error = 0;
  pid_t recorder = getpid(), pid = -1;
  *failed_step = "open a pipe";
  for (int i = 0; i < 4 && !error; i++) error = open_pipe(pipes[i]);
  if (!error) {
    *failed_step = step_names[0];
    pid = fork();
    if (pid < 0) error = errno;
  }
  if (pid == 0) {
    // Only async-signal-safe calls from here on.
    sigset_t none;
    sigemptyset(&none);
    for (int number = 1; number < NSIG; number++)
      if (number != SIGKILL && number != SIGSTOP) signal(number, SIG_DFL);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (setsid() < 0) fail(pipes[3][1], 1);
    // A recorder that dies must not leave an unrecorded child behind.
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != recorder) _exit(137);
    if (dup2(pipes[0][0], 0) < 0 || dup2(pipes[1][1], 1) < 0 || dup2(pipes[2][1], 2) < 0)
      fail(pipes[3][1], 1);
    execvp(argv[0], argv);
    fail(pipes[3][1], 2);
  }
  shut(&pipes[3][1]);
  if (pid > 0) {
    struct child_report told = {0, 0};
    ssize_t got;
    do got = read(pipes[3][0], &told, sizeof told); while (got < 0 && errno == EINTR);
    if (got == (ssize_t)sizeof told) {
      error = told.error;
      *failed_step = step_names[told.step];
      while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) {}
    }
  }
  shut(&pipes[3][0]);
  shut(&pipes[0][0]);
  shut(&pipes[1][1]);
  shut(&pipes[2][1]);
  ends[0] = pipes[0][1];
  ends[1] = pipes[1][0];
  ends[2] = pipes[2][0];
  for (int i = 0; i < 3; i++) {
    if (error) shut(&ends[i]);
    else fcntl(ends[i], F_SETFL, fcntl(ends[i], F_GETFL) | O_NONBLOCK);
  }
  *child = error ? -1 : pid;
  return error;
}
