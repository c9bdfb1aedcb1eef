export * from "./contract.ts";
export * from "./dto.ts";
export * from "./errors.ts";
export * from "./frames.ts";
export * from "./limits.ts";
export * from "./version.ts";
export * from "./client.ts";
