/** A citation chip: a highlighted page number. Focus shows the passage, Enter opens it. */
import type { ReactNode } from "react";
import { Link, Tooltip, TooltipTrigger } from "react-aria-components";
import type { Place } from "../../../engine/protocol/dto.ts";
import { useLibrary } from "../../engine/library-store.ts";
import { go, useView, viewAddress } from "../../state/view.ts";
import { clip, isSamePlace, placeLabel, placeOf, spokenPlace } from "./places.ts";

/** Where the keyboard came from when it followed a chip to its page: Back gives it back. */
let cameFrom: Element | null = null;

function followWithFocus(chip: Element): void {
  cameFrom = chip;
  // A frame later: on a narrow window the reader appears only now.
  requestAnimationFrame(() => document.querySelector<HTMLElement>(".pagewell, .codewell")?.focus());
}

/** Focus goes back to the chip, if it is still there. */
export function giveFocusBack(): void {
  if (cameFrom instanceof HTMLElement && cameFrom.isConnected) cameFrom.focus();
  cameFrom = null;
}

/** A place with the words that stand there: a citation, or a mention. */
export type ChipPlace = Place & { readonly text: string };

interface ChipProps {
  readonly citation: ChipPlace;
  /** The chip before it in the same sentence: a second place of the same file is shortened. */
  readonly before?: ChipPlace | null;
  /** Which of several chips with the same place was pressed. */
  readonly onOpen?: () => void;
  readonly isInHand?: boolean;
}

export function Chip({ citation, before = null, onOpen, isInHand }: ChipProps): ReactNode {
  const view = useView();
  const place = placeOf(citation);
  const inHand = isInHand ?? isSamePlace(view.place, place);
  const otherTitle = useLibrary((state) =>
    citation.documentId === view.documentId ? undefined : state.documents.get(citation.documentId)?.title,
  );
  const label = placeLabel(citation, before);
  return (
    <TooltipTrigger delay={500} closeDelay={80}>
      <Link
        className={citation.file === null ? "chip" : "chip code"}
        href={viewAddress({ ...view, place })}
        {...(inHand ? { "aria-current": "true" as const, "data-thread": "chip" } : {})}
        onPress={(event) => {
          onOpen?.();
          go({ place });
          if (event.pointerType === "keyboard") followWithFocus(event.target);
        }}
        {...{ onClick: (event: React.MouseEvent) => event.preventDefault() }}
      >
        <span className="sr">{`${spokenPlace(citation)}: ${clip(citation.text, 80)}`}</span>
        <bdi aria-hidden="true">{otherTitle === undefined ? label : `${clip(otherTitle, 24)}, ${label}`}</bdi>
      </Link>
      <Tooltip className="passage" placement="bottom" offset={6}>
        {citation.heading.length > 0 ? <span className="passage-at">{citation.heading.join(" · ")}</span> : null}
        <span className={citation.file === null ? "serif" : "code"} dir="auto">
          {clip(citation.text, 260)}
        </span>
      </Tooltip>
    </TooltipTrigger>
  );
}
