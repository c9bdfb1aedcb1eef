/** A sailing: one boat, one route, one time. */
export type Boat = "Eider" | "Fulmar" | "Old Tystie";

export const CAPACITY: Record<Boat, { readonly seats: number; readonly bicycles: number }> = {
  Eider: { seats: 148, bicycles: 20 },
  Fulmar: { seats: 96, bicycles: 12 },
  "Old Tystie": { seats: 54, bicycles: 4 },
};

export interface Sailing {
  /** "S-" and four digits. */
  readonly id: string;
  readonly route: string;
  readonly boat: Boat;
  /** Milliseconds since 1970, UTC. */
  readonly departsAt: number;
  readonly state: "planned" | "warned" | "cancelled" | "gone";
}

/** The gangway closes four minutes before departure; after that nothing can be sold. */
export const GANGWAY_MS = 4 * 60_000;

export function isOnSale(sailing: Sailing, now: number): boolean {
  const isOpen = sailing.state === "planned" || sailing.state === "warned";
  return isOpen && now < sailing.departsAt - GANGWAY_MS;
}
