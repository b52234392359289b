// When to see a question again: SM-2, the algorithm of SuperMemo 2.
//
// Source: P. A. Wozniak, "Optimization of learning", master's thesis, University of Technology in Poznan, 1990,
// section 3.2. `ease` is his E-Factor; intervals are days.

export const DAY_MS = 86_400_000;
const EASE_FIRST = 2.5;
const EASE_LEAST = 1.3;

// The next state of an item after an answer of quality 0 (a blackout) to 5 (at once). An item that was failed
// starts again from the first interval, with the ease that it had.
export function sm2({ ease = EASE_FIRST, repetitions = 0, interval = 0 } = {}, quality) {
  if (quality < 3) return { ease, repetitions: 0, interval: 1 };
  const next = Math.max(EASE_LEAST, ease + 0.1 - (5 - quality) * (0.08 + (5 - quality) * 0.02));
  const days = repetitions === 0 ? 1 : repetitions === 1 ? 6 : Math.ceil(interval * next);
  return { ease: Number(next.toFixed(4)), repetitions: repetitions + 1, interval: days };
}

// The entry of the record after an answer: what the item is due for is part of it, so that other programs
// need not know the algorithm.
export function graded(entry, quality, now = Date.now()) {
  const next = sm2(entry?.sm2, quality);
  return { ...entry, sm2: next, due: now + next.interval * DAY_MS };
}

// A question that was missed in its lesson is due, before it has a schedule.
export function isDue(entry, now = Date.now()) {
  if (!entry) return false;
  return (entry.due ?? (entry.right === false ? entry.at : Infinity)) <= now;
}
