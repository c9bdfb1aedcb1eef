// `npm run build`: the window. The engine and the command line run from their sources.
import { ensureBuilt, ensureInstalled } from "./setup.mjs";

ensureInstalled();
ensureBuilt();
