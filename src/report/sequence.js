// The bytes of one direction of a connection over time: what was sent, what was acknowledged, what the windows let
// through. SVG, or a canvas where there are many segments.

const MANY = 1500, TALL = 320, LEFT = 76, RIGHT = 16, TOP = 14, BOTTOM = 34;
const ACKNOWLEDGED = 1, SENT_UP_TO = 2, WINDOW = 6, PEER_WINDOW = 9;

class Sequence {
  constructor(run) {
    this.run = run;
    const final = (socket) => run.figure(socket, SENT_UP_TO, Infinity) ?? 0;
    this.choices = run.sockets.map((_, socket) => socket).filter((socket) => run.sockets[socket].tcp && final(socket) > 0);
    this.choices.sort((one, other) => final(other) - final(one) || one - other);
    this.socket = this.choices[0];
    const name = (socket) => {
      const { host, peer, local, remote } = run.sockets[socket];
      const to = peer < 0 ? remote : run.hostName(run.sockets[peer].host);
      return `${run.hostName(host)} \u2192 ${to}, ${bytes(final(socket))} (${local} > ${remote})`;
    };
    this.select = make('select', { 'aria-label': 'Connection and direction', onchange: () => this.take(Number(this.select.value)) },
      this.choices.slice(0, 500).map((socket) => make('option', { value: socket }, name(socket))));
    this.canvas = make('canvas', { 'aria-hidden': 'true' });
    this.sheet = draw('svg', { class: 'sheet', role: 'img', 'aria-label': 'Stream offset over time; the list of frames has the same figures' });
    this.box = make('div', {
      class: 'sequence', tabindex: 0, role: 'group', 'aria-label': 'Time-sequence graph. Left and right go through its segments, plus and minus zoom.',
      onclick: (event) => this.click(event), onkeydown: (event) => this.key(event),
    }, this.canvas, this.sheet);
    if (this.choices.length) this.take(this.socket);
  }

  take(socket) {
    const { frames } = this.run;
    this.socket = socket;
    this.select.value = socket;
    this.segments = [];
    frames.socket.forEach((of, frame) => {
      if (of === socket && frames.data[frame] > 0) this.segments.push(frame);
    });
    this.most = this.segments.reduce((most, frame) => Math.max(most, frames.offset[frame] + frames.data[frame]), 1);
    this.whole();
  }

  whole() {
    const moments = this.segments.flatMap((frame) => [this.run.frames.at[frame], this.run.arrival(frame)]);
    const [first, last] = moments.reduce(([low, high], at) => [Math.min(low, at), Math.max(high, at)], [Infinity, 0]);
    const margin = Math.max(1000, (last - first) * 0.03);
    [this.from, this.until] = [Math.max(0, first - margin), last + margin];
    this.draw();
  }

  zoom(factor) {
    const middle = clamp(this.run.steps.at[place.step] ?? 0, this.from, this.until);
    const span = (this.until - this.from) / factor;
    const share = (middle - this.from) / (this.until - this.from);
    [this.from, this.until] = [middle - span * share, middle + span * (1 - share)];
    this.draw();
  }

  x(at) {
    return LEFT + ((at - this.from) / (this.until - this.from)) * (this.width - LEFT - RIGHT);
  }

  y(offset) {
    return TALL - BOTTOM - ((offset - this.low) / Math.max(1, this.high - this.low)) * (TALL - TOP - BOTTOM);
  }

  resize() {
    this.draw();
  }

  draw() {
    this.width = this.box.clientWidth;
    if (!this.width || this.socket === undefined) return;
    const { frames } = this.run;
    const seen = this.segments.filter((frame) => frames.at[frame] >= this.from && frames.at[frame] <= this.until);
    this.seen = seen;
    const zoomed = seen.length < this.segments.length && seen.length > 0;
    this.low = zoomed ? seen.reduce((low, frame) => Math.min(low, frames.offset[frame]), Infinity) : 0;
    this.high = (zoomed ? seen.reduce((high, frame) => Math.max(high, frames.offset[frame] + frames.data[frame]), 0) : this.most) * 1.02;
    this.sheet.setAttribute('viewBox', `0 0 ${this.width} ${TALL}`);
    const many = seen.length > MANY;
    this.canvas.hidden = !many;
    if (many) this.paint(seen);
    this.sheet.replaceChildren(...this.axes(), ...this.curves(), ...(many ? [] : seen.map((frame) => this.segment(frame))), this.now());
  }

