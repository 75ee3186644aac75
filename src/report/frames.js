// The list of frames, of which only the rows in sight exist, and one frame with its bytes.

const LINE = 26;

class FrameList {
  constructor(run) {
    this.run = run;
    const filters = { all: () => true, special: (frame) => run.remarks(frame).length > 0 || run.kind(frame) === 'lost', data: (frame) => run.has(frame, DATA) };
    const words = { all: 'all frames', special: 'with a remark', data: 'with data' };
    this.filters = filters;
    this.select = make('select', { 'aria-label': 'Which frames', onchange: () => this.filter() }, Object.entries(words).map(([value, text]) => make('option', { value }, text)));
    this.search = make('input', { type: 'search', placeholder: 'contains \u2026', 'aria-label': 'Frames that contain a text', oninput: () => this.filter() });
    this.number = make('span', { class: 'about', role: 'status' });
    const head = ['Frame', 'Time', 'Way', 'What'].map((text) => make('th', { scope: 'col' }, text));
    this.body = make('tbody');
    this.table = make('table', { class: 'frames' }, make('thead', {}, make('tr', {}, head)), this.body);
    this.box = make('div', {
      class: 'list', tabindex: 0, role: 'region', 'aria-label': 'List of frames. Up and down go from one to the next.',
      onscroll: () => this.draw(), onkeydown: (event) => this.key(event),
    }, this.table);
    this.filter();
  }

  filter() {
    const { run } = this;
    const wanted = this.search.value.trim().toLowerCase();
    const passes = this.filters[this.select.value];
    const text = (frame) => [`#${run.frames.id[frame]}`, run.way(frame), run.strings[run.frames.line[frame]], ...run.remarks(frame)].join(' ').toLowerCase();
    this.rows = run.frames.id.map((_, frame) => frame).filter((frame) => passes(frame) && (!wanted || text(frame).includes(wanted)));
    this.number.textContent = `${count(this.rows.length)} of ${count(run.frames.id.length)}`;
    this.table.setAttribute('aria-rowcount', this.rows.length + 1);
    this.draw();
  }

  draw() {
    const first = Math.max(0, Math.floor(this.box.scrollTop / LINE) - 6);
    const last = Math.min(this.rows.length, first + Math.ceil((this.box.clientHeight || 400) / LINE) + 12);
    const blank = (rows) => make('tr', { 'aria-hidden': 'true', class: 'blank' }, make('td', { colspan: 4, style: `height:${rows * LINE}px` }));
    const shown = this.rows.slice(first, last).map((frame, position) => this.row(frame, first + position));
    this.body.replaceChildren(...(first ? [blank(first)] : []), ...shown, ...(last < this.rows.length ? [blank(this.rows.length - last)] : []));
  }

  row(frame, position) {
    const { run } = this;
    const remarks = run.remarks(frame);
    return make('tr', { class: `${run.kind(frame)}${frame === place.frame ? ' chosen' : ''}`, 'aria-rowindex': position + 2, 'aria-current': frame === place.frame ? 'true' : null, onclick: () => goToFrame(frame) },
      make('th', { scope: 'row' }, `#${run.frames.id[frame]}`), make('td', { class: 'number' }, time(run.frames.at[frame] - run.from)), make('td', {}, run.way(frame)),
      make('td', {}, remarks.length ? make('em', {}, `${remarks.join('; ')} `) : null, run.strings[run.frames.line[frame]]));
  }

  show() {
    const row = this.rows.indexOf(place.frame);
    if (row >= 0) reveal(this.box, row * LINE, (row + 3) * LINE);
    this.draw();
  }

  resize() {
    this.draw();
  }

  key(event) {
    const row = this.rows.indexOf(place.frame);
    const page = Math.floor(this.box.clientHeight / LINE) - 1;
    const moves = { ArrowDown: row + 1, ArrowUp: row - 1, PageDown: row + page, PageUp: row - page, Home: 0, End: this.rows.length - 1 };
    if (!(event.key in moves)) return;
    event.preventDefault();
    event.stopPropagation();
    goToFrame(this.rows[clamp(moves[event.key], 0, this.rows.length - 1)] ?? -1);
  }
}

