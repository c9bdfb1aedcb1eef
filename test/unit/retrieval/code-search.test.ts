import { expect, test } from "vitest";
import { withoutDescription } from "../../../bench/evaluate/code/repositories.ts";
import { repositoryRows } from "../../../bench/retrieval/rows-of-text.ts";
import { createRetriever } from "../../../engine/retrieval/retriever.ts";
import type { RankedPassage } from "../../../engine/retrieval/types.ts";
import { importRows, temporaryStore } from "../store/temporary-store.ts";

async function repository(files: Readonly<Record<string, string>>) {
  const store = temporaryStore();
  const rows = repositoryRows(
    "repository",
    Object.entries(files).map(([path, text]) => ({ path, language: "c", text })),
  );
  const { documentId } = await importRows(store, rows);
  const search = (query: string, perFile?: number): RankedPassage[] =>
    createRetriever(store.chunks).search(query, [documentId], {
      limit: 8,
      ...(perFile === undefined ? {} : { perFile }),
    });
  return { search };
}

const mentions = (at: number): string =>
  `int user_${at}(void) {\n  int sum = read_checksum();\n  return verify(read_checksum(), sum);\n}\n`;
const users = Object.fromEntries(Array.from({ length: 12 }, (_, at) => [`src/user${at}.c`, mentions(at)]));

test("a name is asked for in any spelling, and its definition comes before its mentions", async () => {
  const { search } = await repository({ ...users, "src/sum.c": "long readChecksum(char *path) {\n  return 0;\n}\n" });
  for (const query of ["readChecksum", "read_checksum", "read-checksum", "Where is readChecksum implemented?"])
    expect(search(query)[0]?.file, query).toBe("src/sum.c");
});

test("words that make up a defined name find it", async () => {
  const { search } = await repository({
    ...users,
    "src/evict.c": "int evictOldestKey(db *d) {\n  return d->count;\n}\n",
    "src/print.c": "void print(db *d) {\n  /* the oldest key is printed first */\n  print_key(d);\n}\n",
  });
  const [first] = search("Which function evicts the oldest keys?");
  expect(first?.file).toBe("src/evict.c");
  expect(first?.features?.definition).toBeGreaterThan(0);
});

test("a search for files takes one passage of each", async () => {
  const long = Array.from({ length: 20 }, (_, at) => mentions(at)).join("\n\n");
  const { search } = await repository({ ...users, "src/long.c": long });
  const files = search("read checksum verify", 1).map(({ file }) => file);
  expect(files.length).toBe(8);
  expect(new Set(files).size).toBe(8);
});

test("the surroundings of a passage end with its file", async () => {
  const { search } = await repository({
    "a.c": "int zebra(void) {\n  return 1;\n}\n",
    "b.c": "int okapi(void) {\n  return 2;\n}\n",
  });
  const [hit] = search("okapi");
  expect(hit?.file).toBe("b.c");
  const both = search("okapi zebra").map(({ features }) => (features?.wide ?? 0) - (features?.near ?? 0));
  // The other word would add its whole idf; only the length of the passage differs.
  for (const beyond of both) expect(beyond).toBeLessThan(0.1);
});

test("the comment a question was made of is cut out of the file, whatever comment it is", () => {
  const description = "Returns a set that can represent integers between 0 and n.";
  const comments = [
    "// newSet returns a set that can represent\n// integers between 0 and n.\n",
    "/*\n * Return a set that can represent integers\n * between 0 and n. Slow.\n */\n",
    '"""Return a set that can represent integers between 0 and n.\n\n    More.\n    """\n',
    "# Returns a set that can represent integers between 0 and n.\n",
  ];
  for (const comment of comments) {
    const rest = withoutDescription(`int before = 1;\n\n${comment}newSet(n)\n`, description);
    expect(rest).not.toContain("represent");
    expect(rest).toContain("int before = 1;");
    expect(rest).toContain("newSet(n)");
  }
  expect(withoutDescription("nothing of it", description)).toBe("nothing of it");
});