  axes() {
    const across = ticks(this.from - this.run.from, this.until - this.run.from, this.width / 110).map((mark) => {
      const x = this.x(mark + this.run.from);
      return draw('g', { class: 'tick' }, draw('line', { x1: x, x2: x, y1: TOP, y2: TALL - BOTTOM }), draw('text', { x, y: TALL - BOTTOM + 18, 'text-anchor': 'middle' }, time(mark)));
    });
    const up = ticks(this.low, this.high, 5).map((mark) => {
      const y = this.y(mark);
      return draw('g', { class: 'tick' }, draw('line', { x1: LEFT, x2: this.width - RIGHT, y1: y, y2: y }), draw('text', { x: LEFT - 8, y: y + 4, 'text-anchor': 'end' }, bytes(mark)));
    });
    return [...across, ...up];
  }

  // Steps of acknowledgments, and of what the smaller of both windows allows.
  curves() {
    const { run, socket } = this;
    const { steps } = run;
    const changes = new Set([ACKNOWLEDGED, WINDOW, PEER_WINDOW].flatMap((figure) => run.sockets[socket].figures[figure].steps));
    const lines = { acknowledged: [], allowed: [] };
    const put = (line, at, offset) => {
      const last = lines[line].at(-1);
      if (last) lines[line].push([at, last[1]]);
      lines[line].push([at, offset]);
    };
    for (const step of [...changes].sort((one, other) => one - other)) {
      const at = steps.at[step];
      const edge = run.figure(socket, ACKNOWLEDGED, step) ?? 0;
      const windows = [WINDOW, PEER_WINDOW].map((figure) => run.figure(socket, figure, step) ?? -1).filter((window) => window > 0);
      put('acknowledged', at, edge);
      if (windows.length) put('allowed', at, edge + Math.min(...windows));
    }
    const inside = ([at, offset]) => `${this.x(clamp(at, this.from, this.until)).toFixed(1)},${this.y(clamp(offset, this.low, this.high)).toFixed(1)}`;
    return Object.entries(lines).map(([line, points]) => {
      const last = points.at(-1);
      const all = last ? [...points, [this.until, last[1]]] : points;
      return draw('polyline', { class: `curve ${line}`, points: all.map(inside).join(' ') });
    });
  }

  place(frame) {
    const { frames } = this.run;
    const x = this.x(frames.at[frame]);
    const high = this.y(frames.offset[frame] + frames.data[frame]);
    return { x, high, low: Math.max(high + 3, this.y(frames.offset[frame])) };
  }

  segment(frame) {
    const { x, high, low } = this.place(frame);
    const kind = this.run.kind(frame);
    const middle = (high + low) / 2;
    const cross = kind === 'lost' ? draw('path', { class: 'cross', d: `M${x - 4},${middle - 4}l8,8m0,-8l-8,8` }) : null;
    const ring = kind === 'again' ? draw('circle', { class: 'ring', cx: x, cy: middle, r: 4 }) : null;
    return draw('g', { class: `frame ${kind}${frame === place.frame ? ' chosen' : ''}` }, draw('title', {}, `#${this.run.frames.id[frame]} ${this.run.strings[this.run.frames.line[frame]]}`), draw('line', { class: 'segment', x1: x, x2: x, y1: high, y2: low }), cross, ring);
  }

