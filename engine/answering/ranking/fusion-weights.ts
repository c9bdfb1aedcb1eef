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
        0.039558, 0.012579, 0.067696, 0.06342, 0.11813, 0.0015305, 0.0012763, 0.0078919, 0.030043, 0.010574, 0, 0.34038,
        4.0139, 0.131, 0.14374, 0.19242, 0.56489, 0.0025631, 0.0662, 1.0867, 2.0036, 0.22655, 0.23408, 0.02711,
        0.037815, 0.20093, -3.6699, -5.774, 2.9611, -7.2516, 0.11624, 0.077366,
      ],
      scale: [
        0.043927, 0.013698, 0.044273, 0.042071, 0.071925, 0.0071767, 0.0063517, 0.01063, 0.054912, 0.10229, 0.000001,
        0.19012, 0.95118, 0.1513, 0.18922, 0.20185, 0.33873, 0.050563, 0.24863, 0.66426, 0.83404, 0.20434, 0.20544,
        0.1624, 0.19075, 0.40069, 3.3257, 3.3165, 0.884, 4.2685, 0.16041, 0.2624,
      ],
      weights: [
        0.1687, 0.051594, 0.15765, 0.30018, 0.44602, -0.010124, 0.2102, 0.053874, 0.37146, 0.0030042, 0, 0.11718,
        -0.17806, -0.071309, -0.0045221, -0.55498, 0.23124, -0.32113, -0.37107, 0.10485, 0.47427, 0.63426, 0.48691,
        0.30146, -0.017191, -6.4653e-12, -0.21119, 0.047718, -0.31389, 0.56243, 0.14678, 0.034463,
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
        0.039558, 0.012579, 0.067696, 0.06342, 0.11813, 0.0015305, 0.0012763, 0.0078919, 0.030043, 0.010574, 0, 0.34038,
        4.0139, 0.131, 0.14374, 0.19242, 0.56489, 0.0025631, 0.0662, 1.0867, 2.0036, 0.22655, 0.23408, 0.02711,
        0.037815, 0.20093,
      ],
      scale: [
        0.043927, 0.013698, 0.044273, 0.042071, 0.071925, 0.0071767, 0.0063517, 0.01063, 0.054912, 0.10229, 0.000001,
        0.19012, 0.95118, 0.1513, 0.18922, 0.20185, 0.33873, 0.050563, 0.24863, 0.66426, 0.83404, 0.20434, 0.20544,
        0.1624, 0.19075, 0.40069,
      ],
      weights: [
        0.29905, -0.013413, 0.17848, 0.29929, 0.40581, 0.041388, 0.17903, 0.020274, 0.63557, 0.0044526, 0, 0.17317,
        -0.11748, -0.0078705, 0.17325, -0.56826, 0.2751, -0.22444, -0.41857, 0.23102, 0.38127, 0.53437, 0.56359, 0.281,
        -0.016952, -6.4645e-12,
      ],
      bias: 0,
    },
  },
  calibration: {
    read: {
      names: ["odds", "share"],
      mean: [4.4815, -3.6689],
      scale: [2.1107, 1.7649],
      weights: [0.35642, 0.64958],
      bias: -1.5249,
    },
    searched: {
      names: ["odds", "share"],
      mean: [4.4822, -3.5033],
      scale: [2.0771, 1.5965],
      weights: [-0.14824, 1.0991],
      bias: -1.5487,
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
        "absentShare",
        "absentWords",
        "words",
        "strength",
        "best",
        "bestNear",
        "total",
        "flatness",
      ],
      mean: [
        1.9127, 0.36591, -0.084011, 0.40944, 0.15742, -0.050378, -0.64794, -1.6527, 0.68085, 0.6732, 0.0089021,
        0.054028, 0.16914, 0.6237, 1.9292, 3.2861, 1.8871, 2.753, 0.61084,
      ],
      scale: [
        2.0627, 2.0263, 5.5245, 0.28728, 3.6418, 0.40308, 0.41894, 0.84648, 0.25494, 0.24611, 0.093931, 0.13971, 0.4336,
        0.22752, 0.87402, 0.43562, 0.40091, 0.41614, 0.17132,
      ],
      weights: [
        0.056969, 0.63794, -0.091597, -0.53038, 0.083214, 0.2191, 0.024351, -0.50049, -0.09079, 0.32683, -0.082689,
        -0.24532, 0.46865, 1.2295, 0.94771, -0.23151, -0.075983, -0.23018, 0.50712,
      ],
      bias: 2.0699,
    },
    searched: {
      names: [
        "first",
        "second",
        "fifth",
        "coverage",
        "matched",
        "absentNames",
        "absentShare",
        "absentWords",
        "words",
        "strength",
        "best",
        "bestNear",
        "total",
        "flatness",
      ],
      mean: [
        0.033679, -0.67718, -1.6535, 0.68575, 0.67786, 0.0089021, 0.054028, 0.16914, 0.6237, 1.9292, 3.2861, 1.8871,
        2.753, 0.61084,
      ],
      scale: [
        0.37366, 0.34673, 0.7932, 0.25299, 0.24499, 0.093931, 0.13971, 0.4336, 0.22752, 0.87402, 0.43562, 0.40091,
        0.41614, 0.17132,
      ],
      weights: [
        -0.11628, -0.018349, -0.22727, -0.16783, 0.60204, -0.083101, -0.38584, 0.50794, 0.96904, 0.98792, -0.41998,
        0.019425, 0.0082096, 0.251,
      ],
      bias: 1.6932,
    },
  },
  thresholds: {
    read: {
      leastSupport: 0.604,
      statedSupport: 0.87,
    },
    searched: {
      leastSupport: 0.656,
      statedSupport: 0.91,
    },
  },
};
