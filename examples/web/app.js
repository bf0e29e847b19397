/** The page: what its controls do. */
import { open, PageError } from "./engine.js";
import { Design } from "./design.js";
import { Gallery } from "./gallery.js";
import { identityIndex, lookInputs, parseLook, printLook } from "./ganrt/ganrt.js";
import { download, draw } from "./picture.js";
import { Walk } from "./walk.js";

const MODEL = "model.onnx";
const SCALES = [1, 2, 4, 8, 16];
const DOWNLOAD = 512; // pixels of the longer side at the start, or the largest size below
const STEP = 0.05; // of the truncation; one step beyond its range stands for none
const REST = 120; // milliseconds without typing before a name is drawn

const $ = (id) => document.getElementById(id);

async function start() {
  const { generator, backend, notes } = await open(MODEL, arrived(), new URLSearchParams(location.search).get("backend"));
  const state = { generator, backend, title: "", truncation: null };
  setUp(state);
  const given = lookOfAddress();
  await showName(state);
  if (given) await attempt(() => showAddress(state, given));
  const waited = (performance.now() / 1000).toFixed(1);
  document.documentElement.dataset.firstAvatar = waited;
  $("controls").disabled = false;
  say([`Drawn with ${backend}; the first avatar came after ${waited} s.`, ...notes].join(" "));
  const { name, source } = generator.spec;
  $("about").textContent = [`Model ${name}`, source?.licence, source?.attribution].filter(Boolean).join(". ");
  await Promise.all([showGallery(state), startWalk(state)]);
}

/** Says how much has been loaded, once in a while. */
function arrived() {
  let bytes = 0;
  let told = 0;
  return (more) => {
    bytes += more;
    if (bytes - told < 2 ** 22 || !$("alert").hidden) return;
    told = bytes;
    say(`Loading the network… ${Math.round(bytes / 1e6)} MB`);
  };
}

function setUp(state) {
  const { width, height } = state.generator.spec.output;
  const first = SCALES.filter((scale) => scale === 1 || scale * Math.max(width, height) <= DOWNLOAD).pop();
  const sizes = SCALES.map((scale) => new Option(`${scale * width} × ${scale * height}`, scale, false, scale === first));
  $("scale").append(...sizes);
  state.gallery = new Gallery($("gallery"), (picture, title, index) => choose(state, picture, title, index));
  state.walk = new Walk(state.generator, $("walk"), (rate) => showRate(state, rate));
  setUpTruncation(state);
  state.design = new Design($("design"), state.generator.controls, debounced(() => showDesign(state)));
  $("design-card").hidden = !state.generator.controls.length;
  on("as-drawn", "click", () => (state.design.show([]), showDesign(state)));
  addEventListener("hashchange", () => attempt(() => lookOfAddress() && showAddress(state, lookOfAddress())));
  on("name", "input", debounced(() => showName(state)));
  on("download", "click", () => download($("avatar"), Number($("scale").value), state.title));
  on("seed", "input", debounced(() => changeSeed(state)));
  on("another", "click", () => (($("seed").value = 1 + Math.floor(Math.random() * 999_999)), changeSeed(state)));
  on("more", "click", () => state.gallery.more(state.generator, seed(), state.truncation));
  on("play", "click", () => play(state, !state.walk.playing));
  on("speed", "input", () => showSpeed(state));
  showSpeed(state);
}

function setUpTruncation(state) {
  const { mode, low, high } = state.generator.spec.statistics;
  const [from, to] = mode === "input" ? [Math.max(STEP, low), high] : [STEP, 1];
  const slider = $("truncation");
  Object.assign(slider, { min: from, max: to + STEP, value: to + STEP });
  const read = () => {
    state.truncation = Number(slider.value) > to + STEP / 2 ? null : Number(slider.value);
    const text = state.truncation === null ? "off" : state.truncation.toFixed(2);
    $("truncation-value").value = text;
    slider.setAttribute("aria-valuetext", text);
    state.walk.truncation = state.truncation;
  };
  read();
  state.readTruncation = read;
  const redraw = debounced(() => Promise.all([showDesign(state), showGallery(state), stillWalk(state)]));
  on("truncation", "input", () => (read(), redraw()));
}

/** The look of the typed name, with the truncation and the controls that are set. */
async function showName(state) {
  const name = $("name").value;
  state.look = state.generator.look(0, identityIndex(name), how(state));
  await showLook(state, name);
}

