/// Screens of 10 x 4 as VT52 to VT420 draw them; each was drawn by xterm first, but for the sets.
extension ScreenCase {
  static let oldTerminals: [ScreenCase] = [
    ScreenCase(
      "VT52 moves", "\u{1B}[?2l\u{1B}Y\"%a\u{1B}Ab\u{1B}Bc\u{1B}Cd\u{1B}De",
      ["", "      b", "     a ced"], at: 2, 9),
    ScreenCase(
      "VT52 home and reverse index", "\u{1B}[?2lab\u{1B}Hc\u{1B}Id",
      [" d", "cb"], at: 0, 2),
    ScreenCase(
      "VT52 erases", "abcdef\r\nghijkl\u{1B}[?2l\u{1B}Hx\u{1B}K\u{1B}By\u{1B}Jz", ["x", "gyz"],
      at: 1, 3),
    ScreenCase(
      "VT52 takes any byte for a number", "\u{1B}[?2l\u{1B}Y\n%ab", ["     ab"], at: 0, 7),
    ScreenCase(
      "a VT52 address beyond the screen means its edge", "\u{1B}[?2l\u{1B}Y~~x",
      ["", "", "", "         x"], at: 3, 9),
    ScreenCase("VT52 has no control sequences", "\u{1B}[?2l\u{1B}[5Cq", ["5Cq"], at: 0, 3),
    ScreenCase("VT52 has no strings", "\u{1B}[?2l\u{1B}]0;x\u{7}y", ["0;xy"], at: 0, 4),
    ScreenCase(
      "VT52 passes over what it does not know", "\u{1B}[?2l\u{1B}Xa\u{1B}#8b\u{1B}(0q",
      ["abq"], at: 0, 3),
    ScreenCase("VT52 graphics", "\u{1B}[?2l\u{1B}Faghlt~\u{1B}Ga", ["▮±→⎺₀¶a"], at: 0, 7),
    ScreenCase("a VT52 does not wrap", "\u{1B}[?2l0123456789abc", ["012345678c"], at: 0, 9),
    ScreenCase("ESC < makes it a VT100 again", "\u{1B}[?2l\u{1B}<\u{1B}[5Cq", ["     q"], at: 0, 6),
    ScreenCase(
      "and brings the sets back", "\u{1B})0\u{E}\u{1B}[?2lqq\u{1B}<qq", ["qq──"], at: 0, 4),
    ScreenCase(
      "and DECOM", "\u{1B}[2;3r\u{1B}[?6h\u{1B}[?2l\u{1B}Ha\u{1B}<\u{1B}[1;1Hb", ["a", "b"],
      at: 1, 1),
    ScreenCase("and wrapping", "\u{1B}[?2l\u{1B}<0123456789a", ["0123456789", "a"], at: 1, 1),
    ScreenCase("ESC c is no reset for a VT52", "a\u{1B}[?2l\u{1B}cb", ["ab"], at: 0, 2),

    ScreenCase(
      "national sets wait for DECNRCM", "\u{1B}(K[\u{1B}[?42h\u{1B}(K[{~", ["[Ääß"], at: 0, 4),
    ScreenCase("and end with it", "\u{1B}[?42h\u{1B}(R#{\u{1B}[?42l#{", ["£é#{"], at: 0, 4),
    ScreenCase("DECSTR ends them", "\u{1B}[?42h\u{1B}(Z[\u{1B}[!p[\u{1B}(Z[", ["¡[["], at: 0, 3),
    ScreenCase("two bytes name the Portuguese set", "\u{1B}[?42h\u{1B}(%6[]", ["ÃÕ"], at: 0, 2),
    ScreenCase(
      "Danish, Finnish, Swedish and Swiss", "\u{1B}[?42h\u{1B}(E[\\]\u{1B}(5^\u{1B}(H@\u{1B}(=#_",
      ["ÆØÅÜÉùè"], at: 0, 7),
    ScreenCase(
      "Dutch, Italian and Canadian", "\u{1B}[?42h\u{1B}(4#@\u{1B}(Y@`\u{1B}(Q@^", ["£¾§ùàî"], at: 0,
      6),
    ScreenCase("SS2 takes one letter of G2", "\u{1B}[?42h\u{1B}*K\u{1B}N[[", ["Ä["], at: 0, 2),
    ScreenCase("the alternate ROM is none", "\u{1B}(2q\u{1B}(0q", ["q─"], at: 0, 2),

    ScreenCase(
      "VT forgets a pending wrap where it scrolls", "\u{1B}[4;1H0123456789\u{B}x",
      ["", "", "0123456789", "         x"], at: 3, 9),
    ScreenCase("and keeps it elsewhere", "0123456789\u{B}x", ["0123456789", "", "x"], at: 2, 1),
    ScreenCase(
      "DECIC, DECDC, SL and SR keep a pending wrap", "0123456789\u{1B}[ @x",
      ["123456789", "x"], at: 1, 1),
    ScreenCase("DECFI at the margin too", "0123456789\u{1B}9x", ["123456789", "x"], at: 1, 1),
    ScreenCase(
      "a wrap pends without DECAWM", "\u{1B}[?7l0123456789ab\u{1B}[?7hc", ["012345678b", "c"],
      at: 1, 1),
    ScreenCase(
      "a mark without DECAWM joins the last column", "\u{1B}[?7l0123456789a\u{301}",
      ["012345678á"], at: 0, 9),
    ScreenCase(
      "a wide character finds no room without DECAWM", "\u{1B}[?7l0123456789中", ["0123456789"],
      at: 0, 9),
    ScreenCase(
      "each screen has its margins",
      "\u{1B}[2;3r\u{1B}[?47h\u{1B}[4;1H\na\u{1B}[?47l\u{1B}[3;1H\n\nb",
      ["", "", "b"], at: 2, 1),
    ScreenCase(
      "1049 saves the cursor on the alternate screen too",
      "\u{1B}[?47h\u{1B}[3;4H\u{1B}[?1049h\u{1B}[H\u{1B}[?47l\u{1B}[H\u{1B}8x", ["x"], at: 0, 1),
  ]

