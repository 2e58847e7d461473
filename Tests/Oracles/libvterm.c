// What libvterm draws: cases of differential.py on standard input; for each the cursor and the rows.
#include <stdio.h>
#include <stdlib.h>
#include <vterm.h>

static void put(uint32_t scalar) {
  if (scalar < 0x80) {
    putchar((int)scalar);
  } else if (scalar < 0x800) {
    putchar((int)(0xC0 | scalar >> 6));
    putchar((int)(0x80 | (scalar & 63)));
  } else if (scalar < 0x10000) {
    putchar((int)(0xE0 | scalar >> 12));
    putchar((int)(0x80 | (scalar >> 6 & 63)));
    putchar((int)(0x80 | (scalar & 63)));
  } else {
    putchar((int)(0xF0 | scalar >> 18));
    putchar((int)(0x80 | (scalar >> 12 & 63)));
    putchar((int)(0x80 | (scalar >> 6 & 63)));
    putchar((int)(0x80 | (scalar & 63)));
  }
}

int main(void) {
  unsigned char head[8];
  while (fread(head, 1, sizeof head, stdin) == sizeof head) {
    int columns = head[0] | head[1] << 8, rows = head[2] | head[3] << 8;
    size_t count = head[4] | head[5] << 8 | head[6] << 16 | (size_t)head[7] << 24;
    char *feed = malloc(count + 1);
    if (feed == NULL || fread(feed, 1, count, stdin) != count) return 1;
    VTerm *terminal = vterm_new(rows, columns);
    vterm_set_utf8(terminal, 1);
    VTermScreen *screen = vterm_obtain_screen(terminal);
    vterm_screen_enable_altscreen(screen, 1);
    vterm_screen_reset(screen, 1);
    vterm_input_write(terminal, feed, count);
    VTermPos cursor;
    vterm_state_get_cursorpos(vterm_obtain_state(terminal), &cursor);
    printf("%d %d\n", cursor.row, cursor.col);
    for (int row = 0; row < rows; row++) {
      for (int column = 0; column < columns;) {
        VTermScreenCell cell;
        vterm_screen_get_cell(screen, (VTermPos){row, column}, &cell);
        if (cell.chars[0] == 0) putchar(' ');
        for (int index = 0; index < VTERM_MAX_CHARS_PER_CELL && cell.chars[index] != 0; index++) {
          if (cell.chars[index] != (uint32_t)-1) put(cell.chars[index]);
        }
        column += cell.width > 0 ? cell.width : 1;
      }
      putchar('\n');
    }
    vterm_free(terminal);
    free(feed);
  }
  return 0;
}
