// The data of a run: unpacked when it is looked at, and questions to it.

const index = JSON.parse(document.getElementById('index').textContent);
const classNames = new Map(index.classes);

const SENT = 0, RECEIVED = 1, DROPPED = 2, DISCARDED = 3;
const DATA = 1, AGAIN = 2, LOST = 4, DAMAGED = 8;

async function unpack(text) {
  const packed = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const plain = new Blob([packed]).stream().pipeThrough(new DecompressionStream('deflate'));
  return JSON.parse(await new Response(plain).text());
}

const runs = new Map();

// The run of a variant; each is unpacked once.
async function load(variant) {
  if (!runs.has(variant)) {
    const scripts = [...document.querySelectorAll('script.run')];
    const text = scripts.find((script) => script.dataset.variant === variant).textContent;
    runs.set(variant, unpack(text).then((data) => new Run(data)));
  }
  return runs.get(variant);
}

function sums(differences) {
  let sum = 0;
  return differences.map((difference) => (sum += difference));
}

class Run {
  constructor(data) {
    Object.assign(this, data);
    const { frames, steps } = this;
    frames.at = sums(frames.at);
    steps.at = sums(steps.at);
    this.numberOf = new Map(frames.id.map((id, number) => [id, number]));
    // Where each frame left, or arrived if nobody saw it leave; and what ended its way.
    this.leaves = new Array(frames.id.length).fill(-1);
    this.ends = new Array(frames.id.length).fill(-1);
    steps.kind.forEach((kind, step) => {
      if (kind > DISCARDED) return;
      const frame = steps.subject[step];
      if (kind === SENT || this.leaves[frame] < 0) this.leaves[frame] = step;
      if (kind !== SENT) this.ends[frame] = step;
    });
    for (const socket of this.sockets) {
      for (const figure of socket.figures) figure.steps = sums(figure.steps);
    }
    this.said = { out: new Map(frames.said_out), in: new Map(frames.said_in) };
    this.from = this.window?.from ?? 0;
    this.until = this.window?.until ?? this.end;
  }

  hostName(host) {
    return this.hosts[host]?.[0] ?? 'gateway';
  }

  // When a frame was no longer on its way.
  arrival(frame) {
    const { at, transit } = this.frames;
    if (transit[frame] >= 0) return at[frame] + transit[frame];
    return this.ends[frame] < 0 ? at[frame] : this.steps.at[this.ends[frame]];
  }

  has(frame, mark) {
    return (this.frames.marks[frame] & mark) !== 0;
  }

  // What a frame is in one word, which is also its class in pictures.
  kind(frame) {
    if (this.has(frame, LOST)) return 'lost';
    if (this.has(frame, AGAIN)) return 'again';
    return this.has(frame, DATA) ? 'data' : 'control';
  }

  remarks(frame) {
    const numbers = [...(this.said.out.get(frame) ?? []), ...(this.said.in.get(frame) ?? [])];
    return [...new Set(numbers)].map((number) => this.strings[number]);
  }

  way(frame) {
    const { from, to } = this.frames;
    return `${this.hostName(from[frame])} \u2192 ${this.hostName(to[frame])}`;
  }

  // What happened at a step, in words.
  words(step) {
    const { kind, subject, text } = this.steps;
    if (step < 0 || step >= kind.length) return '';
    const what = kind[step];
    if (what > DISCARDED) return `${this.hostName(subject[step])}: ${this.strings[text[step]]}`;
    const frame = subject[step];
    const line = this.strings[this.frames.line[frame]];
    if (what === SENT) return `${this.hostName(this.frames.from[frame])} sends ${line}`;
    if (what === RECEIVED) return `${this.hostName(this.frames.to[frame])} receives ${line}`;
    return this.strings[text[step]];
  }

  // The frame of a step, or -1.
  frameOf(step) {
    return this.steps.kind[step] <= DISCARDED ? this.steps.subject[step] : -1;
  }

  // The first step at or after a moment.
  stepAt(moment) {
    const { at } = this.steps;
    return Math.min(at.length - 1, search(at.length, (step) => at[step] >= moment));
  }

  // The frame that a slice of the account is about: its own, else the first that left meanwhile, if any did: a segment
  // rather than ARP.
  causeOf([from, span, , frame]) {
    if (frame >= 0) return frame;
    const { at } = this.frames;
    const next = search(at.length, (number) => at[number] >= from);
    const after = search(at.length, (number) => at[number] > from + span);
    for (let number = next; number < after; number += 1) {
      if (this.frames.socket[number] >= 0) return number;
    }
    return next < after ? next : -1;
  }

  // A figure of a socket after a step.
  figure(socket, figure, step) {
    const { steps, values } = this.sockets[socket].figures[figure];
    const next = search(steps.length, (position) => steps[position] > step);
    return next > 0 ? values[next - 1] : undefined;
  }

  fieldsOf(frame) {
    const { shapes, shape, values } = this.frames.fields;
    const layout = shapes[shape[frame]];
    return layout.map(([layer, name, start], position) => {
      const [value, note] = this.strings[values[frame][position]].split('\u001f');
      const end = layout[position + 1]?.[2] ?? this.frames.length[frame];
      return { layer, name, start, end, value, note };
    });
  }

  bytesOf(frame) {
    return Uint8Array.from(atob(this.frames.fields.bytes[frame]), (letter) => letter.charCodeAt(0));
  }
}
