throw new Error("canvas is left out on purpose: Longleaf uses pdf.js for text only");
