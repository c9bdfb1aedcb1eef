/**
 * Names of graph inputs and outputs, and the version of what the graphs compute. Spelled here and nowhere else.
 */

/** Raise it whenever a change could give other numbers: memories made before are then read anew. */
export const GRAPH_VERSION = 2;

export const ENCODER = {
  ids: "ids",
  gistIds: "gist_ids",
  /** Between the parts of an encoder: the residual stream. */
  rawStream: "raw_stream",
  gistStream: "gist_stream",
  nextRawStream: "next_raw_stream",
  nextGistStream: "next_gist_stream",
  rawCosine: "raw_cosine",
  rawSine: "raw_sine",
  gistCosine: "gist_cosine",
  gistSine: "gist_sine",
  /** Raw rows attend in blocks: row counts, ends, and a mask for each. */
  blockSizes: "block_sizes",
  blockEnds: "block_ends",
  blockMask: (block: number) => `block_mask_${block}`,
  gistMask: "gist_mask",
  gistSizes: "gist_sizes",
  memory: (layer: number) => `memory_${layer}`,
  /** Between the parts of an encoder of codes: reconstructed rows of the layer before. */
  before: "before",
  nextBefore: "next_before",
  codes: "codes",
} as const;

/** What predictions are made from; shared by the encoder of codes and the graph that restores. */
export const NEAR = {
  /** All tokens of the segment. */
  ids: "ids",
  /** Of each row its token and those before it, counted from 1; 0 where there are none. */
  rows: "near_rows",
} as const;

export const RESTORER = {
  codes: "codes",
  rows: (layer: number) => `rows_${layer}`,
} as const;

/**
 * Blocks of raw rows in the encoder; a block attends to nothing behind its end, which spares three eighths of the
 * products. Segments have at least so many raw rows (shorter ones are padded; no row looks ahead).
 */
export const RAW_BLOCKS = 4;

export const DECODER = {
  ids: "ids",
  cosine: "cosine",
  sine: "sine",
  mask: "mask",
  sizes: "sizes",
  rows: "rows",
  targets: "targets",
  keyCache: (layer: number) => `key_cache_${layer}`,
  valueCache: (layer: number) => `value_cache_${layer}`,
  logits: "logits",
  likelihoods: "likelihoods",
  newKeys: (layer: number) => `new_keys_${layer}`,
  newValues: (layer: number) => `new_values_${layer}`,
} as const;
