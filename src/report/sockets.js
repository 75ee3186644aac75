// Both ends of the connection of the chosen frame, as they are after the current step.

const FIGURES = ['State', 'SND.UNA (acknowledged)', 'SND.NXT (sent)', 'RCV.NXT (received)', 'Recv-Q', 'Send-Q', 'cwnd', 'ssthresh', 'In flight', 'Peer window', 'srtt', 'rto', 'Timer', 'Data waits for'];
const TEXTS = new Set([0, 13]), SPANS = new Set([10, 11]), TIMER = 12;

class SocketPanel {
  constructor(run) {
    this.run = run;
    this.node = make('div', { class: 'sockets' });
    this.show();
  }

  ends() {
    const { frames, sockets } = this.run;
    const own = frames.socket[place.frame] ?? -1;
    // Between its frames the connection stays; before the first one it is the one that was opened first.
    const shown = own >= 0 ? own : this.known ?? sockets.findIndex(({ tcp }) => tcp);
    if (shown < 0) return [];
    this.known = shown;
    return [shown, sockets[shown].peer].filter((socket) => socket >= 0).sort((one, other) => sockets[one].host - sockets[other].host);
  }

  show() {
    const { run } = this;
    const ends = this.ends().filter((socket) => run.sockets[socket].tcp);
    if (!ends.length) {
      this.node.replaceChildren(make('h3', {}, 'TCP state'), make('p', { class: 'about' }, 'There is no TCP connection here: QUIC keeps its state to itself.'));
      return;
    }
    const name = (socket) => make('th', { scope: 'col' }, run.hostName(run.sockets[socket].host), make('small', {}, run.sockets[socket].local));
    const row = (figure) => make('tr', {}, make('th', { scope: 'row' }, FIGURES[figure]), ends.map((socket) => this.cell(socket, figure)));
    this.node.replaceChildren(make('h3', {}, 'TCP state'), make('table', { class: 'state', 'aria-label': 'TCP state of both hosts' },
      make('thead', {}, make('tr', {}, make('th', { scope: 'col' }, make('span', { class: 'unseen' }, 'Figure')), ends.map(name))), make('tbody', {}, FIGURES.map((_, figure) => row(figure)))));
  }

  cell(socket, figure) {
    const [now, before] = [place.step, place.step - 1].map((step) => this.run.figure(socket, figure, step));
    const changed = now !== before && now !== undefined;
    const was = before === undefined ? '' : `was ${this.words(figure, before)}`;
    return make('td', { class: changed ? 'changed' : null, title: changed ? was : null, 'data-figure': FIGURES[figure] }, this.words(figure, now));
  }

  words(figure, value) {
    const { run } = this;
    if (value === undefined || value < 0) return figure === 0 ? 'not open' : '\u2013';
    if (TEXTS.has(figure)) return run.strings[value];
    if (SPANS.has(figure)) return time(value);
    if (figure !== TIMER) return count(value);
    const [name, fires, expiries] = run.strings[value].split('|');
    const left = Number(fires) - (run.steps.at[place.step] ?? 0);
    if (left < 0) return '\u2013';
    return `${name}, ${time(left)}${Number(expiries) ? `, ${expiries} expired` : ''}`;
  }
}
