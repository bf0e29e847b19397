/** A walk from avatar to avatar, as fast as the browser draws it. */
import { draw } from "./picture.js";

const KNOTS = 8; // avatars before the walk comes back to the first
const STEPS = 1000; // frames from one to the next: `frame` takes fractions, so any large number will do
const LONGEST = 0.25; // seconds that one frame may advance, after a pause

export class Walk {
  speed = 0.5; // avatars a second
  truncation = null;
  seed = 0;
  #generator;
  #canvas;
  #report;
  #position = 0; // in avatars
  #playing = false;
  #running = false;

  /** report(framesPerSecond): called once a second while it plays. */
  constructor(generator, canvas, report) {
    this.#generator = generator;
    this.#canvas = canvas;
    this.#report = report;
    document.addEventListener("visibilitychange", () => this.#run());
  }

  get playing() {
    return this.#playing;
  }

  /** Starts or stops; rejects if a frame cannot be drawn. */
  async play(playing) {
    this.#playing = playing;
    await this.#run();
  }

  /** Draws where the walk stands. */
  async still() {
    const seeds = Array.from({ length: KNOTS }, (_, i) => BigInt.asUintN(64, BigInt(this.seed) + BigInt(i)));
    const { truncation } = this;
    const z = this.#generator.frame(seeds, this.#position * STEPS, { frames: KNOTS * STEPS, truncation });
    const [picture] = await this.#generator.synthesize([z], { truncation });
    draw(this.#canvas, picture, "A face that turns from one avatar into the next");
  }

  async #run() {
    if (this.#running) return;
    this.#running = true;
    try {
      let last = performance.now();
      let since = last;
      let frames = 0;
      while (this.#playing && !document.hidden) {
        await this.still();
        const now = await nextFrame();
        this.#position = (this.#position + this.speed * Math.min(LONGEST, (now - last) / 1000)) % KNOTS;
        last = now;
        frames += 1;
        if (!this.#playing || now - since < 1000) continue;
        this.#report((1000 * frames) / (now - since));
        since = now;
        frames = 0;
      }
    } finally {
      this.#running = false;
    }
  }
}

/** The time at which the next frame is shown; a hidden page shows none, so that the walk looks up now and then. */
function nextFrame() {
  return new Promise((resolve) => {
    const late = setTimeout(() => resolve(performance.now()), 500);
    requestAnimationFrame(() => {
      clearTimeout(late);
      resolve(performance.now());
    });
  });
}
