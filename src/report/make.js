// Elements, and numbers in words. Nothing here knows what a packet is.

const SVG = 'http://www.w3.org/2000/svg';

// An element: properties that begin with "on" are listeners, the others attributes; children are nodes or text.
function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? '' : value);
  }
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return node;
}

const make = (name, attributes, ...children) => fill(document.createElement(name), attributes, children);
const draw = (name, attributes, ...children) => fill(document.createElementNS(SVG, name), attributes, children);

const clamp = (value, least, most) => Math.max(least, Math.min(most, value));

// The first position in an ascending list that `after` accepts.
function search(length, after) {
  let [low, high] = [0, length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (after(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}

// Nanoseconds as people read them.
function time(ns) {
  const ms = ns / 1e6;
  const [value, unit] = Math.abs(ms) >= 10000 ? [ms / 1000, 's'] : [ms, 'ms'];
  const digits = Math.abs(value) >= 100 ? 1 : Math.abs(value) >= 10 ? 2 : 3;
  return `${Number(value.toFixed(digits))} ${unit}`;
}

const count = (number) => number.toLocaleString('en-US');
const bytes = (number) => `${count(number)} B`;

// Round numbers between two others, at most so many.
function ticks(from, until, most) {
  const rough = (until - from) / Math.max(1, most);
  if (!(rough > 0)) return [from];
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough);
  const marks = [];
  for (let mark = Math.ceil(from / step) * step; mark <= until; mark += step) marks.push(mark);
  return marks;
}

const calm = matchMedia('(prefers-reduced-motion: reduce)');
const narrow = matchMedia('(max-width: 70rem)');

// Brings a part of a scrolling box into view, without moving the page.
function reveal(box, top, bottom) {
  const seen = box.scrollTop + box.clientHeight;
  if (top >= box.scrollTop && bottom <= seen) return;
  box.scrollTo({ top: Math.max(0, (top + bottom) / 2 - box.clientHeight / 2), behavior: 'instant' });
}
