/** What keeps the stand-in honest: a name that it does not implement throws, as a property and as an event. */
import { EventEmitter } from "node:events";

/** Names that JavaScript itself asks of any object (await, module interop, printing). */
const ASKED_BY_LANGUAGE = new Set([
  "then",
  "__esModule",
  "toJSON",
  "constructor",
  "prototype",
  "asymmetricMatch",
  "nodeType",
  "tagName",
]);

/** The same object; reading a property that it lacks throws. */
export function strict<T extends object>(name: string, object: T): T {
  return new Proxy(object, {
    get(target, property, receiver) {
      if (typeof property === "string" && !(property in target) && !ASKED_BY_LANGUAGE.has(property))
        throw new Error(`the stand-in does not implement ${name}.${property}`);
      return Reflect.get(target, property, receiver);
    },
  });
}

/** An emitter of the named events; listening to another one throws. */
export class StrictEmitter extends EventEmitter {
  readonly name: string;
  readonly events: readonly string[];

  constructor(name: string, events: readonly string[]) {
    super();
    this.name = name;
    this.events = events;
  }
  override on(event: string, listener: (...args: never[]) => void): this {
    if (!this.events.includes(event)) throw new Error(`the stand-in never fires ${this.name}'s "${event}"`);
    return super.on(event, listener as (...args: unknown[]) => void);
  }
  override once(event: string, listener: (...args: never[]) => void): this {
    if (!this.events.includes(event)) throw new Error(`the stand-in never fires ${this.name}'s "${event}"`);
    return super.once(event, listener as (...args: unknown[]) => void);
  }
}