  paint(seen) {
    const ratio = devicePixelRatio || 1;
    const brush = this.canvas.getContext('2d');
    [this.canvas.width, this.canvas.height] = [this.width * ratio, TALL * ratio];
    brush.scale(ratio, ratio);
    const style = getComputedStyle(this.box);
    const colours = Object.fromEntries(['data', 'again', 'lost'].map((kind) => [kind, style.getPropertyValue(`--ink-${kind}`)]));
    for (const frame of seen) {
      const { x, high, low } = this.place(frame);
      const kind = this.run.kind(frame);
      brush.strokeStyle = brush.fillStyle = resolve(this.box, kind, colours);
      brush.lineWidth = 1.5;
      brush.beginPath();
      brush.moveTo(x, high);
      brush.lineTo(x, low);
      brush.stroke();
      if (kind === 'lost') brush.strokeRect(x - 3, (high + low) / 2 - 3, 6, 6);
      if (kind === 'again') brush.fillRect(x - 3, (high + low) / 2 - 3, 6, 6);
    }
  }

  now() {
    const at = this.run.steps.at[place.step] ?? 0;
    if (at < this.from || at > this.until) return draw('g');
    return draw('line', { class: 'now', x1: this.x(at), x2: this.x(at), y1: TOP, y2: TALL - BOTTOM });
  }

  click(event) {
    const box = this.sheet.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    let [best, least] = [-1, 30];
    for (const frame of this.seen ?? []) {
      const spot = this.place(frame);
      const distance = Math.hypot(spot.x - x, (spot.high + spot.low) / 2 - y);
      if (distance < least) [best, least] = [frame, distance];
    }
    goToFrame(best);
  }

  key(event) {
    const here = this.segments.indexOf(place.frame);
    const moves = { ArrowRight: here + 1, ArrowLeft: Math.max(0, here - 1) };
    const zooms = { '+': 2, '=': 2, '-': 0.5, 0: 0 };
    if (event.key in moves) goToFrame(this.segments[moves[event.key]] ?? -1);
    else if (event.key === '0') this.whole();
    else if (event.key in zooms) this.zoom(zooms[event.key]);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  show() {
    const socket = this.run.frames.socket[place.frame] ?? -1;
    if (socket !== this.socket && this.choices.includes(socket)) this.take(socket);
    else this.draw();
  }
}

// A colour as a canvas understands it: custom properties are resolved only where they are used.
function resolve(box, kind, known) {
  if (!known[`${kind}!`]) {
    const probe = make('i', { style: `color:var(--ink-${kind})` });
    box.append(probe);
    known[`${kind}!`] = getComputedStyle(probe).color;
    probe.remove();
  }
  return known[`${kind}!`];
}

function sequenceSection(run) {
  const sequence = new Sequence(run);
  if (!sequence.choices.length) return null;
  const tool = (action, sign, words) => make('button', { type: 'button', 'aria-label': words, title: words, onclick: action }, sign);
  const curve = (kind) => draw('svg', { width: 26, height: 10, class: 'sample', 'aria-hidden': 'true' }, draw('polyline', { class: `curve ${kind}`, points: '1,5 25,5' }));
  const mark = (kind, ...more) => draw('svg', { width: 12, height: 14, class: 'sample', 'aria-hidden': 'true' }, draw('g', { class: `frame ${kind}` }, draw('line', { class: 'segment', x1: 6, x2: 6, y1: 0, y2: 14 }), more));
  const marks = [
    [mark('data'), 'sent'], [mark('again', draw('circle', { class: 'ring', cx: 6, cy: 7, r: 4 })), 'sent again (ringed)'],
    [mark('lost', draw('path', { class: 'cross', d: 'M2,3l8,8m0,-8l-8,8' })), 'lost (crossed)'],
  ].map(([picture, words]) => make('li', {}, picture, words));
  const legend = make('ul', { class: 'legend' }, marks, [['acknowledged', 'acknowledged'], ['allowed', 'allowed by the smaller of congestion and peer\'s window']].map(([kind, words]) => make('li', {}, curve(kind), words)));
  const section = make('section', { class: 'chart', 'aria-labelledby': 'sequence-h' },
    make('div', { class: 'heading' }, make('h3', { id: 'sequence-h' }, 'Time and sequence'), make('span', { class: 'tools' },
      tool(() => sequence.zoom(0.5), '\u2212', 'Zoom out'), tool(() => sequence.zoom(2), '+', 'Zoom in around the current moment'), tool(() => sequence.whole(), 'whole', 'Show the whole connection'))),
    sequence.select, legend, sequence.box);
  return { node: section, part: sequence };
}
