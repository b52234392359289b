// One thing after another.

export class Queue {
  #last = Promise.resolve();
  #generation = 0;

  // What waits is not begun any more.
  forget() {
    this.#generation += 1;
  }

  // Runs steps after all that was asked for before. A step resolves to whether it went well; the first that does
  // not is the last of its steps. Resolves to the number of steps that went well, or null when they were forgotten.
  add(steps) {
    const own = this.#generation;
    const ended = this.#last.then(async () => {
      for (let done = 0; done < steps.length; done++) {
        if (own !== this.#generation) return null;
        if (!(await steps[done]())) return done;
      }
      return steps.length;
    });
    this.#last = ended.catch(() => {});
    return ended;
  }
}
