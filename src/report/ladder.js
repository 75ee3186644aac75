// Frames between hosts, from top to bottom. Long pauses are shortened, and say so; only what is in sight is drawn.

// A frame between a host and its gateway, ARP, is as short as STUB.
const GUTTER = 84, PAUSE = 64, HEAD = 34, STUB = 64;

class Ladder {
  constructor(run) {
    this.run = run;
    this.zoom = 1;
    const hosts = new Set([...run.frames.from, ...run.frames.to]);
    this.lanes = run.hosts.map((_, host) => host).filter((host) => hosts.has(host));
    const transits = run.frames.transit.filter((transit) => transit > 0).sort((one, other) => one - other);
    this.scale = 40 / (transits[transits.length >> 1] ?? 1e6);
    this.head = draw('svg', { class: 'heads', height: HEAD, 'aria-hidden': 'true' });
    this.sheet = draw('svg', { class: 'sheet', role: 'img', 'aria-label': 'Frames between hosts; the list of frames says the same in words' });
    this.space = make('div', { class: 'space' }, this.sheet);
    this.box = make('div', {
      class: 'ladder', tabindex: 0, role: 'group', 'aria-label': 'Ladder. Up and down go from frame to frame, plus and minus zoom.',
      onscroll: () => this.draw(), onkeydown: (event) => this.key(event),
    }, this.head, this.space);
    this.layout();
  }

  // Where each step is, from top to bottom: in proportion to time, but no label on another one.
  layout() {
    const { steps, leaves, ends } = this.run;
    const scale = this.scale * this.zoom;
    this.ys = new Float64Array(steps.at.length);
    this.pauses = [];
    let [y, sent, before] = [HEAD + 14, -Infinity, steps.at[0] ?? 0];
    for (let step = 0; step < steps.at.length; step += 1) {
      const gap = (steps.at[step] - before) * scale;
      const shortened = Math.min(gap, PAUSE * Math.max(1, this.zoom));
      if (shortened < gap) this.pauses.push({ from: y, until: y + shortened, span: steps.at[step] - before });
      y += shortened;
      if (steps.kind[step] <= DISCARDED && leaves[steps.subject[step]] === step) {
        y = Math.max(y, sent + 17);
        sent = y;
      }
      this.ys[step] = y;
      before = steps.at[step];
    }
    this.height = y + 30;
    let deepest = 0;
    this.deepest = leaves.map((leaf, frame) => (deepest = Math.max(deepest, this.ys[Math.max(leaf, ends[frame])])));
  }

  resize() {
    const room = this.box.clientWidth;
    if (!room) return;
    const least = room < 560 ? 120 : 170;
    this.gap = Math.max(least, (room - GUTTER - 60) / Math.max(1, this.lanes.length - 1));
    this.width = Math.max(room, GUTTER + 60 + this.gap * Math.max(1, this.lanes.length - 1));
    this.space.style.height = `${this.height - HEAD}px`;
    this.space.style.width = `${this.width}px`;
    this.head.setAttribute('width', this.width);
    this.head.replaceChildren(...this.lanes.map((host) => this.name(host)));
    this.lanes.forEach((host, lane) => this.shorten(host, this.head.children[lane]));
    this.draw();
  }

  x(host) {
    return GUTTER + 20 + this.gap * this.lanes.indexOf(host);
  }

  anchor(host) {
    const lane = this.lanes.indexOf(host);
    return lane === 0 ? 'start' : lane === this.lanes.length - 1 ? 'end' : 'middle';
  }

  // The last lane's name ends at the edge, with as much beyond its lane as there is.
  name(host) {
    const x = this.x(host) + (this.anchor(host) === 'end' ? 36 : 0);
    return draw('text', { x, y: 21, 'text-anchor': this.anchor(host) }, this.run.hostName(host));
  }

  // A name that would reach into the next lane's is cut, and says the rest when it is pointed at.
  shorten(host, text) {
    const rooms = { start: this.gap / 2, middle: this.gap, end: this.gap / 2 + 36 };
    const room = this.lanes.length > 1 ? rooms[this.anchor(host)] - 8 : Infinity;
    const whole = this.run.hostName(host);
    let kept = whole.length;
    while (kept > 1 && text.getComputedTextLength() > room) {
      kept -= 1;
      text.textContent = `${whole.slice(0, kept)}\u2026`;
    }
    if (kept < whole.length) text.append(draw('title', {}, whole));
  }

  draw() {
    if (!this.width) return;
    const [top, tall] = [this.box.scrollTop, this.box.clientHeight];
    const [from, until] = [top - 40, top + tall + 40];
    const { leaves } = this.run;
    let frame = search(leaves.length, (number) => this.ys[leaves[number]] > until) - 1;
    const arrows = [];
    let clock = '';
    for (; frame >= 0 && this.deepest[frame] >= from; frame -= 1) {
      if (this.ys[Math.max(leaves[frame], this.run.ends[frame])] >= from) arrows.push(this.arrow(frame));
    }
    const now = this.ys[place.step] ?? 0;
    const clocks = arrows.reverse().map(({ node, moment, y }) => {
      const text = time(moment - this.run.from);
      if (text === clock) return null;
      clock = text;
      return draw('text', { class: 'clock', x: GUTTER - 10, y: y + 4, 'text-anchor': 'end' }, text);
    });
    this.sheet.setAttribute('viewBox', `0 ${from} ${this.width} ${until - from}`);
    this.sheet.setAttribute('width', this.width);
    this.sheet.setAttribute('height', until - from);
    this.sheet.style.top = `${from - HEAD}px`;
    const pauses = this.pauses.filter((pause) => pause.until >= from && pause.from <= until);
    this.sheet.replaceChildren(
      ...this.lanes.map((host) => draw('line', { class: 'lane', x1: this.x(host), x2: this.x(host), y1: Math.max(from, HEAD), y2: Math.min(until, this.height) })),
      ...pauses.map((pause) => this.pause(pause)),
      draw('line', { class: 'now', x1: 0, x2: this.width, y1: now, y2: now }),
      ...arrows.map(({ node }) => node), ...arrows.map(({ label }) => label), ...clocks.filter(Boolean));
  }

