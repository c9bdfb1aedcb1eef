/** Composition root of the window: look, connection, host, mount. */
import { createRoot } from "react-dom/client";
import { App } from "./app.tsx";
import { connect } from "./engine/connection.ts";
import { EngineProvider } from "./engine/engine-context.tsx";
import { hostOf } from "./engine/hosts.ts";
import { openPort } from "./engine/open-port.ts";
import { followLook } from "./state/settings.ts";
import "./styles/index.css";

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no #root");
followLook(document);
createRoot(root).render(
  <EngineProvider connection={connect(openPort)} host={hostOf(window)}>
    <App />
  </EngineProvider>,
);
