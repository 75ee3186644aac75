// Going through the run: play, pause, step forward and back, and a slider over all steps.

class Player {
  constructor(run) {
    this.run = run;
    this.timer = 0;
    const last = run.steps.at.length - 1;
    const button = (sign, words, action) => make('button', { type: 'button', 'aria-label': words, title: words, onclick: action }, sign);
    this.toggle = button('Play', 'Play', () => this.play());
    this.toggle.id = 'play';
    this.slider = make('input', { type: 'range', min: 0, max: Math.max(0, last), value: 0, 'aria-label': 'Step', oninput: () => this.go(Number(this.slider.value)) });
    this.speed = make('select', { 'aria-label': 'Steps per second' }, [2, 5, 20, 60].map((rate) => make('option', { value: rate, selected: rate === 5 }, `${rate} / s`)));
    this.clock = make('output', { class: 'clock' });
    this.words = make('p', { class: 'words', id: 'step-words' });
    this.node = make('div', { class: 'player', role: 'group', 'aria-label': 'Player' },
      make('div', { class: 'buttons' }, button('\u2502\u25c0', 'To the beginning', () => this.go(0)), button('\u2039', 'Step back', () => this.go(place.step - 1)), this.toggle,
        button('\u203a', 'Step forward', () => this.go(place.step + 1)), button('\u25b6\u2502', 'To the end', () => this.go(last))),
      this.slider, this.clock, this.speed, this.words);
    this.show();
  }

  get isPlaying() {
    return this.timer !== 0;
  }

  go(step) {
    this.pause();
    goToStep(step);
  }

  play() {
    if (this.isPlaying) return this.pause();
    if (place.step >= this.run.steps.at.length - 1) goToStep(0);
    this.mark('Pause');
    this.timer = -1;
    this.next();
  }

  next() {
    this.timer = setTimeout(() => {
      goToStep(place.step + 1);
      if (place.step >= this.run.steps.at.length - 1) this.pause();
      else this.next();
    }, 1000 / Number(this.speed.value));
  }

  pause() {
    clearTimeout(this.timer);
    this.timer = 0;
    this.mark('Play');
  }

  mark(words) {
    this.toggle.textContent = words;
    this.toggle.setAttribute('aria-label', words);
    this.toggle.title = words;
  }

  show() {
    const { at } = this.run.steps;
    this.slider.value = place.step;
    this.slider.setAttribute('aria-valuetext', `step ${place.step + 1} of ${at.length}`);
    this.clock.textContent = at.length ? `${time(at[place.step] - this.run.from)} \u00b7 ${place.step + 1} of ${at.length}` : 'no steps';
    this.words.textContent = this.run.words(place.step);
    // Whoever steps by hand hears each step; a run that plays would only be noise.
    if (this.isPlaying) this.words.removeAttribute('aria-live');
    else this.words.setAttribute('aria-live', 'polite');
  }
}

// Keys that work wherever nothing else wants them.
function keys(event, player) {
  if (!player || event.altKey || event.ctrlKey || event.metaKey) return;
  if (event.target.closest('input, select, textarea')) return;
  if (event.key === ' ' && event.target.closest('button, summary, a')) return;
  const actions = {
    ' ': () => player.play(), ArrowRight: () => player.go(place.step + 1), ArrowLeft: () => player.go(place.step - 1),
  };
  if (!(event.key in actions)) return;
  event.preventDefault();
  actions[event.key]();
}
