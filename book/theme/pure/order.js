// The order of the answers to a question.

// A small generator with a seed, so that an order stays while the page does (Marsaglia 2003, xorshift).
export function shuffled(items, seed) {
  let state = seed || 1;
  const below = (n) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % n;
  };
  const order = [...items];
  for (let last = order.length - 1; last > 0; last--) {
    const other = below(last + 1);
    [order[last], order[other]] = [order[other], order[last]];
  }
  return order;
}

const REFERS = /\b(above|below|both|neither|none of|all of|former|latter|first two)\b/i;
const number = (text) => (/^[^\p{L}]*\d/u.test(text) ? parseFloat(text.replace(/[^\d.]/g, "")) : NaN);

// Answers that speak of each other, or stand in the order of their numbers, stay in their order.
export function mayMove(texts) {
  if (texts.some((text) => REFERS.test(text))) return false;
  const numbers = texts.map(number);
  const ordered = numbers.every((n, i) => !Number.isNaN(n) && (i === 0 || n >= numbers[i - 1]));
  return !ordered && !/^(yes|no)\b/i.test(texts[0]);
}
