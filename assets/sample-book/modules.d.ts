/** The parts of fontkit that this folder's scripts use; the package carries no types. */
declare module "fontkit" {
  export interface Command {
    readonly command: "moveTo" | "lineTo" | "quadraticCurveTo" | "bezierCurveTo" | "closePath";
    readonly args: readonly number[];
  }
  export interface Glyph {
    readonly advanceWidth: number;
    readonly path: { readonly commands: readonly Command[] };
  }
  export interface Font {
    readonly numGlyphs: number;
    readonly directory: { readonly tables: Readonly<Record<string, { readonly length: number }>> };
    getGlyph(id: number): Glyph;
    _getTableStream(tag: string): { readonly buffer: Uint8Array; readonly pos: number };
  }
  export function create(bytes: Buffer): Font;
}
