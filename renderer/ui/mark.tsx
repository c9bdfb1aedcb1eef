/** Longleaf's mark: six pages, one in hand. */
import type { ReactNode } from "react";

export function Mark(): ReactNode {
  return (
    <svg viewBox="0 0 20 20" aria-hidden="true">
      <path d="M2.5 18V9M6 18V4.5M13 18V3.5M16.5 18V8.5" fill="none" stroke="currentColor" strokeWidth="1.6" />
      <path d="M9.5 18V1.5" stroke="var(--lamp-line)" strokeWidth="2.4" />
    </svg>
  );
}
