/** The word of a question that is most worth searching for: the longest that is not a question's own furniture. Pure. */
const FURNITURE = new Set(
  "what which where when whose who whom why how does did is are was were will would could should can the a an and or of in on at to for from by with about this that these those there name named many much book text chapter have has had been being their they them his her him she".split(
    " ",
  ),
);

export function mainWord(question: string): string | null {
  const found = question.match(/[\p{L}\p{N}_][\p{L}\p{N}_'’.-]*/gu) ?? [];
  const bare = found
    .map((word) => word.replace(/['’]s$|[.'’-]+$/g, ""))
    .filter((word) => !FURNITURE.has(word.toLowerCase()));
  const longest = bare.toSorted((a, b) => b.length - a.length)[0];
  return longest === undefined || longest.length < 2 ? null : longest;
}
