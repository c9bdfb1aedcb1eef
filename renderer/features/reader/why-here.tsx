/** In the reader's bar: why the passage in hand was chosen, on demand, over the page. */
import { CircleQuestionMark } from "lucide-react";
import type { ReactNode } from "react";
import { Button, Dialog, DialogTrigger, Heading, Popover } from "react-aria-components";
import type { AnswerRoute, Citation } from "../../../engine/protocol/dto.ts";
import { words } from "../../strings/words.ts";
import { PassageText } from "../ask/passage-text.tsx";
import { Reasons } from "../ask/why-passage.tsx";

/** A citation of an answer, and the route by which the answer was found. */
export interface Cited {
  readonly citation: Citation;
  readonly route: AnswerRoute | null;
}

export function WhyHere({ cited }: { readonly cited: Cited | null }): ReactNode {
  if (cited === null || cited.citation.why === null) return null;
  const { citation } = cited;
  return (
    <DialogTrigger>
      <Button className="icon" aria-label={words.whyPassage} data-act="why-here">
        <CircleQuestionMark className="i" aria-hidden="true" />
      </Button>
      <Popover className="pop" placement="bottom end" offset={4}>
        <Dialog className="card why-here">
          <Heading slot="title">{words.whyPassage}</Heading>
          <p className={citation.file === null ? "serif" : "code"} dir="auto">
            <PassageText text={citation.text} citation={citation} isQuoted={citation.file === null} />
          </p>
          <Reasons {...cited} />
        </Dialog>
      </Popover>
    </DialogTrigger>
  );
}