  static let lineSizes: [ScreenCase] = [
    ScreenCase(
      "a line of double width wraps at the middle", "\u{1B}#6abcdef", ["abcde", "f"], at: 1, 1),
    ScreenCase(
      "each half of double height too", "\u{1B}#3abcdef\r\u{1B}#4ABCDEFG",
      ["abcde", "ABCDE", "FG"], at: 2, 2),
    ScreenCase("DECSWL makes it single again", "\u{1B}#6\u{1B}#5abcdef", ["abcdef"], at: 0, 6),
    ScreenCase("CUF stops before the middle", "\u{1B}#6\u{1B}[9Cx", ["    x"], at: 0, 4),
    ScreenCase("so does a tab", "\u{1B}#6\tx", ["    x"], at: 0, 4),
    ScreenCase("text beyond the middle stays", "0123456789\r\u{1B}#6x", ["x123456789"], at: 0, 1),
    ScreenCase(
      "what is written there goes to the last column", "\u{1B}#6\u{1B}[9Gxy",
      ["    x", "y"], at: 1, 1),
    ScreenCase(
      "the size moves with its line", "\u{1B}#6a\r\u{1B}[Lbcdefgh\r\n\u{1B}[9Cx",
      ["bcdefgh", "a   x"], at: 1, 4),
    ScreenCase("EL keeps it", "\u{1B}#6\u{1B}[2Kabcdef", ["abcde", "f"], at: 1, 1),
    ScreenCase("ED of the whole line does not", "\u{1B}#6\u{1B}[2Jabcdef", ["abcdef"], at: 0, 6),
    ScreenCase(
      "nor does DECALN", "\u{1B}#6\u{1B}#8\u{1B}[Kabcdef",
      ["abcdef", "EEEEEEEEEE", "EEEEEEEEEE", "EEEEEEEEEE"], at: 0, 6),
    ScreenCase(
      "there is none between side margins", "\u{1B}[?69h\u{1B}#6abcdef", ["abcdef"], at: 0, 6),
    ScreenCase("side margins end it", "\u{1B}#6\u{1B}[?69habcdef", ["abcdef"], at: 0, 6),
    ScreenCase("wide characters keep their cells", "\u{1B}#6中中中", ["中中", "中"], at: 1, 2),
  ]
}
