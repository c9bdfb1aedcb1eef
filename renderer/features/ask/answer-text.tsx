/**
 * The sentences of an answer. Whose words they are shows in the type: serif for the document's, sans for the model's and
 * Longleaf's. A model's sentence without support is dashed and says so. Everything is a text node.
 */
import { Fragment, memo, type ReactNode } from "react";
import type { AnswerRoute, AnswerSentence, Citation } from "../../../engine/protocol/dto.ts";
import { words } from "../../strings/words.ts";
import { Chip } from "./chip.tsx";
import { PassageText } from "./passage-text.tsx";
import { WhyPassage } from "./why-passage.tsx";

interface AnswerTextProps {
  readonly sentences: readonly AnswerSentence[];
  readonly citations: readonly (Citation | undefined)[];
  readonly growing: string;
  readonly isAsking: boolean;
  readonly isRepository: boolean;
  readonly route: AnswerRoute | null;
}

type Group =
  | { readonly kind: "quote"; readonly sentence: AnswerSentence }
  | { readonly kind: "paragraph"; readonly sentences: readonly AnswerSentence[] };

/** A quotation stands alone; sentences of the model and of Longleaf run on in one paragraph. */
export function groupSentences(sentences: readonly AnswerSentence[]): readonly Group[] {
  const groups: Group[] = [];
  let open: AnswerSentence[] | null = null;
  for (const sentence of sentences) {
    if (sentence.voice === "document") {
      groups.push({ kind: "quote", sentence });
      open = null;
    } else if (open === null) {
      open = [sentence];
      groups.push({ kind: "paragraph", sentences: open });
    } else open.push(sentence);
  }
  return groups;
}

export function AnswerText(props: AnswerTextProps): ReactNode {
  const { sentences, citations, growing, isAsking, isRepository, route } = props;
  const groups = groupSentences(sentences);
  const last = groups.at(-1);
  const caret = isAsking ? <span className="caret" aria-hidden="true" /> : null;
  const growsInLast = growing !== "" && last?.kind === "paragraph";
  return (
    <>
      {groups.map((group, index) =>
        group.kind === "quote" ? (
          <Quotation key={index} sentence={group.sentence} citations={citations} route={route} />
        ) : (
          <p key={index} dir="auto">
            {group.sentences.map((sentence, at) => (
              <Sentence key={at} sentence={sentence} citations={citations} isRepository={isRepository} />
            ))}
            {growsInLast && index === groups.length - 1 ? (
              <>
                {growing}
                {caret}
              </>
            ) : null}
          </p>
        ),
      )}
      {growsInLast ? null : growing !== "" || isAsking ? (
        <p dir="auto">
          {growing}
          {caret}
        </p>
      ) : null}
    </>
  );
}

interface SentenceProps {
  readonly sentence: AnswerSentence;
  readonly citations: readonly (Citation | undefined)[];
}

const Quotation = memo(function Quotation(props: SentenceProps & { readonly route: AnswerRoute | null }): ReactNode {
  const { sentence, citations, route } = props;
  const first = citations[sentence.citations[0] ?? -1];
  const isCode = first?.file !== null && first?.file !== undefined && !/\.(md|txt|rst|adoc)$/i.test(first.file);
  const text = <PassageText text={sentence.text} citation={first} isQuoted={!isCode} />;
  const chips = <Chips sentence={sentence} citations={citations} />;
  const quotation = (toggle: ReactNode): ReactNode =>
    isCode ? (
      <blockquote className="code-quote">
        <pre dir="ltr">{text}</pre>
        {chips}
        {toggle}
      </blockquote>
    ) : (
      <blockquote dir="auto">
        {text} {chips}
        {toggle}
      </blockquote>
    );
  return first?.supported === true ? (
    <WhyPassage citation={first} route={route}>
      {quotation}
    </WhyPassage>
  ) : (
    quotation(null)
  );
});

const Sentence = memo(function Sentence(props: SentenceProps & { readonly isRepository: boolean }): ReactNode {
  const { sentence, citations, isRepository } = props;
  const hasSupport = sentence.citations.some((index) => citations[index]?.supported === true);
  if (sentence.voice === "model" && !hasSupport) {
    return (
      <>
        <span className="bare">{sentence.text}</span>{" "}
        <span className="nopage">{isRepository ? words.noFile : words.noPage}</span>{" "}
      </>
    );
  }
  return (
    <>
      <Voiced text={sentence.text} /> <Chips sentence={sentence} citations={citations} />{" "}
    </>
  );
});

/** Words in quotation marks inside a sentence are the document's: serif. */
function Voiced({ text }: { readonly text: string }): ReactNode {
  return text
    .split(/(“[^”]+”)/)
    .map((piece, index) =>
      piece.startsWith("“") ? <q key={index}>{piece}</q> : <Fragment key={index}>{piece}</Fragment>,
    );
}

function Chips({ sentence, citations }: SentenceProps): ReactNode {
  const shown = sentence.citations.flatMap((index) => {
    const citation = citations[index];
    return citation?.supported === true ? [citation] : [];
  });
  return shown.map((citation, index) => (
    <Fragment key={index}>
      {index > 0 ? " " : ""}
      <Chip citation={citation} before={shown[index - 1] ?? null} />
    </Fragment>
  ));
}
