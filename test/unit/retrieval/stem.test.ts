import { expect, test } from "vitest";
import { irregularFormsOf, stemEnglish } from "../../../engine/retrieval/stem.ts";

// From the examples of Porter's paper, run through all steps.
const PAPER = `caresses caress, ponies poni, ties ti, caress caress, cats cat, feed feed, agreed agre, plastered plaster, bled bled,
motoring motor, sing sing, conflated conflat, troubled troubl, sized size, hopping hop, tanned tan, falling fall,
hissing hiss, fizzed fizz, failing fail, filing file, happy happi, sky sky, relational relat, conditional condit,
rational ration, valenci valenc, digitizer digit, conformabli conform, radicalli radic, differentli differ, vileli vile,
analogousli analog, vietnamization vietnam, predication predic, operator oper, feudalism feudal, decisiveness decis,
hopefulness hope, callousness callous, formaliti formal, sensitiviti sensit, sensibiliti sensibl, triplicate triplic,
formative form, formalize formal, electriciti electr, electrical electr, hopeful hope, goodness good, revival reviv,
allowance allow, inference infer, airliner airlin, gyroscopic gyroscop, adjustable adjust, defensible defens,
irritant irrit, replacement replac, adjustment adjust, dependent depend, adoption adopt, homologou homolog,
communism commun, activate activ, angulariti angular, homologous homolog, effective effect, bowdlerize bowdler,
probate probat, rate rate, cease ceas, controll control, roll roll`;

test("stems are those of Porter's paper", () => {
  for (const pair of PAPER.split(",")) {
    const [word = "", stem = ""] = pair.trim().split(" ");
    expect(stemEnglish(word), word).toBe(stem);
  }
});

test("irregular forms meet their base", () => {
  for (const [form, base] of [
    ["went", "go"],
    ["children", "child"],
    ["wrote", "writing"],
    ["knives", "knife"],
    ["taught", "teaches"],
    ["died", "die"],
    ["dying", "dies"],
    ["lying", "lied"],
  ] as const)
    expect(stemEnglish(form), form).toBe(stemEnglish(base));
  expect(irregularFormsOf(stemEnglish("going"))).toEqual(["went", "gone"]);
});

test("words of one and two letters stay", () => {
  for (const word of ["a", "is", "by", "s"]) expect(stemEnglish(word)).toBe(word);
});
