// One row per object, with the classes of its time. Only the rows in sight exist.

const ROW = 22;

class Waterfall {
  constructor(run) {
    this.run = run;
    this.rows = run.time.objects;
    this.ends = this.rows.map(({ slices }) => slices.reduce((end, slice) => Math.max(end, slice[0] + slice[1]), 0));
    // Objects may be wanted before the page's window begins, and end after it.
    this.from = Math.min(run.from, ...this.rows.map(({ slices }) => slices[0]?.[0] ?? run.from));
    this.until = Math.max(run.until, ...this.ends);
    [this.row, this.slice] = [0, 0];
    this.caption = make('p', { class: 'caption', role: 'status' });
    this.sheet = make('div', { class: 'sheet', style: `height:${this.rows.length * ROW}px` });
    this.box = make('div', {
      class: 'waterfall', tabindex: 0, role: 'listbox', 'aria-label': `Objects: ${this.rows.length}. Arrows choose, Enter goes to the frame.`,
      onscroll: () => this.draw(), onkeydown: (event) => this.key(event), onfocus: () => this.choose(this.row, this.slice),
      onclick: (event) => this.click(event),
    }, this.sheet);
  }

  share(moment) {
    return (100 * (moment - this.from)) / Math.max(1, this.until - this.from);
  }

  draw() {
    const first = Math.max(0, Math.floor(this.box.scrollTop / ROW) - 4);
    const last = Math.min(this.rows.length, first + Math.ceil((this.box.clientHeight || 400) / ROW) + 8);
    const shown = [];
    for (let row = first; row < last; row += 1) shown.push(this.line(row));
    this.sheet.replaceChildren(...shown);
    this.box.setAttribute('aria-activedescendant', `row-${this.row}`);
  }

  line(row) {
    const { name, slices } = this.rows[row];
    const total = slices.reduce((sum, slice) => sum + slice[1], 0);
    const stretch = (slice, position) => make('i', {
      class: `c-${slice[2]}${row === this.row && position === this.slice ? ' chosen' : ''}`,
      style: `left:${this.share(slice[0])}%;width:${this.share(slice[0] + slice[1]) - this.share(slice[0])}%`,
      title: sentenceOf(this.run, slice), 'data-row': row, 'data-slice': position,
    });
    return make('div', {
      id: `row-${row}`, class: 'line', role: 'option', 'aria-selected': String(row === this.row), 'data-row': row,
      'aria-label': `${name}, ${time(total)}`, style: `top:${row * ROW}px`,
    }, make('span', { class: 'name', title: name }, name), make('span', { class: 'track' }, slices.map(stretch)), make('span', { class: 'number' }, time(total)));
  }

  choose(row, slice) {
    this.row = clamp(row, 0, this.rows.length - 1);
    const { slices, name } = this.rows[this.row];
    this.slice = clamp(slice, 0, Math.max(0, slices.length - 1));
    reveal(this.box, this.row * ROW, (this.row + 1) * ROW);
    this.draw();
    const chosen = slices[this.slice];
    this.caption.textContent = chosen ? `${name}: ${sentenceOf(this.run, chosen)}` : name;
  }

  key(event) {
    const page = Math.floor(this.box.clientHeight / ROW);
    const rows = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -this.rows.length, End: this.rows.length };
    const sides = { ArrowRight: 1, ArrowLeft: -1 };
    if (event.key in rows) this.choose(this.row + rows[event.key], this.slice);
    else if (event.key in sides) this.choose(this.row, this.slice + sides[event.key]);
    else if (event.key === 'Enter') this.open();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  click({ target }) {
    const line = target.closest('[data-row]');
    if (!line) return;
    const row = Number(line.dataset.row);
    const { slices } = this.rows[row];
    const longest = slices.reduce((best, slice, position) => (slice[1] > slices[best][1] ? position : best), 0);
    this.choose(row, line.dataset.slice === undefined ? longest : Number(line.dataset.slice));
    this.open();
  }

  open() {
    const slice = this.rows[this.row].slices[this.slice];
    if (slice) goToSlice(slice);
  }

  axis() {
    const zero = this.run.from;
    const few = innerWidth < 700;
    const marks = ticks(this.from - zero, this.until - zero, few ? 3 : 6).filter((mark) => this.share(mark + zero) < (few ? 82 : 94));
    const at = (mark) => make('span', { style: `left:${this.share(mark + zero)}%` }, time(mark));
    return make('div', { class: 'line axis', 'aria-hidden': 'true' }, make('span', { class: 'name' }), make('span', { class: 'track' }, marks.map(at)), make('span', { class: 'number' }));
  }

  table() {
    const row = ({ name, slices }) => {
      const spent = new Map();
      for (const [, span, key] of slices) spent.set(key, (spent.get(key) ?? 0) + span);
      const parts = [...spent].sort(([, one], [, other]) => other - one).map(([key, span]) => `${classNames.get(key)} ${time(span)}`);
      const total = slices.reduce((sum, slice) => sum + slice[1], 0);
      return make('tr', {}, make('th', { scope: 'row' }, name), make('td', { class: 'number' }, slices.length ? time(slices[0][0] - this.run.from) : ''), make('td', { class: 'number' }, time(total)), make('td', {}, parts.join(', ')));
    };
    const head = ['Object', 'Wanted at', 'Took', 'Of that'].map((text) => make('th', { scope: 'col' }, text));
    return make('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'Objects as a table' }, make('table', { class: 'figures' }, make('thead', {}, make('tr', {}, head)), make('tbody', {}, this.rows.map(row))));
  }
}

function waterfallSection(run) {
  if (!run.time?.objects.length) return null;
  const waterfall = new Waterfall(run);
  const behind = make('details', { ontoggle: () => behind.children.length < 2 && behind.append(waterfall.table()) }, make('summary', {}, 'The same as a table'));
  const left = run.time.left_out ? make('p', { class: 'about' }, `${count(run.time.left_out)} later objects are left out.`) : null;
  const section = make('section', { 'aria-labelledby': 'waterfall-h' },
    make('h3', { id: 'waterfall-h' }, 'Waterfall'),
    make('p', { class: 'about' }, 'Every object from the moment it was wanted. Choose a stretch to see the frame behind it.'),
    waterfall.axis(), waterfall.box, waterfall.caption, left, behind);
  requestAnimationFrame(() => waterfall.draw());
  return section;
}
