/** The only source of time. It refuses to go backwards; see docs/operations.md, the night of 14 January. */
export interface Clock {
  now(): number;
}

const EARLIEST = Date.UTC(2024, 0, 1);

export function systemClock(read: () => number = Date.now): Clock {
  let last = read();
  if (last < EARLIEST) throw new Error("the system clock is before 2024; set it before Skerry is started");
  return {
    now() {
      const value = read();
      if (value < last) throw new Error(`the clock went back by ${last - value} ms`);
      last = value;
      return value;
    },
  };
}
