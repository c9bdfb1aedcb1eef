/** The made-up book as a PDF: the same lines at the same places as the scripted engine's boxes. Node only. */
import PDFDocument from "pdfkit";
import { PAGE_HEIGHT, PAGE_WIDTH, setBook } from "./scripted-book.ts";

export function scriptedPdf(): Promise<Buffer> {
  const book = setBook();
  return new Promise((resolve) => {
    const pdf = new PDFDocument({ size: [PAGE_WIDTH, PAGE_HEIGHT], margin: 0, autoFirstPage: false });
    const parts: Buffer[] = [];
    pdf.on("data", (part: Buffer) => parts.push(part));
    pdf.on("end", () => resolve(Buffer.concat(parts)));
    pdf.font("Times-Roman");
    let page = 0;
    for (const line of book.lines) {
      if (line.page !== page) {
        pdf.addPage();
        page = line.page;
        pdf.fontSize(9).text(String(page), PAGE_WIDTH - 80, 34, { width: 20, align: "right", lineBreak: false });
      }
      pdf.fontSize(11.5).text(line.text, line.box[0], line.box[1] + 1, {
        lineBreak: false,
        width: line.box[2] - line.box[0],
        wordSpacing: 0,
      });
    }
    pdf.end();
  });
}
