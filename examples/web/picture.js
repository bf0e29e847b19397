/** Pictures on canvases, and canvases as PNG files. */
import { toImageData } from "./ganrt/ganrt.js";

/** Shows a picture; `text` is what a screen reader says. */
export function draw(canvas, picture, text) {
  canvas.width = picture.width;
  canvas.height = picture.height;
  canvas.getContext("2d").putImageData(toImageData(picture), 0, 0);
  canvas.setAttribute("aria-label", text);
}

/** Saves a canvas as a PNG, enlarged smoothly, `scale` times each way. */
export async function download(canvas, scale, name) {
  const large = new OffscreenCanvas(canvas.width * scale, canvas.height * scale);
  const context = large.getContext("2d");
  context.imageSmoothingQuality = "high";
  context.drawImage(canvas, 0, 0, large.width, large.height);
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await large.convertToBlob({ type: "image/png" }));
  link.download = `${fileName(name)}.png`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** Letters, digits and signs that every file system takes. */
export function fileName(name) {
  const kept = name.normalize("NFC").replace(/[^\p{L}\p{M}\p{N}._-]+/gu, "-").replace(/^[.-]+|[.-]+$/g, "");
  return [...kept].slice(0, 60).join("") || "avatar";
}
