#define _GNU_SOURCE
#include "posix.h"

#include <errno.h>
#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

static const char *const step_names[] = {"start the child", "take the terminal",
                                         "execute the command"};

// Signals that whoever started this program had ignored, as nohup does: noted before anything here changes them.
static sigset_t ignored_at_start;

__attribute__((constructor)) static void note_ignored(void) {
  sigemptyset(&ignored_at_start);
  for (int number = 1; number < NSIG; number++) {
    struct sigaction now;
    if (sigaction(number, NULL, &now) == 0 && now.sa_handler == SIG_IGN)
      sigaddset(&ignored_at_start, number);
  }
}

int blackbox_was_ignored(int number) { return sigismember(&ignored_at_start, number) == 1; }

struct child_report { int step; int error; };

static void fail(int pipe_end, int step) {
  struct child_report report = {step, errno};
  ssize_t ignored = write(pipe_end, &report, sizeof report);
  (void)ignored;
  _exit(127);
}

int blackbox_spawn_on_pty(char *const argv[], unsigned short columns,
                          unsigned short rows, const void *mode, int input, int survives,
                          pid_t *child, int *master, const char **failed_step) {
  int slave = -1, report[2] = {-1, -1};
  struct winsize size = {.ws_row = rows, .ws_col = columns};
  *master = -1;
  *failed_step = "open a pseudo-terminal";
  if (openpty(master, &slave, NULL, (const struct termios *)mode, &size) != 0) return errno;
  fcntl(*master, F_SETFD, FD_CLOEXEC);
  fcntl(slave, F_SETFD, FD_CLOEXEC);
  *failed_step = step_names[0];
  pid_t recorder = getpid(), pid = -1;
  int error = 0;
  if (pipe2(report, O_CLOEXEC) != 0 || (pid = fork()) < 0) {
    error = errno;
  } else if (pid == 0) {
    // Only async-signal-safe calls from here on.
    sigset_t none;
    sigemptyset(&none);
    for (int number = 1; number < NSIG; number++)
      if (number != SIGKILL && number != SIGSTOP)
        signal(number, sigismember(&ignored_at_start, number) == 1 ? SIG_IGN : SIG_DFL);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (setsid() < 0 || ioctl(slave, TIOCSCTTY, 0) != 0) fail(report[1], 1);
    // A recorder that dies must not leave an unrecorded child behind. A program that runs as another user loses this
    // with its exec; the hangup of its terminal is what it hears then.
    if (!survives) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      if (getppid() != recorder) _exit(137);
    }
    if (dup2(input >= 0 ? input : slave, 0) < 0 || dup2(slave, 1) < 0 || dup2(slave, 2) < 0)
      fail(report[1], 1);
    execvp(argv[0], argv);
    fail(report[1], 2);
  }
  close(slave);
  if (report[1] >= 0) close(report[1]);
  if (pid > 0) {
    struct child_report told = {0, 0};
    ssize_t got;
    do got = read(report[0], &told, sizeof told); while (got < 0 && errno == EINTR);
    if (got == (ssize_t)sizeof told) {
      error = told.error;
      *failed_step = step_names[told.step];
      while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) {}
    }
  }
  if (report[0] >= 0) close(report[0]);
  if (error) {
    close(*master);
    *master = -1;
    return error;
  }
  *child = pid;
  return 0;
}

int blackbox_set_window_size(int terminal, unsigned short columns, unsigned short rows) {
  struct winsize size = {.ws_row = rows, .ws_col = columns};
  return ioctl(terminal, TIOCSWINSZ, &size) == 0 ? 0 : errno;
}

int blackbox_get_window_size(int terminal, unsigned short *columns, unsigned short *rows) {
  struct winsize size = {0};
  if (ioctl(terminal, TIOCGWINSZ, &size) != 0) return errno;
  *columns = size.ws_col;
  *rows = size.ws_row;
  return 0;
}

int blackbox_signal_source(const int *numbers, int count, int keeps_ignored) {
  sigset_t set;
  sigemptyset(&set);
  for (int i = 0; i < count; i++) {
    // A blocked signal is collected even where it is ignored. These two only tell, and must be heard.
    bool tells = numbers[i] == SIGCHLD || numbers[i] == SIGWINCH;
    if (tells || !keeps_ignored || !blackbox_was_ignored(numbers[i])) sigaddset(&set, numbers[i]);
  }
  if (pthread_sigmask(SIG_BLOCK, &set, NULL) != 0) return -1;
  return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

int blackbox_next_signal(int source) {
  struct signalfd_siginfo information;
  ssize_t got;
  do got = read(source, &information, sizeof information); while (got < 0 && errno == EINTR);
  return got == (ssize_t)sizeof information ? (int)information.ssi_signo : 0;
}