  pause({ from, until, span }) {
    const middle = (from + until) / 2;
    const lines = this.lanes.map((host) => draw('line', { class: 'skipped', x1: this.x(host), x2: this.x(host), y1: from + 6, y2: until - 6 }));
    return draw('g', {}, lines, draw('text', { class: 'skip-text', x: GUTTER + 32, y: middle + 4 }, `${time(span)} pass`));
  }

  // Where an arrow begins and where it leads to.
  span(from, to) {
    const [start, goal] = [from, to].map((host) => (host < 0 ? null : this.x(host)));
    const side = (host) => (this.lanes.indexOf(host) === this.lanes.length - 1 && this.lanes.length > 1 ? -STUB : STUB);
    return [start ?? goal + side(to), goal ?? start + side(from)];
  }

  arrow(frame) {
    const { run } = this;
    const { from, to } = run.frames;
    const [leaf, end] = [run.leaves[frame], run.ends[frame]];
    const lost = run.has(frame, LOST);
    const [x1, x3] = this.span(from[frame], to[frame]);
    const whole = x3 - x1;
    const x2 = x1 + whole * (lost && to[frame] >= 0 ? 0.6 : 1);
    const y1 = this.ys[leaf];
    const y2 = end >= 0 ? this.ys[end] : y1;
    const side = Math.sign(whole) || 1;
    const text = run.strings[run.frames.label[frame]];
    const room = Math.floor((Math.max(this.gap * 0.9, STUB) - 24) / 6.4);
    const short = text.length > room ? `${text.slice(0, Math.max(4, room - 1))}\u2026` : text;
    const angle = Math.atan2(y2 - y1, x2 - x1);
    const tip = (turn) => `${x2 - 8 * Math.cos(angle + turn)},${y2 - 8 * Math.sin(angle + turn)}`;
    const head = lost
      ? draw('path', { class: 'cross', d: `M${x2 - 5},${y2 - 5}l10,10m0,-10l-10,10` })
      : draw('polygon', { class: 'tip', points: `${x2},${y2} ${tip(0.35)} ${tip(-0.35)}` });
    const chosen = frame === place.frame ? ' chosen' : '';
    const looks = { class: `frame ${run.kind(frame)}${chosen}`, onclick: () => goToFrame(frame) };
    const node = draw('g', { ...looks, 'data-frame': run.frames.id[frame] },
      draw('title', {}, `#${run.frames.id[frame]} ${run.way(frame)}: ${run.strings[run.frames.line[frame]]}`),
      draw('line', { class: 'grip', x1, y1, x2, y2 }), draw('line', { class: 'shaft', x1, y1, x2, y2 }), head);
    // Above all arrows, or those of other frames would cross it out.
    const label = draw('g', looks, draw('text', { x: x1 + 9 * side, y: y1 - 3, 'text-anchor': side > 0 ? 'start' : 'end' }, short));
    return { node, label, moment: run.steps.at[leaf], y: y1 };
  }

  show() {
    const y = this.ys[place.step] ?? 0;
    reveal(this.box, y - 30, y + 60);
    this.draw();
  }

  setZoom(factor) {
    this.zoom = clamp(this.zoom * factor, 1 / 16, 64);
    this.layout();
    this.resize();
    this.show();
  }

  key(event) {
    const last = this.run.frames.id.length - 1;
    const moves = { ArrowDown: place.frame + 1, ArrowUp: place.frame - 1, PageDown: place.frame + 20, PageUp: place.frame - 20 };
    const zooms = { '+': 2, '=': 2, '-': 0.5 };
    if (event.key in moves) goToFrame(clamp(moves[event.key], 0, last));
    else if (event.key in zooms) this.setZoom(zooms[event.key]);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}

function ladderSection(run) {
  const ladder = new Ladder(run);
  const zoom = (factor, sign, words) => make('button', { type: 'button', 'aria-label': words, title: words, onclick: () => ladder.setZoom(factor) }, sign);
  const keys = [['control', 'no data'], ['data', 'data'], ['again', 'sent again (dashed)'], ['lost', 'lost (crossed)']];
  const sample = (kind) => draw('svg', { width: 26, height: 10, class: 'sample', 'aria-hidden': 'true' }, draw('g', { class: `frame ${kind}` }, draw('line', { class: 'shaft', x1: 1, x2: 25, y1: 5, y2: 5 })));
  const legend = make('ul', { class: 'legend' }, keys.map(([kind, words]) => make('li', {}, sample(kind), words)));
  const section = make('section', { class: 'chart', 'aria-labelledby': 'ladder-h' },
    make('div', { class: 'heading' }, make('h3', { id: 'ladder-h' }, 'Ladder'), make('span', { class: 'tools' }, zoom(0.5, '\u2212', 'Zoom out'), zoom(2, '+', 'Zoom in'))),
    legend, ladder.box);
  return { node: section, part: ladder };
}
