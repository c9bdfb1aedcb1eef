/**
 * How search and reader are joined, and when an answer is refused. Written by
 * `node bench/evaluate/fusion/main.ts --write` (584 questions with an answer, 90 without); not by hand.
 */
import type { Regression } from "./regression.ts";

interface Fusion {
  readonly candidate: { readonly read: Regression; readonly searched: Regression };
  readonly calibration: { readonly read: Regression; readonly searched: Regression };
  readonly support: { readonly read: Regression; readonly searched: Regression };
  readonly thresholds: Readonly<
    Record<"read" | "searched", { readonly leastSupport: number; readonly statedSupport: number }>
  >;
}

export const FUSION: Fusion = {
  candidate: {
    read: {
      names: [
        "near",
        "sentence",
        "coverage",
        "middle",
        "wide",
        "phrase",
        "heading",
        "exact",
        "kind",
        "asks",
        "feedback",
        "share",
        "rank",
        "matched",
        "holds",
        "around",
        "fits",
        "fragment",
        "long",
        "company",
        "region",
        "meansAround",
        "meansWindow",
        "kindInCore",
        "kindInWindow",
        "kindAsked",
        "relevance",
        "behind",
        "relevanceRank",
        "answerScore",
        "certainty",
        "agreement",
      ],
      mean: [
        0.039558, 0.012579, 0.067696, 0.06342, 0.11813, 0.0015305, 0.0012763, 0.0078919, 0.030043, 0.010634, 0, 0.34038,
        4.0139, 0.131, 0.14383, 0.19254, 0.56469, 0.0027539, 0.066164, 1.0867, 2.0036, 0.22666, 0.23417, 0.027121,
        0.037803, 0.20093, -3.6659, -5.7711, 2.9611, -7.2464, 0.11626, 0.076963,
      ],
      scale: [
        0.043927, 0.013698, 0.044273, 0.042071, 0.071925, 0.0071767, 0.0063517, 0.01063, 0.054912, 0.10257, 0.000001,
        0.19012, 0.95118, 0.1513, 0.18929, 0.20193, 0.3388, 0.052406, 0.24857, 0.66426, 0.83404, 0.2044, 0.2055,
        0.16244, 0.19072, 0.40069, 3.324, 3.3125, 0.884, 4.2703, 0.16024, 0.26145,
      ],
      weights: [
        0.17639, 0.049216, 0.14652, 0.31211, 0.45116, -0.011198, 0.21151, 0.059182, 0.38127, 0.00043288, 0, 0.077695,
        -0.18286, -0.066674, 0.02099, -0.54514, 0.22919, -0.040246, -0.37245, 0.080632, 0.51612, 0.65768, 0.44039,
        0.30181, -0.014283, 4.8642e-13, -0.2047, 0.027325, -0.32375, 0.54926, 0.14027, 0.037262,
      ],
      bias: 0,
    },
    searched: {
      names: [
        "near",
        "sentence",
        "coverage",
        "middle",
        "wide",
        "phrase",
        "heading",
        "exact",
        "kind",
        "asks",
        "feedback",
        "share",
        "rank",
        "matched",
        "holds",
        "around",
        "fits",
        "fragment",
        "long",
        "company",
        "region",
        "meansAround",
        "meansWindow",
        "kindInCore",
        "kindInWindow",
        "kindAsked",
      ],
      mean: [
        0.039558, 0.012579, 0.067696, 0.06342, 0.11813, 0.0015305, 0.0012763, 0.0078919, 0.030043, 0.010634, 0, 0.34038,
        4.0139, 0.131, 0.14383, 0.19254, 0.56469, 0.0027539, 0.066164, 1.0867, 2.0036, 0.22666, 0.23417, 0.027121,
        0.037803, 0.20093,
      ],
      scale: [
        0.043927, 0.013698, 0.044273, 0.042071, 0.071925, 0.0071767, 0.0063517, 0.01063, 0.054912, 0.10257, 0.000001,
        0.19012, 0.95118, 0.1513, 0.18929, 0.20193, 0.3388, 0.052406, 0.24857, 0.66426, 0.83404, 0.2044, 0.2055,
        0.16244, 0.19072, 0.40069,
      ],
      weights: [
        0.29988, -0.013677, 0.16087, 0.30833, 0.41485, 0.04021, 0.1813, 0.024769, 0.64296, 0.0019685, 0, 0.13705,
        -0.12705, 0.0034091, 0.19417, -0.55787, 0.2744, -0.015846, -0.41862, 0.20348, 0.42107, 0.55359, 0.52271,
        0.28116, -0.013922, 4.9116e-13,
      ],
      bias: 0,
    },
  },
  calibration: {
    read: {
      names: ["odds", "share"],
      mean: [4.4523, -3.6556],
      scale: [2.0937, 1.7455],
      weights: [0.37225, 0.64191],
      bias: -1.5237,
    },
    searched: {
      names: ["odds", "share"],
      mean: [4.4644, -3.4972],
      scale: [2.0716, 1.5839],
      weights: [-0.12101, 1.0686],
      bias: -1.5428,
    },
  },
  support: {
    read: {
      names: [
        "relevance",
        "relevance3",
        "answerScore",
        "certainty",
        "topRelevance",
        "first",
        "second",
        "fifth",
        "coverage",
        "matched",
        "absentNames",
        "absentWords",
        "words",
        "strength",
        "best",
        "bestNear",
        "total",
        "flatness",
      ],
      mean: [
        1.9136, 0.36056, -0.10206, 0.40828, 0.18956, -0.037138, -0.64268, -1.6521, 0.6812, 0.67379, 0.0089021, 0.16914,
        0.6237, 1.9292, 3.2861, 1.8871, 2.753, 0.61084,
      ],
      scale: [
        2.0618, 2.0304, 5.5228, 0.28785, 3.6384, 0.4135, 0.43009, 0.84574, 0.25455, 0.24602, 0.093931, 0.4336, 0.22752,
        0.87402, 0.43562, 0.40091, 0.41614, 0.17132,
      ],
      weights: [
        0.037478, 0.61818, -0.092716, -0.51774, 0.14305, 0.24413, 0.010726, -0.44473, 0.0014142, 0.23597, -0.090218,
        0.23066, 1.2373, 0.95262, -0.26031, -0.076195, -0.17967, 0.48316,
      ],
      bias: 2.0584,
    },
    searched: {
      names: [
        "first",
        "second",
        "fifth",
        "coverage",
        "matched",
        "absentNames",
        "absentWords",
        "words",
        "strength",
        "best",
        "bestNear",
        "total",
        "flatness",
      ],
      mean: [
        0.031188, -0.67709, -1.6498, 0.68609, 0.67898, 0.0089021, 0.16914, 0.6237, 1.9292, 3.2861, 1.8871, 2.753,
        0.61084,
      ],
      scale: [
        0.36441, 0.34574, 0.79169, 0.25327, 0.24415, 0.093931, 0.4336, 0.22752, 0.87402, 0.43562, 0.40091, 0.41614,
        0.17132,
      ],
      weights: [
        -0.07023, -0.019429, -0.2118, -0.044038, 0.52779, -0.10902, 0.1457, 1.0192, 1.0346, -0.43337, -0.0074781,
        0.073098, 0.29439,
      ],
      bias: 1.6894,
    },
  },
  thresholds: {
    read: {
      leastSupport: 0.79,
      statedSupport: 0.86,
    },
    searched: {
      leastSupport: 0.77,
      statedSupport: 0.92,
    },
  },
};
