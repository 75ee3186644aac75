// Puts the parts together.

const detail = document.getElementById('detail');
let parts = [];
let player = null;

function build(run) {
  player?.pause();
  const variant = index.variants.find(({ name }) => name === place.variant);
  document.getElementById('answer-of').textContent = `${variant.name}: ${variant.about}`;
  const answer = document.getElementById('answer');
  answer.textContent = variant.answer;
  answer.classList.toggle('long', variant.answer.length > 110);
  document.title = `${index.case}/${variant.name}: where the time went`;
  document.querySelectorAll('tr[data-variant]').forEach((row) => {
    const isShown = row.dataset.variant === place.variant;
    row.classList.toggle('chosen', isShown);
    const link = row.querySelector('a');
    if (isShown) link.setAttribute('aria-current', 'true');
    else link.removeAttribute('aria-current');
  });
  player = new Player(run);
  const [inspector, sockets] = [new Inspector(run), new SocketPanel(run)];
  const charts = run.steps.at.length ? [ladderSection(run), sequenceSection(run), listSection(run)].filter(Boolean) : [];
  parts = [player, inspector, sockets, ...charts.map(({ part }) => part)];
  const tools = make('aside', { class: 'side', 'aria-label': 'The chosen frame and the state of both hosts' }, sockets.node, inspector.node);
  detail.replaceChildren(
    make('h2', {}, variant.name, make('span', { class: 'about' }, variant.about)),
    make('p', { class: 'command' }, make('code', {}, run.command)),
    ...[accountSection(run), waterfallSection(run)].filter(Boolean),
    make('div', { class: 'wire' }, make('div', { class: 'charts' }, charts.map(({ node }) => node)), tools),
    make('p', { class: 'about keys' }, 'Keys: space plays and pauses, \u2190 and \u2192 step back and forward. Inside a chart or list, \u2191 and \u2193 go from frame to frame, and + and \u2212 zoom.'),
    player.node);
  resize();
}

function resize() {
  parts.forEach((part) => part.resize?.());
}

// Light, dark, or what the system prefers.
function theme() {
  const button = document.getElementById('theme');
  const themes = ['system', 'light', 'dark'];
  let current = 0;
  button.hidden = false;
  button.addEventListener('click', () => {
    current = (current + 1) % themes.length;
    if (current) document.documentElement.dataset.theme = themes[current];
    else delete document.documentElement.dataset.theme;
    button.textContent = `Theme: ${themes[current]}`;
    resize();
  });
}

follow(({ run }, change) => {
  if (change === 'variant') build(run);
  else parts.forEach((part) => part.show());
});
theme();
addEventListener('hashchange', read);
addEventListener('keydown', (event) => keys(event, player));
let width = 0;
new ResizeObserver(([{ contentRect }]) => {
  if (contentRect.width === width) return;
  width = contentRect.width;
  resize();
}).observe(detail);
await read();
document.documentElement.dataset.ready = 'true';
