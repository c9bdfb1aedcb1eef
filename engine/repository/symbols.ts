/**
 * Names that a file defines, found line by line with one table of expressions per language family: functions, classes,
 * types, constants at the outer levels. A light stand-in for a syntax tree: it misses odd spellings and never guesses
 * across lines. Pure; used for the borders and headings of code blocks and by retrieval.
 */

export interface CodeSymbol {
  readonly name: string;
  readonly kind: "function" | "class" | "type" | "constant" | "module";
  /** Counts from 1. */
  readonly line: number;
}

interface SymbolRule {
  readonly kind: CodeSymbol["kind"];
  /** Group 1 is the name. */
  readonly expression: RegExp;
}

const JAVASCRIPT: readonly SymbolRule[] = [
  {
    kind: "function",
    expression: /^\s{0,2}(?:export\s+)?(?:default\s+)?(?:declare\s+)?(?:async\s+)?function\s*\*?\s*([A-Za-z_$][\w$]*)/u,
  },
  {
    kind: "class",
    expression: /^\s{0,2}(?:export\s+)?(?:default\s+)?(?:declare\s+)?(?:abstract\s+)?class\s+([A-Za-z_$][\w$]*)/u,
  },
  {
    kind: "type",
    expression:
      /^\s{0,2}(?:export\s+)?(?:declare\s+)?(?:const\s+)?(?:interface|type|enum)\s+([A-Za-z_$][\w$]*)\b(?!\s*:)/u,
  },
  { kind: "module", expression: /^\s{0,2}(?:export\s+)?(?:declare\s+)?(?:namespace|module)\s+([A-Za-z_$][\w$.]*)/u },
  {
    kind: "function",
    expression:
      /^(?:export\s+)?(?:const|let|var)\s+([A-Za-z_$][\w$]*)\s*(?::[^=]+)?=\s*(?:async\s*)?(?:function\b|\([^)]*\)\s*(?::[^=]+)?=>|[A-Za-z_$][\w$]*\s*=>)/u,
  },
  { kind: "constant", expression: /^(?:export\s+)?(?:const|let|var)\s+([A-Za-z_$][\w$]*)\b/u },
  {
    kind: "function",
    expression:
      /^\s{2,4}(?:(?:public|private|protected|static|async|override|readonly|get|set)\s+)*(?!(?:if|for|while|switch|catch|return|function|with|do|else|throw|new|await|typeof|super)\b)(#?[A-Za-z_$][\w$]*)\s*(?:<[^>]*>)?\([^;]*\)\s*(?::[^{;]+)?\{\s*$/u,
  },
];
const PYTHON: readonly SymbolRule[] = [
  { kind: "function", expression: /^\s{0,8}(?:async\s+)?def\s+([A-Za-z_]\w*)/u },
  { kind: "class", expression: /^\s{0,4}class\s+([A-Za-z_]\w*)/u },
  { kind: "constant", expression: /^([A-Z][A-Z0-9_]{2,})\s*(?::[^=]+)?=/u },
];
const GO: readonly SymbolRule[] = [
  { kind: "function", expression: /^func\s+(?:\([^)]*\)\s*)?([A-Za-z_]\w*)/u },
  { kind: "type", expression: /^type\s+([A-Za-z_]\w*)/u },
  { kind: "constant", expression: /^(?:const|var)\s+([A-Za-z_]\w*)/u },
];
const RUST: readonly SymbolRule[] = [
  {
    kind: "function",
    expression:
      /^\s{0,4}(?:pub(?:\([^)]*\))?\s+)?(?:default\s+)?(?:const\s+)?(?:async\s+)?(?:unsafe\s+)?(?:extern\s+"[^"]*"\s+)?fn\s+([A-Za-z_]\w*)/u,
  },
  { kind: "type", expression: /^\s{0,4}(?:pub(?:\([^)]*\))?\s+)?(?:struct|enum|trait|union|type)\s+([A-Za-z_]\w*)/u },
  { kind: "class", expression: /^(?:unsafe\s+)?impl(?:<[^>]*>)?\s+(?:[\w:<>, ']+\s+for\s+)?([A-Za-z_]\w*)/u },
  { kind: "module", expression: /^(?:pub(?:\([^)]*\))?\s+)?(?:mod|macro_rules!)\s+([A-Za-z_]\w*)/u },
  { kind: "constant", expression: /^\s{0,4}(?:pub(?:\([^)]*\))?\s+)?(?:const|static)\s+(?:mut\s+)?([A-Z_]\w*)\s*:/u },
];
const CURLY: readonly SymbolRule[] = [
  {
    kind: "class",
    expression:
      /^\s{0,8}(?:(?:public|private|protected|internal|abstract|final|static|sealed|partial|open|data|inner|export|case|implicit|override)\s+)*(?:class|object|record)\s+([A-Za-z_]\w*)/u,
  },
  {
    kind: "type",
    expression:
      /^\s{0,8}(?:(?:public|private|protected|internal|abstract|static|sealed|typedef|export)\s+)*(?:interface|enum(?:\s+class)?|struct|union|trait|protocol|extension)\s+([A-Za-z_]\w*)/u,
  },
  { kind: "module", expression: /^\s*(?:namespace|package|module)\s+([A-Za-z_][\w.:]*)/u },
  {
    kind: "function",
    expression:
      /^\s{0,8}(?:(?:public|private|protected|internal|abstract|final|static|open|override|suspend|inline|mutating|async|virtual)\s+)*(?:fun|func|def|function)\s+(?:[\w<>.]+\.)?([A-Za-z_]\w*)\s*[(<[]/u,
  },
  {
    kind: "function",
    expression:
      /^\s{0,8}(?:[A-Za-z_][\w:<>,.*&[\]~]*[\s*&]+)+(?:[A-Za-z_]\w*::)*(?!(?:if|for|while|switch|catch|return|else|sizeof|new|delete|throw)\b)(~?[A-Za-z_]\w*)\s*\([^;{}]*\)?\s*(?:const|noexcept|override|throws\s+[\w., ]+)?\s*\{?\s*$/u,
  },
  { kind: "constant", expression: /^\s*#\s*define\s+([A-Za-z_]\w*)/u },
];
const RUBY: readonly SymbolRule[] = [
  { kind: "function", expression: /^\s{0,8}def\s+(?:self\.)?([A-Za-z_]\w*[!?=]?)/u },
  { kind: "class", expression: /^\s{0,4}class\s+([A-Z][\w:]*)/u },
  { kind: "module", expression: /^\s{0,4}module\s+([A-Z][\w:]*)/u },
];
const SHELL: readonly SymbolRule[] = [
  { kind: "function", expression: /^\s*(?:function\s+)?([A-Za-z_][\w-]*)\s*\(\)\s*\{?/u },
];
const PERL: readonly SymbolRule[] = [
  { kind: "function", expression: /^\s*sub\s+([A-Za-z_]\w*)/u },
  { kind: "module", expression: /^\s*package\s+([A-Za-z_][\w:]*)/u },
];
const SQL: readonly SymbolRule[] = [
  {
    kind: "type",
    expression:
      /^\s*create\s+(?:or\s+replace\s+)?(?:temp(?:orary)?\s+)?(?:virtual\s+)?(?:table|view|index|trigger|type)\s+(?:if\s+not\s+exists\s+)?["`[]?([\w.]+)/iu,
  },
  { kind: "function", expression: /^\s*create\s+(?:or\s+replace\s+)?(?:function|procedure)\s+["`[]?([\w.]+)/iu },
];
const LUA: readonly SymbolRule[] = [
  { kind: "function", expression: /^\s*(?:local\s+)?function\s+([A-Za-z_][\w.:]*)/u },
];
const MAKE: readonly SymbolRule[] = [{ kind: "function", expression: /^([A-Za-z0-9_.-]+)\s*:(?!=)/u }];

const RULES: Readonly<Record<string, readonly SymbolRule[]>> = {
  TypeScript: JAVASCRIPT,
  TSX: JAVASCRIPT,
  JavaScript: JAVASCRIPT,
  JSX: JAVASCRIPT,
  Vue: JAVASCRIPT,
  Svelte: JAVASCRIPT,
  Astro: JAVASCRIPT,
  Python: PYTHON,
  Cython: PYTHON,
  Go: GO,
  Rust: RUST,
  Java: CURLY,
  Kotlin: CURLY,
  Scala: CURLY,
  Groovy: CURLY,
  C: CURLY,
  "C++": CURLY,
  CUDA: CURLY,
  "C#": CURLY,
  Swift: CURLY,
  PHP: CURLY,
  Dart: CURLY,
  "Objective-C": CURLY,
  "Objective-C++": CURLY,
  "Protocol Buffers": CURLY,
  Ruby: RUBY,
  Shell: SHELL,
  Perl: PERL,
  SQL: SQL,
  Lua: LUA,
  Makefile: MAKE,
};

/** Longer lines define nothing that a person would look for. */
const MAX_LINE = 400;

/** Symbols in the order of their lines; empty for a language without rules. */
export function symbolsOf(language: string, text: string): CodeSymbol[] {
  if (RULES[language] === undefined) return [];
  const symbols: CodeSymbol[] = [];
  for (const [index, line] of text.split("\n").entries()) {
    const found = symbolOfLine(language, line);
    if (found !== null) symbols.push({ ...found, line: index + 1 });
  }
  return symbols;
}

/** What one line defines, or null. */
export function symbolOfLine(language: string, line: string): Omit<CodeSymbol, "line"> | null {
  if (line.length > MAX_LINE || line.trim() === "") return null;
  for (const { kind, expression } of RULES[language] ?? []) {
    const name = expression.exec(line)?.[1];
    if (name !== undefined) return { name, kind };
  }
  return null;
}