function listSection(run) {
  const list = new FrameList(run);
  const missing = run.frames_recorded - run.frames.id.length;
  const notes = [
    missing > 0 ? `${count(missing)} of ${count(run.frames_recorded)} frames are left out here: kept are those on the critical path, those lost or sent again, the first and last of each request, and then the earliest.` : '',
    run.frames_not_recorded ? `${count(run.frames_not_recorded)} more were not recorded.` : '',
    run.steps.left_out ? `${count(run.steps.left_out)} later events of timers, states and applications are no steps here.` : '',
  ].filter(Boolean);
  const section = make('section', { class: 'chart', 'aria-labelledby': 'list-h' },
    make('div', { class: 'heading' }, make('h3', { id: 'list-h' }, 'Frames'), make('span', { class: 'tools' }, list.select, list.search, list.number)),
    list.box, notes.length ? make('p', { class: 'about', id: 'left-out' }, notes.join(' ')) : null);
  return { node: section, part: list };
}

// One frame: how it fared, its fields and its bytes.
class Inspector {
  constructor(run) {
    this.run = run;
    this.node = make('div', { class: 'inspector' });
    this.shown = null;
    this.show();
  }

  show() {
    if (this.shown === place.frame) return;
    this.shown = place.frame;
    const { run } = this;
    const { frame } = place;
    if (frame < 0) {
      this.node.replaceChildren(make('h3', { id: 'frame-h' }, 'No frame chosen'), make('p', { class: 'about' }, 'Choose a stretch of a bar, an arrow or a row.'));
      return;
    }
    const remarks = run.remarks(frame);
    this.node.replaceChildren(
      make('h3', { id: 'frame-h', tabindex: -1 }, `Frame #${run.frames.id[frame]}`, make('span', { class: 'way' }, run.way(frame))),
      make('p', { class: 'line-of' }, run.strings[run.frames.line[frame]]),
      remarks.length ? make('ul', { class: 'remarks' }, remarks.map((remark) => make('li', {}, remark))) : '',
      this.facts(frame), this.fields(frame));
  }

  facts(frame) {
    const { run } = this;
    const { frames } = run;
    const spent = (position) => frames.hops[frame].reduce((sum, hop) => sum + hop[position], 0);
    const lost = frames.transit[frame] < 0;
    const number = (side, host) => (side[frame] > 0 ? `frame ${side[frame]} of ${run.hostName(host)}.pcapng` : null);
    const facts = [
      ['Left', frames.from[frame] < 0 ? 'not seen' : time(frames.at[frame] - run.from)],
      ['Arrived', run.has(frame, LOST) ? 'never' : lost ? 'where nobody captures' : time(run.arrival(frame) - run.from)],
      ['On its way', lost ? null : [time(frames.transit[frame]), ` (queue ${time(spent(1))}, line ${time(spent(2))}, distance ${time(spent(3))})`].join('')],
      ['Length', bytes(frames.length[frame])],
      ['Captured', [number(frames.out, frames.from[frame]), number(frames.into, frames.to[frame])].filter(Boolean).join(', ')],
    ];
    return make('dl', { class: 'facts' }, facts.filter(([, value]) => value).map(([name, value]) => [make('dt', {}, name), make('dd', {}, value)]));
  }

  fields(frame) {
    const fields = this.run.fieldsOf(frame);
    const raw = this.run.bytesOf(frame);
    const rows = [];
    let layer = '';
    fields.forEach((field, position) => {
      if (field.layer !== layer) rows.push(make('tr', { class: 'layer' }, make('th', { colspan: 2, scope: 'rowgroup' }, field.layer)));
      layer = field.layer;
      rows.push(make('tr', { 'data-field': position }, make('th', { scope: 'row' }, field.name), make('td', {}, field.value, field.note ? make('small', {}, ` ${field.note}`) : null)));
    });
    const hex = [...raw].map((byte, at) => {
      const field = fields.findIndex(({ start, end }) => start <= at && at < end);
      return make('span', { 'data-field': field, class: `layer-${fields[field]?.layer.toLowerCase()}` }, byte.toString(16).padStart(2, '0'));
    });
    const rest = this.run.frames.length[frame] - raw.length;
    const dump = make('div', { class: 'hex', role: 'group', 'aria-label': `The first ${raw.length} bytes` }, hex);
    const both = make('div', { class: 'bytes' }, make('h4', {}, 'Bytes'), dump, rest > 0 ? make('p', { class: 'about' }, `${bytes(rest)} of payload follow, which are in the captures.`) : null,
      make('h4', {}, 'Fields'), make('table', { class: 'fields' }, make('tbody', {}, rows)));
    const light = ({ target }) => {
      const at = target.closest('[data-field]')?.dataset.field;
      both.querySelectorAll('[data-field]').forEach((node) => node.classList.toggle('lit', at !== undefined && node.dataset.field === at));
    };
    both.addEventListener('pointerover', light);
    both.addEventListener('click', light);
    return both;
  }
}
