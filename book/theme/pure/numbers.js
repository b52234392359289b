// The numbers behind a plot, as the library prints them: a title and a sentence, then columns under names and a
// rule of hyphens.

// The table in a text, as texts: caption, names of columns, rows; null when there is none.
export function table(plain) {
  const lines = plain.split("\n");
  const rule = lines.findIndex((line) => /^-+( {2}-+)+$/.test(line.trimEnd()));
  if (rule < 1) return null;
  const ends = [...lines[rule].matchAll(/-+/g)].map(({ 0: { length }, index }) => [index, index + length]);
  const split = (line) => {
    const characters = [...line];
    return ends.map(([from, to], i) => characters.slice(from, i === ends.length - 1 ? undefined : to).join("").trim());
  };
  return {
    // The first lines are the plot's own title and sentence, which stand above.
    caption: lines.slice(2, rule - 1).join(" ").trim(),
    names: split(lines[rule - 1]),
    rows: lines.slice(rule + 1).filter((line) => line.trim()).map(split),
  };
}
