// The floor of every recorder on a terminal: passes COMMAND's output on and stores nothing. Its own terminal is raw
// meanwhile, as with every recorder: otherwise the kernel would go through each line a second time.
// usage: bare-relay COMMAND ARGS…
#include <errno.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

int main(int count, char **arguments) {
  static char buffer[65536];
  struct winsize size = {.ws_row = 43, .ws_col = 132};
  int master;
  if (count < 2) return 2;
  ioctl(0, TIOCGWINSZ, &size);
  struct termios mode, raw;
  int has_mode = tcgetattr(0, &mode) == 0;
  if (has_mode) {
    raw = mode;
    cfmakeraw(&raw);
    tcsetattr(0, TCSANOW, &raw);
  }
  pid_t child = forkpty(&master, 0, has_mode ? &mode : 0, &size);
  if (child == 0) {
    execvp(arguments[1], arguments + 1);
    _exit(127);
  }
  for (;;) {
    ssize_t got = read(master, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    for (ssize_t sent = 0; sent < got;) {
      ssize_t wrote = write(1, buffer + sent, (size_t)(got - sent));
      if (wrote < 0) return 1;
      sent += wrote;
    }
  }
  int status = 0;
  waitpid(child, &status, 0);
  if (has_mode) tcsetattr(0, TCSANOW, &mode);
  return WEXITSTATUS(status);
}
