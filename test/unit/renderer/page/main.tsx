/** The window over a scripted engine, for the browser test. `?first` is the first start; `window.engine` is the script. */
import { createRoot } from "react-dom/client";
import { App } from "../../../../renderer/app.tsx";
import { connect } from "../../../../renderer/engine/connection.ts";
import { EngineProvider } from "../../../../renderer/engine/engine-context.tsx";
import { hostOf } from "../../../../renderer/engine/hosts.ts";
import { followLook } from "../../../../renderer/state/settings.ts";
import "../../../../renderer/styles/index.css";
import { ScriptedEngine } from "../scripted-engine.ts";

const query = new URLSearchParams(window.location.search);
const engine = new ScriptedEngine({ pace: Number(query.get("pace") ?? 0), isFirstStart: query.has("first") });
const ports: { close(): void }[] = [];
const open = async () => {
  const port = engine.connect();
  ports.push(port);
  return port;
};
Object.assign(window, { loseEngine: () => ports.at(-1)?.close() });

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no #root");
followLook(document);
createRoot(root).render(
  <EngineProvider connection={connect(open)} host={hostOf(window)}>
    <App />
  </EngineProvider>,
);