function how(state) {
  return { truncation: state.truncation, controls: state.design.settings };
}

/** The same person with what was changed. */
async function showDesign(state) {
  const { truncation, controls } = state.generator.look(state.look.seed, state.look.index, how(state));
  state.look = { ...state.look, truncation: { ...state.look.truncation, psi: truncation.psi }, controls };
  await showLook(state, state.title);
}

/** The look code after # in the address; null: there is none. */
function lookOfAddress() {
  const found = /^#(?:look=)?(.+)$/.exec(location.hash);
  return found && decodeURIComponent(found[1]);
}

async function showAddress(state, code) {
  const look = parseLook(code);
  if (state.look && printLook(look) === printLook(state.look)) return;
  await state.generator.draw(look); // refuses what is another model's before anything changes
  state.look = look;
  $("name").value = "";
  state.design.show(look.controls);
  $("truncation").value = look.truncation.psi ?? $("truncation").max;
  state.readTruncation();
  await showLook(state, "a look");
}

/** The latest look wins: an answer that comes late is not shown. */
async function showLook(state, title) {
  const { look } = state;
  const turn = (state.turn = (state.turn ?? 0) + 1);
  const { psi } = look.truncation;
  const picture = await state.generator.draw(look);
  const note = psi === null ? "" : `, truncation ${psi.toFixed(2)}`;
  if (turn === state.turn) show(state, picture, title, `image ${look.index} of seed ${look.seed}${note}`);
}

function show(state, picture, title, note) {
  state.title = title;
  state.turn += 1;
  const short = title.length > 80 ? `${title.slice(0, 80)}…` : title || "the empty name";
  draw($("avatar"), picture, `Avatar of ${short}`);
  state.design.drawn(lookInputs(state.look, state.generator.spec, state.generator.controls).z);
  $("caption").textContent = `${short}: ${note}`;
  $("code").textContent = printLook(state.look);
  history.replaceState(null, "", `#look=${printLook(state.look)}`);
}

/** A picture of the gallery, which is as it was drawn but for truncation. */
function choose(state, picture, title, index) {
  state.design.show([]);
  state.look = state.generator.look(seed(), index, how(state));
  show(state, picture, title, "from the gallery");
}

function seed() {
  const given = $("seed").value;
  const value = Number(given);
  if (given === "" || !Number.isSafeInteger(value) || value < 0)
    throw new PageError(`Seed: expected a whole number from 0 to ${Number.MAX_SAFE_INTEGER}.`);
  return value;
}

async function changeSeed(state) {
  state.walk.seed = seed();
  await Promise.all([showGallery(state), stillWalk(state)]);
}

function showGallery(state) {
  return state.gallery.show(state.generator, seed(), state.truncation);
}

async function startWalk(state) {
  state.walk.seed = seed();
  await state.walk.still();
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  await play(state, !calm);
}

async function stillWalk(state) {
  if (!state.walk.playing) await state.walk.still();
}

async function play(state, playing) {
  $("play").textContent = playing ? "Pause" : "Play";
  const end = state.walk.play(playing);
  showRate(state, null);
  await end;
}

function showRate({ backend, walk }, rate) {
  const text = rate === null ? (walk.playing ? "measuring" : "paused") : `${rate.toFixed(rate < 10 ? 1 : 0)} frames a second`;
  $("rate").textContent = `${text} · ${backend}`;
}

function showSpeed({ walk }) {
  walk.speed = Number($("speed").value);
  const text = `${walk.speed.toFixed(1)} faces a second`;
  $("speed-value").value = text;
  $("speed").setAttribute("aria-valuetext", text);
}

/** Calls `action` at an event; what it throws is shown, and the next success takes it away. */
function on(id, event, action) {
  $(id).addEventListener(event, () => attempt(action));
}

function debounced(action) {
  let timer;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(() => attempt(action), REST);
  };
}

async function attempt(action) {
  try {
    $("alert").hidden = true;
    await action();
  } catch (error) {
    $("alert").textContent = error.message;
    $("alert").hidden = false;
    if (!(error instanceof PageError) && !["ArgumentError", "BackendError", "LookError", "ModelError"].includes(error.name)) throw error;
  }
}

function say(text) {
  $("status").textContent = text;
}

attempt(() =>
  start().catch((error) => {
    if ($("controls").disabled) say("The page could not start.");
    throw error;
  }),
);
