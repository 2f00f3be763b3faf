// Lines over time, as SVG. The pointer or the arrow keys choose a moment, whose
// values then stand in the legend.

import { make, setText } from "../../../web/page/elements.js";

const SVG = "http://www.w3.org/2000/svg";
const HEIGHT = 180;
const TOP = 12;
const BOTTOM = 22;
const LEFT = 52;
const RIGHT = 10;
const GRID_LINES = 3;
const MINUTE = 60;

/** A chart of the last minutes. */
export class LineChart {
  #points = [];
  #chosen = -1;
  #width = 0;

  /**
   * @param figure The element that it fills.
   * @param options Its title; how many points are shown at most; `format` for
   * a value; its scale; and its series, each with a label, a class and the
   * value of a point.
   */
  constructor(figure, { title, capacity, format, scale, series }) {
    this.title = title;
    this.capacity = capacity;
    this.format = format;
    this.scale = scale;
    this.series = series;
    this.svg = shape("svg", { "aria-hidden": "true", height: HEIGHT });
    this.grid = this.svg.appendChild(shape("g", { class: "grid" }));
    this.lines = series.map(({ className }) =>
      this.svg.appendChild(shape("path", { class: `line ${className}` }))
    );
    this.cross = this.svg.appendChild(shape("path", { class: "cross" }));
    this.values = series.map(() => make("b", {}, "–"));
    this.when = make("span", { className: "when" }, "now");
    this.plot = make("div", {
      className: "plot",
      tabIndex: 0,
      role: "img",
      label: title,
    }, this.svg);
    const legend = make("ul", { className: "legend" });
    series.forEach(({ label, className }, i) => {
      const swatch = make("i", { className: `swatch ${className}` });
      legend.append(make("li", {}, swatch, `${label} `, this.values[i]));
    });
    const heading = make("h2", {}, title);
    const caption = make("figcaption", {}, heading, this.when);
    figure.replaceChildren(caption, this.plot, legend);
    this.plot.addEventListener("pointermove", (event) => {
      const box = this.plot.getBoundingClientRect();
      this.#choose(this.#indexAt(event.clientX - box.left));
    });
    this.plot.addEventListener("pointerleave", () => this.#choose(-1));
    this.plot.addEventListener("blur", () => this.#choose(-1));
    this.plot.addEventListener("keydown", (event) => this.#key(event));
    new ResizeObserver(() => this.#resize()).observe(this.plot);
  }

  /** Shows these points, the oldest first. */
  show(points) {
    const dropped = this.#points.length > 0
      ? points.indexOf(this.#points[0])
      : 0;
    if (this.#chosen >= 0 && dropped < 0) this.#chosen--;
    this.#points = points.slice(-this.capacity);
    this.#draw();
  }

  #resize() {
    const width = Math.floor(this.plot.clientWidth);
    if (width === this.#width) return;
    this.#width = width;
    this.svg.setAttribute("viewBox", `0 0 ${width} ${HEIGHT}`);
    this.#draw();
  }

  #key(event) {
    const last = this.#points.length - 1;
    const at = this.#chosen < 0 ? last : this.#chosen;
    const moves = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: last };
    const to = moves[event.key];
    if (event.key === "Escape") this.#choose(-1);
    if (to === undefined) return;
    event.preventDefault();
    this.#choose(Math.min(Math.max(to, 0), last));
  }

  #choose(index) {
    this.#chosen = index;
    this.#tell();
  }

  /** How many points there is room for: a minute at first, then more. */
  get #span() {
    const minutes = Math.ceil(this.#points.length / MINUTE);
    return Math.min(Math.max(minutes, 1) * MINUTE, this.capacity);
  }

  #x(index) {
    const room = this.#width - LEFT - RIGHT;
    const fromEnd = this.#points.length - 1 - index;
    return LEFT + room * (1 - fromEnd / (this.#span - 1));
  }

  #indexAt(x) {
    const room = this.#width - LEFT - RIGHT;
    const fromEnd = Math.round(
      (1 - (x - LEFT) / room) * (this.#span - 1),
    );
    const last = this.#points.length - 1;
    return Math.min(Math.max(last - fromEnd, 0), last);
  }

  #draw() {
    if (this.#width === 0) return;
    const values = this.#points.flatMap((point) =>
      this.series.map(({ value }) => value(point))
    );
    const { ticks, part } = this.scale(values);
    const room = HEIGHT - TOP - BOTTOM;
    const y = (value) => TOP + room * (1 - part(value));
    this.series.forEach(({ value }, i) => {
      let path = "";
      let isGap = true;
      this.#points.forEach((point, index) => {
        const at = y(value(point));
        if (Number.isFinite(at)) {
          const x = this.#x(index).toFixed(1);
          // One without neighbours is a dot.
          path += `${isGap ? "M" : "L"}${x},${at.toFixed(1)}h0`;
        }
        isGap = !Number.isFinite(at);
      });
      this.lines[i].setAttribute("d", path);
    });
    this.#drawGrid(ticks, y);
    this.#tell();
  }

  #drawGrid(ticks, y) {
    const parts = [];
    for (const value of ticks) {
      const at = Math.round(y(value)) + 0.5;
      parts.push(shape("path", { d: `M${LEFT} ${at}H${this.#width - RIGHT}` }));
      const text = value === 0 ? "0" : this.format(value);
      parts.push(label(text, { x: LEFT - 8, y: at + 4, "text-anchor": "end" }));
    }
    const minutes = Math.round(this.#span / 60);
    const below = HEIGHT - 4;
    parts.push(label(`${minutes} min ago`, { x: LEFT, y: below }));
    parts.push(label("now", {
      x: this.#width - RIGHT,
      y: below,
      "text-anchor": "end",
    }));
    this.grid.replaceChildren(...parts);
  }

  #tell() {
    const last = this.#points.length - 1;
    const index = this.#chosen < 0 ? last : this.#chosen;
    const point = this.#points[index];
    if (!point) return;
    const said = this.series.map(({ label, value }, i) => {
      const text = this.format(value(point));
      setText(this.values[i], text);
      return `${label} ${text}`;
    });
    const ago = Math.round((this.#points[last].time - point.time) / 1_000);
    this.when.textContent = ago === 0 ? "now" : `${ago} s ago`;
    this.plot.setAttribute(
      "aria-label",
      `${this.title}, ${this.when.textContent}: ${said.join(", ")}`,
    );
    const x = this.#x(index).toFixed(1);
    this.cross.setAttribute(
      "d",
      this.#chosen < 0 ? "" : `M${x} ${TOP}V${HEIGHT - BOTTOM}`,
    );
  }
}

/**
 * A scale from 0 to a little above the highest value.
 *
 * @param least The lowest top.
 */
export function linear(least) {
  return (values) => {
    const highest = Math.max(least, ...values);
    const power = 10 ** Math.floor(Math.log10(highest));
    // Thirds of these are short.
    const step = [1.5, 3, 6, 9].find((step) => step * power >= highest);
    const top = (step ?? 15) * power;
    const ticks = [0, 1, 2, 3].map((n) => top * n / GRID_LINES);
    return { ticks, part: (value) => value / top };
  };
}

/**
 * A scale of powers of ten, on which 0 is nowhere.
 *
 * @param low The bottom where nothing is lower.
 * @param high The top where nothing is higher.
 */
export function logarithmic(low, high) {
  return (values) => {
    const known = values.filter((value) => value > 0);
    const from = Math.floor(Math.log10(Math.min(low, ...known)));
    const to = Math.ceil(Math.log10(Math.max(high, ...known)));
    const ticks = [];
    for (let n = from; n <= to; n++) ticks.push(10 ** n);
    const part = (value) => (Math.log10(value) - from) / (to - from);
    return { ticks, part };
  };
}

function shape(tag, attributes) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) {
    made.setAttribute(name, value);
  }
  return made;
}

function label(text, attributes) {
  const made = shape("text", attributes);
  made.textContent = text;
  return made;
}
