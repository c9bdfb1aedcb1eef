/** Every family that can be compiled. A new one is a new file and a line here. */
import type { Family } from "./family.ts";
import { llama } from "./llama.ts";
import { mistral } from "./mistral.ts";
import { qwen2 } from "./qwen2.ts";
import { qwen3 } from "./qwen3.ts";

export const FAMILIES: readonly Family[] = [llama, qwen2, qwen3, mistral];
