/**
 * Who may speak to the browser-window host: the browser that opened the printed address, from our own page, on our own name.
 * A one-time token becomes a cookie; foreign Host and Origin are refused (rebinding). Pure but for randomness.
 */
import { randomBytes, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";

export type Verdict = { readonly ok: true } | { readonly ok: false; readonly status: number; readonly why: string };

const COOKIE = "longleaf";

export class VisitorCheck {
  readonly #port: number;
  readonly #session = randomBytes(32).toString("base64url");
  #token: string | null = randomBytes(32).toString("base64url");

  constructor(port: number) {
    this.#port = port;
  }

  /** The address to open; works once. */
  get address(): string {
    return `http://127.0.0.1:${this.#port}/?token=${this.#token ?? ""}`;
  }
  get cookie(): string {
    return `${COOKIE}=${this.#session}; HttpOnly; SameSite=Strict; Path=/`;
  }

  /** Spends the token. A second use is refused. */
  redeem(token: string): boolean {
    if (this.#token === null || !equal(token, this.#token)) return false;
    this.#token = null;
    return true;
  }

  /** The name in the address bar must be ours, or a page elsewhere rebound its own name to this computer. */
  host(request: IncomingMessage): Verdict {
    const name = request.headers.host ?? "";
    if (name === `127.0.0.1:${this.#port}` || name === `localhost:${this.#port}`) return { ok: true };
    return { ok: false, status: 421, why: "This address is not Longleaf's." };
  }

  /** `needsOrigin`: for everything that changes something, and for sockets. */
  visitor(request: IncomingMessage, needsOrigin: boolean): Verdict {
    const host = this.host(request);
    if (!host.ok) return host;
    const { origin } = request.headers;
    if (origin !== undefined ? origin !== `http://${request.headers.host}` : needsOrigin)
      return { ok: false, status: 403, why: "Only Longleaf's own page may ask this." };
    const site = request.headers["sec-fetch-site"];
    if (site !== undefined && site !== "same-origin" && site !== "none")
      return { ok: false, status: 403, why: "Only Longleaf's own page may ask this." };
    if (!this.knows(request))
      return { ok: false, status: 401, why: "Open the address that Longleaf printed; start it again for a new one." };
    return { ok: true };
  }

  knows(request: IncomingMessage): boolean {
    const cookies = (request.headers.cookie ?? "").split(";").map((part) => part.trim());
    return cookies.some((part) => part.startsWith(`${COOKIE}=`) && equal(part.slice(COOKIE.length + 1), this.#session));
  }
}

function equal(left: string, right: string): boolean {
  const a = Buffer.from(left);
  const b = Buffer.from(right);
  return a.length === b.length && timingSafeEqual(a, b);
}
