/**
 * Git's ignore rules as gitignore(5) states them and dir.c and wildmatch.c do them: patterns of one file, relative to
 * its folder; the last match of a file decides, the deepest file that has a match decides, an ignored folder is not
 * entered. Written here and tested against git itself, because the `ignore` package also asks a path's parents: with
 * `build/` above and `!build/` in between it still ignores what is inside. Pure; knows nothing about disks.
 */

export interface IgnorePattern {
  /** As written, for the reason that people read. */
  readonly source: string;
  readonly isNegated: boolean;
  readonly foldersOnly: boolean;
  /** Matches the path relative to the rules' folder, or only its name. */
  readonly matchesName: boolean;
  readonly expression: RegExp;
}

/** Rules of one .gitignore. `folder`: its place relative to the root, "" for the root, without a slash at the end. */
export interface IgnoreFile {
  readonly folder: string;
  /** How reasons name the file: ".gitignore", "docs/.gitignore", ".git/info/exclude". */
  readonly name: string;
  readonly patterns: readonly IgnorePattern[];
}

/** The rule that ignores `path`, or null. `stack`: lowest precedence first, i.e. outermost folder first. */
export function ignoredBy(
  stack: readonly IgnoreFile[],
  path: string,
  isFolder: boolean,
): { file: string; pattern: string } | null {
  const name = path.slice(path.lastIndexOf("/") + 1);
  for (let level = stack.length - 1; level >= 0; level -= 1) {
    const { folder, name: file, patterns } = stack[level];
    const relative = folder === "" ? path : path.slice(folder.length + 1);
    for (let at = patterns.length - 1; at >= 0; at -= 1) {
      const pattern = patterns[at];
      if (pattern.foldersOnly && !isFolder) continue;
      if (!pattern.expression.test(pattern.matchesName ? name : relative)) continue;
      return pattern.isNegated ? null : { file, pattern: pattern.source };
    }
  }
  return null;
}

/** The patterns of one file's text. `ignoreCase`: git's core.ignorecase. */
export function parseIgnoreFile(text: string, ignoreCase = false): IgnorePattern[] {
  const patterns: IgnorePattern[] = [];
  for (const raw of text.replace(/^\uFEFF/u, "").split("\n")) {
    const pattern = parsePattern(raw.replace(/\r$/u, ""), ignoreCase);
    if (pattern !== null) patterns.push(pattern);
  }
  return patterns;
}

function parsePattern(line: string, ignoreCase: boolean): IgnorePattern | null {
  if (line.startsWith("#")) return null;
  const source = withoutTrailingSpaces(line);
  let glob = source;
  const isNegated = glob.startsWith("!");
  if (isNegated) glob = glob.slice(1);
  const foldersOnly = glob.endsWith("/");
  if (foldersOnly) glob = glob.slice(0, -1);
  if (glob === "") return null;
  const isAnchored = glob.includes("/");
  if (glob.startsWith("/")) glob = glob.slice(1);
  const body = globToExpression(glob, isAnchored);
  if (body === null) return null;
  return {
    source,
    isNegated,
    foldersOnly,
    matchesName: !isAnchored,
    expression: new RegExp(`^${body}$`, ignoreCase ? "iu" : "u"),
  };
}

/** Spaces at the end do not count unless a backslash stands before them. */
function withoutTrailingSpaces(line: string): string {
  let end = line.length;
  while (end > 0 && line[end - 1] === " ") {
    let backslashes = 0;
    while (line[end - 2 - backslashes] === "\\") backslashes += 1;
    if (backslashes % 2 === 1) break;
    end -= 1;
  }
  return line.slice(0, end);
}

/** A glob as the body of a regular expression; null for one that can match nothing (an open bracket, a lone backslash). */
function globToExpression(glob: string, isPath: boolean): string | null {
  let body = "";
  let at = 0;
  while (at < glob.length) {
    const character = glob[at];
    if (character === "\\") {
      if (at + 1 >= glob.length) return null;
      const next = String.fromCodePoint(glob.codePointAt(at + 1) ?? 0);
      body += escaped(next);
      at += 1 + next.length;
    } else if (character === "*") {
      const { expression, length } = stars(glob, at, isPath);
      body += expression;
      at += length;
    } else if (character === "?") {
      body += "[^/]";
      at += 1;
    } else if (character === "[") {
      const set = bracket(glob, at);
      if (set === null) return null;
      body += set.expression;
      at += set.length;
    } else {
      const whole = String.fromCodePoint(glob.codePointAt(at) ?? 0);
      body += escaped(whole);
      at += whole.length;
    }
  }
  return body;
}

/** Two stars between slashes, or at an end, cross folders; any other run of stars stays within a name. */
function stars(glob: string, at: number, isPath: boolean): { expression: string; length: number } {
  let length = 1;
  while (glob[at + length] === "*") length += 1;
  const isStart = at === 0 || glob[at - 1] === "/";
  const after = glob[at + length];
  if (length < 2 || !isPath || !isStart || (after !== undefined && after !== "/"))
    return { expression: "[^/]*", length };
  if (after === undefined) return { expression: at === 0 ? ".*" : ".+", length };
  return { expression: "(?:.*/)?", length: length + 1 };
}

const CLASSES: Readonly<Record<string, string>> = {
  alnum: "0-9A-Za-z",
  alpha: "A-Za-z",
  blank: " \\t",
  cntrl: "\\x00-\\x1f\\x7f",
  digit: "0-9",
  graph: "\\x21-\\x7e",
  lower: "a-z",
  print: "\\x20-\\x7e",
  punct: "!-/:-@\\[-`{-~",
  space: "\\s",
  upper: "A-Z",
  xdigit: "0-9A-Fa-f",
};

/** A set in brackets; never a slash. null when it does not close. */
function bracket(glob: string, start: number): { expression: string; length: number } | null {
  let at = start + 1;
  const isNegated = glob[at] === "!" || glob[at] === "^";
  if (isNegated) at += 1;
  let members = "";
  let isFirst = true;
  for (;;) {
    const character = glob[at];
    if (character === undefined) return null;
    if (character === "]" && !isFirst) break;
    isFirst = false;
    const named = character === "[" ? /^\[:([a-z]+):\]/u.exec(glob.slice(at)) : null;
    if (named !== null) {
      const set = CLASSES[named[1]];
      if (set === undefined) return null;
      members += set;
      at += named[0].length;
      continue;
    }
    const low = member(glob, at);
    if (low === null) return null;
    at += low.length;
    const high = glob[at] === "-" && glob[at + 1] !== undefined && glob[at + 1] !== "]" ? member(glob, at + 1) : null;
    if (high === null) members += inSet(low.character);
    else {
      at += 1 + high.length;
      if (low.character <= high.character) members += `${inSet(low.character)}-${inSet(high.character)}`;
    }
  }
  const length = at + 1 - start;
  if (isNegated) return { expression: `[^/${members}]`, length };
  return { expression: members === "" ? "[]" : `(?!/)[${members}]`, length };
}

function member(glob: string, at: number): { character: string; length: number } | null {
  const isEscape = glob[at] === "\\";
  const code = glob.codePointAt(isEscape ? at + 1 : at);
  if (code === undefined) return null;
  const character = String.fromCodePoint(code);
  return { character, length: character.length + (isEscape ? 1 : 0) };
}

function inSet(character: string): string {
  return /[\\\]^[-]/u.test(character) ? `\\${character}` : character;
}

function escaped(character: string): string {
  return /[\\^$.*+?()[\]{}|/]/u.test(character) ? `\\${character}` : character;
}
