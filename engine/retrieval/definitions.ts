/**
 * Names that a stretch of source code defines, by pattern: enough to rank a definition before its mentions.
 * Owns: the patterns, for the common families of languages at once. Does not know: files, the index.
 * A parser per language (repository/) knows better; this one never fails and costs microseconds.
 */

const NAME = "([A-Za-z_$][\\w$]*)";
const KEYWORD = new RegExp(
  "(?:^|[\\s;{}(])(?:function\\*?|class|interface|type|enum|struct|union|trait|def|fn|func|fun|module|namespace|package|" +
    `record|protocol|macro_rules!|#define|sub|procedure|object)\\s+(?:\\([^)]*\\)\\s*)?${NAME}`,
  "gm",
);
const CONSTANT = new RegExp(`^[ \\t]*(?:export\\s+)?(?:pub\\s+)?(?:const|let|var|val|static)\\s+${NAME}\\s*[:=]`, "gm");
/** A method or C function: a name, parameters, an opening brace on the same line, not a control word. */
const METHOD = new RegExp(`^[ \\t]*(?:[\\w<>,:*&\\[\\]]+\\s+)*[*&]?${NAME}\\s*\\([^;{}()]*\\)[^;{}()=]*\\{`, "gm");
const CONTROL = new Set(
  "if for while switch catch return else do with until function match case when synchronized".split(" "),
);

export interface Definition {
  readonly name: string;
  /** Offset of the name in the given text. */
  readonly at: number;
}

/** In order of appearance; a name defined twice appears twice. */
export function findDefinitions(code: string): Definition[] {
  const found = new Map<number, string>();
  for (const pattern of [KEYWORD, CONSTANT, METHOD]) {
    for (const match of code.matchAll(pattern)) {
      const name = match[1];
      if (name === undefined || CONTROL.has(name)) continue;
      found.set(match.index + match[0].indexOf(name, Math.max(0, match[0].search(/[A-Za-z_$]/u))), name);
    }
  }
  return [...found].map(([at, name]) => ({ name, at })).sort((a, b) => a.at - b.at);
}
