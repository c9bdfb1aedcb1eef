/** The words of a passage with the reader's answer in them emphasised. Text nodes only. */
import { Fragment, type ReactNode } from "react";
import type { Citation } from "../../../engine/protocol/dto.ts";
import { quotedPieces, readerPieces } from "./passage.ts";

interface PassageTextProps {
  /** The citation's words, or those of them that are quoted. */
  readonly text: string;
  readonly citation: Citation | undefined;
  /** Between quotation marks and in one line, as it runs in prose; code stays as it stands. */
  readonly isQuoted: boolean;
}

export function PassageText({ text, citation, isQuoted }: PassageTextProps): ReactNode {
  const pieces = isQuoted ? quotedPieces(citation, text) : readerPieces(citation, text);
  return pieces.map((piece, index) =>
    piece.isRead ? (
      <mark key={index} className="read">
        {piece.text}
      </mark>
    ) : (
      <Fragment key={index}>{piece.text}</Fragment>
    ),
  );
}
