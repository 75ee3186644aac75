// Where the reader is: a variant, a frame and a step. The fragment of the address says it, so that a place can be
// shared and the browser's back and forward go through places.

const place = { variant: index.variants[0]?.name, frame: -1, step: 0, run: null };
const followers = [];

// Whoever shows something calls this to be told of every move.
const follow = (follower) => followers.push(follower);

function fragment() {
  const { variant, frame, step, run } = place;
  const parts = [`variant=${encodeURIComponent(variant)}`];
  if (run && frame >= 0) parts.push(`frame=${run.frames.id[frame]}`);
  if (run && step !== (frame >= 0 ? run.leaves[frame] : 0)) parts.push(`step=${step}`);
  return `#${parts.join('&')}`;
}

let written = '';
let waiting = 0;

// Puts the place into the address: as a new entry of the history, or in place of the last one, at leisure.
function write(isNew) {
  clearTimeout(waiting);
  const put = () => {
    written = fragment();
    if (written === location.hash) return;
    if (isNew) location.hash = written;
    else location.replace(written);
  };
  if (isNew) put();
  else waiting = setTimeout(put, 300);
}

const tell = (change) => followers.forEach((follower) => follower(place, change));

// Goes to a frame: to the moment when it left.
function goToFrame(frame) {
  if (frame < 0) return;
  Object.assign(place, { frame, step: place.run.leaves[frame] });
  tell('frame');
  write(true);
}

// Goes to a step. If it is of a frame, that is the one to look at.
function goToStep(step) {
  const { run } = place;
  place.step = clamp(step, 0, run.steps.at.length - 1);
  const frame = run.frameOf(place.step);
  if (frame >= 0) place.frame = frame;
  tell('step');
  write(false);
}

// Goes to what a slice of the account is about, and shows it.
function goToSlice(slice) {
  const frame = place.run.causeOf(slice);
  if (frame >= 0) goToFrame(frame);
  else goToStep(place.run.stepAt(slice[0]));
  // Where there is one column, the ladder would hide the frame.
  document.querySelector(narrow.matches ? '#frame-h' : '.wire').scrollIntoView({ behavior: calm.matches ? 'instant' : 'smooth' });
  document.getElementById('frame-h').focus({ preventScroll: true });
}

async function goToVariant(variant) {
  Object.assign(place, { variant, frame: -1, step: 0, run: await load(variant) });
  tell('variant');
}

// Goes where the address says.
async function read() {
  if (location.hash && location.hash === written) return;
  if (location.hash && !location.hash.includes('=')) return;
  const asked = new URLSearchParams(location.hash.slice(1));
  const known = index.variants.map(({ name }) => name);
  const variant = known.includes(asked.get('variant')) ? asked.get('variant') : known[0];
  if (variant !== place.variant || !place.run) await goToVariant(variant);
  const frame = place.run.numberOf.get(Number(asked.get('frame') ?? NaN)) ?? -1;
  const home = frame >= 0 ? place.run.leaves[frame] : 0;
  const step = asked.has('step') ? Number.parseInt(asked.get('step'), 10) || 0 : home;
  place.frame = frame;
  place.step = clamp(step, 0, Math.max(0, place.run.steps.at.length - 1));
  written = location.hash;
  tell('frame');
}
