/** The gallery: images 0, 1, 2, ... of a seed, drawn a few at a time so that the page stays alive. */
import { draw } from "./picture.js";

const PAGE = 24;
const BATCH = 4;

export class Gallery {
  #list;
  #choose;
  #turn = 0; // a change of seed or truncation makes what is still being drawn stale
  #shown = 0;

  /** list: the element that holds the buttons; choose(picture, title, index): called when one is pressed. */
  constructor(list, choose) {
    this.#list = list;
    this.#choose = choose;
  }

  /** Draws the gallery of a seed anew, as long as it was. */
  async show(generator, seed, truncation) {
    const wanted = Math.max(PAGE, this.#shown);
    this.#shown = 0;
    await this.#extend(generator, seed, truncation, wanted);
    while (this.#list.children.length > wanted) this.#list.lastChild.remove();
  }

  /** Draws the next images of the seed. */
  async more(generator, seed, truncation) {
    const first = this.#shown;
    await this.#extend(generator, seed, truncation, first + PAGE);
    this.#list.children[first]?.firstChild.focus();
  }

  async #extend(generator, seed, truncation, wanted) {
    const turn = ++this.#turn;
    while (this.#shown < wanted) {
      const start = this.#shown;
      const pictures = await generator.sample(Math.min(BATCH, wanted - start), { seed, start, truncation });
      if (turn !== this.#turn) return;
      pictures.forEach((picture, i) => this.#place(start + i, picture, `seed ${seed}, image ${start + i}`));
      this.#shown += pictures.length;
    }
  }

  #place(at, picture, title) {
    const item = this.#list.children[at] ?? this.#list.appendChild(emptyItem());
    const button = item.firstChild;
    draw(button.firstChild, picture, `Avatar of ${title}`);
    button.title = title;
    button.onclick = () => this.#choose(picture, title, at);
  }
}

function emptyItem() {
  const item = document.createElement("li");
  const button = document.createElement("button");
  button.type = "button";
  const canvas = document.createElement("canvas");
  canvas.setAttribute("role", "img");
  button.append(canvas);
  item.append(button);
  return item;
}
