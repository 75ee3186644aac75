// Where the time of a variant went: the critical path in the order of time, and its classes in a table.

const sentenceOf = (run, slice) => {
  const [from, span, key, , stream] = slice;
  const frame = run.causeOf(slice);
  const of = stream === undefined ? '' : ` (stream ${stream})`;
  const cause = frame < 0 ? '' : `, frame #${run.frames.id[frame]}`;
  return `${classNames.get(key)}${of}: ${time(span)} from ${time(from - run.from)}${cause}`;
};

// One tab stop for many buttons; arrows go from one to the next.
function rove(box) {
  const items = () => [...box.children];
  items().forEach((item, position) => item.setAttribute('tabindex', position ? -1 : 0));
  box.addEventListener('keydown', (event) => {
    const all = items();
    const here = all.indexOf(document.activeElement);
    const moves = { ArrowRight: here + 1, ArrowLeft: here - 1, Home: 0, End: all.length - 1 };
    const next = all[moves[event.key]];
    if (here < 0 || !(event.key in moves)) return;
    event.preventDefault();
    event.stopPropagation();
    if (!next) return;
    all.forEach((item) => item.setAttribute('tabindex', item === next ? 0 : -1));
    next.focus();
  });
  return box;
}

function pathOf(run) {
  const slices = run.time.page.map((slice) => {
    const words = sentenceOf(run, slice);
    return make('button', {
      type: 'button', class: `slice c-${slice[2]}`, style: `flex-grow:${slice[1]}`,
      title: words, 'aria-label': words, onclick: () => goToSlice(slice),
    }, make('span', {}, classNames.get(slice[2])));
  });
  const path = make('div', { class: 'path', role: 'group', 'aria-label': 'Critical path, in the order of time' }, slices);
  return slices.length ? rove(path) : make('p', { class: 'about' }, 'The window of this account is empty.');
}

function classTable(run) {
  const spent = new Map();
  for (const slice of run.time.page) {
    const known = spent.get(slice[2]) ?? { span: 0, longest: slice };
    known.span += slice[1];
    if (slice[1] > known.longest[1]) known.longest = slice;
    spent.set(slice[2], known);
  }
  const total = [...spent.values()].reduce((sum, { span }) => sum + span, 0);
  const rows = [...spent].sort(([, one], [, other]) => other.span - one.span);
  const most = rows[0]?.[1].span ?? 1;
  const row = ([key, { span, longest }]) => {
    const share = (100 * span) / total;
    return make('tr', {},
      make('th', { scope: 'row' }, make('i', { class: `swatch c-${key}` }), classNames.get(key)),
      make('td', { class: 'number' }, time(span)),
      make('td', { class: 'number' }, `${share.toFixed(1)} %`),
      make('td', { class: 'wide' }, make('span', { class: 'bar' }, make('i', { class: `c-${key}`, style: `width:${(100 * span) / most}%` }))),
      make('td', {}, make('button', { type: 'button', class: 'link', onclick: () => goToSlice(longest), 'aria-label': `Longest stretch: ${sentenceOf(run, longest)}` }, `longest: ${time(longest[1])}`)));
  };
  const sum = make('tr', { class: 'sum' }, make('th', { scope: 'row' }, 'together'), make('td', { class: 'number' }, time(total)), make('td', { class: 'number' }, '100 %'), make('td'), make('td'));
  const head = ['Spent on', 'Time', 'Share', '', 'Go to'].map((text) => make('th', { scope: 'col' }, text));
  return make('table', { class: 'classes' }, make('thead', {}, make('tr', {}, head)), make('tbody', {}, rows.map(row), sum));
}

function accountSection(run) {
  if (!run.time) return null;
  return make('section', { 'aria-labelledby': 'account-h' },
    make('h3', { id: 'account-h' }, 'Where the time went'),
    make('p', { class: 'about' }, `The critical path of ${time(run.until - run.from)}, from left to right. Choose a stretch to see the frame behind it.`),
    pathOf(run), classTable(run));
}
