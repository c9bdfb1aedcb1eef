/**
 * What a summary mentions, as weights of features: by TERM_FEATURES (importance.ts) and SENTENCE_FEATURES (worth.ts).
 * Written by bench/evaluate/summaries/fit.ts from summaries by people; do not edit.
 */
import type { StretchWeights } from "./rank.ts";
import type { TextKind } from "./text-kind.ts";

export const WEIGHTS: Readonly<Record<TextKind, StretchWeights>> = {
  // 62 documents
  talk: {
    terms: [
      0.4656, // bias
      4.6848, // count
      -2.2141, // count squared
      1.61, // share of sentences
      -5.2323, // bits
      1.9444, // rarer than here
      -0.4808, // named
      0.9098, // named and frequent
      -0.5883, // leads
      -1.3851, // spoken
      0.0, // in a heading
      -1.1008, // first
      -0.5009, // spread
      -0.8404, // length of text
      1.3719, // length of word
    ],
    sentences: [
      0.0973, // bias
      0.3364, // importance per word
      0.1663, // importance per term
      0.0571, // importance
      -0.046, // importance, relative
      -0.038, // best term
      -0.0071, // count per term
      0.1093, // links
      -0.0544, // links per word
      0.0022, // importance before
      -0.0046, // importance after
      0.1637, // names
      0.2456, // importance of names
      0.0019, // beginning
      0.0204, // first tenth
      0.0048, // last tenth
      0.0007, // place
      0.0459, // words
      -0.0161, // words squared
      -0.0652, // short
      -0.002, // long
      -0.0074, // first of paragraph
      0.0, // after a heading
      -0.0018, // speech
      0.0058, // broken
      -0.0366, // turn
      -0.0009, // question
      0.0106, // leaning
      0.0, // number
      -0.0401, // personal
      0.0168, // cue
      -0.0056, // filler
    ],
  },
  // 28 documents
  story: {
    terms: [
      -5.4125, // bias
      4.1939, // count
      -0.9072, // count squared
      2.0846, // share of sentences
      -1.638, // bits
      -0.4601, // rarer than here
      0.1285, // named
      1.6833, // named and frequent
      -0.0415, // leads
      0.1586, // spoken
      1.7318, // in a heading
      -0.3405, // first
      -0.0734, // spread
      3.0534, // length of text
      0.2021, // length of word
    ],
    sentences: [
      0.1837, // bias
      -0.1798, // importance per word
      0.3744, // importance per term
      0.0665, // importance
      -0.0674, // importance, relative
      -0.0403, // best term
      -0.0625, // count per term
      0.0798, // links
      -0.0175, // links per word
      0.0234, // importance before
      0.0374, // importance after
      -0.0242, // names
      0.2569, // importance of names
      0.0436, // beginning
      0.0041, // first tenth
      0.018, // last tenth
      0.0025, // place
      0.0234, // words
      -0.0302, // words squared
      0.0217, // short
      0.0035, // long
      0.0009, // first of paragraph
      0.0957, // after a heading
      -0.0146, // speech
      0.0202, // broken
      -0.0782, // turn
      0.0032, // question
      0.0153, // leaning
      -0.0285, // number
      -0.0414, // personal
      0.0045, // cue
      -0.0023, // filler
    ],
  },
  // 293 documents
  exposition: {
    terms: [
      -0.0427, // bias
      2.9581, // count
      -1.013, // count squared
      2.3315, // share of sentences
      -7.0032, // bits
      3.1403, // rarer than here
      -0.9326, // named
      1.1614, // named and frequent
      0.3938, // leads
      -0.8751, // spoken
      1.0216, // in a heading
      -1.4809, // first
      -0.0613, // spread
      1.4124, // length of text
      0.4376, // length of word
    ],
    sentences: [
      0.0489, // bias
      0.0296, // importance per word
      0.6677, // importance per term
      -0.0661, // importance
      -0.0161, // importance, relative
      -0.0441, // best term
      -0.0159, // count per term
      0.0948, // links
      -0.0499, // links per word
      0.0203, // importance before
      0.0344, // importance after
      -0.0149, // names
      0.3499, // importance of names
      0.0717, // beginning
      0.0215, // first tenth
      0.0102, // last tenth
      0.0091, // place
      0.0832, // words
      -0.0379, // words squared
      0.0394, // short
      0.0457, // long
      0.0126, // first of paragraph
      0.0254, // after a heading
      -0.0108, // speech
      -0.0124, // broken
      -0.0151, // turn
      -0.0391, // question
      -0.0027, // leaning
      -0.0084, // number
      -0.0153, // personal
      0.0063, // cue
      -0.0487, // filler
    ],
  },
};
