// One sitting of a review: what is due, then what was not known well a moment ago.

import { graded, isDue } from "./schedule.js";

const KNOWN = 4; // from this quality on an item does not come again in the same sitting

export class Sitting {
  // `items` have an `id`; `record` gets and sets their entries.
  constructor(items, record) {
    this.items = items;
    this.record = record;
    this.again = []; // graded below KNOWN, until they reach it
  }

  // The next item, how many there are with it, and whether it is repeated; null when nothing is due.
  next() {
    const due = this.items.filter(({ id }) => isDue(this.record.get(id)));
    const repeated = due.length === 0;
    const item = due[0] ?? this.again.shift();
    return item ? { item, repeated, count: due.length + this.again.length + (repeated ? 1 : 0) } : null;
  }

  // Repeating within a sitting does not change the schedule (step 7 of the algorithm).
  grade(item, quality, repeated) {
    if (!repeated) this.record.set(item.id, graded(this.record.get(item.id), quality));
    if (quality < KNOWN) this.again.push(item);
  }
}
