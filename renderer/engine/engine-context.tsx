/**
 * Gives the connection and the host to the components below. Knows nothing about what they do with it.
 */
import { createContext, useContext, type ReactNode } from "react";
import { useStore } from "zustand";
import type { Connection, ConnectionState } from "./connection.ts";
import type { EngineClient } from "../../engine/protocol/client.ts";
import type { Host } from "./host.ts";

interface Engine {
  readonly connection: Connection;
  readonly host: Host;
}

const EngineContext = createContext<Engine | null>(null);

export function EngineProvider(props: Engine & { readonly children: ReactNode }): ReactNode {
  return <EngineContext value={{ connection: props.connection, host: props.host }}>{props.children}</EngineContext>;
}

function useEngine(): Engine {
  const engine = useContext(EngineContext);
  if (engine === null) throw new Error("EngineProvider is missing above this component");
  return engine;
}

/** The client of the present connection, or null while there is none. */
export function useClient(): EngineClient | null {
  return useStore(useEngine().connection.store, (state) => state.client);
}

export function useConnection<T>(select: (state: ConnectionState) => T): T {
  return useStore(useEngine().connection.store, select);
}

export function useDismissRestart(): () => void {
  return useEngine().connection.dismiss;
}

export function useHost(): Host {
  return useEngine().host;
}
