// ANSI colors, as compilers and panics use them. book/src/page/outputs.rs does the same for recorded outputs;
// tests/ansi.json has cases for both.

const COLOR = /\x1b\[([0-9;]*)m/g;

// Cuts a text into pieces, each with the classes of its color. Other control sequences lose their escape.
export function colored(text) {
  const pieces = [];
  let bold = false;
  let color = null;
  let at = 0;
  const add = (part) => {
    const shown = part.replaceAll("\x1b", "");
    const classes = [...(bold ? ["ansi-bold"] : []), ...(color === null ? [] : [`ansi-${color}`])].join(" ");
    if (shown) pieces.push({ text: shown, classes });
  };
  for (const match of text.matchAll(COLOR)) {
    add(text.slice(at, match.index));
    for (const code of match[1].split(";").map(Number)) {
      if (code === 0) [bold, color] = [false, null];
      else if (code === 1) bold = true;
      else if ((code >= 30 && code <= 37) || (code >= 90 && code <= 97)) color = code % 10;
    }
    at = match.index + match[0].length;
  }
  add(text.slice(at));
  return pieces;
}
