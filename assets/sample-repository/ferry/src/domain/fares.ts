/** What a journey costs. The table and the rules are those of docs/fares.md. */
import { pence, share, sum } from "./money.ts";
import type { Pence } from "./money.ts";

export type Zone = 1 | 2 | 3;

const ADULT: Record<Zone, Pence> = { 1: pence(940), 2: pence(1360), 3: pence(1980) };
const CHILD: Record<Zone, Pence> = { 1: pence(470), 2: pence(680), 3: pence(990) };
const BICYCLE: Record<Zone, Pence> = { 1: pence(150), 2: pence(150), 3: pence(300) };
const DOG = pence(100);

/** From this many adults on one booking the group price counts. */
export const GROUP_SIZE = 10;

export interface Party {
  readonly adults: number;
  readonly children: number;
  /** Under five years: free, but they take a seat. */
  readonly infants: number;
  readonly bicycles: number;
  readonly dogs: number;
  /** A registered address on one of the islands; asked for by the office, not proven here. */
  readonly areIslanders: boolean;
}

/** Price of one adult after the better one of the two reductions; they are never added up. */
export function adultFare(zone: Zone, party: Pick<Party, "adults" | "areIslanders">): Pence {
  const full = ADULT[zone];
  const islander = party.areIslanders ? share(full, 6, 10, 10) : full;
  const group = party.adults >= GROUP_SIZE ? share(full, 9, 10) : full;
  return islander < group ? islander : group;
}

/** Price of a whole booking. A day return costs one and a half times the single fare of the people. */
export function priceOf(zone: Zone, party: Party, isDayReturn: boolean): Pence {
  const people = sum([
    pence(adultFare(zone, party) * party.adults),
    pence(CHILD[zone] * party.children),
  ]);
  const extras = sum([pence(BICYCLE[zone] * party.bicycles), pence(DOG * party.dogs)]);
  const crossings = isDayReturn ? 2 : 1;
  return sum([isDayReturn ? share(people, 3, 2) : people, pence(extras * crossings)]);
}
